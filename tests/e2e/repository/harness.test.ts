// What the other tests stand on: storage that no chance takes away, and background work that can be waited for.

import { readFileSync, readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { DEMO_WEB } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";

const { worker, our } = useWorker({ settings: { DEV_MAILBOX: "on" } });

const root = new URL("../../../", import.meta.url);
const under = (...folders: string[]) =>
  folders
    .flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).map((name) => folder + name))
    .filter((name) => /\.(ts|mjs)$/.test(name));
/** The files with a text that is like this. */
const having = (pattern: RegExp, files: string[]) => files.filter((name) => pattern.test(readFileSync(new URL(name, root), "utf8")));

test("no test and no script goes through Miniflare's stubs, which a busy machine loses", () => {
  const sources = under("tests/", "scripts/");
  expect(sources.length).toBeGreaterThan(60);
  const stub = /\.(getD1Database|getKVNamespace|getBindings|getWorker|getCaches)\(/;
  expect(having(stub, sources)).toEqual([]);
});

test("no file leaves anything to the next, which the same process runs with the same modules", () => {
  const shared = under("tests/support/", "scripts/lib/");
  const kept = having(/^(export )?((let|var) |const \w+(: .+)? = (new (Map|Set|WeakMap)\(\)|\[\]|\{\});)/m, shared);
  expect(kept.sort(), "these two run in workerd").toEqual(["tests/support/meddler.mjs", "tests/support/memory.mjs"]);
  expect(having(/process\.env(\.\w+|\[.+\]) = |delete process\.env|globalThis\.\w+ = |process\.chdir/, under("tests/e2e/"))).toEqual([]);
});

test("a batch survives that its statements are collected while the worker is busy", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const busy = Array.from({ length: 10 }, (_, n) => our.loginToken({ username: `busy-${n}`, password: "wrong" }));
  const batches = Array.from({ length: 10 }, () =>
    worker.db.batch(Array.from({ length: 10 }, (_, n) => worker.db.prepare("select ? as n").bind(n))),
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  collect();
  for (const results of await Promise.all(batches))
    expect(results.map(({ results }) => results[0]!.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await Promise.all(busy);
});

test("a statement fails as D1 says, and undefined is no value", async () => {
  const { db } = worker;
  await expect(db.prepare("select 1 from nowhere").all()).rejects.toThrow("D1_ERROR: no such table: nowhere");
  await expect(db.batch([db.prepare("delete from sessions"), db.prepare("select nowhere from users")])).rejects.toThrow(
    "no such column: nowhere",
  );
  await expect(db.prepare("select 1 as n").first("m")).rejects.toThrow("no such column: m");
  expect(() => db.prepare("select ?").bind(undefined)).toThrow(TypeError);
  expect(await db.prepare("select ? as n where 0").bind(null).first("n")).toBeNull();
});

test("KV keeps what it is given, with metadata and an end, over a restart", async () => {
  const { kv } = worker;
  await kv.put("test:a", "one", { expirationTtl: 60, metadata: { kind: "test" } });
  await worker.restart({});
  expect(await kv.get("test:a")).toBe("one");
  const [entry] = (await kv.list({ prefix: "test:" })).keys;
  expect(entry).toMatchObject({ name: "test:a", metadata: { kind: "test" } });
  expect(entry!.expiration).toBeGreaterThan(Date.now() / 1000);
  await kv.delete("test:a");
  expect(await kv.get("test:a")).toBeNull();
});

test("work behind an answer is waited for, however slow storage is", async () => {
  const slow = { "x-meddle": JSON.stringify({ on: "KV", trip: 1, slow: true }) };
  expect((await our.post("/auth/forget-password", { ...DEMO_WEB, username: "demo" }, slow)).status).toBe(204);
  await worker.settled();
  expect(await mailbox(worker).to("demo@example.com")).toHaveLength(1);
});
