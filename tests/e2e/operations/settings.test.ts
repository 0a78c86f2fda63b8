// The deployment's settings. One that is missing or wrong stops everything, under its name and never with its value.

import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { nested } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { decode, freshJwk } from "../../support/jwt";
import { type Settings, freshDataKey, freshKeys } from "../../support/worker";

/** What must never be seen again once it is a setting's value. */
const HUNTER2 = "hunter2";

const right: Settings = { PUBLIC_URL: "http://127.0.0.1:8787", JWT_KEYS: freshKeys(), DATA_KEY: freshDataKey() };

// Without settings of its own, it looks at those of each request until it finds some that serve.
const { worker, our } = useWorker({ settings: { PUBLIC_URL: undefined, JWT_KEYS: undefined, DATA_KEY: undefined } });

const keySet = (...keys: object[]) => JSON.stringify({ keys });
const ed25519 = freshJwk("ed25519");
const { d: _, ...publicOnly } = ed25519;
const mismatched = { ...ed25519, x: freshJwk("ed25519").x };
const KEYS_SHAPE = 'JWT_KEYS must be a JWK set: {"keys":[…]}';
const DATA_KEY = "DATA_KEY must be a list of base64url keys of 32 bytes each";
const PUBLIC_URL = "PUBLIC_URL must be an http or https URL, without user, query, fragment and *";
const ORIGINS =
  "ALLOWED_ORIGINS must be a list of http(s) origins without path and *, on loopback only beside such a PUBLIC_URL, or of hybrid apps";
const NO_PRIVATE_KEY = "JWT_KEYS has no private Ed25519 or P-256 key";
const neither = "JWT_KEYS holds a key that is neither Ed25519, P-256 nor RSA";

