// Apps of the original that verify a code under a name: off unless asked for, and only after the password.

import { describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { useFactors } from "../../support/factors";
import { aUser } from "../../support/seed";
import { totp } from "../../support/totp";

const { our, withApp, login, verify, worker, signIn, enrolApp, forgetSteps } = useFactors({ COMPATIBILITY: "otp-without-password" });
const strict = useFactors();

const named = (username: string, otp: string, clientId = "demo-web") => verify(username, otp, { clientId });

describe("a username and an authenticator's code", () => {
  test("finish the sign-in that the right password began, at the same client, once", async () => {
    const ann = await withApp({ email: "by-name@example.com" });
    expect((await named(ann.username, totp(ann.secret))).status, "without the password").toBe(401);
    const { code } = (await login(ann)).body;
    expect((await named(ann.username, totp(ann.secret), "demo-mobile")).status).toBe(401);
    const done = await named("by-name@example.com", totp(ann.secret));
    expect(done.status, done.text).toBe(200);
    expect((await our.token(done.body.code)).status).toBe(200);
    expect((await our.token(code)).status).toBe(401);
    expect((await named(ann.username, totp(ann.secret, 1))).status, "nothing waits any more").toBe(401);
  });

  test("are too late five minutes after the password", async () => {
    const ann = await withApp();
    await login(ann);
    await worker.db.prepare("update one_time set expires_on = ? where kind = 'mfa'").bind(Date.now()).run();
    expect((await named(ann.username, totp(ann.secret))).status).toBe(401);
  });

  test("have five tries, and a recovery code is none", async () => {
    const ann = await withApp();
    await login(ann);
    expect((await named(ann.username, ann.recoveryCodes![0]!)).status).toBe(401);
    for (let n = 0; n < 5; n++) await named(ann.username, "000000");
    expect((await named(ann.username, totp(ann.secret))).status).toBe(401);
  });

  test("are nothing for an administrator", async () => {
    const { secret } = await enrolApp(await signIn(ADMIN));
    await forgetSteps();
    const { code } = (await login(ADMIN)).body;
    expect((await named(ADMIN.username, totp(secret))).status).toBe(401);
    expect((await verify(code, totp(secret))).status).toBe(200);
  });

  test("confirm the app that was enrolled with an ordinary code, as the original's apps do", async () => {
    const bob = await aUser(worker);
    const { code } = (await login(bob)).body;
    const { secret } = (await our.post("/auth/create-qr-code", { clientId: "demo-web", code })).body;
    const done = await named(bob.username, totp(secret));
    expect(done.status, done.text).toBe(200);
    expect(done.body.recoveryCodes).toHaveLength(10);
  });
});

test("without the flag a name is nothing", async () => {
  const ann = await strict.withApp();
  await strict.login(ann);
  expect((await strict.verify(ann.username, totp(ann.secret), { clientId: "demo-web" })).status).toBe(401);
});
