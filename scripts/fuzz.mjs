// npm run fuzz: sends nonsense to every reader; -- SECONDS says how long to each. proptest makes it, and
// libFuzzer besides, where there is a nightly toolchain, which it needs.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { commandLine, positive } from "./lib/options.mjs";
import { capture, main, root, run, say } from "./lib/steps.mjs";
import { checkCargo, checkTools, install, toolchain } from "./lib/tools.mjs";

const USAGE = "npm run fuzz [-- SECONDS]   (for each target; 60 unless it says otherwise)";
const TARGETS = join(root, "tests/fuzz/seeds");
const OUTPUT = join(root, "target/fuzz");

/** What tells libFuzzer which way an input has taken: the flags of cargo-fuzz, which would be one more tool to build. */
const COVERAGE = [
  "--cfg fuzzing",
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "-Ccodegen-units=1",
];

await main(async () => {
  const { words } = commandLine(USAGE, {}, { words: [0, 1] });
  const seconds = positive(USAGE, words[0], 60);
  await checkTools();
  await install(toolchain);
  await checkCargo();
  await run("cargo", ["test", "--test", "fuzz"], { env: { FUZZ_SECONDS: String(seconds) } });
  const nightly = await findNightly();
  if (!nightly) return say("not run: libFuzzer (a nightly toolchain is missing)");
  await libFuzzer(nightly, Math.ceil(seconds));
});

async function findNightly() {
  const { stdout } = await capture("rustup", ["toolchain", "list"]);
  return stdout.match(/^nightly\S*/m)?.[0];
}

async function libFuzzer(nightly, seconds) {
  const host = (await capture("rustup", ["run", nightly, "rustc", "-vV"])).stdout.match(/^host: (.+)$/m)[1];
  say(`building the targets for libFuzzer with ${nightly}`);
  const build = ["build", "--release", "--locked", "--manifest-path", "tests/fuzz/Cargo.toml", "--target", host, "--target-dir", OUTPUT];
  // With a target named, these flags are not for build scripts and macros.
  await run("rustup", ["run", nightly, "cargo", ...build], { env: { RUSTFLAGS: COVERAGE.join(" ") } });
  const names = readdirSync(TARGETS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of names) {
    say(`libFuzzer: ${name} for ${seconds} s`);
    const [found, seeds] = [join(OUTPUT, "corpus", name), join(TARGETS, name)];
    mkdirSync(found, { recursive: true });
    // An input that fails is written among the seeds, so that it is tried first ever after.
    const limits = [
      `-max_total_time=${seconds}`,
      "-timeout=10",
      "-rss_limit_mb=2048",
      "-max_len=4096",
      "-verbosity=0",
      "-print_final_stats=1",
    ];
    await run(join(OUTPUT, host, "release/libfuzzer"), [...limits, `-artifact_prefix=${seeds}/`, found, seeds], {
      env: { FUZZ_TARGET: name },
      failure: `${name} failed on an input that is now in ${seeds} (see above)`,
    });
  }
}
