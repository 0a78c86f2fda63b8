// npm run screenshots: the pages as pictures for the documents, docs/screenshots, from `wrangler dev` with the demo's data.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildSteps } from "./lib/build.mjs";
import { demoSecondStep, demoSettings, demoSignIn } from "./lib/demo.mjs";
import { dataKeyOf, writeDevVars } from "./lib/dev-vars.mjs";
import { commandLine } from "./lib/options.mjs";
import { Stop, inSteps, main, root, say } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";
import { startDev } from "./lib/wrangler.mjs";

const FOLDER = join(root, "docs/screenshots");
const PORT = 8799;
/** One that is good still: it is used once, and making new ones voids it. */
let recoveryCode = demoSecondStep.recoveryCodes[0];
/** Links that were followed. */
const seen = new Set();
/** What strangers see: name and path. */
const OPEN = [
  ["start", "/"],
  ["sign-in", "/sign-in?client_id=demo-web&state=s"],
  ["sign-up", "/sign-up"],
  ["sign-up-sent", "/sign-up?step=sent"],
  ["forgot-password", "/forgot-password"],
  ["forgot-password-sent", "/forgot-password?step=sent"],
  ["error", "/nowhere"],
];
/** What there is in the dark of the pages that are many: the others look alike. */
const DARK = /^(?!add-|admin-|recovery-codes|second-step-)|^admin-(?:people|person)$/;
const PEOPLE = `/admin/tenants/${demoSettings.SIGN_UP_TENANT}/users`;
/** What the demo's administrator sees. */
const ADMINISTRATION = [
  ["admin-people", PEOPLE],
  ["admin-invite", `${PEOPLE}?step=new`],
  ["admin-tenants", "/admin/tenants"],
  ["admin-roles", `/admin/tenants/${demoSettings.SIGN_UP_TENANT}/roles`],
  ["admin-apps", "/admin/auth-clients"],
  ["admin-app", "/admin/auth-clients/1"],
  ["admin-activity", "/admin/login-activity"],
  ["admin-events", "/admin/outbox"],
];
/** What the demo's user sees. */
const OWN = [
  ["select-account", "/select-account?client_id=demo-web"],
  ["profile", "/account"],
  ["security", "/account/security"],
  ["password", "/account/password"],
  ["email", "/account/email"],
  ["devices", "/account/devices"],
  ["linked", "/account/linked"],
  ["activity", "/account/activity"],
  ["data", "/account/data"],
  ["proof", "/account/proof"],
  ["sign-out", "/sign-out"],
  ["mailbox", "/dev/mailbox"],
];

await main(async () => {
  commandLine("npm run screenshots   (needs Chromium; writes docs/screenshots)");
  await checkTools();
  await inSteps(await buildSteps());
  const state = mkdtempSync(join(tmpdir(), "edgelatch-"));
  const envFile = join(state, "dev.vars");
  const providers = { GOOGLE_AUTH_CLIENT_ID: "shown-only", GOOGLE_AUTH_CLIENT_SECRET: "shown-only" };
  writeDevVars(envFile, { ...providers, BRAND_NAME: "Northlight" });
  const { seedDemo, seedSecondStep, withLocalDb } = await import("./lib/local-db.mjs");
  const seed = async (db) => {
    await seedDemo(db);
    await seedSecondStep(db, dataKeyOf(envFile));
  };
  await withLocalDb(seed, state);
  const { url, serving, stop } = startDev({ port: PORT, envFile, state, stdio: "ignore" });
  try {
    await serving;
    await takeAll(url);
  } finally {
    await stop();
    rmSync(state, { recursive: true, force: true });
  }
});

function chromiumPath() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = found.find(existsSync);
  if (path === undefined) throw new Stop("chromium is missing");
  return path;
}

