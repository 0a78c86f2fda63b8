// The document's 37 operations and ServiceStack's three, each asked as the document says, in one
// tour. Every answer has the documented status and nothing but the documented properties; and
// after the tour storage and log hold none of its secrets.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, DEMO, DEMO_MOBILE, DEMO_WEB, type Pair } from "../support/api";
import { browser } from "../support/browser";
import { BASIC, useWorker } from "../support/fixtures";
import {
  ALL_SETTINGS,
  APPLE,
  FACEBOOK,
  GOOGLE,
  INSTAGRAM,
  KEYCLOAK_ROW,
  type Person,
  type Row,
  startOutside,
} from "../support/identity_provider";
import { mailbox } from "../support/mailbox";
import { PASSWORD, aUser } from "../support/seed";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The operations of the document. */
const DOCUMENTED: string[] = JSON.parse(read("tests/vectors/arc_operations.json"));

type Type = "string" | "number" | "boolean" | "null" | "object" | "array";

/** Schemas of the document: each property's types. */
const SCHEMAS: Record<string, Record<string, Type[]>> = {
  TokenResponse: { accessToken: ["string"], refreshToken: ["string"], expires: ["number"] },
  CodeResponse: { code: ["string"] },
  // `key` is the original's, and not in its document: the user's id.
  SuccessResponse: { success: ["boolean"], key: ["string"] },
  Otp: { otp: ["string"], username: ["string"] },
  "loopback.Count": { count: ["number"] },
  AuthClient: {
    deleted: ["boolean"],
    deletedOn: ["string", "null"],
    deletedBy: ["string", "null"],
    createdOn: ["string"],
    modifiedOn: ["string"],
    id: ["number"],
    clientId: ["string"],
    clientSecret: ["string"],
    secret: ["string"],
    redirectUrl: ["string", "null"],
    accessTokenExpiration: ["number"],
    refreshTokenExpiration: ["number"],
    authCodeExpiration: ["number"],
  },
};

const CLIENT = {
  clientSecret: "a new client's password",
  secret: "a new client's signing secret",
  accessTokenExpiration: 900,
  refreshTokenExpiration: 86400,
  authCodeExpiration: 180,
};

/** What must not be found in storage or log. */
const secrets = new Set<string>([PASSWORD, DEMO.password, ADMIN.password, DEMO_WEB.client_secret, CLIENT.clientSecret, CLIENT.secret]);

const outside = await startOutside();
const { worker, our } = useWorker({
  outside: outside.handle,
  settings: {
    ...ALL_SETTINGS,
    PASSWORD_HASH: undefined, // what a deployment gets that sets nothing
    DEV_MAILBOX: "on",
    OTP_CLIENT_IDS: "demo-web",
    SERVICESTACK_CLIENT_ID: "demo-web",
    SIGN_UP_TENANT: demoSettings.SIGN_UP_TENANT,
    SIGN_UP_ROLE: demoSettings.SIGN_UP_ROLE,
    SIGN_UP_CLIENT_IDS: demoSettings.SIGN_UP_CLIENT_IDS,
  },
});

const person = () => aUser(worker, { email: `${randomUUID()}@example.com` });
const emailOf = (id: string) => worker.db.prepare("select email from users where id = ?").bind(id).first<string>("email");

async function session(credentials: object = {}): Promise<Pair> {
  return remember(await our.signIn(credentials));
}

function remember(pair: Pair): Pair {
  secrets.add(pair.accessToken);
  secrets.add(pair.refreshToken);
  return pair;
}

async function code(credentials: object = {}): Promise<string> {
  const { code } = (await our.login(credentials)).body;
  secrets.add(code);
  return code;
}

/** A link's token, out of the mail that brought it. */
async function mailed(email: string): Promise<string> {
  const { token } = await mailbox(worker).wait(email);
  secrets.add(token!);
  return token!;
}

async function resetToken() {
  const user = await person();
  expect((await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username })).status).toBe(204);
  return mailed((await emailOf(user.id))!);
}

async function invitation() {
  const email = `${randomUUID()}@example.com`;
  expect((await our.post("/auth/sign-up/create-token", { email })).status).toBe(204);
  return { email, token: await mailed(email) };
}

