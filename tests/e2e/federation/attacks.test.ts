// Signing in elsewhere, attacked: by browsers, by those who forge tokens, and by a provider itself.
// Everybody may sign up here, so whatever slips through would be let in.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { type JWTHeaderParameters, SignJWT, exportJWK, generateKeyPair } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { type Answer, DEMO_MOBILE, DEMO_WEB, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { useWorker } from "../../support/fixtures";
import {
  ALL_SETTINGS,
  APP_CLIENT,
  APP_CLIENT_SETTINGS,
  APPLE,
  FACEBOOK,
  GOOGLE,
  INSTAGRAM,
  KEYCLOAK_ROW,
  ROWS,
  type Row,
  json,
  metadata,
  startOutside,
} from "../../support/identity_provider";
import { jwt } from "../../support/jwt";

const outside = await startOutside();
const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const open = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS, SOCIAL_SIGN_UP: ROWS.map((row) => row.name).join(",") };
const { worker, our } = useWorker({ settings: { ...ALL_SETTINGS, ...APP_CLIENT_SETTINGS, ...open }, outside: outside.handle });
afterEach(() => outside.reset());

const FOREIGN = flat(401, "Client Invalid");
const UNTRUSTED = nested("Invalid Credentials");
const someone = () => ({ sub: randomUUID(), given_name: "Eve", family_name: "Moore" });
const ready = async (row: Row) => {
  const app = browser(worker);
  return { app, fields: await app.begin(outside, row, someone()) };
};
/** Forgets what the isolate remembers of providers. */
const forget = () => worker.restart({});

function refused(answer: Answer, body: object) {
  expect(answer.body).toEqual(body);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("location")).toBeNull();
}

test("without an attack, everybody here would be let in", async () => {
  for (const row of ROWS) expect((await browser(worker).dance(outside, row, someone())).status, row.name).toBe(302);
});

