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
    (await worker.fetch("/dev/mailbox", { headers: { accept: "application/json" } })).json() as never;
  return {
    all,
    /** The messages to an address, newest first. */
    to: async (address: string) => (await all()).filter((mail) => mail.to === address),
    /** Waits until an address has so many messages, and gives the newest. */
    async wait(address: string, count = 1): Promise<Mail> {
      const mine = async () => (await all()).filter((mail) => mail.to === address);
      await expect.poll(async () => (await mine()).length, { timeout: 5000 }).toBe(count);
      return (await mine())[0];
    },
  };
}

/** Lets what goes on in the background come to its end. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 400));
