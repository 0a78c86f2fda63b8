// SQLite files as ServiceStack's OrmLite and Entity Framework make them, with their own names and types of columns.

import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { beforeAll, expect, test } from "vitest";
import { useWorker } from "../../support/fixtures";
import { DEMO_PLACE, PASSWORD, folder, identityV3, runOn, saltedHash } from "../../support/moving";

const { worker, our } = useWorker();
const { path, file } = folder();
const signsIn = async (username: string) => expect((await our.loginToken({ username, password: PASSWORD })).status, username).toBe(200);
const rows = async (sql: string) => (await worker.db.prepare(sql).all()).results;

/** Makes a SQLite file of these statements. */
function database(name: string, statements: string[]) {
  const made = join(path, name);
  const db = new sqlite.Database(made);
  for (const sql of statements) db.exec(sql);
  db.close();
  return made;
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** UserAuth as OrmLite creates it, whose texts are VARCHAR and whose dates are texts. */
const USER_AUTH = `create table "UserAuth" ("Id" INTEGER PRIMARY KEY AUTOINCREMENT, "UserName" VARCHAR(8000) NULL, "Email" VARCHAR(8000) NULL,
  "PrimaryEmail" VARCHAR(8000) NULL, "PhoneNumber" VARCHAR(8000) NULL, "FirstName" VARCHAR(8000) NULL, "LastName" VARCHAR(8000) NULL,
  "DisplayName" VARCHAR(8000) NULL, "Company" VARCHAR(8000) NULL, "BirthDate" VARCHAR(8000) NULL, "BirthDateRaw" VARCHAR(8000) NULL,
  "Culture" VARCHAR(8000) NULL, "FullName" VARCHAR(8000) NULL, "Gender" VARCHAR(8000) NULL, "Language" VARCHAR(8000) NULL,
  "Salt" VARCHAR(8000) NULL, "PasswordHash" VARCHAR(8000) NULL, "DigestHa1Hash" VARCHAR(8000) NULL, "Roles" VARCHAR(8000) NULL,
  "Permissions" VARCHAR(8000) NULL, "CreatedDate" VARCHAR(8000) NOT NULL, "ModifiedDate" VARCHAR(8000) NOT NULL,
  "InvalidLoginAttempts" INTEGER NOT NULL, "LastLoginAttempt" VARCHAR(8000) NULL, "LockedDate" VARCHAR(8000) NULL, "RefId" INTEGER NULL,
  "RefIdStr" VARCHAR(8000) NULL, "Meta" VARCHAR(8000) NULL)`;
const DETAILS = `create table "UserAuthDetails" ("Id" INTEGER PRIMARY KEY AUTOINCREMENT, "UserAuthId" INTEGER NOT NULL, "Provider" VARCHAR(8000) NULL,
  "UserId" VARCHAR(8000) NULL, "UserName" VARCHAR(8000) NULL, "AccessToken" VARCHAR(8000) NULL, "Items" VARCHAR(8000) NULL)`;
const ROLES = `create table "UserAuthRole" ("Id" INTEGER PRIMARY KEY AUTOINCREMENT, "UserAuthId" INTEGER NOT NULL, "Role" VARCHAR(8000) NULL,
  "Permission" VARCHAR(8000) NULL, "CreatedDate" VARCHAR(8000) NOT NULL, "ModifiedDate" VARCHAR(8000) NOT NULL)`;

const salted = saltedHash();
function userAuth(id: number, columns: Record<string, string | null>) {
  const all = { CreatedDate: "2019-05-06 07:08:09.123", ModifiedDate: "2021-01-02 03:04:05", ...columns };
  const names = Object.keys(all).map((name) => `"${name}"`);
  const values = Object.values(all).map((value) => (value === null ? "null" : text(value)));
  return `insert into "UserAuth" ("Id", "InvalidLoginAttempts", ${names.join(", ")}) values (${id}, 0, ${values.join(", ")})`;
}

let app: string;
beforeAll(() => {
  app = database("app.db", [
    USER_AUTH,
    DETAILS,
    ROLES,
    userAuth(1, {
      UserName: "db-new",
      Email: "db-new@example.com",
      PasswordHash: identityV3(),
      Roles: '[Chief,"a, ""b"""]',
      BirthDate: "1990-05-17 00:00:00",
    }),
    userAuth(2, {
      UserName: "db-old",
      PrimaryEmail: "db-old@example.com",
      PasswordHash: salted.hash,
      Salt: salted.salt,
      DigestHa1Hash: "0".repeat(32),
      Permissions: "[ViewTodo]",
    }),
    userAuth(3, { DisplayName: "Ada Muster", Email: "db-google@example.com" }),
    userAuth(4, { UserName: "db-locked", PasswordHash: identityV3(), LockedDate: "2020-01-01 00:00:00" }),
    `insert into "UserAuthDetails" ("UserAuthId", "Provider", "UserId") values (3, 'GoogleOAuth', 'g-3'), (3, 'google', 'g-3'), (1, 'credentials', '1')`,
    `insert into "UserAuthRole" ("UserAuthId", "Role", "Permission", "CreatedDate", "ModifiedDate") values (2, 'Editor', null, '', ''), (2, null, 'EditTodo', '', '')`,
  ]);
});

test("ServiceStack's own: both kinds of hashes let in; roles, permissions, dates, identities and locks come over", async () => {
  const { status, told } = await runOn(worker.db, "servicestack", [app], DEMO_PLACE);
  expect(status).toBe(0);
  expect(told.filter(({ kind }) => kind === "people")).toEqual([
    { file: "app.db", line: 3, table: "UserAuth", id: "3", kind: "people", outcome: "left out", why: "an identity of another provider" },
  ]);
  await signsIn("db-new");
  await signsIn("db-old");
  expect((await our.loginToken({ username: "db-locked", password: PASSWORD })).status).toBe(401);
  expect(
    await rows(`select u.username, u.email, u.first_name, u.dob, u.created_on, r.name, m.status from users u
      join user_tenants m on m.user_id = u.id join roles r on r.id = m.role_id where u.username like 'db-%' order by 1`),
  ).toEqual([
    {
      username: "db-google@example.com",
      email: "db-google@example.com",
      first_name: "Ada Muster",
      dob: null,
      created_on: Date.UTC(2019, 4, 6, 7, 8, 9, 123),
      name: "Member",
      status: 1,
    },
    {
      username: "db-locked",
      email: null,
      first_name: "db-locked",
      dob: null,
      created_on: Date.UTC(2019, 4, 6, 7, 8, 9, 123),
      name: "Member",
      status: 2,
    },
    {
      username: "db-new",
      email: "db-new@example.com",
      first_name: "db-new",
      dob: "1990-05-17",
      created_on: Date.UTC(2019, 4, 6, 7, 8, 9, 123),
      name: 'Chief, a, "b"',
      status: 1,
    },
    {
      username: "db-old",
      email: "db-old@example.com",
      first_name: "db-old",
      dob: null,
      created_on: Date.UTC(2019, 4, 6, 7, 8, 9, 123),
      name: "Editor",
      status: 1,
    },
  ]);
  expect(
    await rows(
      "select permission from user_permissions p join user_tenants m on m.id = p.user_tenant_id join users u on u.id = m.user_id where u.username = 'db-old' order by 1",
    ),
  ).toEqual([{ permission: "EditTodo" }, { permission: "ViewTodo" }]);
  expect(
    await rows("select i.provider, i.subject from user_identities i join users u on u.id = i.user_id where u.username like 'db-%'"),
  ).toEqual([{ provider: "google", subject: "g-3" }]);
  expect((await runOn(worker.db, "servicestack", [app], DEMO_PLACE)).status, "and again").toBe(0);
  expect(await rows("select count(*) as n from users where username like 'db-%'")).toEqual([{ n: 4 }]);
});

test("Entity Framework's, with a write-ahead log: read where the log is empty, and refused where it is not", async () => {
  const id = randomUUID();
  const made = database("identity.db", [
    `create table "AspNetUsers" ("Id" TEXT NOT NULL PRIMARY KEY, "UserName" TEXT NULL, "Email" TEXT NULL, "EmailConfirmed" INTEGER NOT NULL,
      "PasswordHash" TEXT NULL, "TwoFactorEnabled" INTEGER NOT NULL, "LockoutEnd" TEXT NULL, "LockoutEnabled" INTEGER NOT NULL)`,
    `create table "AspNetRoles" ("Id" INTEGER PRIMARY KEY, "Name" TEXT NULL)`,
    `create table "AspNetUserRoles" ("UserId" TEXT NOT NULL, "RoleId" INTEGER NOT NULL)`,
    `insert into "AspNetUsers" values (${text(id)}, 'ef-wal', 'ef-wal@example.com', 1, ${text(identityV3("sha512"))}, 0, null, 1)`,
    `insert into "AspNetRoles" values (7, 'Editor')`,
    `insert into "AspNetUserRoles" values (${text(id)}, 7)`,
  ]);
  const bytes = readFileSync(made);
  bytes[18] = 2;
  bytes[19] = 2;
  const marked = file("identity-wal.db", bytes);
  writeFileSync(`${marked}-wal`, "x");
  await expect(runOn(worker.db, "identity", [marked], DEMO_PLACE)).rejects.toThrow(
    /identity-wal.db: has changes that are in its -wal file only/,
  );
  writeFileSync(`${marked}-wal`, "");
  expect((await runOn(worker.db, "identity", [marked], DEMO_PLACE)).status).toBe(0);
  await signsIn("ef-wal");
  expect(
    await rows(
      `select u.id, u.email_verified, r.name from users u join user_tenants m on m.user_id = u.id join roles r on r.id = m.role_id where u.username = 'ef-wal'`,
    ),
  ).toEqual([{ id, email_verified: 1, name: "Editor" }]);
});
