// ServiceStack's callers who bring a token that a provider issued: to our app, about somebody, in
// force; or it opens nothing.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { type JWTHeaderParameters, SignJWT, exportSPKI } from "jose";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { type Answer } from "../../support/api";
import { FORM, useWorker } from "../../support/fixtures";
import {
  ALL_SETTINGS,
  APP_CLIENT,
  APP_CLIENT_SETTINGS,
  APPLE,
  FACEBOOK,
  GOOGLE,
  INSTAGRAM,
  KEYCLOAK_ROW,
  type Outside,
  type Person,
  type Replacement,
  type Row,
  json,
  metadata,
  startOutside,
} from "../../support/identity_provider";
import { decode, jwt } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { NOBODY, cookieHeader, cookiesOf, failed } from "../../support/servicestack";

const outside = await startOutside();
const {
  worker,
  their: our,
  our: arc,
} = useWorker({ settings: { ...ALL_SETTINGS, ...APP_CLIENT_SETTINGS, SERVICESTACK_CLIENT_ID: "demo-web" }, outside: outside.handle });
afterEach(() => outside.reset());

const REFUSED = failed("Unauthorized", "AccessToken is Invalid");
const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const PLACE = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS };
/** Forgets what the isolate remembers of providers. */
const forget = () => worker.restart({});

const someone = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), given_name: "Ann", family_name: "Lee", ...more });
const verified = (email = `${randomUUID()}@example.com`) => ({ email, email_verified: true });

/** Somebody with an account here that a provider opens. */
async function aMember(row: Row, wishes: Parameters<typeof aUser>[1] = {}) {
  const user = await aUser(worker, wishes);
  const person = someone();
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 1)")
    .bind(row.name, row.identityIssuer, person.sub, user.id)
    .run();
  return { user, person };
}

const count = async (table: string) => (await worker.rows())[table]!.length;
const signIn = (row: Row, accessToken: string, more: object = {}, headers?: Record<string, string>) =>
  our.post("/api/Authenticate", { provider: row.name, accessToken, ...more }, headers);

/** Nobody is signed in, nothing is made, and the answer is the one that every such token gets. */
async function refused(act: () => Promise<Answer>, body: object = REFUSED, status = 401) {
  const before = await worker.rows({ but: ["login_activity", "hourly_counts"] });
  const answer = await act();
  expect(answer.body).toEqual(body);
  expect(answer.status).toBe(status);
  expect(cookiesOf(answer)).toEqual({});
  expect(answer.headers.has("x-cookies")).toBe(false);
  expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? 'credentials realm="/auth/credentials"' : null);
  expect(await worker.rows({ but: ["login_activity", "hourly_counts"] })).toEqual(before);
  expect(outside.sent.every(({ url }) => url.hostname !== "evil.example")).toBe(true);
}

const ACCESS_TOKEN_ROWS = [GOOGLE, FACEBOOK, KEYCLOAK_ROW];
const ID_TOKEN_ROWS = [GOOGLE, FACEBOOK, APPLE, KEYCLOAK_ROW];
/** Facebook says of no address that it is verified. */
const VOUCHING_ROWS = ID_TOKEN_ROWS.filter((row) => row !== FACEBOOK);

type Kind = [string, Row, (person: Person) => Promise<string>];
const KINDS: Kind[] = [
  ...ACCESS_TOKEN_ROWS.map((row): Kind => [`an access token of ${row.name}`, row, async (person) => outside.issue(row, person)]),
  ...ID_TOKEN_ROWS.map((row): Kind => [`an id_token of ${row.name}`, row, (person) => outside.idToken(row, person)]),
];

