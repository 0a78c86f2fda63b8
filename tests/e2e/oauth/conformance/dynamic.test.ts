// The Dynamic plan, but for what OAuth 2.1 has no more (implicit) and what is not offered (request objects, signed UserInfo,
// pairwise subjects): its modules, with clients that register themselves.

import { randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { describe, expect, test } from "vitest";
import { freshJwtKeys } from "../../../../scripts/lib/keys.mjs";
import { type Rp, relyingParty } from "../../../support/conformance";
import { type SigningKey, fapiClient, signingKey } from "../../../support/fapi";
import { useWorker } from "../../../support/fixtures";
import { decode } from "../../../support/jwt";
import { ISSUER, pkce } from "../../../support/oauth";
import { texts } from "../../../support/visitor";

type Json = Record<string, any>;

const CALLBACK = "https://rp.example/test/a/edgelatch/callback";
const KEYS = "https://rp.example/test/a/edgelatch/keys";
const JWT_KEYS = freshJwtKeys();
let published: SigningKey[] = [];
const { worker } = useWorker({
  settings: { JWT_KEYS, REGISTRATION: "open" },
  outside: (request) => {
    expect(request.url).toBe(KEYS);
    return Response.json({ keys: published.map(({ jwk }) => jwk) });
  },
});
const rp = relyingParty(worker);

async function registration(metadata: Json) {
  const answer = await worker.fetch("/oauth/register", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ redirect_uris: [CALLBACK], grant_types: ["authorization_code", "refresh_token"], ...metadata }),
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) as Json };
}

/** A client as it registers itself, and what it is told. */
async function registered(metadata: Json = {}) {
  const { status, headers, body } = await registration(metadata);
  expect([status, headers.get("cache-control")], JSON.stringify(body)).toEqual([201, expect.stringContaining("no-store")]);
  expect(body).toMatchObject({
    client_id: expect.any(String),
    client_id_issued_at: expect.any(Number),
    registration_access_token: expect.any(String),
    registration_client_uri: `${ISSUER}/oauth/register/${body.client_id}`,
  });
  const client: Rp = { id: body.client_id, secret: body.client_secret, redirectUri: body.redirect_uris[0] };
  return { client, told: body };
}

async function refused(metadata: Json, error = "invalid_client_metadata") {
  const { status, body } = await registration(metadata);
  expect([status, body.error]).toEqual([400, error]);
}

/** The whole flow, of a client that always sends a challenge, as those must that nobody vouches for. */
async function flow(client: Rp, parameters = {}) {
  const { verifier, challenge } = pkce();
  return rp.flow({ ...challenge, ...parameters }, { rp: client }, { code_verifier: verifier });
}

/** A request that leads nowhere but to a page which says that it is wrong. */
async function wrong(client: Rp, parameters: Record<string, string | undefined>) {
  const { screen, answer } = await rp.walk(rp.request({ ...pkce().challenge, ...parameters }, client));
  expect([screen.status, answer, texts(screen, "h1")]).toEqual([400, undefined, ["This app is not known here"]]);
}

