// Second factors that are moved in: whoever had one is asked for it here, with the app and the passkey that they had.

import { createHash, createHmac, randomUUID } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { freshDataKey } from "../../../scripts/lib/keys.mjs";
import { authenticator } from "../../support/authenticator";
import { useFactors } from "../../support/factors";
import { BCRYPT, DEMO_PLACE, PASSWORD, arcId, arcTables, byCopy, folder, identityV3, keycloakPassword, runOn } from "../../support/moving";
import { totp } from "../../support/totp";

const KEY = freshDataKey();
vi.stubEnv("DATA_KEY", KEY);
vi.stubEnv("PASSKEY_RP_ID", "localhost");
afterAll(() => vi.unstubAllEnvs());
const { worker, our, byPasskey, enrolApp, login, signIn, verify } = useFactors({ DATA_KEY: KEY });
const { file } = folder();
const WAITING = "recovery codes: nothing asks for them before there is a second factor";
const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const rows = async (sql: string) => (await worker.db.prepare(sql).all()).results;
const moveIn = (source: string, files: string[], args: string[] = []) => runOn(worker.db, source, files, args);

/** Signs in with the password and the code of the app; without it nobody comes in. */
async function signsInWith(username: string, otp: string) {
  const begun = await login({ username, password: PASSWORD });
  expect(begun.status, begun.text).toBe(200);
  expect(begun.body.mfa).toMatchObject({ required: true, methods: expect.arrayContaining(["totp"]) });
  expect((await our.token(begun.body.code)).status, "not before the second step").toBe(401);
  const verified = await verify(begun.body.code, otp);
  expect(verified.status, verified.text).toBe(200);
  expect((await our.token(verified.body.code)).status).toBe(200);
}

/** Signs in with the password and a recovery code, which is good once. */
async function signsInOnceWith(username: string, code: string) {
  const second = async (typed: string) => verify((await login({ username, password: PASSWORD })).body.code, typed);
  expect((await second(code.replace(/.$/, (sign) => (sign === "0" ? "1" : "0")))).status, "another code").toBe(401);
  const verified = await second(code);
  expect(verified.status, verified.text).toBe(200);
  expect((await our.token(verified.body.code)).status).toBe(200);
  expect((await second(code)).status, "once").toBe(401);
}

/** The recovery codes of a Keycloak export. */
const recoveryCodes = (...codes: string[]) => ({
  type: "recovery-authn-codes",
  secretData: JSON.stringify({
    codes: codes.map((code, n) => ({ number: n + 1, encodedHashedValue: createHash("sha512").update(code).digest("base64") })),
  }),
  credentialData: JSON.stringify({ algorithm: "RS512", totalCodes: 12, remainingCodes: codes.length }),
});

/** The code of an app of another kind: the key's bytes are those of its text, as Keycloak has it. */
function keycloakCode(key: string, { algorithm, digits, period }: { algorithm: string; digits: number; period: number }) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / period)));
  const mac = createHmac(algorithm, Buffer.from(key)).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fffffff) % 10 ** digits).padStart(digits, "0");
}

test("of ARC: authenticators are asked for where the operator says so, and no secret is stored in the clear", async () => {
  const tables = arcTables([{}, {}], [{ secret_key: SECRET }, { secret_key: "JBSW Y3DP EHPK 3PXP" }]);
  const { status, told } = await moveIn("arc", [file("arc.sql", byCopy(tables))], ["--totp", "on", "--client", "demo-web"]);
  expect([status, told.filter(({ why }) => why.includes("factor"))]).toEqual([0, []]);
  await signsInWith("arc0", totp(SECRET));
  await signsInWith("arc1", totp("JBSWY3DPEHPK3PXP"));
  expect(JSON.stringify(await rows("select * from factors"))).not.toMatch(/JBSWY3DPEHPK3PXP/);
  expect(
    await rows(
      `select f.kind, f.algorithm, f.digits, f.period, u.second_step from factors f join user_factors u on u.user_id = f.user_id where f.user_id = '${arcId(100)}'`,
    ),
  ).toEqual([{ kind: "totp", algorithm: "SHA1", digits: 6, period: 30, second_step: 1 }]);
  expect((await moveIn("arc", [file("arc.sql", byCopy(tables))], ["--totp", "on"])).status, "and again").toBe(0);
  expect(await rows("select count(*) as n from factors")).toEqual([{ n: 2 }]);
});

