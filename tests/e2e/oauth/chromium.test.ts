// The provider in a real Chromium: its pages as plain forms, with their Content Security Policy and without scripts; and a
// single-page app with oidc-client-ts, unmodified.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { DEMO } from "../../support/api";
import { CHROMIUM, startChromium } from "../../support/chromium";
import { CLIENT, type Rp, register } from "../../support/conformance";
import { useWorker } from "../../support/fixtures";
import { oauthSettings } from "../../support/oauth";
import { freePort } from "../../support/ports";

if (CHROMIUM === undefined) notRun("the OAuth endpoints in a real browser", "chromium");

const port = await freePort();
const origin = `http://localhost:${port}`;
const app = `http://127.0.0.1:${await freePort()}`;
const { worker } = useWorker({ port, assets: true, settings: { ...oauthSettings(), PUBLIC_URL: origin } });
const library = readFileSync(new URL("../../../node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url), "utf8");

/** The app's pages: what was posted to its callback is on the page. */
const PAGE = `<!doctype html><title>The app</title><script src="/oidc.js"></script><script>
const manager = new oidc.UserManager({
  authority: "${origin}", client_id: "spa", redirect_uri: "${app}/callback", post_logout_redirect_uri: "${app}/bye",
  scope: "openid profile offline_access", automaticSilentRenew: false, loadUserInfo: true,
});
</script>`;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url!, app);
  if (pathname === "/oidc.js") return void response.setHeader("content-type", "text/javascript").end(library);
  response.setHeader("content-type", "text/html");
  if (request.method !== "POST")
    return void response.end(pathname === "/" || pathname === "/callback" ? PAGE : "<!doctype html><title>Bye</title>");
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => response.end(`<!doctype html><title>Posted</title><pre>${encodeURIComponent(body)}</pre>`));
});

const web: Rp = { ...CLIENT, redirectUri: `${app}/callback` };

