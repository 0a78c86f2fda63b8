// npm run bench:import: measures how many people a second come in from each source. See tests/bench/README.md.

import { commandLine, positive } from "./lib/options.mjs";
import { main, run } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

const USAGE = "npm run bench:import [-- SOURCE [COUNT]]   (every source, 100000 people, unless it says otherwise)";

await main(async () => {
  const { words } = commandLine(USAGE, {}, { words: [0, 1, 2] });
  const count = positive(USAGE, words[1], 100_000);
  await setUpPackages();
  await run(process.execPath, ["tests/bench/moving.mjs", String(count), ...words.slice(0, 1)]);
});
