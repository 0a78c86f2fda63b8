// What people stand in: tenants, roles and clients, those that are here and those that come with the import. They are few,
// so they are kept in memory, and written before the first person.

import { randomUUID } from "node:crypto";
import { digest } from "../people.mjs";
import { isRedirectUrl } from "../redirect-url.mjs";
import { insert, literal } from "../sql.mjs";

const LONGEST_LIFETIME = 31_536_000;

const READ = [
  "select id, name, key, status, deleted from tenants",
  "select id, name, permissions, includes, tenant_id, deleted from roles",
  "select client_id, client_secret_digest from auth_clients where deleted = 0",
  "select id, deleted from groups",
];

export class Structure {
  #statements = [];

  /** @param {import("./report.mjs").Report} report */
  constructor(report, now) {
    Object.assign(this, { report, now, tenants: new Map(), roles: new Map(), clients: new Map(), groups: new Map() });
  }

  /** Reads what is here. */
  async load(database) {
    const [tenants, roles, clients, groups] = await database.query(READ);
    for (const row of tenants) this.tenants.set(row.id, row);
    for (const row of roles) {
      const lists = { permissions: JSON.parse(row.permissions), includes: JSON.parse(row.includes) };
      this.roles.set(row.id, { ...row, ...lists, tenantId: row.tenant_id });
    }
    for (const row of clients) this.clients.set(row.client_id, row.client_secret_digest);
    for (const row of groups) this.groups.set(row.id, row);
  }

  /** What is new since the last call, as statements. */
  take() {
    return this.#statements.splice(0);
  }

  /** The tenant that an option means, by id or by a name that only one has. */
  tenantNamed(text) {
    return only([...this.tenants.values()], text);
  }

  /** The role that an option means, for members of a tenant: one of the tenant's, else one of all tenants. */
  roleNamed(text, tenantId) {
    const roles = [...this.roles.values()];
    const of = (id) => roles.filter((role) => role.tenantId === id);
    return only(of(tenantId), text) ?? only(of(null), text);
  }

  /** Takes a tenant of a source that has ids; whether it may have members. */
  addTenant(row, place) {
    const here = this.tenants.get(row.id);
    if (here) {
      this.report.count("tenants", "exists");
      return here.deleted === 0;
    }
    const isTaken = row.key !== null && [...this.tenants.values()].some(({ key }) => key === row.key);
    if (isTaken) this.report.tell("changed", "tenants", place, "without its key, which another tenant has");
    const tenant = { ...row, key: isTaken ? null : row.key, deleted: 0 };
    this.tenants.set(row.id, tenant);
    const { createdOn, ...columns } = tenant;
    this.#insert("tenants", { ...columns, ...this.#times(createdOn) }, `not exists (select 1 from tenants where id = ${literal(row.id)})`);
    this.report.count("tenants", "created");
    return true;
  }

