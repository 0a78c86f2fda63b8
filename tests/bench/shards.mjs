// Several databases instead of one, simulated: people by a hash of their id, and a directory, by a hash of the name, of what must
// be one in all of them. Prints what each request waits for, what is lost with a database, and whether the promises hold while
// requests run at once and are killed at any step. `node tests/bench/shards.mjs [SHARDS [PEOPLE]]`; docs/scaling.md has the plan.

import { createHash, randomBytes } from "node:crypto";

const [SHARDS, PEOPLE] = [Number(process.argv[2] ?? 8), Number(process.argv[3] ?? 20_000)];
/** How long a name may be claimed without a person who has it: longer than any request lives. */
const CLAIM_MS = 60_000;

const shardOf = (key) => createHash("sha256").update(key).digest().readUInt32BE(0) % SHARDS;

class Down extends Error {}
class Killed extends Error {}

/** One database: every call is a round trip, decided whole, and may find it down. */
class Shard {
  isDown = false;
  directory = new Map(); // key -> { userId, until }: until is set while nobody has it yet
  users = new Map();
  sessions = new Map();

  async batch(trip, work) {
    trip.waits++;
    await Promise.resolve();
    if (this.isDown) throw new Down();
    return work(this);
  }
}

/** The whole of them. */
class World {
  clock = 0;
  shards = Array.from({ length: SHARDS }, () => new Shard());

  /** The database of a person, or of a session, whose id begins with its person's. */
  home = (userId) => this.shards[shardOf(userId)];
  /** The database that decides who has a name, an address or an identity. */
  place = (key) => this.shards[shardOf(key)];

