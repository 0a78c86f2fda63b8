// What is written down: each event once, in a row and in a line of the log, and no secret in either.
// Refused strangers leave no row each: they are counted by kind and hour.

import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { ADMIN, DEMO_WEB } from "../../support/api";
import { type Attempt, byEvent, keep, row, secret, secrets, useAudit } from "../../support/audit";
import { browser } from "../../support/browser";
import { BASIC, basic, sid } from "../../support/fixtures";
import { GOOGLE, json } from "../../support/identity_provider";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";
import { cookieHeader } from "../../support/servicestack";

const { outside, worker, our, their, person, counts, watched, logged, session } = await useAudit();

const emailOf = async (id: string) => String(await worker.db.prepare("select email from users where id = ?").bind(id).first("email"));
const ANY = expect.any(String);

describe("signing in", () => {
  const body = (username: string, password = PASSWORD) => ({ ...DEMO_WEB, username, password });

  test("with a password, for tokens and for a code", async () => {
    const { id, username } = await person();
    const direct = await watched({ path: "/auth/login-token", body: body(username) });
    keep(direct.answer.body);
    expect(direct.written).toEqual([row("sign-in ok", id, 1, sid(direct.answer.body))]);
    expect(direct.answer.waits, "the record is nobody's wait").toBe(2);

    const login = await watched({ path: "/auth/login", body: body(username) });
    const code = secret(login.answer.body.code);
    const { session_id } = login.written[0]!;
    expect(login.written).toEqual([row("sign-in ok", id, 1, ANY)]);
    const redeemed = await watched({ path: "/auth/token", body: { code, clientId: "demo-web" } });
    expect(sid(redeemed.answer.body)).toBe(session_id);
    expect(redeemed.written).toEqual([row("code ok", id, 1, session_id)]);
    expect((await watched({ path: "/auth/token", body: { code, clientId: "demo-web" } })).written).toEqual([
      row("code replay", id, 1, session_id),
    ]);
  });

  test("with what is wrong", async () => {
    const { id, username } = await person();
    const wrong = secret("a wrong password");
    const name = secret("the password typed as a name");
    const failed = await watched({ path: "/auth/login", body: body(username, wrong) });
    expect(failed.answer.status).toBe(401);
    expect(failed.written).toEqual([row("sign-in failed", id, 1)]);
    const stranger = await watched({ path: "/auth/login-token", body: body(name, wrong) });
    expect([stranger.written, stranger.counted]).toEqual([[], { "unknown name": 1 }]);
  });

  test("too often, or where no account can sign in", async () => {
    const { id, username, membershipId } = await person();
    for (let n = 0; n < 10; n++) await our.login(body(username, `wrong ${n}`), { "cf-connecting-ip": "192.0.2.9" });
    const refused = await watched({ path: "/auth/login", body: body(username) });
    expect(refused.answer.status).toBe(429);
    expect(refused.written).toEqual([row("sign-in refused", id, 1)]);
    await worker.db.batch([
      worker.db.prepare("delete from attempts"),
      worker.db.prepare("update user_tenants set status = 2 where id = ?").bind(membershipId),
    ]);
    expect((await watched({ path: "/auth/login", body: body(username) })).written).toEqual([row("sign-in failed", id, 1)]);
  });

  test("with an OTP, which was put by a client or by an administrator", async () => {
    const { id, username } = await person();
    const otp = secret("918273645");
    const put = await watched({ path: "/otp-caches", headers: BASIC, body: { username, otp } });
    expect(put.written).toEqual([row("otp ok", null, 1)]);
    const used = await watched({ path: "/auth/login-token", body: body(username, otp) });
    expect(used.written).toEqual([row("sign-in ok", id, 1, sid(keep(used.answer.body)))]);
    const admin = keep(await our.signIn(ADMIN));
    const by = await watched({ path: "/otp-caches", headers: our.bearer(admin.accessToken), body: { username, otp } });
    expect(by.written).toEqual([row("otp ok", decode(admin.accessToken).claims.id, null)]);
  });

  test("by ServiceStack's callers", async () => {
    const { id, username } = await person();
    const dto = { provider: "credentials", userName: username, password: PASSWORD };
    const ok = await watched({ path: "/api/Authenticate", body: dto });
    secret(ok.answer.body.bearerToken), secret(ok.answer.body.refreshToken);
    expect(ok.written).toEqual([row("sign-in ok", id, 1, ok.answer.body.sessionId)]);
    expect((await watched({ path: "/auth/credentials", body: { ...dto, password: "a wrong password" } })).written).toEqual([
      row("sign-in failed", id, 1),
    ]);
    const basic = Buffer.from(`${username}:${PASSWORD}`).toString("base64");
    const got = await watched({ method: "GET", path: "/auth", headers: { authorization: `Basic ${secret(basic)}` } });
    expect(got.written, got.answer.text).toEqual([row("sign-in ok", id, 1, ANY)]);
    const again = await watched({ path: "/api/Authenticate", body: dto, headers: cookieHeader(ok.answer) });
    expect(again.written, "one sign-in, in place of another").toEqual([row("sign-in ok", id, 1, again.answer.body.sessionId)]);
  });

  test("with a provider, through a browser", async () => {
    const email = `${randomUUID()}@example.com`;
    const { id } = await aUser(worker, { email });
    const somebody = { sub: secret(randomUUID()), email: secret(email), email_verified: true };
    const dance = async (who: typeof somebody, change: object = {}) => {
      const app = browser(worker);
      const fields = { ...(await app.begin(outside, GOOGLE, who)), ...change };
      return watched({ method: "GET", path: `${GOOGLE.back}?${new URLSearchParams(fields)}`, headers: { cookie: app.cookie() } });
    };
    const linked = await dance(somebody);
    secret(new URL(linked.answer.headers.get("location")!).searchParams.get("code")!);
    expect(linked.written.sort(byEvent)).toEqual([row("link ok", id, 1), row("sign-in ok", id, 1, ANY)]);
    expect((await dance(somebody)).written, "linked once").toEqual([row("sign-in ok", id, 1, ANY)]);
    const stranger = await dance({ sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true });
    const made = stranger.written[0]!.user_id;
    expect(stranger.written.sort(byEvent)).toEqual([row("sign-in ok", made, 1, ANY), row("sign-up ok", made, 1)]);
    for (const [change, kind] of [
      [{ code: "not Google's" }, "unknown identity"],
      [{ error: "access_denied" }, "denied at provider"],
      [{ state: "another's" }, "unknown state"],
    ] as const) {
      const { written, counted } = await dance(somebody, change);
      expect([written, counted]).toEqual([[], { [kind]: 1 }]);
    }
    await worker.db.prepare("update user_tenants set status = 2 where user_id = ?").bind(id).run();
    expect((await dance(somebody)).written, "of an account that may not come in").toEqual([row("sign-in failed", id, 1)]);
  });

  test("with a provider's token", async () => {
    const { id } = await person();
    const sub = randomUUID();
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', ?, ?, ?, 0)")
      .bind(GOOGLE.identityIssuer, sub, id)
      .run();
    outside.replace("https://oauth2.googleapis.com/tokeninfo", () =>
      json({ aud: GOOGLE.clientId, azp: GOOGLE.clientId, sub, exp: String(Math.floor(Date.now() / 1000) + 300), scope: "openid" }),
    );
    outside.replace(GOOGLE.profile!, () => json({ sub }));
    const token = secret("ya29.a-token-of-google");
    const dto = { provider: "google", accessToken: token };
    const ok = await watched({ path: "/api/Authenticate", body: dto });
    expect(ok.written, ok.answer.text).toEqual([row("sign-in ok", id, 1, ok.answer.body.sessionId)]);
    outside.reset();
    const refused = await watched({ path: "/api/Authenticate", body: dto });
    expect([refused.written, refused.counted]).toEqual([[], { "unknown identity": 1 }]);
  });
});