describe.each(KINDS)("%s", (_, row, tokenOf) => {
  test("signs a known person in at every URL, however the request is written", async () => {
    const { user, person } = await aMember(row);
    const token = await tokenOf(person);
    const { name } = row;
    const dto = JSON.stringify({ provider: name, accessToken: token });
    const json = { "content-type": "application/json" };
    const xml = `<Authenticate xmlns="http://schemas.servicestack.net/types"><provider>${name}</provider><AccessToken>${token}</AccessToken></Authenticate>`;
    for (const [path, body, headers] of [
      [`/auth/${name}`, JSON.stringify({ accessToken: token }), json],
      [`/auth/${name}`, dto, json],
      [`/auth/${name}`, `accessToken=${token}`, FORM],
      [`/auth/${name}`, `{accessToken:${token}}`, { "content-type": "text/jsv", accept: "application/json" }],
      [`/auth/${name}`, xml, { "content-type": "text/xml", accept: "application/json" }],
      [`/auth/${name}.json`, dto, json],
      [`/auth/${name}?accessToken=${token}`, "", json],
      ["/auth", dto, json],
      [`/authenticate/${name}`, dto, json],
      ["/api/Authenticate", dto, json],
      ["/api/Authenticate", dto, { "content-type": "text/plain" }],
      [`/api/Authenticate?provider=${name}`, `accessToken=${token}`, FORM],
      ["/json/reply/Authenticate", dto, json],
      ["/json/oneway/Authenticate", dto, json],
    ] as [string, string, Record<string, string>][]) {
      const answer = await our.post(path, body, headers);
      expect(answer.status, `${path} ${answer.text} ${worker.log()}`).toBe(200);
      expect(answer.body).toMatchObject({ userId: user.id, userName: user.username, displayName: "Test", authProvider: name });
      expect(Object.keys(cookiesOf(answer))).toEqual(["ss-tok", "ss-reftok"]);
    }
    for (const [path, body, type] of [
      ["/jsv/reply/Authenticate", `{provider:${name},accessToken:${token}}`, "text/jsv"],
      ["/xml/reply/Authenticate", xml, "application/xml"],
      ["/csv/reply/Authenticate", `provider,AccessToken\r\n${name},${token}\r\n`, "text/csv"],
    ] as [string, string, string][]) {
      const answer = await our.post(path, body, { "content-type": type });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.headers.get("content-type")).toBe(type);
      expect(answer.text).toContain(user.id);
    }
    const batch = await our.post("/api/Authenticate[]", [{ provider: name, accessToken: token }]);
    expect(batch.body).toMatchObject([{ userId: user.id }]);
  });

  test("opens a session like any other: at both APIs, refreshed, told, replaced and ended", async () => {
    const { user, person } = await aMember(row);
    const token = await tokenOf(person);
    const answer = await signIn(row, token, { provider: row.name.toUpperCase() });
    expect(Object.keys(answer.body)).toEqual([
      ...["userId", "sessionId", "userName", "displayName", "bearerToken", "refreshToken", "refreshTokenExpiry"],
      ...["roles", "permissions", "authProvider"],
    ]);
    const { bearerToken, refreshToken, sessionId } = answer.body;
    expect(decode(bearerToken).claims).toMatchObject({ sid: sessionId, sub: user.id, client_id: "demo-web" });
    expect((await arc.me(bearerToken)).body).toMatchObject({ id: user.id });
    expect((await our.bearer(bearerToken)).body).toMatchObject({ userId: user.id, authProvider: row.name });
    expect((await our.who(cookieHeader(answer))).body).toMatchObject({ userId: user.id, sessionId });
    const renewed = await our.refresh({ refreshToken });
    expect((await arc.me(renewed.body.accessToken)).status).toBe(200);
    const { sessions, user_identities } = await worker.rows();
    expect(sessions!.find(({ id }) => id === sessionId)).toMatchObject({ user_id: user.id, method: row.name, provider_token: null });
    expect(user_identities!.find(({ subject }) => subject === person.sub)!.last_used_on).toBeGreaterThan(1);
    const second = await signIn(row, token, {}, cookieHeader(answer));
    expect((await our.bearer(bearerToken)).status).toBe(401);
    await our.post("/auth/logout", "", { authorization: `Bearer ${second.body.bearerToken}` });
    expect((await arc.me(second.body.bearerToken)).status).toBe(401);
  });

  test("sets cookies as a password does, and none where none are wanted", async () => {
    const { person } = await aMember(row);
    const token = await tokenOf(person);
    const remembered = cookiesOf(await signIn(row, token, { rememberMe: true }));
    expect(Object.keys(remembered)).toEqual(["ss-opt", "ss-tok", "ss-reftok"]);
    expect(remembered["ss-reftok"]!.attributes).toEqual(["Max-Age=2592000", "Path=/", "HttpOnly", "SameSite=Lax"]);
    const forgotten = cookiesOf(await signIn(row, token, { rememberMe: false }));
    expect(forgotten["ss-tok"]!.attributes).toEqual(["Path=/", "HttpOnly", "SameSite=Lax"]);
    const only = await signIn(row, token, { useTokenCookie: true });
    expect(only.body).not.toHaveProperty("bearerToken");
    expect(only.body).not.toHaveProperty("refreshToken");
    expect(only.headers.get("x-cookies")).toBe("ss-tok,ss-reftok");
    const none = await signIn(row, token, { meta: { ignore: "jwt" } });
    expect(none.status).toBe(200);
    expect(cookiesOf(none)).toEqual({});
    expect(none.headers.has("x-cookies")).toBe(false);
  });

  test("of somebody unknown opens nothing while nobody may sign up", async () => {
    const token = await tokenOf(someone(verified()));
    await refused(() => signIn(row, token));
  });

  test.each([[2], [4], [null]])("of a user of status %j opens nothing", async (status) => {
    const { person } = await aMember(row, { status });
    const token = await tokenOf(person);
    await refused(() => signIn(row, token));
  });

  test("of a user who is not active yet, or of another client, says so", async () => {
    const registered = await aMember(row, { status: 0 });
    const elsewhere = await aMember(row, { clients: ["demo-mobile"] });
    const [one, other] = [await tokenOf(registered.person), await tokenOf(elsewhere.person)];
    await refused(() => signIn(row, one), failed("AuthenticationException", "User not active yet"));
    await refused(() => signIn(row, other), failed("AuthenticationException", "Client Invalid"));
  });

  test("of a deleted user opens nothing, sign-up or not", async () => {
    const { user, person } = await aMember(row);
    await worker.db.prepare("update users set deleted = 1 where id = ?").bind(user.id).run();
    const token = await tokenOf(person);
    await refused(() => signIn(row, token));
  });

  test("is another provider's no more than another app's", async () => {
    const token = await tokenOf((await aMember(row)).person);
    for (const other of [GOOGLE, FACEBOOK, APPLE, KEYCLOAK_ROW].filter((other) => other !== row)) {
      await refused(() => signIn(other, token));
    }
  });

  test("signs nobody in for a page of another site", async () => {
    const token = await tokenOf((await aMember(row)).person);
    const forbidden = failed("Forbidden", "Cross-site requests are not permitted");
    for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }] as Record<
      string,
      string
    >[]) {
      await refused(() => our.post(`/auth/${row.name}`, `accessToken=${token}`, { ...FORM, ...headers }), forbidden, 403);
      await refused(() => signIn(row, token, {}, { "content-type": "text/plain", ...headers }), forbidden, 403);
    }
    expect(outside.sent).toEqual([]);
  });

  test("in a GET is refused, and nobody is asked about it", async () => {
    const token = await tokenOf((await aMember(row)).person);
    for (const path of ["/auth", "/api/Authenticate", "/json/reply/Authenticate"]) {
      const answer = await our.send("GET", `${path}?provider=${row.name}&accessToken=${token}`);
      expect(answer.status).toBe(405);
      expect(answer.body.responseStatus.errorCode).toBe("NotSupportedException");
      expect(cookiesOf(answer)).toEqual({});
    }
    expect(outside.sent).toEqual([]);
  });

  test("is in neither log nor storage, whatever becomes of it", async () => {
    const good = await tokenOf((await aMember(row)).person);
    const bad = await tokenOf(someone());
    expect((await signIn(row, good)).status).toBe(200);
    expect((await signIn(row, bad)).status).toBe(401);
    expect((await our.post(`/auth/${row.name}?accessToken=${bad}`, "")).status).toBe(401);
    const stored = JSON.stringify(await worker.rows()) + JSON.stringify(await worker.kv.list());
    const printed = await worker.printed();
    for (const token of [good, bad]) {
      // Of a JWT, not its signature either.
      for (const secret of [token, token.split(".").at(-1)!]) {
        expect(stored).not.toContain(secret);
        expect(printed).not.toContain(secret);
      }
    }
    expect(printed).toContain(`signing in with ${row.name}: the identity is unknown`);
  });

  test("that signs nobody in is told of in each format", async () => {
    const token = await tokenOf(someone());
    const answer = async (path: string) => {
      const { status, text, headers } = await our.post(path, { provider: row.name, accessToken: token });
      expect(status, path).toBe(401);
      return [headers.get("content-type"), text];
    };
    expect(await answer(`/auth/${row.name}.json`)).toEqual(["application/json; charset=utf-8", JSON.stringify(REFUSED)]);
    expect(await answer(`/auth/${row.name}.jsv`)).toEqual([
      "text/jsv",
      "{responseStatus:{errorCode:Unauthorized,message:AccessToken is Invalid,errors:[]}}",
    ]);
    const [type, xml] = await answer("/api/Authenticate?format=xml");
    expect(type).toBe("application/xml");
    expect(xml).toMatch(
      /<AuthenticateResponse .*<ResponseStatus><ErrorCode>Unauthorized<\/ErrorCode><Message>AccessToken is Invalid<\/Message>/,
    );
    expect(await answer("/auth?format=csv")).toEqual(["text/csv", "ErrorCode,Message\r\nUnauthorized,AccessToken is Invalid\r\n"]);
  });
});

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

  test("whose profile is somebody else's, or none, is refused", async () => {
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

  test("and whose session is over there is proven by nothing", async () => {
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

test("a provider that does not answer, or not to the end, is waited for ten seconds", { timeout: 60_000 }, async () => {
  const never = () => new Promise<Response>((resolve) => setTimeout(resolve, 15_000, json({})).unref());
  const endless = () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{"aud":')) }));
  outside.replace(GOOGLE.check!, never);
  outside.replace(FACEBOOK.check!, endless);
  outside.replace(KEYCLOAK_ROW.check!, never);
  const waited = ACCESS_TOKEN_ROWS.map(async (row) => {
    const token = outside.issue(row, (await aMember(row)).person);
    const start = Date.now();
    expect((await signIn(row, token)).body).toEqual(REFUSED);
    return Date.now() - start;
  });
  for (const milliseconds of await Promise.all(waited)) {
    expect(milliseconds).toBeGreaterThan(9_000);
    expect(milliseconds).toBeLessThan(20_000);
  }
});

test.each<[string, (row: Row) => Response]>([
  ["fails", () => new Response("", { status: 500 })],
  ["is another issuer's", (row) => json({ ...metadata(row), issuer: "https://evil.example" })],
])("while Keycloak's discovery %s its callers are told to come back", async (_, answer) => {
  await forget();
  const { person } = await aMember(KEYCLOAK_ROW);
  outside.replace(KEYCLOAK_ROW.discovery!, () => answer(KEYCLOAK_ROW));
  for (const token of [outside.issue(KEYCLOAK_ROW, person), await outside.idToken(KEYCLOAK_ROW, person)]) {
    const refusal = await signIn(KEYCLOAK_ROW, token);
    expect(refusal.status).toBe(503);
    expect(refusal.body).toEqual(failed("ServiceUnavailable", "Service Unavailable"));
    expect(refusal.headers.get("retry-after")).toBe("5");
    expect(cookiesOf(refusal)).toEqual({});
  }
});

test("a realm without introspection answers for no access token", async () => {
  await forget();
  const { person } = await aMember(KEYCLOAK_ROW);
  outside.replace(KEYCLOAK_ROW.discovery!, () => json({ ...metadata(KEYCLOAK_ROW), introspection_endpoint: undefined }));
  await refused(() => signIn(KEYCLOAK_ROW, outside.issue(KEYCLOAK_ROW, person)));
  await forget();
});

describe("who is no provider here", () => {
  test.each(["instagram", "Instagram", "github", "twitter", "microsoftgraph", "apikey", "identity", "x<y>"])("%s is 404", async (name) => {
    const message = `No configuration was added for OAuth provider '${name.replace(/[<>]/g, "")}'`;
    const answer = await our.post("/api/Authenticate", { provider: name, accessToken: outside.issue(INSTAGRAM, someone()) });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(failed("NotFound", message));
    expect((await our.post(`/auth/${encodeURIComponent(name)}`, { accessToken: "t" })).status).toBe(404);
    expect(outside.sent).toEqual([]);
  });

  test("a provider without a token is told which field is empty", async () => {
    for (const accessToken of [undefined, "", null]) {
      const answer = await our.post("/api/Authenticate", { provider: "google", accessToken });
      expect(answer.status).toBe(400);
      const message = "'Access Token' must not be empty.";
      expect(answer.body).toEqual(failed("ValidationException", message, [{ errorCode: "NotEmpty", fieldName: "AccessToken", message }]));
    }
  });
});

describe("when people may sign up", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "google,facebook,apple,keycloak" }));

  test.each(KINDS)("an unknown person with %s gets an account once", async (kind, row, tokenOf) => {
    const person = someone({ ...verified(), sub: `a/b:${randomUUID()}` });
    // Only an id_token vouches for an address.
    const known = kind.startsWith("an id_token") && row !== FACEBOOK;
    const answer = await signIn(row, await tokenOf(person));
    expect(answer.status, answer.text + worker.log()).toBe(200);
    const username = known ? person.email : `${row.name}:${person.sub.replace("/", "%2F").replace(":", "%3A")}`;
    expect(answer.body).toMatchObject({
      userName: username,
      displayName: "Ann Lee",
      authProvider: row.name,
      roles: ["Member"],
      permissions: [],
    });
    expect((await arc.me(answer.body.bearerToken)).body.email ?? null).toBe(known ? person.email : null);
    const users = await count("users");
    expect((await signIn(row, await tokenOf(person))).body.userId).toBe(answer.body.userId);
    expect(await count("users")).toBe(users);
  });

  test.each(ID_TOKEN_ROWS)("an unverified address of $name is neither stored nor matched", async (row) => {
    const unsaid = row === FACEBOOK ? ["true", true] : [row === APPLE ? "false" : "true"];
    for (const email_verified of [false, 1, null, undefined, ...unsaid]) {
      const person = someone({ email: "demo@example.com", email_verified });
      const answer = await signIn(row, await outside.idToken(row, person));
      expect(answer.body.userName).toBe(`${row.name}:${person.sub}`);
      expect((await arc.me(answer.body.bearerToken)).body.email ?? null).toBeNull();
    }
  });

  test("an address that somebody has here gets no second account", async () => {
    const token = await outside.idToken(GOOGLE, someone(verified("DEMO@example.com")));
    await refused(() => signIn(GOOGLE, token));
  });

  test("ten tokens of one new person at once make one account", async () => {
    const person = someone(verified());
    const token = await outside.idToken(GOOGLE, person);
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(GOOGLE, token)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect((await worker.rows()).users!.filter(({ email }) => email === person.email)).toHaveLength(1);
  });

  test("a deleted user does not come back", async () => {
    const { user, person } = await aMember(GOOGLE);
    await worker.db.prepare("update users set deleted = 1 where id = ?").bind(user.id).run();
    const token = await outside.idToken(GOOGLE, person);
    await refused(() => signIn(GOOGLE, token));
  });

  test("another app's token, or another key's, makes nobody", async () => {
    const foreign = outside.issue(GOOGLE, someone(), { clientId: "another-app" });
    await refused(() => signIn(GOOGLE, foreign));
    outside.changeClaims((claims) => ({ ...claims, aud: "another-app" }));
    const token = await outside.idToken(GOOGLE, someone(verified()));
    await refused(() => signIn(GOOGLE, token));
  });

  test("nobody is made who could not come in, nor from a provider off the list", async () => {
    await worker.restart({ SIGN_UP_CLIENT_IDS: "demo-mobile" });
    const token = await outside.idToken(GOOGLE, someone(verified()));
    await refused(() => signIn(GOOGLE, token), failed("AuthenticationException", "Client Invalid"));
    await worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "apple" });
    await refused(() => signIn(GOOGLE, token));
  });
});

