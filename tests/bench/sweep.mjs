// What do people notice of the sweep? Sign-ins without it, and beside it while it deletes as many rows as asked for.
// scripts/bench-sweep.mjs runs it; see README.md.

import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { applyMigrations } from "../../scripts/lib/local-db.mjs";
import { main, say } from "../../scripts/lib/steps.mjs";
import { openClient } from "./client.mjs";
import { quantile } from "./measure.mjs";
import { CLIENT, PASSWORD, fill, person } from "./people.mjs";
import { host, ours, startWorkerd } from "./workerd.mjs";

const ROWS = Number(process.argv[2] ?? 1_000_000);
const USERS = 100;
const AT_ONCE = 4;
/** Sign-ins before the sweep. */
const COUNT = 400;

/** Which share of the rows each table has, and its rows, which were over in 1970. */
const OVER = [
  [
    0.4,
    "login_activity (id, at, kind, result, user_id, client_id, address, country, user_agent, ray)",
    "hex(randomblob(16)), i, 'sign-in', 'ok', 'user-' || (i % 5000), 1, '192.0.2.' || (i % 256), 'NO', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', hex(randomblob(8))",
  ],
  [0.2, "attempts (key, failures, last_on, last_tag, last_by)", "'network:' || hex(randomblob(20)), 1, i, 'aaaaaaaa', hex(randomblob(12))"],
  [
    0.15,
    "attempts (key, failures, last_on, last_tag, last_by)",
    "'account:' || hex(randomblob(20)), 1, i, 'aaaaaaaa', hex(randomblob(12))",
  ],
  [
    0.1,
    "one_time (key, kind, user_id, client_id, session_id, created_on, expires_on)",
    "'code:' || hex(randomblob(20)), 'code', 'user-' || (i % 5000), 1, hex(randomblob(12)), i, i",
  ],
  [
    0.1,
    "sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)",
    "hex(randomblob(12)), (select id from users where username_key = 'user-' || (i % 100)), 1, i, i, 'password', i, i",
  ],
  [0.05, "messages_sent (id, kind, recipient, sent_on)", "hex(randomblob(12)), 'sign-up', 'somebody-' || i || '@example.com', i"],
];

const TABLES = [...new Set(OVER.map(([, into]) => into.split(" ")[0]))];
/** The column of each table that has the end. */
const ENDS = { login_activity: "at", attempts: "last_on", one_time: "expires_on", sessions: "expires_on", messages_sent: "sent_on" };

await main(async () => {
  const workerd = await startWorkerd([
    ours("ours", "sweep", { JWT_KEYS: freshJwtKeys(), DATA_KEY: freshDataKey(), PASSWORD_HASH: "argon2id" }),
  ]);
  const db = workerd.database("sweep");
  await applyMigrations(db);
  await fill(db, USERS, Date.now());
  say(`${ROWS} rows that are over`);
  for (const [share, into, values] of OVER) await insert(db, Math.round(ROWS * share), into, values);
  const client = openClient(workerd.url, AT_ONCE + 1);
  say("sign-ins");
  await signIns(client, (n) => n < USERS); // after which each password is stored under the cheaper hash
  const before = await signIns(client, (n) => n < COUNT);
  say("sign-ins beside the sweep");
  const sweeps = [];
  let sweeping = true;
  const swept = (async () => {
    while ((await left(db)) > 0)
      sweeps.push((await client.send({ host: host("ours"), path: "/cdn-cgi/handler/scheduled?cron=17+*+*+*+*" })).ms / 1000);
    sweeping = false;
  })();
  const beside = await signIns(client, () => sweeping);
  await swept;
  client.close();
  await workerd.stop();
  report({ before, beside, sweeps });
});

async function insert(db, count, into, values) {
  const CHUNK = 50_000;
  for (let first = 0; first < count; first += CHUNK) {
    const last = Math.min(first + CHUNK, count) - 1;
    await db
      .prepare(
        `with recursive n(i) as (select ${first} union all select i + 1 from n where i < ${last}) insert into ${into} select ${values} from n`,
      )
      .run();
  }
}

/** Signs people in, a few at a time, as long as it shall go on; any refusal ends the run. */
async function signIns(client, goesOn) {
  const ms = [];
  let sent = 0;
  const sendOn = async () => {
    while (goesOn(sent)) {
      const { username } = person(sent++ % USERS);
      const start = performance.now(); // with the tries on which workerd, too busy to read them, has hung up
      await client.send({
        host: host("ours"),
        method: "POST",
        path: "/auth/login-token",
        body: JSON.stringify({ ...CLIENT, username, password: PASSWORD }),
      });
      ms.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn));
  return ms.sort((a, b) => a - b);
}

/** How many of the rows are still there: their ends are in the first day of 1970. */
async function left(db) {
  const counts = await db.batch(
    TABLES.map((table) => db.prepare(`select count(*) as n from (select 1 from ${table} where ${ENDS[table]} < 100000000 limit 1)`)),
  );
  return counts.reduce((sum, { results }) => sum + results[0].n, 0);
}

function report({ before, beside, sweeps }) {
  const line = (what, ms) =>
    `${what.padEnd(20)}${String(ms.length).padStart(8)}${[0.5, 0.95, 0.99].map((share) => `${quantile(ms, share).toFixed(1)} ms`.padStart(12)).join("")}${`${ms.at(-1).toFixed(0)} ms`.padStart(10)}`;
  console.log(`
${ROWS} rows in ${sweeps.length} sweeps: ${sweeps.map((seconds) => seconds.toFixed(1)).join(", ")} s; no sign-in was refused

sign-ins               count         p50         p95         p99       max
${line("without the sweep", before)}
${line("beside it", beside)}
`);
}
