// What `npm run admin` can do: each verb with the words that follow it, and the statements that it runs.
// docs/operations.md shows the same as plain SQL.

import { fold } from "./people.mjs";
import { literal } from "./sql.mjs";

const LIMIT = 100;
const STATUSES =
  "case m.status when 0 then 'registered' when 1 then 'active' when 2 then 'inactive' when 3 then 'password change needed' else 'rejected' end";
const time = (column) => `datetime(${column} / 1000, 'unixepoch')`;
const user = (name) => `(select id from users where username_key = ${literal(fold(name))} and deleted = 0)`;

/** Everything from the text on in the order of an index: `an` finds `anna`. */
const beginsWith = (column, text) => `${column} between ${literal(fold(text))} and ${literal(`${fold(text)}\u{10ffff}`)}`;

const PEOPLE = `select u.username, u.email, u.first_name as first, u.last_name as last, ${STATUSES} as status, r.name as role, t.name as tenant,
    ${time("u.last_login")} as last_login
  from users u
  left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0
  left join tenants t on t.id = m.tenant_id
  left join roles r on r.id = m.role_id
  where u.deleted = 0`;

/** A verb that shows rows: words after it (one in brackets may be left out), what it is for, and its query. */
const shows = (words, about, query) => ({ words, about, query });
/** A verb that changes something: `changed` tells from the rows that the statement returns whether it did. */
const acts = (words, about, statement) => ({ words, about, statement });

export const VERBS = {
  "user list": shows(["[TEXT]"], "people, or those whose name or address begins so", (text) =>
    text === undefined
      ? `${PEOPLE} order by u.username_key limit ${LIMIT}`
      : `${PEOPLE} and u.id in (select id from users where deleted = 0 and ${beginsWith("username_key", text)}
      union select id from users where deleted = 0 and ${beginsWith("email_key", text)}) order by u.username_key limit ${LIMIT}`,
  ),
  "user show": shows(["NAME"], "one of them", (name) => `${PEOPLE} and u.id = ${user(name)}`),
  "user sessions": shows(
    ["NAME"],
    "open sessions",
    (name, now) => `select s.id, c.client_id as client, s.method, ${time("s.created_on")} as since, ${time("s.last_used_on")} as last_used,
    ${time("s.expires_on")} as until from sessions s join auth_clients c on c.id = s.client_id
  where s.user_id = ${user(name)} and s.ended_on is null and s.expires_on > ${literal(now)} order by s.last_used_on desc`,
  ),
  "user sign-out": acts(
    ["NAME"],
    "ends them all",
    (name, now) =>
      `update sessions set ended_on = ${literal(now)}, ended_why = 'operator' where ended_on is null and user_id = ${user(name)} returning id`,
  ),
  "user delete": acts(
    ["NAME"],
    "deletes the account; the name is free again",
    (name, now) =>
      `update users set deleted = 1, deleted_on = ${literal(now)}, deleted_by = 'operator', modified_on = ${literal(now)} where id = ${user(name)} returning id`,
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
    (name) => `delete from factors where user_id = ${user(name)} and confirmed_on is not null returning id`,
  ),
  "tenant list": shows(
    [],
    "tenants and how many people they have",
    () =>
      `select t.id, t.name, t.key, case t.status when 1 then 'active' when 2 then 'inactive' else 'pending' end as status,
    coalesce(n.members, 0) as members from tenants t left join tenant_members n on n.tenant_id = t.id where t.deleted = 0 order by t.name`,
  ),
  "tenant disable": acts(["ID"], "lets none of its people in", (id, now) => tenantStatus(id, 2, now)),
  "tenant enable": acts(["ID"], "lets them in again", (id, now) => tenantStatus(id, 1, now)),
  "role list": shows(
    [],
    "roles and their permissions",
    () =>
      "select r.id, r.name, t.name as tenant, r.permissions, r.includes, r.require_mfa as second_step from roles r left join tenants t on t.id = r.tenant_id where r.deleted = 0 order by r.name",
  ),
  "role demand": acts(["ID"], "lets nobody in with it by one factor alone", (id, now) => demand(id, 1, now)),
  "role waive": acts(["ID"], "lets people in again who have no second factor on", (id, now) => demand(id, 0, now)),
  "client demand": acts(
    ["CLIENT"],
    "lets nobody in there by one factor alone",
    (client) => `insert into mfa_clients (client_id) select id from auth_clients where client_id = ${literal(client)} and deleted = 0
  on conflict do nothing returning client_id`,
  ),
  "client waive": acts(
    ["CLIENT"],
    "lets people in there again who have no second factor on",
    (client) =>
      `delete from mfa_clients where client_id = (select id from auth_clients where client_id = ${literal(client)} and deleted = 0) returning client_id`,
  ),
  "client list": shows(
    [],
    "clients",
    () =>
      `select id, client_id, redirect_url, access_token_expiration as access_s, refresh_token_expiration as refresh_s,
    exists (select 1 from mfa_clients d where d.client_id = auth_clients.id) as second_step from auth_clients where deleted = 0 order by client_id`,
  ),
  activity: shows(
    ["[NAME]"],
    "what happened last, to everybody or to one",
    (name) =>
      `select ${time("l.at")} as at, l.kind, l.result, u.username as actor, l.target, l.address, l.country from login_activity l left join users u on u.id = l.user_id
  ${name === undefined ? "" : `where l.user_id = ${user(name)}`} order by l.at desc limit ${LIMIT}`,
  ),
  "outbox list": shows(
    [],
    "events that wait or were given up",
    () =>
      `select id, kind, subject, tries, last_error, ${time("created_on")} as at, ${time("next_on")} as next, ${time("failed_on")} as given_up
  from outbox where delivered_on is null order by created_on desc limit ${LIMIT}`,
  ),
  "outbox resend": acts(
    ["ID"],
    "sends one again",
    (
      id,
      now,
    ) => `update outbox set delivered_on = null, failed_on = null, last_error = null, tries = 0, next_on = ${literal(now)}, created_on = ${literal(now)},
    held_until = 0, attempt = null where id = ${literal(id)} and (delivered_on is not null or failed_on is not null) returning id`,
  ),
};

