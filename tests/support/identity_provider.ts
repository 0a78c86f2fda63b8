// The pretend outside world: five providers at their real URLs, each as strict as the real one,
// and each of whose answers a test may replace.

import { createHash, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, verify } from "node:crypto";
import { Response, type Request } from "miniflare";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

/** A user as a provider knows them. */
export interface Person {
  sub: string;
  email?: string;
  email_verified?: unknown;
  given_name?: string;
  family_name?: string;
  /** The session there. */
  sid?: string;
}

/** A request that the worker sent out. */
export interface Sent {
  method: string;
  url: URL;
  headers: Headers;
  form: URLSearchParams;
}

export interface Row {
  name: string;
  /** Where a client starts. */
  start: string;
  /** Where the browser comes back to. */
  back: string;
  /** Settings that configure it. */
  settings: Record<string, string>;
  clientId: string;
  issuer: string;
  /** As `user_identities` has it. */
  identityIssuer: string;
  authorize: string;
  token: string;
  keys?: string;
  /** Where the keys of id_tokens are that only apps bring. */
  appKeys?: string;
  profile?: string;
  discovery?: string;
  /** Where it says to whom an access token was issued. */
  check?: string;
  scope: string;
  pkce: boolean;
  /** Whether it comes back with a form POST. */
  formPost?: boolean;
}

const apple = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KEYCLOAK = "https://kc.example/realms/demo";

export const GOOGLE: Row = {
  name: "google",
  start: "/auth/google",
  back: "/auth/google-auth-redirect",
  settings: { GOOGLE_AUTH_CLIENT_ID: "google-client", GOOGLE_AUTH_CLIENT_SECRET: "google-secret" },
  clientId: "google-client",
  issuer: "https://accounts.google.com",
  identityIssuer: "https://accounts.google.com",
  authorize: "https://accounts.google.com/o/oauth2/v2/auth",
  token: "https://oauth2.googleapis.com/token",
  keys: "https://www.googleapis.com/oauth2/v3/certs",
  profile: "https://openidconnect.googleapis.com/v1/userinfo",
  check: "https://oauth2.googleapis.com/tokeninfo",
  scope: "openid email profile",
  pkce: true,
};

export const FACEBOOK: Row = {
  name: "facebook",
  start: "/auth/facebook",
  back: "/auth/facebook-auth-redirect",
  settings: { FACEBOOK_AUTH_CLIENT_ID: "138483919580948", FACEBOOK_AUTH_CLIENT_SECRET: "facebook-secret" },
  clientId: "138483919580948",
  issuer: "https://www.facebook.com",
  identityIssuer: "https://www.facebook.com",
  authorize: "https://www.facebook.com/v25.0/dialog/oauth",
  token: "https://graph.facebook.com/v25.0/oauth/access_token",
  profile: "https://graph.facebook.com/v25.0/me",
  appKeys: "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
  check: "https://graph.facebook.com/v25.0/debug_token",
  scope: "email public_profile",
  pkce: false,
};

export const INSTAGRAM: Row = {
  name: "instagram",
  start: "/auth/instagram",
  back: "/auth/instagram-auth-redirect",
  settings: { INSTAGRAM_AUTH_CLIENT_ID: "990602627938098", INSTAGRAM_AUTH_CLIENT_SECRET: "instagram-secret" },
  clientId: "990602627938098",
  issuer: "https://www.instagram.com",
  identityIssuer: "https://www.instagram.com",
  authorize: "https://www.instagram.com/oauth/authorize",
  token: "https://api.instagram.com/oauth/access_token",
  profile: "https://graph.instagram.com/me",
  scope: "instagram_business_basic",
  pkce: false,
};

export const APPLE: Row = {
  name: "apple",
  start: "/auth/oauth-apple",
  back: "/auth/apple-oauth-redirect",
  settings: {
    APPLE_AUTH_CLIENT_ID: "com.example.web",
    APPLE_AUTH_TEAM_ID: "TEAM123456",
    APPLE_AUTH_KEY_ID: "KEY7890123",
    APPLE_AUTH_PRIVATE_KEY: apple.privateKey.export({ format: "pem", type: "pkcs8" }).toString().replaceAll("\n", "\\n"),
  },
  clientId: "com.example.web",
  issuer: "https://appleid.apple.com",
  identityIssuer: "https://appleid.apple.com",
  authorize: "https://appleid.apple.com/auth/authorize",
  token: "https://appleid.apple.com/auth/token",
  keys: "https://appleid.apple.com/auth/keys",
  scope: "name email",
  pkce: false,
  formPost: true,
};

