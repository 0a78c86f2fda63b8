// npm run openapi: writes src/wire/openapi/openapi.json anew, from the tables that validate.

import { commandLine } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, toolchain } from "./lib/tools.mjs";

await main(async () => {
  commandLine("npm run openapi");
  await checkTools();
  await install(toolchain);
  await checkCargo();
  const work = () => run("cargo", ["test", "--quiet", "--test", "openapi"], { env: { WRITE_OPENAPI: "1" } });
  await inSteps([{ name: "writing src/wire/openapi/openapi.json", work }]);
});
