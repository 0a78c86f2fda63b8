// Codes and sessions: how a session is opened, moved on, ended, and what ends it for us.

import { createHash, randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { DEMO_MOBILE, DEMO_WEB, type Pair, flat, nested } from "../../support/api";
import { REVOKED, sid, useWorker } from "../../support/fixtures";
import { decode, jwt, keyOf } from "../../support/jwt";
import { aUser } from "../../support/seed";
import { freshDataKey, freshKeys } from "../../support/worker";

const keys = freshKeys();
const TOKEN_EXPIRED = flat(401, "Token Expired");
const TOKEN_INVALID = flat(401, "Token Invalid");
const CODE_EXPIRED = flat(401, "Code Expired");
const INVALID_CREDENTIALS = flat(401, "Invalid Credentials");

const { worker, our, session } = useWorker({ settings: { JWT_KEYS: keys } });

const run = (sql: string, ...values: unknown[]) =>
  worker.db
    .prepare(sql)
    .bind(...values)
    .run();
const newCode = async (body: object = {}): Promise<string> => (await our.login(body)).body.code;
const redeem = async (code: string, body: object = {}): Promise<Pair> => {
  const answer = await our.token(code, body);
  expect(answer.status).toBe(200);
  return answer.body;
};

const expectAlive = async (pair: Pair) => expect((await our.me(pair.accessToken)).status).toBe(200);
const expectOver = async (pair: Pair) => {
  expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  expect((await our.refresh(pair)).body).toEqual(TOKEN_EXPIRED);
};

describe("a code", () => {
  test("is opaque, and its row does not hold it", async () => {
    const code = await newCode();
    expect(code).toMatch(/^[\w-]{43}$/);
    const row = (await codeRow(code))!;
    expect(row.kind).toBe("code");
    expect(JSON.stringify(row)).not.toContain(code);
  });

  test("opens a session once; the second time it ends that session", async () => {
    const code = await newCode();
    const pair = await redeem(code);
    await expectAlive(pair);
    const again = await our.token(code);
    expect(again.status).toBe(401);
    expect(again.body).toEqual(CODE_EXPIRED);
    expect(again.waits).toBeLessThanOrEqual(2);
    await expectOver(pair);
    expect(await session(pair)).toMatchObject({ ended_why: "code replayed" });
    expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
  });

  test("is over when its time is, and opens nothing", async () => {
    const code = await newCode();
    await run("update one_time set expires_on = ? where key = ?", Date.now() - 1, key(code));
    expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
    expect((await codeRow(code))!.taken_by).toBeNull();
    const { session_id } = (await codeRow(code))!;
    expect(await worker.db.prepare("select 1 from sessions where id = ?").bind(session_id).first()).toBeNull();
  });

  test("that was used still ends its session when it comes back after its time", async () => {
    const code = await newCode();
    const pair = await redeem(code);
    await run("update one_time set expires_on = ? where key = ?", Date.now() - 1, key(code));
    expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
    await expectOver(pair);
  });

  test("of one client is nothing to another, which neither spends it nor ends its session", async () => {
    const code = await newCode();
    expect((await our.token(code, { clientId: "demo-mobile" })).body).toEqual(INVALID_CREDENTIALS);
    const pair = await redeem(code);
    expect((await our.token(code, { clientId: "demo-mobile" })).body).toEqual(INVALID_CREDENTIALS);
    await expectAlive(pair);
  });

  test("that nobody made is refused", async () => {
    const code = await newCode();
    for (const other of ["", "x", code.toUpperCase(), ` ${code}`, key(code), randomBytes(32).toString("base64url")]) {
      expect((await our.token(other)).body, other).toEqual(INVALID_CREDENTIALS);
    }
    expect((await our.token(`${code}\u0000`)).status).toBe(422);
    await redeem(code);
  });

  test("is void once its client's secret is another, and a replay ends the session even then", async () => {
    const [unused, used] = [await newCode(), await newCode()];
    const pair = await redeem(used);
    const { secret_digest } = (await worker.db
      .prepare("select secret_digest from auth_clients where id = 1")
      .first<{ secret_digest: string }>())!;
    await run("update auth_clients set secret_digest = 'another' where id = 1");
    expect((await our.token(unused)).body).toEqual(INVALID_CREDENTIALS);
    await expectAlive(pair);
    expect((await our.token(used)).body).toEqual(INVALID_CREDENTIALS);
    await expectOver(pair);
    await run("update auth_clients set secret_digest = ? where id = 1", secret_digest);
  });

  test("needs a client that exists", async () => {
    const code = await newCode();
    for (const clientId of ["", "nobody", "DEMO-WEB", "demo-web "]) {
      expect((await our.token(code, { clientId })).body, clientId).toEqual(flat(401, "Client Invalid"));
    }
    await run("update auth_clients set deleted = 1 where id = 1");
    expect((await our.token(code)).body).toEqual(flat(401, "Client Invalid"));
    await run("update auth_clients set deleted = 0 where id = 1");
    await redeem(code);
  });

  test("is not for a new client of the old one's name", async () => {
    const code = await newCode();
    await run("update auth_clients set deleted = 1 where id = 1");
    await run(
      "insert into auth_clients select 99, client_id, client_secret_digest, secret_digest, redirect_url, 900, 86400, 180, 0, 0, 0, null, null from auth_clients where id = 1",
    );
    expect((await our.token(code)).body).toEqual(INVALID_CREDENTIALS);
    await run("delete from auth_clients where id = 99");
    await run("update auth_clients set deleted = 0 where id = 1");
  });

  test.each([
    [31_536_000, 600],
    [601, 600],
    [600, 600],
    [180, 180],
    [1, 1],
  ])("of a client that says %i s lives %i s", async (wished, lives) => {
    await run("update auth_clients set auth_code_expiration = ? where id = 1", wished);
    const row = (await codeRow(await newCode()))!;
    expect(row.expires_on - row.created_on).toBe(lives * 1000);
    await run("update auth_clients set auth_code_expiration = 180 where id = 1");
  });

  test("is redeemed where the key-value store knows nothing of it yet", async () => {
    const code = await newCode();
    await worker.kv.delete(key(code));
    await expectAlive(await redeem(code));
  });

  test("opens a session that is bound to the device that brings it", async () => {
    const answer = await our.token(await newCode(), {}, { device_id: "mine" });
    expect((await our.refresh(answer.body)).body).toEqual(TOKEN_INVALID);
    expect((await our.refresh(answer.body, { device_id: "mine" })).status).toBe(200);
  });
});

const key = (code: string) => `code:${createHash("sha256").update(code).digest("base64url")}`;
interface CodeRow {
  kind: string;
  session_id: string;
  taken_by: string | null;
  created_on: number;
  expires_on: number;
}
const codeRow = (code: string) => worker.db.prepare("select * from one_time where key = ?").bind(key(code)).first<CodeRow>();

describe("PKCE", () => {
  // RFC 7636, Appendix B.
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const begun = (body: object = {}) => newCode({ code_challenge: challenge, ...body });

  test("a code begun with a challenge is redeemed by its verifier", async () => {
    await expectAlive(await redeem(await begun(), { code_verifier: verifier }));
    await expectAlive(await redeem(await begun({ code_challenge_method: "S256" }), { code_verifier: verifier }));
  });

  test.each(
    Object.entries({
      missing: {},
      empty: { code_verifier: "" },
      wrong: { code_verifier: verifier.replace("d", "e") },
      "too short": { code_verifier: verifier.slice(1) },
      "too long": { code_verifier: verifier.repeat(3) },
      "of the wrong alphabet": { code_verifier: `${verifier.slice(1)}=` },
      "the challenge itself": { code_verifier: challenge },
    }),
  )("a verifier that is %s is refused, and the code is spent", async (_, body) => {
    const code = await begun();
    expect((await our.token(code, body)).body).toEqual(INVALID_CREDENTIALS);
    const after = await our.token(code, { code_verifier: verifier });
    expect(after.status).toBe(401);
    expect(after.body).toEqual(CODE_EXPIRED);
    const { session_id } = (await codeRow(code))!;
    expect(await worker.db.prepare("select 1 from sessions where id = ?").bind(session_id).first()).toBeNull();
  });

  test.each([verifier, "", "x"])(
    "a verifier (%j) for a code begun without a challenge is refused, and the code is spent",
    async (code_verifier) => {
      const code = await newCode();
      expect((await our.token(code, { code_verifier })).body).toEqual(INVALID_CREDENTIALS);
      expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
    },
  );

  test("another client's try, with the right verifier or not, spends nothing", async () => {
    const code = await begun();
    expect((await our.token(code, { clientId: "demo-mobile", code_verifier: verifier })).body).toEqual(INVALID_CREDENTIALS);
    await redeem(code, { code_verifier: verifier });
  });

  const wrong = (path: string, message: string) => ({
    error: {
      statusCode: 422,
      name: "UnprocessableEntityError",
      message: "The request body is invalid. See error object `details` property for more info.",
      code: "VALIDATION_FAILED",
      details: [{ path, code: "pattern", message, info: {} }],
    },
  });
  const MALFORMED = wrong("/code_challenge", "must be the base64url SHA-256 of the verifier, 43 characters");
  const METHOD = wrong("/code_challenge_method", "must be S256");

  test.each([
    [{ code_challenge: "" }, MALFORMED],
    [{ code_challenge: challenge.slice(1) }, MALFORMED],
    [{ code_challenge: `${challenge}A` }, MALFORMED],
    [{ code_challenge: `${challenge.slice(1)}=` }, MALFORMED],
    [{ code_challenge: `${challenge.slice(1)}+` }, MALFORMED],
    [{ code_challenge: challenge, code_challenge_method: "plain" }, METHOD],
    [{ code_challenge: challenge, code_challenge_method: "s256" }, METHOD],
    [{ code_challenge: challenge, code_challenge_method: "" }, METHOD],
    [{ code_challenge_method: "S256" }, wrong("/code_challenge_method", "must NOT be present without code_challenge")],
  ])("%j is refused for its shape, before anything is read", async (body, expected) => {
    const answer = await our.login(body);
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual(expected);
    expect(answer.waits).toBe(0);
  });
});

describe("refreshing", () => {
  test("gives the next pair, in two waits; the earlier access token stays good", async () => {
    const first = await our.signIn();
    const answer = await our.refresh(first);
    expect(answer.status).toBe(200);
    expect(answer.waits).toBeLessThanOrEqual(2);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const second: Pair = answer.body;
    expect(Object.keys(second)).toEqual(["accessToken", "refreshToken", "expires"]);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(sid(second)).toBe(sid(first));
    await expectAlive(first);
    await expectAlive(second);
    expect((await our.refresh({ ...second, accessToken: first.accessToken })).status, "any access token of the session vouches").toBe(200);
  });

  test("again within the window is a lost reply: the same refresh token and a fresh access token", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first)).body;
    const before = await session(first);
    for (let i = 0; i < 3; i++) {
      const again = await our.refresh(first);
      expect(again.status).toBe(200);
      expect(again.waits).toBeLessThanOrEqual(2);
      expect(again.body.refreshToken).toBe(second.refreshToken);
      expect(again.body.accessToken).not.toBe(second.accessToken);
      await expectAlive(again.body);
    }
    expect(await session(first), "a retry moves nothing").toEqual(before);
    expect((await our.refresh(second)).status).toBe(200);
  });

  test("again after the window is theft: everybody's session is over", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first)).body;
    await run("update sessions set refreshed_on = refreshed_on - 10000 where id = ?", sid(first));
    const stolen = await our.refresh(first);
    expect(stolen.status).toBe(401);
    expect(stolen.body).toEqual(TOKEN_EXPIRED);
    await expectOver(first);
    await expectOver(second);
    expect(await session(first)).toMatchObject({ ended_why: "refresh theft", refresh_n: 1 });
  });

  test("with a token two steps back is theft at once", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first)).body;
    const third: Pair = (await our.refresh(second)).body;
    expect((await our.refresh(first)).body).toEqual(TOKEN_EXPIRED);
    for (const pair of [first, second, third]) await expectOver(pair);
  });

  test("theft ends that session and no other", async () => {
    const other = await our.signIn();
    const first = await our.signIn();
    await our.refresh((await our.refresh(first)).body);
    await our.refresh(first);
    await expectOver(first);
    await expectAlive(other);
  });

  test("needs a pair of one session, and moves nothing without", async () => {
    const [one, two] = [await our.signIn(), await our.signIn()];
    const before = [await session(one), await session(two)];
    const bare = (authorization?: string) =>
      our.post("/auth/token-refresh", { refreshToken: one.refreshToken }, authorization === undefined ? {} : { authorization });
    for (const answer of [
      await our.refresh({ ...one, accessToken: two.accessToken }),
      await our.refresh({ ...one, accessToken: one.refreshToken }),
      await bare(),
      await bare("Bearer"),
      await bare(`Basic ${one.accessToken}`),
      await bare(`Bearer ${one.accessToken} x`),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(TOKEN_INVALID);
      expect(answer.waits).toBe(0);
    }
    expect([await session(one), await session(two)]).toEqual(before);
    expect((await our.refresh(one)).status).toBe(200);
  });

  test("with what is no refresh token of ours asks no storage", async () => {
    const [pair, other] = [await our.signIn(), await our.signIn()];
    const [id, n, tag] = pair.refreshToken.split(".") as [string, string, string];
    const otherTag = other.refreshToken.split(".")[2];
    for (const refreshToken of [
      "",
      "x",
      ".",
      "..",
      "...",
      `${id}.${n}`,
      `${id}.${n}.`,
      `${id}.${n}.${otherTag}`,
      `${id}.1.${tag}`,
      `${id}.00.${tag}`,
      `${id}.+0.${tag}`,
      `${sid(other)}.${n}.${tag}`,
      `${id}.${n}.${tag.slice(0, -1)}`,
      `${id}.${n}.${tag}A`,
      `${id}.${n}.${tag}=`,
      `${id}.${n}.${tag}.${tag}`,
      `${id}.-1.${tag}`,
      `${id}.4294967296.${tag}`,
      ` ${pair.refreshToken}`,
      `${pair.refreshToken} `,
      `${id}..${n}${tag}`,
      "é.é.é",
      pair.accessToken,
      await newCode(),
    ]) {
      const answer = await our.refresh({ ...pair, refreshToken });
      expect(answer.status).toBe(401);
      expect(answer.body, refreshToken).toEqual(TOKEN_EXPIRED);
      expect(answer.waits).toBe(0);
    }
    expect((await our.refresh(pair)).status).toBe(200);
  });

  test("takes an access token that has expired", async () => {
    const pair = await our.signIn();
    const { header, claims } = decode(pair.accessToken);
    const past = Math.floor(Date.now() / 1000) - 86_000;
    const expired = jwt(header, { ...claims, iat: past - 900, exp: past }, keyOf(keys).privateKey);
    expect((await our.me(expired)).body).toEqual(nested("TokenExpired"));
    const answer = await our.refresh({ ...pair, accessToken: expired });
    expect(answer.status).toBe(200);
    await expectAlive(answer.body);
  });

  test("of a session with a device is refused to another and to none, and changes nothing", async () => {
    const first = await our.signIn({}, { device_id: "mine" });
    const second: Pair = (await our.refresh(first, { device_id: "mine" })).body;
    const third: Pair = (await our.refresh(second, { device_id: "mine" })).body;
    const before = await session(first);
    expect(JSON.stringify(before)).not.toContain("mine");
    const devices: Record<string, string>[] = [
      {},
      { device_id: "" },
      { device_id: "theirs" },
      { device_id: "MINE" },
      { device_id: before.device! },
    ];
    for (const headers of devices) {
      for (const pair of [third, second, first]) {
        const answer = await our.refresh(pair, headers);
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual(TOKEN_INVALID);
      }
    }
    expect(await session(first)).toEqual(before);
    expect((await our.refresh(third, { device_id: "mine" })).status).toBe(200);
  });

  test("of a session without a device asks for none", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first, { device_id: "any" })).body;
    expect(decode(second.accessToken).claims.deviceInfo.deviceId).toBe("any");
    expect((await our.refresh(second)).status).toBe(200);
  });

  test("ends when nobody has refreshed for the client's lifetime, counted from the last time", async () => {
    const pair = await our.signIn();
    const age = (by: number) =>
      run("update sessions set last_used_on = last_used_on - ?, refreshed_on = refreshed_on - ? where id = ?", by, by, sid(pair));
    await age(86_390_000);
    const next = await our.refresh(pair);
    expect(next.status).toBe(200);
    await age(86_390_000);
    const after = await our.refresh(next.body);
    expect(after.status, "the last refresh counts, not the sign-in").toBe(200);
    await age(86_400_000);
    expect((await our.refresh(after.body)).body).toEqual(TOKEN_EXPIRED);
    await run("update auth_clients set refresh_token_expiration = 172800 where id = 1");
    expect((await our.refresh(after.body)).status, "the client's lifetime as it is now decides").toBe(200);
    await run("update auth_clients set refresh_token_expiration = 86400 where id = 1");
  });

  test("does not move the absolute end, after which all is over", async () => {
    const pair = await our.signIn();
    const before = await session(pair);
    expect(before.expires_on - before.created_on).toBe(2_592_000_000);
    const next: Pair = (await our.refresh(pair)).body;
    expect((await session(pair)).expires_on).toBe(before.expires_on);
    await run("update sessions set expires_on = ? where id = ?", Date.now() - 1, sid(pair));
    await expectOver(next);
    expect((await our.logout(next)).body).toEqual(REVOKED);
  });
});

