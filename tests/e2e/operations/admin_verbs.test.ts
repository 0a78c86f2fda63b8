// The verbs of npm run admin: their statements on the real schema, and how they are printed.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERBS, planOf, table, verbOf } from "../../../scripts/lib/admin/verbs.mjs";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { withLocalDb } from "../../../scripts/lib/local-db.mjs";
import { root } from "../../../scripts/lib/steps.mjs";
import { DEMO_WEB } from "../../support/api";
import { seed } from "../../support/demo_db";
import { REVOKED, useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";
import { visitor } from "../../support/visitor";

const { worker, our } = useWorker({ settings: { DEV_MAILBOX: "on" } });

type Row = Record<string, unknown>;

/** Runs statements in one transaction, and gives the rows of all. */
async function rowsOf(statements: string[]): Promise<Row[]> {
  const answers = await worker.db.batch<Row>(statements.map((sql) => worker.db.prepare(sql)));
  return answers.flatMap(({ results }) => results);
}

/** Runs a verb as the command does. */
const run = (...words: string[]) => rowsOf(planOf(verbOf(words)!, Date.now()).statements);

/** The same for a verb that makes secrets: what it shows of them. */
async function make(...words: string[]) {
  const plan = planOf(verbOf(words)!, Date.now());
  const rows = await rowsOf(plan.statements);
  return { rows, shown: plan.shown!((token: string) => token) as Record<string, string> };
}

/** A word of the right form that names nothing. */
const WORDS: Record<string, string> = {
  PROPERTY: "phone",
  JSON: "{}",
  FROM: "2026-01-01",
  UNTIL: "2026-01-31",
  "[ADDRESS]": "n@example.com",
  "[REDIRECT-URL]": "https://n.example",
};

test("every verb runs on the schema, and one that names nothing changes nothing, nor says that it did", async () => {
  const logged = () => rowsOf(["select count(*) as n from login_activity where detail like '%operator%'"]);
  for (const [name, verb] of Object.entries(VERBS as Record<string, { words: string[]; query?: unknown }>)) {
    const needsNothing = ["tenant create", "role create", "client create"].includes(name);
    for (const words of [verb.words, verb.words.filter((word) => !word.startsWith("["))]) {
      const before = await logged();
      const rows = await run(...name.split(" "), ...words.map((word) => WORDS[word] ?? (needsNothing ? "something" : "nothing")));
      if (!verb.query && !needsNothing) expect([name, rows, await logged()]).toEqual([name, [], before]);
    }
  }
});

/** What verbs that act are tried on: of everything one. */
async function oneOfEverything() {
  const tag = randomUUID();
  const user = await aUser(worker, { email: `${tag}@example.com` });
  await our.signIn({ username: user.username, password: PASSWORD });
  await visitor(worker).signIn(user.username, PASSWORD);
  const { tenantId } = (await worker.db
    .prepare("select default_tenant_id as tenantId from users where id = ?")
    .bind(user.id)
    .first<Row>())!;
  const [tenant, role, group, client] = [`tenant ${tag}`, `role ${tag}`, `group ${tag}`, `client ${tag}`];
  for (const [sql, ...values] of [
    ["insert into tenants (id, name, status, created_on, modified_on) values (?1, ?1, 1, 0, 0)", tenant],
    ["insert into roles (id, name, permissions, role_type, created_on, modified_on) values (?1, ?1, '[\"Held\"]', 1, 0, 0)", role],
    ["insert into groups (id, name, tenant_id, created_on, modified_on) values (?1, ?1, ?2, 0, 0)", group, tenantId],
    [
      "insert into auth_clients (client_id, client_secret_digest, secret_digest, created_on, modified_on) values (?1, ?1, ?1, 0, 0)",
      client,
    ],
    [
      "insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'i', ?1, ?2, 1), ('apple', 'i', ?1, ?2, 1)",
      tag,
      user.id,
    ],
    [
      "insert into outbox (id, kind, subject, data, created_on, next_on, failed_on) values (?1, 'user.created', 's', '{}', 1, 1, 2)",
      `event ${tag}`,
    ],
  ] as [string, ...string[]][])
    await worker.db
      .prepare(sql)
      .bind(...values)
      .run();
  return { tag, user, tenant, role, group, client };
}

/** Two factors, of which the sessions from before know nothing, so that they end. */
async function twoFactors({ tag, user }: { tag: string; user: { id: string } }) {
  for (const id of ["one", "two"])
    await worker.db
      .prepare(
        `insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)
           values (?1, ?2, 'totp', 'Phone', '', 'SHA1', 6, 30, 0, 0)`,
      )
      .bind(`${id} ${tag}`, user.id)
      .run();
}

/** Every verb that acts, with words that it can act on, in an order in which each can; and whom the log names, by a column. */
function acting({ tag, user, tenant, role, group, client }: Awaited<ReturnType<typeof oneOfEverything>>, sessions: string[]) {
  const { username: name } = user;
  const [made, address] = [`made-${tag}`, `new-${tag}@example.com`];
  const [ofUser, ofTenant, ofRole, ofGroup] = [user.id, tenant, role, group];
  return [
    [["user", "end-session", name, sessions[0]!], ofUser],
    [["user", "sign-out", name], ofUser],
    [["user", "set", name, "phone", "12"], ofUser],
    [["user", "disable", name], ofUser],
    [["user", "enable", name], ofUser],
    [["user", "role", name, role], ofUser],
    [["user", "role", name, "Member"], ofUser],
    [["user", "invite", name], ofUser],
    [["user", "remove-factor", name, `one ${tag}`], ofUser],
    [["user", "reset-factors", name], ofUser],
    [["user", "unlink", name, "google"], ofUser],
    [["user", "allow", name, client], ofUser],
    [["user", "disallow", name, client], ofUser],
    [["user", "grant", name, "Own"], ofUser],
    [["user", "deny", name, "Own"], ofUser],
    [["user", "revoke", name, "Own"], ofUser],
    [["group", "add", group, name], ofGroup],
    [["group", "remove", group, name], ofGroup],
    [["group", "delete", group], ofGroup],
    [["group", "create", tenant, made], "select id from groups where name = ?"],
    [["role", "grant", role, "More"], ofRole],
    [["role", "revoke", role, "More"], ofRole],
    [["role", "demand", role], ofRole],
    [["role", "waive", role], ofRole],
    [["role", "delete", role], ofRole],
    [["role", "create", made, "A,B", tenant], "select id from roles where name = ?"],
    [["tenant", "set", tenant, "key", "{}"], ofTenant],
    [["tenant", "unset", tenant, "key"], ofTenant],
    [["tenant", "disable", tenant], ofTenant],
    [["tenant", "enable", tenant], ofTenant],
    [["tenant", "rename", tenant, `${tenant} 2`], ofTenant],
    [["tenant", "delete", tenant], ofTenant],
    [["tenant", "create", made], "select id from tenants where name = ?"],
    [["client", "create", made], "select id from auth_clients where client_id = ?"],
    [["client", "rotate", made], "select id from auth_clients where client_id = ?"],
    [["client", "demand", made], "select id from auth_clients where client_id = ?"],
    [["client", "waive", made], "select id from auth_clients where client_id = ?"],
    [["client", "delete", made], "select id from auth_clients where client_id = ?"],
    [["user", "create", made, made, "Member", "demo-web"], "select id from users where username = ?"],
    [["user", "erase", name], ofUser],
    [["user", "set", name, "email", address], ofUser],
    [["user", "delete", name], ofUser],
    [["outbox", "resend", `event ${tag}`], `event ${tag}`],
  ] as [string[], string][];
}

/** The tables that verbs write, as they stand. */
async function everything() {
  const { results } = await worker.db.prepare("select name from sqlite_master where type = 'table' order by 1").all<{ name: string }>();
  const tables = results.map(({ name }) => name).filter((name) => !/^(sqlite_|_cf_|d1_)/.test(name));
  const answers = await worker.db.batch<Row>(tables.map((name) => worker.db.prepare(`select * from ${name}`)));
  return Object.fromEntries(tables.map((name, at) => [name, answers[at]!.results]));
}

test("every verb acts together with its one row in the audit log, which names what it was done to: without the row, nothing is done", async () => {
  const made = await oneOfEverything();
  const sessions = (await run("user", "sessions", made.user.username)).map(({ id }) => String(id));
  const tried = new Set<string>();
  for (const [words, target] of acting(made, sessions)) {
    const found = verbOf(words)!;
    tried.add(found.name);
    if (found.name === "user remove-factor") await twoFactors(made);
    await worker.settled();
    const before = await everything();
    // The log takes nothing: as a full disk, or a death before the end.
    await worker.db.prepare("create trigger no_log before insert on login_activity begin select raise(abort, 'no log'); end").run();
    await expect(run(...words), found.name).rejects.toThrow("no log");
    await worker.db.prepare("drop trigger no_log").run();
    expect(await everything(), `${found.name} is undone`).toEqual(before);
    expect(await run(...words), found.name).not.toEqual([]);
    const rows = (await everything()).login_activity!.filter(({ id }) => !before.login_activity!.some((row) => row.id === id));
    const id = target.startsWith("select ")
      ? (await worker.db.prepare(target).bind(`made-${made.tag}`).first<{ id: unknown }>())!.id
      : target;
    expect(rows, found.name).toMatchObject([
      { kind: found.name.replace("outbox", "event").split(" ")[0], user_id: null, target: String(id), result: found.verb.result },
    ]);
    expect(JSON.parse(String(rows[0]!.detail))).toEqual({ by: "operator", verb: found.name });
  }
  const all = Object.entries(VERBS as Record<string, { query?: unknown }>).filter(([, { query }]) => !query);
  expect([...tried].sort()).toEqual(all.map(([name]) => name).sort());
});

describe("somebody who is made", () => {
  const { SIGN_UP_TENANT: tenant, SIGN_UP_ROLE: role } = demoSettings;

  test("chooses a password by the link that is shown, once, and is invited anew by another", async () => {
    const name = `${randomUUID()}@example.com`;
    const { rows, shown } = await make("user", "create", name, tenant, "Member", "demo-web");
    expect(rows).toHaveLength(1);
    expect(await run("user", "show", name)).toMatchObject([{ username: name, email: name, status: "active", role: "Member" }]);
    const choose = (token: string, password = PASSWORD) =>
      our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password } });
    expect((await choose(shown.link!)).status).toBe(204);
    expect((await our.loginToken({ username: name, password: PASSWORD })).status).toBe(200);
    expect((await choose(shown.link!, `${PASSWORD} 2`)).status, "once").toBe(401);
    const first = (await make("user", "invite", name)).shown.link!;
    const second = (await make("user", "invite", name)).shown.link!;
    expect((await choose(first, `${PASSWORD} 2`)).status, "the former link is void").toBe(401);
    expect((await choose(second, `${PASSWORD} 2`)).status).toBe(204);
    expect(JSON.stringify(await rowsOf(["select * from one_time"]))).not.toContain(second);
  });

  test("needs a tenant, a role and clients that are there, and a name that is free", async () => {
    const name = randomUUID();
    for (const [at, clients, of] of [
      ["nowhere", "demo-web", role],
      [tenant, "demo-web,nowhere", role],
      [tenant, "demo-web", "nobody"],
    ] as const)
      expect((await make("user", "create", name, at, of, clients)).rows).toEqual([]);
    expect(await run("user", "show", name)).toEqual([]);
    expect((await make("user", "create", name, tenant, role, "demo-web,demo-mobile", `${name}@example.com`)).rows).toHaveLength(1);
    await expect(make("user", "create", name.toUpperCase(), tenant, role, "demo-web")).rejects.toThrow(/UNIQUE/);
    expect(() => planOf(verbOf(["user", "create", "a@example.com", tenant, role, "demo-web", "b@example.com"])!, 0)).toThrow("own");
  });

  test("has an address, clients and permissions that change; a username that was the address goes along", async () => {
    const [old, fresh] = [`${randomUUID()}@example.com`, `${randomUUID()}@Example.com`];
    await make("user", "create", old, tenant, role, "demo-web");
    expect(await run("user", "set", old, "email", fresh)).toHaveLength(1);
    expect(await run("user", "show", old)).toEqual([]);
    expect(await run("user", "show", fresh)).toMatchObject([{ username: fresh, email: fresh }]);
    expect(await run("user", "allow", fresh, "demo-mobile")).toHaveLength(1);
    expect(await run("user", "disallow", fresh, "demo-web")).toHaveLength(1);
    expect(await run("user", "clients", fresh)).toEqual([{ client_id: "demo-mobile" }]);
    await run("user", "grant", fresh, "ViewTodo");
    await run("user", "deny", fresh, "ViewTodo");
    expect(await run("user", "permissions", fresh)).toEqual([{ permission: "ViewTodo", state: "denied" }]);
    await run("user", "revoke", fresh, "ViewTodo");
    expect(await run("user", "permissions", fresh)).toEqual([]);
    for (const [property, value] of [
      ["gender", "X"],
      ["dob", "tomorrow"],
      ["firstName", " "],
      ["phone", "1".repeat(16)],
      ["password", "x"],
    ])
      expect(() => planOf(verbOf(["user", "set", fresh, property!, value!])!, 0), property).toThrow();
  });
});

