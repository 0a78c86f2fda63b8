// Attacks by guessing, through messages and logs, and by how a request is written, one a test.

import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { DEMO_WEB } from "../../support/api";
import { WRONG, refused, useAttacks } from "../../support/attacks";
import { browser } from "../../support/browser";
import { BASIC, FORM, from, many } from "../../support/fixtures";
import { GOOGLE } from "../../support/identity_provider";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { PASSWORD } from "../../support/seed";

const { outside, worker, our, their, victim, signIn, codeFor, statusOf } = await useAttacks();

describe("guessing", () => {
  test("guess bursts: of two hundred guesses sent at once ten are tried, and the right one among them waits", async () => {
    const user = await victim();
    const guesses = Array.from({ length: 200 }, (_, n) => (n === 150 ? PASSWORD : `guess ${n}`));
    const answers = await Promise.all(guesses.map((password) => our.loginToken({ username: user.username, password }, from("192.0.2.4"))));
    expect(answers.filter(({ status }) => status !== 429).length).toBe(10);
    expect(answers.some(({ status }) => status === 200)).toBe(false);
    for (const answer of answers.filter(({ status }) => status === 429))
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("guess bursts through the other door: both APIs count together", async () => {
    const user = await victim();
    for (let n = 0; n < 5; n++)
      expect((await our.loginToken({ username: user.username, password: `a ${n}` }, from("192.0.2.5"))).status).toBe(401);
    for (let n = 0; n < 5; n++)
      expect((await their.signIn({ userName: user.username, password: `b ${n}` }, from("192.0.2.5"))).status).toBe(401);
    const refused = await their.signIn({ userName: user.username, password: PASSWORD }, from("192.0.2.5"));
    expect(refused.status).toBe(429);
    expect(refused.body.responseStatus.errorCode).toBeTypeOf("string");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const batch = await their.post(
      "/json/reply/Authenticate[]",
      Array.from({ length: 10 }, (_, n) => ({ provider: "credentials", userName: user.username, password: `c ${n}` })),
      from("192.0.2.5"),
    );
    expect(batch.status, "nor does a batch help").toBe(429);
  });

  test("spoofed address header: only the platform's word for the address counts", async () => {
    const user = await victim();
    const spoof = (n: number) => ({
      "x-forwarded-for": `198.51.100.${n}`,
      "x-real-ip": `198.51.100.${n}`,
      "true-client-ip": `198.51.100.${n}`,
      forwarded: `for=198.51.100.${n}`,
    });
    for (let n = 0; n < 10; n++)
      await our.loginToken({ username: user.username, password: `wrong ${n}` }, { ...from("192.0.2.6"), ...spoof(n) });
    expect((await our.loginToken({ username: user.username, password: PASSWORD }, { ...from("192.0.2.6"), ...spoof(99) })).status).toBe(
      429,
    );
    await worker.settled();
    const addresses = (await worker.db.prepare("select distinct address from login_activity where user_id = ?").bind(user.id).all())
      .results;
    expect(addresses).toEqual([{ address: "192.0.2.6" }]);
  });

  test("OTP guessing: five tries end it, sent at once and through both doors", async () => {
    const user = await victim();
    await our.post("/otp-caches", { username: user.username, otp: "135791" }, BASIC);
    await Promise.all([
      ...Array.from({ length: 3 }, (_, n) => our.loginToken({ username: user.username, password: `10000${n}` })),
      ...Array.from({ length: 3 }, (_, n) => their.signIn({ userName: user.username, password: `20000${n}` })),
    ]);
    refused(await our.loginToken({ username: user.username, password: "135791" }), WRONG);
    const shown = await our.send("GET", `/otp-caches/${user.username}`, { headers: BASIC });
    expect(shown.body, "and it is shown to nobody any more").toBeNull();
  });

  test("reset-token guessing: what is not the whole token is nothing, and a link is as long as a key", async () => {
    const user = await victim();
    await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username });
    const token = (await mailbox(worker).wait(user.email)).token!;
    expect(Buffer.from(token, "base64url").length).toBeGreaterThanOrEqual(32);
    const reset = (token: string) =>
      our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password: "the thief's own" } });
    const last = token.slice(-1) === "A" ? "B" : "A";
    for (const guess of [
      token.slice(0, -1),
      `${token}=`,
      `${token.slice(0, -1)}${last}`,
      token.toUpperCase(),
      "%",
      "_".repeat(43),
      "' or '1'='1",
    ]) {
      expect((await reset(guess)).status, guess).toBe(401);
      expect((await our.send("GET", `/auth/verify-reset-password-link?token=${encodeURIComponent(guess)}`)).status, guess).toBe(401);
    }
    expect((await reset(`${token}\u0000`)).status).toBe(422);
    expect((await our.send("GET", `/auth/verify-reset-password-link?token=${token}%00`)).status).toBe(400);
    expect((await our.loginToken({ username: user.username, password: PASSWORD })).status, "nothing has changed").toBe(200);
    expect((await reset(token)).status, "and the link is good still").toBe(204);
  });
});

