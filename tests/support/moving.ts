// Files as other systems write them, and an import of them into a database for tests.

import { createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { afterAll } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { OPTIONS, readOptions } from "../../scripts/lib/import/options.mjs";
import { runImport } from "../../scripts/lib/import/run.mjs";
import type { Database } from "../../scripts/lib/storage.mjs";

/** A line of a report. */
export interface Told {
  file?: string;
  line?: number;
  id?: string;
  kind: string;
  outcome: "refused" | "changed" | "left out";
  why: string;
}

/** A folder for files, which goes when the tests of the file are over. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "edgelatch-moving-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    /** Writes a file and gives its path. */
    file(name: string, content: string | Buffer) {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
  };
}

/** The options that put people into the demo's tenant. */
export const DEMO_PLACE = ["--tenant", demoSettings.SIGN_UP_TENANT, "--role", demoSettings.SIGN_UP_ROLE, "--client", "demo-web"];

/** Runs `npm run import` on a database, and gives its exit status and what it told. */
export async function runOn(db: Database, source: string, files: string[], args: string[] = []) {
  const report = join(mkdtempSync(join(tmpdir(), "edgelatch-report-")), "report.ndjson");
  const { values } = parseArgs({ args: [...args, "--local", "--report", report], options: OPTIONS as never });
  const query = async (statements: string[]) => (await db.batch(statements.map((sql) => db.prepare(sql)))).map(({ results }) => results);
  const write = async (statements: string[]) => void (await query(statements));
  const status = await runImport(source, files, readOptions(source, files, values), { query, write });
  const lines = readFileSync(report, "utf8").split("\n").filter(Boolean);
  rmSync(report);
  return { status, told: lines.map((line) => JSON.parse(line) as Told) };
}

/** Everybody's password in these files. */
export const PASSWORD = "correct horse battery";

/** Hashes of it as other systems make them; those that cost something were made once. */
export const BCRYPT = "$2b$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O";
export const ARGON2ID = "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w";

/** ASP.NET Core Identity's version 3, which ServiceStack has too. */
export function identityV3(digest: "sha1" | "sha256" | "sha512" = "sha256", rounds = 1000, password = PASSWORD) {
  const salt = randomBytes(16);
  const head = Buffer.alloc(13);
  head[0] = 1;
  [["sha1", "sha256", "sha512"].indexOf(digest), rounds, salt.length].forEach((number, n) => head.writeUInt32BE(number, 1 + 4 * n));
  return Buffer.concat([head, salt, pbkdf2Sync(password, salt, rounds, 32, digest)]).toString("base64");
}

/** ASP.NET Identity's version 2. */
export function identityV2(password = PASSWORD) {
  const salt = randomBytes(16);
  return Buffer.concat([Buffer.from([0]), salt, pbkdf2Sync(password, salt, 1000, 32, "sha1")]).toString("base64");
}

/** ServiceStack's SaltedHash: the hash, and the salt beside it. */
export function saltedHash(password = PASSWORD) {
  const salt = randomBytes(4);
  return { hash: createHash("sha256").update(password).update(salt).digest("base64"), salt: salt.toString("base64") };
}

/** A credential of a Keycloak export. */
export function keycloakPassword(algorithm: string, password = PASSWORD) {
  if (algorithm === "argon2") {
    const [, , , , salt, value] = ARGON2ID.split("$");
    const padded = (text: string) => Buffer.from(text, "base64").toString("base64");
    return {
      type: "password",
      secretData: JSON.stringify({ value: padded(value!), salt: padded(salt!), additionalParameters: {} }),
      credentialData: JSON.stringify({
        hashIterations: 1,
        algorithm,
        additionalParameters: { hashLength: ["32"], memory: ["64"], type: ["id"], version: ["1.3"], parallelism: ["1"] },
      }),
    };
  }
  const salt = randomBytes(16);
  const [digest, length] = { pbkdf2: ["sha1", 64], "pbkdf2-sha256": ["sha256", 32], "pbkdf2-sha512": ["sha512", 64] }[algorithm] as [
    string,
    number,
  ];
  const value = pbkdf2Sync(password, salt, 1000, length, digest);
  return {
    type: "password",
    secretData: JSON.stringify({ value: value.toString("base64"), salt: salt.toString("base64"), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: 1000, algorithm, additionalParameters: {} }),
  };
}

/** Rows of tables, as a dump has them. */
export type Tables = Record<string, Record<string, string | null>[]>;

