// What becomes of each record of an import, clause by clause; and that it may be run again, killed and tried.

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLocalDb } from "../../../scripts/lib/local-db.mjs";
import { digest } from "../../../scripts/lib/people.mjs";
import { migrate, seed } from "../../support/demo_db";
import {
  BCRYPT,
  DEMO_PLACE,
  type Tables,
  arcId,
  arcTables,
  byCopy,
  folder,
  identityV3,
  keycloakPassword,
  runOn,
} from "../../support/moving";

const { file, path } = folder();
let db: ReturnType<typeof openLocalDb>["db"];
let close: () => Promise<void>;
beforeEach(async () => {
  ({ db, close } = openLocalDb(`moving-${randomUUID()}`));
  await migrate(db);
  await seed(db);
});
afterEach(() => close());

const rows = async (sql: string) => (await db.prepare(sql).all()).results;
const one = async (sql: string) => (await rows(sql))[0];
const arc = (tables: Tables, args: string[] = []) => runOn(db, "arc", [file("arc.sql", byCopy(tables))], args);
const csv = (text: string, args: string[] = []) => runOn(db, "csv", [file("people.csv", text)], [...DEMO_PLACE, ...args]);
const why = (told: { why: string }[]) => told.map((line) => line.why);
/** Rows of all tables that an import writes. */
const everything = async () => {
  const tables = [
    "tenants",
    "roles",
    "auth_clients",
    "users",
    "user_credentials",
    "user_tenants",
    "user_clients",
    "user_permissions",
    "user_resources",
    "user_identities",
    "groups",
    "user_groups",
    "imported_ids",
  ];
  return Promise.all(tables.map((table) => rows(`select * from ${table} order by 1, 2`)));
};

describe("an import", () => {
  test("that runs again adds nothing and changes nobody, whatever has changed here", async () => {
    const tables = arcTables([{}, {}]);
    expect((await arc(tables)).status).toBe(0);
    await db.batch([
      db.prepare("update user_credentials set password = 'another'"),
      db.prepare("update user_tenants set status = 2"),
      db.prepare("update users set first_name = 'Changed'"),
    ]);
    const before = await everything();
    expect(await arc(tables)).toEqual({ status: 0, told: expect.anything() });
    expect(await everything()).toEqual(before);
  });

  test("that is killed at any batch is finished by the next run", async () => {
    const people = Array.from({ length: 900 }, (_, n) => `${n},p${n},p${n}@example.com,${BCRYPT}`).join("\n");
    const text = `id,username,email,passwordHash\n${people}\n`;
    let batches = 0;
    const dying = Object.create(db, {
      batch: { value: (statements: never[]) => (++batches > 5 ? Promise.reject(new Error("killed")) : db.batch(statements)) },
    });
    await expect(runOn(dying, "csv", [file("people.csv", text)], DEMO_PLACE)).rejects.toThrow("killed");
    const half = (await one("select count(*) as n from users"))!.n as number;
    expect(half).toBeGreaterThan(2);
    expect(half).toBeLessThan(902);
    expect(
      await one(
        "select count(*) as n from users u left join user_tenants m on m.user_id = u.id left join user_credentials c on c.user_id = u.id where m.id is null or c.user_id is null",
      ),
    ).toEqual({ n: 0 });
    expect((await csv(text)).status).toBe(0);
    expect(await one("select count(*) as n from users")).toEqual({ n: 902 });
  });

  test("that is only tried says the same and writes nothing", async () => {
    await csv("id,username\n1,here\n");
    const before = await everything();
    const text = "id,username,status\n1,here,1\n2,new,1\n3,HERE,1\n4,x,9\n";
    const tried = await csv(text, ["--dry-run"]);
    expect(await everything()).toEqual(before);
    expect(await csv(text)).toEqual(tried);
    expect(tried.status).toBe(1);
  });

  test("with a file that cannot be read to its end writes nothing", async () => {
    const before = await everything();
    await expect(csv("username\nfirst\nsecond,third\n")).rejects.toThrow("people.csv:3");
    expect(await everything()).toEqual(before);
  });

  test.each<[string, string, string[], RegExp]>([
    ["no tenant", "username\nx\n", ["--tenant", "Nowhere"], /--tenant "Nowhere"/],
    ["no client", "username\nx\n", ["--client", "nobody"], /--client: there is no client "nobody"/],
    ["a column password", "username,password\nx,y\n", [], /:1: has a column password/],
    ["an unknown column", "username,shoeSize\nx,y\n", [], /:1: the column "shoeSize" is not known/],
    ["neither address nor username", "id,firstName\n1,x\n", [], /:1: has neither a column email/],
    ["a tenant in a row that is not here", "username,tenant\nx,Nowhere\n", [], /no tenant "Nowhere"/],
  ])("with %s is refused before anything is written", async (_, text, args, problem) => {
    const before = await everything();
    await expect(csv(text, args)).rejects.toThrow(problem);
    expect(await everything()).toEqual(before);
  });
});

