// What an import says: how far it is, what became of each record that did not simply come in, and the sum of it.

import { closeSync, openSync, writeSync } from "node:fs";
import { Stop, say } from "../steps.mjs";
import { shown } from "./files.mjs";

/** Refused records shown on the terminal; the report has all. */
const SHOWN = 20;

/** The outcomes, in the order of the summary. */
const OUTCOMES = {
  created: "came in",
  exists: "were here already",
  refused: "were refused",
  changed: "came in changed",
  "left out": "were left out in part",
};

export class Report {
  #file = null;
  #counts = new Map();
  #reasons = new Map();
  #shown = 0;

  /** @param {string} [path] where every line goes, as NDJSON */
  constructor(path) {
    if (path !== undefined) this.#file = opened(path);
  }

  /** Counts records that came in or were here. */
  count(kind, outcome, number = 1) {
    const key = `${kind}\0${outcome}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + number);
  }

  /**
   * A record that was `refused`, `changed` or `left out`, and why; `kind` is what it is (a person, a role). Neither names,
   * addresses nor secrets may stand in `why`.
   */
  tell(outcome, kind, place, why) {
    this.count(kind, outcome);
    const reason = `${outcome}\0${kind}\0${why}`;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    const line = { ...place, ...(place.file && { file: shown(place.file) }), kind, outcome, why };
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(line)}\n`);
    if (outcome === "refused" && this.#shown++ < SHOWN) say(`refused: ${where(line)}: ${why}`);
  }

  /** How many records had an outcome. */
  total(outcome) {
    return [...this.#counts].filter(([key]) => key.endsWith(`\0${outcome}`)).reduce((sum, [, number]) => sum + number, 0);
  }

  /** The sum of it, one line for each kind of record and outcome, and one for each reason. */
  summary() {
    if (this.#shown > SHOWN) say(`refused: ${this.#shown - SHOWN} more`);
    const kinds = new Set([...this.#counts.keys()].map((key) => key.split("\0")[0]));
    for (const kind of kinds) {
      const parts = Object.entries(OUTCOMES).flatMap(([outcome, words]) => {
        const number = this.#counts.get(`${kind}\0${outcome}`);
        return number ? [`${number} ${words}`] : [];
      });
      say(`${kind}: ${parts.join(", ")}`);
    }
    for (const [reason, number] of this.#reasons) {
      const [outcome, kind, why] = reason.split("\0");
      if (outcome !== "refused") say(`  ${number} × ${kind} ${outcome}: ${why}`);
    }
  }

  close() {
    if (this.#file !== null) closeSync(this.#file);
  }
}

function opened(path) {
  try {
    return openSync(path, "w", 0o600);
  } catch (error) {
    throw new Stop(`--report ${shown(path)}: cannot be written (${error.code})`);
  }
}

function where({ file, line, table, id, name }) {
  const key = id === undefined ? (name === undefined ? "" : ` ${JSON.stringify(name)}`) : ` ${JSON.stringify(id)}`;
  return `${file ?? ""}${line === undefined ? "" : `:${line}`}${table === undefined ? "" : ` ${table}`}${key}`;
}

/** Progress on a terminal, with the time left; elsewhere nothing. */
export class Progress {
  #begun = performance.now();
  #done = 0;
  #shownAt = 0;

  constructor(what, total) {
    this.what = what;
    this.total = total;
  }

  add(number) {
    this.#done += number;
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#shownAt < 200) return;
    this.#shownAt = now;
    const share = this.total > 0 ? Math.min(1, this.#done / this.total) : 1;
    const left = share > 0 ? Math.ceil(((now - this.#begun) / share - (now - this.#begun)) / 1000) : 0;
    process.stderr.write(`\r\x1b[K  ${this.what}: ${Math.floor(share * 100)} %, ${left} s left`);
  }

  end() {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}
