// npm run dev: everything from a fresh clone to a worker that serves, on your own machine.

import { join } from "node:path";
import { build } from "./lib/build.mjs";
import { demoSignIn } from "./lib/demo.mjs";
import { writeDevVars } from "./lib/dev-vars.mjs";
import { Stop, main, root, say } from "./lib/steps.mjs";
import { checkTools, installPackages } from "./lib/tools.mjs";
import { checkPort, startDev } from "./lib/wrangler.mjs";

await main(async () => {
  const port = portWanted();
  await checkPort(port);
  await checkTools();
  await installPackages();
  await build();
  if (writeDevVars(join(root, ".dev.vars"))) say("wrote .dev.vars with fresh secrets");
  await prepareDatabase();
  await serve(port);
});

function portWanted() {
  const port = Number(process.env.PORT || 8787);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Stop(`PORT must be a number from 1 to 65535, not ${process.env.PORT}`);
  return port;
}

async function prepareDatabase() {
  // miniflare is one of the packages, so it can be loaded only now.
  const { seedDemo, withLocalDb } = await import("./local-db.mjs");
  await withLocalDb(async (db, applied) => {
    for (const name of applied) say(`applied migrations/${name}`);
    if (await seedDemo(db)) say("put the demo data into the empty database");
  });
}

async function serve(port) {
  say(`starting wrangler dev on port ${port}`);
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
