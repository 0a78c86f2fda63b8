// The built worker in workerd, with real D1 and KV, fresh and seeded for each test file.

import { readFileSync } from "node:fs";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Miniflare, type Request as MiniflareRequest, type Response as MiniflareResponse } from "miniflare";
import { applyMigrations, seedDemo } from "../../scripts/local-db.mjs";

const build = new URL("../../build/", import.meta.url);

/** What a test may change about the worker it gets. */
export interface Options {
  /** Settings; undefined removes one. */
  settings?: Record<string, string | undefined>;
  /** Whether the demo data is there (it is, unless false). */
  seeded?: boolean;
  /** Gets every request the worker sends out; without it, any is an error. */
  outside?: (request: MiniflareRequest) => MiniflareResponse | Promise<MiniflareResponse>;
}

export type Worker = Awaited<ReturnType<typeof startWorker>>;

/** A private JWK set with one fresh key. */
export function freshKeys(type: "ed25519" | "P-256" = "ed25519"): string {
  const { privateKey } =
    type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: type });
  return JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] });
}

/** Starts the worker. Call `stop` when the file is done. */
export async function startWorker({ settings = {}, seeded = true, outside }: Options = {}) {
  const bindings: Record<string, string | undefined> = {
    PUBLIC_URL: "http://127.0.0.1:8787",
    JWT_KEYS: freshKeys(),
    DATA_KEY: randomBytes(32).toString("base64url"),
    SERVER_TIMING: "on",
    ...settings,
  };
  const log: string[] = [];
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "index.js", contents: readFileSync(new URL("index.js", build), "utf8") },
      { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(new URL("index_bg.wasm", build)) },
    ],
    compatibilityDate: "2026-04-01",
    bindings: Object.fromEntries(Object.entries(bindings).filter(([, value]) => value !== undefined)) as Record<string, string>,
    d1Databases: ["DB"],
    kvNamespaces: ["KV"],
    outboundService: (request) => {
      if (!outside) throw new Error(`unexpected request to ${request.url}`);
      return outside(request);
    },
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) stream.on("data", (chunk) => log.push(String(chunk)));
    },
  });
  await miniflare.ready;
  const db = await miniflare.getD1Database("DB");
  const kv = await miniflare.getKVNamespace("KV");
  await applyMigrations(db);
  if (seeded) await seedDemo(db);
  return {
    miniflare,
    db,
    kv,
    /** Everything the worker has printed. */
    log: () => log.join(""),
    fetch: (path: string, init?: RequestInit) =>
      miniflare.dispatchFetch(new URL(path, "http://127.0.0.1:8787"), { redirect: "manual", ...init } as never),
    stop: () => miniflare.dispose(),
  };
}
