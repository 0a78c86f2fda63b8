// What people run: `wrangler dev` itself, on a free port, with a database and secrets of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDevVars } from "../../scripts/lib/dev-vars.mjs";
import { startDev } from "../../scripts/lib/wrangler.mjs";
import { seedDemo, withLocalDb } from "../../scripts/local-db.mjs";
import { freePort } from "./openid_provider";

export type Wrangler = Awaited<ReturnType<typeof startWrangler>>;

/** Starts it over the demo data. */
export async function startWrangler() {
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
  const envFile = join(folder, "dev.vars");
  writeDevVars(envFile);
  await withLocalDb(seedDemo, folder);
  const port = await freePort();
  const server = startDev({ port, envFile, state: folder, stdio: "ignore" });
  await server.serving;
  return {
    url: server.url,
    port,
    /** Ends it, and forgets what it stored. */
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
