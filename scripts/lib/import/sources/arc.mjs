// ARC's authentication-service, releases 4 to 19: a dump of its schema by pg_dump.

import { randomUUID } from "node:crypto";
import { anyHash } from "../hashes.mjs";
import { arrayOf, dumpRows } from "../pg-dump.mjs";
import { Refused, moment, truth } from "../record.mjs";
import { Stop } from "../../steps.mjs";
import { issuerOf } from "../providers.mjs";

/** The tables, each with the columns that are asked for, by the first of which its rows are found. */
const TABLES = {
  users: [
    "id",
    "username",
    "email",
    "authclientids",
    "deleted",
    "defaulttenantid",
    "gender",
    "dob",
    "phone",
    "firstname",
    "middlename",
    "lastname",
    "lastlogin",
    "createdon",
    "modifiedon",
    "designation",
    "photourl",
  ],
  user_tenants: ["userid", "id", "tenantid", "roleid", "status", "locale", "deleted", "createdon", "modifiedon"],
  user_credentials: ["userid", "authprovider", "authid", "password", "secretkey", "deleted", "modifiedon", "createdon"],
  user_permissions: ["usertenantid", "id", "permission", "allowed", "deleted", "createdon"],
  user_resources: ["usertenantid", "id", "resourcename", "resourcevalue", "allowed", "deleted", "createdon"],
  user_groups: ["usertenantid", "id", "groupid", "deleted", "createdon"],
  groups: ["id", "name", "description", "photourl", "tenantid", "deleted", "createdon"],
  roles: ["id", "name", "permissions", "roletype", "deleted", "tenantid", "description", "allowedclients", "createdon"],
  tenants: ["id", "name", "status", "key", "deleted", "address", "city", "state", "zip", "country", "website", "createdon"],
  tenant_configs: ["id", "tenantid", "configkey", "configvalue", "deleted"],
  auth_clients: [
    "id",
    "clientid",
    "clientsecret",
    "secret",
    "redirecturl",
    "accesstokenexpiration",
    "refreshtokenexpiration",
    "authcodeexpiration",
    "deleted",
    "createdon",
  ],
};

/** Whether a row was not deleted there. */
const isLive = (row) => !truth(row.deleted);

/** The live rows of a table that have what such a row must have; the others are told. */
function rowsOf(staging, structure, table, ...must) {
  const live = staging.all(`select * from ${table} order by rowid`).filter(isLive);
  return live.filter((row) => {
    const missing = must.find((column) => !row[column]);
    if (missing) structure.report.tell("refused", table.replace("_", " "), placeOf(row, table), `has no ${missing}`);
    return !missing;
  });
}

/** A number of a row; what is none is 0, as where the column is empty. */
const numberOf = (text) => (/^-?\d{1,9}$/.test(text ?? "") ? Number(text) : 0);

export const arc = {
  needsPlaces: false,

  async read(files, staging, { read }) {
    const schemas = new Map();
    for (const file of files) {
      for await (const { schema, table, columns, values, line } of dumpRows(file, {
        read,
        wanted: (table) => Object.hasOwn(TABLES, table),
      })) {
        if (schemas.has(table) && schemas.get(table) !== schema)
          throw new Stop(`two schemas have a table ${table}: dump one of them, with pg_dump --schema`);
        schemas.set(table, schema);
        staging.put(table, columns, values, { file, line });
      }
    }
    if (!schemas.has("users")) throw new Stop("there is no row of a table users: is this a dump of ARC's database, with its data?");
    for (const [table, columns] of Object.entries(TABLES)) staging.ready(table, columns);
  },

  prepare(staging, structure, options) {
    if (
      options.totp === undefined &&
      !options.withoutFactors &&
      staging.get("select 1 from user_credentials where secretkey <> '' limit 1")
    )
      throw new Stop("some people have a secret_key: say --totp on if authenticators are asked for there, --totp off if not");
    const context = {
      staging,
      structure,
      options,
      tenants: tenants(staging, structure, options),
      clients: clients(staging, structure, options),
    };
    configs(staging, structure, context.tenants);
    const roleIds = roles(staging, structure, context.tenants);
    return { ...context, roles: roleIds, groups: groups(staging, structure, context.tenants) };
  },

  hasSecrets: (staging, { totp }) =>
    totp === "on" && staging.get("select 1 from user_credentials where secretkey <> '' limit 1") !== undefined,

  count: (staging) => staging.get("select count(*) as n from users").n,

  *people({ staging }) {
    for (const batch of batches(staging, "users")) for (const row of batch) if (isLive(row)) yield row;
  },

  person(row, context, tell) {
    const { staging, options } = context;
    const place = { file: row.file_, line: row.line_, table: "users", id: row.id };
    if (!row.id) throw new Refused("has no id");
    const memberships = membershipsOf(row, context, tell);
    const credential = staging.all("select * from user_credentials where userid = ? order by rowid", [row.id]).find(isLive);
    return {
      place,
      oldId: row.id,
      keepsId: true,
      username: row.username,
      email: row.email,
      firstName: row.firstname,
      middleName: row.middlename,
      lastName: row.lastname,
      phone: row.phone,
      gender: row.gender,
      dob: row.dob,
      designation: row.designation,
      photoUrl: row.photourl,
      lastLogin: moment(row.lastlogin),
      createdOn: moment(row.createdon),
      modifiedOn: moment(row.modifiedon),
      defaultTenantId: row.defaulttenantid,
      memberships,
      clients: [...clientsOf(row, context, tell), ...options.clients],
      ...proofs(credential, options, tell),
    };
  },
};

