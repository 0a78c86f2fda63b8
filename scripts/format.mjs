// npm run format: formats the code as `npm run lint` wants it.

import { node } from "./lib/checks.mjs";
import { commandLine } from "./lib/options.mjs";
import { main, run } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, packages, toolchain } from "./lib/tools.mjs";

await main(async () => {
  commandLine("npm run format");
  await checkTools();
  await install(packages, toolchain);
  await checkCargo();
  await run("cargo", ["fmt"]);
  await node("@biomejs/biome/bin/biome", "format", "--write", ".")();
});
