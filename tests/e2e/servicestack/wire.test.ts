// The small print of the ServiceStack surface: how a call may be written, what wins, and what the
// answer looks like in each format.

import { type IncomingMessage, get } from "node:http";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { DEMO } from "../../support/api";
import { FORM, basic, useWorker } from "../../support/fixtures";
import { jwt, decode, keyOf } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { CREDENTIALS, NOBODY, WRONG, cookieHeader, cookiesOf, failed } from "../../support/servicestack";
import { freshKeys } from "../../support/worker";

// Passwords are slow by design, slower still while something else is being built.
vi.setConfig({ testTimeout: 60_000 });

const KEYS = freshKeys();
const { worker, their: our, our: arc } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web", JWT_KEYS: KEYS } });

const JSON_TYPE = { "content-type": "application/json" };
const JSON_ANSWER = "application/json; charset=utf-8";
const { password } = DEMO;
const PASSWORD = encodeURIComponent(password);
const BODIES = {
  json: JSON.stringify(CREDENTIALS),
  jsv: `{provider:credentials,userName:demo,password:${password}}`,
  xml: `<Authenticate><provider>credentials</provider><UserName>demo</UserName><Password>${password}</Password></Authenticate>`,
  csv: `provider,UserName,Password\ncredentials,demo,${password}\n`,
};
const TYPES = { json: JSON_ANSWER, jsv: "text/jsv", xml: "application/xml", csv: "text/csv" };

/** The body of a multipart form. */
const multipart = (fields: Record<string, string>) =>
  `${Object.entries(fields)
    .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join("")}--b--\r\n`;
const MULTIPART = { "content-type": "multipart/form-data; boundary=b" };

describe.each(Object.entries(BODIES))("a format in the URL: %s", (format, body) => {
  const type = TYPES[format as keyof typeof TYPES];

  test.each([`/api/Authenticate.${format}`, `/${format}/reply/Authenticate`, `/${format}/oneway/authenticate`])(
    "%s reads and answers in it, whatever Content-Type and Accept say",
    async (path) => {
      for (const headers of [{ "content-type": "text/plain" }, { "content-type": "image/png", accept: "text/html" }]) {
        const answer = await our.post(path, body, headers);
        expect(answer.status, answer.text).toBe(200);
        expect(answer.headers.get("content-type")).toBe(type);
        expect(answer.text).toContain(cookiesOf(answer)["ss-tok"]!.value);
      }
      const other = format === "json" ? BODIES.xml : BODIES.json;
      const wrong = await our.post(path, other.slice(1), { "content-type": "application/json" });
      expect(wrong.status).toBe(400);
      expect(wrong.headers.get("content-type")).toBe(type);
      expect(wrong.text).toContain("SerializationException");
    },
  );

  test("?format= and a suffix answer in it, and ?format= beats the URL's own", async () => {
    for (const path of [
      `/auth/credentials?format=${format}`,
      `/auth/credentials.${format}`,
      `/auth?FORMAT=${format.toUpperCase()}.x`,
      `/csv/reply/Authenticate?format=${format}`,
    ]) {
      const answer = await our.post(path, path.startsWith("/csv") ? BODIES.csv : BODIES.json, JSON_TYPE);
      expect(answer.status, `${path} ${answer.text}`).toBe(200);
      expect(answer.headers.get("content-type"), path).toBe(type);
    }
    const nobody = await our.send("GET", `/auth.${format}`);
    expect([nobody.status, nobody.headers.get("content-type")]).toEqual([401, type]);
    expect(nobody.text).toContain("Not Authenticated");
  });

  test("every kind of failure has its code in it", async () => {
    const say = async (path: string, sent: unknown, headers: Record<string, string> = JSON_TYPE) => {
      const answer = await our.post(path, sent, headers);
      expect(answer.headers.get("content-type"), path).toBe(type);
      return [answer.status, answer.text] as const;
    };
    for (const [status, code, message, answer] of [
      [
        401,
        "Unauthorized",
        "Invalid Username or Password",
        await say(`/auth/credentials.${format}`, { ...CREDENTIALS, password: "wrong" }),
      ],
      [400, "ValidationException", "'User Name' must not be empty.", await say(`/auth/credentials.${format}`, {})],
      [
        400,
        "SerializationException",
        "Could not deserialize 'application/json' request using Authenticate",
        await say(`/auth/credentials.${format}`, "{"),
      ],
      [
        400,
        "SerializationException",
        "Unable to bind to request 'Authenticate'",
        await say(`/auth/credentials.${format}`, "rememberMe=x", FORM),
      ],
      [404, "NotFound", "No configuration was added for OAuth provider 'github'", await say(`/auth/github.${format}`, {})],
      [404, "NotFound", "does not exist", await say(`/${format}/reply/Nothing`, {})],
      [
        400,
        "ArgumentException",
        "External Redirects are not permitted",
        await say(`/auth/credentials.${format}?continue=//x`, CREDENTIALS),
      ],
      [400, "ArgumentNullException", "refreshToken", await say(`/access-token.${format}`, {})],
      [401, "TokenException", "Token has been invalidated", await say(`/auth/jwt.${format}`, { password: await endedToken() })],
      [
        403,
        "Forbidden",
        "Cross-site requests are not permitted",
        await say(`/auth/credentials.${format}`, CREDENTIALS, { ...JSON_TYPE, origin: "https://evil.example" }),
      ],
    ] as const) {
      expect(answer[0], code).toBe(status);
      expect(codeOf(format, answer[1]), answer[1]).toBe(code);
      expect(answer[1].replaceAll("&apos;", "'").replaceAll("&#39;", "'")).toContain(message);
    }
  });
});

