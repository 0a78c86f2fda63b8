// The ServiceStack surface: every way to write a call, what is answered, and what signs nobody in.

import { randomUUID } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { ADMIN, type Answer, DEMO } from "../../support/api";
import { BASIC, FORM, useWorker } from "../../support/fixtures";
import { jwt, decode } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { ADMINISTRATOR, CREDENTIALS, NOBODY, WRONG, cookieHeader, cookiesOf, failed } from "../../support/servicestack";

// Passwords are slow by design, slower still while something else is being built.
vi.setConfig({ testTimeout: 60_000 });

const { worker, their: our, our: arc } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web", OTP_CLIENT_IDS: "demo-web" } });

const JSON_TYPE = "application/json; charset=utf-8";
const JSV = `{provider:credentials,userName:demo,password:${DEMO.password}}`;
const XML = `<Authenticate xmlns="http://schemas.servicestack.net/types"><provider>credentials</provider><UserName>demo</UserName><Password>${DEMO.password}</Password></Authenticate>`;
const CSV = `provider,UserName,Password\r\ncredentials,demo,${DEMO.password}\r\n`;
const FIELDS = `userName=demo&password=${encodeURIComponent(DEMO.password)}`;

test("a sign-in answers with who it is and with both tokens, in two waits", async () => {
  const answer = await our.signIn();
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body)).toEqual([
    "userId",
    "sessionId",
    "userName",
    "displayName",
    "bearerToken",
    "refreshToken",
    "refreshTokenExpiry",
    "roles",
    "permissions",
  ]);
  expect(answer.body).toMatchObject({ userName: "demo", displayName: "Demo", roles: ["Member"], permissions: [] });
  expect(answer.body.sessionId).toBe(decode(answer.body.bearerToken).claims.sid);
  expect(answer.body.refreshTokenExpiry).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Date.parse(answer.body.refreshTokenExpiry)).toBeGreaterThan(Date.now());
  expect(answer.headers.get("content-type")).toBe(JSON_TYPE);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.waits).toBeLessThanOrEqual(2);
});

test("the name is echoed as it was typed, and an administrator is ServiceStack's Admin besides", async () => {
  const answer = await our.signIn({ ...ADMINISTRATOR, userName: " ADMIN@example.com " });
  expect(answer.body).toMatchObject({ userName: " ADMIN@example.com ", roles: ["Administrator", "Admin"], permissions: ["NotAllowed"] });
});

/** What `roles` says, in each format, at a sign-in and of the session. */
async function rolesOf(userName: string, password: string): Promise<string[]> {
  const dto = { provider: "credentials", userName, password };
  const { body } = await our.signIn(dto);
  expect((await our.bearer(body.bearerToken)).body.roles).toEqual(body.roles);
  const told = async (suffix: string) => (await our.post(`/auth/credentials.${suffix}`, dto)).text;
  expect(await told("jsv")).toContain(`roles:[${body.roles.join(",")}]`);
  const strings = body.roles.map((role: string) => `<d2p1:string>${role}</d2p1:string>`).join("");
  expect((await told("xml")).match(/<Roles[^>]*>(.*)<\/Roles>|<Roles[^>]*\/>/)?.[1] ?? "").toBe(strings);
  expect(await told("csv")).toContain(`[${body.roles.join(",")}]`);
  expect(decode(body.bearerToken).claims.roles).toEqual(body.roles);
  return body.roles;
}

test("the role of the membership is told in every format, of the session, and in the token", async () => {
  expect(await rolesOf("demo", DEMO.password)).toEqual(["Member"]);
  expect(await rolesOf("admin", ADMIN.password)).toEqual(["Administrator", "Admin"]);
});

test("a role that an operator calls Admin makes nobody ServiceStack's Admin: the permission does", async () => {
  const role = randomUUID();
  const now = Date.now();
  await worker.db
    .prepare(
      "insert into roles (id, name, permissions, role_type, created_on, modified_on) values (?, 'admin', '[\"ViewOwnUser\"]', 1, ?, ?)",
    )
    .bind(role, now, now)
    .run();
  const [user, administrator] = [await aUser(worker), await aUser(worker, { permissions: ["NotAllowed"] })];
  await worker.db
    .prepare("update user_tenants set role_id = ? where id in (?, ?)")
    .bind(role, user.membershipId, administrator.membershipId)
    .run();
  expect(await rolesOf(user.username, user.password)).toEqual([]);
  expect(await rolesOf(administrator.username, administrator.password)).toEqual(["Admin"]);
});

