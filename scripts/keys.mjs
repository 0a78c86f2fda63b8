// npm run keys: prints fresh values for the secrets JWT_KEYS and DATA_KEY. Nothing stores them.

import { text } from "node:stream/consumers";
import { freshDataKey, freshJwtKeys, rotatedJwtKeys } from "./lib/keys.mjs";
import { commandLine } from "./lib/options.mjs";
import { main } from "./lib/steps.mjs";

const USAGE = `npm run keys [-- --es256] [--rotate < JWT_KEYS]
  --es256    makes a P-256 key in place of an Ed25519 one, for resource servers without EdDSA
  --rotate   reads the present JWT_KEYS, and prints them with fresh keys that sign in ten minutes`;

await main(async () => {
  const { values } = commandLine(USAGE, { es256: { type: "boolean" }, rotate: { type: "boolean" } });
  if (values.rotate) {
    console.log(`JWT_KEYS='${rotatedJwtKeys(await text(process.stdin), values)}'`);
    return;
  }
  console.log(`JWT_KEYS='${freshJwtKeys(values)}'`);
  console.log(`DATA_KEY='${freshDataKey()}'`);
});
