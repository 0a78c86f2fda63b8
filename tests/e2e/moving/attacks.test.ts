// Files that are made to harm: none takes memory, leads elsewhere, or ends an import in anything but an answer.

import { closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { anyHash, auth0, identity, keycloak, serviceStack } from "../../../scripts/lib/import/hashes.mjs";
import { arrayOf } from "../../../scripts/lib/import/pg-dump.mjs";
import { moment } from "../../../scripts/lib/import/record.mjs";
import { listOf } from "../../../scripts/lib/import/tables.mjs";
import { openLocalDb } from "../../../scripts/lib/local-db.mjs";
import { migrate, seed } from "../../support/demo_db";
import { BCRYPT, DEMO_PLACE, arcTables, byCopy, folder, keycloakPassword, runOn } from "../../support/moving";

const { file, path } = folder();
let db: ReturnType<typeof openLocalDb>["db"];
let close: () => Promise<void>;
beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  ({ db, close } = openLocalDb(`attacks-${randomUUID()}`));
  await migrate(db);
  await seed(db);
});
afterAll(() => close());

const people = async () => (await db.prepare("select count(*) as n from users").first<{ n: number }>())!.n;

describe("a file of a gigabyte of one line", () => {
  /** A gigabyte that takes no room on the disk: NUL behind some text. */
  function gigabyte(name: string, begin: string) {
    const path = file(name, "");
    const written = openSync(path, "r+");
    writeSync(written, begin);
    closeSync(written);
    truncateSync(path, 2 ** 30);
    return path;
  }

  test.each<[string, string, string]>([
    ["arc", "arc.sql", "COPY main.users (id) FROM stdin;\n"],
    ["csv", "people.csv", "username\n"],
    ["keycloak", "demo-realm.json", '{"users": [{"username": "'],
    ["auth0", "users.ndjson", '{"email": "'],
    ["identity", "AspNetUsers.csv", "Id\n"],
    ["servicestack", "UserAuth.csv", "Id\n"],
  ])("is refused by %s with its line, at once and in little memory", async (source, name, begin) => {
    const before = await people();
    const heap = () => process.memoryUsage().heapUsed + process.memoryUsage().external;
    const held = heap();
    const args = source === "arc" ? [] : DEMO_PLACE;
    await expect(runOn(db, source, [gigabyte(name, begin)], args)).rejects.toThrow(/:[12]: (?:the line|an object) is longer/);
    expect(heap() - held).toBeLessThan(192 * 2 ** 20);
    expect(await people()).toBe(before);
  });
});

describe("a bomb of a .gz", () => {
  const bomb = (line: string, begin = "") => gzipSync(begin + line.repeat((96 * 2 ** 20) / line.length));

  test.each<[string, string, string, string?]>([
    ["arc", "bomb.sql.gz", "-- ".padEnd(2 ** 10 - 1, "x").concat("\n")],
    ["csv", "bomb.csv.gz", "x".repeat(2 ** 19 - 1).concat("\n"), "username\n"],
    ["auth0", "bomb.ndjson.gz", " ".repeat(63).concat("\n")],
  ])("of %s goes off nowhere", async (source, name, line, begin) => {
    const args = source === "arc" ? [] : DEMO_PLACE;
    await expect(runOn(db, source, [file(name, bomb(line, begin))], args)).rejects.toThrow(/inflates to far more/);
  });

  test("in a folder of Keycloak goes off nowhere, and nothing of its neighbours comes in", async () => {
    const inside = join(path, "bombs");
    mkdirSync(inside);
    const user = { id: randomUUID(), username: "beside-the-bomb", credentials: [keycloakPassword("pbkdf2")] };
    writeFileSync(join(inside, "demo-users-0.json"), JSON.stringify({ users: [user] }));
    writeFileSync(join(inside, "demo-users-1.json.gz"), bomb(" ".repeat(63).concat("\n")));
    const before = await people();
    await expect(runOn(db, "keycloak", [inside], DEMO_PLACE)).rejects.toThrow(/inflates to far more/);
    expect(await people()).toBe(before);
  });
});

describe("a path", () => {
  test("in a folder that is a link leads nowhere", async () => {
    const inside = join(path, "links");
    mkdirSync(inside);
    const elsewhere = file("elsewhere.json", JSON.stringify({ users: [{ id: randomUUID(), username: "from-elsewhere" }] }));
    symlinkSync(elsewhere, join(inside, "demo-users-0.json"));
    symlinkSync("/", join(inside, "demo-users-1.json"));
    mkdirSync(join(inside, "demo-users-2.json"));
    await expect(runOn(db, "keycloak", [inside], DEMO_PLACE)).rejects.toThrow("there are no users in it");
  });

  test("that is a device, a folder or nothing is refused by its name", async () => {
    for (const [where, why] of [
      ["/dev/zero", "zero: is no file"],
      [path, "is a folder"],
      [join(path, "nowhere.csv"), "nowhere.csv: there is no such file"],
    ]) {
      await expect(runOn(db, "csv", [where!], DEMO_PLACE)).rejects.toThrow(why);
    }
  });

  test("with signs that a terminal would obey is shown without them", async () => {
    const name = "a\u001b[2J\u0007.csv";
    await expect(runOn(db, "csv", [file(name, "shoe\n")], DEMO_PLACE)).rejects.toThrow("a?[2J?.csv:1: the column");
    const { told } = await runOn(db, "csv", [file(name, "username,status\nx,9\n")], DEMO_PLACE);
    expect(told[0]!.file).toBe("a?[2J?.csv");
  });
});

