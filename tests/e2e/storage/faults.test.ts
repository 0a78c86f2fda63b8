// Storage that fails, hangs, dawdles or loses its answer, at every trip of every endpoint: bounded
// waits, 503, nothing half done, and the caller can go on. And a worker that panics.

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, DEMO_MOBILE, DEMO_WEB } from "../../support/api";
import { browser } from "../../support/browser";
import { BASIC, FORM, useWorker } from "../../support/fixtures";
import { ALL_SETTINGS, GOOGLE, KEYCLOAK_ROW, ROWS, type Row, json, startOutside } from "../../support/identity_provider";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";
import { cookieHeader } from "../../support/servicestack";

let admin: Record<string, string>;

const outside = await startOutside();
const { RATE_LIMITS: _, ...demo } = demoSettings;
const { worker, our, their } = useWorker({
  outside: outside.handle,
  settings: { ...ALL_SETTINGS, ...demo, SOCIAL_SIGN_UP: "google", SOCIAL_LINKING: "verified-email" },
});

beforeAll(async () => {
  admin = our.bearer((await our.signIn(ADMIN)).accessToken);
  outside.replace("https://oauth2.googleapis.com/tokeninfo", ({ url }) =>
    json({
      aud: GOOGLE.clientId,
      azp: GOOGLE.clientId,
      sub: url.searchParams.get("access_token"),
      exp: String(Math.floor(Date.now() / 1000) + 300),
      scope: "openid",
    }),
  );
  outside.replace(GOOGLE.profile!, ({ headers }, usual) => {
    const token = headers.get("authorization")!.replace("Bearer ", "");
    return token.includes("-") ? json({ sub: token }) : usual(); // the tokens of tokeninfo are subjects
  });
});

const NEW_PASSWORD = "a new password";

/** A request that would succeed, and what its caller may do where it cannot simply be sent again. */
interface Attempt {
  method?: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** After an answer was lost: what was asked for has been done. */
  afterLoss?: () => Promise<Answer>;
  /** After any failure: a failed return has used its state up. */
  anew?: () => Promise<Answer>;
  /** What happens after the answer, and must happen at last. */
  atLast?: () => Promise<unknown>;
}

const person = async () => {
  const email = `${randomUUID()}@example.com`;
  return { email, ...(await aUser(worker, { email })) };
};
const signIn = (username: string, password = PASSWORD) => our.loginToken({ username, password });

async function session() {
  const user = await person();
  const pair = (await signIn(user.username)).body;
  return { user, pair, body: { refreshToken: pair.refreshToken }, headers: our.bearer(pair.accessToken) };
}

async function member(row: Row) {
  const user = await person();
  const who = { sub: randomUUID() };
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 0)")
    .bind(row.name, row.identityIssuer, who.sub, user.id)
    .run();
  return { user, who };
}

async function linkFor(kind: "reset" | "sign-up") {
  const { email, username } = await person();
  const invited = `${randomUUID()}@example.com`;
  if (kind === "reset") await our.post("/auth/forget-password", { ...DEMO_WEB, username });
  else await our.post("/auth/sign-up/create-token", { email: invited });
  const { token } = await mailbox(worker).wait(kind === "reset" ? email : invited);
  return { email: kind === "reset" ? email : invited, username, token: token ?? "" };
}

const client = () => ({
  clientId: randomUUID(),
  clientSecret: "a client's secret",
  secret: "a signing secret",
  accessTokenExpiration: 900,
  refreshTokenExpiration: 3600,
  authCodeExpiration: 60,
});
async function aClient() {
  const body = client();
  return { body, id: (await our.send("POST", "/auth-clients", { body, headers: admin })).body.id };
}

const start = (row: Row, method = "POST"): Attempt =>
  method === "POST"
    ? { path: row.start, headers: FORM, body: new URLSearchParams(DEMO_WEB).toString() }
    : { method, path: `${row.start}?${new URLSearchParams(DEMO_WEB)}` };

/** A browser at a return; `who` is known, or will be. */
async function comingBack(
  row: Row,
  who: { sub: string; email?: string; email_verified?: boolean },
  client: Record<string, string> = {},
): Promise<Attempt> {
  const app = browser(worker);
  const fields = new URLSearchParams(await app.begin(outside, row, who, client)).toString();
  const headers = { cookie: app.cookie() };
  const anew = () => browser(worker).dance(outside, row, who, client);
  return row.formPost
    ? { path: row.back, headers: { ...FORM, ...headers }, body: fields, anew }
    : { method: "GET", path: `${row.back}?${fields}`, headers, anew };
}

async function theirSession() {
  const { username } = await person();
  const answer = await their.signIn({ userName: username, password: PASSWORD });
  return { answer, bearer: our.bearer(answer.body.bearerToken), cookies: cookieHeader(answer) };
}

