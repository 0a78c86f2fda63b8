// What went wrong with second factors and passkeys elsewhere, one test for each.

import { describe, expect, test, vi } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { DEMO_MOBILE, DEMO_WEB, nested } from "../../support/api";
import { BE, BS, UP, UV, authenticator } from "../../support/authenticator";
import { browser } from "../../support/browser";
import { useFactors } from "../../support/factors";
import { BASIC, many } from "../../support/fixtures";
import { ALL_SETTINGS, GOOGLE, startOutside } from "../../support/identity_provider";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { totp, wrongCode } from "../../support/totp";
import { visitor } from "../../support/visitor";

const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const SIGN_UP = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS };
const outside = await startOutside();
const { worker, our, their, login, verify, forgetSteps, withApp, signIn, signInWithCode, enrolPasskey, enrolApp, byPasskey, bearer } =
  useFactors({ ...ALL_SETTINGS, ...SIGN_UP, OTP_CLIENT_IDS: "demo-web" }, { outside: outside.handle });

// A hundred requests at once take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const STEP_UP = "step-up-required";
const WRONG = nested("Invalid Credentials");

test("a sign-in that waits for its second factor holds nothing that any endpoint takes", async () => {
  const ann = await withApp();
  const { code } = (await login(ann)).body;
  expect((await our.token(code)).status).toBe(401);
  expect((await our.me(code)).status).toBe(401);
  expect((await their.bearer(code)).status).toBe(401);
  expect((await their.refresh({ refreshToken: code })).status).toBe(400);
  expect((await our.post("/auth/token-refresh", { refreshToken: code }, our.bearer(code))).status).toBe(401);
  for (const path of ["/auth/me/factors", "/auth/me"])
    expect((await our.send("GET", path, { headers: our.bearer(code) })).status).toBe(401);
});

test("every door asks: password, OTP, social, reset, invitation, both APIs", async () => {
  const email = "every-door@example.com";
  const ann = await withApp({ email });
  const waiting = (answer: { body: any }) =>
    answer.body.mfa?.required ?? answer.body.error?.details?.[0]?.code ?? answer.body.responseStatus?.errorCode;
  expect(waiting(await login(ann))).toBe(true);
  expect(waiting(await our.loginToken({ username: ann.username, password: ann.password }))).toBe("mfa-required");
  await our.post("/otp-caches", { username: ann.username, otp: "864209" }, BASIC);
  expect(waiting(await our.login({ username: ann.username, password: "864209" }))).toBe(true);
  expect(waiting(await their.signIn({ userName: ann.username, password: ann.password }))).toBe("TwoFactorRequired");

  const who = { sub: "every-door" };
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 0)")
    .bind(GOOGLE.name, GOOGLE.identityIssuer, who.sub, ann.person.id)
    .run();
  const back = await browser(worker).dance(outside, GOOGLE, who);
  const social = new URL(back.headers.get("location")!).searchParams.get("code")!;
  expect((await our.token(social)).body.error.message).toBe("User Verification Failed");
  expect((await verify(social, totp(ann.secret))).status).toBe(200);
  const noRedirect = await browser(worker).dance(outside, GOOGLE, who, DEMO_MOBILE);
  expect(waiting(noRedirect)).toBe("mfa-required");

  await our.post("/auth/forget-password", { ...DEMO_WEB, username: ann.username });
  await worker.settled();
  const { token } = (await mailbox(worker).to(email)).find((mail) => mail.kind === "password-reset")!;
  const password = "a new password";
  expect((await our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password } })).status).toBe(204);
  expect(waiting(await our.login({ username: ann.username, password }))).toBe(true);

  await worker.db.prepare("update roles set require_mfa = 1 where name = 'Member'").run();
  const invited = "invited-to-a-door@example.com";
  await our.post("/auth/sign-up/create-token", { email: invited });
  const invitation = await mailbox(worker).wait(invited);
  const made = await our.post("/auth/sign-up/create-user", { email: invited, password }, our.bearer(invitation.token!));
  expect(made.status, made.text).toBe(200);
  expect(waiting(await our.login({ username: invited, password }))).toBe(true);
  await worker.db.prepare("update roles set require_mfa = 0 where name = 'Member'").run();

  // Where a door forgets, the database does not: nothing at level one was opened since.
  const open = await worker.db
    .prepare("select count(*) as n from sessions where user_id = ? and aal = 1 and id <> ?")
    .bind(ann.person.id, decode(ann.pair.accessToken).claims.sid)
    .first<number>("n");
  expect(open).toBe(0);
});

