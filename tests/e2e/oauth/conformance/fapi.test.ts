// The FAPI 2.0 Security Profile Final plan: plain requests and responses, private_key_jwt, DPoP, OpenID Connect. Names of
// modules are without their prefix `fapi2-security-profile-final-`.

import { randomBytes, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT as RP, CLIENT2 as RP2, type Rp, checkAnswer, register, relyingParty } from "../../../support/conformance";
import { type ProofWishes, dpopKey, fapiClient, signingKey } from "../../../support/fapi";
import { useWorker } from "../../../support/fixtures";
import { ISSUER, type Parameters, oauthSettings, pkce } from "../../../support/oauth";
import type { Visitor } from "../../../support/visitor";

const { worker } = useWorker({ settings: oauthSettings() });
const rp = relyingParty(worker);
const [one, two] = [
  fapiClient(worker, { id: RP.id, key: signingKey("ES256") }),
  fapiClient(worker, { id: RP2.id, key: signingKey("PS256") }),
];
type Client = typeof one;
const known = (client: Client): Rp => (client === one ? RP : RP2);

beforeAll(async () => {
  for (const client of [one, two])
    await register(worker, known(client), {
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [client.key.jwk, wrongKind.jwk] },
      fapi: true,
      consent: "ask",
      id_token_signed_response_alg: "EdDSA",
    });
});
/** A registered key of an algorithm that the profile forbids. */
const wrongKind = signingKey("RS256");

interface Asked {
  client?: Client;
  ann?: Visitor;
  proof?: string;
  cancel?: boolean;
}

/** A request as it is pushed; its verifier is kept apart. */
function fresh(parameters: Parameters = {}, client: Client = one) {
  const { verifier, challenge } = pkce();
  const { redirectUri } = known(client);
  const sent: Parameters = {
    response_type: "code",
    client_id: client.id,
    redirect_uri: redirectUri,
    scope: "openid",
    state: randomUUID(),
    nonce: randomUUID(),
    ...challenge,
    ...parameters,
  };
  return { sent, verifier };
}
const at = (request_uri: string, client: Client = one, more: Parameters = {}) => {
  const pairs = Object.entries({ client_id: client.id, request_uri, ...more }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return `/oauth/authorize?${new URLSearchParams(pairs)}`;
};

async function pushed(sent: Parameters, { client = one, proof }: Asked = {}) {
  const answer = await client.push(sent, { proof });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  expect(answer.headers.get("cache-control")).toContain("no-store");
  expect(answer.body).toEqual({
    request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:.{22,}$/),
    expires_in: expect.any(Number),
  });
  expect(answer.body.expires_in).toBeGreaterThan(5);
  expect(answer.body.expires_in).toBeLessThan(600);
  return answer.body.request_uri as string;
}

/** A pushed request up to its answer. */
async function authorize(parameters: Parameters = {}, asked: Asked = {}) {
  const { client = one, ann, cancel } = asked;
  const { sent, verifier } = fresh(parameters, client);
  const uri = await pushed(sent, asked);
  const walked = await rp.walk(at(uri, client), ann, { cancel });
  expect(walked.answer, walked.screen.html).toBeTruthy();
  checkAnswer(walked.answer!, { redirectUri: sent.redirect_uri!, state: sent.state });
  return { ...walked, sent, verifier, uri, told: walked.answer!.told };
}
type Authorized = Awaited<ReturnType<typeof authorize>>;

const form = ({ told, sent, verifier }: Authorized, more: Parameters = {}): Parameters => ({
  grant_type: "authorization_code",
  code: told.code,
  redirect_uri: sent.redirect_uri,
  code_verifier: verifier,
  ...more,
});

