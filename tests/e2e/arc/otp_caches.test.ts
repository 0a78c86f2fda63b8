// One-time passwords: who may post them, and what they open.

import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { ADMIN, DEMO_MOBILE, api, flat, nested } from "../../support/api";
import { BASIC, basic, many, useWorker } from "../../support/fixtures";
import { aUser } from "../../support/seed";
import { startWorker } from "../../support/worker";

let administrator: Record<string, string>;

const { worker, our } = useWorker({ settings: { OTP_CLIENT_IDS: "demo-web", SIGN_IN_ATTEMPTS: "1000" } });

beforeAll(async () => {
  administrator = our.bearer((await our.signIn(ADMIN)).accessToken);
});

const put = (username: string, otp = "123456", headers: Record<string, string> = BASIC) =>
  our.post("/otp-caches", { otp, username }, headers);
const look = (username: string, headers: Record<string, string> = BASIC) =>
  our.send("GET", `/otp-caches/${encodeURIComponent(username)}`, { headers });
const remove = (username: string, headers: Record<string, string> = BASIC) =>
  our.send("DELETE", `/otp-caches/${encodeURIComponent(username)}`, { headers });
/** What the OTP of a folded name is kept under. */
const keyOf = (username: string) => `otp:${createHash("sha256").update(username).digest("base64url")}`;
const enter = (username: string, password = "123456") => our.loginToken({ username, password });

test("an OTP is kept, shown, and gone when deleted", async () => {
  const username = "who/ever ü%";
  expect((await put(username)).body).toEqual({ otp: "123456", username });
  expect((await look(username)).body).toEqual({ otp: "123456", username });
  expect((await look(username.toUpperCase())).body).toEqual({ otp: "123456", username });
  expect((await put(username, "654321")).status).toBe(200);
  expect((await look(username)).body).toEqual({ otp: "654321", username });
  const deleted = await remove(username);
  expect([deleted.status, deleted.text]).toEqual([204, ""]);
  const gone = await look(username);
  expect([gone.status, gone.text]).toEqual([200, "null"]);
  expect((await remove(username)).status).toBe(204);
});

test("an OTP is a password at both login routes, once", async () => {
  const { username } = await aUser(worker);
  await put(username);
  expect((await enter(username)).status).toBe(200);
  expect((await enter(username)).body).toEqual(nested("Invalid Credentials"));
  expect((await look(username)).body).toBe(null);
  await put(username, "abcdef");
  const code = await our.login({ username, password: "abcdef" });
  expect(code.status).toBe(200);
  expect(code.waits).toBeLessThanOrEqual(2);
  expect((await our.token(code.body.code)).status).toBe(200);
  expect((await our.login({ username, password: "abcdef" })).status).toBe(401);
});

test("of a hundred parallel uses of one OTP exactly one wins", async () => {
  const { username } = await aUser(worker, { storedPassword: null });
  await put(username);
  const answers = await many(100, () => enter(username));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
}, 60_000);

test("a person without a password comes in with an OTP, an inactive one does not", async () => {
  const social = await aUser(worker, { storedPassword: null });
  await put(social.username);
  expect((await enter(social.username)).status).toBe(200);
  for (const wishes of [{ status: 2 }, { status: 4 }, { status: null }]) {
    const { username } = await aUser(worker, wishes);
    await put(username);
    expect((await enter(username)).body).toEqual(nested("Invalid Credentials"));
  }
  await put("nobody-at-all");
  expect((await enter("nobody-at-all")).body).toEqual(nested("Invalid Credentials"));
});

test("five wrong tries end an OTP, and sent at once they count as well", async () => {
  const slow = await aUser(worker);
  await put(slow.username);
  for (let n = 0; n < 4; n++) await enter(slow.username, `wrong ${n}`);
  expect((await enter(slow.username)).status, "the fifth try may be right").toBe(200);
  await put(slow.username);
  for (let n = 0; n < 5; n++) await enter(slow.username, `wrong ${n}`);
  expect((await enter(slow.username)).status).toBe(401);
  const burst = await aUser(worker, { storedPassword: null });
  await put(burst.username);
  await many(40, (n) => enter(burst.username, `wrong ${n}`));
  expect((await enter(burst.username)).status).toBe(401);
}, 60_000);

