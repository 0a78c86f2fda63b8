// What do strangers leave in D1? As many refused requests of each kind as asked for, and the rows and bytes after them.
// scripts/bench-strangers.mjs runs it; see README.md.

import { setTimeout } from "node:timers/promises";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { applyMigrations, seedDemo } from "../../scripts/lib/local-db.mjs";
import { main } from "../../scripts/lib/steps.mjs";
import { openClient } from "./client.mjs";
import { host, ours, startWorkerd } from "./workerd.mjs";

const COUNT = Number(process.argv[2] ?? 10_000);
const AT_ONCE = 8;

const web = { client_id: "demo-web", client_secret: "demo-web-secret" };
const post = (path, body, expect = 401, headers = {}) => ({ method: "POST", path, expect, headers, body: JSON.stringify(body) });
const get = (path, headers = {}) => ({ path, expect: 401, headers });
const bearer = (n) => ({ authorization: `Bearer made-up-${n}` });

/** A request of each kind, by its number. Those that ask for a message all have one answer. */
const KINDS = {
  "unknown client": (n) => post("/auth/login", { client_id: `nobody-${n}`, client_secret: "x", username: "demo", password: "x" }),
  "wrong client secret": (n) => post("/auth/login", { ...web, client_secret: `x${n}`, username: "demo", password: "x" }),
  "unknown code": (n) => post("/auth/token", { code: `made-up-${n}`, clientId: "demo-web" }),
  "unknown state": (n) => get(`/auth/google-auth-redirect?state=made-up-${n}&code=x`),
  "unknown ticket": (n) => get(`/auth/sign-in/continue?ticket=made-up-${n}`),
  "unknown invitation, looked at": (n) => get("/auth/sign-up/verify-token", bearer(n)),
  "unknown invitation, taken up": (n) =>
    post("/auth/sign-up/create-user", { email: "a@example.com", password: "a made-up password" }, 401, bearer(n)),
  "unknown reset link, looked at": (n) => get(`/auth/verify-reset-password-link?token=made-up-${n}`),
  "unknown reset link, used": (n) => ({
    ...post("/auth/reset-password", { ...web, token: `made-up-${n}`, password: "a made-up password" }),
    method: "PATCH",
  }),
  "unknown access token": (n) => get("/auth/me", bearer(n)),
  "link for an unknown name": (n) => post("/auth/forget-password", { ...web, username: `nobody-${n}` }, 204),
  "link for an account": () => post("/auth/forget-password", { ...web, username: "demo" }, 204),
  "invitations to one domain": (n) => post("/auth/sign-up/create-token", { email: `made-up-${n}@example.org` }, 204),
  "invitations to as many domains": (n) => post("/auth/sign-up/create-token", { email: `made-up@d${n}.example` }, 204),
  "provider starts, with an app's secret": (n) => ({
    method: "POST",
    path: "/auth/google",
    expect: 302,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ...web, state: `${n}`.padEnd(512, "x") }).toString(),
  }),
  "wrong password for an account": (n) => post("/auth/login", { ...web, username: "demo", password: `wrong ${n}` }, [401, 429]),
  "unknown name": (n) => post("/auth/login", { ...web, username: `nobody-${n}`, password: "x" }),
  "unknown name of 4,050 letters": (n) =>
    post("/api/Authenticate", { provider: "credentials", userName: `${n}`.padStart(4050, "n"), password: "x" }),
};

await main(async () => {
  const workerd = await startWorkerd([ours("ours", "strangers", settings())]);
  const db = workerd.database("strangers");
  await applyMigrations(db);
  await seedDemo(db);
  const client = openClient(workerd.url, AT_ONCE);
  console.log(`after ${COUNT} requests${" ".repeat(22)}KiB  new rows`);
  for (const [kind, request] of Object.entries(KINDS)) {
    const before = await state(db);
    await send(client, request);
    report(kind, difference(before, await settled(db)));
  }
  client.close();
  await workerd.stop();
});

/** As shipped, but for the counters of networks: one machine plays all strangers. */
function settings() {
  return {
    ...demoSettings,
    JWT_KEYS: freshJwtKeys(),
    DATA_KEY: freshDataKey(),
    PASSWORD_HASH: "argon2id",
    RATE_LIMITS: "off",
    DEV_MAILBOX: "on",
    SIGN_IN_ATTEMPTS: "10",
    ACCOUNT_ATTEMPTS: "100",
    GOOGLE_AUTH_CLIENT_ID: "bench",
    GOOGLE_AUTH_CLIENT_SECRET: "bench",
  };
}

async function send(client, request) {
  let sent = 0;
  const sendOn = async () => {
    while (sent < COUNT) await answered(client, { host: host("ours"), ...request(sent++) });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn));
}

/** Sends a request again on which workerd, busy with hashing for five seconds, has hung up. */
async function answered(client, wanted) {
  for (;;) {
    try {
      return await client.send(wanted);
    } catch (error) {
      if (error.code !== "ECONNRESET") throw error;
    }
  }
}

/** The rows of each table, and the bytes of the database, which never shrinks. */
async function state(db) {
  const tables = (
    await db
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\' and name not like 'sqlite%' and name not like 'd1%'",
      )
      .all()
  ).results;
  const counts = await db.batch(tables.map(({ name }) => db.prepare(`select count(*) as n from ${name}`)));
  const rows = Object.fromEntries(tables.map(({ name }, i) => [name, counts[i].results[0].n]));
  return { rows, bytes: counts.at(-1).meta.size_after };
}

/** The state once what goes on after the answers has come to its end. */
async function settled(db) {
  for (let last; ; ) {
    const now = await state(db);
    const counted = await db.prepare("select sum(count) as n from hourly_counts").first("n");
    const text = JSON.stringify([now, counted]);
    if (text === last) return now;
    last = text;
    await setTimeout(500);
  }
}

function difference(before, after) {
  const rows = Object.keys(after.rows).map((name) => [name, after.rows[name] - before.rows[name]]);
  return { rows: Object.fromEntries(rows.filter(([, n]) => n !== 0)), bytes: after.bytes - before.bytes };
}

function report(kind, { rows, bytes }) {
  const added = Object.entries(rows).map(([name, n]) => `${name} ${n}`);
  console.log(`${kind.padEnd(38)}${(bytes / 1024).toFixed(0).padStart(6)}  ${added.join(", ") || "none"}`);
}
