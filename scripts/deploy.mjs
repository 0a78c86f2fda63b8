// npm run deploy: builds the worker and uploads it to Cloudflare with its schema. Nothing is ever seeded there.

import { buildSteps, checkSize } from "./lib/build.mjs";
import { commandLine } from "./lib/options.mjs";
import { Stop, inSteps, main, readText } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";
import { wrangler } from "./lib/wrangler.mjs";

/** The placeholders of wrangler.toml. */
const PLACEHOLDERS = ["replace-with-your-database-id", "replace-with-your-namespace-id", "https://auth.example.com"];

await main(async () => {
  commandLine("npm run deploy");
  checkConfiguration();
  await checkTools();
  await inSteps([
    ...(await buildSteps()),
    { name: "checking the size", work: checkSize },
    { name: "applying the migrations at Cloudflare", work: () => wrangler(["d1", "migrations", "apply", "DB", "--remote"]) },
    { name: "deploying", work: () => wrangler(["deploy"]) },
  ]);
});

function checkConfiguration() {
  const text = readText("wrangler.toml");
  const left = PLACEHOLDERS.filter((placeholder) => text.includes(`"${placeholder}"`));
  if (left.length) throw new Stop(`replace in wrangler.toml first: ${left.join(", ")}`);
}
