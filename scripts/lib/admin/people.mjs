// People: found, made, changed, let go.

import { randomUUID } from "node:crypto";
import { randomSecret } from "../keys.mjs";
import { addressOf, digest, fold, user as userRows } from "../people.mjs";
import { Expression, insert, literal } from "../sql.mjs";
import { Stop } from "../steps.mjs";
import { LIMIT, acts, changed, makes, named, shows, time, user } from "./kinds.mjs";

const STATUSES =
  "case m.status when 0 then 'registered' when 1 then 'active' when 2 then 'inactive' when 3 then 'password change needed' else 'rejected' end";
/** How long a link is good that an operator hands over. */
const LINK_LIFETIME = 86_400_000;

/** The columns of a person that are set as they are, and how long a text they take. */
const TEXTS = {
  firstName: ["first_name", 50],
  middleName: ["middle_name", 50],
  lastName: ["last_name", 50],
  phone: ["phone", 15],
  designation: ["designation", 50],
  photoUrl: ["photo_url", 2048],
  gender: ["gender", 1, /^[MFO]$/],
  dob: ["dob", 10, /^\d{4}-\d\d-\d\d$/],
};

/** Everything from the text on in the order of an index: `an` finds `anna`. */
const beginsWith = (column, text) => `${column} between ${literal(fold(text))} and ${literal(`${fold(text)}\u{10ffff}`)}`;

const PEOPLE = `select u.username, u.email, u.first_name as first, u.last_name as last, ${STATUSES} as status, r.name as role, t.name as tenant,
    ${time("u.last_login")} as last_login
  from users u
  left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0
  left join tenants t on t.id = m.tenant_id
  left join roles r on r.id = m.role_id
  where u.deleted = 0`;

export const PEOPLE_VERBS = {
  "user list": shows(["[TEXT]"], "people, or those whose name or address begins so", (text) =>
    text === undefined
      ? `${PEOPLE} order by u.username_key limit ${LIMIT}`
      : `${PEOPLE} and u.id in (select id from users where deleted = 0 and ${beginsWith("username_key", text)}
      union select id from users where deleted = 0 and ${beginsWith("email_key", text)}) order by u.username_key limit ${LIMIT}`,
  ),
  "user show": shows(["NAME"], "one of them", (name) => `${PEOPLE} and u.id = ${user(name)}`),
  "user create": makes(
    ["NAME", "TENANT", "ROLE", "CLIENT[,CLIENT]", "[ADDRESS]"],
    "an active person, and a link with which they choose a password",
    create,
  ),
  "user invite": makes(["NAME"], "a link, good for a day, with which somebody chooses a password", invite, "link"),
  "user set": acts(["NAME", "PROPERTY", "VALUE"], `email, ${Object.keys(TEXTS).join(", ")}; an empty one is taken away`, user, setProperty),
  "user disable": acts(["NAME"], "lets them in no more, and ends their sessions", user, (name, now) => setStatus(name, 2, now)),
  "user enable": acts(["NAME"], "lets them in again", user, (name, now) => setStatus(name, 1, now)),
  "user role": acts(["NAME", "ROLE"], "gives them another, which counts from the next request", user, setRole),
  "user erase": acts(["NAME"], "shuts them out; the worker's next hourly run erases them", user, erase),
  "user delete": acts(
    ["NAME"],
    "deletes the account; the name is free again",
    user,
    (name, now) =>
      `update users set deleted = 1, deleted_on = ${literal(now)}, deleted_by = 'operator', modified_on = ${literal(now)} where id = ${user(name)} returning id`,
    "deleted",
  ),
};

/** All of a person's rows, where tenant, role and clients are there; and the link. */
function create(name, tenant, role, clients, address, now) {
  const id = randomUUID();
  const tenantId = named("tenants", tenant);
  const roleId = named("roles", role, ` and (tenant_id is null or tenant_id = ${tenantId})`);
  const clientIds = [...new Set(clients.split(",").map((it) => it.trim()))];
  const areHere = `${tenantId} is not null and ${roleId} is not null
    and (select count(*) from auth_clients where deleted = 0 and client_id in (${clientIds.map(literal).join(", ")})) = ${clientIds.length}`;
  const email = emailOf(name, address);
  const [person, ...rest] = userRows(
    {
      id,
      membershipId: randomUUID(),
      username: name.trim(),
      email,
      verified: false,
      firstName: name.trim(),
      stored: null,
      tenantId: new Expression(tenantId),
      roleId: new Expression(roleId),
      clientIds,
      now,
    },
    areHere,
  );
  const link = linkFor(`id = ${literal(id)}`, now);
  return { target: literal(id), statements: [`${person} returning id`, ...rest, link.statement], shown: link.shown };
}

