// The second step of a sign-in in the ARC API: what waits, what completes it, what it then rests on.

import { describe, expect, test } from "vitest";
import { DEMO_MOBILE, DEMO_WEB, flat } from "../../support/api";
import { authenticator } from "../../support/authenticator";
import { useFactors } from "../../support/factors";
import { many } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { totp, wrongCode } from "../../support/totp";

const { worker, our, their, login, verify, forgetSteps, withApp, signIn, signInWithCode, enrolPasskey, enrolApp, bearer } = useFactors();

const UNVERIFIED = flat(401, "User Verification Failed");
const INVALID = flat(401, "Otp Invalid");

describe("a sign-in without a factor", () => {
  test("is what it was, and its token says level one", async () => {
    const answer = await our.login();
    expect(Object.keys(answer.body)).toEqual(["code"]);
    const { claims } = decode((await our.token(answer.body.code)).body.accessToken);
    expect(claims).toMatchObject({ acr: "aal1", amr: ["pwd"] });
    expect(claims.auth_time).toBeCloseTo(Date.now() / 1000, -2);
  });
});

describe("a sign-in with an authenticator app", () => {
  test("gets a code that waits, and an ordinary one for the app's", async () => {
    const ann = await withApp();
    expect(ann.recoveryCodes).toHaveLength(10);
    const answer = await login(ann);
    expect(answer.status).toBe(200);
    expect(answer.body.mfa).toEqual({ required: true, methods: ["totp", "recovery"], expiresIn: 300 });
    const { code } = answer.body;
    expect((await our.token(code)).body).toEqual(UNVERIFIED);
    const verified = await verify(code, totp(ann.secret), { clientId: "demo-web" });
    expect(verified.status, verified.text).toBe(200);
    expect(verified.waits).toBeLessThanOrEqual(2);
    expect((await our.token(code)).status, "the one that waited is none still").toBe(401);
    const tokens = await our.token(verified.body.code);
    expect(tokens.status).toBe(200);
    const { claims } = decode(tokens.body.accessToken);
    expect(claims).toMatchObject({ acr: "aal2", amr: ["pwd", "otp", "mfa"] });
  });

  test("takes the code with the spaces that people type, and the name beside the code that waits", async () => {
    await forgetSteps();
    const ann = await withApp();
    const { code } = (await login(ann)).body;
    const typed = totp(ann.secret).replace(/(...)/, "$1 ");
    const verified = await our.post("/auth/verify-otp", { key: ann.username, code, otp: typed });
    expect(verified.status, verified.text).toBe(200);
  });

  test("waits at login-token too, which says with what it goes on", async () => {
    const ann = await withApp();
    const answer = await our.loginToken({ username: ann.username, password: ann.password });
    expect(answer.status).toBe(401);
    const [detail] = answer.body.error.details;
    expect(answer.body.error).toMatchObject({ name: "UnauthorizedError", message: "User Verification Failed" });
    expect(detail).toMatchObject({ code: "mfa-required", info: { methods: ["totp", "recovery"], expiresIn: 300 } });
    const verified = await verify(detail.info.mfaToken, totp(ann.secret));
    expect((await our.token(verified.body.code)).status).toBe(200);
  });

  test("carries the challenge over to the code that it becomes", async () => {
    const ann = await withApp();
    const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const { code } = (await login(ann, { code_challenge: challenge })).body;
    const verified = await verify(code, totp(ann.secret));
    expect((await our.token(verified.body.code)).status).toBe(401);
    await forgetSteps();
    const again = await verify((await login(ann, { code_challenge: challenge })).body.code, totp(ann.secret));
    const pair = await our.token(again.body.code, { code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" });
    expect(pair.status).toBe(200);
  });

  test("is another client's to no other", async () => {
    const ann = await withApp();
    const { code } = (await login(ann)).body;
    expect((await verify(code, totp(ann.secret), { clientId: "demo-mobile" })).body).toEqual(INVALID);
    expect((await verify(code, totp(ann.secret), { clientId: "demo-web" })).status).toBe(200);
  });

  test("goes on by a recovery code, once, of which the owner is told", async () => {
    const ann = await withApp({ email: "recovering@example.com" });
    const [code] = ann.recoveryCodes!;
    const verified = await verify((await login(ann)).body.code, code!.toLowerCase().replaceAll("-", " "));
    expect(verified.status, verified.text).toBe(200);
    const { claims } = decode((await our.token(verified.body.code)).body.accessToken);
    expect(claims).toMatchObject({ acr: "aal2", amr: ["pwd", "mfa"] });
    const { subject } =
      (await mailbox(worker).to("recovering@example.com")).find((mail) => mail.kind === "recovery-code-used") ??
      (await worker.settled(), (await mailbox(worker).to("recovering@example.com")).find((mail) => mail.kind === "recovery-code-used")!);
    expect(subject).toBe("A recovery code was used");
    expect((await verify((await login(ann)).body.code, code!)).body).toEqual(INVALID);
  });

  test("goes on by a passkey", async () => {
    const ann = await withApp();
    await forgetSteps();
    const pair = await signInWithCode(ann, totp(ann.secret));
    const { key } = await enrolPasskey(pair);
    const answer = await login(ann);
    expect(answer.body.mfa.methods).toEqual(["passkey", "totp", "recovery"]);
    const options = await our.post("/auth/passkey/options", { clientId: "demo-web", code: answer.body.code });
    expect(options.body.publicKey.allowCredentials).toMatchObject([{ id: key.id, transports: ["internal"] }]);
    const { id, publicKey } = options.body;
    const signed = await our.post("/auth/passkey", { id, credential: key.get(publicKey, { userHandle: undefined }), ...DEMO_WEB });
    expect(signed.status, signed.text).toBe(200);
    expect(signed.waits).toBeLessThanOrEqual(2);
    const { claims } = decode((await our.token(signed.body.code)).body.accessToken);
    expect(claims).toMatchObject({ acr: "aal2", amr: ["pwd", "hwk", "user", "mfa"] });
  });
});

describe("codes that are guessed", () => {
  test("close after five tries of one sign-in, of which the owner is told at the fifth", async () => {
    const ann = await withApp({ email: "guessed@example.com" });
    const { code } = (await login(ann)).body;
    for (let n = 0; n < 5; n++) expect((await verify(code, wrongCode(ann.secret))).body).toEqual(INVALID);
    expect((await verify(code, totp(ann.secret))).body, "the sixth, though right").toEqual(INVALID);
    await worker.settled();
    const mails = await mailbox(worker).to("guessed@example.com");
    expect(mails.filter((mail) => mail.kind === "codes-guessed")).toHaveLength(1);
  });

  test("make the account wait after ten in a row, which only whoever has the password is told", async () => {
    const ann = await withApp();
    for (const code of (await many(2, () => login(ann))).map((answer) => answer.body.code))
      for (let n = 0; n < 5; n++) expect((await verify(code, wrongCode(ann.secret))).status).toBe(401);
    const paused = await verify((await login(ann)).body.code, totp(ann.secret));
    expect(paused.status).toBe(429);
    expect(Number(paused.headers.get("retry-after"))).toBeGreaterThan(890);
    expect((await our.login({ username: ann.username, password: "wrong password" })).status).toBe(401);
    // A recovery code is not closed by guesses, and opens the app's codes again.
    expect((await verify((await login(ann)).body.code, ann.recoveryCodes![0]!)).status).toBe(200);
    expect((await verify((await login(ann)).body.code, totp(ann.secret))).status).toBe(200);
  });
});

describe("a role that demands a second factor", () => {
  const demand = (on: number) => worker.db.prepare("update roles set require_mfa = ? where name = 'Member'").bind(on).run();

  test("leads whoever has none to enrolment, and to nothing else", async () => {
    const bob = await aUser(worker);
    await demand(1);
    const { code, mfa } = (await login(bob)).body;
    expect(mfa.methods).toEqual([]);
    expect((await our.token(code)).body).toEqual(UNVERIFIED);
    const check = () => our.send("GET", "/auth/check-qr-code", { headers: { code, clientid: "demo-web" } });
    expect((await check()).body).toEqual({ isGenerated: false });
    const qr = await our.post("/auth/create-qr-code", { clientId: "demo-web", code });
    expect(qr.status, qr.text).toBe(200);
    expect(Buffer.from(qr.body.qrCode.split(",")[1], "base64").toString()).toMatch(/^<svg xmlns/);
    const verified = await verify(code, totp(qr.body.secret));
    expect(verified.status, verified.text).toBe(200);
    expect(verified.body.recoveryCodes).toHaveLength(10);
    const { claims } = decode((await our.token(verified.body.code)).body.accessToken);
    expect(claims.acr).toBe("aal2");
    // The code that enrolled is spent, and the password alone enrols no other app.
    const next = (await login(bob)).body;
    expect(next.mfa.methods).toEqual(["totp", "recovery"]);
    expect((await verify(next.code, totp(qr.body.secret))).body).toEqual(INVALID);
    const other = await our.post("/auth/create-qr-code", { clientId: "demo-web", code: next.code });
    expect(other.status).toBe(403);
    await demand(0);
  });
});

test("a client that demands a second factor leads to enrolment too, and others go on as before", async () => {
  const bob = await aUser(worker);
  await worker.db.prepare("insert into mfa_clients (client_id) select id from auth_clients where client_id = 'demo-web'").run();
  try {
    const { code, mfa } = (await login(bob)).body;
    expect(mfa.methods).toEqual([]);
    expect((await our.token(code)).body).toEqual(UNVERIFIED);
    expect((await our.login({ username: bob.username, password: bob.password, ...DEMO_MOBILE })).body.mfa).toBeUndefined();
    const { secret } = (await our.post("/auth/create-qr-code", { clientId: "demo-web", code })).body;
    const verified = await verify(code, totp(secret));
    expect(verified.status, verified.text).toBe(200);
    expect(decode((await our.token(verified.body.code)).body.accessToken).claims.acr).toBe("aal2");
  } finally {
    await worker.db.prepare("delete from mfa_clients").run();
  }
});

test("a second factor costs two waits at most, at either API", async () => {
  const ann = await withApp();
  const signedIn = await login(ann);
  expect(signedIn.waits).toBeLessThanOrEqual(2);
  const verified = await verify(signedIn.body.code, totp(ann.secret));
  expect([verified.status, verified.waits]).toEqual([200, 2]);
  const theirs = await their.signIn({ userName: ann.username, password: ann.password });
  const { mfaToken } = theirs.body.responseStatus.meta;
  const meta = { mfaToken, otp: ann.recoveryCodes![0] };
  const done = await their.post("/api/Authenticate", { provider: "credentials", meta });
  expect([done.status, done.waits]).toEqual([200, 2]);
  const bob = await aUser(worker);
  const { key } = await enrolPasskey(await signIn(bob));
  const options = await our.post("/auth/passkey/options", { clientId: "demo-web" });
  expect(options.waits).toBe(1);
  const credential = key.get(options.body.publicKey);
  expect((await our.post("/auth/passkey", { id: options.body.id, credential, ...DEMO_WEB })).waits).toBe(2);
});

describe("a passkey", () => {
  test("by itself leaves a sign-in with a password as it was, until its user turns the second step on", async () => {
    const ann = await aUser(worker);
    const pair = await signIn(ann);
    const { key } = await enrolPasskey(pair);
    expect((await login(ann)).body.mfa).toBeUndefined();
    const refused = await our.send("PUT", "/auth/me/second-step", { body: { required: true }, headers: bearer(pair) });
    expect(refused.status, "needs a proof of the passkey").toBe(401);
    const { id, publicKey } = (await our.post("/auth/me/proof/options", {}, bearer(pair))).body;
    const proof = await our.post("/auth/me/proof", { id, credential: key.get(publicKey) }, bearer(pair));
    expect(proof.status, proof.text).toBe(200);
    const set = (required: boolean) => our.send("PUT", "/auth/me/second-step", { body: { required }, headers: bearer(pair) });
    expect((await set(true)).status).toBe(204);
    expect((await login(ann)).body.mfa.methods).toEqual(["passkey"]);
    expect((await set(false)).status).toBe(204);
    expect((await login(ann)).body.mfa).toBeUndefined();
  });
});

describe("a code that an account without a factor has", () => {
  test("enrols its first app, whose code turns it into one at level two", async () => {
    const bob = await aUser(worker);
    const { code } = (await login(bob)).body;
    const qr = await our.post("/auth/create-qr-code", { clientId: "demo-web", code });
    const verified = await verify(code, totp(qr.body.secret));
    expect(verified.status, verified.text).toBe(200);
    expect((await our.token(code)).status).toBe(401);
    expect((await our.token(verified.body.code)).status).toBe(200);
  });
});

test("an app that is begun and never confirmed asks nobody", async () => {
  const bob = await aUser(worker);
  const pair = await signIn(bob);
  await our.post("/auth/me/totp", {}, bearer(pair));
  expect((await login(bob)).body.mfa).toBeUndefined();
  expect((await our.send("GET", "/auth/me/factors", { headers: bearer(pair) })).body).toEqual([]);
  await enrolApp(pair);
  expect((await login(bob)).body.mfa.methods).toEqual(["totp", "recovery"]);
});

test("an authenticator of each algorithm signs in alone", async () => {
  for (const alg of [-7, -8, -257] as const) {
    const ann = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(ann), authenticator(alg));
    const { id, publicKey } = (await our.post("/auth/passkey/options", { clientId: "demo-web" })).body;
    expect(publicKey.allowCredentials).toEqual([]);
    const answer = await our.post("/auth/passkey", { id, credential: key.get(publicKey), ...DEMO_WEB });
    expect(answer.status, `${alg} ${answer.text}`).toBe(200);
    const pair = await our.token(answer.body.code);
    expect(decode(pair.body.accessToken).claims).toMatchObject({ acr: "aal2", amr: ["hwk", "user", "mfa"], username: ann.username });
  }
});
