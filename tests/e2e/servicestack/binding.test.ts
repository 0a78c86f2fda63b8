// The small print of the ServiceStack surface: which of several values wins, batches, methods, and passwords in every format.

import { describe, expect, test, vi } from "vitest";
import { FORM, basic } from "../../support/fixtures";
import { aUser } from "../../support/seed";
import { CREDENTIALS, NOBODY, WRONG, cookiesOf, failed } from "../../support/servicestack";
import { JSON_TYPE, password, PASSWORD, BODIES, multipart, MULTIPART, useWire } from "../../support/wire";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const { worker, our, arc } = useWire();

describe("what wins", () => {
  const form = (fields: string) => `${fields}&userName=demo&password=${PASSWORD}`;

  test.each<[string, string, string, Record<string, string>, number]>([
    ["on a route the path beats the body", "/auth/credentials", JSON.stringify({ ...CREDENTIALS, provider: "github" }), JSON_TYPE, 200],
    ["the query beats the path", "/auth/credentials?provider=github", BODIES.json, JSON_TYPE, 404],
    ["the query beats the path, in any case", "/auth/github?PROVIDER=Credentials", BODIES.json, JSON_TYPE, 200],
    ["the form beats the query", "/auth/github?provider=github", form("provider=credentials"), FORM, 200],
    ["nothing empty beats anything", "/auth/credentials?provider=&userName=&password=", `${form("provider=")}&password=`, FORM, 200],
    ["the query beats a document", "/auth/credentials?userName=nobody", BODIES.json, JSON_TYPE, 401],
    ["elsewhere the body beats the query", "/api/Authenticate?provider=github&userName=nobody", BODIES.json, JSON_TYPE, 200],
    [
      "elsewhere the query fills what is null",
      `/json/reply/Authenticate?userName=demo`,
      `{"userName":null,"password":"${password}"}`,
      JSON_TYPE,
      200,
    ],
    ["elsewhere the form beats the query", "/api/Authenticate?provider=github&userName=nobody", form("provider=credentials"), FORM, 200],
    [
      "of two members that differ in case the later",
      "/api/Authenticate",
      `{"PASSWORD":"wrong","userName":"demo","password":"${password}"}`,
      JSON_TYPE,
      200,
    ],
    ["a form may be JSON", "/auth/credentials", ` ${BODIES.json}`, FORM, 200],
  ])("%s", async (_, path, body, headers, status) => {
    const answer = await our.post(path, body, headers);
    expect(answer.status, answer.text).toBe(status);
  });

  test("what older clients send besides is ignored", async () => {
    const old = {
      ...CREDENTIALS,
      ...{ state: "s", oauth_token: "t", oauth_verifier: "v", nonce: "n", uri: "/x", response: "r", qop: "q", nc: "1", cnonce: "c" },
      ...{ scope: ["a"], continue: "https://evil.example", errorView: "/Views/x", accessTokenSecret: "s", unknown: { deep: [1] } },
    };
    for (const path of ["/api/Authenticate", "/auth/credentials"]) {
      const answer = await our.post(path, old, { accept: "text/html" });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.referrerUrl).toBeUndefined();
    }
  });

  test("an unknown content type is no body on a route, and JSON at other URLs", async () => {
    expect((await our.post("/auth", BODIES.json, { "content-type": "text/plain" })).body).toEqual(NOBODY);
    expect((await our.post("/api/Authenticate", BODIES.json, { "content-type": "image/png" })).status).toBe(200);
    expect((await our.post("/api/Authenticate", BODIES.xml, { "content-type": "application/xml" })).status).toBe(400);
  });

  test.each([
    "/auth",
    "/auth/credentials",
    "/api/Authenticate",
    "/json/reply/Authenticate",
    "/jsv/reply/Authenticate",
    "/csv/oneway/Authenticate",
  ])("%s takes forms of both kinds, with a dictionary as JSV", async (path) => {
    const fields = { provider: "credentials", userName: "demo", password, meta: "{ignore:jwt}" };
    for (const [body, headers] of [
      [multipart(fields), MULTIPART],
      [new URLSearchParams(fields).toString(), FORM],
    ] as const) {
      const answer = await our.post(path, body, headers);
      expect(answer.status, answer.text).toBe(200);
      expect(cookiesOf(answer), "no tokens").toEqual({});
      expect(answer.text).toMatch(/demo/);
    }
  });

  test("a value of another type names every field in a form, and is dropped in a document", async () => {
    const named = await our.post("/api/Authenticate?useTokenCookie=1", "rememberMe=maybe&meta=x", FORM);
    expect(named.status).toBe(400);
    expect(named.body.responseStatus).toMatchObject({
      errorCode: "SerializationException",
      message: "Unable to bind to request 'Authenticate'",
    });
    // The form is read with its query here.
    expect(named.body.responseStatus.errors.map((error: { fieldName: string }) => error.fieldName)).toEqual([
      "RememberMe",
      "Meta",
      "UseTokenCookie",
    ]);
    expect((await our.post("/jsv/reply/Authenticate", `${BODIES.jsv.slice(0, -1)},rememberMe:maybe}`)).status).toBe(200);
    expect((await our.post("/api/Authenticate", { ...CREDENTIALS, rememberMe: "maybe" })).status).toBe(200);
    const flags = await our.post("/auth/credentials", form("rememberMe=TRUE&useTokenCookie=False"), FORM);
    expect(cookiesOf(flags)["ss-opt"]!.value).toBe("perm");
  });

  test("the method may be overridden by a POST alone, and not past what guards it", async () => {
    const get = { "x-http-method-override": "get" };
    expect((await our.signIn({}, get)).body.responseStatus.errorCode).toBe("NotSupportedException");
    expect((await our.post("/auth/credentials", form("X-Http-Method-Override=PUT"), FORM)).status).toBe(405);
    expect((await our.post("/auth", "", { ...get, ...FORM })).body).toEqual(NOBODY);
    const override = { "x-http-method-override": "POST" };
    expect((await our.send("GET", `/auth/credentials?userName=demo&password=${PASSWORD}`, { headers: override })).status).toBe(405);
    const cross = { ...FORM, origin: "https://evil.example" };
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      const answer = await our.post("/auth/logout", `X-Http-Method-Override=${method}`, cross);
      expect([answer.status, cookiesOf(answer)], method).toEqual([403, {}]);
    }
  });
});