/** A user with an identity at a provider. */
async function member(row: Row): Promise<Person> {
  const user = await person();
  const sub = randomUUID();
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 1)")
    .bind(row.name, row.identityIssuer, sub, user.id)
    .run();
  return { sub, given_name: "Ann", family_name: "Lee" };
}

/** A start as the document's samples send it: JSON text under the form's content type. */
const start = (row: Row) =>
  our.send("POST", row.start, { body: JSON.stringify(DEMO_WEB), headers: { "content-type": "application/x-www-form-urlencoded" } });

/** A return for a client that has no redirect URL, as the document's 200 needs. */
async function back(row: Row): Promise<Answer> {
  await worker.db.prepare("update auth_clients set redirect_url = null where client_id = 'demo-web'").run();
  const answer = await browser(worker).dance(outside, row, await member(row));
  await worker.db.prepare("update auth_clients set redirect_url = 'http://localhost:5173/callback' where client_id = 'demo-web'").run();
  remember(answer.body);
  return answer;
}

/** Apple's return by GET, which Apple itself never makes. */
async function appleByGet(): Promise<Answer> {
  const app = browser(worker);
  const fields = await app.begin(outside, APPLE, await member(APPLE));
  return app.go("GET", `${APPLE.back}?${new URLSearchParams(fields)}`);
}

const admin = async () => our.bearer((await session(ADMIN)).accessToken);

async function newClient() {
  const headers = await admin();
  const { body } = await our.post("/auth-clients", { ...CLIENT, clientId: randomUUID() }, headers);
  return { path: `/auth-clients/${body.id}`, headers };
}

const otp = () => {
  const value = String(100000000 + Math.floor(Math.random() * 899999999));
  secrets.add(value);
  return value;
};

async function ownOtp() {
  const { username } = await person();
  await our.post("/otp-caches", { otp: otp(), username }, BASIC);
  return `/otp-caches/${username}`;
}

/** The document says 200, and its text that the browser is sent on. */
const SENT_ON = { status: 302 };

