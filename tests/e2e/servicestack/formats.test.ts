// The small print of the ServiceStack surface: formats of requests, answers and failures, and how one is chosen.

import { describe, expect, test, vi } from "vitest";
import { FORM } from "../../support/fixtures";
import { CREDENTIALS, cookiesOf, failed } from "../../support/servicestack";
import { JSON_TYPE, password, BODIES, multipart, MULTIPART, useWire } from "../../support/wire";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const { our, arc } = useWire();

const JSON_ANSWER = "application/json; charset=utf-8";
const TYPES = { json: JSON_ANSWER, jsv: "text/jsv", xml: "application/xml", csv: "text/csv" };

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

  test("belong to /authenticate and /auth/logout too, and JSONP to no path", async () => {
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
