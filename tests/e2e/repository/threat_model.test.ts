// The threat model names the tests that hold its promises: they must be there.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** What stands in code marks in the right column: `folder/file`, `folder/file: test`, or a path with or without one. */
const named = read("docs/threat-model.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.includes("| held by |"))
  .flatMap((line) =>
    [
      ...line
        .split("|")
        .at(-2)!
        .matchAll(/`([^`]+)`/g),
    ].map((match) => match[1]!),
  );

test("every promise is held by something", () => {
  expect(named.length).toBeGreaterThan(25);
});

test.each(named)("%s is there", (name) => {
  if (name.startsWith("npm run ")) return expect(JSON.parse(read("package.json")).scripts).toHaveProperty(name.slice(8));
  const [file, title] = name.split(/: (.*)/s) as [string, string?];
  const path = /\.\w+$/.test(file) ? file : `tests/e2e/${file}.test.ts`;
  expect(existsSync(new URL(`../../../${path}`, import.meta.url)), path).toBe(true);
  if (title !== undefined) expect(read(path)).toContain(title.replace(/…$/, ""));
});