/** Every operation: how it is asked, and what the document says of its answer. */
const OPERATIONS: Record<string, { ask: () => Promise<Answer>; status?: number; schema?: string; without?: string[] }> = {
  "GET /auth/apple-oauth-redirect": { ask: appleByGet, ...SENT_ON },
  "POST /auth/oauth-apple": { ask: () => start(APPLE), ...SENT_ON },
  "PATCH /auth/change-password": {
    ask: async () => {
      const { username } = await person();
      const pair = await session({ username, password: PASSWORD });
      return our.changePassword(pair.accessToken, {
        refreshToken: pair.refreshToken,
        username,
        password: "a new password of theirs",
        oldPassword: PASSWORD,
      });
    },
  },
  "POST /auth/login": { ask: () => our.login(), schema: "CodeResponse" },
  "POST /auth/login-token": { ask: () => our.loginToken(), schema: "TokenResponse" },
  "GET /auth/me": { ask: async () => our.me((await session()).accessToken) },
  "POST /auth/token": { ask: async () => our.token(await code()), schema: "TokenResponse" },
  "POST /auth/token-refresh": { ask: async () => our.refresh(await session()), schema: "TokenResponse" },
  "POST /auth/facebook": { ask: () => start(FACEBOOK), ...SENT_ON },
  "GET /auth/facebook-auth-redirect": { ask: () => back(FACEBOOK), schema: "TokenResponse" },
  "POST /auth/forget-password": {
    ask: async () => our.post("/auth/forget-password", { ...DEMO_WEB, username: (await person()).username }),
    status: 204,
  },
  "PATCH /auth/reset-password": {
    ask: async () =>
      our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token: await resetToken(), password: "a new password of theirs" } }),
    status: 204,
  },
  "GET /auth/verify-reset-password-link": {
    ask: async () => our.send("GET", `/auth/verify-reset-password-link?token=${await resetToken()}`),
  },
  "POST /auth/google": { ask: () => start(GOOGLE), ...SENT_ON },
  "GET /auth/google": { ask: () => our.send("GET", `/auth/google?${new URLSearchParams(DEMO_WEB)}`), ...SENT_ON },
  "GET /auth/google-auth-redirect": { ask: () => back(GOOGLE), schema: "TokenResponse" },
  "POST /auth/instagram": { ask: () => start(INSTAGRAM), ...SENT_ON },
  "GET /auth/instagram-auth-redirect": { ask: () => back(INSTAGRAM), schema: "TokenResponse" },
  "POST /auth/keycloak": { ask: () => start(KEYCLOAK_ROW), ...SENT_ON },
  "GET /auth/keycloak": { ask: () => our.send("GET", `/auth/keycloak?${new URLSearchParams(DEMO_WEB)}`), ...SENT_ON },
  "GET /auth/keycloak-auth-redirect": { ask: () => back(KEYCLOAK_ROW), schema: "TokenResponse" },
  "POST /auth/sign-up/create-token": {
    ask: () => our.post("/auth/sign-up/create-token", { email: `${randomUUID()}@example.com`, data: { firstName: "Ann" } }),
    status: 204,
  },
  "POST /auth/sign-up/create-user": {
    ask: async () => {
      const { email, token } = await invitation();
      return our.post("/auth/sign-up/create-user", { email, password: "a new password of theirs" }, our.bearer(token));
    },
  },
  "GET /auth/sign-up/verify-token": {
    ask: async () => our.send("GET", "/auth/sign-up/verify-token", { headers: our.bearer((await invitation()).token) }),
  },
  "GET /auth-clients/count": {
    ask: async () => our.send("GET", "/auth-clients/count", { headers: await admin() }),
    schema: "loopback.Count",
  },
  "PUT /auth-clients/{id}": {
    ask: async () => {
      const { path, headers } = await newClient();
      return our.send("PUT", path, { body: { ...CLIENT, clientId: randomUUID() }, headers });
    },
    status: 204,
  },
  "PATCH /auth-clients/{id}": {
    ask: async () => {
      const { path, headers } = await newClient();
      return our.send("PATCH", path, { body: { accessTokenExpiration: 60 }, headers });
    },
    status: 204,
  },
  "GET /auth-clients/{id}": {
    ask: async () => {
      const { path, headers } = await newClient();
      return our.send("GET", path, { headers });
    },
    schema: "AuthClient",
  },
  "DELETE /auth-clients/{id}": {
    ask: async () => {
      const { path, headers } = await newClient();
      return our.send("DELETE", path, { headers });
    },
    status: 204,
  },
  "POST /auth-clients": {
    ask: async () =>
      our.post("/auth-clients", { ...CLIENT, clientId: randomUUID(), redirectUrl: "https://app.example/callback" }, await admin()),
    schema: "AuthClient",
    without: ["deletedOn", "deletedBy"],
  },
  "PATCH /auth-clients": {
    ask: async () =>
      our.send("PATCH", '/auth-clients?where={"clientId":"demo-mobile"}', { body: { authCodeExpiration: 120 }, headers: await admin() }),
    schema: "loopback.Count",
  },
  "GET /auth-clients": { ask: async () => our.send("GET", "/auth-clients", { headers: await admin() }), schema: "[AuthClient]" },
  "POST /keycloak/logout": {
    ask: async () => {
      const pair: Pair = (await back(KEYCLOAK_ROW)).body;
      return our.post("/keycloak/logout", { refreshToken: pair.refreshToken }, our.bearer(pair.accessToken));
    },
    schema: "SuccessResponse",
  },
  "POST /logout": { ask: async () => our.logout(await session()), schema: "SuccessResponse" },
  "GET /otp-caches/{id}": { ask: async () => our.send("GET", await ownOtp(), { headers: BASIC }), schema: "Otp" },
  "DELETE /otp-caches/{id}": { ask: async () => our.send("DELETE", await ownOtp(), { headers: BASIC }), status: 204 },
  "POST /otp-caches": { ask: async () => our.post("/otp-caches", { otp: otp(), username: "demo" }, BASIC), schema: "Otp" },
};

/** ServiceStack's page. */
const SERVICESTACK: Record<string, () => Promise<Answer>> = {
  "POST /auth/{provider}": () =>
    our.post("/auth/credentials", { userName: "demo", password: DEMO.password }, { accept: "application/json" }),
  "POST /auth": () =>
    our.post("/auth", { provider: "credentials", userName: "demo", password: DEMO.password }, { accept: "application/json" }),
  "GET /auth": async () =>
    our.send("GET", "/auth", { headers: { accept: "application/json", ...our.bearer((await session()).accessToken) } }),
};

const typeOf = (value: unknown): Type => (value === null ? "null" : Array.isArray(value) ? "array" : (typeof value as Type));

