// ServiceStack's sessions: who is signed in, token cookies, GetAccessToken, and signing out.

import { describe, expect, test, vi } from "vitest";
import { type Answer } from "../../support/api";
import { useServiceStack } from "../../support/authenticate";
import { jwt } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { NOBODY, cookieHeader, cookiesOf, failed } from "../../support/servicestack";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const { worker, our, arc } = useServiceStack();

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

  test("without a session the answer is 401, with a challenge that opens no window", async () => {
    for (const headers of [{}, { authorization: "Bearer nonsense" }, { cookie: "ss-tok=; ss-reftok=" }]) {
      const answer = await our.who(headers);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(NOBODY);
      expect(answer.headers.get("www-authenticate")).toMatch(/^credentials /);
      expect(cookiesOf(answer)).toEqual({});
    }
    expect((await our.send("HEAD", "/auth")).status).toBe(401);
  });

  test("cookies show it too, and a refresh token alone brings a fresh access token", async () => {
    const signedIn = await our.signIn();
    expect((await our.who(cookieHeader(signedIn))).body.userName).toBe("demo");
    const refresh = cookiesOf(signedIn)["ss-reftok"]!.value;
    const answer = await our.who({ cookie: `ss-tok=stale; ss-reftok=${refresh}; =x; y` });
    expect(answer.status).toBe(200);
    expect(Object.keys(cookiesOf(answer))).toEqual(["ss-tok"]);
    expect((await our.bearer(cookiesOf(answer)["ss-tok"]!.value)).status).toBe(200);
  });

  test("cookies without a live session are deleted", async () => {
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

  test("asks whether the user may sign in now", async () => {
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

  test("works without a session, and for a bearer of the other API", async () => {
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

  test("a new sign-in replaces the session of the refresh token that it presents", async () => {
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
