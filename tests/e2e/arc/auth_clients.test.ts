// Auth clients, administered: all eight operations on real D1.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { ADMIN, type Answer, api, flat, nested } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { aUser } from "../../support/seed";
import { startWorker } from "../../support/worker";

const MASK = "********";
const BASE = { accessTokenExpiration: 900, refreshTokenExpiration: 86400, authCodeExpiration: 180 };

let administrator: { authorization: string };
let administratorId: string;

const { worker, our } = useWorker();

beforeAll(async () => {
  const { accessToken } = await our.signIn(ADMIN);
  administrator = our.bearer(accessToken);
  administratorId = (await our.me(accessToken)).body.id;
});

let made = 0;
const fresh = (more: object = {}) => {
  const n = ++made;
  return {
    ...BASE,
    clientId: `client-${n}`,
    clientSecret: `client secret ${n}`,
    secret: `code secret ${n}`,
    redirectUrl: `https://app-${n}.example/cb`,
    ...more,
  };
};
type Call = [method: string, path: string, body?: unknown];
const call = (method: string, path: string, body?: unknown, headers: Parameters<typeof our.post>[2] = administrator) =>
  our.send(method, `/auth-clients${path}`, { body, headers });
const list = (filter: unknown) => call("GET", `?filter=${encodeURIComponent(JSON.stringify(filter))}`);
const where = (conditions: unknown) => `where=${encodeURIComponent(JSON.stringify(conditions))}`;
const count = (conditions: unknown) => call("GET", `/count?${where(conditions)}`);
async function create(more: object = {}) {
  const answer = await call("POST", "", fresh(more));
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}
const read = async (id: number) => (await call("GET", `/${id}`)).body;
interface StoredClient {
  client_secret_digest: string;
  secret_digest: string;
  modified_on: number;
  deleted_on: number | null;
}
const row = async (id: number) => (await worker.db.prepare("select * from auth_clients where id = ?").bind(id).first<StoredClient>())!;
const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const missing = (id: number | string) => ({
  error: { statusCode: 404, name: "Error", message: `Entity not found: auth_clients with id ${id}`, code: "ENTITY_NOT_FOUND" },
});
const taken = (answer: Answer) => {
  expect(answer.status).toBe(409);
  expect(answer.body.error.message).toMatch(/^Unique constraint violation error ! /);
  expect(answer.body.error.message).not.toMatch(/client-|demo-/);
};

test("a new client is told with its secrets once, and only digests are kept", async () => {
  const sent = fresh();
  const before = Date.now();
  const answer = await call("POST", "", { ...sent, deleted: true, deletedBy: "me", createdOn: "2001-01-01T00:00:00Z" });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const { id, createdOn, modifiedOn, ...rest } = answer.body;
  expect(rest).toEqual({ ...sent, deleted: false });
  expect(Date.parse(createdOn)).toBeGreaterThanOrEqual(before);
  expect(modifiedOn).toBe(createdOn);
  const stored = await row(id);
  expect([stored.client_secret_digest, stored.secret_digest]).toEqual([digest(sent.clientSecret), digest(sent.secret)]);
  const again = await call("GET", `/${id}`);
  expect(again.body).toEqual({
    ...sent,
    id,
    createdOn,
    modifiedOn,
    deleted: false,
    deletedOn: null,
    deletedBy: null,
    clientSecret: MASK,
    secret: MASK,
  });
  expect(again.waits).toBe(1);
});

test("a new client can be signed in to at once, by those allowed on it", async () => {
  const client = await create();
  const { username, password } = await aUser(worker, { clients: [client.clientId] });
  const credentials = { username, password, client_id: client.clientId, client_secret: client.clientSecret };
  expect((await our.loginToken(credentials)).status).toBe(200);
  expect((await our.loginToken({ ...credentials, client_secret: MASK })).status).toBe(401);
});

test("two live clients never share a name, however they come by it", async () => {
  const first = await create();
  taken(await call("POST", "", fresh({ clientId: first.clientId })));
  const other = await create();
  taken(await call("PATCH", `/${other.id}`, { clientId: first.clientId }));
  taken(await call("PUT", `/${other.id}`, fresh({ clientId: first.clientId })));
  const both = { id: { inq: [first.id, other.id] } };
  taken(await call("PATCH", `?${where(both)}`, { clientId: "one-for-both", authCodeExpiration: 1 }));
  expect([await read(first.id), await read(other.id)].map((one) => [one.clientId, one.authCodeExpiration])).toEqual([
    [first.clientId, 180],
    [other.clientId, 180],
  ]);
  const race = fresh();
  const statuses = (await Promise.all([1, 2, 3, 4].map(() => call("POST", "", race)))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 409, 409, 409]);
  await call("DELETE", `/${first.id}`);
  expect((await call("POST", "", fresh({ clientId: first.clientId }))).status).toBe(200);
});

