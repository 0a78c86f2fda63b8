// Authenticate: every way to write a sign-in, what is answered, and what is rejected.

import { randomUUID } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { ADMIN, DEMO } from "../../support/api";
import { FIELDS, useServiceStack } from "../../support/authenticate";
import { BASIC, FORM } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { ADMINISTRATOR, CREDENTIALS, WRONG, cookieHeader, cookiesOf, failed } from "../../support/servicestack";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const { worker, our, arc } = useServiceStack();

const JSON_TYPE = "application/json; charset=utf-8";
const JSV = `{provider:credentials,userName:demo,password:${DEMO.password}}`;
const XML = `<Authenticate xmlns="http://schemas.servicestack.net/types"><provider>credentials</provider><UserName>demo</UserName><Password>${DEMO.password}</Password></Authenticate>`;
const CSV = `provider,UserName,Password\r\ncredentials,demo,${DEMO.password}\r\n`;

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

test("the role of the membership is in every format, in the session, and in the token", async () => {
  expect(await rolesOf("demo", DEMO.password)).toEqual(["Member"]);
  expect(await rolesOf("admin", ADMIN.password)).toEqual(["Administrator", "Admin"]);
});

test("a role that an operator calls Admin is not ServiceStack's Admin: the permission is", async () => {
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
  test("a wrong password is one answer, for every account and for none", async () => {
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

  test("the reason of a rejection is shown only with the right password", async () => {
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

  test("a compressed body is decoded, and a rejection names the codings", async () => {
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

  test("credentials win over any stale token", async () => {
    const stale = { authorization: "Bearer a.b.c", cookie: "ss-tok=stale" };
    expect((await our.signIn({}, stale)).status).toBe(200);
    expect((await our.signIn({ password: "wrong" }, stale)).body).toEqual(WRONG);
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
