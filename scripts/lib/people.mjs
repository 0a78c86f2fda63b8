// People and clients as the database keeps them: the rows that seeding and bootstrapping write.
// What is computed here is what src/auth/secret.rs, password/ and account.rs compute.

import { createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import { Expression, insert, literal } from "./sql.mjs";

const ROUNDS = 220_000;

/** Digest of a secret of many random bits: base64url of its SHA-256. */
export function digest(secret) {
  return createHash("sha256").update(secret).digest("base64url");
}

/** A password as it is stored: PBKDF2-SHA512 in PHC form, under a fresh salt. */
export function hashPassword(password) {
  const salt = randomBytes(16);
  const output = pbkdf2Sync(password.normalize("NFKC"), salt, ROUNDS, 32, "sha512");
  const base64 = (bytes) => bytes.toString("base64").replace(/=+$/, "");
  return `$pbkdf2-sha512$i=${ROUNDS},l=32$${base64(salt)}$${base64(output)}`;
}

/** Folds a username or address, so that one person cannot be written two ways. */
export function fold(name) {
  return name.trim().normalize("NFKC").toLowerCase().normalize("NFKC").trim();
}

/** What the column `username_address` has: the folded username where it is an address. */
export function addressOf(username) {
  return username.includes("@") ? fold(username) : null;
}

/** A tenant that is active. */
export function tenant({ id, name, now }, condition) {
  return insert("tenants", { id, name, status: 1, created_on: now, modified_on: now }, condition);
}

/** A role; type 0 is the administrator, 1 everybody else. */
export function role({ id, name, permissions, type, now }, condition) {
  const row = { id, name, permissions: JSON.stringify(permissions), role_type: type, created_on: now, modified_on: now };
  return insert("roles", row, condition);
}

/**
 * A client, with the schema's lifetimes; of an id, if one is given.
 *
 * @param {{ id?: Expression, clientId: string, clientSecret: string, secret: string, redirectUrl: string | null, now: number }} client
 * @param {string} [condition]
 */
export function client({ id, clientId, clientSecret, secret, redirectUrl, now }, condition) {
  const row = {
    ...(id && { id }),
    client_id: clientId,
    client_secret_digest: digest(clientSecret),
    secret_digest: digest(secret),
    redirect_url: redirectUrl,
    created_on: now,
    modified_on: now,
  };
  return insert("auth_clients", row, condition);
}

/** What OAuth needs to know of a client, as `PUT /auth-clients/{id}/oauth` writes it. */
export function oauthClient({ clientId, metadata, now }) {
  const members = JSON.stringify({
    post_logout_redirect_uris: [],
    token_endpoint_auth_method: "client_secret_basic",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    id_token_signed_response_alg: "RS256",
    require_pushed_authorization_requests: false,
    dpop_bound_access_tokens: false,
    require_auth_time: false,
    default_acr_values: [],
    consent: "ask",
    open: false,
    require_pkce: true,
    fapi: false,
    id_token_claims: false,
    ...metadata,
  });
  const text = members.replaceAll("'", "''");
  return `insert into oauth_clients (client_id, source, open, metadata, created_on, modified_on)
    select id, 'operator', 0, '${text}', ${now}, ${now} from auth_clients where client_id = '${clientId}' and deleted = 0`;
}

/**
 * A person with a password, with what is stored of one, or (`stored: null`) without, an active member of a tenant, allowed on the
 * clients: all its rows.
 *
 * @param {{ id: string, membershipId: string, username: string, email: string | null, verified: boolean, firstName: string,
 *   password?: string, stored?: string | null, tenantId: string, roleId: string, clientIds: string[], now: number }} person
 * @param {string} [condition]
 * @returns {string[]}
 */
export function user(
  { id, membershipId, username, email, verified, firstName, password, stored = hashPassword(password), tenantId, roleId, clientIds, now },
  condition,
) {
  const times = { created_on: now, modified_on: now };
  const person = {
    id,
    first_name: firstName,
    username,
    username_key: fold(username),
    username_address: addressOf(username),
    email,
    email_key: email && fold(email),
    email_verified: verified ? 1 : 0,
    default_tenant_id: tenantId,
    ...times,
  };
  const number = (clientId) => new Expression(`(select id from auth_clients where client_id = ${literal(clientId)} and deleted = 0)`);
  return [
    insert("users", person, condition),
    ...(stored === null ? [] : [insert("user_credentials", { user_id: id, password: stored, changed_on: now }, condition)]),
    insert("user_tenants", { id: membershipId, user_id: id, tenant_id: tenantId, role_id: roleId, status: 1, ...times }, condition),
    ...clientIds.map((clientId) => insert("user_clients", { user_id: id, client_id: number(clientId) }, condition)),
  ];
}
