// npm run bootstrap: makes the first tenant, client and administrator, and shows their secrets once.

import { bootstrap } from "./lib/first-tenant.mjs";
import { withDatabase } from "./lib/database.mjs";
import { commandLine, place } from "./lib/options.mjs";
import { Stop, main, say } from "./lib/steps.mjs";
import { setUpPackages } from "./lib/tools.mjs";

const USAGE = "npm run bootstrap -- --local|--remote [--tenant NAME] [--client ID] [--redirect URL] [--username NAME] [--email ADDRESS]";

await main(async () => {
  const { values } = commandLine(USAGE, {
    ...place,
    tenant: { type: "string", default: "Main" },
    client: { type: "string", default: "web" },
    redirect: { type: "string" },
    username: { type: "string", default: "admin" },
    email: { type: "string" },
  });
  const { statements, made, secrets } = bootstrap(values, Date.now());
  await setUpPackages();
  await withDatabase(values, (database) => carryOut(database, statements, made, secrets));
});

/** A lost reply is no refusal: whether the tenant is there afterwards decides what to say. */
async function carryOut(database, statements, made, secrets) {
  const failure = await database.write(statements).catch((error) => error);
  const answer = await database.query([made]).catch((error) => error);
  if (answer instanceof Error) {
    if (failure) throw failure;
    show(secrets);
    throw new Stop(`these were stored unless there was an administrator already, which could not be asked: ${made}`);
  }
  if (!answer[0][0].made) throw failure ?? new Stop("there is an administrator already; nothing was changed");
  say("made the first tenant, client and administrator. This is shown only now:");
  show(secrets);
}

function show(secrets) {
  const width = Math.max(...Object.keys(secrets).map((name) => name.length));
  for (const [name, value] of Object.entries(secrets)) console.log(`  ${name.padEnd(width)}  ${value}`);
}
