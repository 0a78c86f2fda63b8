// The commands of package.json: what they say before they do anything, and on a machine that is not like this one.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../../scripts/lib/commands.mjs";
import { Stop, notRun, root, run, together } from "../../../scripts/lib/steps.mjs";

const all: { name: string; call: string; file: string; about: string }[] = commands();
const byName = all.map((command) => [command.name, command] as const);

function node(args: string[], { cwd = root, env = {} }: { cwd?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

describe("a command", () => {
  test("is on the list of `npm run help`", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const listed = node(["scripts/help.mjs"])
      .stdout.match(/^ {2}npm .+?(?= {2})/gm)!
      .map((call) => call.trim());
    expect(listed).toEqual(Object.keys(scripts).map((name) => (name === "test" ? "npm test" : `npm run ${name}`)));
  });

  test.each(byName)("%s answers --help with its usage", (_, { call, file }) => {
    const { status, stdout, stderr } = node([file, "--help"]);
    expect([status, stderr], stdout).toEqual([0, ""]);
    expect(stdout.startsWith(`usage: ${call}`), stdout).toBe(true);
  });

  test.each(["dev", "lint", "bootstrap", "bench"])("%s does nothing when its line is not understood, and says how it is meant", (name) => {
    const { file, call } = all.find((command) => command.name === name)!;
    const { status, stdout, stderr } = node([file, "--nonsense"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`usage: ${call}`);
  });

  // The first program of a line in package.json is all that Windows' shell gets to.
  test.each(byName)("%s says on Windows in one line where it runs", (name) => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const [program, file] = scripts[name].split(" ");
    const windows = encodeURIComponent(`Object.defineProperty(process, "platform", { value: "win32" })`);
    const { status, stdout, stderr } = node([file], { env: { NODE_OPTIONS: `--import=data:text/javascript,${windows}` } });
    expect([program, status, stdout]).toEqual(["node", 1, ""]);
    expect(stderr).toMatch(/^✗ Linux, macOS or WSL is needed: .+\n$/);
  });
});

describe("works beside one another", () => {
  test("the first that fails ends the others", async () => {
    const wait = (signal: AbortSignal) => run("sleep", ["60"], { signal, failure: "was ended" });
    const fail = () => run(process.execPath, ["--eval", "process.exit(3)"], { failure: "failed first" });
    const begun = performance.now();
    await expect(together(wait, fail, wait)).rejects.toThrow(new Stop("failed first"));
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  test("a quiet one shows what it printed when it fails, and not otherwise", () => {
    const program = (status: number) => `
      import { main, run } from ${JSON.stringify(new URL("../../../scripts/lib/steps.mjs", import.meta.url).href)};
      await main(() => run(process.execPath, ["--eval", "console.log('the reason'); process.exit(${status})"], { quiet: true, failure: "no luck" }));`;
    const evaluate = (status: number) => node(["--input-type=module", "--eval", program(status)]);
    expect(evaluate(0)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(evaluate(1)).toEqual({ status: 1, stdout: "", stderr: "the reason\n✗ no luck\n" });
  });
});

test("the crate wasm-bindgen and what binds it are of one version", () => {
  const version = (path: string, name: string) => readFileSync(join(root, path), "utf8").match(`name = "${name}"\nversion = "(.+)"`)![1];
  expect(version("scripts/bindgen/Cargo.lock", "wasm-bindgen-cli-support")).toBe(version("Cargo.lock", "wasm-bindgen"));
});

const missing = !existsSync(join(root, ".git")) ? "the repository" : spawnSync("git", ["--version"]).status !== 0 ? "git" : undefined;
if (missing) notRun("a clone with core.autocrlf=true", missing);

describe.skipIf(missing)("a clone with core.autocrlf=true, in a folder with spaces", () => {
  let folder: string;
  let clone: string;
  const git = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("git", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const files = () =>
    git("-C", clone, "ls-files", "--eol")
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/));

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
    clone = join(folder, "a clone (ünder test)");
    git("clone", "--quiet", "--no-local", "--depth=1", "-c", "core.autocrlf=true", root, clone);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("has LF at the end of every line, and the seeds of the fuzz targets as they are", () => {
    const changed = files().filter(([index, tree]) => index!.slice(2) !== tree!.slice(2));
    expect(changed).toEqual([]);
    const seeds = files().filter(([index]) => index === "i/crlf");
    expect(seeds.map(([, , attributes]) => attributes)).toEqual(seeds.map(() => "attr/-text"));
    expect(files().length).toBeGreaterThan(250);
  });

  test("its commands speak as here", () => {
    expect(node(["scripts/help.mjs"], { cwd: clone })).toEqual(node(["scripts/help.mjs"]));
  });

  test("its commands read CRLF too, as a checkout from before has it", () => {
    const old = join(folder, "old");
    cpSync(clone, old, { recursive: true });
    for (const name of readdirSync(old, { recursive: true, encoding: "utf8" })) {
      if (!/\.(mjs|toml|lock|json|sql)$/.test(name) || name.startsWith(".git/")) continue;
      writeFileSync(join(old, name), readFileSync(join(old, name), "utf8").replaceAll("\n", "\r\n"));
    }
    expect(node(["scripts/help.mjs"], { cwd: old })).toEqual(node(["scripts/help.mjs"]));
    expect(node(["scripts/deploy.mjs"], { cwd: old })).toEqual(node(["scripts/deploy.mjs"]));
    const program = `import { packages, toolchain } from "./scripts/lib/tools.mjs";
      import { buildSteps } from "./scripts/lib/build.mjs";
      console.log(packages.name, toolchain.name, (await buildSteps()).length, await packages.present());`;
    const read = node(["--input-type=module", "--eval", program], { cwd: old });
    expect(read.stderr).toBe("");
    expect(read.stdout).toMatch(/^the npm packages Rust 1\.\d+\.\d+ 3 false\n$/);
  }, 60_000);
});
