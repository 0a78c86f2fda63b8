// What a workerd prints.

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Log, LogLevel } from "miniflare";

/** Whole lines in the order in which they came, with what Miniflare itself prints, such as the mails it is given. */
export class Printed extends Log {
  #lines: string[] = [];
  #waiting: { text: string; missing: number; found: () => void }[] = [];

  constructor() {
    super(LogLevel.INFO);
  }

  log(line: string) {
    this.#lines.push(line);
    for (const wait of this.#waiting) if (line.includes(wait.text) && --wait.missing === 0) wait.found();
    this.#waiting = this.#waiting.filter(({ missing }) => missing > 0);
  }

  /** Takes over a stream of the process. */
  readonly read = (...streams: Readable[]) => {
    for (const input of streams) createInterface({ input }).on("line", (line) => this.log(line));
  };

  /** Waits for so many lines that hold a text. */
  holds(text: string, times = 1): Promise<void> {
    const missing = times - this.#lines.filter((line) => line.includes(text)).length;
    if (missing <= 0) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ text, missing, found }));
  }

  /** All of it, without what meddler.mjs says when it is settled. */
  text() {
    return this.#lines
      .filter((line) => !line.startsWith("[settled "))
      .map((line) => `${line}\n`)
      .join("");
  }
}
