// Requests that no client should send: each gets its exact 4xx, and the worker goes on serving.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, flat, nested } from "../../support/api";
import { invalid, useBadInput } from "../../support/bad_input";

const { worker, our, pair } = useBadInput();

describe("headers", () => {
  const texts = ["x".repeat(8_000), "é", "ÿþ", "%00", "' or 1=1 --", "(){:;};", "\t"];

  test.each(["device_id", "user-agent", "accept", "accept-language", "cookie", "x-forwarded-for", "content-language"])(
    "hostile text in %s does no harm",
    async (name) => {
      for (const text of texts) {
        const answer = await our.loginToken({}, { [name]: text });
        expect(answer.status, text.slice(0, 20)).toBe(200);
        expect((await our.me(answer.body.accessToken)).status).toBe(200);
      }
    },
  );

  test.each(["text/html", "application/xml", "image/png", "*/*;q=0", "nonsense"])(
    "who accepts %s gets JSON all the same",
    async (accept) => {
      const answer = await our.send("GET", "/auth/me", { headers: { accept } });
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(answer.body).toEqual(flat(401, 'Bearer realm="Users"'));
    },
  );
});

describe("what no endpoint takes", () => {
  const refused = (answer: Answer, message: string) => {
    expect(answer.body).toEqual(flat(400, message));
    expect([answer.status, answer.waits]).toEqual([400, 0]);
  };
  const FORM = { "content-type": "application/x-www-form-urlencoded" };
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

  test.each(["POST /auth/login", "GET /auth/google", "PATCH /auth/change-password", "GET /auth/me", "GET /health"])(
    "a password in the URL is refused: %s",
    async (operation) => {
      const [method, path] = operation.split(" ") as [string, string];
      for (const query of ["password=x", "client_id=demo-web&Password=x", "oldPassword=x", "pass%77ord=x"]) {
        refused(await our.send(method, `${path}?${query}`), "A password must NOT be in a URL");
      }
    },
  );

  test("U+0000 in path, query or header is refused before anything is asked of storage", async () => {
    refused(await our.send("GET", "/otp-caches/demo%00", { headers: our.bearer(pair().accessToken) }), "The path must NOT contain U+0000");
    refused(await our.send("GET", "/auth-clients/1%00", { headers: our.bearer(pair().accessToken) }), "The path must NOT contain U+0000");
    for (const query of ["token=a%00", "a%00=b"])
      refused(await our.send("GET", `/auth/verify-reset-password-link?${query}`), "The query must NOT contain U+0000");
    refused(await our.send("GET", "/auth/google-auth-redirect?code=%00&state=x"), "The query must NOT contain U+0000");
    refused(
      await our.send("GET", "/otp-caches/demo", { headers: basic("demo-web:x\u0000") }),
      "The header Authorization must NOT contain U+0000",
    );
  });

  test("U+0000 in a form is refused by the name of the field", async () => {
    const nul = (path: string) => invalid({ path, code: "pattern", message: "must NOT contain U+0000", info: {} });
    for (const [path, body, field] of [
      ["/auth/google", "client_id=demo-web%00&client_secret=x", "/client_id"],
      ["/auth/apple-oauth-redirect", "code=%00&state=x", "/code"],
    ] as const) {
      const answer = await our.send("POST", path, { body, headers: FORM });
      expect(answer.body).toEqual(nul(field));
      expect(answer.waits).toBe(0);
    }
  });

  test("U+0000 in a filter is refused, and pointed at", async () => {
    const filter = encodeURIComponent(JSON.stringify({ where: { clientId: "a\u0000" } }));
    const answer = await our.send("GET", `/auth-clients?filter=${filter}`, { headers: our.bearer(pair().accessToken) });
    expect(answer.body.error).toMatchObject({
      statusCode: 400,
      code: "INVALID_PARAMETER_VALUE",
      details: [{ path: "/where/clientId", message: "must NOT contain U+0000" }],
    });
    expect(answer.waits).toBe(0);
  });

  test("a query or form of more than a thousand values", async () => {
    refused(await our.send("GET", `/auth/google?${"a&".repeat(1_001)}`), "The query: it has too many values");
    const form = await our.send("POST", "/auth/google", { body: "a&".repeat(1_001), headers: FORM });
    expect([form.status, form.body.error.name]).toEqual([400, "SyntaxError"]);
  });

  test("a part of a body", async () => {
    refused(await our.post("/auth/login", {}, { "content-range": "bytes 0-1/2" }), "Content-Range is not supported");
  });

  test("another charset, where it makes a difference", async () => {
    const latin1 = (body: string) =>
      our.send("POST", "/auth/login", {
        body: Buffer.from(body, "latin1"),
        headers: { "content-type": "application/json; charset=ISO-8859-1" },
      });
    expect((await latin1("{}")).status).toBe(422);
    const answer = await latin1('{"username":"\u00e9"}');
    expect(answer.body.error).toMatchObject({
      statusCode: 415,
      message: "Content-type application/json; charset=ISO-8859-1 does not match [charset=utf-8].",
    });
  });
});

