// Tenants with their settings, roles and groups.

import { randomUUID } from "node:crypto";
import { fold, role, tenant } from "../people.mjs";
import { Expression, insert, literal } from "../sql.mjs";
import { Stop } from "../steps.mjs";
import { LIMIT, acts, changed, deletion, made, named, shows } from "./kinds.mjs";

const one = (text) => `id = ${named("tenants", text)}`;
const oneRole = (text) => `id = ${named("roles", text)}`;
const oneGroup = (text) => `id = ${named("groups", text)}`;

export const PLACE_VERBS = {
  "tenant list": shows(
    [],
    "tenants and how many people they have",
    () =>
      `select t.id, t.name, t.key, case t.status when 1 then 'active' when 2 then 'inactive' else 'pending' end as status,
    coalesce(n.members, 0) as members from tenants t left join tenant_members n on n.tenant_id = t.id where t.deleted = 0 order by t.name`,
  ),
  "tenant users": shows(
    ["TENANT"],
    "its people, the first by name",
    (text) => `select u.username, u.email, r.name as role, m.status from user_tenants m join users u on u.id = m.user_id
  join roles r on r.id = m.role_id where m.tenant_id = ${named("tenants", text)} and m.deleted = 0 order by m.username_key limit ${LIMIT}`,
  ),
  "tenant create": acts(
    ["NAME"],
    "an active one",
    (name, now) => `${tenant({ id: randomUUID(), name: nonEmpty(name), now }, `${named("tenants", name)} is null`)} returning id`,
    "created",
  ),
  "tenant rename": acts(
    ["TENANT", "NAME"],
    "calls it otherwise",
    (text, name, now) => `update tenants set name = ${literal(nonEmpty(name))}, ${changed(now)} where ${one(text)} returning id`,
  ),
  "tenant disable": acts(["TENANT"], "lets none of its people in", (text, now) => tenantStatus(text, 2, now)),
  "tenant enable": acts(["TENANT"], "lets them in again", (text, now) => tenantStatus(text, 1, now)),
  "tenant delete": acts(
    ["TENANT"],
    "ends the sessions of its people for good",
    (text, now) => `${deletion("tenants", one(text), now)} returning id`,
    "deleted",
  ),
  "tenant settings": shows(
    ["TENANT"],
    "its settings",
    (text) =>
      `select config_key as key, config_value as value from tenant_configs where tenant_id = ${named("tenants", text)} and deleted = 0 order by 1`,
  ),
  "tenant set": acts(["TENANT", "KEY", "JSON"], "sets one", setConfig),
  "tenant unset": acts(
    ["TENANT", "KEY"],
    "deletes one",
    (text, key, now) => `${deletion("tenant_configs", configOf(text, key), now)} returning tenant_id as id`,
  ),
  "role list": shows(
    [],
    "roles and their permissions",
    () =>
      "select r.id, r.name, t.name as tenant, r.permissions, r.includes, r.require_mfa as second_step from roles r left join tenants t on t.id = r.tenant_id where r.deleted = 0 order by r.name",
  ),
  "role create": acts(["NAME", "PERMISSION[,PERMISSION]", "[TENANT]"], "one of a tenant, or of all", createRole, "created"),
  "role grant": acts(["ROLE", "PERMISSION"], "gives it a permission", (text, permission, now) =>
    permissions(text, `json_insert(permissions, '$[#]', ${literal(permission)})`, `not ${holds(permission)}`, now),
  ),
  "role revoke": acts(["ROLE", "PERMISSION"], "takes one from it", (text, permission, now) =>
    permissions(
      text,
      `(select json_group_array(value) from json_each(permissions) where value <> ${literal(permission)})`,
      holds(permission),
      now,
    ),
  ),
  "role delete": acts(
    ["ROLE"],
    "one that nobody has",
    (text, now) =>
      `${deletion("roles", `${oneRole(text)} and not exists (select 1 from user_tenants m where m.role_id = roles.id and m.deleted = 0)`, now)} returning id`,
    "deleted",
  ),
  "role demand": acts(["ROLE"], "lets nobody in with it by one factor alone", (text, now) => demand(text, 1, now)),
  "role waive": acts(["ROLE"], "lets people in again who have no second factor on", (text, now) => demand(text, 0, now)),
  "group list": shows(
    ["[TENANT]"],
    "groups",
    (text) => `select g.id, g.name, t.name as tenant, g.description from groups g join tenants t on t.id = g.tenant_id where g.deleted = 0
  ${text === undefined ? "" : `and g.tenant_id = ${named("tenants", text)}`} order by t.name, g.name limit ${LIMIT}`,
  ),
  "group users": shows(
    ["GROUP"],
    "its members",
    (text) => `select u.username, u.email from user_groups g join user_tenants m on m.id = g.user_tenant_id join users u on u.id = m.user_id
  where g.group_id = ${named("groups", text)} and g.deleted = 0 order by u.username_key limit ${LIMIT}`,
  ),
  "group create": acts(["TENANT", "NAME"], "makes one", createGroup, "created"),
  "group delete": acts(["GROUP"], "deletes one", (text, now) => `${deletion("groups", oneGroup(text), now)} returning id`, "deleted"),
  "group add": acts(["GROUP", "NAME"], "puts a person of its tenant into it", addToGroup),
  "group remove": acts(
    ["GROUP", "NAME"],
    "takes one out of it",
    (text, name, now) =>
      `${deletion("user_groups", `group_id = ${named("groups", text)} and user_tenant_id = ${memberOf(text, name)}`, now)} returning group_id as id`,
  ),
};