test("the right password leaves the OTP its tries, and a stranger's client cannot use them up", async () => {
  const { username, password } = await aUser(worker);
  await put(username);
  for (let n = 0; n < 6; n++) expect((await enter(username, password)).status).toBe(200);
  for (let n = 0; n < 6; n++) expect((await our.loginToken({ username, password: "x", client_secret: "wrong" })).status).toBe(401);
  expect((await enter(username)).status).toBe(200);
});

test("requests that are answered 429 leave an OTP its tries", async () => {
  const strict = await startWorker({ settings: { OTP_CLIENT_IDS: "demo-web", SIGN_IN_ATTEMPTS: "4" } });
  try {
    const their = api(strict);
    const { username } = await aUser(strict, { storedPassword: null });
    expect((await their.post("/otp-caches", { otp: "123456", username }, BASIC)).status).toBe(200);
    const from = (address: string, password: string) => their.loginToken({ username, password }, { "cf-connecting-ip": address });
    const statuses = [];
    for (let n = 0; n < 9; n++) statuses.push((await from("192.0.2.1", `wrong ${n}`)).status);
    expect(statuses).toEqual([...Array(4).fill(401), ...Array(5).fill(429)]);
    expect((await from("192.0.2.2", "123456")).status, "the fifth try is left").toBe(200);
  } finally {
    await strict.stop();
  }
});

test("an OTP is kept without the name it is for, which may be a password typed into the wrong field", async () => {
  const typed = "hunter2, typed into the wrong field";
  await put(typed);
  expect((await look(typed)).body).toEqual({ otp: "123456", username: typed });
  const { keys } = await worker.kv.list();
  let everything = JSON.stringify((await worker.rows()).otps);
  for (const { name } of keys) everything += name + (await worker.kv.get(name));
  expect(everything).not.toContain("hunter2");
  expect(everything).toContain(keyOf(typed));
});

test("an OTP ends after fifteen minutes by the stored time", async () => {
  const { username } = await aUser(worker);
  await put(username);
  const row = await worker.db
    .prepare("select expires_on - created_on as life from otps where username_key = ?")
    .bind(keyOf(username))
    .first("life");
  expect(row).toBe(900_000);
  await worker.db
    .prepare("update otps set expires_on = ? where username_key = ?")
    .bind(Date.now() - 1, keyOf(username))
    .run();
  expect((await look(username)).body).toBe(null);
  expect((await enter(username)).status).toBe(401);
});

test("no OTP opens an administrator's account", async () => {
  for (const headers of [BASIC, administrator]) {
    expect((await put("admin", "123456", headers)).status).toBe(200);
    expect((await enter("admin")).body).toEqual(nested("Invalid Credentials"));
  }
  const promoted = await aUser(worker, { permissions: ["NotAllowed"] });
  await put(promoted.username);
  expect((await enter(promoted.username)).status).toBe(401);
});

test("a client reaches its own users only, and cannot see which; an administrator reaches all", async () => {
  const elsewhere = await aUser(worker, { clients: ["demo-mobile"] });
  expect((await put(elsewhere.username)).body).toEqual({ otp: "123456", username: elsewhere.username });
  expect((await look(elsewhere.username)).body).toEqual({ otp: "123456", username: elsewhere.username });
  const through = (password: string) => our.loginToken({ ...DEMO_MOBILE, username: elsewhere.username, password });
  expect((await through("123456")).body).toEqual(nested("Invalid Credentials"));
  await put(elsewhere.username, "abcdef", administrator);
  expect((await through("abcdef")).status).toBe(200);
});

test("a client sees and deletes what it posted itself, an administrator everything", async () => {
  const { username } = await aUser(worker);
  await put(username, "123456", administrator);
  expect((await look(username)).text).toBe("null");
  expect((await remove(username)).status).toBe(204);
  expect((await look(username, administrator)).body).toEqual({ otp: "123456", username });
  expect((await enter(username)).status, "it is there still").toBe(200);
  await put(username, "654321");
  expect((await look(username, administrator)).body).toEqual({ otp: "654321", username });
  expect((await remove(username, administrator)).status).toBe(204);
  expect((await look(username)).text).toBe("null");
});

