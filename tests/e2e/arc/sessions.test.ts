// Sessions, by any route: what ends them besides a sign-out, how many a user can have, and the sweep.

import { describe, expect, test } from "vitest";
import { DEMO_MOBILE, DEMO_WEB, type Pair, flat } from "../../support/api";
import { REVOKED, sid } from "../../support/fixtures";
import { aUser } from "../../support/seed";
import { TOKEN_EXPIRED, INVALID_CREDENTIALS, codeKey, useSessions } from "../../support/sessions";

const { worker, our, session, run, newCode, redeem, expectAlive, expectOver, codeRow } = useSessions();

describe("a session lives as long as everything it stands on", () => {
  const demo = "(select id from users where username = 'demo')";
  const tenant = "(select default_tenant_id from users where username = 'demo')";
  const roleOf = `(select role_id from user_tenants where user_id = ${demo})`;
  const membership = `user_tenants where user_id = ${demo}`;
  const grounds: Record<string, { ruin: string[]; mend: string[]; atToken?: object }> = {
    ...Object.fromEntries(
      [0, 2, 4].map((status) => [
        `the user's status becomes ${status}`,
        {
          ruin: [`update user_tenants set status = ${status} where user_id = ${demo}`],
          mend: [`update user_tenants set status = 1 where user_id = ${demo}`],
        },
      ]),
    ),
    "the user is deleted": {
      ruin: ["update users set deleted = 1 where username = 'demo'"],
      mend: ["update users set deleted = 0 where username = 'demo'"],
    },
    ...Object.fromEntries(
      [0, 2, 3].map((status) => [
        `the tenant's status becomes ${status}`,
        {
          ruin: [`update tenants set status = ${status} where id = ${tenant}`],
          mend: [`update tenants set status = 1 where id = ${tenant}`],
        },
      ]),
    ),
    "the tenant is deleted": {
      ruin: [`update tenants set deleted = 1 where id = ${tenant}`],
      mend: [`update tenants set deleted = 0 where id = ${tenant}`],
    },
    "the role is deleted": {
      ruin: [`update roles set deleted = 1 where id = ${roleOf}`],
      mend: [`update roles set deleted = 0 where id = ${roleOf}`],
    },
    "the membership is deleted": {
      ruin: [`update user_tenants set deleted = 1 where user_id = ${demo}`],
      mend: [`update user_tenants set deleted = 0 where user_id = ${demo}`],
    },
    "the membership's row is removed": {
      ruin: [`create table kept as select * from ${membership}`, `delete from ${membership}`],
      mend: ["insert into user_tenants select * from kept", "drop table kept"],
    },
    "the user's default tenant is taken away": {
      ruin: [
        `create table kept as select default_tenant_id as t from users where username = 'demo'`,
        "update users set default_tenant_id = null where username = 'demo'",
      ],
      mend: ["update users set default_tenant_id = (select t from kept) where username = 'demo'", "drop table kept"],
    },
    "the client is deleted": {
      ruin: ["update auth_clients set deleted = 1 where id = 1"],
      mend: ["update auth_clients set deleted = 0 where id = 1"],
      atToken: flat(401, "Client Invalid"),
    },
    "the client is no longer the user's": {
      ruin: [`delete from user_clients where client_id = 1 and user_id = ${demo}`],
      mend: [`insert into user_clients (user_id, client_id) values (${demo}, 1)`],
    },
  };

  const client = {
    clientId: "new",
    clientSecret: "x",
    secret: "x",
    accessTokenExpiration: 1,
    refreshTokenExpiration: 1,
    authCodeExpiration: 1,
  };
  /** The routes of bearers besides those that are asked anyway. */
  const forBearers = ({ refreshToken }: Pair): [method: string, path: string, body?: object][] => [
    ["POST", "/keycloak/logout", { refreshToken }],
    ["GET", "/auth-clients"],
    ["GET", '/auth-clients?filter={"where":{"clientId":{"regexp":"x"}}}'],
    ["GET", "/auth-clients/count"],
    ["GET", "/auth-clients/1"],
    ["POST", "/auth-clients", client],
    ["PUT", "/auth-clients/1", client],
    ["PATCH", "/auth-clients/1", { accessTokenExpiration: 1 }],
    ["PATCH", "/auth-clients?where={}", { accessTokenExpiration: 1 }],
    ["DELETE", "/auth-clients/1"],
    ["POST", "/otp-caches", { otp: "123456", username: "demo" }],
    ["GET", "/otp-caches/demo"],
    ["DELETE", "/otp-caches/demo"],
  ];

  test.each(Object.entries(grounds))(
    "%s: refused at once, and not revived when that is undone",
    async (_, { ruin, mend, atToken = INVALID_CREDENTIALS }) => {
      const batch = (statements: string[]) => worker.db.batch(statements.map((sql) => worker.db.prepare(sql)));
      const elsewhere = await our.signIn({ ...DEMO_WEB, username: "admin", password: "correct horse staple" });
      const [pair, other] = [await our.signIn(), await our.signIn()];
      const code = await newCode();
      await batch(ruin);
      try {
        for (const answer of [
          await our.me(pair.accessToken),
          await our.logout(pair),
          await our.changePassword(pair.accessToken, { refreshToken: pair.refreshToken }),
        ]) {
          expect(answer.status).toBe(401);
          expect(answer.body).toEqual(REVOKED);
        }
        for (const [method, path, body] of forBearers(pair)) {
          const answer = await our.send(method, path, { body, headers: our.bearer(pair.accessToken) });
          expect(answer.body, `${method} ${path}`).toEqual(REVOKED);
        }
        const refreshed = await our.refresh(pair);
        expect(refreshed.status).toBe(401);
        expect(refreshed.body).toEqual(TOKEN_EXPIRED);
        const redeemed = await our.token(code);
        expect(redeemed.status).toBe(401);
        expect(redeemed.body).toEqual(atToken);
        expect((await our.loginToken()).status).not.toBe(200);
        expect((await our.login()).status).not.toBe(200);
      } finally {
        await batch(mend);
      }
      await expectOver(pair);
      await expectOver(other);
      await expectAlive(await our.signIn());
      const shared = ["the tenant", "the client is deleted"].some((name) => _.startsWith(name));
      if (!shared) await expectAlive(elsewhere);
    },
  );

  test("the status that asks for a new password leaves it alive", async () => {
    const pair = await our.signIn();
    await run(`update user_tenants set status = 3 where user_id = ${demo}`);
    expect((await our.me(pair.accessToken)).body.status).toBe(3);
    expect((await our.refresh(pair)).status).toBe(200);
    await run(`update user_tenants set status = 1 where user_id = ${demo}`);
    await expectAlive(pair);
  });

  test("another client of the same user goes on when one is deleted", async () => {
    const [web, mobile] = [await our.signIn(DEMO_WEB), await our.signIn(DEMO_MOBILE)];
    await run("update auth_clients set deleted = 1 where id = 1");
    await expectOver(web);
    await expectAlive(mobile);
    await run("update auth_clients set deleted = 0 where id = 1");
  });
});

