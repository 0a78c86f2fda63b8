// AUDIT_SINK: what is written down in a dataset rather than in the database, or in both.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DEMO_WEB } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";

describe.each(["analytics", "both"])("%s", (sink) => {
  const { worker, our } = useWorker({ settings: { AUDIT_SINK: sink } });
  const WITH = { "x-meddle": JSON.stringify({ analytics: true }) };

  /** What a sign-in, a wrong password and a sign-out leave behind: rows, and data points. */
  async function left(headers: Record<string, string>) {
    const user = await aUser(worker, { username: `audit-${randomUUID()}` });
    const agent = `agent-${randomUUID()}`;
    const credentials = { ...DEMO_WEB, username: user.username };
    const send = (path: string, body: object, also = {}) =>
      our.send("POST", path, { body, headers: { ...headers, "user-agent": agent, ...also } });
    const { body: pair } = await send("/auth/login-token", { ...credentials, password: PASSWORD });
    await send("/auth/login-token", { ...credentials, password: "wrong" });
    await send("/logout", { refreshToken: pair.refreshToken }, { authorization: `Bearer ${pair.accessToken}` });
    await worker.settled();
    const rows = await worker.db.prepare("select kind, result from login_activity where user_id = ? order by at").bind(user.id).all();
    const points = [...(await worker.printed()).matchAll(/\[point (\{.*\})\]/g)].map(([, json]) => JSON.parse(json!));
    const own = points.filter(({ indexes }) => indexes[0] === user.id);
    expect(JSON.stringify(own)).not.toMatch(new RegExp(`${agent}|${user.username}`));
    return {
      rows: rows.results.map(({ kind, result }) => `${kind} ${result}`).sort(),
      points: own.map(({ blobs }) => `${blobs[0]} ${blobs[1]}`).sort(),
    };
  }

  const ALL = ["sign-in failed", "sign-in ok", "sign-out ok"];

  test("every event is a data point, of ids alone; rows are left out only where that is meant, and never a refusal", async () => {
    expect(await left(WITH)).toEqual({ points: ALL, rows: sink === "both" ? ALL : ["sign-in failed"] });
  });

  test("without the dataset every event is a row, and the log says what is missing", async () => {
    expect(await left({})).toEqual({ points: [], rows: ALL });
    expect(await worker.printed()).toContain("AUDIT");
  });
});
