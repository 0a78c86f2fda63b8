// The built worker in workerd, with real D1 and KV, fresh and seeded for each test file.

import { readFileSync } from "node:fs";
import { randomBytes, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  Miniflare,
  type MiniflareOptions,
  type Request as MiniflareRequest,
  Response as MiniflareResponse,
  type WorkerOptions,
} from "miniflare";
import { openStorage, storageWorker } from "../../scripts/lib/storage.mjs";
import type { Init } from "./api";
import { migrate, seed } from "./demo_db";
import { freshJwk } from "./jwt";
import { Printed } from "./printed";

const build = new URL("../../build/", import.meta.url);
const support = new URL("./", import.meta.url);

/** The runtime as it is when deployed. */
const COMPATIBILITY = (() => {
  const wrangler = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
  const said = (name: string) => JSON.parse(new RegExp(`^${name} = (.+)$`, "m").exec(wrangler)![1]!);
  return { compatibilityDate: said("compatibility_date") as string, compatibilityFlags: said("compatibility_flags") as string[] };
})();

const module = (path: string, folder: URL) => ({ type: "ESModule", path, contents: readFileSync(new URL(path, folder), "utf8") }) as const;

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
  /** A port of 127.0.0.1 to listen on, for tests that come over HTTP. */
  port?: number;
  /** Cloudflare's counters by binding name: requests a minute. */
  floodLimits?: Record<string, number>;
  /** Whether Cloudflare's e-mail binding is there; it prints what it is given. */
  email?: boolean;
  /** How many requests the worker gets at once, where none of them hashes a password. */
  atOnce?: number;
  /** Whether the static assets of the pages are served beside it. */
  assets?: boolean;
  /** Takes what is sent to the queue of the audit log, which is there only with it. */
  queued?: (message: unknown) => void;
}

export type Worker = ReturnType<typeof createWorker>;

/** A key for `DATA_KEY`. */
export const freshDataKey = () => randomBytes(32).toString("base64url");

/** A private JWK set with one fresh key. */
export const freshKeys = (kind: "ed25519" | "P-256" = "ed25519") => JSON.stringify({ keys: [freshJwk(kind)] });

/** What the tests run with unless they say otherwise. */
const defaults = (): Settings => ({
  PUBLIC_URL: "http://127.0.0.1:8787",
  JWT_KEYS: freshKeys(),
  DATA_KEY: freshDataKey(),
  PASSWORD_HASH: "argon2id", // a fifth of the default's time
  SERVER_TIMING: "on",
  MAIL_DOMAINS: "example.com", // where everybody in the tests has an address
});

/**
 * How many requests the worker gets at once; the others wait here.
 *
 * workerd reads no connection while it has work in hand, and hangs up on one whose request it gets round to only
 * after five seconds, which a hundred requests can take where the machine is busy.
 */
const AT_ONCE = 32;

