// What pg_dump writes as plain SQL: the rows of its tables, however they are spelled.

import { basename } from "node:path";
import { LONGEST, Unreadable, head, lines, look } from "./files.mjs";

const ESCAPES = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/**
 * The rows of a dump, one after another: `{ schema, table, columns, values, line }`, values as texts or null.
 *
 * COPY and INSERT in all their forms are read; everything else of a dump is passed over. `wanted(table)` says of which
 * tables rows are wanted.
 *
 * @param {string} path
 * @param {{ wanted?: (table: string) => boolean, read?: (bytes: number) => void }} [options]
 * @returns {AsyncGenerator<{ schema: string, table: string, columns: string[], values: (string | null)[], line: number }>}
 */
export async function* dumpRows(path, { wanted = () => true, read } = {}) {
  refuseArchive(path);
  const dump = new Dump(path, wanted);
  for await (const { number, text } of lines(path, read)) yield* dump.line(number, text);
  dump.end();
}

/** An archive of pg_dump is not text: the line that makes it so is said. */
function refuseArchive(path) {
  const restore = (what) =>
    new Unreadable(path, 0, `is ${what} of pg_dump: make it plain with pg_restore --no-owner --file=plain.sql ${basename(path)}`);
  if (look(path).kind === "folder") throw restore("a directory archive");
  const begin = head(path, 4096);
  if (begin.subarray(0, 5).toString("latin1") === "PGDMP") throw restore("a custom archive");
  if (begin.subarray(257, 262).toString("latin1") === "ustar") throw restore("a tar archive");
  // Before the bytes of another encoding are found to be none of UTF-8.
  refuseEncoding(path, 1, begin.toString("latin1"));
}

/** A dump says in which encoding it is, soon after its beginning; the text is the file's from this line on. */
function refuseEncoding(path, line, text) {
  const found = text.match(/^[ \t]*SET\s+client_encoding\s*=\s*'([\w-]*)'/im);
  if (!found || /^utf-?8$|^sql_ascii$/i.test(found[1])) return;
  const at = line + text.slice(0, found.index).split("\n").length - 1;
  throw new Unreadable(path, at, `is in ${found[1]}: dump it again with --encoding=UTF8`);
}

class Dump {
  constructor(path, wanted) {
    this.path = path;
    this.wanted = wanted;
    this.columns = new Map(); // of tables that were created, by schema and name
    this.copy = null; // the COPY under way
    this.scanner = new Scanner();
    this.plainEscapes = false; // standard_conforming_strings = off
  }

  *line(number, text) {
    if (this.copy) return yield* this.copyLine(number, text);
    if (this.scanner.isIdle && text.startsWith("\\")) return; // a command of psql
    if (this.scanner.isIdle) this.begunAt = number;
    for (const statement of this.scanner.feed(text, this.plainEscapes)) {
      yield* this.statement(statement, this.begunAt);
      this.begunAt = number;
    }
    if (this.scanner.length > LONGEST) throw new Unreadable(this.path, this.begunAt, `the statement is longer than ${LONGEST} characters`);
  }

  end() {
    if (this.copy) throw new Unreadable(this.path, this.copy.line, `the rows of ${this.copy.table} do not end: the file is cut off`);
    if (!this.scanner.isIdle) throw new Unreadable(this.path, this.begunAt, "the statement does not end: the file is cut off");
  }

  *copyLine(number, text) {
    const row = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (row === "\\.") {
      this.copy = null;
      return;
    }
    const { schema, table, columns, wanted } = this.copy;
    if (!wanted) return;
    const values = row.split("\t").map((value) => this.copied(value, number));
    if (values.length !== columns.length)
      throw new Unreadable(this.path, number, `${table} has ${columns.length} columns, the row ${values.length}`);
    yield { schema, table, columns, values, line: number };
  }

  copied(value, line) {
    if (value === "\\N") return null;
    if (!value.includes("\\")) return value;
    return unescaped(value, () => new Unreadable(this.path, line, "ends in a backslash"));
  }

  *statement(text, line) {
    const tokens = new Tokens(text, this.plainEscapes, (problem) => new Unreadable(this.path, line, problem));
    const word = tokens.word();
    if (word === "SET") return this.set(text, line);
    if (word === "CREATE") return this.create(tokens);
    if (word === "COPY") return this.beginCopy(tokens, line);
    if (word === "INSERT") yield* this.insert(tokens, line);
  }

  set(text, line) {
    const strings = text.match(/^\s*SET\s+standard_conforming_strings\s*=\s*(\w+)/i);
    if (strings) this.plainEscapes = strings[1].toLowerCase() === "off";
    refuseEncoding(this.path, line, text);
  }

  create(tokens) {
    let word = tokens.word();
    while (["UNLOGGED", "TEMPORARY", "FOREIGN"].includes(word)) word = tokens.word();
    if (word !== "TABLE") return;
    tokens.words("IF", "NOT", "EXISTS");
    const { schema, table } = tokens.name();
    if (tokens.sign("(")) this.columns.set(`${schema}.${table}`, tokens.definitions());
  }

