// The command line.

import { parseArgs } from "node:util";
import { Help, Stop } from "./steps.mjs";

/** The options that choose a database. */
export const place = { local: { type: "boolean" }, remote: { type: "boolean" } };

/**
 * Reads the command line; answers `--help` with the usage, and stops with it when the line does not fit. `words` is how many
 * words there may be besides the options: a number, several, or what says it of a number.
 */
export function commandLine(usage, options = {}, { words = 0 } = {}) {
  const explain = (problem) => new Stop(`${problem}\n  usage: ${usage}`);
  let read;
  try {
    read = parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } }, allowPositionals: true });
  } catch (error) {
    throw explain(error.message);
  }
  const { values, positionals } = read;
  if (values.help) throw new Help(`usage: ${usage}`);
  const fits = typeof words === "function" ? words(positionals.length) : [words].flat().includes(positionals.length);
  if (!fits) throw explain(positionals.length ? `not understood: ${positionals.join(" ")}` : "something is missing");
  if (options.local && Boolean(values.local) === Boolean(values.remote)) throw explain("say which database: --local or --remote");
  return { values, words: positionals };
}

/** A number on the command line, of which there are `otherwise` when it is left out. */
export function positive(usage, word, otherwise) {
  const number = Number(word ?? otherwise);
  if (!(number > 0)) throw new Stop(`not a number above 0: ${word}\n  usage: ${usage}`);
  return number;
}

/** Everything on the command line, for the program that the command calls; answers `--help` itself. */
export function passedOn(usage) {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) throw new Help(`usage: ${usage}`);
  return args;
}