test("read, change, and PUT back keeps the secrets", async () => {
  const client = await create();
  const stored = await row(client.id);
  const whole = await read(client.id);
  const answer = await call("PUT", `/${client.id}`, { ...whole, authCodeExpiration: 181 });
  expect([answer.status, answer.text]).toEqual([204, ""]);
  const after = await row(client.id);
  expect(after).toEqual({ ...stored, auth_code_expiration: 181, modified_on: after.modified_on });
  expect(after.modified_on).toBeGreaterThanOrEqual(stored.modified_on);
});

test("PUT replaces: what is left out is none; PATCH leaves it", async () => {
  const client = await create();
  expect((await call("PATCH", `/${client.id}`, { accessTokenExpiration: 60 })).status).toBe(204);
  expect(await read(client.id)).toMatchObject({ accessTokenExpiration: 60, redirectUrl: client.redirectUrl, clientId: client.clientId });
  const { redirectUrl, ...rest } = fresh();
  expect((await call("PUT", `/${client.id}`, rest)).status).toBe(204);
  expect(await read(client.id)).toMatchObject({ accessTokenExpiration: 900, redirectUrl: null, clientId: rest.clientId });
  expect((await row(client.id)).client_secret_digest).toBe(digest(rest.clientSecret));
  expect((await call("PATCH", `/${client.id}`, { redirectUrl })).status).toBe(204);
  expect((await call("PATCH", `/${client.id}`, { redirectUrl: null, id: client.id })).status).toBe(204);
  expect((await read(client.id)).redirectUrl).toBe(null);
});

test("who administers cannot write what the service itself records", async () => {
  const client = await create();
  const lies = {
    deleted: true,
    deletedOn: "2001-01-01T00:00:00Z",
    deletedBy: "me",
    createdOn: "2001-01-01T00:00:00Z",
    modifiedOn: "2001-01-01T00:00:00Z",
  };
  const before = Date.now();
  expect((await call("PATCH", `/${client.id}`, lies)).status).toBe(204);
  const after = await read(client.id);
  expect(after).toMatchObject({ deleted: false, deletedOn: null, deletedBy: null, createdOn: client.createdOn });
  expect(Date.parse(after.modifiedOn)).toBeGreaterThanOrEqual(before);
});

test("changing secret voids the codes in flight, and changing clientSecret counts at once", async () => {
  const client = await create();
  const { username, password } = await aUser(worker, { clients: [client.clientId] });
  const credentials = { username, password, client_id: client.clientId, client_secret: client.clientSecret };
  const code = async () => (await our.login(credentials)).body.code;
  const redeem = (text: string) => our.token(text, { clientId: client.clientId });
  const [good, masked] = [await code(), await code()];
  expect((await redeem(good)).status).toBe(200);
  await call("PATCH", `/${client.id}`, { secret: MASK, clientSecret: MASK });
  expect((await redeem(masked)).status).toBe(200);
  const void_ = await code();
  expect((await call("PATCH", `/${client.id}`, { secret: "another" })).status).toBe(204);
  expect((await redeem(void_)).body).toEqual(flat(401, "Invalid Credentials"));
  expect((await call("PATCH", `/${client.id}`, { clientSecret: "changed" })).status).toBe(204);
  expect((await our.login(credentials)).status).toBe(401);
  expect((await our.login({ ...credentials, client_secret: "changed" })).status).toBe(200);
});

test("deleting a client ends its sessions, tells by whom, and hides it for ever", async () => {
  const client = await create();
  const { username, password } = await aUser(worker, { clients: [client.clientId] });
  const credentials = { username, password, client_id: client.clientId, client_secret: client.clientSecret };
  const pair = await our.signIn(credentials);
  expect((await our.me(pair.accessToken)).status).toBe(200);
  const before = Date.now();
  const answer = await call("DELETE", `/${client.id}`);
  expect([answer.status, answer.text]).toEqual([204, ""]);
  expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
  expect((await our.refresh(pair)).status).toBe(401);
  expect((await our.loginToken(credentials)).status).toBe(401);
  const stored = await row(client.id);
  expect(stored).toMatchObject({ deleted: 1, deleted_by: administratorId });
  expect(stored.deleted_on).toBeGreaterThanOrEqual(before);
  expect((await call("GET", `/${client.id}`)).body).toEqual({
    error: { statusCode: 404, name: "NotFoundError", message: "EntityNotFound" },
  });
  expect((await call("DELETE", `/${client.id}`)).body).toEqual(missing(client.id));
  expect((await call("PATCH", `/${client.id}`, { authCodeExpiration: 1 })).body).toEqual(missing(client.id));
  expect((await call("PUT", `/${client.id}`, fresh())).body).toEqual(missing(client.id));
  for (const ask of [
    { id: client.id },
    { id: client.id, deleted: true },
    { or: [{ id: client.id }, { deleted: true }] },
    { id: client.id, clientId: { regexp: "." } },
  ]) {
    expect((await list({ where: ask })).body).toEqual([]);
    expect((await count(ask)).body).toEqual({ count: 0 });
    expect((await call("PATCH", `?${where(ask)}`, { authCodeExpiration: 1 })).body).toEqual({ count: 0 });
  }
  expect(await row(client.id)).toEqual(stored);
});

