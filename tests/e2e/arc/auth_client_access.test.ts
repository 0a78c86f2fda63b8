// /auth-clients: who may, in which order a request is checked, what it costs, and that no text becomes SQL.

import { expect, test } from "vitest";
import { ADMIN, api, flat, nested } from "../../support/api";
import { MASK, where, useAuthClients } from "../../support/auth_clients";
import { aUser } from "../../support/seed";
import { startWorker } from "../../support/worker";

const { worker, our, fresh, call, list, count, create, read, administratorToken } = useAuthClients();

type Call = [method: string, path: string, body?: unknown];

const everyCall = (id: number | string): Call[] => [
  ["POST", "", fresh()],
  ["GET", ""],
  ["PATCH", `?${where({ id: -1 })}`, { authCodeExpiration: 1 }],
  ["GET", "/count"],
  ["GET", `/${id}`],
  ["PUT", `/${id}`, fresh()],
  ["PATCH", `/${id}`, { authCodeExpiration: 1 }],
  ["DELETE", `/${id}`],
];

test("only those who hold the permission now may do anything", async () => {
  const client = await create();
  const before = await worker.db.prepare("select * from auth_clients").all();
  const member = our.bearer((await our.signIn()).accessToken);
  const promoted = await aUser(worker, { permissions: ["NotAllowed"] });
  const theirs = our.bearer((await our.signIn({ username: promoted.username, password: promoted.password })).accessToken);
  expect((await call("GET", `/${client.id}`, undefined, theirs)).status).toBe(200);
  await worker.db.prepare("delete from user_permissions where user_tenant_id = ?").bind(promoted.membershipId).run();
  const over = await our.signIn(ADMIN);
  await our.logout(over);
  for (const [method, path, body] of everyCall(client.id)) {
    for (const headers of [member, theirs])
      expect((await call(method, path, body, headers)).body, `${method} ${path}`).toEqual(flat(403, "NotAllowedAccess"));
    expect((await call(method, path, body, {})).status).toBe(401);
    expect((await call(method, path, body, our.bearer("garbage"))).body).toEqual(nested("TokenExpired"));
    expect((await call(method, path, body, our.bearer(over.accessToken))).body).toEqual(nested("TokenRevoked"));
    expect(
      (await our.send(method, `/auth-clients${path}${path.includes("?") ? "&" : "?"}access_token=${administratorToken()}`, { body }))
        .status,
    ).toBe(401);
  }
  const evaluated = `?${where({ clientId: { regexp: "." } })}`;
  for (const [method, path] of [
    ["GET", `/count${evaluated}`],
    ["PATCH", evaluated],
  ] as const) {
    expect((await call(method, path, method === "PATCH" ? { authCodeExpiration: 1 } : undefined, member)).body).toEqual(
      flat(403, "NotAllowedAccess"),
    );
  }
  expect((await worker.db.prepare("select * from auth_clients").all()).results).toEqual(before.results);
});

test("the shape is judged before the person, the person before the permission and the row", async () => {
  const none = {};
  expect((await call("POST", "", {}, none)).status).toBe(422);
  expect((await call("GET", "?filter={", undefined, none)).status).toBe(400);
  expect((await call("GET", "/abc", undefined, none)).status).toBe(400);
  for (const method of ["PUT", "PATCH"]) {
    expect((await call(method, "/1", fresh({ id: 2 }), none)).body, "which row is meant is the operation's business").toEqual(
      flat(401, 'Bearer realm="Users"'),
    );
    expect((await call(method, "/999999", fresh({ id: 2 }))).status).toBe(400);
  }
  expect((await our.send("POST", "/auth-clients", { body: "a=1", headers: { "content-type": "text/plain" } })).status).toBe(415);
  const member = our.bearer((await our.signIn()).accessToken);
  for (const [method, path, body] of everyCall(999_999).slice(4)) expect((await call(method, path, body, member)).status).toBe(403);
  for (const id of ["abc", "1.5", "2147483648", "1;drop table auth_clients", "1e3", "%27"]) {
    for (const [method, path, body] of everyCall(encodeURIComponent(decodeURIComponent(id))).slice(4)) {
      const answer = await call(method, path, body);
      expect([answer.status, answer.body.error.code], path).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }
  }
  expect((await call("GET", "/999999")).body.error.message).toBe("EntityNotFound");
  expect((await call("POST", "/1", {})).status).toBe(405);
});

test("reads cost one wait, for every filter that D1 can evaluate", async () => {
  expect((await call("GET", "")).waits).toBe(1);
  expect((await list({ where: { clientId: { like: "demo%" } }, order: "clientId" })).waits).toBe(1);
  expect((await count({})).waits).toBe(1);
  expect((await count({ clientId: { regexp: "^demo" } })).waits).toBe(2);
});

