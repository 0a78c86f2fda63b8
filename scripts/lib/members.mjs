// What an operator does to a user: statements for the membership of the user's own tenant.
// docs/operations.md shows the same as plain SQL.

import { fold } from "./people.mjs";
import { literal } from "./sql.mjs";

const membership = (username) => `deleted = 0 and (user_id, tenant_id) =
    (select id, default_tenant_id from users where username_key = ${literal(fold(username))} and deleted = 0)`;

/** The user as he stands: id, username, status, role and live sessions. */
export function findMember(username, now) {
  return `select u.id, u.username, m.status, r.name as role,
    (select count(*) from sessions s where s.user_id = u.id and s.ended_on is null and s.expires_on > ${literal(now)}) as sessions
  from users u
  left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0
  left join roles r on r.id = m.role_id
  where u.username_key = ${literal(fold(username))} and u.deleted = 0`;
}

/** The live roles of that name. */
export function findRoles(name) {
  return `select id from roles where name = ${literal(name)} and deleted = 0`;
}

/** 1 lets the user in, 2 does not; leaving 1 and 3 ends the user's sessions, by a trigger. */
export function setStatus(username, status, now) {
  return `update user_tenants set status = ${literal(status)}, modified_on = ${literal(now)}, modified_by = 'operator'
  where ${membership(username)}`;
}

/** Shuts the user out of every tenant, so that no sign-in undoes it, and leaves the erasure to the worker's next hour. */
export function erase(username, now) {
  const user = `(select id from users where username_key = ${literal(fold(username))} and deleted = 0)`;
  return [
    `update user_tenants set status = 2, modified_on = ${literal(now)}, modified_by = 'operator' where user_id = ${user} and deleted = 0`,
    `update users set erase_on = ${literal(now)} where id = ${user}`,
  ];
}

/** Another role, which counts from the next request. */
export function setRole(username, roleId, now) {
  return `update user_tenants set role_id = ${literal(roleId)}, modified_on = ${literal(now)}, modified_by = 'operator'
  where ${membership(username)}`;
}