test("tenants, their settings, roles and groups are made, changed and deleted", async () => {
  const [name, role, group] = [randomUUID(), randomUUID(), randomUUID()];
  expect(await run("tenant", "create", name)).toHaveLength(1);
  expect(await run("tenant", "create", name), "there is one").toEqual([]);
  await run("tenant", "set", name, "profile", '{"locale":"de"}');
  await run("tenant", "set", name, "profile", '{"locale":"en"}');
  expect(await run("tenant", "settings", name)).toEqual([{ key: "profile", value: '{"locale":"en"}' }]);
  await run("tenant", "unset", name, "profile");
  expect(await run("tenant", "settings", name)).toEqual([]);
  await run("role", "create", role, "ViewTodo,EditTodo", name);
  await run("role", "grant", role, "DeleteTodo");
  expect(await run("role", "grant", role, "DeleteTodo"), "it has it").toEqual([]);
  await run("role", "revoke", role, "EditTodo");
  expect((await run("role", "list")).find((row) => row.name === role)).toMatchObject({
    tenant: name,
    permissions: '["ViewTodo","DeleteTodo"]',
  });
  const member = randomUUID();
  await make("user", "create", member, name, role, "demo-web");
  expect(await run("role", "delete", role), "somebody has it").toEqual([]);
  await run("group", "create", name, group);
  expect(await run("group", "add", group, member)).toHaveLength(1);
  expect(await run("group", "add", group, member), "once").toEqual([]);
  expect(await run("group", "users", group)).toMatchObject([{ username: member }]);
  expect(await run("tenant", "users", name)).toMatchObject([{ username: member, role }]);
  await run("group", "remove", group, member);
  await run("group", "delete", group);
  expect(await run("group", "list", name)).toEqual([]);
  await run("user", "delete", member);
  await run("tenant", "rename", name, `${name}-2`);
  expect(await run("tenant", "delete", `${name}-2`)).toHaveLength(1);
});