test("a caller who may not post, read or delete is rejected", async () => {
  const member = our.bearer((await our.signIn()).accessToken);
  const all = (headers: Record<string, string>) =>
    Promise.all([put("demo", "123456", headers), look("demo", headers), remove("demo", headers)]);
  for (const wrong of [
    basic("demo-web", "wrong"),
    basic("demo-mobile", "demo-mobile-secret"),
    basic("nobody", "x"),
    basic("demo-web", ""),
  ]) {
    for (const answer of await all(wrong)) {
      expect(answer.body).toEqual(flat(401, "Unauthorized"));
      expect(answer.headers.get("www-authenticate")).toBe('Basic realm="Clients"');
    }
  }
  for (const answer of await all(member)) expect(answer.body).toEqual(flat(403, "NotAllowedAccess"));
  for (const answer of await all({})) expect(answer.body).toEqual(flat(401, 'Bearer realm="Users"'));
  for (const answer of await all(our.bearer("garbage"))) expect(answer.body).toEqual(nested("TokenExpired"));
  expect((await look("demo")).body, "nothing was kept").toBe(null);
});

test("an OTP has 6 to 64 characters, and a username", async () => {
  const details = async (username: string, otp: string) =>
    (await put(username, otp)).body.error.details.map((one: { path: string; code: string }) => [one.path, one.code]);
  expect(await details("demo", "12345")).toEqual([["/otp", "minLength"]]);
  expect(await details("demo", "x".repeat(65))).toEqual([["/otp", "maxLength"]]);
  expect(await details(" ", "123456")).toEqual([["/username", "minLength"]]);
  expect((await put("demo", "ü".repeat(64))).status).toBe(200);
  await remove("demo");
});

test("with the open flag every caller posts and reads, and what is posted is never a password", async () => {
  const open = await startWorker({ settings: { COMPATIBILITY: "open-otp-caches", OTP_CLIENT_IDS: "demo-web" } });
  try {
    const their = api(open);
    expect((await their.post("/otp-caches", { otp: "123456", username: "demo" })).status).toBe(200);
    expect((await their.send("GET", "/otp-caches/demo")).body).toEqual({ otp: "123456", username: "demo" });
    expect((await their.loginToken({ password: "123456" })).body).toEqual(nested("Invalid Credentials"));
    expect((await their.post("/otp-caches", { otp: "abcdef", username: "demo" }, BASIC)).status).toBe(200);
    expect((await their.loginToken({ password: "abcdef" })).status).toBe(200);
    expect((await their.send("DELETE", "/otp-caches/demo")).status).toBe(204);
    expect((await their.send("GET", "/otp-caches/demo")).body).toBe(null);
  } finally {
    await open.stop();
  }
});

test("with the open flag no caller reads, replaces or deletes an OTP that is a password", async () => {
  const open = await startWorker({ settings: { COMPATIBILITY: "open-otp-caches", OTP_CLIENT_IDS: "demo-web" } });
  try {
    const their = api(open);
    expect((await their.post("/otp-caches", { otp: "abcdef", username: "demo" }, BASIC)).status).toBe(200);
    for (const name of ["demo", "%20demo", " demo", "DEMO"]) {
      expect((await their.send("GET", `/otp-caches/${name}`)).text, name).toBe("null");
      expect((await their.send("DELETE", `/otp-caches/${name}`)).status).toBe(204);
    }
    expect((await their.post("/otp-caches", { otp: "123456", username: "demo" })).status).toBe(200);
    expect((await their.send("GET", "/otp-caches/demo", { headers: BASIC })).body).toEqual({ otp: "abcdef", username: "demo" });
    expect((await their.loginToken({ password: "123456" })).body).toEqual(nested("Invalid Credentials"));
    expect((await their.loginToken({ password: "abcdef" })).status).toBe(200);
  } finally {
    await open.stop();
  }
});
