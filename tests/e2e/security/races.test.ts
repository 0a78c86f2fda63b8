// What happens at once: everything that must happen only once, asked for by many, and what comes in between.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hashPassword } from "../../../scripts/lib/people.mjs";
import { type Answer, DEMO, type Pair, flat, nested } from "../../support/api";
import { REVOKED, many, sid, useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";

const { worker, our, session } = useWorker({ atOnce: 100 });

const successes = (answers: Answer[]) => answers.filter(({ status }) => status === 200);
const failures = (answers: Answer[]) => answers.filter(({ status }) => status !== 200);

describe("many at once", () => {
  test.each([1, 2, 3])("of 100 redemptions of one code one succeeds, and the rest end its session (%i)", async () => {
    const { code } = (await our.login()).body;
    const answers = await many(100, () => our.token(code));
    expect(successes(answers)).toHaveLength(1);
    for (const answer of failures(answers)) {
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(flat(401, "Code Expired"));
    }
    const winner: Pair = successes(answers)[0]!.body;
    expect((await our.me(winner.accessToken)).body).toEqual(REVOKED);
    expect((await our.refresh(winner)).body).toEqual(flat(401, "Token Expired"));
    const key = `code:${createHash("sha256").update(code).digest("base64url")}`;
    const { session_id } = (await worker.db
      .prepare("select session_id from one_time where key = ?")
      .bind(key)
      .first<{ session_id: string }>())!;
    expect(session_id).toBe(sid(winner));
  });

  test("50 redemptions by a client that the code is not for spend nothing, beside one by its own", async () => {
    const { code } = (await our.login()).body;
    const [own, ...others] = await many(51, (n) => our.token(code, n === 0 ? {} : { clientId: "demo-mobile" }));
    expect(own!.status).toBe(200);
    for (const other of others) expect(other.body).toEqual(flat(401, "Invalid Credentials"));
    expect((await our.me(own!.body.accessToken)).status).toBe(200);
  });

  test("50 refreshes yield one next refresh token, and an access token each", async () => {
    const pair = await our.signIn();
    const answers = await many(50, () => our.refresh(pair));
    expect(successes(answers)).toHaveLength(50);
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.accessToken)).size).toBe(50);
    expect(await session(pair)).toMatchObject({ refresh_n: 1, ended_on: null });
    expect((await our.refresh(answers[0]!.body)).status).toBe(200);
  });

  test("without a retry window one of 50 refreshes succeeds, and the rest are theft", async () => {
    const pair = await our.signIn();
    await worker.restart({ REFRESH_RETRY_WINDOW: "0" });
    const answers = await many(50, () => our.refresh(pair));
    expect(successes(answers)).toHaveLength(1);
    expect(await session(pair)).toMatchObject({ refresh_n: 1, ended_why: "refresh theft" });
    await worker.restart({ REFRESH_RETRY_WINDOW: undefined });
  });

  test("of 20 sign-outs one succeeds", async () => {
    const pair = await our.signIn();
    const answers = await many(20, () => our.logout(pair));
    expect(successes(answers)).toHaveLength(1);
    for (const answer of failures(answers)) expect(answer.body).toEqual(REVOKED);
  });

  test("no refresh beside a sign-out survives it", async () => {
    const pair = await our.signIn();
    const [out, ...refreshed] = await many(21, (n) => (n === 0 ? our.logout(pair) : our.refresh(pair)));
    expect(out!.status).toBe(200);
    for (const answer of failures(refreshed)) expect(answer.body).toEqual(flat(401, "Token Expired"));
    for (const { body } of successes(refreshed)) {
      expect((await our.me(body.accessToken)).body).toEqual(REVOKED);
      expect((await our.refresh(body)).body).toEqual(flat(401, "Token Expired"));
    }
  });

  test("of 10 changes of one password one succeeds, and its password is the one that holds", async () => {
    const { username } = await aUser(worker);
    const pairs = await many(2, () => our.signIn({ username, password: PASSWORD }));
    const answers = await many(10, (n) => {
      const { accessToken, refreshToken } = pairs[n % 2]!;
      return our.changePassword(accessToken, { refreshToken, username, password: `another password ${n}`, oldPassword: PASSWORD });
    });
    expect(successes(answers)).toHaveLength(1);
    for (const answer of failures(answers)) expect(answer.body).toEqual(REVOKED);
    const signIns = await many(10, (n) => our.loginToken({ username, password: `another password ${n}` }));
    expect(signIns.map(({ status }) => status === 200)).toEqual(answers.map(({ status }) => status === 200));
    for (const pair of pairs) expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  });
});

// The header makes another statement run just before one of the request's own trips to storage.
const meddling = (trip: number, ...statements: string[]) => ({ "x-meddle": JSON.stringify({ on: "DB", trip, do: statements }) });

