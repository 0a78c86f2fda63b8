// npm test: everything, in the order that finds a mistake soonest; it stops at the first failure.

import { availableParallelism } from "node:os";
import { build, checkSize } from "./lib/build.mjs";
import { installPythonClient } from "./lib/python.mjs";
import { main, run, say } from "./lib/steps.mjs";
import { checkTools, installPackages, installToolchain } from "./lib/tools.mjs";

const cargo = (...args) => () => run("cargo", args);

/** Hashing passwords beside somebody else's work takes its time; none of the tests is about speed. */
const PATIENCE = ["--testTimeout=60000", "--hookTimeout=60000"];
/** Much of what they do is wait, so two at a time suit even one processor. */
const WORKERS = `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`;

const STEPS = {
  "the formatting": cargo("fmt", "--check"),
  "clippy on this machine": cargo("clippy", "--all-targets", "--", "-D", "warnings"),
  "clippy on wasm32": cargo("clippy", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"),
  "the documentation": () => run("cargo", ["doc", "--no-deps", "--document-private-items"], { env: { RUSTDOCFLAGS: "-D warnings" } }),
  "the rules and formats": cargo("test"),
  // libFuzzer needs a nightly, so nobody else would notice that its lock file has fallen behind.
  "the lock file of the fuzz targets": cargo("fetch", "--quiet", "--locked", "--manifest-path", "tests/fuzz/Cargo.toml"),
  "the build": build,
  "the size": checkSize,
  "the worker in workerd": () => run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--dir", "tests/e2e", WORKERS, ...PATIENCE]),
};

await main(async () => {
  await checkTools();
  await installPackages();
  await installToolchain();
  await installPythonClient();
  const passed = [];
  for (const [name, step] of Object.entries(STEPS)) {
    say(`testing ${name}`);
    const start = performance.now();
    await step();
    passed.push(`  ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  }
  console.log(["", ...passed, ""].join("\n"));
  say("everything passed");
});