test("its tokens say what ServiceStack's services read, fresh ones too, and the other API's do not", async () => {
  const signedIn = await our.signIn(ADMINISTRATOR);
  const { accessToken } = (await our.refresh({ refreshToken: signedIn.body.refreshToken })).body;
  for (const token of [signedIn.body.bearerToken, accessToken]) {
    const { claims } = decode(token);
    expect(claims).toMatchObject({
      name: "Admin",
      preferred_username: "admin",
      given_name: "Admin",
      roles: ["Administrator", "Admin"],
      perms: ["NotAllowed"],
      username: "admin",
      permissions: ["NotAllowed"],
      email: "admin@example.com",
    });
    expect(claims).not.toHaveProperty("family_name");
    expect((await arc.me(token)).status).toBe(200);
  }
  const { claims } = decode((await arc.signIn()).accessToken);
  for (const name of ["name", "preferred_username", "given_name", "family_name", "roles", "perms"]) expect(claims).not.toHaveProperty(name);
});

describe("every way to write a sign-in", () => {
  test.each([
    ["/api/Authenticate", "application/json", JSON.stringify(CREDENTIALS), JSON_TYPE],
    ["/API/authenticate", "text/plain;charset=UTF-8", JSON.stringify(CREDENTIALS), JSON_TYPE],
    ["/json/reply/Authenticate", "application/json", JSON.stringify(CREDENTIALS), JSON_TYPE],
    ["/json/oneway/Authenticate", "application/json", JSON.stringify(CREDENTIALS), JSON_TYPE],
    ["/api/Authenticate.json", "application/json", JSON.stringify(CREDENTIALS), JSON_TYPE],
    ["/api/Authenticate?provider=credentials", FORM["content-type"], FIELDS, JSON_TYPE],
    ["/auth", "application/json", JSON.stringify({ userName: "demo", password: DEMO.password }), JSON_TYPE],
    ["/auth/credentials", "application/json", JSON.stringify({ UserName: "demo", PASSWORD: DEMO.password }), JSON_TYPE],
    ["/auth/Credentials", FORM["content-type"], FIELDS, JSON_TYPE],
    ["/auth/login.json", "text/jsv", JSV, undefined],
    ["/authenticate/credentials", "application/json", JSON.stringify(CREDENTIALS), JSON_TYPE],
    ["/jsv/reply/Authenticate", "application/jsv", JSV, "application/jsv"],
    ["/jsv/reply/Authenticate", "text/jsv", JSV, "text/jsv"],
    ["/auth/credentials.jsv", "application/json", JSON.stringify(CREDENTIALS), "text/jsv"],
    ["/auth/credentials?format=jsv", "application/json", JSON.stringify(CREDENTIALS), "text/jsv"],
    ["/xml/reply/Authenticate", "application/xml", XML, "application/xml"],
    ["/auth/credentials.xml", "text/jsv", JSV, "application/xml"],
    ["/csv/reply/Authenticate", "text/csv", CSV, "text/csv"],
    ["/auth/credentials.csv", FORM["content-type"], FIELDS, "text/csv"],
  ])("POST %s with %s", async (path, type, body, expected) => {
    const answer = await our.post(path, body, { "content-type": type });
    if (path.startsWith("/auth/login.")) {
      // Literal routes of the other API have no suffix, so this one is a provider's name.
      expect(answer.status).toBe(200);
      return;
    }
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("content-type")).toBe(expected);
    const token = cookiesOf(answer)["ss-tok"]!.value;
    expect(answer.text).toContain(token);
    expect((await our.bearer(token)).body.userName).toBe("demo");
  });

  test("a multipart form", async () => {
    const body = (["provider", "userName", "password"] as const)
      .map((name) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${CREDENTIALS[name]}\r\n`)
      .join("");
    const answer = await our.post("/api/Authenticate", `${body}--b--\r\n`, { "content-type": "multipart/form-data; boundary=b" });
    expect(answer.status, answer.text).toBe(200);
  });

  test("a batch answers with a list, and fails as a whole", async () => {
    const good = await our.post("/api/Authenticate[]", [CREDENTIALS, ADMINISTRATOR]);
    expect(good.body.map((one: { userName: string }) => one.userName)).toEqual(["demo", "admin"]);
    const encoded = await our.post("/json/reply/Authenticate%5B%5D", [CREDENTIALS]);
    expect(encoded.body).toHaveLength(1);
    const standing = await our.signIn();
    const before = await our.sessions();
    for (const first of [CREDENTIALS, { provider: "logout" }]) {
      for (const headers of [{}, cookieHeader(standing)]) {
        const bad = await our.post("/api/Authenticate[]", [first, { ...CREDENTIALS, password: "wrong" }], headers);
        expect(bad.status).toBe(401);
        expect(bad.body).toEqual(WRONG);
        expect(cookiesOf(bad)).toEqual({});
      }
    }
    expect(await our.sessions(), "none is opened").toBe(before);
    expect((await our.bearer(standing.body.bearerToken)).status, "and none ended").toBe(200);
  });

  test("a batch has its limits", async () => {
    const answer = await our.post("/api/Authenticate[]", Array(11).fill({ ...CREDENTIALS, password: "wrong" }));
    expect(answer.status).toBe(400);
    expect(answer.body.responseStatus.errorCode).toBe("ArgumentException");
  });
});

describe("negotiation on /auth", () => {
  test.each([
    [undefined, JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON_TYPE],
    ["application/xml", "application/xml"],
    ["text/xml;q=0.5, text/jsv", "text/jsv"],
    ["application/jsv", "application/jsv"],
    ["text/csv", "text/csv"],
    ["image/png", JSON_TYPE],
  ])("Accept: %s is answered with %s, failures too", async (accept, expected) => {
    const answer = await our.who(accept === undefined ? {} : { accept });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toBe(expected);
    expect(answer.headers.get("vary")).toContain("Accept");
    expect(answer.text).toContain("Not Authenticated");
  });
});

describe("failures", () => {
  test("a wrong password is one answer, whoever it is", async () => {
    const unadmitted = await aUser(worker, { status: 2 });
    const social = await aUser(worker, { storedPassword: null });
    for (const dto of [
      { password: "wrong" },
      { userName: "nobody" },
      { userName: unadmitted.username, password: unadmitted.password },
      { userName: social.username, password: social.password },
    ]) {
      const answer = await our.signIn(dto);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(WRONG);
      expect(answer.headers.get("www-authenticate")).toBe('credentials realm="/auth/credentials"');
      expect(cookiesOf(answer)).toEqual({});
    }
  });

  test("only somebody who knows the password is told more", async () => {
    const elsewhere = await aUser(worker, { clients: ["demo-mobile"] });
    const registered = await aUser(worker, { status: 0 });
    const refused = async (userName: string, password?: string) =>
      (await our.signIn({ userName, password: password ?? elsewhere.password })).body;
    expect(await refused(elsewhere.username)).toEqual(failed("AuthenticationException", "Client Invalid"));
    expect(await refused(registered.username)).toEqual(failed("AuthenticationException", "User not active yet"));
    expect(await refused(elsewhere.username, "wrong")).toEqual(WRONG);
  });

  test("empty members are named", async () => {
    const answer = await our.post("/auth/credentials", {});
    expect(answer.status).toBe(400);
    const empty = (fieldName: string, name: string) => ({ errorCode: "NotEmpty", fieldName, message: `'${name}' must not be empty.` });
    expect(answer.body).toEqual(
      failed("ValidationException", "'User Name' must not be empty.", [empty("UserName", "User Name"), empty("Password", "Password")]),
    );
  });

  test("each format says it in its own way", async () => {
    const wrong = { ...CREDENTIALS, password: "wrong" };
    const text = async (path: string) => (await our.post(path, wrong)).text;
    expect(await text("/auth/credentials.jsv")).toBe(
      "{responseStatus:{errorCode:Unauthorized,message:Invalid Username or Password,errors:[]}}",
    );
    expect(await text("/auth/credentials.xml")).toContain("<ErrorCode>Unauthorized</ErrorCode>");
    expect(await text("/auth/credentials.csv")).toBe("ErrorCode,Message\r\nUnauthorized,Invalid Username or Password\r\n");
  });

  test.each([
    ["POST", "/api/Authenticate", "{", 400, "SerializationException"],
    ["POST", "/auth/credentials?rememberMe=maybe", "{}", 400, "SerializationException"],
    ["POST", "/auth/github", "{}", 404, "NotFound"],
    ["POST", "/auth/instagram", '{"accessToken":"t"}', 404, "NotFound"],
    ["POST", "/api/Nothing", "{}", 404, "NotFound"],
    ["POST", "/session-to-token", "{}", 404, "NotFound"],
    ["GET", "/auth/github", undefined, 405, "NotSupportedException"],
    ["GET", "/auth?userName=demo", undefined, 405, "NotSupportedException"],
    ["GET", "/api/Authenticate?provider=credentials&userName=demo", undefined, 405, "NotSupportedException"],
    ["GET", "/auth/credentials?userName=demo&password=x", undefined, 405, "NotSupportedException"],
    ["PUT", "/auth", "{}", 405, "NotImplementedException"],
    ["GET", "/api/GetAccessToken", undefined, 405, "NotImplementedException"],
    ["POST", "/auth/basic", "{}", 401, "Unauthorized"],
    ["POST", "/api/Authenticate", '{"provider":"google","accessToken":"t"}', 501, "NotImplementedException"],
    ["POST", "/auth/facebook", '{"accessToken":"t"}', 501, "NotImplementedException"],
    ["POST", "/auth/credentials", `"${"x".repeat(65_535)}"`, 413, "RequestEntityTooLarge"],
  ])("%s %s %s", async (method, path, body, status, code) => {
    const answer = await our.send(method, path, { body, headers: { "content-type": "application/json" } });
    expect(answer.status, answer.text).toBe(status);
    expect(answer.body.responseStatus.errorCode).toBe(code);
    expect(answer.body.error).toBeUndefined();
    expect(answer.headers.has("allow")).toBe(status === 405);
  });

  test.each([
    ["GET", "/auth?userName=demo&password=x"],
    ["GET", "/api/Authenticate?provider=credentials&userName=demo&PASSWORD=x"],
    ["GET", "/auth/logout?password=x"],
    ["POST", "/auth?userName=demo&password=correct%20horse%20battery"],
    ["POST", "/auth/credentials?userName=demo&Password=correct%20horse%20battery"],
    ["POST", "/api/Authenticate?provider=credentials&userName=demo&password=correct%20horse%20battery"],
    ["POST", "/json/reply/Authenticate?oldPassword=x"],
    ["DELETE", "/api/Authenticate?password=x"],
  ])("a password in the URL is refused: %s %s", async (method, path) => {
    const before = await our.sessions();
    const body = method === "POST" ? CREDENTIALS : undefined;
    const answer = await our.send(method, path, { body });
    expect(answer.body).toEqual(failed("ArgumentException", "A password must NOT be in a URL"));
    expect([answer.status, cookiesOf(answer), answer.waits]).toEqual([400, {}, 0]);
    expect(await our.sessions()).toBe(before);
  });

  test.each([
    ["JSON", "application/json", '{"provider":"credentials","userName":"demo\\u0000","password":"x"}'],
    ["JSV", "text/jsv", "{provider:credentials,userName:demo\0,password:x}"],
    [
      "XML",
      "application/xml",
      "<Authenticate><provider>credentials</provider><userName>demo&#0;</userName><Password>x</Password></Authenticate>",
    ],
    ["CSV", "text/csv", "provider,userName,password\ncredentials,demo\0,x"],
    ["a form", FORM["content-type"], "provider=credentials&userName=demo%00&password=x"],
    [
      "a multipart form",
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="userName"\r\n\r\ndemo\0\r\n--b--',
    ],
  ])("U+0000 in %s is refused before anything is asked of storage", async (_, type, body) => {
    const answer = await our.post("/auth/credentials", body, { "content-type": type, accept: "application/json" });
    const message = "'userName' must NOT contain U+0000";
    expect(answer.body).toEqual(failed("ArgumentException", message, [{ errorCode: "ArgumentException", fieldName: "userName", message }]));
    expect([answer.status, answer.waits]).toEqual([400, 0]);
  });

  test("U+0000 in path, query or header is refused before anything is asked of storage", async () => {
    const encoded = Buffer.from("demo\0:x").toString("base64");
    for (const [what, answer] of [
      ["The path", await our.post("/auth/credentials%00", CREDENTIALS)],
      ["The query", await our.post("/auth/credentials?userName=demo%00", CREDENTIALS)],
      ["The query", await our.send("GET", "/auth?a%00=b")],
      ["The header Authorization", await our.post("/auth/basic", "", { authorization: `Basic ${encoded}` })],
    ] as const) {
      expect(answer.body, what).toEqual(failed("ArgumentException", `${what} must NOT contain U+0000`));
      expect([answer.status, answer.waits]).toEqual([400, 0]);
    }
  });

  test("a compressed body is what it was before, and other codings are told", async () => {
    const coded = (body: Uint8Array, coding: string) =>
      our.post("/auth/credentials", body, { "content-type": "application/json", "content-encoding": coding });
    expect((await coded(gzipSync(JSON.stringify(CREDENTIALS)), "gzip")).status).toBe(200);
    expect((await coded(deflateSync(JSON.stringify(CREDENTIALS)), "deflate")).status).toBe(200);
    expect((await coded(gzipSync(" ".repeat(50_000_000)), "gzip")).status).toBe(413);
    expect((await coded(Buffer.from("nonsense"), "gzip")).body.responseStatus.errorCode).toBe("SerializationException");
    const refused = await coded(Buffer.from("x"), "br");
    expect(refused.body.responseStatus.errorCode).toBe("UnsupportedMediaType");
    expect([refused.status, refused.headers.get("accept-encoding")]).toEqual([415, "gzip, deflate"]);
  });
});

describe("who is signed in", () => {
  test("an access token of one API is good at the other", async () => {
    const pair = await arc.signIn();
    const there = await our.bearer(pair.accessToken);
    expect(there.status).toBe(200);
    expect(there.body).toMatchObject({ userName: "demo", authProvider: "credentials" });
    expect(there.body.bearerToken).toBeUndefined();
    expect(there.waits).toBe(1);
    const { body } = await our.signIn();
    const me = await arc.me(body.bearerToken);
    expect(me.status).toBe(200);
    expect(me.body.id).toBe(there.body.userId);
  });

  test("nobody is 401, with a challenge that opens no window", async () => {
    for (const headers of [{}, { authorization: "Bearer nonsense" }, { cookie: "ss-tok=; ss-reftok=" }]) {
      const answer = await our.who(headers);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(NOBODY);
      expect(answer.headers.get("www-authenticate")).toMatch(/^credentials /);
      expect(cookiesOf(answer)).toEqual({});
    }
    expect((await our.send("HEAD", "/auth")).status).toBe(401);
  });

  test("cookies tell it too, and a refresh token alone brings a fresh access token", async () => {
    const signedIn = await our.signIn();
    expect((await our.who(cookieHeader(signedIn))).body.userName).toBe("demo");
    const refresh = cookiesOf(signedIn)["ss-reftok"]!.value;
    const answer = await our.who({ cookie: `ss-tok=stale; ss-reftok=${refresh}; =x; y` });
    expect(answer.status).toBe(200);
    expect(Object.keys(cookiesOf(answer))).toEqual(["ss-tok"]);
    expect((await our.bearer(cookiesOf(answer)["ss-tok"]!.value)).status).toBe(200);
  });

  test("cookies that sign nobody in are deleted", async () => {
    const answer = await our.who({ cookie: "ss-tok=a.b.c; ss-reftok=x.0.y" });
    expect(answer.status).toBe(401);
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies)).toEqual(["ss-tok", "ss-reftok"]);
    expect(cookies["ss-tok"]).toMatchObject({ value: "", attributes: expect.arrayContaining(["Max-Age=0"]) });
  });

  test("a token is verified by the provider jwt", async () => {
    const { body } = await our.signIn();
    const verify = (password: string) => our.post("/auth/jwt", { password });
    expect((await verify(body.bearerToken)).body.userId).toBe(body.userId);
    expect((await our.post("/auth/jwt", {}, { authorization: `Bearer ${body.bearerToken}` })).status).toBe(200);
    const foreign = await verify(jwt({ alg: "HS256" }, { sub: "x" }, "secret"));
    expect(foreign.status).toBe(403);
    expect(foreign.body).toEqual(failed("Forbidden", "Token is invalid"));
    await our.post("/auth/logout", {}, { authorization: `Bearer ${body.bearerToken}` });
    const revoked = await verify(body.bearerToken);
    expect(revoked.status).toBe(401);
    expect(revoked.body).toEqual(failed("TokenException", "Token has been invalidated"));
    expect(revoked.headers.get("www-authenticate")).toBe('Bearer realm="/auth/jwt"');
  });
});

describe("HTTP Basic", () => {
  const basic = (password = DEMO.password) => ({ authorization: `Basic ${Buffer.from(`demo:${password}`).toString("base64")}` });

  test("signs in wherever an Authenticate asks for nothing else", async () => {
    for (const answer of [
      await our.post("/auth/basic", "", basic()),
      await our.post("/api/Authenticate", {}, basic()),
      await our.send("GET", "/auth", { headers: basic() }),
    ]) {
      expect(answer.status).toBe(200);
      expect(cookiesOf(answer)["ss-tok"]).toBeDefined();
    }
    const wrong = await our.post("/auth/basic", "", basic("wrong"));
    expect(wrong.body).toEqual(WRONG);
    expect(wrong.headers.get("www-authenticate")).toBe('Basic realm="/auth/basic"');
  });

  test("opens no session on any other request", async () => {
    const before = await our.sessions();
    expect((await our.refresh({}, basic())).status).toBe(400);
    expect((await our.post("/auth/logout", "", basic())).status).toBe(200);
    expect((await our.send("GET", "/auth/me", { headers: basic() })).status).toBe(401);
    expect(await our.sessions()).toBe(before);
  });

  test("credentials beat whatever stale token comes with them", async () => {
    const stale = { authorization: "Bearer a.b.c", cookie: "ss-tok=stale" };
    expect((await our.signIn({}, stale)).status).toBe(200);
    expect((await our.signIn({ password: "wrong" }, stale)).body).toEqual(WRONG);
  });
});

describe("token cookies", () => {
  test("are for this site and no script, and last unless the caller wants to be forgotten", async () => {
    const answer = await our.signIn({ rememberMe: true });
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies)).toEqual(["ss-opt", "ss-tok", "ss-reftok"]);
    expect(cookies["ss-opt"]!.value).toBe("perm");
    expect(cookies["ss-tok"]!.attributes).toEqual(["Max-Age=900", "Path=/", "HttpOnly", "SameSite=Lax"]);
    expect(cookies["ss-reftok"]!.attributes).toEqual(["Max-Age=2592000", "Path=/", "HttpOnly", "SameSite=Lax"]);
    expect(answer.headers.get("x-cookies")).toBe("ss-tok,ss-reftok");
    const forgotten = await our.signIn({ rememberMe: false });
    expect(cookiesOf(forgotten)["ss-opt"]!.value).toBe("temp");
    expect(cookiesOf(forgotten)["ss-reftok"]!.attributes).toEqual(["Path=/", "HttpOnly", "SameSite=Lax"]);
    const again = await our.refresh({}, cookieHeader(forgotten));
    expect(cookiesOf(again)["ss-tok"]!.attributes).toEqual(["Path=/", "HttpOnly", "SameSite=Lax"]);
  });

  test("can be all there is, or not be there", async () => {
    const only = await our.signIn({ useTokenCookie: true });
    expect(only.body).not.toHaveProperty("bearerToken");
    expect(only.body).not.toHaveProperty("refreshToken");
    expect(Object.keys(cookiesOf(only))).toEqual(["ss-tok", "ss-reftok"]);
    const none = await our.signIn({ meta: { ignore: "jwt" } });
    expect(none.body).not.toHaveProperty("bearerToken");
    expect(cookiesOf(none)).toEqual({});
    expect(none.headers.has("x-cookies")).toBe(false);
  });
});

describe("GetAccessToken", () => {
  test("takes the same refresh token again and again", async () => {
    const { body } = await our.signIn();
    for (let i = 0; i < 3; i++) {
      const answer = await our.refresh({ refreshToken: body.refreshToken }, { authorization: "Bearer stale" });
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.body)).toEqual(["accessToken"]);
      expect(answer.waits).toBeLessThanOrEqual(2);
      expect((await our.bearer(answer.body.accessToken)).body.sessionId).toBe(body.sessionId);
    }
    const many = await Promise.all(Array.from({ length: 20 }, () => our.refresh({ refreshToken: body.refreshToken })));
    expect(many.every((answer) => answer.status === 200)).toBe(true);
    for (const path of ["/access-token", "/json/reply/GetAccessToken", "/api/getaccesstoken"]) {
      expect((await our.post(path, { refreshToken: body.refreshToken })).body.accessToken, path).toBeTypeOf("string");
    }
  });

  test("from a cookie answers with a cookie", async () => {
    const signedIn = await our.signIn();
    const answer = await our.refresh({ useTokenCookie: true }, cookieHeader(signedIn));
    expect(answer.text).toBe("{}");
    expect(Object.keys(cookiesOf(answer))).toEqual(["ss-tok"]);
    expect(answer.headers.get("x-cookies")).toBe("ss-tok,ss-reftok");
  });

  test("refuses what is missing, malformed or foreign", async () => {
    const missing = await our.refresh({});
    expect(missing.status).toBe(400);
    expect(missing.body.responseStatus.errorCode).toBe("ArgumentNullException");
    expect((await our.refresh({ useTokenCookie: true }, { cookie: "ss-tok=; ss-reftok=" })).status).toBe(400);
    const refused = async (refreshToken: string) => {
      const answer = await our.refresh({ refreshToken });
      expect(answer.status).toBe(400);
      return answer.body.responseStatus;
    };
    expect(await refused("Invalid.Refresh.Token")).toMatchObject({ errorCode: "ArgumentException", message: "Illegal base64url string!" });
    expect(await refused("abcd.efgh.ijkl")).toMatchObject({ errorCode: "ArgumentException", message: "Token is invalid" });
    const { body } = await our.signIn();
    expect((await refused(body.refreshToken.replace(".0.", ".1."))).errorCode).toBe("ArgumentException");
  });

  test("a refresh token is good at its own API alone", async () => {
    const pair = await arc.signIn();
    expect((await our.refresh({ refreshToken: pair.refreshToken })).status).toBe(400);
    const { body } = await our.signIn();
    const there = await arc.refresh({ accessToken: body.bearerToken, refreshToken: body.refreshToken, expires: 0 });
    expect(there.status).toBe(401);
    expect(there.body.error).toBeDefined();
    expect((await arc.refresh(pair)).status).toBe(200);
    expect((await our.refresh({ refreshToken: body.refreshToken })).status).toBe(200);
  });

  test("moves the idle end, and neither end can be outlived", async () => {
    const expired = failed("TokenException", "Token has expired");
    const signedIn = await our.signIn();
    const { body } = signedIn;
    const set = (sql: string, value: number) =>
      worker.db.prepare(`update sessions set ${sql} = ? where id = ?`).bind(value, body.sessionId).run();
    const refresh = () => our.refresh({ refreshToken: body.refreshToken });
    const lastUsed = () => worker.db.prepare("select last_used_on as t from sessions where id = ?").bind(body.sessionId).first<number>("t");
    await set("last_used_on", Date.now() - 60_000);
    const before = Date.now();
    expect((await refresh()).status).toBe(200);
    expect(await lastUsed()).toBeGreaterThanOrEqual(before);
    await set("last_used_on", Date.now() - 31_536_000_000);
    const idle = await refresh();
    expect(idle.status, "not 401, at which the Java client asks again without end").toBe(403);
    expect(idle.headers.has("www-authenticate")).toBe(false);
    expect(idle.body).toEqual(expired);
    await set("last_used_on", Date.now());
    await set("expires_on", Date.now() - 1);
    expect((await refresh()).body).toEqual(expired);
    expect((await our.refresh({}, cookieHeader(signedIn))).status).toBe(403);
    await worker.db.prepare("delete from sessions where id = ?").bind(body.sessionId).run();
    const unknown = await refresh();
    expect([unknown.status, unknown.body]).toEqual([403, expired]);
  });

  test("asks whether the person may still come in", async () => {
    const user = await aUser(worker);
    const { body } = await our.signIn({ userName: user.username, password: user.password });
    await worker.db.prepare("delete from user_clients where user_id = ?").bind(user.id).run();
    expect((await our.refresh({ refreshToken: body.refreshToken })).status).toBe(403);
    expect((await our.bearer(body.bearerToken)).status).toBe(401);
    expect((await arc.me(body.bearerToken)).status).toBe(401);
  });

  test("a session that was opened with a device refuses another", async () => {
    const { body } = await our.signIn({}, { device_id: "mine" });
    const refresh = (headers?: Record<string, string>) => our.refresh({ refreshToken: body.refreshToken }, headers);
    expect((await refresh()).status).toBe(403);
    expect((await refresh({ device_id: "other" })).status).toBe(403);
    expect((await refresh({ device_id: "mine" })).status).toBe(200);
  });
});

/** Cookies as a JVM's jar sends them: quoted, with attributes of RFC 2965 between them. */
const jvm = (answer: Answer) => ({
  cookie: Object.entries(cookiesOf(answer)).reduce((line, [name, { value }]) => `${line}; ${name}="${value}";$Path="/"`, '$Version="1"'),
});

describe("the cookies of a JVM, in quotes,", () => {
  test("sign in, refresh and sign out as any other, and the session is over then", async () => {
    const signedIn = await our.signIn({ rememberMe: false });
    const headers = jvm(signedIn);
    expect(headers.cookie).toContain('ss-tok="ey');
    expect((await our.who(headers)).body).toMatchObject({ userName: "demo", sessionId: signedIn.body.sessionId });
    const fresh = await our.refresh({}, headers);
    expect(fresh.status, fresh.text).toBe(200);
    expect(cookiesOf(fresh)["ss-tok"]!.attributes, "ss-opt is read too").not.toContain("Max-Age=900");
    const out = await our.post("/auth/logout", "", headers);
    expect(out.status).toBe(200);
    for (const token of [signedIn.body.bearerToken, cookiesOf(fresh)["ss-tok"]!.value]) expect((await our.bearer(token)).status).toBe(401);
    expect((await our.refresh({}, headers)).status).toBe(403);
    expect((await our.who(headers)).body).toEqual(NOBODY);
  });

  test("end the session they replace", async () => {
    const first = await our.signIn();
    await our.signIn({}, jvm(first));
    expect((await our.bearer(first.body.bearerToken)).status).toBe(401);
  });
});

describe("signing out", () => {
  test.each([
    ["POST", "/auth/logout", undefined],
    ["GET", "/auth/logout", undefined],
    ["POST", "/api/AuthenticateLogout", "{}"],
    ["POST", "/api/Authenticate", '{"provider":"logout"}'],
  ])("%s %s ends the session and deletes the cookies", async (method, path, body) => {
    const signedIn = await our.signIn();
    const answer = await our.send(method, path, { body, headers: cookieHeader(signedIn) });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("{}");
    expect(Object.keys(cookiesOf(answer))).toEqual(["ss-id", "ss-pid", "X-UAId", "ss-tok", "ss-reftok"]);
    expect((await our.bearer(signedIn.body.bearerToken)).status).toBe(401);
    const dead = await our.refresh({ refreshToken: signedIn.body.refreshToken });
    expect([dead.status, dead.body]).toEqual([403, failed("TokenException", "Token has expired")]);
    expect((await arc.me(signedIn.body.bearerToken)).status).toBe(401);
  });

  test("works for nobody, and for a bearer of the other API", async () => {
    expect((await our.post("/auth/logout", "")).text).toBe("{}");
    const pair = await arc.signIn();
    await our.post("/auth/logout", "", { authorization: `Bearer ${pair.accessToken}` });
    expect((await arc.me(pair.accessToken)).status).toBe(401);
    expect((await arc.refresh(pair)).status).toBe(401);
  });

  test("the other API's sign-out of a person's password ends these sessions too", async () => {
    const user = await aUser(worker);
    const { body } = await our.signIn({ userName: user.username, password: user.password });
    const pair = await arc.signIn({ username: user.username, password: user.password });
    const change = { refreshToken: pair.refreshToken, username: user.username, password: "another password", oldPassword: user.password };
    expect((await arc.changePassword(pair.accessToken, change)).status).toBe(200);
    expect((await our.refresh({ refreshToken: body.refreshToken })).status).toBe(403);
  });

  test("a new sign-in takes the place of the session whose refresh token it presents", async () => {
    const first = await our.signIn();
    const wrong = await our.signIn({ password: "wrong" }, cookieHeader(first));
    expect(wrong.status).toBe(401);
    expect((await our.bearer(first.body.bearerToken)).status, "a failed one ends nothing").toBe(200);
    const second = await our.signIn({}, cookieHeader(first));
    expect(second.body.sessionId).not.toBe(first.body.sessionId);
    expect((await our.bearer(first.body.bearerToken)).status).toBe(401);
    expect((await our.bearer(second.body.bearerToken)).status).toBe(200);
  });
});

describe("requests that browsers send for other sites", () => {
  const attempts: [string, Record<string, string>][] = [
    ["a form of another origin", { origin: "https://evil.example" }],
    ["a form of nowhere", { origin: "null" }],
    ["a form without an origin", { "sec-fetch-site": "cross-site" }],
  ];

  test.each(attempts)("%s signs nobody in", async (_, headers) => {
    const before = await our.sessions();
    for (const [path, type, body] of [
      ["/auth/credentials", FORM["content-type"], FIELDS],
      ["/api/Authenticate", "text/plain", JSON.stringify(CREDENTIALS)],
      ["/json/reply/Authenticate[]", "text/plain", JSON.stringify([CREDENTIALS])],
      ["/auth/logout", FORM["content-type"], ""],
      ["/auth/credentials?continue=/", FORM["content-type"], FIELDS],
    ] as const) {
      const answer = await our.post(path, body, { "content-type": type, accept: "text/html", ...headers });
      expect(answer.status, path).toBe(403);
      expect(answer.body?.responseStatus.errorCode ?? answer.text).toContain("Forbidden");
      expect(cookiesOf(answer)).toEqual({});
    }
    expect(await our.sessions()).toBe(before);
  });

  test("a link with HTTP Basic in it signs nobody in", async () => {
    const before = await our.sessions();
    const headers = { authorization: `Basic ${btoa(`demo:${DEMO.password}`)}`, "sec-fetch-site": "cross-site" };
    expect((await our.who(headers)).status).toBe(403);
    expect(await our.sessions()).toBe(before);
  });

  test("our own pages and allowed ones are let in, with the grant they need", async () => {
    const own = await our.signIn({}, { origin: "http://127.0.0.1:8787", "sec-fetch-site": "same-origin" });
    expect(own.status).toBe(200);
    const headers = { origin: "http://localhost:5173", "sec-fetch-site": "cross-site" };
    for (const answer of [await our.signIn({}, headers), await our.signIn({ password: "wrong" }, headers)]) {
      expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
      expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
      expect(answer.headers.get("access-control-expose-headers")).toContain("X-Cookies");
      expect(answer.headers.get("vary")).toContain("Origin");
    }
    const preflight = await our.send("OPTIONS", "/api/Authenticate", {
      headers: { ...headers, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");
  });
});

describe("return URLs", () => {
  const html = { ...FORM, accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  test("that lead elsewhere are refused before anything is done", async () => {
    const before = await our.sessions();
    for (const url of [
      "https://evil.example/",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
      "http://127.0.0.1:8787.evil.example/",
    ]) {
      const answer = await our.post(`/auth/credentials?continue=${encodeURIComponent(url)}`, FIELDS, html);
      expect(answer.status, url).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
      expect(answer.body ?? answer.text).toMatchObject({
        responseStatus: {
          errorCode: "ArgumentException",
          message: "External Redirects are not permitted",
          errors: [{ fieldName: "continue" }],
        },
      });
    }
    expect(await our.sessions()).toBe(before);
  });

  test("of our own are told to programs", async () => {
    const answer = await our.post("/auth/credentials?continue=/home?x=1", FIELDS, FORM);
    expect(answer.status).toBe(200);
    expect(answer.body.referrerUrl).toBe("/home?x=1");
  });

  test("send a page's form on, and back with what went wrong", async () => {
    const good = await our.post("/auth/credentials", `${FIELDS}&continue=http://localhost:5173/home`, html);
    expect(good.status).toBe(302);
    expect(good.headers.get("location")).toBe("http://localhost:5173/home");
    expect(Object.keys(cookiesOf(good))).toEqual(["ss-tok", "ss-reftok"]);
    const bad = await our.post("/auth/credentials?redirect=/in", "userName=demo&password=x", html);
    expect(bad.status).toBe(302);
    expect(bad.headers.get("location")).toBe("/in#f=Invalid%20Username%20or%20Password");
    expect((await our.post("/auth/credentials?redirect=/in&noredirect=1", "userName=demo&password=x", html)).status).toBe(401);
    const referer = { ...html, referer: "http://127.0.0.1:8787/login" };
    const back = await our.post("/auth/credentials", "userName=demo&password=x", referer);
    expect(back.headers.get("location")).toBe("http://127.0.0.1:8787/login#f=Invalid%20Username%20or%20Password");
    const out = await our.send("GET", "/auth/logout?continue=/bye", { headers: { accept: "text/html" } });
    expect([out.status, out.headers.get("location")]).toEqual([302, "/bye"]);
  });
});

test("a one-time password signs in once, through either API", async () => {
  const user = await aUser(worker);
  const otp = { username: user.username, otp: "493027" };
  expect((await our.post("/otp-caches", otp, BASIC)).status).toBe(200);
  const sign = { userName: user.username, password: otp.otp };
  expect((await our.signIn({ ...sign, password: "000000" })).status).toBe(401);
  expect((await our.signIn(sign)).status).toBe(200);
  expect((await our.signIn(sign)).status).toBe(401);
  expect((await arc.loginToken({ username: user.username, password: otp.otp })).status).toBe(401);
});
