// Tables of a source on their way: a SQLite file that lives as long as the import, so that people can be put together
// whatever the order of a file is, and memory does not grow.

import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { Unreadable, head } from "./files.mjs";

const { Database } = sqlite;
/** No table of these systems has a tenth of it; SQLite takes twice as many. */
const MOST_COLUMNS = 900;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const name = (text) => `"${text.replaceAll('"', '""')}"`;

/** A name as every system's spelling of it has it: AspNetUsers, aspnetusers and asp_net_users are one. */
export const plain = (text) => text.toLowerCase().replaceAll("_", "");

/**
 * Hands the work a staging area, and deletes it however the work ends, by Ctrl-C too.
 *
 * @template T
 * @param {(staging: Staging) => T} work
 */
export async function withStaging(work) {
  const folder = mkdtempSync(join(tmpdir(), "edgelatch-import-"));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  const end = () => process.exit(1);
  process.on("exit", clear);
  for (const signal of SIGNALS) process.on(signal, end);
  const staging = new Staging(join(folder, "staging.db"));
  try {
    return await work(staging);
  } finally {
    staging.close();
    clear();
    process.off("exit", clear);
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

class Staging {
  #inserts = new Map();
  #queries = new Map();

  constructor(path) {
    this.path = path;
    this.db = new Database(path);
    this.db.exec("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -32768; pragma temp_store = file");
    this.db.exec("create table seen (key text primary key, place text) without rowid; begin");
    // A file without a name is gone when the process is, whatever ends it.
    rmSync(path);
    this.tables = new Map(); // columns by table
  }

  /** Puts a row into a table, which is made for the first one. Names of columns are kept in their plain form. */
  put(table, columns, values, place) {
    const key = `${table}\0${columns.join("\0")}`;
    let insert = this.#inserts.get(key);
    if (!insert) {
      const plainColumns = this.#make(table, columns, place);
      const into = [...plainColumns, "file_", "line_"].map(name).join(", ");
      insert = this.db.prepare(
        `insert into ${name(table)} (${into}) values (${Array(columns.length + 2)
          .fill("?")
          .join(", ")})`,
      );
      this.#inserts.set(key, insert);
    }
    insert.run([...values, place.file, place.line]);
  }

  #make(table, columns, place = {}) {
    const wanted = columns.map(plain);
    const there = this.tables.get(table);
    if (wanted.length > MOST_COLUMNS || there?.size > MOST_COLUMNS)
      throw new Unreadable(place.file, place.line, `has more than ${MOST_COLUMNS} columns`);
    if (new Set(wanted).size < wanted.length) throw new Unreadable(place.file, place.line, "has a column twice");
    if (!there) {
      this.db.exec(`create table ${name(table)} (${[...wanted, "file_", "line_"].map(name).join(", ")})`);
      this.tables.set(table, new Set(wanted));
    } else {
      for (const column of wanted.filter((column) => !there.has(column))) {
        this.db.exec(`alter table ${name(table)} add column ${name(column)}`);
        there.add(column);
      }
    }
    return wanted;
  }

  /** Makes sure that a table has these columns, and an index on the first. */
  ready(table, columns) {
    this.#make(table, columns);
    this.db.exec(`create index ${name(`${table}_${columns[0]}`)} on ${name(table)} (${name(columns[0])})`);
  }

  /** The rows of a query, as objects by plain column. */
  all(sql, values = []) {
    return this.#query(sql).all(values);
  }

  /** The rows of a query, one after another: nothing else may be asked with the same text meanwhile. */
  each(sql) {
    return this.#query(sql).iterate();
  }

  /** The first row, or nothing. */
  get(sql, values = []) {
    return this.#query(sql).get(values) ?? undefined;
  }

  #query(sql) {
    let query = this.#queries.get(sql);
    if (!query) this.#queries.set(sql, (query = this.db.prepare(sql)));
    return query;
  }

  /** Takes names for a record; answers the place that has one of them already, and takes none then. */
  claim(keys, place) {
    const taken = keys.map((key) => this.get("select place from seen where key = ?", [key])).find(Boolean);
    if (taken) return taken.place;
    for (const key of new Set(keys)) this.#query("insert into seen values (?, ?)").run([key, place]);
    return null;
  }

  /** Copies the tables of a SQLite file whose plain names are wanted. */
  copy(path, wanted) {
    const readable = this.#readable(path);
    const source = new Database(readable, { readOnly: true });
    try {
      if (readable !== path) rmSync(readable);
      const tables = source.all("select name from sqlite_master where type = 'table'");
      for (const { name: table } of tables.filter((row) => wanted.includes(plain(row.name)))) {
        const rows = source.prepare(`select * from ${name(table)}`);
        let line = 0;
        for (const row of rows.iterate()) {
          const values = Object.values(row).map(asText);
          this.put(plain(table), Object.keys(row), values, { file: path, line: ++line });
        }
        rows.finalize();
      }
    } finally {
      source.close();
    }
  }

  /**
   * A SQLite file that can be opened here. One with a write-ahead log, as Entity Framework makes them, needs shared memory,
   * which the SQLite of an import has not: it is copied without its mark, unless the log has rows that it has not.
   */
  #readable(path) {
    const [writes, reads] = head(path, 20).subarray(18);
    if (writes !== 2 && reads !== 2) return path;
    if (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size > 0)
      throw new Unreadable(
        path,
        0,
        "has changes that are in its -wal file only: stop the app, or run sqlite3 on it with 'pragma wal_checkpoint(truncate)'",
      );
    const copy = `${this.path}-source`;
    copyFileSync(path, copy);
    const file = openSync(copy, "r+");
    writeSync(file, Buffer.from([1, 1]), 0, 2, 18);
    closeSync(file);
    return copy;
  }

  close() {
    for (const statement of [...this.#inserts.values(), ...this.#queries.values()]) statement.finalize();
    this.db.close();
  }
}

/** A value of whatever type as a text. */
function asText(value) {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return String(value);
}