test("of Keycloak: several, each with its own algorithm, digits and period; HOTP stays out", async () => {
  const kinds = [
    { algorithm: "HmacSHA256", digits: 8, period: 60 },
    { algorithm: "HmacSHA512", digits: 6, period: 30 },
  ];
  const otp = (key: string, data: object) => ({
    type: "otp",
    userLabel: "Phone",
    createdDate: 1_700_000_000_000,
    secretData: JSON.stringify({ value: key }),
    credentialData: JSON.stringify(data),
  });
  const credentials = [
    keycloakPassword("pbkdf2-sha256"),
    ...kinds.map((kind, n) => otp(`key-${n}-of-twenty-signs`, { subType: "totp", ...kind })),
    otp("hotp-key-of-twenty-signs", { subType: "hotp", digits: 6, counter: 3, algorithm: "HmacSHA1" }),
    recoveryCodes("R2D7KFXW9BQC"),
    { type: "recovery-authn-codes", secretData: JSON.stringify({ codes: [{ number: 1, encodedHashedValue: "x" }] }), credentialData: "{}" },
  ];
  const users = [{ id: randomUUID(), username: "kc-otp", email: "kc-otp@example.com", enabled: true, credentials }];
  const { status, told } = await moveIn("keycloak", [file("demo-realm.json", JSON.stringify({ users }))], DEMO_PLACE);
  expect(status).toBe(0);
  expect(told.map(({ why }) => why)).toEqual(["a second factor by HOTP", expect.stringContaining("recovery codes")]);
  await signsInWith("kc-otp", keycloakCode("key-0-of-twenty-signs", { ...kinds[0]!, algorithm: "sha256" }));
  await signsInWith("kc-otp", keycloakCode("key-1-of-twenty-signs", { ...kinds[1]!, algorithm: "sha512" }));
});

test("of Keycloak: a recovery code stands in once, also typed in small letters", async () => {
  const app = {
    type: "otp",
    secretData: JSON.stringify({ value: "key-of-twenty-signs" }),
    credentialData: JSON.stringify({ subType: "totp", digits: 6, period: 30, algorithm: "HmacSHA1" }),
  };
  const users = [
    { username: "kc-codes", credentials: [keycloakPassword("pbkdf2-sha256"), app, recoveryCodes("R2D7KFXW9BQC", "0O1IKFXW9BQC")] },
    { username: "kc-codes-alone", credentials: [keycloakPassword("pbkdf2-sha256"), recoveryCodes("R2D7KFXW9BQC")] },
  ];
  const { told } = await moveIn("keycloak", [file("codes-realm.json", JSON.stringify({ users }))], DEMO_PLACE);
  expect(told.map(({ outcome, why }) => [outcome, why])).toEqual([["changed", WAITING]]);
  await signsInOnceWith("kc-codes", "r2d7 kfxw 9bqc");
  await signsInOnceWith("kc-codes", "0O1IKFXW9BQC");
  expect((await our.loginToken({ username: "kc-codes-alone", password: PASSWORD })).status).toBe(200);
});

/** Identity's tables of one person, with the password and these tokens. */
function identityPerson(id: number, username: string, tokens: Record<string, string>, twoFactors = 1) {
  const users = `Id,UserName,PasswordHash,TwoFactorEnabled\n${id},${username},${identityV3()},${twoFactors}\n`;
  const lines = Object.entries(tokens).map(([name, value]) => `${id},[AspNetUserStore],${name},${value}\n`);
  return [file("AspNetUsers.csv", users), file("AspNetUserTokens.csv", `UserId,LoginProvider,Name,Value\n${lines.join("")}`)];
}

const codesOf = (username: string) =>
  rows(`select r.digest from recovery_codes r join users u on u.id = r.user_id where u.username = '${username}'`);

