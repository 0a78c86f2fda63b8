// The Config plan: the discovery document, which says only what is true.

import { beforeAll, describe, expect, test } from "vitest";
import { useWorker } from "../../../support/fixtures";
import { CLIENT, register, relyingParty } from "../../../support/conformance";
import { ISSUER, oauthSettings } from "../../../support/oauth";

const { worker } = useWorker({ settings: oauthSettings() });
const rp = relyingParty(worker);
let document: Record<string, any>;

beforeAll(async () => {
  document = await rp.metadata();
});

/** Names of OpenID Connect Discovery §3, RFC 8414, 9126, 9207, 9449, 8628, the logout specifications and RFC 7591's registry. */
const KNOWN = [
  ...["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint", "revocation_endpoint"],
  ...["introspection_endpoint", "pushed_authorization_request_endpoint", "device_authorization_endpoint", "registration_endpoint"],
  ...["response_types_supported", "response_modes_supported", "grant_types_supported", "subject_types_supported", "claims_supported"],
  ...["id_token_signing_alg_values_supported", "scopes_supported", "claim_types_supported", "prompt_values_supported"],
  ...["ui_locales_supported", "acr_values_supported", "code_challenge_methods_supported", "request_object_signing_alg_values_supported"],
  ...["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported", "service_documentation"],
  ...["require_pushed_authorization_requests", "authorization_response_iss_parameter_supported", "backchannel_logout_supported"],
  ...["backchannel_logout_session_supported", "dpop_signing_alg_values_supported", "client_id_metadata_document_supported"],
  ...["token", "revocation", "introspection"].flatMap((endpoint) => [
    `${endpoint}_endpoint_auth_methods_supported`,
    `${endpoint}_endpoint_auth_signing_alg_values_supported`,
  ]),
];

describe("oidcc-config-certification-test-plan", () => {
  test("oidcc-discovery-endpoint-verification", async () => {
    expect(document.response_types_supported).toEqual(["code"]);
    expect(document.subject_types_supported).toEqual(["public"]);
    expect(document.id_token_signing_alg_values_supported).toEqual(expect.arrayContaining(["RS256"]));
    expect(document.scopes_supported).toContain("openid");
    for (const scope of document.scopes_supported) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    for (const locale of document.ui_locales_supported) expect(Intl.getCanonicalLocales(locale)).toEqual([locale]);
    expect(document.claims_supported).toEqual(expect.arrayContaining(["sub", "iss", "auth_time", "acr", "name", "email"]));
    // Its absence would mean implicit too.
    expect([...document.grant_types_supported].sort()).toEqual(
      ["authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"].sort(),
    );
    expect(document.response_modes_supported).toEqual(expect.arrayContaining(["query", "form_post"]));
    expect(document.code_challenge_methods_supported).toEqual(["S256"]);
    expect(document.request_object_signing_alg_values_supported).toContain("RS256");
    expect(document).toMatchObject({
      claims_parameter_supported: true,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      require_pushed_authorization_requests: false,
      authorization_response_iss_parameter_supported: true,
      service_documentation: `${ISSUER}/explorer`,
    });
  });

  test("every name is a registered one, no member is null or empty, and every endpoint is under the issuer", () => {
    expect(Object.keys(document).filter((name) => !KNOWN.includes(name))).toEqual([]);
    for (const [name, value] of Object.entries(document)) {
      expect(value, name).not.toBeNull();
      if (Array.isArray(value)) {
        expect(value.length, name).toBeGreaterThan(0);
        expect(new Set(value).size, name).toBe(value.length);
        for (const one of value) expect(one, name).toBeTypeOf("string");
      }
      if (/_endpoint$|^jwks_uri$/.test(name)) expect(new URL(value).href.startsWith(`${ISSUER}/`), name).toBe(true);
    }
  });

  test("what has to do with secrets that are digests is not offered", () => {
    for (const endpoint of ["token", "revocation", "introspection"]) {
      expect(document[`${endpoint}_endpoint_auth_methods_supported`]).not.toContain("client_secret_jwt");
      expect(document[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).not.toContain("none");
    }
    for (const name of Object.keys(document).filter((name) => name.includes("_alg_values_")))
      for (const alg of document[name]) expect(alg, name).not.toMatch(/^(HS|none$)/);
    expect(document.introspection_endpoint_auth_methods_supported).not.toContain("none");
  });

  test("both documents and the keys may be kept for five minutes, by any origin", async () => {
    for (const path of ["openid-configuration", "oauth-authorization-server", "jwks.json"]) {
      const answer = await worker.fetch(`/.well-known/${path}`, { headers: { origin: "https://elsewhere.example" } });
      expect(answer.headers.get("cache-control"), path).toMatch(/public.*max-age=300/);
      expect(answer.headers.get("access-control-allow-origin"), path).toBe("*");
      expect(answer.headers.get("access-control-allow-credentials"), path).toBeNull();
    }
    await rp.keys();
  });

  test("every algorithm that is offered for ID Tokens signs one that the keys verify", async () => {
    for (const alg of document.id_token_signing_alg_values_supported) {
      await register(worker, CLIENT, { require_pkce: false, consent: "none", id_token_signed_response_alg: alg });
      const { told, sent } = await rp.authorize();
      const tokens = rp.checkTokens(await rp.redeem(told.code!));
      await rp.checkIdToken(tokens.id_token!, { nonce: sent.nonce, accessToken: tokens.access_token!, alg });
    }
  });
});