  /**
   * Signs up: every key is claimed where it is decided, then the person is made, then the claims become theirs. Killed between
   * them, a claim without a person lapses.
   */
  async signUp(trip, { userId, keys }, killedAfter = Infinity) {
    let step = 0;
    const next = () => {
      if (step++ >= killedAfter) throw new Killed();
    };
    const claimed = await Promise.allSettled(keys.map((key) => this.#claim(trip, key, userId)));
    trip.waits -= keys.length - 1; // at once: one wait
    next();
    const failed = claimed.find(({ status }) => status === "rejected");
    if (failed || claimed.some(({ value }) => !value)) {
      const own = keys.filter((_, n) => claimed[n].value);
      await Promise.allSettled(own.map((key) => this.place(key).batch(trip, (shard) => shard.directory.delete(key))));
      if (failed) throw failed.reason;
      return false;
    }
    await this.home(userId).batch(trip, (shard) => shard.users.set(userId, { keys }));
    next();
    await Promise.all(keys.map((key) => this.place(key).batch(trip, (shard) => void (shard.directory.get(key).until = null))));
    trip.waits -= keys.length - 1;
    next();
    return true;
  }

  /** Claims a key that nobody has. A claim that has lapsed is somebody's all the same if its person was made: that is asked first. */
  async #claim(trip, key, userId) {
    const take = (lapsed) =>
      this.place(key).batch(trip, (shard) => {
        const there = shard.directory.get(key);
        if (there && there !== lapsed) return there.until !== null && there.until <= this.clock ? there : false;
        shard.directory.set(key, { userId, until: this.clock + CLAIM_MS });
        return true;
      });
    const taken = await take();
    if (typeof taken === "boolean") return taken;
    return (await this.#isTheirs(trip, key, taken)) ? false : (await take(taken)) === true;
  }

  #isTheirs(trip, key, { userId }) {
    return this.home(userId).batch(trip, (home) => home.users.get(userId)?.keys.includes(key) ?? false);
  }

  /**
   * Signs in by name, address or identity: the directory says who, the person's own row says whether that is so. A lapsed claim
   * is looked up too: its person may have been made just before the request was killed.
   */
  async signIn(trip, key) {
    const found = await this.place(key).batch(trip, (shard) => shard.directory.get(key));
    if (!found) return null;
    const sessionId = `${found.userId}.${randomBytes(8).toString("hex")}`;
    return this.home(found.userId).batch(trip, (shard) => {
      if (!shard.users.get(found.userId)?.keys.includes(key)) return null;
      shard.sessions.set(sessionId, { userId: found.userId, n: 0 });
      return sessionId;
    });
  }

  /** Refreshes and checks: the session's id says where it is. */
  async refresh(trip, sessionId) {
    const [userId] = sessionId.split(".");
    return this.home(userId).batch(trip, (shard) => {
      const session = shard.sessions.get(sessionId);
      return session ? ++session.n : null;
    });
  }

  /** The sweep of a directory: a claim that has lapsed is its person's if there is one, else nobody's. */
  async mend(trip, shard) {
    for (const [key, claim] of [...shard.directory]) {
      if (claim.until === null || claim.until > this.clock) continue;
      if (await this.#isTheirs(trip, key, claim)) claim.until = null;
      else shard.directory.delete(key);
    }
  }
}

const keysOf = (n) => [`username:user-${n}`, `email:user-${n}@example.com`, ...(n % 3 === 0 ? [`identity:google:${n}`] : [])];
const fresh = () => ({ waits: 0 });

const world = new World();
for (let n = 0; n < PEOPLE; n++) {
  const made = await world.signUp(fresh(), { userId: `id-${n}`, keys: keysOf(n) });
  if (!made) throw new Error("a person could not be made");
}

console.log(`${SHARDS} databases, ${PEOPLE} people`);
const sizes = world.shards.map(({ users }) => users.size);
console.log(`people in each: ${Math.min(...sizes)} to ${Math.max(...sizes)}`);

console.log("\nwaits of a request (one database: sign-in 2, refresh 1, sign-up 2)");
await waits("sign-up", (trip) => world.signUp(trip, { userId: "id-new", keys: keysOf(PEOPLE * 3) }));
let session;
await waits("sign-in by name", async (trip) => (session = await world.signIn(trip, "username:user-1")));
await waits("sign-in by address", (trip) => world.signIn(trip, "email:user-1@example.com"));
await waits("sign-in by provider", (trip) => world.signIn(trip, "identity:google:3"));
await waits("refresh, check of a session", (trip) => world.refresh(trip, session));

async function waits(what, request) {
  const trip = fresh();
  if (!(await request(trip))) throw new Error(`${what} did not work`);
  console.log(`  ${what.padEnd(32)}${trip.waits}`);
}

// One of them down.
const sessions = [];
for (let n = 0; n < PEOPLE; n++) sessions.push(await world.signIn(fresh(), `username:user-${n}`));
world.shards[0].isDown = true;
const lost = async (requests) => {
  const outcomes = await Promise.allSettled(requests);
  const down = outcomes.filter(({ reason }) => reason instanceof Down).length;
  if (outcomes.some(({ status, reason }) => status === "rejected" && !(reason instanceof Down))) throw new Error("another failure");
  return `${((100 * down) / requests.length).toFixed(1)} %`;
};
console.log("\nrefused while one database is down");
console.log(`  refreshes and checks            ${await lost(sessions.map((id) => world.refresh(fresh(), id)))}`);
console.log(
  `  sign-ins by name                ${await lost(Array.from({ length: PEOPLE }, (_, n) => world.signIn(fresh(), `username:user-${n}`)))}`,
);
const strangers = Array.from({ length: 2000 }, (_, n) => ({
  userId: `down-${n}`,
  keys: [`username:down-${n}`, `email:down-${n}@example.com`],
}));
console.log(`  sign-ups                        ${await lost(strangers.map((it) => world.signUp(fresh(), it)))}`);
world.shards[0].isDown = false;

// Many at once for the same names, each killed at any step.
let killed = 0;
const wanted = Array.from({ length: 4000 }, async (_, n) => {
  // Time passes meanwhile, so that claims of those who were killed lapse under the others' hands.
  for (let wait = n % 40; wait > 0; wait--) await Promise.resolve();
  world.clock += CLAIM_MS / 200;
  const name = n % 500;
  const keys = [`username:race-${name}`, `email:race-${(name + (n % 2)) % 500}@example.com`];
  return world.signUp(fresh(), { userId: `race-${n}`, keys }, n % 7 === 0 ? n % 3 : Infinity).catch((error) => {
    if (error instanceof Killed) killed++;
    else throw error;
  });
});
await Promise.all(wanted);
world.clock += CLAIM_MS + 1;
for (const shard of world.shards) await world.mend(fresh(), shard);
const owners = new Map();
let doubled = 0;
let unreachable = 0;
for (const { users } of world.shards) {
  for (const [userId, { keys }] of users) {
    for (const key of keys) {
      if (owners.has(key)) doubled++;
      owners.set(key, userId);
      if (world.place(key).directory.get(key)?.userId !== userId) unreachable++;
    }
  }
}
const claims = world.shards.reduce((sum, { directory }) => sum + directory.size, 0);
console.log(`\n${wanted.length} sign-ups at once for 500 names, ${killed} of them killed half-way`);
console.log(`  names that two people have      ${doubled}`);
console.log(`  people whom a name does not find ${unreachable}`);
console.log(`  names that nobody has           ${claims - owners.size}`);
process.exitCode = doubled + unreachable + (claims - owners.size) > 0 ? 1 : 0;
