// Signing in with a provider in a real Chromium, through wrangler dev itself. Worker, provider and client are
// three hosts on loopback; to a browser the worker is another site than the other two.

import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { ADMIN, DEMO_WEB, api, flat } from "../../support/api";
import { startApple } from "../../support/apple";
import { CHROMIUM, signInCookies, startChromium } from "../../support/chromium";
import { startClientPage } from "../../support/client_page";
import { startOpenIdProvider } from "../../support/openid_provider";
import { type WranglerDev, startWranglerDev } from "../../support/wrangler_dev";

if (CHROMIUM === undefined) notRun("signing in by a real browser", "chromium");

describe.skipIf(CHROMIUM === undefined)("a real Chromium", () => {
  let server: WranglerDev;
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let apple: Awaited<ReturnType<typeof startApple>>;
  let client: Awaited<ReturnType<typeof startClientPage>>;
  let chromium: Browser;
  let our: ReturnType<typeof api>;

  beforeAll(async () => {
    [chromium, apple] = await Promise.all([startChromium(), startApple()]);
    server = await startWranglerDev(async (publicUrl) => {
      provider = await startOpenIdProvider({ publicUrl, alg: "ES256", clientAuth: "client_secret_basic" });
      return { ...provider.settings, ...apple.settings, SOCIAL_SIGN_UP: "keycloak,apple", SOCIAL_LINKING: "verified-email" };
    });
    await server.serving;
    our = api(server);
    client = await startClientPage((name) => `${server.url}/auth/${name}`);
    await moveDemoWeb(client.callback);
  }, 120_000);
  afterAll(async () => {
    await chromium?.close();
    await Promise.all([server?.stop(), provider?.stop(), apple?.stop(), client?.stop()]);
  }, 60_000);

  /** Gives the client of the demo another redirect URL, as an administrator does. */
  async function moveDemoWeb(redirectUrl: string) {
    const { accessToken } = await our.signIn(ADMIN);
    const headers = our.bearer(accessToken);
    const where = encodeURIComponent(JSON.stringify({ clientId: "demo-web" }));
    const answer = await our.send("PATCH", `/auth-clients?where=${where}`, { body: { redirectUrl }, headers });
    expect(answer.body, answer.text).toEqual({ count: 1 });
  }

  /** A window of a browser that has never been anywhere. */
  async function fresh() {
    const context = await chromium.newContext();
    context.setDefaultTimeout(20_000);
    return { context, page: await context.newPage() };
  }

  async function signInThere(page: Page, login: string) {
    await page.fill('input[name="login"]', login);
    await page.fill('input[name="password"]', "any");
    await page.click('button[type="submit"]');
    await page.waitForSelector('input[name="prompt"][value="consent"]', { state: "attached" });
  }
  const consent = (page: Page) => page.click('button[type="submit"]');

  /** What the client was brought, once the browser is back at its page. */
  async function broughtBack(page: Page) {
    await page.waitForURL(`${client.callback}**`);
    expect(await page.title()).toBe("Back at the client");
    return Object.fromEntries(new URL(page.url()).searchParams);
  }

  async function whoGotIn(code: string) {
    const token = await our.token(code);
    expect(token.status, token.text).toBe(200);
    return (await our.me(token.body.accessToken)).body;
  }

  test("signs in from the client's own page, and is back there with a code", async () => {
    const { context, page } = await fresh();
    await page.goto(client.page("keycloak"));
    await page.click("button");
    await page.waitForURL(`${provider.issuer}/**`);
    const [cookie, ...more] = await signInCookies(context);
    expect(more).toEqual([]);
    expect(cookie).toMatchObject({ domain: "localhost", path: "/", httpOnly: true, secure: true, sameSite: "Lax" });
    await signInThere(page, "ann");
    await consent(page);
    const { code, ...rest } = await broughtBack(page);
    expect(rest).toEqual({ state: "theirs" });
    expect(await signInCookies(context), "the cookie is taken away").toEqual([]);
    expect(await whoGotIn(code!)).toMatchObject({ username: "ann@example.com", firstName: "Ann", lastName: "Lee" });
    await context.close();
  }, 60_000);

  test("opens the URL of a ticket, and signs in", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation", accept: "application/json" };
    const offered = await our.send("POST", "/auth/keycloak", {
      body: new URLSearchParams({ ...DEMO_WEB, state: "deep" }).toString(),
      headers,
    });
    expect(offered.body.authorizationUrl).toMatch(`${server.url}/auth/sign-in/continue?ticket=`);
    const { context, page } = await fresh();
    await page.goto(offered.body.authorizationUrl);
    await signInThere(page, "bob");
    await consent(page);
    const { code, state } = await broughtBack(page);
    expect(state).toBe("deep");
    expect(await whoGotIn(code!)).toMatchObject({ username: "bob@example.com" });
    const again = await page.goto(offered.body.authorizationUrl);
    expect(again!.status(), "a ticket is good once").toBe(401);
    await context.close();
  }, 60_000);

  test("brings Apple's form, which comes from another site, with its cookie", async () => {
    const { context, page } = await fresh();
    await page.goto(client.page("oauth-apple"));
    await page.click("button");
    await page.waitForURL(`${apple.settings.APPLE_AUTH_URL}**`);
    expect(await signInCookies(context)).toMatchObject([
      { secure: true, sameSite: "None", name: expect.stringMatching(/^__Host-signin-post-/) },
    ]);
    await page.click("button");
    const { code, state } = await broughtBack(page);
    expect(state).toBe("theirs");
    expect(await whoGotIn(code!)).toMatchObject({ email: "ann@example.com" });
    await context.close();
  }, 60_000);

  test("is refused with the return of another browser, which can finish afterwards", async () => {
    const { context, page } = await fresh();
    await page.goto(client.page("keycloak"));
    await page.click("button");
    await signInThere(page, "eve");
    const caught = await catchReturn(page);
    await consent(page);
    const url = await caught.url;

    const other = await fresh();
    const refusal = await other.page.goto(url);
    expect(refusal!.status()).toBe(401);
    expect(await refusal!.json()).toEqual(flat(401, "Client Invalid"));
    expect(await other.context.cookies(server.url)).toEqual([]);
    await other.context.close();

    await caught.letGo();
    await page.goto(url);
    expect(await whoGotIn((await broughtBack(page)).code!)).toMatchObject({ username: "eve@example.com" });
    await context.close();
  }, 60_000);

  /** Stops the browser before its callback, as an attacker does who hands the URL to a victim. */
  async function catchReturn(page: Page) {
    const session = await page.context().newCDPSession(page);
    await session.send("Fetch.enable", { patterns: [{ urlPattern: `${server.url}/auth/keycloak-auth-redirect*` }] });
    const url = new Promise<string>((resolve) => {
      session.on("Fetch.requestPaused", async ({ request, requestId }) => {
        await session.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
        resolve(request.url);
      });
    });
    return { url, letGo: () => session.detach() };
  }
});
