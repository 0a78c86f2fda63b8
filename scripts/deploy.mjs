// npm run deploy: the worker to Cloudflare, with its schema. Nothing is ever seeded there.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, checkSize } from "./lib/build.mjs";
import { Stop, main, root, say } from "./lib/steps.mjs";
import { checkTools, installPackages } from "./lib/tools.mjs";
import { wrangler } from "./lib/wrangler.mjs";

/** What wrangler.toml says until somebody makes it their own. */
const PLACEHOLDERS = ["replace-with-your-database-id", "replace-with-your-namespace-id", "https://auth.example.com"];

await main(async () => {
  checkConfiguration();
  await checkTools();
  await installPackages();
  await build();
  checkSize();
  say("applying the migrations at Cloudflare");
  await wrangler(["d1", "migrations", "apply", "DB", "--remote"]);
  say("deploying");
  await wrangler(["deploy"]);
});

function checkConfiguration() {
  const text = readFileSync(join(root, "wrangler.toml"), "utf8");
  const left = PLACEHOLDERS.filter((placeholder) => text.includes(`"${placeholder}"`));
  if (left.length) throw new Stop(`replace in wrangler.toml first: ${left.join(", ")}`);
}
