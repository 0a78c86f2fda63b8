// Settings of the worker, as an operator's command finds them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readText, root } from "./steps.mjs";

/** A setting of the worker: from the environment, for the local database from .dev.vars, else from wrangler.toml. */
export function settings({ remote }) {
  const file = join(root, ".dev.vars");
  const local = !remote && existsSync(file) ? readFileSync(file, "utf8") : "";
  const toml = readText("wrangler.toml");
  return (name) =>
    process.env[name] ??
    local.match(new RegExp(`^${name}\\s*=\\s*(['"]?)(.*)\\1\\s*$`, "m"))?.[2] ??
    toml.match(new RegExp(`^${name} = "(.*?)"`, "m"))?.[1];
}
