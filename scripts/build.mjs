// npm run build: the worker, into build/. `wrangler dev` and `wrangler deploy` call it too.

import { build } from "./lib/build.mjs";
import { main } from "./lib/steps.mjs";
import { checkTools, installPackages } from "./lib/tools.mjs";

await main(async () => {
  await checkTools();
  // wrangler is one of the packages: they cannot be replaced under its feet.
  if (!process.env.WRANGLER_COMMAND) await installPackages();
  await build();
});
