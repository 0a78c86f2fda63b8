// People moved in from a file of each source, into a local database as `npm run import` writes it: people per second and
// memory. scripts/bench-import.mjs runs it; see README.md.

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { OPTIONS, readOptions } from "../../scripts/lib/import/options.mjs";
import { runImport } from "../../scripts/lib/import/run.mjs";
import { applyMigrations, openLocalDb, seedDemo } from "../../scripts/lib/local-db.mjs";
import { Stop, main, say } from "../../scripts/lib/steps.mjs";
import { children, cpuMs, residentMiB } from "./usage.mjs";

const [count, only] = [Number(process.argv[2]), process.argv[3]];
const PLACE = ["--tenant", demoSettings.SIGN_UP_TENANT, "--role", demoSettings.SIGN_UP_ROLE, "--client", "demo-web"];
const BCRYPT = "$2b$10$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O";
const THEN = "2024-03-01 12:00:00.123456+02";

const base64 = (length) => randomBytes(length).toString("base64");
const identityV3 = () =>
  Buffer.concat([Buffer.from("0100000001000027100000001000", "hex").subarray(0, 13), randomBytes(48)]).toString("base64");
const uuid = (kind, n) => `${kind}a000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const address = (n) => `person${n}@example.com`;

/** A block of COPY: its columns, and a line for each person. */
function* copied(table, columns, line) {
  yield `COPY main.${table} (${columns}) FROM stdin;\n`;
  for (let n = 0; n < count; n++) yield `${line(n).join("\t")}\n`;
  yield "\\.\n\n";
}

function* arcDump() {
  yield "SET client_encoding = 'UTF8';\n";
  yield `COPY main.auth_clients (id, client_id, client_secret, secret, redirect_url, access_token_expiration, refresh_token_expiration, auth_code_expiration, deleted) FROM stdin;\n`;
  yield "1\tarc-web\tarc-web-secret\tarc-web-signing\thttps://app.example.com/cb\t900\t86400\t180\tf\n\\.\n\n";
  yield `COPY main.tenants (id, name, status, key, deleted) FROM stdin;\n${uuid(1, 0)}\tNord\t1\tnord\tf\n\\.\n\n`;
  yield `COPY main.roles (id, name, permissions, role_type, tenant_id, deleted) FROM stdin;\n${uuid(2, 0)}\tEditor\t{ViewTodo}\t1\t${uuid(1, 0)}\tf\n\\.\n\n`;
  yield* copied("user_credentials", "id, user_id, auth_provider, password, deleted, created_on, modified_on", (n) => [
    uuid(3, n),
    uuid(4, n),
    "internal",
    BCRYPT,
    "f",
    THEN,
    THEN,
  ]);
  yield* copied("user_tenants", "id, user_id, tenant_id, role_id, status, deleted, created_on, modified_on", (n) => [
    uuid(5, n),
    uuid(4, n),
    uuid(1, 0),
    uuid(2, 0),
    "1",
    "f",
    THEN,
    THEN,
  ]);
  yield* copied(
    "users",
    "id, first_name, last_name, username, email, phone, auth_client_ids, default_tenant_id, deleted, created_on, modified_on",
    (n) => [uuid(4, n), "Ada", "Muster", `person${n}`, address(n), "+15550100", "{1}", uuid(1, 0), "f", THEN, THEN],
  );
}

/** Lines of CSV, the header first. */
function* csvOf(header, line) {
  yield `${header}\n`;
  for (let n = 0; n < count; n++) yield `${line(n).join(",")}\n`;
}

function saltedHash() {
  const salt = randomBytes(4);
  return [createHash("sha256").update("correct horse").update(salt).digest("base64"), salt.toString("base64")];
}

const keycloakPassword = () => ({
  type: "password",
  secretData: JSON.stringify({ value: base64(64), salt: base64(16) }),
  credentialData: JSON.stringify({ hashIterations: 210_000, algorithm: "pbkdf2-sha512" }),
});

function* keycloakRealm() {
  yield '{"realm": "demo", "users": [\n';
  for (let n = 0; n < count; n++) {
    const user = { id: uuid(6, n), username: `person${n}`, email: address(n), enabled: true, credentials: [keycloakPassword()] };
    yield `${n ? ",\n" : ""}${JSON.stringify(user)}`;
  }
  yield '], "roles": {"realm": []}}\n';
}

function* auth0Lines() {
  for (let n = 0; n < count; n++)
    yield `${JSON.stringify({ user_id: `auth0|${n}`, email: address(n), email_verified: true, given_name: "Ada", password_hash: BCRYPT })}\n`;
}

/** A file of each source, and the options with which it comes in. */
const SOURCES = {
  arc: { name: "arc.sql", args: [], write: arcDump },
  csv: {
    name: "people.csv",
    args: PLACE,
    write: () => csvOf("id,username,email,firstName,passwordHash", (n) => [n, `person${n}`, address(n), "Ada", BCRYPT]),
  },
  identity: {
    name: "AspNetUsers.csv",
    args: PLACE,
    write: () => csvOf("Id,UserName,Email,EmailConfirmed,PasswordHash", (n) => [uuid(7, n), `person${n}`, address(n), 1, identityV3()]),
  },
  keycloak: { name: "demo-realm.json", args: PLACE, write: keycloakRealm },
  auth0: { name: "users.ndjson", args: PLACE, write: auth0Lines },
  servicestack: {
    name: "UserAuth.csv",
    args: PLACE,
    write: () => csvOf("Id,UserName,Email,PasswordHash,Salt", (n) => [n, `person${n}`, address(n), ...saltedHash()]),
  },
};

await main(async () => {
  if (only !== undefined && !SOURCES[only]) throw new Stop(`a source is one of ${Object.keys(SOURCES).join(", ")}`);
  say(`load before it: ${loadavg()[0].toFixed(2)}`);
  const lines = [];
  for (const name of only === undefined ? Object.keys(SOURCES) : [only]) lines.push(await measure(name, SOURCES[name]));
  console.log(`\n${count} people of each       seconds   people/s   import MiB workerd MiB   import cpu  workerd cpu`);
  for (const line of lines) console.log(line);
});

async function measure(name, source) {
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-import-"));
  const before = children();
  const { db, close } = openLocalDb("moving", join(folder, "d1"));
  try {
    await applyMigrations(db);
    await seedDemo(db);
    const pid = [...children()].find((child) => !before.has(child));
    const file = join(folder, source.name);
    await write(file, source.write());
    const most = watch({ own: process.pid, workerd: pid });
    const cpu = () => [process.pid, pid].map(cpuMs);
    const cpuBefore = cpu();
    const begun = performance.now();
    await moveIn(db, name, file, source.args);
    const seconds = (performance.now() - begun) / 1000;
    const { own, workerd } = most();
    const cpuSeconds = cpu().map((ms, n) => ((ms - cpuBefore[n]) / 1000).toFixed(1));
    const [{ n }] = (await db.prepare("select count(*) as n from users").all()).results;
    if (n !== count + 2) throw new Stop(`${n - 2} people of ${count} came in`);
    const figures = [seconds.toFixed(1), Math.round(count / seconds), Math.round(own), Math.round(workerd), ...cpuSeconds];
    return `${name.padEnd(24)}${figures.map((figure) => String(figure).padStart(11)).join("")}`;
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}

async function write(file, pieces) {
  const stream = createWriteStream(file);
  for (const piece of pieces) if (!stream.write(piece)) await once(stream, "drain");
  stream.end();
  await once(stream, "close");
}

async function moveIn(db, name, file, args) {
  const { values } = parseArgs({ args: [...args, "--local"], options: OPTIONS });
  const query = async (statements) => (await db.batch(statements.map((sql) => db.prepare(sql)))).map(({ results }) => results);
  const status = await runImport(name, [file], readOptions(name, [file], values), {
    query,
    write: async (statements) => void (await query(statements)),
  });
  if (status !== 0) throw new Stop(`the import ended with ${status}`);
}

/** The most memory that processes hold from now on; called, it ends and answers, in MiB. */
function watch(pids) {
  const most = Object.fromEntries(Object.keys(pids).map((name) => [name, 0]));
  const look = () => {
    for (const [name, pid] of Object.entries(pids)) most[name] = Math.max(most[name], residentMiB(pid));
  };
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}