test("a client is made, its secret shown once, rotated, and the client deleted", async () => {
  const clientId = randomUUID();
  const { shown } = await make("client", "create", clientId, "https://app.example.com/cb");
  const knows = async (client_secret: string) =>
    (await our.post("/auth/forget-password", { client_id: clientId, client_secret, username: "nobody" })).status;
  expect(await knows(shown.clientSecret!)).not.toBe(401);
  const rotated = (await make("client", "rotate", clientId)).shown;
  expect([await knows(shown.clientSecret!), await knows(rotated.clientSecret!)]).toEqual([401, expect.not.stringMatching("401")]);
  expect((await make("client", "create", clientId)).rows, "there is one").toEqual([]);
  expect(() => planOf(verbOf(["client", "create", "x", "http://evil.example"])!, 0)).toThrow("redirect");
  await run("client", "delete", clientId);
  expect(await knows(rotated.clientSecret!)).toBe(401);
});

test("people are found by the beginning of name or address, shown, signed out and deleted", async () => {
  const username = `Zed-${randomUUID()}`;
  const user = await aUser(worker, { username, email: `${randomUUID()}-zed@example.com` });
  const pair = await our.signIn({ username, password: PASSWORD });
  expect((await run("user", "list", username.slice(0, 12).toUpperCase())).map((row) => row.username)).toEqual([username]);
  expect(await run("user", "show", username)).toMatchObject([{ username, status: "active", role: "Member", tenant: "Demo" }]);
  expect(await run("user", "sessions", username)).toMatchObject([{ client: "demo-web", method: "password" }]);
  await visitor(worker).signIn(username, PASSWORD);
  expect(await run("user", "browsers", username)).toHaveLength(1);
  expect(await run("user", "sign-out", username), "the session and the browser").toHaveLength(2);
  expect([await run("user", "sessions", username), await run("user", "browsers", username)]).toEqual([[], []]);
  expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  await worker.settled();
  expect((await run("activity", username)).map(({ kind, result }) => `${kind} ${result}`)).toContain("sign-in ok");
  expect(await run("user", "delete", username)).toEqual([{ id: user.id }]);
  expect(await run("user", "show", username)).toEqual([]);
});

