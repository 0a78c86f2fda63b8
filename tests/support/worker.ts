// The built worker in workerd, with real D1 and KV, fresh and seeded for each test file.

import { readFileSync } from "node:fs";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Log, LogLevel, Miniflare, type MiniflareOptions, type Request as MiniflareRequest, type Response as MiniflareResponse } from "miniflare";
import { applyMigrations, seedDemo } from "../../scripts/local-db.mjs";

const build = new URL("../../build/", import.meta.url);
const support = new URL("./", import.meta.url);

const module = (path: string, folder: URL) =>
  ({ type: "ESModule", path, contents: readFileSync(new URL(path, folder), "utf8") }) as const;

/** Settings by name; undefined removes one. */
export type Settings = Record<string, string | undefined>;

/** What a test may change about the worker it gets. */
export interface Options {
  /** Settings besides the tests' own. */
  settings?: Settings;
  /** Whether the demo data is there (it is, unless false). */
  seeded?: boolean;
  /** Gets every request the worker sends out; without it, any is an error. */
  outside?: (request: MiniflareRequest) => MiniflareResponse | Promise<MiniflareResponse>;
  /** Whether requests may meddle with storage (see meddler.mjs). */
  meddled?: boolean;
  /** A port of 127.0.0.1 to listen on, for tests that come over HTTP. */
  port?: number;
  /** Cloudflare's counters by binding name: requests a minute. */
  floodLimits?: Record<string, number>;
  /** Whether Cloudflare's e-mail binding is there; it prints what it is given. */
  email?: boolean;
}

export type Worker = Awaited<ReturnType<typeof startWorker>>;

/** A key for `DATA_KEY`. */
export const freshDataKey = () => randomBytes(32).toString("base64url");

/** A private JWK set with one fresh key. */
export function freshKeys(type: "ed25519" | "P-256" = "ed25519"): string {
  const { privateKey } =
    type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: type });
  return JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] });
}

/** What the tests run with unless they say otherwise. */
const defaults = (): Settings => ({
  PUBLIC_URL: "http://127.0.0.1:8787",
  JWT_KEYS: freshKeys(),
  DATA_KEY: freshDataKey(),
  SERVER_TIMING: "on",
});

/** What Miniflare itself prints, such as the mails it is given. */
class Captured extends Log {
  constructor(private lines: string[]) {
    super(LogLevel.INFO);
  }
  log(line: string) {
    this.lines.push(line);
  }
}

/** Starts the worker. Call `stop` when the file is done. */
export async function startWorker({ settings = {}, seeded = true, outside, meddled = false, port, floodLimits = {}, email = false }: Options = {}) {
  let present: Settings = { ...defaults(), ...settings };
  const log: string[] = [];
  const options = (): MiniflareOptions => ({
    modules: [
      ...(meddled ? [module("meddler.mjs", support)] : []),
      module("index.js", build),
      { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(new URL("index_bg.wasm", build)) },
    ],
    ...(port === undefined ? {} : { host: "127.0.0.1", port }),
    compatibilityDate: "2026-04-01",
    bindings: Object.fromEntries(Object.entries(present).filter(([, value]) => value !== undefined)) as Record<string, string>,
    d1Databases: ["DB"],
    kvNamespaces: ["KV"],
    ratelimits: Object.fromEntries(
      Object.entries(floodLimits).map(([name, limit]) => [name, { simple: { limit, period: 60 } }]),
    ),
    log: new Captured(log),
    ...(email ? { email: { send_email: [{ name: "EMAIL" }] } } : {}),
    outboundService: (request) => {
      if (!outside) throw new Error(`unexpected request to ${request.url}`);
      return outside(request);
    },
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) stream.on("data", (chunk) => log.push(String(chunk)));
    },
  });
  const miniflare = new Miniflare(options());
  let db = await miniflare.getD1Database("DB");
  let kv = await miniflare.getKVNamespace("KV");
  await applyMigrations(db);
  if (seeded) await seedDemo(db);
  return {
    miniflare,
    get db() {
      return db;
    },
    get kv() {
      return kv;
    },
    /** Every row of every table; `but` leaves some out, such as those that count and record whatever happens. */
    async rows({ but = [] }: { but?: string[] } = {}): Promise<Record<string, Record<string, unknown>[]>> {
      const names = await db.prepare("select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\' order by name").all<{ name: string }>();
      const tables = names.results.map(({ name }) => name).filter((name) => !name.startsWith("sqlite_") && !but.includes(name));
      const answers = await db.batch<Record<string, unknown>>(tables.map((name) => db.prepare(`select * from ${name} order by 1, 2`)));
      return Object.fromEntries(tables.map((name, n) => [name, answers[n]!.results]));
    },
    /** Where it can be reached over HTTP; no slash at the end. */
    url: async () => (await miniflare.ready).origin,
    /** Everything the worker has printed. */
    log: () => log.join(""),
    /** Starts the worker anew over the same storage, with some settings changed. */
    async restart(changed: Settings) {
      present = { ...present, ...changed };
      await miniflare.setOptions(options());
      db = await miniflare.getD1Database("DB");
      kv = await miniflare.getKVNamespace("KV");
    },
    fetch: (path: string, init?: RequestInit) =>
      miniflare.dispatchFetch(new URL(path, "http://127.0.0.1:8787"), { redirect: "manual", ...init } as never),
    stop: () => miniflare.dispose(),
  };
}