describe("when people may be linked", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "off", SOCIAL_LINKING: "verified-email" }));
  const local = async () => {
    const { email } = verified();
    return { email, user: await aUser(worker, { email }) };
  };

  test.each(VOUCHING_ROWS)("the same verified address of $name leads to the account that is there", async (row) => {
    const { email, user } = await local();
    const person = someone(verified(email.toUpperCase()));
    expect((await signIn(row, await outside.idToken(row, person))).body).toMatchObject({ userId: user.id, userName: user.username });
    await arc.signIn({ username: user.username, password: user.password });
    expect((await signIn(row, await outside.idToken(row, { sub: person.sub }))).body.userId, "known by its subject").toBe(user.id);
  });

  test("nobody is linked by an address that either side has not verified, nor by an access token", async () => {
    const { email, user } = await local();
    const unverified = await outside.idToken(GOOGLE, someone({ email, email_verified: false }));
    await refused(() => signIn(GOOGLE, unverified));
    for (const row of ACCESS_TOKEN_ROWS) {
      const token = outside.issue(row, someone(verified(email)));
      await refused(() => signIn(row, token));
    }
    const facebooks = await outside.idToken(FACEBOOK, someone(verified(email)));
    await refused(() => signIn(FACEBOOK, facebooks));
    await worker.db.prepare("update users set email_verified = 0 where id = ?").bind(user.id).run();
    const token = await outside.idToken(GOOGLE, someone(verified(email)));
    await refused(() => signIn(GOOGLE, token));
  });
});

