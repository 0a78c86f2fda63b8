// What no worker on the same runtime can beat: four workers that do one thing each.
//
// The last segment of the path names the row or key, so that each request has another one, as ours do.

const worker = (body) => `
const named = (request) => request.url.slice(request.url.lastIndexOf("/") + 1);
export default {
  async fetch(request, env) {${body}}
};`;

export const noOp = worker(`
    return new Response("ok");`);

export const kvGet = worker(`
    const text = await env.KV.get(named(request));
    return new Response(text, { status: text === null ? 404 : 200 });`);

export const d1Read = worker(`
    const row = await env.DB.prepare("select * from sessions where id = ?1").bind(named(request)).first();
    return Response.json(row, { status: row === null ? 404 : 200 });`);

export const d1Write = worker(`
    const write = env.DB.prepare("update sessions set last_used_on = ?2 where id = ?1").bind(named(request), Date.now());
    const { meta } = await write.run();
    return Response.json(meta.changes, { status: meta.changes === 1 ? 200 : 404 });`);
