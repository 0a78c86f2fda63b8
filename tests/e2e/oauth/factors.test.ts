// How surely a client's user is authenticated: what a request, a client, a role or a resource demands, the pages that
// reach it, and what the tokens then say (OIDC Core §3.1.2.1, RFC 9470).

import { beforeEach, describe, expect, test } from "vitest";
import { authenticator } from "../../support/authenticator";
import { useFactors } from "../../support/factors";
import { decode } from "../../support/jwt";
import { CALLBACK, type Parameters, oauth, oauthSettings, putClient } from "../../support/oauth";
import { aUser } from "../../support/seed";
import { totp } from "../../support/totp";
import { type Screen, type Visitor, links, texts, visitor } from "../../support/visitor";

const ISSUER = "http://localhost:8787";
const { worker, our: arc, withApp, enrolPasskey, signIn, forgetSteps } = useFactors(oauthSettings());
const our = oauth(worker);
const request = (parameters: Parameters = {}) => {
  const all = { response_type: "code", client_id: "demo-web", redirect_uri: CALLBACK, scope: "openid", state: "s", ...parameters };
  return `/oauth/authorize?${new URLSearchParams(all as Record<string, string>)}`;
};
const told = (screen: { elsewhere?: URL }) => Object.fromEntries(screen.elsewhere?.searchParams ?? []);
const pathOf = (screen: Screen) => screen.path.split("?")[0];
const run = (sql: string, ...values: unknown[]) =>
  worker.db
    .prepare(sql)
    .bind(...values)
    .run();
const redeem = async (screen: Screen, form: Parameters = {}) => {
  const { code } = told(screen);
  expect(code, `${screen.status} ${screen.path} ${texts(screen, "p").join(" ")}`).toBeTruthy();
  const { body } = await our.token({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, ...form }, our.web);
  return { ...body, claims: decode(body.id_token).claims } as Record<string, any>;
};
/** Somebody who is signed in with a password alone. */
async function signedIn(person: { username: string; password: string }) {
  const visit = visitor(worker);
  await visit.signIn(person.username, person.password);
  return visit;
}
/** Does what the script does with a passkey. */
async function byPasskey(visit: Visitor, page: Screen, key: ReturnType<typeof authenticator>) {
  const { id, publicKey } = (await visit.go("GET", "/passkey/proof")).body;
  return visit.submit(page, { ceremony: id, credential: JSON.stringify(key.get(publicKey)) });
}
/** Sets up an app on the page that asks for it, keeps the codes, and goes on; the secret of the app. */
async function setUp(visit: Visitor, page: Screen) {
  expect([pathOf(page), texts(page, "h1")]).toEqual(["/account/factors/app", ["Add an app"]]);
  const secret = texts(page, "code")[0]!.replaceAll(" ", "");
  const shown = await visit.submit(page, { code: totp(secret, -1) });
  expect(texts(shown, "code")).toHaveLength(10);
  return { secret, next: await visit.open(links(shown)["I have kept them"]!) };
}

beforeEach(() => putClient(worker, "demo-web"));

