// The documents name files, commands and settings: they must be there.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../../scripts/lib/steps.mjs";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const { scripts } = JSON.parse(read("package.json"));
const sources = ["src", "tests"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
);
const documents = [...readdirSync(root), ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`), "tests/bench/README.md"].filter(
  (name) => name.endsWith(".md"),
);

describe.each(documents)("%s", (document) => {
  const text = read(document);

  test("its links lead to files", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!);
    expect(links.filter((path) => !existsSync(join(root, dirname(document), path)))).toEqual([]);
  });

  test("the files of the project that it names are there", () => {
    const named = [...text.matchAll(/`((?:src|scripts|tests|docs|migrations)\/[\w./-]*)`/g)].map(([, path]) => path!);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("the source files that it names in short are there, with what it names in them", () => {
    const named = [...text.matchAll(/`((?:\w+\/)*\w+\.rs)(?:::([\w:]+))?`/g)].map(([, path, item]) => ({ path: path!, item }));
    const lacking = named.filter(({ path, item }) => {
      const files = sources.filter((source) => `/${source}`.endsWith(`/${path}`));
      const defines = new RegExp(`\\b(?:fn|struct|enum|const) ${item?.split("::").at(-1)}\\b`);
      return !files.some((file) => !item || defines.test(read(file)));
    });
    expect(lacking).toEqual([]);
  });

  test("the commands that it names are there", () => {
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("docs/deploy.md", () => {
  const text = read("docs/deploy.md");
  const wrangler = read("wrangler.toml");

  test("says what must be replaced in wrangler.toml, which `npm run deploy` refuses with", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/deploy.mjs"], { cwd: root, encoding: "utf8" });
    expect(status).toBe(1);
    const placeholders = stderr.match(/replace in wrangler.toml first: (.+)/)![1]!.split(", ");
    const keys = placeholders.map(
      (placeholder) =>
        wrangler
          .split("\n")
          .find((line) => line.includes(`"${placeholder}"`))!
          .split(" ")[0]!,
    );
    expect(keys).toEqual(["database_id", "id", "PUBLIC_URL"]);
    for (const key of keys) expect(text).toContain(`\`${key}\``);
  });

  test("creates what wrangler.toml binds, and puts secrets that are settings", () => {
    expect(text).toContain(`npx wrangler d1 create ${wrangler.match(/^database_name = "(.+)"/m)![1]}`);
    expect(text).toContain("npx wrangler kv namespace create");
    const secrets = [...text.matchAll(/wrangler secret put (\w+)/g)].map(([, name]) => name!);
    expect(secrets.length).toBeGreaterThan(1);
    for (const name of secrets) expect(read("docs/settings.md")).toContain(`\`${name}\` (secret)`);
  });
});
