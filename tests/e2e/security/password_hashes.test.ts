// How passwords are hashed, and hashes that other systems made.

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "../../../scripts/lib/people.mjs";
import { DEMO_WEB, flat, nested } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { WRONG } from "../../support/servicestack";

const password = "correct horse battery";

const { worker, our, their } = useWorker({ settings: { PASSWORD_HASH: undefined, SERVICESTACK_CLIENT_ID: "demo-web", DEV_MAILBOX: "on" } });

const stored = async (id: string) =>
  (await worker.db
    .prepare("select password, changed_on from user_credentials where user_id = ?")
    .bind(id)
    .first<{ password: string; changed_on: number }>())!;
/** Waits for what is hashed anew behind an answer. */
async function becomes(id: string, expected: RegExp) {
  await worker.settled();
  expect((await stored(id)).password).toMatch(expected);
}
const PBKDF2 = /^\$pbkdf2-sha512\$i=220000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
const ARGON2ID = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
/** Stores a hash of the same password as another system would: what is open stays open. */
const store = (id: string, hash: string) =>
  worker.db.prepare("update user_credentials set password = ? where user_id = ?").bind(hash, id).run();
// "correct horse battery", made by other implementations.
const elsewhere = {
  "PBKDF2-SHA256": "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0",
  "weak PBKDF2-SHA512": "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k",
  "weak argon2id": "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w",
  "bcrypt $2a$": "$2a$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
  "bcrypt $2y$": "$2y$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
  "passlib's PBKDF2": "$pbkdf2-sha256$29000$LGJCMs3SIXcSlN.7MQrKAA$wvJ4kRrwdRyKb/RJ7MPhhF66s6nEpi7TA.s8u4xFa/g",
};

test("PBKDF2-SHA512 is the default; argon2id takes over at the next good sign-in, and gives back", async () => {
  const user = await aUser(worker, { storedPassword: elsewhere["bcrypt $2a$"] });
  const signIn = () => our.signIn({ username: user.username, password });
  const first = await signIn();
  await becomes(user.id, PBKDF2);
  const { changed_on } = await stored(user.id);
  await worker.restart({ PASSWORD_HASH: "argon2id" });
  expect((await our.loginToken({ username: user.username, password: "wrong" })).status).toBe(401);
  expect((await stored(user.id)).password).toMatch(PBKDF2);
  const second = await signIn();
  await becomes(user.id, ARGON2ID);
  const { password: hash } = await stored(user.id);
  await signIn();
  expect((await stored(user.id)).password, "what is current stays").toBe(hash);
  await worker.restart({ PASSWORD_HASH: "pbkdf2-sha512" });
  await signIn();
  await becomes(user.id, PBKDF2);
  await worker.restart({ PASSWORD_HASH: "argon2id" });
  expect((await stored(user.id)).changed_on, "the password has not changed").toBe(changed_on);
  for (const { accessToken } of [first, second]) expect((await our.me(accessToken)).status).toBe(200);
});

test.each(Object.entries(elsewhere))(
  "a hash made elsewhere (%s) lets its user in and is replaced, but not by a wrong password",
  async (_, hash) => {
    const user = await aUser(worker, { storedPassword: hash });
    expect((await our.loginToken({ username: user.username, password: `${password} ` })).body).toEqual(nested("Invalid Credentials"));
    expect((await stored(user.id)).password).toBe(hash);
    await our.signIn({ username: user.username, password });
    await becomes(user.id, ARGON2ID);
    await our.signIn({ username: user.username, password });
  },
);

test.each([
  "",
  "x",
  "plain text",
  password,
  "$",
  "$argon2id$",
  "$scrypt$ln=1$AAAA$AAAA",
  "$pbkdf2-sha512$i=0$AAAAAAAA$AAAAAAAAAAAAAAAA",
  "$pbkdf2-sha512$i=1$AAAAAAAA",
  "$2b$",
  "$2b$99$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
  "$1$x$y",
])("a stored value that is no hash (%j) verifies no password", async (hash) => {
  const user = await aUser(worker, { storedPassword: hash });
  for (const attempt of [password, hash, "x"]) {
    const answer = await our.loginToken({ username: user.username, password: attempt });
    if (attempt !== "") expect(answer.body).toEqual(nested("Invalid Credentials"));
    expect(answer.status).toBe(401);
  }
  expect((await stored(user.id)).password).toBe(hash);
});

