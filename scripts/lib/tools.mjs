// What must be installed before anything can be built: looked at each time, installed when it is missing.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stop, capture, root, run, say } from "./steps.mjs";

const WORKER_BUILD = "0.8.7";
const NODE = [20, 3];

const read = (path) => readFileSync(join(root, path), "utf8");

/** What the commands for operators need: Node and the packages, not Rust. */
export async function setUpPackages() {
  checkNode();
  await installPackages();
}

/** Stops with one line when Node is too old, or cargo or rustup is missing. */
export async function checkTools() {
  checkNode();
  for (const tool of ["rustup", "cargo"]) {
    // Elsewhere, because here rustup might silently download the toolchain first.
    const { status } = await capture(tool, ["--version"], { cwd: tmpdir() });
    if (status === null) {
      throw new Stop(`${tool} is missing: install Rust with rustup from https://rustup.rs, then open a new terminal`);
    }
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new Stop(`Node ${NODE.join(".")} or later is needed, this is ${process.versions.node}: install it from https://nodejs.org`);
  }
}

/** The npm packages of package-lock.json, when they are not exactly what is installed. */
export async function installPackages() {
  const stamp = join(root, "node_modules/.installed");
  const wanted = createHash("sha256").update(read("package-lock.json")).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("installing the npm packages");
  // Nothing here needs install scripts, so none are run.
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    failure: "the npm packages could not be installed (see above): is the npm registry reachable?",
  });
  writeFileSync(stamp, wanted);
}

/** The compiler, its components and targets that rust-toolchain.toml names. */
export async function installToolchain() {
  const { channel, components, targets } = toolchain();
  const listed = async (kind) => {
    const { stdout } = await capture("rustup", [kind, "list", "--installed", "--toolchain", channel], { env: { RUSTUP_AUTO_INSTALL: "0" } });
    return stdout.split("\n");
  };
  const [installedTargets, installedComponents] = await Promise.all([listed("target"), listed("component")]);
  const present =
    targets.every((target) => installedTargets.includes(target)) &&
    components.every((component) => installedComponents.some((name) => name === component || name.startsWith(`${component}-`)));
  if (!present) {
    say(`installing Rust ${channel} for ${targets.join(", ")}`);
    const flags = (flag, names) => names.flatMap((name) => [flag, name]);
    await run(
      "rustup",
      ["toolchain", "install", channel, "--profile", "minimal", "--no-self-update", ...flags("--component", components), ...flags("--target", targets)],
      { failure: `Rust ${channel} could not be installed (see above)` },
    );
  }
  const { stdout } = await capture("cargo", ["-V"]);
  if (!stdout.startsWith(`cargo ${channel}`)) {
    const found = stdout.trim() || "one that does not start";
    throw new Stop(`cargo ${channel} is needed, found ${found}: put ~/.cargo/bin first in PATH, and unset RUSTUP_TOOLCHAIN`);
  }
}

function toolchain() {
  const text = read("rust-toolchain.toml");
  const list = (name) => text.match(new RegExp(`^${name} = \\[(.*)\\]`, "m"))[1].match(/[\w-]+/g);
  return { channel: text.match(/^channel = "(.+)"/m)[1], components: list("components"), targets: list("targets") };
}

/** The programs that turn the crate into a worker, in the versions that fit it, into `.tools`. */
export async function installBuildTools() {
  await installTool("worker-build", "worker-build", WORKER_BUILD);
  await installTool("wasm-bindgen-cli", "wasm-bindgen", wasmBindgenVersion());
}

/** The crate and its command must be of one version: the lock file decides. */
function wasmBindgenVersion() {
  return read("Cargo.lock").match(/name = "wasm-bindgen"\nversion = "(.+)"/)[1];
}

async function installTool(crate, program, version) {
  const { stdout } = await capture(tool(program), ["--version"]);
  if (stdout.trim().split(" ").at(-1) === version) return;
  say(`installing ${crate} ${version} into .tools (once; some minutes)`);
  await run("cargo", ["install", "--root", join(root, ".tools"), crate, "--version", version, "--locked", "--force"], {
    failure: `${crate} could not be installed (see above)`,
  });
}

/** Path of a program in `.tools`. */
export function tool(program) {
  return join(root, ".tools/bin", program);
}
