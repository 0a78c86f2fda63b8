// The small print of the ServiceStack surface: HTTP Basic, tokens and cookies, and pages that post forms.

import { type IncomingMessage, get } from "node:http";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { FORM, basic } from "../../support/fixtures";
import { jwt, decode, keyOf } from "../../support/jwt";
import { NOBODY, WRONG, cookieHeader, cookiesOf, failed } from "../../support/servicestack";
import { KEYS, JSON_TYPE, password, PASSWORD, BODIES, multipart, MULTIPART, useWire } from "../../support/wire";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const { worker, our, arc } = useWire();

describe("HTTP Basic", () => {
  test("that cannot be read, or has no password, is rejected with the reason", async () => {
    const told = failed("Unauthorized", "Invalid BasicAuth Credentials");
    for (const authorization of [
      "Basic",
      "Basic !",
      basic("demo:").authorization,
      basic(":x").authorization,
      basic("demo").authorization,
      "Bearer x",
      "",
    ]) {
      const answer = await our.post("/auth/basic", "", { authorization });
      expect(answer.body, authorization).toEqual(told);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Basic realm="/auth/basic"');
    }
  });

  test("signs in by name in a body too, and gives way to credentials", async () => {
    expect((await our.post("/api/Authenticate", { provider: "basic" }, basic(`demo:${password}`))).status).toBe(200);
    expect((await our.signIn({}, basic("demo:wrong"))).status).toBe(200);
    expect((await our.signIn({ password: "wrong" }, basic(`demo:${password}`))).body).toEqual(WRONG);
  });

  test("of a page of another site is refused by GET too", async () => {
    const before = await our.sessions();
    for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }] as Record<string, string>[]) {
      for (const path of ["/auth", "/api/Authenticate", "/json/reply/Authenticate"]) {
        const answer = await our.send("GET", path, { headers: { ...basic(`demo:${password}`), ...headers } });
        expect([answer.status, cookiesOf(answer)], path).toEqual([403, {}]);
      }
    }
    expect(await our.sessions()).toBe(before);
  });
});

describe("the provider jwt", () => {
  test("says what is wrong with a token, and takes one from a cookie", async () => {
    const signedIn = await our.signIn();
    const { header, claims } = decode(signedIn.body.bearerToken);
    const { privateKey } = keyOf(KEYS);
    const expired = jwt(header, { ...claims, iat: 1, exp: 2 }, privateKey);
    const answer = await our.post("/auth/jwt", { password: expired });
    expect(answer.body).toEqual(failed("TokenException", "Token has expired"));
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="/auth/jwt"']);
    expect((await our.post("/auth/jwt", { password: jwt(header, claims, privateKey) })).body.userId).toBe(signedIn.body.userId);
    expect((await our.post("/auth/jwt", "", cookieHeader(signedIn))).body.userId).toBe(signedIn.body.userId);
    expect((await our.post("/auth/jwt", "", { authorization: `Bearer ${expired}` })).body, "only looked up").toEqual(NOBODY);
    expect((await our.post("/auth/jwt", "")).body).toEqual(NOBODY);
  });
});

describe("GetAccessToken", () => {
  test("answers a token of the body in the body and in a cookie, beside any other credentials", async () => {
    const [first, second] = [await our.signIn(), await our.signIn()];
    const answer = await our.refresh({ refreshToken: first.body.refreshToken, useTokenCookie: true }, cookieHeader(second));
    expect(decode(answer.body.accessToken).claims.sid, "the body's first").toBe(first.body.sessionId);
    expect(cookiesOf(answer)["ss-tok"]!.value).toBe(answer.body.accessToken);
    expect(cookiesOf(answer)["ss-tok"]!.attributes).toEqual(["Max-Age=900", "Path=/", "HttpOnly", "SameSite=Lax"]);
    expect(Object.keys(cookiesOf(answer)), "the refresh token does not change").toEqual(["ss-tok"]);
    const empty = await our.refresh({ refreshToken: "" }, cookieHeader(second));
    expect(empty.text).toBe("{}");
    expect(decode(cookiesOf(empty)["ss-tok"]!.value).claims.sid).toBe(second.body.sessionId);
  });

  test("names the missing field, and refuses an expired one without a challenge", async () => {
    const missing = await our.refresh({}, { cookie: "ss-reftok=" });
    expect(missing.body.responseStatus).toMatchObject({ errorCode: "ArgumentNullException", errors: [{ fieldName: "refreshToken" }] });
    const { body } = await our.signIn();
    await our.post("/auth/logout", "", { authorization: `Bearer ${body.bearerToken}` });
    const expired = await our.refresh({ refreshToken: body.refreshToken });
    expect([expired.status, expired.headers.get("www-authenticate")]).toEqual([403, null]);
    expect(expired.body).toEqual(failed("TokenException", "Token has expired"));
    expect(cookiesOf(expired)).toEqual({});
  });

  test("is asked from another site in vain", async () => {
    const signedIn = await our.signIn();
    for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }] as Record<
      string,
      string
    >[]) {
      const answer = await our.post("/access-token", "{}", { "content-type": "text/plain", ...cookieHeader(signedIn), ...headers });
      expect([answer.status, cookiesOf(answer)]).toEqual([403, {}]);
    }
  });
});

