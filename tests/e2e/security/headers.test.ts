// What every answer carries, and which browsers may read it.

import { beforeAll, describe, expect, test } from "vitest";
import { type Answer } from "../../support/api";
import { useWorker } from "../../support/fixtures";

const LOCAL = "http://localhost:5173"; // of demo-web's redirect URL
const APP = "https://app.example";
const OWN = "https://admin.example:8443"; // of ALLOWED_ORIGINS
const EXPOSED = "X-Cookies, WWW-Authenticate, Retry-After";

const settings = {
  ALLOWED_ORIGINS: `${OWN}, https://slash.example/, http://127.0.0.1:3000, capacitor://localhost, https://straße.example`,
};

const client = (id: number, redirectUrl: string, deleted = 0) =>
  `insert into auth_clients select ${id}, 'client-${id}', 'x', 'x', '${redirectUrl}', 900, 86400, 180, 0, 0, ${deleted}, null, null`;
const CLIENTS = [
  client(10, `${APP}/callback?x=1#y`),
  client(11, `${APP}/another`),
  client(12, "com.example.app:/callback"),
  client(13, "http://plain.example:8080/cb"),
  client(14, "https://gone.example/callback", 1),
  client(15, "https://default-port.example:443/cb"),
  client(16, "https://BIG.Example/cb"),
  client(17, "not a url"),
  client(18, "https://bücher.example/cb"),
];

let token: string;

const { worker, our } = useWorker({ settings });

beforeAll(async () => {
  await worker.db.batch(CLIENTS.map((sql) => worker.db.prepare(sql)));
  token = (await our.signIn()).accessToken;
});

/** One request for each kind of answer. */
const requests: Record<string, (headers: Record<string, string>) => Promise<Answer>> = {
  "200": (headers) => our.send("GET", "/auth/me", { headers: { ...our.bearer(token), ...headers } }),
  "200 of public keys": (headers) => our.send("GET", "/.well-known/jwks.json", { headers }),
  "200 of health": (headers) => our.send("GET", "/health", { headers }),
  "200 to HEAD": (headers) => our.send("HEAD", "/health", { headers }),
  "200 with tokens": (headers) => our.loginToken({}, headers),
  "400": (headers) => our.send("POST", "/auth/login", { body: "{", headers: { "content-type": "application/json", ...headers } }),
  "401 of an operation": (headers) => our.token("unknown", {}, headers),
  "401 of a strategy": (headers) => our.login({ client_secret: "wrong" }, headers),
  "401 without a bearer": (headers) => our.send("GET", "/auth/me", { headers }),
  "404": (headers) => our.send("GET", "/nothing", { headers }),
  "405": (headers) => our.send("GET", "/auth/login", { headers }),
  "413": (headers) =>
    our.send("POST", "/auth/login", { body: " ".repeat(1_048_577), headers: { "content-type": "application/json", ...headers } }),
  "415": (headers) => our.send("POST", "/auth/login", { body: "x", headers: { "content-type": "text/plain", ...headers } }),
  "422": (headers) => our.login({ foo: 1 }, headers),
};
const preflight = (path: string, headers: Record<string, string> = {}) =>
  our.send("OPTIONS", path, { headers: { "access-control-request-method": "POST", ...headers } });

const grant = ({ headers }: Answer) => ({
  origin: headers.get("access-control-allow-origin"),
  credentials: headers.get("access-control-allow-credentials"),
  exposed: headers.get("access-control-expose-headers"),
});
const granted = (origin: string) => ({ origin, credentials: "true", exposed: EXPOSED });
/** What every origin may read: it says nothing that depends on who asks. */
const OPEN = { origin: "*", credentials: null, exposed: "WWW-Authenticate, DPoP-Nonce, Retry-After" };
const NONE = { origin: null, credentials: null, exposed: null };
const vary = ({ headers }: Answer) =>
  headers
    .get("vary")!
    .split(",")
    .map((name) => name.trim());

