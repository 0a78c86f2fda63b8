// What is over goes, a few rows at a time; what is not stays; and administrators see what waits.

import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { ADMIN } from "../support/api";
import { useWorker } from "../support/fixtures";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const TABLES = ["attempts", "hourly_counts", "known_devices", "login_activity", "messages_sent", "one_time", "otps", "provider_logouts", "sessions"];

const { worker, our } = useWorker({ settings: { AUDIT_RETENTION_DAYS: "90", SIGN_IN_WINDOW: "900" } });
beforeEach(() => worker.db.batch(TABLES.map((table) => worker.db.prepare(`delete from ${table}`))));

/** Runs the cron's event, with storage that is meddled with if somebody orders that (see meddler.mjs). */
const sweep = async (order?: object) => expect(await worker.scheduled(order ? JSON.stringify(order) : "17 * * * *")).toBe("ok");
const count = async (table: string) => Number(await worker.db.prepare(`select count(*) as n from ${table}`).first("n"));

/** A row of a table; `ago` is when what its end is counted from was. */
type Row = Record<string, string | number | null>;
type Make = (ago: number) => Row;
const last = (ago: number) => Date.now() - ago;

const session = (change: Row): Row => ({
  user_id: "u", client_id: 1, refreshed_on: last(0), last_used_on: last(0), method: "password", created_on: last(HOUR), expires_on: Date.now() + DAY, ...change,
});
const attempt = (ago: number): Row => ({ failures: 1, last_on: last(ago), last_tag: "", last_by: "" });

/** What is over how long after, by the demo client's lifetimes (a day and fifteen minutes) and the settings. */
const CASES: [what: string, table: string, key: string, over: number, make: Make][] = [
  ["a session that has expired", "sessions", "id", DAY, (ago) => session({ expires_on: last(ago) })],
  ["a session that was ended", "sessions", "id", DAY, (ago) => session({ ended_on: last(ago) })],
  ["a session that nobody uses", "sessions", "id", 2 * DAY + 15 * MINUTE, (ago) => session({ last_used_on: last(ago) })],
  ...["code", "reset", "sign-up"].map((kind) => [`a ${kind}`, "one_time", "key", DAY, (ago: number) => ({ kind, created_on: 0, expires_on: last(ago) })] as [string, string, string, number, Make]),
  ...["signin", "ticket"].map((kind) => [`a ${kind}`, "one_time", "key", 0, (ago: number) => ({ kind, created_on: 0, expires_on: last(ago) })] as [string, string, string, number, Make]),
  ["a provider's sign-out", "provider_logouts", "token", DAY, (ago) => ({ attempt: "", created_on: 0, expires_on: last(ago) })],
  ["an OTP", "otps", "username_key", 0, (ago) => ({ mac: "", created_on: 0, expires_on: last(ago) })],
  ...["network:", "device:", "session:"].map((place) => [`what failed at a ${place}`, "attempts", `key:${place}`, HOUR + 15 * MINUTE, attempt] as [string, string, string, number, Make]),
  ["what failed at an account", "attempts", "key:account:", DAY, attempt],
  ["a device", "known_devices", "device", 365 * DAY, (ago) => ({ user_id: "u", last_used_on: last(ago) })],
  ["a message", "messages_sent", "id", HOUR, (ago) => ({ kind: "sign-up", recipient: "", sent_on: last(ago) })],
  ["an event", "login_activity", "id", 90 * DAY, (ago) => ({ at: last(ago), kind: "sign-in", result: "ok" })],
  ["an hour's count", "hourly_counts", "kind", 90 * DAY, (ago) => ({ hour: last(ago), count: 1 })],
];

/** Adds rows of a case: one for each name, all as old. Foreign keys are not what this is about. */
async function add(names: string[], ago: number, [, table, key, , make]: (typeof CASES)[number]) {
  const [column, prefix = ""] = key.split(/:(.*)/s);
  const rows = names.map((name): Row => ({ [column!]: prefix + name, ...make(ago) }));
  const insert = (row: Row) => worker.db.prepare(`insert into ${table} (${Object.keys(row)}) values (${Object.keys(row).map(() => "?")})`).bind(...Object.values(row));
  await worker.db.batch([worker.db.prepare("pragma defer_foreign_keys = on"), ...owners(table), ...rows.map(insert)]);
}
const owners = (table: string) =>
  ["sessions", "known_devices"].includes(table)
    ? [worker.db.prepare("insert or ignore into users (id, first_name, username, username_key, created_on, modified_on) values ('u', 'U', 'u', 'u', 0, 0)")]
    : [];