test("of ASP.NET Core Identity: recovery codes of every release become digests under DATA_KEY, each good once", async () => {
  const all = ["BCDFG-HJKMN", "PQRTV-WXY23", "5f0c1a2b", "40718263"];
  const tables = identityPerson(71, "id-codes", { AuthenticatorKey: SECRET, RecoveryCodes: `${all.join(";")};5f0c1a2;` });
  const { told } = await moveIn("identity", tables, DEMO_PLACE);
  expect(told.map(({ outcome, why }) => [outcome, why])).toEqual([["left out", "recovery codes that cannot be read"]]);
  const kept = JSON.stringify(await rows("select * from recovery_codes"));
  expect(kept).not.toMatch(/BCDFG|PQRTV|5f0c|4071/i);
  for (const code of all) {
    const plain = code.replace("-", "").toUpperCase();
    const hashed = createHash("sha512").update(plain).digest("base64url");
    // What whoever has the database alone could try.
    for (const guess of [plain, hashed]) expect(kept).not.toContain(createHash("sha256").update(guess).digest("base64url"));
  }
  expect(await codesOf("id-codes")).toHaveLength(4);
  await signsInOnceWith("id-codes", "BCDFG-HJKMN");
  await signsInOnceWith("id-codes", "pqrtvwxy23");
  await signsInOnceWith("id-codes", "5f0c1a2b");
  await signsInOnceWith("id-codes", "4071 8263");
  await signsInWith("id-codes", totp(SECRET));
});

test("of ASP.NET Core Identity: eight digits could be guessed, so wrong ones close codes, and longer ones open them", async () => {
  const tables = identityPerson(72, "id-guessed", { AuthenticatorKey: SECRET, RecoveryCodes: "BCDFG-HJKMN;5f0c1a2b" });
  expect((await moveIn("identity", tables, DEMO_PLACE)).status).toBe(0);
  const begun = async () => (await login({ username: "id-guessed", password: PASSWORD })).body.code;
  for (const code of [await begun(), await begun()])
    for (let n = 0; n < 5; n++) expect((await verify(code, `deadbee${n}`)).status).toBe(401);
  expect((await verify(await begun(), "5f0c1a2b")).status, "the tenth wrong one pauses them").toBe(429);
  expect((await verify(await begun(), "BCDFG-HJKMN")).status).toBe(200);
  expect((await verify(await begun(), "5f0c1a2b")).status).toBe(200);
});

test("of ASP.NET Core Identity: recovery codes without another factor wait for the first, and stay out where two factors are off", async () => {
  const codes = { RecoveryCodes: "BCDFG-HJKMN;5f0c1a2b" };
  const waiting = await moveIn("identity", identityPerson(73, "id-waiting", codes), DEMO_PLACE);
  expect(waiting.told.map(({ outcome, why }) => [outcome, why])).toEqual([["changed", WAITING]]);
  const off = await moveIn("identity", identityPerson(74, "id-off-codes", codes, 0), DEMO_PLACE);
  expect([off.told, await codesOf("id-off-codes")]).toEqual([[], []]);
  const begun = await login({ username: "id-waiting", password: PASSWORD });
  expect(begun.body.mfa, "nobody asks for them").toBeUndefined();
  expect((await verify(begun.body.code, "BCDFG-HJKMN")).status, "and they prove nothing").toBe(401);
  expect((await our.token(begun.body.code)).status).toBe(200);
  const { recoveryCodes } = await enrolApp(await signIn({ username: "id-waiting", password: PASSWORD }));
  expect(recoveryCodes ?? [], "there are some already").toEqual([]);
  await signsInOnceWith("id-waiting", "5f0c1a2b");
  await signsInOnceWith("id-waiting", "BCDFG-HJKMN");
});

