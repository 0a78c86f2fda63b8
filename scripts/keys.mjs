// npm run keys: prints fresh values for the secrets JWT_KEYS and DATA_KEY. Nothing stores them.

import { freshDataKey, freshJwtKeys } from "./lib/keys.mjs";
import { commandLine } from "./lib/options.mjs";
import { main } from "./lib/steps.mjs";

const USAGE = "npm run keys [-- --es256]   (--es256 makes a P-256 key, for resource servers without EdDSA)";

await main(() => {
  const { values } = commandLine(USAGE, { es256: { type: "boolean" } });
  console.log(`JWT_KEYS='${freshJwtKeys(values)}'`);
  console.log(`DATA_KEY='${freshDataKey()}'`);
});
