// Who may not: an administrator of one tenant at another's people, by every operation; and whoever would give
// what they do not hold, or leave nobody who may administer.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN, type Pair, flat } from "../../support/api";
import { HOME, MANAGES, MEMBER, query, useManagement } from "../../support/management";
import { PASSWORD, aUser } from "../../support/seed";

const { worker, our, call, aTenant, aMember, person, withPermissions } = useManagement();
const FORBIDDEN = flat(403, "NotAllowedAccess");

describe("an administrator of one tenant", () => {
  let manager: Pair & { id: string };
  let tenant: string;
  /** What belongs to the other tenant, by the names in paths. */
  let theirs: Record<string, string>;

  beforeAll(async () => {
    tenant = (await aTenant()).id;
    manager = await withPermissions(MANAGES, tenant);
    const member = await aMember();
    const group = (await call("POST", `/tenants/${HOME}/groups`, { name: "Crew" })).body;
    const activity = (await call("GET", `/login-activity?${query("filter", { where: { tenantId: HOME }, limit: 1 })}`)).body[0];
    theirs = { tenant: HOME, user: member.id, membership: member.userTenantId, group: group.id, role: MEMBER, activity: activity.id };
  });

  /** The operations of the table of routes that are about what belongs to a tenant. */
  const operations = readFileSync(new URL("../../../src/edge/routes.rs", import.meta.url), "utf8")
    .split("\n")
    .map((line) => /^ {4}Arc +(\w+) +"(\/(?:tenants|groups|user-tenants|users?|login-activity)\/[^"]+)"/.exec(line))
    .filter((found) => found !== null)
    .map(([, method, path]) => `${method!.toUpperCase()} ${path}`)
    // Lists and counts of the own tenant; and lines that each name a tenant (moving/api).
    .filter((operation) => !/^(GET \/(tenants|login-activity)\/count|POST \/users\/import)$/.test(operation));

  const BODIES: Record<string, unknown> = {
    "POST /tenants/{id}/users": () => person(),
    "PATCH /tenants/{id}/users/{userId}": { firstName: "x" },
    "PUT /tenants/{id}": { name: "x" },
    "PATCH /tenants/{id}": { name: "x" },
    "POST /tenants/{id}/tenant-configs": { configKey: "x", configValue: {} },
    "PATCH /tenants/{id}/tenant-configs": { configKey: "x" },
    "POST /groups/{id}/user": () => ({ userTenantId: theirs.membership }),
    "POST /groups/{id}/user/bulk": () => [{ userTenantId: theirs.membership }],
    "POST /user-tenants/{id}/user-level-permissions": { permission: "ViewRoles", allowed: true },
    "PATCH /user-tenants/{id}/user-level-permissions": { allowed: true },
  };

  const address = (operation: string) => {
    const path = operation.split(" ")[1]!;
    const [, root] = path.split("/");
    const parent = { tenants: "tenant", groups: "group", "user-tenants": "membership", "login-activity": "activity" }[root!] ?? "user";
    const ids: Record<string, string> = {
      userId: "user",
      roleId: "role",
      groupId: "group",
      sid: "none",
      identityId: "none",
      factorId: "none",
    };
    return path.replace("{id}", theirs[parent]!).replace(/\{(\w+)\}/, (_, name) => theirs[ids[name]!] ?? "nothing");
  };

  test("the matrix has every operation", () => expect(operations.length).toBeGreaterThan(40));

  test.each(operations)("is refused at another's: %s", async (operation) => {
    const [method, path] = [operation.split(" ")[0]!, operation.split(" ")[1]!];
    const given = BODIES[operation] ?? (["POST", "PATCH"].includes(method) ? { name: "x" } : undefined);
    const body = typeof given === "function" ? given() : given;
    const where = ["PATCH", "DELETE"].includes(method) && !/\{\w+\}$/.test(path) ? "?where={}" : "";
    const answer = await call(method, address(operation) + where, body, manager);
    expect([operation, answer.status, answer.body]).toEqual([operation, 403, FORBIDDEN]);
  });

  test.each(operations)("learns nothing of what does not exist: %s", async (operation) => {
    const [method, path] = [operation.split(" ")[0]!, operation.split(" ")[1]!];
    const given = BODIES[operation] ?? (["POST", "PATCH"].includes(method) ? { name: "x" } : undefined);
    const body = typeof given === "function" ? given() : given;
    const where = ["PATCH", "DELETE"].includes(method) && !/\{\w+\}$/.test(path) ? "?where={}" : "";
    const answer = await call(method, path.replace(/\{\w+\}/g, "nothing") + where, body, manager);
    expect([operation, answer.status, answer.body]).toEqual([operation, 403, FORBIDDEN]);
  });

  test("lists nothing of another's", async () => {
    expect((await call("GET", "/tenants", undefined, manager)).body.map(({ id }: { id: string }) => id)).toEqual([tenant]);
    expect((await call("GET", "/tenants/count", undefined, manager)).body).toEqual({ count: 1 });
    await call("PATCH", `/tenants?${query("where", { id: HOME })}`, { city: "Theirs" }, manager);
    expect((await call("GET", `/tenants/${HOME}`)).body.city).toBe(null);
    const activity = (await call("GET", "/login-activity", undefined, manager)).body;
    expect(new Set(activity.map(({ tenantId }: { tenantId: string }) => tenantId))).toEqual(new Set([tenant]));
  });

  test("does all of it in the own tenant", async () => {
    const made = await call("POST", `/tenants/${tenant}/users`, person(), manager);
    expect(made.status, made.text).toBe(200);
    expect((await call("PATCH", `/tenants/${tenant}/users/${made.body.id}`, { firstName: "Own" }, manager)).status).toBe(204);
    const role = await call("POST", `/tenants/${tenant}/roles`, { name: "Viewer", permissions: ["ViewRoles"] }, manager);
    expect(role.status, role.text).toBe(200);
    expect((await call("PATCH", `/tenants/${tenant}/users/${made.body.id}`, { roleId: role.body.id }, manager)).status).toBe(204);
    expect((await call("DELETE", `/tenants/${tenant}/users/${made.body.id}`, undefined, manager)).status).toBe(204);
  });
});