const copied = (value: string | null) =>
  value === null
    ? "\\N"
    : value.replace(
        /[\\\b\f\n\r\t\v]/g,
        (sign) => ({ "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v" })[sign]!,
      );
const quoted = (value: string | null) => (value === null ? "NULL" : `'${value.replaceAll("'", "''")}'`);
const name = (text: string) => (/^[a-z_]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);

/** What of a dump stands before the rows. */
export const DUMP_HEAD = `--
-- PostgreSQL database dump
--

\\restrict Zk3

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION main.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  NEW.modified_on = now(); -- it's so; COPY main.users (id) FROM stdin;
  RETURN NEW;
END;
$_$;

`;

/** A dump by COPY. */
export function byCopy(tables: Tables, schema = "main") {
  const blocks = Object.entries(tables).map(([table, rows]) => {
    const columns = Object.keys(rows[0]!);
    const lines = rows.map((row) => `${columns.map((column) => copied(row[column]!)).join("\t")}\n`);
    return `COPY ${schema}.${name(table)} (${columns.map(name).join(", ")}) FROM stdin;\n${lines.join("")}\\.\n\n`;
  });
  return `${DUMP_HEAD}${blocks.join("")}\\unrestrict Zk3\n`;
}

/** A dump by INSERT: with columns, or with CREATE TABLE before; so many rows in each statement. */
export function byInsert(tables: Tables, { columns: named = true, rows: perInsert = 1, schema = "main" } = {}) {
  const blocks = Object.entries(tables).map(([table, rows]) => {
    const columns = Object.keys(rows[0]!);
    const create = `CREATE TABLE ${schema}.${name(table)} (\n${columns.map((column) => `    ${name(column)} character varying(50) DEFAULT 'a,b)'::character varying`).join(",\n")},\n    CONSTRAINT x CHECK ((1 > 0))\n);\n\n`;
    const into = `INSERT INTO ${schema}.${name(table)} ${named ? `(${columns.map(name).join(", ")}) ` : ""}VALUES `;
    const tuples = rows.map((row) => `(${columns.map((column) => quoted(row[column]!)).join(", ")})`);
    const statements = [];
    for (let at = 0; at < tuples.length; at += perInsert) statements.push(`${into}${tuples.slice(at, at + perInsert).join(",\n\t")};\n`);
    return `${create}${statements.join("")}\n`;
  });
  return `${DUMP_HEAD}${blocks.join("")}`;
}

const uuid = (number: number) => `0a000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const THEN = "2024-03-01 12:00:00.123456+02";

/** Columns of a row that are other than usual. */
type Columns = { [column: string]: string | null };

/** A small world of ARC: an active tenant, a role, a client, and the people who are asked for. */
export function arcTables(people: Columns[], credentials: Columns[] = []): Tables {
  const base = { created_on: THEN, modified_on: THEN, deleted: "f" };
  return {
    auth_clients: [
      {
        id: "1",
        client_id: "arc-web",
        client_secret: "arc-web-secret",
        redirect_url: "https://app.example.com/callback",
        access_token_expiration: "900",
        refresh_token_expiration: "86400",
        auth_code_expiration: "180",
        secret: "arc-web-signing",
        ...base,
      },
    ],
    roles: [{ id: uuid(2), name: "Editor", permissions: '{ViewTodo,"a,b",NULL}', role_type: "1", tenant_id: uuid(1), ...base }],
    tenants: [{ id: uuid(1), name: "Nord & Söhne", status: "1", key: "nord", ...base }],
    user_credentials: people.map((_, n) => ({
      id: uuid(1000 + n),
      user_id: uuid(100 + n),
      auth_provider: "internal",
      auth_id: null,
      password: BCRYPT,
      secret_key: null,
      ...base,
      ...credentials[n],
    })),
    user_tenants: people.map((_, n) => ({
      id: uuid(2000 + n),
      user_id: uuid(100 + n),
      tenant_id: uuid(1),
      role_id: uuid(2),
      status: "1",
      locale: null,
      ...base,
    })),
    users: people.map((person, n) => ({
      id: uuid(100 + n),
      first_name: "Ada",
      middle_name: null,
      last_name: "Muster",
      username: `arc${n}`,
      email: `arc${n}@example.com`,
      phone: null,
      gender: null,
      dob: null,
      auth_client_ids: "{1}",
      default_tenant_id: uuid(1),
      last_login: null,
      ...base,
      ...person,
    })),
  };
}

export const ARC_CLIENT = { client_id: "arc-web", client_secret: "arc-web-secret" };
export const arcId = uuid;