describe("cookies", () => {
  test("come back however a client's jar keeps them", async () => {
    const signedIn = await our.signIn();
    const [access, refresh] = ["ss-tok", "ss-reftok"].map((name) => cookiesOf(signedIn)[name]!.value);
    expect(`${access}${refresh}`, "nothing in them needs encoding").toMatch(/^[\w.-]+$/);
    const jars = [
      `ss-tok=${access}; 05 Dec 2026 20:40:10 GMT=null; ss-reftok=${refresh}; 19 Feb 2027 20:40:10 GMT=null`,
      `=; ;;; junk; ss-tok=; ss-tok=${access}`,
      `ss-reftok=;ss-tok=${access!.replaceAll(".", "%2E")}`,
      `ss-tok=%ff;ss-reftok=${refresh!.replaceAll(".", "%2e")}`,
    ];
    for (const cookie of jars) expect((await our.who({ cookie })).body.sessionId, cookie).toBe(signedIn.body.sessionId);
    expect((await arc.send("GET", "/auth/me", { headers: { cookie: jars[0]! } })).status, "the other API reads none").toBe(401);
  });

  test("have a lifetime without a comma, and none beside X-Cookies needs a space", async () => {
    const answer = await our.signIn({ rememberMe: true });
    const lines = answer.headers.getSetCookie();
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).not.toMatch(/,|expires|secure|domain/i);
      expect(line).toMatch(/; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    }
    expect(cookiesOf(answer)["ss-opt"]!.attributes[0]).toBe("Max-Age=630720000");
    expect(answer.headers.get("x-cookies")).toBe("ss-tok,ss-reftok");
  });

  test("of a session that is not remembered stay so when they are renewed", async () => {
    const forgotten = await our.signIn({ rememberMe: false });
    const { cookie } = cookieHeader(forgotten);
    const renewed = await our.who({ cookie: cookie.replace(/ss-tok=[^;]*/, "ss-tok=stale") });
    expect(cookiesOf(renewed)["ss-tok"]!.attributes).toEqual(["Path=/", "HttpOnly", "SameSite=Lax"]);
    const header = await our.refresh({ refreshToken: forgotten.body.refreshToken }, { "x-ss-opt": "temp" });
    expect(cookiesOf(header)["ss-tok"]!.attributes).toEqual(["Path=/", "HttpOnly", "SameSite=Lax"]);
  });

  test("are deleted with the attributes they were set with", async () => {
    const out = await our.post("/auth/logout", "", cookieHeader(await our.signIn()));
    for (const line of out.headers.getSetCookie()) expect(line).toMatch(/^[\w-]+=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(out.headers.has("x-cookies")).toBe(false);
  });
});

describe("pages", () => {
  const FIELDS = `userName=demo&password=${PASSWORD}`;
  const html = { ...FORM, accept: "text/html,application/xhtml+xml" };

  test("are sent on only if they ask for HTML first and post a form", async () => {
    const status = async (headers: Record<string, string>, body: string = FIELDS, query = "?continue=/home") =>
      (await our.post(`/auth/credentials${query}`, body, headers)).status;
    expect(await status(html)).toBe(302);
    expect(await status({ ...html, accept: "application/json, text/html" })).toBe(200);
    expect(await status({ ...html, accept: "*/*" })).toBe(200);
    expect(await status({ ...JSON_TYPE, accept: "text/html" }, BODIES.json)).toBe(200);
    expect(await status(html, FIELDS, ""), "there is nowhere to go").toBe(200);
    expect(await status(html, `${FIELDS}&noredirect=1`)).toBe(200);
    expect(await status(html, `${FIELDS}&errorView=/Views/login`)).toBe(302);
    expect(await status({ ...MULTIPART, accept: "text/html" }, multipart({ userName: "demo", password }))).toBe(302);
  });

  test("are sent on by the first of three names, of query and form", async () => {
    const to = async (query: string, form = "") =>
      (await our.post(`/auth/credentials${query}`, FIELDS + form, html)).headers.get("location");
    expect(await to("?redirect=/c&ReturnUrl=/b", "&continue=/a")).toBe("/a");
    expect(await to("?redirect=/c", "&returnurl=/b")).toBe("/b");
    expect(await to("?continue=&redirect=/c")).toBe("/c");
  });

  test("are not sent back to a foreign page that posted the form", async () => {
    const answer = await our.post("/auth/credentials", "userName=demo&password=x", { ...html, referer: "https://evil.example/login" });
    expect([answer.status, answer.headers.get("location")]).toEqual([401, null]);
  });

  test("get a failure at the end of the fragment that there is", async () => {
    const back = async (url: string) =>
      (await our.post(`/auth/credentials?continue=${encodeURIComponent(url)}`, "userName=demo&password=", html)).headers.get("location");
    expect(await back("/in#x")).toBe("/in#x/f=%27Password%27%20must%20not%20be%20empty%2E");
    expect(await back("/in?a=1#f=Old")).toBe("/in?a=1#f=%27Password%27%20must%20not%20be%20empty%2E");
  });

  test("a return URL in a document counts for a sign-out alone", async () => {
    const evil = { returnUrl: "https://evil.example" };
    const answer = await our.signIn(evil);
    expect([answer.status, answer.body.referrerUrl]).toEqual([200, undefined]);
    for (const path of ["/auth/logout", "/api/AuthenticateLogout"]) {
      const refused = await our.post(path, evil);
      expect(refused.body.responseStatus).toMatchObject({ errorCode: "ArgumentException", errors: [{ fieldName: "continue" }] });
      expect((await our.post(path, { returnUrl: "/bye" })).status).toBe(200);
    }
    const form = await our.post("/auth/logout", "returnUrl=%2Fbye", html);
    expect([form.status, form.headers.get("location")]).toEqual([302, "/bye"]);
    expect(Object.keys(cookiesOf(form))).toEqual(["ss-id", "ss-pid", "X-UAId", "ss-tok", "ss-reftok"]);
  });
});

