// Passkeys in a real Chromium, with the virtual authenticator of the DevTools protocol: what the script of the pages and
// the browser do together, and what the browser's own signatures come to.

import { type Browser, type BrowserContext, type CDPSession, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { notRun } from "../../../scripts/lib/steps.mjs";
import { CHROMIUM, startChromium } from "../../support/chromium";
import { useWorker } from "../../support/fixtures";
import { freePort } from "../../support/ports";
import { aUser } from "../../support/seed";

if (CHROMIUM === undefined) notRun("passkeys in a real browser", "chromium");

const port = await freePort();
const origin = `http://localhost:${port}`;
const { worker } = useWorker({ port, assets: true, settings: { PUBLIC_URL: origin } });

const ALGORITHMS = { EdDSA: -8, ES256: -7, RS256: -257 };
const VERIFIES = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };

describe.skipIf(CHROMIUM === undefined)("in a real Chromium", () => {
  let chromium: Browser;
  let context: BrowserContext;
  let page: Page;
  let cdp: CDPSession;
  let key: string;
  let user: Awaited<ReturnType<typeof aUser>>;

  beforeAll(async () => {
    chromium = await startChromium();
  }, 120_000);
  afterAll(() => chromium?.close());

  beforeEach(async () => {
    user = await aUser(worker);
    context = await chromium.newContext();
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    key = await plugIn();
  }, 60_000);
  afterEach(() => context.close());

  /** Connects an authenticator to the page's browser. */
  async function plugIn(options: object = {}) {
    cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable", { enableUI: false });
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", ...VERIFIES, ...options },
    });
    return authenticatorId;
  }
  const credentials = async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId: key })).credentials;
  const noPresence = (enabled: boolean) => cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: key, enabled: !enabled });
  const override = (bits: object) => cdp.send("WebAuthn.setResponseOverrideBits", { authenticatorId: key, ...bits });
  /** A key that the authenticator had before, with another counter. */
  const turnBack = async (signCount: number) => {
    const [credential] = await credentials();
    await cdp.send("WebAuthn.removeCredential", { authenticatorId: key, credentialId: credential!.credentialId });
    await cdp.send("WebAuthn.addCredential", { authenticatorId: key, credential: { ...credential!, signCount } });
  };

  async function signIn() {
    await page.goto(`${origin}/sign-in`);
    await page.fill("#username", user.username);
    await page.fill("#password", user.password);
    await page.click("button.primary");
    await page.waitForURL(`${origin}/account`);
  }
  /** Signs in with the password, and adds a passkey. */
  async function enrol(name = "Laptop") {
    await signIn();
    await page.goto(`${origin}/account/factors/passkey`);
    await page.fill("#name", name);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.waitForSelector("ol.codes");
    await page.getByRole("link", { name: "I have kept them" }).click();
    await page.waitForURL("**/account/security?notice=added");
  }
  const signOut = () => context.clearCookies();
  const browsers = async () =>
    (
      await worker.db
        .prepare("select method, aal, amr from browsers where user_id = ? and ended_on is null order by created_on")
        .bind(user.id)
        .all()
    ).results;
  const problem = async () => (await page.waitForSelector("#problem")).textContent();
  /** Presses the button; nothing is offered before. */
  async function press() {
    await noPresence(true);
    await page.goto(`${origin}/sign-in`);
    const button = page.getByRole("button", { name: "Use a passkey" });
    await button.waitFor();
    await noPresence(false);
    await button.click();
  }

  test("a passkey is added, and signs in by the button and by what the browser offers", async () => {
    await enrol("My laptop");
    expect(await page.getByText("My laptop").count()).toBe(1);
    expect(await credentials()).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);
    await signOut();
    // The virtual authenticator takes up an offer at once, as somebody does who picks the passkey in the field of the name.
    await page.goto(`${origin}/sign-in`);
    await page.waitForURL(`${origin}/account`);
    await signOut();
    await press();
    await page.waitForURL(`${origin}/account`);
    expect(await browsers()).toMatchObject([{ aal: 1 }, { method: "passkey", aal: 2, amr: "hwk user mfa" }, { method: "passkey", aal: 2 }]);
  }, 60_000);

  test.each(Object.entries(ALGORITHMS))(
    "%s is verified",
    async (_, alg) => {
      // Chromium takes the first that the authenticator has: the others are left out of what is asked for.
      await page.route("**/passkey/new", async (route) => {
        const answer = await route.fetch();
        const body = await answer.json();
        body.publicKey.pubKeyCredParams = [{ type: "public-key", alg }];
        await route.fulfill({ response: answer, json: body });
      });
      await enrol();
      await signOut();
      await page.goto(`${origin}/sign-in`);
      await page.waitForURL(`${origin}/account`);
      const { results } = await worker.db
        .prepare("select public_key from factors where user_id = ?")
        .bind(user.id)
        .all<{ public_key: string }>();
      const cose = Buffer.from(results[0]!.public_key, "base64url");
      // The entry 3 of a COSE key (RFC 9053 §2): -7 and -8 are one byte, -257 three.
      const entry = alg === -257 ? Buffer.from([3, 0x39, 1, 0]) : Buffer.from([3, 0x20 - alg - 1]);
      expect(cose.includes(entry)).toBe(true);
    },
    60_000,
  );

  test("a signature that is not the key's signs nobody in, and the page asks once", async () => {
    await enrol();
    await signOut();
    await override({ isBogusSignature: true });
    await page.goto(`${origin}/sign-in`);
    expect(await problem()).toContain("could not be verified");
    expect(await browsers()).toHaveLength(1);
    await override({ isBogusSignature: false });
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${origin}/account`);
  }, 60_000);

  test.each([["isBadUV"], ["isBadUP"]])(
    "an answer with %s signs nobody in",
    async (bit) => {
      await enrol();
      await signOut();
      await override({ [bit]: true });
      await page.goto(`${origin}/sign-in`);
      expect(await problem()).toContain("could not be verified");
      expect(await browsers()).toHaveLength(1);
    },
    60_000,
  );

  test("without user verification the browser gives nothing, and the page says so", async () => {
    await enrol();
    await signOut();
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId: key, isUserVerified: false });
    await page.goto(`${origin}/sign-in`);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("That did not work, or was stopped.").waitFor();
    expect(await browsers()).toHaveLength(1);
  }, 60_000);

  test("the pages of another origin sign nobody in, though the browser lets them", async () => {
    await enrol();
    await signOut();
    // localhost is the relying party of every port: only the server tells the origins apart.
    const elsewhere = `http://localhost:${await freePort()}`;
    await noPresence(true);
    await page.goto(`${origin}/sign-in`);
    const options = await page.evaluate<any>('fetch("/passkey/sign-in").then((answer) => answer.json())');
    const token = await page.inputValue("input[name=form_token]");
    const foreign = await context.newPage();
    await foreign.route(`${elsewhere}/**`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>x</title>" }));
    const session = await context.newCDPSession(foreign);
    await session.send("WebAuthn.enable", { enableUI: false });
    const [credential] = await credentials();
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", ...VERIFIES },
    });
    await session.send("WebAuthn.addCredential", { authenticatorId, credential: credential! });
    await foreign.goto(`${elsewhere}/`);
    const asked = `PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options.publicKey)})`;
    const answer = await foreign.evaluate<string>(
      `navigator.credentials.get({ publicKey: ${asked} }).then((credential) => JSON.stringify(credential))`,
    );
    const answered = await page.request.post(`${origin}/sign-in`, {
      form: { form_token: token, ceremony: options.id, credential: answer },
      headers: { origin, "sec-fetch-site": "same-origin" },
      maxRedirects: 0,
    });
    expect(answered.status()).toBe(422);
    expect(await browsers()).toHaveLength(1);
  }, 60_000);

  test("an answer that was sent once signs nobody in again", async () => {
    await enrol();
    await signOut();
    let sent = "";
    page.on("request", (request) => {
      if (request.method() === "POST") sent = request.postData() ?? "";
    });
    await page.goto(`${origin}/sign-in`);
    await page.waitForURL(`${origin}/account`);
    expect(sent).toContain("credential=");
    const cookies = await context.cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const again = await fetch(`${origin}/sign-in`, {
      method: "POST",
      body: sent,
      headers: { cookie, "content-type": "application/x-www-form-urlencoded", origin },
      redirect: "manual",
    });
    expect([403, 422]).toContain(again.status);
    expect(await browsers()).toHaveLength(2);
  }, 60_000);

  test("a counter that is turned back is noted, as a copy of the key would turn it", async () => {
    await enrol();
    for (const count of [50, 3]) {
      await signOut();
      await turnBack(count);
      await page.goto(`${origin}/sign-in`);
      await page.waitForURL(`${origin}/account`);
    }
    await worker.settled();
    const { results } = await worker.db
      .prepare("select result from login_activity where kind = 'passkey' and user_id = ?")
      .bind(user.id)
      .all();
    expect(results).toEqual([{ result: "counter" }]);
    await page.goto(`${origin}/account/activity`);
    expect(await page.getByText("A passkey may have been copied").count()).toBe(1);
  }, 60_000);

  test("is a second step, and a fresh proof", async () => {
    await enrol();
    await worker.db.prepare("update user_factors set second_step = 1 where user_id = ?").bind(user.id).run();
    await signOut();
    await noPresence(true);
    await page.goto(`${origin}/sign-in`);
    await page.fill("#username", user.username);
    await page.fill("#password", user.password);
    await page.click("button.primary");
    await page.waitForURL(`${origin}/sign-in/second-step`);
    await noPresence(false);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${origin}/account`);
    await worker.db.prepare("update browsers set auth_time = 0 where user_id = ?").bind(user.id).run();
    await page.goto(`${origin}/account/email`);
    await page.waitForURL("**/account/proof?**");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${origin}/account/email`);
    expect((await browsers()).at(-1)).toMatchObject({ aal: 2, amr: "pwd hwk user mfa" });
  }, 60_000);

  test("whoever must have a factor makes a passkey in the sign-in and goes on by it; without JavaScript there is the app", async () => {
    const demand = (on: number) => worker.db.prepare("update roles set require_mfa = ? where name = 'Member'").bind(on).run();
    const toSetUp = async (page: Page) => {
      await page.goto(`${origin}/sign-in`);
      await page.fill("#username", user.username);
      await page.fill("#password", user.password);
      await page.click("button.primary");
      await page.waitForURL(`${origin}/sign-in/second-step`);
    };
    await demand(1);
    try {
      const bare = await (await chromium.newContext({ javaScriptEnabled: false })).newPage();
      await toSetUp(bare);
      expect(await bare.getByRole("button").count()).toBe(1);
      expect(await bare.locator("img.qr").isVisible()).toBe(true);
      expect(await bare.getByText("Passkeys need JavaScript").count()).toBe(0);
      await bare.context().close();
      await toSetUp(page);
      await page.getByRole("button", { name: "Add a passkey" }).click();
      await page.waitForSelector("ol.codes");
      expect(await credentials()).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);
      expect(await browsers()).toEqual([]);
      await page.getByRole("link", { name: "I have kept them" }).click();
      await page.waitForURL(`${origin}/sign-in/second-step`);
      await page.getByRole("button", { name: "Use a passkey" }).click();
      await page.waitForURL(`${origin}/account`);
      expect(await browsers()).toMatchObject([{ aal: 2, amr: "pwd hwk user mfa" }]);
    } finally {
      await demand(0);
    }
  }, 60_000);

  test("an authenticator that has one already makes no second", async () => {
    await enrol();
    await signOut();
    await page.goto(`${origin}/sign-in`);
    await page.waitForURL(`${origin}/account`);
    await page.goto(`${origin}/account/factors/passkey`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("That did not work, or was stopped.").waitFor();
    expect(await credentials()).toHaveLength(1);
  }, 60_000);

  test("a passkey that is removed here is forgotten by the authenticator", async () => {
    await enrol();
    await signOut();
    await page.goto(`${origin}/sign-in`);
    await page.waitForURL(`${origin}/account`);
    // Somewhere else it is removed: the list of those that are left tells the authenticator.
    await worker.db.prepare("update browsers set factor_id = null where user_id = ?").bind(user.id).run();
    await worker.db.prepare("delete from factors where user_id = ?").bind(user.id).run();
    const gone = new Promise((resolve) => cdp.on("WebAuthn.credentialDeleted", resolve));
    await page.goto(`${origin}/account/security`);
    await gone;
    expect(await credentials()).toEqual([]);
  }, 60_000);

  test("a passkey that is not known here is forgotten by the authenticator", async () => {
    await enrol();
    await signOut();
    await worker.db.prepare("delete from factors where user_id = ?").bind(user.id).run();
    const gone = new Promise((resolve) => cdp.on("WebAuthn.credentialDeleted", resolve));
    await page.goto(`${origin}/sign-in`);
    expect(await problem()).toContain("not known here any more");
    await gone;
    expect(await credentials()).toEqual([]);
  }, 60_000);

  test("a new name is told to the authenticator", async () => {
    await enrol();
    const updated = new Promise((resolve) => {
      cdp.on("WebAuthn.credentialUpdated", ({ credential }) => credential.userDisplayName === "Renamed" && resolve(undefined));
    });
    await worker.db.prepare("update users set first_name = 'Renamed' where id = ?").bind(user.id).run();
    await page.goto(`${origin}/account/security`);
    await updated;
    expect(await credentials()).toMatchObject([{ userDisplayName: "Renamed" }]);
  }, 60_000);

  test("a page that stays open asks for a fresh challenge", async () => {
    await page.clock.install();
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/passkey/sign-in")) asked.push(request.url());
    });
    await noPresence(true);
    await page.goto(`${origin}/sign-in`);
    await expect.poll(() => asked.length).toBe(1);
    await page.clock.fastForward("04:01");
    await expect.poll(() => asked.length).toBe(2);
    await page.clock.fastForward("04:01");
    await expect.poll(() => asked.length).toBe(3);
  }, 60_000);

  test("without JavaScript nothing is offered that would do nothing, and the page says what it takes", async () => {
    await enrol();
    await worker.db.prepare("update user_factors set second_step = 1 where user_id = ?").bind(user.id).run();
    await worker.db.prepare("delete from recovery_codes where user_id = ?").bind(user.id).run();
    const bare = await (await chromium.newContext({ javaScriptEnabled: false })).newPage();
    await bare.goto(`${origin}/sign-in`);
    expect(await bare.getByRole("button").allTextContents()).toEqual(["Sign in"]);
    await bare.fill("#username", user.username);
    await bare.fill("#password", user.password);
    await bare.click("button.primary");
    await bare.waitForURL(`${origin}/sign-in/second-step`);
    expect(await bare.getByRole("button").count()).toBe(0);
    expect(await bare.getByText("Passkeys need JavaScript").isVisible()).toBe(true);
    await bare.context().close();
  }, 60_000);
});
