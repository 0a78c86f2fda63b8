// How far one deployment goes and what it costs: bytes for each row, what each request reads and writes as Cloudflare bills it,
// its latency in databases of several sizes, what a sign-in does to its neighbours, and what a month costs. scripts/bench.mjs runs it;
// docs/scaling.md has the figures.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { applyMigrations } from "../../scripts/lib/local-db.mjs";
import { main, root, say } from "../../scripts/lib/steps.mjs";
import { bytesOfRows } from "./bytes.mjs";
import { openClient } from "./client.mjs";
import { openWorld } from "./endpoints.mjs";
import { Subject, measureAlone, measureCrowded, quantile, summary } from "./measure.mjs";
import { CLIENT, PASSWORD, fill, person } from "./people.mjs";
import { PRICE_LIST, bill } from "./prices.mjs";
import { bound, host, ours, startWorkerd } from "./workerd.mjs";

const SIZES = (process.argv[2] ?? "1000,1000000").split(",").map(Number);
/** Requests whose rows and statements are counted, and how often each is sent for that. */
const COUNTED = [
  ...["me", "token-refresh", "token", "logout", "login", "login-token", "change-password", "jwks"],
  ...["oauth/authorize", "oauth/token", "oauth/token (refresh)", "oauth/userinfo"],
];
const TIMES = 10;
/** Those whose latency is measured against the size of the database: none hashes. */
const TIMED = ["D1 read", "D1 write", "me", "token-refresh", "token", "logout", "oauth/token", "oauth/token (refresh)", "oauth/userinfo"];
const ROUNDS = { rounds: 5, count: 40 };
const AT_ONCE = 16;

await main(async () => {
  say(`load before it: ${loadavg()[0].toFixed(2)}`);
  const keys = { jwtKeys: freshJwtKeys(), dataKey: freshDataKey() };
  const bytes = bytesOfRows();
  printBytes(bytes);
  const counted = await countRequests(keys);
  printCounted(counted);
  const timed = [];
  for (const users of SIZES) {
    timed.push(await timeRequests(keys, users));
    printTimed(timed.at(-1));
  }
  printBeside(await besideSignIns(keys));
  console.log(`\na month at Cloudflare, by the prices of ${PRICE_LIST}`);
  const cpu = Object.fromEntries(Object.entries(timed[0].requests).map(([name, { crowded }]) => [name, crowded.cpuMs]));
  for (const line of bill({ bytes, counted, cpu })) console.log(`  ${line}`);
});

function settingsOf(keys, more = {}) {
  return {
    JWT_KEYS: keys.jwtKeys,
    DATA_KEY: keys.dataKey,
    SERVICESTACK_CLIENT_ID: CLIENT.client_id,
    DEV_MAILBOX: "on",
    ...more,
  };
}

/** Our worker behind the module that counts what its storage answers. */
function countedWorker(name, database, settings) {
  const worker = ours(name, database, settings);
  const counting = { type: "ESModule", path: "counted.js", contents: readFileSync(join(root, "tests/bench/counted.mjs"), "utf8") };
  return { ...worker, modules: [counting, ...worker.modules] };
}

async function open(keys, users, { name = "ours", settings = {}, counted = false } = {}) {
  const make = counted ? countedWorker : ours;
  const bounds = [bound("d1Read", `read-${name}`, name), bound("d1Write", `write-${name}`, name)];
  const workerd = await startWorkerd([make(name, name, settingsOf(keys, settings)), ...bounds]);
  const db = workerd.database(name);
  await applyMigrations(db);
  await fill(db, users, Date.now());
  const client = openClient(workerd.url, AT_ONCE + 4);
  const world = await openWorld({ name, users, db, kv: workerd.kv, send: client.send, keys });
  const close = async () => {
    client.close();
    await workerd.stop();
  };
  return { workerd, db, client, world, close };
}

/** Statements, rows and operations of one request of each kind, with all that goes on behind its answer. */
async function countRequests(keys) {
  const { client, world, close } = await open(keys, 1_000, { counted: true });
  const totals = async () => {
    let sum = {};
    for (let quiet = 0; quiet < 3; ) {
      await setTimeout(60);
      const { text } = await client.send({ host: host("ours"), path: "/", headers: { "x-growth": "1" } });
      const more = JSON.parse(text);
      quiet = more.statements + more.kvRead + more.kvWritten > 0 ? 0 : quiet + 1;
      sum = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, value + (sum[name] ?? 0)]));
    }
    return sum;
  };
  const found = {};
  const subjects = [...COUNTED.map((name) => [name, world.endpoints[name]]), ...extra(world)];
  for (const [name, prepare] of subjects) {
    const { requests, restore } = await prepare(TIMES);
    await totals();
    for (const request of requests) await client.send(request);
    const sum = await totals();
    await restore?.();
    found[name] = Object.fromEntries(Object.entries(sum).map(([what, number]) => [what, number / TIMES]));
  }
  await close();
  return found;
}

