// Storage that fails, hangs, dawdles or loses its answer, at every trip of the OAuth endpoints: bounded waits, 503 in the
// words of whom it is for, nothing half done, and the caller can go on.

import { Response } from "miniflare";
import { beforeAll, expect, test } from "vitest";
import type { Attempt } from "../../support/attempts";
import { type Family, faultsOf } from "../../support/faults";
import { FORM, useWorker } from "../../support/fixtures";
import { type Parameters, oauthSettings, pkce } from "../../support/oauth";
import { register } from "../../support/conformance";
import { oauthGrants } from "../../support/oauth_grants";
import { forms, visitor } from "../../support/visitor";

const { worker, our } = useWorker({
  settings: oauthSettings(),
  // Whoever is told of a sign-out takes it.
  outside: () => new Response(null),
});
const grants = oauthGrants(worker);
const { server, web, app, service, basic, somebody, code, refreshToken, deviceCode, pushedRequest } = grants;
const { none, sufferAll, hangAll } = faultsOf(worker, our);
const ASKS = { ...web, id: "faults-asks" };

beforeAll(async () => {
  await grants.prepare();
  const logout = { backchannel_logout_uri: "https://rp.example/logout" };
  await register(worker, ASKS, { require_pkce: false, consent: "ask", open: true, ...logout });
});

