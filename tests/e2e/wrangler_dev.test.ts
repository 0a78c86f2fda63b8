// What people run: wrangler dev itself, on a free port, with a database and secrets of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoSignIn } from "../../scripts/lib/demo.mjs";
import { writeDevVars } from "../../scripts/lib/dev-vars.mjs";
import { checkPort, startDev } from "../../scripts/lib/wrangler.mjs";
import { seedDemo, withLocalDb } from "../../scripts/local-db.mjs";

const folder = mkdtempSync(join(tmpdir(), "edgelatch-"));
let port: number;
let server: ReturnType<typeof startDev>;

beforeAll(async () => {
  const envFile = join(folder, "dev.vars");
  writeDevVars(envFile);
  await withLocalDb(seedDemo, folder);
  port = await freePort();
  server = startDev({ port, envFile, state: folder, stdio: "ignore" });
  await server.serving;
}, 120_000);

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

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
  await expect(checkPort(port)).resolves.toBeUndefined();
}, 60_000);
