// What operators' commands do to the database, on a real D1.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { planOf, verbOf } from "../../../scripts/lib/admin/verbs.mjs";
import { bootstrap } from "../../../scripts/lib/first-tenant.mjs";
import { withFile } from "../../../scripts/lib/database.mjs";
import { freshDataKey, freshJwtKeys } from "../../../scripts/lib/keys.mjs";
import { digest, fold, hashPassword } from "../../../scripts/lib/people.mjs";
import { applyMigrations, migrations, openLocalDb, seedDemo } from "../../../scripts/lib/local-db.mjs";

let db: ReturnType<typeof openLocalDb>["db"];
let close: () => Promise<void>;

function onAFreshDatabase() {
  beforeEach(async () => {
    ({ db, close } = openLocalDb("fresh"));
    await applyMigrations(db);
  });
  afterEach(() => close());
}

const rows = async (sql: string) => (await db.prepare(sql).all()).results;
const count = async (table: string) => (await rows(`select count(*) as n from ${table}`))[0]!.n;
const run = (statements: string[]) => db.batch(statements.map((sql) => db.prepare(sql)));
/** Does a verb of `npm run admin`. */
const admin = (...words: string[]) => run(planOf(verbOf(words)!, Date.now()).statements);
const member = (name: string) =>
  rows(`select u.username, m.status, r.name as role,
    (select count(*) from sessions s where s.user_id = u.id and s.ended_on is null) as sessions
    from users u join user_tenants m on m.user_id = u.id join roles r on r.id = m.role_id where u.username_key = '${name}'`);

const options = { tenant: "Main", client: "web", username: "admin" };
async function attempt(changes = {}) {
  const { statements, made, secrets } = bootstrap({ ...options, ...changes }, Date.now());
  await run(statements);
  return { made: (await rows(made))[0]!.made === 1, secrets };
}

describe("migrations and seed", () => {
  onAFreshDatabase();

  test("every statement of docs/operations.md fits the schema", async () => {
    const text = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    const statements = [...text.matchAll(/^```sql\n([^]*?)^```/gm)].map(([, sql]) => sql!);
    expect(statements.length).toBeGreaterThan(15);
    for (const sql of statements) await expect(db.prepare(sql).run(), sql).resolves.toMatchObject({ success: true });
  });

  test("what has been applied is not applied again", async () => {
    expect(await applyMigrations(db)).toEqual([]);
    expect((await rows("select name from d1_migrations order by id")).map(({ name }) => name)).toEqual(
      migrations().map(({ name }) => name),
    );
  });

  test("a file that fails leaves nothing behind, and stays to be applied", async () => {
    const sql = "create table half (n integer);\ninsert into half values (1);\ninsert into nowhere values (1);";
    await expect(applyMigrations(db, [{ name: "9999_half.sql", sql }])).rejects.toThrow("nowhere");
    expect(await rows("select 1 from sqlite_master where name = 'half'")).toEqual([]);
    expect(await applyMigrations(db, [{ name: "9999_half.sql", sql: "create table half (n integer);" }])).toEqual(["9999_half.sql"]);
  });

  test("the demo data goes into an empty database, once", async () => {
    expect(await seedDemo(db)).toBe(true);
    expect(await seedDemo(db)).toBe(false);
    expect(
      await rows("select username, email_verified, status, standing, client_ids, role_permissions from accounts order by username"),
    ).toEqual([
      { username: "admin", email_verified: 0, status: 1, standing: 1, client_ids: "[1,2]", role_permissions: '["NotAllowed"]' },
      { username: "demo", email_verified: 1, status: 1, standing: 1, client_ids: "[1,2]", role_permissions: "[]" },
    ]);
    expect(
      await rows(
        "select client_id, redirect_url, access_token_expiration, refresh_token_expiration, auth_code_expiration from auth_clients",
      ),
    ).toEqual(
      [
        ["demo-web", "http://localhost:5173/callback"],
        ["demo-mobile", null],
      ].map(([client_id, redirect_url]) => ({
        client_id,
        redirect_url,
        access_token_expiration: 900,
        refresh_token_expiration: 86_400,
        auth_code_expiration: 180,
      })),
    );
  });
});

