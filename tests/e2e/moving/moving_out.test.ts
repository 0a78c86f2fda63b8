// A person takes everything along and leaves: at once by an administrator, or by themselves, who may change their mind.

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN, DEMO_WEB } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";
import { exportOf, exported } from "../../../scripts/lib/admin/export.mjs";
import { planOf, verbOf } from "../../../scripts/lib/admin/verbs.mjs";
import { DEMO_PLACE, folder, runOn } from "../../support/moving";

const { worker, our } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web", OTP_CLIENT_IDS: "demo-web" } });
const { file } = folder();
const run = (sql: string, ...values: unknown[]) =>
  worker.db
    .prepare(sql)
    .bind(...values)
    .run();
const get = (path: string, headers?: Record<string, string>) => our.send("GET", path, { headers });
const bearer = ({ accessToken }: { accessToken: string }) => ({ authorization: `Bearer ${accessToken}` });
const DAY = 86_400_000;
let admin: { accessToken: string };
beforeAll(async () => {
  admin = await our.signIn({ username: ADMIN.username, password: ADMIN.password });
});

/** Somebody whose every text can be recognised, with something in every table that can have something of a person. */
async function somebody() {
  const mark = `zq${randomUUID().slice(0, 8)}`;
  const user = await aUser(worker, { username: `${mark}-name`, email: `${mark}@example.com`, permissions: [`Permission-${mark}`] });
  await run("update users set first_name = ?1, phone = ?1, photo_url = ?1 where id = ?2", `${mark}-first`, user.id);
  await run(
    "insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'i', ?, ?, 0)",
    `${mark}-subject`,
    user.id,
  );
  await run(
    "insert into user_resources (id, user_tenant_id, resource_name, resource_value, allowed, created_on, modified_on) values (?, ?, 'r', ?, 1, 0, 0)",
    randomUUID(),
    user.membershipId,
    `${mark}-resource`,
  );
  await run("insert into consents (user_id, client_id, scope, audience, given_on) values (?, 1, ?, '[]', 0)", user.id, `${mark}-scope`);
  await our.login({ username: user.username, password: PASSWORD });
  await our.post("/auth/forget-password", {
    client_id: DEMO_WEB.client_id,
    client_secret: DEMO_WEB.client_secret,
    username: user.username,
  });
  await our.loginToken({ username: user.username, password: "wrong" }, { device_id: `${mark}-device`, "user-agent": `${mark}-agent` });
  const pair = await our.signIn(
    { username: user.username, password: PASSWORD },
    { device_id: `${mark}-device`, "user-agent": `${mark}-agent` },
  );
  await our.post("/otp-caches", { username: user.username, otp: "123456" }, bearer(admin));
  await worker.settled();
  return { mark, user, pair };
}

/** Where a text, or an id outside of what may keep it, stands in the storage. */
async function found(mark: string) {
  const tables = await worker.db
    .prepare("select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\' and name not like 'sqlite%'")
    .all<{ name: string }>();
  const places = [];
  for (const { name } of tables.results) {
    const { results } = await worker.db.prepare(`select * from "${name}"`).all();
    if (JSON.stringify(results).toLowerCase().includes(mark)) places.push(name);
  }
  for (const { name } of (await worker.kv.list()).keys) {
    if (name.includes(mark) || (await worker.kv.get(name))?.includes(mark)) places.push(`KV ${name}`);
  }
  return places;
}

describe("an export", () => {
  test("has what every table has of the person, and no hash, secret, token or code", async () => {
    const { mark, user, pair } = await somebody();
    const answer = await get("/auth/me/export", bearer(pair));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      profile: { id: user.id, username: user.username, email: `${mark}@example.com`, emailVerified: true, firstName: `${mark}-first` },
      memberships: [
        {
          id: user.membershipId,
          role: "Member",
          permissions: [{ permission: `Permission-${mark}`, allowed: true }],
          resources: [{ value: `${mark}-resource` }],
        },
      ],
      clients: [{ clientId: "demo-web" }, { clientId: "demo-mobile" }],
      identities: [{ provider: "google", subject: `${mark}-subject` }],
      consents: [{ scope: `${mark}-scope`, audience: [] }],
      sessions: [{ clientId: "demo-web", method: "password" }],
      password: { changedOn: expect.any(Number) },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/\$argon2id|\$pbkdf2|digest/);
    const { password } = (await worker.db
      .prepare("select password from user_credentials where user_id = ?")
      .bind(user.id)
      .first<{ password: string }>())!;
    expect(JSON.stringify(answer.body)).not.toContain(password.split("$").at(-1));
    expect((await get(`/users/${user.id}/export`, bearer(admin))).body).toMatchObject({ profile: { id: user.id } });
  });

  test("by npm run admin is the same", async () => {
    const { user } = await somebody();
    const answers = await worker.db.batch(exportOf(user.username).map((sql: string) => worker.db.prepare(sql)));
    const { body } = await get(`/users/${user.id}/export`, bearer(admin));
    expect(exported(answers.map(({ results }) => results))).toEqual(body);
    const nobody = await worker.db.batch(exportOf("nobody").map((sql: string) => worker.db.prepare(sql)));
    expect(exported(nobody.map(({ results }) => results))).toBeNull();
  });

  test("of somebody else is an administrator's alone, and of nobody 404", async () => {
    const { user, pair } = await somebody();
    expect((await get(`/users/${user.id}/export`, bearer(pair))).status).toBe(403);
    expect((await get(`/users/${user.id}/export`)).status).toBe(401);
    expect((await get("/users/nobody/export", bearer(admin))).status).toBe(404);
    expect((await get("/auth/me/export")).status).toBe(401);
  });
});

