// Storage that fails, hangs or loses its n-th trip: bounded waits, 503, and nothing half done.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, DEMO_WEB, api } from "../support/api";
import { mailbox, settled } from "../support/mailbox";
import { PASSWORD, aUser } from "../support/seed";
import { type Worker, startWorker } from "../support/worker";

let worker: Worker;
let our: ReturnType<typeof api>;

beforeAll(async () => {
  worker = await startWorker({
    meddled: true,
    settings: {
      PASSWORD_HASH: "argon2id", DEV_MAILBOX: "on", OTP_CLIENT_IDS: "demo-web",
      SIGN_UP_TENANT: demoSettings.SIGN_UP_TENANT, SIGN_UP_ROLE: demoSettings.SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS: "demo-web",
    },
  });
  our = api(worker);
});
afterAll(() => worker.stop());

const BASIC = { authorization: `Basic ${Buffer.from("demo-web:demo-web-secret").toString("base64")}` };

interface Attempt {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

const person = () => aUser(worker, { email: `${randomUUID()}@example.com` });
const emailOf = (username: string) => worker.db.prepare("select email from users where username = ?").bind(username).first("email");

async function session() {
  const { username } = await person();
  const pair = await our.signIn({ username, password: PASSWORD });
  return { username, pair, headers: our.bearer(pair.accessToken) };
}

async function linkFor(kind: "reset" | "sign-up") {
  const { username } = await person();
  const email = kind === "reset" ? String(await emailOf(username)) : `${randomUUID()}@example.com`;
  if (kind === "reset") await our.post("/auth/forget-password", { ...DEMO_WEB, username });
  else await our.post("/auth/sign-up/create-token", { email });
  const { token } = await mailbox(worker).wait(email);
  return { email, token: token ?? "" };
}

/** Each endpoint that touches storage: makes a request that would succeed. */
const endpoints: Record<string, () => Promise<Attempt>> = {
  "login": async () => ({ method: "POST", path: "/auth/login", body: { ...DEMO_WEB, username: (await person()).username, password: PASSWORD } }),
  "login-token": async () => ({ method: "POST", path: "/auth/login-token", body: { ...DEMO_WEB, username: (await person()).username, password: PASSWORD } }),
  "token": async () => {
    const { username } = await person();
    const { code } = (await our.login({ username, password: PASSWORD })).body;
    return { method: "POST", path: "/auth/token", body: { code, clientId: "demo-web" } };
  },
  "token-refresh": async () => {
    const { pair, headers } = await session();
    return { method: "POST", path: "/auth/token-refresh", body: { refreshToken: pair.refreshToken }, headers };
  },
  "me": async () => ({ method: "GET", path: "/auth/me", headers: (await session()).headers }),
  "change-password": async () => {
    const { username, pair, headers } = await session();
    return { method: "PATCH", path: "/auth/change-password", headers, body: { refreshToken: pair.refreshToken, username, oldPassword: PASSWORD, password: "a new password" } };
  },
  "logout": async () => {
    const { pair, headers } = await session();
    return { method: "POST", path: "/logout", body: { refreshToken: pair.refreshToken }, headers };
  },
  "forget-password": async () => ({ method: "POST", path: "/auth/forget-password", body: { ...DEMO_WEB, username: "nobody" } }),
  "verify-reset-password-link": async () => ({ method: "GET", path: `/auth/verify-reset-password-link?token=${(await linkFor("reset")).token}` }),
  "reset-password": async () => ({ method: "PATCH", path: "/auth/reset-password", body: { ...DEMO_WEB, token: (await linkFor("reset")).token, password: "a new password" } }),
  "sign-up/verify-token": async () => ({ method: "GET", path: "/auth/sign-up/verify-token", headers: our.bearer((await linkFor("sign-up")).token) }),
  "sign-up/create-user": async () => {
    const { email, token } = await linkFor("sign-up");
    return { method: "POST", path: "/auth/sign-up/create-user", headers: our.bearer(token), body: { email, password: PASSWORD } };
  },
  "put otp-caches": async () => ({ method: "POST", path: "/otp-caches", headers: BASIC, body: { otp: "123456", username: randomUUID() } }),
  "get otp-caches": async () => ({ method: "GET", path: "/otp-caches/demo", headers: BASIC }),
  "delete otp-caches": async () => ({ method: "DELETE", path: `/otp-caches/${randomUUID()}`, headers: BASIC }),
  "health": async () => ({ method: "GET", path: "/health" }),
};

const send = ({ method, path, body, headers }: Attempt, meddle?: object) =>
  our.send(method, path, { body, headers: { ...headers, ...(meddle && { "x-meddle": JSON.stringify(meddle) }) } });

const OUTAGE = { error: { statusCode: 503, message: "Service Unavailable" } };

function expectOutage(answer: Answer, what: string) {
  expect(answer.body, what).toEqual(OUTAGE);
  expect(answer.status, what).toBe(503);
  expect(Number(answer.headers.get("retry-after")), what).toBeGreaterThan(0);
}

/** What must be true of the database whatever has failed. */
async function invariants() {
  const none = async (what: string, sql: string) => expect((await worker.db.prepare(sql).all()).results, what).toEqual([]);
  await none("a session without its user", "select s.id from sessions s left join users u on u.id = s.user_id where u.id is null");
  await none("a user without password or provider", "select u.id from users u left join user_credentials c on c.user_id = u.id left join user_identities i on i.user_id = u.id where u.deleted = 0 and c.user_id is null and i.user_id is null");
  await none("a user without membership", "select u.id from users u left join user_tenants m on m.user_id = u.id where m.id is null");
  await none("a taken code without its session", "select o.key from one_time o left join sessions s on s.id = o.session_id where o.kind = 'code' and o.taken_by is not null and s.id is null");
  await none("a used invitation without its user", "select o.key from one_time o left join users u on u.email_key = o.recipient where o.kind = 'sign-up' and o.taken_by is not null and u.id is null");
}

/** They read KV beside D1, and do without it where it fails. */
const WITHOUT_KV = ["token", "reset-password", "sign-up/create-user"];

test.each(Object.keys(endpoints))("%s: each trip that fails answers 503, changes nothing, and can be sent again", async (name) => {
  for (const on of ["DB", "KV"]) {
    for (let trip = 1; trip <= 4; trip++) {
      const attempt = await endpoints[name]();
      await settled();
      const answer = await send(attempt, { on, trip, fail: true });
      if (answer.status < 400) break; // there is no such trip, or nobody needs its answer
      expectOutage(answer, `${on} ${trip}`);
      expect(answer.text).not.toContain("secret of the storage");
      const again = await send(attempt);
      expect(again.status, `${on} ${trip}: ${again.text}`).toBeLessThan(400);
    }
    if (on === "KV" && WITHOUT_KV.includes(name)) {
      const answer = await send(await endpoints[name](), { on: "KV", trip: 1, fail: true });
      expect(answer.status, "what KV remembers is never needed").toBeLessThan(400);
    }
  }
  await invariants();
}, 60_000);

test("storage that hangs is given up after five seconds", async () => {
  const attempt = await endpoints.me();
  const start = performance.now();
  const [database, kv] = await Promise.all([
    send(attempt, { on: "DB", trip: 1, hang: true }),
    send(await endpoints.login(), { on: "KV", trip: 1, hang: true }),
  ]);
  expectOutage(database, "D1");
  expectOutage(kv, "KV");
  expect(performance.now() - start).toBeLessThan(9000);
  expect((await send(attempt)).status).toBe(200);
}, 20_000);

test("an origin list that cannot be read costs the grant, not the answer", async () => {
  const attempt = await endpoints.health();
  const answer = await send({ ...attempt, headers: { origin: "http://localhost:5173" } }, { on: "DB", trip: 2, fail: true });
  expect(answer.status).toBe(200);
});

test("what somebody else does between the read and the write is not overlooked", async () => {
  const disabled = await person();
  const disable = `update user_tenants set status = 2 where id = '${disabled.membershipId}'`;
  const late = await send(
    { method: "POST", path: "/auth/login-token", body: { ...DEMO_WEB, username: disabled.username, password: PASSWORD } },
    { on: "DB", trip: 2, do: [disable] },
  );
  expect(late.status).toBe(401);
  const { username, pair, headers } = await session();
  const change = `update user_credentials set password = 'changed', changed_on = ${Date.now()} where user_id = (select id from users where username = '${username}')`;
  const body = { refreshToken: pair.refreshToken, username, oldPassword: PASSWORD, password: "a new password" };
  const lost = await send({ method: "PATCH", path: "/auth/change-password", body, headers }, { on: "DB", trip: 3, do: [change] });
  expect(lost.status).toBe(401);
  expect(lost.body.error.message, "the change ended this session too").toEqual({ message: "TokenRevoked" });
  const stored = await worker.db.prepare("select password from user_credentials where user_id = (select id from users where username = ?)").bind(username).first("password");
  expect(stored).toBe("changed");
});

test("the administrator signs in as before after all of it", async () => {
  expect((await our.me((await our.signIn(ADMIN)).accessToken)).body.permissions).toEqual(["NotAllowed"]);
});
