// The worker's own memory under any request, one at a time and sixteen: the platform's isolate has 128 MiB for all of it.

import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEMO_WEB, api } from "../../support/api";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { FORM } from "../../support/fixtures";
import { type Worker, startWorker } from "../../support/worker";

const MIB = 1_048_576;
const MOST = 65_536;

let worker: Worker;
let our: ReturnType<typeof api>;
const figures: string[] = [];

const start = (settings: Record<string, string>) =>
  startWorker({ settings: { ...demoSettings, SIGN_IN_ATTEMPTS: "10000", ACCOUNT_ATTEMPTS: "100000", ...settings } });
afterAll(() => console.log(figures.join("\n")));

async function memory(): Promise<number> {
  const answer = await our.send("GET", "/", { headers: { "x-meddle": JSON.stringify({ memory: true }) } });
  return Number(answer.text);
}
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;

type Ask = () => Promise<{ status: number; text: string }>;
const post =
  (path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Ask =>
  () =>
    our.send("POST", path, { body, headers: { "content-type": "application/json", ...headers } });
const filled = (head: string, piece: string, tail = "") =>
  head + piece.repeat(Math.floor((MOST - head.length - tail.length) / piece.length)) + tail;
const members = (count: number, text = "") =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}${text}`, n])));
/** The answer comes a second later, so that all are held at the same time. */
const slow = { "x-meddle": JSON.stringify({ on: "DB", trip: 1, slow: true }), authorization: "Bearer made-up" };

const WORST: Record<string, Ask> = {
  "999 unknown members, as long as there is room": post("/logout", members(999, "x".repeat(55))),
  "a form of 1,000 names": post("/auth/google", filled("", "a&"), FORM),
  "a form of 999 long names": post("/auth/google", Array.from({ length: 999 }, (_, n) => `${n}${"x".repeat(55)}=%41`).join("&"), FORM),
  "create-user with a made-up bearer, while storage is slow": post(
    "/auth/sign-up/create-user",
    JSON.stringify({ email: "a@b.example", password: "x", ...JSON.parse(members(900, "x".repeat(60))) }),
    slow,
  ),
  "create-user with a long text, while storage is slow": post(
    "/auth/sign-up/create-user",
    JSON.stringify({ email: "a@b.example", password: "x", x: "x".repeat(65_000) }),
    slow,
  ),
  "a mebibyte of an import with a made-up bearer, while storage is slow": post("/users/import", "{}\n".repeat(349_000), slow),
  "lists of nothing": post("/logout", filled("[", "[],", "0]")),
  "lists in lists": post("/logout", "[".repeat(MOST)),
  "a mebibyte of unknown members": post("/logout", members(70_000)),
  "a mebibyte of names in a form": post("/auth/google", "a&".repeat(520_000), FORM),
  "thirty mebibytes": post("/auth/login", " ".repeat(30 * MIB)),
  "a gzip bomb": post("/auth/login", gzipSync(" ".repeat(50 * MIB)), { "content-encoding": "gzip" }),
  "a long name": post("/auth/login", JSON.stringify({ ...DEMO_WEB, password: "x", username: "\ufdfa".repeat(21_000) })),
  "a long password": post("/auth/login", JSON.stringify({ ...DEMO_WEB, username: "demo", password: "\ufdfa".repeat(21_000) })),
  "a name that folds to eighteen times its length": post(
    "/auth/login",
    JSON.stringify({ ...DEMO_WEB, password: "x", username: "\ufdfa".repeat(320) }),
  ),
  "a ServiceStack body of lists": post("/api/Authenticate", filled('{"x":[', "[],", "0]}")),
  "a ServiceStack form of names": post("/auth/credentials", filled("", "a&"), FORM),
  "JSV of commas": post("/auth/credentials", filled("{a:[", ",", "]}"), { "content-type": "text/jsv" }),
  "XML of elements": post("/auth/credentials", filled("<a>", "<b/>", "</a>"), { "content-type": "application/xml" }),
  "CSV of commas": post("/auth/credentials", filled("", ","), { "content-type": "text/csv" }),
  "a multipart form of parts": post(
    "/auth/credentials",
    filled("", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n', "--b--"),
    { "content-type": "multipart/form-data; boundary=b" },
  ),
  "a query of names": () => our.send("GET", `/auth/google?${"a&".repeat(15_000)}`),
  "a path of slashes": () => our.send("GET", `http://127.0.0.1:8787/${"/".repeat(30_000)}`),
  "filters in brackets": () =>
    our.send(
      "GET",
      `/auth-clients?${Array.from({ length: 180 }, (_, n) => `filter[${n}]${"[a]".repeat(31)}=`)
        .join("&")
        .slice(0, 30_000)}`,
    ),
  "cookies without end": () => our.send("GET", "/auth", { headers: { cookie: "ss-tok=a;".repeat(3_000) } }),
  "media types without end": () => our.send("GET", "/auth", { headers: { accept: "text/jsv,".repeat(3_000) } }),
};

describe("beside PBKDF2", () => {
  beforeAll(async () => {
    worker = await start({ PASSWORD_HASH: "pbkdf2-sha512" });
    our = api(worker);
    // A cheap one, which is as large: workerd hangs up on requests that it gets round to after five seconds.
    const cheap = "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0";
    await worker.db.prepare("update user_credentials set password = ?").bind(cheap).run();
  });
  afterAll(() => worker.stop());
  // Memory that was had for one thing is there for the next: each has a worker of its own.
  beforeEach(() => worker.restart({}));

  test.each(Object.entries(WORST))("%s: under 32 MiB, also sixteen at a time", async (name, ask) => {
    const sizes = [await memory()];
    const first = await ask();
    sizes.push(await memory());
    await Promise.all(Array.from({ length: 16 }, ask));
    sizes.push(await memory());
    figures.push(`${name}: ${first.status}, answer of ${first.text.length} bytes, memory ${sizes.map(mib).join(" → ")}`);
    expect(first.status).toBeGreaterThanOrEqual(400);
    expect(first.status).toBeLessThan(500);
    expect(first.text.length).toBeLessThan(MOST);
    expect(Math.max(...sizes)).toBeLessThan(32 * MIB);
  });
});

test("beside argon2id: under 64 MiB, while sixteen sign in and sixteen of each of the worst are held", async () => {
  worker = await start({ PASSWORD_HASH: "argon2id" });
  our = api(worker);
  await our.signIn();
  const worst = Object.entries(WORST).filter(([name]) => /while storage is slow|lists of nothing|XML/.test(name));
  expect(worst).toHaveLength(5);
  for (const [, ask] of worst) {
    const answers = await Promise.all(Array.from({ length: 16 }, () => [ask(), our.loginToken()]).flat());
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(16);
  }
  const size = await memory();
  figures.push(`all of it beside argon2id: ${mib(size)}`);
  await worker.stop();
  expect(size).toBeGreaterThan(19 * MIB);
  expect(size).toBeLessThan(64 * MIB);
});
