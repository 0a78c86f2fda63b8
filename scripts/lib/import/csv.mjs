// CSV (RFC 4180) in UTF-8, record by record.

import { LONGEST, Unreadable, lines } from "./files.mjs";

/**
 * The records of a file, one after another: `{ line, values }`, the header first. A value that is empty and not quoted
 * is null.
 */
export async function* csvRecords(path, { delimiter = ",", read } = {}) {
  let begun = null; // a record whose last value goes on over the end of its line
  for await (const { number, text } of lines(path, read)) {
    if (text.includes("\0")) throw new Unreadable(path, number, "has a NUL");
    begun ??= { line: number, lines: [], length: 0, isOpen: false };
    begun.lines.push(text);
    begun.length += text.length + 1;
    if (begun.length > LONGEST) throw new Unreadable(path, begun.line, `the record is longer than ${LONGEST} characters`);
    // A record is over where its quotes are: an odd number of them leaves one open.
    if (quotes(text) % 2 === 1) begun.isOpen = !begun.isOpen;
    if (begun.isOpen) continue;
    const record = begun.lines.join("\n").replace(/\r$/, "");
    const { line } = begun;
    begun = null;
    if (record !== "") yield { line, values: split(record, delimiter, path, line) };
  }
  if (begun) throw new Unreadable(path, begun.line, "a quoted value does not end");
}

function quotes(text) {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

function split(record, delimiter, path, line) {
  const values = [];
  for (let at = 0; ; ) {
    if (record[at] === '"') {
      const [text, end] = quoted(record, at + 1);
      if (end < 0 || (end < record.length && !record.startsWith(delimiter, end)))
        throw new Unreadable(path, line, "something stands behind a closing quote");
      values.push(text);
      at = end;
    } else {
      const next = record.indexOf(delimiter, at);
      const end = next < 0 ? record.length : next;
      const text = record.slice(at, end);
      if (text.includes('"')) throw new Unreadable(path, line, "a quote stands in a value that does not begin with one");
      values.push(text === "" ? null : text);
      at = end;
    }
    if (at >= record.length) return values;
    at += delimiter.length;
  }
}

/** A quoted value from behind its opening quote: its text, and where it ends. */
function quoted(record, from) {
  const parts = [];
  for (let at = from; ; ) {
    const end = record.indexOf('"', at);
    if (end < 0) return ["", -1];
    parts.push(record.slice(at, end));
    if (record[end + 1] !== '"') return [parts.join('"'), end + 1];
    at = end + 2;
  }
}

/**
 * The rows of a file with a header: its columns and their values, of which every row must have as many.
 *
 * @param {string} path
 * @param {{ delimiter?: string, read?: (bytes: number) => void, checkHeader?: (columns: string[], line: number) => void }} [options]
 * @returns {AsyncGenerator<{ line: number, columns: string[], values: (string | null)[] }>}
 */
export async function* csvRows(path, { delimiter, read, checkHeader = () => {} } = {}) {
  let columns = null;
  for await (const { line, values } of csvRecords(path, { delimiter, read })) {
    if (!columns) {
      columns = values.map((name) => (name ?? "").trim());
      const doubled = columns.find((name, n) => columns.indexOf(name) !== n);
      if (columns.includes("")) throw new Unreadable(path, line, "a column has no name");
      if (doubled !== undefined) throw new Unreadable(path, line, `the column ${JSON.stringify(doubled)} is there twice`);
      checkHeader(columns, line);
    } else {
      if (values.length !== columns.length)
        throw new Unreadable(path, line, `the header has ${columns.length} columns, the row ${values.length}`);
      yield { line, columns, values };
    }
  }
  if (!columns) throw new Unreadable(path, 0, "is empty");
}
