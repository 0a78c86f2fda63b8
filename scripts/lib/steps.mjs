// How every command speaks: what it is doing while it does it, and one clear line when it cannot go on.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's own folder, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * A reason to stop that the person at the keyboard can act upon: printed as one line, without a stack. `status` is the exit
 * status where it is another than the command's own for failures.
 */
export class Stop extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** What was asked for with `--help`: printed, and all that is done. */
export class Help extends Error {}

/** A text file of the project, with LF at the ends of its lines however it was checked out. */
export function readText(path) {
  return readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
}

/** Says what is being done. */
export function say(text) {
  console.log(`${mark(process.stdout, 36, "▸")} ${text}`);
}

function mark(stream, colour, sign) {
  return stream.isTTY ? `\x1b[${colour}m${sign}\x1b[0m` : sign;
}

/**
 * Runs a command's main function, where the commands run at all; a `Stop` ends the process with its line and the status of a
 * `failure`, a `Help` with 0.
 */
export async function main(work, { failure = 1 } = {}) {
  try {
    checkPlatform();
    await work();
  } catch (error) {
    if (error instanceof Help) return console.log(error.message);
    if (!(error instanceof Stop)) throw error;
    console.error(`${mark(process.stderr, 31, "✗")} ${error.message}`);
    process.exitCode = error.status ?? failure;
  }
}

function checkPlatform() {
  if (process.platform === "win32")
    throw new Stop("Linux, macOS or WSL is needed: on Windows, clone the project inside WSL and run this there", 1);
}

/**
 * Works through steps, `{ name, work }`: says which of how many each is and how long all have taken so far.
 *
 * Returns how many seconds each took.
 */
export async function inSteps(steps) {
  const times = [];
  for (const [n, { name, work }] of steps.entries()) {
    const place = steps.length > 1 ? `step ${n + 1} of ${steps.length}: ` : "";
    const elapsed = times.reduce((sum, { seconds }) => sum + seconds, 0);
    say(`${place}${name}${n > 0 ? ` (${Math.round(elapsed)} s so far)` : ""}`);
    const begun = performance.now();
    await work();
    times.push({ name, seconds: (performance.now() - begun) / 1000 });
  }
  return times;
}

/** Does works beside one another; each gets the signal that one of them has failed, which ends the others. */
export async function together(...works) {
  const controller = new AbortController();
  const failed = (error) => {
    controller.abort();
    throw error;
  };
  await Promise.all(works.map((work) => work(controller.signal).catch(failed)));
}

/**
 * Runs a program in the project's folder; stops when it fails.
 *
 * It shows its output, or, when it is `quiet`, only that of a failure. `failure` says what a failure
 * means; without it, it says which command failed. `signal` ends it.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, failure?: string, quiet?: boolean, signal?: AbortSignal }} [options]
 */
export async function run(program, args, { env = {}, failure, quiet = false, signal } = {}) {
  const { status, stdout, stderr } = await start(program, args, { env, stdio: quiet ? PIPED : "inherit", signal });
  if (status === 0) return;
  if (!signal?.aborted) process.stderr.write(stdout + stderr);
  throw new Stop(failure ?? `failed: ${[program, ...args].join(" ")}`);
}

/** Runs a program quietly: what it printed and how it ended. A program that is missing has the status `null`. */
export async function capture(program, args, { env = {}, cwd } = {}) {
  return start(program, args, { env, cwd, stdio: PIPED });
}

const PIPED = ["ignore", "pipe", "pipe"];

function start(program, args, { env, cwd = root, stdio, signal }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio, signal });
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