describe("a session", () => {
  test("is stolen", async () => {
    const { user, pair, headers } = await session();
    for (let n = 0, last = pair; n < 2; n++) last = keep((await our.refresh(last)).body);
    const theft = await watched({ path: "/auth/token-refresh", body: { refreshToken: pair.refreshToken }, headers });
    expect(theft.written).toEqual([row("refresh theft", user.id, 1, sid(pair))]);
    const again = await watched({ path: "/auth/token-refresh", body: { refreshToken: pair.refreshToken }, headers });
    expect(again.written, "it was ended once").toEqual([]);
  });

  test.each(["/logout", "/keycloak/logout"])("is ended by %s", async (path) => {
    const { user, pair, headers } = await session();
    const body = { refreshToken: pair.refreshToken };
    const out = await watched({ path, body, headers });
    expect(out.written).toEqual([row("sign-out ok", user.id, 1, sid(pair))]);
    expect(out.answer.waits).toBe(1);
    expect((await watched({ path, body, headers })).written, "there is nothing to end any more").toEqual([]);
  });

  test("is ended by ServiceStack's callers, with any tokens of it", async () => {
    const { id, username } = await person();
    const signedIn = await their.signIn({ userName: username, password: PASSWORD });
    const headers = { ...cookieHeader(signedIn), authorization: `Bearer ${signedIn.body.bearerToken}` };
    expect((await watched({ path: "/auth/logout", body: "", headers })).written).toEqual([
      row("sign-out ok", id, 1, signedIn.body.sessionId),
    ]);
    expect((await watched({ path: "/auth/logout", body: "", headers })).written).toEqual([]);
  });

  test("that is only used is not written down", async () => {
    const { pair, headers } = await session();
    expect((await watched({ method: "GET", path: "/auth/me", headers })).written).toEqual([]);
    expect((await watched({ path: "/auth/token-refresh", body: { refreshToken: pair.refreshToken }, headers })).written).toEqual([]);
  });
});