  /** Takes a setting of a tenant, unless the tenant has it. */
  addConfig({ id, tenantId, key, value }) {
    const row = { id, tenant_id: tenantId, config_key: key, config_value: value, ...this.#times() };
    const there = `exists (select 1 from tenant_configs where id = ${literal(id)}
      or (tenant_id = ${literal(tenantId)} and config_key = ${literal(key)} and deleted = 0))`;
    this.#insert("tenant_configs", row, `not ${there}`);
  }

  /** Takes a group of a tenant; whether it may have members. */
  addGroup({ id, name, description, photoUrl, tenantId, createdOn }) {
    const here = this.groups.get(id);
    if (here) {
      this.report.count("groups", "exists");
      return here.deleted === 0;
    }
    this.groups.set(id, { id, deleted: 0 });
    const row = { id, name, description, photo_url: photoUrl, tenant_id: tenantId, ...this.#times(createdOn) };
    this.#insert("groups", row, `not exists (select 1 from groups where id = ${literal(id)})`);
    this.report.count("groups", "created");
    return true;
  }

  /** Takes a role of a source that has ids; whether anybody may have it. */
  addRole({ id, name, permissions, type, tenantId, description, allowedClients, includes = [], createdOn }) {
    const here = this.roles.get(id);
    if (here) {
      this.report.count("roles", "exists");
      return here.deleted === 0;
    }
    this.roles.set(id, { id, name, permissions, includes, tenantId, deleted: 0 });
    const row = {
      id,
      name,
      permissions: JSON.stringify(permissions),
      role_type: type,
      tenant_id: tenantId,
      description,
      allowed_clients: allowedClients && JSON.stringify(allowedClients),
      includes: JSON.stringify(includes),
      ...this.#times(createdOn),
    };
    this.#insert("roles", row, `not exists (select 1 from roles where id = ${literal(id)})`);
    this.report.count("roles", "created");
    return true;
  }

  /** The id of a role by its name, for members of a tenant; one that is new has no permissions until the operator gives them. */
  roleOfName(name, tenantId) {
    const live = [...this.roles.values()].filter((role) => role.deleted === 0 && role.name === name && role.includes.length === 0);
    const fitting = live.find((role) => role.tenantId === tenantId) ?? live.find((role) => role.tenantId === null);
    if (fitting) return fitting.id;
    const id = randomUUID();
    this.addRole({ id, name, permissions: [], type: 1, tenantId: null, description: null, allowedClients: null });
    this.report.tell("changed", "roles", { name }, "was not here, so it came without permissions");
    return id;
  }

  /** The id of the role that stands for several: a composite one, with the permissions of all. */
  roleOfNames(names, tenantId) {
    if (names.length === 1) return this.roleOfName(names[0], tenantId);
    return this.roleOfIds(names.map((name) => this.roleOfName(name, tenantId)));
  }

  /** The same for ids of roles. */
  roleOfIds(ids) {
    if (ids.length === 1) return ids[0];
    const parts = ids.map((id) => this.roles.get(id));
    const includes = parts.map(({ name }) => name);
    const tenantId = parts.map((part) => part.tenantId).find((id) => id !== null) ?? null;
    const wanted = JSON.stringify(includes);
    const here = [...this.roles.values()].find(
      (role) => role.deleted === 0 && JSON.stringify(role.includes) === wanted && role.tenantId === tenantId,
    );
    if (here) return here.id;
    const id = randomUUID();
    const permissions = [...new Set(parts.flatMap((part) => part.permissions))];
    this.addRole({ id, name: includes.join(", "), permissions, type: 1, tenantId, description: null, allowedClients: null, includes });
    return id;
  }

  /** Takes a client of a source; its public name where people may have it, else nothing. */
  addClient(client, place, isSame) {
    const { clientId, clientSecret, secret, redirectUrl, accessTokenExpiration, refreshTokenExpiration, authCodeExpiration } = client;
    const here = this.clients.get(clientId);
    if (here !== undefined) {
      if (here === digest(clientSecret) || isSame) {
        this.report.count("clients", "exists");
        return clientId;
      }
      const why = "a client of this name is here with another secret: say --same-client if it is the same one";
      this.report.tell("refused", "clients", place, why);
      return null;
    }
    const why = clientProblem(client);
    if (why) {
      this.report.tell("refused", "clients", place, why);
      return null;
    }
    this.clients.set(clientId, digest(clientSecret));
    const row = {
      client_id: clientId,
      client_secret_digest: digest(clientSecret),
      secret_digest: digest(secret),
      redirect_url: redirectUrl || null,
      access_token_expiration: accessTokenExpiration,
      refresh_token_expiration: refreshTokenExpiration,
      auth_code_expiration: authCodeExpiration,
      ...this.#times(client.createdOn),
    };
    this.#insert("auth_clients", row, `not exists (select 1 from auth_clients where client_id = ${literal(clientId)} and deleted = 0)`);
    this.report.count("clients", "created");
    return clientId;
  }

  #insert(table, row, condition) {
    this.#statements.push(insert(table, row, condition));
  }

  #times(createdOn) {
    return { created_on: createdOn ?? this.now, modified_on: createdOn ?? this.now };
  }
}

/** What this service refuses of a client (decided for `/auth-clients` in src/auth/client/). */
function clientProblem({ clientId, clientSecret, secret, redirectUrl, ...client }) {
  if (!clientId || clientId.length > 255) return "its name is empty or too long";
  if (!clientSecret || !secret || clientSecret.length > 255 || secret.length > 255) return "a secret is empty or too long";
  const lifetimes = [client.accessTokenExpiration, client.refreshTokenExpiration, client.authCodeExpiration];
  if (lifetimes.some((seconds) => !Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_LIFETIME))
    return "a lifetime is not between 1 second and a year";
  if (!redirectUrl) return null;
  if (redirectUrl.includes(",")) return "its redirect URL has a comma: several URLs, or one that is read as several";
  return isRedirectUrl(redirectUrl) && redirectUrl.length <= 2000
    ? null
    : "its redirect URL is not https, http on this machine, or an app's";
}

/** The live entry with an id, or the only live one with a name. */
function only(entries, text) {
  const live = entries.filter(({ deleted }) => deleted === 0);
  const found = live.filter(({ id }) => id === text);
  const named = found.length > 0 ? found : live.filter(({ name }) => name === text);
  return named.length === 1 ? named[0] : undefined;
}
