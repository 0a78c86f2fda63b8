// D1 and KV of a local workerd, for scripts and tests: each call is one JSON message to a worker of its own.
//
// Miniflare offers both itself (`getD1Database`, `getKVNamespace`), through stubs whose objects it keeps in workerd
// and releases 100 ms after Node has collected the stub. Nothing keeps the stub of a statement while its batch is on
// the way, so a workerd that is busy gets the release before the batch: `AssertionError: false == true` in `hydrate`.

import { readFileSync } from "node:fs";

const HOST = "storage.internal";
const SCRIPT = readFileSync(new URL("storage-worker.mjs", import.meta.url), "utf8");

/**
 * What Miniflare is to run beside the other workers so that `openStorage` reaches these bindings.
 *
 * @param {{ d1Databases?: Record<string, string>, kvNamespaces?: Record<string, string> }} bindings ids by binding name
 */
export function storageWorker(bindings) {
  return { name: "storage", routes: [`${HOST}/*`], compatibilityDate: "2026-04-01", modules: true, script: SCRIPT, ...bindings };
}

/**
 * The storage of a Miniflare that runs `storageWorker`. It outlives `setOptions`.
 *
 * @param {Pick<import("miniflare").Miniflare, "dispatchFetch">} miniflare
 */
export function openStorage(miniflare) {
  const open = (binding) => async (call, args) => {
    const response = await miniflare.dispatchFetch(`http://${HOST}/`, { method: "POST", body: JSON.stringify({ binding, call, args }) });
    const { answer, error } = await response.json();
    if (error !== undefined) throw new Error(error);
    return answer;
  };
  return { database: (binding = "DB") => new Database(open(binding)), namespace: (binding = "KV") => new Namespace(open(binding)) };
}

/**
 * What a statement has come to.
 *
 * @template Row
 * @typedef {{ results: Row[], success: true, meta: { changes: number, last_row_id: number, rows_read: number, rows_written: number } }} Result
 */

/** A D1 database; it fails as D1 does, with the same messages. */
export class Database {
  #call;

  constructor(call) {
    this.#call = call;
  }

  /** @param {string} sql */
  prepare(sql) {
    return new Statement(this, sql, []);
  }

  /**
   * Runs statements as one transaction.
   *
   * @template [Row=Record<string, unknown>]
   * @param {Statement[]} statements
   * @returns {Promise<Result<Row>[]>}
   */
  batch(statements) {
    return this.#call("batch", statements);
  }
}

/** A statement, as data. */
export class Statement {
  #database;

  constructor(database, sql, values) {
    this.#database = database;
    this.sql = sql;
    this.values = values;
  }

  /** @param {unknown[]} values */
  bind(...values) {
    const wrong = values.find((value) => value !== null && !["string", "number", "boolean"].includes(typeof value));
    if (wrong !== undefined || values.includes(undefined)) throw new TypeError(`cannot be bound: ${String(wrong)}`);
    return new Statement(this.#database, this.sql, values);
  }

  /**
   * @template [Row=Record<string, unknown>]
   * @returns {Promise<Result<Row>>}
   */
  async all() {
    const [result] = await this.#database.batch([this]);
    return result;
  }

  /** Runs what answers no rows. */
  run() {
    return this.all();
  }

  /**
   * The first row, or one column of it; null if there is no row.
   *
   * @template [Row=Record<string, unknown>]
   * @overload
   * @returns {Promise<Row | null>}
   */
  /**
   * @template [Value=unknown]
   * @overload
   * @param {string} column
   * @returns {Promise<Value | null>}
   */
  async first(column) {
    const [row] = (await this.all()).results;
    if (row === undefined) return null;
    if (column === undefined) return row;
    if (!(column in row)) throw new Error(`no such column: ${column}`);
    return row[column];
  }
}

/** A KV namespace. */
export class Namespace {
  #call;

  constructor(call) {
    this.#call = call;
  }

  /**
   * @param {string} key
   * @returns {Promise<string | null>}
   */
  get(key) {
    return this.#call("get", [key]);
  }

  /**
   * @param {string} key
   * @param {string} value
   * @param {{ expiration?: number, expirationTtl?: number, metadata?: unknown }} [options] in seconds
   * @returns {Promise<void>}
   */
  put(key, value, options = {}) {
    return this.#call("put", [key, value, options]);
  }

  /**
   * @param {{ prefix?: string, limit?: number, cursor?: string }} [options]
   * @returns {Promise<{ keys: { name: string, expiration?: number, metadata?: unknown }[], list_complete: boolean, cursor?: string }>}
   */
  list(options = {}) {
    return this.#call("list", [options]);
  }

  /**
   * @param {string} key
   * @returns {Promise<void>}
   */
  delete(key) {
    return this.#call("delete", [key]);
  }
}
