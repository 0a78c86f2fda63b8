// Tenants with their settings, roles and groups.

import { randomUUID } from "node:crypto";
import { fold, role as roleRow, tenant as tenantRow } from "../people.mjs";
import { Expression, insert, literal } from "../sql.mjs";
import { Stop } from "../steps.mjs";
import { LIMIT, acts, changed, deletion, group, made, makes, role, shows, tenant } from "./kinds.mjs";

const one = (text) => `id = ${tenant(text)}`;
const oneRole = (text) => `id = ${role(text)}`;
const oneGroup = (text) => `id = ${group(text)}`;

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
  join roles r on r.id = m.role_id where m.tenant_id = ${tenant(text)} and m.deleted = 0 order by m.username_key limit ${LIMIT}`,
  ),
  "tenant create": makes(["NAME"], "an active one", createTenant),
  "tenant rename": acts(
    ["TENANT", "NAME"],
    "calls it otherwise",
    tenant,
    (text, name, now) => `update tenants set name = ${literal(nonEmpty(name))}, ${changed(now)} where ${one(text)} returning id`,
  ),
  "tenant disable": acts(["TENANT"], "lets none of its people in", tenant, (text, now) => tenantStatus(text, 2, now)),
  "tenant enable": acts(["TENANT"], "lets them in again", tenant, (text, now) => tenantStatus(text, 1, now)),
  "tenant delete": acts(
    ["TENANT"],
    "ends the sessions of its people for good",
    tenant,
    (text, now) => `${deletion("tenants", one(text), now)} returning id`,
    "deleted",
  ),
  "tenant settings": shows(
    ["TENANT"],
    "its settings",
    (text) =>
      `select config_key as key, config_value as value from tenant_configs where tenant_id = ${tenant(text)} and deleted = 0 order by 1`,
  ),
  "tenant set": acts(["TENANT", "KEY", "JSON"], "sets one", tenant, setConfig),
  "tenant unset": acts(
    ["TENANT", "KEY"],
    "deletes one",
    tenant,
    (text, key, now) => `${deletion("tenant_configs", configOf(text, key), now)} returning tenant_id as id`,
  ),
  "role list": shows(
    [],
    "roles and their permissions",
    () =>
      "select r.id, r.name, t.name as tenant, r.permissions, r.includes, r.require_mfa as second_step from roles r left join tenants t on t.id = r.tenant_id where r.deleted = 0 order by r.name",
  ),
  "role create": makes(["NAME", "PERMISSION[,PERMISSION]", "[TENANT]"], "one of a tenant, or of all", createRole),
  "role grant": acts(["ROLE", "PERMISSION"], "gives it a permission", role, (text, permission, now) =>
    permissions(text, `json_insert(permissions, '$[#]', ${literal(permission)})`, `not ${holds(permission)}`, now),
  ),
  "role revoke": acts(["ROLE", "PERMISSION"], "takes one from it", role, (text, permission, now) =>
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
    role,
    (text, now) =>
      `${deletion("roles", `${oneRole(text)} and not exists (select 1 from user_tenants m where m.role_id = roles.id and m.deleted = 0)`, now)} returning id`,
    "deleted",
  ),
  "role demand": acts(["ROLE"], "lets nobody in with it by one factor alone", role, (text, now) => demand(text, 1, now)),
  "role waive": acts(["ROLE"], "lets people in again who have no second factor on", role, (text, now) => demand(text, 0, now)),
  "group list": shows(
    ["[TENANT]"],
    "groups",
    (text) => `select g.id, g.name, t.name as tenant, g.description from groups g join tenants t on t.id = g.tenant_id where g.deleted = 0
  ${text === undefined ? "" : `and g.tenant_id = ${tenant(text)}`} order by t.name, g.name limit ${LIMIT}`,
  ),
  "group users": shows(
    ["GROUP"],
    "its members",
    (text) => `select u.username, u.email from user_groups g join user_tenants m on m.id = g.user_tenant_id join users u on u.id = m.user_id
  where g.group_id = ${group(text)} and g.deleted = 0 order by u.username_key limit ${LIMIT}`,
  ),
  "group create": makes(["TENANT", "NAME"], "makes one", createGroup),
  "group delete": acts(
    ["GROUP"],
    "deletes one",
    group,
    (text, now) => `${deletion("groups", oneGroup(text), now)} returning id`,
    "deleted",
  ),
  "group add": acts(["GROUP", "NAME"], "puts a person of its tenant into it", group, addToGroup),
  "group remove": acts(
    ["GROUP", "NAME"],
    "takes one out of it",
    group,
    (text, name, now) =>
      `${deletion("user_groups", `group_id = ${group(text)} and user_tenant_id = ${memberOf(text, name)}`, now)} returning group_id as id`,
  ),
};

function nonEmpty(name) {
  if (!name.trim()) throw new Stop("the name is empty");
  return name.trim();
}

function createTenant(name, now) {
  const id = randomUUID();
  const statement = tenantRow({ id, name: nonEmpty(name), now }, `${tenant(name)} is null`);
  return { target: literal(id), statements: [`${statement} returning id`] };
}

const tenantStatus = (text, status, now) =>
  `update tenants set status = ${literal(status)}, ${changed(now)} where ${one(text)} returning id`;

const demand = (text, on, now) => `update roles set require_mfa = ${literal(on)}, ${changed(now)} where ${oneRole(text)} returning id`;

const configOf = (text, key) => `tenant_id = ${tenant(text)} and config_key = ${literal(key)}`;

function setConfig(text, key, value, now) {
  try {
    JSON.parse(value);
  } catch {
    throw new Stop("the value is no JSON");
  }
  const tenantId = tenant(text);
  const row = { id: randomUUID(), tenant_id: new Expression(tenantId), config_key: nonEmpty(key), config_value: value, ...made(now) };
  return [
    deletion("tenant_configs", configOf(text, key), now),
    `${insert("tenant_configs", row, `${tenantId} is not null`)} returning tenant_id as id`,
  ];
}

function createRole(name, list, tenantText, now) {
  const tenantId = tenantText === undefined ? "null" : tenant(tenantText);
  const names = list.split(",").map((it) => it.trim());
  const condition = `${tenantText === undefined ? "true" : `${tenantId} is not null`}
    and not exists (select 1 from roles where name = ${literal(name)} and deleted = 0 and tenant_id is ${tenantId})`;
  const id = randomUUID();
  const statement = roleRow({ id, name: nonEmpty(name), permissions: names.filter(Boolean), type: 1, now }, condition);
  const place = `update roles set tenant_id = ${tenantId} where id = ${literal(id)}`;
  return { target: literal(id), statements: [`${statement} returning id`, place] };
}

const holds = (permission) => `exists (select 1 from json_each(permissions) where value = ${literal(permission)})`;

/** A composite role has the permissions of its parts, and no others. */
const permissions = (text, list, condition, now) =>
  `update roles set permissions = ${list}, ${changed(now)} where ${oneRole(text)} and includes = '[]' and ${condition} returning id`;

function createGroup(text, name, now) {
  const tenantId = tenant(text);
  const row = { id: randomUUID(), name: nonEmpty(name), tenant_id: new Expression(tenantId), ...made(now) };
  return { target: literal(row.id), statements: [`${insert("groups", row, `${tenantId} is not null`)} returning id`] };
}

const memberOf = (text, name) => `(select m.id from groups g join user_tenants m on m.tenant_id = g.tenant_id and m.deleted = 0
    join users u on u.id = m.user_id and u.deleted = 0 and u.username_key = ${literal(fold(name))} where g.id = ${group(text)})`;

function addToGroup(text, name, now) {
  const [groupId, memberId] = [group(text), memberOf(text, name)];
  const row = { id: randomUUID(), group_id: new Expression(groupId), user_tenant_id: new Expression(memberId), ...made(now) };
  const condition = `${memberId} is not null
    and not exists (select 1 from user_groups where group_id = ${groupId} and user_tenant_id = ${memberId} and deleted = 0)`;
  return `${insert("user_groups", row, condition)} returning group_id as id`;
}
