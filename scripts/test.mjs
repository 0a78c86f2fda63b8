// npm test: every check, in the order that finds a mistake soonest; it stops at the first failure.

import { built, endToEnd, lint, unit } from "./lib/checks.mjs";
import { installJavaClients } from "./lib/java.mjs";
import { commandLine } from "./lib/options.mjs";
import { installPythonPackages } from "./lib/python.mjs";
import { inSteps, main, say } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, packages, toolchain } from "./lib/tools.mjs";

await main(async () => {
  commandLine("npm test   (npm run test:unit and npm run test:e2e run a part of the tests)");
  await checkTools();
  await install(packages, toolchain);
  await checkCargo();
  await installPythonPackages();
  await installJavaClients();
  const times = await inSteps([...lint, ...unit(), ...(await built()), ...endToEnd()]);
  const lines = times.map(({ name, seconds }) => `  ${seconds.toFixed(1).padStart(6)} s  ${name}`);
  console.log(["", ...lines, ""].join("\n"));
  say("everything passed");
});