/** NFKC changes it; the hashes are of what was typed, as others make them. */
const TYPED = "10€ ²³ preis";
const NORMALISED = "10€ 23 preis";
const typed = {
  bcrypt: "$2b$04$4nTxoapSuIgyhQwZ2v/9EO0TLB5uty8ybcvqQkIfzjp9LVWOFgBiG",
  "argon2id of today's cost": "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$1kPwz9uZGrW2Cz8KpaNsr4KNX3pd6F+8fAUs4HtVDwE",
};

describe.each(Object.entries(typed))("an old password that NFKC changes (%s)", (_, hash) => {
  const doors = {
    "login-token": async (username: string, attempt: string) => (await our.loginToken({ username, password: attempt })).status,
    Authenticate: async (userName: string, attempt: string) => (await their.signIn({ userName, password: attempt })).status,
  };

  test.each(Object.entries(doors))(
    "opens its account as it was typed, at %s, and its hash becomes of the normalised form",
    async (_, enter) => {
      const { id, username } = await aUser(worker, { storedPassword: hash });
      expect(await enter(username, NORMALISED), "which is another password there").toBe(401);
      expect(await enter(username, "10€ ²⁴ preis")).toBe(401);
      expect(await enter(username, TYPED)).toBe(200);
      await becomes(id, ARGON2ID);
      for (const form of [NORMALISED, TYPED]) expect(await enter(username, form)).toBe(200);
    },
  );

  test("is the old one at a change, and the same one at a change and a reset", async () => {
    const email = `${randomUUID()}@example.com`;
    const { id, username } = await aUser(worker, { email });
    const pair = await our.signIn({ username, password: "a password for tests" });
    await becomes(id, ARGON2ID);
    await store(id, hash);
    const change = (oldPassword: string, to: string) =>
      our.changePassword(pair.accessToken, { refreshToken: pair.refreshToken, username, oldPassword, password: to });
    expect((await change(NORMALISED, "a new password")).body).toEqual(flat(401, "Incorrect Password"));
    expect((await change(TYPED, TYPED)).status).toBe(401);
    await our.post("/auth/forget-password", { ...DEMO_WEB, username });
    const { token } = await mailbox(worker).wait(email);
    const reset = (to: string) => our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password: to } });
    expect((await reset(TYPED)).status).toBe(401);
    expect((await stored(id)).password, "a refusal leaves it").toBe(hash);
    expect((await change(TYPED, "a new password")).body).toEqual({ success: true });
    await our.signIn({ username, password: "a new password" });
  });
});

test("bcrypt ignores what is beyond 72 bytes, as there, and the hash that replaces it takes all", async () => {
  const long = "a very long sentence that a person chose long ago, because it cannot be forgotten, ever.";
  const { id, username } = await aUser(worker, { storedPassword: "$2b$04$4nTxoapSuIgyhQwZ2v/9EO6rce6e00wKX4vkQIC2/G3o6wyyVPpXW" });
  const enter = async (attempt: string) => (await our.loginToken({ username, password: attempt })).status;
  expect(await enter(long.slice(0, 71))).toBe(401);
  expect(await enter(long)).toBe(200);
  await becomes(id, ARGON2ID);
  expect(await enter(long.slice(0, 72))).toBe(401);
  expect(await enter(long)).toBe(200);
});

test("the limits of new passwords are none of old ones", async () => {
  await worker.restart({ PASSWORD_MIN_LENGTH: "20" });
  const { username } = await aUser(worker, { storedPassword: elsewhere["bcrypt $2a$"] });
  await our.signIn({ username, password });
  const short = await aUser(worker, { storedPassword: hashPassword("x") });
  await our.signIn({ username: short.username, password: "x" });
  const long = await aUser(worker, { storedPassword: hashPassword("x".repeat(1000)) });
  await our.signIn({ username: long.username, password: "x".repeat(1000) });
  await worker.restart({ PASSWORD_MIN_LENGTH: undefined });
});

