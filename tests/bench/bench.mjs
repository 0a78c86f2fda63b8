// What the worker costs, beside what nothing on the same runtime can beat. scripts/bench.mjs runs it; see README.md.

import { pbkdf2Sync, randomBytes } from "node:crypto";
import { loadavg } from "node:os";
import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { main, say } from "../../scripts/lib/steps.mjs";
import { applyMigrations } from "../../scripts/lib/local-db.mjs";
import { openClient } from "./client.mjs";
import { KV_KEYS, bounds, openWorld, refusals } from "./endpoints.mjs";
import { Subject, measureAlone, measureCrowded, median } from "./measure.mjs";
import { fill } from "./people.mjs";
import { report } from "./report.mjs";
import { bound, host, ours, startWorkerd } from "./workerd.mjs";

const CONCURRENCY = 16;
/** Endpoints that hash a password: a hundred times dearer than the rest, so fewer of them are sent. */
const HASHING = ["login", "login-token", "change-password"];

const FULL = {
  sizes: { small: 1_000, large: 1_000_000 },
  alone: { rounds: 15, count: 30 },
  crowded: { rounds: 7, count: 160 },
  hashingAlone: { rounds: 3, count: 4 },
  hashingCrowded: { rounds: 2, count: CONCURRENCY },
  password: { rounds: 7, count: 4 },
  starts: 5,
};
const QUICK = {
  sizes: { small: 1_000, large: 100_000 },
  alone: { rounds: 5, count: 20 },
  crowded: { rounds: 2, count: 96 },
  hashingAlone: { rounds: 1, count: 3 },
  hashingCrowded: { rounds: 1, count: CONCURRENCY / 2 },
  password: { rounds: 3, count: 3 },
  starts: 3,
};

await main(async () => {
  const [load] = loadavg();
  const plan = process.argv.includes("--quick") ? QUICK : FULL;
  const keys = { jwtKeys: freshJwtKeys(), dataKey: freshDataKey() };
  const settings = { JWT_KEYS: keys.jwtKeys, DATA_KEY: keys.dataKey };
  say("starting workerd again and again");
  const starts = await measureStarts(plan, settings);
  const loaded = await measureMemory(keys, settings);
  const measured = await measureEndpoints(plan, keys, settings);
  report({ plan, load, starts, loaded, ...measured });
});

/** Time from nothing to the first 200, and what workerd holds then: ours, and the no-op in its place. */
async function measureStarts({ starts }, settings) {
  const found = { ours: [], "no-op": [] };
  for (let i = 0; i < starts; i++) {
    for (const [name, worker, path] of [
      ["no-op", bound("noOp", "no-op", "empty"), "/"],
      ["ours", ours("ours", "empty", settings), "/health"],
    ]) {
      const begun = performance.now();
      const workerd = await startWorkerd([worker]);
      const client = openClient(workerd.url, 1);
      await client.send({ host: host(name), path });
      found[name].push({ ms: performance.now() - begun, mib: workerd.residentMiB() });
      client.close();
      await workerd.stop();
    }
  }
  const middle = (runs) => ({ ms: median(runs.map(({ ms }) => ms)), mib: median(runs.map(({ mib }) => mib)) });
  return { ours: middle(found.ours), noOp: middle(found["no-op"]) };
}

/** What workerd holds after our worker alone has been busy, in MiB. */
async function measureMemory(keys, settings) {
  const workerd = await startWorkerd([ours("small", "small", settings)]);
  const client = openClient(workerd.url, CONCURRENCY);
  const world = await makeWorld(workerd, client, "small", 1_000, keys);
  const subjects = Object.entries(world.endpoints).filter(([name]) => !name.startsWith("D1"));
  for (const [name, prepare] of subjects) {
    const count = HASHING.includes(name) ? CONCURRENCY : 320;
    await measureCrowded([new Subject(name, prepare)], count, CONCURRENCY, client.send, workerd.cpuMs);
  }
  const mib = workerd.residentMiB();
  client.close();
  await workerd.stop();
  return mib;
}

async function makeWorld(workerd, { send }, name, users, keys) {
  const db = workerd.database(name);
  await applyMigrations(db);
  await fill(db, users, Date.now());
  return openWorld({ name, users, db, kv: workerd.kv, send, keys });
}

