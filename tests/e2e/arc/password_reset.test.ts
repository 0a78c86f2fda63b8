// Forgotten passwords: the link, what it opens, and what asking does not show.

import { beforeAll, expect, test } from "vitest";
import { DEMO_MOBILE, DEMO_WEB, flat, nested } from "../../support/api";
import { BASIC, many, useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";

let mail: ReturnType<typeof mailbox>;
let people = 0;

const { worker, our } = useWorker({
  settings: { DEV_MAILBOX: "on", OTP_CLIENT_IDS: "demo-web", RESET_LINK: "https://app.example/reset?x=1&t={token}" },
});

beforeAll(async () => {
  mail = mailbox(worker);
});

const forget = (body: object, headers?: Record<string, string>) => our.post("/auth/forget-password", { ...DEMO_WEB, ...body }, headers);
const verify = (token: string) => our.send("GET", `/auth/verify-reset-password-link?token=${encodeURIComponent(token)}`);
const reset = (token: string, password: string, body: object = {}) =>
  our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password, ...body } });

async function somebody(wishes: object = {}) {
  const email = `person${++people}@example.com`;
  return { email, ...(await aUser(worker, { email, ...wishes })) };
}

/** Gives a user a provider's identity. */
const comesInWithGoogle = (id: string) =>
  worker.db
    .prepare(
      "insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'https://accounts.google.com', ?, ?, 0)",
    )
    .bind(id, id)
    .run();

async function aLink(wishes: object = {}) {
  const person = await somebody(wishes);
  expect((await forget({ username: person.username })).status).toBe(204);
  const message = await mail.wait(person.email);
  return { ...person, message, token: message.token ?? "" };
}

test("a person sets a new password with the link, signs in with it, and every session is over", async () => {
  const person = await somebody();
  const before = await our.signIn({ username: person.username, password: PASSWORD });
  const asked = await forget({ username: person.username });
  expect(asked.status).toBe(204);
  expect(asked.text).toBe("");
  const message = await mail.wait(person.email);
  expect(message).toMatchObject({ kind: "password-reset", subject: "Choose a new password" });
  expect(message.link).toBe(`https://app.example/reset?x=1&t=${message.token}`);
  const token = message.token ?? "";
  expect((await verify(token)).body).toEqual({ success: true });
  expect((await verify(token)).status, "looking does not use it up").toBe(200);
  const done = await reset(token, "a new password");
  expect([done.status, done.text]).toEqual([204, ""]);
  expect((await our.me(before.accessToken)).body).toEqual(nested("TokenRevoked"));
  expect((await our.refresh(before)).body).toEqual(flat(401, "Token Expired"));
  expect((await our.loginToken({ username: person.username, password: PASSWORD })).status).toBe(401);
  await our.signIn({ username: person.username, password: "a new password" });
  const notice = await mail.wait(person.email, 2);
  expect(notice).toMatchObject({ kind: "password-changed", link: null, token: null });
});

test("a link works once, and a used one says so", async () => {
  const { token } = await aLink();
  expect((await reset(token, "a new password")).status).toBe(204);
  expect((await reset(token, "another password")).body).toEqual(flat(401, "TokenRevoked"));
  expect((await verify(token)).body).toEqual(flat(401, "TokenRevoked"));
});

test("of a hundred parallel uses of one link exactly one wins", async () => {
  const { token, username } = await aLink();
  const answers = await many(100, (n) => reset(token, `new password ${n}`));
  const winners = answers.flatMap((answer, n) => (answer.status === 204 ? [n] : []));
  expect(winners).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 204)) expect(answer.body).toEqual(flat(401, "TokenRevoked"));
  await our.signIn({ username, password: `new password ${winners[0]}` });
}, 60_000);

test("a stranger's requests leave the link alone that a person has asked for within the hour; using one voids the others", async () => {
  const own = await aLink();
  const strangers = [];
  for (let n = 2; n <= 3; n++) {
    await forget({ username: own.username });
    strangers.push((await mail.wait(own.email, n)).token ?? "");
  }
  for (const token of [own.token, ...strangers]) expect((await verify(token)).status).toBe(200);
  expect((await reset(own.token, "a new password")).status).toBe(204);
  for (const token of strangers) {
    expect((await verify(token)).body).toEqual(flat(401, "Token Expired"));
    expect((await reset(token, "another password")).body).toEqual(flat(401, "Token Expired"));
  }
});

