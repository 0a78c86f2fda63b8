// The Back-Channel Logout plan, with a client that is called, and every way in which a session ends.

import { createLocalJWKSet, jwtVerify } from "jose";
import { Request, Response } from "miniflare";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLIENT, CLIENT2, type Flow, type Person, type Rp, register, relyingParty } from "../../../support/conformance";
import { useWorker } from "../../../support/fixtures";
import { decode } from "../../../support/jwt";
import { ISSUER, type Parameters, oauthSettings, pkce } from "../../../support/oauth";
import { aUser } from "../../../support/seed";
import { texts } from "../../../support/visitor";

const BYE = "https://rp.example/test/a/edgelatch/post_logout_redirect";
const BACKCHANNEL = "https://rp.example/test/a/edgelatch/backchannel_logout";
const EVENT = "http://schemas.openid.net/event/backchannel-logout";

interface Received {
  url: string;
  method: string;
  media: string | null;
  form: [string, string][];
  claims: any;
}
const received: Received[] = [];
let answer: () => Response | Promise<Response>;

async function take(request: Request): Promise<Response> {
  const form = [...new URLSearchParams(await request.text())];
  const token = form.find(([name]) => name === "logout_token")?.[1] ?? "";
  const claims = decode(token).claims;
  received.push({ url: request.url, method: request.method, media: request.headers.get("content-type"), form, claims });
  return answer();
}

const { worker, our } = useWorker({ settings: oauthSettings(), outside: (request) => take(request as Request) as never });
const rp = relyingParty(worker);
const about = ({ idToken }: Flow) => received.filter(({ claims }) => claims.sid === idToken.sid);
/** As if the pauses had passed. */
const due = () => worker.db.prepare("update logout_notices set due_on = 0").run();
const minute = () => worker.scheduled("* * * * *");

const METADATA = {
  require_pkce: false,
  consent: "none",
  grant_types: ["authorization_code", "refresh_token"],
  post_logout_redirect_uris: [BYE],
  backchannel_logout_uri: BACKCHANNEL,
  backchannel_logout_session_required: true,
};

beforeAll(async () => {
  await register(worker, CLIENT, METADATA);
  // Is not called.
  await register(worker, CLIENT2, { require_pkce: false, consent: "none" });
});
beforeEach(() => {
  answer = () => new Response(null, { status: 200 });
});

/** What holds of every call. */
async function checkCall({ url, method, media, form }: Received, { idToken }: Flow, { alg = "RS256", ahead = 0 } = {}) {
  expect([url, method, media]).toEqual([BACKCHANNEL, "POST", expect.stringMatching(/^application\/x-www-form-urlencoded/)]);
  expect(form.map(([name]) => name)).toEqual(["logout_token"]);
  const token = form[0]![1];
  expect(decode(token).header).toMatchObject({ alg, typ: "logout+jwt", kid: expect.any(String) });
  const options = { issuer: ISSUER, audience: CLIENT.id, algorithms: [alg], typ: "logout+jwt" };
  const { payload } = await jwtVerify(token, createLocalJWKSet((await rp.keys()) as never), options);
  expect(payload).toEqual({
    iss: ISSUER,
    aud: CLIENT.id,
    sub: idToken.sub,
    sid: idToken.sid,
    iat: expect.any(Number),
    exp: expect.any(Number),
    jti: expect.any(String),
    events: { [EVENT]: {} },
  });
  // The clock that a test sets ahead is set back while the notice leaves.
  const clocks = [0, ahead].map((ms) => Math.abs(payload.iat! - (Date.now() + ms) / 1000));
  expect(Math.min(...clocks)).toBeLessThan(60);
  expect(payload.exp).toBeGreaterThan(payload.iat!);
  expect(payload.jti).not.toBe(idToken.sid);
}

