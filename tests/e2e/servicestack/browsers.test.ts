// ServiceStack in a browser: requests of other sites, and return URLs.

import { describe, expect, test, vi } from "vitest";
import { DEMO } from "../../support/api";
import { FIELDS, useServiceStack } from "../../support/authenticate";
import { FORM } from "../../support/fixtures";
import { CREDENTIALS, cookiesOf } from "../../support/servicestack";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

const { our } = useServiceStack();

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

  test("a link with HTTP Basic in it is no sign-in", async () => {
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

  test("that lead to another site are refused before anything is done", async () => {
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

  test("of this service are passed on to programs", async () => {
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
