// POST /users/import: a person a line, an answer for each, over the rules of npm run import and within the bearer's borders.

import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { HOME, MEMBER, useManagement } from "../../support/management";
import { ARGON2ID, BCRYPT, PASSWORD, identityV2, identityV3 } from "../../support/moving";

const { worker, our, call, withPermissions, aTenant, root } = useManagement({
  settings: {
    SIGN_UP_TENANT: demoSettings.SIGN_UP_TENANT,
    SIGN_UP_ROLE: demoSettings.SIGN_UP_ROLE,
    SIGN_UP_CLIENT_IDS: demoSettings.SIGN_UP_CLIENT_IDS,
  },
});

type Line = Record<string, unknown>;
type Said = { line: number; id?: string; result?: string; leftOut?: string[]; error?: { code: string; message: string } };
const ndjson = (lines: (Line | string)[]) => lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");

async function send(body: string | Uint8Array, by: { accessToken: string } = root(), headers: Record<string, string> = {}) {
  const answer = await our.send("POST", "/users/import", {
    body,
    headers: { "content-type": "application/x-ndjson", ...our.bearer(by.accessToken), ...headers },
  });
  const lines = answer.status === 200 ? answer.text.split("\n").filter(Boolean) : [];
  return { status: answer.status, headers: answer.headers, said: lines.map((line) => JSON.parse(line) as Said) };
}

const moveIn = async (lines: (Line | string)[], by?: { accessToken: string }) => (await send(ndjson(lines), by)).said;
const rows = async (sql: string, ...values: unknown[]) =>
  (
    await worker.db
      .prepare(sql)
      .bind(...values)
      .all()
  ).results;
const users = async () => (await rows("select count(*) as n from users"))[0]!.n;
const signsIn = async (username: string) => {
  expect((await our.loginToken({ username, password: "wrong password" })).status, username).toBe(401);
  return our.signIn({ username, password: PASSWORD });
};
const unique = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