test("a newer request voids the older link, once an hour has passed since that was sent", async () => {
  const first = await aLink();
  await mail.anHourLater(first.email);
  expect((await verify(first.token)).status, "alone it does not").toBe(200);
  await forget({ username: first.email });
  const second = await mail.wait(first.email, 2);
  expect((await reset(first.token, "a new password")).body).toEqual(flat(401, "Token Expired"));
  expect((await verify(first.token)).body).toEqual(flat(401, "Token Expired"));
  expect((await reset(second.token ?? "", "a new password")).status).toBe(204);
});

test("a newer request voids the older link also where that went to a former address", async () => {
  const { token, id, username } = await aLink();
  const email = `moved${++people}@example.com`;
  await worker.db.prepare("update users set email = ?1, email_key = ?1 where id = ?2").bind(email, id).run();
  expect((await verify(token)).status).toBe(200);
  await forget({ username });
  await mail.wait(email);
  expect((await verify(token)).body).toEqual(flat(401, "Token Expired"));
});

test("a password change voids the links that are out", async () => {
  const person = await aLink();
  const pair = await our.signIn({ username: person.username, password: PASSWORD });
  const changed = await our.changePassword(pair.accessToken, {
    refreshToken: pair.refreshToken,
    username: person.username,
    oldPassword: PASSWORD,
    password: "changed by hand",
  });
  expect(changed.body).toEqual({ success: true });
  expect((await reset(person.token, "a new password")).body).toEqual(flat(401, "Token Expired"));
  expect((await mail.wait(person.email, 2)).kind).toBe("password-changed");
});

test("an expired link is refused by the stored time", async () => {
  const { token } = await aLink();
  await worker.db
    .prepare("update one_time set expires_on = ? where kind = 'reset' and taken_by is null and voided_on is null")
    .bind(Date.now() - 1)
    .run();
  expect((await verify(token)).body).toEqual(flat(401, "Token Expired"));
  expect((await reset(token, "a new password")).body).toEqual(flat(401, "Token Expired"));
});

test("a link belongs to the client that asked, and a refused try leaves it good", async () => {
  const { token } = await aLink();
  expect((await reset(token, "a new password", DEMO_MOBILE)).body).toEqual(flat(401, "Client Invalid"));
  expect((await reset(token, "a new password", { client_secret: "wrong" })).body).toEqual(nested("Client Invalid"));
  expect((await reset(token, PASSWORD)).body).toEqual(flat(401, "Password cannot be same as previous password!"));
  const short = await reset(token, "short");
  expect(short.status).toBe(422);
  expect(short.body.error.details).toEqual([
    { path: "/password", code: "minLength", message: "must NOT have fewer than 8 characters", info: { limit: 8 } },
  ]);
  expect((await reset("", "a new password")).body).toEqual(flat(422, "TokenMissing"));
  expect((await reset("unknown", "a new password")).body).toEqual(flat(401, "Token Expired"));
  expect((await reset(token, "a new password")).status).toBe(204);
});

test("a disabled person's link opens nothing", async () => {
  const person = await aLink();
  await worker.db.prepare("update user_tenants set status = 2 where id = ?").bind(person.membershipId).run();
  expect((await reset(person.token, "a new password")).body).toEqual(flat(401, "Invalid Credentials"));
});

test("asking does not show which accounts exist", async () => {
  const cases = [
    { username: (await somebody()).username },
    { username: "nobody" },
    { username: "" },
    { username: (await somebody({ status: 2 })).username },
    { username: (await somebody({ status: 0 })).username },
    { username: (await somebody({ clients: ["demo-mobile"] })).username },
    { username: (await aUser(worker)).username },
  ];
  const plain = (answer: Awaited<ReturnType<typeof forget>>) => [
    answer.status,
    answer.text,
    answer.waits,
    [...answer.headers].filter(([name]) => name !== "date"),
  ];
  const answers = [];
  for (const body of cases) answers.push(plain(await forget(body)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]![0]).toBe(204);
  await worker.settled();
  for (let person = people - 2; person <= people; person++) expect(await mail.to(`person${person}@example.com`)).toEqual([]);
});

