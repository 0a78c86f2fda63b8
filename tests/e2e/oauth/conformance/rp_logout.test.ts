// The RP-Initiated Logout plan. Its clients have no `backchannel_logout_uri`: nobody is called.

import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT, type Flow, register, relyingParty } from "../../../support/conformance";
import { useWorker } from "../../../support/fixtures";
import { decode, freshJwk, jwt } from "../../../support/jwt";
import { ISSUER, oauthSettings } from "../../../support/oauth";
import { type Screen, forms, texts } from "../../../support/visitor";
import { createPrivateKey } from "node:crypto";

const BYE = "https://rp.example/test/a/edgelatch/post_logout_redirect";
const { worker } = useWorker({ settings: oauthSettings() });
const rp = relyingParty(worker);

beforeAll(() => register(worker, CLIENT, { require_pkce: false, consent: "none", post_logout_redirect_uris: [BYE] }));

const logout = (parameters: Record<string, string>) => `/oauth/logout?${new URLSearchParams(parameters)}`;
const isOut = async ({ ann }: Flow) => {
  const { told, pages } = await rp.authorize({ prompt: "none" }, { ann });
  expect(pages).toEqual([]);
  return told.error === "login_required";
};
/** The page that asks, from which the user then signs out. */
async function confirmed({ ann }: Flow, screen: Screen) {
  expect([screen.status, screen.elsewhere, texts(screen, "h1")]).toEqual([200, undefined, ["Sign out?"]]);
  expect(forms(screen).map(({ action }) => action)).toContain("/sign-out");
  return ann.submit(screen, {}, { action: "/sign-out" });
}

describe("oidcc-rp-initiated-logout-certification-test-plan", () => {
  test("oidcc-rp-initiated-logout-discovery-endpoint-verification", async () => {
    expect((await rp.metadata()).end_session_endpoint).toBe(`${ISSUER}/oauth/logout`);
  });

  test.each([
    ["oidcc-rp-initiated-logout", { state: "x y&z" }],
    ["oidcc-rp-initiated-logout-no-state", {}],
  ] as [string, Record<string, string>][])("%s", async (_, state) => {
    const flow = await rp.flow();
    const screen = await flow.ann.open(logout({ id_token_hint: flow.tokens.id_token!, post_logout_redirect_uri: BYE, ...state }));
    expect(screen.elsewhere!.origin + screen.elsewhere!.pathname).toBe(BYE);
    expect(Object.fromEntries(screen.elsewhere!.searchParams)).toEqual(state);
    expect(await isOut(flow)).toBe(true);
    expect((await rp.server.userinfo(flow.tokens.access_token!)).status).toBe(401);
  });

  test.each([
    ["oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", "https://rp.example/other"],
    ["oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", `${BYE}?foo=bar`],
  ])("%s", async (_, uri) => {
    const flow = await rp.flow();
    const screen = await flow.ann.open(logout({ id_token_hint: flow.tokens.id_token!, post_logout_redirect_uri: uri, state: "s" }));
    expect([screen.status, screen.elsewhere]).toEqual([400, undefined]);
    expect(await isOut(flow), "nothing has ended").toBe(false);
  });

  test.each([
    [
      "oidcc-rp-initiated-logout-bad-id-token-hint",
      (token: string) => {
        const { header, claims } = decode(token);
        return { id_token_hint: jwt(header, claims, createPrivateKey({ key: freshJwk("rsa"), format: "jwk" })) };
      },
    ],
    [
      "oidcc-rp-initiated-logout-modified-id-token-hint",
      (token: string) => ({ id_token_hint: jwt({ alg: "none" }, decode(token).claims) }),
    ],
    ["oidcc-rp-initiated-logout-no-id-token-hint", () => ({ client_id: CLIENT.id })],
  ] as [string, (token: string) => Record<string, string>][])("%s", async (_, hint) => {
    const flow = await rp.flow();
    const parameters = { ...hint(flow.tokens.id_token!), post_logout_redirect_uri: BYE, state: "s" };
    const screen = await flow.ann.open(logout(parameters));
    expect(await isOut(flow), "nobody is signed out who is only asked").toBe(false);
    const out = await confirmed(flow, screen);
    expect([out.elsewhere, texts(out, "h1")]).toEqual([undefined, ["You are signed out"]]);
    expect(await isOut(flow)).toBe(true);
  });

  test.each([
    ["oidcc-rp-initiated-logout-no-params", {}],
    ["oidcc-rp-initiated-logout-only-state", { state: "s" }],
  ] as [string, Record<string, string>][])("%s", async (_, parameters) => {
    const flow = await rp.flow();
    const out = await confirmed(flow, await flow.ann.open(logout(parameters)));
    expect(texts(out, "h1")).toEqual(["You are signed out"]);
    expect(await isOut(flow)).toBe(true);
  });

  test("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", async () => {
    const flow = await rp.flow();
    const out = await flow.ann.open(logout({ id_token_hint: flow.tokens.id_token!, state: "s" }));
    expect([out.status, out.elsewhere, texts(out, "h1")]).toEqual([200, undefined, ["You are signed out"]]);
    expect(await isOut(flow)).toBe(true);
  });
});

describe("besides the plan", () => {
  test("a hint does as well by POST, when its time is over, and when its client is named; not if another client is", async () => {
    const flow = await rp.flow();
    const form = { id_token_hint: flow.tokens.id_token!, post_logout_redirect_uri: BYE, client_id: CLIENT.id };
    const other = await flow.ann.open(logout({ ...form, client_id: "demo-mobile" }));
    expect(texts(other, "h1")).toEqual(["Sign out?"]);
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://rp.example" };
    const posted = await worker.fetch("/oauth/logout", { method: "POST", headers, body: new URLSearchParams(form).toString() });
    expect(posted.status).toBe(303);
    const screen = await rp.later(3_600_000, () => flow.ann.open(posted.headers.get("location")!));
    expect(screen.elsewhere?.href).toBe(BYE);
    expect(await isOut(flow)).toBe(true);
  });

  test("neither an access token, nor a refresh token, nor a token by our key that is no ID Token is a hint", async () => {
    const flow = await rp.flow({ scope: "openid offline_access" });
    for (const id_token_hint of [flow.tokens.access_token!, flow.tokens.refresh_token!]) {
      const screen = await flow.ann.open(logout({ id_token_hint, post_logout_redirect_uri: BYE }));
      expect(texts(screen, "h1")).toEqual(["Sign out?"]);
    }
    expect(await isOut(flow)).toBe(false);
  });

  test("a page whose user has said no leaves everything as it is", async () => {
    const flow = await rp.flow();
    const screen = await flow.ann.open(logout({}));
    const forged = await flow.ann.submit(screen, { form_token: "x" }, { action: "/sign-out" });
    expect(forged.status).toBe(403);
    expect(await isOut(flow)).toBe(false);
  });
});
