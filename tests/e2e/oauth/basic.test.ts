// The code flow as the OpenID Foundation's basic plan asks for it: each test has the name of its module, and what it checks.

import { createLocalJWKSet, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../support/api";
import { many, useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { CALLBACK, ISSUER, type Parameters, browserOf, oauth, oauthSettings, pkce, putClient } from "../../support/oauth";

const { worker } = useWorker({ settings: oauthSettings() });
const our = oauth(worker);
let browser: { id: string; headers: Record<string, string> };

beforeAll(async () => {
  await putClient(worker, "demo-web");
  await putClient(worker, "demo-mobile", { token_endpoint_auth_method: "none", require_pkce: true });
  browser = await browserOf(worker, DEMO.username, { ago: 5_000 });
});

const code = async (parameters: Parameters = {}) => {
  const { told, location } = await our.authorize(parameters, browser.headers);
  expect(told, location).toMatchObject({ code: expect.any(String), iss: ISSUER });
  return told.code!;
};
const redeem = (code: string, form: Parameters = {}, headers = our.web) =>
  our.token({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, ...form }, headers);
const tokens = async (parameters: Parameters = {}) => {
  const answer = await redeem(await code(parameters));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};
const verified = async (idToken: string) => {
  const keys = createLocalJWKSet((await (await worker.fetch("/.well-known/jwks.json")).json()) as any);
  return (await jwtVerify(idToken, keys, { issuer: ISSUER, audience: "demo-web" })).payload;
};
const ERRORS = { state: "s", iss: ISSUER };

describe("oidcc-basic-certification-test-plan", () => {
  test("oidcc-server", async () => {
    const answer = await redeem(await code({ nonce: "n", state: "a b&c" }));
    expect(answer.headers.get("cache-control")).toContain("no-store");
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(answer.body).toMatchObject({ token_type: "Bearer", expires_in: 900, scope: "openid" });
    const claims = await verified(answer.body.id_token);
    expect(claims).toMatchObject({ nonce: "n", sub: expect.any(String), sid: expect.any(String), at_hash: expect.any(String) });
    expect(decode(answer.body.id_token).header).toMatchObject({ alg: "RS256", kid: expect.any(String) });
    expect(claims).not.toHaveProperty("name");
  });

  test("the state comes back as it was, and not at all where there was none", async () => {
    expect((await our.authorize({ state: "a b&c=%+é" }, browser.headers)).told.state).toBe("a b&c=%+é");
    expect((await our.authorize({}, browser.headers)).told).not.toHaveProperty("state");
  });

  test("oidcc-server-client-secret-post", async () => {
    await putClient(worker, "demo-web", { token_endpoint_auth_method: "client_secret_post" });
    const post = { client_id: "demo-web", client_secret: "demo-web-secret" };
    expect((await redeem(await code(), {}, our.web)).body.error).toBe("invalid_client");
    expect((await redeem(await code(), post, {} as never)).status).toBe(200);
    await putClient(worker, "demo-web");
  });

  test("oidcc-response-type-missing", async () => {
    const { told } = await our.authorize({ response_type: undefined, state: "s" }, browser.headers);
    expect(told).toMatchObject({ ...ERRORS, error: "invalid_request" });
  });

  test("oidcc-userinfo-get, -post-header, -post-body", async () => {
    const { access_token, id_token } = await tokens();
    const { sub } = decode(id_token).claims;
    expect((await our.userinfo(access_token)).body).toEqual({ sub });
    expect((await our.post("/oauth/userinfo", {}, { authorization: `Bearer ${access_token}` })).body).toEqual({ sub });
    expect((await our.post("/oauth/userinfo", { access_token })).body).toEqual({ sub });
    const inQuery = await worker.fetch(`/oauth/userinfo?access_token=${access_token}`);
    expect(inQuery.status).toBe(401);
  });

  test("oidcc-ensure-request-without-nonce-succeeds-for-code-flow", async () => {
    expect(decode((await tokens()).id_token).claims).not.toHaveProperty("nonce");
  });

  test("oidcc-scope-profile, -email, -phone", async () => {
    const { access_token } = await tokens({ scope: "phone email openid profile" });
    const { body } = await our.userinfo(access_token);
    expect(body).toMatchObject({ email: "demo@example.com", email_verified: true, preferred_username: "demo", given_name: "Demo" });
    expect(Math.abs(body.updated_at - Date.now() / 1000)).toBeLessThan(3_600);
  });

  test.each([
    { display: "page" },
    { display: "popup" },
    { ui_locales: "se" },
    { claims_locales: "se" },
    { login_hint: "x" },
    { extra: "foobar" },
    { acr_values: "1 2" },
  ])(
    "oidcc-display-page, -display-popup, -ui-locales, -claims-locales, -login-hint, oidcc-ensure-request-with-unknown-parameter-succeeds, -with-acr-values-succeeds: %j",
    async (parameters) => {
      await code(parameters);
    },
  );

  test("oidcc-prompt-login", async () => {
    const { location } = await our.authorize({ prompt: "login" }, browser.headers);
    expect(location).toMatch(/^\/sign-in\?/);
    const back = new URLSearchParams(location.split("?")[1]).get("return_to")!;
    // Not before the user has signed in anew.
    expect((await worker.fetch(back, { headers: browser.headers })).headers.get("location")).toMatch(/^\/sign-in\?/);
    const anew = await browserOf(worker, DEMO.username);
    expect((await worker.fetch(back, { headers: anew.headers })).headers.get("location")).toContain(`${CALLBACK}?code=`);
  });

  test("oidcc-prompt-none-not-logged-in", async () => {
    for (const headers of [{}, { cookie: "__Host-edgelatch=made-up" }]) {
      const { told } = await our.authorize({ prompt: "none", state: "s" }, headers as never);
      expect(told).toMatchObject({ ...ERRORS, error: "login_required" });
      expect(told).not.toHaveProperty("code");
    }
  });

  test("oidcc-prompt-none-logged-in", async () => {
    const [first, second] = [await tokens(), await tokens({ prompt: "none" })].map(({ id_token }) => decode(id_token).claims);
    expect(second).toMatchObject({ sub: first.sub, auth_time: first.auth_time });
  });

  test("oidcc-max-age-1 and oidcc-max-age-10000", async () => {
    expect((await our.authorize({ max_age: "1" }, browser.headers)).location).toMatch(/^\/sign-in\?/);
    const { auth_time } = decode((await tokens({ max_age: "10000" })).id_token).claims;
    expect(auth_time).toBeLessThan(Date.now() / 1000 - 4);
  });

  test("oidcc-id-token-hint", async () => {
    const { id_token } = await tokens();
    await code({ prompt: "none", id_token_hint: id_token });
    const other = await our.authorize({ id_token_hint: `${id_token}x`, state: "s" }, browser.headers);
    expect(other.told).toMatchObject({ ...ERRORS, error: "invalid_request" });
  });

  test("oidcc-codereuse and oidcc-codereuse-30seconds", async () => {
    const once = await code();
    const { body } = await redeem(once);
    expect((await our.userinfo(body.access_token)).status).toBe(200);
    expect(await redeem(once)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    const dead = await our.userinfo(body.access_token);
    expect(dead.status).toBe(401);
    expect(dead.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });

  test("oidcc-ensure-registered-redirect-uri", async () => {
    for (const redirect_uri of ["https://evil.example/cb", `${CALLBACK}/`, `${CALLBACK}?x`, undefined]) {
      const { status, location } = await our.authorize({ redirect_uri }, browser.headers);
      expect([status, location], redirect_uri).toEqual([400, ""]);
    }
  });

  test("oidcc-ensure-post-request-succeeds", async () => {
    const form = new URLSearchParams({ response_type: "code", client_id: "demo-web", redirect_uri: CALLBACK, scope: "openid", state: "s" });
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://app.example" };
    const posted = await worker.fetch("/oauth/authorize", { method: "POST", headers, body: form.toString() });
    expect(posted.status).toBe(303);
    const answer = await worker.fetch(posted.headers.get("location")!, { headers: browser.headers });
    expect(answer.headers.get("location")).toContain(`${CALLBACK}?code=`);
  });

  test("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported, request-uri likewise", async () => {
    expect((await our.authorize({ request: "x.y.", state: "s" }, browser.headers)).told).toMatchObject({
      ...ERRORS,
      error: "request_not_supported",
    });
    const byReference = await our.authorize({ request_uri: "https://app.example/r", state: "s" }, browser.headers);
    expect(byReference.told).toMatchObject({ ...ERRORS, error: "request_uri_not_supported" });
  });

  test("oidcc-claims-essential", async () => {
    const { access_token } = await tokens({ claims: '{"userinfo":{"name":{"essential":true}}}' });
    expect((await our.userinfo(access_token)).body).toEqual({ sub: expect.any(String), name: "Demo" });
  });

  test("oidcc-refresh-token", async () => {
    const first = await tokens({ scope: "openid offline_access", prompt: "consent", nonce: "n" });
    const other = { grant_type: "refresh_token", refresh_token: first.refresh_token };
    const foreign = await our.token({ ...other, client_id: "demo-mobile" });
    expect(foreign).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect((await our.token(other)).body.error).toBe("invalid_client");
    const again = await our.token({ ...other, scope: "openid offline_access" }, our.web);
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    const [before, after] = [first, again.body].map(({ id_token }) => decode(id_token).claims);
    expect(after).toMatchObject({ iss: before.iss, sub: before.sub, aud: before.aud, auth_time: before.auth_time });
    expect(after).not.toHaveProperty("nonce");
  });

  test("oidcc-ensure-request-with-valid-pkce-succeeds", async () => {
    const { verifier, challenge } = pkce();
    expect((await redeem(await code(challenge), { code_verifier: verifier })).status).toBe(200);
    for (const form of [{}, { code_verifier: pkce().verifier }, { code_verifier: "short" }])
      expect((await redeem(await code(challenge), form)).body.error).toBe("invalid_grant");
    expect((await redeem(await code(), { code_verifier: verifier })).body.error).toBe("invalid_grant");
  });
});

describe("oidcc-formpost-basic-certification-test-plan", () => {
  test("codes and errors are posted, and neither is in a URL", async () => {
    for (const [parameters, headers, name] of [
      [{}, browser.headers, "code"],
      [{ prompt: "none" }, {}, "error"],
    ] as const) {
      const { status, location, text } = await our.authorize(
        { ...parameters, state: '"><x', response_mode: "form_post" },
        headers as never,
      );
      expect([status, location]).toEqual([200, ""]);
      expect(text).toContain(`<form method="post" action="${CALLBACK}">`);
      expect(text).toContain(`name="${name}"`);
      expect(text).toContain('name="state" value="&#34;&#62;&#60;x"');
    }
  });
});

describe("what happens once", () => {
  test("of a hundred redemptions of one code one wins, and the others end its session", async () => {
    const once = await code();
    const answers = await many(100, () => redeem(once));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.error))).toEqual(new Set(["invalid_grant"]));
    expect((await our.userinfo(won[0]!.body.access_token)).status).toBe(401);
  });

  test("a request waits for storage as often as it is allowed to", async () => {
    const answer = await our.authorize({}, browser.headers);
    expect(answer.waits).toBe(2);
    expect((await our.authorize({})).waits).toBe(1);
    const redeemed = await redeem(answer.told.code!);
    expect(redeemed.waits).toBe(1);
    expect((await our.token({ grant_type: "refresh_token", refresh_token: redeemed.body.refresh_token }, our.web)).waits).toBe(1);
    expect((await our.userinfo(redeemed.body.access_token)).waits).toBe(1);
  });

  test("neither HEAD nor a prefetch makes a code", async () => {
    const query = new URLSearchParams({ response_type: "code", client_id: "demo-web", redirect_uri: CALLBACK, scope: "openid" });
    const codes = () => worker.db.prepare("select count(*) as n from one_time where kind = 'grant'").first<number>("n");
    const before = await codes();
    await worker.fetch(`/oauth/authorize?${query}`, { method: "HEAD", headers: browser.headers });
    await worker.fetch(`/oauth/authorize?${query}`, { headers: { ...browser.headers, "sec-purpose": "prefetch" } });
    expect(await codes()).toBe(before);
  });
});
