// What belongs to a person: sessions, factors, identities, clients, tenants, permissions.

import { randomUUID } from "node:crypto";
import { Expression, insert, literal } from "../sql.mjs";
import { acts, client, deletion, made, makes, membership, shows, time, user } from "./kinds.mjs";

const ofUser = (name, condition = "") => `user_id = ${user(name)}${condition}`;

/** Sessions and browsers end together, so that it takes both to tell whether anything did. */
function ending(name, condition, now) {
  const ended = `ended_on = ${literal(now)}`;
  const tables = ["sessions", "browsers"];
  return {
    target: user(name),
    statements: tables.map(
      (table) =>
        `update ${table} set ${ended}, ended_why = 'operator' where ended_on is null and ${ofUser(name, condition)} returning user_id as id`,
    ),
    isDone: tables.map((table) => `exists (select 1 from ${table} where ${ofUser(name, condition)} and ${ended})`).join(" or "),
  };
}

export const BELONGING_VERBS = {
  "user sessions": shows(
    ["NAME"],
    "open sessions",
    (name, now) => `select s.id, c.client_id as client, s.method, ${time("s.created_on")} as since, ${time("s.last_used_on")} as last_used,
    ${time("s.expires_on")} as until from sessions s join auth_clients c on c.id = s.client_id
  where s.user_id = ${user(name)} and s.ended_on is null and s.expires_on > ${literal(now)} order by s.last_used_on desc`,
  ),
  "user browsers": shows(
    ["NAME"],
    "browsers that are signed in at the pages",
    (
      name,
      now,
    ) => `select id, method, country, ${time("created_on")} as since, ${time("last_used_on")} as last_used, ${time("expires_on")} as until
  from browsers where ${ofUser(name)} and ended_on is null and expires_on > ${literal(now)} order by last_used_on desc`,
  ),
  "user sign-out": makes(["NAME"], "ends all of both", (name, now) => ending(name, "", now), "changed"),
  "user end-session": makes(
    ["NAME", "ID"],
    "ends one of either",
    (name, id, now) => ending(name, ` and id = ${literal(id)}`, now),
    "changed",
  ),
  "user factors": shows(
    ["NAME"],
    "second factors, and recovery codes that are left",
    (name) => `select f.id, f.kind, f.name, ${time("f.confirmed_on")} as since, ${time("f.last_used_on")} as last_used from factors f
  where f.user_id = ${user(name)} and f.confirmed_on is not null
  union all select null, 'recovery codes', count(*) || ' left', null, null from recovery_codes where user_id = ${user(name)} and used_on is null`,
  ),
  "user reset-factors": acts(
    ["NAME"],
    "removes them all, and ends what rests on them",
    user,
    (name) => `delete from factors where ${ofUser(name)} and confirmed_on is not null returning user_id as id`,
  ),
  "user remove-factor": acts(
    ["NAME", "ID"],
    "removes one",
    user,
    (name, id) => `delete from factors where ${ofUser(name)} and id = ${literal(id)} and confirmed_on is not null returning user_id as id`,
  ),
  "user identities": shows(
    ["NAME"],
    "identities at providers",
    (name) =>
      `select provider, issuer, subject, ${time("created_on")} as since, ${time("last_used_on")} as last_used from user_identities where ${ofUser(name)}`,
  ),
  "user unlink": acts(
    ["NAME", "PROVIDER"],
    "removes those of a provider, unless they are the last way in",
    user,
    (name, provider) => `delete from user_identities where ${ofUser(name)} and provider = ${literal(provider)}
    and (exists (select 1 from user_credentials where ${ofUser(name)})
      or exists (select 1 from user_identities where ${ofUser(name)} and provider <> ${literal(provider)})) returning user_id as id`,
  ),
  "user clients": shows(
    ["NAME"],
    "clients that a user may sign in to",
    (name) =>
      `select c.client_id from user_clients a join auth_clients c on c.id = a.client_id and c.deleted = 0 where a.user_id = ${user(name)} order by 1`,
  ),
  "user allow": acts(
    ["NAME", "CLIENT"],
    "lets a user in there",
    user,
    (name, id) => `insert into user_clients (user_id, client_id) select ${user(name)}, ${client(id)}
  where ${user(name)} is not null and ${client(id)} is not null on conflict do nothing returning user_id as id`,
  ),
  "user disallow": acts(
    ["NAME", "CLIENT"],
    "no more, which ends the sessions there",
    user,
    (name, id) => `delete from user_clients where ${ofUser(name)} and client_id = ${client(id)} returning user_id as id`,
  ),
  "user tenants": shows(
    ["NAME"],
    "tenants of a user",
    (name) => `select t.id, t.name, r.name as role, m.status, m.tenant_id = u.default_tenant_id as is_own from user_tenants m
  join users u on u.id = m.user_id join tenants t on t.id = m.tenant_id join roles r on r.id = m.role_id
  where m.user_id = ${user(name)} and m.deleted = 0 order by t.name`,
  ),
  "user permissions": shows(
    ["NAME"],
    "permissions that a user has or lacks beside the role's",
    (name) =>
      `select permission, iif(allowed, 'granted', 'denied') as state from user_permissions where user_tenant_id = ${membership(name)} and deleted = 0 order by 1`,
  ),
  "user grant": acts(["NAME", "PERMISSION"], "gives one", user, (name, permission, now) => permit(name, permission, 1, now)),
  "user deny": acts(["NAME", "PERMISSION"], "takes one that the role gives", user, (name, permission, now) =>
    permit(name, permission, 0, now),
  ),
  "user revoke": acts(
    ["NAME", "PERMISSION"],
    "takes either back",
    user,
    (name, permission, now) => `${deletion("user_permissions", own(name, permission), now)} returning ${user(name)} as id`,
  ),
};

const own = (name, permission) => `user_tenant_id = ${membership(name)} and permission = ${literal(permission)}`;

function permit(name, permission, allowed, now) {
  const row = { id: randomUUID(), user_tenant_id: new Expression(membership(name)), permission, allowed, ...made(now) };
  return [
    deletion("user_permissions", own(name, permission), now),
    `${insert("user_permissions", row, `${membership(name)} is not null`)} returning ${user(name)} as id`,
  ];
}
