// The development mailbox of a worker that has one.

import { expect } from "vitest";
import type { Worker } from "./worker";

export interface Mail {
  to: string;
  subject: string;
  kind: string;
  link: string | null;
  token: string | null;
  sentAt: string;
}

export function mailbox(worker: Worker) {
  const all = async (): Promise<Mail[]> =>
    (await worker.fetch("/dev/mailbox", { headers: { accept: "application/json" } })).json() as Promise<Mail[]>;
  const to = async (address: string) => (await all()).filter((mail) => mail.to === address);
  return {
    all,
    /** The messages to an address, newest first. */
    to,
    /** Moves what an address has been sent, and the links in it, an hour into the past. */
    anHourLater: (address: string) =>
      worker.db.batch(
        [
          "update one_time set created_on = created_on - 3600000 where recipient = ?",
          "update messages_sent set sent_on = sent_on - 3600000 where recipient = ?",
        ].map((sql) => worker.db.prepare(sql).bind(address)),
      ),
    /** Waits for what is being sent; an address then has so many messages, of which this is the newest. */
    async wait(address: string, count = 1): Promise<Mail> {
      await worker.settled();
      const mine = await to(address);
      expect(mine, address).toHaveLength(count);
      return mine[0]!;
    },
  };
}
