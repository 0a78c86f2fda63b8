// Every kind of token of the three APIs at every door of theirs: it opens its own, and at the others it is not even spent.

import { Response } from "miniflare";
import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN, DEMO } from "../../support/api";
import { CLIENT, CLIENT2, type Rp, register, relyingParty } from "../../support/conformance";
import { useWorker } from "../../support/fixtures";
import { ISSUER, oauthSettings, pkce } from "../../support/oauth";
import type { Visitor } from "../../support/visitor";

let logoutToken: string | undefined;
const { worker, our, their } = useWorker({
  settings: { ...oauthSettings(), SERVICESTACK_CLIENT_ID: "demo-web" },
  outside: async (request) => {
    logoutToken = new URLSearchParams(await request.text()).get("logout_token") ?? undefined;
    return new Response(null);
  },
});
const rp = relyingParty(worker);
const [WEB, OWN] = [CLIENT, CLIENT2];
const APP: Rp = { ...CLIENT, id: "audience-app", secret: "nobody has it" };
const SERVICE: Rp = { ...CLIENT, id: "audience-service", secret: "a secret" };
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const BOTH = ["authorization_code", "refresh_token"];
let ann: Visitor;

beforeAll(async () => {
  const common = { grant_types: BOTH, require_pkce: false };
  await register(worker, WEB, { ...common, consent: "ask", backchannel_logout_uri: "https://rp.example/logout" });
  await register(worker, OWN, { ...common, consent: "none" });
  await register(worker, APP, { grant_types: [...BOTH, DEVICE], token_endpoint_auth_method: "none", consent: "ask" });
  await register(worker, SERVICE, { grant_types: ["client_credentials"], scope: "reports:read" });
  ann = (await rp.flow()).ann;
});

const basic = rp.server.basic(WEB.id, WEB.secret);
const ok = ({ status }: { status: number }) => status < 400;
const good = async (answer: Promise<{ status: number }>) => ok(await answer);
/** Whether somebody is let in, be it to be told that this is not permitted. */
const known = async (answer: Promise<{ status: number }>) => (await answer).status !== 401;

const DOORS: Record<string, (token: string) => Promise<boolean>> = {
  "ARC's /auth/me": (token) => good(our.me(token)),
  "ARC's refresh": async (refreshToken) => good(our.refresh({ ...(await our.signIn(DEMO)), refreshToken })),
  "ARC's code": (code) => good(our.token(code)),
  "the management": (token) => known(our.send("GET", "/tenants", { headers: our.bearer(token) })),
  "/auth-clients": (token) => known(our.send("GET", "/auth-clients", { headers: our.bearer(token) })),
  "ServiceStack's session": (token) => good(their.bearer(token)),
  "ServiceStack's refresh": (refreshToken) => good(their.refresh({ refreshToken })),
  UserInfo: (token) => good(rp.server.userinfo(token)),
  introspection: async (token) => (await rp.server.post("/oauth/introspect", { token }, basic)).body.active,
  "an OAuth code": (code) => good(rp.redeem(code)),
  "an OAuth code of an app": (code) =>
    good(
      rp.server.token({
        grant_type: "authorization_code",
        code,
        redirect_uri: APP.redirectUri,
        client_id: APP.id,
        code_verifier: VERIFIER.verifier,
      }),
    ),
  "an OAuth refresh": (token) => good(rp.refresh(token)),
  "an OAuth refresh of an app": (refresh_token) => good(rp.server.token({ grant_type: "refresh_token", refresh_token, client_id: APP.id })),
  "a device code": async (device_code) => {
    const { body } = await rp.server.token({ grant_type: DEVICE, device_code, client_id: APP.id });
    return ["authorization_pending", "slow_down"].includes(body.error);
  },
  "a pushed request": async (request_uri) => {
    const query = new URLSearchParams({ client_id: WEB.id, request_uri });
    return (await ann.open(`/oauth/authorize?${query}`)).elsewhere?.searchParams.has("code") ?? false;
  },
  "a hint": async (id_token_hint) => {
    const { told } = await rp.authorize({ prompt: "none", id_token_hint }, { ann });
    return "code" in told;
  },
  "an assertion": (client_assertion) =>
    good(
      rp.server.token({
        grant_type: "client_credentials",
        client_assertion,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      }),
    ),
};
const VERIFIER = pkce();

