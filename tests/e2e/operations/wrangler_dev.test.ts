// What people run: wrangler dev itself, on a free port, with a database and secrets of its own.

import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkPort } from "../../../scripts/lib/wrangler.mjs";
import { DEMO, DEMO_WEB, api } from "../../support/api";
import { type WranglerDev, startWranglerDev } from "../../support/wrangler_dev";

let server: WranglerDev;

beforeAll(async () => {
  server = await startWranglerDev();
  await server.serving;
}, 120_000);

afterAll(() => server?.stop(), 60_000);

test("the demo user signs in, is known, and signs out", async () => {
  const our = api(server);
  const pair = await our.signIn();
  expect(decodeJwt(pair.accessToken).iss).toBe(server.url);
  expect((await our.me(pair.accessToken)).body).toMatchObject({ username: "demo", email: "demo@example.com" });
  expect((await our.logout(pair)).status).toBe(200);
  expect((await our.me(pair.accessToken)).status).toBe(401);
}, 60_000);

/** Sends a body by any method, which `fetch` would refuse; gives the status. */
const sent = (method: string, path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  new Promise<number>((resolve, reject) => {
    const request = httpRequest(
      server.url + path,
      { method, headers: { "content-type": "application/json", "content-length": body.length, ...headers } },
      (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode!));
      },
    );
    request.once("error", reject).end(body);
  });

test.each([
  ["POST", "/auth/login", 413],
  ["POST", "/auth/credentials", 413],
  ["POST", "/nothing", 404],
  ["PUT", "/auth/login", 405],
  ["GET", "/auth/me", 401],
  ["GET", "/health", 200],
  ["DELETE", "/auth-clients/1", 401],
  ["OPTIONS", "/auth/login", 204],
])(
  "the next request is served after a large body of %s %s",
  async (method, path, status) => {
    for (const size of [70_000, 2_000_000, 8_000_000]) {
      expect(await sent(method, path, new Uint8Array(size)), `${size}`).toBe(status);
      const next = await Promise.all(
        Array.from({ length: 4 }, () =>
          server.fetch("/auth/login", { method: "POST", body: "{}", headers: { "content-type": "application/json" } }),
        ),
      );
      expect(
        next.map((answer) => answer.status),
        `${size}`,
      ).toEqual([422, 422, 422, 422]);
    }
  },
  60_000,
);

test("a compressed sign-in is one", async () => {
  const body = gzipSync(JSON.stringify({ ...DEMO_WEB, ...DEMO }));
  expect(await sent("POST", "/auth/login", body, { "content-encoding": "gzip" })).toBe(200);
}, 60_000);

test("the mailbox is for requests that came to this machine by one of its own names", async () => {
  const asked = (host: string) => sent("GET", "/dev/mailbox", new Uint8Array(0), { host });
  for (const host of [`127.0.0.1:${server.port}`, `localhost:${server.port}`, `mail.localhost:${server.port}`, "[::1]:1"])
    expect(await asked(host), host).toBe(200);
  for (const host of ["rebound.example", `rebound.example:${server.port}`, "192.0.2.7", "127.0.0.1.nip.example"])
    expect(await asked(host), host).toBe(404);
}, 60_000);

// The last wrangler for Node 20 hands no scheduled event to a worker with assets (mended in miniflare in June 2026); Cloudflare does.
test("the hourly sweep runs", async () => {
  const bare = await startWranglerDev(undefined, { withAssets: false });
  try {
    await bare.serving;
    expect((await bare.fetch("/cdn-cgi/handler/scheduled")).status).toBe(200);
  } finally {
    await bare.stop();
  }
}, 60_000);

test("its port is free again when it has been stopped", async () => {
  await server.stop();
  await expect(checkPort(server.port)).resolves.toBeUndefined();
}, 60_000);