/** Everything else, in one workerd. */
async function measureEndpoints(plan, keys, settings) {
  const workerd = await startWorkerd([
    ...["small", "large"].flatMap((name) => [
      ours(name, name, settings),
      bound("d1Read", `read-${name}`, name),
      bound("d1Write", `write-${name}`, name),
    ]),
    bound("noOp", "no-op", "small"),
    bound("kvGet", "kv-get", "small"),
  ]);
  const client = openClient(workerd.url, CONCURRENCY);
  for (const key of KV_KEYS) await workerd.kv.put(key, JSON.stringify({ provenOn: Date.now(), providerToken: null }));
  const worlds = {};
  for (const [name, users] of Object.entries(plan.sizes)) {
    say(`filling a database with ${users.toLocaleString("en")} users and sessions`);
    worlds[name] = await makeWorld(workerd, client, name, users, keys);
  }

  const anywhere = Object.entries(bounds).map(([name, prepare]) => new Subject(name, prepare));
  const everywhere = Object.values(worlds).map(({ endpoints }) =>
    Object.entries(endpoints).map(([name, prepare]) => new Subject(name, prepare)),
  );
  // A small one, a large one, a small one: neighbours are what will be compared.
  const inTurn = [...anywhere, ...everywhere[0].flatMap((subject, i) => [subject, everywhere[1][i]])];
  const light = inTurn.filter(({ name }) => !HASHING.includes(name));
  const hashing = inTurn.filter(({ name }) => HASHING.includes(name));
  const shuffle = () => Object.values(worlds).forEach(({ shuffleWhenLow }) => shuffleWhenLow());

  const phases = [
    ["one request at a time", plan.alone, (count) => measureAlone(light, count, client.send)],
    [`${CONCURRENCY} requests at a time`, plan.crowded, (count) => measureCrowded(light, count, CONCURRENCY, client.send, workerd.cpuMs)],
    ["one password at a time", plan.hashingAlone, (count) => measureAlone(hashing, count, client.send)],
    [
      `${CONCURRENCY} passwords at a time`,
      plan.hashingCrowded,
      (count) => measureCrowded(hashing, count, CONCURRENCY, client.send, workerd.cpuMs),
    ],
  ];
  await measureAlone(light, plan.alone.count, client.send);
  for (const subject of light) subject.alone.length = 0;
  for (const [what, { rounds, count }, measure] of phases) {
    say(`${what}: ${rounds} rounds of ${count}`);
    for (let round = 0; round < rounds; round++) {
      shuffle();
      await measure(count);
    }
  }
  say("one password verification, beside Node's own");
  const password = await measurePassword(plan.password, worlds.small, client.send, workerd.cpuMs);
  client.close();
  await workerd.stop();
  const [small, large] = everywhere.map((subjects) => Object.fromEntries(subjects.map((subject) => [subject.name, subject])));
  return { anywhere: Object.fromEntries(anywhere.map((subject) => [subject.name, subject])), small, large, password };
}

/** What one verification takes: a refused sign-in with the hash at its full cost, less the same with one that costs nothing. */
async function measurePassword({ rounds, count }, world, send, cpuMs) {
  const random = (bytes) => randomBytes(bytes).toString("base64").replace(/=+$/, "");
  const subjects = {
    nothing: `$pbkdf2-sha512$i=1,l=32$${random(16)}$${random(32)}`,
    pbkdf2: `$pbkdf2-sha512$i=220000,l=32$${random(16)}$${random(32)}`,
    argon2id: `$argon2id$v=19$m=19456,t=2,p=1$${random(16)}$${random(32)}`,
  };
  const rows = [];
  for (let round = 0; round < rounds; round++) {
    const row = {};
    for (const [name, stored] of Object.entries(subjects)) {
      const subject = new Subject(name, refusals(world, stored));
      await measureCrowded([subject], count, 1, send, cpuMs);
      row[name] = { wall: median(subject.crowded[0].ms), cpu: subject.crowded[0].cpuMs };
    }
    row.native = native(count);
    rows.push(row);
  }
  const middle = (of) => ({ wall: median(rows.map((row) => of(row, "wall"))), cpu: median(rows.map((row) => of(row, "cpu"))) });
  return {
    pbkdf2: middle((row, unit) => row.pbkdf2[unit] - row.nothing[unit]),
    argon2id: middle((row, unit) => row.argon2id[unit] - row.nothing[unit]),
    native: middle((row, unit) => row.native[unit]),
    ratio: middle((row, unit) => (row.pbkdf2[unit] - row.nothing[unit]) / row.native[unit]),
  };
}

/** The same PBKDF2 in Node, which is OpenSSL's. */
function native(count) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < count; i++) pbkdf2Sync("a wrong password", randomBytes(16), 220_000, 32, "sha512");
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / count, cpu: (user + system) / 1000 / count };
}
