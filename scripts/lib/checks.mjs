// What holds the code to its rules, as steps: each command takes the ones it is for, `npm test` all.

import { availableParallelism } from "node:os";
import { buildSteps, checkSize } from "./build.mjs";
import { run } from "./steps.mjs";

const cargo =
  (...args) =>
  () =>
    run("cargo", args);

/** A program of an npm package. */
export const node =
  (program, ...args) =>
  () =>
    run(process.execPath, [`node_modules/${program}`, ...args]);

/** Hashing passwords beside another program's work takes its time; none of the tests is about speed. */
const PATIENCE = ["--testTimeout=60000", "--hookTimeout=60000"];
/** Much of what the tests do is wait, so two files at a time suit even one processor. */
const WORKERS = `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`;

/** What needs no test run. */
export const lint = [
  { name: "formatting of Rust", work: cargo("fmt", "--check") },
  { name: "formatting of TypeScript and JavaScript", work: node("@biomejs/biome/bin/biome", "format", ".") },
  { name: "clippy for this machine", work: cargo("clippy", "--all-targets", "--", "-D", "warnings") },
  { name: "clippy for wasm32", work: cargo("clippy", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings") },
  { name: "types of the tests", work: node("typescript/bin/tsc", "--noEmit", "--project", "tests") },
  {
    name: "documentation",
    work: () => run("cargo", ["doc", "--no-deps", "--document-private-items"], { env: { RUSTDOCFLAGS: "-D warnings" } }),
  },
  // libFuzzer needs a nightly toolchain, so nothing else would find that its lock file has fallen behind.
  { name: "lock file of the fuzz targets", work: cargo("fetch", "--quiet", "--locked", "--manifest-path", "tests/fuzz/Cargo.toml") },
];

/** The tests that need no worker; `args` go to `cargo test`. */
export const unit = (args = []) => [{ name: "tests of the rules and formats", work: cargo("test", ...args) }];

/** The worker, built and within its size. */
export const built = async () => [...(await buildSteps()), { name: "size of the worker", work: checkSize }];

/** Loading Miniflare takes a second of CPU, so a process does it once for all the files that it runs. */
const END_TO_END = ["run", "--dir", "tests/e2e", "--no-isolate", WORKERS, ...PATIENCE];

/** The tests of the built worker; `args` go to vitest. */
export const endToEnd = (args = []) => [
  { name: "tests of the worker in workerd", work: node("vitest/vitest.mjs", ...END_TO_END, ...args) },
];
