// Stops where the commands do not run; for a line in package.json that Windows' own shell could not read to its end.

import { main } from "./lib/steps.mjs";

await main(() => {});
