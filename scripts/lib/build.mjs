// The worker, built: build/index.js and build/index_bg.wasm.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Stop, root, run, say } from "./steps.mjs";
import { installBuildTools, installToolchain, tool } from "./tools.mjs";

/** The worker's files, as they are uploaded. */
const OUTPUT = ["build/index.js", "build/index_bg.wasm"];
/** Besides src, what they are built from. */
const INPUTS = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "scripts/lib/build.mjs", "scripts/lib/tools.mjs"];
/** Keeps a hash of what they were built from. */
const STAMP = join(root, "build/.built-from");
/** Most that the worker may weigh gzipped, in bytes. */
const SIZE_LIMIT = 1024 * 1024;

const RUSTFLAGS = [process.env.RUSTFLAGS, "-C target-feature=+simd128"].filter(Boolean).join(" ");

/** Builds the worker unless it is there already, from exactly these sources; installs what that takes. */
export async function build() {
  const inputs = hashOfInputs();
  if (OUTPUT.every((path) => existsSync(join(root, path))) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs) return;
  await installToolchain();
  await installBuildTools();
  say("building the worker (the first time takes some minutes)");
  rmSync(STAMP, { force: true });
  await run(tool("worker-build"), ["--release", "."], { env: environment(), failure: "the worker could not be built (see above)" });
  writeFileSync(STAMP, inputs);
}

/** Prints what the worker weighs, and stops when that is too much. */
export function checkSize() {
  const files = Buffer.concat(OUTPUT.map((path) => readFileSync(join(root, path))));
  const size = gzipSync(files).length;
  const figure = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
  if (size > SIZE_LIMIT) throw new Stop(`the worker weighs ${figure(size)} gzipped, more than ${figure(SIZE_LIMIT)}`);
  say(`the worker weighs ${figure(size)} gzipped (at most ${figure(SIZE_LIMIT)})`);
}

/** worker-build downloads its helpers unless it is told where they are. */
function environment() {
  const require = createRequire(import.meta.url);
  return {
    RUSTFLAGS,
    RUST_BACKTRACE: "0", // of worker-build itself, which would bury the compiler's words
    WASM_BINDGEN_BIN: tool("wasm-bindgen"),
    WASM_OPT_BIN: join(root, "node_modules/.bin/wasm-opt"),
    ESBUILD_BIN: require.resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`),
  };
}

function hashOfInputs() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const hash = createHash("sha256").update(JSON.stringify([RUSTFLAGS, devDependencies.binaryen, devDependencies.esbuild]));
  const sources = readdirSync(join(root, "src"), { recursive: true }).map((name) => join("src", name));
  for (const path of [...INPUTS, ...sources].sort()) {
    if (!statSync(join(root, path)).isFile()) continue;
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}