describe("signing out", () => {
  test("ends the session everywhere at once, and no other", async () => {
    const [one, other] = [await our.signIn(), await our.signIn()];
    const { id } = (await our.me(one.accessToken)).body;
    const next: Pair = (await our.refresh(one)).body;
    const answer = await our.logout(next);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ success: true, key: id });
    expect(answer.waits).toBe(1);
    await expectOver(one);
    await expectOver(next);
    await expectAlive(other);
    const again = await our.logout(next);
    expect(again.status).toBe(401);
    expect(again.body).toEqual(REVOKED);
    expect(await session(one)).toMatchObject({ ended_why: "signed out" });
  });

  test("takes any refresh token of the bearer's session", async () => {
    const first = await our.signIn();
    await our.refresh((await our.refresh(first)).body);
    expect((await our.logout(first)).status).toBe(200);
    await expectOver(first);
  });

  test("needs a refresh token of the bearer's session, and ends nothing without", async () => {
    const [one, other] = [await our.signIn(), await our.signIn()];
    const out = (body: unknown) => our.post("/logout", body, our.bearer(one.accessToken));
    for (const body of [undefined, null, {}, { refreshToken: "" }]) {
      const answer = await out(body);
      expect(answer.status).toBe(422);
      expect(answer.body).toEqual(flat(422, "TokenMissing"));
    }
    expect((await out({ refreshToken: "unknown" })).body).toEqual(TOKEN_EXPIRED);
    const foreign = await out({ refreshToken: other.refreshToken });
    expect(foreign.body).toEqual(TOKEN_INVALID);
    expect(foreign.waits).toBe(1);
    await expectAlive(one);
    await expectAlive(other);
  });

  test("a bearer whose session is over hears of nothing else", async () => {
    const [one, other] = [await our.signIn(), await our.signIn()];
    await our.logout(one);
    for (const refreshToken of ["", "unknown", other.refreshToken, one.refreshToken]) {
      expect((await our.logout({ ...one, refreshToken })).body).toEqual(REVOKED);
    }
    await expectAlive(other);
  });
});