describe("the sweep", () => {
  test.each(CASES)("deletes %s once it is over, and not before", async (...row) => {
    const [, table, key, over] = row;
    await add(["over"], over + MINUTE, row);
    await add(["kept"], over - MINUTE, row);
    await sweep();
    const column = key.split(":")[0]!;
    const left = (await worker.db.prepare(`select ${column} as key from ${table}`).all<{ key: string }>()).results;
    expect(left.map(({ key }) => key.split(":").at(-1))).toEqual(["kept"]);
  });

  test("goes on, five thousand rows at a time, until nothing is left", async () => {
    await many("messages_sent", "id, kind, recipient, sent_on", "i, 'sign-up', '', 0", 12_001);
    await many("one_time", "key, kind, created_on, expires_on", "i, 'signin', 0, 0", 5000);
    await sweep();
    expect([await count("messages_sent"), await count("one_time")]).toEqual([0, 0]);
  });

  test("passes over a step that fails, and says so", async () => {
    for (const [n, row] of CASES.entries()) await add([`over ${n}`], row[3] + MINUTE, row);
    await worker.db.prepare("alter table otps rename to lost").run();
    await worker.db.prepare("create trigger stuck before delete on known_devices begin select raise(abort, 'stuck'); end").run();
    try {
      await sweep();
    } finally {
      await worker.db.batch([worker.db.prepare("drop trigger stuck"), worker.db.prepare("alter table lost rename to otps")]);
    }
    const left = await Promise.all(TABLES.map(async (table) => [table, await count(table)]));
    expect(Object.fromEntries(left)).toEqual({ ...Object.fromEntries(TABLES.map((table) => [table, 0])), known_devices: 1, otps: 1 });
    const printed = await worker.printed();
    expect(printed).toMatch(/no such table: otps/);
    expect(printed).toContain("stuck");
    await sweep();
    expect([await count("known_devices"), await count("otps")], "the next sweep does them").toEqual([0, 0]);
  });

  test("stops after twenty seconds, and the next one does the rest", async () => {
    for (const [n, row] of CASES.entries()) await add([`over ${n}`], row[3] + MINUTE, row);
    const all = CASES.length;
    const left = async () => (await Promise.all(TABLES.map(count))).reduce((sum, n) => sum + n);
    const start = Date.now();
    await sweep({ every: 2500 });
    const seconds = (Date.now() - start) / 1000;
    expect(seconds).toBeGreaterThan(19);
    expect(seconds, "and a step that was under way").toBeLessThan(30);
    expect(await left()).toBeGreaterThan(0);
    expect(await left()).toBeLessThan(all);
    await sweep();
    expect(await left()).toBe(0);
  }, 60_000);

  /** So many rows whose columns follow from their number. */
  const many = (table: string, columns: string, values: string, count: number) =>
    worker.db.prepare(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) insert into ${table} (${columns}) select ${values} from n`).run();

  const source = readFileSync(new URL("../../src/store/sweep.rs", import.meta.url), "utf8").replace(/\\\n\s*/g, "");
  const steps = [...source.matchAll(/step!\("(\w+)", "([\w, ]+)", "(.+?)"\),/g)].map(([, table, key, over]) => [table!, key!, over!] as const);

  test.each(steps)("finds by an index what it deletes of %s (%s): %s", async (table, key, over) => {
    const sql = `explain query plan delete from ${table} where (${key}) in (select ${key} from ${over} limit ?4)`;
    const plan = (await worker.db.prepare(sql).bind(0, 0, 0, 5000).all<{ detail: string }>()).results.map(({ detail }) => detail);
    // There are as many clients as administrators have made.
    for (const detail of plan) expect(detail).toMatch(/^(SEARCH \w+ USING .*(INDEX|PRIMARY KEY)|LIST SUBQUERY|CREATE BLOOM FILTER|SCAN c$)/);
  });

  test("has every step looked at", () => {
    expect(steps).toHaveLength(source.split("    step!(").length - 1);
    expect([...new Set(steps.map(([table]) => table))].sort()).toEqual(TABLES);
  });
});

describe("/health", () => {
  const health = (headers?: Record<string, string>) => our.send("GET", "/health", { headers });

  test("tells administrators how many rows of each table wait for the sweep", async () => {
    const admin = our.bearer((await our.signIn(ADMIN)).accessToken);
    const none = Object.fromEntries(TABLES.map((table) => [table, 0]));
    expect((await health(admin)).body).toEqual({ status: "ok", backlog: none });
    for (const [n, row] of CASES.entries()) await add([`over ${n}`], row[3] + MINUTE, row);
    expect((await health(admin)).body).toEqual({
      status: "ok",
      backlog: { attempts: 4, hourly_counts: 1, known_devices: 1, login_activity: 1, messages_sent: 1, one_time: 5, otps: 1, provider_logouts: 1, sessions: 3 },
    });
    await sweep();
    expect((await health(admin)).body).toEqual({ status: "ok", backlog: none });
  });

  test("tells everybody else what it always did", async () => {
    const pair = await our.signIn();
    for (const headers of [undefined, our.bearer(pair.accessToken), our.bearer("made-up"), { authorization: "Basic eDp5" }, { authorization: "x" }]) {
      const answer = await health(headers);
      expect([answer.status, answer.body]).toEqual([200, { status: "ok" }]);
    }
  });
});