test("who lost their factors is helped, and a role or a client demands a second step", async () => {
  const user = await aUser(worker);
  await worker.db
    .prepare(
      `insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)
        values ('lost', ?, 'totp', 'Phone', '', 'SHA1', 6, 30, 0, 0)`,
    )
    .bind(user.id)
    .run();
  expect(await run("user", "factors", user.username)).toMatchObject([{ id: "lost", name: "Phone" }, { name: "0 left" }]);
  const login = async () => (await our.login({ username: user.username, password: PASSWORD })).body.mfa?.methods;
  expect(await login()).toEqual(["totp"]);
  expect(await run("user", "reset-factors", user.username)).toEqual([{ id: user.id }]);
  expect(await login()).toBeUndefined();
  const [{ id }] = (await run("role", "list")).filter(({ name }) => name === "Member") as [{ id: string }];
  for (const [demand, waive] of [
    [
      ["role", "demand", id],
      ["role", "waive", id],
    ],
    [
      ["client", "demand", "demo-web"],
      ["client", "waive", "demo-web"],
    ],
  ] as const) {
    expect(await run(...demand)).toHaveLength(1);
    expect(await login()).toEqual([]);
    expect(await run(...waive)).toHaveLength(1);
    expect(await login()).toBeUndefined();
  }
});

