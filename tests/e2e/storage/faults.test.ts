// Storage that fails, hangs, dawdles or loses its answer, at every trip of every endpoint: bounded
// waits, 503, nothing half done, and the caller can go on. And a worker that panics.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { type Attempt, NEW_PASSWORD, useAttempts } from "../../support/attempts";
import { type Family, faultsOf } from "../../support/faults";
import { PASSWORD } from "../../support/seed";

const { worker, our, session, ARC, SERVICESTACK, PAGES } = await useAttempts();

const { send, none, sufferAll, hangAll } = faultsOf(worker, our);

/** What must be true of the database after any failure. */
async function invariants() {
  await none(
    "a session without its user, client or membership",
    `select s.id from sessions s left join users u on u.id = s.user_id left join auth_clients c on c.id = s.client_id
    left join user_tenants m on m.user_id = u.id where u.id is null or c.id is null or m.id is null`,
  );
  await none(
    "a user without password or provider",
    `select u.id from users u left join user_credentials c on c.user_id = u.id left join user_identities i on i.user_id = u.id
    where u.deleted = 0 and c.user_id is null and i.user_id is null`,
  );
  await none(
    "a user without membership or clients",
    `select u.id from users u left join user_tenants m on m.user_id = u.id left join user_clients c on c.user_id = u.id
    where m.id is null or c.user_id is null`,
  );
  await none(
    "an identity without its user",
    "select i.subject from user_identities i left join users u on u.id = i.user_id where u.id is null",
  );
  await none(
    "a taken code without its session",
    "select o.key from one_time o left join sessions s on s.id = o.session_id where o.kind = 'code' and o.taken_by is not null and s.id is null",
  );
  await none(
    "a used invitation without its user",
    "select o.key from one_time o left join users u on u.email_key = o.recipient where o.kind = 'sign-up' and o.taken_by is not null and u.id is null",
  );
  await none(
    "a used link without its password",
    `select o.key from one_time o join user_credentials c on c.user_id = o.user_id
    where o.kind = 'reset' and o.taken_by is not null and c.changed_on < o.taken_on`,
  );
  await none(
    "a taken OTP without its session",
    `select t.username_key from otps t join users u on u.username_key = t.username_key
    where t.taken_by is not null and not exists (select 1 from sessions s where s.user_id = u.id and s.method = 'otp')`,
  );
  await none(
    "a sign-in that waits no more without its browser",
    `select o.key from one_time o left join browsers b on b.id = o.session_id
    where o.kind = 'mfa' and o.client_id is null and o.taken_by is not null and b.id is null`,
  );
  // Of a passkey that adds no second step there need be none.
  await none(
    "an app without recovery codes",
    `select f.id from factors f left join recovery_codes r on r.user_id = f.user_id
    where f.kind = 'totp' and f.confirmed_on is not null and r.user_id is null`,
  );
  await none(
    "two apps that are set up in one place",
    "select enrolled_in from factors where kind = 'totp' and confirmed_on is null group by user_id, enrolled_in having count(*) > 1",
  );
  await none(
    "more than three good links to one mailbox",
    "select recipient from one_time where kind in ('reset', 'sign-up') and taken_by is null and voided_on is null group by kind, recipient having count(*) > 3",
  );
  await none(
    "a good link beside a used one",
    `select o.key from one_time o join one_time u on u.kind = o.kind and u.recipient = o.recipient and u.taken_by is not null
    where o.kind in ('reset', 'sign-up') and o.taken_by is null and o.voided_on is null and o.created_on <= u.taken_on`,
  );
}

const of = (family: Family, endpoints: typeof ARC) => Object.entries(endpoints).map(([name, make]) => [name, make, family] as const);
// The mailbox comes first, while it is nearly empty: it takes a trip for each message.
const ENDPOINTS = [...of("page", PAGES), ...of("arc", ARC), ...of("servicestack", SERVICESTACK)];

test.each(ENDPOINTS)("%s: when any trip fails, nothing is half done and the caller can go on", async (_, make, family) => {
  await sufferAll(make, family);
  await invariants();
});

test("storage that hangs is given up after five seconds, wherever it does", async () => {
  expect(await hangAll()).toBeGreaterThan(100);
  await invariants();
}, 600_000);

test("an origin list that cannot be read costs the grant, not the answer", async () => {
  const answer = await send(
    { method: "GET", path: "/health", headers: { origin: "http://localhost:5173" } },
    { on: "DB", trip: 2, fail: true },
  );
  expect(answer.status).toBe(200);
});

test("what another request does between the read and the write is not overlooked", async () => {
  const { user, body, headers } = await session();
  const change = `update user_credentials set password = 'changed', changed_on = ${Date.now()} where user_id = '${user.id}'`;
  const lost = await send(
    {
      method: "PATCH",
      path: "/auth/change-password",
      body: { ...body, username: user.username, oldPassword: PASSWORD, password: NEW_PASSWORD },
      headers,
    },
    { on: "DB", trip: 3, do: [change] },
  );
  expect(lost.status).toBe(401);
  expect(lost.body.error.message, "the change ended this session too").toEqual({ message: "TokenRevoked" });
  expect(await worker.db.prepare("select password from user_credentials where user_id = ?").bind(user.id).first("password")).toBe(
    "changed",
  );
});

describe("after a panic", () => {
  // The platform's waitUntil throws where it never does, and the library that calls it panics.
  const panic = (attempt: Attempt) => send(attempt, { panic: true });

  test("the next request is served, by a fresh instance", async () => {
    const attempt = await ARC["me"]!();
    for (const provoked of [await ARC["login-token"]!(), await ARC["login"]!(), await SERVICESTACK["Authenticate"]!()]) {
      expect((await panic(provoked)).status).toBe(500);
      const next = await send(attempt);
      expect(next.status, next.text).toBe(200);
    }
    const printed = await worker.printed();
    expect(printed).toMatch(/panic at .*worker-[\d.]+\/src\/context/);
    expect(printed, "what it said may be a secret").not.toContain("nobody expects this");
  });

  test("what was under way fails as an outage does, and nothing is half done", async () => {
    const login = await ARC["login-token"]!();
    const id = randomUUID();
    const under_way = send(login, { id, on: "DB", trip: 2, slow: true });
    await worker.trips(id, "DB", 2);
    await panic(await ARC["login"]!());
    expect([200, 500]).toContain((await under_way).status);
    expect((await send(login)).status).toBe(200);
    await invariants();
  });
});

test("the administrator signs in as before after all of it", async () => {
  expect((await our.me((await our.signIn(ADMIN)).accessToken)).body.permissions).toEqual(["NotAllowed"]);
});
