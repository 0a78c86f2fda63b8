// npm run format: formats the code as `npm run lint` wants it.

import { commandLine } from "./lib/options.mjs";
import { main, run } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, toolchain } from "./lib/tools.mjs";

await main(async () => {
  commandLine("npm run format");
  await checkTools();
  await install(toolchain);
  await checkCargo();
  await run("cargo", ["fmt"]);
});