/** The whole flow of a client. */
async function flow(parameters: Parameters = {}, asked: Asked = {}) {
  const client = asked.client ?? one;
  const authorized = await authorize(parameters, asked);
  const tokens = rp.checkTokens(await client.token(form(authorized)), { type: "DPoP" });
  const of = { rp: known(client), nonce: authorized.sent.nonce, accessToken: tokens.access_token!, alg: "EdDSA" };
  const idToken = authorized.sent.scope!.includes("openid") ? await rp.checkIdToken(tokens.id_token!, of) : undefined;
  return { ...authorized, tokens, idToken };
}

/** A request that is refused, either where it is pushed, or after it. */
async function refused(parameters: Parameters, errors: string[], { client = one, proof }: Asked = {}) {
  const { sent } = fresh(parameters, client);
  const answer = await client.push(sent, { proof });
  expect(answer.status, JSON.stringify(answer.body)).toBe(400);
  expect(errors).toContain(answer.body.error);
}
/** A page that says that the request is wrong, and leads nowhere. */
async function wrong(path: string, ann?: Visitor) {
  const { screen, answer } = await rp.walk(path, ann);
  expect([screen.status, answer]).toEqual([400, undefined]);
}

describe("fapi2-security-profile-final-test-plan: metadata and happy flows", () => {
  test("discovery-end-point-verification", async () => {
    const document: any = await rp.metadata();
    expect(document).toMatchObject({
      authorization_response_iss_parameter_supported: true,
      pushed_authorization_request_endpoint: `${ISSUER}/oauth/par`,
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: expect.arrayContaining(["private_key_jwt"]),
      require_pushed_authorization_requests: expect.any(Boolean),
    });
    for (const name of ["token_endpoint_auth_signing_alg", "dpop_signing_alg", "id_token_signing_alg"])
      expect(document[`${name}_values_supported`].some((alg: string) => ["PS256", "ES256", "EdDSA", "Ed25519"].includes(alg))).toBe(true);
  });

  test("happy-flow", async () => {
    for (const client of [one, two]) {
      const { tokens, idToken } = await flow({ dpop_jkt: client.dpop.jkt }, { client });
      expect(tokens.expires_in).toBeGreaterThan(0);
      const shown = await client.userinfo(tokens.access_token!, { more: [["accept", "text/html;q=1, application/json"]] });
      expect([shown.status, shown.body]).toEqual([200, { sub: idToken!.sub }]);
      const inQuery = await worker.fetch(`/oauth/userinfo?access_token=${tokens.access_token}`, {
        headers: { dpop: client.dpop.proof("GET", "/oauth/userinfo", { token: tokens.access_token }) },
      });
      expect([400, 401]).toContain(inQuery.status);
    }
  });

  test("happy-flow, plain_oauth: without openid there is no ID Token", async () => {
    const { tokens } = await flow({ scope: "offline_access", nonce: undefined });
    expect(tokens).not.toHaveProperty("id_token");
    const shown = await one.userinfo(tokens.access_token!);
    expect([shown.status, shown.body.error]).toEqual([403, "insufficient_scope"]);
  });

  test("x-fapi-interaction-id comes back from the resource where it is a UUID, and is ignored otherwise", async () => {
    const { tokens } = await flow();
    const id = randomUUID();
    for (const [sent, back] of [
      [id, id],
      ["no uuid", null],
      [`${id}${id}`, null],
    ] as const) {
      const answer = await one.userinfo(tokens.access_token!, { more: [["x-fapi-interaction-id", sent]] });
      expect([answer.status, answer.headers.get("x-fapi-interaction-id")]).toEqual([200, back]);
    }
  });

  test("user-rejects-authentication", async () => {
    const { told, pages } = await authorize({}, { cancel: true });
    expect([pages, told.error]).toEqual([["/sign-in"], "access_denied"]);
    const { ann } = await flow();
    expect((await authorize({ prompt: "consent" }, { ann, cancel: true })).told.error).toBe("access_denied");
  });

  test.each([
    ["ensure-authorization-request-without-state-success", { state: undefined }],
    ["ensure-authorization-request-without-nonce-success", { nonce: undefined }],
    ["ensure-authorization-request-with-64-char-nonce-success", { nonce: randomBytes(32).toString("hex") }],
    ["ensure-authorization-request-with-long-nonce", { nonce: randomBytes(192).toString("hex") }],
    ["ensure-authorization-request-with-long-state", { state: randomBytes(192).toString("hex") }],
    ["ensure-other-scope-order-succeeds", { scope: "email openid profile" }],
  ] as [string, Parameters][])("%s", async (_, parameters) => {
    await flow(parameters);
  });

  test("test-claims-parameter-identity-claims", async () => {
    const { tokens } = await flow({ claims: '{"userinfo":{"email":{"essential":true},"given_name":null}}' });
    expect((await one.userinfo(tokens.access_token!)).body).toMatchObject({ email: "demo@example.com", given_name: "Demo" });
  });

  test("access-token-type-header-case-sensitivity", async () => {
    const { tokens } = await flow();
    for (const scheme of ["dpop", "DPoP", "DPOP"]) expect((await one.userinfo(tokens.access_token!, { scheme })).status).toBe(200);
  });
});

