// oauth4webapi, unmodified, over HTTP: it checks every answer as the standards have it.

import * as oauth from "oauth4webapi";
import { beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../support/api";
import { CLIENT, type Rp, register } from "../../support/conformance";
import { useWorker } from "../../support/fixtures";
import { browserOf, oauthSettings } from "../../support/oauth";
import { freePort } from "../../support/ports";

const port = await freePort();
const ISSUER = `http://127.0.0.1:${port}`;
const { worker } = useWorker({ settings: { ...oauthSettings(), PUBLIC_URL: ISSUER }, port });
const insecure = { [oauth.allowInsecureRequests]: true };
const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const CALLBACK = CLIENT.redirectUri;

let as: oauth.AuthorizationServer;
let key: oauth.CryptoKey;
let browser: { id: string; headers: Record<string, string> };
const by = () => oauth.PrivateKeyJwt({ key, kid: "k" });
const web: oauth.Client = { client_id: CLIENT.id, id_token_signed_response_alg: "EdDSA" };

beforeAll(async () => {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  key = pair.privateKey;
  const jwk = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid: "k" };
  await register(worker, CLIENT, {
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [jwk] },
    fapi: true,
    consent: "none",
    id_token_signed_response_alg: "EdDSA",
  });
  const device: Rp = { ...CLIENT, id: "demo-mobile" };
  await register(worker, device, {
    token_endpoint_auth_method: "none",
    grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    consent: "none",
  });
  browser = await browserOf(worker, DEMO.username);
  as = await oauth.processDiscoveryResponse(new URL(ISSUER), await oauth.discoveryRequest(new URL(ISSUER), insecure));
});

describe("a client of the FAPI profile", () => {
  test("pushes, proves its key, authenticates by a JWT, and reads, introspects, refreshes and revokes what it gets", async () => {
    const pair = await oauth.generateKeyPair("ES256", { extractable: false });
    const DPoP = oauth.DPoP(web, pair);
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const asked = new URLSearchParams({
      response_type: "code",
      redirect_uri: CALLBACK,
      scope: "openid email offline_access",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    const push = await oauth.pushedAuthorizationRequest(as, web, by(), asked, { DPoP, ...insecure });
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, web, push);
    const url = new URL(as.authorization_endpoint!);
    url.search = new URLSearchParams({ client_id: web.client_id, request_uri }).toString();
    const there = await fetch(url, { headers: browser.headers, redirect: "manual" });
    const back = oauth.validateAuthResponse(as, web, new URL(there.headers.get("location")!), state);
    const answer = await oauth.authorizationCodeGrantRequest(as, web, by(), back, CALLBACK, verifier, { DPoP, ...insecure });
    const requireIdToken = true;
    const tokens = await oauth.processAuthorizationCodeResponse(as, web, answer, { expectedNonce: nonce, requireIdToken });
    await oauth.validateApplicationLevelSignature(as, answer, insecure);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens)!;

    const shown = await oauth.userInfoRequest(as, web, tokens.access_token, { DPoP, ...insecure });
    expect(await oauth.processUserInfoResponse(as, web, sub, shown)).toMatchObject({ sub, email: "demo@example.com" });
    const introspected = await oauth.introspectionRequest(as, web, by(), tokens.access_token, insecure);
    expect(await oauth.processIntrospectionResponse(as, web, introspected)).toMatchObject({
      active: true,
      sub,
      cnf: { jkt: expect.any(String) },
    });
    const refreshed = await oauth.refreshTokenGrantRequest(as, web, by(), tokens.refresh_token!, { DPoP, ...insecure });
    const next = await oauth.processRefreshTokenResponse(as, web, refreshed);
    expect(oauth.getValidatedIdTokenClaims(next)!.sub).toBe(sub);
    const revoked = await oauth.revocationRequest(as, web, by(), tokens.refresh_token!, insecure);
    await oauth.processRevocationResponse(revoked);
    const after = await oauth.introspectionRequest(as, web, by(), next.access_token, insecure);
    expect(await oauth.processIntrospectionResponse(as, web, after)).toEqual({ active: false });
  });

  test("validates an access token of ours as a resource server does (RFC 9068)", async () => {
    const audience = "https://reports.example";
    const service: Rp = { ...CLIENT, id: "reports", secret: "a secret" };
    await register(worker, service, { grant_types: ["client_credentials"], scope: "reports:read" });
    const client = { client_id: service.id };
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.ClientSecretBasic(service.secret),
      new URLSearchParams({ resource: audience }),
      insecure,
    );
    const { access_token } = await oauth.processClientCredentialsResponse(as, client, answer);
    const request = new Request("https://reports.example/x", { headers: { authorization: `Bearer ${access_token}` } });
    expect(await oauth.validateJwtAccessToken(as, request, audience, insecure)).toMatchObject({
      client_id: "reports",
      scope: "reports:read",
    });
    await expect(oauth.validateJwtAccessToken(as, request, "https://other.example", insecure)).rejects.toThrow();
  });
});

test("a device waits for its user", async () => {
  const client = { client_id: "demo-mobile" };
  const asked = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), new URLSearchParams({ scope: "openid" }), insecure);
  const waiting = await oauth.processDeviceAuthorizationResponse(as, client, asked);
  const poll = () => oauth.deviceCodeGrantRequest(as, client, oauth.None(), waiting.device_code, insecure);
  await expect(oauth.processDeviceCodeResponse(as, client, await poll())).rejects.toMatchObject({ error: "authorization_pending" });
  await expect(oauth.processDeviceCodeResponse(as, client, await poll())).rejects.toMatchObject({ error: "slow_down" });
  // As the page does when its user agrees.
  await worker.db
    .prepare(
      "update one_time set polled_on = null, (user_id, method, aal, amr, auth_time) = (select user_id, method, aal, amr, auth_time from browsers where id = ?) where kind = 'device'",
    )
    .bind(browser.id)
    .run();
  const tokens = await oauth.processDeviceCodeResponse(as, client, await poll());
  expect(oauth.getValidatedIdTokenClaims(tokens)!.aud).toBe("demo-mobile");
});
