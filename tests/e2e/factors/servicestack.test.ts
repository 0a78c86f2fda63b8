// Second factors for ServiceStack's callers: a failure that old clients know, with what new ones go on by.

import { describe, expect, test } from "vitest";
import { useFactors } from "../../support/factors";
import { cookiesOf } from "../../support/servicestack";
import { totp, wrongCode } from "../../support/totp";

const { worker, our, their, withApp, forgetSteps } = useFactors();

const dto = (person: { username: string; password: string }, more: object = {}) => ({
  userName: person.username,
  password: person.password,
  ...more,
});

describe("a sign-in that needs a second factor", () => {
  test("is a failure without a cookie, whose meta says with what it goes on", async () => {
    const ann = await withApp();
    const answer = await their.signIn(dto(ann));
    expect(answer.status).toBe(401);
    expect(cookiesOf(answer)).toEqual({});
    expect(answer.body.responseStatus).toMatchObject({
      errorCode: "TwoFactorRequired",
      message: "Two-factor authentication is required",
      meta: { methods: "totp,recovery" },
    });
    const { mfaToken } = answer.body.responseStatus.meta;
    const wrong = await their.post("/api/Authenticate", { provider: "credentials", meta: { mfaToken, otp: wrongCode(ann.secret) } });
    expect(wrong.status).toBe(401);
    expect(wrong.body.responseStatus.errorCode).toBe("Unauthorized");
    const done = await their.post("/api/Authenticate", {
      provider: "credentials",
      userName: ann.username,
      meta: { mfaToken, otp: totp(ann.secret) },
    });
    expect(done.status, done.text).toBe(200);
    expect(done.body.userName).toBe(ann.username);
    expect((await their.refresh({ refreshToken: done.body.refreshToken })).status).toBe(200);
    const row = await worker.db.prepare("select aal, amr from sessions where id = ?").bind(done.body.sessionId).first();
    expect(row).toEqual({ aal: 2, amr: "pwd otp mfa" });
    const again = await their.post("/api/Authenticate", { provider: "credentials", meta: { mfaToken, otp: totp(ann.secret, 1) } });
    expect(again.status, "it went on once").toBe(401);
  });

  test("takes the code with the password at once", async () => {
    const ann = await withApp();
    const answer = await their.signIn(dto(ann, { meta: { otp: totp(ann.secret) } }));
    expect(answer.status, answer.text).toBe(200);
    await forgetSteps();
    const old = await their.signIn(dto(ann, { meta: { otp: totp(ann.secret) } }), { cookie: `ss-reftok=${answer.body.refreshToken}` });
    expect(old.status).toBe(200);
    expect((await their.bearer(answer.body.bearerToken)).status, "the session that it replaces ends").toBe(401);
  });

  test("is told in each format", async () => {
    const ann = await withApp();
    for (const [format, has] of [
      ["jsv", /meta:\{mfaToken:[\w-]{43},methods:"totp,recovery"\}/],
      ["xml", /<d2p1:Key>mfaToken<\/d2p1:Key><d2p1:Value>[\w-]{43}<\/d2p1:Value>/],
      ["csv", /^ErrorCode,Message,Meta\r\nTwoFactorRequired,/],
    ] as const) {
      const answer = await their.post(`/auth/credentials.${format}`, dto(ann));
      expect(answer.status, format).toBe(401);
      expect(answer.text, format).toMatch(has);
    }
  });

  test("does not come by GET, nor by HTTP Basic without its code", async () => {
    const ann = await withApp();
    const { mfaToken } = (await their.signIn(dto(ann))).body.responseStatus.meta;
    const query = new URLSearchParams({ Meta: `{mfaToken:${mfaToken},otp:${totp(ann.secret)}}`, provider: "credentials" });
    expect((await our.send("GET", `/auth?${query}`)).status).toBe(405);
    const basic = `Basic ${Buffer.from(`${ann.username}:${ann.password}`).toString("base64")}`;
    const answer = await their.post("/auth/basic", {}, { authorization: basic });
    expect(answer.body.responseStatus.errorCode).toBe("TwoFactorRequired");
  });
});

test("nobody without a factor sees a difference", async () => {
  const answer = await their.signIn();
  expect(answer.status).toBe(200);
  expect(answer.body.responseStatus).toBeUndefined();
  const wrong = await their.signIn({ password: "wrong" });
  expect(wrong.body).toEqual({ responseStatus: { errorCode: "Unauthorized", message: "Invalid Username or Password", errors: [] } });
});
