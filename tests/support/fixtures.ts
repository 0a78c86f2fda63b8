// What many test files would otherwise declare each for itself.

import { afterAll, beforeAll } from "vitest";
import { DEMO_WEB, type Pair, api, nested } from "./api";
import { decode } from "./jwt";
import { servicestack } from "./servicestack";
import { type Options, createWorker } from "./worker";

/** A worker that runs while the tests of this file, or of this `describe`, do; and both of its APIs. */
export function useWorker(options: Options = {}) {
  const worker = createWorker(options);
  beforeAll(() => worker.start());
  afterAll(() => worker.stop());
  return {
    worker,
    our: api(worker),
    their: servicestack(worker),
    /** The row of a pair's session, which must be there. */
    async session(pair: Bearer): Promise<SessionRow> {
      const row = await worker.db.prepare("select * from sessions where id = ?").bind(sid(pair)).first<SessionRow>();
      if (!row) throw new Error("the session is gone");
      return row;
    },
  };
}

export interface SessionRow {
  id: string;
  user_id: string;
  client_id: number;
  refresh_n: number;
  refreshed_on: number;
  last_used_on: number;
  device: string | null;
  method: string;
  provider_token: string | null;
  created_on: number;
  expires_on: number;
  ended_on: number | null;
  ended_why: string | null;
}

type Bearer = Pick<Pair, "accessToken">;

/** The id of a pair's session. */
export const sid = ({ accessToken }: Bearer): string => decode(accessToken).claims.sid;

export const FORM = { "content-type": "application/x-www-form-urlencoded" };
/** HTTP Basic: a name and a secret, or what else should stand there. */
export const basic = (...parts: string[]) => ({ authorization: `Basic ${Buffer.from(parts.join(":")).toString("base64")}` });
/** The demo's web client. */
export const BASIC = basic(DEMO_WEB.client_id, DEMO_WEB.client_secret);
/** The answer to a token whose session has ended. */
export const REVOKED = nested("TokenRevoked");
/** A caller from an address, and with a device of that name. */
export const from = (address: string, device?: string): Record<string, string> => ({
  "cf-connecting-ip": address,
  ...(device && { device_id: device }),
});

/** Sends so many requests in parallel, and gives their answers in order. */
export const many = <T>(count: number, ask: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => ask(n)));
