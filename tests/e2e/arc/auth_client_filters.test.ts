// Filters over auth clients on real D1: the shared vectors, and random filters over random rows.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN, api } from "../../support/api";
import { startWorker } from "../../support/worker";

interface Row {
  id: number;
  clientId: string;
  redirectUrl: string | null;
  accessTokenExpiration: number;
  refreshTokenExpiration: number;
  authCodeExpiration: number;
  createdOn: string;
  modifiedOn: string;
  deleted?: boolean;
}
type Column = Exclude<keyof Row, "deleted">;
type Value = string | number | null;
type Operation = Value | Record<string, Value | Value[]>;
/** A where: `and` and `or` hold more of them. */
type Where = { [name: string]: Operation | Where[] };
interface Vector {
  name: string;
  parameter: "filter" | "where";
  json?: unknown;
  text?: string;
  pairs?: [string, string][];
  ids?: number[];
  refused?: "syntaxError" | "value" | { path: string; code: string };
}

/** A worker with these clients; the administrator's session is with client 1. */
async function over(rows: Row[]) {
  const worker = await startWorker();
  const our = api(worker);
  const headers = our.bearer((await our.signIn(ADMIN)).accessToken);
  const statement = worker.db.prepare(
    "insert into auth_clients (id, client_id, client_secret_digest, secret_digest, redirect_url, access_token_expiration, refresh_token_expiration, auth_code_expiration, created_on, modified_on, deleted) values (?1, ?2, 'hidden', 'hidden', ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (id) do update set client_id = ?2, redirect_url = ?3, access_token_expiration = ?4, refresh_token_expiration = ?5, auth_code_expiration = ?6, created_on = ?7, modified_on = ?8",
  );
  await worker.db.prepare("update auth_clients set client_id = 'placeholder-' || id").run();
  await worker.db.batch(
    rows.map((row) =>
      statement.bind(
        row.id,
        row.clientId,
        row.redirectUrl,
        row.accessTokenExpiration,
        row.refreshTokenExpiration,
        row.authCodeExpiration,
        Date.parse(row.createdOn),
        Date.parse(row.modifiedOn),
        row.deleted ? 1 : 0,
      ),
    ),
  );
  return {
    worker,
    send: (method: string, path: string, query: string, body?: unknown) =>
      our.send(method, `/auth-clients${path}?${query}`, { headers, body }),
  };
}
type Place = Awaited<ReturnType<typeof over>>;

const query = (name: string, value: unknown) =>
  new URLSearchParams([[name, typeof value === "string" ? value : JSON.stringify(value)]]).toString();

interface Stamp {
  id: number;
  modified_on: number;
}

/** The rows that a PATCH with a where changes; afterwards all is as before. */
async function patched({ worker, send }: Place, sent: string) {
  const before = await worker.db.prepare("select id, modified_on from auth_clients").all<Stamp>();
  const answer = await send("PATCH", "", sent, { deleted: false });
  const after = await worker.db.prepare("select id, modified_on from auth_clients order by id").all<Stamp>();
  const old = new Map(before.results.map((row) => [row.id, row.modified_on]));
  const ids = after.results.filter((row) => row.modified_on !== old.get(row.id)).map((row) => row.id);
  const undo = worker.db.prepare("update auth_clients set modified_on = ?2 where id = ?1");
  if (ids.length > 0) await worker.db.batch(ids.map((id) => undo.bind(id, old.get(id))));
  expect(answer.body).toEqual({ count: ids.length });
  return ids;
}