/** Sends at most so many at once. */
function limited<Sent extends unknown[], Answer>(atOnce: number, send: (...sent: Sent) => Promise<Answer>) {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (...sent: Sent) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await send(...sent);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

const STORAGE = { d1Databases: { DB: "DB" }, kvNamespaces: { KV: "KV" } };

/** Takes what is sent to the queue of the audit log. */
const consumer = (queued: (message: unknown) => void): WorkerOptions => ({
  name: "consumer",
  modules: true,
  script: `export default { async queue(batch) {
    for (const { body } of batch.messages) await fetch("http://consumer", { method: "POST", body: JSON.stringify(body) });
  } };`,
  queueConsumers: { audit: { maxBatchTimeout: 0 } },
  outboundService: async (request: MiniflareRequest) => {
    queued(await request.json());
    return new MiniflareResponse();
  },
});

/** Starts a worker. Call `stop` when it is done with. */
export async function startWorker(options: Options = {}): Promise<Worker> {
  const worker = createWorker(options);
  await worker.start();
  return worker;
}

/** A worker, behind meddler.mjs, which is to be started; `useWorker` does that for a test file. */
export function createWorker({
  settings = {},
  seeded = true,
  outside,
  port,
  floodLimits = {},
  email = false,
  atOnce = AT_ONCE,
  assets = false,
  queued,
}: Options = {}) {
  let present: Settings = { ...defaults(), ...settings };
  const printed = new Printed();
  const ours = (): WorkerOptions => ({
    name: "edgelatch",
    modules: [
      module("meddler.mjs", support),
      module("memory.mjs", support),
      module("index.js", build),
      { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(new URL("index_bg.wasm", build)) },
    ],
    ...COMPATIBILITY,
    bindings: Object.fromEntries(Object.entries(present).filter(([, value]) => value !== undefined)) as Record<string, string>,
    ...STORAGE,
    ratelimits: Object.fromEntries(Object.entries(floodLimits).map(([name, limit]) => [name, { simple: { limit, period: 60 } }])),
    ...(assets ? { assets: { directory: fileURLToPath(new URL("public", build)), routerConfig: { has_user_worker: true } } } : {}),
    ...(queued ? { queueProducers: { AUDIT_QUEUE: "audit" } } : {}),
    ...(email ? { email: { send_email: [{ name: "EMAIL" }] } } : {}),
    outboundService: (request: MiniflareRequest) => {
      if (!outside) throw new Error(`unexpected request to ${request.url}`);
      return outside(request);
    },
  });
  const options = (): MiniflareOptions => ({
    workers: [ours(), storageWorker(STORAGE), ...(queued ? [consumer(queued)] : [])],
    ...(port === undefined ? {} : { host: "127.0.0.1", port }),
    unsafeTriggerHandlers: true,
    log: printed,
    logRequests: false,
    handleRuntimeStdio: printed.read,
  });
  let miniflare: Miniflare;
  const storage = openStorage({ dispatchFetch: (...request) => miniflare.dispatchFetch(...request) });
  const db = storage.database();
  const fetch = limited(atOnce, (path: string, init?: Init) =>
    miniflare.dispatchFetch(new URL(path, "http://127.0.0.1:8787"), { redirect: "manual", ...init }),
  );
  /** Waits until all work has ended that goes on after the answers which were given so far, and what it printed is here. */
  async function settled() {
    const settle = randomUUID();
    await fetch("/", { headers: { "x-meddle": JSON.stringify({ settle }) } });
    await printed.holds(`[settled ${settle}]`, 2);
  }
  return {
    async start() {
      miniflare = new Miniflare(options());
      await migrate(db);
      if (seeded) await seed(db);
    },
    db,
    kv: storage.namespace(),
    /** Every row of every table; `but` leaves some out, such as those that count and record every request. */
    async rows({ but = [] }: { but?: string[] } = {}): Promise<Record<string, Record<string, unknown>[]>> {
      const names = await db
        .prepare("select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\' order by name")
        .all<{ name: string }>();
      const tables = names.results.map(({ name }) => name).filter((name) => !name.startsWith("sqlite_") && !but.includes(name));
      const answers = await db.batch<Record<string, unknown>>(tables.map((name) => db.prepare(`select * from ${name} order by 1, 2`)));
      return Object.fromEntries(tables.map((name, n) => [name, answers[n]!.results]));
    },
    /** Where it can be reached over HTTP; no slash at the end. */
    url: async () => (await miniflare.ready).origin,
    /** What the worker has printed, so far as it has come: for the texts of failures. `printed` gives all of it. */
    log: () => printed.text(),
    /** Everything the worker has printed, once it is `settled`. */
    async printed() {
      await settled();
      return printed.text();
    },
    /** Waits until a request has made so many trips to a store: one with `{ id }` in its `x-meddle`. */
    trips: (id: string, store: "DB" | "KV", count: number) => printed.holds(`[trip ${id} ${store}]`, count),
    /** Starts the worker anew over the same storage, with some settings changed. */
    async restart(changed: Settings) {
      present = { ...present, ...changed };
      await miniflare.setOptions(options());
    },
    fetch,
    settled,
    /** Sends the event of a cron trigger; gives how its handling ended: "ok", if it did well. */
    scheduled: async (cron: string) => (await fetch(`/cdn-cgi/handler/scheduled?${new URLSearchParams({ cron })}`)).text(),
    stop: () => miniflare.dispose(),
  };
}