  /** The columns of a statement that names none: those of CREATE TABLE, in its order. */
  columnsOf({ schema, table }, line) {
    const columns = this.columns.get(`${schema}.${table}`);
    if (!columns)
      throw new Unreadable(
        this.path,
        line,
        `does not say the columns of ${table}: dump it again with --column-inserts, or with the schema`,
      );
    return columns;
  }

  beginCopy(tokens, line) {
    const name = tokens.name();
    const wanted = this.wanted(name.table);
    const columns = tokens.sign("(") ? tokens.names() : null;
    if (!tokens.words("FROM", "STDIN")) return;
    this.copy = { ...name, wanted, line, columns: columns ?? (wanted ? this.columnsOf(name, line) : []) };
  }

  *insert(tokens, line) {
    if (!tokens.words("INTO")) return;
    const name = tokens.name();
    if (!this.wanted(name.table)) return;
    const columns = tokens.sign("(") ? tokens.names() : this.columnsOf(name, line);
    if (tokens.words("OVERRIDING")) tokens.words("SYSTEM"), tokens.words("USER"), tokens.words("VALUE");
    if (!tokens.words("VALUES")) throw tokens.wrong("an INSERT without VALUES is not what pg_dump writes");
    do {
      const at = line + tokens.linesBefore();
      const values = tokens.tuple();
      if (values.length !== columns.length)
        throw new Unreadable(this.path, at, `${name.table} has ${columns.length} columns, the row ${values.length}`);
      yield { ...name, columns, values, line: at };
    } while (tokens.sign(","));
  }
}

/** What backslashes stand for in COPY and in E''. */
function unescaped(text, cutOff) {
  return text.replace(/\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^])|$)/g, (...found) => {
    const [, octal, hex, four, eight, letter] = found;
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
    if (four) return String.fromCharCode(Number.parseInt(four, 16));
    if (eight) return codePoint(Number.parseInt(eight, 16));
    if (letter === undefined) throw cutOff();
    return ESCAPES[letter] ?? letter;
  });
}

const codePoint = (number) => (number > 0x10ffff ? "\ufffd" : String.fromCodePoint(number));

/** Splits lines into statements: what is quoted, whichever way, ends none; comments between them go. */
class Scanner {
  #parts = [];
  #quote = null; // what ends the quotation under way: ', ", a dollar tag or */
  #escapes = false;
  length = 0;

  /** Whether no statement is under way. */
  get isIdle() {
    return this.#quote === null && this.length === 0;
  }

  /** Takes a line, and gives the statements that end on it. */
  *feed(text, plainEscapes) {
    let from = 0;
    let at = 0;
    while (at < text.length) {
      if (this.#quote !== null) {
        at = this.#untilQuoteEnds(text, at);
        if (this.#quote === null && this.#comment) (from = at), (this.#comment = false);
        continue;
      }
      const special = /['";]|--|\/\*|\$[A-Za-z_\u0080-\uffff]?[\w\u0080-\uffff]*\$/g;
      special.lastIndex = at;
      const found = special.exec(text);
      if (!found) break;
      at = special.lastIndex;
      const [sign] = found;
      if (sign === ";") {
        this.#keep(text.slice(from, found.index));
        from = at;
        yield this.#whole();
      } else if (sign === "--") {
        this.#keep(text.slice(from, found.index));
        return this.#keepBreak();
      } else if (sign === "/*") {
        this.#keep(text.slice(from, found.index));
        this.#quote = "*/";
        this.#comment = true;
      } else {
        this.#quote = sign;
        const letter = text[found.index - 1];
        const isPrefix = /[Ee]/.test(letter ?? "") && !/\w/.test(text[found.index - 2] ?? "");
        this.#escapes = sign === "'" && (plainEscapes || isPrefix);
      }
    }
    if (!this.#comment) this.#keep(text.slice(from));
    this.#keepBreak();
  }

  #comment = false;

  /** Where the quotation under way ends on this line, or the line does. */
  #untilQuoteEnds(text, from) {
    const end = this.#quote;
    for (let at = from; ; ) {
      const backslash = this.#escapes ? text.indexOf("\\", at) : -1;
      const found = text.indexOf(end, at);
      if (backslash >= 0 && (found < 0 || backslash < found)) at = backslash + 2;
      else if (found < 0) return text.length;
      else if (end === "'" && text[found + 1] === "'") at = found + 2;
      else {
        this.#quote = null;
        return found + end.length;
      }
    }
  }

  #keep(text) {
    if (this.length === 0 && text.trim() === "") return;
    this.#parts.push(text);
    this.length += text.length;
  }

  #keepBreak() {
    if (this.length > 0 || this.#quote !== null) {
      this.#parts.push("\n");
      this.length++;
    }
  }

  #whole() {
    const text = this.#parts.join("");
    this.#parts = [];
    this.length = 0;
    return text;
  }
}

