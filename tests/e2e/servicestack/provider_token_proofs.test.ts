// A provider's token must be issued to this service, about the user, and in force; or it opens nothing.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { type JWTHeaderParameters, SignJWT, exportSPKI } from "jose";
import { Response } from "miniflare";
import { describe, expect, test } from "vitest";
import {
  ALL_SETTINGS,
  APP_CLIENT,
  APP_CLIENT_SETTINGS,
  APPLE,
  FACEBOOK,
  KEYCLOAK_ROW,
  type Outside,
  type Person,
  type Replacement,
  json,
} from "../../support/identity_provider";
import { jwt } from "../../support/jwt";
import { someone, ACCESS_TOKEN_ROWS, ID_TOKEN_ROWS, useProviderTokens } from "../../support/provider_tokens";

const { outside, worker, forget, aMember, signIn, refused, KINDS } = await useProviderTokens();

describe.each(ACCESS_TOKEN_ROWS)("an access token of $name", (row) => {
  const aKnown = async () => (await aMember(row)).person;

  test("is asked about at the provider's real URL, once, before the person is", async () => {
    const person = { ...(await aKnown()), given_name: "Ann" };
    const token = outside.issue(row, person);
    expect((await signIn(row, token)).status).toBe(200);
    const places = outside.sent.map(({ url }) => url.origin + url.pathname).filter((place) => place !== row.discovery);
    expect(places).toEqual([row.check, row.profile]);
    const [check] = outside.sent.filter(({ url }) => url.origin + url.pathname === row.check);
    expect(`${check!.url.search}${check!.form}`).toContain(token);
  });

  test.each<[string, Parameters<Outside["issue"]>[2]]>([
    ["issued to another app", { clientId: "another-app" }],
    ["issued to an app whose id only begins as ours does", { clientId: `${row.clientId}0` }],
    ["revoked", { revoked: true }],
    ["expired", { seconds: -1 }],
  ])("that was %s is refused", async (_, wishes) => {
    const token = outside.issue(row, await aKnown(), wishes);
    await refused(() => signIn(row, token));
    expect(outside.calls(row.check!)).toBe(1);
    expect(outside.calls(row.profile!), "nothing is done with a token that is not ours").toBe(0);
  });

  test("that cannot be one is refused without a question", async () => {
    for (const token of ["a b", "a\nb", "é", "x".repeat(40_000)]) await refused(() => signIn(row, token));
    expect(outside.calls(row.check!)).toBe(0);
  });

  test("that the provider does not know is refused", async () => {
    await refused(() => signIn(row, "no-such-token"));
  });

  const OWNER = { google: "aud", facebook: "app_id", keycloak: "client_id" }[row.name]!;
  const PERSON = row === FACEBOOK ? "user_id" : "sub";
  /** The usual answer, with something changed. */
  const with_ =
    (change: Record<string, unknown>): Replacement =>
    async (_, usual) => {
      const answer = (await (await usual()).json()) as { data?: object };
      return json(row === FACEBOOK ? { data: { ...answer.data, ...change } } : { ...answer, ...change });
    };

  test.each<[string, Replacement]>([
    ["a failure", () => new Response("no", { status: 500 })],
    ["a good answer under a bad status", async (_, usual) => json(await (await usual()).json(), 403)],
    ["no JSON", () => new Response("<html>yes</html>")],
    ["nothing", () => new Response("")],
    ["an empty object", () => json({})],
    ["a list", async (_, usual) => json([await (await usual()).json()])],
    ["more than it may say", async (_, usual) => json({ ...((await (await usual()).json()) as object), padding: "x".repeat(2 << 20) })],
    ["a redirect", () => Response.redirect("https://evil.example/", 302)],
    ["nobody's app", with_({ [OWNER]: undefined })],
    ["a list of apps", with_({ [OWNER]: [row.clientId] })],
    ["our app in another member", with_({ [OWNER]: "another-app", issued_to: row.clientId, azp: row.clientId, audience: row.clientId })],
    ["nobody's person", with_({ [PERSON]: undefined })],
    ["an object for a person", with_({ [PERSON]: { $ne: 1 } })],
    ["an end in words", with_({ exp: "soon", expires_at: "soon" })],
  ])("of which the provider says %s is refused", async (_, answer) => {
    const token = outside.issue(row, await aKnown());
    outside.replace(row.check!, answer);
    await refused(() => signIn(row, token));
    outside.reset();
    expect((await signIn(row, token)).status, "it was the answer").toBe(200);
  });

  test("with the profile of another subject, or none, is refused", async () => {
    const token = outside.issue(row, await aKnown());
    for (const profile of [{ sub: "another", id: "another" }, {}, { sub: 1, id: {} }]) {
      outside.replace(row.profile!, () => json(profile));
      await refused(() => signIn(row, token));
    }
    for (const none of [() => json([]), () => new Response("", { status: 500 })] as Replacement[]) {
      outside.replace(row.profile!, none);
      // Introspection is a whole proof; what is left to ask is a name.
      if (row === KEYCLOAK_ROW) expect((await signIn(row, token)).status).toBe(200);
      else await refused(() => signIn(row, token));
    }
  });
});

