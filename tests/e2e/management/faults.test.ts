// Storage that fails, hangs, dawdles or loses its answer at every trip of every write of management: nothing is half done.

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Answer } from "../../support/api";
import type { Attempt } from "../../support/attempts";
import { faultsOf } from "../../support/faults";
import { HOME, query, useManagement } from "../../support/management";
import { aUser } from "../../support/seed";

const { worker, our, call, aTenant, aMember, person, root } = useManagement({ settings: { DEV_MAILBOX: "on" } });
const { none, sufferAll, hangAll } = faultsOf(worker, our);

/** A write by the administrator; after a lost answer it may be refused, since it is done: then `done` says so. */
const write = (method: string, path: string, body?: unknown, done?: () => Promise<Answer>): Attempt => ({
  method,
  path,
  body,
  headers: our.bearer(root().accessToken),
  afterLoss: done,
});
const found = (path: string, where: object) => async () => {
  const answer = await call("GET", `${path}?${query("filter", { where })}`);
  expect(answer.body, answer.text).toHaveLength(1);
  return answer;
};
const gone = (path: string, where: object) => async () => {
  const answer = await call("GET", `${path}?${query("filter", { where })}`);
  expect(answer.body).toEqual([]);
  return answer;
};
const people = `/tenants/${HOME}/users`;
const roles = `/tenants/${HOME}/roles`;
const aRole = async () => (await call("POST", roles, { name: `Role ${randomUUID()}`, permissions: ["Read"] })).body;
const aGroup = async () => (await call("POST", `/tenants/${HOME}/groups`, { name: "Crew" })).body;

const WRITES: Record<string, () => Promise<Attempt>> = {
  "post tenants": async () => {
    const key = randomUUID().slice(0, 20);
    return write("POST", "/tenants", { name: "Faulty", key }, found("/tenants", { key }));
  },
  "patch tenants": async () => write("PATCH", `/tenants?${query("where", { id: (await aTenant()).id })}`, { city: "Oslo" }),
  "put tenant": async () => write("PUT", `/tenants/${(await aTenant()).id}`, { name: "Replaced" }),
  "delete tenant": async () => {
    const { id } = await aTenant();
    return write("DELETE", `/tenants/${id}`, undefined, gone("/tenants", { id }));
  },
  "post tenant's user": async () => {
    const body = person();
    return write("POST", people, body, found(people, { username: body.username }));
  },
  "patch tenant's user": async () => {
    const [member, role] = [await aMember(), await aRole()];
    return write("PATCH", `${people}/${member.id}`, { firstName: "Eva", status: 3, roleId: role.id, authClientIds: "{2}" });
  },
  "delete tenant's user": async () => {
    const { id } = await aMember();
    return write("DELETE", `${people}/${id}`, undefined, gone(people, { id }));
  },
  "post tenant's role": async () => write("POST", roles, { name: `Role ${randomUUID()}`, permissions: ["Read"] }),
  "patch tenant's roles": async () => write("PATCH", `${roles}?${query("where", { id: (await aRole()).id })}`, { permissions: ["Write"] }),
  "delete tenant's role": async () => {
    const { id } = await aRole();
    return write("DELETE", `${roles}/${id}`, undefined, gone(roles, { id }));
  },
  "post tenant's setting": async () => {
    const path = `/tenants/${(await aTenant()).id}/tenant-configs`;
    return write("POST", path, { configKey: "profile", configValue: {} }, found(path, { configKey: "profile" }));
  },
  "post group's users": async () => {
    const path = `/groups/${(await aGroup()).id}/user`;
    const { userTenantId } = await aMember();
    return write("POST", `${path}/bulk`, [{ userTenantId }], found(path, { userTenantId }));
  },
  "delete group's user": async () => {
    const path = `/groups/${(await aGroup()).id}/user`;
    const { id, userTenantId } = await aMember();
    await call("POST", path, { userTenantId });
    return write("DELETE", `${path}/${id}`, undefined, gone(path, { userTenantId }));
  },
  "post member's permission": async () =>
    write("POST", `/user-tenants/${(await aMember()).userTenantId}/user-level-permissions`, { permission: "Print", allowed: true }),
  "delete member's permissions": async () => {
    const path = `/user-tenants/${(await aMember()).userTenantId}/user-level-permissions`;
    await call("POST", path, { permission: "Print", allowed: true });
    return write("DELETE", `${path}?where={}`);
  },
  "delete user's sessions": async () => write("DELETE", `/users/${(await aMember()).id}/sessions`),
  "post user's reset link": async () =>
    write("POST", `/users/${(await aUser(worker, { email: `${randomUUID()}@example.com` })).id}/reset-link`),
  "post user's erasure": async () => {
    const { id } = await aMember();
    const path = `/users/${id}/erase`;
    // The rows decide, and KV's records end by themselves: asked again, it is done, or has been.
    const anew = async () => {
      expect([204, 404]).toContain((await call("POST", path)).status);
      return gone(people, { id })();
    };
    return { ...write("POST", path), anew };
  },
};

/** What must be true of the database after any failure. */
async function invariants() {
  await none(
    "a user without membership or clients",
    `select u.id from users u where u.deleted = 0 and (not exists (select 1 from user_tenants where user_id = u.id)
    or not exists (select 1 from user_clients where user_id = u.id))`,
  );
  await none("a membership without its user", "select m.id from user_tenants m left join users u on u.id = m.user_id where u.id is null");
  await none(
    "a tenant whose members are counted wrong",
    `select t.tenant_id from tenant_members t where t.members <> (select count(*) from user_tenants m
    join users u on u.id = m.user_id and u.deleted = 0 where m.tenant_id = t.tenant_id and m.deleted = 0)`,
  );
  await none(
    "a change that is half of one",
    `select u.id from users u join user_tenants m on m.user_id = u.id and m.deleted = 0
    where (u.first_name = 'Eva') <> (m.status = 3) and u.deleted = 0`,
  );
  await none("a mark of an administrator left", "select id from administrator_left");
}

test.each(Object.entries(WRITES))("%s: when any trip fails, nothing is half done and the administrator can go on", async (_, make) => {
  await sufferAll(make, "arc");
  await invariants();
});

test("storage that hangs is given up after five seconds, wherever it does", async () => {
  expect(await hangAll()).toBeGreaterThan(30);
  await invariants();
}, 300_000);