/** The rows of a table, a few hundred at a time. */
export function* batches(staging, table) {
  for (let after = 0; ; ) {
    const rows = staging.all(`select rowid as rowid_, * from "${table}" where rowid > ? order by rowid limit 500`, [after]);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1).rowid_;
  }
}

const placeOf = (row, table) => ({ file: row.file_, line: row.line_, table, id: row.id });

function tenants(staging, structure, { activateTenants }) {
  const taken = rowsOf(staging, structure, "tenants", "id", "name").filter((row) => {
    const status = activateTenants ? 1 : numberOf(row.status);
    const { id, name, key, address, city, state, zip, country, website } = row;
    const texts = { address, city, state, zip, country, website };
    return structure.addTenant({ id, name, status, key, ...texts, createdOn: moment(row.createdon) }, placeOf(row, "tenants"));
  });
  return new Set(taken.map(({ id }) => id));
}

function configs(staging, structure, tenants) {
  for (const row of rowsOf(staging, structure, "tenant_configs", "id", "configkey", "configvalue")) {
    if (!tenants.has(row.tenantid)) continue;
    try {
      JSON.parse(row.configvalue);
      structure.addConfig({ id: row.id, tenantId: row.tenantid, key: row.configkey, value: row.configvalue });
    } catch {
      structure.report.tell("left out", "tenant configs", placeOf(row, "tenant_configs"), "its value is no JSON");
    }
  }
}

/** Tenants by the groups of theirs that came. */
function groups(staging, structure, tenants) {
  const taken = new Map();
  for (const row of rowsOf(staging, structure, "groups", "id", "name")) {
    if (!tenants.has(row.tenantid)) continue;
    const { id, name, description, photourl: photoUrl, tenantid: tenantId } = row;
    if (structure.addGroup({ id, name, description, photoUrl, tenantId, createdOn: moment(row.createdon) })) taken.set(id, tenantId);
  }
  return taken;
}

function roles(staging, structure, tenants) {
  const taken = new Set();
  for (const row of rowsOf(staging, structure, "roles", "id", "name")) {
    // Roles of releases 4 to 9 belong to no tenant; those of a tenant that stays out are nobody's.
    if (row.tenantid && !tenants.has(row.tenantid)) continue;
    const permissions = arrayOf(row.permissions ?? "{}");
    if (!permissions) {
      structure.report.tell("refused", "roles", placeOf(row, "roles"), "its permissions are no array");
      continue;
    }
    const named = permissions.filter((permission) => permission !== null);
    if (named.length < permissions.length)
      structure.report.tell("changed", "roles", placeOf(row, "roles"), "without the NULL among its permissions");
    const role = {
      id: row.id,
      name: row.name,
      permissions: named,
      type: numberOf(row.roletype),
      tenantId: row.tenantid || null,
      description: row.description ?? null,
      allowedClients: row.allowedclients ? (arrayOf(row.allowedclients)?.filter((name) => name !== null) ?? null) : null,
      createdOn: moment(row.createdon),
    };
    if (structure.addRole(role)) taken.add(row.id);
  }
  return taken;
}

