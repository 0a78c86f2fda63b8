// The verbs of npm run admin: their statements on the real schema, and how they are printed.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { VERBS, auditRow, planOf, table, verbOf } from "../../../scripts/lib/admin/verbs.mjs";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { DEMO_WEB } from "../../support/api";
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

test("every verb runs on the schema, and one that names nothing changes nothing", async () => {
  for (const [name, verb] of Object.entries(VERBS as Record<string, { words: string[]; query?: unknown }>)) {
    const needsNothing = ["tenant create", "role create", "client create"].includes(name);
    for (const words of [verb.words, verb.words.filter((word) => !word.startsWith("["))]) {
      const rows = await run(...name.split(" "), ...words.map((word) => WORDS[word] ?? (needsNothing ? "something" : "nothing")));
      if (!verb.query && !needsNothing) expect([name, rows]).toEqual([name, []]);
    }
  }
});

test("a change leaves a row in the audit log that names whom it is about, and who did it: no user", async () => {
  const user = await aUser(worker);
  const found = verbOf(["user", "set", user.username, "phone", "123"])!;
  const [row] = await rowsOf(planOf(found, Date.now()).statements);
  await rowsOf([auditRow(found, row!.id, Date.now())]);
  expect(await rowsOf([`select kind, result, user_id, target, detail from login_activity where target = '${user.id}'`])).toEqual([
    { kind: "user", result: "changed", user_id: null, target: user.id, detail: '{"by":"operator","verb":"user set"}' },
  ]);
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
