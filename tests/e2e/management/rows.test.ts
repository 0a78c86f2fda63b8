// Tenants, their settings, roles, groups and permissions: the operations that are alike.

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { flat } from "../../support/api";
import { many } from "../../support/fixtures";
import { HOME, MEMBER, query, useManagement } from "../../support/management";

const { worker, call, aTenant, aMember, root } = useManagement();

test("a tenant is created, read, counted, changed, replaced and deleted", async () => {
  const key = randomUUID().slice(0, 20);
  const made = await call("POST", "/tenants", { name: "Acme", key, website: "https://acme.example", createdBy: "me", deleted: true });
  expect([made.status, made.headers.get("cache-control")]).toEqual([200, "no-store"]);
  expect(made.body).toMatchObject({ name: "Acme", status: 1, key, deleted: false });
  expect(made.body.createdBy).toBe("00000000-0000-4000-8000-000000000006");
  const { id } = made.body;
  expect((await call("GET", `/tenants/${id}`)).body).toMatchObject({ id, name: "Acme", city: null });
  expect((await call("GET", `/tenants/count?${query("where", { key })}`)).body).toEqual({ count: 1 });
  expect((await call("PATCH", `/tenants/${id}`, { city: "Oslo" })).status).toBe(204);
  expect((await call("PUT", `/tenants/${id}`, { name: "Acme 2", status: 2 })).status).toBe(204);
  const after = (await call("GET", `/tenants?${query("filter", { where: { id }, fields: ["name", "status", "city", "key"] })}`)).body;
  expect(after).toEqual([{ name: "Acme 2", status: 2, key: null, city: null }]);
  expect((await call("PATCH", `/tenants?${query("where", { id })}`, { status: 1 })).body).toEqual({ count: 1 });
  expect((await call("DELETE", `/tenants/${id}`)).status).toBe(204);
  const missing = {
    error: { statusCode: 404, name: "Error", message: `Entity not found: Tenant with id ${id}`, code: "ENTITY_NOT_FOUND" },
  };
  expect((await call("DELETE", `/tenants/${id}`)).body).toEqual(missing);
  expect((await call("PATCH", `/tenants/${id}`, { city: "x" })).body).toEqual(missing);
  expect((await call("GET", `/tenants/${id}`)).body).toEqual(flat(404, "EntityNotFound"));
});

test("a list is one wait, also with the people of a tenant", async () => {
  for (const path of ["/tenants", `/tenants/${HOME}/users`, `/tenants/${HOME}/roles`, `/tenants/${HOME}/groups`, "/login-activity"])
    expect([path, (await call("GET", path)).waits]).toEqual([path, 1]);
});

test("a write is two waits: who may, and the write; one more where rows decide about rows", async () => {
  const tenant = await aTenant();
  const [roles, people, groups] = ["roles", "users", "groups"].map((name) => `/tenants/${tenant.id}/${name}`) as [string, string, string];
  const member = await aMember(tenant.id);
  const role = (await call("POST", roles, { name: "Clerk", permissions: ["Read"] })).body;
  const group = (await call("POST", groups, { name: "Crew" })).body;
  const permissions = `/user-tenants/${member.userTenantId}/user-level-permissions`;
  const writes: [number, string, string, unknown?][] = [
    [2, "POST", "/tenants", { name: "Waits" }],
    [2, "PATCH", `/tenants/${tenant.id}`, { city: "Oslo" }],
    [2, "PATCH", `/tenants?${query("where", { id: tenant.id })}`, { city: "Bergen" }],
    [2, "PATCH", `${people}/${member.id}`, { firstName: "Eva", roleId: role.id, status: 3 }],
    [2, "PATCH", `${roles}?${query("where", { id: role.id })}`, { permissions: ["Write"] }],
    [3, "POST", roles, { name: "Both", includes: ["Clerk"] }],
    [2, "POST", `/groups/${group.id}/user`, { userTenantId: member.userTenantId }],
    [2, "POST", permissions, { permission: "Print", allowed: true }],
    [2, "DELETE", `${permissions}?where={}`],
    [2, "DELETE", `/users/${member.id}/sessions`],
    [2, "DELETE", `${people}/${member.id}`],
    [3, "DELETE", `${roles}/${role.id}`],
    [2, "DELETE", `${groups}/${group.id}`],
    [2, "DELETE", `/tenants/${tenant.id}`],
  ];
  for (const [most, method, path, body] of writes) {
    const answer = await call(method, path, body);
    expect([method, path, answer.status < 300, answer.waits <= most], answer.text).toEqual([method, path, true, true]);
  }
});

