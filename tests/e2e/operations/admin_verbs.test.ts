// The verbs of npm run admin: their statements on the real schema, and how they are printed.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { VERBS, table, verbOf } from "../../../scripts/lib/admin-verbs.mjs";
import { REVOKED, useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";

const { worker, our } = useWorker();

/** Runs a verb as the command does. */
async function run(...words: string[]): Promise<Record<string, unknown>[]> {
  const { verb, rest } = verbOf(words)!;
  const given = verb.words.map((_: string, at: number) => rest[at]);
  const sql = (verb.query ?? verb.statement)(...given, Date.now());
  return (await worker.db.prepare(sql).all<Record<string, unknown>>()).results;
}

test("every verb runs on the schema", async () => {
  for (const [name, { words }] of Object.entries(VERBS as Record<string, { words: string[] }>)) {
    const given = [...name.split(" "), ...words.map(() => "nothing")];
    expect([name, Array.isArray(await run(...given))]).toEqual([name, true]);
    const left = words.filter((word) => !word.startsWith("["));
    if (left.length < words.length) await run(...name.split(" "), ...left.map(() => "nothing"));
  }
});

test("people are found by the beginning of name or address, shown, signed out and deleted", async () => {
  const username = `Zed-${randomUUID()}`;
  const user = await aUser(worker, { username, email: `${randomUUID()}-zed@example.com` });
  const pair = await our.signIn({ username, password: PASSWORD });
  expect((await run("user", "list", username.slice(0, 12).toUpperCase())).map((row) => row.username)).toEqual([username]);
  expect(await run("user", "show", username)).toMatchObject([{ username, status: "active", role: "Member", tenant: "Demo" }]);
  expect(await run("user", "sessions", username)).toMatchObject([{ client: "demo-web", method: "password" }]);
  expect(await run("user", "sign-out", username)).toHaveLength(1);
  expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  await worker.settled();
  expect((await run("activity", username)).map(({ kind, result }) => `${kind} ${result}`)).toEqual(["sign-in ok"]);
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
  expect(await run("user", "reset-factors", user.username)).toEqual([{ id: "lost" }]);
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
