// npm run lint: formatting, clippy for this machine and for wasm32, the types of the tests, and the documentation.

import { lint } from "./lib/checks.mjs";
import { commandLine } from "./lib/options.mjs";
import { inSteps, main } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, packages, toolchain } from "./lib/tools.mjs";

await main(async () => {
  commandLine("npm run lint");
  await checkTools();
  await install(packages, toolchain);
  await checkCargo();
  await inSteps(lint);
});