describe("a request that demands a second factor", () => {
  const BY_CLAIMS = { claims: '{"id_token":{"acr":{"essential":true,"value":"aal2"}}}' };

  test.each([{ acr_values: "aal2" }, { acr_values: "gold aal2 aal1" }, BY_CLAIMS])(
    "leads to the proof of an app, and the tokens say how and when: %j",
    async (parameters) => {
      const ann = await withApp();
      await run("update user_factors set second_step = 0 where user_id = ?", ann.person.id);
      await forgetSteps();
      const visit = await signedIn(ann);
      await run("update browsers set auth_time = auth_time - 100000 where ended_on is null");
      const before = (await redeem(await visit.open(request()))).claims;
      expect(before).toMatchObject({ acr: "aal1", amr: ["pwd"] });
      const page = await visit.open(request(parameters));
      expect(pathOf(page)).toBe("/account/proof");
      const { claims, access_token } = await redeem(await visit.submit(page, { code: totp(ann.secret) }));
      expect(claims).toMatchObject({ sub: before.sub, acr: "aal2", amr: ["pwd", "otp", "mfa"] });
      expect(claims.auth_time).toBeGreaterThan(before.auth_time + 90);
      expect(decode(access_token).claims).toMatchObject({ acr: "aal2", amr: claims.amr, auth_time: claims.auth_time });
      // Once is enough.
      expect((await redeem(await visit.open(request({ ...parameters, prompt: "none" })))).claims).toMatchObject({ acr: "aal2" });
    },
  );

  test("takes a passkey as well", async () => {
    const person = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(person));
    const visit = await signedIn(person);
    const page = await visit.open(request({ acr_values: "aal2" }));
    expect(pathOf(page)).toBe("/account/proof");
    const { claims } = await redeem(await byPasskey(visit, page, key));
    expect(claims).toMatchObject({ acr: "aal2", amr: ["pwd", "hwk", "user", "mfa"] });
  });

  test("leads whoever has no factor to setting one up, and then on to the client", async () => {
    const visit = await signedIn(await aUser(worker));
    const page = await visit.open(request({ acr_values: "aal2" }));
    // A redirect of the client's own after the form is nothing of ours.
    expect(page.headers.get("content-security-policy")).not.toContain("form-action");
    const { secret, next } = await setUp(visit, page);
    expect(pathOf(next)).toBe("/account/proof");
    expect((await redeem(await visit.submit(next, { code: totp(secret) }))).claims).toMatchObject({ acr: "aal2" });
  });

  test("wants a fresh proof before a factor is set up", async () => {
    const person = await aUser(worker);
    const visit = await signedIn(person);
    await run("update browsers set auth_time = auth_time - 600000 where ended_on is null");
    const page = await visit.open(request({ acr_values: "aal2" }));
    expect(pathOf(page)).toBe("/account/proof");
    await setUp(visit, await visit.submit(page, { password: person.password }));
  });

  test("asks nobody for more than it takes", async () => {
    const visit = await signedIn(await aUser(worker));
    for (const acr_values of ["aal2 aal1", "aal1", "gold"])
      expect((await redeem(await visit.open(request({ acr_values })))).claims).toMatchObject({ acr: "aal1" });
  });

  test("is answered without a page where it wants none", async () => {
    const bare = await signedIn(await aUser(worker));
    const silent = request({ acr_values: "aal2", prompt: "none" });
    expect(told(await bare.open(silent))).toMatchObject({ error: "unmet_authentication_requirements", state: "s", iss: ISSUER });
    const person = await aUser(worker);
    await enrolPasskey(await signIn(person));
    expect(told(await (await signedIn(person)).open(silent))).toMatchObject({ error: "login_required" });
  });

  test("goes back with access_denied by Cancel on either page", async () => {
    const ann = await aUser(worker);
    const visit = await signedIn(ann);
    const setUpPage = await visit.open(request({ acr_values: "aal2" }));
    expect(told(await visit.open(links(setUpPage).Cancel!))).toMatchObject({ error: "access_denied", state: "s", iss: ISSUER });
    await enrolPasskey(await signIn(ann));
    const proof = await visit.open(request({ acr_values: "aal2" }));
    expect(pathOf(proof)).toBe("/account/proof");
    expect(told(await visit.open(links(proof).Cancel!))).toMatchObject({ error: "access_denied" });
  });
});