function nonEmpty(name) {
  if (!name.trim()) throw new Stop("the name is empty");
  return name.trim();
}

const tenantStatus = (text, status, now) =>
  `update tenants set status = ${literal(status)}, ${changed(now)} where ${one(text)} returning id`;

const demand = (text, on, now) => `update roles set require_mfa = ${literal(on)}, ${changed(now)} where ${oneRole(text)} returning id`;

const configOf = (text, key) => `tenant_id = ${named("tenants", text)} and config_key = ${literal(key)}`;

function setConfig(text, key, value, now) {
  try {
    JSON.parse(value);
  } catch {
    throw new Stop("the value is no JSON");
  }
  const tenantId = named("tenants", text);
  const row = { id: randomUUID(), tenant_id: new Expression(tenantId), config_key: nonEmpty(key), config_value: value, ...made(now) };
  return [
    deletion("tenant_configs", configOf(text, key), now),
    `${insert("tenant_configs", row, `${tenantId} is not null`)} returning tenant_id as id`,
  ];
}

function createRole(name, list, tenantText, now) {
  const tenantId = tenantText === undefined ? "null" : named("tenants", tenantText);
  const names = list.split(",").map((it) => it.trim());
  const condition = `${tenantText === undefined ? "true" : `${tenantId} is not null`}
    and not exists (select 1 from roles where name = ${literal(name)} and deleted = 0 and tenant_id is ${tenantId})`;
  const id = randomUUID();
  return [
    `${role({ id, name: nonEmpty(name), permissions: names.filter(Boolean), type: 1, now }, condition)} returning id`,
    `update roles set tenant_id = ${tenantId} where id = ${literal(id)}`,
  ];
}

const holds = (permission) => `exists (select 1 from json_each(permissions) where value = ${literal(permission)})`;

/** A composite role has the permissions of its parts, and no others. */
const permissions = (text, list, condition, now) =>
  `update roles set permissions = ${list}, ${changed(now)} where ${oneRole(text)} and includes = '[]' and ${condition} returning id`;

function createGroup(text, name, now) {
  const tenantId = named("tenants", text);
  const row = { id: randomUUID(), name: nonEmpty(name), tenant_id: new Expression(tenantId), ...made(now) };
  return `${insert("groups", row, `${tenantId} is not null`)} returning id`;
}

const memberOf = (text, name) => `(select m.id from groups g join user_tenants m on m.tenant_id = g.tenant_id and m.deleted = 0
    join users u on u.id = m.user_id and u.deleted = 0 and u.username_key = ${literal(fold(name))} where g.id = ${named("groups", text)})`;

function addToGroup(text, name, now) {
  const [groupId, memberId] = [named("groups", text), memberOf(text, name)];
  const row = { id: randomUUID(), group_id: new Expression(groupId), user_tenant_id: new Expression(memberId), ...made(now) };
  const condition = `${memberId} is not null
    and not exists (select 1 from user_groups where group_id = ${groupId} and user_tenant_id = ${memberId} and deleted = 0)`;
  return `${insert("user_groups", row, condition)} returning group_id as id`;
}