/** Where Apple's tokens are revoked. */
export const APPLE_REVOCATION = "https://appleid.apple.com/auth/revoke";

export const KEYCLOAK_ROW: Row = {
  name: "keycloak",
  start: "/auth/keycloak",
  back: "/auth/keycloak-auth-redirect",
  settings: {
    KEYCLOAK_HOST: "https://kc.example",
    KEYCLOAK_REALM: "demo",
    KEYCLOAK_CLIENT_ID: "keycloak-client",
    KEYCLOAK_CLIENT_SECRET: "keycloak-secret",
  },
  clientId: "keycloak-client",
  issuer: KEYCLOAK,
  identityIssuer: KEYCLOAK,
  authorize: `${KEYCLOAK}/protocol/openid-connect/auth`,
  token: `${KEYCLOAK}/protocol/openid-connect/token`,
  keys: `${KEYCLOAK}/protocol/openid-connect/certs`,
  profile: `${KEYCLOAK}/protocol/openid-connect/userinfo`,
  discovery: `${KEYCLOAK}/.well-known/openid-configuration`,
  check: `${KEYCLOAK}/protocol/openid-connect/token/introspect`,
  scope: "openid email profile",
  pkce: true,
};

export const ROWS = [GOOGLE, FACEBOOK, INSTAGRAM, APPLE, KEYCLOAK_ROW];
/** An app's own client id at every provider, and the settings that accept it. */
export const APP_CLIENT = "1059461957386";
export const APP_CLIENT_SETTINGS = Object.fromEntries(
  ["GOOGLE_AUTH", "FACEBOOK_AUTH", "APPLE_AUTH", "KEYCLOAK"].map((prefix) => [
    `${prefix}_APP_CLIENT_IDS`,
    `another-of-ours, ${APP_CLIENT}`,
  ]),
);
export const ALL_SETTINGS: Record<string, string> = Object.assign({}, ...ROWS.map((row) => row.settings));

type Grant = { row: Row; person: Person; nonce: string | null; redirectUri: string; challenge: string | null };

/** An access token that an app has from a provider. */
interface Issued {
  row: Row;
  person: Person;
  /** The app it was issued to. */
  clientId: string;
  /** Whether it has been revoked. */
  revoked: boolean;
  /** Its end, in epoch seconds. */
  end: number;
}
export type Replacement = (sent: Sent, usual: () => Promise<Response>) => Response | Promise<Response>;

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

export type Outside = Awaited<ReturnType<typeof startOutside>>;

