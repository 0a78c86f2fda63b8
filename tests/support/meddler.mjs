// The worker, with storage that a test may meddle with, request by request.
//
// The header `x-meddle` holds JSON: { on: "DB" or "KV", trip: which one, counted from 1, and one of
// do: SQL that somebody else runs just before that trip; fail: true; hang: true }, or
// { missing: the name of a binding that is not there }, or { settings: what the worker finds besides
// its own }, which it reads once it has found none that serve.

import Worker from "./index.js";

export default {
  fetch(request, env, context) {
    const order = request.headers.get("x-meddle");
    return new Worker(context, order ? meddled(env, JSON.parse(order)) : env).fetch(request);
  },
};

function meddled(env, { missing, settings, on, trip, do: statements = [], fail, hang }) {
  let trips = 0;
  const before = async (store) => {
    if (store !== on || ++trips !== trip) return;
    if (fail) throw new Error("D1_ERROR: the disk is on fire");
    if (hang) await new Promise(() => {});
    if (statements.length > 0) await env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));
  };
  const bindings = { ...env, ...settings, DB: database(env.DB, () => before("DB")), KV: namespace(env.KV, () => before("KV")) };
  delete bindings[missing];
  return bindings;
}

function database(db, before) {
  const statement = (real) =>
    Object.assign(Object.create(real), {
      bind: (...values) => statement(real.bind(...values)),
      all: () => before().then(() => real.all()),
    });
  return Object.assign(Object.create(db), {
    prepare: (sql) => statement(db.prepare(sql)),
    batch: (statements) => before().then(() => db.batch(statements)),
  });
}

function namespace(kv, before) {
  const method = (name) => (...values) => before().then(() => kv[name](...values));
  return Object.fromEntries(["get", "getWithMetadata", "put", "list", "delete"].map((name) => [name, method(name)]));
}