test("a client must prove itself", async () => {
  expect((await forget({ username: "demo", client_secret: "wrong" })).body).toEqual(nested("Client Invalid"));
  expect((await forget({ username: "demo", client_id: "" })).body).toEqual(flat(401, "Unauthorized"));
});

test("a user without a password is sent the provider's name, and no link", async () => {
  const person = await somebody({ storedPassword: null });
  await comesInWithGoogle(person.id);
  await forget({ username: person.username });
  const message = await mail.wait(person.email);
  expect(message).toMatchObject({ subject: "How to sign in", link: null, token: null });
  expect((await our.send("GET", "/dev/mailbox")).text).toContain("sign in with google");
});

test("a person with neither password nor provider sets a first password with a link, and every session is over", async () => {
  const person = await somebody({ storedPassword: null });
  await our.post("/otp-caches", { username: person.username, otp: "a one-time password" }, BASIC);
  const before = await our.signIn({ username: person.username, password: "a one-time password" });
  await forget({ username: person.username });
  const { token } = await mail.wait(person.email);
  await forget({ username: person.username });
  const other = (await mail.wait(person.email, 2)).token ?? "";
  expect((await reset(token ?? "", "a first password")).status).toBe(204);
  expect((await our.me(before.accessToken)).body).toEqual(nested("TokenRevoked"));
  expect((await verify(other)).body).toEqual(flat(401, "Token Expired"));
  await our.signIn({ username: person.username, password: "a first password" });
});

test("of ten first passwords sent at once with one link exactly one is set", async () => {
  const person = await aLink({ storedPassword: null });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => reset(person.token, `new password ${n}`)));
  const winners = answers.flatMap((answer, n) => (answer.status === 204 ? [n] : []));
  expect(winners).toHaveLength(1);
  await our.signIn({ username: person.username, password: `new password ${winners[0]}` });
});

test("a link opens no account that comes in through a provider since", async () => {
  const person = await aLink({ storedPassword: null });
  await comesInWithGoogle(person.id);
  expect((await reset(person.token, "a new password")).body).toEqual(flat(400, "PasswordCannotBeChangedForExternalUser"));
});

test("a mailbox gets three messages an hour; a fourth request sends nothing, and the third link stays good", async () => {
  const person = await somebody();
  for (let n = 1; n <= 3; n++) {
    await forget({ username: person.username });
    await mail.wait(person.email, n);
  }
  const third = (await mail.to(person.email))[0]!;
  for (let n = 0; n < 3; n++) expect((await forget({ username: person.username })).status).toBe(204);
  await worker.settled();
  expect(await mail.to(person.email)).toHaveLength(3);
  expect((await reset(third.token ?? "", "a new password")).status).toBe(204);
});

test("a reset of a user who must choose a new password makes the user active", async () => {
  const person = await aLink({ status: 3 });
  expect((await reset(person.token, "a new password")).status).toBe(204);
  const pair = await our.signIn({ username: person.username, password: "a new password" });
  expect((await our.me(pair.accessToken)).body.status).toBe(1);
});

test("a token of another purpose is no reset token, and a reset token is no other", async () => {
  const { token } = await aLink();
  const pair = await our.signIn();
  const code = (await our.login()).body.code;
  for (const other of [pair.accessToken, pair.refreshToken, code]) {
    expect((await verify(other)).body).toEqual(flat(401, "Token Expired"));
    expect((await reset(other, "a new password")).body).toEqual(flat(401, "Token Expired"));
  }
  expect((await our.me(token)).body).toEqual(nested("TokenExpired"));
  expect((await our.token(token)).body).toEqual(flat(401, "Invalid Credentials"));
  expect((await our.send("GET", "/auth/sign-up/verify-token", { headers: our.bearer(token) })).body).toEqual(nested("TokenExpired"));
});