test("a half sign-in is nothing", async () => {
  const ann = await withApp();
  const { body } = await our.loginToken({ username: ann.username, password: ann.password });
  const { mfaToken } = body.error.details[0].info;
  expect((await our.me(mfaToken)).status).toBe(401);
  expect((await our.token(mfaToken)).status).toBe(401);
  const form = await visitor(worker).signIn(ann.username, ann.password);
  expect(form.path).toBe("/sign-in/second-step");
  const open = "select count(*) as n from browsers where user_id = ?";
  expect(await worker.db.prepare(open).bind(ann.person.id).first<number>("n")).toBe(0);
});

test("an intent works once", async () => {
  const ann = await aUser(worker);
  const pair = await signIn(ann);
  const begun = (await our.post("/auth/me/passkeys/options", {}, bearer(pair))).body;
  const key = authenticator();
  const add = () => our.post("/auth/me/passkeys", { id: begun.id, credential: key.create(begun.publicKey) }, bearer(pair));
  expect((await add()).status).toBe(200);
  await worker.db.prepare("delete from factors where user_id = ?").bind(ann.id).run();
  expect((await add()).status, "nor is its challenge good for another passkey").toBe(401);
  const { code } = (await login(await withApp())).body;
  expect((await our.token(code)).status).toBe(401);
});

test("a link opens its own account", async () => {
  const [email, other] = ["linked@example.com", await withApp({ email: "not-linked@example.com" })];
  const ann = await withApp({ email });
  await our.post("/auth/forget-password", { ...DEMO_WEB, username: ann.username });
  await worker.settled();
  const { token } = (await mailbox(worker).to(email)).find((mail) => mail.kind === "password-reset")!;
  const body = { ...DEMO_WEB, token, password: "a new password" };
  expect((await our.send("PATCH", "/auth/reset-password", { body: { ...body, username: other.username } })).status).toBe(422);
  expect((await our.send("PATCH", "/auth/reset-password", { body })).status).toBe(204);
  expect((await login(other)).status, "the other's password is what it was").toBe(200);
  const anew = await our.login({ username: ann.username, password: "a new password" });
  expect(anew.body.mfa, "and no link takes a factor along").toMatchObject({ required: true, methods: ["totp", "recovery"] });
});

test("a passkey of another is 404", async () => {
  const [ann, bob] = [await aUser(worker), await aUser(worker)];
  const { factor } = await enrolPasskey(await signIn(ann));
  const pair = await signIn(bob);
  const path = `/auth/me/factors/${factor.id}`;
  expect((await our.send("DELETE", path, { headers: bearer(pair) })).status).toBe(404);
  expect((await our.send("PATCH", path, { body: { name: "mine" }, headers: bearer(pair) })).status).toBe(404);
  expect((await our.send("GET", "/auth/me/factors", { headers: bearer(pair) })).body).toEqual([]);
});

test("two hundred guesses over forty challenges stop at ten", async () => {
  const ann = await withApp();
  let tried = 0;
  for (let challenge = 0; challenge < 40; challenge++) {
    const { code } = (await login(ann)).body;
    const answers = await many(5, () => verify(code, wrongCode(ann.secret)));
    tried += answers.filter(({ status }) => status === 401).length;
  }
  expect(tried).toBe(10);
});

