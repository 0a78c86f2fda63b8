// What `npm run admin` can do: each verb with the words that follow it, and the statements that it runs.
// docs/operations.md shows much of the same as plain SQL.

import { randomUUID } from "node:crypto";
import { Expression, insert, literal } from "../sql.mjs";
import { BELONGING_VERBS } from "./belongings.mjs";
import { CLIENT_VERBS } from "./clients.mjs";
import { PEOPLE_VERBS } from "./people.mjs";
import { PLACE_VERBS } from "./places.mjs";

export const VERBS = { ...PEOPLE_VERBS, ...BELONGING_VERBS, ...PLACE_VERBS, ...CLIENT_VERBS };

/** The verb at the beginning of the words, and the words after it; nothing if there is none, or too many or few words. */
export function verbOf(words) {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const verb = VERBS[name];
    const rest = words.slice(length);
    const least = verb?.words.filter((word) => !word.startsWith("[")).length;
    if (verb && rest.length >= least && rest.length <= verb.words.length) return { name, verb, rest };
  }
  return undefined;
}

/**
 * What a verb runs with the words after it, as one transaction; `shown` is what it shows of secrets that it has made. A change stands
 * together with its row of the audit log: written first, while what is changed still has its name, and taken back where nothing was.
 *
 * @returns {{ statements: string[], shown?: (resetLink: (token: string) => string) => object }}
 */
export function planOf({ name, verb, rest }, now) {
  // A word that may be left out comes before the time.
  const given = [...verb.words.map((_, at) => rest[at]), now];
  if (verb.query) return { statements: [verb.query(...given)] };
  const { target, statements, isDone = "changes() > 0", shown } = verb.plan(...given);
  const row = auditRow(name, verb.result, target, now);
  const takenBack = `delete from login_activity where id = ${literal(row.id)} and not (${isDone})`;
  return { statements: [insert("login_activity", row), ...statements, takenBack], shown };
}

/** A row as those of the API, by no user, with the verb. */
function auditRow(name, result, target, now) {
  const [subject] = name.split(" ");
  return {
    id: randomUUID(),
    at: now,
    kind: { outbox: "event" }[subject] ?? subject,
    result,
    target: new Expression(`cast(${target} as text)`),
    detail: JSON.stringify({ by: "operator", verb: name }),
  };
}

/** One line for each verb. */
export const usage = () =>
  Object.entries(VERBS).map(([name, { words, about }]) => `npm run admin -- ${[name, ...words].join(" ")}  (${about})`);

/** Rows as a table of text. Control characters, which a name may hold, never reach the terminal. */
export function table(rows) {
  if (rows.length === 0) return "none";
  const columns = Object.keys(rows[0]);
  const text = (value) => String(value ?? "").replace(/[\p{Cc}\p{Cf}]/gu, "\u{fffd}");
  const lines = [columns, ...rows.map((row) => columns.map((column) => text(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => [...line[at]].length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell + " ".repeat(widths[at] - [...cell].length))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