/** Opens the outside world. Hand its `handle` to the worker as `outside`. */
export async function startOutside() {
  const signing = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(signing.publicKey)), kid: "key-1", use: "sig", alg: "RS256" };
  const grants = new Map<string, Grant>();
  const people = new Map<string, Pick<Grant, "row" | "person">>();
  const issued = new Map<string, Issued>();
  const replaced = new Map<string, Replacement>();
  const sent: Sent[] = [];
  /** Changes claims of the next id_tokens. */
  let claims: (usual: Record<string, unknown>) => Record<string, unknown> = (usual) => usual;
  /** Makes the next id_tokens altogether. */
  let sign: ((claims: Record<string, unknown>) => Promise<string> | string) | undefined;

  const usualSign = (payload: Record<string, unknown>) =>
    new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: "key-1" }).sign(signing.privateKey);

  async function idToken({ row, person, nonce }: Pick<Grant, "row" | "person" | "nonce">) {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: row.issuer, aud: row.clientId, iat: now, exp: now + 300, ...person, ...(nonce ? { nonce } : {}) };
    return (sign ?? usualSign)(claims(usual));
  }

  async function token(row: Row, { form, headers }: Sent): Promise<Response> {
    const problem = (error: string) => json({ error }, 400);
    if (!clientProves(row, form)) return problem("invalid_client");
    const grant = grants.get(form.get("code") ?? "");
    grants.delete(form.get("code") ?? "");
    if (!grant || grant.row !== row) return problem("invalid_grant");
    if (form.get("grant_type") !== "authorization_code" || form.get("redirect_uri") !== grant.redirectUri) return problem("invalid_grant");
    if (grant.challenge !== null && digest(form.get("code_verifier") ?? "") !== grant.challenge) return problem("invalid_grant");
    if (headers.get("content-type") !== "application/x-www-form-urlencoded") return problem("invalid_request");
    const accessToken = randomBytes(16).toString("hex");
    people.set(accessToken, grant);
    switch (row.name) {
      case "facebook":
        return json({ access_token: accessToken, token_type: "bearer", expires_in: 5_183_944 });
      case "instagram":
        return json({ data: [{ access_token: accessToken, user_id: grant.person.sub, permissions: "instagram_business_basic" }] });
      default:
        return json({
          access_token: accessToken,
          token_type: "Bearer",
          expires_in: 300,
          refresh_token: `refresh-${accessToken}`,
          id_token: await idToken(grant),
        });
    }
  }

  function profile(row: Row, { url, headers }: Sent): Response {
    const grant = people.get(headers.get("authorization")?.replace("Bearer ", "") ?? "");
    if (!grant || grant.row !== row) return json({ error: { message: "Invalid OAuth access token." } }, 401);
    const { sub, given_name, family_name, ...rest } = grant.person;
    const fields = url.searchParams.get("fields")?.split(",") ?? [];
    const pick = (all: Record<string, unknown>) => Object.fromEntries(fields.map((field) => [field, all[field]]));
    if (row.name === "facebook")
      return json({ ...pick({ name: `${given_name} ${family_name}`, first_name: given_name, last_name: family_name }), id: sub });
    if (row.name === "instagram") return json({ data: [{ ...pick({ username: "someone", name: given_name }), user_id: sub }] });
    return json({ sub, given_name, family_name, ...rest });
  }

  /** What a provider says of an access token, to who may ask. */
  function check(row: Row, { url, form, headers }: Sent): Response {
    const ask = url.searchParams;
    const token = issued.get(ask.get("access_token") ?? "") ?? issued.get(ask.get("input_token") ?? form.get("token") ?? "");
    const known = token?.row === row ? token : undefined;
    const now = Math.floor(Date.now() / 1000);
    const good = known !== undefined && !known.revoked && known.end > now;
    const { sub, email, email_verified, sid } = known?.person ?? { sub: "" };
    const [clientId, secret] = row.name === "keycloak" ? clientOf(headers, form) : (ask.get("access_token") ?? "").split("|");
    if (row !== GOOGLE && !(clientId === row.clientId && Object.values(row.settings).includes(secret ?? "")))
      return json({ error: "invalid_client" }, 401);
    switch (row.name) {
      case "google":
        if (!good) return json({ error: "invalid_token", error_description: "Invalid Value" }, 400);
        return json({
          ...{ azp: known.clientId, aud: known.clientId, sub, scope: "openid", exp: `${known.end}`, expires_in: `${known.end - now}` },
          ...{ email, email_verified: `${email_verified}`, access_type: "online" },
        });
      case "facebook":
        if (!known) return json({ data: { error: { code: 190, message: "Invalid OAuth access token" }, is_valid: false, scopes: [] } });
        return json({
          data: {
            app_id: known.clientId,
            type: "USER",
            application: "An app",
            expires_at: known.end,
            is_valid: good,
            scopes: [],
            user_id: sub,
          },
        });
      default:
        if (!good) return json({ active: false });
        return json({
          active: true,
          exp: known.end,
          iat: now,
          iss: row.issuer,
          aud: "account",
          sub,
          typ: "Bearer",
          azp: known.clientId,
          client_id: known.clientId,
          email,
          email_verified,
          sid,
        });
    }
  }

  async function usual(call: Sent): Promise<Response> {
    const place = call.url.origin + call.url.pathname;
    for (const row of ROWS) {
      if (place === row.token && call.method === "POST") return token(row, call);
      if (place === row.keys || place === row.appKeys) return json({ keys: [jwk] }, 200, { "cache-control": "public, max-age=19800" });
      if (place === row.profile) return profile(row, call);
      if (place === row.check && call.method === (row === KEYCLOAK_ROW ? "POST" : "GET")) return check(row, call);
      if (place === row.discovery) return json(metadata(row));
    }
    if (place === APPLE_REVOCATION) return new Response(null, { status: clientProves(APPLE, call.form) ? 200 : 400 });
    if (place === `${KEYCLOAK}/protocol/openid-connect/logout`) return new Response(null, { status: 204 });
    return json({ error: "not_found" }, 404);
  }

  return {
    sent,
    signing,
    jwk,
    metadata,
    usualSign,
    /** Replaces the answers at a URL (without query) until `reset`. */
    replace: (url: string, replacement: Replacement) => void replaced.set(url, replacement),
    changeClaims: (change: typeof claims) => void (claims = change),
    signWith: (other: typeof sign) => void (sign = other),
    reset() {
      replaced.clear();
      claims = (all) => all;
      sign = undefined;
      sent.length = 0;
    },
    calls: (url: string) => sent.filter((call) => call.url.origin + call.url.pathname === url).length,
    /** Lets a person sign in at the authorize URL, and gives what the browser brings back. */
    consent(row: Row, location: string, person: Person): Record<string, string> {
      const url = new URL(location);
      const ask = url.searchParams;
      if (url.origin + url.pathname !== row.authorize) throw new Error(`not ${row.name}: ${location}`);
      const code = randomBytes(16).toString("hex");
      const redirectUri = ask.get("redirect_uri") ?? "";
      grants.set(code, { row, person, nonce: ask.get("nonce"), redirectUri, challenge: ask.get("code_challenge") });
      return { code, state: ask.get("state") ?? "", ...(row.name === "keycloak" ? { iss: row.issuer } : {}) };
    },
    /** An access token that an app has, ours unless another is named. */
    issue(
      row: Row,
      person: Person,
      { clientId = row.clientId, revoked = false, seconds = 3600, token = randomBytes(16).toString("hex") } = {},
    ): string {
      issued.set(token, { row, person, clientId, revoked, end: Math.floor(Date.now() / 1000) + seconds });
      people.set(token, { row, person });
      return token;
    },
    /** An id_token that an app has: of no sign-in of ours, so without a nonce. */
    idToken: (row: Row, person: Person) => idToken({ row, person, nonce: null }),
    /** What a provider posts when a session is over there; null leaves a claim out. */
    logoutToken(row: Row, { sub, sid }: { sub?: string; sid?: string }, change: Record<string, unknown> = {}) {
      const now = Math.floor(Date.now() / 1000);
      const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
      const usual = { iss: row.issuer, aud: row.clientId, iat: now, exp: now + 120, jti: randomUUID(), typ: "Logout", events, sub, sid };
      const claims = Object.entries({ ...usual, ...change }).filter(([, value]) => value !== null && value !== undefined);
      const { header, ...payload } = Object.fromEntries(claims) as { header?: object };
      return new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: "key-1", typ: "logout+jwt", ...header }).sign(signing.privateKey);
    },
    async handle(request: Request): Promise<Response> {
      const url = new URL(request.url);
      const form = new URLSearchParams(request.method === "POST" ? await request.text() : "");
      const call: Sent = { method: request.method, url, headers: request.headers, form };
      sent.push(call);
      const replacement = replaced.get(url.origin + url.pathname);
      return replacement ? replacement(call, () => usual(call)) : usual(call);
    },
  };
}

