// A real Chromium: the system's own, driven by playwright-core, which brings none.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

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
