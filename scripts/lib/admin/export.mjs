// Everything that is stored of one person, as `GET /users/{id}/export` answers it (src/store/exports.rs; a test compares the two).

import { user } from "./kinds.mjs";

const flag = (column) => `json(iif(${column}, 'true', 'false'))`;

/** JSON of columns: a property is its column's name in camel case, unless `more` says what it is. */
function object(columns, more = {}) {
  const camel = (name) => name.replace(/^\w+\./, "").replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  const properties = [...columns.split(" ").map((name) => [camel(name), name]), ...Object.entries(more)].filter(([, sql]) => sql);
  return `json_object(${properties.flatMap(([name, sql]) => [`'${name}'`, sql]).join(", ")})`;
}

const list = (content, from) => `(select json_group_array(${content}) from ${from})`;
const ofMember = (table) => `${table} x where x.user_tenant_id = m.id and x.deleted = 0`;

/**
 * Each part: its name, its rows, and whether there is one at most.
 *
 * @returns {[name: string, sql: string, isSingle?: boolean][]}
 */
const parts = (id) => [
  [
    "profile",
    `select ${object(
      "id username email first_name middle_name last_name phone gender dob designation photo_url last_login created_on modified_on erase_on",
      { emailVerified: flag("email_verified") },
    )} from users where id = ${id}`,
    true,
  ],
  ["password", `select ${object("changed_on")} from user_credentials where user_id = ${id}`, true],
  [
    "memberships",
    `select ${object("m.id m.tenant_id m.status m.locale m.created_on", {
      tenant: "t.name",
      role: "r.name",
      permissions: list(object("permission", { allowed: flag("x.allowed") }), ofMember("user_permissions")),
      resources: list(
        object("", { name: "x.resource_name", value: "x.resource_value", allowed: flag("x.allowed") }),
        ofMember("user_resources"),
      ),
    })} from user_tenants m join tenants t on t.id = m.tenant_id join roles r on r.id = m.role_id where m.user_id = ${id} and m.deleted = 0`,
  ],
  ["clients", `select ${object("c.client_id")} from user_clients a join auth_clients c on c.id = a.client_id where a.user_id = ${id}`],
  ["identities", `select ${object("provider issuer subject created_on last_used_on")} from user_identities where user_id = ${id}`],
  [
    "sessions",
    `select ${object("s.id c.client_id s.method s.created_on s.last_used_on s.expires_on s.ended_on")}
      from sessions s join auth_clients c on c.id = s.client_id where s.user_id = ${id}`,
  ],
  [
    "browsers",
    `select ${object("id method user_agent country created_on last_used_on expires_on ended_on")} from browsers where user_id = ${id}`,
  ],
  ["knownDevices", `select ${object("last_used_on")} from known_devices where user_id = ${id}`],
  [
    "consents",
    `select ${object("c.client_id k.scope k.given_on", { audience: "json(k.audience)" })}
      from consents k join auth_clients c on c.id = k.client_id where k.user_id = ${id}`,
  ],
  ["secondStep", `select ${object("", { asked: flag("second_step") })} from user_factors where user_id = ${id}`, true],
  ["factors", `select ${object("id kind name created_on confirmed_on last_used_on")} from factors where user_id = ${id}`],
  ["recoveryCodes", `select ${object("created_on used_on")} from recovery_codes where user_id = ${id}`],
  [
    "trustedDevices",
    `select ${object("id user_agent country created_on last_used_on expires_on")} from trusted_devices where user_id = ${id}`,
  ],
  ["activity", `select ${object("at kind result session_id address country user_agent")} from login_activity where user_id = ${id}`],
];

/** The statements of an export, each with one column. */
export const exportOf = (name) => parts(user(name)).map(([, sql]) => sql);

/** The export, of what the statements returned; nothing where there is no such person. */
export function exported(answers) {
  const contents = (rows) => rows.map((row) => JSON.parse(Object.values(row)[0]));
  const found = parts("").map(([part, , isSingle], at) => {
    const all = contents(answers[at]);
    return [part, isSingle ? (all[0] ?? null) : all];
  });
  const result = Object.fromEntries(found);
  return result.profile === null ? null : result;
}
