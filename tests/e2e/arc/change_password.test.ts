// Changing one's password: what is asked first, what a refusal leaves, and what ends.

import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { DEMO_MOBILE, DEMO_WEB, type Pair, flat, nested } from "../../support/api";
import { REVOKED, useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";

const NEW = "another password";
const PASSWORD_INVALID = flat(400, "PasswordInvalid");
const SUCCESS = { success: true };

let somebody: Awaited<ReturnType<typeof aUser>>;
let pair: Pair;

const { worker, our } = useWorker({ settings: { SIGN_IN_ATTEMPTS: "10000", ACCOUNT_ATTEMPTS: "100000" } });

beforeEach(async () => {
  somebody = await aUser(worker);
  pair = await signIn();
});

const signIn = (body: object = {}) => our.signIn({ username: somebody.username, password: PASSWORD, ...body });
const change = (body: object = {}, using = pair) =>
  our.changePassword(using.accessToken, {
    refreshToken: using.refreshToken,
    username: somebody.username,
    password: NEW,
    oldPassword: PASSWORD,
    ...body,
  });
const status = (to: number) => worker.db.prepare("update user_tenants set status = ? where id = ?").bind(to, somebody.membershipId).run();
const member = () => worker.db.prepare("select status from user_tenants where id = ?").bind(somebody.membershipId).first("status");

const invalid = (code: string, message: string, limit: number) => ({
  error: {
    statusCode: 422,
    name: "UnprocessableEntityError",
    message: "The request body is invalid. See error object `details` property for more info.",
    code: "VALIDATION_FAILED",
    details: [{ path: "/password", code, message, info: { limit } }],
  },
});
const tooShort = (limit: number) => invalid("minLength", `must NOT have fewer than ${limit} characters`, limit);
const TOO_LONG = invalid("maxLength", "must NOT have more than 256 characters", 256);

test("the new password is the one that holds, under today's hash", async () => {
  const answer = await change();
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual(SUCCESS);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect((await our.loginToken({ username: somebody.username, password: PASSWORD })).body).toEqual(nested("Invalid Credentials"));
  await signIn({ password: NEW });
  const row = (await worker.db.prepare("select * from user_credentials where user_id = ?").bind(somebody.id).first())!;
  expect(row.password).toMatch(/^\$argon2id\$/);
  expect(row.changed_on).toBeGreaterThan(Date.now() - 60_000);
  expect(await member()).toBe(1);
});

test("every session of the user ends, the caller's too, and no other user's", async () => {
  const mobile = await signIn(DEMO_MOBILE);
  const device = await our.signIn({ username: somebody.username, password: PASSWORD, ...DEMO_WEB }, { device_id: "mine" });
  const stranger = await our.signIn();
  const { accessToken } = pair;
  const next: Pair = (await our.refresh(pair)).body;
  expect((await change()).body).toEqual(SUCCESS);
  for (const over of [pair, next, mobile, device]) {
    expect((await our.me(over.accessToken)).body).toEqual(REVOKED);
    expect((await our.refresh(over, { device_id: "mine" })).body).toEqual(flat(401, "Token Expired"));
  }
  expect((await our.me(stranger.accessToken)).status).toBe(200);
  expect((await change({}, { ...next, accessToken })).body).toEqual(REVOKED);
});

test("codes in flight are void, with the old password and for every client", async () => {
  const login = (body: object = {}) => our.login({ username: somebody.username, password: PASSWORD, ...body });
  const [web, mobile] = [(await login()).body.code, (await login(DEMO_MOBILE)).body.code];
  const strangers = (await our.login()).body.code;
  expect((await change()).body).toEqual(SUCCESS);
  expect((await our.token(web)).body).toEqual(flat(401, "Invalid Credentials"));
  expect((await our.token(mobile, { clientId: "demo-mobile" })).body).toEqual(flat(401, "Invalid Credentials"));
  expect((await our.token(strangers)).status).toBe(200);
});

test("checks come in one order, and a refusal changes nothing", async () => {
  const other = await signIn();
  const { username } = somebody;
  const { refreshToken } = pair;
  const wrong = { refreshToken: "", username: "", password: "", oldPassword: "" };
  const steps: [body: object | null | undefined, status: number, expected: object][] = [
    [undefined, 422, flat(422, "TokenMissing")],
    [null, 422, flat(422, "TokenMissing")],
    [{}, 422, flat(422, "TokenMissing")],
    [wrong, 422, flat(422, "TokenMissing")],
    [{ ...wrong, refreshToken: "unknown" }, 401, flat(401, "Token Expired")],
    [{ ...wrong, refreshToken: other.refreshToken }, 401, flat(401, "Token Invalid")],
    [{ refreshToken }, 403, flat(403, "NotAllowedAccess")],
    [{ ...wrong, refreshToken }, 403, flat(403, "NotAllowedAccess")],
    [{ ...wrong, refreshToken, username: "demo" }, 403, flat(403, "NotAllowedAccess")],
    [{ ...wrong, refreshToken, username: `${username}x`, password: NEW, oldPassword: PASSWORD }, 403, flat(403, "NotAllowedAccess")],
    [{ refreshToken, username }, 400, PASSWORD_INVALID],
    [{ ...wrong, refreshToken, username }, 400, PASSWORD_INVALID],
    [{ refreshToken, username, password: NEW }, 400, PASSWORD_INVALID],
    [{ refreshToken, username, password: "short", oldPassword: "" }, 400, PASSWORD_INVALID],
    [{ refreshToken, username, password: "1234567", oldPassword: "wrong" }, 422, tooShort(8)],
    [{ refreshToken, username, password: "x".repeat(257), oldPassword: "wrong" }, 422, TOO_LONG],
    [{ refreshToken, username, password: NEW, oldPassword: "wrong" }, 401, flat(401, "Incorrect Password")],
    [{ refreshToken, username, password: PASSWORD, oldPassword: "wrong" }, 401, flat(401, "Incorrect Password")],
    [{ refreshToken, username, password: NEW, oldPassword: NEW }, 401, flat(401, "Incorrect Password")],
    [
      { refreshToken, username, password: PASSWORD, oldPassword: PASSWORD },
      401,
      flat(401, "Password cannot be same as previous password!"),
    ],
  ];
  const before = await worker.rows({ but: ["attempts", "login_activity"] });
  for (const [body, expectedStatus, expected] of steps) {
    const answer = await our.send("PATCH", "/auth/change-password", { body, headers: our.bearer(pair.accessToken) });
    expect(answer.status, JSON.stringify(body)).toBe(expectedStatus);
    expect(answer.body, JSON.stringify(body)).toEqual(expected);
  }
  expect(await worker.rows({ but: ["attempts", "login_activity"] })).toEqual(before);
  expect((await change()).body).toEqual(SUCCESS);
});

test("the bearer is judged before the refresh token, and the body's shape before both", async () => {
  expect((await our.send("PATCH", "/auth/change-password", { body: {} })).body).toEqual(flat(401, 'Bearer realm="Users"'));
  expect((await our.send("PATCH", "/auth/change-password", { body: { foo: 1 } })).status).toBe(422);
  await our.logout(pair);
  expect((await our.changePassword(pair.accessToken, {})).body).toEqual(REVOKED);
  expect((await change()).body).toEqual(REVOKED);
  await signIn();
});

test("any refresh token of the bearer's session will do, and the name in any spelling", async () => {
  const next: Pair = (await our.refresh((await our.refresh(pair)).body)).body;
  const username = ` ${somebody.username.toUpperCase()} `;
  expect((await change({ refreshToken: pair.refreshToken, username }, next)).body).toEqual(SUCCESS);
});

test("the e-mail address is not the username", async () => {
  somebody = await aUser(worker, { email: "somebody@example.com" });
  pair = await signIn();
  expect((await change({ username: "somebody@example.com" })).body).toEqual(flat(403, "NotAllowedAccess"));
  expect((await change()).body).toEqual(SUCCESS);
});

describe("what may be a password", () => {
  test.each([
    ["1", 8],
    [" ", 8],
    ["🔑", 8],
    ["x", 256],
    ["🔑", 256],
    ["ﬃ", 3],
    ["'; drop table users; --", 1],
  ])("%j, %i times, may", async (text, times) => {
    const password = text.repeat(times);
    expect((await change({ password })).body).toEqual(SUCCESS);
    await signIn({ password });
  });

  test("one with U+0000 may not: what reads an export would take it for a shorter one", async () => {
    const details = [{ path: "/password", code: "pattern", message: "must NOT contain U+0000", info: {} }];
    expect((await change({ password: "pass\u0000word" })).body.error).toMatchObject({ statusCode: 422, details });
  });

  test.each([
    ["1", 7],
    ["🔑", 7],
    ["e\u0301", 7],
  ])("%j, %i times, is too short", async (text, times) => {
    expect((await change({ password: text.repeat(times) })).body).toEqual(tooShort(8));
  });

  test.each([
    ["x", 257],
    ["🔑", 257],
    ["ﬃ", 86],
    ["x", 60_000],
  ])("%j, %i times, is too long", async (text, times) => {
    expect((await change({ password: text.repeat(times) })).body).toEqual(TOO_LONG);
  });

  test("the same letters typed on another keyboard are the same password", async () => {
    expect((await change({ password: PASSWORD.replaceAll("a", "ａ") })).body).toEqual(
      flat(401, "Password cannot be same as previous password!"),
    );
    expect((await change({ oldPassword: PASSWORD.replaceAll("a", "ａ") })).body).toEqual(SUCCESS);
  });
});

describe("a user who must choose a new password", () => {
  beforeEach(async () => {
    await status(3);
    pair = await signIn();
  });

  test("need not give the old one, and is active afterwards", async () => {
    expect((await change({ oldPassword: undefined })).body).toEqual(SUCCESS);
    expect(await member()).toBe(1);
    expect((await our.me((await signIn({ password: NEW })).accessToken)).body.status).toBe(1);
    expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  });

  test("is active afterwards also where the old one was given", async () => {
    expect((await change()).body).toEqual(SUCCESS);
    expect(await member()).toBe(1);
  });

  test("is refused a wrong old one, the same one and a short one, and stays as before", async () => {
    const before = await worker.rows({ but: ["attempts", "login_activity"] });
    expect((await change({ oldPassword: "wrong" })).body).toEqual(flat(401, "Incorrect Password"));
    for (const oldPassword of [undefined, "", PASSWORD]) {
      expect((await change({ password: PASSWORD, oldPassword })).body).toEqual(flat(401, "Password cannot be same as previous password!"));
    }
    expect((await change({ password: "1234567", oldPassword: undefined })).body).toEqual(tooShort(8));
    expect((await change({ password: "", oldPassword: undefined })).body).toEqual(PASSWORD_INVALID);
    expect(await worker.rows({ but: ["attempts", "login_activity"] })).toEqual(before);
  });

  test("has not signed in yet, as far as the last sign-in goes", async () => {
    const lastLogin = () => worker.db.prepare("select last_login from users where id = ?").bind(somebody.id).first("last_login");
    const before = await lastLogin();
    const { code } = (await our.login({ username: somebody.username, password: PASSWORD })).body;
    await our.token(code);
    await signIn();
    expect(await lastLogin()).toBe(before);
  });
});

test("a user without a password here has none to change", async () => {
  await worker.db.prepare("delete from user_credentials where user_id = ?").bind(somebody.id).run();
  const before = await worker.rows({ but: ["attempts", "login_activity"] });
  for (const oldPassword of [undefined, PASSWORD]) {
    const answer = await change({ oldPassword });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(flat(400, "PasswordCannotBeChangedForExternalUser"));
  }
  expect(await worker.rows({ but: ["attempts", "login_activity"] })).toEqual(before);
});

describe("with other settings", () => {
  afterAll(() => worker.restart({ COMPATIBILITY: undefined, PASSWORD_MIN_LENGTH: undefined }));

  test("the shortest password is as set", async () => {
    await worker.restart({ PASSWORD_MIN_LENGTH: "12" });
    expect((await change({ password: "12345678901" })).body).toEqual(tooShort(12));
    expect((await change({ password: "123456789012" })).body).toEqual(SUCCESS);
  });

  test("the compatibility flag change-password-without-old is just that", async () => {
    await worker.restart({ COMPATIBILITY: "change-password-without-old" });
    expect((await change({ oldPassword: "wrong" })).body).toEqual(flat(401, "Incorrect Password"));
    expect((await change({ password: PASSWORD, oldPassword: undefined })).body).toEqual(
      flat(401, "Password cannot be same as previous password!"),
    );
    expect((await change({ username: "demo", oldPassword: undefined })).body).toEqual(flat(403, "NotAllowedAccess"));
    expect((await change({ password: "1234567", oldPassword: undefined })).status).toBe(422);
    expect((await change({ oldPassword: undefined })).body).toEqual(SUCCESS);
    expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  });
});