test("of ASP.NET Core Identity: only where two factors are on; of Auth0 and CSV as they say", async () => {
  const users = file(
    "AspNetUsers.csv",
    `Id,UserName,PasswordHash,TwoFactorEnabled\n1,id-on,${identityV3()},1\n2,id-off,${identityV3()},0\n`,
  );
  const tokens = file(
    "AspNetUserTokens.csv",
    `UserId,LoginProvider,Name,Value\n${[1, 2].map((id) => `${id},[AspNetUserStore],AuthenticatorKey,${SECRET}`).join("\n")}\n`,
  );
  expect((await moveIn("identity", [users, tokens], DEMO_PLACE)).status).toBe(0);
  await signsInWith("id-on", totp(SECRET));
  expect((await our.loginToken({ username: "id-off", password: PASSWORD })).status).toBe(200);
  const auth0 = file(
    "users.json",
    JSON.stringify([
      {
        user_id: "auth0|f1",
        email: "a0-otp@example.com",
        password_hash: BCRYPT,
        mfa_factors: [{ totp: { secret: SECRET } }, { phone: { value: "+1" } }],
      },
    ]),
  );
  const { told } = await moveIn("auth0", [auth0], DEMO_PLACE);
  expect(told.map(({ why }) => why)).toEqual(["a second factor by message"]);
  await signsInWith("a0-otp@example.com", totp(SECRET));
  const csv = file(
    "people.csv",
    `id,username,passwordHash,totpSecret\n1,csv-otp,${BCRYPT},${SECRET.toLowerCase()}\n2,csv-none,${BCRYPT},not base32!\n`,
  );
  const outcome = await moveIn("csv", [csv], DEMO_PLACE);
  expect(outcome.told.map(({ why, line }) => [line, why])).toEqual([[3, "a second factor that cannot be read"]]);
  await signsInWith("csv-otp", totp(SECRET));
});

test("of Keycloak: passkeys sign in, alone, where the operator says that the RP ID is the same", async () => {
  const key = authenticator();
  const id = randomUUID();
  const { id: credentialId, publicKey } = key.moved(Buffer.from(id));
  const webauthn = {
    type: "webauthn-passwordless",
    userLabel: "My key",
    createdDate: 1_700_000_000_000,
    secretData: "{}",
    credentialData: JSON.stringify({
      aaguid: "00000000-0000-0000-0000-000000000000",
      credentialId: credentialId.toString("base64"),
      counter: 0,
      credentialPublicKey: publicKey.toString("base64url"),
      attestationStatementFormat: "none",
      transports: ["internal"],
    }),
  };
  const users = [{ id, username: "kc-key", email: "kc-key@example.com", enabled: true, credentials: [webauthn] }];
  const realm = file("keys-realm.json", JSON.stringify({ users }));
  expect((await moveIn("keycloak", [realm], [...DEMO_PLACE, "--dry-run"])).status).toBe(0);
  expect((await moveIn("keycloak", [realm], [...DEMO_PLACE, "--passkeys"])).status).toBe(0);
  expect(await rows(`select name, rp_id, transports from factors where user_id = '${id}'`)).toEqual([
    { name: "My key", rp_id: "localhost", transports: '["internal"]' },
  ]);
  const answer = await byPasskey(key);
  expect(answer.status, answer.text).toBe(200);
});

describe("the key that seals them", () => {
  const text = `id,username,totpSecret\n9,sealed,${SECRET}\n`;

  test("is asked for only where there is something to seal, and before anything is written", async () => {
    vi.stubEnv("DATA_KEY", undefined);
    try {
      const before = (await rows("select count(*) as n from users")) as { n: number }[];
      await expect(moveIn("csv", [file("sealed.csv", text)], DEMO_PLACE)).rejects.toThrow("DATA_KEY");
      expect(await rows("select count(*) as n from users")).toEqual(before);
      const codes = identityPerson(75, "id-sealed", { RecoveryCodes: "5f0c1a2b" });
      await expect(moveIn("identity", codes, DEMO_PLACE), "recovery codes too").rejects.toThrow("DATA_KEY");
      const realm = file(
        "sealed.json",
        JSON.stringify({ users: [{ username: "kc-sealed", credentials: [recoveryCodes("R2D7KFXW9BQC")] }] }),
      );
      await expect(moveIn("keycloak", [realm], DEMO_PLACE)).rejects.toThrow("DATA_KEY");
      const off = identityPerson(76, "id-off-sealed", { AuthenticatorKey: SECRET }, 0);
      expect((await moveIn("identity", off, DEMO_PLACE)).status, "there is nothing to seal").toBe(0);
      expect(await rows("select count(*) as n from users")).toEqual([{ n: before[0]!.n + 1 }]);
      expect((await moveIn("csv", [file("sealed.csv", text)], [...DEMO_PLACE, "--without-factors"])).status).toBe(0);
      expect(await rows("select count(*) as n from factors f join users u on u.id = f.user_id where u.username = 'sealed'")).toEqual([
        { n: 0 },
      ]);
    } finally {
      vi.stubEnv("DATA_KEY", KEY);
    }
  });
});
