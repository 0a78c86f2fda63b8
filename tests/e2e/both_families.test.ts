// Two APIs on one host: which API a call is of, and in which envelope it is answered.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Answer, api } from "../support/api";
import { useWorker } from "../support/fixtures";
import { CREDENTIALS, failed, servicestack } from "../support/servicestack";
import { type Worker, startWorker } from "../support/worker";

// Password hashing is slow by design, and slower while a build runs beside it.
vi.setConfig({ testTimeout: 60_000 });

interface Row {
  method: string;
  path: string;
  query?: string;
  headers?: [string, string][];
  body?: string;
  family: "A" | "S";
  status?: number;
  allow?: string;
}

const rows: Row[] = JSON.parse(readFileSync(new URL("../vectors/routes.json", import.meta.url), "utf8"));
const titled = rows.map(
  (row) => [`${row.method} ${row.path}${row.query ? `?${row.query}` : ""} ${row.body ?? ""}`.slice(0, 120), row] as const,
);

/** The API of a failure's envelope; nothing for what is no failure. */
function familyOf(answer: Answer): string | undefined {
  if (answer.body?.error) return "A";
  const text = answer.text;
  return /responseStatus/i.test(text) || text.startsWith("ErrorCode,") ? "S" : undefined;
}

describe("one worker", () => {
  const { worker } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web" } });

  test.each(titled)("%s", async (_, row) => {
    const path = row.path + (row.query ? `?${row.query}` : "");
    const headers = Object.fromEntries(row.headers ?? []);
    const bodiless = row.method === "GET" || row.method === "HEAD";
    const answer = await api(worker).send(row.method, path, { body: bodiless ? undefined : row.body, headers });
    if (row.method === "HEAD") return expect(answer.text).toBe("");
    if (row.method === "OPTIONS") return expect(answer.status).toBe(204);
    if (answer.status >= 400) expect(familyOf(answer), answer.text).toBe(row.family);
    if (row.status !== undefined) expect(answer.status).toBe(row.status);
    if (row.allow !== undefined) expect(answer.headers.get("allow")).toBe(row.allow);
    if (row.family === "A") {
      // What else the other API's provider routes show is for their own tests.
      expect(answer.text).not.toMatch(/responseStatus/i);
      expect(answer.headers.getSetCookie()).toEqual([]);
      return;
    }
    expect(answer.text).not.toMatch(/"error":/);
    expect([200, 400, 401, 404, 405, 501]).toContain(answer.status);
  });

  test("both serve the same people at the same time", async () => {
    const [arc, our] = [api(worker), servicestack(worker)];
    const [pair, signedIn] = await Promise.all([arc.signIn(), our.signIn()]);
    const [me, who] = await Promise.all([arc.me(signedIn.body.bearerToken), our.bearer(pair.accessToken)]);
    expect(me.body.id).toBe(who.body.userId);
    await arc.logout(pair);
    expect((await our.bearer(pair.accessToken)).status).toBe(401);
    expect((await our.bearer(signedIn.body.bearerToken)).status).toBe(200);
    const [wrongThere, wrongHere] = await Promise.all([arc.loginToken({ password: "x" }), our.signIn({ password: "x" })]);
    expect([familyOf(wrongThere), familyOf(wrongHere)]).toEqual(["A", "S"]);
  });
});

describe("a worker that lacks a setting", () => {
  let worker: Worker;
  afterEach(() => worker.stop());

  const signIn = () => api(worker).post("/api/Authenticate", CREDENTIALS);

  test.each([undefined, "nobody"])("without a client for ServiceStack's callers (%s) none of them signs in", async (client) => {
    worker = await startWorker({ settings: { SERVICESTACK_CLIENT_ID: client } });
    const answer = await signIn();
    expect(answer.status).toBe(501);
    expect(answer.body).toEqual(failed("NotImplementedException", "Not Implemented"));
    expect(await worker.printed()).toContain("not configured: SERVICESTACK_CLIENT_ID");
    const arc = api(worker);
    const pair = await arc.signIn();
    expect((await servicestack(worker).bearer(pair.accessToken)).status).toBe(200);
    expect((await arc.post("/auth/credentials", {})).status, "shape comes first").toBe(400);
  });

  test("a misconfigured one says so in each API's own words", async () => {
    worker = await startWorker({ settings: { DATA_KEY: undefined } });
    const here = await signIn();
    expect(here.status).toBe(500);
    expect(here.body).toEqual(failed("InternalServerError", "Misconfigured: DATA_KEY is missing"));
    const there = await api(worker).loginToken();
    expect(there.status).toBe(500);
    expect(familyOf(there)).toBe("A");
  });
});
