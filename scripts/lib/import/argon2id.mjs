// argon2id on all processors: one thread for each, and each with an argon2id of its own (hash-wasm: plain WebAssembly
// with SIMD, so nothing is compiled when it is installed; Node 20 has none).

import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { argon2id } from "hash-wasm";

/** The cost of a hash made today, as in src/auth/password/mod.rs. */
const COST = { memorySize: 19 * 1024, iterations: 2, parallelism: 1, hashLength: 32 };

if (!isMainThread) {
  parentPort.on("message", async ({ n, input }) => {
    const hash = await argon2id({ ...COST, password: input, salt: randomBytes(16), outputType: "encoded" });
    parentPort.postMessage({ n, hash });
  });
}

/** Threads that hash; `close` ends them. Made at the first hash. */
export class Hashers {
  #threads = [];
  #waiting = new Map();
  #next = 0;

  /** The PHC string of argon2id over some bytes, under a fresh salt. */
  hash(input) {
    if (this.#threads.length === 0) this.#begin();
    const n = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject });
      this.#threads[n % this.#threads.length].postMessage({ n, input });
    });
  }

  #begin() {
    this.#threads = Array.from({ length: availableParallelism() }, () => {
      const thread = new Worker(new URL(import.meta.url));
      thread.on("message", ({ n, hash }) => {
        this.#waiting.get(n).resolve(hash);
        this.#waiting.delete(n);
      });
      thread.on("error", (error) => {
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
      });
      return thread;
    });
  }

  async close() {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
