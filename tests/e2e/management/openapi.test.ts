// The OpenAPI document: a client generated from it signs in and manages with it, and every answer is of its schema.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN, DEMO_WEB } from "../../support/api";
import { HOME, useManagement } from "../../support/management";
import { clientOf, type Document, faultsOf } from "../../support/openapi";

const { worker, our, call, aMember } = useManagement({ assets: true });
let document: Document;
const folder = mkdtempSync(join(tmpdir(), "edgelatch-openapi-"));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  document = (await our.send("GET", "/openapi.json")).body;
});

test("is OpenAPI 3.1, and may be kept for a while", async () => {
  const answer = await our.send("GET", "/openapi.json");
  expect(document.openapi).toBe("3.1.0");
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "application/json",
    "cache-control": "public, max-age=300",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  expect((await our.send("HEAD", "/openapi.json")).status).toBe(200);
  expect(Object.keys(document.paths).length).toBeGreaterThan(50);
});

test("a client generated from it signs in and manages people", async () => {
  const file = join(folder, "client.mjs");
  writeFileSync(file, (await transform(clientOf(document), { loader: "ts" })).code);
  const { connect } = await import(/* @vite-ignore */ pathToFileURL(file).href);
  const fetch = (path: string, init: object) => worker.fetch(path, init);
  const stranger = connect(fetch);
  const { accessToken } = await stranger.postAuthLoginToken({}, { ...DEMO_WEB, ...ADMIN });
  const client = connect(fetch, accessToken);
  const tenant = await client.postTenants({}, { name: "Generated" });
  await client.patchTenantsById({ id: tenant.id }, { city: "Oslo" });
  expect(await client.getTenantsById({ id: tenant.id })).toMatchObject({ name: "Generated", city: "Oslo" });
  expect(await client.getTenants({ filter: { where: { id: tenant.id }, fields: ["name"] } })).toEqual([{ name: "Generated" }]);
  expect(await client.getTenantsCount({ where: { id: tenant.id } })).toEqual({ count: 1 });
  await expect(client.getTenantsById({ id: "nothing" })).rejects.toMatchObject({ status: 404 });
});

test("every list and every row that can be read is of its schema", async () => {
  const member = await aMember();
  await call("POST", `/tenants/${HOME}/groups`, { name: "Crew" });
  await worker.settled();
  const ids: Record<string, string> = { tenants: HOME, users: member.id, user: member.id, "user-tenants": member.userTenantId };
  let checked = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    const root = path.split("/")[1]!;
    if (!methods.get || !(root in ids || ["auth-clients", "login-activity", "outbox"].includes(root)) || /\{\w+\}.*\{/.test(path)) continue;
    const at = path.replace("{id}", ids[root] ?? "1");
    const answer = await call("GET", at);
    const faults = faultsOf(document, methods.get, answer);
    expect([path, answer.status, faults]).toEqual([path, answer.status, []]);
    checked++;
  }
  expect(checked).toBeGreaterThan(15);
});
