// The worker that runs SQL and KV calls for the scripts and tests beside it: see storage.mjs. It runs in workerd.

const CALLS = {
  batch: (db, statements) => db.batch(statements.map(({ sql, values }) => db.prepare(sql).bind(...values))),
  ...Object.fromEntries(["get", "put", "list", "delete"].map((name) => [name, (kv, args) => kv[name](...args)])),
};

export default {
  async fetch(request, env) {
    const { binding, call, args } = await request.json();
    try {
      return Response.json({ answer: await CALLS[call](env[binding], args) });
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};
