// npm run fuzz -- 60: each target of tests/fuzz.rs for so many seconds.

import { Stop, main, run } from "./lib/steps.mjs";
import { checkTools, installToolchain } from "./lib/tools.mjs";

await main(async () => {
  const seconds = Number(process.argv[2] ?? 60);
  if (!(seconds > 0)) throw new Stop("say for how many seconds each target is to run: npm run fuzz -- 60");
  await checkTools();
  await installToolchain();
  await run("cargo", ["test", "--test", "fuzz"], { env: { FUZZ_SECONDS: String(seconds) } });
});