describe("an administrator", () => {
  test("brings people in with their hashes of every kind, roles, clients and profile, who then sign in", async () => {
    await call("POST", `/tenants/${HOME}/roles`, { name: "Chief", permissions: ["Lead"] });
    const hashes = [
      BCRYPT,
      ARGON2ID,
      identityV2(),
      identityV3("sha512"),
      "pbkdf2_sha256$1000$AAECAwQFBgcICQoLDA0ODw$CjKI9XF6zRcPEFo41LRxUMRuSUzp4NobVWXKmAdY3Ag=",
    ];
    const people = hashes.map((passwordHash, n) => ({ id: n, username: unique("api"), passwordHash, clientIds: ["demo-web"] }));
    const full = {
      id: randomUUID(),
      username: unique("full"),
      email: `${unique("full")}@example.com`,
      emailVerified: true,
      firstName: "Ada",
      middleName: "M.",
      lastName: "Muster",
      phone: "+4930123",
      gender: "f",
      dob: "1990-05-17T00:00:00Z",
      locale: "de",
      status: 3,
      passwordHash: BCRYPT,
      tenant: HOME,
      roles: ["Member", "Chief"],
      clientIds: ["demo-web", "demo-mobile"],
    };
    const said = await moveIn([...people, "", full]);
    expect(said.map(({ line, result, leftOut }) => [line, result, leftOut])).toEqual(
      [1, 2, 3, 4, 5, 7].map((line) => [line, "created", undefined]),
    );
    for (const { username } of people) await signsIn(username);
    expect(said[5]!.id).toBe(full.id);
    const me = (await our.me((await signsIn(full.username)).accessToken)).body;
    expect(me).toMatchObject({ id: full.id, firstName: "Ada", lastName: "Muster", gender: "F", status: 3 });
    expect(me.permissions).toEqual(expect.arrayContaining(["Lead"]));
    expect(
      await rows(
        "select u.email_verified, u.dob, u.phone, m.locale, r.includes from users u join user_tenants m on m.user_id = u.id join roles r on r.id = m.role_id where u.id = ?",
        full.id,
      ),
    ).toEqual([{ email_verified: 1, dob: "1990-05-17", phone: "+4930123", locale: "de", includes: '["Member","Chief"]' }]);
    const [{ password }] = (await rows("select password from user_credentials where user_id = ?", full.id)) as [{ password: string }];
    expect(password, "replaced at the first sign-in").not.toBe(BCRYPT);
  });

  test("may send it again: nobody is doubled or changed, and the composite role is one", async () => {
    const people = [
      { id: unique("again"), username: unique("again"), passwordHash: BCRYPT, roles: ["Member", "Chief"] },
      { id: randomUUID(), username: unique("again"), firstName: "Ada" },
      { username: unique("again") },
    ];
    const first = await moveIn(people);
    expect(first.map(({ result }) => result)).toEqual(["created", "created", "created"]);
    await worker.db.prepare("update user_credentials set password = 'another' where user_id = ?").bind(first[0]!.id).run();
    const before = await users();
    const changed = people.map((person) => ({ ...person, firstName: "Changed", passwordHash: ARGON2ID, status: 2 }));
    const again = await moveIn(changed);
    expect(again.map(({ result, id }) => [result, id])).toEqual(first.map(({ id }) => ["exists", id]));
    expect(await users()).toBe(before);
    expect(await rows("select password from user_credentials where user_id = ?", first[0]!.id)).toEqual([{ password: "another" }]);
    expect(await rows("select count(*) as n from users where first_name = 'Changed'")).toEqual([{ n: 0 }]);
    expect(await rows(`select count(*) as n from roles where includes = '["Member","Chief"]' and deleted = 0`)).toEqual([{ n: 1 }]);
  });

  test("is told of each line why it does not come in, and the others do", async () => {
    const name = unique("line");
    const said = await moveIn([
      "{",
      "[]",
      { firstName: "nobody" },
      { username: unique("x"), shoeSize: 43 },
      { username: unique("x"), password: "in the clear" },
      { username: unique("x"), status: 5 },
      { username: "x".repeat(321) },
      { username: "a\u0000b" },
      { username: unique("x"), tenant: "nowhere" },
      { username: unique("x"), roles: ["Nothing"] },
      { username: unique("x"), roles: "Member" },
      { username: "demo" },
      { id: "n1", username: name },
      { id: "n2", username: name.toUpperCase() },
    ]);
    const invalid = "VALIDATION_FAILED";
    expect(said.map(({ error, result }) => error?.code ?? result)).toEqual([
      ...Array(8).fill(invalid),
      "ENTITY_NOT_FOUND",
      "ENTITY_NOT_FOUND",
      invalid,
      "exists",
      "created",
      "CONFLICT",
    ]);
    expect(said.map(({ line }) => line)).toEqual(said.map((_, n) => n + 1));
    expect(said.some((answer) => answer.error && answer.id !== undefined)).toBe(false);
  });

  test("loses a hash that would stop the worker or that nothing verifies, and what is beyond its limits; the person comes", async () => {
    const said = await moveIn([
      {
        id: "c1",
        username: unique("cost"),
        passwordHash: "$argon2id$v=19$m=4194304,t=9,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
      },
      { id: "c2", username: unique("cost"), passwordHash: BCRYPT.replace("$04$", "$31$") },
      { id: "c3", username: unique("cost"), passwordHash: "pbkdf2_sha256$4000000000$0123456789$AAECAwQFBgcICQoLDA0ODw" },
      { id: "c4", username: unique("cost"), passwordHash: "$1$Xy7salt9$Zt8tC7N.I2AiC8coltSOj." },
      { id: "c5", username: unique("cost"), firstName: "x".repeat(51), dob: "2001-02-30", phone: "1".repeat(16), clientIds: ["nobody"] },
    ]);
    expect(said.map(({ result, leftOut }) => [result, leftOut])).toEqual([
      ...Array(4).fill(["created", ["passwordHash"]]),
      ["created", ["dob", "firstName", "phone", "clientIds"]],
    ]);
    const ids = said.slice(0, 4).map(({ id }) => id);
    expect(await rows(`select count(*) as n from user_credentials where user_id in (${ids.map(() => "?").join(", ")})`, ...ids)).toEqual([
      { n: 0 },
    ]);
  });

  test("sees formulas and markup kept as texts like any other", async () => {
    const text = `=cmd|' /C calc'!A0"<script>&`;
    const [{ id }] = (await moveIn([{ id: "f1", username: unique("formula"), firstName: text }])) as [Said];
    expect(await rows("select first_name from users where id = ?", id)).toEqual([{ first_name: text }]);
  });

  test("brings nobody back who was erased, and nobody without an id from then on", async () => {
    const person = { id: unique("erased"), username: unique("erased") };
    const [{ id }] = (await moveIn([person])) as [Said];
    expect((await call("POST", `/users/${id}/erase`)).status).toBe(204);
    const said = await moveIn([person, { username: unique("nameless") }, { id: unique("new"), username: unique("new") }]);
    expect(said.map(({ error, result }) => error?.code ?? result)).toEqual(["CONFLICT", "VALIDATION_FAILED", "created"]);
    await worker.db.prepare("delete from erased_users").run();
  });

  test("sends a mebibyte, gzipped too, and not a byte more; five thousand lines, and not one more", async () => {
    const line = JSON.stringify({ username: unique("large") });
    const large = line.padEnd(1_048_576, " ");
    expect((await send(large)).said).toMatchObject([{ line: 1, result: "created" }]);
    expect((await send(`${large} `)).status).toBe(413);
    expect((await send(gzipSync(large), root(), { "content-encoding": "gzip" })).said).toMatchObject([{ result: "exists" }]);
    expect((await send(gzipSync(`${large} `), root(), { "content-encoding": "gzip" })).status).toBe(413);
    expect((await send("{}\n".repeat(5_001))).status).toBe(400);
    const many = await send("{}\n".repeat(5_000));
    expect([many.status, many.said.length]).toEqual([200, 5_000]);
    expect((await send("")).said).toEqual([]);
    const answer = await our.send("POST", "/auth-clients", {
      body: large,
      headers: { "content-type": "application/json", ...our.bearer(root().accessToken) },
    });
    expect(answer.status, "elsewhere a body is as small as before").toBe(413);
  });

  test("comes in batches that are whole: a failure of storage leaves nobody half", async () => {
    const people = Array.from({ length: 300 }, (_, n) => ({ id: `b${n}`, username: unique("batch"), passwordHash: BCRYPT }));
    const meddle = { "x-meddle": JSON.stringify({ on: "DB", trip: 5, fail: true }) };
    const failed = await send(ndjson(people), root(), meddle);
    expect(failed.status).toBe(503);
    const half =
      "select count(*) as n from users u left join user_tenants m on m.user_id = u.id left join user_credentials c on c.user_id = u.id where u.username like 'batch-%' and (m.id is null or c.user_id is null)";
    expect(await rows(half)).toEqual([{ n: 0 }]);
    const again = await send(ndjson(people));
    expect(new Set(again.said.map(({ result }) => result))).toEqual(new Set(["exists", "created"]));
    expect(await rows("select count(*) as n from users where username like 'batch-%'")).toEqual([{ n: 300 }]);
  });

  test("is in the audit log, and nothing of the people is", async () => {
    const name = unique("audited");
    await moveIn([{ id: "a1", username: name }]);
    await worker.settled();
    const told = await rows("select kind, result, detail from login_activity where detail like '%imported%' order by at desc limit 1");
    expect(told).toEqual([{ kind: "user", result: "created", detail: '{"imported":1}' }]);
    expect(await rows("select 1 from login_activity where detail like ?", `%${name}%`)).toEqual([]);
  });
});