/** Requests that the other benchmark does not send. */
function extra({ draw, signIn }) {
  const json = (path, body, more) => ({ host: host("ours"), method: "POST", path, body: JSON.stringify(body), ...more });
  const all = (make) => async (count) => ({ requests: draw(count).map(make) });
  return [
    ["wrong password", all((it) => ({ ...signIn("/auth/login", it, "a wrong password"), expect: 401 }))],
    ["unknown name", all((it) => ({ ...signIn("/auth/login", { username: `nobody-${it.username}` }), expect: 401 }))],
    [
      "unknown client",
      all((it) => json("/auth/login", { client_id: "nobody", client_secret: "x", username: it.username, password: "x" }, { expect: 401 })),
    ],
    ["forget-password", all((it) => json("/auth/forget-password", { ...CLIENT, username: it.username }, { expect: 204 }))],
    ["Authenticate (ServiceStack)", all((it) => json("/auth/credentials", { userName: it.username, password: PASSWORD }))],
    [
      "GET /sign-in (page)",
      async (count) => ({ requests: Array.from({ length: count }, () => ({ host: host("ours"), path: "/sign-in" })) }),
    ],
  ];
}

/** Latency at one request at a time, and how many a second at sixteen, in a database of so many people. */
async function timeRequests(keys, users) {
  say(`filling a database with ${users.toLocaleString("en")} people`);
  const { workerd, db, client, world, close } = await open(keys, users);
  const subjects = TIMED.map((name) => new Subject(name, world.endpoints[name]));
  await measureAlone(subjects, 10, client.send);
  for (const subject of subjects) subject.alone.length = 0;
  say("one request at a time, and sixteen");
  for (let round = 0; round < ROUNDS.rounds; round++) {
    world.shuffleWhenLow();
    await measureAlone(subjects, ROUNDS.count, client.send);
    await measureCrowded(subjects, AT_ONCE * 8, AT_ONCE, client.send, workerd.cpuMs);
  }
  const { meta } = await db.prepare("select 1").all();
  const found = {
    users,
    bytes: meta.size_after,
    requests: Object.fromEntries(subjects.map((it) => [it.name, { alone: summary(it.alone), crowded: summary(it.crowded) }])),
  };
  await close();
  return found;
}

/**
 * Latency of GET /auth/me while clients sign in without a pause: in the same isolate, whose only thread a hash holds; and in
 * another process, which is what moving the hash elsewhere would come to.
 */
async function besideSignIns(keys) {
  const found = {};
  for (const algorithm of ["pbkdf2-sha512", "argon2id"]) {
    const here = await open(keys, 1_000, { settings: { PASSWORD_HASH: algorithm } });
    const there = await open(keys, 1_000, { settings: { PASSWORD_HASH: algorithm } });
    // Each password is stored under the deployment's own hash after one sign-in.
    for (const { client, world } of [here, there])
      for (const it of Array.from({ length: 40 }, (_, n) => person(n))) await client.send(world.signIn("/auth/login", it));
    for (const [where, signers, place] of [
      ["alone", 0, here],
      ["beside 1 who signs in", 1, here],
      ["beside 4 who sign in", 4, here],
      ["beside 4 whose hashes are elsewhere", 4, there],
    ])
      found[`${algorithm}, ${where}`] = await meBeside(here, place, signers);
    await here.close();
    await there.close();
  }
  return found;
}

async function meBeside(here, place, signers) {
  let going = true;
  let signed = 0;
  const begun = performance.now();
  const signOn = async (n) => {
    while (going) {
      await place.client.send(place.world.signIn("/auth/login", person((signed++ * 4 + n) % 40)));
    }
  };
  const signing = Array.from({ length: signers }, (_, n) => signOn(n));
  const { requests } = await here.world.endpoints.me(150);
  const ms = [];
  for (const request of requests) {
    await setTimeout(10 + 20 * Math.random());
    ms.push((await here.client.send(request)).ms);
  }
  going = false;
  await Promise.all(signing);
  ms.sort((one, other) => one - other);
  return { p50: quantile(ms, 0.5), p95: quantile(ms, 0.95), signInsPerSecond: signers ? signed / ((performance.now() - begun) / 1000) : 0 };
}

function cells(values, digits = 1) {
  return values.map((value) => (typeof value === "number" ? value.toFixed(digits).replace(/\.0+$/, "") : value).padStart(12)).join("");
}

function printBytes(bytes) {
  console.log("\nbytes of a row in D1, with its indices");
  for (const [kind, number] of Object.entries(bytes)) console.log(`  ${kind.padEnd(52)}${cells([number], 0)}`);
}

function printCounted(counted) {
  console.log(
    `\n${"one request, with all behind its answer".padEnd(44)}${cells(["statements", "rows read", "written", "KV read", "KV written"])}`,
  );
  for (const [name, it] of Object.entries(counted))
    console.log(`  ${name.padEnd(42)}${cells([it.statements, it.read, it.written, it.kvRead, it.kvWritten])}`);
}

function printTimed({ users, bytes, requests }) {
  const title = `${users.toLocaleString("en")} people, ${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`\n${title.padEnd(34)}${cells(["p50 ms", "p95 ms", "/s at 16", "cpu ms"])}`);
  for (const [name, { alone, crowded }] of Object.entries(requests))
    console.log(`  ${name.padEnd(32)}${cells([alone.p50, alone.p95, crowded.perSecond, crowded.cpuMs], 2)}`);
}

function printBeside(beside) {
  console.log(`\n${"GET /auth/me".padEnd(54)}${cells(["p50 ms", "p95 ms", "sign-ins/s"])}`);
  for (const [name, it] of Object.entries(beside)) console.log(`  ${name.padEnd(52)}${cells([it.p50, it.p95, it.signInsPerSecond])}`);
}
