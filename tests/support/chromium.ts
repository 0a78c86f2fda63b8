// A real Chromium: the system's own, driven by playwright-core, which brings none.

import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { AxeResults } from "axe-core";
import { type BrowserContext, type Page, chromium } from "playwright-core";
import { root } from "../../scripts/lib/steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const FOLDERS = (process.env.PATH ?? "").split(delimiter);

/** Where it is; undefined where there is none. */
export const CHROMIUM = NAMES.flatMap((name) => FOLDERS.map((folder) => join(folder, name))).find(existsSync);

/** Starts it without a window. Its names resolve to this machine alone. */
export function startChromium() {
  return chromium.launch({
    executablePath: CHROMIUM!,
    // Its sandbox refuses to be run by root, as containers do.
    args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
  });
}

/** Names and attributes of the cookies that bind sign-ins to this browser. */
export async function signInCookies(context: BrowserContext) {
  const cookies = await context.cookies();
  return cookies.filter(({ name }) => name.startsWith("__Host-signin-"));
}

const AXE = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const RUN = `axe.run(${JSON.stringify({ runOnly: { type: "tag", values: TAGS }, resultTypes: ["violations"] })})`;

/**
 * What axe finds wrong with the page that is shown, which has no frames.
 *
 * axe is put into a page once, and what it found is all that comes back: most of the time would go into that otherwise.
 */
export async function axeFindings(page: Page) {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE);
  const { violations } = await page.evaluate<Pick<AxeResults, "violations">>(`${RUN}.then(({ violations }) => ({ violations }))`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