/** A username with @ is its user's own address. */
function emailOf(name, address) {
  if (!name.trim()) throw new Stop("the name is empty");
  if (address !== undefined && !/^[^@\s]+@[^@\s]+$/.test(address)) throw new Stop(`${address} is no address`);
  if (address !== undefined && addressOf(name) !== null && fold(address) !== fold(name))
    throw new Stop("a name that is an address is the person's own");
  return address ?? (addressOf(name) === null ? null : name.trim());
}

/** A link in the place of those that are on their way. Whoever comes through a provider alone has no password to choose. */
function invite(name, now) {
  const condition = `id = ${user(name)} and (exists (select 1 from user_credentials c where c.user_id = users.id)
    or not exists (select 1 from user_identities i where i.user_id = users.id))`;
  const link = linkFor(condition, now);
  return { target: user(name), statements: [voidLinks(name, now), `${link.statement} returning user_id as id`], shown: link.shown };
}

const voidLinks = (name, now) =>
  `update one_time set voided_on = ${literal(now)} where kind = 'reset' and user_id = ${user(name)} and taken_by is null and voided_on is null`;

/** As src/store/links.rs makes one. */
function linkFor(condition, now) {
  const token = randomSecret();
  return {
    statement: `insert into one_time (key, kind, user_id, client_id, recipient, created_on, expires_on)
      select ${literal(`reset:${digest(token)}`)}, 'reset', id, (select min(client_id) from user_clients where user_id = users.id), email_key,
        ${literal(now)}, ${literal(now + LINK_LIFETIME)} from users where deleted = 0 and ${condition}`,
    shown: (resetLink) => ({ link: resetLink(token) }),
  };
}

function setProperty(name, property, value, now) {
  if (property === "email") return setEmail(name, value, now);
  const [column, most, form] = TEXTS[property] ?? [];
  if (column === undefined) throw new Stop(`there is no ${property}: it is one of email, ${Object.keys(TEXTS).join(", ")}`);
  const text = value.trim();
  if ([...text].length > most || (text && form && !form.test(text)) || (!text && property === "firstName"))
    throw new Stop(`that is no ${property}`);
  return `update users set ${column} = ${literal(text || null)}, ${changed(now)} where id = ${user(name)} returning id`;
}

/** A username that was the address moves along; links to the former address are void. */
function setEmail(name, value, now) {
  const email = value.trim();
  if (!/^[^@\s]+@[^@\s]+$/.test(email) || [...email].length > 320) throw new Stop(`${email} is no address`);
  const moves = (column, to) => `${column} = iif(username_key is email_key, ${to}, ${column})`;
  const [given, key] = [literal(email), literal(fold(email))];
  return [
    voidLinks(name, now),
    `update users set ${moves("username", given)}, ${moves("username_key", key)}, ${moves("username_address", key)},
      email = ${given}, email_key = ${key}, ${changed(now)} where id = ${user(name)} returning id`,
  ];
}

/** The membership of a user in the user's own tenant. */
const ofOwnTenant = (name) => `deleted = 0 and (user_id, tenant_id) =
    (select id, default_tenant_id from users where username_key = ${literal(fold(name))} and deleted = 0)`;

/** 1 lets a user in, 2 does not; leaving 1 and 3 ends the user's sessions, by a trigger. */
const setStatus = (name, status, now) =>
  `update user_tenants set status = ${literal(status)}, ${changed(now)} where ${ofOwnTenant(name)} returning user_id as id`;

function setRole(name, text, now) {
  const roleId = named("roles", text, " and (tenant_id is null or tenant_id = user_tenants.tenant_id)");
  return `update user_tenants set role_id = ${roleId}, ${changed(now)} where ${ofOwnTenant(name)} and ${roleId} is not null
    returning user_id as id`;
}

/** Shuts a user out of every tenant, so that no sign-in undoes it, and leaves the erasure to the worker's next hour. */
function erase(name, now) {
  return [
    `update user_tenants set status = 2, ${changed(now)} where user_id = ${user(name)} and deleted = 0`,
    `update users set erase_on = ${literal(now)} where id = ${user(name)} returning id`,
  ];
}
