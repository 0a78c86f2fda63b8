// The database that an operator's command works on: the local one, or the one at Cloudflare.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Stop } from "./steps.mjs";
import { askWrangler } from "./wrangler.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Opens the database that was chosen and hands it to the work:
 *
 * - `query(statements)` runs them as one transaction and returns the rows of each;
 * - `write(statements)` does so without showing them in the list of processes, and answers
 *   nothing.
 */
export async function withDatabase({ remote }, work) {
  if (remote) return work({ query: queryRemote, write: writeRemote });
  // miniflare is one of the packages, which may just have been installed.
  const { withLocalDb } = await import("./local-db.mjs");
  return withLocalDb((db) => {
    const query = (statements) => queryLocal(db, statements);
    return work({ query, write: async (statements) => void (await query(statements)) });
  });
}

async function queryLocal(db, statements) {
  try {
    const replies = await db.batch(statements.map((sql) => db.prepare(sql)));
    return replies.map(({ results }) => results);
  } catch (error) {
    throw new Stop(explain(error.message));
  }
}

async function queryRemote(statements) {
  const { status, stdout, stderr } = await askWrangler(["d1", "execute", "DB", "--remote", "--json", "--command", script(statements)]);
  if (status !== 0) throw new Stop(explain(stdout + stderr));
  return JSON.parse(stdout).map(({ results }) => results);
}

async function writeRemote(statements) {
  await withFile(script(statements), async (file) => {
    const { status, stdout, stderr } = await askWrangler(["d1", "execute", "DB", "--remote", "--file", file, "--yes"]);
    if (status !== 0) throw new Stop(explain(stdout + stderr));
  });
}

/** Hands the work a file that only its owner can read, and deletes it however the work ends, by Ctrl-C too. */
export async function withFile(text, work) {
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  const end = () => process.exit(1);
  process.on("exit", clear);
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    const file = join(folder, "statements.sql");
    writeFileSync(file, text, { mode: 0o600 });
    return await work(file);
  } finally {
    clear();
    process.off("exit", clear);
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

function script(statements) {
  return statements.map((sql) => `${sql};\n`).join("");
}

function explain(printed) {
  const message = stripVTControlCharacters(printed).trim();
  if (/UNIQUE constraint failed/i.test(message)) return "that name is taken already; nothing was changed";
  if (/no such table/i.test(message)) return "the database has no tables yet: run `npx wrangler d1 migrations apply DB --remote` first";
  const [, reason] = message.match(/\[ERROR\] (.+)/) ?? message.match(/"text": "(.+)"/) ?? [null, message];
  return `not done: ${reason}`;
}
