// What the tests of the OAuth endpoints share: clients, a browser that is signed in, and the code flow by hand.

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { freshJwtKeys } from "../../scripts/lib/keys.mjs";
import type { Worker } from "./worker";

export const ISSUER = "http://127.0.0.1:8787";
export const CALLBACK = "https://app.example/cb";
/** The settings with which the endpoints are on. */
export const oauthSettings = () => ({ JWT_KEYS: freshJwtKeys() });

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

type Json = Record<string, unknown>;

const DEFAULTS: Json = {
  redirect_uris: [CALLBACK],
  post_logout_redirect_uris: [],
  token_endpoint_auth_method: "client_secret_basic",
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  id_token_signed_response_alg: "RS256",
  require_pushed_authorization_requests: false,
  dpop_bound_access_tokens: false,
  require_auth_time: false,
  default_acr_values: [],
  consent: "none",
  open: false,
  require_pkce: false,
  fapi: false,
  id_token_claims: false,
};

/** Puts a client of the demo data into OAuth, as an operator would. */
export async function putClient(worker: Worker, clientId: string, metadata: Json = {}) {
  const members = JSON.stringify({ ...DEFAULTS, ...metadata });
  await worker.db
    .prepare(
      `insert into oauth_clients (client_id, source, open, metadata, created_on, modified_on)
         select id, 'operator', ?2, ?3, 0, 0 from auth_clients where client_id = ?1
         on conflict (client_id) do update set open = excluded.open, metadata = excluded.metadata`,
    )
    .bind(clientId, metadata.open ? 1 : 0, members)
    .run();
}

/** A browser in which somebody is signed in; its `Cookie` header. */
export async function browserOf(worker: Worker, username: string, { ago = 0, aal = 1 } = {}) {
  const secret = randomBytes(32).toString("base64url");
  const now = Date.now();
  const id = randomUUID();
  await worker.db
    .prepare(
      `insert into browsers (id, key, form_session, user_id, method, aal, amr, auth_time, remembered, created_on, last_used_on, expires_on)
         select ?1, ?2, '', u.id, 'password', ?3, 'pwd', ?4, 0, ?5, ?5, ?6 from users u where u.username = ?7`,
    )
    .bind(id, digest(secret), aal, now - ago, now, now + 86_400_000, username)
    .run();
  return { id, headers: { cookie: `__Host-edgelatch=${secret}` } };
}

/** A verifier and its challenge. */
export function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: { code_challenge: digest(verifier), code_challenge_method: "S256" } };
}

export type Parameters = Record<string, string | undefined>;

const defined = (parameters: Parameters) =>
  new URLSearchParams(Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined));

/** The OAuth endpoints as functions. */
export function oauth(worker: Worker) {
  const post = async (path: string, form: Parameters, headers: Record<string, string> = {}) => {
    const answer = await worker.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: defined(form).toString(),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : undefined, waits: waits(answer.headers) };
  };
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`,
  });
  return {
    post,
    basic,
    web: basic("demo-web", "demo-web-secret"),
    /** An authorization request, and the parameters of its answer. */
    async authorize(parameters: Parameters, headers: Record<string, string> = {}) {
      const query = defined({ response_type: "code", client_id: "demo-web", redirect_uri: CALLBACK, scope: "openid", ...parameters });
      const answer = await worker.fetch(`/oauth/authorize?${query}`, { headers });
      const location = answer.headers.get("location") ?? "";
      const told = location.includes("?") ? Object.fromEntries(new URLSearchParams(location.slice(location.indexOf("?") + 1))) : {};
      return { status: answer.status, location, told, text: await answer.text(), waits: waits(answer.headers) };
    },
    token: (form: Parameters, headers: Record<string, string> = {}) => post("/oauth/token", form, headers),
    userinfo: async (accessToken: string, headers: Record<string, string> = {}) => {
      const answer = await worker.fetch("/oauth/userinfo", { headers: { authorization: `Bearer ${accessToken}`, ...headers } });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : undefined, waits: waits(answer.headers) };
    },
  };
}

/** Sequential storage waits, from Server-Timing. */
const waits = (headers: { get(name: string): string | null }) => Number(/waits;desc="(\d+)"/.exec(headers.get("server-timing") ?? "")?.[1]);
