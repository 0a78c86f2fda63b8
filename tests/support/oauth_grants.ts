// Codes, refresh tokens, device codes, pushed requests and assertions of people and clients, each as good as new, for what
// happens once and for what fails.

import { createHash } from "node:crypto";
import { CLIENT, type Rp, register } from "./conformance";
import { fapiClient, signingKey } from "./fapi";
import { type Parameters, browserOf, oauth, pkce } from "./oauth";
import { aUser } from "./seed";
import type { Worker } from "./worker";

export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const BOTH = ["authorization_code", "refresh_token"];
const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

/** The clients, once they are registered, and what they are given. */
export function oauthGrants(worker: Worker) {
  const server = oauth(worker);
  const web = CLIENT;
  const app: Rp = { ...CLIENT, id: "demo-mobile" };
  const service = fapiClient(worker, { id: "grants-service", key: signingKey("ES256") });
  const basic = server.basic(web.id, web.secret);

  async function prepare() {
    await register(worker, web, { require_pkce: false, consent: "none", grant_types: BOTH });
    await register(worker, app, { token_endpoint_auth_method: "none", consent: "none", grant_types: [...BOTH, DEVICE_GRANT] });
    await register(
      worker,
      { ...CLIENT, id: service.id, secret: "nobody has it" },
      {
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [service.key.jwk] },
        grant_types: ["client_credentials"],
        scope: "reports:read",
      },
    );
  }

  /** Somebody, in whose browser they are signed in. */
  async function somebody() {
    const user = await aUser(worker);
    return { user, browser: await browserOf(worker, user.username) };
  }

  /** A code, as the form that redeems it. */
  async function code(rp: Rp = web, more: Parameters = {}) {
    const { browser, user } = await somebody();
    const { verifier, challenge } = pkce();
    const parameters = { client_id: rp.id, redirect_uri: rp.redirectUri, ...challenge, ...more };
    const { told, location } = await server.authorize(parameters, browser.headers);
    if (!told.code) throw new Error(`no code: ${location}`);
    const form = { grant_type: "authorization_code", code: told.code, redirect_uri: rp.redirectUri, code_verifier: verifier };
    return { user, browser, form: rp === app ? { ...form, client_id: app.id } : form, headers: rp === app ? {} : basic };
  }

  /** A refresh token, as the form that presents it. */
  async function refreshToken(rp: Rp = web) {
    const { form, headers, ...more } = await code(rp, { scope: "openid offline_access" });
    const { body } = await server.token(form, headers);
    const refresh = { grant_type: "refresh_token", refresh_token: body.refresh_token as string };
    return { ...more, first: body, headers, form: rp === app ? { ...refresh, client_id: app.id } : refresh };
  }

  /** A device code whose user has let the device in. */
  async function deviceCode() {
    const { browser } = await somebody();
    const { body } = await server.post("/oauth/device", { client_id: app.id, scope: "openid" });
    await worker.db
      .prepare(
        "update one_time set (user_id, method, aal, amr, auth_time) = (select user_id, method, aal, amr, auth_time from browsers where id = ?) where key = ?",
      )
      .bind(browser.id, `device:${digest(body.device_code)}`)
      .run();
    return { form: { grant_type: DEVICE_GRANT, device_code: body.device_code as string, client_id: app.id }, headers: {} };
  }

  /** A pushed request, and the browser that could bring it. */
  async function pushedRequest() {
    const { browser } = await somebody();
    const { body } = await server.post("/oauth/par", { response_type: "code", redirect_uri: web.redirectUri, scope: "openid" }, basic);
    const query = new URLSearchParams({ client_id: web.id, request_uri: body.request_uri });
    return { browser, path: `/oauth/authorize?${query}` };
  }

  return { server, web, app, service, basic, prepare, somebody, code, refreshToken, deviceCode, pushedRequest };
}