describe("the command itself", () => {
  let folder: string;

  /** Runs it in a copy of the project, with a database of its own. */
  async function admin(...words: string[]) {
    const env = { ...process.env, PORT: "9000" };
    const child = spawn(process.execPath, [join(folder, "scripts/admin.mjs"), ...words, "--local"], { cwd: folder, env });
    const [[status], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
    return { status, stdout, stderr };
  }
  const json = async (...words: string[]) => JSON.parse((await admin(...words, "--json")).stdout);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
    for (const name of ["scripts", "migrations", "wrangler.toml", "package.json", "package-lock.json", "rust-toolchain.toml"])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    await withLocalDb(seed, join(folder, ".wrangler/state"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("prints tables, or JSON; and what it makes of secrets, once it has made it", async () => {
    const heading = /^id +name +key +status +members\n.+ Demo /;
    expect(await admin("tenant", "list")).toMatchObject({ status: 0, stdout: expect.stringMatching(heading) });
    const link = /^http:\/\/localhost:9000\/reset-password\?token=[\w-]{43}$/;
    const made = await json("user", "create", "ann@example.com", "Demo", "Member", "demo-web");
    expect(made).toEqual({ id: expect.any(String), link: expect.stringMatching(link) });
    const invited = (await admin("user", "invite", "ann@example.com")).stdout.trim().split("\n");
    expect(invited).toEqual(["▸ changed: 1", "link", expect.stringMatching(link)]);
    const secret = expect.stringMatching(/^[\w-]{43}$/);
    expect(await json("client", "create", "app")).toEqual({ id: expect.any(Number), clientId: "app", clientSecret: secret, secret });
    expect(await json("user", "disable", "ann@example.com")).toEqual([{ id: made.id }]);
    expect((await json("user", "export", "ann@example.com")).profile).toMatchObject({ username: "ann@example.com" });
    const log: Row[] = await json("activity");
    expect(log.map(({ kind, result }) => `${kind} ${result}`).reverse()).toEqual([
      "user created",
      "user link",
      "client created",
      "user changed",
    ]);
  }, 240_000);

  test("says in one line why it did nothing", async () => {
    const nothing = "✗ there is nothing of that name, or it is so already; nothing was changed\n";
    expect(await admin("user", "disable", "nobody")).toEqual({ status: 1, stdout: "", stderr: nothing });
    const taken = "✗ that name is taken already; nothing was changed\n";
    expect(await admin("user", "create", "DEMO", "Demo", "Member", "demo-web")).toEqual({ status: 1, stdout: "", stderr: taken });
    expect((await admin("user", "juggle", "demo")).stderr).toContain("not understood: user juggle demo");
  }, 120_000);
});

describe("words", () => {
  test.each([
    ["user"],
    ["user", "show"],
    ["user", "list", "a", "b"],
    ["tenant"],
    ["activity", "a", "b"],
    ["outbox", "resend"],
    ["nothing"],
  ])("that are no verb are none: %s %s", (...words) => expect(verbOf(words.filter((word) => word !== undefined))).toBe(undefined));
});

test("a table has its columns in line, and nothing in it moves the terminal's cursor", () => {
  expect(table([])).toBe("none");
  const rows = [
    { name: "Ann\u001b[2J\u202e", n: 1 },
    { name: "Bo", n: null },
  ];
  expect(table(rows)).toBe("name      n\nAnn\u{fffd}[2J\u{fffd}  1\nBo");
});
