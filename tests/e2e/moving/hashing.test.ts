// Hashes that an import lays around fast ones: as many at a time as there are processors, whatever waits.

import { EventEmitter } from "node:events";
import { verifySync } from "@node-rs/argon2";
import { expect, test } from "vitest";
import { Hashers } from "../../../scripts/lib/import/argon2id.mjs";

/** A thread that answers when it is told to, and counts. */
class Thread extends EventEmitter {
  readonly given: Uint8Array[] = [];
  answered = 0;

  postMessage(input: Uint8Array) {
    this.given.push(input);
  }

  answer() {
    const input = this.given[this.answered++]!;
    this.emit("message", `hash of ${input[0]}`);
  }

  get inFlight() {
    return this.given.length - this.answered;
  }

  async terminate() {}
}

function threads() {
  const begun: Thread[] = [];
  const begin = () => {
    begun.push(new Thread());
    return begun.at(-1)!;
  };
  return { begun, hashers: new Hashers(3, begin as never) };
}

test("run one at a time on each thread, however many people wait, and each gets the own one", async () => {
  const { begun, hashers } = threads();
  const hashes = Array.from({ length: 200 }, (_, n) => hashers.hash(Buffer.from([n])));
  let busy = begun;
  while (busy.length > 0) {
    expect(begun.map(({ inFlight }) => inFlight).every((n) => n <= 1)).toBe(true);
    // The last first: no order is asked for.
    busy.at(-1)!.answer();
    busy = begun.filter(({ inFlight }) => inFlight > 0);
  }
  expect(begun).toHaveLength(3);
  expect(await Promise.all(hashes)).toEqual(Array.from({ length: 200 }, (_, n) => `hash of ${n}`));
});

test("a thread that ends takes nobody's place: what it had and what waits fails", async () => {
  const { begun, hashers } = threads();
  const hashes = Array.from({ length: 9 }, (_, n) => hashers.hash(Buffer.from([n])));
  begun[1]!.emit("error", new Error("out of memory"));
  begun[0]!.answer();
  begun[2]!.answer();
  const outcomes = await Promise.allSettled(hashes);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  await expect(hashers.hash(Buffer.from([9]))).rejects.toThrow("out of memory");
});

test("are argon2id with the cost of a hash made today, each under a salt of its own", async () => {
  const hashers = new Hashers();
  try {
    const input = Buffer.from("the digest of a password, 32 long");
    const [one, other] = (await Promise.all([hashers.hash(input), hashers.hash(input)])) as [string, string];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(other).not.toBe(one);
    expect([verifySync(one, input), verifySync(other, input), verifySync(one, "another")]).toEqual([true, true, false]);
  } finally {
    await hashers.close();
  }
});