describe.each(ROWS)("a browser at the return of $name", (row) => {
  const unheard = async (answer: Answer, body = FOREIGN) => {
    refused(answer, body);
    expect(outside.calls(row.token), "no code has left").toBe(0);
  };

  test("brings no state, or one of nobody", async () => {
    const { app, fields } = await ready(row);
    const { state, ...rest } = fields;
    await unheard(await app.back(row, rest));
    await unheard(await app.back(row, { ...fields, state: "" }));
    await unheard(await app.back(row, { ...fields, state: "client_id=demo-web" }));
    await unheard(await app.back(row, { ...fields, state: `${state!.slice(0, -1)}~` }));
  });

  test("brings a state twice", async () => {
    const { app, fields } = await ready(row);
    const jar = new Map(app.jar);
    expect((await app.back(row, fields)).status).toBe(302);
    for (const [name, value] of jar) app.jar.set(name, value);
    outside.sent.length = 0;
    await unheard(await app.back(row, fields));
  });

  test("brings a state too late", async () => {
    const { app, fields } = await ready(row);
    await worker.db
      .prepare("update one_time set expires_on = ? where kind = 'signin' and taken_by is null")
      .bind(Date.now() - 1)
      .run();
    await unheard(await app.back(row, fields));
  });

  test("is another than the one that began, which may still finish", async () => {
    const { app, fields } = await ready(row);
    await unheard(await browser(worker).back(row, fields));
    const attacker = await ready(row);
    await unheard(await attacker.app.back(row, fields));
    const forged = browser(worker);
    for (const name of app.jar.keys()) forged.jar.set(name, "A".repeat(43));
    await unheard(await forged.back(row, fields));
    expect((await app.back(row, fields)).status).toBe(302);
  });

  test("comes from another provider, even under the right name of the cookie", async () => {
    for (const other of ROWS.filter((other) => other !== row)) {
      const { app, fields } = await ready(other);
      for (const [name, value] of [...app.jar]) {
        app.jar.set(name.replace("-post-", "-"), value);
        app.jar.set(name.replace("__Host-signin-", "__Host-signin-post-").replace("-post-post-", "-post-"), value);
      }
      await unheard(await app.back(row, fields));
    }
  });

  test("comes twenty times at once, and one code leaves", async () => {
    const { app, fields } = await ready(row);
    const cookie = app.cookie();
    const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(fields).toString();
    const back = () =>
      row.formPost ? our.send("POST", row.back, { body, headers }) : our.send("GET", `${row.back}?${body}`, { headers: { cookie } });
    const answers = await Promise.all(Array.from({ length: 20 }, back));
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1);
    expect(outside.calls(row.token)).toBe(1);
  });

  test("brings neither code nor error, or a code twice, and has used nothing up", async () => {
    const { app, fields } = await ready(row);
    const { code, ...rest } = fields;
    expect((await app.back(row, rest)).status).toBe(400);
    const twice = `${new URLSearchParams(fields)}&code=${code}`;
    const answer = row.formPost
      ? await app.go("POST", row.back, { body: twice, headers: { "content-type": "application/x-www-form-urlencoded" } })
      : await app.go("GET", `${row.back}?${twice}`);
    expect(answer.status).toBe(400);
    expect((await app.back(row, fields)).status).toBe(302);
  });

  test("brings an error beside a code, which is ignored", async () => {
    const { app, fields } = await ready(row);
    const answer = await app.back(row, { ...fields, error: "access_denied" });
    expect(new URL(answer.headers.get("location")!).searchParams.get("error")).toBe("access_denied");
    expect(outside.calls(row.token)).toBe(0);
  });

  test("finds its client gone", async () => {
    const { app, fields } = await ready(row);
    await worker.db.prepare("update auth_clients set deleted = 1 where client_id = 'demo-web'").run();
    const answer = await app.back(row, fields);
    await worker.db.prepare("update auth_clients set deleted = 0 where client_id = 'demo-web'").run();
    await unheard(answer);
  });

  test("brings a code that cannot be one, or that is another's", async () => {
    for (const code of ["a b", "a\r\nx-evil: 1", "é", "x".repeat(40_000), "not-of-this-provider"]) {
      const { app, fields } = await ready(row);
      const answer = await app.back(row, { ...fields, code });
      if (answer.status !== 414) refused(answer, UNTRUSTED);
    }
    const [theirs, mine] = [await ready(row), await ready(row)];
    const answer = await mine.app.back(row, { ...mine.fields, code: theirs.fields.code! });
    // Only PKCE or a nonce can tell; a provider with neither leaves it to the state and the cookie.
    if (row.pkce || row.keys) refused(answer, UNTRUSTED);
  });

  test("brings an issuer that is another", async () => {
    const { app, fields } = await ready(row);
    await unheard(await app.back(row, { ...fields, iss: "https://evil.example" }), UNTRUSTED);
    expect(await worker.printed(), "the log says which").toContain(`signing in with ${row.name}: the return's iss is https://evil.example`);
  });

  test.each([
    ["an error", () => json({ error: "invalid_grant" }, 400)],
    ["an error with status 200", () => json({ error: "invalid_grant" })],
    ["a failure", () => new Response("down", { status: 500 })],
    ["a redirect", () => Response.redirect("https://evil.example/token", 307)],
    ["nothing", () => new Response("")],
    ["text", () => new Response("access_token=x&token_type=bearer")],
    ["a page", () => new Response("<html>sign in</html>", { headers: { "content-type": "text/html" } })],
    ["a list", () => json([{ access_token: "x" }])],
    ["half of JSON", () => new Response('{"access_token":"x","id_tok')],
    ["no token", () => json({ token_type: "Bearer" })],
    ["a token with a line break", () => json({ access_token: "x\r\nx-evil: 1", token_type: "Bearer" })],
    ["a token of another type", () => json({ access_token: "x", token_type: "mac" })],
    ["a number for a token", () => json({ access_token: 1, token_type: "Bearer" })],
    ["two megabytes", () => json({ access_token: "x", padding: "x".repeat(2 << 20) })],
  ])("and its token endpoint answers with %s", async (_, answer) => {
    const { app, fields } = await ready(row);
    const jar = new Map(app.jar);
    outside.replace(row.token, answer);
    refused(await app.back(row, fields), UNTRUSTED);
    expect(outside.sent.every(({ url }) => url.hostname !== "evil.example")).toBe(true);
    outside.reset();
    for (const [name, value] of jar) app.jar.set(name, value);
    refused(await app.back(row, fields), FOREIGN);
  });
});

