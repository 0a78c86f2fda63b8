// Where somebody goes whose source has no tenants.

import { randomUUID } from "node:crypto";
import { issuerOf, providerOf } from "./providers.mjs";
import { Refused, isText } from "./record.mjs";

/** Whether an id of a source can be ours: a text that nobody draws twice. */
export const fits = (id) => /^[0-9a-zA-Z-]{20,64}$/.test(id ?? "");

/**
 * The one membership of such a person: in the tenant of the options, with the role that the names of roles come to, or that
 * of the options where there are none.
 *
 * @param {{ roles?: string[], permissions?: string[], status: number, createdOn?: number | null, tenantId?: string }} person
 */
export function membershipOf({ roles = [], permissions = [], status, createdOn, tenantId }, { structure, options }) {
  const tenant = tenantId ?? options.tenantId;
  const names = [...new Set(roles)];
  if (names.some((name) => typeof name !== "string" || name === "" || !isText(name))) throw new Refused("has a role without a name");
  return {
    tenantId: tenant,
    roleId: names.length > 0 ? structure.roleOfNames(names, tenant) : roleOfOptions(tenant, structure, options),
    status,
    createdOn: createdOn ?? undefined,
    permissions: [...new Set(permissions)].map((permission) => ({ id: randomUUID(), permission, allowed: 1, createdOn: createdOn ?? 0 })),
  };
}

function roleOfOptions(tenantId, structure, { role, roleId, tenantId: ofOptions }) {
  if (tenantId === ofOptions) return roleId;
  const found = structure.roleNamed(role, tenantId);
  if (!found) throw new Refused("its tenant has no role of the name that --role says");
  return found.id;
}

/** Identities at providers of ours; others are left out, and told. */
export function identitiesOf(logins, { aliases, keycloakIssuer }, tell) {
  return logins.flatMap(({ provider: name, subject }) => {
    const provider = providerOf(name, aliases);
    const issuer = provider && issuerOf(provider, { keycloakIssuer });
    if (issuer && subject) return [{ provider, issuer, subject }];
    tell("left out", provider === "keycloak" ? "an identity of Keycloak: say --keycloak-issuer" : "an identity of another provider");
    return [];
  });
}
