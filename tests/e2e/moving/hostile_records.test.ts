// Records of which one value is what no source writes: each comes in or is told, and none keeps the others out.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshDataKey } from "../../../scripts/lib/keys.mjs";
import { applyMigrations, openLocalDb, seedDemo } from "../../../scripts/lib/local-db.mjs";
import { BCRYPT, DEMO_PLACE, type Tables, byCopy, folder, runOn } from "../../support/moving";

vi.stubEnv("DATA_KEY", freshDataKey());
vi.stubEnv("PASSKEY_RP_ID", "localhost");
const { file } = folder();
let db: ReturnType<typeof openLocalDb>["db"];
let close: () => Promise<void>;
beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  ({ db, close } = openLocalDb(`hostile-${randomUUID()}`));
  await applyMigrations(db);
  await seedDemo(db);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await close();
});

const SECRET = "JBSWY3DPEHPK3PXP";
const THEN = "2024-03-01 12:00:00.123456+02";
const TEXTS = [
  null,
  "",
  "{NULL}",
  "-1",
  "9e99",
  "infinity",
  "constructor",
  "__proto__",
  "2024-13-45",
  "9".repeat(18),
  "x".repeat(400),
  "a'b\\",
];
const VALUES = [...TEXTS, 0, -1, 1.5, 1e300, true, [], {}, [null], ["constructor"], "\ud800", "\u0000"];

let drawn = 0;
const next = () => String(++drawn);
const uuid = () => `0c000000-0000-4000-8000-${next().padStart(12, "0")}`;

/** A set of tables for every column and every text: one that every record is of, and of the first of one of its rows the column. */
function* spoiltTables(make: () => Tables): Generator<Tables> {
  for (const [table, [row]] of Object.entries(make())) {
    for (const column of Object.keys(row!)) {
      for (const value of TEXTS) {
        const tables = make();
        tables[table]![0]![column] = value;
        yield tables;
      }
    }
  }
}

/** The rows of all, table by table. */
function together(all: Iterable<Tables>): Tables {
  const tables: Tables = {};
  for (const one of all) for (const [table, rows] of Object.entries(one)) (tables[table] ??= []).push(...rows);
  return tables;
}

const csvFiles = (tables: Tables) =>
  Object.entries(tables).map(([table, rows]) => {
    const quoted = (value: string | null) => (value === null ? "" : `"${value.replaceAll('"', '""')}"`);
    const lines = rows.map((row) => Object.values(row).map(quoted).join(","));
    return file(`${table}.csv`, `${Object.keys(rows[0]!).join(",")}\n${lines.join("\n")}\n`);
  });

const people = async () => (await db.prepare("select count(*) as n from users").first<{ n: number }>())!.n;

/** Runs an import, in which each of so many people comes in or is refused. */
async function each(count: number, source: string, files: string[], args: string[] = DEMO_PLACE) {
  const before = await people();
  const { told } = await runOn(db, source, files, args);
  const refused = told.filter(({ kind, outcome }) => kind === "people" && outcome === "refused").length;
  expect((await people()) - before + refused).toBe(count);
  expect(refused).toBeLessThan(count / 2);
}

/** Every place in a value where another could stand. */
function* places(value: unknown, at: string[] = []): Generator<string[]> {
  if (at.length > 0) yield at;
  if (value !== null && typeof value === "object") for (const [name, inner] of Object.entries(value)) yield* places(inner, [...at, name]);
}

function spoilt<T>(make: () => T): T[] {
  return [...places(make())].flatMap((place) =>
    VALUES.map((value) => {
      const record = make();
      const holder = place.slice(0, -1).reduce((inner: any, name) => inner[name], record);
      holder[place.at(-1)!] = value;
      return record;
    }),
  );
}

const AMONG_ARC = { created_on: THEN, modified_on: THEN, deleted: "f" };

function arc(): Tables {
  const [tenant, role, user, member, group] = [uuid(), uuid(), uuid(), uuid(), uuid()];
  const name = `arc${next()}`;
  const of = (rows: Record<string, Record<string, string>>): Tables =>
    Object.fromEntries(Object.entries(rows).map(([table, row]) => [table, [{ id: uuid(), ...row, ...AMONG_ARC }]]));
  return of({
    auth_clients: {
      id: next(),
      client_id: name,
      client_secret: "s",
      secret: "s",
      redirect_url: "https://a.example/cb",
      access_token_expiration: "900",
      refresh_token_expiration: "900",
      auth_code_expiration: "100",
    },
    tenants: { id: tenant, name, status: "1", key: name, address: "a", city: "c", state: "s", zip: "z", country: "c", website: "w" },
    tenant_configs: { tenant_id: tenant, config_key: "k", config_value: "{}" },
    roles: { id: role, name, permissions: "{A}", role_type: "1", tenant_id: tenant, description: "d", allowed_clients: "{a}" },
    groups: { id: group, name, description: "d", photo_url: "p", tenant_id: tenant },
    users: {
      id: user,
      first_name: "A",
      middle_name: "B",
      last_name: "C",
      username: name,
      email: `${name}@example.com`,
      phone: "1",
      gender: "M",
      dob: "2000-01-01",
      auth_client_ids: "{1}",
      default_tenant_id: tenant,
      last_login: THEN,
      designation: "d",
      photo_url: "p",
    },
    user_credentials: { user_id: user, auth_provider: "internal", auth_id: name, password: BCRYPT, secret_key: SECRET },
    user_tenants: { id: member, user_id: user, tenant_id: tenant, role_id: role, status: "1", locale: "en" },
    user_permissions: { user_tenant_id: member, permission: "A", allowed: "t" },
    user_resources: { user_tenant_id: member, resource_name: "n", resource_value: "v", allowed: "t" },
    user_groups: { user_tenant_id: member, group_id: group },
  });
}

