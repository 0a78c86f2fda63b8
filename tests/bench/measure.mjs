// How it is measured: everything in turn, round after round, so that other work of the machine hits all alike.

import { setTimeout } from "node:timers/promises";

/** One thing that is measured, and what came out round by round: latencies in ms, sorted, and what the round cost. */
export class Subject {
  constructor(name, prepare) {
    this.name = name;
    this.prepare = prepare;
    /** At concurrency 1 and 16: `[{ ms: [...], seconds, cpuMs }]`, one for each round. */
    this.alone = [];
    this.crowded = [];
  }
}

/** What a worker does once its answer has left must not be on the next one's bill. */
const PAUSE_MS = 5;

/** One request at a time: the first of everything, then the second of everything, and so on. */
export async function measureAlone(subjects, count, send) {
  const prepared = [];
  for (const subject of subjects) prepared.push(await subject.prepare(count));
  const ms = subjects.map(() => []);
  for (let i = 0; i < count; i++) {
    for (const [s, { requests }] of prepared.entries()) {
      await setTimeout(PAUSE_MS);
      ms[s].push((await send(requests[i])).ms);
    }
  }
  for (const { restore } of prepared) await restore?.();
  for (const [s, subject] of subjects.entries()) {
    subject.alone.push({ ms: ms[s].sort(ascending), seconds: sum(ms[s]) / 1000 });
  }
}

/** Many requests at a time, one subject after the other; `cpuMs` reads the processor time used so far. */
export async function measureCrowded(subjects, count, concurrency, send, cpuMs) {
  for (const subject of subjects) {
    const { requests, restore } = await subject.prepare(count);
    const queue = requests.values();
    const ms = [];
    const client = async () => {
      for (const request of queue) ms.push((await send(request)).ms);
    };
    const [start, cpu] = [performance.now(), cpuMs()];
    await Promise.all(Array.from({ length: concurrency }, client));
    const seconds = (performance.now() - start) / 1000;
    subject.crowded.push({ ms: ms.sort(ascending), seconds, cpuMs: (cpuMs() - cpu) / count });
    await restore?.();
  }
}

/** The median of the rounds' p50, p95, requests per second and CPU per request. */
export function summary(rounds) {
  return {
    p50: median(rounds.map(({ ms }) => quantile(ms, 0.5))),
    p95: median(rounds.map(({ ms }) => quantile(ms, 0.95))),
    perSecond: median(rounds.map(({ ms, seconds }) => ms.length / seconds)),
    cpuMs: sum(rounds.map(({ cpuMs }) => cpuMs)) / rounds.length,
  };
}

/** How many times slower one is than the other: the median of what each round says. */
export function ratio(rounds, others) {
  return median(rounds.map(({ ms }, round) => quantile(ms, 0.5) / quantile(others[round].ms, 0.5)));
}

export function median(values) {
  return quantile([...values].sort(ascending), 0.5);
}

/** Of values in ascending order, between neighbours where it falls between them. */
export function quantile(values, share) {
  const at = share * (values.length - 1);
  const [low, high] = [values[Math.floor(at)], values[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

const ascending = (a, b) => a - b;
const sum = (values) => values.reduce((total, value) => total + value, 0);