test("nobody gives themselves or others a permission that they do not hold", async () => {
  const tenant = await aTenant();
  const manager = await withPermissions(MANAGES, tenant.id);
  const member = await aMember(tenant.id);
  const roles = `/tenants/${tenant.id}/roles`;
  const strong = (await call("POST", roles, { name: "Strong", permissions: ["Launch"] })).body;
  const administrator = (await call("GET", `${roles}?${query("filter", { where: { name: "Administrator" } })}`)).body[0].id;
  const attempts: [string, string, unknown][] = [
    ["POST", roles, { name: "Mine", permissions: ["NotAllowed"] }],
    ["POST", roles, { name: "Mine", permissions: ["ViewRoles", "Launch"] }],
    ["POST", roles, { name: "Mine", includes: ["Strong"] }],
    ["PATCH", `${roles}?${query("where", { id: strong.id })}`, { permissions: ["Launch", "More"] }],
    ["POST", `/tenants/${tenant.id}/users`, person({ roleId: strong.id })],
    ["POST", `/tenants/${tenant.id}/users`, person({ roleId: administrator })],
    ["PATCH", `/tenants/${tenant.id}/users/${member.id}`, { roleId: administrator }],
    ["PATCH", `/tenants/${tenant.id}/users/${manager.id}`, { roleId: strong.id }],
    ["POST", `/user-tenants/${manager.membershipId}/user-level-permissions`, { permission: "NotAllowed", allowed: true }],
    ["POST", `/user-tenants/${member.userTenantId}/user-level-permissions`, { permission: "Launch", allowed: true }],
  ];
  for (const [method, path, body] of attempts)
    expect([path, body, (await call(method, path, body, manager)).body]).toEqual([path, body, FORBIDDEN]);
  await worker.settled();
  const refused = await worker.db
    .prepare("select count(*) as n from login_activity where user_id = ? and result = 'refused'")
    .bind(manager.id)
    .first("n");
  expect(refused).toBe(attempts.length);
});