describe("a batch", () => {
  test("is read and answered in JSON and JSV", async () => {
    const jsv = await our.post("/jsv/reply/Authenticate[]", `[${BODIES.jsv},{}]`, basic(`demo:${password}`));
    expect(jsv.status, jsv.text).toBe(200);
    expect(jsv.text).toMatch(/^\[\{userId:.*\},\{userId:.*\}\]$/);
    const empty = await our.post("/api/Authenticate[]", "[]");
    expect([empty.status, empty.text, cookiesOf(empty)]).toEqual([200, "[]", {}]);
    const filled = await our.post("/api/Authenticate%5B%5D?provider=credentials", [{ userName: "demo", password }]);
    expect(filled.body).toHaveLength(1);
    const { body } = await our.signIn();
    const refreshed = await our.post("/api/GetAccessToken[]", [{ refreshToken: body.refreshToken }, { refreshToken: body.refreshToken }]);
    expect(refreshed.body.map((one: { accessToken: unknown }) => typeof one.accessToken)).toEqual(["string", "string"]);
    const oneWay = await our.post("/json/oneway/Authenticate[]", [CREDENTIALS]);
    expect(oneWay.body).toHaveLength(1);
  });

  test("is a list of objects, by POST, in a format that has lists", async () => {
    for (const body of ["", "{}", "[1]", "[", "null", BODIES.json]) {
      const answer = await our.post("/api/Authenticate[]", body, JSON_TYPE);
      expect([answer.status, answer.body.responseStatus.errorCode], body).toEqual([400, "SerializationException"]);
    }
    expect((await our.send("GET", "/api/Authenticate[]")).status).toBe(405);
    expect((await our.post("/xml/reply/Authenticate[]", "")).status).toBe(404);
    expect((await our.post("/csv/reply/Authenticate[]", "")).status).toBe(404);
  });

  test("of another site is refused", async () => {
    const before = await our.sessions();
    const answer = await our.post("/api/Authenticate[]", JSON.stringify([CREDENTIALS]), {
      "content-type": "text/plain",
      "sec-fetch-site": "cross-site",
    });
    expect([answer.status, cookiesOf(answer)]).toEqual([403, {}]);
    expect(await our.sessions()).toBe(before);
  });
});

describe("a password", () => {
  test("is compared as it is, and a name is not", async () => {
    expect((await our.signIn({ userName: " DEMO ", password })).body.userName).toBe(" DEMO ");
    expect((await our.signIn({ userName: "Demo@Example.com" })).status).toBe(200);
    for (const wrong of [` ${password}`, `${password} `, password.toUpperCase()]) {
      expect((await our.signIn({ password: wrong })).body).toEqual(WRONG);
    }
  });

  test("with the characters that JSV quotes is read in every format", async () => {
    for (const odd of ['a"b', "a,b:c", "{x}[1]", "l1\r\nl2", " lead", "null", "back\\slash/'\tTab", "ü🔑"]) {
      const said = JSON.stringify(odd);
      const bodies: [string, string][] = [
        ["/api/Authenticate", JSON.stringify({ userName: odd })],
        ["/api/Authenticate.jsv", `{userName:"${odd.replaceAll('"', '""')}"}`],
        ["/api/Authenticate.csv", `UserName\r\n"${odd.replaceAll('"', '""')}"\r\n`],
      ];
      for (const [path, body] of bodies) {
        const answer = await our.post(path, body);
        expect(answer.status, `${path} ${said}`).toBe(400);
        expect(answer.text, "only the password is empty").toContain("'Password' must not be empty.");
        expect(answer.text).not.toContain("UserName");
      }
    }
  });
});

