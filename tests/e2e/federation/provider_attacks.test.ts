// Signing in with a provider, attacked by forged tokens, or by the provider itself.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { type JWTHeaderParameters, SignJWT, exportJWK, generateKeyPair } from "jose";
import { Response } from "miniflare";
import { describe, expect, test } from "vitest";
import { DEMO_WEB } from "../../support/api";
import { browser } from "../../support/browser";
import { UNTRUSTED, someone, refused, useOpenFederation } from "../../support/federation_attacks";
import { APP_CLIENT, APPLE, FACEBOOK, GOOGLE, INSTAGRAM, KEYCLOAK_ROW, type Row, json, metadata } from "../../support/identity_provider";
import { jwt } from "../../support/jwt";

const { outside, worker, our, ready } = await useOpenFederation();

/** Forgets what the isolate remembers of providers. */
const forget = () => worker.restart({});

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
    ["without a subject", FACEBOOK, { name: "Eve" }],
    ["of an object", FACEBOOK, { id: { $ne: 1 } }],
    ["of an empty id", FACEBOOK, { id: "" }],
    ["with a control character", FACEBOOK, { id: "1\n2" }],
    ["of two people", INSTAGRAM, { data: [{ user_id: "1" }, { user_id: "2" }] }],
    ["without a subject, in a list", INSTAGRAM, { data: [] }],
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

  test.each([GOOGLE, KEYCLOAK_ROW])("at $name of another subject than the id_token's is refused", async (row) => {
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
    ["without an audience", ({ aud, ...claims }) => claims],
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
    ["without a subject", ({ sub, ...claims }) => claims],
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

test("a subject is an identity of one issuer at one provider", async () => {
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