describe("a password", () => {
  test("is changed, or not", async () => {
    const { user, pair, headers } = await session();
    const change = (oldPassword: string) =>
      watched({
        method: "PATCH",
        path: "/auth/change-password",
        headers,
        body: { refreshToken: pair.refreshToken, username: user.username, oldPassword, password: secret("the next password") },
      });
    const of = (event: string) => [row(event, user.id, 1, sid(pair))];
    for (let n = 0; n < 10; n++) expect((await change(`a wrong password ${n}`)).written).toEqual(of("password failed"));
    expect((await change(PASSWORD)).written).toEqual(of("password refused"));
    await worker.db.prepare("delete from attempts").run();
    expect((await change(PASSWORD)).written).toEqual(of("password ok"));
  });

  test("is reset, or not", async () => {
    const { id, username } = await person();
    const asked = await watched({ path: "/auth/forget-password", body: { ...DEMO_WEB, username } });
    expect(asked.written).toEqual([]);
    const { token } = await mailbox(worker).wait(await emailOf(id));
    const reset = (token: string) =>
      watched({
        method: "PATCH",
        path: "/auth/reset-password",
        body: { ...DEMO_WEB, token: secret(token), password: secret("a password by link") },
      });
    expect((await reset(token!)).written).toEqual([row("reset ok", id, 1)]);
    expect((await reset(token!)).written).toEqual([row("reset failed", id, 1)]);
  });
});

test("a sign-up that succeeds, and one that does not", async () => {
  const email = `${randomUUID()}@example.com`;
  await our.post("/auth/sign-up/create-token", { email });
  const { token } = await mailbox(worker).wait(email);
  const create = (token: string) =>
    watched({ path: "/auth/sign-up/create-user", headers: our.bearer(secret(token)), body: { email, password: PASSWORD } });
  const refused = await create("nobodys-invitation");
  expect([refused.written, refused.counted]).toEqual([[], { "refused invitation": 1 }]);
  const made = await create(token!);
  expect(made.written).toEqual([row("sign-up ok", made.answer.body.user.id, null)]);
});