describe("an erasure", () => {
  test("by an administrator leaves ids alone, in every table and in KV, and the names are free", async () => {
    const { mark, user, pair } = await somebody();
    expect((await found(mark)).length).toBeGreaterThan(4);
    expect((await our.post(`/users/${user.id}/erase`, undefined, bearer(pair))).status, "not by the person").toBe(403);
    expect((await our.post(`/users/${user.id}/erase`, undefined, bearer(admin))).status).toBe(204);
    await worker.settled();
    expect(await found(mark)).toEqual([]);
    expect((await found(user.id)).sort()).toEqual(["erased_users", "login_activity"]);
    const rows = await worker.db
      .prepare(
        "select kind, result, client_id, session_id, address, country, user_agent, ray, detail from login_activity where user_id = ?",
      )
      .bind(user.id)
      .all();
    const { id: by } = (await our.me(admin.accessToken)).body;
    const nothing = { client_id: null, session_id: null, address: null, country: null, user_agent: null, ray: null };
    expect(rows.results).toEqual([{ kind: "erasure", result: "ok", ...nothing, detail: JSON.stringify({ by }) }]);
    expect((await our.me(pair.accessToken)).status).toBe(401);
    expect((await our.loginToken({ username: user.username, password: PASSWORD })).status).toBe(401);
    await aUser(worker, { username: user.username, email: `${mark}@example.com` });
    expect((await our.post(`/users/${user.id}/erase`, undefined, bearer(admin))).status, "nobody is erased twice").toBe(404);
  });

  test("that KV fails at is finished by the next try: nothing of the person is left where nobody looks for it", async () => {
    for (const trip of [1, 2]) {
      const { mark, user } = await somebody();
      const failing = { ...bearer(admin), "x-meddle": JSON.stringify({ on: "KV", trip, fail: true }) };
      expect((await our.post(`/users/${user.id}/erase`, undefined, failing)).status).toBe(503);
      expect((await our.post(`/users/${user.id}/erase`, undefined, bearer(admin))).status, "and again").toBe(204);
      await worker.settled();
      expect(await found(mark)).toEqual([]);
    }
  });

  test("that a person asks for needs a fresh sign-in, ends everything, and is done after 14 days", async () => {
    const { mark, user, pair } = await somebody();
    await run("update sessions set auth_time = auth_time - 301000 where user_id = ?", user.id);
    const stale = await our.post("/auth/me/erase", undefined, bearer(pair));
    expect(stale.status).toBe(401);
    expect(stale.body).toMatchObject({ error: { details: [{ code: "step-up-required", info: { acr_values: "aal1", max_age: 300 } }] } });
    expect(stale.headers.get("www-authenticate")).toContain('error="insufficient_user_authentication"');
    const fresh = await our.signIn({ username: user.username, password: PASSWORD });
    expect((await our.post("/auth/me/erase", undefined, bearer(fresh))).status).toBe(204);
    for (const { accessToken } of [pair, fresh]) expect((await our.me(accessToken)).status).toBe(401);
    expect(await worker.scheduled("17 * * * *")).toBe("ok");
    expect((await found(mark)).length, "not before its time").toBeGreaterThan(0);
    await run("update users set erase_on = erase_on - ? where id = ?", 14 * DAY + 60_000, user.id);
    expect(await worker.scheduled("17 * * * *")).toBe("ok");
    expect(await found(mark)).toEqual([]);
  });

  test("is undone by signing in, however", async () => {
    const { user, pair } = await somebody();
    expect((await our.post("/auth/me/erase", undefined, bearer(pair))).status).toBe(204);
    const eraseOn = () => worker.db.prepare("select erase_on from users where id = ?").bind(user.id).first("erase_on");
    expect(await eraseOn()).toBeGreaterThan(Date.now() + 13 * DAY);
    await our.signIn({ username: user.username, password: PASSWORD });
    expect(await eraseOn()).toBeNull();
  });

  test("is remembered by ids, so that the next import brings the person back only if the operator says so", async () => {
    const people = file("people.csv", "id,username,email\n77,back-again,back-again@example.com\n");
    expect((await runOn(worker.db, "csv", [people], DEMO_PLACE)).status).toBe(0);
    const id = () => worker.db.prepare("select id from users where username = 'back-again'").first<string>("id");
    expect((await our.post(`/users/${await id()}/erase`, undefined, bearer(admin))).status).toBe(204);
    expect(await runOn(worker.db, "csv", [people], DEMO_PLACE)).toMatchObject({
      status: 1,
      told: [{ line: 2, outcome: "refused", why: expect.stringContaining("--include-erased") }],
    });
    expect(await id()).toBeNull();
    const nameless = file("nameless.csv", "username\nback-again\n");
    await expect(runOn(worker.db, "csv", [nameless], DEMO_PLACE)).rejects.toThrow("--include-erased");
    expect((await runOn(worker.db, "csv", [people], [...DEMO_PLACE, "--include-erased"])).status).toBe(0);
    expect(await id()).not.toBeNull();
    expect((await runOn(worker.db, "csv", [people], DEMO_PLACE)).status, "and then is here like anybody").toBe(0);
  });
});

test("npm run admin shuts a user out, and the next hourly run erases them, whoever tries to sign in meanwhile", async () => {
  const { mark, user, pair } = await somebody();
  const { statements } = planOf(verbOf(["user", "erase", user.username])!, Date.now());
  await worker.db.batch(statements.map((sql: string) => worker.db.prepare(sql)));
  expect((await our.me(pair.accessToken)).status).toBe(401);
  expect((await our.loginToken({ username: user.username, password: PASSWORD })).status).toBe(401);
  await worker.settled();
  expect(await worker.scheduled("17 * * * *")).toBe("ok");
  expect(await found(mark)).toEqual([]);
});
