// What lists, searches and counts of one tenant's people cost, in a small tenant and in a large one. scripts/bench-management.mjs runs it;
// see README.md.

import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { applyMigrations } from "../../scripts/lib/local-db.mjs";
import { main, say } from "../../scripts/lib/steps.mjs";
import { openClient } from "./client.mjs";
import { quantile } from "./measure.mjs";
import { CLIENT, PASSWORD, fill, person } from "./people.mjs";
import { host, ours, startWorkerd } from "./workerd.mjs";

const SIZES = { small: 1_000, large: Number(process.argv[2] ?? 1_000_000) };
const TIMES = 200;
const TENANT = "tenant-0";

const list = (filter) => `/tenants/${TENANT}/users?filter=${encodeURIComponent(JSON.stringify(filter))}`;

/** What is asked, by a random number below the number of people. */
const QUESTIONS = {
  "list: the first 100": () => list({}),
  "list: 100 by last name": () => list({ order: "lastName" }),
  "list: 100 by address, from the 900th": () => list({ order: "email", skip: 900 }),
  "search: an address": (n) => list({ where: { email: `User-${n}@Example.com` } }),
  "search: names that begin alike": (n) => list({ where: { lastName: { ilike: `last${n % 4001}%` } }, limit: 20 }),
  "search: addresses that begin alike, sorted": (n) => list({ where: { email: { ilike: `user-${n}%` } }, order: "lastName", limit: 20 }),
  "count: all people": () => "/json/reply/AdminQueryUsers?take=1",
  "count: names that begin alike": (n) => `/json/reply/AdminQueryUsers?take=1&query=user-${n}`,
  "count: sign-ins": () => "/login-activity/count",
};

await main(async () => {
  const settings = { JWT_KEYS: freshJwtKeys(), DATA_KEY: freshDataKey() };
  const names = Object.keys(SIZES);
  const workerd = await startWorkerd(names.map((name) => ours(name, name, settings)));
  const client = openClient(workerd.url, 1);
  const headers = {};
  for (const name of names) {
    say(`filling a tenant with ${SIZES[name].toLocaleString("en")} people`);
    const db = workerd.database(name);
    await applyMigrations(db);
    await fill(db, SIZES[name], Date.now(), 1);
    await administer(db);
    headers[name] = { authorization: `Bearer ${await signIn(client, name)}` };
  }
  const measured = await measure(client, headers);
  client.close();
  await workerd.stop();
  report(measured);
});

/** Makes the first person an administrator. */
async function administer(db) {
  await db
    .prepare(
      `insert into user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on)
       select 'administrator', id, 'NotAllowed', 1, 0, 0 from user_tenants where user_id = ?`,
    )
    .bind(person(0).id)
    .run();
}

async function signIn({ send }, name) {
  const body = JSON.stringify({ ...CLIENT, username: person(0).username, password: PASSWORD });
  return JSON.parse((await send({ host: host(name), method: "POST", path: "/auth/login-token", body })).text).accessToken;
}

/** Every question to every tenant in turn, again and again, so that other work of the machine hits all alike. */
async function measure({ send }, headers) {
  const ms = Object.fromEntries(Object.keys(QUESTIONS).map((question) => [question, { small: [], large: [] }]));
  for (let round = 0; round < TIMES; round++)
    for (const [question, path] of Object.entries(QUESTIONS))
      for (const [name, people] of Object.entries(SIZES)) {
        const n = Math.floor(Math.random() * people);
        const request = { host: host(name), path: path(n), headers: headers[name], expect: 200 };
        ms[question][name].push((await send(request)).ms);
      }
  return ms;
}

function report(measured) {
  const [small, large] = Object.values(SIZES).map((people) => people.toLocaleString("en"));
  const figure = (value) => value.toFixed(2).padStart(9);
  console.log(`\nms, one request at a time, ${TIMES} of each kind${" ".repeat(4)}p50 of ${small}   p95   p50 of ${large}   p95   ratio`);
  for (const [question, found] of Object.entries(measured)) {
    const sorted = Object.values(found).map((ms) => ms.toSorted((a, b) => a - b));
    const [[p50, p95], [largeP50, largeP95]] = sorted.map((ms) => [quantile(ms, 0.5), quantile(ms, 0.95)]);
    const figures = [p50, p95, largeP50, largeP95].map(figure).join(" ");
    console.log(`${question.padEnd(46)} ${figures}   ${(largeP50 / p50).toFixed(2)} ×`);
  }
}