describe.each(Object.entries(requests))("an answer %s", (kind, request) => {
  const isOpen = kind === "200 of public keys";

  test("may be read by an allowed origin, and says that it depends on it", async () => {
    for (const origin of [
      LOCAL,
      APP,
      OWN,
      "https://slash.example",
      "http://127.0.0.1:3000",
      "capacitor://localhost",
      "http://plain.example:8080",
      "https://default-port.example",
      "https://big.example",
      "https://xn--bcher-kva.example",
      "https://xn--strae-oqa.example",
    ]) {
      const answer = await request({ origin });
      expect(String(answer.status)).toBe(kind.slice(0, 3));
      expect(grant(answer), origin).toEqual(isOpen ? OPEN : granted(origin));
      expect(vary(answer)).toContain("Origin");
    }
  });

  test("may not be read by any other origin", async () => {
    for (const origin of [
      "null",
      "",
      "*",
      "https://evil.example",
      "https://app.example.evil.example",
      "https://evil-app.example",
      "http://app.example",
      "https://app.example:8443",
      `${APP}/`,
      "https://APP.example",
      "https://gone.example",
      "com.example.app",
      "com.example.app://",
      "ionic://localhost",
      "capacitor://localhost:80",
      "file://",
      "http://localhost:5174",
      "https://localhost:5173",
      "http://127.0.0.1:8787",
      `${APP}, ${LOCAL}`,
      "https://app.exampl\u00e9",
      "not a url",
    ]) {
      const answer = await request({ origin });
      expect(grant(answer), origin).toEqual(isOpen && !["null", ""].includes(origin) ? OPEN : NONE);
      expect(vary(answer)).toContain("Origin");
    }
    const answer = await request({});
    expect(grant(answer)).toEqual(NONE);
    expect(vary(answer)).toContain("Origin");
  });

  test("has the headers of every answer", async () => {
    const { headers } = await request({});
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toBeNull();
    expect(headers.get("set-cookie")).toBeNull();
    expect(headers.get("cache-control")).toBe(kind === "200 of public keys" ? "public, max-age=300" : "no-store");
    expect(headers.get("server-timing")).toMatch(/^waits;desc="\d+", d1;desc="\d+", kv;desc="\d+"$/);
  });
});

describe("a preflight", () => {
  test.each(["/auth/login", "/auth/me", "/auth/token-refresh", "/nothing"])("of %s is answered for an allowed origin", async (path) => {
    const answer = await preflight(path, { origin: APP, "access-control-request-headers": "authorization,content-type,device_id" });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe("");
    expect(grant(answer)).toEqual(granted(APP));
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET,HEAD,PUT,PATCH,POST,DELETE");
    expect(answer.headers.get("access-control-allow-headers")).toBe("authorization,content-type,device_id");
    expect(answer.headers.get("access-control-max-age")).toBe("86400");
    expect(vary(answer).sort()).toEqual(["Access-Control-Request-Headers", "Origin"]);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("server-timing")).toMatch(/^waits;desc="0"/);
  });

  test("of public keys is answered for every origin", async () => {
    const answer = await preflight("/.well-known/jwks.json", { origin: "https://any.example" });
    expect([answer.status, grant(answer)]).toEqual([204, OPEN]);
  });

  test("that asks for no headers is granted none", async () => {
    const answer = await preflight("/auth/login", { origin: APP });
    expect(grant(answer)).toEqual(granted(APP));
    expect(answer.headers.get("access-control-allow-headers")).toBeNull();
  });

  test("of any other origin is answered without any grant", async () => {
    for (const headers of [{}, { origin: "null" }, { origin: "https://evil.example" }] as Record<string, string>[]) {
      const answer = await preflight("/auth/login", { ...headers, "access-control-request-headers": "authorization" });
      expect(answer.status).toBe(204);
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(vary(answer)).toContain("Origin");
    }
  });
});

