// Sources that are tables of a database: a SQLite file, or a CSV file for each table.

import { basename } from "node:path";
import { Stop } from "../steps.mjs";
import { csvRows } from "./csv.mjs";
import { Unreadable, head } from "./files.mjs";
import { plain } from "./staging.mjs";

/**
 * Reads the tables that are wanted, each with the columns that are asked for; the first of them must be there.
 *
 * @param {Record<string, string[]>} tables columns by table, in their plain form; rows are found by the first column
 */
export async function readTables(files, staging, tables, { delimiter, read }) {
  const wanted = Object.keys(tables);
  for (const file of files) {
    if (isSqlite(file)) {
      copy(file, staging, wanted);
      continue;
    }
    const table = plain(
      basename(file)
        .replace(/\.gz$/i, "")
        .replace(/\.[^.]*$/, ""),
    );
    if (!wanted.includes(table)) throw new Stop(`${basename(file)}: a CSV file has the name of its table, one of ${wanted.join(", ")}`);
    for await (const { line, columns, values } of csvRows(file, { delimiter, read })) staging.put(table, columns, values, { file, line });
  }
  const [people] = wanted;
  if (!staging.tables.has(people)) throw new Stop(`there is no row of the table ${people}`);
  for (const [table, columns] of Object.entries(tables)) staging.ready(table, columns);
}

function isSqlite(file) {
  return head(file, 16).toString("latin1") === "SQLite format 3\0";
}

function copy(file, staging, wanted) {
  try {
    staging.copy(file, wanted);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(file, 0, `cannot be read as a SQLite database (${error.message})`);
  }
}

/** The texts of a list as ServiceStack writes it (JSV, `[a,"b,c"]`), as JSON, or with commas between. */
export function listOf(text) {
  const written = (text ?? "").trim().replace(/^\[([^]*)\]$/, "$1");
  const elements = [...written.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]+))\s*(?:,|$)/g)];
  return elements.map(([, quoted, bare]) => (quoted?.replaceAll('""', '"') ?? bare).trim()).filter(Boolean);
}
