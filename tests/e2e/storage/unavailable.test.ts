// Storage that is not there, or holds what it should not. (Trips that fail: faults.test.ts.)

import { beforeAll, expect, test } from "vitest";
import { type Answer } from "../../support/api";
import { useWorker } from "../../support/fixtures";

const { worker, our } = useWorker();

beforeAll(async () => {
  await our.signIn();
});

const meddle = (order: object) => ({ "x-meddle": JSON.stringify(order) });
const ORIGIN = { origin: "http://localhost:5173" };

function expectOutage(answer: Answer) {
  expect(answer.status).toBe(503);
  expect(answer.body).toEqual({ error: { statusCode: 503, message: "Service Unavailable" } });
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
}

test("health is 200 while the database answers, and 503 while it does not", async () => {
  const well = await our.send("GET", "/health");
  expect(well.status).toBe(200);
  expect(well.body).toEqual({ status: "ok" });
  expectOutage(await our.send("GET", "/health", { headers: meddle({ on: "DB", trip: 1, fail: true }) }));
  expect((await our.send("GET", "/health", { headers: meddle({ on: "KV", trip: 1, fail: true }) })).status).toBe(200);
  expect((await our.send("GET", "/health")).status).toBe(200);
});

test("a code that cannot be remembered is not handed out, and one that was forgotten is good", async () => {
  expectOutage(await our.login({}, meddle({ on: "KV", trip: 1, fail: true })));
  const { code } = (await our.login()).body;
  expect((await our.token(code, {}, meddle({ on: "KV", trip: 1, fail: true }))).status).toBe(200);
});

test("without the list of origins no origin is granted, and the request is answered all the same", async () => {
  await worker.restart({});
  const answer = await our.send("GET", "/nothing", { headers: { ...ORIGIN, ...meddle({ on: "DB", trip: 1, fail: true }) } });
  expect(answer.status).toBe(404);
  expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  const next = await our.send("GET", "/nothing", { headers: ORIGIN });
  expect(next.headers.get("access-control-allow-origin"), "a failure is not kept").toBe(ORIGIN.origin);
});

test.each([
  ["DB", "DB (the D1 binding) is missing"],
  ["KV", "KV (the KV binding) is missing"],
])("without the binding %s nothing is served", async (missing, complaint) => {
  const answer = await our.send("GET", "/.well-known/jwks.json", { headers: meddle({ missing }) });
  expect(answer.status).toBe(500);
  expect(answer.body).toEqual({ error: { statusCode: 500, message: `Misconfigured: ${complaint}` } });
});

test("a table that is gone is an outage until it is back", async () => {
  const pair = await our.signIn();
  await worker.db.prepare("alter table sessions rename to lost").run();
  for (const answer of [await our.me(pair.accessToken), await our.refresh(pair), await our.loginToken(), await our.logout(pair)])
    expectOutage(answer);
  await worker.db.prepare("alter table lost rename to sessions").run();
  expect((await our.me(pair.accessToken)).status).toBe(200);
  expect((await our.refresh(pair)).status).toBe(200);
});

test("a row that cannot be read is an internal error without details, and affects no other row", async () => {
  const pair = await our.signIn();
  const admin = await our.signIn({ username: "admin", password: "correct horse staple" });
  await worker.db.prepare("update roles set permissions = '[{\"secret\":1}]' where name = 'Member'").run();
  const answer = await our.me(pair.accessToken);
  expect(answer.status).toBe(500);
  expect(answer.body).toEqual({ error: { statusCode: 500, message: "Internal Server Error" } });
  expect((await our.me(admin.accessToken)).status).toBe(200);
  await worker.db.prepare("update roles set permissions = '[]' where name = 'Member'").run();
  expect((await our.me(pair.accessToken)).status).toBe(200);
});

test("a client's lifetime that is out of all bounds is an internal error, and no panic", async () => {
  const lifetime = (seconds: number) =>
    worker.db.prepare("update auth_clients set access_token_expiration = ? where id = 1").bind(seconds).run();
  await lifetime(9_007_199_254_740_991);
  const answer = await our.loginToken();
  expect(answer.status).toBe(500);
  expect(answer.body).toEqual({ error: { statusCode: 500, message: "Internal Server Error" } });
  await lifetime(900);
  expect((await our.loginToken()).status).toBe(200);
  expect(await worker.printed()).not.toContain("panic at");
});
