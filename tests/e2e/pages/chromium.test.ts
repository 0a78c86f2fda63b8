// Every page in a real Chromium, light and dark, with JavaScript and without: no finding of axe, no message in the
// console, no violation of the Content Security Policy. And walks by keyboard alone.

import { randomUUID } from "node:crypto";
import { type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { KINDS, oneOfEverything, walk } from "../../support/administration";
import { ADMIN, DEMO, DEMO_WEB } from "../../support/api";
import { CHROMIUM, axeFindings, startChromium } from "../../support/chromium";
import { startClientPage } from "../../support/client_page";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { CALLBACK, oauthSettings, putClient } from "../../support/oauth";
import { freePort } from "../../support/ports";
import { PASSWORD, aUser } from "../../support/seed";
import { totp } from "../../support/totp";

if (CHROMIUM === undefined) notRun("the pages in a real browser", "chromium");

const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const port = await freePort();
const origin = `http://localhost:${port}`;
const { worker, our } = useWorker({
  port,
  assets: true,
  settings: {
    PUBLIC_URL: origin,
    DEV_MAILBOX: "on",
    SIGN_UP_TENANT,
    SIGN_UP_ROLE,
    SIGN_UP_CLIENT_IDS,
    GOOGLE_AUTH_CLIENT_ID: "google-client",
    GOOGLE_AUTH_CLIENT_SECRET: "google-secret",
    EMAIL_CODES: "on",
    ...oauthSettings(),
  },
});
const mails = mailbox(worker);

/** Pages for strangers. */
const OPEN = [
  "/",
  "/sign-in",
  "/sign-in?client_id=demo-web&state=s",
  "/sign-in?client_id=nobody",
  "/sign-up",
  "/sign-up?step=sent",
  "/forgot-password",
  "/forgot-password?step=sent",
  "/sign-in/second-step",
  "/sign-in/code",
  "/reset-password",
  "/sign-out",
  "/dev/mailbox",
  "/explorer",
  "/nowhere",
];
/** Pages for an administrator. */
const PEOPLE = `/admin/tenants/${SIGN_UP_TENANT}/users`;
const ADMINISTRATION = [`${PEOPLE}?q=nobody&in=lastName&only=2`, `${PEOPLE}?skip=1`, `${PEOPLE}?done=new`, "/admin/nowhere"];
/** Pages for who is signed in. */
const OWN = [
  "/account",
  "/account?notice=profile",
  "/account/security",
  "/account/password",
  "/account/email",
  "/account/devices",
  "/account/linked",
  "/account/apps",
  "/account/activity",
  "/account/data",
  "/account/proof",
  "/account/factors/passkey",
  "/account/factors/app",
  "/account/factors/nothing",
  "/sign-out",
  "/select-account?client_id=demo-web",
  // It leads to `/consent`.
  `/oauth/authorize?${new URLSearchParams({ response_type: "code", client_id: "demo-web", redirect_uri: CALLBACK, scope: "openid email" })}`,
  "/oauth/authorize?client_id=nobody",
  "/device",
  "/device?user_code=BBBB-BBBB",
];

describe.skipIf(CHROMIUM === undefined)("in a real Chromium", () => {
  let chromium: Browser;
  let client: Awaited<ReturnType<typeof startClientPage>>;

  beforeAll(async () => {
    chromium = await startChromium();
    client = await startClientPage(() => "");
    const { accessToken } = await our.signIn(ADMIN);
    const where = encodeURIComponent(JSON.stringify({ clientId: "demo-web" }));
    await our.send("PATCH", `/auth-clients?where=${where}`, { body: { redirectUrl: client.callback }, headers: our.bearer(accessToken) });
    await putClient(worker, "demo-web", { consent: "ask" });
    await oneOfEverything(worker, "a-rather-long-word-that-no-line-breaks");
  }, 120_000);
  afterAll(async () => {
    await chromium?.close();
    await client?.stop();
  });

  /** What a page did that it should not have done. */
  function watch(page: Page) {
    const wrong: string[] = [];
    page.on("console", (message) => {
      // What a browser says of a status is no mistake of the page.
      if (!/^Failed to load resource: the server responded with a status of (4\d\d)/.test(message.text())) wrong.push(message.text());
    });
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("requestfailed", (request) => {
      const what = request.failure()?.errorText;
      // A page that is left does without what it was loading still.
      if (what !== "net::ERR_ABORTED") wrong.push(`${request.url()}: ${what}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) wrong.push(`a request to ${request.url()}`);
    });
    return wrong;
  }

  async function signIn(page: Page, { username, password } = DEMO) {
    await page.goto(`${origin}/sign-in`);
    await page.fill("#username", username);
    await page.fill("#password", password);
    await page.click("button.primary");
    await page.waitForURL(`${origin}/account`);
  }

  /** The links that people are mailed: what each opens is looked at before its form is sent. */
  async function* mailedLinks(page: Page, tag: string) {
    const [old, next, invited] = ["old", "next", "invited"].map((name) => `${name}-${tag}@example.com`) as [string, string, string];
    const { username } = await aUser(worker, { email: old });
    await our.post("/auth/sign-up/create-token", { email: invited });
    yield (await mails.wait(invited)).link!;
    await our.post("/auth/forget-password", { ...DEMO_WEB, username });
    yield (await mails.wait(old)).link!;
    const { accessToken } = await our.signIn({ username, password: PASSWORD });
    await our.post("/auth/me/email", { email: next }, our.bearer(accessToken));
    yield (await mails.wait(next)).link!;
    await page.click("button.primary");
    yield (await mails.wait(old, 2)).link!;
  }

  /** The pages of somebody who has factors; nothing for the one that is shown already. */
  async function* withFactors(page: Page) {
    const user = await aUser(worker);
    const signIn = async () => {
      await page.goto(`${origin}/sign-in`);
      await page.fill("#username", user.username);
      await page.fill("#password", user.password);
      await page.click("button.primary");
    };
    const prove = async (code: string) => {
      await page.fill("#code", code);
      await page.click("button.primary");
    };
    // Whoever must have a factor and has none sets one up.
    await run("update roles set require_mfa = 1 where id = ?", SIGN_UP_ROLE);
    await signIn();
    await page.waitForURL("**/sign-in/second-step");
    yield undefined;
    const secret = (await page.textContent("main code"))!.replaceAll(" ", "");
    await run("update roles set require_mfa = 0 where id = ?", SIGN_UP_ROLE);
    await prove("000000");
    await page.waitForSelector("#problem");
    yield undefined;
    await prove(totp(secret, -1));
    await page.waitForSelector("ol.codes");
    yield undefined;
    const codes = await page.locator("ol.codes li").allTextContents();
    // A passkey besides, as the script would have made it.
    await run(
      `insert into factors (id, user_id, kind, name, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, rp_id,
         created_on, confirmed_on) values (?1, ?2, 'passkey', 'Pixel 9', ?1, 'k', 0, 1, 1, '[]', 'localhost', 1, 1)`,
      `key-of-${user.id}`,
      user.id,
    );
    for (const path of ["security", "factors/recovery-codes", "factors/no-second-step", `factors/key-of-${user.id}`])
      yield `/account/${path}`;
    await run("update browsers set auth_time = 0 where user_id = ?", user.id);
    yield "/account/proof";
    await page.context().clearCookies();
    await signIn();
    await page.waitForURL("**/sign-in/second-step");
    yield undefined;
    await page.check("[name=trust]");
    await prove(codes[0]!.trim());
    await page.waitForURL(`${origin}/account`);
    yield "/account/devices";
  }
  const run = (sql: string, ...values: unknown[]) =>
    worker.db
      .prepare(sql)
      .bind(...values)
      .run();

  /** Sends the form of a page with texts that are too long and of no right form, if it has any; says whether it was refused. */
  async function sendNonsense(page: Page) {
    const typed = page.locator("form.narrow :is(input:is([type=text], [type=email]), textarea)");
    if ((await typed.count()) === 0) return false;
    for (const field of await typed.all())
      await field.evaluate((it: { form: { noValidate: boolean }; value: string }) => {
        it.form.noValidate = true;
        it.value = `${"x".repeat(1_100)}@x`;
      });
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await page.click("form.narrow button");
    expect([page.url(), [400, 422].includes((await answer).status())]).toEqual([page.url(), true]);
    await page.waitForSelector("#problem");
    return true;
  }

  /** Nothing sticks out to the side. */
  const isNarrow = (page: Page) => page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth");

  describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
    /** Looks at pages; what is wrong with them is in the end. */
    async function looking(javaScriptEnabled: boolean) {
      const context = await chromium.newContext({ colorScheme, javaScriptEnabled, viewport: { width: 1280, height: 900 } });
      const page = await context.newPage();
      const wrong = watch(page);
      const found: Record<string, string[]> = {};
      /** Looks at the page that is shown, or at another. */
      const look = async (path?: string) => {
        if (path !== undefined) await page.goto(new URL(path, origin).href);
        const { pathname, search } = new URL(page.url());
        const here = pathname + search;
        for (const width of [1280, 320]) {
          await page.setViewportSize({ width, height: 900 });
          // axe is a script itself; a page's own scripts are off all the same where they are.
          const bad = javaScriptEnabled ? await axeFindings(page) : [];
          if (javaScriptEnabled && !(await isNarrow(page))) bad.push("sticks out to the side");
          if (bad.length > 0) found[`${here} at ${width}`] = bad;
        }
        expect(await page.title(), here).toMatch(/Edgelatch$/);
      };
      const end = async () => {
        expect(found).toEqual({});
        expect(wrong).toEqual([]);
        await context.close();
      };
      return { page, look, end };
    }

    test.each([true, false])(
      "every page, JavaScript: %s",
      async (javaScriptEnabled) => {
        const { page, look, end } = await looking(javaScriptEnabled);
        for (const path of OPEN) await look(path);
        for await (const link of mailedLinks(page, `${colorScheme}-${javaScriptEnabled}`)) await look(link);
        await signIn(page);
        for (const path of OWN) await look(path);
        await end();
      },
      300_000,
    );

    test.each([true, false])(
      "every page of whoever has factors, JavaScript: %s",
      async (javaScriptEnabled) => {
        const { page, look, end } = await looking(javaScriptEnabled);
        for await (const path of withFactors(page)) await look(path);
        await end();
      },
      300_000,
    );

    test.each([true, false])(
      "every page of an administrator, JavaScript: %s",
      async (javaScriptEnabled) => {
        const { page, look, end } = await looking(javaScriptEnabled);
        await signIn(page, ADMIN);
        const refused: string[] = [];
        const visited = await walk(async (path) => {
          await look(path);
          const links = await page.locator("a").evaluateAll((all: { href: string }[]) => all.map(({ href }) => href));
          if (await sendNonsense(page)) {
            refused.push(path);
            await look();
          }
          return links.filter((link) => link.startsWith(origin)).map((link) => link.slice(origin.length));
        });
        expect(visited).toEqual([...KINDS].sort());
        expect(refused).toHaveLength(15);
        for (const path of ADMINISTRATION) await look(path);
        await end();
      },
      600_000,
    );
  });

  test("a page without JavaScript has no control that would do nothing", async () => {
    const context = await chromium.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${origin}/sign-in`);
    expect(await page.getByRole("button").allTextContents()).toEqual(["Sign in"]);
    await context.close();
  }, 60_000);

  describe.each([true, false])("JavaScript: %s", (javaScriptEnabled) => {
    let context: BrowserContext;
    let page: Page;
    let wrong: string[];

    beforeAll(async () => {
      context = await chromium.newContext({ javaScriptEnabled });
      context.setDefaultTimeout(20_000);
    });
    afterAll(() => context.close());

    async function fresh() {
      await context.clearCookies();
      page = await context.newPage();
      wrong = watch(page);
      return page;
    }
    const type = async (...keys: string[]) => {
      await page.locator(":focus").first().waitFor();
      for (const key of keys) {
        if (key.length > 1 && /^[A-Z]/.test(key) && ["Tab", "Enter", "Space"].includes(key)) await page.keyboard.press(key);
        else await page.keyboard.type(key);
      }
    };

    test("by keyboard alone: sign in for an app, which gets the browser back", async () => {
      await fresh();
      await page.goto(`${origin}/sign-in?client_id=demo-web&state=s`);
      await type(DEMO.username, "Tab", "Tab", DEMO.password, "Enter");
      await page.waitForURL(`${client.callback}?**`);
      expect(new URL(page.url()).searchParams.get("state")).toBe("s");
      expect(wrong.filter((text) => !text.includes(client.callback))).toEqual([]);
    }, 60_000);

    test("by keyboard alone: a wrong password, and the page says so where the focus is", async () => {
      await fresh();
      await page.goto(`${origin}/sign-in`);
      await type(DEMO.username, "Tab", "Tab", "wrong", "Enter");
      await page.waitForSelector("#problem");
      const focused = page.locator(":focus");
      expect([await focused.getAttribute("id"), await focused.getAttribute("aria-invalid")]).toEqual(["password", "true"]);
      await type(DEMO.password, "Enter");
      await page.waitForURL(`${origin}/account`);
    }, 60_000);

    test("by keyboard alone: sign up with the mailed link", async () => {
      await fresh();
      const email = `key-${javaScriptEnabled}@example.com`;
      await page.goto(`${origin}/sign-up`);
      await type(email, "Enter");
      await page.waitForURL("**/sign-up?step=sent");
      const { link } = await mails.wait(email);
      await page.goto(link!);
      expect(page.url()).toBe(`${origin}/sign-up`);
      await type("Kay", "Tab", "Lee", "Tab", "a very good one", "Enter");
      await page.waitForURL("**/sign-up?step=done");
      expect(wrong).toEqual([]);
    }, 60_000);

    test("by keyboard alone: a new password with the mailed link", async () => {
      await fresh();
      const user = await aUser(worker, { email: `reset-${javaScriptEnabled}@example.com` });
      await page.goto(`${origin}/forgot-password`);
      await type(user.username, "Enter");
      await page.waitForURL("**/forgot-password?step=sent");
      const { link } = await mails.wait(`reset-${javaScriptEnabled}@example.com`);
      await page.goto(link!);
      await type("a very good one", "Enter");
      await page.waitForURL("**/reset-password?step=done");
      expect(wrong).toEqual([]);
    }, 60_000);

    test("by keyboard alone: an administrator finds a person, disables them, and is told what is wrong with a field", async () => {
      await fresh();
      const user = await aUser(worker, { email: `found-${randomUUID()}@example.com` });
      await page.goto(`${origin}/sign-in?return_to=${encodeURIComponent(PEOPLE)}`);
      await type(ADMIN.username, "Tab", "Tab", ADMIN.password, "Enter");
      await page.waitForURL(`${origin}${PEOPLE}`);
      await page.focus("#q");
      await type(user.username.slice(0, 20), "Tab");
      await page.selectOption("#in", "username");
      await page.focus("form.filters button");
      await type("Enter");
      await page.waitForURL("**?q=user-**");
      await page.focus("tbody a");
      await type("Enter");
      await page.waitForURL(`**/${user.id}`);
      await page.getByRole("link", { name: "Edit" }).focus();
      await type("Enter");
      await page.waitForURL("**?step=edit");
      expect(await page.locator(":focus").getAttribute("id")).toBe("firstName");
      await page.fill("#phone", "1");
      await page.fill("#email", "nowhere@");
      await page.locator("form.narrow").evaluate((form) => form.setAttribute("novalidate", ""));
      await page.focus("form.narrow button.primary");
      await type("Enter");
      await page.waitForSelector("#problem");
      const focused = page.locator(":focus");
      expect([await focused.getAttribute("id"), await focused.getAttribute("aria-invalid")]).toEqual(["email", "true"]);
      await page.goto(`${origin}${PEOPLE}/${user.id}?step=disable`);
      await page.focus("button.danger");
      await type("Enter");
      await page.waitForURL("**?done=disable");
      expect(await page.textContent("dl .tag")).toBe("disabled");
      expect(wrong).toEqual([]);
    }, 60_000);

    test("by keyboard alone: the profile is saved, and the browser signed out; Back shows nothing", async () => {
      await fresh();
      const user = await aUser(worker);
      await page.goto(`${origin}/sign-in`);
      await type(user.username, "Tab", "Tab", user.password, "Enter");
      await page.waitForURL(`${origin}/account`);
      await page.focus("#last_name");
      await type("Lovelace", "Enter");
      await page.waitForURL("**/account?notice=profile**");
      expect(await page.inputValue("#last_name")).toBe("Lovelace");
      await page.goto(`${origin}/sign-out`);
      await page.focus("main button.primary");
      await type("Enter");
      await page.waitForSelector("text=You are signed out");
      await page.goBack();
      await page.waitForLoadState();
      expect(await page.content()).not.toContain("Lovelace");
    }, 60_000);
  });

  test.each(["light", "dark"] as const)(
    "the API explorer signs in and calls with the token: %s",
    async (colorScheme) => {
      const page = await (await chromium.newContext({ colorScheme })).newPage();
      const wrong = watch(page);
      await page.goto(`${origin}/explorer#getAuthMe`);
      await page.waitForSelector("#getAuthMe[open]");
      expect(await page.textContent("#count")).toMatch(/^(\d+) of \1 operations$/);
      await page.fill("#filter", "post login-token");
      expect(await page.textContent("#count")).toMatch(/^1 of /);
      await page.click("#postAuthLoginToken > summary");
      await page.fill("#postAuthLoginToken_body", JSON.stringify({ ...DEMO_WEB, ...DEMO }));
      await page.click("#postAuthLoginToken button.primary");
      await page.getByRole("button", { name: "Use this access token" }).click();
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await axeFindings(page)).toEqual([]);
        expect(await isNarrow(page)).toBe(true);
      }
      await page.fill("#filter", "");
      await page.click("#getAuthMe button.primary");
      const answer = page.locator("#getAuthMe output");
      await answer.locator("pre").waitFor();
      expect(await answer.textContent()).toContain(`"username": "${DEMO.username}"`);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
    60_000,
  );

  test("a password is shown and hidden by the script, and is a password again when it is sent", async () => {
    const page = await (await chromium.newContext()).newPage();
    await page.goto(`${origin}/sign-in`);
    const button = page.getByRole("button", { name: "Show password" });
    await button.click();
    expect(await page.getAttribute("#password", "type")).toBe("text");
    await page.getByRole("button", { name: "Hide password" }).click();
    expect(await page.getAttribute("#password", "type")).toBe("password");
    await page.context().close();
  }, 60_000);

  test("a page in a frame of another site shows nothing", async () => {
    const page = await (await chromium.newContext()).newPage();
    await page.route("http://127.0.0.1:9/", (route) =>
      route.fulfill({ contentType: "text/html", body: `<iframe src="${origin}/sign-in"></iframe>` }),
    );
    await page.goto("http://127.0.0.1:9/");
    const frame = page.frames()[1]!;
    await frame.waitForLoadState();
    expect(await frame.locator("input").count()).toBe(0);
    await page.context().close();
  }, 60_000);

  test("the first sign-in page is at most 30 KiB on the wire, with all that it loads", async () => {
    const context = await chromium.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    let bytes = 0;
    session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(`${origin}/sign-in?client_id=demo-web&state=s`, { waitUntil: "networkidle" });
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(30 * 1024);
    await context.close();
  }, 60_000);
});
