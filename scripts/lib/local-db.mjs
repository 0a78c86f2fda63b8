// The D1 database on your own machine: the one that `wrangler dev` serves, opened without it.
// Migrations are tracked as `wrangler d1 migrations apply` tracks them, so either may be used.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { demoData, oauthData, secondStepData } from "./demo.mjs";
import { readText, root } from "./steps.mjs";
import { openStorage, storageWorker } from "./storage.mjs";

// As wrangler makes it.
const MIGRATIONS_TABLE = `create table if not exists d1_migrations(
  id integer primary key autoincrement,
  name text unique,
  applied_at timestamp default current_timestamp not null
)`;

/** The migrations in their order: `[{ name, sql }]`. */
export function migrations() {
  const names = readdirSync(join(root, "migrations")).filter((name) => name.endsWith(".sql"));
  return names.sort().map((name) => ({ name, sql: readText(`migrations/${name}`) }));
}

/**
 * Applies what has not been applied yet, each file whole or not at all, and returns the names.
 *
 * @param {import("./storage.mjs").Database} db
 */
export async function applyMigrations(db, files = migrations()) {
  await db.prepare(MIGRATIONS_TABLE).run();
  const { results } = await db.prepare("select name from d1_migrations").all();
  const applied = new Set(results.map(({ name }) => name));
  const missing = files.filter(({ name }) => !applied.has(name));
  for (const { name, sql } of missing) {
    await db.batch([db.prepare(sql), db.prepare("insert into d1_migrations (name) values (?)").bind(name)]);
  }
  return missing.map(({ name }) => name);
}

/**
 * Puts the demo data into a database without users, and says whether it did.
 *
 * @param {import("./storage.mjs").Database} db
 * @param {(password: string) => string} [hash] what is stored of a password
 */
export async function seedDemo(db, hash) {
  const anybody = await db.prepare("select 1 from users limit 1").first();
  if (anybody) return false;
  await db.batch(demoData(Date.now(), hash).map((sql) => db.prepare(sql)));
  return true;
}

/**
 * Puts the people with a second step beside the demo's others.
 *
 * @param {import("./storage.mjs").Database} db
 * @param {string} dataKey
 */
export async function seedSecondStep(db, dataKey) {
  await db.batch(secondStepData(Date.now(), dataKey).map((sql) => db.prepare(sql)));
}

/**
 * Puts the clients of OAuth beside the demo's others.
 *
 * @param {import("./storage.mjs").Database} db
 */
export async function seedOAuth(db) {
  await db.batch(oauthData(Date.now()).map((sql) => db.prepare(sql)));
}

/** Opens a database by its local name: in a folder, or in one of its own that goes when it is closed. */
export function openLocalDb(name, folder) {
  const miniflare = new Miniflare({ d1Persist: folder, workers: [storageWorker({ d1Databases: { DB: name } })] });
  return { db: openStorage(miniflare).database(), close: () => miniflare.dispose() };
}

/** Opens the database in `.wrangler/state`, with its schema up to date, and closes it after the work. */
export async function withLocalDb(work, state = join(root, ".wrangler/state")) {
  const { db, close } = openLocalDb(databaseId(), join(state, "v3/d1"));
  try {
    const applied = await applyMigrations(db);
    return await work(db, applied);
  } finally {
    await close();
  }
}

/** The name wrangler gives the database locally. */
function databaseId() {
  return readText("wrangler.toml").match(/^preview_database_id = "(.+?)"/m)[1];
}
