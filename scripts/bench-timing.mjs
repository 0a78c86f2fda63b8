// npm run bench:timing: measures whether the time of a refusal tells which accounts exist. See tests/bench/README.md.

import { buildSteps } from "./lib/build.mjs";
import { commandLine, positive } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

const USAGE = "npm run bench:timing [-- COUNT] [--mixed]   (pairs of wrong passwords, 500 unless it says otherwise)";

await main(async () => {
  const { values, words } = commandLine(USAGE, { mixed: { type: "boolean" } }, { words: [0, 1] });
  const count = positive(USAGE, words[0], 500);
  await checkTools();
  await inSteps(await buildSteps());
  await run(process.execPath, ["tests/bench/timing.mjs", String(count), ...(values.mixed ? ["--mixed"] : [])]);
});