describe("guesses", () => {
  const from = { "cf-connecting-ip": "192.0.2.77" };

  test("are counted together with the other API's, and the same one twice within a moment once", async () => {
    const user = await aUser(worker);
    const guess = (n: number) => our.signIn({ userName: user.username, password: `wrong ${n}` }, from);
    for (let n = 0; n < 5; n++) {
      // A client that holds a refresh token sends a failed sign-in twice.
      for (let twice = 0; twice < 2; twice++) expect((await guess(n)).status).toBe(401);
      expect((await arc.loginToken({ username: user.username, password: `wrong there ${n}` }, from)).status).toBe(401);
    }
    const right = { userName: user.username, password: user.password };
    const here = await our.signIn(right, from);
    expect(here.status).toBe(429);
    expect(here.body).toEqual(failed("TooManyRequests", "Too Many Requests"));
    expect(Number(here.headers.get("retry-after"))).toBeGreaterThan(30);
    expect((await our.post("/auth/basic", "", { ...from, ...basic(`${user.username}:${user.password}`) })).status).toBe(429);
    expect((await arc.loginToken({ username: user.username, password: user.password }, from)).status).toBe(429);
    expect((await our.signIn(right, { "cf-connecting-ip": "192.0.2.78" })).status, "another network is another count").toBe(200);
  });
});

describe("methods", () => {
  test("HEAD answers as GET, without the body", async () => {
    const { body } = await our.signIn();
    const authorization = { authorization: `Bearer ${body.bearerToken}` };
    for (const path of ["/auth", "/auth.xml", "/api/Authenticate", "/auth/github", "/api/GetAccessToken", "/auth/logout"]) {
      const headers: Record<string, string> = path === "/auth/logout" ? {} : authorization;
      const [get, head] = [await our.send("GET", path, { headers }), await our.send("HEAD", path, { headers })];
      expect(head.text).toBe("");
      expect(head.status, path).toBe(get.status);
      for (const name of ["content-type", "allow", "vary", "www-authenticate"])
        expect(head.headers.get(name), `${path} ${name}`).toBe(get.headers.get(name));
    }
  });

  test.each([
    "/auth",
    "/auth/credentials",
    "/auth/logout",
    "/auth/google",
    "/api/Authenticate",
    "/json/reply/Authenticate[]",
    "/access-token",
  ])("a preflight for %s is granted to allowed origins alone", async (path) => {
    const ask = (origin: string) =>
      our.send("OPTIONS", path, {
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type,x-ss-opt",
        },
      });
    const granted = await ask("http://localhost:5173");
    expect([granted.status, granted.text]).toEqual([204, ""]);
    expect(granted.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(granted.headers.get("access-control-allow-credentials")).toBe("true");
    expect(granted.headers.get("access-control-allow-headers")).toBe("authorization,content-type,x-ss-opt");
    expect(granted.headers.get("access-control-allow-methods")).toContain("POST");
    for (const origin of ["https://evil.example", "null", "http://localhost:5173.evil.example"]) {
      const refused = await ask(origin);
      expect(refused.status).toBe(204);
      expect([...refused.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });

  test("other than GET and POST do on a DTO's URL what they do there", async () => {
    const { body } = await our.signIn();
    const headers = { authorization: `Bearer ${body.bearerToken}` };
    for (const method of ["PUT", "PATCH"]) {
      expect((await our.send(method, "/api/Authenticate", { body: CREDENTIALS })).status, method).toBe(200);
      expect((await our.send(method, "/auth", { body: CREDENTIALS })).headers.get("allow")).toBe("GET, HEAD, POST");
    }
    expect((await our.send("DELETE", "/api/Authenticate", { headers })).body.userId).toBe(body.userId);
    const refused = await our.send("DELETE", `/api/Authenticate?userName=demo`);
    expect(refused.body.responseStatus.errorCode).toBe("NotSupportedException");
    expect((await our.send("PUT", "/auth/google.json", { body: "{}" })).headers.get("allow")).toBe("POST");
  });
});