describe("in between, while a request is under way", () => {
  interface Credentials {
    password: string;
    changed_on: number;
  }
  const userId = "(select id from users where username = 'demo')";
  const batch = (...statements: string[]) => worker.db.batch(statements.map((sql) => worker.db.prepare(sql)));
  const saved = async () => (await worker.db.prepare(`select * from user_credentials where user_id = ${userId}`).first<Credentials>())!;
  const restore = ({ password, changed_on }: Credentials) =>
    worker.db
      .prepare(`update user_credentials set password = ?, changed_on = ? where user_id = ${userId}`)
      .bind(password, changed_on)
      .run();
  const changedByAnother = `update user_credentials set password = '$argon2id$another', changed_on = ${Date.now()} where user_id = ${userId}`;

  test("the password is changed: the old one, just proven, opens nothing any more", async () => {
    const before = await saved();
    const direct = await our.loginToken({}, meddling(2, changedByAnother));
    await restore(before);
    expect(direct.status).toBe(401);
    expect(direct.body).toEqual(nested("Invalid Credentials"));

    const login = await our.login({}, meddling(2, changedByAnother));
    await restore(before);
    const redeemed = login.status === 200 ? await our.token(login.body.code) : login;
    expect(redeemed.status).toBe(401);
  });

  const grounds: Record<string, [ruin: string, mend: string]> = {
    "the user is switched off": [
      `update user_tenants set status = 2 where user_id = ${userId}`,
      `update user_tenants set status = 1 where user_id = ${userId}`,
    ],
    "the client is deleted": ["update auth_clients set deleted = 1 where id = 1", "update auth_clients set deleted = 0 where id = 1"],
    "the client is taken from the user": [
      `delete from user_clients where client_id = 1 and user_id = ${userId}`,
      `insert into user_clients (user_id, client_id) values (${userId}, 1)`,
    ],
  };

  test.each(Object.entries(grounds))("%s: no session is opened", async (_, [ruin, mend]) => {
    const direct = await our.loginToken({}, meddling(2, ruin));
    await batch(mend);
    expect(direct.status).toBe(401);
    expect(direct.body).toEqual(nested("Invalid Credentials"));

    const login = await our.login({}, meddling(2, ruin));
    const redeemed = login.status === 200 ? await our.token(login.body.code) : login;
    await batch(mend);
    expect(redeemed.status).toBe(401);
  });

  test("the client's secret is changed: the code just made is void", async () => {
    const { secret_digest } = (await worker.db
      .prepare("select secret_digest from auth_clients where id = 1")
      .first<{ secret_digest: string }>())!;
    const login = await our.login({}, meddling(2, "update auth_clients set secret_digest = 'another' where id = 1"));
    expect((await our.token(login.body.code)).body).toEqual(flat(401, "Invalid Credentials"));
    await worker.db.prepare("update auth_clients set secret_digest = ? where id = 1").bind(secret_digest).run();
  });

  test("the same password is hashed anew: a change of it succeeds all the same", async () => {
    const pair = await our.signIn();
    const before = await saved();
    const rehashed = `update user_credentials set password = '${hashPassword(DEMO.password)}' where user_id = ${userId}`;
    const body = { refreshToken: pair.refreshToken, username: "demo", password: "another password", oldPassword: DEMO.password };
    const headers = { ...our.bearer(pair.accessToken), ...meddling(2, rehashed) };
    const answer = await our.send("PATCH", "/auth/change-password", { body, headers });
    expect(answer.body).toEqual({ success: true });
    expect((await our.loginToken({ password: "another password" })).status).toBe(200);
    expect((await our.loginToken()).body).toEqual(nested("Invalid Credentials"));
    await restore(before);
  });

  test("the password is changed by another request: that one holds", async () => {
    const pair = await our.signIn();
    const before = await saved();
    const body = { refreshToken: pair.refreshToken, username: "demo", password: "another password", oldPassword: DEMO.password };
    const headers = { ...our.bearer(pair.accessToken), ...meddling(2, changedByAnother) };
    const answer = await our.send("PATCH", "/auth/change-password", { body, headers });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(REVOKED);
    expect((await saved()).password).toBe("$argon2id$another");
    await restore(before);
  });

  test("the session is ended: it changes no password any more", async () => {
    const pair = await our.signIn();
    const before = await saved();
    const body = { refreshToken: pair.refreshToken, username: "demo", password: "another password", oldPassword: DEMO.password };
    const headers = {
      ...our.bearer(pair.accessToken),
      ...meddling(2, `update sessions set ended_on = 1, ended_why = 'test' where id = '${sid(pair)}'`),
    };
    const answer = await our.send("PATCH", "/auth/change-password", { body, headers });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(REVOKED);
    expect(await saved()).toEqual(before);
  });
});
