// What people run: `wrangler dev` itself, on a free port, with a database and secrets of its own.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataKeyOf, writeDevVars } from "../../scripts/lib/dev-vars.mjs";
import { startDev } from "../../scripts/lib/wrangler.mjs";
import { seedDemo, seedSecondStep, withLocalDb } from "../../scripts/lib/local-db.mjs";
import { root } from "../../scripts/lib/steps.mjs";
import { freePort } from "./ports";

export type WranglerDev = Awaited<ReturnType<typeof startWranglerDev>>;

/**
 * Starts it with the demo data, and with settings besides the demo's own, which may depend on where
 * it will be. Await `serving`, and call `stop` when the file is done.
 */
export async function startWranglerDev(
  settings: (url: string) => Record<string, string> | Promise<Record<string, string>> = () => ({}),
  { withAssets = true } = {},
) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
  const envFile = join(folder, "dev.vars");
  writeDevVars(envFile, await settings(`http://localhost:${port}`));
  await withLocalDb(async (db: Parameters<typeof seedDemo>[0]) => {
    await seedDemo(db);
    await seedSecondStep(db, dataKeyOf(envFile)!);
  }, folder);
  const config = withAssets ? undefined : configWithoutAssets(folder);
  const { url, serving, stop } = startDev({ port, envFile, state: folder, config, stdio: "ignore" });
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

/** `wrangler.toml` without its assets and its build, as a file elsewhere. */
function configWithoutAssets(folder: string): string {
  const path = join(folder, "wrangler.toml");
  const tables = readFileSync(join(root, "wrangler.toml"), "utf8").split(/^(?=\[)/m);
  const kept = tables.filter((table) => !/^\[(assets|build)\]/.test(table)).join("");
  writeFileSync(path, kept.replace('"build/index.js"', JSON.stringify(join(root, "build/index.js"))));
  return path;
}
