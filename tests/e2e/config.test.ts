// The deployment: settings that are missing or wrong, and storage that does not answer.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Answer, type Pair, api, nested } from "../support/api";
import { decode } from "../support/jwt";
import { aUser } from "../support/seed";
import { type Settings, type Worker, freshDataKey, freshKeys, startWorker } from "../support/worker";

/** What must never be seen again once it is a setting's value. */
const HUNTER2 = "hunter2";

describe("a setting that is missing or wrong stops everything, under its name and never with its value", () => {
  let worker: Worker;
  let our: ReturnType<typeof api>;
  const right: Settings = { PUBLIC_URL: "http://127.0.0.1:8787", JWT_KEYS: freshKeys(), DATA_KEY: freshDataKey(), PASSWORD_HASH: "argon2id" };

  // Without settings of its own, it looks at those of each request until it finds some that serve.
  beforeAll(async () => {
    worker = await startWorker({ settings: { PUBLIC_URL: undefined, JWT_KEYS: undefined, DATA_KEY: undefined }, meddled: true });
    our = api(worker);
  });
  afterAll(() => worker.stop());

  const keySet = (...keys: object[]) => JSON.stringify({ keys });
  const jwk = (pair: ReturnType<typeof generateKeyPairSync>) => (pair as any).privateKey.export({ format: "jwk" });
  const ed25519 = jwk(generateKeyPairSync("ed25519") as never);
  const rsa = jwk(generateKeyPairSync("rsa", { modulusLength: 2048 }) as never);
  const p384 = jwk(generateKeyPairSync("ec", { namedCurve: "P-384" }) as never);
  const x25519 = jwk(generateKeyPairSync("x25519") as never);
  const { d: _, ...publicOnly } = ed25519;
  const mismatched = { ...ed25519, x: jwk(generateKeyPairSync("ed25519") as never).x };
  const KEYS_SHAPE = 'JWT_KEYS must be a JWK set: {"keys":[…]}';
  const DATA_KEY = "DATA_KEY must be a list of base64url keys of 32 bytes each";
  const neither = "JWT_KEYS holds a key that is neither Ed25519 nor P-256";

  const cases: [complaint: string | RegExp, settings: Settings][] = [
    ["PUBLIC_URL is missing", { PUBLIC_URL: undefined }],
    ["PUBLIC_URL is missing", { PUBLIC_URL: "  " }],
    ["PUBLIC_URL must be an http or https URL", { PUBLIC_URL: HUNTER2 }],
    ["PUBLIC_URL must be an http or https URL", { PUBLIC_URL: `ftp://${HUNTER2}.example` }],
    ["PUBLIC_URL must be an http or https URL", { PUBLIC_URL: `javascript:alert("${HUNTER2}")` }],
    ["JWT_KEYS is missing (or JWT_SECRET in its place)", { JWT_KEYS: undefined }],
    ["JWT_KEYS is missing (or JWT_SECRET in its place)", { JWT_KEYS: "", JWT_SECRET: "" }],
    ["JWT_KEYS and JWT_SECRET must not both be set", { JWT_SECRET: `${HUNTER2} ${HUNTER2} ${HUNTER2} ${HUNTER2}` }],
    ["JWT_SECRET must have at least 32 bytes", { JWT_KEYS: undefined, JWT_SECRET: HUNTER2 }],
    ["JWT_SECRET must have at least 32 bytes", { JWT_KEYS: undefined, JWT_SECRET: `${HUNTER2}xxxxxxxxxxxxxxxxxxxxxxxx` }],
    [KEYS_SHAPE, { JWT_KEYS: HUNTER2 }],
    [KEYS_SHAPE, { JWT_KEYS: `"${HUNTER2}"` }],
    [KEYS_SHAPE, { JWT_KEYS: `{"keys":{"${HUNTER2}":1}}` }],
    [KEYS_SHAPE, { JWT_KEYS: JSON.stringify(ed25519) }],
    ["JWT_KEYS has no key", { JWT_KEYS: '{"keys":[]}' }],
    [/^JWT_KEYS holds a key/, { JWT_KEYS: keySet({ kty: "oct", k: HUNTER2 }) }],
    [/^JWT_KEYS holds a key/, { JWT_KEYS: keySet(ed25519, { kty: HUNTER2 }) }],
    [/^JWT_KEYS holds a key/, { JWT_KEYS: `{"keys":["${HUNTER2}"]}` }],
    [neither, { JWT_KEYS: keySet(rsa) }],
    [/^JWT_KEYS holds a key/, { JWT_KEYS: keySet(p384) }],
    [neither, { JWT_KEYS: keySet(x25519) }],
    ["JWT_KEYS holds a key without a matching private part", { JWT_KEYS: keySet(publicOnly) }],
    ["JWT_KEYS holds a key without a matching private part", { JWT_KEYS: keySet(ed25519, publicOnly) }],
    ["JWT_KEYS holds a key without a matching private part", { JWT_KEYS: keySet(mismatched) }],
    ["JWT_KEYS has two keys of one kid", { JWT_KEYS: keySet({ ...ed25519, kid: HUNTER2 }, { ...jwk(generateKeyPairSync("ed25519") as never), kid: HUNTER2 }) }],
    ["DATA_KEY is missing", { DATA_KEY: undefined }],
    [DATA_KEY, { DATA_KEY: HUNTER2 }],
    [DATA_KEY, { DATA_KEY: randomBytes(31).toString("base64url") }],
    [DATA_KEY, { DATA_KEY: randomBytes(33).toString("base64url") }],
    [DATA_KEY, { DATA_KEY: `${freshDataKey()},${HUNTER2}` }],
    ["DATA_KEY has no key", { DATA_KEY: "," }],
    ["PASSWORD_HASH must be pbkdf2-sha512 or argon2id", { PASSWORD_HASH: HUNTER2 }],
    ["PASSWORD_HASH must be pbkdf2-sha512 or argon2id", { PASSWORD_HASH: "bcrypt" }],
    ...["0", "257", "-1", "8.5", "8 ", HUNTER2, "99999999999999999999"].filter((text) => text.trim() !== "8").map((text): [string, Settings] => [
      "PASSWORD_MIN_LENGTH must be a whole number from 1 to 256",
      { PASSWORD_MIN_LENGTH: text },
    ]),
    ["REFRESH_RETRY_WINDOW must be a whole number from 0 to 300", { REFRESH_RETRY_WINDOW: "301" }],
    ["REFRESH_RETRY_WINDOW must be a whole number from 0 to 300", { REFRESH_RETRY_WINDOW: HUNTER2 }],
    ["SESSION_MAX_AGE must be a whole number from 60 to 31536000", { SESSION_MAX_AGE: "59" }],
    ["SESSION_MAX_AGE must be a whole number from 60 to 31536000", { SESSION_MAX_AGE: "1e9" }],
    ["ALLOWED_ORIGINS must be a list of http(s) origins", { ALLOWED_ORIGINS: "*" }],
    ["ALLOWED_ORIGINS must be a list of http(s) origins", { ALLOWED_ORIGINS: `https://app.example, ${HUNTER2}` }],
    ["ALLOWED_ORIGINS must be a list of http(s) origins", { ALLOWED_ORIGINS: "null" }],
    ["SERVER_TIMING must be on or off", { SERVER_TIMING: HUNTER2 }],
    ["LEGACY_HABITS names a habit that does not exist", { LEGACY_HABITS: HUNTER2 }],
    ["LEGACY_HABITS names a habit that does not exist", { LEGACY_HABITS: `plain-bearer, ${HUNTER2}` }],
    ["LEGACY_HABITS names a habit that does not exist", { LEGACY_HABITS: "Plain-Bearer" }],
  ];
  test.each(cases)("%s (%#)", async (complaint, changed) => {
    const headers = { "x-meddle": JSON.stringify({ settings: { ...right, ...changed } }), origin: "http://localhost:5173" };
    const logged = worker.log().length;
    const before = await worker.rows();
    const answers = [
      await our.loginToken({}, headers),
      await our.send("GET", "/health", { headers }),
      await our.send("GET", "/.well-known/jwks.json", { headers }),
      await our.send("GET", "/nothing", { headers }),
      await our.send("OPTIONS", "/auth/login", { headers: { ...headers, "access-control-request-method": "POST" } }),
    ];
    const message = typeof complaint === "string" ? `Misconfigured: ${complaint}` : expect.stringMatching(new RegExp(complaint.source.replace("^", "^Misconfigured: ")));
    for (const answer of answers) {
      expect(answer.status).toBe(500);
      expect(answer.body).toEqual({ error: { statusCode: 500, message } });
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
      expect(answer.text).not.toContain(HUNTER2);
    }
    expect(await worker.rows()).toEqual(before);
    const log = () => worker.log().slice(logged);
    await vi.waitFor(() => expect(log()).toContain(`misconfigured: ${answers[0]!.body.error.message.replace("Misconfigured: ", "")}`), 10_000);
    expect(log()).not.toContain(HUNTER2);
  });

  test("put right, it serves", async () => {
    await worker.restart(right);
    expect((await our.loginToken()).status).toBe(200);
  });

  test("what is empty counts as not set", async () => {
    const blank = { JWT_SECRET: "", PASSWORD_HASH: " ", PASSWORD_MIN_LENGTH: "", REFRESH_RETRY_WINDOW: "", SESSION_MAX_AGE: "", ALLOWED_ORIGINS: "", LEGACY_HABITS: " , ", SERVER_TIMING: "" };
    await worker.restart(blank);
    expect((await our.loginToken()).status).toBe(200);
  });

  test("a secret of 32 bytes will do; a shorter one only with the habit short-jwt-secret", async () => {
    for (const changed of [{ JWT_SECRET: "é".repeat(16) }, { JWT_SECRET: "short", LEGACY_HABITS: "short-jwt-secret" }]) {
      await worker.restart({ JWT_KEYS: undefined, ...changed });
      expect(decode((await our.signIn()).accessToken).header).toMatchObject({ alg: "HS256" });
    }
  });

  test("the issuer is as set, and the public URL otherwise", async () => {
    const issuer = async () => decode((await our.signIn()).accessToken).claims.iss;
    await worker.restart({ ...right, JWT_SECRET: undefined, PUBLIC_URL: "http://127.0.0.1:8787/" });
    expect(await issuer()).toBe("http://127.0.0.1:8787");
    const pair = await our.signIn();
    await worker.restart({ JWT_ISSUER: "https://issuer.example" });
    expect(await issuer()).toBe("https://issuer.example");
    expect((await our.me(pair.accessToken)).body, "a token of the former issuer").toEqual(nested("TokenExpired"));
  });
});