test("nobody gives what they do not hold by the name of a role, which composite roles go by", async () => {
  const tenant = await aTenant();
  const roles = `/tenants/${tenant.id}/roles`;
  const make = async (body: object) => (await call("POST", roles, body)).body;
  const strong = await make({ name: "Strong", permissions: ["Launch"] });
  const clerk = await make({ name: "Clerk", permissions: MANAGES });
  const chief = await make({ name: "Chief", includes: ["Clerk"] });
  const manager = await withPermissions([], tenant.id);
  await worker.db.prepare("update user_tenants set role_id = ? where user_id = ?").bind(chief.id, manager.id).run();
  const change = (id: string, body: object) => call("PATCH", `${roles}?${query("where", { id })}`, body, manager);
  // Were it so called, it would come into the composite role with the next change of its namesake.
  expect((await change(strong.id, { name: "Clerk" })).body).toEqual({ count: 0 });
  expect((await call("PATCH", `${roles}?where={}`, { name: "Clerk" }, manager)).body, "those that they may name").toEqual({ count: 2 });
  expect((await change(clerk.id, { name: "Clerk", permissions: MANAGES.slice(1) })).body).toEqual({ count: 1 });
  const found = await worker.db
    .prepare("select name, permissions from roles where id in (?, ?) order by id = ?")
    .bind(strong.id, chief.id, chief.id)
    .all();
  expect(found.results.map(({ permissions }) => JSON.parse(String(permissions)).includes("Launch"))).toEqual([true, false]);
  expect(found.results[0]!.name).toBe("Strong");
  expect((await change(strong.id, { description: "Says what it is" })).body, "is no name").toEqual({ count: 1 });
});

test("a denial of what one does not hold is not taken away", async () => {
  const tenant = await aTenant();
  const manager = await withPermissions(MANAGES, tenant.id);
  const member = await aMember(tenant.id);
  const path = `/user-tenants/${member.userTenantId}/user-level-permissions`;
  await call("POST", path, { permission: "Launch", allowed: false });
  expect((await call("DELETE", `${path}?where={}`, undefined, manager)).body).toEqual({ count: 0 });
  expect((await call("PATCH", `${path}?where={}`, { allowed: true }, manager)).body).toEqual({ count: 0 });
});

test("who holds more is not written by who holds less", async () => {
  const manager = await withPermissions(MANAGES);
  const above = await withPermissions(["NotAllowed"]);
  const launcher = await withPermissions(["Launch"]);
  for (const [method, path, body] of [
    ["PATCH", `/tenants/${HOME}/users/${above.id}`, { firstName: "x" }],
    ["PATCH", `/tenants/${HOME}/users/${above.id}`, { status: 2 }],
    ["DELETE", `/tenants/${HOME}/users/${above.id}`, undefined],
    ["DELETE", `/users/${above.id}/sessions`, undefined],
    ["POST", `/users/${above.id}/reset-link`, undefined],
    ["POST", `/user-tenants/${above.membershipId}/user-level-permissions`, { permission: "ViewRoles", allowed: false }],
    // Whoever reads the messages of an account can come into it.
    ["PATCH", `/tenants/${HOME}/users/${launcher.id}`, { email: `${randomUUID()}@example.com` }],
    ["PATCH", `/tenants/${HOME}/users/${launcher.id}`, { username: randomUUID() }],
  ] as const)
    expect([path, (await call(method, path, body, manager)).body]).toEqual([path, FORBIDDEN]);
  expect((await call("PATCH", `/tenants/${HOME}/users/${launcher.id}`, { firstName: "Fine" }, manager)).status).toBe(204);
});