test("what is told holds nothing of a person: no name, address, hash, secret", async () => {
  const mark = "zqzq";
  const rows = [`1,${mark},,x,9,`, `2,${mark}2,,${"x".repeat(51)},1,$1$${mark}`, `3,${mark.toUpperCase()}2,,x,1,`, "4,demo,,x,1,"];
  const text = `id,username,email,firstName,status,passwordHash\n${rows.join("\n")}\n`;
  const { told } = await runOn(db, "csv", [file("marked.csv", text)], DEMO_PLACE);
  expect(told.map(({ outcome }) => outcome).sort()).toEqual(["left out", "left out", "refused", "refused", "refused"]);
  expect(JSON.stringify(told).toLowerCase()).not.toContain(mark);
  expect(JSON.stringify(told)).not.toContain("demo");
});

/** What an export could have of a value, and what it never has. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("password", "totp", "{}", '{"value":1}', BCRYPT, null, [], [null], {
    type: "password",
    secretData: "{}",
    credentialData: "{}",
  }),
);

test.each<[string, string, string[], (rows: Record<string, unknown>[]) => string]>([
  [
    "keycloak",
    "fuzz-realm.json",
    [
      "id",
      "username",
      "email",
      "credentials",
      "attributes",
      "groups",
      "realmRoles",
      "clientRoles",
      "requiredActions",
      "federatedIdentities",
      "createdTimestamp",
    ],
    (users) => JSON.stringify({ realm: "r", roles: users[0]?.roles ?? {}, groups: users[0]?.groups ?? [], users }),
  ],
  [
    "auth0",
    "fuzz.ndjson",
    [
      "user_id",
      "_id",
      "email",
      "username",
      "identifiers",
      "identities",
      "passwordHash",
      "custom_password_hash",
      "mfa_factors",
      "created_at",
      "picture",
    ],
    (users) => users.map((user) => JSON.stringify(user)).join("\n"),
  ],
])("%s: a value of whatever type ends in an outcome, never in a crash", async (source, name, members, write) => {
  const value = fc.dictionary(fc.constantFrom(...members), anything, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 3 }), async (users) => {
      const failure = await runOn(db, source, [file(name, write(users as Record<string, unknown>[]))], [...DEMO_PLACE, "--dry-run"]).then(
        () => null,
        (error: Error) => error,
      );
      if (failure) expect(failure.constructor.name, failure.stack).toMatch(/^(?:Unreadable|Stop)$/);
    }),
    { numRuns: 60 },
  );
});

test("arc: a text of whatever kind in any column ends in an outcome, never in a crash", async () => {
  const text = fc.oneof(fc.constantFrom("", "{", "{1", "t", "-1", "9e99", "infinity", "{NULL}", "\\N"), fc.string({ maxLength: 6 }));
  const columns = fc.tuple(
    fc.constantFrom("users", "user_tenants", "user_credentials", "tenants", "roles", "auth_clients"),
    fc.nat(20),
    text,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(columns, { maxLength: 6 }), async (changes) => {
      const tables = arcTables([{}, {}]);
      for (const [table, column, value] of changes) {
        const names = Object.keys(tables[table]![0]!);
        tables[table]![0]![names[column % names.length]!] = value.replaceAll("\0", "");
      }
      const failure = await runOn(db, "arc", [file("fuzz.sql", byCopy(tables))], ["--dry-run", "--totp", "off"]).then(
        () => null,
        (error: Error) => error,
      );
      if (failure) expect(failure.constructor.name, failure.stack).toMatch(/^(?:Unreadable|Stop)$/);
    }),
    { numRuns: 60 },
  );
});

test("a SQLite file of any bytes is refused or read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
      const broken = file("UserAuth.db", Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.from(bytes)]));
      await expect(runOn(db, "servicestack", [broken], DEMO_PLACE)).rejects.toThrow(
        /cannot be read as a SQLite database|no row of the table|-wal/,
      );
    }),
    { numRuns: 60 },
  );
});

test("no text makes a reader of hashes, lists or moments fall over", () => {
  const part = fc.constantFrom(
    "$",
    "$2b$",
    "04$",
    "$argon2id$v=19$m=64,t=1,p=1",
    "pbkdf2_sha256$",
    "AAAA",
    "=",
    "{SSHA}",
    "1e9",
    "[",
    '"',
    ",",
    "{",
    "\\",
    "/Date(",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, text, fc.jsonValue(), (one, other, value) => {
      for (const converted of [anyHash(one), identity(one), serviceStack(one, other), keycloak(value as never, value as never)]) {
        expect("stored" in converted || "refused" in converted || "wrap" in converted).toBe(true);
      }
      if (value !== null && typeof value === "object") auth0(value as never);
      moment(one);
      listOf(one);
      arrayOf(one);
    }),
    { numRuns: 500 },
  );
});