describe("bootstrap", () => {
  onAFreshDatabase();

  test("makes an administrator who may come in to the client, with secrets that are stored as digests", async () => {
    const { made, secrets } = await attempt({ tenant: "O'Hara; Ltd", redirect: "https://app.example.com/callback" });
    expect(made).toBe(true);
    expect(await rows("select name from tenants")).toEqual([{ name: "O'Hara; Ltd" }]);
    expect(await rows("select client_secret_digest, secret_digest, redirect_url from auth_clients")).toEqual([
      {
        client_secret_digest: digest(secrets.clientSecret),
        secret_digest: digest(secrets.secret),
        redirect_url: "https://app.example.com/callback",
      },
    ]);
    expect(await count("live_members")).toBe(1);
    expect(JSON.stringify(await rows("select * from user_credentials"))).not.toContain(secrets.password);
  });

  test("of ten at once exactly one succeeds, whole", async () => {
    const attempts = await Promise.all(Array.from({ length: 10 }, (_, n) => attempt({ client: `web${n}`, username: `admin${n}` })));
    expect(attempts.filter(({ made }) => made)).toHaveLength(1);
    for (const table of ["tenants", "roles", "auth_clients", "users", "user_credentials", "user_tenants", "user_clients"]) {
      expect(await count(table), table).toBe(1);
    }
  }, 60_000);

  test("is refused while an administrator may come in, and not longer", async () => {
    await seedDemo(db);
    expect((await attempt({ username: "second" })).made).toBe(false);
    expect(await count("tenants")).toBe(1);
    await admin("user", "disable", "admin");
    expect((await attempt({ username: "second" })).made).toBe(true);
  });

  test("is refused while a member holds the permission in person", async () => {
    await seedDemo(db);
    await admin("user", "disable", "admin");
    await run([
      `insert into user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on)
       select 'p', user_tenant_id, 'NotAllowed', 1, 0, 0 from accounts where username = 'demo'`,
    ]);
    expect((await attempt({ username: "second" })).made).toBe(false);
    await run(["update user_permissions set allowed = 0"]);
    expect((await attempt({ username: "second" })).made).toBe(true);
  });

  test("a name that is taken changes nothing", async () => {
    await seedDemo(db);
    await admin("user", "disable", "admin");
    await expect(attempt({ username: "Demo" })).rejects.toThrow("UNIQUE");
    await expect(attempt({ client: "demo-web", username: "second" })).rejects.toThrow("UNIQUE");
    expect(await count("tenants")).toBe(1);
  });

  test("a username with @ is the user's own address", async () => {
    await attempt({ username: "Ann@Example.com" });
    expect(await rows("select email, email_key, username_key from users")).toEqual([
      { email: "Ann@Example.com", email_key: "ann@example.com", username_key: "ann@example.com" },
    ]);
    expect(() => bootstrap({ ...options, username: "a@example.com", email: "b@example.com" }, 0)).toThrow("--username");
  });
});

describe("a client's redirect URL", () => {
  const { accepted, international, refused } = JSON.parse(
    readFileSync(new URL("../../vectors/redirect_urls.json", import.meta.url), "utf8"),
  ) as Record<string, string[]>;

  test.each(refused!)("%j is no place to send a browser", (redirect) => {
    expect(() => bootstrap({ ...options, redirect }, 0)).toThrow("--redirect");
  });

  test.each([...accepted!, ...international!])("%j is one", (redirect) => {
    expect(() => bootstrap({ ...options, redirect }, 0)).not.toThrow();
  });
});