test("guess bursts are counted one by one: of a hundred at once a sign-in takes five, and an account ten", async () => {
  const ann = await withApp();
  const { code } = (await login(ann)).body;
  await many(100, () => verify(code, wrongCode(ann.secret)));
  const failures = () =>
    worker.db.prepare("select code_failures as n from user_factors where user_id = ?").bind(ann.person.id).first<number>("n");
  expect(await failures()).toBe(5);
  const codes = (await many(10, () => login(ann))).map(({ body }) => body.code as string);
  await many(100, (n) => verify(codes[n % 10]!, wrongCode(ann.secret)));
  expect(await failures()).toBe(10);
});

test("of a hundred parallel uses of one challenge one succeeds", async () => {
  const ann = await aUser(worker);
  const { key } = await enrolPasskey(await signIn(ann));
  const { id, publicKey } = (await our.post("/auth/passkey/options", { clientId: "demo-web" })).body;
  const credential = key.get(publicKey);
  const answers = await many(100, () => our.post("/auth/passkey", { id, credential, ...DEMO_WEB }));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test("somebody else's session waives nothing", async () => {
  const [ann, bob] = [await withApp(), await aUser(worker)];
  const { accessToken } = await signIn(bob);
  const answer = await our.login({ username: ann.username, password: ann.password }, our.bearer(accessToken));
  expect(answer.body.mfa.required).toBe(true);
});

test("removing a factor needs that assurance", async () => {
  const ann = await withApp();
  const remove = (pair: typeof ann.pair) => our.send("DELETE", `/auth/me/factors/${ann.id}`, { headers: bearer(pair) });
  const { body, status, headers } = await remove(ann.pair);
  expect(status).toBe(401);
  expect(body.error.details[0]).toMatchObject({ code: STEP_UP, info: { acr_values: "aal2", max_age: 300 } });
  expect(headers.get("www-authenticate")).toContain('error="insufficient_user_authentication", acr_values="aal2", max_age="300"');
  for (const [method, path, sent] of [
    ["PATCH", `/auth/me/factors/${ann.id}`, { name: "x" }],
    ["POST", "/auth/me/totp", {}],
    ["POST", "/auth/me/recovery-codes", {}],
    ["POST", "/auth/me/passkeys/options", {}],
    ["PUT", "/auth/me/second-step", { required: false }],
  ] as const)
    expect((await our.send(method, path, { body: sent, headers: bearer(ann.pair) })).body.error.details[0].code, path).toBe(STEP_UP);
  const stale = await signInWithCode(ann, totp(ann.secret));
  await worker.db.prepare("update sessions set auth_time = auth_time - 300000 where user_id = ?").bind(ann.person.id).run();
  expect((await remove(stale)).status, "five minutes later").toBe(401);
});

test("changing the password needs it too, and whoever has no factor sees no difference", async () => {
  const ann = await withApp();
  const change = (pair: typeof ann.pair, username: string) =>
    our.changePassword(pair.accessToken, {
      refreshToken: pair.refreshToken,
      username,
      password: "another password",
      oldPassword: ann.password,
    });
  expect((await change(ann.pair, ann.username)).body.error.details[0].code).toBe(STEP_UP);
  expect((await change(await signInWithCode(ann, totp(ann.secret)), ann.username)).status).toBe(200);
  const bob = await aUser(worker);
  expect((await change(await signIn(bob), bob.username)).status).toBe(200);
});

test("a pending obligation cannot be walked around", async () => {
  const bob = await aUser(worker);
  await worker.db.prepare("update roles set require_mfa = 1 where name = 'Member'").run();
  const { code } = (await login(bob)).body;
  expect((await our.post("/auth/passkey/options", { clientId: "demo-web", code })).status).toBe(400);
  expect((await verify(code, "123456")).status).toBe(401);
  expect((await our.token(code)).status).toBe(401);
  expect((await our.loginToken({ username: bob.username, password: bob.password })).status).toBe(401);
  await worker.db.prepare("update roles set require_mfa = 0 where name = 'Member'").run();
});

test("a code is dead at step+2", async () => {
  const ann = await withApp();
  const { code } = (await login(ann)).body;
  for (const steps of [-2, 2]) expect((await verify(code, totp(ann.secret, steps))).status).toBe(401);
  expect((await verify(code, totp(ann.secret))).status).toBe(200);
});

test("registration needs a session of that user", async () => {
  const [ann, bob] = [await aUser(worker), await aUser(worker)];
  expect((await our.post("/auth/me/passkeys/options", {})).status).toBe(401);
  const begun = (await our.post("/auth/me/passkeys/options", {}, bearer(await signIn(ann)))).body;
  const credential = authenticator().create(begun.publicKey);
  const other = await our.post("/auth/me/passkeys", { id: begun.id, credential }, bearer(await signIn(bob)));
  expect(other.status).toBe(401);
  const otherSession = await our.post("/auth/me/passkeys", { id: begun.id, credential }, bearer(await signIn(ann)));
  expect(otherSession.status, "the ceremony is of one session").toBe(401);
});

test("a shut account is shut at every door", async () => {
  const ann = await withApp();
  const inside = visitor(worker);
  await inside.submit(await inside.signIn(ann.username, ann.password), { code: ann.recoveryCodes![1]! });
  for (let n = 0; n < 2; n++) {
    const { code } = (await login(ann)).body;
    for (let guess = 0; guess < 5; guess++) await verify(code, wrongCode(ann.secret));
  }
  expect((await verify((await login(ann)).body.code, totp(ann.secret))).status).toBe(429);
  const theirs = await their.signIn({ userName: ann.username, password: ann.password, meta: { otp: totp(ann.secret) } });
  expect(theirs.status).toBe(429);
  expect((await our.post("/auth/me/proof", { otp: totp(ann.secret) }, bearer(ann.pair))).status).toBe(429);
  const proof = await inside.submit(await inside.open("/account/proof"), { code: totp(ann.secret) });
  expect([proof.status, proof.path, Number(proof.headers.get("retry-after")) > 0]).toEqual([429, "/account/proof", true]);
  const visit = visitor(worker);
  const step = await visit.signIn(ann.username, ann.password);
  const shut = await visit.submit(step, { code: totp(ann.secret) });
  expect([shut.status, Number(shut.headers.get("retry-after")) > 0]).toEqual([429, true]);
  const opened = await visit.submit(step, { code: ann.recoveryCodes![0]! });
  expect(opened.path, "guesses of others close no recovery code").toBe("/account");
});

test("the level asked is that of all factors", async () => {
  const ann = await aUser(worker);
  const pair = await signIn(ann);
  await enrolPasskey(pair);
  // A passkey alone, which asks at no sign-in, is asked for all the same before anything changes.
  expect((await our.post("/auth/me/totp", {}, bearer(pair))).body.error.details[0].info.acr_values).toBe("aal2");
});

test("a session falls with the factor it rests on", async () => {
  const ann = await withApp();
  await forgetSteps();
  const pair = await signInWithCode(ann, totp(ann.secret));
  const { code } = (await login(ann)).body;
  await forgetSteps();
  const unredeemed = (await verify(code, totp(ann.secret))).body.code;
  const other = ann.pair;
  expect((await our.send("DELETE", `/auth/me/factors/${ann.id}`, { headers: bearer(pair) })).status).toBe(204);
  expect((await our.me(pair.accessToken)).status).toBe(401);
  expect((await our.token(unredeemed)).status, "so does a code that rests on it").toBe(401);
  expect((await our.me(other.accessToken)).status, "what rests on the password does not").toBe(200);
  expect((await login(ann)).body.mfa, "and the last factor takes the second step along").toBeUndefined();
  expect((await verify(ann.recoveryCodes![0]!, "x")).status).toBe(401);
});

test("a passkey of a user who is let go signs nobody in, at no door", async () => {
  const ann = await aUser(worker);
  const { key } = await enrolPasskey(await signIn(ann));
  expect((await byPasskey(key)).status).toBe(200);
  const visit = visitor(worker);
  const atPage = async () => {
    const page = await visit.open("/sign-in?prompt=login");
    const { id, publicKey } = (await visit.go("GET", "/passkey/sign-in")).body;
    return (await visit.submit(page, { ceremony: id, credential: JSON.stringify(key.get(publicKey)) })).status;
  };
  await worker.db.prepare("update user_tenants set status = 2 where user_id = ?").bind(ann.id).run();
  expect([(await byPasskey(key)).status, await atPage()], "switched off").toEqual([401, 422]);
  await worker.db.prepare("update user_tenants set status = 1 where user_id = ?").bind(ann.id).run();
  expect((await byPasskey(key)).status).toBe(200);
  await worker.db.prepare("update users set deleted = 1 where id = ?").bind(ann.id).run();
  expect([(await byPasskey(key)).status, await atPage()], "deleted").toEqual([401, 422]);
  expect(visit.jar.get("__Host-edgelatch")).toBeUndefined();
});

test("the count outlives the failed request", async () => {
  const ann = await withApp();
  const { code } = (await login(ann)).body;
  await verify(code, wrongCode(ann.secret));
  const failures = () =>
    worker.db.prepare("select code_failures as n from user_factors where user_id = ?").bind(ann.person.id).first<number>("n");
  expect(await failures()).toBe(1);
  await verify(code, "not a code");
  expect(await failures()).toBe(2);
});

test("one code opens one session, also a hundred at once", async () => {
  const ann = await withApp();
  await forgetSteps();
  const codes = (await many(20, () => login(ann))).map((answer) => answer.body.code as string);
  const otp = totp(ann.secret);
  const answers = await many(100, (n) => verify(codes[n % 20]!, otp));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test("a recovery code works once", async () => {
  const ann = await withApp();
  const codes = (await many(10, () => login(ann))).map((answer) => answer.body.code as string);
  const answers = await many(10, (n) => verify(codes[n]!, ann.recoveryCodes![3]!));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test("name and address share one count", async () => {
  const ann = await withApp({ email: "one-count@example.com" });
  for (const username of [ann.username, "one-count@example.com"]) {
    const { code } = (await our.login({ username, password: ann.password })).body;
    for (let n = 0; n < 5; n++) await verify(code, wrongCode(ann.secret));
  }
  expect((await verify((await login(ann)).body.code, totp(ann.secret))).status).toBe(429);
});

describe("origins are compared whole: scheme, host, port", () => {
  test.each([
    "https://localhost:8787",
    "http://localhost",
    "http://localhost:8788",
    "http://evil-localhost:8787",
    "http://localhost:8787.evil.example",
    "http://app.localhost:8787",
    "http://127.0.0.1:8787",
    "null",
  ])("%s is not ours", async (origin) => {
    const ann = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(ann));
    expect((await byPasskey(key, { origin })).body).toEqual(WRONG);
  });
});

describe("an assertion is refused", () => {
  test.each([
    ["without its user's presence", { without: UP }],
    ["without user verification", { without: UV }],
    ["for another relying party", { rpId: "evil.example" }],
    ["with a bogus signature", { signature: Buffer.from("3006020101020101", "hex") }],
    ["for another challenge", { challenge: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }],
    ["for a registration", { clientData: { type: "webauthn.create" } }],
    ["in a frame of another site", { clientData: { crossOrigin: true } }],
    ["under another top origin", { clientData: { topOrigin: "https://evil.example" } }],
    ["with another backup eligibility", { with: BE }],
    ["backed up and not eligible for it", { with: BS }],
    ["for another user", { userHandle: "AAAA" }],
    ["for nobody", { userHandle: undefined }],
  ])("%s", async (_, spoilt) => {
    const ann = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(ann));
    expect((await byPasskey(key, spoilt)).body).toEqual(WRONG);
    expect((await byPasskey(key)).status, "and unspoilt it is good").toBe(200);
  });

  test("by a passkey that nobody has registered, in the same words", async () => {
    const stranger = authenticator();
    const answer = await byPasskey(stranger, { userHandle: "AAAA" });
    expect(answer.body).toEqual(WRONG);
  });
});

test("a counter that does not grow is recorded, and refuses nobody", async () => {
  const ann = await aUser(worker);
  const { key } = await enrolPasskey(await signIn(ann));
  expect((await byPasskey(key, { signCount: 9 })).status).toBe(200);
  expect((await byPasskey(key, { signCount: 9 })).status).toBe(200);
  await worker.settled();
  const rows = await worker.db.prepare("select result from login_activity where kind = 'passkey' and user_id = ?").bind(ann.id).all();
  expect(rows.results).toEqual([{ result: "counter" }]);
});

test("a passkey that is on one device alone now is recorded, and refuses nobody", async () => {
  const ann = await aUser(worker);
  const pair = await signIn(ann);
  const key = authenticator();
  const begun = (await our.post("/auth/me/passkeys/options", {}, bearer(pair))).body;
  const credential = key.create(begun.publicKey, { with: BE | BS });
  expect((await our.post("/auth/me/passkeys", { id: begun.id, credential }, bearer(pair))).status).toBe(200);
  expect((await byPasskey(key, { with: BE | BS })).status).toBe(200);
  for (let n = 0; n < 2; n++) expect((await byPasskey(key, { with: BE })).status).toBe(200);
  await worker.settled();
  const rows = await worker.db.prepare("select result from login_activity where kind = 'passkey' and user_id = ?").bind(ann.id).all();
  expect(rows.results).toEqual([{ result: "backup" }]);
});

test("enrolling is not proving", async () => {
  const bob = await aUser(worker);
  const pair = await signIn(bob);
  await enrolApp(pair);
  expect((await our.post("/auth/me/recovery-codes", {}, bearer(pair))).body.error.details[0].code).toBe(STEP_UP);
  const row = await worker.db.prepare("select aal, factor_id from sessions where user_id = ?").bind(bob.id).first();
  expect(row).toEqual({ aal: 1, factor_id: null });
});

test("a password alone never replaces an authenticator", async () => {
  const ann = await withApp();
  const { code } = (await login(ann)).body;
  expect((await our.post("/auth/create-qr-code", { clientId: "demo-web", code })).status).toBe(403);
  await forgetSteps();
  const ordinary = (await verify(code, totp(ann.secret))).body.code;
  expect((await our.post("/auth/create-qr-code", { clientId: "demo-web", code: ordinary })).status).toBe(403);
  expect((await our.post("/auth/me/proof", { password: ann.password }, bearer(ann.pair))).status).toBe(401);
});

test("no secret of a factor is stored in the clear or logged", async () => {
  const ann = await withApp();
  await verify((await login(ann)).body.code, ann.recoveryCodes![0]!);
  const rows = JSON.stringify(await worker.rows());
  const printed = await worker.printed();
  for (const secret of [ann.secret, ...ann.recoveryCodes!, ...ann.recoveryCodes!.map((code) => code.replaceAll("-", ""))]) {
    expect(rows).not.toContain(secret);
    expect(printed).not.toContain(secret);
  }
});

test("strangers who begin ceremonies leave no row", async () => {
  const before = await worker.rows({ but: ["hourly_counts"] });
  await many(20, () => our.post("/auth/passkey/options", { clientId: "demo-web" }));
  await byPasskey(authenticator(), { userHandle: "AAAA" });
  await worker.settled();
  expect(await worker.rows({ but: ["hourly_counts"] })).toEqual(before);
});
