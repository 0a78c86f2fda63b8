// npm run bench:management: measures lists, searches and counts of a tenant's people, with a thousand of them and with a million. See
// tests/bench/README.md.

import { buildSteps } from "./lib/build.mjs";
import { commandLine, positive } from "./lib/options.mjs";
import { inSteps, main, run } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";

const USAGE = "npm run bench:management [-- PEOPLE]   (in the large tenant, 1000000 unless it says otherwise)";

await main(async () => {
  const { words } = commandLine(USAGE, {}, { words: [0, 1] });
  const people = positive(USAGE, words[0], 1_000_000);
  await checkTools();
  await inSteps(await buildSteps());
  await run(process.execPath, ["tests/bench/management.mjs", String(people)]);
});
