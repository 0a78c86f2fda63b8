// npm run help: this list.

import { commands } from "./lib/commands.mjs";
import { commandLine } from "./lib/options.mjs";
import { main } from "./lib/steps.mjs";

await main(() => {
  commandLine("npm run help");
  const all = commands();
  const width = Math.max(...all.map(({ call }) => call.length));
  for (const { call, about } of all) console.log(`  ${call.padEnd(width)}  ${about}`);
  console.log("\n  Each says more with -- --help.");
});