const ARC: Record<string, () => Promise<Attempt>> = {
  "dev/mailbox": async () => ({ method: "GET", path: "/dev/mailbox" }), // while it is nearly empty: a trip for each message
  login: async () => ({ path: "/auth/login", body: { ...DEMO_WEB, username: (await person()).username, password: PASSWORD } }),
  "login-token": async () => ({
    path: "/auth/login-token",
    body: { ...DEMO_WEB, username: (await person()).username, password: PASSWORD },
  }),
  "login-token with an OTP": async () => {
    const { username } = await person();
    await our.post("/otp-caches", { username, otp: "123456" }, BASIC);
    return { path: "/auth/login-token", body: { ...DEMO_WEB, username, password: "123456" }, afterLoss: () => signIn(username) };
  },
  "login-token that is wrong": async () => {
    const { username } = await person();
    return { path: "/auth/login-token", body: { ...DEMO_WEB, username, password: "wrong" }, anew: () => signIn(username) };
  },
  token: async () => {
    const { username } = await person();
    const { code } = (await our.login({ username, password: PASSWORD })).body;
    return { path: "/auth/token", body: { code, clientId: "demo-web" }, afterLoss: () => signIn(username) };
  },
  "token for a code from Keycloak": async () => {
    const { who } = await member(KEYCLOAK_ROW);
    const back = () => browser(worker).dance(outside, KEYCLOAK_ROW, who);
    const code = new URL((await back()).headers.get("location")!).searchParams.get("code")!;
    return { path: "/auth/token", body: { code, clientId: "demo-web" }, afterLoss: back };
  },
  "token-refresh": async () => ({ path: "/auth/token-refresh", ...(await session()) }),
  me: async () => ({ method: "GET", path: "/auth/me", headers: (await session()).headers }),
  "change-password": async () => {
    const { user, body, headers } = await session();
    return {
      method: "PATCH",
      path: "/auth/change-password",
      headers,
      body: { ...body, username: user.username, oldPassword: PASSWORD, password: NEW_PASSWORD },
      afterLoss: () => signIn(user.username, NEW_PASSWORD),
    };
  },
  logout: async () => {
    const { user, body, headers } = await session();
    return { path: "/logout", body, headers, afterLoss: () => signIn(user.username) };
  },
  "keycloak/logout": async () => {
    const { user, who } = await member(KEYCLOAK_ROW);
    const landed = await browser(worker).dance(outside, KEYCLOAK_ROW, who);
    const pair = (await our.token(new URL(landed.headers.get("location")!).searchParams.get("code")!)).body;
    return {
      path: "/keycloak/logout",
      body: { refreshToken: pair.refreshToken },
      headers: our.bearer(pair.accessToken),
      afterLoss: () => signIn(user.username),
    };
  },
  "forget-password": async () => {
    const { email, username } = await person();
    return { path: "/auth/forget-password", body: { ...DEMO_WEB, username }, atLast: () => mailed(email) };
  },
  "verify-reset-password-link": async () => ({
    method: "GET",
    path: `/auth/verify-reset-password-link?token=${(await linkFor("reset")).token}`,
  }),
  "reset-password": async () => {
    const { username, token } = await linkFor("reset");
    return {
      method: "PATCH",
      path: "/auth/reset-password",
      body: { ...DEMO_WEB, token, password: NEW_PASSWORD },
      afterLoss: () => signIn(username, NEW_PASSWORD),
    };
  },
  "sign-up/create-token": async () => {
    const email = `${randomUUID()}@example.com`;
    return { path: "/auth/sign-up/create-token", body: { email }, atLast: () => mailed(email) };
  },
  "sign-up/create-token for an existing account": async () => {
    const { email } = await person();
    return { path: "/auth/sign-up/create-token", body: { email }, atLast: () => mailed(email) };
  },
  "sign-up/verify-token": async () => ({
    method: "GET",
    path: "/auth/sign-up/verify-token",
    headers: our.bearer((await linkFor("sign-up")).token),
  }),
  "sign-up/create-user": async () => {
    const { email, token } = await linkFor("sign-up");
    return {
      path: "/auth/sign-up/create-user",
      headers: our.bearer(token),
      body: { email, password: PASSWORD },
      afterLoss: () => signIn(email),
    };
  },
  ...Object.fromEntries(ROWS.map((row) => [`start at ${row.name}`, async () => start(row)])),
  ...Object.fromEntries([GOOGLE, KEYCLOAK_ROW].map((row) => [`start at ${row.name} by GET`, async () => start(row, "GET")])),
  "start for a ticket": async () => {
    const attempt = start(GOOGLE);
    return { ...attempt, headers: { ...attempt.headers, prefer: "return=representation", accept: "application/json" } };
  },
  "sign-in/continue": async () => {
    const offer = async () => {
      const { path, body, headers } = await ARC["start for a ticket"]!();
      return (await our.send("POST", path, { body, headers })).body.authorizationUrl;
    };
    return { method: "GET", path: await offer(), anew: async () => our.send("GET", await offer()) };
  },
  ...Object.fromEntries(ROWS.map((row) => [`return from ${row.name}`, async () => comingBack(row, (await member(row)).who)])),
  "return for tokens": async () => comingBack(KEYCLOAK_ROW, (await member(KEYCLOAK_ROW)).who, DEMO_MOBILE),
  "return that creates an account": async () =>
    comingBack(GOOGLE, { sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true }),
  "return that links an account": async () =>
    comingBack(GOOGLE, { sub: randomUUID(), email: (await person()).email, email_verified: true }),
  "post auth-clients": async () => {
    const body = client();
    const taken = async () => our.send("GET", `/auth-clients?filter[where][clientId]=${body.clientId}`, { headers: admin });
    return { path: "/auth-clients", headers: admin, body, afterLoss: taken };
  },
  "get auth-clients": async () => ({ method: "GET", path: "/auth-clients", headers: admin }),
  "get auth-clients by a pattern": async () => ({
    method: "GET",
    path: `/auth-clients?filter=${encodeURIComponent('{"where":{"clientId":{"regexp":"^demo"}}}')}`,
    headers: admin,
  }),
  "patch auth-clients": async () => ({
    method: "PATCH",
    path: `/auth-clients?where[clientId]=${(await aClient()).body.clientId}`,
    headers: admin,
    body: { authCodeExpiration: 30 },
  }),
  "count auth-clients": async () => ({ method: "GET", path: "/auth-clients/count", headers: admin }),
  "get auth-client": async () => ({ method: "GET", path: "/auth-clients/1", headers: admin }),
  "put auth-client": async () => {
    const { id, body } = await aClient();
    return { method: "PUT", path: `/auth-clients/${id}`, headers: admin, body };
  },
  "patch auth-client": async () => ({
    method: "PATCH",
    path: `/auth-clients/${(await aClient()).id}`,
    headers: admin,
    body: { authCodeExpiration: 30 },
  }),
  "delete auth-client": async () => {
    const { id } = await aClient();
    return {
      method: "DELETE",
      path: `/auth-clients/${id}`,
      headers: admin,
      afterLoss: () => our.send("GET", "/auth-clients/count", { headers: admin }),
    };
  },
  "post otp-caches": async () => ({ path: "/otp-caches", headers: BASIC, body: { otp: "123456", username: randomUUID() } }),
  "get otp-caches": async () => ({ method: "GET", path: "/otp-caches/demo", headers: BASIC }),
  "delete otp-caches": async () => ({ method: "DELETE", path: `/otp-caches/${randomUUID()}`, headers: admin }),
  health: async () => ({ method: "GET", path: "/health" }),
};

