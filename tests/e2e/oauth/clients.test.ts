// Standard client libraries, unmodified: openid-client 6 over HTTP.

import { generateKeyPairSync } from "node:crypto";
import * as client from "openid-client";
import { beforeAll, describe, expect, test } from "vitest";
import { useWorker } from "../../support/fixtures";
import { ADMIN, DEMO, api } from "../../support/api";
import { CALLBACK, browserOf, oauth, oauthSettings, putClient } from "../../support/oauth";
import { freePort } from "../../support/ports";

const port = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const { worker } = useWorker({ settings: { ...oauthSettings(), PUBLIC_URL: issuer }, port });
let browser: { id: string; headers: Record<string, string> };

const insecure = { execute: [client.allowInsecureRequests] };
const discover = (id: string, authentication: client.ClientAuth, metadata: Partial<client.ClientMetadata> = {}) =>
  client.discovery(new URL(issuer), id, metadata, authentication, insecure);
const key = async (name: "ES256" | "Ed25519" = "ES256") => client.randomDPoPKeyPair(name);

beforeAll(async () => {
  browser = await browserOf(worker, DEMO.username);
});

/** Sends the browser there, and gives the URL that it comes back to. */
async function through(url: URL) {
  const answer = await fetch(url, { headers: browser.headers, redirect: "manual" });
  const location = answer.headers.get("location");
  expect(location, await answer.text()).toBeTruthy();
  return new URL(location!);
}

describe("openid-client 6", () => {
  test("signs in with a secret, PKCE, state and nonce, refreshes, introspects and revokes", async () => {
    await putClient(worker, "demo-web", { require_pkce: true });
    const config = await discover("demo-web", client.ClientSecretBasic("demo-web-secret"));
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: "openid email",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    const tokens = await client.authorizationCodeGrant(config, await through(url), checks);
    const { sub } = tokens.claims()!;
    expect(await client.fetchUserInfo(config, tokens.access_token, sub)).toMatchObject({ sub, email: "demo@example.com" });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token!);
    expect(next.claims()!.sub).toBe(sub);
    expect(await client.tokenIntrospection(config, next.access_token)).toMatchObject({ active: true, sub, scope: "openid email" });
    await client.tokenRevocation(config, next.refresh_token!);
    expect(await client.tokenIntrospection(config, next.access_token)).toEqual({ active: false });
  });

  test("pushes its requests, proves its key, and authenticates by a JWT: the FAPI profile", async () => {
    const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const jwk = { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: "k", alg: "ES256", use: "sig" };
    await putClient(worker, "demo-web", {
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [jwk] },
      fapi: true,
      id_token_signed_response_alg: "EdDSA",
    });
    const config = await discover("demo-web", client.PrivateKeyJwt({ key: privateKey, kid: "k" }), {
      id_token_signed_response_alg: "EdDSA",
    });
    const proof = client.getDPoPHandle(config, await key());
    const verifier = client.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri: CALLBACK,
      scope: "openid",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP: proof });
    const back = await through(url);
    const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier }, undefined, { DPoP: proof });
    expect(tokens.token_type.toLowerCase()).toBe("dpop");
    const { sub } = tokens.claims()!;
    expect(await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: proof })).toEqual({ sub });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token!, undefined, {
      DPoP: client.getDPoPHandle(config, await key()),
    });
    expect(next.access_token).not.toBe(tokens.access_token);
    await expect(client.fetchUserInfo(config, tokens.access_token, sub)).rejects.toThrow();
    // The request is used up.
    const again = await fetch(url, { headers: browser.headers, redirect: "manual" });
    expect(again.status).toBe(400);
  });

  test("is a public client of a native app, whose refresh tokens move on", async () => {
    await putClient(worker, "demo-mobile", { token_endpoint_auth_method: "none", redirect_uris: ["http://127.0.0.1/cb"] });
    const config = await discover("demo-mobile", client.None());
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: "http://127.0.0.1:49152/cb",
      scope: "openid offline_access",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const tokens = await client.authorizationCodeGrant(config, await through(url), { pkceCodeVerifier: verifier });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token!);
    const last = await client.refreshTokenGrant(config, next.refresh_token!);
    expect(new Set([tokens, next, last].map(({ refresh_token }) => refresh_token)).size).toBe(3);
    await expect(client.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test("is a service that acts for itself", async () => {
    await putClient(worker, "demo-web", { grant_types: ["client_credentials"], scope: "reports:read reports:write openid" });
    const config = await discover("demo-web", client.ClientSecretBasic("demo-web-secret"));
    const tokens = await client.clientCredentialsGrant(config, { scope: "reports:read", resource: "https://reports.example" });
    expect(tokens).toMatchObject({ scope: "reports:read", expires_in: 900 });
    expect(tokens.refresh_token).toBeUndefined();
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      sub: "client:demo-web",
      aud: "https://reports.example",
    });
    await expect(client.clientCredentialsGrant(config, { scope: "other" })).rejects.toMatchObject({ error: "invalid_scope" });
  });

  test("is a device that waits for its user", async () => {
    await putClient(worker, "demo-mobile", {
      token_endpoint_auth_method: "none",
      grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    });
    const config = await discover("demo-mobile", client.None());
    const waiting = await client.initiateDeviceAuthorization(config, { scope: "openid" });
    expect(waiting.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
    // As the page does when its user agrees.
    await worker.db
      .prepare(
        "update one_time set (user_id, method, aal, amr, auth_time) = (select user_id, method, aal, amr, auth_time from browsers where id = ?) where kind = 'device'",
      )
      .bind(browser.id)
      .run();
    const tokens = await client.pollDeviceAuthorizationGrant(config, waiting);
    expect(tokens.claims()!.sub).toBeTruthy();
  }, 20_000);
});