function identity(): Tables {
  const Id = next();
  const name = `identity${Id}`;
  return {
    AspNetUsers: [
      {
        Id,
        UserName: name,
        Email: `${name}@example.com`,
        EmailConfirmed: "1",
        PasswordHash: "x",
        PhoneNumber: "1",
        TwoFactorEnabled: "1",
        LockoutEnd: THEN,
        LockoutEnabled: "1",
      },
    ],
    AspNetRoles: [{ Id, Name: "Reader" }],
    AspNetUserRoles: [{ UserId: Id, RoleId: Id }],
    AspNetUserClaims: [{ UserId: Id, ClaimType: "gender", ClaimValue: "M" }],
    AspNetUserLogins: [{ UserId: Id, LoginProvider: "Google", ProviderKey: name }],
    AspNetUserTokens: [
      { UserId: Id, Name: "AuthenticatorKey", Value: SECRET },
      { UserId: Id, Name: "RecoveryCodes", Value: "5f0c1a2b;5f0c1a2b" },
    ],
  };
}

function serviceStack(): Tables {
  const Id = next();
  const name = `servicestack${Id}`;
  return {
    UserAuth: [
      {
        Id,
        UserName: name,
        Email: `${name}@example.com`,
        PhoneNumber: "1",
        FirstName: "A",
        LastName: "B",
        BirthDate: "2000-01-01",
        Culture: "en",
        Gender: "M",
        Salt: "",
        PasswordHash: "x",
        Roles: "[Reader]",
        Permissions: "[Read]",
        CreatedDate: THEN,
        ModifiedDate: THEN,
        LockedDate: null,
      },
    ],
    UserAuthDetails: [{ UserAuthId: Id, Provider: "google", UserId: name }],
    UserAuthRole: [{ UserAuthId: Id, Role: "Reader", Permission: "Read" }],
  };
}

function csv(): Tables {
  const id = next();
  const name = `csv${id}`;
  const names = { id, username: name, email: `${name}@example.com`, emailVerified: "1", firstName: "A", phone: "1", gender: "M" };
  const rest = { dob: "2000-01-01", locale: "en", status: "1", passwordHash: "x", totpSecret: SECRET, roles: "a;b", clientIds: "demo-web" };
  return { people: [{ ...names, ...rest }] };
}

const otp = () => ({
  type: "otp",
  userLabel: "Phone",
  createdDate: 1,
  secretData: { value: "key-of-twenty-signs" },
  credentialData: { subType: "totp", digits: 6, period: 30, algorithm: "HmacSHA1" },
});
const passkey = () => ({
  type: "webauthn",
  userLabel: "Key",
  createdDate: 1,
  secretData: {},
  credentialData: {
    aaguid: "00000000-0000-0000-0000-000000000000",
    credentialId: Buffer.from(uuid()).toString("base64"),
    counter: 0,
    credentialPublicKey: "A".repeat(60),
    transports: ["usb"],
  },
});
const codes = () => ({
  type: "recovery-authn-codes",
  secretData: { codes: [{ number: 1, encodedHashedValue: `${"A".repeat(86)}==` }] },
  credentialData: {},
});
const password = () => ({
  type: "password",
  createdDate: 1,
  secretData: { value: `${"A".repeat(43)}=`, salt: `${"A".repeat(22)}==` },
  credentialData: { hashIterations: 1, algorithm: "pbkdf2-sha256", additionalParameters: {} },
});

function keycloak() {
  const name = `keycloak${next()}`;
  return {
    id: uuid(),
    username: name,
    email: `${name}@example.com`,
    emailVerified: true,
    enabled: true,
    createdTimestamp: 1_700_000_000_000,
    firstName: "A",
    lastName: "B",
    requiredActions: ["VERIFY_EMAIL"],
    attributes: { gender: ["M"], phone: ["1"] },
    realmRoles: ["reader"],
    clientRoles: { app: ["reader"] },
    groups: ["/readers"],
    federatedIdentities: [{ identityProvider: "google", userId: name }],
    credentials: [otp(), passkey(), codes(), password()] as unknown,
  };
}

/** A person with what is JSON as text made such. */
function exported(user: ReturnType<typeof keycloak>) {
  const text = (value: unknown) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value);
  const packed = (it: any) =>
    it !== null && typeof it === "object" ? { ...it, secretData: text(it.secretData), credentialData: text(it.credentialData) } : it;
  return { ...user, credentials: Array.isArray(user.credentials) ? user.credentials.map(packed) : user.credentials };
}

