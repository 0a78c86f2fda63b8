// What an operator has set wrongly at a provider is said in one line of the log: the setting, what
// was seen, and what was expected; never a token, code or secret.

import { randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { browser } from "../../support/browser";
import { useWorker } from "../../support/fixtures";
import {
  ALL_SETTINGS,
  APPLE,
  FACEBOOK,
  GOOGLE,
  KEYCLOAK_ROW,
  type Replacement,
  type Row,
  json,
  metadata,
  startOutside,
} from "../../support/identity_provider";

const outside = await startOutside();
const { worker, their } = useWorker({ settings: { ...ALL_SETTINGS, SERVICESTACK_CLIENT_ID: "demo-web" }, outside: outside.handle });
afterEach(() => outside.reset());

/** Changes settings until the test is over, and forgets what the isolate remembers. */
async function set(changed: Record<string, string>) {
  const before = Object.fromEntries(Object.keys(changed).map((name) => [name, ALL_SETTINGS[name]]));
  onTestFinished(() => worker.restart(before));
  await worker.restart(changed);
}

/** What the log says from now on, besides the events and what Miniflare itself prints. */
async function newLines() {
  const seen = (await worker.printed()).length;
  return async () =>
    (await worker.printed())
      .slice(seen)
      .replace(/\[mf:info\][^\n{]*/g, "")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("{") && !line.startsWith("the OAuth endpoints are off"));
}

const someone = () => ({ sub: randomUUID(), given_name: "Eve" });
const start = () => browser(worker).start(KEYCLOAK_ROW);
const signIn = (row: Row) => browser(worker).dance(outside, row, someone());
const bring = (row: Row, accessToken: string) => their.post("/api/Authenticate", { provider: row.name, accessToken });
const DOCUMENT = "https://kc.example/realms/demo/.well-known/openid-configuration";
const OLD_DOCUMENT = "https://kc.example/auth/realms/demo/.well-known/openid-configuration";
const long = "x".repeat(40_000);
const refusal =
  (error: string, status = 401): Replacement =>
  () =>
    json({ error, error_description: "kept out of the log" }, status);
const longToken =
  (name: string): Replacement =>
  async (_, usual) =>
    json({ ...((await (await usual()).json()) as object), [name]: long });

const CASES: [string, () => unknown, () => Promise<{ status: number }>, number, string][] = [
  [
    "another issuer than the URL's",
    () => outside.replace(DOCUMENT, () => json({ ...metadata(KEYCLOAK_ROW), issuer: "https://sso.example/realms/demo" })),
    start,
    503,
    `unavailable: KEYCLOAK_HOST, KEYCLOAK_REALM: expected the discovery document of https://kc.example/realms/demo or https://kc.example/auth/realms/demo, seen ${DOCUMENT}: the issuer is https://sso.example/realms/demo, not https://kc.example/realms/demo; ${OLD_DOCUMENT}: status 404, error not_found`,
  ],
  [
    "a wrong realm",
    () => [DOCUMENT, OLD_DOCUMENT].forEach((url) => outside.replace(url, () => json({ error: "Realm does not exist" }, 404))),
    start,
    503,
    `unavailable: KEYCLOAK_HOST, KEYCLOAK_REALM: expected the discovery document of https://kc.example/realms/demo or https://kc.example/auth/realms/demo, seen ${DOCUMENT}: status 404, error Realm does not exist; ${OLD_DOCUMENT}: status 404, error Realm does not exist`,
  ],
  [
    "the realm in the host",
    () => set({ KEYCLOAK_HOST: "https://kc.example/realms/demo" }),
    start,
    500,
    "misconfigured: KEYCLOAK_HOST must be the address before /realms",
  ],
  [
    "a client that leaves the issuer out of its answers",
    () => undefined,
    async () => {
      const app = browser(worker);
      const { iss, ...rest } = await app.begin(outside, KEYCLOAK_ROW, someone());
      return app.back(KEYCLOAK_ROW, rest);
    },
    401,
    "signing in with keycloak: KEYCLOAK_CLIENT_ID: the return has no iss, and the provider's document promises that it is https://kc.example/realms/demo",
  ],
  [
    "client_secret_basic alone allowed for the client",
    () => outside.replace(KEYCLOAK_ROW.token, refusal("unauthorized_client")),
    () => signIn(KEYCLOAK_ROW),
    401,
    "signing in with keycloak: KEYCLOAK_CLIENT_ID, KEYCLOAK_CLIENT_SECRET: the token answer: status 401, error unauthorized_client, to client_secret_post",
  ],
  [
    "a client secret of Google's that is not the client's",
    () => outside.replace(GOOGLE.token, refusal("invalid_client")),
    () => signIn(GOOGLE),
    401,
    "signing in with google: GOOGLE_AUTH_CLIENT_ID, GOOGLE_AUTH_CLIENT_SECRET: the token answer: status 401, error invalid_client, to client_secret_post",
  ],
  [
    "a key of Apple's that is not the client's",
    () => outside.replace(APPLE.token, refusal("invalid_client", 400)),
    () => signIn(APPLE),
    401,
    "signing in with apple: APPLE_AUTH_CLIENT_ID, APPLE_AUTH_TEAM_ID, APPLE_AUTH_KEY_ID, APPLE_AUTH_PRIVATE_KEY: the token answer: status 400, error invalid_client, to client_secret_post",
  ],
  [
    "a callback that Google does not know",
    () => outside.replace(GOOGLE.token, refusal("redirect_uri_mismatch", 400)),
    () => signIn(GOOGLE),
    401,
    "signing in with google: GOOGLE_AUTH_CALLBACK_URL: the token answer: status 400, error redirect_uri_mismatch",
  ],
  [
    "what Facebook says in its own way",
    () =>
      outside.replace(FACEBOOK.token, () => json({ error: { message: "kept out of the log", type: "OAuthException", code: 191 } }, 400)),
    () => signIn(FACEBOOK),
    401,
    "signing in with facebook: the token answer: status 400, error OAuthException 191",
  ],
  ...["access_token", "id_token"].map((name): (typeof CASES)[number] => [
    `an ${name} over 32 KiB`,
    () => outside.replace(KEYCLOAK_ROW.token, longToken(name)),
    () => signIn(KEYCLOAK_ROW),
    401,
    `signing in with keycloak: KEYCLOAK_CLIENT_ID: the ${name} has 40000 characters, of at most 32768`,
  ]),
  [
    "a token over 32 KiB that an app brings",
    () => undefined,
    () => bring(GOOGLE, long),
    401,
    "signing in with google: GOOGLE_AUTH_CLIENT_ID: the token has 40000 characters, of at most 32768",
  ],
  ...[GOOGLE, APPLE, KEYCLOAK_ROW].map((row): (typeof CASES)[number] => [
    `another client's id_token of ${row.name}`,
    () => outside.changeClaims((claims) => ({ ...claims, aud: ["another-client", "a-third"] })),
    () => signIn(row),
    401,
    `signing in with ${row.name}: ${row.name === "keycloak" ? "KEYCLOAK" : `${row.name.toUpperCase()}_AUTH`}_CLIENT_ID: the id_token's aud is another client, ["another-client","a-third"] and not ${row.clientId}`,
  ]),
  ...[GOOGLE, FACEBOOK].map((row): (typeof CASES)[number] => [
    `an access token that ${row.name} issued to another client`,
    () => undefined,
    () => bring(row, outside.issue(row, someone(), { clientId: "another-client" })),
    401,
    `signing in with ${row.name}: ${row.name.toUpperCase()}_AUTH_CLIENT_ID: the token was issued to another client, another-client`,
  ]),
  [
    "an algorithm that is not verified here",
    () => outside.signWith(() => `${Buffer.from('{"alg":"ES512","kid":"k"}').toString("base64url")}.e30.AAAA`),
    () => signIn(KEYCLOAK_ROW),
    401,
    "signing in with keycloak: the id_token's alg is ES512, not one of RS256, PS256, ES256, EdDSA",
  ],
  [
    "keys of another realm",
    () => outside.replace(KEYCLOAK_ROW.keys!, () => json({ keys: [{ ...outside.jwk, kid: "another" }] })),
    () => signIn(KEYCLOAK_ROW),
    401,
    `signing in with keycloak: no key for the id_token: ${KEYCLOAK_ROW.keys} has no kid key-1 for RS256`,
  ],
];

test.each(CASES)("%s is explained in one line", async (_, arrange, act, status, expected) => {
  await worker.restart({});
  await arrange();
  const lines = await newLines();
  expect((await act()).status).toBe(status);
  expect(await lines()).toEqual([expected]);
  const printed = await worker.printed();
  expect(printed).not.toContain("kept out of the log");
  for (const secret of ["keycloak-secret", "google-secret", "facebook-secret", "x".repeat(100)]) expect(printed).not.toContain(secret);
  for (const { form } of outside.sent)
    for (const name of ["code", "code_verifier"]) if (form.has(name)) expect(printed).not.toContain(form.get(name));
});

test("where the provider's document lists client_secret_basic alone, that is what is sent", async () => {
  await worker.restart({});
  outside.replace(DOCUMENT, () =>
    json({ ...metadata(KEYCLOAK_ROW), token_endpoint_auth_methods_supported: ["private_key_jwt", "client_secret_basic"] }),
  );
  let proof: string | null = null;
  outside.replace(KEYCLOAK_ROW.token, ({ headers, form }) => {
    proof = `${headers.get("authorization")} ${form.get("client_secret")}`;
    return new Response("", { status: 500 });
  });
  await signIn(KEYCLOAK_ROW);
  expect(proof).toBe(`Basic ${Buffer.from("keycloak-client:keycloak-secret").toString("base64")} null`);
});
