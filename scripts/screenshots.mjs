// npm run screenshots: the pages as pictures for the documents, docs/screenshots, from `wrangler dev` with the demo's data.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { buildSteps } from "./lib/build.mjs";
import { demoSignIn } from "./lib/demo.mjs";
import { writeDevVars } from "./lib/dev-vars.mjs";
import { commandLine } from "./lib/options.mjs";
import { Stop, inSteps, main, root, say } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";
import { startDev } from "./lib/wrangler.mjs";

const FOLDER = join(root, "docs/screenshots");
const PORT = 8799;
/** Name, path, and whether somebody is signed in. */
const PAGES = [
  ["start", "/", false],
  ["sign-in", "/sign-in?client_id=demo-web&state=s", false],
  ["sign-up", "/sign-up", false],
  ["forgot-password", "/forgot-password", false],
  ["error", "/reset-password", false],
  ["select-account", "/select-account?client_id=demo-web", true],
  ["profile", "/account", true],
  ["security", "/account/security", true],
  ["password", "/account/password", true],
  ["devices", "/account/devices", true],
  ["linked", "/account/linked", true],
  ["activity", "/account/activity", true],
  ["data", "/account/data", true],
  ["sign-out", "/sign-out", true],
];

await main(async () => {
  commandLine("npm run screenshots   (needs Chromium; writes docs/screenshots)");
  await checkTools();
  await inSteps(await buildSteps());
  const state = mkdtempSync(join(tmpdir(), "edgelatch-"));
  const envFile = join(state, "dev.vars");
  const providers = { GOOGLE_AUTH_CLIENT_ID: "shown-only", GOOGLE_AUTH_CLIENT_SECRET: "shown-only" };
  writeDevVars(envFile, { ...providers, BRAND_NAME: "Northlight" });
  const { seedDemo, withLocalDb } = await import("./lib/local-db.mjs");
  await withLocalDb(seedDemo, state);
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
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 960, height: 720 }, locale: "en-GB" });
    const page = await context.newPage();
    for (const [name, path, isOwn] of PAGES) {
      if (isOwn) await signIn(page, url);
      await page.goto(url + path);
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), animations: "disabled" });
    }
    await page.setViewportSize({ width: 390, height: 760 });
    await page.goto(`${url}/account/security`);
    await page.screenshot({ path: join(FOLDER, `security-phone-${colorScheme}.png`) });
    await context.close();
  }
  await browser.close();
  say(`wrote ${PAGES.length + 1} pages, light and dark, to docs/screenshots`);
}

async function signIn(page, url) {
  const cookies = await page.context().cookies();
  if (cookies.some(({ name }) => name === "__Host-edgelatch")) return;
  await page.goto(`${url}/sign-in`);
  await page.fill("#username", demoSignIn.username);
  await page.fill("#password", demoSignIn.password);
  await page.click("button.primary");
  await page.waitForURL(`${url}/account`);
}