function expectSchema(value: Record<string, unknown>, name: string, without: string[] = []) {
  const properties = Object.entries(SCHEMAS[name]!).filter(([property]) => !without.includes(property));
  expect(Object.keys(value).sort()).toEqual(properties.map(([property]) => property).sort());
  for (const [property, types] of properties) expect(types, property).toContain(typeOf(value[property]));
}

test("every operation of the document, 37 in all, has a row in the contract, and no other has", () => {
  expect(DOCUMENTED).toHaveLength(37);
  expect(Object.keys(OPERATIONS).sort()).toEqual(DOCUMENTED.toSorted());
});

/** What is served beside the worker. */
const ASSETS = ["GET /openapi.json"];

test("every route is an operation of the document or documented as an addition, and each of these has a route", () => {
  const table = read("src/edge/routes.rs").matchAll(/^ {4}Arc +([A-Z][a-z]+) +"(\/[^"]*)" .*=>/gm);
  const routes = [...table].map(([, method, path]) => `${method!.toUpperCase()} ${path}`).concat(ASSETS);
  const documents = read("docs/differences.md") + read("docs/management.md");
  const additions = [...documents.matchAll(/^\| `([A-Z]+ \/\S*)` \|/gm)].map(([, operation]) => operation!);
  expect(additions.length).toBeGreaterThan(0);
  expect(routes.sort()).toEqual([...DOCUMENTED, ...additions].sort());
});

test("every page is in docs/pages.md", () => {
  const pages = [...read("src/edge/page_routes.rs").matchAll(/^ {4}Page +[A-Z][a-z]+ +"(\/[^"]*)" .*=>/gm)].map(([, path]) => path!);
  const documented = [...read("docs/pages.md").matchAll(/`(\/[^`?]*)`/g)].map(([, path]) => path!);
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((path) => !documented.includes(path))).toEqual([]);
});

test.each(Object.entries(OPERATIONS))("%s answers as documented", async (_, { ask, status = 200, schema, without }) => {
  const answer = await ask();
  expect(answer.status, answer.text).toBe(status);
  if (status === 204) expect(answer.text).toBe("");
  if (status === 200) expect(answer.headers.get("content-type")).toBe("application/json");
  if (schema === "[AuthClient]") for (const client of answer.body) expectSchema(client, "AuthClient");
  else if (schema) expectSchema(answer.body, schema, without);
});

test.each(Object.entries(SERVICESTACK))("%s answers as ServiceStack does", async (_, ask) => {
  const answer = await ask();
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body).toMatchObject({ userName: "demo", sessionId: expect.any(String) });
  for (const name of ["bearerToken", "refreshToken"]) if (answer.body[name]) secrets.add(answer.body[name]);
});

test("asked the same with another method, no path falls through", async () => {
  const paths = [...new Set(Object.keys(OPERATIONS).map((it) => it.split(" ")[1]!))];
  for (const path of paths) {
    const methods = Object.keys(OPERATIONS)
      .filter((it) => it.endsWith(` ${path}`))
      .map((it) => it.split(" ")[0]!);
    const answer = await our.send("PROPFIND", path.replace("{id}", "1"));
    expect(answer.status, path).toBe(405);
    expect(answer.headers.get("allow")!.split(", "), path).toEqual(expect.arrayContaining(methods));
  }
});

test("a mobile client goes the same ways", async () => {
  const pair = await session(DEMO_MOBILE);
  expect((await our.refresh(pair)).status).toBe(200);
  expect((await our.logout(pair)).status).toBe(200);
});

test("after the tour neither D1, nor KV, nor the log holds a secret of it", async () => {
  const printed = await worker.printed();
  const { keys } = await worker.kv.list();
  const records = await Promise.all(
    keys.filter(({ name }) => !name.startsWith("dev-mail:")).map(async ({ name }) => name + (await worker.kv.get(name))),
  );
  expect(new Set(keys.map(({ name }) => name.split(":")[0]))).toContain("code");
  const stored = JSON.stringify(await worker.rows()) + records.join("");
  for (const secret of secrets) {
    expect(stored.includes(secret), secret).toBe(false);
    expect(printed.includes(secret), secret).toBe(false);
  }
  expect(secrets.size).toBeGreaterThan(50);
});