describe("oidcc-backchannel-rp-initiated-logout-certification-test-plan", () => {
  test("oidcc-backchannel-logout-discovery-endpoint-verification", async () => {
    expect(await rp.metadata()).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      end_session_endpoint: `${ISSUER}/oauth/logout`,
    });
  });

  test("oidcc-backchannel-rp-initiated-logout", async () => {
    const flow = await rp.flow();
    const parameters = { id_token_hint: flow.tokens.id_token!, post_logout_redirect_uri: BYE, state: "x y" };
    const screen = await flow.ann.open(`/oauth/logout?${new URLSearchParams(parameters)}`);
    expect([screen.elsewhere!.origin + screen.elsewhere!.pathname, screen.elsewhere!.searchParams.get("state")]).toEqual([BYE, "x y"]);
    await worker.settled();
    const calls = about(flow);
    expect(calls).toHaveLength(1);
    await checkCall(calls[0]!, flow);
    expect((await rp.authorize({ prompt: "none" }, { ann: flow.ann })).told.error).toBe("login_required");
  });
});

describe("whoever ends a session, its client gets one logout token, and nothing of it is good any more", () => {
  const basic = rp.server.basic(CLIENT.id, CLIENT.secret);
  const revoke = (token?: string) => rp.server.post("/oauth/revoke", { token }, basic);
  const ends: [string, (flow: Flow, person: Person) => Promise<unknown>][] = [
    ["RP-initiated logout", ({ ann, tokens }) => ann.open(`/oauth/logout?${new URLSearchParams({ id_token_hint: tokens.id_token! })}`)],
    ["our own page", async ({ ann }) => ann.submit(await ann.open("/sign-out"), {}, { action: "/sign-out" })],
    ["a revocation of the refresh token", ({ tokens }) => revoke(tokens.refresh_token)],
    ["a revocation of the access token", ({ tokens }) => revoke(tokens.access_token)],
    ["a replay of its code", ({ told }) => rp.redeem(told.code!)],
    ["a replay of its code after its time", ({ told }) => rp.later(3_600_000, () => rp.redeem(told.code!))],
    [
      "a change of the password",
      async (_, { username, password }) => {
        const pair = await our.signIn({ username, password });
        const body = { username, oldPassword: password, password: "correct horse saddle", refreshToken: pair.refreshToken };
        const changed = await our.changePassword(pair.accessToken, body);
        expect(changed.status, changed.text).toBe(200);
      },
    ],
    ["an operator's SQL that blocks the user", (_, { id }) => sql("update user_tenants set status = 2 where user_id = ?", id)],
    ["an operator's SQL that deletes the user", (_, { id }) => sql("update users set deleted = 1 where id = ?", id)],
    ["an operator's SQL that ends the session", ({ idToken }) => sql("update sessions set ended_on = 1 where id = ?", idToken.sid)],
    ["an operator's SQL that takes the client from the user", (_, { id }) => sql("delete from user_clients where user_id = ?", id)],
  ];
  const sql = (statement: string, id: string) => worker.db.prepare(statement).bind(id).run();

  test.each(ends)("%s", async (name, end) => {
    const person = await aUser(worker);
    const flow = await rp.flow({}, { user: person });
    await end(flow, person);
    await due();
    await minute();
    await worker.settled();
    expect(about(flow)).toHaveLength(1);
    await checkCall(about(flow)[0]!, flow, { ahead: name.endsWith("after its time") ? 3_600_000 : 0 });
    expect((await rp.server.userinfo(flow.tokens.access_token!)).status).toBe(401);
    for (const token of [flow.tokens.access_token, flow.tokens.refresh_token])
      expect((await rp.server.post("/oauth/introspect", { token }, basic)).body).toEqual({ active: false });
    rp.checkError(await rp.refresh(flow.tokens.refresh_token!), 400, "invalid_grant");
    await minute();
    await worker.settled();
    expect(about(flow), "and no second one").toHaveLength(1);
  });

  test("ServiceStack's logout, of a session of the operator's own app for both APIs", async () => {
    const flow = await rp.authorize({ resource: ISSUER });
    const tokens = rp.checkTokens(await rp.redeem(flow.told.code!));
    const { sid } = decode(tokens.id_token!).claims;
    expect((await our.me(tokens.access_token!)).status).toBe(200);
    const out = await our.send("POST", "/auth/logout", { headers: { ...our.bearer(tokens.access_token!), accept: "application/json" } });
    expect(out.status, out.text).toBe(200);
    await minute();
    await worker.settled();
    expect((await our.me(tokens.access_token!)).status).toBe(401);
    expect(received.filter(({ claims }) => claims.sid === sid)).toHaveLength(1);
  });

  test("a theft of a public client's refresh token", async () => {
    const app: Rp = { ...CLIENT, id: "conformance-app", secret: "nobody has it" };
    await register(worker, app, { ...METADATA, require_pkce: true, token_endpoint_auth_method: "none" });
    const { verifier, challenge } = pkce();
    const { told } = await rp.authorize(challenge, { rp: app });
    const call = (form: Parameters) => rp.server.token({ client_id: app.id, ...form });
    const code = { grant_type: "authorization_code", code: told.code, redirect_uri: app.redirectUri, code_verifier: verifier };
    const first = rp.checkTokens(await call(code));
    const refresh = (refresh_token?: string) => call({ grant_type: "refresh_token", refresh_token });
    const second = rp.checkTokens(await refresh(first.refresh_token));
    const third = rp.checkTokens(await refresh(second.refresh_token));
    rp.checkError(await refresh(first.refresh_token), 400, "invalid_grant");
    rp.checkError(await refresh(third.refresh_token), 400, "invalid_grant");
    await minute();
    await worker.settled();
    expect(received.filter(({ claims }) => claims.sid === decode(first.id_token!).claims.sid)).toHaveLength(1);
    expect((await rp.server.userinfo(third.access_token!)).status).toBe(401);
  });
});