describe("a client that registers itself", () => {
  test("reads, replaces and deletes what it has registered, with its own token", async () => {
    await worker.restart({ REGISTRATION: "open" });
    const metadata = { redirect_uris: ["http://127.0.0.1/cb"], token_endpoint_auth_method: "none", client_name: "A tool" };
    const config = await client.dynamicClientRegistration(new URL(issuer), metadata, client.None(), insecure as never);
    const registered = config.clientMetadata() as unknown as Record<string, string>;
    const at = registered.registration_client_uri!;
    const headers = { authorization: `Bearer ${registered.registration_access_token}`, "content-type": "application/json" };
    const read = await fetch(at, { headers });
    expect(await read.json()).toMatchObject({ client_id: registered.client_id, client_name: "A tool" });
    const replaced = await fetch(at, { method: "PUT", headers, body: JSON.stringify({ ...metadata, client_name: "Another" }) });
    expect(await replaced.json()).toMatchObject({ client_name: "Another" });
    expect((await fetch(at, { headers: { ...headers, authorization: "Bearer other" } })).status).toBe(401);
    expect((await fetch(at, { method: "DELETE", headers })).status).toBe(204);
    expect((await fetch(at, { headers })).status).toBe(401);
    await worker.restart({ REGISTRATION: undefined });
    const off = await fetch(`${issuer}/oauth/register`, { method: "POST", headers, body: JSON.stringify(metadata) });
    expect(off.status).toBe(404);
  });
});

describe("a client's secret", () => {
  const server = oauth(worker);
  /** Whether it authenticates, by the error of a made-up code. */
  const isGood = async (id: string, secret: string) => {
    const { body } = await server.token({ grant_type: "authorization_code", code: "x" }, server.basic(id, secret));
    expect(["invalid_client", "invalid_grant"]).toContain(body.error);
    return body.error === "invalid_grant";
  };

  test("is nobody's once an operator says that it keeps none, and it needs another to be confidential again", async () => {
    const our = api(worker);
    const headers = our.bearer((await our.signIn(ADMIN)).accessToken);
    const id = await worker.db.prepare("select id from auth_clients where client_id = 'demo-mobile'").first("id");
    const put = async (token_endpoint_auth_method: string) => {
      const body = { redirect_uris: [CALLBACK], token_endpoint_auth_method };
      const answer = await our.send("PUT", `/auth-clients/${id}/oauth`, { body, headers });
      expect(answer.status, answer.text).toBe(200);
    };
    await put("client_secret_basic");
    expect(await isGood("demo-mobile", "demo-mobile-secret")).toBe(true);
    await put("none");
    await put("client_secret_basic");
    expect(await isGood("demo-mobile", "demo-mobile-secret")).toBe(false);
    const login = { ...DEMO, client_id: "demo-mobile", client_secret: "demo-mobile-secret" };
    expect((await our.loginToken(login)).status, "nor at the other API").toBe(401);
    const rotated = await our.send("PATCH", `/auth-clients/${id}`, { body: { clientSecret: "another secret" }, headers });
    expect(rotated.status, rotated.text).toBe(204);
    expect(await isGood("demo-mobile", "another secret")).toBe(true);
  });

  test("is told anew where a client that registers itself keeps one again", async () => {
    await worker.restart({ REGISTRATION: "open" });
    const metadata = (token_endpoint_auth_method: string) => ({ redirect_uris: [CALLBACK], token_endpoint_auth_method });
    const send = async (method: string, path: string, body: object, token?: string) => {
      const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
      return JSON.parse(await (await worker.fetch(path, { method, headers, body: JSON.stringify(body) })).text());
    };
    const first = await send("POST", "/oauth/register", metadata("client_secret_basic"));
    const replace = (method: string) =>
      send("PUT", `/oauth/register/${first.client_id}`, metadata(method), first.registration_access_token);
    expect(await replace("client_secret_basic")).not.toHaveProperty("client_secret");
    expect(await isGood(first.client_id, first.client_secret), "stays").toBe(true);
    expect(await replace("none")).not.toHaveProperty("client_secret");
    const again = await replace("client_secret_basic");
    expect(await isGood(first.client_id, first.client_secret)).toBe(false);
    expect(await isGood(first.client_id, again.client_secret)).toBe(true);
    await worker.restart({ REGISTRATION: undefined });
  });
});

test("without an RSA key there is no provider", async () => {
  const only = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const { JWT_KEYS } = oauthSettings();
  await worker.restart({ JWT_KEYS: JSON.stringify({ keys: [only] }) });
  expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(404);
  await worker.restart({ JWT_KEYS });
  expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200);
});
