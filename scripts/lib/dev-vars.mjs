// .dev.vars: the settings of the worker on your own machine, with secrets of its own.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { demoSettings, oauthSettings } from "./demo.mjs";
import { freshDataKey, freshJwtKeys } from "./keys.mjs";

/** Writes the file with fresh secrets and `more` settings, readable by its owner alone, unless there is one; says whether it did. */
export function writeDevVars(path, more = {}) {
  if (existsSync(path)) return false;
  const settings = { JWT_KEYS: freshJwtKeys(), DATA_KEY: freshDataKey(), ...demoSettings, ...oauthSettings, ...more };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path, ["# Made by npm run dev; delete it for fresh secrets.\n", ...lines].join(""), { mode: 0o600, flag: "wx" });
  return true;
}

/** The data key of such a file. */
export function dataKeyOf(path) {
  return readFileSync(path, "utf8").match(/^DATA_KEY='?([\w,-]+)/m)?.[1];
}
