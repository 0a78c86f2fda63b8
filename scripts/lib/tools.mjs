// What must be there before anything can be built: looked at each time, installed when it is missing.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stop, capture, inSteps, readText, root, run, together } from "./steps.mjs";

const NODE = [20, 3];
const MISSING = {
  rustup: "install Rust with rustup from https://rustup.rs, then open a new terminal",
  cargo: "install Rust with rustup from https://rustup.rs, then open a new terminal",
  cc: "Rust links with it: install a C compiler (Debian and Ubuntu: build-essential; Fedora: gcc; macOS: xcode-select --install)",
};

/** What the commands for operators need: Node and the packages, not Rust. */
export async function setUpPackages() {
  checkNode();
  await install(packages);
}

/** Stops with one line when Node is too old, or something is missing that is not installed into the project's folder. */
export async function checkTools() {
  checkNode();
  for (const [tool, remedy] of Object.entries(MISSING)) {
    // In a folder without a toolchain file, because here rustup might silently download the toolchain first.
    const { status } = await capture(tool, ["--version"], { cwd: tmpdir() });
    if (status === null) throw new Stop(`${tool} is missing: ${remedy}`);
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new Stop(`Node ${NODE.join(".")} or later is needed, this is ${process.versions.node}: install it from https://nodejs.org`);
  }
}

/** Installs what is missing of these. */
export async function install(...parts) {
  await inSteps(await installing(...parts));
}

/** The step that installs what is missing of these beside one another; none when nothing is. */
export async function installing(...parts) {
  const present = await Promise.all(parts.map((part) => part.present()));
  const missing = parts.filter((_, n) => !present[n]);
  if (missing.length === 0) return [];
  return [
    { name: `installing ${missing.map(({ name }) => name).join(" and ")}`, work: () => together(...missing.map((part) => part.install)) },
  ];
}

const STAMP = join(root, "node_modules/.installed");
const lockedPackages = () => createHash("sha256").update(readText("package-lock.json")).digest("hex");

/** The npm packages, exactly those of package-lock.json. */
export const packages = {
  name: "the npm packages",
  present: async () => existsSync(STAMP) && readFileSync(STAMP, "utf8") === lockedPackages(),
  async install(signal) {
    // Nothing here needs install scripts, so none are run; all are development packages, which NODE_ENV=production would leave out.
    await run("npm", ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      quiet: true,
      signal,
      failure: "the npm packages could not be installed (see above): is the npm registry reachable?",
    });
    writeFileSync(STAMP, lockedPackages());
  },
};

const { channel, components, targets } = readToolchain();

/** The compiler, its components and targets that rust-toolchain.toml names. */
export const toolchain = {
  name: `Rust ${channel}`,
  async present() {
    const listed = async (kind) => {
      const { stdout } = await capture("rustup", [kind, "list", "--installed", "--toolchain", channel], {
        env: { RUSTUP_AUTO_INSTALL: "0" },
      });
      return stdout.split("\n");
    };
    const [installedTargets, installedComponents] = await Promise.all([listed("target"), listed("component")]);
    return (
      targets.every((target) => installedTargets.includes(target)) &&
      components.every((component) => installedComponents.some((name) => name === component || name.startsWith(`${component}-`)))
    );
  },
  async install(signal) {
    const flags = (flag, names) => names.flatMap((name) => [flag, name]);
    await run(
      "rustup",
      [
        "toolchain",
        "install",
        channel,
        "--profile",
        "minimal",
        "--no-self-update",
        ...flags("--component", components),
        ...flags("--target", targets),
      ],
      { signal, failure: `Rust ${channel} could not be installed (see above)` },
    );
  },
};

/** Stops when `cargo` is not the one of the toolchain. */
export async function checkCargo() {
  const { stdout } = await capture("cargo", ["-V"]);
  if (stdout.startsWith(`cargo ${channel}`)) return;
  const found = stdout.trim() || "one that does not start";
  throw new Stop(`cargo ${channel} is needed, found ${found}: put ~/.cargo/bin first in PATH, and unset RUSTUP_TOOLCHAIN`);
}

function readToolchain() {
  const text = readText("rust-toolchain.toml");
  const list = (name) => text.match(new RegExp(`^${name} = \\[(.*)\\]`, "m"))[1].match(/[\w-]+/g);
  return { channel: text.match(/^channel = "(.+)"/m)[1], components: list("components"), targets: list("targets") };
}