async function takeAll(url) {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  mkdirSync(FOLDER, { recursive: true });
  let taken = 0;
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 960, height: 720 }, locale: "en-GB" });
    const page = await context.newPage();
    const take = async (name, path) => {
      if (path) await page.goto(new URL(path, url).href);
      if (colorScheme === "dark" && !DARK.test(name)) return;
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), animations: "disabled" });
      taken++;
    };
    for (const [name, path] of OPEN) await take(name, path);
    for await (const [name, link] of mailedLinks(page, url, colorScheme)) await take(name, link);
    await signIn(page, url);
    for (const [name, path] of OWN) await take(name, path);
    for await (const [name, path] of withFactors(page, url)) await take(name, path);
    await page.setViewportSize({ width: 390, height: 760 });
    await take("security-phone", "/account/security");
    await context.clearCookies();
    await page.setViewportSize({ width: 960, height: 720 });
    await signIn(page, url, { username: "admin", password: "correct horse staple" });
    for (const [name, path] of ADMINISTRATION) await take(name, path);
    await page.goto(new URL(PEOPLE, url).href);
    await take("admin-person", await page.getAttribute("tbody a", "href"));
    await take("admin-disable", `${new URL(page.url()).pathname}?step=disable`);
    await page.setViewportSize({ width: 390, height: 760 });
    await take("admin-people-phone", PEOPLE);
    await context.close();
  }
  await browser.close();
  say(`wrote ${taken} pictures to docs/screenshots`);
}

/** The pages behind mailed links: each is looked at before its form is sent. */
async function* mailedLinks(page, url, tag) {
  const [invited, next] = [`ada-${tag}@example.com`, `ada.l-${tag}@example.com`];
  await fill(page, `${url}/sign-up`, { "[name=email]": invited });
  yield ["sign-up-form", await newestLink(url, invited)];
  await fill(page, undefined, { "[name=first_name]": "Ada", "[name=last_name]": "Lovelace", "[name=password]": demoSignIn.password });
  await fill(page, `${url}/account/email`, { "[name=email]": next });
  yield ["confirm-email", await newestLink(url, next)];
  await fill(page, undefined, {});
  yield ["undo-email", await newestLink(url, invited)];
  await fill(page, undefined, {});
  await page.context().clearCookies();
  await fill(page, `${url}/forgot-password`, { "[name=username]": invited });
  yield ["reset-password", await newestLink(url, invited)];
}

/** What the demo's user with a second step sees; no path where the page is there already. */
async function* withFactors(page, url) {
  await page.context().clearCookies();
  await fill(page, `${url}/sign-in`, { "#username": "auditor", "#password": "correct horse bridle" });
  yield ["second-step-set-up"];
  await fill(page, `${url}/sign-in`, { "#username": demoSecondStep.username, "#password": demoSecondStep.password });
  yield ["second-step"];
  await fill(page, undefined, { "#code": recoveryCode });
  yield ["factors", "/account/security"];
  yield ["add-passkey", "/account/factors/passkey"];
  yield ["add-app", "/account/factors/app"];
  await fill(page, `${url}/account/factors/recovery-codes`, {});
  yield ["recovery-codes"];
  recoveryCode = await page.locator(".codes code").first().textContent();
}

/** Fills in a form, and sends it. */
async function fill(page, address, fields) {
  if (address) await page.goto(address);
  for (const [field, text] of Object.entries(fields)) await page.fill(field, text);
  await Promise.all([page.waitForEvent("load"), page.click("main button.primary")]);
}

/** The link of the newest message to an address, once it has been sent. */
async function newestLink(url, address) {
  for (let n = 0; n < 50; n++) {
    const reply = await fetch(`${url}/dev/mailbox`, { headers: { accept: "application/json" } });
    const found = (await reply.json()).find(({ to, link }) => to === address && link !== null && !seen.has(link));
    if (found) {
      seen.add(found.link);
      return found.link;
    }
    await sleep(100);
  }
  throw new Stop(`no message came to ${address}`);
}

async function signIn(page, url, { username, password } = demoSignIn) {
  const cookies = await page.context().cookies();
  if (cookies.some(({ name }) => name === "__Host-edgelatch")) return;
  await page.goto(`${url}/sign-in`);
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("button.primary");
  await page.waitForURL(`${url}/account`);
}