/** One statement, read from its beginning. */
class Tokens {
  #at = 0;
  #counted = 0;
  #lines = 0;

  constructor(text, plainEscapes, wrong) {
    this.text = text;
    this.plainEscapes = plainEscapes;
    this.wrong = wrong;
  }

  #take(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  /** The next word, in capitals. */
  word() {
    return this.#take(/\s*([A-Za-z_]+)/y)?.[1].toUpperCase();
  }

  /** Whether these words come next; then they are passed. */
  words(...words) {
    const before = this.#at;
    if (words.every((word) => this.word() === word)) return true;
    this.#at = before;
    return false;
  }

  /** Whether this sign comes next; then it is passed. */
  sign(sign) {
    const found = this.#take(/\s*([(),;])/y);
    if (found?.[1] === sign) return true;
    if (found) this.#at -= found[0].length;
    return false;
  }

  /** How many lines of the statement have been read. */
  linesBefore() {
    for (let at = this.text.indexOf("\n", this.#counted); at >= 0 && at < this.#at; at = this.text.indexOf("\n", at + 1)) {
      this.#lines++;
      this.#counted = at + 1;
    }
    const space = /\s*/y;
    space.lastIndex = this.#at;
    return this.#lines + (space.exec(this.text)[0].split("\n").length - 1);
  }

  #identifier() {
    const found = this.#take(/\s*(?:"((?:[^"]|"")*)"|([\w\u0080-\uffff$]+))/y);
    if (!found) throw this.wrong("a name is missing");
    return found[1]?.replaceAll('""', '"') ?? found[2].toLowerCase();
  }

  /** A table's name, with its schema if there is one. */
  name() {
    if (this.words("ONLY")) return this.name();
    const parts = [this.#identifier()];
    while (this.#take(/\s*\./y)) parts.push(this.#identifier());
    return { schema: parts.at(-2) ?? "", table: parts.at(-1) };
  }

  /** Names up to the closing bracket. */
  names() {
    const names = [this.#identifier()];
    while (this.sign(",")) names.push(this.#identifier());
    if (!this.sign(")")) throw this.wrong("the list of columns does not end");
    return names;
  }

  /** The columns that CREATE TABLE defines, up to its closing bracket. */
  definitions() {
    const columns = [];
    for (let depth = 0, isFirst = true; ; ) {
      if (isFirst && !this.#isConstraint()) columns.push(this.#identifier());
      isFirst = false;
      const found = this.#take(/[^(),'"]*(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|([(),]))/y);
      if (!found) throw this.wrong("the definition of the table does not end");
      if (found[1] === "(") depth++;
      else if (found[1] === ")" && depth-- === 0) return columns;
      else if (found[1] === "," && depth === 0) isFirst = true;
    }
  }

  #isConstraint() {
    return /\s*(?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|EXCLUDE|LIKE)\b/iy.test(this.text.slice(this.#at, this.#at + 40));
  }

  /** The values of a row. */
  tuple() {
    if (!this.sign("(")) throw this.wrong("a row is missing");
    const values = [this.#value()];
    while (this.sign(",")) values.push(this.#value());
    if (!this.sign(")")) throw this.wrong("a row does not end, or has what is no value");
    return values;
  }

  #value() {
    const value = this.#take(/\s*[Ee]'/y) ? this.#string(true) : this.#take(/\s*'/y) ? this.#string(this.plainEscapes) : this.#bare();
    this.#take(/\s*::\s*(?:"[^"]*"|[\w.]+(?:\s+(?:varying|precision|with(?:out)?\s+time\s+zone))?)(?:\s*\(\d+(?:,\d+)?\))?(?:\[\])*/y);
    return value;
  }

  #string(escapes) {
    const found = this.#take(escapes ? /((?:[^'\\]|''|\\[^])*)'/y : /((?:[^']|'')*)'/y);
    if (!found) throw this.wrong("a text does not end");
    const text = found[1].replaceAll("''", "'");
    return escapes ? unescaped(text, () => this.wrong("a text ends in a backslash")) : text;
  }

  #bare() {
    const found = this.#take(/\s*([\w.+-]+)/y);
    if (!found) throw this.wrong("a value is missing");
    return /^(?:null|default)$/i.test(found[1]) ? null : found[1];
  }
}

/** The elements of an array as PostgreSQL writes it, `{a,"b c",NULL}`; null if it is none. */
export function arrayOf(text) {
  if (!/^\{[^]*\}$/.test(text)) return null;
  const inner = text.slice(1, -1);
  if (inner === "") return [];
  const elements = [];
  const element = /(?:"((?:[^"\\]|\\[^])*)"|([^,"{}]+))(,|$)/y;
  for (;;) {
    const found = element.exec(inner);
    if (!found) return null;
    elements.push(found[2] === undefined ? found[1].replace(/\\([^])/g, "$1") : found[2] === "NULL" ? null : found[2]);
    if (found[3] === "") return elements;
  }
}
