// Signing in with a real OpenID provider through wrangler dev itself, by plain HTTP.

import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEMO_WEB, api, flat, nested } from "../../support/api";
import { startOpenIdProvider } from "../../support/openid_provider";
import { person } from "../../support/person";
import { type WranglerDev, startWranglerDev } from "../../support/wrangler_dev";

/** Where the client `demo-web` has its page. */
const HOME = "http://localhost:5173/callback";

let server: WranglerDev;
let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
let our: ReturnType<typeof api>;

beforeAll(async () => {
  server = await startWranglerDev(async (publicUrl) => {
    provider = await startOpenIdProvider({ publicUrl, alg: "RS256", clientAuth: "client_secret_basic" });
    return { ...provider.settings, SOCIAL_SIGN_UP: "keycloak" };
  });
  await server.serving;
  our = api(server);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
}, 60_000);

test("a person signs in, consents, comes back with a code, has an account, refreshes, and signs out", async () => {
  const browser = person("ann", HOME);
  const verifier = randomBytes(32).toString("base64url");
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const start = await browser.go(`${server.url}/auth/keycloak`, { ...DEMO_WEB, state: "theirs", code_challenge });
  expect(start.status, start.text).toBe(302);
  expect(start.next).toMatch(`${provider.issuer}/protocol/openid-connect/auth?`);

  const end = await browser.through(start.next!);
  expect(end.next, end.text + provider.errors.join("\n")).toBeDefined();
  const back = new URL(end.next!);
  expect([...back.searchParams.keys()]).toEqual(["code", "state"]);
  expect(back.searchParams.get("state")).toBe("theirs");

  const code = back.searchParams.get("code")!;
  const first = await our.token(code, { code_verifier: verifier });
  expect(first.status, first.text).toBe(200);
  const me = (await our.me(first.body.accessToken)).body;
  expect(me).toMatchObject({ username: "ann@example.com", firstName: "Ann", lastName: "Lee" });

  const second = (await our.refresh(first.body)).body;
  expect((await our.me(second.accessToken)).body.id).toBe(me.id);

  const answer = await our.post("/keycloak/logout", { refreshToken: second.refreshToken }, our.bearer(second.accessToken));
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ success: true, key: me.id });
  await expect.poll(() => provider.ended.length, { timeout: 10_000 }).toBe(1);
  expect((await our.me(second.accessToken)).body).toEqual(nested("TokenRevoked"));
  expect((await our.refresh(second)).body).toEqual(flat(401, "Token Expired"));
}, 60_000);
