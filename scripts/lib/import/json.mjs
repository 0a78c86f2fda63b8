// JSON that is too large to be read at once: the objects of one list of it, one after another.

import { LONGEST, Unreadable, pieces } from "./files.mjs";

/** How deep an object may nest: what is deeper cannot be written again. */
const DEEPEST = 200;

/**
 * The objects of a file, as `{ line, value }`: those of a list at its top, one a line (NDJSON), or those of the list that
 * `list` names in the object at its top. Whatever else that object has comes last, as `{ line, rest }`.
 *
 * @param {string} path
 * @param {{ list?: string, read?: (bytes: number) => void }} [options]
 * @returns {AsyncGenerator<{ line: number, value?: any, rest?: any }>}
 */
export async function* jsonObjects(path, { list, read } = {}) {
  const scanner = new Scanner(path, list);
  for await (const piece of pieces(path, read)) yield* scanner.feed(piece);
  yield* scanner.end();
}

/** Follows brackets and texts only; what lies between them is JSON.parse's. */
class Scanner {
  #depth = 0;
  #inText = false;
  #escaped = false;
  #line = 1;
  #key; // the last member's name of the object at the top
  #sink = "before"; // what the text under way belongs to: before, value, between (values), rest
  #at = 0; // the depth at which values begin
  #parts = { value: [], rest: [] };
  #length = 0;
  #begun = 1;

  constructor(path, list) {
    this.path = path;
    this.list = list;
  }

  *feed(text) {
    let from = 0;
    const flush = (to) => {
      this.#keep(text.slice(from, to));
      from = to;
    };
    for (let at = 0; at < text.length; at++) {
      const sign = text[at];
      if (sign === "\n") this.#line++;
      if (this.#inText) this.#followText(sign);
      else if (sign === '"') this.#inText = true;
      else if (sign === ":" && this.#sink === "rest" && this.#depth === 1) {
        flush(at);
        this.#key = /"((?:[^"\\]|\\.)*)"\s*$/.exec(this.#parts.rest.slice(-4).join("").slice(-400))?.[1];
      } else if (sign === "{" || sign === "[") this.#open(sign, at, flush);
      else if ((sign === "}" || sign === "]") && this.#close(at, flush)) yield this.#value();
    }
    flush(text.length);
  }

  #followText(sign) {
    if (this.#escaped) this.#escaped = false;
    else if (sign === "\\") this.#escaped = true;
    else if (sign === '"') this.#inText = false;
  }

  #open(sign, at, flush) {
    if (this.#sink === "before") {
      flush(at);
      this.#at = sign === "[" ? 1 : 0;
      this.#sink = sign === "{" && this.list ? "rest" : "between";
      if (sign === "[") flush(at + 1);
    } else if (this.#sink === "rest" && this.#depth === 1 && sign === "[" && this.#key === this.list) {
      flush(at + 1);
      this.#at = 2;
      this.#sink = "between";
    }
    if (this.#sink === "between" && sign === "{" && this.#depth === this.#at) {
      flush(at);
      this.#sink = "value";
      this.#begun = this.#line;
    }
    if (++this.#depth > DEEPEST) throw this.#wrong(`an object nests deeper than ${DEEPEST} levels`);
  }

  /** Whether a value ends with this bracket. */
  #close(at, flush) {
    this.#depth--;
    if (this.#depth < 0) throw this.#wrong("a bracket closes that was not opened");
    if (this.#sink === "value" && this.#depth === this.#at) {
      flush(at + 1);
      this.#sink = "between";
      return true;
    }
    if (this.#sink === "between" && this.#depth < this.#at) {
      flush(at);
      this.#sink = this.#depth === 0 ? "after" : "rest";
      if (this.#sink === "after") flush(at + 1);
    }
    return false;
  }

  #keep(text) {
    const parts = this.#parts[this.#sink];
    if (parts) {
      parts.push(text);
      this.#length += text.length;
      if (this.#length > LONGEST) throw this.#wrong(`an object is longer than ${LONGEST} characters`);
    } else if (!/^[\s,[\]]*$/.test(text)) throw this.#wrong("something stands here that is no object");
  }

  #value() {
    const text = this.#parts.value.join("");
    this.#parts.value = [];
    this.#length = 0;
    return { line: this.#begun, value: this.#parse(text) };
  }

  #parse(text, line = this.#begun) {
    try {
      return JSON.parse(text);
    } catch {
      throw this.#wrong("this is no JSON", line);
    }
  }

  #wrong(problem, line = this.#line) {
    return new Unreadable(this.path, line, problem);
  }

  *end() {
    if (this.#depth !== 0 || this.#inText) throw this.#wrong("does not end: the file is cut off");
    if (this.#sink === "before") throw this.#wrong("has no object");
    if (this.#parts.rest.length > 0) yield { line: 1, rest: this.#parse(this.#parts.rest.join(""), 1) };
  }
}
