// /auth-clients: all eight operations on real D1.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Answer, flat, nested } from "../../support/api";
import { MASK, where, useAuthClients } from "../../support/auth_clients";
import { aUser } from "../../support/seed";

const { worker, our, fresh, call, list, count, create, read, idOfAdministrator } = useAuthClients();

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

test("a new client's secrets are shown once, and only digests are kept", async () => {
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

test("deleting a client ends its sessions, records by whom, and hides it for ever", async () => {
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
  expect(stored).toMatchObject({ deleted: 1, deleted_by: idOfAdministrator() });
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
