// The worker, built: build/index.js and build/index_bg.wasm, and the static assets beside it: build/public.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildAssets } from "./assets.mjs";
import { Stop, readText, root, run, say, together } from "./steps.mjs";
import { checkCargo, installing, packages, toolchain } from "./tools.mjs";

/** The worker's files, as they are uploaded. */
const OUTPUT = ["index.js", "index_bg.wasm"];
const BUILD = join(root, "build");
/** Besides src, what they are built from. */
const INPUTS = [
  "Cargo.toml",
  "Cargo.lock",
  "rust-toolchain.toml",
  "scripts/bindgen/Cargo.lock",
  "scripts/bindgen/main.rs",
  "scripts/bindgen/order.rs",
  "scripts/lib/assets.mjs",
  "scripts/lib/build.mjs",
];
/** Keeps a hash of what they were built from. */
const STAMP = join(BUILD, ".built-from");
/** Most that the worker may weigh gzipped, in bytes. */
const SIZE_LIMIT = 1024 * 1024;

const TARGET = join(root, "target");
const WASM32 = "wasm32-unknown-unknown";
const BINDGEN = [
  "--quiet",
  "--locked",
  "--manifest-path",
  join(root, "scripts/bindgen/Cargo.toml"),
  "--target-dir",
  join(TARGET, "bindgen"),
];
const ENVIRONMENT = {
  RUSTFLAGS: [process.env.RUSTFLAGS, "-C target-feature=+simd128"].filter(Boolean).join(" "),
  // The macro of `worker` then needs no second crate for promises.
  WASM_BINDGEN_USE_JS_SYS: "1",
};

/** The steps from what is there to a built worker, installing what that takes; none when everything is there. */
export async function buildSteps({ withPackages = true } = {}) {
  const inputs = hashOfInputs();
  const steps = isBuiltFrom(inputs)
    ? []
    : [
        { name: "compiling the worker (the first time takes a minute or two)", work: compile },
        { name: "binding it to JavaScript", work: () => assemble(inputs) },
      ];
  const parts = [...(withPackages ? [packages] : []), ...(steps.length > 0 ? [toolchain] : [])];
  return [...(await installing(...parts)), ...steps];
}

function isBuiltFrom(inputs) {
  return OUTPUT.every((name) => existsSync(join(BUILD, name))) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs;
}

/** Prints what the worker weighs, and stops when that is too much. */
export function checkSize() {
  const files = Buffer.concat(OUTPUT.map((name) => readFileSync(join(BUILD, name))));
  const size = gzipSync(files).length;
  const figure = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
  if (size > SIZE_LIMIT) throw new Stop(`the worker weighs ${figure(size)} gzipped, more than ${figure(SIZE_LIMIT)}`);
  say(`the worker weighs ${figure(size)} gzipped (at most ${figure(SIZE_LIMIT)})`);
}

/** The worker is linked by one processor for half of the time, in which the other builds bindgen. */
async function compile() {
  await checkCargo();
  const failure = "the worker could not be built (see above)";
  await together(
    (signal) =>
      run("cargo", ["build", "--release", "--lib", "--target", WASM32, "--target-dir", TARGET], { env: ENVIRONMENT, signal, failure }),
    (signal) => run("cargo", ["build", ...BINDGEN], { quiet: true, signal, failure: "scripts/bindgen could not be built (see above)" }),
  );
}

/** Makes the files in a folder of their own and moves them into place together: nothing ever reads a half-written one. */
async function assemble(inputs) {
  mkdirSync(BUILD, { recursive: true });
  const folder = mkdtempSync(join(BUILD, ".new-"));
  try {
    const compiled = join(TARGET, WASM32, "release/edgelatch.wasm");
    await run("cargo", ["run", ...BINDGEN, "--", compiled, folder], { failure: "the worker could not be bound to JavaScript (see above)" });
    await bundle(folder);
    await buildAssets();
    rmSync(STAMP, { force: true });
    for (const name of OUTPUT) renameSync(join(folder, name), join(BUILD, name));
    writeFileSync(STAMP, inputs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The worker's entry with what bindgen wrote, as one module that imports the WebAssembly. */
async function bundle(folder) {
  const { build } = await import("esbuild"); // one of the packages, which may just have been installed
  const bindings = join(folder, "index.js");
  // Cloudflare gives a compiled module to the ordinary import.
  writeFileSync(bindings, readFileSync(bindings, "utf8").replace("import source ", "import "));
  await build({
    entryPoints: [join(root, "src/edge/entry.js")],
    alias: { edgelatch: bindings },
    external: ["./index_bg.wasm", "cloudflare:*"],
    bundle: true,
    format: "esm",
    minify: true,
    outfile: bindings,
    allowOverwrite: true,
    logLevel: "warning",
  });
}

function hashOfInputs() {
  const { devDependencies } = JSON.parse(readText("package.json"));
  const hash = createHash("sha256").update(JSON.stringify([ENVIRONMENT, devDependencies.esbuild]));
  const sources = readdirSync(join(root, "src"), { recursive: true }).map((name) => join("src", name));
  for (const path of [...INPUTS, ...sources].sort()) {
    if (!statSync(join(root, path)).isFile()) continue;
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}
