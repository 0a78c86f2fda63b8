// What people run: `wrangler dev` itself, on a free port, with a database and secrets of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDevVars } from "../../scripts/lib/dev-vars.mjs";
import { startDev } from "../../scripts/lib/wrangler.mjs";
import { seedDemo, withLocalDb } from "../../scripts/lib/local-db.mjs";
import { freePort } from "./ports";

export type WranglerDev = Awaited<ReturnType<typeof startWranglerDev>>;

/**
 * Starts it with the demo data, and with settings besides the demo's own, which may depend on where
 * it will be. Await `serving`, and call `stop` when the file is done.
 */
export async function startWranglerDev(settings: (url: string) => Record<string, string> | Promise<Record<string, string>> = () => ({})) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
  const envFile = join(folder, "dev.vars");
  writeDevVars(envFile, await settings(`http://127.0.0.1:${port}`));
  await withLocalDb(seedDemo, folder);
  const { url, serving, stop } = startDev({ port, envFile, state: folder, stdio: "ignore" });
  return {
    url,
    port,
    serving,
    fetch: (path: string, init?: RequestInit) => fetch(url + path, { redirect: "manual", ...init }),
    async stop() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
