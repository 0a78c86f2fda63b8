// The worker, with storage that a test may meddle with, request by request.
//
// The header `x-meddle` holds JSON: { on: "DB" or "KV", trip: which one, counted from 1, and one of
// do: SQL that runs just before that trip; fail: true; hang: true; slow: true, which
// answers after a second; lose: true, which does what is asked and loses the answer }, or
// { missing: the name of a binding that is not there }, or { settings: what the worker finds besides
// its own }, which it reads once it has found none that serve, or { panic: true }: waitUntil throws
// where it never does, and the library that calls it does not expect that. { later: milliseconds } sets the
// worker's clock ahead from this request on. { settle: a text } is answered once no work of earlier
// requests goes on behind their answers; the text then ends both streams of the log. { memory: true }
// is answered with the bytes of the worker's memory.
//
// The log has every trip of an order that has an `id`.

import { memorySize } from "./memory.mjs";
import worker from "./index.js";

const RealDate = Date;
let ahead = 0;
globalThis.Date = class extends RealDate {
  constructor(...values) {
    if (values.length > 0) super(...values);
    else super(RealDate.now() + ahead);
  }
};

export default {
  async fetch(request, env, context) {
    const header = request.headers.get("x-meddle");
    const order = header && JSON.parse(header);
    if (order?.settle) return settled(order.settle);
    if (order?.memory) return new Response(String(memorySize()));
    ahead = order?.later ?? ahead;
    try {
      return await worker.fetch(request, order ? meddled(env, order) : env, watched(context, order?.panic));
    } finally {
      if (order?.panic) busy.clear(); // with the instance went what went on in it
    }
  },
  scheduled(event, env, context) {
    return worker.scheduled(event, env, watched(context));
  },
};

/** How much goes on behind the answer of each request. */
const busy = new Map();

function watched(context, panic) {
  const count = (change) => {
    const left = (busy.get(context) ?? 0) + change;
    if (left > 0) busy.set(context, left);
    else busy.delete(context);
  };
  return {
    waitUntil(work) {
      if (panic) throw new Error("nobody expects this");
      count(+1);
      context.waitUntil(work.finally(() => count(-1)));
    },
  };
}

/** A promise of one request cannot be awaited in another, so the counts are looked at now and then. */
async function settled(text) {
  const earlier = [...busy.keys()];
  while (earlier.some((context) => busy.has(context))) await scheduler.wait(5);
  console.log(`[settled ${text}]`);
  console.error(`[settled ${text}]`);
  return new Response();
}

function meddled(env, order) {
  const { id, missing, settings, on, trip, do: statements = [], fail, hang, slow, lose } = order;
  let trips = 0;
  /** Goes to a store, unless this is the trip that is meddled with. */
  const meddle = async (store, go) => {
    if (id) console.log(`[trip ${id} ${store}]`);
    if (store !== on || ++trips !== trip) return go();
    if (fail) throw new Error("D1_ERROR: the disk is on fire");
    if (hang) await new Promise(() => {});
    if (slow) await new Promise((resolve) => setTimeout(resolve, 1000));
    if (statements.length > 0) await env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));
    const answer = await go();
    if (lose) throw new Error("D1_ERROR: the connection was lost");
    return answer;
  };
  const bindings = { ...env, ...settings, DB: database(env.DB, (go) => meddle("DB", go)), KV: namespace(env.KV, (go) => meddle("KV", go)) };
  delete bindings[missing];
  return bindings;
}

function database(db, trip) {
  const statement = (real) =>
    Object.assign(Object.create(real), {
      bind: (...values) => statement(real.bind(...values)),
      all: () => trip(() => real.all()),
    });
  return Object.assign(Object.create(db), {
    prepare(sql) {
      return statement(db.prepare(sql));
    },
    batch: (statements) => trip(() => db.batch(statements)),
  });
}

function namespace(kv, trip) {
  const method =
    (name) =>
    (...values) =>
      trip(() => kv[name](...values));
  return Object.fromEntries(["get", "getWithMetadata", "put", "list", "delete"].map((name) => [name, method(name)]));
}
