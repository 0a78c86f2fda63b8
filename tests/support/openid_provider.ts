// A real OpenID provider on loopback, laid out as a realm of Keycloak: `oidc-provider` from npm.

import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import Provider from "oidc-provider";
import { freshJwk } from "./jwt";
import { freePort } from "./ports";

const REALM = "/realms/demo";
const AT = "/protocol/openid-connect";

export interface Wishes {
  /** Where the worker is. */
  publicUrl: string;
  /** What id_tokens are signed with. */
  alg: "RS256" | "PS256" | "ES256" | "EdDSA";
  /** How our client proves itself. */
  clientAuth: "client_secret_post" | "client_secret_basic";
  /** Its own name; under `127.0.0.1` it is another site than the worker at `localhost` to a browser. */
  hostname?: "127.0.0.1" | "localhost";
}

/** The settings that lead there. */
export const settingsOf = (host: string) => ({
  KEYCLOAK_HOST: host,
  KEYCLOAK_REALM: "demo",
  KEYCLOAK_CLIENT_ID: "keycloak-client",
  KEYCLOAK_CLIENT_SECRET: "keycloak-secret: with + & signs",
});

function keys() {
  return {
    keys: [
      { ...freshJwk("rsa"), use: "sig", kid: "rs", alg: "RS256" },
      { ...freshJwk("rsa"), use: "sig", kid: "ps", alg: "PS256" },
      { ...freshJwk("P-256"), use: "sig", kid: "es", alg: "ES256" },
      { ...freshJwk("ed25519"), use: "sig", kid: "ed", alg: "EdDSA" },
    ],
  };
}

/** Starts it. A user who signs in as `ann` is `ann@example.com`, verified. */
export async function startOpenIdProvider({ publicUrl, alg, clientAuth, hostname = "127.0.0.1" }: Wishes) {
  const host = `http://${hostname}:${await freePort()}`;
  const client = settingsOf(host);
  const provider = new Provider(`${host}${REALM}`, {
    clients: [
      {
        client_id: client.KEYCLOAK_CLIENT_ID,
        client_secret: client.KEYCLOAK_CLIENT_SECRET,
        redirect_uris: [`${publicUrl}/auth/keycloak-auth-redirect`],
        grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: clientAuth,
        id_token_signed_response_alg: alg,
      },
    ],
    clientAuthMethods: [clientAuth],
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
    jwks: keys(),
    cookies: { keys: ["a key for tests"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    conformIdTokenClaims: false, // as Keycloak does it
    pkce: { methods: ["S256"], required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 300, RefreshToken: 600, IdToken: 300 },
    issueRefreshToken: async () => true,
    findAccount: async (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true, given_name: "Ann", family_name: "Lee" }),
    }),
    routes: {
      authorization: `${AT}/auth`,
      token: `${AT}/token`,
      jwks: `${AT}/certs`,
      userinfo: `${AT}/userinfo`,
      introspection: `${AT}/token/introspect`,
      end_session: `${AT}/logout`,
    },
    features: { introspection: { enabled: true } },
  });
  const errors: string[] = [];
  provider.on("server_error", (_, error) => errors.push(String(error.stack)));
  const answer = provider.callback();
  const ended: string[] = [];
  const server = createServer(async (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse) => {
    if (!request.url?.startsWith(`${REALM}/`)) return response.writeHead(404).end();
    if (request.method === "POST" && request.url === `${REALM}${AT}/logout`) return endSession(request, response);
    request.originalUrl = request.url;
    request.url = request.url.slice(REALM.length);
    await answer(request, response);
  });

  /** Keycloak's own way to end a session, which is not OpenID's: by its refresh token. */
  async function endSession(request: IncomingMessage, response: ServerResponse) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const token = new URLSearchParams(body).get("refresh_token") ?? "";
    const found = await provider.RefreshToken.find(token);
    if (!found) return response.writeHead(400).end();
    await found.destroy();
    ended.push(token);
    response.writeHead(204).end();
  }

  await new Promise<void>((resolve) => server.listen(Number(new URL(host).port), "127.0.0.1", resolve));
  return {
    host,
    issuer: `${host}${REALM}`,
    settings: client,
    /** Refresh tokens of the sessions that were ended. */
    ended,
    errors,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}