describe("names", () => {
  test("that fold to one in the file: the first stays, the others are told", async () => {
    const { status, told } = await csv(
      "id,username,email\n1,Ünï,a@example.com\n2,ÜNÏ,b@example.com\n3,x,A@EXAMPLE.com\n4,a@example.com,c@example.com\n",
    );
    expect(status).toBe(1);
    expect(told.map(({ line, outcome }) => [line, outcome])).toEqual([3, 4, 5].map((line) => [line, "refused"]));
    expect(why(told)[0]).toContain("the person at line 2");
  });

  test("that somebody here has, as either, are refused", async () => {
    const { told } = await csv("id,username,email\n1,demo,\n2,x,demo@example.com\n3,demo@example.com,\n4,y,demo\n");
    expect(told.map(({ outcome }) => outcome)).toEqual(Array(4).fill("refused"));
    expect(await one("select count(*) as n from users")).toEqual({ n: 2 });
  });

  test("that are addresses: without another it is theirs, with another it stays the username, and nobody's address", async () => {
    expect((await csv("id,username,email\n1,old@example.com,new@example.com\n2,only@example.com,\n")).status).toBe(0);
    expect(await rows("select username, email, email_verified from users where username like '%@%' order by username")).toEqual([
      { username: "old@example.com", email: "new@example.com", email_verified: 0 },
      { username: "only@example.com", email: "only@example.com", email_verified: 0 },
    ]);
    expect((await csv("id,username,email\n3,another,old@example.com\n")).status).toBe(1);
  });

  test("are verified as addresses where the source says so or the operator vouches, never because a username is one", async () => {
    const text = "id,username,email,emailVerified\n1,said,said@example.com,true\n2,unsaid,unsaid@example.com,\n3,name@example.com,,true\n";
    const verified = "select username from users where email_verified = 1 and username not in ('demo', 'admin') order by 1";
    await csv(text);
    expect(await rows(verified)).toEqual([{ username: "said" }]);
    await csv(text.replace(/(\d),([a-z]+)/g, "1$1,v$2").replaceAll("example.com", "example.org"), ["--emails-verified"]);
    expect((await rows(verified)).map(({ username }) => username)).toEqual(["said", "vname@example.org", "vsaid", "vunsaid"]);
  });

  test("beyond their limits, or none at all, are refused", async () => {
    const { told } = await csv(`id,username,email\n1,${"x".repeat(321)},\n2,,\n3,${"x".repeat(320)},\n`);
    expect(told.map(({ line }) => line)).toEqual([2, 3]);
  });

  test("with formulas and markup are texts like any other", async () => {
    const text = `=cmd|' /C calc'!A0"<script>&`;
    expect((await csv(`username,firstName\nx,"${text.replaceAll('"', '""')}"\n`)).status).toBe(0);
    expect(await one("select first_name from users where username = 'x'")).toEqual({ first_name: text });
  });
});

