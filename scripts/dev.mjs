// npm run dev: serves the worker on this machine with a seeded database, and sets up what that takes.

import { join } from "node:path";
import { buildSteps } from "./lib/build.mjs";
import { demoSignIn } from "./lib/demo.mjs";
import { dataKeyOf, writeDevVars } from "./lib/dev-vars.mjs";
import { commandLine } from "./lib/options.mjs";
import { Stop, inSteps, main, root, say } from "./lib/steps.mjs";
import { checkTools } from "./lib/tools.mjs";
import { checkPort, startDev } from "./lib/wrangler.mjs";

await main(async () => {
  commandLine("npm run dev   (PORT=9000 npm run dev serves on another port)");
  const port = portWanted();
  await checkPort(port);
  await checkTools();
  await inSteps([...(await buildSteps()), { name: `starting wrangler dev on port ${port}`, work: () => serve(port) }]);
});

function portWanted() {
  const port = Number(process.env.PORT || 8787);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Stop(`PORT must be a number from 1 to 65535, not ${process.env.PORT}`);
  return port;
}

async function prepareDatabase() {
  // miniflare is one of the packages, so it can be loaded only now.
  const { seedDemo, seedOAuth, seedSecondStep, withLocalDb } = await import("./lib/local-db.mjs");
  await withLocalDb(async (db, applied) => {
    for (const name of applied) say(`applied migrations/${name}`);
    if (!(await seedDemo(db))) return;
    const dataKey = dataKeyOf(join(root, ".dev.vars"));
    if (dataKey) await seedSecondStep(db, dataKey);
    await seedOAuth(db);
    say("put the demo data into the empty database");
  });
}

async function serve(port) {
  if (writeDevVars(join(root, ".dev.vars"))) say("wrote .dev.vars with fresh secrets");
  await prepareDatabase();
  const { url, serving, ended, stop } = startDev({ port });
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ((stopping = true), stop()));
  await serving;
  if (!stopping) {
    say(`serving on ${url} (Ctrl-C ends it). Sign in with:`);
    console.log(`\n  ${signInCommand(url)}\n`);
  }
  await ended;
}

function signInCommand(url) {
  return `curl -s ${url}/auth/login-token -H 'Content-Type: application/json' -d '${JSON.stringify(demoSignIn)}'`;
}