describe("an access token of Keycloak's that is a JWT", () => {
  const KEYCLOAK = KEYCLOAK_ROW;
  const seconds = () => Math.floor(Date.now() / 1000);
  /** As Keycloak 26 issues it; userinfo and introspection know it, unless it is revoked. Null leaves a claim out. */
  async function issue(person: Person, change: Record<string, unknown> = {}, wishes: Parameters<Outside["issue"]>[2] = {}) {
    const usual = {
      iss: KEYCLOAK.issuer,
      azp: KEYCLOAK.clientId,
      sub: person.sub,
      typ: "Bearer",
      jti: randomUUID(),
      iat: seconds(),
      exp: seconds() + 300,
      scope: "openid",
    };
    const claims = Object.entries({ ...usual, ...change }).filter(([, value]) => value !== null);
    const token = await outside.usualSign(Object.fromEntries(claims));
    return outside.issue(KEYCLOAK, person, { token, ...wishes });
  }
  /** Introspection's answer, changed; Keycloak 26 knows nothing of a token that is not addressed to who asks. */
  const introspect = (change: object) =>
    outside.replace(KEYCLOAK.check!, async (_, usual) => json({ ...((await (await usual()).json()) as object), ...change }));
  const inactive = () => outside.replace(KEYCLOAK.check!, () => json({ active: false }));
  const noUserInfo = (status: number) => outside.replace(KEYCLOAK.profile!, () => json({ error: "insufficient_scope" }, status));

  test.each<[string, Record<string, unknown>]>([
    ["issued to us", { azp: KEYCLOAK.clientId }],
    ["issued to an app's own client", { azp: APP_CLIENT, aud: "account" }],
    ["addressed to us", { azp: "another-app", aud: KEYCLOAK.clientId }],
    ["addressed to us among others", { azp: "another-app", aud: ["account", KEYCLOAK.clientId] }],
  ])("and was %s is proven by the realm's keys and userinfo, though introspection knows nothing of it", async (_, change) => {
    const { user, person } = await aMember(KEYCLOAK);
    inactive();
    expect((await signIn(KEYCLOAK, await issue(person, change))).body.userId, worker.log()).toBe(user.id);
    expect(outside.calls(KEYCLOAK.profile!)).toBe(1);
    expect(outside.calls(KEYCLOAK.check!)).toBe(0);
  });

  test.each([401, 403])("and is refused by userinfo with %i is proven by introspection", async (status) => {
    const { user, person } = await aMember(KEYCLOAK);
    noUserInfo(status);
    introspect({ aud: KEYCLOAK.clientId, client_id: "another-app" });
    expect((await signIn(KEYCLOAK, await issue(person))).body.userId, worker.log()).toBe(user.id);
  });

  test("and is lightweight, without a subject, is proven by introspection", async () => {
    const { user, person } = await aMember(KEYCLOAK);
    noUserInfo(401);
    introspect({ aud: KEYCLOAK.clientId });
    expect((await signIn(KEYCLOAK, await issue(person, { sub: null }))).body.userId).toBe(user.id);
  });

  test.each<[string, Record<string, unknown>, boolean]>([
    ["was issued to another app", { azp: "another-app" }, false],
    ["was issued to nobody", { azp: null }, false],
    ["has expired", { exp: 1 }, false],
    ["has no end", { exp: null }, false],
    ["is of the future", { iat: 9_999_999_999 }, false],
    ["is of another realm", { iss: "https://kc.example/realms/other" }, false],
    ["is about nobody", { sub: null }, false],
    ["is about somebody else than userinfo says", { sub: "another" }, true],
    ["is bound to a key", { cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }, false],
    ["is a refresh token", { typ: "Refresh" }, false],
    ["is bound to a key by its kind", { typ: "DPoP" }, false],
  ])("and %s is proven by nothing where introspection says that it is not active", async (_, change, isAsked) => {
    const token = await issue((await aMember(KEYCLOAK)).person, change);
    inactive();
    await refused(() => signIn(KEYCLOAK, token));
    expect(outside.calls(KEYCLOAK.profile!)).toBe(isAsked ? 1 : 0);
    expect(outside.calls(KEYCLOAK.check!)).toBe(1);
  });

  test("and is signed by another is proven by nothing", async () => {
    const { person } = await aMember(KEYCLOAK);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const claims = { iss: KEYCLOAK.issuer, azp: KEYCLOAK.clientId, sub: person.sub, typ: "Bearer", iat: seconds(), exp: seconds() + 300 };
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "key-1" }).sign(privateKey);
    await refused(() => signIn(KEYCLOAK, forged));
    for (const header of [{ alg: "none" }, { alg: "HS256", kid: "key-1" }])
      await refused(() => signIn(KEYCLOAK, jwt(header, claims, "keycloak-secret")));
    expect(outside.calls(KEYCLOAK.profile!)).toBe(0);
  });

  test("and has no session at Keycloak any more is proven by nothing", async () => {
    const token = await issue((await aMember(KEYCLOAK)).person, {}, { revoked: true });
    noUserInfo(401);
    await refused(() => signIn(KEYCLOAK, token));
  });

  test("and is bound to a key is not proven by introspection either", async () => {
    introspect({ cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } });
    const token = outside.issue(KEYCLOAK, (await aMember(KEYCLOAK)).person);
    await refused(() => signIn(KEYCLOAK, token));
  });

  test("that is refused is explained in one line, with every proof that failed", async () => {
    const token = await issue((await aMember(KEYCLOAK)).person, { azp: "another-app" });
    inactive();
    await refused(() => signIn(KEYCLOAK, token));
    expect(await worker.printed()).toMatch(
      /signing in with keycloak: KEYCLOAK_CLIENT_ID: the access token's azp is another client, "another-app" and not keycloak-client, .*; KEYCLOAK_CLIENT_ID: introspection does not say that the token is active/,
    );
  });
});