test("what is wrong with a body is told property by property", async () => {
  const answer = await call("POST", "/tenants", { status: 3, website: "javascript:alert(1)", key: "k".repeat(21), plan: "gold" });
  expect(answer.status).toBe(422);
  expect(answer.body.error.details.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)).toEqual([
    " required",
    " additionalProperties",
  ]);
  const values = await call("POST", "/tenants", { name: "", status: 3, website: "javascript:alert(1)", key: "k".repeat(21) });
  expect(values.body.error.details.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)).toEqual([
    "/name minLength",
    "/status maximum",
    "/key maxLength",
    "/website pattern",
  ]);
});

test("two tenants never share a key, also when asked twenty times at once", async () => {
  const key = randomUUID().slice(0, 20);
  const statuses = (await many(20, () => call("POST", "/tenants", { name: "Race", key }))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, ...Array(19).fill(409)]);
});

test("settings of a tenant are kept as they are, one for each key", async () => {
  const tenant = await aTenant();
  const path = `/tenants/${tenant.id}/tenant-configs`;
  const made = await call("POST", path, { configKey: "profile", configValue: { locale: "nb", nested: { a: [1, null] } }, tenantId: HOME });
  expect(made.body).toMatchObject({ configKey: "profile", configValue: { locale: "nb", nested: { a: [1, null] } }, tenantId: tenant.id });
  expect((await call("POST", path, { configKey: "profile", configValue: {} })).status).toBe(409);
  expect((await call("PATCH", `${path}?${query("where", { configKey: "profile" })}`, { configValue: {} })).body).toEqual({ count: 1 });
  expect((await call("GET", path)).body.map((row: { configValue: unknown }) => row.configValue)).toEqual([{}]);
  expect((await call("DELETE", path)).status).toBe(400);
  expect((await call("DELETE", `${path}?where={}`)).body).toEqual({ count: 1 });
  expect((await call("GET", path)).body).toEqual([]);
});

test("a role is listed in its tenant beside those of all tenants, and stays while somebody has it", async () => {
  const tenant = await aTenant();
  const path = `/tenants/${tenant.id}/roles`;
  const role = (await call("POST", path, { name: "Clerk", permissions: ["Read", "Write", "Read"], allowedClients: ["demo-web"] })).body;
  expect(role).toMatchObject({ name: "Clerk", permissions: ["Read", "Write"], roleType: 0, includes: [], tenantId: tenant.id });
  const names = (await call("GET", `${path}?${query("filter", { order: "name" })}`)).body.map((row: { name: string }) => row.name);
  expect(names).toEqual(["Administrator", "Clerk", "Member"]);
  expect((await call("GET", `/tenants/${HOME}/roles`)).body.map((row: { name: string }) => row.name)).not.toContain("Clerk");
  await aMember(tenant.id, { roleId: role.id });
  expect((await call("DELETE", `${path}/${role.id}`)).body).toEqual({
    error: { statusCode: 409, name: "ConflictError", message: "The role is in use" },
  });
  const unused = (await call("POST", path, { name: "Unused" })).body;
  expect((await call("DELETE", `${path}/${unused.id}`)).status).toBe(204);
  expect((await call("DELETE", `${path}/${unused.id}`)).status).toBe(404);
});

test("a composite role has the permissions of its parts and follows them", async () => {
  const tenant = await aTenant();
  const path = `/tenants/${tenant.id}/roles`;
  const reader = (await call("POST", path, { name: "Reader", permissions: ["Read"] })).body;
  await call("POST", path, { name: "Writer", permissions: ["Write", "Read"] });
  const both = (await call("POST", path, { name: "Both", includes: ["Reader", "Writer"], permissions: ["Other"] })).body;
  expect(both).toMatchObject({ includes: ["Reader", "Writer"], permissions: ["Read", "Write"] });
  await call("PATCH", `${path}?${query("where", { id: reader.id })}`, { permissions: ["Read", "Print"] });
  const now = (await call("GET", `${path}?${query("filter", { where: { name: "Both" } })}`)).body[0].permissions;
  expect(now.sort()).toEqual(["Print", "Read", "Write"]);
  expect((await call("POST", path, { name: "Nothing", includes: ["Nobody"] })).status).toBe(400);
});