describe("a session lives as long as everything it stands on", () => {
  const demo = "(select id from users where username = 'demo')";
  const tenant = "(select default_tenant_id from users where username = 'demo')";
  const roleOf = `(select role_id from user_tenants where user_id = ${demo})`;
  const membership = `user_tenants where user_id = ${demo}`;
  const grounds: Record<string, { ruin: string[]; mend: string[]; atToken?: object }> = {
    ...Object.fromEntries(
      [0, 2, 4].map((status) => [
        `the user's status becomes ${status}`,
        {
          ruin: [`update user_tenants set status = ${status} where user_id = ${demo}`],
          mend: [`update user_tenants set status = 1 where user_id = ${demo}`],
        },
      ]),
    ),
    "the user is deleted": {
      ruin: ["update users set deleted = 1 where username = 'demo'"],
      mend: ["update users set deleted = 0 where username = 'demo'"],
    },
    "the tenant is switched off": {
      ruin: [`update tenants set status = 1 where id = ${tenant}`],
      mend: [`update tenants set status = 0 where id = ${tenant}`],
    },
    "the tenant is deleted": {
      ruin: [`update tenants set deleted = 1 where id = ${tenant}`],
      mend: [`update tenants set deleted = 0 where id = ${tenant}`],
    },
    "the role is deleted": {
      ruin: [`update roles set deleted = 1 where id = ${roleOf}`],
      mend: [`update roles set deleted = 0 where id = ${roleOf}`],
    },
    "the membership is deleted": {
      ruin: [`update user_tenants set deleted = 1 where user_id = ${demo}`],
      mend: [`update user_tenants set deleted = 0 where user_id = ${demo}`],
    },
    "the membership's row is removed": {
      ruin: [`create table kept as select * from ${membership}`, `delete from ${membership}`],
      mend: ["insert into user_tenants select * from kept", "drop table kept"],
    },
    "the user's default tenant is taken away": {
      ruin: [
        `create table kept as select default_tenant_id as t from users where username = 'demo'`,
        "update users set default_tenant_id = null where username = 'demo'",
      ],
      mend: ["update users set default_tenant_id = (select t from kept) where username = 'demo'", "drop table kept"],
    },
    "the client is deleted": {
      ruin: ["update auth_clients set deleted = 1 where id = 1"],
      mend: ["update auth_clients set deleted = 0 where id = 1"],
      atToken: flat(401, "Client Invalid"),
    },
    "the client is no longer the user's": {
      ruin: [`delete from user_clients where client_id = 1 and user_id = ${demo}`],
      mend: [`insert into user_clients (user_id, client_id) values (${demo}, 1)`],
    },
  };

  const client = {
    clientId: "new",
    clientSecret: "x",
    secret: "x",
    accessTokenExpiration: 1,
    refreshTokenExpiration: 1,
    authCodeExpiration: 1,
  };
  /** The routes of bearers besides those that are asked anyway. */
  const forBearers = ({ refreshToken }: Pair): [method: string, path: string, body?: object][] => [
    ["POST", "/keycloak/logout", { refreshToken }],
    ["GET", "/auth-clients"],
    ["GET", '/auth-clients?filter={"where":{"clientId":{"regexp":"x"}}}'],
    ["GET", "/auth-clients/count"],
    ["GET", "/auth-clients/1"],
    ["POST", "/auth-clients", client],
    ["PUT", "/auth-clients/1", client],
    ["PATCH", "/auth-clients/1", { accessTokenExpiration: 1 }],
    ["PATCH", "/auth-clients?where={}", { accessTokenExpiration: 1 }],
    ["DELETE", "/auth-clients/1"],
    ["POST", "/otp-caches", { otp: "123456", username: "demo" }],
    ["GET", "/otp-caches/demo"],
    ["DELETE", "/otp-caches/demo"],
  ];

  test.each(Object.entries(grounds))(
    "%s: refused at once, and not revived when that is undone",
    async (_, { ruin, mend, atToken = INVALID_CREDENTIALS }) => {
      const batch = (statements: string[]) => worker.db.batch(statements.map((sql) => worker.db.prepare(sql)));
      const elsewhere = await our.signIn({ ...DEMO_WEB, username: "admin", password: "correct horse staple" });
      const [pair, other] = [await our.signIn(), await our.signIn()];
      const code = await newCode();
      await batch(ruin);
      try {
        for (const answer of [
          await our.me(pair.accessToken),
          await our.logout(pair),
          await our.changePassword(pair.accessToken, { refreshToken: pair.refreshToken }),
        ]) {
          expect(answer.status).toBe(401);
          expect(answer.body).toEqual(REVOKED);
        }
        for (const [method, path, body] of forBearers(pair)) {
          const answer = await our.send(method, path, { body, headers: our.bearer(pair.accessToken) });
          expect(answer.body, `${method} ${path}`).toEqual(REVOKED);
        }
        const refreshed = await our.refresh(pair);
        expect(refreshed.status).toBe(401);
        expect(refreshed.body).toEqual(TOKEN_EXPIRED);
        const redeemed = await our.token(code);
        expect(redeemed.status).toBe(401);
        expect(redeemed.body).toEqual(atToken);
        expect((await our.loginToken()).status).not.toBe(200);
        expect((await our.login()).status).not.toBe(200);
      } finally {
        await batch(mend);
      }
      await expectOver(pair);
      await expectOver(other);
      await expectAlive(await our.signIn());
      const shared = ["the tenant", "the client is deleted"].some((name) => _.startsWith(name));
      if (!shared) await expectAlive(elsewhere);
    },
  );

  test("the status that asks for a new password leaves it alive", async () => {
    const pair = await our.signIn();
    await run(`update user_tenants set status = 3 where user_id = ${demo}`);
    expect((await our.me(pair.accessToken)).body.status).toBe(3);
    expect((await our.refresh(pair)).status).toBe(200);
    await run(`update user_tenants set status = 1 where user_id = ${demo}`);
    await expectAlive(pair);
  });

  test("another client of the same user goes on when one is deleted", async () => {
    const [web, mobile] = [await our.signIn(DEMO_WEB), await our.signIn(DEMO_MOBILE)];
    await run("update auth_clients set deleted = 1 where id = 1");
    await expectOver(web);
    await expectAlive(mobile);
    await run("update auth_clients set deleted = 0 where id = 1");
  });
});