describe.skipIf(CHROMIUM === undefined)("a real Chromium", () => {
  let chromium: Browser;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(Number(new URL(app).port), "127.0.0.1", resolve));
    chromium = await startChromium();
    await register(worker, web, { require_pkce: false, consent: "ask", post_logout_redirect_uris: [`${app}/bye`] });
    const spa = { id: "spa", secret: "nobody has it", redirectUri: `${app}/callback` };
    await register(worker, spa, {
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      consent: "none",
      post_logout_redirect_uris: [`${app}/bye`],
    });
  }, 120_000);
  afterAll(async () => {
    await chromium?.close();
    server.closeAllConnections();
    server.close();
  });

  /** A window; whatever its console says is a finding. */
  async function fresh(javaScriptEnabled: boolean) {
    const context = await chromium.newContext({ javaScriptEnabled });
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => {
      if (/Content Security Policy|Refused|CORS/.test(message.text())) said.push(message.text());
    });
    page.on("requestfailed", (request) => {
      if (/csp|blocked/i.test(request.failure()?.errorText ?? "")) said.push(request.url());
    });
    return { page, said, close: () => context.close() };
  }

  async function signIn(page: Page) {
    await page.fill('input[name="username"]', DEMO.username);
    await page.fill('input[name="password"]', DEMO.password);
    await page.click('main form button:not([type="button"]) >> nth=0');
  }
  const ask = (more: Record<string, string> = {}) => {
    const all = { response_type: "code", client_id: web.id, redirect_uri: web.redirectUri, scope: "openid email", state: "s", ...more };
    return `${origin}/oauth/authorize?${new URLSearchParams(all)}`;
  };

  test.each([
    ["with JavaScript", true],
    ["without", false],
  ])(
    "sign-in, consent, form_post and sign-out are plain forms: %s",
    async (_, javaScriptEnabled) => {
      await worker.db.prepare("delete from consents").run();
      const { page, said, close } = await fresh(javaScriptEnabled);
      await page.goto(ask());
      await signIn(page);
      await page.click('button[name="allow"]');
      await page.waitForURL(`${app}/callback?**`);
      expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({ code: expect.any(String), state: "s", iss: origin });
      // Back, and the same request again: nothing is spent, and nothing is asked twice.
      await page.goto(ask());
      await page.waitForURL(`${app}/callback?**`);
      await page.goto(ask({ response_mode: "form_post" }));
      if (!javaScriptEnabled) await page.click("main form button");
      await page.waitForURL(`${app}/callback`);
      const posted = new URLSearchParams(decodeURIComponent((await page.textContent("pre"))!));
      expect(Object.fromEntries(posted)).toEqual({ code: expect.any(String), state: "s", iss: origin });
      // Cancel, where consent is asked for anew.
      await page.goto(ask({ prompt: "consent" }));
      await page.click('button[name="cancel"]');
      await page.waitForURL(`${app}/callback?**`);
      expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied");
      await page.goto(`${origin}/oauth/logout`);
      await page.click('form[action="/sign-out"] button');
      await page.waitForSelector("h1");
      expect(await page.textContent("h1")).toBe("You are signed out");
      expect(said).toEqual([]);
      await close();
    },
    120_000,
  );

  test("a form that is sent twice, and two tabs, do no harm", async () => {
    const { page, said, close } = await fresh(true);
    const other = await page.context().newPage();
    await page.goto(ask({ prompt: "consent" }));
    await other.goto(ask({ prompt: "consent", state: "other" }));
    const consent = async (tab: Page, state: string) => {
      await tab.dblclick('button[name="allow"]');
      // The second submission takes the place of the first, which is a navigation that was given up.
      await expect.poll(() => tab.url(), { timeout: 30_000 }).toContain(`${app}/callback?`);
      expect(Object.fromEntries(new URL(tab.url()).searchParams)).toMatchObject({ code: expect.any(String), state });
    };
    await signIn(page);
    await consent(page, "s");
    // Its form is of before that sign-in: it is shown again, and then taken.
    await signIn(other);
    await other.waitForSelector("text=Please send it once more");
    await signIn(other);
    await consent(other, "other");
    expect(said).toEqual([]);
    await close();
  }, 120_000);

  test("oidc-client-ts signs in, renews by its refresh token without a frame, and signs out", async () => {
    const { page, said, close } = await fresh(true);
    const frames: string[] = [];
    page.on("frameattached", (frame) => frames.push(frame.url()));
    await page.goto(`${app}/`);
    await page.evaluate("void manager.signinRedirect()");
    await page.waitForURL(`${origin}/sign-in**`);
    await signIn(page);
    await page.waitForURL(`${app}/callback?**`);
    const first: any = await page.evaluate(
      "manager.signinRedirectCallback().then(({ profile, access_token, refresh_token }) => ({ profile, access_token, refresh_token }))",
    );
    expect(first.profile).toMatchObject({ preferred_username: "demo", given_name: "Demo" });
    const next: any = await page.evaluate(
      "manager.signinSilent().then(({ access_token, refresh_token }) => ({ access_token, refresh_token }))",
    );
    expect(next.access_token).not.toBe(first.access_token);
    expect(next.refresh_token).not.toBe(first.refresh_token);
    expect(frames).toEqual([]);
    await page.evaluate("manager.revokeTokens(['refresh_token'])");
    const info = (token: string) =>
      page.evaluate(`fetch("${origin}/oauth/userinfo", { headers: { authorization: "Bearer ${token}" } }).then(({ status }) => status)`);
    expect(await info(next.access_token)).toBe(401);
    await page.evaluate("void manager.signoutRedirect()");
    await page.waitForURL(`${app}/bye**`);
    expect(await page.title()).toBe("Bye");
    await page.goto(`${app}/`);
    await page.evaluate("void manager.signinRedirect()");
    await page.waitForURL(`${origin}/sign-in**`);
    expect(said).toEqual([]);
    await close();
  }, 120_000);
});
