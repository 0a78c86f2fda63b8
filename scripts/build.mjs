// npm run build: builds the worker into build/; `wrangler dev` and `wrangler deploy` call it too.

import { buildSteps } from "./lib/build.mjs";
import { commandLine } from "./lib/options.mjs";
import { inSteps, main } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

await main(async () => {
  commandLine("npm run build");
  await checkTools();
  // wrangler is one of the packages: they cannot be replaced under its feet.
  await inSteps(await buildSteps({ withPackages: !process.env.WRANGLER_COMMAND }));
});
