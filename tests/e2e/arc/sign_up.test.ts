// Signing up: the invitation, the user it makes, and what cannot be smuggled in.

import { beforeAll, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { api, flat, nested } from "../../support/api";
import { many, useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { startWorker } from "../../support/worker";

const { SIGN_UP_TENANT, SIGN_UP_ROLE } = demoSettings;
const OPEN = { DEV_MAILBOX: "on", SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS: "demo-web, gone" };
const PASSWORD = "a new person's password";

let mail: ReturnType<typeof mailbox>;
let people = 0;

const { worker, our } = useWorker({ settings: OPEN });

beforeAll(async () => {
  mail = mailbox(worker);
});

const invite = (email: string, data?: object) => our.post("/auth/sign-up/create-token", { email, ...(data && { data }) });
const verify = (token: string) => our.send("GET", "/auth/sign-up/verify-token", { headers: our.bearer(token) });
const create = (token: string, body: object) => our.post("/auth/sign-up/create-user", { password: PASSWORD, ...body }, our.bearer(token));

async function invited(data?: object) {
  const email = `new${++people}@example.com`;
  expect((await invite(email, data)).status).toBe(204);
  const message = await mail.wait(email);
  return { email, message, token: message.token ?? "" };
}

test("an invited person becomes a user who can sign in at once", async () => {
  const { email, message, token } = await invited();
  expect(message).toMatchObject({ kind: "sign-up", link: `http://127.0.0.1:8787/sign-up?token=${token}` });
  const claims = (await verify(token)).body;
  expect(claims).toEqual({ email, sub: email, iss: "http://127.0.0.1:8787", iat: expect.any(Number), exp: claims.iat + 1800 });
  const made = await create(token, { email: email.toUpperCase(), firstName: "Ada", lastName: "Lovelace" });
  expect(made.status).toBe(200);
  expect(made.body).toEqual({
    email: email.toUpperCase(),
    user: { id: expect.any(String), username: email.toUpperCase(), email: email.toUpperCase(), firstName: "Ada", lastName: "Lovelace" },
  });
  expect(made.text).not.toContain(PASSWORD);
  const pair = await our.signIn({ username: email, password: PASSWORD });
  expect((await our.me(pair.accessToken)).body).toMatchObject({
    firstName: "Ada",
    lastName: "Lovelace",
    status: 1,
    role: "1",
    permissions: [],
    tenantId: SIGN_UP_TENANT,
    authClientIds: [1],
  });
  const row = await worker.db.prepare("select email_verified from users where email_key = ?").bind(email).first();
  expect(row).toEqual({ email_verified: 1 });
});

test("what the invited person says wins, the inviter fills gaps, and other members change nothing", async () => {
  const smuggled = {
    permissions: ["NotAllowed"],
    role: "0",
    roleId: "x",
    tenantId: "x",
    status: 4,
    username: "root",
    id: "me",
    emailVerified: true,
    authClientIds: [2],
  };
  const { email, token } = await invited({ firstName: "Other", gender: "F", ...smuggled });
  const made = await create(token, { email, firstName: "Grace", dob: "1906-12-09", locale: "fr", ...smuggled });
  expect(made.body.user).toEqual({
    id: expect.any(String),
    username: email,
    email,
    firstName: "Grace",
    gender: "F",
    dob: "1906-12-09",
    locale: "fr",
  });
  const pair = await our.signIn({ username: email, password: PASSWORD });
  expect((await our.me(pair.accessToken)).body).toMatchObject({
    firstName: "Grace",
    role: "1",
    permissions: [],
    status: 1,
    tenantId: SIGN_UP_TENANT,
    authClientIds: [1],
    userPreferences: { locale: "fr" },
  });
  expect((await our.loginToken({ username: "root", password: PASSWORD })).status).toBe(401);
});

test("a telephone number is the invited person's own or none, never the inviter's", async () => {
  const phoneOf = (email: string) => worker.db.prepare("select phone from users where email_key = ?").bind(email).first("phone");
  const said = await invited({ phone: "+49 1 stranger" });
  expect((await create(said.token, { email: said.email, phone: "+49 2 own" })).body.user.phone).toBe("+49 2 own");
  expect(await phoneOf(said.email)).toBe("+49 2 own");
  const silent = await invited({ phone: "+49 1 stranger" });
  expect((await create(silent.token, { email: silent.email })).body.user).not.toHaveProperty("phone");
  expect(await phoneOf(silent.email)).toBeNull();
});

test("of a hundred parallel uses of one invitation exactly one makes a user", async () => {
  const { email, token } = await invited();
  const answers = await many(100, () => create(token, { email }));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer.body).toEqual(nested("TokenExpired"));
  const count = await worker.db.prepare("select count(*) as n from users where email_key = ?").bind(email).first("n");
  expect(count).toBe(1);
}, 60_000);

test("a used, a voided and an expired invitation are all over", async () => {
  const used = await invited();
  expect((await create(used.token, { email: used.email })).status).toBe(200);
  const older = await invited();
  await mail.anHourLater(older.email);
  await invite(older.email);
  const newer = await mail.wait(older.email, 2);
  const expired = await invited();
  await worker.db
    .prepare("update one_time set expires_on = ? where recipient = ?")
    .bind(Date.now() - 1, expired.email)
    .run();
  for (const { email, token } of [used, older, expired]) {
    expect((await verify(token)).body).toEqual(nested("TokenExpired"));
    expect((await create(token, { email })).body).toEqual(nested("TokenExpired"));
  }
  expect((await create(newer.token ?? "", { email: older.email })).status).toBe(200);
});

test("a stranger's requests leave the invitation alone that a person has asked for within the hour; using one voids the others", async () => {
  const own = await invited({ firstName: "Ada" });
  const strangers = [];
  for (let n = 2; n <= 3; n++) {
    await invite(own.email, { firstName: "Mallory" });
    strangers.push((await mail.wait(own.email, n)).token ?? "");
  }
  await invite(own.email, { firstName: "Mallory" });
  await worker.settled();
  expect(await mail.to(own.email), "three an hour, so no more than three are good").toHaveLength(3);
  for (const token of [own.token, ...strangers]) expect((await verify(token)).status).toBe(200);
  expect((await create(own.token, { email: own.email })).body.user.firstName).toBe("Ada");
  for (const token of strangers) {
    expect((await verify(token)).body).toEqual(nested("TokenExpired"));
    expect((await create(token, { email: own.email })).body).toEqual(nested("TokenExpired"));
  }
});

test("the address must be the invited one, and a refusal leaves the invitation good", async () => {
  const { email, token } = await invited();
  expect((await create(token, { email: "other@example.com" })).body).toEqual(flat(400, "Invalid Email"));
  expect((await create(token, { email, password: "short" })).status).toBe(422);
  expect((await create(token, { email, gender: "X" })).body.error.details).toEqual([
    { path: "/gender", code: "pattern", message: "must be one of M, F, O", info: {} },
  ]);
  expect(
    (await our.post("/auth/sign-up/create-user", {}, our.bearer(token))).body.error.details.map((one: { message: string }) => one.message),
  ).toEqual(["must have required property 'email'", "must have required property 'password'"]);
  expect((await create(token, { email })).status).toBe(200);
});

test("an invitation goes to the mailbox of the address that it opens, in any spelling", async () => {
  const typed = "ﬁn\u212aim＠ｅxample.com";
  expect((await invite(` ${typed} `)).status).toBe(204);
  const { token } = await mail.wait("finKim@example.com");
  expect(await mail.to(typed)).toEqual([]);
  expect((await create(token ?? "", { email: typed })).body.user).toMatchObject({
    username: "finKim@example.com",
    email: "finKim@example.com",
  });
  await invite("ﬁnkim@example.com");
  expect((await mail.wait("finkim@example.com")).subject, "of the account, not of its look-alike").toBe("You have an account already");
});

test("a registered address gets a message that says so, and the same answer", async () => {
  const known = await invite("demo@example.com");
  const unknown = await invite("stranger@example.com");
  expect([known.status, known.text, known.waits]).toEqual([unknown.status, unknown.text, unknown.waits]);
  expect(await mail.wait("demo@example.com")).toMatchObject({ subject: "You have an account already", token: null, link: null });
});

test("an address that was taken in the meantime keeps its owner", async () => {
  const { email, token } = await invited();
  const rival = await invited();
  expect((await create(rival.token, { email: rival.email })).status).toBe(200);
  await worker.db
    .prepare("update users set email = ?1, email_key = ?1, username = ?1, username_key = ?1, username_address = ?1 where email_key = ?2")
    .bind(email, rival.email)
    .run();
  const refused = await create(token, { email });
  expect(refused.status).toBe(409);
  expect(refused.body.error.message).toBe("Unique constraint violation error ! username, email");
});

test("an address is checked before anything is sent", async () => {
  for (const email of ["", "x", "a b@example.com", "a@b,c@d", "a@b\r\nBcc: c@d", "<a@b.example>"]) {
    const answer = await invite(email);
    expect(answer.status).toBe(422);
    expect(answer.body.error.details).toEqual([
      { path: "/email", code: "format", message: 'must match format "email"', info: { format: "email" } },
    ]);
  }
});

test("the tags of one mailbox share its three messages an hour, and each tag is an address of its own all the same", async () => {
  const tagged = (n: number) => `tags${n ? `+${n}` : ""}@example.com`;
  const tokens = [];
  for (let n = 0; n < 3; n++) {
    await invite(tagged(n));
    tokens.push((await mail.wait(tagged(n))).token ?? "");
  }
  await invite(tagged(3));
  await invite("TAGS+4@Example.com");
  await worker.settled();
  expect((await mail.all()).filter(({ to }) => to.toLowerCase().startsWith("tags"))).toHaveLength(3);
  for (const [n, token] of tokens.entries()) expect((await create(token, { email: tagged(n) })).body.user.email).toBe(tagged(n));
});

test("three messages an hour, and the third invitation stays good", async () => {
  const email = "eager@example.com";
  for (let n = 1; n <= 3; n++) {
    await invite(email);
    await mail.wait(email, n);
  }
  const third = (await mail.to(email))[0]!;
  expect((await invite(email)).status).toBe(204);
  await worker.settled();
  expect(await mail.to(email)).toHaveLength(3);
  expect((await verify(third.token ?? "")).status).toBe(200);
});

test("the bearer must be an invitation", async () => {
  const pair = await our.signIn();
  for (const token of [pair.accessToken, pair.refreshToken, "x"]) {
    expect((await verify(token)).body).toEqual(nested("TokenExpired"));
    expect((await create(token, { email: "demo@example.com" })).body).toEqual(nested("TokenExpired"));
  }
  const { token } = await invited();
  expect((await our.me(token)).body).toEqual(nested("TokenExpired"));
  expect((await our.send("GET", "/auth/sign-up/verify-token")).body).toEqual(flat(401, 'Bearer realm="Users"'));
});

test("signing up is closed unless its place is set, and needs a way to send messages", async () => {
  const closed = await startWorker({ settings: { DEV_MAILBOX: "on" } });
  const silent = await startWorker({ settings: { SIGN_UP_TENANT, SIGN_UP_ROLE } });
  const lost = await startWorker({ settings: { ...OPEN, SIGN_UP_ROLE: "nothing" } });
  try {
    expect((await api(closed).post("/auth/sign-up/create-token", { email: "a@example.com" })).body).toEqual(flat(403, "NotAllowedAccess"));
    const answer = await api(silent).post("/auth/sign-up/create-token", { email: "a@example.com" });
    expect(answer.status).toBe(501);
    expect(answer.body).toEqual({ error: { statusCode: 501, message: "Not Implemented" } });
    expect(await silent.printed()).toContain("NOTIFY_WEBHOOK_URL");
    const forgotten = await api(silent).post("/auth/forget-password", {
      client_id: "demo-web",
      client_secret: "demo-web-secret",
      username: "demo",
    });
    expect(forgotten.status).toBe(501);
    await api(lost).post("/auth/sign-up/create-token", { email: "a@example.com" });
    const { token } = await mailbox(lost).wait("a@example.com");
    const refused = await api(lost).post(
      "/auth/sign-up/create-user",
      { email: "a@example.com", password: PASSWORD },
      our.bearer(token ?? ""),
    );
    expect(refused.status).toBe(500);
    expect(refused.body.error.message).toContain("SIGN_UP_ROLE");
    expect(await lost.db.prepare("select count(*) as n from users where email_key = 'a@example.com'").first("n")).toBe(0);
  } finally {
    await Promise.all([closed.stop(), silent.stop(), lost.stop()]);
  }
});