describe("messages and logs", () => {
  test("header injection in mail: one message goes to one mailbox", async () => {
    const tricks = [
      "a@b.example\r\nBcc: eve@evil.example",
      "a@b.example,eve@evil.example",
      "a@b.example;eve@evil.example",
      "<a@b.example> eve@evil.example",
      "a@b.example\u0000",
      '"a b"@b.example',
      "a@b.example\u2028Bcc:eve@evil.example",
    ];
    for (const email of tricks) expect((await our.post("/auth/sign-up/create-token", { email })).status, email).toBe(422);
    const email = `${randomUUID()}@example.com`;
    for (const firstName of ["Eve\r\nBcc: eve@evil.example", "<a href=https://evil.example>win</a>"])
      await our.post("/auth/sign-up/create-token", { email, data: { firstName } });
    const mail = await mailbox(worker).wait(email, 2);
    expect(JSON.stringify(mail), "nothing that a stranger wrote is in it").not.toContain("evil.example");
    expect((await mailbox(worker).all()).every(({ to }) => !to.includes("evil"))).toBe(true);
  });

  test("secrets in logs: no secret is printed, for any failure", async () => {
    const user = await victim();
    const secrets = [
      PASSWORD,
      DEMO_WEB.client_secret,
      "a secret password",
      "a secret client secret",
      "s3cret-code-of-nobody",
      "s3cret-bearer",
    ];
    await our.loginToken({ username: "a secret password", password: "a secret password", client_secret: "a secret client secret" });
    await our.loginToken({ username: "a secret password", password: "a secret password" });
    await our.token("s3cret-code-of-nobody");
    await our.me("s3cret-bearer");
    await our.send("GET", `/auth/google?client_id=demo-web&client_secret=${DEMO_WEB.client_secret}`);
    await our.send("GET", "/auth/google-auth-redirect?state=s3cret-bearer&code=s3cret-code-of-nobody");
    const pair = await signIn(user);
    const code = await codeFor(user);
    const failing = { "x-meddle": JSON.stringify({ on: "DB", trip: 1, fail: true }) };
    await our.token(code, {}, failing);
    await our.loginToken({ username: user.username, password: PASSWORD }, failing);
    await our.loginToken({ username: user.username, password: PASSWORD }, { "x-meddle": JSON.stringify({ panic: true }) });
    await our.send("POST", "/auth/login", { body: `{"password":"a secret password"`, headers: { "content-type": "application/json" } });
    await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username });
    const { token } = await mailbox(worker).wait(user.email);
    const printed = await worker.printed();
    for (const secret of [...secrets, pair.accessToken, pair.refreshToken, code, token!])
      expect(printed.includes(secret), secret).toBe(false);
  });
});

