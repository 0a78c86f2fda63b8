// The cron's event sweeps what is over, and administrators see what waits for it. What is over when: tests/storage/sweep.rs.

import { beforeEach, describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { basic, useWorker } from "../../support/fixtures";

const HOUR = 3_600_000;
const { worker, our } = useWorker({ settings: { SIGN_IN_WINDOW: "1800" } });

beforeEach(() => worker.db.batch(["messages_sent", "attempts", "otps"].map((table) => worker.db.prepare(`delete from ${table}`))));

const sweep = async () => expect(await worker.scheduled("17 * * * *")).toBe("ok");
const count = (table: string) => worker.db.prepare(`select count(*) as n from ${table}`).first<number>("n");

const message = (id: string, ago: number) =>
  worker.db.prepare("insert into messages_sent (id, kind, recipient, sent_on) values (?, 'sign-up', '', ?)").bind(id, Date.now() - ago);
const failure = (network: string, ago: number) =>
  worker.db
    .prepare("insert into attempts (key, failures, last_on, last_tag, last_by) values (?, 1, ?, '', '')")
    .bind(`network:${network}`, Date.now() - ago);

describe("the cron's event", () => {
  test("deletes what is over by this clock and these settings, and nothing else", async () => {
    await worker.db.batch([
      message("over", 1.1 * HOUR),
      message("kept", 0.9 * HOUR),
      failure("over", 1.6 * HOUR),
      failure("kept", 1.4 * HOUR),
    ]);
    await sweep();
    expect((await worker.db.prepare("select id from messages_sent").all()).results).toEqual([{ id: "kept" }]);
    expect((await worker.db.prepare("select key from attempts").all()).results).toEqual([{ key: "network:kept" }]);
  });

  test("goes on, five thousand rows at a time, until nothing is left", async () => {
    await worker.db
      .prepare(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 12001) insert into messages_sent (id, kind, recipient, sent_on) select i, 'sign-up', '', 0 from n",
      )
      .run();
    await sweep();
    expect(await count("messages_sent")).toBe(0);
  });

  test("passes over what fails, and the log says so", async () => {
    await message("over", 2 * HOUR).run();
    await worker.db.prepare("alter table otps rename to lost").run();
    await sweep();
    await worker.db.prepare("alter table lost rename to otps").run();
    expect(await count("messages_sent")).toBe(0);
    expect(await worker.printed()).toMatch(/no such table: otps/);
  });
});

describe("/health", () => {
  const health = (headers?: Record<string, string>) => our.send("GET", "/health", { headers });

  test("shows administrators how many rows of each table wait for the sweep", async () => {
    const admin = our.bearer((await our.signIn(ADMIN)).accessToken);
    const none = {
      attempts: 0,
      browsers: 0,
      factors: 0,
      hourly_counts: 0,
      known_devices: 0,
      login_activity: 0,
      logout_notices: 0,
      messages_sent: 0,
      oauth_clients: 0,
      one_time: 0,
      otps: 0,
      outbox: 0,
      provider_logouts: 0,
      recovery_codes: 0,
      sessions: 0,
      spent_proofs: 0,
      token_revocations: 0,
      trusted_devices: 0,
    };
    const oauth = "JWT_KEYS has no private RSA key (npm run keys makes one)";
    expect((await health(admin)).body).toEqual({ status: "ok", backlog: none, oauth });
    await worker.db.batch([message("one", 2 * HOUR), message("two", 2 * HOUR), message("kept", 0), failure("over", 2 * HOUR)]);
    expect((await health(admin)).body).toEqual({ status: "ok", backlog: { ...none, messages_sent: 2, attempts: 1 }, oauth });
    await sweep();
    expect((await health(admin)).body).toEqual({ status: "ok", backlog: none, oauth });
  });

  test("shows every other caller the status alone", async () => {
    const pair = await our.signIn();
    for (const headers of [undefined, our.bearer(pair.accessToken), our.bearer("made-up"), basic("x", "y"), { authorization: "x" }]) {
      const answer = await health(headers);
      expect([answer.status, answer.body]).toEqual([200, { status: "ok" }]);
    }
  });
});
