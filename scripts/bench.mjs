// npm run bench: measures what the worker costs, beside the least that the runtime allows. See tests/bench/README.md.

import { buildSteps } from "./lib/build.mjs";
import { commandLine } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

const USAGE = `npm run bench [-- --quick | --growth [--people N,N,…] | --against]

  --quick              fewer rounds and a smaller database
  --growth             bytes, rows and latency as a deployment grows, in databases of 1,000 and 1,000,000 people
  --people N,N,…       in databases of so many
  --against            better-auth and OpenAuth, from npm, beside ours on the same workerd`;

await main(async () => {
  const options = { quick: { type: "boolean" }, growth: { type: "boolean" }, people: { type: "string" }, against: { type: "boolean" } };
  const { values } = commandLine(USAGE, options);
  await checkTools();
  await inSteps(await buildSteps());
  if (values.growth) return run(process.execPath, ["tests/bench/growth.mjs", ...(values.people ? [values.people] : [])]);
  if (values.against) return run(process.execPath, ["tests/bench/against.mjs"]);
  await run(process.execPath, ["tests/bench/bench.mjs", ...(values.quick ? ["--quick"] : [])]);
});