test("PATCH of many needs a where, changes exactly what it means, and counts it", async () => {
  const mark = `many-${Date.now()}`;
  const clients: { id: number }[] = [];
  for (const name of ["a", "b", "É", "é"]) clients.push(await create({ clientId: `${mark}-${name}` }));
  for (const query of ["", "?where=", "?filter={}"]) expect((await call("PATCH", query, { authCodeExpiration: 5 })).status).toBe(400);
  const change = async (ask: unknown, seconds: number) => (await call("PATCH", `?${where(ask)}`, { authCodeExpiration: seconds })).body;
  const now = async () => (await Promise.all(clients.map(({ id }) => read(id)))).map((one) => one.authCodeExpiration);
  expect(await change({ clientId: { like: `${mark}-_` } }, 11)).toEqual({ count: 4 });
  expect(await now()).toEqual([11, 11, 11, 11]);
  expect(await change({ clientId: { regexp: `/^${mark}-A$/i` } }, 12)).toEqual({ count: 1 });
  expect(await change({ clientId: { ilike: `${mark}-É` } }, 13)).toEqual({ count: 2 });
  expect(await now()).toEqual([12, 11, 13, 13]);
  expect(await change({ authCodeExpiration: 13, or: [{ clientId: `${mark}-a` }, { clientId: `${mark}-é` }] }, 14)).toEqual({ count: 1 });
  expect(await now()).toEqual([12, 11, 13, 14]);
  const live = (await count({})).body.count;
  expect(await change({}, 180)).toEqual({ count: live });
  for (const [body, status] of [
    [{}, 400],
    [{ id: 3 }, 400],
    [{ authCodeExpiration: 0 }, 422],
    [{ unknown: 1 }, 422],
  ] as const) {
    expect((await call("PATCH", `?${where({})}`, body)).status).toBe(status);
  }
});

test("a redirect URL is taken or refused as the shared vectors say, its host in any script", async () => {
  const vectors = JSON.parse(readFileSync(new URL("../../vectors/redirect_urls.json", import.meta.url), "utf8")) as Record<
    string,
    string[]
  >;
  for (const [list, urls] of Object.entries(vectors)) {
    for (const redirectUrl of urls)
      expect((await call("POST", "", fresh({ redirectUrl }))).status, redirectUrl).toBe(list === "refused" ? 422 : 200);
  }
});

test("bodies that are no client are refused, and nothing is changed", async () => {
  const before = (await count({})).body;
  const client = await create();
  const stored = await row(client.id);
  const wrong = [
    { clientId: "" },
    { clientSecret: "" },
    { secret: "" },
    { accessTokenExpiration: 0 },
    { authCodeExpiration: 1.5 },
    { refreshTokenExpiration: 31_536_001 },
    { accessTokenExpiration: "900" },
    { redirectUrl: "javascript:alert(1)" },
    { redirectUrl: "http://app.example" },
    { redirectUrl: "https://*.preview.example/cb" },
    { more: 1 },
    { clientId: 5 },
  ];
  for (const one of wrong) {
    const answers = [
      await call("POST", "", fresh(one)),
      await call("PUT", `/${client.id}`, fresh(one)),
      await call("PATCH", `/${client.id}`, one),
    ];
    expect(
      answers.map(({ status }) => status),
      JSON.stringify(one),
    ).toEqual([422, 422, 422]);
    expect(answers[0]!.body.error.code).toBe("VALIDATION_FAILED");
  }
  for (const one of [{ id: 99 }, { clientSecret: MASK }, { secret: MASK }, { redirectUrl: null }])
    expect((await call("POST", "", fresh(one))).status).toBe(422);
  for (const name of ["clientId", "clientSecret", "secret", "accessTokenExpiration", "refreshTokenExpiration", "authCodeExpiration"]) {
    for (const [method, path] of [
      ["POST", ""],
      ["PUT", `/${client.id}`],
    ] as const) {
      const { body } = await call(method, path, fresh({ [name]: undefined }));
      expect(body.error.details).toEqual([expect.objectContaining({ code: "required", info: { missingProperty: name } })]);
    }
  }
  expect((await call("PATCH", `/${client.id}`, {})).status).toBe(400);
  const moved = await call("PUT", `/${client.id}`, fresh({ id: client.id + 1 }));
  expect(moved.body).toEqual({
    error: { statusCode: 400, name: "Error", message: `id property (id) cannot be updated from ${client.id} to ${client.id + 1}` },
  });
  expect((await call("PATCH", `/${client.id}`, { id: client.id + 1 })).status).toBe(400);
  expect(await row(client.id)).toEqual(stored);
  expect((await count({})).body.count).toBe(before.count + 1);
});

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
      (
        await our.send(
          method,
          `/auth-clients${path}${path.includes("?") ? "&" : "?"}access_token=${administrator.authorization.slice(7)}`,
          { body },
        )
      ).status,
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

test("reads cost one wait, whatever is asked that D1 can say", async () => {
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