describe("a page of another site ends no session", () => {
  const from = (site: string, mode: string, dest: string) => ({ "sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest });
  /** As a browser sends it: `fetch` writes its own `Sec-Fetch-Mode`. The status, and what is set. */
  const out = async (path: string, headers: Record<string, string>) => {
    const url = new URL(path, await worker.url());
    const answer = await new Promise<IncomingMessage>((resolve, reject) => get(url, { headers }, resolve).once("error", reject));
    answer.resume();
    return [answer.statusCode, (answer.headers["set-cookie"] ?? []).map((line) => line.split("=")[0])];
  };
  const DELETED = ["ss-id", "ss-pid", "X-UAId", "ss-tok", "ss-reftok"];

  test.each([
    "/auth/logout",
    "/auth?provider=logout",
    "/api/Authenticate?provider=logout",
    "/api/AuthenticateLogout",
    "/json/reply/AuthenticateLogout",
  ])("at %s, unless the browser goes there", async (path) => {
    const signedIn = await our.signIn();
    const cookies = cookieHeader(signedIn);
    for (const [mode, dest] of [
      ["no-cors", "image"],
      ["no-cors", "script"],
      ["navigate", "iframe"],
      ["navigate", "embed"],
      ["cors", "empty"],
    ] as const) {
      expect(await out(path, { ...cookies, ...from("cross-site", mode, dest) }), dest).toEqual([403, []]);
    }
    expect((await our.who(cookies)).status, "and is signed in still").toBe(200);
    expect(await out(path, { ...cookies, ...from("cross-site", "navigate", "document") })).toEqual([200, DELETED]);
    expect((await our.who(cookies)).status).toBe(401);
  });

  test("but our own may as they like, and so may programs", async () => {
    for (const headers of [
      {},
      from("same-origin", "no-cors", "image"),
      from("none", "navigate", "document"),
      { ...from("cross-site", "cors", "empty"), origin: "http://localhost:5173" },
    ]) {
      const cookies = cookieHeader(await our.signIn());
      expect(await out("/auth/logout", { ...cookies, ...headers })).toEqual([200, DELETED]);
      expect((await our.who(cookies)).status).toBe(401);
    }
  });
});

describe("over https", () => {
  const OURS = "https://login.example";
  beforeAll(() => worker.restart({ PUBLIC_URL: OURS, ALLOWED_ORIGINS: "https://app.example" }));

  test("cookies are for https, and for other sites only if that is set", async () => {
    expect(cookiesOf(await our.signIn())["ss-reftok"]!.attributes).toEqual([
      "Max-Age=2592000",
      "Path=/",
      "HttpOnly",
      "SameSite=Lax",
      "Secure",
    ]);
    await worker.restart({ TOKEN_COOKIES_SAME_SITE: "none" });
    const signedIn = await our.signIn({ rememberMe: false }, { origin: "https://app.example", "sec-fetch-site": "cross-site" });
    for (const { attributes } of Object.values(cookiesOf(signedIn)))
      expect(attributes.slice(-4)).toEqual(["Path=/", "HttpOnly", "SameSite=None", "Secure"]);
    expect(signedIn.headers.get("access-control-allow-credentials")).toBe("true");
    const out = await our.post("/auth/logout", "", { ...cookieHeader(signedIn), origin: "https://app.example" });
    expect(cookiesOf(out)["ss-tok"]!.attributes).toEqual(["Max-Age=0", "Path=/", "HttpOnly", "SameSite=None", "Secure"]);
  });

  test("a page that was not served by this service over https is foreign", async () => {
    const before = await our.sessions();
    for (const origin of [
      "http://login.example",
      "https://login.example:8443",
      "https://login.example.evil.example",
      "http://localhost:5173",
    ]) {
      expect((await our.signIn({}, { origin })).status, origin).toBe(403);
    }
    expect(await our.sessions()).toBe(before);
    expect((await our.signIn({}, { origin: OURS })).status).toBe(200);
  });
});