const SERVICESTACK: Record<string, () => Promise<Attempt>> = {
  Authenticate: async () => ({
    path: "/api/Authenticate",
    body: { provider: "credentials", userName: (await person()).username, password: PASSWORD },
  }),
  "Authenticate in place of a session": async () => {
    const { username } = await person();
    const body = { provider: "credentials", userName: username, password: PASSWORD };
    return { path: "/auth/credentials", body, headers: cookieHeader(await their.post("/auth/credentials", body)) };
  },
  "Authenticate with Google's token": async () => ({ path: "/auth/google", body: { accessToken: (await member(GOOGLE)).who.sub } }),
  "Authenticate by Basic": async () => ({
    method: "GET",
    path: "/auth",
    headers: { authorization: `Basic ${Buffer.from(`${(await person()).username}:${PASSWORD}`).toString("base64")}` },
  }),
  "who is signed in": async () => ({ method: "GET", path: "/auth", headers: (await theirSession()).bearer }),
  "who is signed in, by the refresh token alone": async () => ({
    method: "GET",
    path: "/auth",
    headers: { cookie: `ss-reftok=${(await theirSession()).answer.body.refreshToken}` },
  }),
  "whether a token is good": async () => ({ path: "/auth/jwt", body: { password: (await theirSession()).answer.body.bearerToken } }),
  GetAccessToken: async () => ({ path: "/access-token", body: { refreshToken: (await theirSession()).answer.body.refreshToken } }),
  "auth/logout": async () => ({ path: "/auth/logout", body: "", headers: (await theirSession()).cookies }),
};

