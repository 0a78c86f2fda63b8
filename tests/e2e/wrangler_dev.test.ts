// What people run: wrangler dev itself, on a free port, with a database and secrets of its own.

import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkPort } from "../../scripts/lib/wrangler.mjs";
import { api } from "../support/api";
import { type WranglerDev, startWranglerDev } from "../support/wrangler_dev";

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

test("the daily sweep runs", async () => {
  expect((await fetch(`${server.url}/cdn-cgi/handler/scheduled`)).status).toBe(200);
}, 60_000);

test("its port is free again when it has been stopped", async () => {
  await server.stop();
  await expect(checkPort(server.port)).resolves.toBeUndefined();
}, 60_000);
