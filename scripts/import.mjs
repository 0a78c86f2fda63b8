// npm run import: moves people in from ARC, ServiceStack, ASP.NET Core Identity, Keycloak, Auth0 or a CSV file.

import { withDatabase } from "./lib/database.mjs";
import { OPTIONS, USAGE, readOptions } from "./lib/import/options.mjs";
import { commandLine } from "./lib/options.mjs";
import { main } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

await main(
  async () => {
    const { values, words } = commandLine(USAGE, OPTIONS, { words: (count) => count >= 2 });
    const [source, ...files] = words;
    const options = readOptions(source, files, values);
    await setUpPackages();
    // Its packages may just have been installed.
    const { runImport } = await import("./lib/import/run.mjs");
    process.exitCode = await withDatabase(values, (database) => runImport(source, files, options, database));
  },
  { failure: 2 },
);