describe("the outbox", () => {
  const signOut = (flow: Flow) => flow.ann.open(`/oauth/logout?${new URLSearchParams({ id_token_hint: flow.tokens.id_token! })}`);
  const waiting = () => worker.db.prepare("select count(*) as n from logout_notices").first<number>("n");

  test("a client that is away is called again, with the same jti, until it has answered", async () => {
    const flow = await rp.flow();
    answer = () => new Response("no", { status: 503 });
    expect(texts(await signOut(flow), "h1")).toEqual(["You are signed out"]);
    await worker.settled();
    expect(about(flow)).toHaveLength(1);
    await minute();
    await worker.settled();
    expect(about(flow), "not before its pause is over").toHaveLength(1);
    await due();
    answer = () => new Response(null, { status: 204 });
    await minute();
    await worker.settled();
    expect(about(flow)).toHaveLength(2);
    expect(new Set(about(flow).map(({ claims }) => claims.jti)).size).toBe(1);
    await due();
    await minute();
    await worker.settled();
    expect(about(flow)).toHaveLength(2);
    expect(await waiting()).toBe(0);
  });

  test("a redirect is no answer, and is not followed", async () => {
    const flow = await rp.flow();
    answer = () => new Response(null, { status: 302, headers: { location: "https://evil.example/" } });
    await signOut(flow);
    await worker.settled();
    expect(received.map(({ url }) => url)).not.toContain("https://evil.example/");
    expect(await waiting()).toBe(1);
    answer = () => new Response(null, { status: 200 });
    await due();
    await minute();
  });

  test("after a day it is given up, and that is written down", async () => {
    const flow = await rp.flow();
    answer = () => new Response(null, { status: 400 });
    await signOut(flow);
    await worker.settled();
    await worker.db.prepare("update logout_notices set ended_on = ended_on - 86400001 where session_id = ?").bind(flow.idToken.sid).run();
    await due();
    await minute();
    await worker.settled();
    expect(await waiting()).toBe(0);
    expect(await worker.printed()).toContain("the logout notice of a session of client");
  });

  test("the session with offline access goes on, and its client is not called", async () => {
    const flow = await rp.flow({ scope: "openid offline_access" });
    await signOut(flow);
    await minute();
    await worker.settled();
    expect(about(flow)).toEqual([]);
    rp.checkTokens(await rp.refresh(flow.tokens.refresh_token!));
  });

  test("a client without an address is never called", async () => {
    const flow = await rp.flow({}, { rp: CLIENT2 });
    await signOut(flow);
    await minute();
    await worker.settled();
    expect(about(flow)).toEqual([]);
  });
});
