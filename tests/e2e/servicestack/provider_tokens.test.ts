// ServiceStack's callers who bring a token that a provider issued: what it opens, and what is refused at once.

import { Response } from "miniflare";
import { describe, expect, test } from "vitest";
import { FORM } from "../../support/fixtures";
import { APPLE, FACEBOOK, GOOGLE, INSTAGRAM, KEYCLOAK_ROW, type Row, json, metadata } from "../../support/identity_provider";
import { decode } from "../../support/jwt";
import { REFUSED, someone, verified, ACCESS_TOKEN_ROWS, useProviderTokens } from "../../support/provider_tokens";
import { NOBODY, cookieHeader, cookiesOf, failed } from "../../support/servicestack";

const { outside, worker, our, arc, forget, aMember, signIn, refused, KINDS } = await useProviderTokens();

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

  test("opens a session like any other: at both APIs, refreshed, shown, replaced and ended", async () => {
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

  test("of an unknown identity is rejected while signing up is closed", async () => {
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

  test("is refused for a page of another site", async () => {
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

  test("in a GET is refused, and the provider is not asked", async () => {
    const token = await tokenOf((await aMember(row)).person);
    for (const path of ["/auth", "/api/Authenticate", "/json/reply/Authenticate"]) {
      const answer = await our.send("GET", `${path}?provider=${row.name}&accessToken=${token}`);
      expect(answer.status).toBe(405);
      expect(answer.body.responseStatus.errorCode).toBe("NotSupportedException");
      expect(cookiesOf(answer)).toEqual({});
    }
    expect(outside.sent).toEqual([]);
  });

  test("is in neither log nor storage, for any outcome", async () => {
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

  test("that is rejected gets the failure in each format", async () => {
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
])("while Keycloak's discovery %s its callers get 503 with Retry-After", async (_, answer) => {
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

  test("a provider without a token is rejected by the name of the empty field", async () => {
    for (const accessToken of [undefined, "", null]) {
      const answer = await our.post("/api/Authenticate", { provider: "google", accessToken });
      expect(answer.status).toBe(400);
      const message = "'Access Token' must not be empty.";
      expect(answer.body).toEqual(failed("ValidationException", message, [{ errorCode: "NotEmpty", fieldName: "AccessToken", message }]));
    }
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

test("a failed sign-in with a token opens no session, and deletes no cookie", async () => {
  const answer = await our.who();
  expect(answer.body).toEqual(NOBODY);
  const { person } = await aMember(GOOGLE);
  const good = await signIn(GOOGLE, outside.issue(GOOGLE, person));
  const bad = await signIn(GOOGLE, "no-such-token", {}, cookieHeader(good));
  expect(cookiesOf(bad)).toEqual({});
  expect((await our.who(cookieHeader(good))).status).toBe(200);
});