test("a provider that does not answer, or not to the end, is waited for ten seconds", { timeout: 30_000 }, async () => {
  const endless = () =>
    new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{"access_token":')) }));
  outside.replace(GOOGLE.token, () => new Promise<Response>((resolve) => setTimeout(resolve, 15_000, json({})).unref()));
  outside.replace(FACEBOOK.token, endless);
  const waited = [GOOGLE, FACEBOOK].map(async (row) => {
    const { app, fields } = await ready(row);
    const start = Date.now();
    refused(await app.back(row, fields), UNTRUSTED);
    return Date.now() - start;
  });
  for (const milliseconds of await Promise.all(waited)) {
    expect(milliseconds).toBeGreaterThan(9_000);
    expect(milliseconds).toBeLessThan(13_000);
  }
});

describe("a profile", () => {
  test.each<[string, Row, unknown]>([
    ["of nobody", FACEBOOK, { name: "Eve" }],
    ["of an object", FACEBOOK, { id: { $ne: 1 } }],
    ["of an empty id", FACEBOOK, { id: "" }],
    ["with a control character", FACEBOOK, { id: "1\n2" }],
    ["of two people", INSTAGRAM, { data: [{ user_id: "1" }, { user_id: "2" }] }],
    ["of nobody in a list", INSTAGRAM, { data: [] }],
    ["that is a list", INSTAGRAM, [{ user_id: "1" }]],
  ])("%s is no profile", async (_, row, body) => {
    const { app, fields } = await ready(row);
    outside.replace(row.profile!, () => json(body));
    refused(await app.back(row, fields), UNTRUSTED);
  });

  const wanted = (row: Row) => ({ [row.name === "facebook" ? "id" : "user_id"]: "1", name: "Eve" });
  test.each<[string, (row: Row) => Response]>([
    ["a failure", (row) => json(wanted(row), 500)],
    ["a redirect", () => Response.redirect("https://evil.example/me", 302)],
    ["half of one", (row) => new Response(JSON.stringify(wanted(row)).slice(0, -1))],
    ["two megabytes", (row) => json({ ...wanted(row), padding: "x".repeat(2 << 20) })],
  ])("that is %s is no profile", async (_, answer) => {
    for (const row of [FACEBOOK, INSTAGRAM]) {
      const { app, fields } = await ready(row);
      outside.replace(row.profile!, () => answer(row));
      refused(await app.back(row, fields), UNTRUSTED);
      outside.replace(row.profile!, () => json(wanted(row)));
      expect((await browser(worker).dance(outside, row, someone())).status, "without that it is one").toBe(302);
    }
    expect(outside.sent.every(({ url }) => url.hostname !== "evil.example")).toBe(true);
  });

  test.each([GOOGLE, KEYCLOAK_ROW])("at $name that is somebody else's than the id_token is refused", async (row) => {
    const app = browser(worker);
    const fields = await app.begin(outside, row, { sub: randomUUID() });
    outside.replace(row.profile!, () => json({ sub: "somebody-else", given_name: "Eve" }));
    refused(await app.back(row, fields), UNTRUSTED);
  });
});

/** What we and the provider both know. */
const secretOf = ({ settings }: Row) => Object.entries(settings).find(([name]) => /SECRET$|TEAM_ID$/.test(name))![1];

const ID_TOKEN_ROWS = [GOOGLE, APPLE, KEYCLOAK_ROW];
describe.each(ID_TOKEN_ROWS)("an id_token of $name", (row) => {
  type Claims = Record<string, unknown>;
  const seconds = () => Math.floor(Date.now() / 1000);
  const attack = async () => {
    const { app, fields } = await ready(row);
    refused(await app.back(row, fields), UNTRUSTED);
  };

  test.each<[string, (claims: Claims) => Claims]>([
    ["of another issuer", (claims) => ({ ...claims, iss: "https://evil.example" })],
    ["of an issuer that only begins alike", (claims) => ({ ...claims, iss: `${claims.iss}.evil.example` })],
    ["without an issuer", ({ iss, ...claims }) => claims],
    ["for another client", (claims) => ({ ...claims, aud: "another-client" })],
    ["for nobody", ({ aud, ...claims }) => claims],
    ["for us and another, without azp", (claims) => ({ ...claims, aud: [row.clientId, "another-client"] })],
    ["for us, but authorized for another", (claims) => ({ ...claims, azp: "another-client" })],
    ["for an app's own client", (claims) => ({ ...claims, aud: APP_CLIENT })],
    ["for us, but authorized for an app's own client", (claims) => ({ ...claims, azp: APP_CLIENT })],
    ["of another sign-in", (claims) => ({ ...claims, nonce: "x".repeat(43) })],
    ["of no sign-in", ({ nonce, ...claims }) => claims],
    ["that has expired", (claims) => ({ ...claims, exp: seconds() - 1 })],
    ["without an end", ({ exp, ...claims }) => claims],
    ["with an end in words", (claims) => ({ ...claims, exp: "9999999999" })],
    ["of the future", (claims) => ({ ...claims, iat: seconds() + 600 })],
    ["not valid yet", (claims) => ({ ...claims, nbf: seconds() + 600 })],
    ["about nobody", ({ sub, ...claims }) => claims],
    ["about an empty subject", (claims) => ({ ...claims, sub: "" })],
    ["about a number", (claims) => ({ ...claims, sub: 1 })],
    ["about a subject that is too long", (claims) => ({ ...claims, sub: "x".repeat(256) })],
    ["that ends a session", (claims) => ({ ...claims, events: { "http://schemas.openid.net/event/backchannel-logout": {} } })],
  ])("%s is refused", async (_, change) => {
    outside.changeClaims(change);
    await attack();
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signed = (header: JWTHeaderParameters, claims: Claims, key = rsa.privateKey) =>
    new SignJWT(claims).setProtectedHeader(header).sign(key);
  const pem = () => outside.signing.publicKey;

  test.each<[string, (claims: Claims) => Promise<string> | string]>([
    ["that is not signed", (claims) => jwt({ alg: "none", kid: "key-1" }, claims)],
    ["that is not signed, in another spelling", (claims) => jwt({ alg: "nOnE", kid: "key-1" }, claims)],
    ["that is signed with our own client secret", (claims) => jwt({ alg: "HS256", kid: "key-1" }, claims, secretOf(row))],
    ["that is signed by another under the key's name", (claims) => signed({ alg: "RS256", kid: "key-1" }, claims)],
    ["that brings its own key", async (claims) => signed({ alg: "RS256", kid: "key-1", jwk: await exportJWK(rsa.publicKey) }, claims)],
    ["that says where its key is", (claims) => signed({ alg: "RS256", kid: "key-1", jku: "https://evil.example/keys" }, claims)],
    ["that brings its certificate", (claims) => signed({ alg: "RS256", kid: "key-1", x5c: ["MII"] }, claims)],
    [
      "of another algorithm than its key's",
      async (claims) => jwt({ alg: "ES256", kid: "key-1" }, claims, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
    ],
    ["whose key is unknown", (claims) => signed({ alg: "RS256", kid: "nobody's" }, claims)],
    ["whose key is a list", (claims) => jwt({ alg: "RS256", kid: ["key-1"] }, claims, rsa.privateKey)],
    ["with a rule we do not know", (claims) => jwt({ alg: "RS256", kid: "key-1", crit: ["b64"], b64: true }, claims, rsa.privateKey)],
    [
      "that is an access token",
      async (claims) =>
        new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "key-1", typ: "at+jwt" }).sign(outside.signing.privateKey),
    ],
    [
      "with a changed claim",
      async (claims) => {
        const [header, , signature] = (await outside.usualSign(claims)).split(".");
        return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: "demo" })).toString("base64url")}.${signature}`;
      },
    ],
    ["with a cut signature", async (claims) => (await outside.usualSign(claims)).slice(0, -8)],
    ["without a signature", async (claims) => (await outside.usualSign(claims)).replace(/\.[^.]*$/, ".")],
    ["in five parts", async (claims) => `${await outside.usualSign(claims)}.x.y`],
    ["that is no token", () => "id_token"],
  ])("%s is refused", async (_, sign) => {
    outside.signWith(sign);
    await attack();
    expect(outside.sent.every(({ url }) => url.hostname !== "evil.example")).toBe(true);
  });

  test("signed symmetrically with the public key is refused", async () => {
    const { exportSPKI } = await import("jose");
    const text = await exportSPKI(pem());
    for (const secret of [text, text.trim(), JSON.stringify(outside.jwk)]) {
      outside.signWith((claims) => jwt({ alg: "HS256", kid: "key-1" }, claims, secret));
      await attack();
    }
  });

  test("may be there only with the promised answer", async () => {
    outside.replace(row.token, async (sent, usual) => {
      const { id_token, ...rest } = (await (await usual()).json()) as Record<string, unknown>;
      return json(rest);
    });
    await attack();
  });
});

describe("a key set", () => {
  const keys = async (alg: string, kid: string, more: object = {}) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid, use: "sig", alg, ...more };
    const sign = (claims: Record<string, unknown>, header: object = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(pair.privateKey);
    return { jwk, sign };
  };
  const dance = () => browser(worker).dance(outside, GOOGLE, someone());

  test.each(["RS256", "PS256", "ES256", "EdDSA"])("with a key for %s verifies its tokens", async (alg) => {
    await forget();
    const { jwk, sign } = await keys(alg, "new");
    outside.replace(GOOGLE.keys!, () => json({ keys: ["not a key", { kty: "oct" }, outside.jwk, jwk] }));
    outside.signWith(sign);
    expect((await dance()).status, worker.log()).toBe(302);
    outside.signWith(async (claims) => `${(await sign(claims)).slice(0, -6)}AAAAAA`);
    refused(await dance(), UNTRUSTED);
  });

  test.each<[string, object]>([
    ["for encryption", { use: "enc" }],
    ["for another algorithm", { alg: "PS256" }],
    ["for signing only", { key_ops: ["sign"] }],
  ])("has a key %s, which is none", async (_, more) => {
    await forget();
    const { jwk, sign } = await keys("RS256", "odd", more);
    outside.replace(GOOGLE.keys!, () => json({ keys: [jwk] }));
    outside.signWith(sign);
    refused(await dance(), UNTRUSTED);
  });

  test("has a key that is too short, which is none", async () => {
    await forget();
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    outside.replace(GOOGLE.keys!, () => json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "short", use: "sig" }] }));
    outside.signWith((claims) => jwt({ alg: "RS256", kid: "short" }, claims, privateKey));
    refused(await dance(), UNTRUSTED);
  });

  test("with two keys is no set for a token without a key's name", async () => {
    await forget();
    const [one, two] = [await keys("RS256", "one"), await keys("RS256", "two")];
    outside.replace(GOOGLE.keys!, () => json({ keys: [one.jwk, two.jwk] }));
    outside.signWith((claims) => one.sign(claims, { kid: undefined }));
    refused(await dance(), UNTRUSTED);
  });

  test("changes, and is fetched anew once for a key that is not in it, and not again within a minute", async () => {
    await forget();
    const [old, fresh, forged] = [await keys("RS256", "old"), await keys("RS256", "fresh"), await keys("RS256", "forged")];
    let now = [old.jwk];
    outside.replace(GOOGLE.keys!, () => json({ keys: now }));
    outside.signWith(old.sign);
    expect((await dance()).status).toBe(302);
    expect((await dance()).status).toBe(302);
    expect(outside.calls(GOOGLE.keys!), "it is remembered").toBe(1);
    now = [fresh.jwk];
    outside.signWith(fresh.sign);
    expect((await dance()).status).toBe(302);
    expect(outside.calls(GOOGLE.keys!)).toBe(2);
    outside.signWith(forged.sign);
    for (let n = 0; n < 3; n++) refused(await dance(), UNTRUSTED);
    expect(outside.calls(GOOGLE.keys!), "who forges makes no traffic").toBe(2);
    outside.signWith(old.sign);
    refused(await dance(), UNTRUSTED);
  });

  test.each<[string, () => Response]>([
    ["a failure", () => new Response("", { status: 503 })],
    ["no JSON", () => new Response("keys")],
    ["a redirect", () => Response.redirect("https://evil.example/keys", 302)],
    ["too many keys", () => json({ keys: Array.from({ length: 101 }, () => ({ kty: "RSA" })) })],
    ["two megabytes", () => json({ keys: [], padding: "x".repeat(2 << 20) })],
  ])("that is %s is none, and the one before stays", async (_, answer) => {
    await forget();
    const forged = await keys("RS256", "forged");
    expect((await dance()).status).toBe(302);
    outside.replace(GOOGLE.keys!, answer);
    outside.signWith(forged.sign);
    refused(await dance(), UNTRUSTED);
    outside.signWith(undefined);
    expect((await dance()).status, "the old keys are still good").toBe(302);
    await forget();
    refused(await dance(), UNTRUSTED);
  });
});

describe("discovery", () => {
  const OLD = "https://kc.example/auth/realms/demo";
  const start = async () => {
    await forget();
    return browser(worker).start(KEYCLOAK_ROW);
  };

  test.each<[string, (row: Row) => Response]>([
    ["a failure", () => new Response("", { status: 500 })],
    ["a page", () => new Response("<html>")],
    ["another issuer's document", (row) => json({ ...metadata(row), issuer: "https://evil.example" })],
    ["an issuer with a slash more", (row) => json({ ...metadata(row), issuer: `${row.issuer}/` })],
    ["a token endpoint without TLS", (row) => json({ ...metadata(row), token_endpoint: "http://kc.example/token" })],
    ["a script for an authorize endpoint", (row) => json({ ...metadata(row), authorization_endpoint: "javascript:alert(1)" })],
    ["no keys", (row) => json({ ...metadata(row), jwks_uri: undefined })],
    ["a redirect", () => Response.redirect("https://evil.example/", 302)],
  ])("that finds %s makes the start unavailable", async (_, answer) => {
    outside.replace(KEYCLOAK_ROW.discovery!, () => answer(KEYCLOAK_ROW));
    const refusal = await start();
    expect(refusal.status).toBe(503);
    expect(refusal.headers.getSetCookie()).toEqual([]);
    const headers = { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation", accept: "application/json" };
    expect((await our.send("POST", KEYCLOAK_ROW.start, { body: new URLSearchParams(DEMO_WEB).toString(), headers })).status).toBe(503);
  });

  test("finds the layout with the old prefix, and is remembered", async () => {
    const old = { ...KEYCLOAK_ROW, issuer: OLD };
    outside.replace(KEYCLOAK_ROW.discovery!, () => new Response("", { status: 404 }));
    outside.replace(`${OLD}/.well-known/openid-configuration`, () => json(metadata(old)));
    outside.changeClaims((claims) => ({ ...claims, iss: OLD }));
    await forget();
    const { app, fields } = await ready(KEYCLOAK_ROW);
    expect((await app.back(KEYCLOAK_ROW, { ...fields, iss: OLD })).status).toBe(302);
    const calls = outside.sent.length;
    expect((await browser(worker).start(KEYCLOAK_ROW)).status).toBe(302);
    expect(outside.sent.length).toBe(calls);
  });

  test("that promises an issuer in the return holds the return to it", async () => {
    await forget();
    const { app, fields } = await ready(KEYCLOAK_ROW);
    const { iss, ...rest } = fields;
    refused(await app.back(KEYCLOAK_ROW, rest), UNTRUSTED);
    expect(outside.calls(KEYCLOAK_ROW.token)).toBe(0);
  });
});

test("a subject of one issuer is nobody's at another, nor at another provider", async () => {
  const sub = randomUUID();
  const me = async (row: Row) => {
    const answer = await browser(worker).dance(outside, row, { sub, given_name: "Eve" });
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    return (await our.me((await our.token(code)).body.accessToken)).body.id;
  };
  const ids = [await me(GOOGLE), await me(FACEBOOK), await me(KEYCLOAK_ROW)];
  expect(new Set(ids).size).toBe(3);
  await worker.db
    .prepare("update user_identities set issuer = 'https://kc.example/realms/other' where provider = 'keycloak' and subject = ?")
    .bind(sub)
    .run();
  // Its username is taken by the account of the other realm, so not even a sign-up helps.
  refused(await browser(worker).dance(outside, KEYCLOAK_ROW, { sub, given_name: "Eve" }), UNTRUSTED);
});

describe("what somebody writes into", () => {
  const ALIEN = 'x&code=evil#"><script>\r\nSet-Cookie: a=b ü 🔑 %0d%0a';

  test("a client's state comes back as it was, and nothing else does", async () => {
    const app = browser(worker);
    const answer = await app.dance(outside, GOOGLE, someone(), { state: ALIEN });
    const location = answer.headers.get("location")!;
    expect(location).toMatch(/^http:\/\/localhost:5173\/callback\?code=[\w-]{43}&state=[\w.~%-]+$/);
    expect(new URL(location).searchParams.get("state")).toBe(ALIEN);
    expect(answer.headers.getSetCookie().every((line) => line.startsWith("__Host-signin-"))).toBe(true);
  });

  test("an error stays an error", async () => {
    for (const error of [ALIEN, "access_denied&code=x", "x".repeat(65), 'a"b']) {
      const { app, fields } = await ready(GOOGLE);
      const answer = await app.back(GOOGLE, { state: fields.state!, error, error_description: ALIEN });
      const { searchParams } = new URL(answer.headers.get("location")!);
      expect([...searchParams.keys()]).toEqual(["error", "error_description"]);
      expect(searchParams.get("error")).toMatch(/^[ -!#-[\]-~]{1,64}$/);
      expect(searchParams.get("error_description")).toMatch(/^[ -~]{1,80}$/);
    }
  });

  test("a name is a name", async () => {
    const app = browser(worker);
    const answer = await app.dance(outside, GOOGLE, {
      sub: randomUUID(),
      given_name: `\u0000${ALIEN}${"x".repeat(100)}`,
      family_name: "\r\n",
    });
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    const me = (await our.me((await our.token(code)).body.accessToken)).body;
    expect(me.firstName).toMatch(/^[^\u0000-\u001f]{1,50}$/u);
    expect(me.lastName ?? null).toBeNull();
  });

  test("a subject cannot leave its username", async () => {
    const sub = `../admin?@example.com:${randomUUID()}'; drop table users; --`;
    const answer = await browser(worker).dance(outside, FACEBOOK, { sub, given_name: "Eve" });
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    const { username } = (await our.me((await our.token(code)).body.accessToken)).body;
    expect(username).toMatch(/^facebook:[\w.%-]+$/);
    expect(decodeURIComponent(username)).toBe(`facebook:${sub}`);
  });

  test("Apple's form is a name at best, and never an address", async () => {
    for (const user of ["{", "[]", "null", '{"name":{"firstName":1}}', '{"email":"admin@example.com"}', ALIEN]) {
      const { app, fields } = await ready(APPLE);
      const answer = await app.back(APPLE, { ...fields, user });
      const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
      expect((await our.me((await our.token(code)).body.accessToken)).body.email ?? null).toBeNull();
    }
  });

  test("the Host header moves no redirect URI", async () => {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-forwarded-host": "evil.example",
      forwarded: "host=evil.example",
    };
    const answer = await our.send("POST", GOOGLE.start, { body: new URLSearchParams(DEMO_WEB).toString(), headers });
    expect(new URL(answer.headers.get("location")!).searchParams.get("redirect_uri")).toBe(`http://127.0.0.1:8787${GOOGLE.back}`);
  });

  test("a request for another destination is refused at the start and ignored at the return", async () => {
    for (const name of ["redirectUrl", "redirect_uri", "redirect_url"]) {
      expect((await browser(worker).start(GOOGLE, { [name]: "https://evil.example" })).status).toBe(422);
      const { app, fields } = await ready(GOOGLE);
      const answer = await app.back(GOOGLE, { ...fields, [name]: "https://evil.example" });
      expect(answer.headers.get("location")).toMatch(/^http:\/\/localhost:5173\/callback\?code=[\w-]{43}$/);
    }
  });

  test.each(["javascript:alert(1)", "//evil.example", "http://evil.example/", "data:text/html,x", "https://user@evil.example/", ""])(
    "a stored redirect URL %j gets no code",
    async (url) => {
      const { app, fields } = await ready(GOOGLE);
      const set = (to: string) => worker.db.prepare("update auth_clients set redirect_url = ? where client_id = 'demo-web'").bind(to).run();
      await set(url);
      const answer = await app.back(GOOGLE, fields);
      await set("http://localhost:5173/callback");
      refused(answer, FOREIGN);
    },
  );
});