/** Keycloak's document, as far as it matters. */
export function metadata(row: Row) {
  return {
    issuer: row.issuer,
    authorization_endpoint: row.authorize,
    token_endpoint: row.token,
    jwks_uri: row.keys,
    userinfo_endpoint: row.profile,
    end_session_endpoint: `${row.issuer}/protocol/openid-connect/logout`,
    introspection_endpoint: `${row.issuer}/protocol/openid-connect/token/introspect`,
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    authorization_response_iss_parameter_supported: true,
  };
}

/** Client id and secret of a request that has them in a header or in its form. */
function clientOf(headers: Headers, form: URLSearchParams): string[] {
  const [, encoded] = /^Basic (.*)$/.exec(headers.get("authorization") ?? "") ?? [];
  if (encoded === undefined) return [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
  return Buffer.from(encoded, "base64").toString().split(":").map(decodeURIComponent);
}

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

/** Whether a token request proves our client to the provider. */
function clientProves(row: Row, form: URLSearchParams): boolean {
  if (form.get("client_id") !== row.clientId) return false;
  const secret = form.get("client_secret") ?? "";
  if (row !== APPLE) return Object.values(row.settings).includes(secret);
  const [header, claims, signature] = secret.split(".") as [string, string, string];
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const said = read(claims);
  const key = { key: createPublicKey(apple.publicKey.export({ format: "pem", type: "spki" })), dsaEncoding: "ieee-p1363" } as const;
  return (
    read(header).alg === "ES256" &&
    read(header).kid === "KEY7890123" &&
    said.iss === "TEAM123456" &&
    said.sub === row.clientId &&
    said.aud === "https://appleid.apple.com" &&
    said.exp > Date.now() / 1000 &&
    verify("sha256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"))
  );
}