describe("the shared vectors", () => {
  const vectors: { rows: Row[]; cases: Vector[] } = JSON.parse(
    readFileSync(new URL("../../vectors/filters.json", import.meta.url), "utf8"),
  );
  let place: Place;
  beforeAll(async () => {
    place = await over(vectors.rows);
  });
  afterAll(() => place.worker.stop());

  const sent = (one: Vector) => (one.pairs ? new URLSearchParams(one.pairs).toString() : query(one.parameter, one.text ?? one.json));

  test("each finds its rows, by list, count and update", async () => {
    const found = vectors.cases.filter((one) => one.refused === undefined);
    expect(found.length).toBeGreaterThan(90);
    for (const one of found) {
      const answer = await place.send("GET", one.parameter === "filter" ? "" : "/count", sent(one));
      expect(answer.status, `${one.name}: ${answer.text}`).toBe(200);
      expect(answer.text).not.toContain("hidden");
      if (one.parameter === "where") {
        expect(answer.body, one.name).toEqual({ count: one.ids!.length });
        if (one.pairs === undefined || one.pairs.some(([name]) => name.startsWith("where[")))
          expect(await patched(place, sent(one)), one.name).toEqual(one.ids);
      } else {
        expect(answer.body, one.name).toHaveLength(one.ids!.length);
        if (answer.body.every((row: Row) => "id" in row))
          expect(
            answer.body.map((row: Row) => row.id),
            one.name,
          ).toEqual(one.ids);
      }
    }
  }, 60_000);

  test("each refusal is a 400 that says where and why", async () => {
    const refused = vectors.cases.filter((one) => one.refused !== undefined);
    expect(refused.length).toBeGreaterThan(50);
    for (const one of refused) {
      const { status, body } = await place.send("GET", one.parameter === "filter" ? "" : "/count", sent(one));
      expect([status, body.error?.code], one.name).toEqual([400, "INVALID_PARAMETER_VALUE"]);
      if (one.refused === "syntaxError") expect(body.error.details.syntaxError, one.name).toBeTypeOf("string");
      else if (one.refused === "value") expect(body.error.details, one.name).toBeUndefined();
      else expect(body.error.details, one.name).toEqual([expect.objectContaining(one.refused!)]);
    }
  }, 60_000);
});

