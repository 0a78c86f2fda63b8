// One request with one fault of storage, at each of its trips: bounded waits, 503, nothing half done, and the caller can go on.

import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Answer, api } from "./api";
import type { Attempt } from "./attempts";
import type { Worker } from "./worker";

const OUTAGE = {
  arc: { error: { statusCode: 503, message: "Service Unavailable" } },
  servicestack: { responseStatus: { errorCode: "ServiceUnavailable", message: "Service Unavailable", errors: [] } },
  oauth: { error: "temporarily_unavailable", error_description: "the service is not available for the moment" },
};

export type Family = keyof typeof OUTAGE | "page";

function expectOutage(answer: Answer, family: Family, what: string) {
  if (family === "page") expect(answer.text, what).toContain("<h1>");
  else expect(answer.body, what).toEqual(OUTAGE[family]);
  expect(answer.status, what).toBe(503);
  expect(Number(answer.headers.get("retry-after")), what).toBeGreaterThan(0);
  expect(answer.headers.getSetCookie(), what).toEqual([]);
}

export type Fault = "fail" | "lose" | "slow" | "hang";

/** What suffers faults: a worker, and how it is asked. */
export function faultsOf(worker: Worker, our: ReturnType<typeof api>) {
  const send = ({ method = "POST", path, body, headers }: Attempt, order?: object) =>
    our.send(method, path, { body, headers: { ...headers, ...(order && { "x-meddle": JSON.stringify(order) }) } });

  /** How many trips an attempt makes to each store, those after its answer too. */
  async function tripsOf(make: () => Promise<Attempt>): Promise<[on: string, trip: number][]> {
    const id = randomUUID();
    const answer = await send(await make(), { id });
    expect(answer.status, `without a fault: ${answer.text}`).toBeLessThan(402);
    const printed = await worker.printed();
    const count = (on: string) => printed.split(`[trip ${id} ${on}]`).length - 1;
    return ["DB", "KV"].flatMap((on) => Array.from({ length: count(on) }, (_, n) => [on, n + 1] as [string, number]));
  }

  /** One attempt with one fault. */
  async function suffer(make: () => Promise<Attempt>, family: Family, fault: Fault, on: string, trip: number) {
    const what = `${on} ${trip} ${fault}`;
    const attempt = await make();
    const start = performance.now();
    const answer = await send(attempt, { on, trip, [fault]: true });
    // Five seconds, and what a machine takes that hashes for all callers at once.
    expect(performance.now() - start, what).toBeLessThan(15_000);
    if (answer.status >= 500) expectOutage(answer, family, what);
    else if (!attempt.anew) expect(answer.status, what).toBeLessThan(400);
    if (fault === "slow") expect(answer.status, what).toBeLessThan(500);
    if (answer.status === 503) {
      const again = await send(attempt);
      if (attempt.anew) expect((await attempt.anew()).status, `${what}: anew`).toBeLessThan(400);
      else if (fault === "lose" && attempt.afterLoss && again.status >= 400)
        expect((await attempt.afterLoss()).status, `${what}: after ${again.text}`).toBeLessThan(400);
      else expect(again.status, `${what}: ${again.text}`).toBeLessThan(400);
    }
    if (attempt.atLast) {
      // A failure after the answer is not answered: the user asks again.
      if (fault !== "slow") await send(attempt);
      await attempt.atLast();
    }
  }

  /** Nothing of this is in the database. */
  const none = async (what: string, sql: string) => expect((await worker.db.prepare(sql).all()).results, what).toEqual([]);

  /** What there is to hang, which takes its time. */
  const hanging: (() => Promise<void>)[] = [];

  /** An attempt with every fault but the one that takes its time, at each of its trips. */
  async function sufferAll(make: () => Promise<Attempt>, family: Family) {
    const trips = await tripsOf(make);
    expect(trips.length).toBeGreaterThan(0);
    const faults = ["fail", "lose", "slow"] as const;
    await Promise.all(trips.flatMap(([on, trip]) => faults.map((fault) => suffer(make, family, fault, on, trip))));
    hanging.push(
      ...trips.map(
        ([on, trip]) =>
          () =>
            suffer(make, family, "hang", on, trip),
      ),
    );
  }

  /** Then the one that takes its time, of all that have suffered the others. */
  async function hangAll() {
    for (let n = 0; n < hanging.length; n += 32) await Promise.all(hanging.slice(n, n + 32).map((hang) => hang()));
    return hanging.length;
  }

  return { send, none, sufferAll, hangAll };
}
