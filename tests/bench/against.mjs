// Others on the same runtime: better-auth on D1 and OpenAuth on KV, from npm, beside our worker in one workerd, asked in turn by
// the same client. scripts/bench.mjs runs it; README.md says what is compared and what is not.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { freshDataKey, freshJwtKeys } from "../../scripts/lib/keys.mjs";
import { applyMigrations } from "../../scripts/lib/local-db.mjs";
import { main, root, say } from "../../scripts/lib/steps.mjs";
import { openClient } from "./client.mjs";
import { openWorld } from "./endpoints.mjs";
import { median, quantile } from "./measure.mjs";
import { PASSWORD, fill, person } from "./people.mjs";
import { host, ours, startWorkerd } from "./workerd.mjs";

/** What is compared, in these versions. */
const PACKAGES = { "better-auth": "1.7.25", "@openauthjs/openauth": "0.4.3" };
const FOLDER = join(root, ".tools/against");
const PEOPLE = 20;
const ROUNDS = 5;

const BETTER_AUTH = `
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
let auth;
export default {
  async fetch(request, env) {
    const options = { baseURL: "http://better-auth.bench", secret: "0123456789abcdef0123456789abcdef", database: env.DB, trustedOrigins: ["*"],
      emailAndPassword: { enabled: true }, rateLimit: { enabled: false }, telemetry: { enabled: false } };
    auth ??= betterAuth(options);
    if (new URL(request.url).pathname === "/migrate") {
      await (await getMigrations(options)).runMigrations();
      return new Response("ok");
    }
    return auth.handler(request);
  },
};`;

const OPENAUTH = `
import { issuer } from "@openauthjs/openauth";
import { PasswordProvider, ScryptHasher } from "@openauthjs/openauth/provider/password";
import { CloudflareStorage } from "@openauthjs/openauth/storage/cloudflare";
import { createSubjects } from "@openauthjs/openauth/subject";
const schema = { "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) } };
const page = async () => new Response("page");
let app;
export default {
  async fetch(request, env, context) {
    const kv = CloudflareStorage({ namespace: env.KV });
    // A code of sixty seconds has fewer left when it is stored, which KV refuses.
    const atLeast = (expiry) => expiry && new Date(Math.max(expiry.getTime(), Date.now() + 62_000));
    const storage = { ...kv, set: (key, value, expiry) => kv.set(key, value, atLeast(expiry)) };
    const url = new URL(request.url);
    if (url.pathname === "/seed") {
      const stored = await ScryptHasher().hash(url.searchParams.get("password"));
      for (let n = 0; n < ${PEOPLE}; n++) await storage.set(["email", \`person\${n}@example.com\`, "password"], stored);
      return new Response("ok");
    }
    app ??= issuer({
      storage, subjects: createSubjects({ user: schema }), allow: async () => true,
      providers: { password: PasswordProvider({ login: page, register: page, change: page, sendCode: async () => {} }) },
      success: async (context, { email }) => context.subject("user", { id: email }),
    });
    return app.fetch(request, env, context);
  },
};`;

