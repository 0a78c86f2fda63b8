// The modules of the OpenID Foundation's Basic plan, which the Form Post plan runs as well: each under its own name.

import { beforeAll, describe, expect, test } from "vitest";
import { useWorker } from "./fixtures";
import { CLIENT, CLIENT2, CLIENT_POST, checkAnswer, register, relyingParty } from "./conformance";
import { ISSUER, type Parameters, oauthSettings, pkce } from "./oauth";
import { forms, texts } from "./visitor";

/** As §2 of the Foundation's instructions: static clients, one of which sends neither challenge nor nonce. */
const STATIC = { require_pkce: false, consent: "ask" };

export function basicPlan(plan: string, by: "query" | "form_post") {
  const { worker } = useWorker({ settings: oauthSettings() });
  const rp = relyingParty(worker, { by });
  const { flow, authorize, later, server } = rp;

  beforeAll(async () => {
    await register(worker, CLIENT, STATIC);
    await register(worker, CLIENT2, STATIC);
    await register(worker, CLIENT_POST, STATIC);
  });

  /** A request that is refused without any page, by the response mode that was asked for. */
  async function refused(parameters: Parameters, errors: string[]) {
    const { told, pages } = await authorize({ state: "x y&z", ...parameters });
    expect(pages).toEqual([]);
    expect(errors).toContain(told.error);
    expect(told).not.toHaveProperty("code");
  }

  /** A request that leads nowhere but to a page which says that it is wrong. */
  async function wrong(parameters: Parameters) {
    const { screen, answer } = await rp.walk(rp.request(parameters));
    expect([screen.status, answer, texts(screen, "h1")]).toEqual([400, undefined, ["This app is not known here"]]);
  }

  describe(plan, () => {
    test("oidcc-server", async () => {
      const { tokens, pages, person } = await flow();
      expect(pages[0]).toBe("/sign-in");
      expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 900 });
      expect(Object.keys(person)).toEqual(["sub"]);
    });

    test("oidcc-server-client-secret-post", async () => {
      await flow({}, { rp: CLIENT_POST });
      // Each client in its own way only.
      const { told } = await authorize({}, { rp: CLIENT_POST });
      rp.checkError(await rp.redeem(told.code!, { ...CLIENT_POST, post: false }), 401, "invalid_client");
      rp.checkError(await rp.redeem(told.code!, { ...CLIENT, post: true }), 401, "invalid_client");
      rp.checkTokens(await rp.redeem(told.code!, CLIENT_POST));
    });

    test("oidcc-response-type-missing", () => refused({ response_type: undefined }, ["invalid_request", "unsupported_response_type"]));

    test("oidcc-idtoken-signature", async () => {
      expect(await register(worker, CLIENT, STATIC)).toMatchObject({ id_token_signed_response_alg: "RS256" });
      await flow();
    });

    test("oidcc-idtoken-unsigned: not offered, and not to be had", async () => {
      expect((await rp.metadata()).id_token_signing_alg_values_supported).not.toContain("none");
      await expect(register(worker, CLIENT, { ...STATIC, id_token_signed_response_alg: "none" })).rejects.toThrow("422");
    });

    test.each([
      ["oidcc-userinfo-get", "GET", "header"],
      ["oidcc-userinfo-post-header", "POST", "header"],
      ["oidcc-userinfo-post-body", "POST", "body"],
    ])("%s", async (_, method, place) => {
      const { tokens, idToken } = await flow();
      const answer = await worker.fetch("/oauth/userinfo", {
        method,
        headers:
          place === "header" ? { authorization: `Bearer ${tokens.access_token}` } : { "content-type": "application/x-www-form-urlencoded" },
        ...(place === "body" ? { body: new URLSearchParams({ access_token: tokens.access_token! }).toString() } : {}),
      });
      expect([answer.status, JSON.parse(await answer.text())]).toEqual([200, { sub: idToken.sub }]);
    });

    test("oidcc-ensure-request-without-nonce-succeeds-for-code-flow", async () => {
      expect((await flow({ nonce: undefined })).idToken).not.toHaveProperty("nonce");
    });

    test.each([
      ["oidcc-scope-profile", "openid profile", ["name", "given_name", "preferred_username", "updated_at"]],
      ["oidcc-scope-email", "openid email", ["email", "email_verified"]],
      ["oidcc-scope-phone", "openid phone", ["phone_number"]],
    ])("%s", async (_, scope, names) => {
      await worker.db.prepare("update users set phone = '+4930123456' where username = 'demo'").run();
      const { person, tokens } = await flow({ scope });
      expect(Object.keys(person)).toEqual(expect.arrayContaining(names));
      expect(tokens.scope).toBe(scope);
    });

    test("oidcc-scope-address, oidcc-scope-all: not offered, and no error", async () => {
      expect((await rp.metadata()).scopes_supported).not.toContain("address");
      const { tokens } = await flow({ scope: "openid profile email address phone" });
      expect(tokens.scope).toBe("openid profile email phone");
    });

    test("oidcc-alternate-happy-flow", async () => {
      const sent = { scope: "phone email openid profile", response_mode: by === "query" ? undefined : by, state: "s", nonce: "n" };
      const pairs = Object.entries({ ...sent, redirect_uri: CLIENT.redirectUri, client_id: CLIENT.id, response_type: "code" });
      const query = new URLSearchParams(pairs.reverse().filter((pair): pair is [string, string] => pair[1] !== undefined));
      const { answer } = await rp.walk(`/oauth/authorize?${query}`);
      checkAnswer(answer!, { redirectUri: CLIENT.redirectUri, state: "s", by });
      const tokens = rp.checkTokens(await rp.redeem(answer!.told.code!));
      await rp.checkIdToken(tokens.id_token!, { nonce: "n", accessToken: tokens.access_token! });
    });

    test.each([
      ["oidcc-display-page", { display: "page" }],
      ["oidcc-display-popup", { display: "popup" }],
      ["oidcc-ui-locales", { ui_locales: "se" }],
      ["oidcc-claims-locales", { claims_locales: "se" }],
      ["oidcc-ensure-request-with-unknown-parameter-succeeds", { extra: "foobar" }],
    ] as [string, Parameters][])("%s", async (_, parameters) => {
      expect((await flow(parameters)).pages[0]).toBe("/sign-in");
    });

    test("oidcc-login-hint", async () => {
      const ann = rp.fresh();
      const page = await ann.open(rp.request({ login_hint: "demo@example.com" }));
      expect(forms(page)[0]!.fields.username).toBe("demo@example.com");
      await flow({ login_hint: "demo@example.com" }, { ann });
    });

    test("oidcc-ensure-request-with-acr-values-succeeds", async () => {
      const { idToken } = await flow({ acr_values: "aal1 aal2" });
      expect(["aal1", "aal2"]).toContain(idToken.acr);
      await flow({ acr_values: "urn:nobody:knows" });
    });

    test("oidcc-prompt-login", async () => {
      const first = await flow();
      const second = await later(2_000, () => flow({ prompt: "login" }, { ann: first.ann }));
      expect(second.pages).toEqual(["/sign-in"]);
      expect(second.idToken.auth_time).toBeGreaterThan(first.idToken.auth_time);
      expect(second.idToken.sub).toBe(first.idToken.sub);
    });

    test("oidcc-prompt-none-not-logged-in", () =>
      refused({ prompt: "none" }, ["login_required", "interaction_required", "account_selection_required", "consent_required"]));

    test("oidcc-prompt-none-logged-in", async () => {
      const first = await flow();
      const second = await later(2_000, () => flow({ prompt: "none" }, { ann: first.ann }));
      expect(second.pages).toEqual([]);
      expect([second.idToken.sub, second.idToken.auth_time]).toEqual([first.idToken.sub, first.idToken.auth_time]);
    });

    test("oidcc-max-age-1", async () => {
      const first = await flow();
      const second = await later(2_100, () => flow({ max_age: "1" }, { ann: first.ann }));
      expect(second.pages).toEqual(["/sign-in"]);
      expect(second.idToken.auth_time).toBeGreaterThan(first.idToken.auth_time);
      expect(second.idToken.iat - second.idToken.auth_time).toBeLessThanOrEqual(60);
    });

    test("oidcc-max-age-10000", async () => {
      const first = await flow({ max_age: "15000" });
      const second = await later(2_000, () => flow({ max_age: "10000" }, { ann: first.ann }));
      expect(second.pages).toEqual([]);
      expect(second.idToken.auth_time).toBe(first.idToken.auth_time);
    });

    test("oidcc-id-token-hint", async () => {
      const first = await flow();
      const second = await flow({ prompt: "none", id_token_hint: first.tokens.id_token }, { ann: first.ann });
      expect([second.pages, second.idToken.sub]).toEqual([[], first.idToken.sub]);
    });

    test("oidcc-codereuse", async () => {
      const { told } = await flow();
      rp.checkError(await rp.redeem(told.code!), 400, "invalid_grant");
    });

    test("oidcc-codereuse-30seconds", async () => {
      const { told, tokens } = await flow();
      const again = await later(30_000, () => rp.redeem(told.code!));
      rp.checkError(again, 400, "invalid_grant");
      const dead = await server.userinfo(tokens.access_token!);
      expect([dead.status, dead.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    });

    test("oidcc-ensure-registered-redirect-uri", async () => {
      for (const redirect_uri of [`${CLIENT.redirectUri}/x`, `${CLIENT.redirectUri}?x=y`, "https://evil.example/", undefined])
        await wrong({ redirect_uri });
    });

    test("oidcc-ensure-post-request-succeeds", async () => {
      const ann = rp.fresh();
      await flow({}, { ann });
      const body = new URL(rp.request({ state: "s", nonce: "n" }), ISSUER).search.slice(1);
      // From another site's page, so without the cookie.
      const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://rp.example", "sec-fetch-site": "cross-site" };
      const posted = await worker.fetch("/oauth/authorize", { method: "POST", headers, body });
      expect(posted.status).toBe(303);
      const { answer, pages } = await rp.walk(posted.headers.get("location")!, ann);
      expect(pages).toEqual([]);
      checkAnswer(answer!, { redirectUri: CLIENT.redirectUri, state: "s", by });
      rp.checkTokens(await rp.redeem(answer!.told.code!));
    });

    test("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", () =>
      refused({ request_uri: "https://rp.example/request.jwt" }, ["request_uri_not_supported"]));

    test("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const object = `${part({ alg: "none" })}.${part({ client_id: CLIENT.id, response_type: "code", state: "inner", scope: "openid" })}.`;
      await refused({ request: object }, ["request_not_supported"]);
    });

    test("oidcc-ensure-request-object-with-redirect-uri", async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const object = `${part({ alg: "none" })}.${part({ redirect_uri: CLIENT.redirectUri })}.`;
      await wrong({ request: object, redirect_uri: "https://rp.example/other" });
    });

    test("oidcc-claims-essential", async () => {
      const { person } = await flow({ claims: '{"userinfo":{"name":{"essential":true}}}' });
      expect(person).toEqual({ sub: expect.any(String), name: "Demo" });
    });

    test("oidcc-refresh-token", async () => {
      expect((await rp.metadata()).grant_types_supported).toContain("refresh_token");
      const offline = { scope: "openid offline_access", prompt: "consent" };
      const first = await flow(offline);
      expect(first.pages).toEqual(["/sign-in", "/consent"]);
      const answer = await later(2_000, () => rp.refresh(first.tokens.refresh_token!, CLIENT, { scope: "openid offline_access" }));
      const next = rp.checkTokens(answer);
      const again = await rp.checkIdToken(next.id_token!, { accessToken: next.access_token! });
      for (const name of ["iss", "sub", "aud", "auth_time", "sid"]) expect(again[name], name).toEqual(first.idToken[name]);
      expect(again.iat).toBeGreaterThan(first.idToken.iat);
      await rp.userinfo(next.access_token!, first.idToken.sub);
      // Another client's token.
      const other = await flow(offline, { rp: CLIENT2 });
      rp.checkError(await rp.refresh(other.tokens.refresh_token!, CLIENT), 400, "invalid_grant");
      rp.checkTokens(await rp.refresh(other.tokens.refresh_token!, CLIENT2));
    });

    test("oidcc-ensure-request-with-valid-pkce-succeeds", async () => {
      const { verifier, challenge } = pkce();
      await flow(challenge, {}, { code_verifier: verifier });
      const { told } = await authorize(challenge);
      rp.checkError(await rp.redeem(told.code!, CLIENT, { code_verifier: pkce().verifier }), 400, "invalid_grant");
    });

    test("user-rejects-authentication: at every page that asks there is a Cancel", async () => {
      const cancelled = await authorize({}, { cancel: true });
      expect([cancelled.pages, cancelled.told.error]).toEqual([["/sign-in"], "access_denied"]);
      const { ann } = await flow();
      const consent = await authorize({ prompt: "consent" }, { ann, cancel: true });
      expect([consent.pages, consent.told.error]).toEqual([["/consent"], "access_denied"]);
    });
  });

  return { rp };
}
