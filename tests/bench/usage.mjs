// What a process costs, as the kernel counts it. Linux only: nothing is known on other systems.

import { readFileSync } from "node:fs";

/** What `getconf CLK_TCK` says wherever Node runs. */
const TICK_MS = 10;

/** The processes that this one has started and that still run. */
export function children() {
  const text = read(`/proc/self/task/${process.pid}/children`) ?? "";
  return new Set(text.split(" ").filter(Boolean));
}

/** Milliseconds of CPU that a process has used so far. */
export function cpuMs(pid) {
  const fields = read(`/proc/${pid}/stat`)?.split(") ").at(-1).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** MiB that a process holds in memory. */
export function residentMiB(pid) {
  const kib = read(`/proc/${pid}/status`)?.match(/^VmRSS:\s+(\d+)/m)?.[1];
  return kib && Number(kib) / 1024;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