describe("without a setting", () => {
  const notImplemented = failed("NotImplementedException", "Not Implemented");

  test.each([
    [GOOGLE, "GOOGLE_AUTH_CLIENT_ID"],
    [FACEBOOK, "FACEBOOK_AUTH_CLIENT_SECRET"],
    [APPLE, "APPLE_AUTH_PRIVATE_KEY"],
    [KEYCLOAK_ROW, "KEYCLOAK_HOST"],
  ])("of its own, $name answers 501, and the log names it", async (row, setting) => {
    await worker.restart({ [setting]: "" });
    for (const token of ["t", await outside.idToken(row, someone())]) {
      await refused(() => signIn(row, token), notImplemented, 501);
    }
    expect(await worker.printed()).toContain(`not configured: ${setting}`);
    expect((await signIn(row, "")).status, "shape comes first").toBe(400);
    expect(outside.sent).toEqual([]);
    await worker.restart(row.settings);
  });

  test.each([undefined, "nobody"])("of the client they sign in to (%s) nobody comes in", async (client) => {
    await worker.restart({ SERVICESTACK_CLIENT_ID: client });
    const { person } = await aMember(GOOGLE);
    await refused(() => signIn(GOOGLE, outside.issue(GOOGLE, person)), notImplemented, 501);
    expect(outside.sent, "no token leaves for nothing").toEqual([]);
    await worker.restart({ SERVICESTACK_CLIENT_ID: "demo-web" });
  });
});

test("a failed sign-in with a token leaves nobody signed in, and deletes no cookie", async () => {
  const answer = await our.who();
  expect(answer.body).toEqual(NOBODY);
  const { person } = await aMember(GOOGLE);
  const good = await signIn(GOOGLE, outside.issue(GOOGLE, person));
  const bad = await signIn(GOOGLE, "no-such-token", {}, cookieHeader(good));
  expect(cookiesOf(bad)).toEqual({});
  expect((await our.who(cookieHeader(good))).status).toBe(200);
});
