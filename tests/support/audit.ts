// What the tests of the audit log stand on.

import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, type Pair } from "./api";
import { useWorker } from "./fixtures";
import { ALL_SETTINGS, startOutside } from "./identity_provider";
import { PASSWORD, aUser } from "./seed";

const { RATE_LIMITS: _, ...demo } = demoSettings;

/** What must never be recorded. */
export const secrets = new Set<string>(["demo-web-secret", PASSWORD, ADMIN.password]);

export const secret = <T extends string>(text: T) => (secrets.add(text), text);
export const keep = (pair: Pair) => (secret(pair.accessToken), secret(pair.refreshToken), pair);

export interface Attempt {
  method?: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A row of `login_activity`. */
interface Activity {
  kind: string;
  result: string;
  user_id: string | null;
  client_id: number | null;
  session_id: string | null;
  address: string;
  country: string;
  ray: string;
}

/** A line of the log: an event, or what is only counted. */
interface Line {
  event: string;
  result?: string;
  at: string;
  ray: string | null;
  leftOut?: number;
}

export const byEvent = (a: { event: string }, b: { event: string }) => a.event.localeCompare(b.event);

export const row = (event: string, user_id: string | null, client_id: number | null, session_id: unknown = null) => ({
  event,
  user_id,
  client_id,
  session_id,
});

/** A worker, requests to it, and what each of them has recorded. */
export async function useAudit() {
  const outside = await startOutside();

  const { worker, our, their } = useWorker({
    outside: outside.handle,
    settings: { ...ALL_SETTINGS, ...demo, SOCIAL_SIGN_UP: "google", SOCIAL_LINKING: "verified-email" },
  });

  const person = () => aUser(worker, { email: `${randomUUID()}@example.com` });

  /** How often each kind of event was counted, over all hours. */
  async function counts(): Promise<Record<string, number>> {
    const rows = (
      await worker.db.prepare("select kind, sum(count) as n from hourly_counts group by kind").all<{ kind: string; n: number }>()
    ).results;
    return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
  }

  /** Sends something as a caller whom the platform knows well; gives what was written down and counted of just that. */
  async function watched({
    method = "POST",
    path,
    body,
    headers,
  }: Attempt): Promise<{ answer: Answer; written: ReturnType<typeof row>[]; counted: Record<string, number> }> {
    const ray = randomUUID();
    const before = await counts();
    const seen = { "cf-connecting-ip": "192.0.2.9", "cf-ray": ray, "user-agent": "tester/1.0" };
    const answer = await our.send(method, path, { body, headers: { ...seen, ...headers }, cf: { country: "NO" } });
    await worker.settled();
    const rows = (await worker.db.prepare("select * from login_activity where ray = ?").bind(ray).all<Activity>()).results;
    const counted = Object.fromEntries(
      Object.entries(await counts())
        .map(([kind, n]) => [kind, n - (before[kind] ?? 0)])
        .filter(([, n]) => n !== 0),
    );
    const lines = (await logged()).filter((line) => line.ray === ray && "result" in line);
    const told = ({ kind, result, user_id, client_id, session_id, address, country, ray }: Activity) => ({
      event: kind,
      result,
      user: user_id,
      client: client_id,
      session: session_id,
      address,
      country,
      ray,
    });
    expect(lines.map(({ at, ...line }) => line).sort(byEvent), "each row has its line").toEqual(rows.map(told).sort(byEvent));
    for (const row of rows) expect(row).toMatchObject({ address: "192.0.2.9", country: "NO", user_agent: "tester/1.0", ray });
    return {
      answer,
      counted,
      written: rows.map(({ kind, result, user_id, client_id, session_id }) => ({
        event: `${kind} ${result}`,
        user_id,
        client_id,
        session_id,
      })),
    };
  }

  const logged = async (): Promise<Line[]> =>
    (await worker.printed())
      .split("\n")
      .filter((line) => line.includes('{"event"'))
      .map((line) => JSON.parse(line.slice(line.indexOf('{"event"'))));

  async function session() {
    const user = await person();
    const pair = keep(await our.signIn({ username: user.username, password: PASSWORD }));
    return { user, pair, headers: our.bearer(pair.accessToken) };
  }
  return { outside, worker, our, their, person, counts, watched, logged, session };
}