describe("strangers leave no row each, but are counted by kind and hour:", () => {
  const refused: [kind: string, status: number, attempt: Attempt][] = [
    ["unknown client", 401, { path: "/auth/login", body: { client_id: "nobody", client_secret: "x", username: "demo", password: "x" } }],
    ["unknown client", 401, { path: "/auth/forget-password", body: { client_id: "nobody", client_secret: "x", username: "demo" } }],
    ["unknown client", 401, { path: "/auth/google?client_id=nobody&client_secret=x", method: "GET" }],
    ["wrong client secret", 401, { path: "/auth/login-token", body: { ...DEMO_WEB, client_secret: "x", username: "demo", password: "x" } }],
    ["wrong client secret", 401, { path: "/otp-caches", headers: basic("demo-web", "x"), body: { username: "demo", otp: "123456" } }],
    [
      "wrong client secret",
      401,
      { path: "/auth/reset-password", method: "PATCH", body: { ...DEMO_WEB, client_secret: "x", token: "x", password: PASSWORD } },
    ],
    ["unknown name", 401, { path: "/auth/login", body: { ...DEMO_WEB, username: "nobody", password: "x" } }],
    ["unknown name", 401, { path: "/api/Authenticate", body: { provider: "credentials", userName: "n".repeat(300), password: "x" } }],
    ["unknown code", 401, { path: "/auth/token", body: { code: "nobody's", clientId: "demo-web" } }],
    ["unknown code", 401, { path: "/auth/token", body: { code: "nobody's", clientId: "nobody" } }],
    ["unknown state", 401, { path: `${GOOGLE.back}?state=nobodys&code=x`, method: "GET" }],
    ["unknown ticket", 401, { path: "/auth/sign-in/continue?ticket=nobodys", method: "GET" }],
    ["refused invitation", 401, { path: "/auth/sign-up/verify-token", method: "GET", headers: { authorization: "Bearer nobodys" } }],
    [
      "refused invitation",
      401,
      {
        path: "/auth/sign-up/create-user",
        headers: { authorization: "Bearer nobodys" },
        body: { email: "a@example.com", password: PASSWORD },
      },
    ],
    ["unknown reset link", 401, { path: "/auth/verify-reset-password-link?token=nobodys", method: "GET" }],
    [
      "unknown reset link",
      401,
      { path: "/auth/reset-password", method: "PATCH", body: { ...DEMO_WEB, token: "nobody's", password: PASSWORD } },
    ],
    ["unknown identity", 401, { path: "/api/Authenticate", body: { provider: "google", accessToken: "made up" } }],
  ];

  test.each(refused)("%s: %i", async (kind, status, attempt) => {
    const { answer, written, counted } = await watched(attempt);
    expect(answer.status, answer.text).toBe(status);
    expect(written).toEqual([]);
    expect(counted).toEqual({ [kind]: 1 });
  });

  test("three hundred are a number in one row, and no more than one log line a second", async () => {
    await worker.db.prepare("delete from hourly_counts").run();
    const before = await worker.rows({ but: ["hourly_counts"] });
    const lines = (await logged()).length;
    const start = Date.now();
    for (let n = 0; n < 6; n++) {
      await Promise.all(Array.from({ length: 50 }, () => our.post("/auth/token", { code: randomUUID(), clientId: "demo-web" })));
    }
    await worker.settled();
    expect(await counts()).toEqual({ "unknown code": 300 });
    const seconds = Math.ceil((Date.now() - start) / 1000);
    expect(await worker.rows({ but: ["hourly_counts"] })).toEqual(before);
    const hours = (await worker.rows()).hourly_counts!;
    expect(hours.length, "one row, unless the hour has turned").toBeLessThanOrEqual(2);
    for (const { hour } of hours) expect(Number(hour) % 3_600_000).toBe(0);
    const said = (await logged()).slice(lines);
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThanOrEqual(seconds + 1);
    for (const line of said)
      expect(line).toMatchObject({ event: "unknown code", at: expect.any(String), address: "127.0.0.1", leftOut: expect.any(Number) });
  });
});

test("an account has sixty rows an hour of each kind of refusal: the rest is counted", async () => {
  const { id, username } = await person();
  const { code } = (await our.login({ username, password: PASSWORD })).body;
  const counted = await counts();
  /** Rows, and what was only counted, of a kind of event. */
  const left = async (what: string) => {
    await worker.settled();
    const rows = await worker.db
      .prepare("select count(*) as n from login_activity where user_id = ? and kind || ' ' || result = ?")
      .bind(id, what)
      .first("n");
    return [rows, ((await counts())[what] ?? 0) - (counted[what] ?? 0)];
  };
  await our.token(code);
  for (let n = 0; n < 70; n++) await our.token(code);
  expect(await left("code replay")).toEqual([60, 10]);
  for (let n = 0; n < 80; n++) await our.login({ username, password: `wrong ${n}` });
  expect(await left("sign-in failed")).toEqual([10, 0]);
  expect(await left("sign-in refused")).toEqual([60, 10]);
  await worker.db.prepare("update login_activity set at = at - 3600000 where user_id = ?").bind(id).run();
  await our.token(code);
  expect(await left("code replay"), "a new hour is a new share").toEqual([61, 10]);
});

test("nothing that a caller says of itself makes a row long", async () => {
  const ray = randomUUID();
  const { id, username } = await person();
  const headers = {
    "user-agent": "agent ".repeat(1000),
    "cf-connecting-ip": "192.0.2.9".padEnd(5000, "x"),
    "cf-ray": ray.padEnd(5000, "x"),
  };
  await our.login({ username, password: "wrong" }, headers);
  await worker.settled();
  const rows = (await worker.db.prepare("select * from login_activity where user_id = ?").bind(id).all()).results;
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows).length).toBeLessThan(700);
});