describe("members", () => {
  onAFreshDatabase();

  const openSession = () =>
    run([
      `insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)
       select hex(randomblob(8)), id, 1, 0, 0, 'password', 0, ${Date.now() + 60_000} from users`,
    ]);

  test("disabling a user ends that user's sessions and no other user's", async () => {
    await seedDemo(db);
    await openSession();
    await admin("user", "disable", " DEMO");
    expect(await member("demo")).toEqual([{ username: "demo", status: 2, role: "Member", sessions: 0 }]);
    expect(await member("admin")).toEqual([{ username: "admin", status: 1, role: "Administrator", sessions: 1 }]);
    await admin("user", "enable", "demo");
    expect(await member("demo")).toEqual([{ username: "demo", status: 1, role: "Member", sessions: 0 }]);
  });

  test("a role is given by its name", async () => {
    await seedDemo(db);
    await admin("user", "role", "demo", "Administrator");
    expect((await member("demo"))[0]!.role).toBe("Administrator");
    await admin("tenant", "create", "Elsewhere");
    await admin("role", "create", "Else", "A", "Elsewhere");
    await admin("user", "role", "demo", "Else");
    expect((await member("demo"))[0]!.role, "that of another tenant is not").toBe("Administrator");
  });

  test("a name cannot end the statement it stands in", async () => {
    await seedDemo(db);
    for (const name of ["x'; drop table users; --", "' or '1'='1"]) {
      await admin("user", "disable", name);
    }
    expect(await count("user_tenants where status = 1")).toBe(2);
  });
});

describe("a file of statements", () => {
  test("is its owner's alone, and gone when the work is done or has failed", async () => {
    const files: string[] = [];
    const seen = (file: string) => {
      files.push(file);
      expect(readFileSync(file, "utf8")).toBe("select 1;\n");
      expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
    };
    await withFile("select 1;\n", async (file: string) => seen(file));
    await expect(
      withFile("select 1;\n", async (file: string) => {
        seen(file);
        throw new Error("no luck");
      }),
    ).rejects.toThrow("no luck");
    expect(files).toHaveLength(2);
    for (const file of files) expect(existsSync(dirname(file))).toBe(false);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("is gone when %s ends the command in the middle", async (signal) => {
    const module = new URL("../../../scripts/lib/database.mjs", import.meta.url).href;
    const program = `import { withFile } from ${JSON.stringify(module)};
      await withFile("x", (file) => new Promise(() => { console.log(file); setInterval(() => {}, 1000); }));`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "inherit"] });
    const file = String((await once(child.stdout, "data"))[0]).trim();
    expect(existsSync(file)).toBe(true);
    child.kill(signal);
    await once(child, "exit");
    expect(existsSync(dirname(file))).toBe(false);
  });
});

describe("secrets", () => {
  test.each([false, true])("JWT_KEYS is a key that signs, named by its thumbprint (ES256: %s)", async (es256) => {
    const [jwk] = JSON.parse(freshJwtKeys({ es256 })).keys;
    expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk));
    const { d, ...publicJwk } = jwk;
    const token = await new SignJWT({}).setProtectedHeader({ alg: jwk.alg }).sign(await importJWK(jwk));
    await expect(jwtVerify(token, await importJWK(publicJwk))).resolves.toBeTruthy();
    expect(d).not.toBe(JSON.parse(freshJwtKeys({ es256 })).keys[0].d);
  });

  test("DATA_KEY is 32 bytes", () => {
    expect(Buffer.from(freshDataKey(), "base64url")).toHaveLength(32);
  });

  test("a password is stored as the worker stores it, under a salt of its own", () => {
    expect(hashPassword("correct horse battery")).toMatch(/^\$pbkdf2-sha512\$i=220000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(hashPassword("same")).not.toBe(hashPassword("same"));
  });

  // The names of the test in src/auth/account.rs.
  test("names fold as in the worker", () => {
    expect(fold(" Ünïcode@EXAMPLE.com ")).toBe("ünïcode@example.com");
    expect(fold("ＤＥＭＯ")).toBe("demo");
    expect(fold("U\u0308x")).toBe(fold("Üx"));
    for (const name of ["İstanbul", "ﬁn", "ΑΣ", "ẞ", "\u2126"]) expect(fold(fold(name))).toBe(fold(name));
  });
});