await main(async () => {
  say(`load before it: ${loadavg()[0].toFixed(2)}`);
  install();
  const keys = { jwtKeys: freshJwtKeys(), dataKey: freshDataKey() };
  const compat = { compatibilityFlags: ["nodejs_compat"] };
  const workerd = await startWorkerd([
    ours("ours", "ours", { JWT_KEYS: keys.jwtKeys, DATA_KEY: keys.dataKey }),
    ours("argon2id", "argon2id", { JWT_KEYS: keys.jwtKeys, DATA_KEY: keys.dataKey, PASSWORD_HASH: "argon2id" }),
    { ...(await other("better-auth", BETTER_AUTH)), ...compat },
    { ...(await other("openauth", OPENAUTH)), ...compat },
  ]);
  const client = openClient(workerd.url, 4);
  const subjects = [
    ...(await ourSubjects("ours", "Edgelatch, PBKDF2-SHA512", workerd, client, keys)),
    ...(await ourSubjects("argon2id", "Edgelatch, argon2id", workerd, client, keys)),
    ...(await betterAuth(client)),
    ...(await openAuth(client)),
  ];
  for (const subject of subjects) await subject.run(0); // the first is slower everywhere
  const found = subjects.map(() => ({ ms: [], cpu: [] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [s, subject] of subjects.entries()) {
      const cpu = workerd.cpuMs();
      for (let n = 0; n < 4; n++) found[s].ms.push(await subject.run(1 + round * 4 + n));
      found[s].cpu.push((workerd.cpuMs() - cpu) / 4);
    }
  }
  client.close();
  await workerd.stop();
  console.log(`\n${"".padEnd(64)}p50 ms      p95 ms  cpu ms, about`);
  for (const [s, { name }] of subjects.entries()) {
    const ms = found[s].ms.sort((one, other) => one - other);
    const figures = [quantile(ms, 0.5), quantile(ms, 0.95), median(found[s].cpu)];
    console.log(`  ${name.padEnd(56)}${figures.map((figure) => figure.toFixed(1).padStart(12)).join("")}`);
  }
  console.log(
    `\n${Object.entries(PACKAGES)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
  );
});

/** Installs the others where the project's tools are, once. */
function install() {
  if (Object.entries(PACKAGES).every(([name, version]) => installed(name) === version)) return;
  say("installing the others from npm");
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ private: true, dependencies: PACKAGES }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: FOLDER, stdio: "inherit" });
}

function installed(name) {
  const file = join(FOLDER, "node_modules", name, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

async function other(name, source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: FOLDER },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser", "import"],
    external: ["node:*"],
    logLevel: "error",
  });
  return { ...ours(name, name, {}), bindings: {}, modules: [{ type: "ESModule", path: `${name}.js`, contents: outputFiles[0].text }] };
}

async function timed(...requests) {
  let ms = 0;
  for (const request of requests) ms += (await request()).ms;
  return ms;
}

async function ourSubjects(name, label, workerd, client, keys) {
  const db = workerd.database(name);
  await applyMigrations(db);
  await fill(db, PEOPLE, Date.now());
  const { endpoints, signIn } = await openWorld({ name, users: PEOPLE, db, kv: workerd.kv, send: client.send, keys });
  // The first sign-in stores the password under the deployment's own hash.
  for (let n = 0; n < PEOPLE; n++) await client.send(signIn("/auth/login-token", person(n)));
  const one = async (endpoint) => (await endpoints[endpoint](1)).requests[0];
  const subject = (what, endpoint) => ({
    name: `${label}: ${what}`,
    run: async () => {
      const request = await one(endpoint);
      return (await client.send(request)).ms;
    },
  });
  return [subject("sign-in with a password", "login-token"), subject("check of a session", "me"), subject("refresh", "token-refresh")];
}

function json(at, path, body, headers) {
  return { host: host(at), method: "POST", path, headers, body: JSON.stringify(body) };
}

async function betterAuth(client) {
  const at = "better-auth";
  await client.send({ host: host(at), path: "/migrate" });
  const cookies = [];
  const origin = { origin: `http://${host(at)}` };
  for (let n = 0; n < PEOPLE; n++) {
    await client.send(json(at, "/api/auth/sign-up/email", { name: "Ann", email: `person${n}@example.com`, password: PASSWORD }, origin));
    const { headers } = await client.send(
      json(at, "/api/auth/sign-in/email", { email: `person${n}@example.com`, password: PASSWORD }, origin),
    );
    cookies.push(headers["set-cookie"].map((cookie) => cookie.split(";")[0]).join("; "));
  }
  return [
    {
      name: "better-auth: sign-in with a password",
      run: (n) =>
        timed(() =>
          client.send(json(at, "/api/auth/sign-in/email", { email: `person${n % PEOPLE}@example.com`, password: PASSWORD }, origin)),
        ),
    },
    {
      name: "better-auth: check of a session",
      run: (n) =>
        timed(() => client.send({ host: host(at), path: "/api/auth/get-session", headers: { cookie: cookies[n % PEOPLE], ...origin } })),
    },
  ];
}

async function openAuth(client) {
  const at = "openauth";
  await client.send({ host: host(at), path: `/seed?password=${encodeURIComponent(PASSWORD)}` });
  const back = encodeURIComponent("https://app.example.com/back");
  const form = (path, fields, headers) => ({
    host: host(at),
    method: "POST",
    path,
    expect: [200, 302],
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  const signIn = async (n) => {
    const begun = await client.send({
      host: host(at),
      path: `/authorize?client_id=bench&redirect_uri=${back}&response_type=code&provider=password`,
      expect: 302,
    });
    const cookie = begun.headers["set-cookie"].map((it) => it.split(";")[0]).join("; ");
    const proven = await client.send(
      form("/password/authorize", { email: `person${n % PEOPLE}@example.com`, password: PASSWORD }, { cookie }),
    );
    const code = new URL(proven.headers.location).searchParams.get("code");
    const got = await client.send(
      form("/token", { grant_type: "authorization_code", code, client_id: "bench", redirect_uri: decodeURIComponent(back) }),
    );
    return { ms: begun.ms + proven.ms + got.ms, ...JSON.parse(got.text) };
  };
  const tokens = [];
  for (let n = 0; n < PEOPLE; n++) tokens.push((await signIn(n)).refresh_token);
  return [
    { name: "OpenAuth: sign-in with a password (start, form, token)", run: async (n) => (await signIn(n)).ms },
    {
      name: "OpenAuth: refresh",
      run: async (n) => {
        const { ms, text } = await client.send(
          form("/token", { grant_type: "refresh_token", refresh_token: tokens[n % PEOPLE], client_id: "bench" }),
        );
        tokens[n % PEOPLE] = JSON.parse(text).refresh_token;
        return ms;
      },
    },
  ];
}