test("of more than a hundred open sessions of a user the one that was used longest ago ends", async () => {
  const { id, username, password } = await aUser(worker);
  const [first, second] = [await our.signIn({ username, password }), await our.signIn({ username, password })];
  const next: Pair = (await our.refresh(first)).body;
  const now = Date.now();
  await run(
    `insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)
     select id || n, user_id, client_id, ?2, ?2, method, ?2, ?3 from sessions,
       (with recursive n (n) as (select 1 union all select n + 1 from n where n < 98) select n from n) where id = ?1`,
    sid(first),
    now,
    now + 60_000,
  );
  const open = () => worker.db.prepare("select count(*) as n from sessions where user_id = ? and ended_on is null").bind(id).first("n");
  expect(await open()).toBe(100);
  await expectAlive(second);
  const last = await our.signIn({ username, password });
  expect(await open()).toBe(100);
  await expectOver(second);
  expect(await session(second)).toMatchObject({ ended_why: "too many sessions" });
  for (const pair of [next, last]) await expectAlive(pair);
});

test("the daily sweep deletes what is over, and nothing that can be used or recognised", async () => {
  const [live, idle, over, yesterday] = [await our.signIn(), await our.signIn(), await our.signIn(), await our.signIn()];
  const day = 86_400_000;
  const [used, old] = [await newCode(), await newCode()];
  await redeem(used);
  await run("update sessions set last_used_on = last_used_on - ? where id = ?", 3 * day, sid(idle));
  await run("update sessions set ended_on = ? where id = ?", Date.now() - day - 1000, sid(over));
  await run("update sessions set ended_on = ? where id = ?", Date.now() - day + 60_000, sid(yesterday));
  await run("update one_time set expires_on = ? where key = ?", Date.now() - day - 1000, codeKey(old));
  expect(await worker.scheduled("17 3 * * *")).toBe("ok");
  const there = async (pair: Pair) => (await worker.db.prepare("select 1 from sessions where id = ?").bind(sid(pair)).first()) !== null;
  expect([await there(live), await there(idle), await there(over), await there(yesterday)]).toEqual([true, false, false, true]);
  expect([(await codeRow(used)) !== null, (await codeRow(old)) !== null]).toEqual([true, false]);
  await expectAlive(live);
});
