// People for tests, beside those of the demo data.

import { randomUUID } from "node:crypto";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { user } from "../../scripts/lib/people.mjs";
import { PASSWORD, STORED } from "./hashes";
import type { Worker } from "./worker";

export { PASSWORD };

interface Wishes {
  username?: string;
  email?: string;
  /** `user_tenants.status`; null for a user without a membership. */
  status?: number | null;
  /** Public names of the clients the user may sign in to. */
  clients?: string[];
  /** As stored; null for a user without one. */
  storedPassword?: string | null;
  /** Permissions beyond the role's. */
  permissions?: string[];
}

/** Makes a user of the demo tenant with the role Member. */
export async function aUser(worker: Worker, wishes: Wishes = {}) {
  const id = randomUUID();
  const membershipId = randomUUID();
  const username = wishes.username ?? `user-${id}`;
  const now = Date.now();
  const statements: string[] = user({
    id,
    membershipId,
    username,
    email: wishes.email ?? null,
    verified: wishes.email !== undefined,
    firstName: "Test",
    stored: wishes.storedPassword ?? STORED[PASSWORD],
    tenantId: demoSettings.SIGN_UP_TENANT,
    roleId: demoSettings.SIGN_UP_ROLE,
    clientIds: wishes.clients ?? ["demo-web", "demo-mobile"],
    now,
  });
  const { db } = worker;
  const run = (sql: string, ...values: unknown[]) => db.prepare(sql).bind(...values);
  const changes = [];
  if (wishes.status === null) changes.push(run("delete from user_tenants where id = ?", membershipId));
  else if (wishes.status !== undefined) changes.push(run("update user_tenants set status = ? where id = ?", wishes.status, membershipId));
  if (wishes.storedPassword === null) changes.push(run("delete from user_credentials where user_id = ?", id));
  for (const permission of wishes.permissions ?? [])
    changes.push(
      run(
        "insert into user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on) values (?, ?, ?, 1, ?, ?)",
        randomUUID(),
        membershipId,
        permission,
        now,
        now,
      ),
    );
  await db.batch([...statements.map((sql) => db.prepare(sql)), ...changes]);
  return { id, membershipId, username, password: PASSWORD };
}