describe("how passwords are hashed", () => {
  let worker: Worker;
  let our: ReturnType<typeof api>;
  const password = "correct horse battery";

  beforeAll(async () => {
    worker = await startWorker();
    our = api(worker);
  });
  afterAll(() => worker.stop());

  const stored = (id: string) => worker.db.prepare("select password, changed_on from user_credentials where user_id = ?").bind(id).first<any>();
  const becomes = (id: string, expected: RegExp) => vi.waitFor(async () => expect((await stored(id)).password).toMatch(expected), 30_000);
  const PBKDF2 = /^\$pbkdf2-sha512\$i=220000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
  const ARGON2ID = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
  // "correct horse battery", made by other implementations.
  const elsewhere = {
    "PBKDF2-SHA256": "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0",
    "weak PBKDF2-SHA512": "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k",
    "weak argon2id": "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w",
    "bcrypt $2a$": "$2a$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
    "bcrypt $2y$": "$2y$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
  };

  test("PBKDF2-SHA512 is the default; argon2id takes over at the next good sign-in, and gives back", async () => {
    const user = await aUser(worker, { storedPassword: elsewhere["bcrypt $2a$"] });
    const signIn = () => our.signIn({ username: user.username, password });
    const first = await signIn();
    await becomes(user.id, PBKDF2);
    const { changed_on } = await stored(user.id);
    await worker.restart({ PASSWORD_HASH: "argon2id" });
    expect((await our.loginToken({ username: user.username, password: "wrong" })).status).toBe(401);
    expect((await stored(user.id)).password).toMatch(PBKDF2);
    const second = await signIn();
    await becomes(user.id, ARGON2ID);
    const { password: hash } = await stored(user.id);
    await signIn();
    expect((await stored(user.id)).password, "what is current stays").toBe(hash);
    await worker.restart({ PASSWORD_HASH: "pbkdf2-sha512" });
    await signIn();
    await becomes(user.id, PBKDF2);
    await worker.restart({ PASSWORD_HASH: "argon2id" });
    expect((await stored(user.id)).changed_on, "the password has not changed").toBe(changed_on);
    for (const { accessToken } of [first, second]) expect((await our.me(accessToken)).status).toBe(200);
  });

  test.each(Object.entries(elsewhere))("a hash made elsewhere (%s) lets its user in and is replaced, but not by a wrong password", async (_, hash) => {
    const user = await aUser(worker, { storedPassword: hash });
    expect((await our.loginToken({ username: user.username, password: `${password} ` })).body).toEqual(nested("Invalid Credentials"));
    expect((await stored(user.id)).password).toBe(hash);
    await our.signIn({ username: user.username, password });
    await becomes(user.id, ARGON2ID);
    await our.signIn({ username: user.username, password });
  });

  test.each(["", "x", "plain text", password, "$", "$argon2id$", "$scrypt$ln=1$AAAA$AAAA", "$pbkdf2-sha512$i=0$AAAAAAAA$AAAAAAAAAAAAAAAA", "$pbkdf2-sha512$i=1$AAAAAAAA", "$2b$", "$2b$99$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O", "$1$x$y"])(
    "what is stored but no hash (%j) lets nobody in",
    async (hash) => {
      const user = await aUser(worker, { storedPassword: hash });
      for (const attempt of [password, hash, "x"]) {
        const answer = await our.loginToken({ username: user.username, password: attempt });
        if (attempt !== "") expect(answer.body).toEqual(nested("Invalid Credentials"));
        expect(answer.status).toBe(401);
      }
      expect((await stored(user.id)).password).toBe(hash);
    },
  );
});

