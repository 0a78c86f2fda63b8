// The command line.

import { parseArgs } from "node:util";
import { Stop } from "./steps.mjs";

/** The options that choose a database. */
export const place = { local: { type: "boolean" }, remote: { type: "boolean" } };

/** Reads the command line; stops with the usage when it does not fit. */
export function commandLine(usage, options, { words = 0 } = {}) {
  const explain = (problem) => new Stop(`${problem}\n  usage: ${usage}`);
  let read;
  try {
    read = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw explain(error.message);
  }
  const { values, positionals } = read;
  if (![words].flat().includes(positionals.length)) throw explain(positionals.length ? `not understood: ${positionals.join(" ")}` : "something is missing");
  if (options.local && Boolean(values.local) === Boolean(values.remote)) throw explain("say which database: --local or --remote");
  return { values, words: positionals };
}