describe("within borders", () => {
  let manager: { accessToken: string };
  beforeAll(async () => {
    manager = await withPermissions(["CreateTenantUser", "ViewTodo"]);
  });

  test("people come into the bearer's own tenant, by name, by id or unsaid, and into no other, there or not", async () => {
    const other = await aTenant();
    const [{ name }] = (await rows("select name from tenants where id = ?", HOME)) as [{ name: string }];
    const before = await users();
    const said = await moveIn(
      [
        { id: "t1", username: unique("border") },
        { id: "t2", username: unique("border"), tenant: HOME },
        { id: "t3", username: unique("border"), tenant: name },
        { id: "t4", username: unique("border"), tenant: other.id },
        { id: "t5", username: unique("border"), tenant: other.name },
        { id: "t6", username: unique("border"), tenant: "nowhere" },
      ],
      manager,
    );
    expect(said.map(({ result, error }) => result ?? error!.code)).toEqual([
      "created",
      "created",
      "created",
      ...Array(3).fill("NotAllowedAccess"),
    ]);
    expect(await users()).toBe((before as number) + 3);
  });

  test("hashes and second factors' secrets are an administrator's alone", async () => {
    const said = await moveIn(
      [
        { id: "h1", username: unique("hash"), passwordHash: BCRYPT },
        { id: "h2", username: unique("hash"), passwordHash: "nonsense" },
        { id: "h3", username: unique("hash"), totpSecret: "JBSWY3DPEHPK3PXP" },
      ],
      manager,
    );
    expect(said.map(({ error }) => error?.code)).toEqual(Array(3).fill("NotAllowedAccess"));
  });

  test("nobody gives a permission that they do not hold, by one role or by several, nor a client that is not theirs", async () => {
    const role = async (permissions: string[]) => {
      const name = unique("Role");
      await call("POST", `/tenants/${HOME}/roles`, { name, permissions });
      return name;
    };
    const [held, more, all] = [await role(["ViewTodo"]), await role(["ViewTodo", "Lead"]), await role(["NotAllowed"])];
    const client = {
      clientId: unique("client"),
      clientSecret: "x",
      secret: "y",
      accessTokenExpiration: 900,
      refreshTokenExpiration: 900,
      authCodeExpiration: 90,
    };
    expect((await call("POST", "/auth-clients", client)).status).toBe(200);
    const line = (more: Line) => ({ id: unique("g"), username: unique("give"), ...more });
    const said = await moveIn(
      [
        line({ roles: [held] }),
        line({ roles: [more] }),
        line({ roles: [all] }),
        line({ roles: [held, more] }),
        line({ roles: ["Administrator"] }),
        line({ roles: [held], clientIds: [client.clientId] }),
        line({ roles: [held], clientIds: ["demo-web"] }),
      ],
      manager,
    );
    const refused = "NotAllowedAccess";
    expect(said.map(({ result, error }) => result ?? error!.code)).toEqual([
      "created",
      refused,
      refused,
      refused,
      expect.stringMatching(/NotAllowedAccess|ENTITY_NOT_FOUND/),
      refused,
      "created",
    ]);
    expect(
      await rows("select count(*) as n from roles where includes = ?", JSON.stringify([held, more])),
      "and no role was made for it",
    ).toEqual([{ n: 0 }]);
  });

  test("an id of another tenant's tells nothing, and is not taken over", async () => {
    const other = await aTenant();
    const theirs = await withPermissions(["CreateTenantUser"], other.id);
    const id = randomUUID();
    const [ours] = await moveIn([{ id, username: unique("mine") }]);
    expect(ours).toMatchObject({ id, result: "created" });
    const [first] = await moveIn([{ id, username: unique("theirs"), roles: [] }], theirs);
    expect(first!.result).toBe("created");
    expect(first!.id).not.toBe(id);
  });

  test("who may not create people imports nobody, and nobody without a token does", async () => {
    const member = await withPermissions(["ViewTenantUser"]);
    const body = ndjson([{ id: "n", username: unique("n") }]);
    expect((await send(body, member)).status).toBe(403);
    expect((await our.send("POST", "/users/import", { body, headers: { "content-type": "application/x-ndjson" } })).status).toBe(401);
    expect((await our.send("GET", "/users/import", { headers: our.bearer(root().accessToken) })).status).toBe(405);
  });
});

test("a person without a role said has that of sign-up, and may sign in to the importer's client", async () => {
  const [{ id }] = (await moveIn([{ id: unique("d"), username: unique("default") }])) as [Said];
  expect(
    await rows(
      "select m.role_id, c.client_id from user_tenants m join user_clients u on u.user_id = m.user_id join auth_clients c on c.id = u.client_id where m.user_id = ?",
      id,
    ),
  ).toEqual([{ role_id: MEMBER, client_id: "demo-web" }]);
});
