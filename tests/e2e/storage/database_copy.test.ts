// A copy of the database, as docs/operations.md makes one, and what another database imports of it.

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openLocalDb, seedDemo, withLocalDb } from "../../../scripts/lib/local-db.mjs";
import { askWrangler } from "../../../scripts/lib/wrangler.mjs";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder in which wrangler finds a local database of its own. */
function place() {
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-copy-"));
  folders.push(folder);
  copyFileSync(fileURLToPath(new URL("../../../wrangler.toml", import.meta.url)), join(folder, "wrangler.toml"));
  return { folder, state: join(folder, ".wrangler/state") };
}

/** Texts that what reads SQL could take for more than texts; U+0000 gets into none. */
const TEXTS = [
  "'",
  "''",
  '"',
  "`",
  "\\",
  "\\'",
  "; drop table users; --",
  "-- x",
  "/* x",
  "*/",
  "$$",
  "$x$",
  "\nBEGIN\n",
  " CASE ",
  " END;",
  "');",
  "\r\n",
  "\u0001",
  "\u001a",
  "\u007f",
  "\u2028",
  "\ufeff",
  "\u200b",
  "\u{1f600}",
  "null",
  "1e5",
  "x'41'",
  "%",
  "x".repeat(60_000),
];

async function everything(state: string) {
  const { db, close } = openLocalDb("edgelatch", join(state, "v3/d1"));
  try {
    const made = await db
      .prepare("select type, name from sqlite_master where name not like '\\_cf%' escape '\\' and name not like 'sqlite%' order by 1, 2")
      .all<{ type: string; name: string }>();
    const rows: Record<string, unknown> = {};
    for (const { type, name } of made.results)
      if (type === "table") rows[name] = (await db.prepare(`select * from ${name} order by 1, 2`).all()).results;
    return { made: made.results, rows };
  } finally {
    await close();
  }
}

test("an export is imported into another database row by row, with any texts in it", async () => {
  const [from, to] = [place(), place()];
  await withLocalDb(async (db: ReturnType<typeof openLocalDb>["db"]) => {
    await seedDemo(db);
    const insert = db.prepare("insert into login_activity (id, at, kind, result, user_agent) values (?1, 1, 'sign-in', 'failed', ?2)");
    await db.batch(TEXTS.map((text, n) => insert.bind(`${n}`, text)));
    await db.prepare("update users set middle_name = ?, last_name = ? where username_key = 'demo'").bind(TEXTS.join(" "), "\n").run();
  }, from.state);
  const file = join(from.folder, "copy.sql");
  const exported = await askWrangler(["d1", "export", "DB", "--local", "--cwd", from.folder, "--output", file]);
  expect(exported.status, exported.stderr).toBe(0);
  const imported = await askWrangler(["d1", "execute", "DB", "--local", "--cwd", to.folder, "--file", file, "--yes"]);
  expect(imported.status, imported.stderr).toBe(0);
  const copy = await everything(to.state);
  expect(copy).toEqual(await everything(from.state));
  expect(copy.rows.login_activity).toHaveLength(TEXTS.length);
}, 120_000);
