// The files of an import: read piece by piece, so that memory does not grow with them.

import { createReadStream, lstatSync, openSync, readSync, closeSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { Stop } from "../steps.mjs";

/** The longest record: a line, a statement, an object. Nothing that systems export of one person is near it. */
export const LONGEST = 16 * 1024 * 1024;

/** What gzip makes of an export is a tenth of it; a thousandth is a bomb. Small files may be anything. */
const MOST_INFLATED = 200;
const SMALL = 64 * 1024 * 1024;

/** Something that is wrong with a file at a line of it: nothing of the file is taken. */
export class Unreadable extends Stop {
  constructor(file, line, problem) {
    super(`${shown(file)}${line ? `:${line}` : ""}: ${problem}`);
  }
}

/** A file's name as a terminal may show it. */
export const shown = (path) => basename(path).replace(/\p{Cc}/gu, "?");

/** A regular file that can be read; stops otherwise. */
export function checkFile(path) {
  const { kind } = look(path);
  if (kind === "folder") throw new Unreadable(path, 0, "is a folder");
  if (kind !== "file") throw new Unreadable(path, 0, "is no file");
}

/** Whether a path is a `file`, a `folder` or something `else`; stops where there is nothing. */
export function look(path) {
  try {
    const stat = statSync(path);
    return { kind: stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "else", size: stat.size };
  } catch (error) {
    throw new Unreadable(path, 0, error.code === "ENOENT" ? "there is no such file" : `cannot be read (${error.code})`);
  }
}

/** The files in a folder, by name; links are passed over, so that a folder leads nowhere else. */
export function filesIn(folder) {
  const names = readdirSync(folder).sort();
  return names.map((name) => join(folder, name)).filter((path) => lstatSync(path).isFile());
}

/** The first bytes of a file. */
export function head(path, length) {
  checkFile(path);
  const bytes = Buffer.alloc(length);
  const file = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * The text of a file, in pieces: UTF-8, with or without a byte order mark, gzipped or not.
 *
 * `read(bytes)` hears how many bytes of the file have been read.
 */
export async function* pieces(path, read = () => {}) {
  const begin = head(path, 4);
  const encoding = wrongEncoding(begin);
  if (encoding) throw new Unreadable(path, 1, `is ${encoding}, not UTF-8: convert it with iconv`);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  const decode = (bytes, stream) => {
    try {
      return decoder.decode(bytes, { stream });
    } catch {
      throw new Unreadable(path, line, "has bytes that are not UTF-8 at this line or soon after it: convert it with iconv");
    }
  };
  for await (const bytes of plainBytes(path, begin, read)) {
    const text = decode(bytes, true);
    yield text;
    line += newlines(text);
  }
  const rest = decode(new Uint8Array(), false);
  if (rest) yield rest;
}

async function* plainBytes(path, begin, read) {
  let compressed = 0;
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  source.on("data", (bytes) => {
    compressed += bytes.length;
    read(bytes.length);
  });
  if (!isGzip(begin)) return yield* source;
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  let inflated = 0;
  try {
    for await (const bytes of gunzip) {
      inflated += bytes.length;
      if (inflated > SMALL && inflated > compressed * MOST_INFLATED)
        throw new Unreadable(path, 0, "inflates to far more than an export would: unpack it yourself if you trust it");
      yield bytes;
    }
  } catch (error) {
    if (error instanceof Stop) throw error;
    throw new Unreadable(path, 0, "is no whole gzip file");
  } finally {
    source.destroy();
  }
}

const isGzip = (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b;

function wrongEncoding(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16 (little endian)";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16 (big endian)";
  if (bytes[0] !== 0 && bytes[1] === 0 && bytes.length > 1) return "UTF-16 (little endian)";
  if (bytes[0] === 0 && bytes[1] !== 0 && bytes.length > 1) return "UTF-16 (big endian)";
  return null;
}

function newlines(text) {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** The lines of a file, with their numbers; only LF ends a line. */
export async function* lines(path, read) {
  let number = 1;
  let begun = "";
  for await (const piece of pieces(path, read)) {
    let from = 0;
    for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", from)) {
      const text = begun + piece.slice(from, at);
      begun = "";
      from = at + 1;
      yield { number: number++, text };
    }
    begun += piece.slice(from);
    if (begun.length > LONGEST) throw new Unreadable(path, number, `the line is longer than ${LONGEST} characters`);
  }
  if (begun) yield { number, text: begun };
}