describe("storage that does not answer", () => {
  let worker: Worker;
  let our: ReturnType<typeof api>;

  beforeAll(async () => {
    worker = await startWorker({ settings: { PASSWORD_HASH: "argon2id" }, meddled: true });
    our = api(worker);
    await our.signIn();
  });
  afterAll(() => worker.stop());

  const meddle = (order: object) => ({ "x-meddle": JSON.stringify(order) });
  const ORIGIN = { origin: "http://localhost:5173" };

  function expectOutage(answer: Answer) {
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ error: { statusCode: 503, message: "Service Unavailable" } });
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  }

  test("health is 200 while the database answers, and 503 while it does not", async () => {
    const well = await our.send("GET", "/health");
    expect(well.status).toBe(200);
    expect(well.body).toEqual({ status: "ok" });
    expectOutage(await our.send("GET", "/health", { headers: meddle({ on: "DB", trip: 1, fail: true }) }));
    expect((await our.send("GET", "/health", { headers: meddle({ on: "KV", trip: 1, fail: true }) })).status).toBe(200);
    expect((await our.send("GET", "/health")).status).toBe(200);
  });

  const operations: Record<string, { trips: number; ask: (pair: Pair, headers: Record<string, string>) => Promise<Answer> }> = {
    "signing in for a code": { trips: 2, ask: (_, headers) => our.login({}, headers) },
    "signing in for tokens": { trips: 2, ask: (_, headers) => our.loginToken({}, headers) },
    "redeeming a code": { trips: 1, ask: async (_, headers) => our.token((await our.login()).body.code, {}, headers) },
    "refreshing": { trips: 1, ask: (pair, headers) => our.refresh(pair, headers) },
    "asking who one is": { trips: 1, ask: (pair, headers) => our.send("GET", "/auth/me", { headers: { ...our.bearer(pair.accessToken), ...headers } }) },
    "signing out": { trips: 1, ask: (pair, headers) => our.post("/logout", { refreshToken: pair.refreshToken }, { ...our.bearer(pair.accessToken), ...headers }) },
    "changing the password": {
      trips: 2,
      ask: (pair, headers) =>
        our.send("PATCH", "/auth/change-password", {
          body: { refreshToken: pair.refreshToken, username: "demo", password: "another password", oldPassword: "correct horse battery" },
          headers: { ...our.bearer(pair.accessToken), ...headers },
        }),
    },
  };

  test.each(
    Object.entries(operations).flatMap(([name, { trips, ask }]) => Array.from({ length: trips }, (_, n) => [name, n + 1, ask] as const)),
  )("%s: when trip %i fails, the answer is 503, and what was there before is there", async (name, trip, ask) => {
    const pair = await our.signIn();
    await our.send("GET", "/health", { headers: ORIGIN }); // the list of origins is known
    const before = await worker.rows();
    const logged = worker.log().length;
    const answer = await ask(pair, { ...ORIGIN, ...meddle({ on: "DB", trip, fail: true }) });
    expectOutage(answer);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN.origin);
    const after = await worker.rows();
    if (name === "redeeming a code") {
      expect(after.one_time).toHaveLength(before.one_time!.length + 1);
      expect(after.one_time!.filter(({ taken_by }) => taken_by !== null)).toEqual(before.one_time!.filter(({ taken_by }) => taken_by !== null));
      delete before.one_time;
      delete after.one_time;
    }
    expect(after).toEqual(before);
    await vi.waitFor(() => expect(worker.log().slice(logged)).toContain("unavailable: D1"), 10_000);
    expect(worker.log()).not.toContain(pair.accessToken);
    expect(worker.log()).not.toContain(pair.refreshToken);
    expect(worker.log()).not.toContain("correct horse battery");
    expect((await our.me(pair.accessToken)).status).toBe(200);
  });

  test("a code that cannot be remembered is not handed out, and one that was forgotten is good", async () => {
    expectOutage(await our.login({}, meddle({ on: "KV", trip: 1, fail: true })));
    const { code } = (await our.login()).body;
    expect((await our.token(code, {}, meddle({ on: "KV", trip: 1, fail: true }))).status).toBe(200);
  });

  test("nobody waits for ever", async () => {
    const pair = await our.signIn();
    const { code } = (await our.login()).body;
    const start = Date.now();
    const [me, token] = await Promise.all([
      operations["asking who one is"]!.ask(pair, meddle({ on: "DB", trip: 1, hang: true })),
      our.token(code, {}, meddle({ on: "KV", trip: 1, hang: true })),
    ]);
    expect(Date.now() - start).toBeGreaterThan(4_000);
    expectOutage(me);
    expect(token.status, "the key-value store only remembers").toBe(200);
    expect((await our.me(pair.accessToken)).status).toBe(200);
  });

  test("without the list of origins nobody gets a grant, and the request is answered all the same", async () => {
    await worker.restart({});
    const answer = await our.send("GET", "/.well-known/jwks.json", { headers: { ...ORIGIN, ...meddle({ on: "DB", trip: 1, fail: true }) } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    const next = await our.send("GET", "/.well-known/jwks.json", { headers: ORIGIN });
    expect(next.headers.get("access-control-allow-origin"), "a failure is not kept").toBe(ORIGIN.origin);
  });

  test.each([
    ["DB", "DB (the D1 binding) is missing"],
    ["KV", "KV (the KV binding) is missing"],
  ])("without the binding %s nothing is served", async (missing, complaint) => {
    const answer = await our.send("GET", "/.well-known/jwks.json", { headers: meddle({ missing }) });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ error: { statusCode: 500, message: `Misconfigured: ${complaint}` } });
  });

  test("a table that is gone is an outage until it is back", async () => {
    const pair = await our.signIn();
    await worker.db.prepare("alter table sessions rename to lost").run();
    for (const answer of [await our.me(pair.accessToken), await our.refresh(pair), await our.loginToken(), await our.logout(pair)]) expectOutage(answer);
    await worker.db.prepare("alter table lost rename to sessions").run();
    expect((await our.me(pair.accessToken)).status).toBe(200);
    expect((await our.refresh(pair)).status).toBe(200);
  });

  test("a row that cannot be read is an internal error that tells nothing, and harms no other", async () => {
    const pair = await our.signIn();
    const admin = await our.signIn({ username: "admin", password: "correct horse staple" });
    await worker.db.prepare("update roles set permissions = '[{\"secret\":1}]' where name = 'Member'").run();
    const answer = await our.me(pair.accessToken);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ error: { statusCode: 500, message: "Internal Server Error" } });
    expect((await our.me(admin.accessToken)).status).toBe(200);
    await worker.db.prepare("update roles set permissions = '[]' where name = 'Member'").run();
    expect((await our.me(pair.accessToken)).status).toBe(200);
  });

  test("a client's lifetime that is out of all bounds is an internal error, and no panic", async () => {
    const lifetime = (seconds: number) => worker.db.prepare("update auth_clients set access_token_expiration = ? where id = 1").bind(seconds).run();
    await lifetime(9_007_199_254_740_991);
    const answer = await our.loginToken();
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ error: { statusCode: 500, message: "Internal Server Error" } });
    await lifetime(900);
    expect((await our.loginToken()).status).toBe(200);
    expect(worker.log()).not.toContain("panic");
  });
});