describe("of ARC", () => {
  const withTables = (change: (tables: Tables) => void) => {
    const tables = arcTables([{}, {}]);
    change(tables);
    return tables;
  };

  test("tenants keep their status, and how many people that keeps out is no secret; --activate-tenants lets them in", async () => {
    await arc(withTables((tables) => (tables.tenants![0]!.status = "0")));
    expect(await rows("select status from tenants where name like 'Nord%'")).toEqual([{ status: 0 }]);
    expect(await one("select count(*) as n from live_members")).toEqual({ n: 4 });
  });

  test("--activate-tenants makes every tenant that comes active", async () => {
    await arc(
      withTables((tables) => (tables.tenants![0]!.status = "0")),
      ["--activate-tenants"],
    );
    expect(await rows("select status from tenants where name like 'Nord%'")).toEqual([{ status: 1 }]);
  });

  test("deleted rows stay out, and so does what hangs on them", async () => {
    const { told } = await arc(
      withTables((tables) => {
        tables.users![1]!.deleted = "t";
        tables.tenants!.push({ ...tables.tenants![0]!, id: arcId(9), key: "gone", deleted: "t" });
        tables.user_tenants!.push({ ...tables.user_tenants![0]!, id: arcId(2009), tenant_id: arcId(9) });
      }),
    );
    expect(await rows("select username from users where username like 'arc%'")).toEqual([{ username: "arc0" }]);
    expect(why(told)).toContain("a membership of a tenant that did not come");
  });

  test("groups come with their members where the tables exist; those of other tenants, and deleted ones, have none", async () => {
    const tables = withTables((tables) => {
      const group = {
        id: arcId(500),
        name: "Staff",
        description: "All of them",
        photo_url: null,
        tenant_id: arcId(1),
        deleted: "f",
        created_on: null,
      };
      tables.groups = [group, { ...group, id: arcId(501), deleted: "t" }, { ...group, id: arcId(502), tenant_id: arcId(9) }];
      tables.user_groups = [500, 501, 502].map((number) => ({
        id: arcId(number + 100),
        group_id: arcId(number),
        user_tenant_id: arcId(2000),
        deleted: "f",
        created_on: null,
      }));
    });
    expect((await arc(tables)).status).toBe(0);
    expect(await rows("select id, name, description, tenant_id from groups")).toEqual([
      { id: arcId(500), name: "Staff", description: "All of them", tenant_id: arcId(1) },
    ]);
    expect(await rows("select group_id, user_tenant_id from user_groups")).toEqual([{ group_id: arcId(500), user_tenant_id: arcId(2000) }]);
    const before = await everything();
    expect((await arc(tables)).status).toBe(0);
    expect(await everything()).toEqual(before);
  });

  test("of two memberships of one tenant the older stays; the default is a live one", async () => {
    await arc(
      withTables((tables) => {
        const [member] = tables.user_tenants!;
        tables.user_tenants!.unshift({ ...member!, id: arcId(2008), created_on: "2025-01-01 00:00:00+00", status: "2" });
        tables.users![0]!.default_tenant_id = arcId(77);
      }),
    );
    expect(
      await one(`select m.status, u.default_tenant_id from users u join user_tenants m on m.user_id = u.id where u.id = '${arcId(100)}'`),
    ).toEqual({
      status: 1,
      default_tenant_id: arcId(1),
    });
  });

  test("clients come with digests and their lifetimes; what this service refuses stays out, its people do not", async () => {
    const client = arcTables([{}]).auth_clients![0]!;
    const { status, told } = await arc(
      withTables((tables) => {
        const clients: Record<string, string>[] = [
          { redirect_url: "http://intranet.example/cb" },
          { redirect_url: "https://a.example/cb,https://b.example/cb" },
          { access_token_expiration: "0" },
          { client_secret: "" },
          { client_id: "demo-web", client_secret: "not-the-demos" },
          { client_id: "arc-web", client_secret: "another" },
        ];
        for (const [n, columns] of clients.entries())
          tables.auth_clients!.push({ ...client, client_id: `bad${n}`, ...columns, id: String(n + 2) });
        tables.users![0]!.auth_client_ids = "{1,2,6}";
      }),
    );
    expect(status).toBe(1);
    expect(told.filter(({ kind }) => kind === "clients")).toHaveLength(6);
    expect(
      await one("select client_secret_digest, secret_digest, access_token_expiration from auth_clients where client_id = 'arc-web'"),
    ).toEqual({
      client_secret_digest: digest("arc-web-secret"),
      secret_digest: digest("arc-web-signing"),
      access_token_expiration: 900,
    });
    expect(await one("select client_secret_digest from auth_clients where client_id = 'demo-web'")).toEqual({
      client_secret_digest: digest("demo-web-secret"),
    });
    expect(
      await rows(`select c.client_id from user_clients u join auth_clients c on c.id = u.client_id where u.user_id = '${arcId(100)}'`),
    ).toEqual([{ client_id: "arc-web" }]);
  });

  test("a client that is here is that one with the same secret, or where the operator says so", async () => {
    const demo = (secret: string) =>
      withTables((tables) => Object.assign(tables.auth_clients![0]!, { client_id: "demo-web", client_secret: secret }));
    expect((await arc(demo("demo-web-secret"))).status).toBe(0);
    expect(await one(`select count(*) as n from user_clients where user_id = '${arcId(100)}'`)).toEqual({ n: 1 });
    expect((await arc(demo("another"))).status).toBe(1);
    expect((await arc(demo("another"), ["--same-client", "demo-web"])).status).toBe(0);
  });

  test("a hash that nothing verifies, or costs too much, leaves the person without a password", async () => {
    const hashes = [
      "$1$Xy7salt9$Zt8tC7N.I2AiC8coltSOj.",
      BCRYPT.replace("$04$", "$16$"),
      "$argon2id$v=19$m=4194304,t=9,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    ];
    const { status, told } = await arc(
      arcTables(
        hashes.map(() => ({})),
        hashes.map((password) => ({ password })),
      ),
    );
    expect(status).toBe(0);
    expect(why(told).filter((text) => text.startsWith("password"))).toEqual([
      "password: MD5-crypt",
      "password: bcrypt of a cost beyond 15",
      "password: argon2 of a cost beyond the limits",
    ]);
    expect(await one("select count(*) as n from user_credentials where user_id like '0a%'")).toEqual({ n: 0 });
  });

  test("identities come with the issuers of this service; a password beside one does not", async () => {
    const credentials = [
      { auth_provider: "google", auth_id: "g1", password: BCRYPT },
      { auth_provider: "keycloak", auth_id: "k1", password: null },
      { auth_provider: "saml", auth_id: "s1", password: null },
    ];
    const tables = arcTables([{}, {}, {}], credentials);
    const { told } = await arc(tables);
    expect(await rows("select provider, issuer, subject from user_identities")).toEqual([
      { provider: "google", issuer: "https://accounts.google.com", subject: "g1" },
    ]);
    expect(await one("select count(*) as n from user_credentials where user_id like '0a%'")).toEqual({ n: 0 });
    expect(why(told).filter((text) => /provider|Keycloak/.test(text))).toEqual([
      "a password beside a provider, which ARC refused",
      "an identity of Keycloak: say --keycloak-issuer",
      "an identity of another provider",
    ]);
  });

  test("authenticators need a word of the operator", async () => {
    const tables = arcTables([{}], [{ secret_key: "JBSWY3DPEHPK3PXP" }]);
    await expect(arc(tables)).rejects.toThrow("--totp on");
    expect((await arc(tables, ["--totp", "off"])).status).toBe(0);
  });

  test("what is no gender, no date or too long is dropped and told", async () => {
    const { told } = await arc(
      arcTables([{ gender: "X", dob: "2001-02-30", first_name: "x".repeat(51), phone: "+49 (0)30 / 12 34 56 7" }]),
    );
    expect(why(told)).toEqual(
      expect.arrayContaining(["gender other than M, F, O", "date of birth that is no date", "firstName beyond its limits"]),
    );
    expect(await one(`select gender, dob, first_name, name_stands_in, phone from users where id = '${arcId(100)}'`)).toEqual({
      gender: null,
      dob: null,
      first_name: "arc0",
      name_stands_in: 0,
      phone: "+490301234567",
    });
  });
});

test("Identity's lock-outs: far ahead is inactive, soon is dropped", async () => {
  const users = file(
    "AspNetUsers.csv",
    `Id,UserName,LockoutEnd,PasswordHash\n1,soon,${new Date(Date.now() + 3_600_000).toISOString()},${identityV3()}\n2,ever,9999-12-31 23:59:59.9999999+00:00,\n`,
  );
  const { told } = await runOn(db, "identity", [users], DEMO_PLACE);
  expect(why(told)).toEqual(["without a lock-out that ends within a year"]);
  expect(
    await rows(
      "select u.username, m.status from users u join user_tenants m on m.user_id = u.id where u.username in ('soon', 'ever') order by 1",
    ),
  ).toEqual([
    { username: "ever", status: 2 },
    { username: "soon", status: 1 },
  ]);
});

test("Keycloak's folder: services are no people, groups give roles, actions make statuses, what has no place is told", async () => {
  const user = (username: string, more: object = {}) => ({
    id: randomUUID(),
    username,
    enabled: true,
    emailVerified: true,
    email: `${username}@example.com`,
    ...more,
  });
  file(
    "demo-realm.json",
    JSON.stringify({
      realm: "demo",
      roles: { realm: [{ name: "editor" }] },
      groups: [{ name: "staff", path: "/staff", realmRoles: ["editor"], subGroups: [] }],
    }),
  );
  file(
    "demo-users-0.json",
    JSON.stringify({
      realm: "demo",
      users: [
        user("kc-new", {
          requiredActions: ["UPDATE_PASSWORD", "VERIFY_EMAIL"],
          groups: ["/staff"],
          attributes: { locale: ["de"], shoe: ["43"] },
        }),
        user("kc-off", {
          enabled: false,
          credentials: [keycloakPassword("pbkdf2-sha256")],
          federatedIdentities: [{ identityProvider: "corp", userId: "c1" }],
        }),
        user("service-account-shop", { serviceAccountClientId: "shop" }),
      ],
    }),
  );
  const { status, told } = await runOn(
    db,
    "keycloak",
    [path],
    [...DEMO_PLACE, "--identity-provider", "corp=google", "--keycloak-issuer", "https://kc.example/realms/demo"],
  );
  expect(status).toBe(0);
  expect(why(told)).toContain('the attribute "shoe"');
  expect(
    await rows(
      "select u.username, m.status, m.locale, u.email_verified, r.name from users u join user_tenants m on m.user_id = u.id join roles r on r.id = m.role_id where u.username like '%kc%' or u.username like 'service%' order by 1",
    ),
  ).toEqual([
    { username: "kc-new", status: 3, locale: "de", email_verified: 0, name: "editor" },
    { username: "kc-off", status: 2, locale: null, email_verified: 1, name: "Member" },
  ]);
  expect(await rows("select provider, issuer from user_identities where subject = 'c1'")).toEqual([
    { provider: "google", issuer: "https://accounts.google.com" },
  ]);
  expect(await one("select count(*) as n from user_identities where provider = 'keycloak'")).toEqual({ n: 2 });
});
