// npm run test:unit: tests the rules and formats, which need no worker; -- NAME takes the tests whose path has it.

import { unit } from "./lib/checks.mjs";
import { passedOn } from "./lib/options.mjs";
import { inSteps, main } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, toolchain } from "./lib/tools.mjs";

await main(async () => {
  const args = passedOn("npm run test:unit [-- NAME]   (and what else `cargo test` takes)");
  await checkTools();
  await install(toolchain);
  await checkCargo();
  await inSteps(unit(args));
});
