// How the tests of the built worker are run.

import { availableParallelism } from "node:os";
import { BaseSequencer } from "vitest/node";

/** What takes longest, longest first: whatever begins last should be short. */
const LONGEST = [
  "management/schema_fuzz",
  "storage/faults",
  "pages/chromium",
  "servicestack/clients",
  "attacks_by_requests",
  "pages/passkeys",
];

class LongestFirst extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    const longest = LONGEST.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.includes(name)));
    return [...new Set([...longest, ...sorted])];
  }
}

export default {
  test: {
    dir: "tests/e2e",
    // Loading Miniflare takes a second of CPU, so a process does it once for all the files that it runs.
    isolate: false,
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    // Hashing passwords beside another program's work takes its time; none of the tests is about speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};
