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
    /** Moves the links to an address, and all messages that are counted, an hour into the past. */
    anHourLater: (address: string) =>
      worker.db.batch([
        worker.db.prepare("update one_time set created_on = created_on - 3600000 where recipient = ?").bind(address),
        worker.db.prepare("update messages_sent set sent_on = sent_on - 3600000"),
      ]),
    /** Waits for what is being sent; an address then has so many messages, of which this is the newest. */
    async wait(address: string, count = 1): Promise<Mail> {
      await worker.settled();
      const mine = await to(address);
      expect(mine, address).toHaveLength(count);
      return mine[0]!;
    },
  };
}