describe("a stored hash that cannot be read", () => {
  const UNREADABLE = "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const results = async (id: string) =>
    (await worker.db.prepare("select kind, result from login_activity where user_id = ? order by at").bind(id).all()).results.map(
      ({ kind, result }) => `${kind} ${result}`,
    );

  test("is said at each sign-in, without the hash, and answered as a wrong password is", async () => {
    const { id, username } = await aUser(worker, { storedPassword: UNREADABLE });
    expect((await our.loginToken({ username, password })).body).toEqual(nested("Invalid Credentials"));
    expect((await their.signIn({ userName: username, password })).body).toEqual(WRONG);
    const printed = await worker.printed();
    expect(await results(id)).toEqual(["sign-in unreadable", "sign-in unreadable"]);
    expect(printed.split("\n").filter((line) => line.includes(id) && line.includes('"result":"unreadable"'))).toHaveLength(2);
    expect(printed).not.toContain(UNREADABLE.slice(0, 20));
    expect((await stored(id)).password).toBe(UNREADABLE);
  });

  test("is said where the old password is asked for", async () => {
    const { id, username } = await aUser(worker);
    const { accessToken, refreshToken } = await our.signIn({ username, password: "a password for tests" });
    await becomes(id, ARGON2ID);
    await store(id, UNREADABLE);
    const answer = await our.changePassword(accessToken, { refreshToken, username, oldPassword: password, password: "a new password" });
    expect(answer.body).toEqual(flat(401, "Incorrect Password"));
    await worker.settled();
    expect(await results(id)).toContain("password unreadable");
  });

  test("is replaced with a link", async () => {
    const email = `${randomUUID()}@example.com`;
    const { username } = await aUser(worker, { email, storedPassword: UNREADABLE });
    await our.post("/auth/forget-password", { ...DEMO_WEB, username });
    const { token } = await mailbox(worker).wait(email);
    expect((await our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password } })).status).toBe(204);
    await our.signIn({ username, password });
  });
});

describe("where a name has no hash, that of another account stands in", () => {
  const doors = {
    login: (username: string) => our.login({ username, password }),
    "login-token": (username: string) => our.loginToken({ username, password }),
    Authenticate: (userName: string) => their.signIn({ userName, password }),
  };
  let passwordless: string;
  const everybody = (hash: string) =>
    worker.db.batch([
      worker.db.prepare("delete from user_credentials"),
      worker.db
        .prepare("insert into user_credentials (user_id, password, changed_on) select id, ?, 0 from users where username <> ?")
        .bind(hash, passwordless),
    ]);

  beforeAll(async () => {
    // The default hash takes 150 ms and more.
    await worker.restart({ PASSWORD_HASH: "pbkdf2-sha512", SIGN_IN_ATTEMPTS: "10000", ACCOUNT_ATTEMPTS: "10000" });
    passwordless = (await aUser(worker, { storedPassword: null })).username;
  });

  test.each(Object.entries(doors))(
    "its password opens nothing at %s, neither for nobody nor for somebody without a password",
    async (_, enter) => {
      const hash = elsewhere["bcrypt $2a$"];
      await everybody(hash);
      for (const name of [passwordless, randomUUID(), randomUUID(), randomUUID()]) expect((await enter(name)).status).toBe(401);
      expect(await worker.db.prepare("select count(*) as n from user_credentials where password <> ?").bind(hash).first("n")).toBe(0);
    },
  );

  test.each(Object.entries(doors))("and its cost is the cost of a sign-in at %s", async (_, enter) => {
    /** The best of five is the work, without what the machine does besides. */
    const best = async (name: () => string) => {
      const times = [];
      for (let n = 0; n < 5; n++) {
        const start = performance.now();
        expect((await enter(name())).status).toBe(401);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    const names = [() => randomUUID(), () => passwordless];
    await everybody("$pbkdf2-sha512$i=1,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k");
    const cheap = [];
    for (const name of names) cheap.push(await best(name));
    await worker.db.prepare("delete from user_credentials").run();
    for (const [n, name] of names.entries()) expect(cheap[n]).toBeLessThan((await best(name)) / 2);
  });

  test("and every stored hash may be drawn, also of rows written by hand", async () => {
    await everybody("x");
    await aUser(worker);
    const { n, drawn } = (await worker.db
      .prepare("select count(*) as n, count(distinct draw_key) as drawn from user_credentials")
      .first<{ n: number; drawn: number }>())!;
    expect(n).toBeGreaterThan(3);
    expect(drawn).toBe(n);
  });
});