describe("a ticket", () => {
  const offer = async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation", accept: "application/json" };
    const body = new URLSearchParams(DEMO_MOBILE).toString();
    const { pathname, search } = new URL((await our.send("POST", GOOGLE.start, { body, headers })).body.authorizationUrl);
    return pathname + search;
  };

  test("that is unknown, absent, changed or too old opens nothing", async () => {
    for (const path of ["/auth/sign-in/continue", "/auth/sign-in/continue?ticket=x", `${await offer()}x`]) {
      const answer = await our.send("GET", path);
      refused(answer, FOREIGN);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const path = await offer();
    await worker.db
      .prepare("update one_time set expires_on = ? where kind = 'ticket' and taken_by is null")
      .bind(Date.now() - 1)
      .run();
    refused(await our.send("GET", path), FOREIGN);
  });

  test("opens once, however many open it at once", async () => {
    const path = await offer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => our.send("GET", path)));
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1);
  });

  test("is no state, and a state is no ticket", async () => {
    const ticket = new URL(`http://x${await offer()}`).searchParams.get("ticket")!;
    refused(await browser(worker).back(GOOGLE, { code: "x", state: ticket }), FOREIGN);
    const { fields } = await ready(GOOGLE);
    refused(await our.send("GET", `/auth/sign-in/continue?ticket=${fields.state}`), FOREIGN);
  });
});

test("storage and log hold no secret of a sign-in", async () => {
  const { app, fields } = await ready(KEYCLOAK_ROW);
  const [cookie] = [...app.jar.values()];
  await app.back(KEYCLOAK_ROW, fields);
  const call = outside.sent.find(({ url }) => url.href === KEYCLOAK_ROW.token)!;
  const stored = JSON.stringify(await worker.rows()) + JSON.stringify(await worker.kv.list());
  const printed = await worker.printed();
  for (const secret of [cookie!, fields.state!, fields.code!, call.form.get("code_verifier")!, "keycloak-secret"]) {
    expect(secret.length).toBeGreaterThan(10);
    expect(stored).not.toContain(secret);
    expect(printed).not.toContain(secret);
  }
});
