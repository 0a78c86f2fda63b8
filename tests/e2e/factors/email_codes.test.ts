// Codes by mail, which take the place of the password: for whom, how often, and never for both steps.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ADMIN, DEMO_MOBILE, DEMO_WEB, flat, nested } from "../../support/api";
import { useFactors } from "../../support/factors";
import { many } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { totp } from "../../support/totp";

const { worker, our, their, withApp, login, verify } = useFactors({ EMAIL_CODES: "on" });

const ask = (key: string, client: object = DEMO_WEB) => our.post("/auth/send-otp", { ...client, key });
const answer = (key: string, otp: string, more: object = {}) => verify(key, otp, { clientId: "demo-web", ...more });
const WRONG = flat(401, "Otp Invalid");

/** Somebody to whom a code has been mailed. */
async function asked(address: string) {
  const user = await aUser(worker, { email: address });
  expect((await ask(user.username)).status).toBe(204);
  const mail = await mailbox(worker).wait(address);
  expect(mail).toMatchObject({ kind: "email-code", link: null });
  return { ...user, otp: mail.token! };
}

describe("a code by mail", () => {
  test("signs in once, at level one", async () => {
    const { username, otp } = await asked("mailed@example.com");
    expect(otp).toMatch(/^\d{8}$/);
    const done = await answer(username, otp);
    expect(done.status, done.text).toBe(200);
    const pair = (await our.token(done.body.code)).body;
    expect(decode(pair.accessToken).claims).toMatchObject({ acr: "aal1", amr: ["otp"], username });
    expect((await answer(username, otp)).body).toEqual(WRONG);
  });

  test("opens one session, also sent a hundred times at once", async () => {
    const { username, otp } = await asked("mailed-often@example.com");
    const answers = await many(100, () => answer(username, otp));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("is for the client that asked, and dies after five wrong tries", async () => {
    const { username, otp } = await asked("mailed-five@example.com");
    expect((await answer(username, otp, { clientId: "demo-mobile" })).status).toBe(401);
    for (let n = 0; n < 5; n++) await answer(username, `0000000${n}`);
    expect((await answer(username, otp)).body).toEqual(WRONG);
  });

  test("is bound to the challenge that its sign-in began with", async () => {
    const { username, otp } = await asked("mailed-pkce@example.com");
    const verifier = "a".repeat(43);
    const code_challenge = createHash("sha256").update(verifier).digest("base64url");
    const { code } = (await answer(username, otp, { code_challenge })).body;
    expect((await our.token(code, { code_verifier: verifier })).status).toBe(200);
  });

  test("is no password, at neither API", async () => {
    const { username, otp } = await asked("mailed-no-password@example.com");
    expect((await our.login({ username, password: otp })).status).toBe(401);
    expect((await their.signIn({ userName: username, password: otp })).status).toBe(401);
    expect((await answer(username, otp)).status).toBe(200);
  });

  test("asked for again, the older is dead; three an hour are sent", async () => {
    const { username, otp } = await asked("mailed-again@example.com");
    await ask("mailed-again@example.com");
    await worker.settled();
    expect((await answer(username, otp)).status, "the name it was asked for is another").toBe(200);
    for (let n = 0; n < 3; n++) await ask(username);
    await worker.settled();
    expect(await mailbox(worker).to("mailed-again@example.com")).toHaveLength(3);
  });
});

test("everybody is answered alike, and only an address that its owner has proven is written to", async () => {
  const ann = await aUser(worker, { email: "unproven@example.com" });
  await worker.db.prepare("update users set email_verified = 0 where id = ?").bind(ann.id).run();
  await worker.db.prepare("update users set email_verified = 1 where username = 'admin'").run();
  const stranger = await aUser(worker, { email: "not-a-member@example.com", clients: ["demo-mobile"] });
  const answers = [];
  for (const key of [ann.username, ADMIN.username, stranger.username, "nobody", "nobody@example.com"]) answers.push(await ask(key));
  expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [204, ""]));
  await worker.settled();
  const sent = (await mailbox(worker).all()).filter((mail) => mail.kind === "email-code").map((mail) => mail.to);
  for (const address of ["unproven@example.com", "admin@example.com", "not-a-member@example.com"]) expect(sent).not.toContain(address);
  expect((await ask(stranger.username, DEMO_MOBILE)).status).toBe(204);
  await mailbox(worker).wait("not-a-member@example.com");
});

test("a client that does not prove itself has nothing sent", async () => {
  const { status, body } = await ask("demo", { client_id: "demo-web", client_secret: "wrong" });
  expect([status, body]).toEqual([401, nested("Client Invalid")].map((it) => (typeof it === "number" ? it : expect.anything())));
  expect((await our.post("/auth/send-otp", { key: "demo" })).status).toBe(422);
});

test("guesses wait as those of a password do", async () => {
  const user = await aUser(worker, { email: "guessed@example.com" });
  const answers = await many(15, (n) => answer(user.username, String(10_000_000 + n)));
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  expect((await our.login({ username: user.username, password: user.password })).status).toBe(429);
});

test("one mailbox is one factor", async () => {
  const ann = await withApp({ email: "one-mailbox@example.com" });
  const { code } = (await login(ann)).body;
  expect((await ask(code)).status, "a sign-in that waits has none mailed").toBe(204);
  await worker.settled();
  const codes = () => mailbox(worker).to("one-mailbox@example.com");
  expect((await codes()).filter((mail) => mail.kind === "email-code")).toEqual([]);
  await ask(ann.username);
  await worker.settled();
  const otp = (await codes()).find((mail) => mail.kind === "email-code")!.token!;
  expect((await verify(code, otp)).status, "nor is one its second factor").toBe(401);
  const mailed = await answer(ann.username, otp);
  expect(mailed.body.mfa, mailed.text).toMatchObject({ required: true, methods: ["totp", "recovery"] });
  expect((await our.token(mailed.body.code)).status).toBe(401);
  expect((await verify(mailed.body.code, totp(ann.secret))).status).toBe(200);
});

test("an address proved by mail throws out what was set before", async () => {
  const ann = await aUser(worker, { email: "proved@example.com" });
  await worker.db.prepare("update users set email_verified = 0 where id = ?").bind(ann.id).run();
  const before = await our.signIn({ username: ann.username, password: ann.password });
  await our.post("/auth/forget-password", { ...DEMO_WEB, username: ann.username });
  const { token } = await mailbox(worker).wait("proved@example.com");
  const set = await our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password: "the owner's own" } });
  expect(set.status, set.text).toBe(204);
  expect((await our.me(before.accessToken)).status).toBe(401);
  expect((await our.login({ username: ann.username, password: ann.password })).status).toBe(401);
});