describe("the request itself", () => {
  test("path tricks: a path is one endpoint or none, and no trick finds another", async () => {
    const body = { ...DEMO_WEB, username: "demo", password: "wrong" };
    const raw = (path: string) => our.send("POST", `http://127.0.0.1:8787${path}`, { body });
    const login = await raw("/auth/login");
    expect(login.status).toBe(401);
    for (const path of ["/auth/login/", "/auth/%6cogin", "/auth/./login", "/x/../auth/login"])
      expect((await raw(path)).body, path).toEqual(login.body);
    for (const path of [
      "//auth/login",
      "/auth//login",
      "/auth%2flogin",
      "/auth/login//",
      "/auth\\\\login",
      "/AUTH/LOGIN",
      "/auth/login%2f",
      "/auth/..%2fauth/login",
    ]) {
      const answer = await raw(path);
      expect(answer.status, path).toBe(404);
      expect(answer.text, path).not.toContain("Credentials");
    }
    // A path that is administered is administered however it is written.
    const plain = our.bearer((await signIn(await victim())).accessToken);
    for (const path of [
      "/auth-clients",
      "/auth-clients/",
      "/%61uth-clients",
      "/./auth-clients",
      "/auth-clients/%31",
      "/otp-caches/%64emo",
    ]) {
      expect((await our.send("GET", `http://127.0.0.1:8787${path}`, { headers: plain })).status, path).toBe(403);
    }
  });

  test("double content types: two claims of what a body is are none", async () => {
    const good = JSON.stringify({ ...DEMO_WEB, username: "demo", password: "correct horse battery" });
    for (const type of [
      "application/json, text/plain",
      "text/plain, application/json",
      "application/x-www-form-urlencoded, application/json",
    ]) {
      const answer = await our.send("POST", "/auth/login", { body: good, headers: { "content-type": type } });
      expect(answer.status, type).toBe(415);
    }
    expect(await statusOf("POST", "/auth/login", ["content-type", "application/json", "content-type", "text/plain"], good)).toBe(415);
  });

  test("duplicate JSON keys: the last one counts everywhere, for who is asked as for who gets in", async () => {
    const [one, other] = [await victim(), await victim()];
    const body = `{"client_id":"demo-web","client_secret":"demo-web-secret","username":${JSON.stringify(one.username)},"password":"wrong","username":${JSON.stringify(other.username)},"password":${JSON.stringify(PASSWORD)}}`;
    const answer = await our.send("POST", "/auth/login-token", { body, headers: { "content-type": "application/json" } });
    expect(decode(answer.body.accessToken).claims.id).toBe(other.id);
    await worker.settled();
    expect(
      await worker.db.prepare("select count(*) as n from attempts where user_id = ?").bind(one.id).first("n"),
      "the first is not counted for",
    ).toBe(0);
    expect(await worker.db.prepare("select count(*) as n from login_activity where user_id = ?").bind(one.id).first("n")).toBe(0);
  });

  test("duplicate parameters: a second value is refused or ignored, and never mixed in", async () => {
    const start = (body: string) => our.send("POST", GOOGLE.start, { body, headers: FORM });
    for (const second of ["client_id=demo-mobile", "client_secret=wrong", "state=b"]) {
      const answer = await start(`client_id=demo-web&client_secret=demo-web-secret&state=a&${second}`);
      expect([302, 401, 422], second).toContain(answer.status);
      if (answer.status === 302) expect(second).toBe("state=b");
    }
    const app = browser(worker);
    const fields = await app.begin(outside, GOOGLE, { sub: randomUUID() });
    const twice = await app.go("GET", `${GOOGLE.back}?${new URLSearchParams(fields)}&code=another`);
    expect(twice.status, "a code twice is no code").toBe(400);
    const user = await victim();
    await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username });
    const { token } = await mailbox(worker).wait(user.email);
    const [first, second] = [`token=${token}&token=x`, `token=x&token=${token}`];
    const statuses = [
      await our.send("GET", `/auth/verify-reset-password-link?${first}`),
      await our.send("GET", `/auth/verify-reset-password-link?${second}`),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 401]);
  });

  /** The status line that is answered to a body of these chunks, none of which is its last. */
  async function unending(path: string, chunks: number, chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`) {
    const { port, hostname } = new URL(await worker.url());
    return new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, async () => {
        socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
        for (let sent = 0; sent < chunks && !socket.destroyed; sent++) {
          if (!socket.write(chunk)) await new Promise((go) => socket.once("drain", go));
        }
      });
      socket.once("data", (data) => (resolve(String(data).split("\r\n")[0]!), socket.destroy()));
      socket.on("error", reject);
    });
  }

  const ENDLESS = ["/auth/login", "/auth/credentials", "/auth/google", "/nothing"];

  test.each(ENDLESS)("an endless body: at %s it is answered although its end never comes", async (path) => {
    // A little more than is read of any body: what is left unread makes the connection lose the answer.
    expect(await unending(path, 32 * 16 + 2)).toMatch(/^HTTP\/1\.1 4(13|15|04) /);
  });

  test("a body that stops coming: it is given up after ten seconds", async () => {
    const began = Date.now();
    const answers = await many(ENDLESS.length, (n) => unending(ENDLESS[n]!, 1, "2\r\n{}\r\n"));
    expect(answers.map((line) => line.split(" ")[1])).toEqual(["408", "408", "415", "404"]);
    expect(Date.now() - began).toBeGreaterThan(9_000);
  });

  test("request smuggling: a request inside another's body is a body", async () => {
    const { port, hostname } = new URL(await worker.url());
    const inner = "GET /auth-clients HTTP/1.1\r\nHost: x\r\n\r\n";
    const talk = (head: string, body: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(`${head}\r\n\r\n${body}`));
        let heard = "";
        socket.on("data", (chunk) => void (heard += chunk));
        socket.on("error", () => resolve(heard));
        socket.on("close", () => resolve(heard));
        setTimeout(() => socket.destroy(), 1500);
      });
    const answers = async (headers: string, body: string) =>
      (await talk(`POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}`, body))
        .split("HTTP/1.1 ")
        .slice(1)
        .map((answer) => answer.slice(0, 3));
    for (const [headers, body] of [
      [`Content-Length: ${inner.length}`, inner],
      [`Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${inner}`],
      [`Content-Length: 4\r\nContent-Length: ${inner.length}`, inner],
    ] as const) {
      const told = await answers(headers, body);
      expect(
        told.every((status) => status !== "200"),
        `${headers}: ${told}`,
      ).toBe(true);
      // What comes after a refused request is never answered as authenticated.
      expect(told.length, headers).toBeLessThanOrEqual(2);
    }
  });
});
