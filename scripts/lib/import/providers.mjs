// Providers as this service knows them, and who issues their identities (src/auth/federation/provider/providers.rs).

const ISSUERS = new Map([
  ["google", "https://accounts.google.com"],
  ["apple", "https://appleid.apple.com"],
  ["facebook", "https://www.facebook.com"],
  ["instagram", "https://www.instagram.com"],
]);

/** Our name of a provider, by what another system calls it; nothing where it is none of ours. */
export function providerOf(name, aliases = new Map()) {
  const known = (text) => (ISSUERS.has(text) || text === "keycloak" ? text : undefined);
  return aliases.get(name) ?? known(name.toLowerCase());
}

/** Who issued the identities of a provider; nothing where nobody can say. Keycloak's issuer is the operator's to say. */
export function issuerOf(provider, { keycloakIssuer }) {
  return provider === "keycloak" ? keycloakIssuer : ISSUERS.get(provider);
}
