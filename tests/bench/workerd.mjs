// Everything under test in one workerd: our worker and the bounds, on databases of two sizes, behind one port.

import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { root } from "../../scripts/lib/steps.mjs";
import { openStorage, storageWorker } from "../../scripts/lib/storage.mjs";
import * as bounds from "./bounds.mjs";
import { children, cpuMs, residentMiB } from "./usage.mjs";

const COMPATIBILITY_DATE = "2026-04-01";

/** The name under which a worker answers: each has its own host. */
export const host = (name) => `${name}.bench`;

/** Our worker as it was built, with a database. */
export function ours(name, database, settings) {
  const file = (path) => readFileSync(join(root, "build", path));
  return {
    ...common(name, database),
    modules: [
      { type: "ESModule", path: "index.js", contents: file("index.js").toString() },
      { type: "CompiledWasm", path: "index_bg.wasm", contents: file("index_bg.wasm") },
    ],
    // One machine plays everybody, so what holds back a guesser is lifted.
    bindings: {
      PUBLIC_URL: "http://127.0.0.1:8787",
      RATE_LIMITS: "off",
      SIGN_IN_ATTEMPTS: "10000",
      ACCOUNT_ATTEMPTS: "100000",
      ...settings,
    },
  };
}

/** One of the bounds, with a database. */
export function bound(kind, name, database) {
  return { ...common(name, database), modules: true, script: bounds[kind] };
}

function common(name, database) {
  return {
    name,
    routes: [`${host(name)}/*`],
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: { DB: database },
    kvNamespaces: { KV: "bench" },
  };
}

/**
 * Where databases are kept while they are measured: in memory, if the system offers 4 GiB of it as a folder.
 *
 * The local D1 waits for the disk at every statement, reads too, which the real one does not; on a
 * disk the figures would be the disk's.
 */
export const storage = (() => {
  const memory = "/dev/shm";
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= 4 * 2 ** 30 ? memory : tmpdir();
})();

/** Starts workerd with these workers: its address, its storage, and what it has cost so far. */
export async function startWorkerd(workers) {
  const folder = mkdtempSync(join(storage, "edgelatch-bench-"));
  const databases = new Set(workers.map(({ d1Databases }) => d1Databases.DB));
  const d1Databases = Object.fromEntries([...databases].map((name) => [name, name]));
  const miniflare = new Miniflare({
    workers: [...workers, storageWorker({ d1Databases, kvNamespaces: { KV: "bench" } })],
    d1Persist: join(folder, "d1"),
    kvPersist: join(folder, "kv"),
    unsafeTriggerHandlers: true,
    handleRuntimeStdio: (stdout, stderr) => {
      stdout.resume();
      stderr.on("data", (chunk) => process.stderr.write(chunk));
    },
  });
  const before = children();
  const url = await miniflare.ready;
  const pid = [...children()].find((child) => !before.has(child));
  const { database, namespace } = openStorage(miniflare);
  return {
    url,
    database,
    kv: namespace(),
    cpuMs: () => cpuMs(pid),
    residentMiB: () => residentMiB(pid),
    async stop() {
      await miniflare.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}
