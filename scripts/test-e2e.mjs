// npm run test:e2e: tests the worker in workerd, built first if need be; -- PATTERN takes the files whose name has it.

import { buildSteps } from "./lib/build.mjs";
import { endToEnd } from "./lib/checks.mjs";
import { passedOn } from "./lib/options.mjs";
import { installJavaClients } from "./lib/java.mjs";
import { installPythonPackages } from "./lib/python.mjs";
import { inSteps, main } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

await main(async () => {
  const args = passedOn(`npm run test:e2e [-- PATTERN…] [-t "TITLE"]   (and what else vitest takes)`);
  await checkTools();
  await installPythonPackages();
  await installJavaClients();
  await inSteps([...(await buildSteps()), ...endToEnd(args)]);
});