test.each<[string, unknown]>([
  ["not active", { active: false }],
  ["active in words", { active: "true" }],
  ["of another kind", { typ: "Refresh" }],
  ["of another realm", { iss: "https://kc.example/realms/other" }],
])("a token of Keycloak's that is %s is refused", async (_, change) => {
  const { person } = await aMember(KEYCLOAK_ROW);
  outside.replace(KEYCLOAK_ROW.check!, async (_, usual) => json({ ...((await (await usual()).json()) as object), ...(change as object) }));
  await refused(() => signIn(KEYCLOAK_ROW, outside.issue(KEYCLOAK_ROW, person)));
});

test("a page's token at Facebook is no person's", async () => {
  const { person } = await aMember(FACEBOOK);
  outside.replace(FACEBOOK.check!, async (_, usual) =>
    json({ data: { ...((await (await usual()).json()) as { data: object }).data, type: "PAGE" } }),
  );
  await refused(() => signIn(FACEBOOK, outside.issue(FACEBOOK, person)));
});

test("Apple has no access tokens that it would answer for", async () => {
  await refused(() => signIn(APPLE, outside.issue(APPLE, someone())));
  expect(outside.sent).toEqual([]);
});

test.each(ACCESS_TOKEN_ROWS)("an access token that $name issued to an app's own client signs in", async (row) => {
  const { user, person } = await aMember(row);
  const token = outside.issue(row, person, { clientId: APP_CLIENT });
  expect((await signIn(row, token)).body.userId).toBe(user.id);
});

test.each(ID_TOKEN_ROWS)("an id_token that $name issued to an app's own client, or to us for it, signs in", async (row) => {
  const { user, person } = await aMember(row);
  for (const change of [
    { aud: APP_CLIENT },
    { aud: APP_CLIENT, azp: APP_CLIENT },
    { azp: APP_CLIENT },
    { aud: APP_CLIENT, azp: row.clientId },
    { aud: [row.clientId, "another-app"], azp: APP_CLIENT },
  ]) {
    outside.changeClaims((claims) => ({ ...claims, ...change }));
    expect((await signIn(row, await outside.idToken(row, person))).body.userId, JSON.stringify(change)).toBe(user.id);
  }
});

