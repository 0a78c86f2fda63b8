// How every command speaks: what it is doing while it does it, and one clear line when it cannot go on.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The project's own folder, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A reason to stop that the person at the keyboard can act upon: printed as one line, without a stack. */
export class Stop extends Error {}

/** Says what is being done. */
export function say(text) {
  console.log(`${mark(process.stdout, 36, "▸")} ${text}`);
}

function mark(stream, colour, sign) {
  return stream.isTTY ? `\x1b[${colour}m${sign}\x1b[0m` : sign;
}

/** Runs a command's main function; a `Stop` ends the process with its line and status 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`${mark(process.stderr, 31, "✗")} ${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * Runs a program in the project's folder and shows its output; stops when it fails.
 *
 * `failure` says what a failure means; without it, it says which command failed.
 */
export async function run(program, args, { env = {}, failure } = {}) {
  const { status } = await start(program, args, { env, stdio: "inherit" });
  if (status !== 0) throw new Stop(failure ?? `failed: ${[program, ...args].join(" ")}`);
}

/** Runs a program quietly: what it printed and how it ended. A program that is missing has the status `null`. */
export async function capture(program, args, { env = {}, cwd } = {}) {
  return start(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
}

function start(program, args, { env, cwd = root, stdio }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name]?.setEncoding("utf8").on("data", (text) => (printed[name] += text));
  }
  return new Promise((resolve) => {
    child.on("error", () => resolve({ status: null, ...printed }));
    child.on("close", (code, signal) => resolve({ status: code ?? signal, ...printed }));
  });
}

/**
 * Says that a part of the tests is left out, and what it would need; the part's own test file calls it.
 *
 * With REQUIRE_ALL=1, as .ci/run sets it, nothing may be left out.
 */
export function notRun(part, missing) {
  const line = `not run: ${part} (${missing} is missing)`;
  if (process.env.REQUIRE_ALL === "1") throw new Stop(line);
  say(line);
}