const codeOf = async (client: Rp, more = {}) => (await rp.authorize(more, { rp: client, ann })).told.code!;
const tokensOf = async (client: Rp, more = {}) => rp.checkTokens(await rp.redeem(await codeOf(client, more), client));
const ofApp = async () => {
  const code = await codeOf(APP, { ...VERIFIER.challenge, scope: "openid offline_access" });
  const form = {
    grant_type: "authorization_code",
    code,
    redirect_uri: APP.redirectUri,
    client_id: APP.id,
    code_verifier: VERIFIER.verifier,
  };
  return rp.checkTokens(await rp.server.token(form));
};

const OF_APIS = ["ARC's /auth/me", "the management", "/auth-clients", "ServiceStack's session"];

/** Each kind of token, how one is made, and the doors that it opens: the one that spends it last. */
const TOKENS: [string, () => Promise<string>, string[]][] = [
  ["ARC's access token", async () => (await our.signIn(DEMO)).accessToken, OF_APIS],
  ["ARC's refresh token", async () => (await our.signIn(DEMO)).refreshToken, []],
  ["ARC's code", async () => (await our.login()).body.code, ["ARC's code"]],
  ["ServiceStack's access token", async () => (await their.signIn()).body.bearerToken, OF_APIS],
  ["ServiceStack's refresh token", async () => (await their.signIn()).body.refreshToken, ["ServiceStack's refresh"]],
  ["an OAuth access token", async () => (await tokensOf(WEB)).access_token!, ["UserInfo", "introspection"]],
  ["an OAuth access token of an app", async () => (await ofApp()).access_token!, ["UserInfo"]],
  ["an OAuth refresh token", async () => (await tokensOf(WEB)).refresh_token!, ["introspection", "an OAuth refresh"]],
  ["an OAuth refresh token of an app", async () => (await ofApp()).refresh_token!, ["an OAuth refresh of an app"]],
  ["an OAuth code", () => codeOf(WEB), ["an OAuth code"]],
  ["an OAuth code of an app", () => codeOf(APP, VERIFIER.challenge), ["an OAuth code of an app"]],
  ["an ID Token", async () => (await tokensOf(WEB)).id_token!, ["a hint"]],
  [
    "an access token of the operator's own app for the two APIs",
    async () => (await tokensOf(OWN, { resource: ISSUER })).access_token!,
    OF_APIS,
  ],
  ["a service's access token", async () => rp.checkTokens(await rp.token({ grant_type: "client_credentials" }, SERVICE)).access_token!, []],
  [
    "a service's access token for the two APIs, if there were one",
    async () => (await rp.token({ grant_type: "client_credentials", resource: ISSUER }, SERVICE)).body.access_token ?? "none",
    [],
  ],
  [
    "an access token for another resource",
    async () => (await tokensOf(WEB, { resource: "https://other.example", prompt: "consent" })).access_token!,
    ["introspection"],
  ],
  ["a device code", async () => (await rp.server.post("/oauth/device", { client_id: APP.id })).body.device_code, ["a device code"]],
  [
    "a request_uri",
    async () =>
      (await rp.server.post("/oauth/par", { response_type: "code", redirect_uri: WEB.redirectUri, scope: "openid" }, basic)).body
        .request_uri,
    ["a pushed request"],
  ],
  [
    "a logout token",
    async () => {
      const { refresh_token } = await tokensOf(WEB);
      await rp.server.post("/oauth/revoke", { token: refresh_token }, basic);
      await worker.scheduled("* * * * *");
      await worker.settled();
      return logoutToken!;
    },
    [],
  ],
];

describe("the audience of", () => {
  test.each(TOKENS)("%s", async (_, make, opens) => {
    const token = await make();
    expect(token).toMatch(/./);
    const others = Object.keys(DOORS).filter((door) => !opens.includes(door));
    const opened = [];
    for (const door of [...others, ...opens]) if (await DOORS[door]!(token)) opened.push(door);
    expect(opened).toEqual(opens);
  });

  test("an administrator's token of a third party is nobody's", async () => {
    const { tokens } = await rp.flow({}, { user: ADMIN });
    for (const door of OF_APIS) expect(await DOORS[door]!(tokens.access_token!), door).toBe(false);
  });
});