function auth0() {
  const name = `auth0-${next()}`;
  return {
    user_id: `auth0|${name}`,
    email: `${name}@example.com`,
    email_verified: true,
    username: name,
    given_name: "A",
    family_name: "B",
    name: "A B",
    nickname: "A",
    phone_number: "1",
    picture: "p",
    created_at: THEN,
    updated_at: THEN,
    last_login: THEN,
    blocked: false,
    identities: [{ provider: "google-oauth2", user_id: name }],
    password_hash: BCRYPT,
    mfa_factors: [{ totp: { secret: SECRET } }],
  };
}

test("of ARC: whatever stands in a column", async () => {
  const before = await people();
  const tables = together(spoiltTables(arc));
  const { told } = await runOn(db, "arc", [file("arc.sql", byCopy(tables))], ["--totp", "on"]);
  const isPerson = ({ kind, outcome, why }: (typeof told)[number]) =>
    kind === "people" && outcome === "refused" && !why.startsWith("a membership");
  expect((await people()) - before + told.filter(isPerson).length).toBe(tables.users!.length);
});

test.each<[string, () => Tables]>([
  ["identity", identity],
  ["servicestack", serviceStack],
  ["csv", csv],
])("of %s: whatever stands in a column", async (source, make) => {
  const all = [...spoiltTables(make)];
  await each(all.length, source, csvFiles(together(all)));
});

test("of Keycloak: whatever stands in a member", async () => {
  const users = spoilt(keycloak).map(exported);
  const realm = { users, roles: { realm: [{ name: "reader" }] }, groups: [{ name: "readers", path: "/readers", realmRoles: ["reader"] }] };
  await each(users.length, "keycloak", [file("demo-realm.json", JSON.stringify(realm))], [...DEMO_PLACE, "--passkeys"]);
});

test("of Auth0: whatever stands in a member", async () => {
  const users = spoilt(auth0);
  await each(users.length, "auth0", [file("users.json", JSON.stringify(users))]);
});

test("of two records of one id the first stays", async () => {
  for (const id of [uuid(), next()]) {
    const name = `doubled${next()}`;
    const text = `id,username\n${id},${name}\n${id},${name}-again\n`;
    const { status, told } = await runOn(db, "csv", [file("people.csv", text)], DEMO_PLACE);
    expect([status, told.map(({ line, why }) => [line, why])]).toEqual([1, [[3, "has the id of the person at line 2"]]]);
    const { results } = await db.prepare(`select username from users where username like '${name}%'`).all();
    expect(results).toEqual([{ username: name }]);
  }
});

test("a table of columns that no system has is refused with its line", async () => {
  const before = await people();
  const many = Array.from({ length: 3000 }, (_, n) => `c${n}`);
  for (const [name, text, source, why] of [
    ["AspNetUsers.csv", "Id,User_Name,UserName\n1,a,b\n", "identity", "AspNetUsers.csv:2: has a column twice"],
    ["UserAuth.csv", `${many.join(",")}\n${many.join(",")}\n`, "servicestack", "UserAuth.csv:2: has more than 900 columns"],
    ["arc.sql", "COPY main.users (id, id) FROM stdin;\n1\t2\n\\.\n", "arc", "arc.sql:2: has a column twice"],
  ] as const)
    await expect(runOn(db, source, [file(name, text)], source === "arc" ? [] : DEMO_PLACE)).rejects.toThrow(why);
  expect(await people()).toBe(before);
});

test("a dump in another encoding is refused by its name", async () => {
  const dump = (encoding: string) =>
    Buffer.from(`--\n\nSET client_encoding = '${encoding}';\nCOPY main.users (id, username) FROM stdin;\n1\tJos\u00e9\n\\.\n`, "latin1");
  await expect(runOn(db, "arc", [file("arc.sql", dump("LATIN1"))])).rejects.toThrow(
    "arc.sql:3: is in LATIN1: dump it again with --encoding=UTF8",
  );
  // Nothing of a file may tell a terminal what to do.
  const failure = await runOn(db, "arc", [file("arc.sql", dump("LATIN1\u001b[2J"))]).catch((error: Error) => error.message);
  expect(failure).toBe("arc.sql:1: has bytes that are not UTF-8 at this line or soon after it: convert it with iconv");
});

test("nobody comes with more than a hundred recovery codes", async () => {
  const codes = Array.from({ length: 1000 }, (_, n) => n.toString(16).padStart(8, "0"));
  const tables = identity();
  const name = tables.AspNetUsers![0]!.UserName;
  tables.AspNetUserTokens![1]!.Value = codes.join(";");
  const { told } = await runOn(db, "identity", csvFiles(tables), DEMO_PLACE);
  expect(told.map(({ why }) => why)).toContain("recovery codes beyond 100");
  const count = `select count(*) as n from recovery_codes r join users u on u.id = r.user_id where u.username = '${name}'`;
  expect(await db.prepare(count).first()).toEqual({ n: 100 });
});