describe("fapi2-security-profile-final-test-plan: pushed requests", () => {
  test("par-without-duplicate-parameters", async () => {
    await flow();
  });

  test("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds", async () => {
    const { sent } = fresh();
    const uri = await pushed(sent);
    const ann = rp.fresh();
    for (let n = 0; n < 3; n++) expect((await ann.open(at(uri))).path).toMatch(/^\/sign-in/);
    const other = rp.fresh();
    expect((await other.open(at(uri))).path).toMatch(/^\/sign-in/);
    expect((await rp.walk(at(uri), ann)).answer!.told).toHaveProperty("code");
  });

  test("par-attempt-reuse-request_uri", async () => {
    const { uri, ann } = await flow();
    await wrong(at(uri), ann);
  });

  test("par-attempt-to-use-expired-request_uri", async () => {
    const { sent } = fresh();
    const answer = await one.push(sent);
    await rp.later((answer.body.expires_in + 1) * 1_000, () => wrong(at(answer.body.request_uri)));
  });

  test("par-attempt-to-use-request_uri-for-different-client", async () => {
    await wrong(at(await pushed(fresh().sent), two));
  });

  test("par-authorization-request-containing-request_uri-form-param", async () => {
    await refused({ request_uri: await pushed(fresh().sent) }, ["invalid_request"]);
    await refused({ request_uri: "urn:ietf:params:oauth:request_uri:x" }, ["invalid_request"]);
  });

  test("par-attempt-invalid-http-method", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) expect([404, 405]).toContain((await worker.fetch("/oauth/par", { method })).status);
  });

  test("par-ensure-pkce-required", () => refused({ code_challenge: undefined, code_challenge_method: undefined }, ["invalid_request"]));

  test("par-plain-pkce-rejected", async () => {
    const code_challenge = randomBytes(32).toString("base64url");
    await refused({ code_challenge, code_challenge_method: "plain" }, ["invalid_request"]);
    await refused({ code_challenge_method: undefined }, ["invalid_request"]);
  });

  test.each([
    ["ensure-pkce-code-verifier-required", { code_verifier: undefined }],
    ["incorrect-pkce-code-verifier-rejected", { code_verifier: randomBytes(32).toString("base64url") }],
  ] as [string, Parameters][])("%s", async (_, more) => {
    const authorized = await authorize();
    const answer = await one.token(form(authorized, more));
    expect([answer.status, ["invalid_grant", "invalid_request"].includes(answer.body.error)]).toEqual([400, true]);
    rp.checkError(await one.token(form(authorized)), 400, "invalid_grant");
  });

  test("ensure-unsigned-authorization-request-without-using-par-fails", async () => {
    const { sent } = fresh();
    const { answer, pages } = await rp.walk(rp.request(sent));
    expect(pages).toEqual([]);
    checkAnswer(answer!, { redirectUri: sent.redirect_uri!, state: sent.state });
    expect(answer!.told.error).toBe("invalid_request");
  });

  test.each(["ensure-redirect-uri-in-authorization-request", "ensure-request-object-without-redirect-uri-fails"])("%s", () =>
    refused({ redirect_uri: undefined }, ["invalid_request"]),
  );

  test("plain-fapi-tolerate-unregistered-redirect-uri", () => refused({ redirect_uri: "https://rp.example/other" }, ["invalid_request"]));

  test("ensure-different-nonce-inside-and-outside-request-object", async () => {
    const { sent, verifier } = fresh();
    const walked = await rp.walk(at(await pushed(sent), one, { nonce: "outside" }));
    const tokens = rp.checkTokens(await one.token(form({ ...walked, sent, verifier, told: walked.answer!.told } as Authorized)), {
      type: "DPoP",
    });
    await rp.checkIdToken(tokens.id_token!, { nonce: sent.nonce, accessToken: tokens.access_token!, alg: "EdDSA" });
  });

  test("ensure-different-state-inside-and-outside-request-object", async () => {
    const { sent } = fresh();
    const { answer } = await rp.walk(
      at(await pushed(sent), one, { state: "outside", scope: "openid email", redirect_uri: "https://evil.example/" }),
    );
    checkAnswer(answer!, { redirectUri: sent.redirect_uri!, state: sent.state });
  });

  test("state-only-outside-request-object-not-used", async () => {
    const { sent } = fresh({ state: undefined });
    const { answer } = await rp.walk(at(await pushed(sent), one, { state: "outside" }));
    checkAnswer(answer!, { redirectUri: sent.redirect_uri! });
  });

  test.each([
    ["ensure-response-type-code-idtoken-fails", "code id_token"],
    ["ensure-response-type-token-fails", "token"],
  ])("%s", (_, response_type) => refused({ response_type }, ["unsupported_response_type", "invalid_request"]));
});

