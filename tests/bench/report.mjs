// What was measured, as text: tables, then the goals and whether they are reached.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../../scripts/lib/steps.mjs";
import { ratio, summary } from "./measure.mjs";
import { storage } from "./workerd.mjs";

/** Which bound an endpoint stands beside: the storage that it cannot do without. */
const BOUND = {
  jwks: "no-op",
  health: "D1 read",
  me: "D1 read",
  "me (new token)": "D1 read",
  "token-refresh": "D1 write",
  token: "D1 write",
  "oauth/token": "D1 write",
  "oauth/token (refresh)": "D1 write",
  "oauth/userinfo": "D1 read",
  logout: "D1 write",
};

const number = (value, digits = 2) =>
  Number.isFinite(value) ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) : "–";
const times = (value) => `${number(value)} ×`;
/** Fewer digits for what is large. */
const ms = (value) => number(value, value < 100 ? 2 : 0);

/** Prints everything. */
export function report(found) {
  print(header(found));
  for (const world of ["small", "large"]) print(table(found, world));
  print(password(found));
  print(whole(found));
  print(goals(found));
}

function header({ plan, load }) {
  const { version } = createRequire(join(root, "package.json"))("miniflare/package.json");
  const kept =
    storage === tmpdir()
      ? `Databases are kept in ${storage}: if that is on a disk, these are figures of the disk.`
      : "Databases are kept in memory.";
  return [
    "",
    `Edgelatch on workerd (Miniflare ${version}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0].model})`,
    `Load of the machine: ${number(load)} before, ${number(loadavg()[0])} after; on a calm one it is about 0 before. ${kept}`,
    "Read the ratios, not the milliseconds: machines differ and are noisy, and the bounds were measured",
    "in turn with the endpoints, so that both had the same noise. Figures are medians of the rounds",
    `(${plan.alone.rounds} at concurrency 1, ${plan.crowded.rounds} at 16; endpoints that hash: ${plan.hashingAlone.rounds} and ${plan.hashingCrowded.rounds}). Times are a client's, in milliseconds;`,
    "cpu is what workerd used for one request. See tests/bench/README.md.",
  ];
}

function table({ plan, anywhere, ...worlds }, world) {
  const users = plan.sizes[world].toLocaleString("en");
  const rows = Object.values({ ...anywhere, ...worlds[world] }).map((subject) => {
    const [alone, crowded] = [summary(subject.alone), summary(subject.crowded)];
    const bound = { ...anywhere, ...worlds[world] }[BOUND[subject.name]];
    return [
      subject.name,
      ...[alone.p50, alone.p95].map(ms),
      number(alone.perSecond, 0),
      ...[crowded.p50, crowded.p95].map(ms),
      number(crowded.perSecond, 0),
      ms(crowded.cpuMs),
      bound ? `${times(ratio(subject.alone, bound.alone))} ${bound.name}` : "",
      world === "large" && worlds.small[subject.name] ? times(ratio(subject.alone, worlds.small[subject.name].alone)) : "",
    ];
  });
  const versus = world === "large" ? `vs ${plan.sizes.small.toLocaleString("en")}` : "";
  return columns([
    [`${users} users`, "p50", "p95", "req/s", "p50 @16", "p95 @16", "req/s @16", "cpu @16", "p50 vs bound", versus],
    ...rows,
  ]);
}

function password({ password: { pbkdf2, argon2id, native } }) {
  const row = (name, { wall, cpu }) => [name, ms(wall), ms(cpu)];
  return columns([
    ["one password verification", "time", "cpu"],
    row("PBKDF2-SHA512, 220,000", pbkdf2),
    row("the same in Node (OpenSSL)", native),
    row("argon2id, 19 MiB, t=2, p=1", argon2id),
  ]);
}

function whole({ starts, loaded }) {
  return columns([
    ["the whole worker", "ours", "no-op"],
    ["gzip, KiB", number(gzipKiB(), 1), ""],
    ["start to first 200, ms", number(starts.ours.ms, 0), number(starts.noOp.ms, 0)],
    ["workerd's memory then, MiB", number(starts.ours.mib, 0), number(starts.noOp.mib, 0)],
    ["and after some thousand requests, MiB", number(loaded, 0), ""],
  ]);
}

function goals({ small, large, anywhere, password: measured, starts, plan }) {
  const slower = (endpoint, bound) => ratio(small[endpoint].alone, small[bound].alone);
  // A bound that itself grows with the database shows what of it is the platform's.
  const growth = Object.keys(small).map((name) => [name, ratio(large[name].alone, small[name].alone)]);
  const endpoints = growth.filter(([name]) => !name.startsWith("D1"));
  const [slowest, most] = endpoints.reduce((worst, one) => (one[1] > worst[1] ? one : worst));
  const unit = Number.isFinite(measured.ratio.cpu) ? "cpu" : "wall";
  const noOp = summary(anywhere["no-op"].alone).p50;
  const rows = [
    ["PBKDF2 verification", measured.ratio[unit], 1.5, "× Node's own"],
    ["argon2id verification", measured.argon2id[unit], 40, `ms (where the no-op takes 0.3; here ${number(noOp)})`],
    ["me", slower("me", "D1 read"), 1.25, "× one D1 read"],
    ["token-refresh", slower("token-refresh", "D1 write"), 2, "× one D1 write"],
    ["token", slower("token", "D1 write"), 2.2, "× one D1 write"],
    ["oauth/token", slower("oauth/token", "D1 write"), 2, "× one D1 write"],
    [`${plan.sizes.large.toLocaleString("en")} users (worst: ${slowest})`, most, 1.2, `× ${plan.sizes.small.toLocaleString("en")} users`],
    ["worker, gzipped", gzipKiB(), 1024, "KiB (aim: 500)"],
    ["start to first 200", starts.ours.ms, 1000, "ms"],
  ];
  return columns([
    ["goal", "found", "to reach", "", ""],
    ...rows.map(([what, value, most, of]) => [what, number(value), `≤ ${most}`, value <= most ? "reached" : "MISSED", of]),
  ]);
}

const gzipKiB = () =>
  gzipSync(Buffer.concat(["index.js", "index_bg.wasm"].map((name) => readFileSync(join(root, "build", name))))).length / 1024;

/** Lines up columns: the first and every text to the left, figures to the right. */
function columns(rows) {
  const figure = (text) => /^[≤]? ?[\d,.–]+$/.test(text);
  const right = rows[0].map((_, c) => rows.slice(1).every((row) => row[c] === "" || figure(row[c])));
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const line = (row) =>
    row
      .map((cell, c) => (right[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join("  ")
      .trimEnd();
  const [head, ...rest] = rows.map(line);
  return ["", head, "─".repeat(Math.max(...[head, ...rest].map((text) => text.length))), ...rest];
}

function print(lines) {
  console.log(lines.join("\n"));
}
