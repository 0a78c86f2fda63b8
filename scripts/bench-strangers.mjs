// npm run bench:strangers: measures what refused requests of each kind leave in the database. See tests/bench/README.md.

import { buildSteps } from "./lib/build.mjs";
import { commandLine, positive } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

const USAGE = "npm run bench:strangers [-- COUNT]   (requests of each kind, 10000 unless it says otherwise)";

await main(async () => {
  const { words } = commandLine(USAGE, {}, { words: [0, 1] });
  const count = positive(USAGE, words[0], 10_000);
  await checkTools();
  await inSteps(await buildSteps());
  await run(process.execPath, ["tests/bench/strangers.mjs", String(count)]);
});