/** Public names by the numbers that people's rows have. */
function clients(staging, structure, { sameClients }) {
  const names = new Map();
  for (const row of staging.all("select * from auth_clients order by rowid").filter(isLive)) {
    const client = {
      clientId: row.clientid,
      clientSecret: row.clientsecret,
      secret: row.secret,
      redirectUrl: row.redirecturl,
      accessTokenExpiration: Number(row.accesstokenexpiration),
      refreshTokenExpiration: Number(row.refreshtokenexpiration),
      authCodeExpiration: Number(row.authcodeexpiration),
      createdOn: moment(row.createdon),
    };
    const name = structure.addClient(client, { ...placeOf(row, "auth_clients") }, sameClients.has(row.clientid));
    if (name !== null) names.set(row.id, name);
  }
  return names;
}

function clientsOf(row, { clients }, tell) {
  const numbers = arrayOf(row.authclientids ?? "{}") ?? [];
  const names = numbers.map((number) => clients.get(number)).filter((name) => name !== undefined);
  if (names.length < numbers.length) tell("left out", "a client that did not come, or is not there");
  return names;
}

function membershipsOf(row, { staging, tenants, roles, groups }, tell) {
  const live = staging.all("select * from user_tenants where userid = ? order by createdon, rowid", [row.id]).filter(isLive);
  const memberships = new Map();
  for (const member of live) {
    const status = Number(member.status ?? 0);
    if (!tenants.has(member.tenantid)) tell("left out", "a membership of a tenant that did not come");
    else if (!roles.has(member.roleid)) tell("left out", "a membership with a role that did not come");
    else if (![0, 1, 2, 3, 4].includes(status)) tell("refused", "a membership of an unknown status");
    else if (memberships.has(member.tenantid)) tell("left out", "a second membership of the same tenant");
    else memberships.set(member.tenantid, membershipOf(member, status, staging, groups));
  }
  return [...memberships.values()];
}

function membershipOf(member, status, staging, groups) {
  const of = (table) => staging.all(`select * from ${table} where usertenantid = ? order by rowid`, [member.id]).filter(isLive);
  const common = (row) => ({ id: row.id ?? randomUUID(), allowed: truth(row.allowed) ? 1 : 0, createdOn: moment(row.createdon) ?? 0 });
  return {
    id: member.id,
    tenantId: member.tenantid,
    roleId: member.roleid,
    status,
    locale: member.locale,
    createdOn: moment(member.createdon),
    modifiedOn: moment(member.modifiedon),
    permissions: of("user_permissions")
      .filter((row) => row.permission)
      .map((row) => ({ ...common(row), permission: row.permission })),
    resources: of("user_resources")
      .filter((row) => row.resourcename && row.resourcevalue)
      .map((row) => ({ ...common(row), name: row.resourcename, value: row.resourcevalue })),
    groups: of("user_groups")
      .filter((row) => groups.get(row.groupid) === member.tenantid)
      .map((row) => ({ ...common(row), groupId: row.groupid })),
  };
}

/** Password, identity and authenticator: a row of ARC has a password or a provider, and a password beside a provider was refused. */
function proofs(credential, { totp, withoutFactors, keycloakIssuer }, tell) {
  if (!credential) return {};
  const factors =
    totp === "on" && !withoutFactors && credential.secretkey ? [{ kind: "totp", base32: credential.secretkey, short: true }] : [];
  const provider = credential.authprovider ?? "internal";
  if (provider === "internal") {
    const password = credential.password ? anyHash(credential.password) : null;
    return { password, passwordChangedOn: moment(credential.modifiedon) ?? moment(credential.createdon), factors };
  }
  if (credential.password) tell("left out", "a password beside a provider, which ARC refused");
  const issuer = issuerOf(provider, { keycloakIssuer });
  if (!issuer || !credential.authid) {
    const why =
      provider === "keycloak" && credential.authid ? "an identity of Keycloak: say --keycloak-issuer" : "an identity of another provider";
    tell("left out", why);
    return { factors };
  }
  return { identities: [{ provider, issuer, subject: credential.authid }], factors };
}
