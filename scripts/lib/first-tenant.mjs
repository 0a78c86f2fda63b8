// The first tenant, client and administrator, as statements of which one decides whether they are made.

import { randomBytes, randomUUID } from "node:crypto";
import { randomSecret } from "./keys.mjs";
import { client, fold, role, tenant, user } from "./people.mjs";
import { isRedirectUrl } from "./redirect-url.mjs";
import { literal } from "./sql.mjs";
import { Stop } from "./steps.mjs";

/** An administrator: a user who can sign in, and holds the permission by role or in person. */
const AN_ADMINISTRATOR = `exists (
  select 1 from users u
  join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0 and m.status in (1, 3)
  join roles r on r.id = m.role_id and r.deleted = 0
  where u.deleted = 0 and (
    exists (select 1 from json_each(r.permissions) where value = 'NotAllowed') or
    exists (select 1 from user_permissions p
      where p.user_tenant_id = m.id and p.permission = 'NotAllowed' and p.allowed = 1 and p.deleted = 0)))`;

/**
 * What to run, as one transaction (`statements`), how to ask afterwards whether it was done
 * (`made`, a query), and what cannot be read again (`secrets`).
 *
 * The tenant is made unless there is an administrator; everything else only if this very tenant
 * was made. So of many attempts at once, one succeeds whole.
 *
 * @param {{ tenant: string, client: string, redirect?: string, username: string, email?: string }} names
 * @param {number} now
 */
export function bootstrap({ tenant: name, client: clientId, redirect, username, email }, now) {
  checkNames({ tenant: name, client: clientId, username });
  const secrets = {
    clientId,
    clientSecret: randomSecret(),
    secret: randomSecret(),
    username,
    password: randomBytes(15).toString("base64url"),
  };
  const tenantId = randomUUID();
  const roleId = randomUUID();
  const made = `exists (select 1 from tenants where id = ${literal(tenantId)})`;
  const statements = [
    tenant({ id: tenantId, name, now }, `not ${AN_ADMINISTRATOR}`),
    role({ id: roleId, name: "Administrator", permissions: ["NotAllowed"], type: 0, now }, made),
    client({ ...secrets, redirectUrl: redirectUrl(redirect), now }, made),
    ...user(
      {
        id: randomUUID(),
        membershipId: randomUUID(),
        username,
        email: addressOf(username, email),
        verified: false,
        firstName: username,
        password: secrets.password,
        tenantId,
        roleId,
        clientIds: [clientId],
        now,
      },
      made,
    ),
  ];
  return { statements, made: `select ${made} as made`, secrets };
}

function checkNames(names) {
  for (const [option, name] of Object.entries(names)) {
    if (name.trim() === "") throw new Stop(`--${option} must not be empty`);
  }
}

/** A username with @ is its user's own address. */
function addressOf(username, email) {
  if (email !== undefined && !/^[^@\s]+@[^@\s]+$/.test(email)) throw new Stop("--email is not an address");
  if (!username.includes("@")) return email ?? null;
  if (email !== undefined && fold(email) !== fold(username)) throw new Stop("a --username with @ must be the --email");
  return email ?? username;
}

/** A client's redirect URL, if it has one. */
function redirectUrl(text) {
  if (text === undefined) return null;
  if (!isRedirectUrl(text)) {
    throw new Stop(
      "--redirect must be an https URL, http on this machine, or an app's scheme with a dot, without user, fragment and * in the host",
    );
  }
  return text;
}