const cases: [complaint: string | RegExp, settings: Settings][] = [
  ["PUBLIC_URL is missing", { PUBLIC_URL: undefined }],
  ["PUBLIC_URL is missing", { PUBLIC_URL: "  " }],
  ...[HUNTER2, "https://*.example", `https://${HUNTER2}@login.example`, `https://login.example/?${HUNTER2}`].map(
    (text): [string, Settings] => [PUBLIC_URL, { PUBLIC_URL: text }],
  ),
  [PUBLIC_URL, { PUBLIC_URL: `ftp://${HUNTER2}.example` }],
  [PUBLIC_URL, { PUBLIC_URL: `javascript:alert("${HUNTER2}")` }],
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
  [NO_PRIVATE_KEY, { JWT_KEYS: keySet(freshJwk("rsa")) }],
  [/^JWT_KEYS holds a key/, { JWT_KEYS: keySet(freshJwk("P-384")) }],
  [neither, { JWT_KEYS: keySet(freshJwk("x25519")) }],
  [NO_PRIVATE_KEY, { JWT_KEYS: keySet(publicOnly) }],
  ["JWT_KEYS has two keys of one kid", { JWT_KEYS: keySet(ed25519, publicOnly) }],
  ["JWT_KEYS holds a key without a matching private part", { JWT_KEYS: keySet(mismatched) }],
  ["JWT_KEYS has two keys of one kid", { JWT_KEYS: keySet({ ...ed25519, kid: HUNTER2 }, { ...freshJwk("ed25519"), kid: HUNTER2 }) }],
  ["DATA_KEY is missing", { DATA_KEY: undefined }],
  [DATA_KEY, { DATA_KEY: HUNTER2 }],
  [DATA_KEY, { DATA_KEY: randomBytes(31).toString("base64url") }],
  [DATA_KEY, { DATA_KEY: randomBytes(33).toString("base64url") }],
  [DATA_KEY, { DATA_KEY: `${freshDataKey()},${HUNTER2}` }],
  ["DATA_KEY has no key", { DATA_KEY: "," }],
  ["PASSWORD_HASH must be pbkdf2-sha512 or argon2id", { PASSWORD_HASH: HUNTER2 }],
  ["PASSWORD_HASH must be pbkdf2-sha512 or argon2id", { PASSWORD_HASH: "bcrypt" }],
  ...["0", "257", "-1", "8.5", "8 ", HUNTER2, "99999999999999999999"]
    .filter((text) => text.trim() !== "8")
    .map((text): [string, Settings] => ["PASSWORD_MIN_LENGTH must be a whole number from 1 to 256", { PASSWORD_MIN_LENGTH: text }]),
  ["REFRESH_RETRY_WINDOW must be a whole number from 0 to 300", { REFRESH_RETRY_WINDOW: "301" }],
  ["REFRESH_RETRY_WINDOW must be a whole number from 0 to 300", { REFRESH_RETRY_WINDOW: HUNTER2 }],
  ["SESSION_MAX_AGE must be a whole number from 60 to 31536000", { SESSION_MAX_AGE: "59" }],
  ["SESSION_MAX_AGE must be a whole number from 60 to 31536000", { SESSION_MAX_AGE: "1e9" }],
  ...["*", `https://app.example, ${HUNTER2}`, "null", "https://*.preview.example", "https://app.example/some/where", "capacitor://app"].map(
    (text): [string, Settings] => [ORIGINS, { ALLOWED_ORIGINS: text }],
  ),
  [ORIGINS, { ALLOWED_ORIGINS: "http://127.0.0.1:3000", PUBLIC_URL: "https://login.example" }],
  [ORIGINS, { ALLOWED_ORIGINS: "http://localhost:8100", PUBLIC_URL: "https://login.example" }],
  ["SERVER_TIMING must be on or off", { SERVER_TIMING: HUNTER2 }],
  ["COMPATIBILITY names a flag that does not exist", { COMPATIBILITY: HUNTER2 }],
  ["COMPATIBILITY names a flag that does not exist", { COMPATIBILITY: `plain-bearer, ${HUNTER2}` }],
  ["COMPATIBILITY names a flag that does not exist", { COMPATIBILITY: "Plain-Bearer" }],
  ["LEGACY_HABITS is now called COMPATIBILITY", { LEGACY_HABITS: HUNTER2 }],
  ["RATE_LIMITS must be on unless PUBLIC_URL is loopback", { RATE_LIMITS: "off", PUBLIC_URL: "https://login.example" }],
  ["AUDIT_SINK must be d1, queue or both", { AUDIT_SINK: HUNTER2 }],
  ["AUDIT_QUEUE (the queue's binding) is missing beside AUDIT_SINK", { AUDIT_SINK: "queue" }],
  ["SIGN_UP_ROLE is missing beside SIGN_UP_TENANT", { SIGN_UP_TENANT: HUNTER2 }],
  ["SIGN_UP_TENANT is missing beside SIGN_UP_ROLE", { SIGN_UP_ROLE: HUNTER2 }],
  ["DEV_MAILBOX must be off unless PUBLIC_URL is loopback", { DEV_MAILBOX: "on", PUBLIC_URL: "https://login.example" }],
];
test.each(cases)("%s (%#)", async (complaint, changed) => {
  const headers = { "x-meddle": JSON.stringify({ settings: { ...right, ...changed } }), origin: "http://localhost:5173" };
  const logged = (await worker.printed()).length;
  const before = await worker.rows();
  const answers = [
    await our.loginToken({}, headers),
    await our.send("GET", "/health", { headers }),
    await our.send("GET", "/.well-known/jwks.json", { headers }),
    await our.send("GET", "/nothing", { headers }),
    await our.send("OPTIONS", "/auth/login", { headers: { ...headers, "access-control-request-method": "POST" } }),
  ];
  const message =
    typeof complaint === "string"
      ? `Misconfigured: ${complaint}`
      : expect.stringMatching(new RegExp(complaint.source.replace("^", "^Misconfigured: ")));
  for (const answer of answers) {
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ error: { statusCode: 500, message } });
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(answer.text).not.toContain(HUNTER2);
  }
  expect(await worker.rows()).toEqual(before);
  const log = (await worker.printed()).slice(logged);
  expect(log).toContain(`misconfigured: ${answers[0]!.body.error.message.replace("Misconfigured: ", "")}`);
  expect(log).not.toContain(HUNTER2);
});

test("put right, it serves", async () => {
  await worker.restart(right);
  expect((await our.loginToken()).status).toBe(200);
});

test("what is empty counts as not set", async () => {
  const blank = {
    JWT_SECRET: "",
    PASSWORD_HASH: " ",
    PASSWORD_MIN_LENGTH: "",
    REFRESH_RETRY_WINDOW: "",
    SESSION_MAX_AGE: "",
    ALLOWED_ORIGINS: "",
    COMPATIBILITY: " , ",
    SERVER_TIMING: "",
  };
  await worker.restart(blank);
  expect((await our.loginToken()).status).toBe(200);
});

test("a secret of 32 bytes will do; a shorter one only with the compatibility flag short-jwt-secret", async () => {
  for (const changed of [{ JWT_SECRET: "é".repeat(16) }, { JWT_SECRET: "short", COMPATIBILITY: "short-jwt-secret" }]) {
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
