// npm run keys: prints fresh values for the secrets JWT_KEYS and DATA_KEY. They are kept nowhere.

import { freshDataKey, freshJwtKeys } from "./lib/keys.mjs";
import { commandLine } from "./lib/options.mjs";
import { main } from "./lib/steps.mjs";

const USAGE = "npm run keys [-- --es256]   (P-256 keys, for resource servers that do not know EdDSA)";

await main(() => {
  const { values } = commandLine(USAGE, { es256: { type: "boolean" } });
  console.log(`JWT_KEYS='${freshJwtKeys(values)}'`);
  console.log(`DATA_KEY='${freshDataKey()}'`);
});