test("no text a caller writes becomes SQL, in any place", async () => {
  const before = await worker.db.prepare("select * from auth_clients order by id").all();
  const texts = [
    "'; drop table auth_clients; --",
    '" or 1=1 --',
    "id) or (1=1",
    "1 union select client_secret_digest from auth_clients",
    "client_secret_digest",
    "') or ''='",
    "?1",
    ":a",
    "\\' or 1=1 --",
  ];
  for (const text of texts) {
    const refused = [
      { where: { [text]: 1 } },
      { where: { clientId: { [`eq ${text}`]: 1 } }, order: text },
      { order: `id ${text}` },
      { order: [text] },
      { fields: [text] },
      { fields: { [text]: true } },
      { limit: text },
      { skip: text },
      { where: { id: text } },
      { where: { createdOn: text } },
      { where: { deleted: text } },
      { where: { and: [{ or: [{ [text]: 1 }] }] } },
      { [text]: 1 },
    ];
    for (const filter of refused) {
      const answer = await list(filter);
      expect([answer.status, answer.body.error?.code], JSON.stringify(filter)).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }
    for (const test of [text, { eq: text }, { inq: [text, text] }, { like: text }, { ilike: text }, { between: [text, text] }]) {
      const answer = await list({ where: { clientId: test } });
      expect([answer.status, answer.body], JSON.stringify(test)).toEqual([200, []]);
      expect((await count({ redirectUrl: test })).body).toEqual({ count: 0 });
      expect((await call("PATCH", `?${where({ clientId: test })}`, { authCodeExpiration: 1 })).body).toEqual({ count: 0 });
    }
  }
  for (const filter of [
    { where: { secret: "x" } },
    { where: { clientSecret: { like: "a%" } } },
    { order: "secret" },
    { fields: ["clientSecret"] },
    { include: ["x"] },
  ])
    expect((await list(filter)).status).toBe(400);
  expect((await worker.db.prepare("select * from auth_clients order by id").all()).results).toEqual(before.results);
  const evil = await create({ clientId: texts[0], secret: texts[1] });
  expect((await read(evil.id)).clientId).toBe(texts[0]);
  expect((await list({ where: { clientId: texts[0] } })).body).toHaveLength(1);
  expect((await call("DELETE", `/${evil.id}`)).status).toBe(204);
});

test("a flag of tokens without sessions reaches reads and writes by what the token says", async () => {
  const { jwt, keyOf } = await import("../../support/jwt");
  const { freshKeys } = await import("../../support/worker");
  const keys = freshKeys();
  const plain = await startWorker({ settings: { JWT_KEYS: keys, COMPATIBILITY: "plain-bearer" } });
  try {
    const their = api(plain);
    const token = (permissions: string[]) =>
      jwt(
        { alg: "EdDSA" },
        { id: "somebody", iss: "http://127.0.0.1:8787", permissions, exp: Math.floor(Date.now() / 1000) + 60 },
        keyOf(keys).privateKey,
      );
    const [yes, no] = [their.bearer(token(["NotAllowed"])), their.bearer(token([]))];
    expect((await their.send("GET", "/auth-clients/2", { headers: no })).status).toBe(403);
    expect((await their.send("GET", "/auth-clients/2", { headers: yes })).status).toBe(200);
    expect((await their.send("DELETE", "/auth-clients/2", { headers: yes })).status).toBe(204);
    expect(await plain.db.prepare("select deleted_by from auth_clients where id = 2").first("deleted_by")).toBe("somebody");
  } finally {
    await plain.stop();
  }
});

test("ten thousand clients are paged, filtered and counted, and no secret leaves", async () => {
  const live = (await count({})).body.count;
  await worker.db
    .prepare(
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) insert into auth_clients (client_id, client_secret_digest, secret_digest, redirect_url, access_token_expiration, created_on, modified_on) select 'bulk-' || i, 'hidden digest', 'hidden digest', case when i % 2 then 'https://bulk.example/' || i end, i % 10 + 1, i, i from n",
    )
    .bind(10_000 - live)
    .run();
  const seen: number[] = [];
  for (let skip = 0; ; skip += 1000) {
    const page = await list({ limit: 1000, skip });
    if (page.body.length === 0) break;
    expect(page.text).not.toContain("digest");
    for (const one of page.body) {
      expect([one.clientSecret, one.secret]).toEqual([MASK, MASK]);
      seen.push(one.id);
    }
  }
  expect(seen).toHaveLength(10_000);
  expect(new Set(seen).size).toBe(10_000);
  expect((await call("GET", "")).body).toHaveLength(100);
  expect((await list({ limit: 1001 })).status).toBe(400);
  expect((await count({})).body).toEqual({ count: 10_000 });
  const bulk = { clientId: { regexp: "^bulk-[0-9]*7$" } };
  const sevens = Array.from({ length: 10_000 - live }, (_, i) => i + 1).filter((i) => i % 10 === 7);
  expect((await count(bulk)).body).toEqual({ count: sevens.length });
  const last = await list({ where: bulk, order: "createdOn DESC", limit: 3, skip: 1, fields: ["clientId"] });
  expect(last.body).toEqual(
    sevens
      .slice(-4, -1)
      .reverse()
      .map((i) => ({ clientId: `bulk-${i}` })),
  );
  expect((await call("PATCH", `?${where(bulk)}`, { authCodeExpiration: 77 })).body).toEqual({ count: sevens.length });
  expect((await count({ authCodeExpiration: 77 })).body).toEqual({ count: sevens.length });
  await create();
  const refused = await count(bulk);
  expect([refused.status, refused.body.error.name]).toEqual([400, "BadRequestError"]);
  expect((await count({ clientId: { like: "bulk-%" } })).body).toEqual({ count: 10_000 - live });
}, 60_000);
