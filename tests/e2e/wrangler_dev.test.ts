// What people run: wrangler dev itself.

import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoSignIn } from "../../scripts/lib/demo.mjs";
import { checkPort } from "../../scripts/lib/wrangler.mjs";
import { type Wrangler, startWrangler } from "../support/wrangler";

let server: Wrangler;

beforeAll(async () => {
  server = await startWrangler();
}, 120_000);
afterAll(() => server?.stop(), 60_000);

const post = (path: string, body: unknown, headers = {}) =>
  fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

test("the demo user signs in, is known, and signs out", async () => {
  const signedIn = await post("/auth/login-token", demoSignIn);
  expect(signedIn.status).toBe(200);
  const { accessToken, refreshToken } = (await signedIn.json()) as Record<string, string>;
  expect(decodeJwt(accessToken!).iss).toBe(server.url);
  const authorization = { authorization: `Bearer ${accessToken}` };
  const me = await fetch(`${server.url}/auth/me`, { headers: authorization });
  expect(await me.json()).toMatchObject({ username: "demo", email: "demo@example.com" });
  expect((await post("/logout", { refreshToken }, authorization)).status).toBe(200);
  expect((await fetch(`${server.url}/auth/me`, { headers: authorization })).status).toBe(401);
}, 60_000);

test("the daily sweep runs", async () => {
  expect((await fetch(`${server.url}/cdn-cgi/handler/scheduled`)).status).toBe(200);
}, 60_000);

test("its port is free again when it has been stopped", async () => {
  await server.stop();
  await expect(checkPort(server.port)).resolves.toBeUndefined();
}, 60_000);
