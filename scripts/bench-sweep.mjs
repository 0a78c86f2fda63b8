// npm run bench:sweep: measures sign-ins beside the sweep of a large backlog. See tests/bench/README.md.

import { buildSteps } from "./lib/build.mjs";
import { commandLine, positive } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

const USAGE = "npm run bench:sweep [-- ROWS]   (rows that are over, 1000000 unless it says otherwise)";

await main(async () => {
  const { words } = commandLine(USAGE, {}, { words: [0, 1] });
  const rows = positive(USAGE, words[0], 1_000_000);
  await checkTools();
  await inSteps(await buildSteps());
  await run(process.execPath, ["tests/bench/sweep.mjs", String(rows)]);
});