const tenantStatus = (id, status, now) =>
  `update tenants set status = ${literal(status)}, modified_on = ${literal(now)}, modified_by = 'operator' where id = ${literal(id)} and deleted = 0 returning id`;

const demand = (id, on, now) =>
  `update roles set require_mfa = ${literal(on)}, modified_on = ${literal(now)}, modified_by = 'operator' where id = ${literal(id)} and deleted = 0 returning id`;

/** The verb at the beginning of the words, and the words after it; nothing if there is none, or too many or few words. */
export function verbOf(words) {
  for (const length of [2, 1]) {
    const verb = VERBS[words.slice(0, length).join(" ")];
    const rest = words.slice(length);
    const least = verb?.words.filter((word) => !word.startsWith("[")).length;
    if (verb && rest.length >= least && rest.length <= verb.words.length) return { verb, rest };
  }
  return undefined;
}

/** One line for each verb. */
export const usage = () =>
  Object.entries(VERBS).map(([name, { words, about }]) => `npm run admin -- ${[name, ...words].join(" ")}  (${about})`);

/** Rows as a table of text. Control characters, which a name may hold, never reach the terminal. */
export function table(rows) {
  if (rows.length === 0) return "none";
  const columns = Object.keys(rows[0]);
  const text = (value) => String(value ?? "").replace(/[\p{Cc}\p{Cf}]/gu, "\u{fffd}");
  const lines = [columns, ...rows.map((row) => columns.map((column) => text(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => [...line[at]].length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell + " ".repeat(widths[at] - [...cell].length))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
