// npm run bench: measures what the worker costs, beside the least that the runtime allows. See tests/bench/README.md.

import { buildSteps } from "./lib/build.mjs";
import { commandLine } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

await main(async () => {
  const { values } = commandLine("npm run bench [-- --quick]", { quick: { type: "boolean" } });
  await checkTools();
  await inSteps(await buildSteps());
  await run(process.execPath, ["tests/bench/bench.mjs", ...(values.quick ? ["--quick"] : [])]);
});