test("the list of origins costs no wait, read for the first time or not", async () => {
  await worker.restart({});
  for (const _ of [1, 2]) expect((await requests["200"]!({ origin: APP })).waits).toBe(1);
  await worker.restart({});
  expect((await our.login({}, { origin: APP })).waits).toBeLessThanOrEqual(2);
  await worker.restart({});
  expect((await requests["422"]!({ origin: APP })).waits).toBe(0);
});

test("a client's origin comes and goes with the client", async () => {
  const asks = async (origin: string) => grant(await requests["404"]!({ origin }));
  await worker.db.batch([
    worker.db.prepare(client(20, "https://new.example/cb")),
    worker.db.prepare("update auth_clients set deleted = 1 where id = 13"),
  ]);
  await worker.restart({});
  expect(await asks("https://new.example")).toEqual(granted("https://new.example"));
  expect(await asks("http://plain.example:8080")).toEqual(NONE);
  expect(await asks(APP)).toEqual(granted(APP));
});

test("an answer of a deployment that is not asked to says nothing of its storage", async () => {
  await worker.restart({ SERVER_TIMING: undefined });
  for (const request of Object.values(requests)) expect((await request({ origin: APP })).headers.get("server-timing")).toBeNull();
  expect((await preflight("/auth/login", { origin: APP })).headers.get("server-timing")).toBeNull();
  await worker.restart({ SERVER_TIMING: "on" });
});

test("public keys are published in full, and nothing besides", async () => {
  const { headers } = await requests["200 of public keys"]!({});
  const told = Object.fromEntries(
    [...headers].filter(([name]) => !["date", "content-length", "transfer-encoding", "content-encoding"].includes(name)),
  );
  expect(told).toEqual({
    "cache-control": "public, max-age=300",
    "content-type": "application/jwk-set+json",
    "referrer-policy": "no-referrer",
    "server-timing": 'waits;desc="0", d1;desc="0", kv;desc="0"',
    vary: "Origin",
    "x-content-type-options": "nosniff",
  });
});

describe("where users reach us over https", () => {
  beforeAll(() => worker.restart({ PUBLIC_URL: "https://auth.example", ALLOWED_ORIGINS: OWN }));

  const get = async (url: string, headers: Record<string, string> = {}) => our.send("GET", url, { headers });

  test("every answer over https asks for https from now on", async () => {
    for (const path of ["/health", "/nothing", "/auth/me", "/.well-known/jwks.json"]) {
      const secure = await get(`https://auth.example${path}`, { origin: APP });
      expect(secure.headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
      expect(grant(secure)).toEqual(path.endsWith("jwks.json") ? OPEN : granted(APP));
      expect((await get(`http://auth.example${path}`)).headers.get("strict-transport-security")).toBeNull();
    }
  });

  test("no page of a loopback host may read the answers of a deployment", async () => {
    for (const origin of [LOCAL, "http://127.0.0.1:3000", "http://localhost", "http://[::1]:5173", "https://localhost:5173"]) {
      const answer = await get("https://auth.example/health", { origin });
      expect(grant(answer), origin).toEqual(NONE);
      expect(grant(await preflight("https://auth.example/auth/login", { origin })), origin).toEqual(NONE);
    }
  });

  test("hybrid apps may, where they are named, and their neighbours may not", async () => {
    const apps = [
      "capacitor://localhost",
      "ionic://localhost",
      "tauri://localhost",
      "http://localhost",
      "https://localhost",
      "http://tauri.localhost",
    ];
    await worker.restart({ ALLOWED_ORIGINS: [OWN, ...apps].join(", ") });
    for (const origin of apps) {
      expect(grant(await get("https://auth.example/auth/me", { origin })), origin).toEqual(granted(origin));
      expect(grant(await preflight("https://auth.example/auth/login", { origin })), origin).toEqual(granted(origin));
    }
    for (const origin of [LOCAL, "http://127.0.0.1", "http://localhost:8100", "capacitor://app", "null", "file://"]) {
      expect(grant(await get("https://auth.example/auth/me", { origin })), origin).toEqual(NONE);
    }
  });
});