describe("fapi2-security-profile-final-test-plan: client assertions", () => {
  const now = () => Math.floor(Date.now() / 1000);
  /** What is refused at the token endpoint, and does not spend the code that comes along. */
  async function refusedAtToken(by: Parameters) {
    const authorized = await authorize();
    const answer = await one.token(form(authorized), { by });
    expect([400, 401]).toContain(answer.status);
    expect(["invalid_client", "invalid_request", "invalid_grant"]).toContain(answer.body.error);
    rp.checkTokens(await one.token(form(authorized)), { type: "DPoP" });
  }
  async function refusedAtPar(by: Parameters) {
    const answer = await one.push(fresh().sent, { by });
    expect([[400, 401].includes(answer.status), answer.body.error]).toEqual([true, "invalid_client"]);
  }

  test("ensure-client-assertion-in-token-endpoint", async () => {
    await refusedAtToken({ client_id: one.id });
    await refusedAtToken({ client_id: one.id, client_secret: RP.secret });
    await refusedAtToken({ client_assertion: one.assertion() });
  });

  test.each([
    ["ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", () => ({ exp: now() - 300, iat: now() - 360 })],
    ["ensure-client-assertion-with-wrong-aud-fails", () => ({ aud: "https://other.example" })],
    ["ensure-client-assertion-with-no-sub-fails", () => ({ sub: undefined })],
    ["… and with no iss, no exp, no jti, no aud", () => ({ iss: undefined })],
    ["… no exp", () => ({ exp: undefined })],
    ["… no jti", () => ({ jti: undefined })],
    ["… no aud", () => ({ aud: undefined })],
  ] as [string, () => object][])("%s", async (_, claims) => {
    await refusedAtToken(one.credentials(one.assertion(claims() as never)));
  });

  test("ensure-signed-client-assertion-with-RS256-fails", async () => {
    await refusedAtToken(one.credentials(one.assertion({}, {}, wrongKind)));
    await refusedAtToken(one.credentials(one.assertion({}, {}, signingKey("ES256"))));
  });

  test.each([
    ["par-test-array-as-audience-fails", [ISSUER]],
    ["par-test-par-endpoint-url-as-audience-fails", `${ISSUER}/oauth/par`],
    ["par-test-token-endpoint-url-as-audience-fails", `${ISSUER}/oauth/token`],
    ["… nor the issuer with a slash", `${ISSUER}/`],
  ])("%s", (_, aud) => refusedAtPar(one.credentials(one.assertion({ aud }))));

  test("par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted", async () => {
    const by = one.credentials(one.assertion({ nbf: now() + 8, iat: now() + 8 }));
    expect((await one.push(fresh().sent, { by })).status).toBe(201);
  });

  test("par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails", async () => {
    await refusedAtPar(one.credentials(one.assertion({ nbf: now() + 65 })));
    await refusedAtPar(one.credentials(one.assertion({ iat: now() + 65 })));
  });

  test("an assertion is good once, at whichever endpoint", async () => {
    const by = one.credentials();
    expect((await one.push(fresh().sent, { by })).status).toBe(201);
    await refusedAtPar(by);
    const authorized = await authorize({ scope: "openid offline_access" });
    rp.checkError(await one.token(form(authorized), { by }), 401, "invalid_client");
    const used = one.credentials();
    const tokens = rp.checkTokens(await one.token(form(authorized), { by: used }), { type: "DPoP" });
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    rp.checkError(await one.token(refresh, { by: used }), 401, "invalid_client");
    rp.checkTokens(await one.token(refresh), { type: "DPoP" });
  });

  test("ensure-client-id-in-token-endpoint", async () => {
    const authorized = await authorize();
    rp.checkError(await one.token(form(authorized, { client_id: two.id })), 401, "invalid_client");
  });
});

