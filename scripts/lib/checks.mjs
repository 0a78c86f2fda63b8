// What holds the code to its rules, as steps: each command takes the ones it is for, `npm test` all.

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

/** The tests of the built worker; `args` go to vitest. */
export const endToEnd = (args = []) => [
  { name: "tests of the worker in workerd", work: node("vitest/vitest.mjs", "run", "--config", "tests/vitest.config.mjs", ...args) },
];