describe("paths and methods", () => {
  const NOT_FOUND = { error: { statusCode: 404, name: "NotFoundError", message: "Not Found" } };
  const NO_METHOD = { error: { statusCode: 405, name: "MethodNotAllowedError", message: "Method Not Allowed" } };
  const paths: Record<string, string[]> = {
    "/auth/login": ["POST"],
    "/auth/login-token": ["POST"],
    "/auth/token": ["POST"],
    "/auth/token-refresh": ["POST"],
    "/auth/me": ["GET", "HEAD"],
    "/auth/change-password": ["PATCH"],
    "/logout": ["POST"],
    "/.well-known/jwks.json": ["GET", "HEAD"],
    "/health": ["GET", "HEAD"],
    "/auth-clients/count": ["GET", "PUT", "PATCH", "DELETE", "HEAD"],
  };
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "QUERY"];

  test.each(Object.entries(paths))("%s has its methods and no other", async (path, allowed) => {
    for (const method of methods.filter((method) => !allowed.includes(method))) {
      const answer = await our.send(method, path);
      expect(answer.status, method).toBe(405);
      expect(answer.headers.get("allow")).toBe(allowed.join(", "));
      if (method === "HEAD") expect(answer.text).toBe("");
      else expect(answer.body).toEqual(NO_METHOD);
    }
    for (const method of allowed) expect((await our.send(method, path)).status, method).not.toBe(405);
  });

  test.each(["/nothing", "/auth/me/x", "/Auth/me", "/auth/Me", "/AUTH/LOGIN", "/auth/login/", "/auth/me/", "/logout/", "/health/"])(
    "%s",
    async (path) => {
      const slashed = path.length > 1 && path.endsWith("/");
      for (const method of methods) {
        const answer = await our.send(method, path);
        if (slashed) expect(answer.status).toBe((await our.send(method, path.slice(0, -1))).status);
        else expect(answer.status).toBe(404);
        if (!slashed && method !== "HEAD") expect(answer.body).toEqual(NOT_FOUND);
      }
    },
  );

  test.each([
    "//auth/me",
    "/auth//me",
    "/auth/me//",
    "/auth%2Fme",
    "/health%",
    "/health%ff",
    "/%",
    "/%c0%ae/health",
    "/.well-known",
    `/${"x".repeat(8_000)}`,
  ])("%s is nowhere", async (path) => {
    const answer = await our.send("GET", `http://127.0.0.1:8787${path}`, { headers: our.bearer(pair().accessToken) });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(NOT_FOUND);
  });

  test.each(["/auth/me%00", "/auth/me%20", "/auth/me;x", "/auth/me.json"])(
    "%s is a ServiceStack provider that nobody has, and none is asked by GET",
    async (path) => {
      const answer = await our.send("GET", path, { headers: our.bearer(pair().accessToken) });
      expect(answer.status).toBe(405);
      expect(answer.body.responseStatus.errorCode).toBeTypeOf("string");
    },
  );

  test("HEAD answers as GET, without the body", async () => {
    for (const path of ["/auth/me", "/health", "/.well-known/jwks.json", "/nothing"]) {
      for (const headers of [{}, our.bearer(pair().accessToken)] as Record<string, string>[]) {
        const [head, get] = [await our.send("HEAD", path, { headers }), await our.send("GET", path, { headers })];
        const told = (answer: Answer) =>
          [...answer.headers].filter(([name]) => !["date", "content-length", "transfer-encoding"].includes(name));
        expect(head.status).toBe(get.status);
        expect(told(head)).toEqual(told(get));
        expect(head.text).toBe("");
      }
    }
  });

  test("a GET with a body is answered as one without", async () => {
    expect((await our.send("GET", "/auth/me?foo=%ff%&&==", { headers: our.bearer(pair().accessToken) })).status).toBe(200);
  });

  describe("with the compatibility flag nothing-is-404", () => {
    beforeAll(() => worker.restart({ COMPATIBILITY: "nothing-is-404" }));
    afterAll(() => worker.restart({ COMPATIBILITY: undefined }));

    test("what is nowhere, and what has not this method, is not allowed", async () => {
      for (const [method, path] of [
        ["GET", "/nothing"],
        ["POST", "/nothing"],
        ["GET", "/auth/login"],
        ["DELETE", "/auth/me"],
      ] as const) {
        const answer = await our.send(method, path);
        expect(answer.status).toBe(403);
        expect(answer.body).toEqual(flat(403, "NotAllowedAccess"));
        expect(answer.headers.get("allow")).toBeNull();
      }
      expect((await our.login({ password: "wrong" })).body).toEqual(nested("Invalid Credentials"));
    });
  });
});