/** The `ErrorCode` of a failure. */
function codeOf(format: string, text: string): string | undefined {
  switch (format) {
    case "json":
      return JSON.parse(text).responseStatus.errorCode;
    case "jsv":
      return /^\{responseStatus:\{errorCode:(\w+),/.exec(text)?.[1];
    case "xml":
      return /<ResponseStatus><ErrorCode>(\w+)<\/ErrorCode>/.exec(text)?.[1];
    default:
      return /^ErrorCode,Message\r\n(\w+),/.exec(text)?.[1];
  }
}

/** An access token whose session has ended. */
let ended: string | undefined;
async function endedToken(): Promise<string> {
  if (ended === undefined) {
    const { accessToken, refreshToken, expires } = await arc.signIn();
    await arc.logout({ accessToken, refreshToken, expires });
    ended = accessToken;
  }
  return ended;
}

test.each([
  "/metadata",
  "/metadata/",
  "/metadata/types",
  "/json/metadata?op=Authenticate",
  "/types",
  "/types/java",
  "/types/metadata.json",
  "/types/csharp?IncludeTypes=Authenticate",
])("%s is not offered", async (path) => {
  for (const method of ["GET", "HEAD", "POST"]) expect((await our.send(method, path)).status, method).toBe(404);
});

test("what is answered in XML and CSV is what .NET reads", async () => {
  const xml = await our.post("/xml/reply/Authenticate", BODIES.xml, { "content-type": "application/xml" });
  expect(xml.text).toMatch(
    /^<\?xml version="1\.0" encoding="utf-8"\?><AuthenticateResponse xmlns:i="http:\/\/www\.w3\.org\/2001\/XMLSchema-instance" xmlns="http:\/\/schemas\.servicestack\.net\/types"><UserId>[^<]+<\/UserId><SessionId>/,
  );
  expect([...xml.text.matchAll(/<([A-Z]\w+)[ >/]/g)].map(([, name]) => name)).toEqual([
    ...["AuthenticateResponse", "UserId", "SessionId", "UserName", "DisplayName", "ReferrerUrl", "BearerToken", "RefreshToken"],
    ...["RefreshTokenExpiry", "ProfileUrl", "Roles", "Permissions", "AuthProvider", "ResponseStatus", "Meta"],
  ]);
  expect(xml.text).toContain('<ProfileUrl i:nil="true"/>');
  const csv = await our.post("/csv/reply/Authenticate", BODIES.csv, { "content-type": "text/csv" });
  const [names, values, end] = csv.text.split("\r\n");
  expect(names).toBe(
    "UserId,SessionId,UserName,DisplayName,ReferrerUrl,BearerToken,RefreshToken,RefreshTokenExpiry,ProfileUrl,Roles,Permissions,AuthProvider,ResponseStatus,Meta",
  );
  expect(values).toMatch(/^[\w-]+,[\w-]+,demo,Demo,,[\w.-]+,[\w.-]+,[\dT:-]+Z,,"\[Member\]","\[\]",,,$/);
  expect(end).toBe("");
  expect(csv.headers.get("content-disposition")).toBe('attachment;filename="Authenticate.csv"');
});

test("a document type is no document", async () => {
  const laughs = `<!DOCTYPE x [<!ENTITY a "demo">]>${BODIES.xml.replace(">demo<", ">&a;<")}`;
  const answer = await our.post("/auth/credentials", laughs, { "content-type": "application/xml", accept: "application/json" });
  expect(answer.status).toBe(400);
  expect(answer.body.responseStatus.errorCode).toBe("SerializationException");
});

test("the documented sample, laid out over many lines, signs in", async () => {
  const sample = `{\n\tprovider: credentials,\n\tuserName: demo,\n\tpassword: ${password},\n\trememberMe: False,\n\tmeta:\n\t{\n\t\tString: String\n\t}\n}`;
  const answer = await our.post("/auth/credentials", sample, { "content-type": "text/jsv", accept: "text/jsv" });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/jsv");
  expect(cookiesOf(answer)["ss-opt"]!.value).toBe("temp");
});

describe("suffixes", () => {
  test("that name no format are part of the provider's name, and html is JSON", async () => {
    const pdf = await our.post("/auth/credentials.pdf", CREDENTIALS);
    expect(pdf.body).toEqual(failed("NotFound", "No configuration was added for OAuth provider 'credentials.pdf'"));
    const html = await our.post("/auth/credentials.html", CREDENTIALS);
    expect([html.status, html.headers.get("content-type")]).toEqual([200, JSON_ANSWER]);
  });

  test("belong to /authenticate and /auth/logout too, and JSONP to nobody", async () => {
    expect((await our.post("/authenticate.jsv", CREDENTIALS)).headers.get("content-type")).toBe("text/jsv");
    expect((await our.send("GET", "/auth/logout.jsv")).text).toBe("{}");
    const jsonp = await our.post("/auth/credentials?callback=steal", CREDENTIALS);
    expect(jsonp.headers.get("content-type")).toBe(JSON_ANSWER);
    expect(jsonp.text).not.toContain("steal");
  });
});

describe("Accept", () => {
  test.each([
    ["application/json;q=0.1, text/jsv;q=0.9", "text/jsv"],
    ["text/jsv;q=0.2, text/xml;q=0.3, */*;q=0.1", "text/xml"],
    ["text/html;q=0.9, application/jsv", "application/jsv"],
    ["text/csv;q=0.5, */*;q=0.1", "text/csv"],
    ["application/json;q=0, application/xml;q=0.001", "application/xml"],
    ["text/json", "text/json"],
    ["application/pdf, image/*;q=0.9", JSON_ANSWER],
    ["text/jsv;q=bogus", "text/jsv"],
    [",,;q=1,", JSON_ANSWER],
  ])("%s is answered with %s", async (accept, expected) => {
    const answer = await our.send("GET", "/auth", { headers: { accept } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([401, expected]);
    expect(
      (await our.send("GET", "/api/Authenticate", { headers: { accept } })).headers.get("content-type"),
      "and is ignored there",
    ).toContain("json");
  });

  test("*/* is the request's own format, unless it is a form", async () => {
    const own = async (type: string, body: string) =>
      (await our.post("/auth/credentials", body, { "content-type": type, accept: "*/*" })).headers.get("content-type");
    expect(await own("application/jsv", BODIES.jsv)).toBe("application/jsv");
    expect(await own("text/xml", BODIES.xml)).toBe("text/xml");
    expect(await own("application/x-www-form-urlencoded", "userName=")).toBe(JSON_ANSWER);
    expect(await own(MULTIPART["content-type"], multipart({ userName: "" }))).toBe(JSON_ANSWER);
  });
});

test.each([
  ["/api/Authenticate[]", "application/json", `[${"{},".repeat(21_000)}{}]`],
  ["/api/Authenticate", "application/json", `{"userName":"demo","x":[${"0,".repeat(32_000)}0]}`],
  ["/jsv/reply/Authenticate", "text/jsv", `{userName:demo,x:[${",".repeat(65_000)}]}`],
  ["/xml/reply/Authenticate", "application/xml", `<a>${"<b/>".repeat(16_000)}</a>`],
  ["/csv/reply/Authenticate", "text/csv", `${",".repeat(32_000)}\n${",".repeat(32_000)}`],
  ["/auth/credentials", "application/x-www-form-urlencoded", "a&".repeat(32_000)],
])("64 KiB of nothings at %s do not become megabytes of values", async (path, type, body) => {
  const answer = await our.post(`${path}${path.includes("[") ? "" : "?format=json"}`, body, { "content-type": type });
  expect(answer.status).toBe(400);
  expect(answer.body.responseStatus).toMatchObject({
    errorCode: "SerializationException",
    message: expect.stringContaining("too many values"),
  });
});

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

  test("whatever older clients send besides is passed over", async () => {
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

  test("a content type that we do not know is no body on a route, and JSON elsewhere", async () => {
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

  test("of another site signs nobody in", async () => {
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

  test("with whatever JSV quotes is read in every format", async () => {
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

describe("HTTP Basic", () => {
  test("that cannot be read, or has no password, is told so", async () => {
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

  test("of a page elsewhere signs nobody in by GET either", async () => {
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
  test("answers a token of the body in the body and in a cookie, whatever else comes along", async () => {
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

  test("are not sent back to somebody else's page that posted to us", async () => {
    const answer = await our.post("/auth/credentials", "userName=demo&password=x", { ...html, referer: "https://evil.example/login" });
    expect([answer.status, answer.headers.get("location")]).toEqual([401, null]);
  });

  test("are told of a failure at the end of whatever fragment there is", async () => {
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

describe("a page of another site signs nobody out", () => {
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

  test("a page that was not served by us over https is somebody else's", async () => {
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
