// What every page sends beside its content, its languages, its brands, and what is no page.

import { describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { ADMIN, DEMO } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { forms, links, texts, visitor } from "../../support/visitor";

const { SIGN_UP_TENANT, SIGN_UP_ROLE } = demoSettings;
const { worker, our } = useWorker({
  settings: { DEV_MAILBOX: "on", TERMS_URL: "https://own.example/terms", SIGN_UP_TENANT, SIGN_UP_ROLE },
});
const get = (path: string, headers: Record<string, string> = {}) => worker.fetch(path, { headers: { accept: "text/html", ...headers } });

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const WALK = ["/", "/sign-in", "/sign-up", "/forgot-password", "/reset-password", "/sign-out", "/dev/mailbox", "/nowhere"];
const OWN = [
  "/account",
  "/account/security",
  "/account/password",
  "/account/email",
  "/account/devices",
  "/account/linked",
  "/account/activity",
  "/account/proof",
  "/account/factors/app",
  "/sign-out",
];

describe("headers", () => {
  test.each(WALK)("%s has those of a page on the way", async (path) => {
    const { headers } = await get(path);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-robots-tag": "noindex",
      "cache-control": "no-store",
      "permissions-policy": expect.stringContaining("publickey-credentials-get=(self)"),
    });
    expect(headers.get("cross-origin-opener-policy")).toBeNull();
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each(OWN)("%s has those of a person's own", async (path) => {
    const ann = visitor(worker);
    await ann.signIn(DEMO.username, DEMO.password);
    const { headers, status } = await ann.open(path);
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({ "cross-origin-opener-policy": "same-origin", "cache-control": "no-store" });
  });

  test("only a page whose form ends at a client names that client's origin", async () => {
    const policy = async (path: string) => (await get(path)).headers.get("content-security-policy")!;
    expect(await policy("/sign-in?client_id=demo-web")).toContain("form-action 'self' http://localhost:5173;");
    expect(await policy("/sign-in?client_id=demo-web&redirect_uri=https://evil.example")).toContain("form-action 'self';");
    const { accessToken } = await our.signIn(ADMIN);
    const lifetimes = { accessTokenExpiration: 900, refreshTokenExpiration: 900, authCodeExpiration: 180 };
    const body = { clientId: "app", clientSecret: "x", secret: "y", redirectUrl: "com.example.app:/cb", ...lifetimes };
    expect((await our.post("/auth-clients", body, our.bearer(accessToken))).status).toBe(200);
    expect(await policy(`/sign-in?client_id=app&code_challenge=${"a".repeat(43)}`)).toContain("form-action 'self' com.example.app:;");
  });

  test("no page has a script or style of its own, nor anything from elsewhere", async () => {
    const ann = visitor(worker);
    await ann.signIn(DEMO.username, DEMO.password);
    for (const path of [...WALK, ...OWN]) {
      const { html } = await ann.open(path);
      expect(html, path).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
      // A QR code is in its page, and its URI opens an authenticator app.
      for (const [, url] of html.matchAll(/(?:src|href)="([^"]*)"/g))
        expect(url, path).toMatch(/^(\/(?!\/)|#|https:\/\/own\.example\/terms$|data:image\/svg\+xml;base64,|otpauth:\/\/totp\/)/);
    }
  });
});

describe("what is no page", () => {
  test("an unknown path is one for a browser, and LoopBack's answer for everybody else and under the APIs' paths", async () => {
    const page = await get("/nowhere");
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
    for (const [path, accept] of [
      ["/nowhere", "application/json"],
      ["/nowhere", "*/*"],
      ["/auth/nowhere/else", "text/html"],
      ["/auth-clients/1/2/3", "text/html"],
      ["/otp-caches/1/2", "text/html"],
      ["/keycloak/x", "text/html"],
      ["/.well-known/x", "text/html"],
    ] as const) {
      const answer = await get(path, { accept });
      expect([answer.status, answer.headers.get("content-type")], path).toEqual([404, "application/json; charset=utf-8"]);
    }
  });

  test("another method than a page has is 405, with those it has", async () => {
    const answer = await worker.fetch("/sign-in", { method: "DELETE", headers: { accept: "text/html" } });
    expect([answer.status, answer.headers.get("allow"), answer.headers.get("content-type")]).toEqual([
      405,
      "GET, POST, HEAD",
      "text/html; charset=utf-8",
    ]);
  });

  test("no page grants another origin anything, nor answers a preflight", async () => {
    const headers = { origin: "http://localhost:5173", "access-control-request-method": "POST" };
    const answer = await worker.fetch("/sign-in", { method: "OPTIONS", headers });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([405, null]);
    expect((await get("/sign-in", headers)).headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each([
    ["application/json", "{}", 415],
    ["application/x-www-form-urlencoded", "username=a&username=b", 400],
    ["application/x-www-form-urlencoded", "username=%00", 400],
    ["application/x-www-form-urlencoded", `username=${"a".repeat(70_000)}`, 413],
  ])("a form of %s %.22s is refused by a page", async (type, body, status) => {
    const answer = await worker.fetch("/sign-in", { method: "POST", body, headers: { "content-type": type } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
  });

  test("a password in a query is refused by a page", async () => {
    expect((await get("/sign-in?password=x")).status).toBe(400);
  });

  test("the start page and the mailbox are for this machine alone", async () => {
    await worker.restart({ DEV_MAILBOX: undefined });
    const start = await get("/");
    expect([start.status, start.headers.get("location")]).toEqual([303, "/account"]);
    expect((await get("/dev/mailbox")).status).toBe(404);
    await worker.restart({ DEV_MAILBOX: "on" });
    const page = await get("/");
    const html = await page.text();
    for (const words of ["correct horse battery", "demo-web-secret", "/auth/login-token", "/dev/mailbox", "/account"])
      expect(html).toContain(words);
  });
});

describe("languages", () => {
  const heading = async (path: string, headers: Record<string, string> = {}) =>
    /<h1>([^<]*)/.exec(await (await get(path, headers)).text())![1];

  test("follow ui_locales, the choice that was made, the browser, and the deployment", async () => {
    expect(await heading("/sign-in")).toBe("Sign in");
    expect(await heading("/sign-in", { "accept-language": "de-AT,de;q=0.9,en;q=0.5" })).toBe("Anmelden");
    expect(await heading("/sign-in?ui_locales=fr-CA%20de", { "accept-language": "en" })).toBe("Anmelden");
    const ann = visitor(worker, { "accept-language": "en" });
    const german = await ann.open(links(await ann.open("/sign-in?client_id=demo-web&state=s"))["Deutsch"]!);
    expect([german.path, texts(german, "h1")]).toEqual(["/sign-in?client_id=demo-web&state=s&ui_locales=de", ["Anmelden"]]);
    expect(texts(await ann.open("/forgot-password"), "h1")).toEqual(["Passwort vergessen?"]);
    expect(german.html).toContain('<html lang="de">');
  });

  test("a user's own language is that of the account pages and of the messages", async () => {
    const ann = visitor(worker);
    await ann.signIn(DEMO.username, DEMO.password);
    const page = await ann.open("/account");
    const german = await ann.submit(page, { locale: "de" }, { action: "/account" });
    expect(texts(german, "h1")).toEqual(["Profil"]);
    const elsewhere = visitor(worker);
    await elsewhere.signIn(DEMO.username, DEMO.password);
    expect(texts(await elsewhere.open("/account"), "h1")).toEqual(["Profil"]);
    await elsewhere.submit(await elsewhere.open("/forgot-password?ui_locales=en"), { username: DEMO.username });
    await worker.settled();
    const mails = (await (await get("/dev/mailbox", { accept: "application/json" })).json()) as { kind: string; subject: string }[];
    expect(mails.find(({ kind }) => kind === "password-reset")!.subject).toBe("Neues Passwort wählen");
  });
});

describe("a client's branding", () => {
  const PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const branding = {
    client_name: "Fieldbook",
    client_uri: "https://fieldbook.example/",
    logo: PNG,
    policy_uri: "https://fieldbook.example/privacy",
    accent_color: "#123456",
  };

  async function administrator() {
    const { accessToken } = await our.signIn(ADMIN);
    const clients = await our.send("GET", "/auth-clients", { headers: our.bearer(accessToken) });
    const { id } = clients.body.find(({ clientId }: { clientId: string }) => clientId === "demo-web");
    return { path: `/auth-clients/${id}/branding`, headers: our.bearer(accessToken) };
  }

  test("is what its pages look like, and the deployment's look is everybody else's", async () => {
    const { path, headers } = await administrator();
    expect((await our.send("PUT", path, { body: branding, headers })).status).toBe(204);
    expect((await our.send("GET", path, { headers })).body).toEqual(branding);
    const page = await visitor(worker).open("/sign-in?client_id=demo-web");
    expect(texts(page, "title")).toEqual(["Sign in · Fieldbook"]);
    expect(texts(page, "strong")).toEqual(["Fieldbook"]);
    expect(links(page)).toMatchObject({ Terms: "https://own.example/terms", Privacy: branding.policy_uri, Fieldbook: branding.client_uri });
    const [, sheet] = /<link rel="stylesheet" href="(\/brand[^"]*)"/.exec(page.html)!;
    const [, logo] = /<img alt="" src="([^"]*)"/.exec(page.html)!;
    const style = await worker.fetch(sheet!.replaceAll("&amp;", "&").replaceAll("&#38;", "&"));
    expect([
      style.status,
      style.headers.get("content-type"),
      (await style.text()).startsWith(":root{--accent:#123456;--on-accent:#ffffff}"),
    ]).toEqual([200, "text/css; charset=utf-8", true]);
    const picture = await worker.fetch(logo!.replaceAll("&amp;", "&").replaceAll("&#38;", "&"));
    expect([picture.status, picture.headers.get("content-type"), picture.headers.get("content-security-policy")]).toEqual([
      200,
      "image/png",
      expect.stringContaining("sandbox"),
    ]);
    expect(texts(await visitor(worker).open("/sign-in"), "title")).toEqual(["Sign in · Edgelatch"]);
    expect((await our.send("DELETE", path, { headers })).status).toBe(204);
    expect((await our.send("GET", path, { headers })).body).toEqual({});
    expect(texts(await visitor(worker).open("/sign-in?client_id=demo-web"), "title")).toEqual(["Sign in · Edgelatch"]);
  });

  test.each([
    [{ accent_color: "#ffff00" }, "/accent_color"],
    [{ accent_color: "red" }, "/accent_color"],
    [{ logo: "https://evil.example/logo.png" }, "/logo"],
    [{ logo: "data:text/html;base64,AAAA" }, "/logo"],
    [{ client_uri: "javascript:alert(1)" }, "/client_uri"],
    [{ tos_uri: "http://evil.example" }, "/tos_uri"],
    [{ client_name: 7 }, "/client_name"],
    [{ unknown: "x" }, ""],
  ])("%j is 422, and nothing is stored", async (body, path) => {
    const { path: at, headers } = await administrator();
    const answer = await our.send("PUT", at, { body, headers });
    expect([answer.status, answer.body.error.details[0].path]).toEqual([422, path]);
    expect((await our.send("GET", at, { headers })).body).toEqual({});
  });

  test("is for administrators", async () => {
    const { path } = await administrator();
    const { accessToken } = await our.signIn();
    for (const [method, body] of [["GET"], ["PUT", branding], ["DELETE"]] as const)
      expect((await our.send(method, path, { body, headers: our.bearer(accessToken) })).status, method).toBe(403);
    const { headers } = await administrator();
    expect((await our.send("PUT", "/auth-clients/9999/branding", { body: branding, headers })).status).toBe(404);
  });
});

test("every form and link of every page leads somewhere", async () => {
  const ann = visitor(worker);
  await ann.signIn(DEMO.username, DEMO.password);
  const seen = new Set<string>();
  const open = [...WALK.filter((path) => path !== "/nowhere"), ...OWN];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    // The explorer is a static asset, which is beside the worker and not in it: chromium.test.ts opens it.
    if (seen.has(path) || path === "/explorer") continue;
    seen.add(path);
    const page = await ann.open(path);
    if (page.elsewhere) continue;
    expect([200, 410], path).toContain(page.status);
    for (const { action } of forms(page)) {
      const known = await worker.fetch(action, { method: "POST", headers: { accept: "text/html" } });
      expect(known.status, `${path} → ${action}`).toBe(415);
    }
    for (const href of Object.values(links(page))) if (href.startsWith("/") && seen.size < 80) open.push(href);
  }
  expect(seen.size).toBeGreaterThan(20);
});
