// npm run bench:timing: does the clock tell who exists? Wrong passwords for people and for nobody, in turn. See README.md.

import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { main, say } from "../../scripts/lib/steps.mjs";
import { applyMigrations, seedDemo } from "../../scripts/local-db.mjs";
import { openClient } from "./client.mjs";
import { host, ours, startWorkerd } from "./workerd.mjs";

const COUNT = Number(process.argv[2] ?? 500);

await main(async () => {
  const settings = { JWT_KEYS: freshJwtKeys(), DATA_KEY: freshDataKey() };
  const workerd = await startWorkerd([ours("ours", "timing", settings)]);
  await seedInto(await workerd.database("ours"));
  const client = openClient(workerd.url, 1);
  const attempt = (username, n) =>
    client.send({
      host: host("ours"),
      method: "POST",
      path: "/auth/login",
      expect: 401,
      body: JSON.stringify({ client_id: "demo-web", client_secret: "demo-web-secret", username, password: `wrong ${n}` }),
    });
  say(`${COUNT} wrong passwords for somebody and for nobody, in turn`);
  const times = { somebody: [], nobody: [] };
  for (let n = -10; n < COUNT; n++) {
    // Whoever comes second may find a warmer machine, so they change places.
    const names = n % 2 === 0 ? ["demo", "odem"] : ["odem", "demo"];
    for (const name of names) {
      const { ms } = await attempt(name, n);
      if (n >= 0) times[name === "demo" ? "somebody" : "nobody"].push(ms);
    }
  }
  client.close();
  await workerd.stop();
  report(times);
});

async function seedInto(db) {
  await applyMigrations(db);
  await seedDemo(db);
}

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
