// argon2id on all processors: one thread for each, and each with one hash at a time, so that the memory is theirs alone
// (@node-rs/argon2: built for each system, so nothing is compiled when it is installed; Node 20 has none).

import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { hashSync } from "@node-rs/argon2";

/** The cost of a hash made today, as in src/auth/password/mod.rs; algorithm 2 is argon2id. */
const COST = { algorithm: 2, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1, outputLen: 32 };

if (!isMainThread) parentPort.on("message", (input) => parentPort.postMessage(hashSync(input, { ...COST, salt: randomBytes(16) })));

const ofThisFile = () => new Worker(new URL(import.meta.url));

/** Threads that hash; `close` ends them. Made at the first hash. */
export class Hashers {
  #threads = [];
  #idle = [];
  #waiting = [];
  #failed = null;

  /** @param {number} count how many hashes run at once */
  constructor(count = availableParallelism(), begin = ofThisFile) {
    Object.assign(this, { count, begin });
  }

  /** The PHC string of argon2id over some bytes, under a fresh salt. */
  hash(input) {
    if (this.#threads.length === 0) this.#begin();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#next();
    });
  }

  #begin() {
    this.#threads = Array.from({ length: this.count }, () => this.begin());
    this.#idle = this.#threads.map((thread) => {
      const worker = { thread, job: null };
      thread.on("message", (hash) => {
        const { job } = worker;
        this.#idle.push(worker);
        job.resolve(hash);
        this.#next();
      });
      thread.on("error", (error) => this.#fail(error, worker));
      return worker;
    });
  }

  /** Gives what waits to the threads that have nothing to do. */
  #next() {
    if (this.#failed !== null) for (const { reject } of this.#waiting.splice(0)) reject(this.#failed);
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const worker = this.#idle.pop();
      worker.job = this.#waiting.shift();
      worker.thread.postMessage(worker.job.input);
    }
  }

  #fail(error, worker) {
    this.#failed = error;
    worker.job?.reject(error);
    this.#next();
  }

  async close() {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