test.each(KINDS)("%s for an app's own client signs nobody in while no such client is named", async (kind, row) => {
  await worker.restart({ ...ALL_SETTINGS, ...Object.fromEntries(Object.keys(APP_CLIENT_SETTINGS).map((name) => [name, undefined])) });
  const { person } = await aMember(row);
  outside.changeClaims((claims) => ({ ...claims, aud: APP_CLIENT }));
  const token = kind.startsWith("an id_token") ? await outside.idToken(row, person) : outside.issue(row, person, { clientId: APP_CLIENT });
  await refused(() => signIn(row, token));
  await worker.restart(APP_CLIENT_SETTINGS);
});

describe.each(ID_TOKEN_ROWS)("an id_token of $name", (row) => {
  type Claims = Record<string, unknown>;
  const seconds = () => Math.floor(Date.now() / 1000);
  const attack = async () => {
    const token = await outside.idToken(row, (await aMember(row)).person);
    await refused(() => signIn(row, token));
    expect(outside.calls(row.token) + outside.calls(row.profile ?? "") + outside.calls(row.check ?? "")).toBe(0);
  };

  test.each<[string, (claims: Claims) => Claims]>([
    ["of another issuer", (claims) => ({ ...claims, iss: "https://evil.example" })],
    ["of an issuer that only begins alike", (claims) => ({ ...claims, iss: `${claims.iss}.evil.example` })],
    ["without an issuer", ({ iss, ...claims }) => claims],
    ["for another app", (claims) => ({ ...claims, aud: "another-app" })],
    ["for nobody", ({ aud, ...claims }) => claims],
    ["for us and another, without azp", (claims) => ({ ...claims, aud: [row.clientId, "another-app"] })],
    ["for us, but authorized for another app", (claims) => ({ ...claims, azp: "another-app" })],
    ["that has expired", (claims) => ({ ...claims, exp: seconds() - 1 })],
    ["without an end", ({ exp, ...claims }) => claims],
    ["of the future", (claims) => ({ ...claims, iat: seconds() + 600 })],
    ["not valid yet", (claims) => ({ ...claims, nbf: seconds() + 600 })],
    ["about nobody", ({ sub, ...claims }) => claims],
    ["about an empty subject", (claims) => ({ ...claims, sub: "" })],
  ])("%s is refused", async (_, change) => {
    outside.changeClaims(change);
    await attack();
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signed = (header: JWTHeaderParameters, claims: Claims) => new SignJWT(claims).setProtectedHeader(header).sign(rsa.privateKey);

  test.each<[string, (claims: Claims) => Promise<string> | string]>([
    ["that is not signed", (claims) => jwt({ alg: "none", kid: "key-1" }, claims)],
    ["signed by another under the key's name", (claims) => signed({ alg: "RS256", kid: "key-1" }, claims)],
    ["whose key is unknown", (claims) => signed({ alg: "RS256", kid: "nobody's" }, claims)],
    ["that says where its key is", (claims) => signed({ alg: "RS256", kid: "key-1", jku: "https://evil.example/keys" }, claims)],
    ["signed with our own client secret", (claims) => jwt({ alg: "HS256", kid: "key-1" }, claims, Object.values(row.settings)[1]!)],
    [
      "signed symmetrically with the public key",
      async (claims) => jwt({ alg: "HS256", kid: "key-1" }, claims, await exportSPKI(outside.signing.publicKey)),
    ],
    [
      "with a changed claim",
      async (claims) => {
        const [header, , signature] = (await outside.usualSign(claims)).split(".");
        return `${header}.${Buffer.from(JSON.stringify({ ...claims, iat: 1 })).toString("base64url")}.${signature}`;
      },
    ],
    ["with a cut signature", async (claims) => (await outside.usualSign(claims)).slice(0, -2)],
  ])("%s is refused", async (_, sign) => {
    outside.signWith(sign);
    await attack();
  });

  test("may have any nonce: it is of no sign-in of ours", async () => {
    const { user, person } = await aMember(row);
    outside.changeClaims((claims) => ({ ...claims, nonce: "the app's own" }));
    expect((await signIn(row, await outside.idToken(row, person))).body.userId).toBe(user.id);
  });

  test.each<[string, () => Response]>([
    ["a failure", () => new Response("", { status: 503 })],
    ["no JSON", () => new Response("keys")],
    ["a redirect", () => Response.redirect("https://evil.example/keys", 302)],
    ["two megabytes", () => json({ keys: [outside.jwk], padding: "x".repeat(2 << 20) })],
  ])("is refused while the key set is %s", async (_, answer) => {
    await forget();
    const token = await outside.idToken(row, (await aMember(row)).person);
    outside.replace((row.keys ?? row.appKeys)!, answer);
    await refused(() => signIn(row, token));
    outside.reset();
    expect((await signIn(row, token)).status).toBe(200);
  });
});
