// The readers of an import: whatever a system writes is read back, and what is no such file is refused with its line.

import { gzipSync } from "node:zlib";
import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvRows } from "../../../scripts/lib/import/csv.mjs";
import { jsonObjects } from "../../../scripts/lib/import/json.mjs";
import { arrayOf, dumpRows } from "../../../scripts/lib/import/pg-dump.mjs";
import { moment } from "../../../scripts/lib/import/record.mjs";
import { withStaging } from "../../../scripts/lib/import/staging.mjs";
import { DUMP_HEAD, type Tables, byCopy, byInsert, folder } from "../../support/moving";

const { file, path } = folder();
const all = async <T>(rows: AsyncIterable<T>) => {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
};
const values = async (dump: string) => {
  const rows = await all(dumpRows(file("dump.sql", dump)));
  return rows.map(({ table, columns, values }) => [table, Object.fromEntries(columns.map((column, n) => [column, values[n]]))]);
};

/** What a column of PostgreSQL can hold: anything but NUL and halves of signs. */
const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll("\0", "")),
  fc.constantFrom("\\N", "\\.", "'", "''", "a\tb", "a\nb", "\r\n", "--x", "/*", "$$", ";", "\\", "null", "{}", "E'x'", "\b\f\v", ""),
);
const tables: fc.Arbitrary<Tables> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom("id", "user", "Name", "a b", 'q"x'), { minLength: 1 }),
    fc.array(fc.array(fc.option(texts), { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
  )
  .map(([columns, rows]) => ({ people: rows.map((row) => Object.fromEntries(columns.map((column, n) => [column, row[n]!]))) }));

describe("a dump of PostgreSQL", () => {
  test("gives back any row that was written into it, whichever way it was written", async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.integer({ min: 1, max: 4 }), async (tables, rows) => {
        const expected = Object.entries(tables).flatMap(([table, rows]) => rows.map((row) => [table, row]));
        expect(await values(byCopy(tables))).toEqual(expected);
        expect(await values(byInsert(tables, { rows }))).toEqual(expected);
        expect(await values(byInsert(tables, { rows, columns: false }))).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test("is read gzipped, with CRLF, without schema and with escaped strings", async () => {
    const copy = byCopy({ people: [{ id: "1", name: "x" }] });
    expect(await all(dumpRows(file("dump.sql.gz", gzipSync(copy))))).toMatchObject([{ table: "people", values: ["1", "x"] }]);
    expect(await values(copy.replaceAll("\n", "\r\n"))).toEqual([["people", { id: "1", name: "x" }]]);
    expect(await values("INSERT INTO people (id, name, n, t) VALUES (1, E'a\\'b\\n\\\\''c', -1.5e3, true);\n")).toEqual([
      ["people", { id: "1", name: "a'b\n\\'c", n: "-1.5e3", t: "true" }],
    ]);
    expect(await values("SET standard_conforming_strings = off;\nINSERT INTO people (id) VALUES ('a\\\\b');")).toEqual([
      ["people", { id: "a\\b" }],
    ]);
  });

  test.each<[string, string | Buffer, RegExp]>([
    ["INSERT without columns and without CREATE TABLE", "INSERT INTO people VALUES (1);", /:1: does not say the columns.*--column-inserts/],
    ["a row of COPY with too few values", `${DUMP_HEAD}COPY people (a, b) FROM stdin;\n1\n\\.\n`, /:\d+: people has 2 columns, the row 1/],
    ["a row of INSERT with too many values", "\n\nINSERT INTO people (a) VALUES (1),\n(2, 3);", /:4: people has 1 columns, the row 2/],
    ["COPY without its end", "COPY people (a) FROM stdin;\n1\n", /:1: .*cut off/],
    ["a text without its end", "INSERT INTO people (a) VALUES ('x", /:1: .*cut off/],
    ["a backslash at the end of a row", "COPY people (a) FROM stdin;\nx\\\n\\.\n", /:2: ends in a backslash/],
    ["another encoding", "SET client_encoding = 'LATIN1';", /:1: is in LATIN1.*--encoding=UTF8/],
    ["bytes that are not UTF-8", Buffer.from([0x2d, 0x2d, 0xff, 0x0a]), /:1: .*not UTF-8/],
    ["UTF-16", Buffer.from("\ufeff-- x", "utf16le"), /UTF-16/],
    ["a custom archive", "PGDMP\u0001\u000e", /a custom archive.*pg_restore/],
    ["a tar archive", `${"toc.dat".padEnd(257, "\0")}ustar  `, /a tar archive.*pg_restore/],
    ["half of a gzip file", gzipSync("x".repeat(10_000)).subarray(0, 30), /no whole gzip file/],
  ])("%s is refused with its line", async (_, content, problem) => {
    await expect(all(dumpRows(file("bad.sql", content)))).rejects.toThrow(problem);
  });

  test("a directory archive is refused with the line of pg_restore, and what is no file by its name", async () => {
    mkdirSync(join(path, "archive"));
    await expect(all(dumpRows(join(path, "archive")))).rejects.toThrow(/a directory archive.*pg_restore/);
    await expect(all(dumpRows(join(path, "nowhere.sql")))).rejects.toThrow("nowhere.sql: there is no such file");
  });

  test("a line or a statement without end takes no memory", async () => {
    const long = "x".repeat(17 * 1024 * 1024);
    await expect(all(dumpRows(file("long.sql", `COPY people (a) FROM stdin;\n${long}`)))).rejects.toThrow(/long.sql:2: the line is longer/);
    await expect(
      all(dumpRows(file("long.sql", `INSERT INTO people (a) VALUES ('${long.replace(/x{1000}/g, `${"x".repeat(999)}\n`)}`))),
    ).rejects.toThrow(/longer/);
  });

  test("a bomb of a gzip file goes off nowhere", async () => {
    const bomb = gzipSync(
      `COPY people (a) FROM stdin;
${`${"x".repeat(1023)}
`.repeat(96 * 1024)}`,
      { level: 9 },
    );
    await expect(all(dumpRows(file("bomb.sql.gz", bomb)))).rejects.toThrow(/inflates to far more/);
  });

  test("arrays are read as PostgreSQL writes them", () => {
    expect(arrayOf('{a,"b c",NULL,"NULL","q\\"x","b\\\\s",1}')).toEqual(["a", "b c", null, "NULL", 'q"x', "b\\s", "1"]);
    expect(arrayOf("{}")).toEqual([]);
    for (const none of ["", "a", "{a", '{"a}', "{{a},{b}}"]) expect(arrayOf(none), none).toBeNull();
  });
});

describe("a moment", () => {
  test.each([
    ["2026-11-27 18:55:42.473519+00", "2026-11-27T18:55:42.473Z"],
    ["2026-11-27 20:55:42+02", "2026-11-27T18:55:42Z"],
    ["2026-11-27 13:25:42-05:30", "2026-11-27T18:55:42Z"],
    ["2026-11-27T18:55:42.4735190Z", "2026-11-27T18:55:42.473Z"],
    ["2026-11-27 18:55", "2026-11-27T18:55:00Z"],
    ["2026-11-27", "2026-11-27T00:00:00Z"],
    ["638678553420000000", "2024-11-22T06:55:42Z"],
    ["/Date(1795805742000)/", "2026-11-27T18:55:42Z"],
    ["1795805742000", "2026-11-27T18:55:42Z"],
    ["1795805742", "2026-11-27T18:55:42Z"],
  ])("is read of %s", (written, expected) => {
    expect(new Date(moment(written)!).toISOString()).toBe(new Date(expected).toISOString());
  });

  test("is none of what is no date", () => {
    for (const written of ["", null, "soon", "2026-13-01", "infinity"]) expect(moment(written)).toBeNull();
  });
});

describe("CSV", () => {
  const rows = async (text: string | Buffer, delimiter = ",") =>
    (await all(csvRows(file("people.csv", text), { delimiter }))).map(({ columns, values }) =>
      Object.fromEntries(columns.map((column, n) => [column, values[n]])),
    );
  const cell = fc.option(fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\0", "")));

  test("gives back any value that was written into it, with any line ends and delimiter", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { maxLength: 5 }),
        fc.constantFrom("\n", "\r\n"),
        fc.constantFrom(",", ";", "\t"),
        async (cells, end, delimiter) => {
          const write = (value: string | null) => (value === null ? "" : `"${value.replaceAll('"', '""')}"`);
          const text = [`a${delimiter}b`, ...cells.map((row) => row.map(write).join(delimiter))].join(end) + end;
          const expected = cells.map(([a, b]) => ({ a, b }));
          expect(await rows(text, delimiter)).toEqual(expected);
          expect(await rows(`\ufeff${text}`, delimiter)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each<[string, string, RegExp]>([
    ["a ragged line", "a,b\n1,2\n3\n", /:3: the header has 2 columns, the row 1/],
    ["an open quote", 'a,b\n1,"2\n3', /:2: a quoted value does not end/],
    ["something behind a quote", 'a\n"1"2\n', /:2: something stands behind/],
    ["a quote in a bare value", 'a\n1"2"\n', /:2: a quote stands in a value/],
    ["a doubled column", "a,a\n1,2\n", /:1: the column "a" is there twice/],
    ["a column without a name", "a,\n1,2\n", /:1: a column has no name/],
    ["NUL", "a\n1\0\n", /:2: has a NUL/],
    ["nothing", "", /is empty/],
  ])("%s is refused with its line", async (_, text, problem) => {
    await expect(rows(text)).rejects.toThrow(problem);
  });
});

describe("JSON", () => {
  const objects = async (text: string, list?: string) => all(jsonObjects(file("people.json", text), { list }));
  const object = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>;

  test("gives back any object of a list, of lines, and of a member, with what stands beside it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { minLength: 1, maxLength: 5 }),
        object,
        fc.constantFrom(undefined, 1),
        async (list, beside, indent) => {
          const copy = (value: unknown) => JSON.parse(JSON.stringify(value));
          const rest = { ...beside };
          delete rest.users;
          const found = async (text: string, name?: string) => (await objects(text, name)).map(({ value, rest }) => value ?? rest);
          expect(await found(JSON.stringify(list, null, indent))).toEqual(copy(list));
          expect(await found(list.map((value) => JSON.stringify(value)).join("\n"))).toEqual(copy(list));
          const whole = JSON.stringify({ ...rest, users: list, inner: { users: [1] } }, null, indent);
          expect(await found(whole, "users")).toEqual([...copy(list), copy({ ...rest, users: [], inner: { users: [1] } })]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each<[string, string, RegExp]>([
    ["a file that is cut off", '[{"a": 1},\n{"a"', /:2: does not end/],
    ["what is no JSON", '[{"a": 1},\n{a: 2}]', /:2: this is no JSON/],
    ["a list of numbers", "[1, 2]", /:1: something stands here that is no object/],
    ["too many brackets", '{"a": 1}\n}', /:2: a bracket closes/],
    ["no object at all", "null", /no object/],
  ])("%s is refused with its line", async (_, text, problem) => {
    await expect(objects(text)).rejects.toThrow(problem);
  });
});

test("no reader falls over whatever it is given", async () => {
  const readers = [
    (path: string) => all(dumpRows(path)),
    (path: string) => all(csvRows(path, {})),
    (path: string) => all(jsonObjects(path, {})),
    (path: string) => all(jsonObjects(path, { list: "users" })),
  ];
  const piece = fc.constantFrom(
    "COPY ",
    "people",
    " (a) FROM stdin;\n",
    "\\.",
    "\n",
    "INSERT INTO ",
    "VALUES",
    "('",
    "'",
    '"',
    "$a$",
    "--",
    "/*",
    "*/",
    "E'\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"users"',
    ";",
    "\\",
    "1",
    "CREATE TABLE x (",
  );
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.array(piece, { maxLength: 25 }).map((pieces) => Buffer.from(pieces.join(""))),
  );
  await fc.assert(
    fc.asyncProperty(content, async (content) => {
      for (const read of readers) {
        const failure = await read(file("nonsense", content)).then(
          () => null,
          (error: Error) => error,
        );
        if (failure) expect(failure.constructor.name, failure.stack).toBe("Unreadable");
      }
    }),
    { numRuns: 400 },
  );
});

test("what waits has no name while an import runs, so that nothing ends it and leaves it", async () => {
  await withStaging(async (staging) => {
    for (let n = 0; n < 2000; n++) staging.put("people", ["id", "name"], [String(n), "x".repeat(1000)], { file: "people.csv", line: n });
    const names = readdirSync(dirname(staging.path), { recursive: true, withFileTypes: true });
    expect(names.filter((it) => it.isFile())).toEqual([]);
    expect(staging.get("select count(*) as n, min(length(name)) as l from people")).toEqual({ n: 2000, l: 1000 });
  });
});
