// Does the time of an answer reveal that an account exists? Wrong passwords for accounts and for made-up names, in turn. scripts/bench-timing.mjs runs it; see README.md.

import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { main, say } from "../../scripts/lib/steps.mjs";
import { applyMigrations, seedDemo } from "../../scripts/lib/local-db.mjs";
import { openClient } from "./client.mjs";
import { CLIENT, STORED_PASSWORD, fill, person } from "./people.mjs";
import { host, ours, startWorkerd } from "./workerd.mjs";

const COUNT = Number(process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? 500);

/** Everybody's hash is of the default kind. */
const alike = {
  settings: {},
  client: { client_id: "demo-web", client_secret: "demo-web-secret" },
  async seed(db) {
    await applyMigrations(db);
    await seedDemo(db);
  },
  pair: () => ["demo", "odem"],
  password: (n) => `wrong ${n}`,
};

const PEOPLE = 10_000;
const MIXTURE = [
  STORED_PASSWORD,
  "$2b$12$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
  "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$1kPwz9uZGrW2Cz8KpaNsr4KNX3pd6F+8fAUs4HtVDwE",
];

/** Hashes are of three kinds, as after a change of PASSWORD_HASH and an import, and each pair is two new names. */
const mixed = {
  settings: { PASSWORD_HASH: "argon2id" },
  client: CLIENT,
  async seed(db) {
    await applyMigrations(db);
    await fill(db, PEOPLE, Date.now());
    await db
      .prepare("update user_credentials set password = json_extract(?1, '$[' || (abs(random()) % 3) || ']')")
      .bind(JSON.stringify(MIXTURE))
      .run();
  },
  // The negative ones are to warm up.
  pair: (n) => [person(n + 10).username, person(PEOPLE + n + 10).username],
  // NFKC changes every other password.
  password: (n) => `wrong ${n}${n % 4 < 2 ? "²" : ""}`,
};

await main(async () => {
  const { settings, client: credentials, seed, pair, password } = process.argv.includes("--mixed") ? mixed : alike;
  const workerd = await startWorkerd([ours("ours", "timing", { JWT_KEYS: freshJwtKeys(), DATA_KEY: freshDataKey(), ...settings })]);
  await seed(workerd.database("timing"));
  const client = openClient(workerd.url, 1);
  const attempt = (username, n) =>
    client.send({
      host: host("ours"),
      method: "POST",
      path: "/auth/login",
      expect: 401,
      body: JSON.stringify({ ...credentials, username, password: password(n) }),
    });
  say(`${COUNT} wrong passwords for somebody and for nobody, in turn`);
  const times = { somebody: [], nobody: [] };
  for (let n = -10; n < COUNT; n++) {
    // The second of a pair may find a warmer machine, so the two change places.
    const [somebody, nobody] = pair(n);
    for (const name of n % 2 === 0 ? [somebody, nobody] : [nobody, somebody]) {
      const { ms } = await attempt(name, n);
      if (n >= 0) times[name === somebody ? "somebody" : "nobody"].push(ms);
    }
  }
  client.close();
  await workerd.stop();
  report(times);
});

function report({ somebody, nobody }) {
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const differences = somebody.map((ms, i) => ms - nobody[i]);
  const { z, better } = rankSum(somebody, nobody);
  console.log(`
median for somebody   ${median(somebody).toFixed(2)} ms
median for nobody     ${median(nobody).toFixed(2)} ms
median of differences ${median(differences).toFixed(3)} ms
somebody is slower in ${(better * 100).toFixed(1)} % of pairs of one each (50 % tells nothing)
rank-sum z            ${z.toFixed(2)} (beyond ±3 the clock tells something)
`);
}

/** The rank-sum test of Mann and Whitney, which minds no outliers. */
function rankSum(left, right) {
  let wins = 0;
  for (const a of left) for (const b of right) wins += a > b ? 1 : a === b ? 0.5 : 0;
  const pairs = left.length * right.length;
  const deviation = Math.sqrt((pairs * (left.length + right.length + 1)) / 12);
  return { z: (wins - pairs / 2) / deviation, better: wins / pairs };
}