test("every change of a client with its author, and every attempt without the permission", async () => {
  const admin = keep(await our.signIn(ADMIN));
  const by = decode(admin.accessToken).claims.id;
  const headers = our.bearer(admin.accessToken);
  const lifetimes = { accessTokenExpiration: 900, refreshTokenExpiration: 3600, authCodeExpiration: 60 };
  const body = {
    clientId: "written-down",
    clientSecret: secret("a client's new secret"),
    secret: secret("a signing secret"),
    ...lifetimes,
  };
  const made = await watched({ path: "/auth-clients", headers, body });
  const { id } = made.answer.body;
  expect(made.written).toEqual([row("client created", by, id)]);
  expect((await watched({ path: "/auth-clients", headers, body })).written, "409 changes nothing").toEqual([]);
  expect(
    (await watched({ method: "PATCH", path: `/auth-clients/${id}`, headers, body: { clientSecret: secret("another secret of it") } }))
      .written,
  ).toEqual([row("client changed", by, id)]);
  expect((await watched({ method: "PUT", path: `/auth-clients/${id}`, headers, body })).written).toEqual([row("client changed", by, id)]);
  const where = encodeURIComponent(JSON.stringify({ clientId: "written-down" }));
  const many = await watched({ method: "PATCH", path: `/auth-clients?where=${where}`, headers, body: { accessTokenExpiration: 600 } });
  expect(many.answer.body).toEqual({ count: 1 });
  expect(many.written).toEqual([row("client changed", by, id)]);
  const none = encodeURIComponent(JSON.stringify({ clientId: "there is none" }));
  expect(
    (await watched({ method: "PATCH", path: `/auth-clients?where=${none}`, headers, body: { accessTokenExpiration: 600 } })).written,
  ).toEqual([]);
  expect((await watched({ method: "DELETE", path: `/auth-clients/${id}`, headers })).written).toEqual([row("client deleted", by, id)]);
  expect((await watched({ method: "DELETE", path: `/auth-clients/${id}`, headers })).written).toEqual([]);
  expect((await watched({ method: "GET", path: "/auth-clients", headers })).written).toEqual([]);

  const { user, headers: plain } = await session();
  for (const attempt of [
    { path: "/auth-clients", body },
    { method: "PATCH", path: "/auth-clients/1", body: { secret: "x" } },
    { method: "PUT", path: "/auth-clients/1", body },
    { method: "PATCH", path: "/auth-clients?where={}", body: { accessTokenExpiration: 600 } },
    { method: "DELETE", path: "/auth-clients/1" },
  ]) {
    const { answer, written } = await watched({ ...attempt, headers: plain });
    expect(answer.status).toBe(403);
    expect(written, attempt.method).toEqual([row("client refused", user.id, null)]);
  }
});

test("none of it holds a secret", async () => {
  expect(secrets.size).toBeGreaterThan(30);
  const rows = JSON.stringify((await worker.db.prepare("select * from login_activity").all()).results);
  const printed = await worker.printed();
  for (const text of secrets) {
    expect(rows.includes(text), text).toBe(false);
    expect(printed.includes(text), text).toBe(false);
  }
});

test("the platform keeps no log of URLs, which can hold secrets, and keeps ours", () => {
  const config = fileURLToPath(new URL("../../../wrangler.toml", import.meta.url));
  const { observability } = unstable_readConfig({ config });
  expect(observability).toMatchObject({ enabled: true, logs: { enabled: true, invocation_logs: false } });
});

test("rows are swept when they are older than AUDIT_RETENTION_DAYS", async () => {
  const day = 86_400_000;
  const ages = async () =>
    (await worker.db.prepare("select id from login_activity where id like 'old %' order by id").all()).results.map(({ id }) => id);
  const sweep = () => worker.scheduled("17 3 * * *");
  for (const days of [1, 3, 89, 91])
    await worker.db
      .prepare("insert into login_activity (id, at, kind, result) values (?, ?, 'sign-in', 'ok')")
      .bind(`old ${String(days).padStart(2)}`, Date.now() - days * day + 60_000)
      .run();
  await worker.db.prepare("update login_activity set at = at - 120000 where id = 'old 91'").run();
  await sweep();
  expect(await ages(), "90 days unless somebody says otherwise").toEqual(["old  1", "old  3", "old 89"]);
  await worker.restart({ AUDIT_RETENTION_DAYS: "2" });
  await sweep();
  expect(await ages()).toEqual(["old  1"]);
  expect(await worker.db.prepare("select count(*) as n from login_activity").first("n"), "the others are of today").toBeGreaterThan(30);
});
