// The guides in docs/moving: their commands are commands, and each says what it must.

import { readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { describe, expect, test } from "vitest";
import { OPTIONS, readOptions } from "../../../scripts/lib/import/options.mjs";

const folder = new URL("../../../docs/moving/", import.meta.url);
const guides = readdirSync(folder).filter((name) => !["README.md", "rules.md"].includes(name));
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");

test("there is one for each source, and the overview leads to all", () => {
  expect(guides).toEqual(["arc.md", "auth0.md", "csv.md", "identity.md", "keycloak.md", "servicestack.md"]);
  for (const guide of guides) expect(read("README.md")).toContain(`(${guide})`);
});

describe.each(guides)("%s", (guide) => {
  const commands = [...read(guide).matchAll(/^npm run import -- (.+)$/gm)].map(([, line]) => line!);

  test("its commands are of its source, with options that there are", () => {
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
      const { values, positionals } = parseArgs({ args, options: OPTIONS as never, allowPositionals: true });
      const [source, ...files] = positionals;
      expect(`${source}.md`).toBe(guide);
      expect(() => readOptions(source!, files, values)).not.toThrow();
    }
  });

  test("it says what comes over, what does not, and how to run both and go back", () => {
    for (const part of ["Side by side, and back"]) expect(read(guide)).toContain(part);
    if (guide !== "csv.md") for (const part of ["What comes over", "What does not"]) expect(read(guide)).toContain(part);
  });
});
