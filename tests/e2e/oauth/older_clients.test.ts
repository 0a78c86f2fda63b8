// Libraries of an older generation, unmodified: they expect RS256, and know no PKCE.

import { type BaseClient, Issuer, custom } from "openid-client-5";
import OpenIdConnectStrategy from "passport-openidconnect";
import { beforeAll, expect, test } from "vitest";
import { DEMO } from "../../support/api";
import { CLIENT, type Rp, register } from "../../support/conformance";
import { useWorker } from "../../support/fixtures";
import { browserOf, oauthSettings } from "../../support/oauth";
import { freePort } from "../../support/ports";

const port = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const { worker } = useWorker({ settings: { ...oauthSettings(), PUBLIC_URL: issuer }, port });
let browser: { headers: Record<string, string> };

beforeAll(async () => {
  custom.setHttpOptionsDefaults({ timeout: 20_000 });
  // As docs/oauth.md says for a library without PKCE.
  await register(worker, CLIENT, { require_pkce: false, consent: "none", post_logout_redirect_uris: ["https://rp.example/bye"] });
  browser = await browserOf(worker, DEMO.username);
});

/** Where the browser is sent back to. */
async function through(url: string) {
  const answer = await fetch(url, { headers: browser.headers, redirect: "manual" });
  return answer.headers.get("location")!;
}

test("openid-client 5 signs in, refreshes and signs out", async () => {
  const found = await Issuer.discover(issuer);
  const client: BaseClient = new found.Client({ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [CLIENT.redirectUri] });
  const [state, nonce] = ["a state", "a nonce"];
  const back = await through(client.authorizationUrl({ scope: "openid email offline_access", state, nonce }));
  const tokens = await client.callback(CLIENT.redirectUri, client.callbackParams(back), { state, nonce });
  expect(tokens.claims().nonce).toBe(nonce);
  expect(await client.userinfo(tokens)).toMatchObject({ sub: tokens.claims().sub, email: "demo@example.com" });
  const next = await client.refresh(tokens);
  expect(next.claims().sub).toBe(tokens.claims().sub);
  expect(await client.introspect(next.access_token!)).toMatchObject({ active: true });
  const out = client.endSessionUrl({ id_token_hint: next.id_token, post_logout_redirect_uri: "https://rp.example/bye", state });
  expect(await through(out)).toBe("https://rp.example/bye?state=a+state");
  browser = await browserOf(worker, DEMO.username);
});

test("passport-openidconnect signs in, without discovery, PKCE or more", async () => {
  // It sends its secret in the body.
  const post: Rp = { ...CLIENT, id: "demo-mobile", secret: "demo-mobile-secret", post: true };
  await register(worker, post, { require_pkce: false, consent: "none" });
  const session = {};
  const strategy = new OpenIdConnectStrategy(
    {
      issuer,
      authorizationURL: `${issuer}/oauth/authorize`,
      tokenURL: `${issuer}/oauth/token`,
      userInfoURL: `${issuer}/oauth/userinfo`,
      clientID: post.id,
      clientSecret: post.secret,
      callbackURL: post.redirectUri,
      scope: "profile email",
      skipUserProfile: false,
    },
    (_issuer: string, profile: object, done: (error: unknown, user: object) => void) => done(null, profile),
  );
  /** What passport does with a strategy. */
  const authenticate = (query: Record<string, string>) =>
    new Promise<{ url?: string; user?: Record<string, unknown> }>((resolve, reject) => {
      const attempt = Object.assign(Object.create(strategy), {
        redirect: (url: string) => resolve({ url }),
        success: (user: Record<string, unknown>) => resolve({ user }),
        fail: (why: unknown) => reject(new Error(JSON.stringify(why))),
        error: reject,
      });
      attempt.authenticate({ query, session, headers: {}, url: "/", app: { get: () => false } }, {});
    });
  const { url } = await authenticate({});
  expect(new URL(url!).searchParams.has("code_challenge")).toBe(false);
  const back = new URL(await through(url!));
  const { user } = await authenticate(Object.fromEntries(back.searchParams));
  expect(user).toMatchObject({ id: expect.any(String), username: "demo", emails: [{ value: "demo@example.com" }] });
});