describe("fapi2-security-profile-final-test-plan: codes and refresh tokens", () => {
  test("ensure-authorization-code-is-bound-to-client", async () => {
    const authorized = await authorize();
    rp.checkError(await two.token(form(authorized)), 400, "invalid_grant");
    rp.checkTokens(await one.token(form(authorized)), { type: "DPoP" });
  });

  test("attempt-reuse-authorization-code-after-one-second", async () => {
    const authorized = await flow();
    rp.checkError(await rp.later(1_000, () => one.token(form(authorized))), 400, "invalid_grant");
    expect((await one.userinfo(authorized.tokens.access_token!)).status).toBe(401);
  });

  test("ensure-token-endpoint-fails-with-expired-auth-code", async () => {
    const authorized = await authorize();
    await rp.later(61_000, async () => {
      const later = Math.floor(Date.now() / 1000) + 61;
      const by = one.credentials(one.assertion({ iat: later, exp: later + 60 }));
      const proof = one.dpop.proof("POST", "/oauth/token", { claims: { iat: later } });
      rp.checkError(await one.token(form(authorized), { by, proof }), 400, "invalid_grant");
    });
  });

  test("refresh-token", async () => {
    const { tokens, idToken } = await flow({ scope: "openid offline_access" });
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    const next = rp.checkTokens(await one.token(refresh), { type: "DPoP" });
    expect((await one.userinfo(next.access_token!)).body.sub).toBe(idToken!.sub);
    // It does not move on, and is not bound to the key of its first proof.
    const other = dpopKey();
    const again = rp.checkTokens(await one.token(refresh, { proof: other.proof("POST", "/oauth/token") }), { type: "DPoP" });
    const proof = other.proof("GET", "/oauth/userinfo", { token: again.access_token });
    expect((await one.userinfo(again.access_token!, { proof })).status).toBe(200);
    const alone = await one.token(refresh, { by: { client_id: one.id } });
    expect([400, 401]).toContain(alone.status);
    rp.checkError(await two.token(refresh), 400, "invalid_grant");
  });
});