const body = (form: Parameters) =>
  new URLSearchParams(Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString();
const call = (path: string, form: Parameters, headers: Record<string, string> = {}): Attempt => ({
  path,
  headers: { ...FORM, ...headers },
  body: body(form),
});
const get = (path: string, headers: Record<string, string>): Attempt => ({ method: "GET", path, headers });
/** What is good once is asked for anew where its answer was lost. */
const once = (make: () => Promise<Attempt>) => async () => {
  const afterLoss = async () => {
    const { method = "POST", path, body, headers } = await make();
    return our.send(method, path, { body, headers });
  };
  return { ...(await make()), afterLoss };
};

async function consentForm() {
  const { browser } = await somebody();
  const ann = visitor(worker);
  const [name, value] = browser.headers.cookie.split("=", 2) as [string, string];
  ann.jar.set(name, value);
  const query = new URLSearchParams({
    response_type: "code",
    client_id: ASKS.id,
    redirect_uri: ASKS.redirectUri,
    scope: "openid email",
    ...pkce().challenge,
  });
  const page = await ann.open(`/oauth/authorize?${query}`);
  const { action, fields } = forms(page).find(({ action }) => action !== "/sign-out")!;
  const cookie = [...ann.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  return { ann, headers: { ...FORM, cookie, origin: "http://127.0.0.1:8787", "sec-fetch-site": "same-origin" }, action, fields, page };
}

const ENDPOINTS: [string, Family, () => Promise<Attempt>][] = [
  [
    "POST /oauth/token, a code",
    "oauth",
    once(async () => {
      const { form, headers } = await code();
      return call("/oauth/token", form, headers);
    }),
  ],
  [
    "POST /oauth/token, a refresh token that stays",
    "oauth",
    async () => {
      const { form, headers } = await refreshToken();
      return call("/oauth/token", form, headers);
    },
  ],
  ["POST /oauth/token, a refresh token that moves on", "oauth", async () => call("/oauth/token", (await refreshToken(app)).form)],
  ["POST /oauth/token, a device code", "oauth", once(async () => call("/oauth/token", (await deviceCode()).form))],
  [
    "POST /oauth/token, a service with an assertion",
    "oauth",
    once(async () => call("/oauth/token", { grant_type: "client_credentials", ...service.credentials() })),
  ],
  [
    "POST /oauth/par",
    "oauth",
    async () => call("/oauth/par", { response_type: "code", redirect_uri: web.redirectUri, scope: "openid" }, basic),
  ],
  ["POST /oauth/device", "oauth", async () => call("/oauth/device", { client_id: app.id })],
  [
    "GET /oauth/userinfo",
    "oauth",
    async () => get("/oauth/userinfo", { authorization: `Bearer ${(await refreshToken()).first.access_token}` }),
  ],
  ["POST /oauth/introspect", "oauth", async () => call("/oauth/introspect", { token: (await refreshToken()).first.access_token }, basic)],
  ["POST /oauth/revoke", "oauth", async () => call("/oauth/revoke", { token: (await refreshToken()).form.refresh_token }, basic)],
  [
    "GET /oauth/authorize",
    "page",
    async () => {
      const query = body({ response_type: "code", client_id: web.id, redirect_uri: web.redirectUri, scope: "openid" });
      return get(`/oauth/authorize?${query}`, (await somebody()).browser.headers);
    },
  ],
  [
    "GET /oauth/authorize, a pushed request",
    "page",
    once(async () => {
      const { path, browser } = await pushedRequest();
      return get(path, browser.headers);
    }),
  ],
  [
    "POST /consent",
    "page",
    async () => {
      const { action, fields, headers } = await consentForm();
      return { path: action, headers, body: body({ ...fields, allow: "on" }) };
    },
  ],
  [
    "GET /oauth/logout",
    "page",
    async () => {
      const { first, browser } = await refreshToken();
      return get(`/oauth/logout?${body({ id_token_hint: first.id_token })}`, browser.headers);
    },
  ],
];

/** What must be true of the database after any failure. */
async function invariants() {
  await none(
    "a code that was taken, and opened nothing",
    `select o.key from one_time o left join sessions s on s.id = o.session_id
    where o.kind in ('grant', 'device') and o.taken_by is not null and o.voided_on is null and s.id is null`,
  );
  await none(
    "a session of a code without its grant",
    `select s.id from sessions s join one_time o on o.session_id = s.id left join grants g on g.session_id = s.id
    where o.kind in ('grant', 'device') and g.session_id is null`,
  );
  await none(
    "a pushed request that was used up for no code",
    `select p.key from one_time p where p.kind = 'par' and p.taken_by is not null
    and not exists (select 1 from one_time c where c.kind = 'grant' and c.client_id = p.client_id and c.created_on = p.taken_on)`,
  );
  await none(
    "consent to a client that the user may not use",
    `select c.user_id from consents c left join user_clients u on u.user_id = c.user_id and u.client_id = c.client_id
    where u.user_id is null`,
  );
  await none(
    "a session that goes on without its browser",
    `select s.id from sessions s join browsers b on b.id = s.browser_id where b.ended_on is not null and s.ended_on is null`,
  );
}

test.each(ENDPOINTS)("%s: when any trip fails, nothing is half done and the caller can go on", async (_, family, make) => {
  await sufferAll(make, family);
  await invariants();
});

test("storage that hangs is given up after five seconds, wherever it does", async () => {
  expect(await hangAll()).toBeGreaterThan(14);
  await invariants();
}, 300_000);

test("a user who signs out between the look and the code gets none", async () => {
  const { browser } = await somebody();
  const query = body({ response_type: "code", client_id: web.id, redirect_uri: web.redirectUri, scope: "openid" });
  const order = { on: "DB", trip: 2, do: [`update browsers set ended_on = 1 where id = '${browser.id}'`] };
  const answer = await worker.fetch(`/oauth/authorize?${query}`, { headers: { ...browser.headers, "x-meddle": JSON.stringify(order) } });
  expect(answer.headers.get("location")).toMatch(/\?error=login_required&/);
});

test("a session that ends between the redemption of its code and UserInfo is over", async () => {
  const { form, headers, user } = await code();
  const { body: tokens } = await server.token(form, headers);
  await worker.db.prepare("update sessions set ended_on = 1 where user_id = ?").bind(user.id).run();
  expect((await server.userinfo(tokens.access_token)).status).toBe(401);
});