test("members come into a group alone and together, and leave it by their user", async () => {
  const group = (await call("POST", `/tenants/${HOME}/groups`, { name: "Crew" })).body;
  const [one, two, three] = [await aMember(), await aMember(), await aMember()];
  const added = await call("POST", `/groups/${group.id}/user`, { userTenantId: one.userTenantId });
  expect(added.body).toMatchObject({ groupId: group.id, userTenantId: one.userTenantId });
  expect((await call("POST", `/groups/${group.id}/user`, { userTenantId: one.userTenantId })).status).toBe(409);
  const members = [two, three].map(({ userTenantId }) => ({ userTenantId }));
  const half = await call("POST", `/groups/${group.id}/user/bulk`, [members[0], { userTenantId: "nobody" }]);
  expect(half.status).toBe(404);
  expect((await call("POST", `/groups/${group.id}/user/bulk`, members)).body).toHaveLength(2);
  expect((await call("DELETE", `/groups/${group.id}/user/${two.id}`)).status).toBe(200);
  expect((await call("DELETE", `/groups/${group.id}/user/${two.id}`)).status).toBe(404);
  const left = (await call("GET", `/groups/${group.id}/user`)).body.map((row: { userTenantId: string }) => row.userTenantId);
  expect(left.sort()).toEqual([one.userTenantId, three.userTenantId].sort());
  expect((await call("DELETE", `/tenants/${HOME}/groups/${group.id}`)).status).toBe(204);
});

test("a member's own permissions are granted, denied and taken back", async () => {
  const member = await aMember();
  const path = `/user-tenants/${member.userTenantId}/user-level-permissions`;
  const made = (await call("POST", path, { permission: "Print", allowed: true })).body;
  expect(made).toMatchObject({ permission: "Print", allowed: true, userTenantId: member.userTenantId });
  expect((await call("PATCH", `${path}?${query("where", { id: made.id })}`, { allowed: false })).body).toEqual({ count: 1 });
  expect((await call("GET", path)).body).toMatchObject([{ permission: "Print", allowed: false }]);
  expect((await call("DELETE", `${path}?where={}`)).body).toEqual({ count: 1 });
});

test("an act of an administrator is written down, with its values before and after", async () => {
  const tenant = await aTenant();
  await call("PATCH", `/tenants/${tenant.id}`, { city: "Bergen" });
  await worker.settled();
  const rows = (await call("GET", `/login-activity?${query("filter", { where: { target: tenant.id }, order: "loginTime" })}`)).body;
  expect(rows.map(({ kind, result }: { kind: string; result: string }) => `${kind} ${result}`)).toEqual([
    "tenant created",
    "tenant changed",
  ]);
  const actor = "00000000-0000-4000-8000-000000000006";
  expect(rows[1]).toMatchObject({ actor, tenantId: tenant.id, loginType: "ACCESS", tokenPayload: null, target: tenant.id });
  expect(rows[1].detail).toEqual({ before: [{ id: tenant.id, city: null }], after: { city: "Bergen" }, count: 1 });
  const one = await call("GET", `/login-activity/${rows[1].id}`);
  expect(one.body).toEqual(rows[1]);
  const count = (await call("GET", `/login-activity/count?${query("where", { target: tenant.id })}`)).body;
  expect(count).toEqual({ count: 2 });
});

test("distinct people are counted by day and month", async () => {
  await worker.settled();
  const day = new Date().toISOString().slice(0, 10);
  const range = `startDate=${day}T00:00:00Z&endDate=${day}T23:59:59.999Z`;
  const daily = await call("GET", `/active-users/daily?${range}`);
  expect(daily.status, daily.text).toBe(200);
  expect(Object.keys(daily.body)).toEqual([day]);
  expect(Object.keys((await call("GET", `/active-users/monthly?${range}`)).body)).toEqual([day.slice(0, 7)]);
  const only = { inclusion: true, userIdentity: "username", userIdentifier: ["ADMIN", "nobody"] };
  expect((await call("GET", `/active-users/daily?${range}&${query("filter", only)}`)).body).toEqual({ [day]: 1 });
  for (const bad of [`/active-users/hourly?${range}`, "/active-users/daily", `/active-users/daily?startDate=x&endDate=y`])
    expect((await call("GET", bad)).status).toBe(400);
});

test("nobody's secrets or hashes are in any list", async () => {
  void root;
  const member = await aMember();
  for (const path of [`/tenants/${HOME}/users`, `/users/${member.id}/sessions`, `/users/${member.id}/identities`, `/tenants/${HOME}/roles`])
    expect((await call("GET", path)).text).not.toMatch(/digest|password|secret|\$pbkdf2|token/i);
  expect(MEMBER).toBeTruthy();
});