describe("fapi2-security-profile-final-test-plan: DPoP", () => {
  test("ensure-holder-of-key-required", async () => {
    const answer = await one.token(form(await authorize()), { proof: null });
    expect([answer.status, ["invalid_dpop_proof", "invalid_request", "invalid_grant"].includes(answer.body.error)]).toEqual([400, true]);
  });

  test("ensure-mismatched-dpop-jkt-fails", async () => {
    const proof = one.dpop.proof("POST", "/oauth/par");
    await refused({ dpop_jkt: dpopKey().jkt }, ["invalid_request", "invalid_dpop_proof"], { proof });
  });

  test("ensure-token-endpoint-fails-with-mismatched-dpop-jkt", async () => {
    const answer = await one.token(form(await authorize({ dpop_jkt: dpopKey().jkt })));
    expect([answer.status, ["invalid_grant", "invalid_dpop_proof"].includes(answer.body.error)]).toEqual([400, true]);
  });

  test("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", async () => {
    const authorized = await authorize({}, { proof: dpopKey().proof("POST", "/oauth/par") });
    const answer = await one.token(form(authorized));
    expect([answer.status, ["invalid_grant", "invalid_dpop_proof"].includes(answer.body.error)]).toEqual([400, true]);
  });

  test("ensure-dpopproof-at-par-endpoint-binding-success", async () => {
    await flow({}, { proof: one.dpop.proof("POST", "/oauth/par") });
    await flow({ dpop_jkt: one.dpop.jkt }, { proof: one.dpop.proof("POST", "/oauth/par") });
  });

  test("ensure-dpop-auth-code-binding-success", async () => {
    await flow({ dpop_jkt: one.dpop.jkt });
  });

  test.each([
    ["ensure-dpopproof-with-iat-10seconds-before-succeeds", { iat: -10 }],
    ["ensure-dpopproof-with-iat-10seconds-after-succeeds", { iat: 10 }],
    ["check-dpop-proof-nbf-exp", { nbf: -10, exp: 60 }],
  ] as [string, Record<string, number>][])("%s", async (_, offsets) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, now + offset]));
    const authorized = await authorize({}, { proof: one.dpop.proof("POST", "/oauth/par", { claims }) });
    const proof = one.dpop.proof("POST", "/oauth/token", { claims });
    const tokens = rp.checkTokens(await one.token(form(authorized), { proof }), { type: "DPoP" });
    const token = tokens.access_token!;
    expect((await one.userinfo(token, { proof: one.dpop.proof("GET", "/oauth/userinfo", { token, claims }) })).status).toBe(200);
  });
});