test("a member's account is its home tenant's: another of its tenants changes the membership only", async () => {
  const tenant = await aTenant();
  const manager = await withPermissions(MANAGES, tenant.id);
  const guest = await aUser(worker);
  await worker.db
    .prepare("insert into user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on) values (?, ?, ?, ?, 1, 1, 1)")
    .bind(randomUUID(), guest.id, tenant.id, MEMBER)
    .run();
  const change = (body: object) => call("PATCH", `/tenants/${tenant.id}/users/${guest.id}`, body, manager);
  expect((await change({ firstName: "x" })).body).toEqual(FORBIDDEN);
  expect((await change({ status: 2 })).status).toBe(204);
  expect((await call("GET", `/users/${guest.id}/sessions`, undefined, manager)).body).toEqual(FORBIDDEN);
  expect((await our.signIn({ username: guest.username, password: PASSWORD })).accessToken).toBeTruthy();
});

test("properties that only the service writes are not written, whoever sends them", async () => {
  const member = await aMember();
  const lies = { lastLogin: "2001-01-01T00:00:00Z", defaultTenantId: "x", tenantId: "x", userTenantId: "x", createdBy: "x", deleted: true };
  expect((await call("PATCH", `/tenants/${HOME}/users/${member.id}`, { ...lies, firstName: "Real" })).status).toBe(204);
  const [now] = (await call("GET", `/tenants/${HOME}/users?${query("filter", { where: { id: member.id } })}`)).body;
  expect(now).toMatchObject({
    firstName: "Real",
    lastLogin: null,
    defaultTenantId: HOME,
    tenantId: HOME,
    userTenantId: member.userTenantId,
  });
  for (const property of ["emailVerified", "password", "permissions", "role_id"])
    expect((await call("PATCH", `/tenants/${HOME}/users/${member.id}`, { [property]: "x" })).status).toBe(422);
});

test("without a permission every operation is refused", async () => {
  const nobody = await withPermissions([]);
  for (const [method, path, body] of [
    ["GET", "/tenants", undefined],
    ["POST", "/tenants", { name: "x" }],
    ["GET", `/tenants/${HOME}/users`, undefined],
    ["GET", "/login-activity", undefined],
    ["GET", "/active-users/daily?startDate=2026-01-01&endDate=2026-01-02", undefined],
  ] as const)
    expect([path, (await call(method, path, body, nobody)).body]).toEqual([path, FORBIDDEN]);
});

test("the last administrator stays, also where two go at once", async () => {
  const admins = "select count(distinct user_id) as n from administrators";
  const second = await withPermissions(["NotAllowed"]);
  const root = await our.signIn(ADMIN);
  const rootId = (await our.me(root.accessToken)).body.id;
  await worker.db
    .prepare("update user_permissions set deleted = 1 where permission = 'NotAllowed' and user_tenant_id <> ?")
    .bind(second.membershipId)
    .run();
  expect(await worker.db.prepare(admins).first("n")).toBe(2);
  const both = await Promise.all([
    call("PATCH", `/tenants/${HOME}/users/${second.id}`, { status: 2 }, root),
    call("PATCH", `/tenants/${HOME}/users/${rootId}`, { status: 2 }, second),
  ]);
  expect(both.filter(({ status }) => status === 204)).toHaveLength(1);
  expect(await worker.db.prepare(admins).first("n")).toBe(1);
  const last = both[0]?.status === 204 ? { by: root, id: rootId } : { by: second, id: second.id };
  const stays = { error: { statusCode: 409, name: "ConflictError", message: "The last administrator stays" } };
  for (const [method, path, body] of [
    ["PATCH", `/tenants/${HOME}/users/${last.id}`, { status: 2 }],
    ["PATCH", `/tenants/${HOME}/users/${last.id}`, { roleId: MEMBER, status: 4 }],
    ["DELETE", `/tenants/${HOME}/users/${last.id}`, undefined],
    ["PATCH", `/tenants/${HOME}`, { status: 2 }],
    ["DELETE", `/tenants/${HOME}`, undefined],
    ["POST", `/users/${last.id}/erase`, undefined],
  ] as const)
    expect([path, (await call(method, path, body, last.by)).body]).toEqual([path, stays]);
  expect((await our.me(last.by.accessToken)).status).toBe(200);
});