describe("random filters over random rows", () => {
  // Seeded, so that a failure comes again.
  let seed = 20_260_401;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const letters = (most: number) => Array.from({ length: below(most + 1) }, () => pick([..."abABéÉ%_*?[]\\'\"5"])).join("");
  // A pattern that ends in a lone backslash is refused, which the vectors show.
  const pattern = () => letters(4).replace(/\\+$/, (run) => (run.length % 2 === 0 ? run : `${run}\\`));
  const instant = () => new Date(Date.UTC(2024, 1, 1 + below(28), below(24))).toISOString();

  const rows = (): Row[] => {
    const names = new Set<string>();
    while (names.size < 300) names.add(`${letters(4)}x`.slice(0, 1 + below(5)));
    return [...names].map((clientId, at) => ({
      id: at + 1,
      clientId,
      redirectUrl: random() < 0.3 ? null : letters(4),
      accessTokenExpiration: 1 + below(5),
      refreshTokenExpiration: 1 + below(40),
      authCodeExpiration: 1 + below(5),
      createdOn: instant(),
      modifiedOn: instant(),
      deleted: at > 1 && random() < 0.1,
    }));
  };

  const COMPARISONS = ["eq", "neq", "gt", "gte", "lt", "lte"] as const;
  const list = (one: () => Value, most: number) => Array.from({ length: below(most) }, one);
  const operation = (value: () => Value, text: boolean): Operation => {
    const kinds = text ? 8 : 4;
    switch (below(kinds)) {
      case 0:
        return { [pick(COMPARISONS)]: value() };
      case 1:
        return { [pick(["inq", "nin"])]: list(value, 5) };
      case 2:
        return { between: [value(), value()] };
      case 3:
        return value();
      case 4:
        return { regexp: pick(["^a", "[bB]$", "é", "^.?$", "/^A/i"]) };
      case 5:
        return pick<Operation>([null, { neq: null }]);
      default:
        return { [pick(["like", "nlike", "ilike", "nilike"])]: pattern() };
    }
  };
  const leaf = (): Where => {
    switch (below(3)) {
      case 0:
        return { [pick(["clientId", "redirectUrl"])]: operation(() => letters(3), true) };
      case 1:
        return {
          [pick(["id", "accessTokenExpiration", "refreshTokenExpiration", "authCodeExpiration"])]: operation(() => below(40), false),
        };
      default:
        return { [pick(["createdOn", "modifiedOn"])]: operation(instant, false) };
    }
  };
  const condition = (depth: number): Where => {
    if (depth === 0 || random() < 0.3) return random() < 0.3 ? { ...leaf(), ...leaf() } : leaf();
    const group = { [pick(["and", "or"])]: Array.from({ length: 1 + below(3) }, () => condition(depth - 1)) };
    return random() < 0.3 ? { ...leaf(), ...group } : group;
  };

  // What a where means, as plainly as it can be said.
  const alike = (text: string, pattern: string): boolean => {
    if (pattern === "") return text === "";
    if (pattern[0] === "%") return alike(text, pattern.slice(1)) || (text !== "" && alike(text.slice(1), pattern));
    if (pattern[0] === "\\" && pattern.length > 1) return text !== "" && text[0] === pattern[1] && alike(text.slice(1), pattern.slice(2));
    return text !== "" && (pattern[0] === "_" || pattern[0] === text[0]) && alike(text.slice(1), pattern.slice(1));
  };
  const folded = (text: string) => text.toLowerCase();
  const regexp = (text: string) => (text.startsWith("/") ? /^A/i : new RegExp(text, "u"));
  const passes = (value: Value, operator: string, to: Value | Value[]): boolean => {
    if (operator === "neq" && to === null) return value !== null;
    if (operator === "nin" && Array.isArray(to) && to.length === 0) return true;
    if (value === null || to === null) return operator === "eq" && value === to;
    return Array.isArray(to) ? passesList(value, operator, to) : passesOne(value, operator, to);
  };
  const passesList = (value: string | number, operator: string, to: Value[]) => {
    if (operator === "between") return value >= to[0]! && value <= to[1]!;
    return to.includes(value) === (operator === "inq");
  };
  const passesOne = (value: string | number, operator: string, to: string | number) => {
    switch (operator) {
      case "eq":
        return value === to;
      case "neq":
        return value !== to;
      case "gt":
        return value > to;
      case "gte":
        return value >= to;
      case "lt":
        return value < to;
      case "lte":
        return value <= to;
      case "like":
        return alike(String(value), String(to));
      case "nlike":
        return !alike(String(value), String(to));
      case "ilike":
        return alike(folded(String(value)), folded(String(to)));
      case "nilike":
        return !alike(folded(String(value)), folded(String(to)));
      default:
        return regexp(String(to)).test(String(value));
    }
  };
  const holds = (where: Where, row: Row): boolean =>
    Object.entries(where).every(([name, test]) => {
      if (Array.isArray(test)) return name === "and" ? test.every((part) => holds(part, row)) : test.some((part) => holds(part, row));
      const value = row[name as Column];
      if (test === null || typeof test !== "object") return passes(value, "eq", test);
      return Object.entries(test).every(([operator, to]) => passes(value, operator, to));
    });

  test("D1's rows are those of a plain reading of the filter, in its order and page", async () => {
    const all = rows();
    const place = await over(all);
    try {
      const live = all.filter((row) => !row.deleted);
      for (let n = 0; n < 150; n++) {
        const where = condition(3);
        const meant = live.filter((row) => holds(where, row));
        const [column, down, limit, skip] = [
          pick(["accessTokenExpiration", "createdOn", "id"] as const),
          random() < 0.5,
          1 + below(300),
          below(20),
        ];
        const sign = down ? -1 : 1;
        const sorted = [...meant].sort((a, b) => (a[column] < b[column] ? -sign : a[column] > b[column] ? sign : a.id - b.id));
        const filter = { where, order: `${column} ${down ? "DESC" : "ASC"}`, limit, skip };
        const answer = await place.send("GET", "", query("filter", filter));
        expect(answer.status, `${JSON.stringify(filter)} ${answer.text}`).toBe(200);
        expect(
          answer.body.map((row: Row) => row.id),
          JSON.stringify(filter),
        ).toEqual(sorted.slice(skip, skip + limit).map((row) => row.id));
        expect((await place.send("GET", "/count", query("where", where))).body).toEqual({ count: meant.length });
        if (n % 10 === 0) expect(await patched(place, query("where", where))).toEqual(meant.map((row) => row.id));
      }
    } finally {
      await place.worker.stop();
    }
  }, 120_000);
});