describe("fapi2-security-profile-final-dpop-negative-tests", () => {
  let token: string;
  beforeAll(async () => {
    token = (await flow({ scope: "openid offline_access" })).tokens.access_token!;
  });
  const proof = (wishes: ProofWishes = {}, path = "/oauth/userinfo", method = "GET") => one.dpop.proof(method, path, { token, ...wishes });
  const now = () => Math.floor(Date.now() / 1000);
  const rsa = signingKey("RS256");

  const REFUSED: Record<string, () => string | null> = {
    "no proof": () => null,
    "not a JWT": () => "not a JWT",
    "no typ": () => proof({ header: { typ: undefined } }),
    "no alg": () => proof({ header: { alg: undefined } }),
    "no jwk": () => proof({ header: { jwk: undefined } }),
    "no jti": () => proof({ claims: { jti: undefined } }),
    "no htm": () => proof({ claims: { htm: undefined } }),
    "no htu": () => proof({ claims: { htu: undefined } }),
    "no iat": () => proof({ claims: { iat: undefined } }),
    "no ath": () => proof({ claims: { ath: undefined } }),
    "another typ": () => proof({ header: { typ: "JWT" } }),
    RS256: () =>
      rsa.sign(
        { jti: randomUUID(), htm: "GET", htu: `${ISSUER}/oauth/userinfo`, iat: now() },
        { typ: "dpop+jwt", jwk: rsa.jwk, kid: undefined },
      ),
    "alg none": () => proof({ header: { alg: "none" }, key: null }),
    "a bad signature": () => proof({ key: dpopKey().privateKey }),
    "a jwk with its private part": () => proof({ header: { jwk: one.dpop.privateKey.export({ format: "jwk" }) } }),
    "another method": () => proof({}, "/oauth/userinfo", "POST"),
    "a method in small letters": () => proof({ claims: { htm: "get" } }),
    "another address": () => proof({ claims: { htu: `${ISSUER}/oauth/token` } }),
    "another host": () => proof({ claims: { htu: "https://evil.example/oauth/userinfo" } }),
    "an htu that is no text": () => proof({ claims: { htu: [`${ISSUER}/oauth/userinfo`] } }),
    "an hour ago": () => proof({ claims: { iat: now() - 3_600 } }),
    "in an hour": () => proof({ claims: { iat: now() + 3_600 } }),
    "the hash of another token": () => proof({ token: `${token}x` }),
    "another key": () => dpopKey().proof("GET", "/oauth/userinfo", { token }),
  };
  test.each(Object.keys(REFUSED))("%s is refused", async (name) => {
    const answer = await one.userinfo(token, { proof: REFUSED[name]!() });
    expect([400, 401]).toContain(answer.status);
    expect(answer.headers.get("www-authenticate")).toMatch(/^DPoP .*error="(invalid_dpop_proof|invalid_token|use_dpop_nonce)"/);
  });

  test("two proofs are refused", async () => {
    const answer = await one.userinfo(token, { proof: proof(), more: [["dpop", proof()]] });
    expect([400, 401]).toContain(answer.status);
  });

  test("a bound token as Bearer is refused, with its proof or without", async () => {
    for (const shown of [proof(), null]) {
      const answer = await one.userinfo(token, { scheme: "Bearer", proof: shown });
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    }
  });

  const ACCEPTED: Record<string, () => string> = {
    "htu with a query": () => proof({ claims: { htu: `${ISSUER}/oauth/userinfo?a=b` } }),
    "htu with a fragment": () => proof({ claims: { htu: `${ISSUER}/oauth/userinfo#x` } }),
    "more members and claims": () => proof({ header: { extra: "x" }, claims: { extra: { x: 1 } } }),
    "a scheme in capitals": () => proof({ claims: { htu: ISSUER.replace("http:", "HTTP:") + "/oauth/userinfo" } }),
  };
  test.each(Object.keys(ACCEPTED))("%s is accepted", async (name) => {
    const answer = await one.userinfo(token, { proof: ACCEPTED[name]!() });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  });

  test("a proof whose time is off is good with a nonce of ours, which comes along", async () => {
    const late = await one.userinfo(token, { proof: proof({ claims: { iat: now() - 3_600 } }) });
    const nonce = late.headers.get("dpop-nonce");
    expect([late.status, nonce]).toEqual([401, expect.any(String)]);
    expect((await one.userinfo(token, { proof: proof({ claims: { iat: now() - 3_600, nonce } }) })).status).toBe(200);
    expect((await one.userinfo(token, { proof: proof({ claims: { nonce: "1.made-up" } }) })).status).toBe(401);
  });
});

describe("fapi2-security-profile-final-test-plan, fapi_client_credentials_grant", () => {
  test("happy-flow: a service gets a bound token, and neither a refresh token nor an ID Token", async () => {
    const service = fapiClient(worker, { id: "conformance-service", key: signingKey("ES256") });
    const rpOf: Rp = { ...RP, id: service.id, secret: "nobody has it" };
    await register(worker, rpOf, {
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [service.key.jwk] },
      fapi: true,
      grant_types: ["client_credentials"],
      scope: "reports:read",
    });
    const ask = { grant_type: "client_credentials", scope: "reports:read" };
    const tokens = rp.checkTokens(await service.token(ask), { type: "DPoP" });
    expect(Object.keys(tokens).sort()).toEqual(["access_token", "expires_in", "scope", "token_type"]);
    const without = await service.token(ask, { proof: null });
    expect([without.status, without.body.error]).toEqual([400, "invalid_dpop_proof"]);
  });
});