describe("oidcc-dynamic-certification-test-plan", () => {
  test("oidcc-discovery-endpoint-verification", async () => {
    expect(await rp.metadata()).toMatchObject({ registration_endpoint: `${ISSUER}/oauth/register` });
  });

  test("oidcc-server", async () => {
    const { client, told } = await registered();
    expect(told).toMatchObject({ token_endpoint_auth_method: "client_secret_basic", client_secret_expires_at: 0 });
    const { pages } = await flow(client);
    expect(pages).toEqual(["/sign-in", "/consent"]);
  });

  test("oidcc-idtoken-rs256", async () => {
    const { client, told } = await registered({ id_token_signed_response_alg: "RS256" });
    expect(told.id_token_signed_response_alg).toBe("RS256");
    expect(decode((await flow(client)).tokens.id_token!).header.alg).toBe("RS256");
  });

  test("oidcc-idtoken-unsigned, oidcc-userinfo-rs256, oidcc-registration-sector-uri: refused, since none of it is kept", async () => {
    await refused({ id_token_signed_response_alg: "none" });
    await refused({ userinfo_signed_response_alg: "RS256" });
    for (const sector_identifier_uri of ["https://rp.example/sector", "https://rp.example/sector-bad"])
      await refused({ sector_identifier_uri });
    await refused({ subject_type: "pairwise" });
  });

  test("oidcc-ensure-redirect-uri-in-authorization-request", async () => {
    const { client } = await registered({ redirect_uris: [CALLBACK, `${CALLBACK}/two`] });
    await wrong(client, { redirect_uri: undefined });
    await wrong(client, { redirect_uri: undefined, scope: undefined });
  });

  test("oidcc-redirect-uri-query-OK", async () => {
    const redirectUri = `${CALLBACK}?foo=bar`;
    const { client } = await registered({ redirect_uris: [redirectUri] });
    await flow({ ...client, redirectUri });
  });

  test.each([
    ["oidcc-redirect-uri-query-mismatch", `${CALLBACK}?foo=bar`, `${CALLBACK}?foo=baz`],
    ["oidcc-redirect-uri-query-added", CALLBACK, `${CALLBACK}?foo=bar`],
  ])("%s", async (_, uri, redirect_uri) => {
    const { client } = await registered({ redirect_uris: [uri] });
    await wrong(client, { redirect_uri });
  });

  test("oidcc-redirect-uri-regfrag", () => refused({ redirect_uris: [`${CALLBACK}#foobar`] }, "invalid_redirect_uri"));

  test("oidcc-registration-logo-uri, -policy-uri, -tos-uri", async () => {
    const uris = { client_name: "A party", logo_uri: "https://rp.example/logo.png" };
    const links = { policy_uri: "https://rp.example/policy", tos_uri: "https://rp.example/tos" };
    const { client } = await registered({ ...uris, ...links });
    const ann = rp.fresh();
    const page = await ann.open(rp.request(pkce().challenge, client));
    expect(page.path).toMatch(/^\/sign-in/);
    for (const uri of Object.values(links)) expect(page.html).toContain(`href="${uri}"`);
    // What a stranger serves is not fetched by the browser of whoever only looks.
    expect(page.html).not.toContain(uris.logo_uri);
  });

  test("oidcc-registration-jwks-uri, oidcc-refresh-token-rp-key-rotation, oidcc-ensure-client-assertion-with-iss-aud-succeeds", async () => {
    const [old, key] = [signingKey("ES256"), signingKey("RS256")];
    published = [old];
    const { client } = await registered({ token_endpoint_auth_method: "private_key_jwt", jwks_uri: KEYS });
    const party = (signing: SigningKey) => fapiClient(worker, { id: client.id, key: signing });
    const { verifier, challenge } = pkce();
    const { told } = await rp.authorize({ ...challenge, scope: "openid offline_access" }, { rp: client });
    const form = { grant_type: "authorization_code", code: told.code, redirect_uri: client.redirectUri, code_verifier: verifier };
    const tokens = rp.checkTokens(await party(old).token(form, { proof: null }));
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    published = [key];
    await rp.later(61_000, async () => {
      const later = Math.floor(Date.now() / 1000) + 61;
      const by = (signing: SigningKey) =>
        party(signing).credentials(party(signing).assertion({ iat: later, exp: later + 60, jti: randomUUID() }));
      rp.checkTokens(await party(key).token(refresh, { proof: null, by: by(key) }));
      rp.checkError(await party(old).token(refresh, { proof: null, by: by(old) }), 401, "invalid_client");
    });
  });

  test("oidcc-refresh-token", async () => {
    const [one, two] = [(await registered()).client, (await registered()).client];
    const { tokens, idToken } = await flow(one, { scope: "openid offline_access", prompt: "consent" });
    const next = rp.checkTokens(await rp.refresh(tokens.refresh_token!, one));
    const again = await rp.checkIdToken(next.id_token!, { rp: one, accessToken: next.access_token! });
    expect([again.sub, again.auth_time]).toEqual([idToken.sub, idToken.auth_time]);
    rp.checkError(await rp.refresh(tokens.refresh_token!, two), 400, "invalid_grant");
  });

  test("oidcc-server-rotate-keys: what the old key has signed is still good", async () => {
    const { client } = await registered();
    const { tokens } = await flow(client);
    const known = (await rp.keys()).keys.map(({ kid }) => kid);
    const fresh = JSON.parse(freshJwtKeys()).keys as Json[];
    await worker.restart({ JWT_KEYS: JSON.stringify({ keys: [...fresh, ...JSON.parse(JWT_KEYS).keys] }) });
    const { keys } = await rp.keys();
    expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(known));
    const next = await flow(client);
    expect(known).not.toContain(decode(next.tokens.id_token!).header.kid);
    const hinted = await rp.authorize(
      { ...pkce().challenge, prompt: "none", id_token_hint: tokens.id_token },
      { rp: client, ann: next.ann },
    );
    expect(hinted.told).toHaveProperty("code");
  });
});
