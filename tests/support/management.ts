// What the tests of the management API share: two tenants, their administrators, and one of everything.

import { randomUUID } from "node:crypto";
import { beforeAll } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, type Pair } from "./api";
import { useWorker } from "./fixtures";
import { PASSWORD, aUser } from "./seed";
import type { Options } from "./worker";

/** The permissions of somebody who manages one tenant. */
export const MANAGES = [
  ...["ViewTenantUser", "CreateTenantUser", "UpdateTenantUser", "DeleteTenantUser", "ViewTenant", "UpdateTenant", "DeleteTenant"],
  ...["CreateTenant", "ViewRoles", "CreateRoles", "UpdateRoles", "DeleteRoles", "ViewGroupList", "CreateGroup", "UpdateGroup"],
  ...["DeleteGroup", "CreateUserGroup", "ViewUserGroupList", "CreateMultipleUserGroup", "RemoveMemberFromUserGroup"],
  ...["CreateUserTenant", "ViewUserTenant", "UpdateUserTenant", "DeleteUserTenant", "ViewLoginActivity"],
];

export const HOME = demoSettings.SIGN_UP_TENANT;
export const MEMBER = demoSettings.SIGN_UP_ROLE;
export const query = (name: "filter" | "where", value: unknown) => `${name}=${encodeURIComponent(JSON.stringify(value))}`;

/** A worker, its administrator, and calls on behalf of others. */
export function useManagement(options: Options = {}) {
  const { worker, our } = useWorker(options);
  let root: Pair;

  beforeAll(async () => {
    root = await our.signIn(ADMIN);
  });

  /** A call by the administrator, or by whoever is given. */
  const call = (method: string, path: string, body?: unknown, by: Pick<Pair, "accessToken"> = root): Promise<Answer> =>
    our.send(method, path, { body, headers: our.bearer(by.accessToken) });

  /** Somebody with these permissions beyond those of a member, signed in. */
  async function withPermissions(permissions: string[], tenantId = HOME) {
    const user = await aUser(worker, { permissions, email: `${randomUUID()}@example.com` });
    if (tenantId !== HOME) await move(user.id, tenantId);
    const pair = await our.signIn({ username: user.username, password: PASSWORD });
    return { ...user, ...pair };
  }

  /** Makes a tenant the one and only of a user. */
  const move = (userId: string, tenantId: string) =>
    worker.db.batch([
      worker.db.prepare("update user_tenants set tenant_id = ? where user_id = ?").bind(tenantId, userId),
      worker.db.prepare("update users set default_tenant_id = ? where id = ?").bind(tenantId, userId),
    ]);

  async function aTenant() {
    const answer = await call("POST", "/tenants", { name: `Tenant ${randomUUID()}`, status: 1 });
    if (answer.status !== 200) throw new Error(`tenant: ${answer.text}`);
    return answer.body;
  }

  /** The body of a new user. */
  const person = (more: object = {}) => {
    const username = `person-${randomUUID()}`;
    return { firstName: "Ann", lastName: "Lee", username, email: `${username}@example.com`, roleId: MEMBER, ...more };
  };

  async function aMember(tenantId = HOME, more: object = {}) {
    const answer = await call("POST", `/tenants/${tenantId}/users`, person(more));
    if (answer.status !== 200) throw new Error(`member: ${answer.text}`);
    return answer.body;
  }

  return { worker, our, call, withPermissions, aTenant, aMember, person, root: () => root };
}