describe("a client or a role that demands one", () => {
  test("gets it of everybody, also of whoever has none and of trusted devices", async () => {
    const ann = await withApp();
    await forgetSteps();
    await putClient(worker, "demo-web", { default_acr_values: ["aal2"] });
    const trusting = visitor(worker);
    await trusting.submit(await trusting.signIn(ann.username, ann.password), { code: totp(ann.secret), trust: "on" });
    await trusting.signIn(ann.username, ann.password, "/sign-in?prompt=login");
    await forgetSteps();
    const page = await trusting.open(request());
    expect(pathOf(page)).toBe("/account/proof");
    expect((await redeem(await trusting.submit(page, { code: totp(ann.secret) }))).claims).toMatchObject({ acr: "aal2" });
    const bare = await signedIn(await aUser(worker));
    await setUp(bare, await bare.open(request()));
  });

  test("leads a stranger through sign-in and set-up to the client", async () => {
    const user = await aUser(worker);
    await run("update roles set require_mfa = 1 where id = (select role_id from user_tenants where user_id = ?)", user.id);
    try {
      const visit = visitor(worker);
      const step = await visit.submit(await visit.open(request()), { username: user.username, password: user.password });
      expect(pathOf(step)).toBe("/sign-in/second-step");
      const secret = texts(step, "code")[0]!.replaceAll(" ", "");
      const shown = await visit.submit(step, { code: totp(secret) });
      const { claims } = await redeem(await visit.open(links(shown)["I have kept them"]!));
      expect(claims).toMatchObject({ acr: "aal2", amr: ["pwd", "otp", "mfa"] });
    } finally {
      await run("update roles set require_mfa = 0");
    }
  });

  test("keeps a device waiting until its user has shown one", async () => {
    const device = { grant_types: ["urn:ietf:params:oauth:grant-type:device_code"], token_endpoint_auth_method: "none" };
    await putClient(worker, "demo-mobile", { ...device, default_acr_values: ["aal2"] });
    const { device_code, user_code } = (await our.post("/oauth/device", { client_id: "demo-mobile", scope: "openid" })).body;
    const person = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(person));
    const visit = await signedIn(person);
    const typed = await visit.open(`/device?user_code=${user_code}`);
    const proof = await visit.submit(typed, {}, { action: "/device" });
    expect(pathOf(proof)).toBe("/account/proof");
    // Nor by a form that goes past the page.
    const past = await visit.submit(await visit.open(`/device?user_code=${user_code}`), { allow: "on" }, { action: "/device" });
    expect(pathOf(past)).toBe("/account/proof");
    const back = await byPasskey(visit, proof, key);
    expect(back.path).toBe(`/device?user_code=${user_code}`);
    const asked = await visit.submit(back, {}, { action: "/device" });
    await visit.submit(asked, { allow: "on" });
    const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    const { body } = await our.token({ grant_type, device_code, client_id: "demo-mobile" });
    expect(decode(body.id_token).claims).toMatchObject({ acr: "aal2" });
  });
});

describe("a resource that demands more than a token brings (RFC 9470)", () => {
  test("says what, and takes the token that the client then gets by saying the same to us", async () => {
    const ann = await withApp();
    await run("update user_factors set second_step = 0 where user_id = ?", ann.person.id);
    await forgetSteps();
    const visit = await signedIn(ann);
    const resource = { resource: ISSUER };
    const first = await redeem(await visit.open(request(resource)));
    const refused = await arc.post("/auth/me/recovery-codes", {}, arc.bearer(first.access_token));
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get("www-authenticate")!;
    expect(challenge).toContain('error="insufficient_user_authentication"');
    const demanded = Object.fromEntries(
      [...challenge.matchAll(/(acr_values|max_age)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
    );
    expect(demanded).toEqual({ acr_values: "aal2", max_age: "300" });
    const page = await visit.open(request({ ...resource, ...demanded }));
    expect(pathOf(page)).toBe("/account/proof");
    const second = await redeem(await visit.submit(page, { code: totp(ann.secret) }));
    expect((await arc.post("/auth/me/recovery-codes", {}, arc.bearer(second.access_token))).status).toBe(200);
    // What a resource server of somebody else goes by.
    const told = (await our.post("/oauth/introspect", { token: second.access_token }, our.web)).body;
    expect(told).toMatchObject({ active: true, acr: "aal2", auth_time: second.claims.auth_time });
    expect((await (await worker.fetch("/.well-known/openid-configuration")).json()) as object).toMatchObject({
      acr_values_supported: ["aal1", "aal2"],
    });
  });
});
