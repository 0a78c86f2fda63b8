// Guessing and flooding: what is counted, what waits, and what the owner of an account notices.

import { createHash, pbkdf2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { type Answer, api, nested } from "../../support/api";
import { from, useWorker } from "../../support/fixtures";
import { decode, jwt, keyOf } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";
import { servicestack } from "../../support/servicestack";
import { freshKeys, startWorker } from "../../support/worker";

const JWT_KEYS = freshKeys();
const { worker, our } = useWorker({
  settings: { JWT_KEYS, DEV_MAILBOX: "on", ACCOUNT_ATTEMPTS: "30", SERVICESTACK_CLIENT_ID: "demo-web" },
});

const enter = (username: string, password: string, headers: Record<string, string> = {}) => our.loginToken({ username, password }, headers);
// PASSWORD under one iteration: these tests are about counting.
const output = pbkdf2Sync(PASSWORD, Buffer.alloc(16), 1, 32, "sha512").toString("base64").replace(/=+$/, "");
const cheap = `$pbkdf2-sha512$i=1,l=32$AAAAAAAAAAAAAAAAAAAAAA$${output}`;
const somebody = () => aUser(worker, { storedPassword: cheap });

/** Moves everything that is counted into the past. */
const later = (ms: number) =>
  worker.db.prepare("update attempts set last_on = last_on - ?1, blocked_until = blocked_until - ?1").bind(ms).run();

async function fail(username: string, count: number, headers: Record<string, string>, tag = "") {
  const statuses = [];
  for (let n = 0; n < count; n++) statuses.push((await enter(username, `wrong ${tag}${n}`, headers)).status);
  return statuses;
}

test("ten wrong passwords from one network, then even the right one waits", async () => {
  const { username } = await somebody();
  expect(await fail(username, 10, from("192.0.2.1"))).toEqual(Array(10).fill(401));
  const refused = await enter(username, PASSWORD, from("192.0.2.1"));
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({ error: { statusCode: 429, name: "TooManyRequestsError", message: "Too Many Requests" } });
  const wait = Number(refused.headers.get("retry-after"));
  expect(wait).toBeGreaterThan(50);
  expect(wait).toBeLessThanOrEqual(60);
  expect((await enter(username, PASSWORD, from("192.0.2.2"))).status, "another network is another count").toBe(200);
});

test("delays grow, success clears, and quiet begins anew", async () => {
  const { username } = await somebody();
  const here = from("192.0.2.3");
  await fail(username, 10, here);
  await later(61_000);
  expect((await enter(username, "wrong again", here)).status).toBe(401);
  const refused = await enter(username, PASSWORD, here);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(100);
  await later(121_000);
  expect((await enter(username, PASSWORD, here)).status).toBe(200);
  expect(await fail(username, 9, here)).toEqual(Array(9).fill(401));
  await later(901_000);
  expect(await fail(username, 9, here, "b")).toEqual(Array(9).fill(401));
});

test("eleven wrong guesses at a name show neither the address that goes with it, nor whether there is such a name", async () => {
  const { username } = await aUser(worker, { storedPassword: cheap, email: "together@example.com" });
  const here = from("192.0.2.5");
  expect(await fail(username, 11, here)).toEqual([...Array(10).fill(401), 429]);
  const address = await enter("together@example.com", "wrong", here);
  const nobody = await enter("nobody@example.com", "wrong", here);
  expect([address.status, address.body]).toEqual([nobody.status, nobody.body]);
  expect(address.status).toBe(401);
  expect(await fail("nobody-at-all", 11, here), "a name of nobody is counted alike").toEqual([...Array(10).fill(401), 429]);
  expect((await enter(username.toUpperCase(), PASSWORD, here)).status, "a name is folded before it is counted").toBe(429);
  expect((await enter("TOGETHER@example.com", PASSWORD, here)).status).toBe(200);
  expect((await enter(username, PASSWORD, here)).status, "nor does a success at one clear the other").toBe(429);
});

test("the names of one account share its account-wide count", async () => {
  const { username } = await aUser(worker, { storedPassword: cheap, email: "shared@example.com" });
  for (let n = 0; n < 15; n++) await enter(username, `guess ${n}`, from(`198.51.100.${n}`));
  for (let n = 0; n < 15; n++) await enter("shared@example.com", `guess ${n}`, from(`198.51.100.${n}`));
  for (const name of [username, "shared@example.com"]) expect((await enter(name, PASSWORD, from("203.0.113.1"))).status).toBe(429);
});

test("what is counted is kept without the names, networks and devices it was counted for", async () => {
  const typed = "hunter2, typed into the wrong field";
  const { id, username } = await somebody();
  await enter(typed, "wrong", from("192.0.2.99", "a stranger's phone"));
  await enter(username, PASSWORD, from("192.0.2.99", "the owner's phone"));
  await enter(username, "wrong", from("192.0.2.99", "the owner's phone"));
  const { attempts, known_devices } = await worker.rows();
  const mine = {
    attempts: attempts!.filter(({ user_id }) => user_id === id || user_id === null),
    devices: known_devices!.filter(({ user_id }) => user_id === id),
  };
  expect(mine.devices).toHaveLength(1);
  for (const text of [typed, username, "192.0.2.99", "phone", createHash("sha256").update("the owner's phone").digest("base64url")]) {
    expect(JSON.stringify(mine), text).not.toContain(text);
  }
  const tag = "[\\w-]{47}";
  const shapes = [`network:${tag}`, `account:${tag}`, `account:${id}`, `device:${tag}`, "session:[\\w-]+"];
  for (const { key } of mine.attempts) expect(key).toMatch(new RegExp(`^(${shapes.join("|")})$`));
});

test("an IPv6 network is its /64", async () => {
  const { username } = await somebody();
  for (let n = 0; n < 10; n++) await enter(username, `wrong ${n}`, from(`2001:db8:0:1::${n + 1}`));
  expect((await enter(username, PASSWORD, from("2001:db8:0:1:ffff::1"))).status).toBe(429);
  expect((await enter(username, PASSWORD, from("2001:db8:0:2::1"))).status).toBe(200);
});

test("the same failure sent twice within five seconds counts once", async () => {
  const { username } = await somebody();
  for (let n = 0; n < 9; n++) {
    for (let twice = 0; twice < 2; twice++) expect((await enter(username, `wrong ${n}`, from("192.0.2.6"))).status).toBe(401);
  }
  expect((await enter(username, PASSWORD, from("192.0.2.6"))).status).toBe(200);
  const tags = (await worker.db.prepare("select last_tag from attempts").all()).results.map((row) => row.last_tag);
  for (const tag of tags) expect(tag).toMatch(/^[0-9a-f]{8}$/);
});

test("guesses from everywhere lock strangers out, but not the owner on a known device", async () => {
  const { id, username } = await somebody();
  expect((await enter(username, PASSWORD, from("192.0.2.7", "my phone"))).status).toBe(200);
  for (let n = 0; n < 30; n++) await enter(username, `guess ${n}`, from(`198.51.100.${n}`));
  const stranger = await enter(username, PASSWORD, from("203.0.113.1"));
  expect(stranger.status).toBe(429);
  expect(Number(stranger.headers.get("retry-after"))).toBeGreaterThan(80_000);
  expect((await enter(username, PASSWORD, from("203.0.113.1", "another phone"))).status).toBe(429);
  const statuses = await fail(username, 9, from("203.0.113.2", "my phone"));
  expect(statuses, "the owner has an allowance of their own").toEqual(Array(9).fill(401));
  expect((await enter(username, PASSWORD, from("203.0.113.2", "my phone"))).status).toBe(200);
  expect((await enter(username, PASSWORD, from("203.0.113.1"))).status, "and a sign-in there lets strangers try again").toBe(200);
  const left = (await worker.rows()).attempts!.filter(({ user_id }) => user_id === id).map(({ key }) => String(key).split(":")[0]);
  expect(left, "success clears the account and its own place, not other people's").toEqual(Array(30).fill("network"));
});

/** Guesses from everywhere, until strangers are locked out. */
async function lockOut(username: string, password = PASSWORD) {
  for (let n = 0; n < 30; n++) await enter(username, `guess ${n}`, from(`198.51.100.${n}`));
  expect((await enter(username, password, from("203.0.113.1"))).status).toBe(429);
}

test("a session that signed in before is a known device, though its token has expired, and for its own user only", async () => {
  const [owner, other] = [await somebody(), await somebody()];
  const pair = (await enter(owner.username, PASSWORD, from("192.0.2.10"))).body;
  const { header, claims } = decode(pair.accessToken);
  const expired = jwt(header, { ...claims, iat: claims.iat - 2000, exp: claims.iat - 1000 }, keyOf(JWT_KEYS).privateKey);
  const forged = jwt(header, claims, keyOf(freshKeys()).privateKey);
  const others = (await enter(other.username, PASSWORD, from("192.0.2.10"))).body;
  await lockOut(owner.username);
  const here = (token: string) => ({ ...from("203.0.113.20"), ...our.bearer(token) });
  for (const token of [forged, others.accessToken, pair.refreshToken, "x"]) {
    expect((await enter(owner.username, PASSWORD, here(token))).status, "what is no token of theirs is nothing").toBe(429);
  }
  expect(await fail(owner.username, 9, here(expired))).toEqual(Array(9).fill(401));
  const known = await enter(owner.username, PASSWORD, here(expired));
  expect(known.status, "the owner has an allowance of their own").toBe(200);
  expect(known.waits, "which costs no wait").toBe(2);
  expect((await enter(owner.username, PASSWORD, from("203.0.113.1"))).status, "and a sign-in there lets strangers try again").toBe(200);
});

test("a stolen token buys the allowance of its session wherever it is used, and none once the session is ended", async () => {
  const { username } = await somebody();
  const pair = (await enter(username, PASSWORD, from("192.0.2.11"))).body;
  const thief = (n: number) => ({ ...from(`203.0.113.${n}`), ...our.bearer(pair.accessToken) });
  for (let n = 0; n < 10; n++) expect((await enter(username, `stolen ${n}`, thief(n))).status).toBe(401);
  expect((await enter(username, PASSWORD, thief(99))).status, "another network gives it no more").toBe(429);
  expect((await enter(username, PASSWORD, from("192.0.2.12"))).status, "and it locks nobody out").toBe(200);
  await our.logout(pair);
  await lockOut(username);
  await later(3_600_000);
  expect((await enter(username, PASSWORD, thief(1))).status).toBe(429);
});

test("ServiceStack's callers are known by their cookies and bearer tokens", async () => {
  const their = servicestack(worker);
  for (const carried of [
    (answer: Answer) => ({ cookie: `ss-tok=${answer.body.bearerToken}` }),
    (answer: Answer) => ({ cookie: `ss-reftok=${encodeURIComponent(answer.body.refreshToken)}` }),
    (answer: Answer) => our.bearer(answer.body.bearerToken),
  ]) {
    const { username } = await somebody();
    const before = await their.signIn({ userName: username, password: PASSWORD }, from("192.0.2.13"));
    await lockOut(username);
    const enterThere = (password: string, headers: Record<string, string>) =>
      their.signIn({ userName: username, password }, { ...from("203.0.113.30"), ...headers });
    expect((await enterThere(PASSWORD, {})).status).toBe(429);
    expect((await enterThere("wrong", carried(before))).status).toBe(401);
    expect((await enterThere(PASSWORD, carried(before))).status).toBe(200);
  }
});

test("a lock ends after a day, and with a new password by link", async () => {
  const waiting = await somebody();
  for (let n = 0; n < 30; n++) await enter(waiting.username, `guess ${n}`, from(`198.51.100.${n}`));
  expect((await enter(waiting.username, PASSWORD, from("203.0.113.3"))).status).toBe(429);
  await later(86_401_000);
  expect((await enter(waiting.username, PASSWORD, from("203.0.113.3"))).status).toBe(200);
  const email = "locked@example.com";
  const locked = await aUser(worker, { storedPassword: cheap, email });
  for (let n = 0; n < 30; n++) await enter(locked.username, `guess ${n}`, from(`198.51.100.${n}`));
  await our.post("/auth/forget-password", { client_id: "demo-web", client_secret: "demo-web-secret", username: locked.username });
  const { token } = await mailbox(worker).wait(email);
  const body = { client_id: "demo-web", client_secret: "demo-web-secret", token, password: "a new password" };
  expect((await our.send("PATCH", "/auth/reset-password", { body })).status).toBe(204);
  expect((await enter(locked.username, "a new password", from("198.51.100.1"))).status).toBe(200);
});

test("a new password makes strangers of all devices but the one that sets it", async () => {
  const email = "devices@example.com";
  const { username } = await aUser(worker, { storedPassword: cheap, email });
  const [phone, laptop] = ["their phone", "their laptop"];
  await enter(username, PASSWORD, from("192.0.2.20", phone));
  const pair = (await enter(username, PASSWORD, from("192.0.2.20", laptop))).body;
  const change = { refreshToken: pair.refreshToken, username, oldPassword: PASSWORD, password: "a second password" };
  const headers = { ...our.bearer(pair.accessToken), device_id: laptop };
  expect((await our.send("PATCH", "/auth/change-password", { body: change, headers })).status).toBe(200);
  const knows = async (device: string) => (await enter(username, "wrong", from("203.0.113.2", device))).status === 401;
  await lockOut(username, "a second password");
  expect([await knows(phone), await knows(laptop)]).toEqual([false, true]);
  expect((await enter(username, "a second password", from("203.0.113.2", laptop))).status).toBe(200);
  await our.post("/auth/forget-password", { client_id: "demo-web", client_secret: "demo-web-secret", username });
  await mailbox(worker).wait(email, 3);
  const { token } = (await mailbox(worker).to(email)).find((mail) => mail.token)!;
  const reset = { client_id: "demo-web", client_secret: "demo-web-secret", token, password: "a third password" };
  expect((await our.send("PATCH", "/auth/reset-password", { body: reset, headers: { device_id: phone } })).status).toBe(204);
  await lockOut(username, "a third password");
  expect([await knows(phone), await knows(laptop)]).toEqual([true, false]);
});

test("the twenty-first device makes a stranger of the one that was used longest ago", async () => {
  const { username } = await somebody();
  for (let n = 0; n <= 20; n++) expect((await enter(username, PASSWORD, from("192.0.2.21", `device ${n}`))).status).toBe(200);
  await lockOut(username);
  const statuses = [];
  for (const n of [0, 1, 20]) statuses.push((await enter(username, "wrong", from("203.0.113.2", `device ${n}`))).status);
  expect(statuses).toEqual([429, 401, 401]);
});

test("a caller without the client's secret counts for nothing", async () => {
  const { username } = await somebody();
  for (let n = 0; n < 12; n++) {
    const answer = await our.loginToken({ username, password: `wrong ${n}`, client_secret: "wrong" }, from("192.0.2.8"));
    expect(answer.body).toEqual(nested("Client Invalid"));
  }
  expect((await enter(username, PASSWORD, from("192.0.2.8"))).status).toBe(200);
});

test("the old password cannot be guessed with a stolen session", async () => {
  const { username } = await somebody();
  const pair = await our.signIn({ username, password: PASSWORD });
  const guess = (oldPassword: string) =>
    our.changePassword(pair.accessToken, { refreshToken: pair.refreshToken, username, oldPassword, password: "the thief's own" });
  for (let n = 0; n < 10; n++) expect((await guess(`wrong ${n}`)).status).toBe(401);
  expect((await guess(PASSWORD)).status).toBe(429);
});

/** The routes that cost CPU or send a message. */
const COSTLY: [method: string, path: string, body?: object][] = [
  ...["/auth/login", "/auth/login-token"].map(
    (path) =>
      ["POST", path, { client_id: "demo-web", client_secret: "demo-web-secret", username: "demo", password: "x" }] as [
        string,
        string,
        object,
      ],
  ),
  ["POST", "/auth/token", { code: "x", clientId: "demo-web" }],
  ["PATCH", "/auth/change-password", {}],
  ["PATCH", "/auth/reset-password", { client_id: "x", client_secret: "x", token: "x", password: "x" }],
  ["GET", "/auth/verify-reset-password-link?token=x"],
  ["POST", "/auth/forget-password", { client_id: "x", client_secret: "x", username: "x" }],
  ["POST", "/auth/sign-up/create-token", { email: "a@b.example" }],
  ["POST", "/auth/sign-up/create-user", { email: "a@b.example", password: "x" }],
  ["GET", "/auth/sign-up/verify-token"],
  ["POST", "/otp-caches", { otp: "123456", username: "x" }],
  ["GET", "/otp-caches/x"],
  ["DELETE", "/otp-caches/x"],
  ...["google", "facebook", "instagram", "oauth-apple", "keycloak"].map(
    (name) => ["POST", `/auth/${name}?client_id=x`] as [string, string],
  ),
  ...["google", "facebook", "instagram", "keycloak"].map((name) => ["GET", `/auth/${name}-auth-redirect`] as [string, string]),
  ["GET", "/auth/sign-in/continue?ticket=x"],
  ["POST", "/api/Authenticate", { provider: "credentials", userName: "demo", password: "x" }],
  ["POST", "/auth/credentials", { userName: "demo", password: "x" }],
  ["POST", "/auth/google", { accessToken: "x" }],
];

test("every route that costs CPU or sends a message is on the flood table, in the caller's own envelope", async () => {
  const held = await startWorker({ floodLimits: { SIGN_IN_LIMIT: 1, MAIL_LIMIT: 1 }, settings: { SERVICESTACK_CLIENT_ID: "demo-web" } });
  try {
    const their = api(held);
    for (const [n, [method, path, body]] of COSTLY.entries()) {
      const ask = () => their.send(method, path, { body, headers: from(`192.0.2.${n}`) });
      expect((await ask()).status, path).not.toBe(429);
      // The counter begins anew with each minute: one of two in a row is never the first of its own.
      const refused = [await ask(), await ask()].find(({ status }) => status === 429)!;
      expect(refused?.status, `${method} ${path}`).toBe(429);
      expect(refused.headers.get("retry-after"), path).toBe("60");
      expect(refused.body.error ?? refused.body.responseStatus).toBeTypeOf("object");
    }
  } finally {
    await held.stop();
  }
});

/** The counters begin anew with each minute: waits for the next one where this has little left. */
async function aMinuteWithTimeLeft() {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 10_000) await new Promise((resolve) => setTimeout(resolve, left));
}