async function mailed(address: string) {
  await worker.settled();
  expect(await mailbox(worker).to(address)).not.toEqual([]);
}

const send = ({ method = "POST", path, body, headers }: Attempt, order?: object) =>
  our.send(method, path, { body, headers: { ...headers, ...(order && { "x-meddle": JSON.stringify(order) }) } });

const OUTAGE = {
  arc: { error: { statusCode: 503, message: "Service Unavailable" } },
  servicestack: { responseStatus: { errorCode: "ServiceUnavailable", message: "Service Unavailable", errors: [] } },
};
type Family = keyof typeof OUTAGE;

function expectOutage(answer: Answer, family: Family, what: string) {
  expect(answer.body, what).toEqual(OUTAGE[family]);
  expect(answer.status, what).toBe(503);
  expect(Number(answer.headers.get("retry-after")), what).toBeGreaterThan(0);
  expect(answer.headers.getSetCookie(), what).toEqual([]);
}

/** What must be true of the database after any failure. */
async function invariants() {
  const none = async (what: string, sql: string) => expect((await worker.db.prepare(sql).all()).results, what).toEqual([]);
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
    "more than three good links to one mailbox",
    "select recipient from one_time where kind in ('reset', 'sign-up') and taken_by is null and voided_on is null group by kind, recipient having count(*) > 3",
  );
  await none(
    "a good link beside a used one",
    `select o.key from one_time o join one_time u on u.kind = o.kind and u.recipient = o.recipient and u.taken_by is not null
    where o.kind in ('reset', 'sign-up') and o.taken_by is null and o.voided_on is null and o.created_on <= u.taken_on`,
  );
}

type Fault = "fail" | "lose" | "slow" | "hang";

/** How many trips an attempt makes to each store, those after its answer too. */
async function tripsOf(make: () => Promise<Attempt>): Promise<[on: string, trip: number][]> {
  const id = randomUUID();
  const answer = await send(await make(), { id });
  expect(answer.status, `without a fault: ${answer.text}`).toBeLessThan(402);
  const printed = await worker.printed();
  const count = (on: string) => printed.split(`[trip ${id} ${on}]`).length - 1;
  return ["DB", "KV"].flatMap((on) => Array.from({ length: count(on) }, (_, n) => [on, n + 1] as [string, number]));
}

/** One attempt with one fault. */
async function suffer(make: () => Promise<Attempt>, family: Family, fault: Fault, on: string, trip: number) {
  const what = `${on} ${trip} ${fault}`;
  const attempt = await make();
  const start = performance.now();
  const answer = await send(attempt, { on, trip, [fault]: true });
  // Five seconds, and what a machine takes that hashes for all callers at once.
  expect(performance.now() - start, what).toBeLessThan(15_000);
  if (answer.status >= 500) expectOutage(answer, family, what);
  else if (!attempt.anew) expect(answer.status, what).toBeLessThan(400);
  if (fault === "slow") expect(answer.status, what).toBeLessThan(500);
  if (answer.status === 503) {
    const again = await send(attempt);
    if (attempt.anew) expect((await attempt.anew()).status, `${what}: anew`).toBeLessThan(400);
    else if (fault === "lose" && attempt.afterLoss && again.status >= 400)
      expect((await attempt.afterLoss()).status, `${what}: after ${again.text}`).toBeLessThan(400);
    else expect(again.status, `${what}: ${again.text}`).toBeLessThan(400);
  }
  if (attempt.atLast) {
    // A failure after the answer is not answered: the user asks again.
    if (fault !== "slow") await send(attempt);
    await attempt.atLast();
  }
}

const ENDPOINTS = [...Object.entries(ARC), ...Object.entries(SERVICESTACK)].map(
  ([name, make]) => [name, make, name in ARC ? "arc" : "servicestack"] as const,
);
/** What there is to hang, which takes its time. */
const hanging: (() => Promise<void>)[] = [];

test.each(ENDPOINTS)("%s: when any trip fails, nothing is half done and the caller can go on", async (_, make, family) => {
  const trips = await tripsOf(make);
  expect(trips.length).toBeGreaterThan(0);
  await Promise.all(
    trips.flatMap(([on, trip]) => (["fail", "lose", "slow"] as const).map((fault) => suffer(make, family, fault, on, trip))),
  );
  hanging.push(
    ...trips.map(
      ([on, trip]) =>
        () =>
          suffer(make, family, "hang", on, trip),
    ),
  );
  await invariants();
});

test("storage that hangs is given up after five seconds, wherever it does", async () => {
  expect(hanging.length).toBeGreaterThan(100);
  for (let n = 0; n < hanging.length; n += 32) await Promise.all(hanging.slice(n, n + 32).map((hang) => hang()));
  await invariants();
}, 300_000);

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
