// The worker with its storage counted as Cloudflare bills it: D1's statements, rows read and rows written from the answers'
// own `meta`, and KV's operations. `GET` with the header `x-growth` answers what has been counted since, and begins anew.

import worker from "./index.js";

const nothing = () => ({ statements: 0, read: 0, written: 0, trips: 0, kvRead: 0, kvWritten: 0 });
let counted = nothing();

const add = (results) => {
  counted.trips++;
  for (const { meta } of results) {
    counted.statements++;
    counted.read += meta.rows_read ?? 0;
    counted.written += meta.rows_written ?? 0;
  }
};

function database(db) {
  const statement = (real) =>
    Object.assign(Object.create(real), {
      bind: (...values) => statement(real.bind(...values)),
      async all() {
        const result = await real.all();
        add([result]);
        return result;
      },
    });
  return Object.assign(Object.create(db), {
    prepare: (sql) => statement(db.prepare(sql)),
    async batch(statements) {
      const results = await db.batch(statements);
      add(results);
      return results;
    },
  });
}

function namespace(kv) {
  const method =
    (name, what) =>
    (...values) => {
      counted[what]++;
      return kv[name](...values);
    };
  return {
    get: method("get", "kvRead"),
    getWithMetadata: method("getWithMetadata", "kvRead"),
    list: method("list", "kvRead"),
    put: method("put", "kvWritten"),
    delete: method("delete", "kvWritten"),
  };
}

const storage = (env) => ({ ...env, DB: database(env.DB), KV: namespace(env.KV) });

export default {
  async fetch(request, env, context) {
    if (!request.headers.has("x-growth")) return worker.fetch(request, storage(env), context);
    const answer = Response.json(counted);
    counted = nothing();
    return answer;
  },
  scheduled: (event, env, context) => worker.scheduled(event, storage(env), context),
};