test("a flood from one network is stopped, and a deployment without the counters does without", async () => {
  const held = await startWorker({ floodLimits: { SIGN_IN_LIMIT: 5, MAIL_LIMIT: 2 }, settings: { DEV_MAILBOX: "on" } });
  try {
    const their = api(held);
    await aMinuteWithTimeLeft();
    const token = (address: string) => their.post("/auth/token", { code: "x", clientId: "demo-web" }, from(address));
    const statuses = [];
    for (let n = 0; n < 7; n++) statuses.push((await token("192.0.2.1")).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await token("192.0.2.1")).headers.get("retry-after")).toBe("60");
    expect((await token("192.0.2.2")).status).toBe(401);
    const forget = () =>
      their.post("/auth/forget-password", { client_id: "demo-web", client_secret: "demo-web-secret", username: "x" }, from("192.0.2.3"));
    expect([(await forget()).status, (await forget()).status, (await forget()).status]).toEqual([204, 204, 429]);
    expect((await their.send("GET", "/.well-known/jwks.json", { headers: from("192.0.2.1") })).status).toBe(200);
    await held.restart({ RATE_LIMITS: "off" });
    expect((await token("192.0.2.1")).status).toBe(401);
    await held.restart({ RATE_LIMITS: "off", PUBLIC_URL: "https://login.example" });
    expect((await token("192.0.2.1")).status).toBe(500);
  } finally {
    await held.stop();
  }
});