test("of more than a hundred open sessions of a user the one that was used longest ago ends", async () => {
  const { id, username, password } = await aUser(worker);
  const [first, second] = [await our.signIn({ username, password }), await our.signIn({ username, password })];
  const next: Pair = (await our.refresh(first)).body;
  const now = Date.now();
  await run(
    `insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)
     select id || n, user_id, client_id, ?2, ?2, method, ?2, ?3 from sessions,
       (with recursive n (n) as (select 1 union all select n + 1 from n where n < 98) select n from n) where id = ?1`,
    sid(first),
    now,
    now + 60_000,
  );
  const open = () => worker.db.prepare("select count(*) as n from sessions where user_id = ? and ended_on is null").bind(id).first("n");
  expect(await open()).toBe(100);
  await expectAlive(second);
  const last = await our.signIn({ username, password });
  expect(await open()).toBe(100);
  await expectOver(second);
  expect(await session(second)).toMatchObject({ ended_why: "too many sessions" });
  for (const pair of [next, last]) await expectAlive(pair);
});

describe("settings", () => {
  afterAll(() => worker.restart({ REFRESH_RETRY_WINDOW: undefined, SESSION_MAX_AGE: undefined }));

  test("without a retry window every repetition is theft; the longest session is as set", async () => {
    await worker.restart({ REFRESH_RETRY_WINDOW: "0", SESSION_MAX_AGE: "60" });
    const pair = await our.signIn();
    const row = await session(pair);
    expect(row.expires_on - row.created_on).toBe(60_000);
    const next: Pair = (await our.refresh(pair)).body;
    expect((await our.refresh(pair)).body).toEqual(TOKEN_EXPIRED);
    await expectOver(next);
  });

  test("refresh tokens of another deployment are none", async () => {
    const pair = await our.signIn();
    await worker.restart({ DATA_KEY: freshDataKey() });
    expect((await our.refresh(pair)).body).toEqual(TOKEN_EXPIRED);
    await expectAlive(pair);
  });
});

test("the daily sweep deletes what is over, and nothing that can still be used or recognised", async () => {
  const [live, idle, over, yesterday] = [await our.signIn(), await our.signIn(), await our.signIn(), await our.signIn()];
  const day = 86_400_000;
  const [used, old] = [await newCode(), await newCode()];
  await redeem(used);
  await run("update sessions set last_used_on = last_used_on - ? where id = ?", 3 * day, sid(idle));
  await run("update sessions set ended_on = ? where id = ?", Date.now() - day - 1000, sid(over));
  await run("update sessions set ended_on = ? where id = ?", Date.now() - day + 60_000, sid(yesterday));
  await run("update one_time set expires_on = ? where key = ?", Date.now() - day - 1000, key(old));
  expect(await worker.scheduled("17 3 * * *")).toBe("ok");
  const there = async (pair: Pair) => (await worker.db.prepare("select 1 from sessions where id = ?").bind(sid(pair)).first()) !== null;
  expect([await there(live), await there(idle), await there(over), await there(yesterday)]).toEqual([true, false, false, true]);
  expect([(await codeRow(used)) !== null, (await codeRow(old)) !== null]).toEqual([true, false]);
  await expectAlive(live);
});
