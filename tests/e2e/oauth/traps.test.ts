// Where a provider beside two other APIs goes wrong: each way is a test.

import { createPrivateKey, randomBytes, randomUUID } from "node:crypto";
import { Request, Response } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN, DEMO } from "../../support/api";
import { CLIENT, CLIENT2, type Rp, checkAnswer, register, relyingParty } from "../../support/conformance";
import { dpopKey, fapiClient, signingKey } from "../../support/fapi";
import { many, useWorker } from "../../support/fixtures";
import { decode, jwt } from "../../support/jwt";
import { ISSUER, type Parameters, oauthSettings, pkce } from "../../support/oauth";
import { forms } from "../../support/visitor";
import { type Settings, freshDataKey, freshKeys, startWorker } from "../../support/worker";

const SETTINGS = { ...oauthSettings(), DATA_KEY: freshDataKey() };
const outside: { requests: string[]; answer: () => Response } = { requests: [], answer: () => new Response("{}") };
const { worker, our } = useWorker({
  settings: SETTINGS,
  outside: (request) => {
    outside.requests.push((request as Request).url);
    return outside.answer() as never;
  },
});
const rp = relyingParty(worker);
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const STATIC = { require_pkce: false, consent: "ask", grant_types: ["authorization_code", "refresh_token"] };
/** A public client, and a client of the FAPI profile. */
const APP: Rp = { ...CLIENT, id: "trap-app", secret: "nobody has it" };
const fapi = fapiClient(worker, { id: "trap-fapi", key: signingKey("ES256") });
const FAPI: Rp = { ...CLIENT, id: fapi.id, secret: "nobody has it" };

beforeAll(async () => {
  await register(worker, CLIENT, STATIC);
  await register(worker, CLIENT2, { ...STATIC, consent: "none" });
  await register(worker, APP, { ...STATIC, require_pkce: true, token_endpoint_auth_method: "none" });
  await register(worker, FAPI, {
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [fapi.key.jwk] },
    fapi: true,
    consent: "none",
  });
});

/** Does something while other settings hold. */
async function during<T>(settings: Settings, act: () => Promise<T>): Promise<T> {
  await worker.restart(settings);
  try {
    return await act();
  } finally {
    await worker.restart({ COMPATIBILITY: undefined, ...SETTINGS });
  }
}

const basic = rp.server.basic(CLIENT.id, CLIENT.secret);
const post = (path: string, form: Parameters, headers = {}) => rp.server.post(path, form, headers);
const defined = (form: Parameters) =>
  new URLSearchParams(Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined));

/** Tokens of the public client. */
async function ofApp(parameters: Parameters = {}) {
  const { verifier, challenge } = pkce();
  const authorized = await rp.authorize({ ...challenge, ...parameters }, { rp: APP });
  const form = { grant_type: "authorization_code", code: authorized.told.code, redirect_uri: APP.redirectUri, code_verifier: verifier };
  return { ...authorized, tokens: rp.checkTokens(await rp.server.token({ ...form, client_id: APP.id })) };
}

/** Tokens of the FAPI client. */
async function ofFapi() {
  const { verifier, challenge } = pkce();
  const pushed = await fapi.push({ response_type: "code", redirect_uri: FAPI.redirectUri, scope: "openid offline_access", ...challenge });
  const { answer } = await rp.walk(`/oauth/authorize?${defined({ client_id: FAPI.id, request_uri: pushed.body.request_uri })}`);
  const form = { grant_type: "authorization_code", code: answer!.told.code, redirect_uri: FAPI.redirectUri, code_verifier: verifier };
  return { code: answer!.told.code!, form, tokens: rp.checkTokens(await fapi.token(form), { type: "DPoP" }) };
}

test("1: a third-party app's token of an administrator opens nothing but UserInfo, and the habit of any JWT takes none of ours", async () => {
  const flow = await rp.flow({ scope: "openid offline_access" }, { user: ADMIN });
  const { access_token, id_token, refresh_token } = flow.tokens;
  const doors = async (token: string) => {
    const headers = our.bearer(token);
    return Promise.all(
      ["/auth-clients", "/auth/me", "/tenants", "/login-activity"].map(async (path) => (await our.send("GET", path, { headers })).status),
    );
  };
  for (const COMPATIBILITY of [undefined, "plain-bearer"])
    await during({ COMPATIBILITY }, async () => {
      for (const token of [access_token!, id_token!, refresh_token!])
        for (const status of await doors(token)) expect([401, 404], `${COMPATIBILITY}`).toContain(status);
      const headers = { ...our.bearer(access_token!), accept: "application/json" };
      expect((await our.send("GET", "/auth", { headers })).status).toBe(401);
    });
  // A third party cannot have the issuer for an audience either.
  expect((await rp.authorize({ resource: ISSUER }, { ann: flow.ann })).told.error).toBe("invalid_target");
});

test("2: no endpoint is under /auth, which is the other APIs'", async () => {
  for (const [name, value] of Object.entries(await rp.metadata()))
    if (/_endpoint$|^jwks_uri$/.test(name)) expect(new URL(value as string).pathname).toMatch(/^\/(oauth|\.well-known)\//);
});

test("3: a refresh token is of one API, and of one client", async () => {
  const { tokens } = await rp.flow({}, { rp: CLIENT2 });
  const pair = await our.signIn(DEMO);
  rp.checkError(await rp.refresh(tokens.refresh_token!, CLIENT), 400, "invalid_grant");
  rp.checkError(await rp.refresh(pair.refreshToken, CLIENT), 400, "invalid_grant");
  expect((await our.refresh({ ...pair, refreshToken: tokens.refresh_token! })).status).toBe(401);
  expect((await our.refresh({ accessToken: tokens.access_token!, refreshToken: tokens.refresh_token!, expires: 0 })).status).toBe(401);
  // Alone it does, without any access token.
  rp.checkTokens(await rp.refresh(tokens.refresh_token!, CLIENT2));
});

test("4: only those may use a client who are admitted; one that is open admits by consent, until that is withdrawn", async () => {
  const closed: Rp = { ...CLIENT, id: "trap-closed", secret: "closed" };
  await register(worker, closed, STATIC);
  await worker.db
    .prepare("delete from user_clients where client_id = (select id from auth_clients where client_id = ?)")
    .bind(closed.id)
    .run();
  expect((await rp.authorize({}, { rp: closed })).told.error).toBe("access_denied");
  await register(worker, closed, { ...STATIC, open: true });
  const flow = await rp.flow({}, { rp: closed });
  expect(flow.pages).toContain("/consent");
  await worker.db.prepare("delete from consents where client_id = (select id from auth_clients where client_id = ?)").bind(closed.id).run();
  expect((await rp.server.userinfo(flow.tokens.access_token!)).status).toBe(401);
  rp.checkError(await rp.refresh(flow.tokens.refresh_token!, closed), 400, "invalid_grant");
});

describe("with registration", () => {
  beforeAll(() => worker.restart({ REGISTRATION: "open" }));
  afterAll(() => worker.restart({ REGISTRATION: undefined }));
  const registered = async (metadata: object = {}) => {
    const body = JSON.stringify({ redirect_uris: ["http://127.0.0.1/cb"], token_endpoint_auth_method: "none", ...metadata });
    const answer = await worker.fetch("/oauth/register", { method: "POST", headers: { "content-type": "application/json" }, body });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };

  test("5: operators' lists and bulk changes leave registered clients alone", async () => {
    const { body } = await registered();
    const administrator = our.bearer((await our.signIn(ADMIN)).accessToken);
    const id = await worker.db.prepare("select id from auth_clients where client_id = ?").bind(body.client_id).first<number>("id");
    const list = await our.send("GET", "/auth-clients", { headers: administrator });
    expect(list.body.map(({ clientId }: { clientId: string }) => clientId)).not.toContain(body.client_id);
    const count = await our.send("GET", `/auth-clients/count?where=${encodeURIComponent(JSON.stringify({ id }))}`, {
      headers: administrator,
    });
    expect(count.body).toEqual({ count: 0 });
    const where = encodeURIComponent("{}");
    await our.send("PATCH", `/auth-clients?where=${where}`, { headers: administrator, body: { authCodeExpiration: 99 } });
    const lifetimes = await worker.db
      .prepare("select code_lifetime from auth_clients where id = ?")
      .bind(id)
      .first()
      .catch(() => null);
    const row = await worker.db.prepare("select * from auth_clients where id = ?").bind(id).first<Record<string, unknown>>();
    expect(Object.values(lifetimes ?? row!)).not.toContain(99);
    await our.send("PATCH", `/auth-clients?where=${where}`, { headers: administrator, body: { authCodeExpiration: 180 } });
  });

  test.each([
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:x",
    "data:text/html,x",
    "http://app.example/cb",
    "https://app.example/cb#x",
    "app:/cb",
  ])("a redirect URI that may not be registered: %j", async (uri) => {
    const { status, body } = await registered({ redirect_uris: [uri] });
    expect([status, body.error]).toEqual([400, "invalid_redirect_uri"]);
  });

  test("an unknown member is ignored, arrays with holes and bodies that are no object are refused", async () => {
    expect((await registered({ resource: "https://x.example", whatever: { a: 1 } })).status).toBe(201);
    for (const metadata of [{ redirect_uris: [null] }, { redirect_uris: "https://app.example" }, { grant_types: [1] }])
      expect((await registered(metadata)).status, JSON.stringify(metadata)).toBe(400);
    for (const body of ["[]", "null", "1", "{"]) {
      const answer = await worker.fetch("/oauth/register", { method: "POST", headers: { "content-type": "application/json" }, body });
      expect([answer.status, JSON.parse(await answer.text()).error], body).toEqual([400, "invalid_client_metadata"]);
    }
  });
});

test("6: nobody has the secret of a public client, and secrets sign nothing", async () => {
  const { tokens } = await ofApp();
  const form = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
  for (const headers of [rp.server.basic(APP.id, ""), rp.server.basic(APP.id, APP.secret)])
    rp.checkError(await rp.server.token(form, headers), 401, "invalid_client");
  for (const metadata of [{ id_token_signed_response_alg: "HS256" }, { token_endpoint_auth_method: "client_secret_jwt" }])
    await expect(register(worker, CLIENT, { ...STATIC, ...metadata })).rejects.toThrow("422");
});

test("7: redirect URIs widen no list of origins; what is open is so without cookies, and not for `null`", async () => {
  const origin = "https://rp.example";
  const arc = await worker.fetch("/auth/me", { headers: { origin } });
  expect(arc.headers.get("access-control-allow-origin")).toBeNull();
  for (const path of [
    "/oauth/token",
    "/oauth/userinfo",
    "/oauth/revoke",
    "/oauth/par",
    "/oauth/introspect",
    "/.well-known/openid-configuration",
  ]) {
    const method = path.startsWith("/.well") || path.endsWith("userinfo") ? "GET" : "POST";
    const of = async (from: string) =>
      (await worker.fetch(path, { method, headers: { origin: from, ...FORM }, ...(method === "POST" ? { body: "" } : {}) })).headers;
    const headers = await of(origin);
    expect([headers.get("access-control-allow-origin"), headers.get("access-control-allow-credentials")], path).toEqual(["*", null]);
    expect((await of("null")).get("access-control-allow-origin"), path).toBeNull();
    const preflight = { origin, "access-control-request-method": method, "access-control-request-headers": "authorization,dpop" };
    const asked = await worker.fetch(path, { method: "OPTIONS", headers: preflight });
    expect(
      [asked.status, asked.headers.get("access-control-allow-origin"), asked.headers.get("access-control-allow-headers")],
      path,
    ).toEqual([204, "*", expect.stringContaining("dpop")]);
  }
  for (const path of ["/oauth/authorize", "/oauth/logout"])
    expect((await worker.fetch(path, { headers: { origin } })).headers.get("access-control-allow-origin"), path).toBeNull();
});

test("8 and 9: pages tell their own origin to themselves alone, name no form-action, and are in no frame", async () => {
  const ann = rp.fresh();
  const page = await ann.open(rp.request({}));
  const consent = await ann.submit(page, DEMO);
  for (const { headers } of [page, consent, await ann.open(rp.request({ response_mode: "form_post" }))]) {
    const policy = headers.get("content-security-policy")!;
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("form-action");
    expect(policy).not.toContain("'unsafe-inline'");
    expect(headers.get("referrer-policy")).not.toBe("unsafe-url");
  }
  for (const { headers } of [page, consent]) expect(headers.get("referrer-policy")).toBe("same-origin");
});

test("10: a request by another site's form comes back as one with its cookie, and a repeated parameter is still seen", async () => {
  const { ann } = await rp.flow();
  const send = (body: string) =>
    worker.fetch("/oauth/authorize", { method: "POST", headers: { ...FORM, origin: "https://rp.example" }, body });
  const body = rp.request({ prompt: "none", state: "s" }).split("?")[1]!;
  const posted = await send(body);
  expect([posted.status, posted.headers.getSetCookie()]).toEqual([303, []]);
  expect((await rp.walk(posted.headers.get("location")!, ann)).answer!.told).toHaveProperty("code");
  const twice = await send(`${body}&scope=openid`);
  expect((await rp.walk(twice.headers.get("location")!, ann)).answer!.told.error).toBe("invalid_request");
});

test("11: neither HEAD nor a prefetch makes a code, or signs anybody out", async () => {
  const { ann, tokens } = await rp.flow();
  const codes = () => worker.db.prepare("select count(*) as n from one_time where kind = 'grant'").first<number>("n");
  const before = await codes();
  for (const path of [rp.request({}), `/oauth/logout?${defined({ id_token_hint: tokens.id_token })}`]) {
    await ann.go("HEAD", path);
    for (const headers of [{ "sec-purpose": "prefetch" }, { "sec-purpose": "prefetch;prerender" }, { purpose: "prefetch" }] as Record<
      string,
      string
    >[])
      await ann.go("GET", path, { headers });
  }
  expect(await codes()).toBe(before);
  expect((await rp.authorize({ prompt: "none" }, { ann })).told).toHaveProperty("code");
});

describe("12: forms and headers, read as OAuth wants them", () => {
  test("a repeated parameter is an invalid request, but for `resource`; an empty one is absent", async () => {
    const { ann } = await rp.flow();
    const twice = async (more: string) => (await rp.walk(`${rp.request({})}&${more}`, ann)).answer!.told;
    for (const name of ["scope=openid", "nonce=a&nonce=b", "prompt=none&prompt=none", "max_age=1&max_age=1"])
      expect((await twice(name)).error, name).toBe("invalid_request");
    expect(await twice("resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example&nonce=&prompt=")).not.toHaveProperty("error");
    const headers = { ...FORM, ...basic };
    const repeated = await worker.fetch("/oauth/token", {
      method: "POST",
      headers,
      body: "grant_type=refresh_token&grant_type=refresh_token",
    });
    expect([repeated.status, JSON.parse(await repeated.text()).error]).toEqual([400, "invalid_request"]);
  });

  test("what repeats the client or its address is a page, and goes nowhere", async () => {
    for (const more of [`client_id=${CLIENT.id}`, `redirect_uri=${encodeURIComponent(CLIENT.redirectUri)}`]) {
      const { screen, answer } = await rp.walk(`${rp.request({})}&${more}`);
      expect([screen.status, answer], more).toEqual([400, undefined]);
    }
  });

  test("Basic is form-encoded or not, in one way only, and loosely encoded Base64 is refused", async () => {
    const odd: Rp = { ...CLIENT, id: "trap-odd", secret: "a+b c%41:ü&=" };
    await register(worker, odd, STATIC);
    const { told } = await rp.authorize({}, { rp: odd });
    const form = { grant_type: "authorization_code", code: told.code, redirect_uri: odd.redirectUri };
    const header = (text: string) => ({ authorization: `Basic ${text}` });
    const raw = Buffer.from(`${odd.id}:${odd.secret}`).toString("base64");
    const encoded = Buffer.from(`${odd.id}:${new URLSearchParams({ s: odd.secret }).toString().slice(2)}`).toString("base64");
    for (const loose of [`${raw} x`, raw.slice(0, 8) + "\t" + raw.slice(8), `${raw}=`, "%", ""])
      expect((await rp.server.token(form, header(loose))).status, JSON.stringify(loose)).toBe(401);
    expect((await rp.server.token({ ...form, client_id: CLIENT.id }, header(encoded))).body.error).toBe("invalid_client");
    expect((await rp.server.token({ ...form, client_secret: odd.secret }, header(encoded))).body.error).toBe("invalid_request");
    const wrong = await rp.server.token(form, header(Buffer.from(`${odd.id}:x`).toString("base64")));
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Basic /)]);
    rp.checkTokens(await rp.server.token(form, header(raw)));
    const again = await rp.authorize({}, { rp: odd });
    rp.checkTokens(await rp.server.token({ ...form, code: again.told.code }, header(encoded)));
  });

  test("a body of another media type is an invalid request of 400, and the query is no form", async () => {
    for (const media of ["application/json", "text/plain", "multipart/form-data; boundary=b"]) {
      const answer = await worker.fetch("/oauth/token", { method: "POST", headers: { "content-type": media, ...basic }, body: "{}" });
      expect([answer.status, JSON.parse(await answer.text()).error], media).toEqual([400, "invalid_request"]);
    }
    const inQuery = await worker.fetch("/oauth/token?grant_type=refresh_token&refresh_token=x", {
      method: "POST",
      headers: { ...FORM, ...basic },
      body: "",
    });
    expect([inQuery.status, JSON.parse(await inQuery.text()).error]).toEqual([400, "invalid_request"]);
  });
});

describe("13: errors are in the words of whom they are for", () => {
  test("404, 405, 413, 415 of the endpoints are OAuth's JSON, those of pages are pages", async () => {
    const send = async (method: string, path: string, init: object = {}) => {
      const answer = await worker.fetch(path, { method, ...init });
      return { status: answer.status, media: answer.headers.get("content-type"), text: await answer.text() };
    };
    const long = { headers: { ...FORM, ...basic }, body: `a=${"x".repeat(70_000)}` };
    const coded = { headers: { ...FORM, "content-encoding": "br" }, body: "x" };
    for (const [method, path, init, status] of [
      ["GET", "/oauth/nowhere", {}, 404],
      ["GET", "/oauth/token", {}, 405],
      ["PUT", "/oauth/revoke", {}, 405],
      ["POST", "/oauth/token", long, 413],
      ["POST", "/oauth/token", coded, 415],
    ] as const) {
      const answer = await send(method, path, init);
      expect([answer.status, answer.media], path).toEqual([status, expect.stringMatching(/^application\/json/)]);
      expect(Object.keys(JSON.parse(answer.text)).sort(), path).toEqual(["error", "error_description"]);
    }
    for (const [method, path] of [
      ["GET", "/oauth/authorize"],
      ["PUT", "/oauth/authorize"],
      ["DELETE", "/oauth/logout"],
      ["GET", "/oauth/authorize?client_id=nobody"],
    ] as const) {
      const answer = await send(method, path, { headers: { accept: "text/html" } });
      expect([[400, 404, 405].includes(answer.status), answer.media], path).toEqual([true, expect.stringMatching(/^text\/html/)]);
      expect(answer.text).toContain("<h1>");
    }
  });

  test("too many requests are told by 429 in the same words", async () => {
    const held = await startWorker({ floodLimits: { SIGN_IN_LIMIT: 1 }, settings: oauthSettings() });
    try {
      const ask = async () => {
        const answer = await held.fetch("/oauth/device", { method: "POST", headers: FORM, body: "client_id=x" });
        return { status: answer.status, body: JSON.parse(await answer.text()) };
      };
      await ask();
      expect(await ask()).toMatchObject({ status: 429, body: { error: "temporarily_unavailable" } });
    } finally {
      await held.stop();
    }
  });

  test("without the provider its paths are not there", () =>
    during({ JWT_KEYS: freshKeys() }, async () => {
      for (const path of ["/.well-known/openid-configuration", "/oauth/userinfo"])
        expect((await worker.fetch(path)).status, path).toBe(404);
      for (const path of ["/oauth/token", "/oauth/par", "/oauth/register"])
        expect((await post(path, { grant_type: "x" })).status, path).toBe(404);
      const page = await worker.fetch(rp.request({}), { headers: { accept: "text/html" } });
      expect(page.status).toBe(404);
    }));
});

test("14: the issuer is one text everywhere, whatever host a request comes to", async () => {
  const elsewhere = (path: string, init = {}) => worker.fetch(`http://localhost:8787${path}`, init);
  const document = JSON.parse(await (await elsewhere("/.well-known/openid-configuration")).text());
  expect(document.issuer).toBe(ISSUER);
  const { tokens, told } = await rp.flow();
  expect([told.iss, decode(tokens.id_token!).claims.iss, decode(tokens.access_token!).claims.iss]).toEqual([ISSUER, ISSUER, ISSUER]);
  // The address of a proof is that of the issuer.
  const bound = await ofFapi();
  const token = bound.tokens.access_token!;
  const at = async (htu: string) => {
    const dpop = fapi.dpop.proof("GET", "/oauth/userinfo", { token, claims: { htu } });
    return (await elsewhere("/oauth/userinfo", { headers: { authorization: `DPoP ${token}`, dpop } })).status;
  };
  expect([await at(`${ISSUER}/oauth/userinfo`), await at("http://localhost:8787/oauth/userinfo")]).toEqual([200, 401]);
});

test("15: keys of a client are fetched without following a redirect, and one that cannot be had keeps it out", async () => {
  const key = signingKey("ES256");
  const remote = fapiClient(worker, { id: "trap-remote", key });
  const jwks_uri = "https://keys.example/jwks";
  await register(
    worker,
    { ...CLIENT, id: remote.id, secret: "nobody has it" },
    {
      token_endpoint_auth_method: "private_key_jwt",
      jwks_uri,
      grant_types: ["client_credentials"],
      scope: "reports:read",
    },
  );
  const ask = () => remote.token({ grant_type: "client_credentials" }, { proof: null });
  outside.answer = () => new Response(null, { status: 302, headers: { location: "https://evil.example/jwks" } });
  rp.checkError(await ask(), 401, "invalid_client");
  expect(outside.requests).not.toContain("https://evil.example/jwks");
  outside.answer = () => new Response(JSON.stringify({ keys: [key.jwk] }), { headers: { "content-type": "application/json" } });
  await rp.later(120_000, async () => {
    const now = Math.floor(Date.now() / 1000) + 120;
    const by = remote.credentials(remote.assertion({ iat: now, exp: now + 60 }));
    rp.checkTokens(await remote.token({ grant_type: "client_credentials" }, { proof: null, by }));
  });
});

test("16: a code lives for three minutes, ten at most, and one in the FAPI profile", async () => {
  const lifetime = () =>
    worker.db
      .prepare("select (expires_on - created_on) / 1000 as s from one_time where kind = 'grant' order by created_on desc limit 1")
      .first<number>("s");
  await rp.flow();
  expect(await lifetime()).toBe(180);
  await ofFapi();
  expect(await lifetime()).toBeLessThanOrEqual(60);
  await worker.db.prepare("update auth_clients set auth_code_expiration = 86400 where client_id = ?").bind(CLIENT.id).run();
  await rp.flow();
  expect(await lifetime()).toBeLessThanOrEqual(600);
  await worker.db.prepare("update auth_clients set auth_code_expiration = 180 where client_id = ?").bind(CLIENT.id).run();
});

test("17: a replay ends the session also after the code's time, and UserInfo asks the database", async () => {
  for (const later of [1_000, 7_200_000]) {
    const { told, tokens } = await rp.flow();
    await rp.later(later, () => rp.redeem(told.code!));
    expect((await rp.server.userinfo(tokens.access_token!)).status, `${later}`).toBe(401);
  }
});

test("18: auth_time is the browser's, in whole seconds, and no refresh moves it", async () => {
  const first = await rp.flow({ scope: "openid offline_access" });
  const { auth_time } = first.idToken;
  expect(Number.isInteger(auth_time)).toBe(true);
  const second = await rp.later(5_000, async () => {
    const other = await rp.flow({}, { ann: first.ann });
    const next = rp.checkTokens(await rp.refresh(first.tokens.refresh_token!));
    return [other.idToken.auth_time, decode(next.id_token!).claims.auth_time, decode(next.access_token!).claims.auth_time];
  });
  expect(second).toEqual([auth_time, auth_time, auth_time]);
});

test("19: the cookie is Lax, Secure and of one host; a single-page app goes on by its refresh token alone", async () => {
  const ann = rp.fresh();
  const page = await ann.open(rp.request({}));
  const { action, fields } = forms(page)[0]!;
  const headers = { ...FORM, origin: ISSUER, "sec-fetch-site": "same-origin" };
  const answer = await ann.go("POST", action, { headers, body: new URLSearchParams({ ...fields, ...DEMO }).toString() });
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith("__Host-edgelatch="));
  for (const attribute of [/; *Secure/i, /; *HttpOnly/i, /; *SameSite=Lax/i, /; *Path=\/(;|$)/i]) expect(cookie).toMatch(attribute);
  const { tokens } = await ofApp();
  const next = rp.checkTokens(
    await rp.server.token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: APP.id }),
  );
  expect(next.refresh_token).not.toBe(tokens.refresh_token);
});

test("20: `sub` is the user's id, the same for every client and after a rotation of DATA_KEY", async () => {
  const id = await worker.db.prepare("select id from users where username = 'demo'").first<string>("id");
  expect((await rp.flow()).idToken.sub).toBe(id);
  await during({ DATA_KEY: `${freshDataKey()},${SETTINGS.DATA_KEY}` }, async () => {
    expect((await rp.flow({}, { rp: CLIENT2 })).idToken.sub).toBe(id);
  });
});

describe("21 and 22: keys", () => {
  test("each has a kid of its own, and an RSA key has no second name", async () => {
    const { keys } = (await rp.keys()) as unknown as { keys: Record<string, string>[] };
    const moduli = keys.filter(({ kty }) => kty === "RSA").map(({ n }) => n);
    expect(moduli).toHaveLength(1);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
  });

  test("a new one is published first and signs later; what an old one signed is good as long as it is public", async () => {
    const of = (text: string) => JSON.parse(text).keys as Record<string, string>[];
    const { kty, n, e, kid } = of(SETTINGS.JWT_KEYS).find(({ kty }) => kty === "RSA")!;
    const oldRsa = { kty, n, e, ...(kid && { kid }) };
    const old = of(SETTINGS.JWT_KEYS);
    const next = of(oauthSettings().JWT_KEYS);
    const kidOf = async () => {
      const { tokens, ann } = await rp.flow();
      return { kid: decode(tokens.id_token!).header.kid, tokens, ann };
    };
    const before = await kidOf();
    await during({ JWT_KEYS: JSON.stringify({ keys: [...old, ...next] }) }, async () => {
      expect((await kidOf()).kid, "the first signs").toBe(before.kid);
      expect((await rp.keys()).keys).toHaveLength(old.length + next.length);
    });
    // The next one signs, the old RSA key is public only.
    await during({ JWT_KEYS: JSON.stringify({ keys: [...next, ...old.filter(({ kty }) => kty !== "RSA"), oldRsa] }) }, async () => {
      const after = await kidOf();
      expect(after.kid).not.toBe(before.kid);
      expect((await rp.server.userinfo(before.tokens.access_token!)).status).toBe(200);
      const hinted = await rp.authorize({ prompt: "none", id_token_hint: before.tokens.id_token }, { ann: before.ann });
      expect(hinted.told, "a hint by the old key").toHaveProperty("code");
      rp.checkTokens(await rp.refresh(before.tokens.refresh_token!));
    });
  });
});

test("23: an access token says nothing of its user but who it is", async () => {
  const { tokens } = await rp.flow({ scope: "openid profile email phone permissions" }, { user: ADMIN });
  const { header, claims } = decode(tokens.access_token!);
  expect(header).toMatchObject({ typ: "at+jwt", kid: expect.any(String) });
  const known = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "auth_time", "acr", "amr", "sid"];
  expect(Object.keys(claims).filter((name) => !known.includes(name))).toEqual([]);
  expect(tokens.scope).not.toContain("permissions");
});

test("24: a request that is too long for an address is told to be pushed, and then works", async () => {
  const state = randomBytes(4_500).toString("hex");
  const posted = await worker.fetch("/oauth/authorize", { method: "POST", headers: FORM, body: rp.request({ state }).split("?")[1] });
  expect(posted.status).toBe(400);
  const pushed = await post("/oauth/par", { response_type: "code", redirect_uri: CLIENT.redirectUri, scope: "openid", state }, basic);
  expect(pushed.status, JSON.stringify(pushed.body)).toBe(201);
  const { answer } = await rp.walk(
    `/oauth/authorize?${defined({ client_id: CLIENT.id, request_uri: pushed.body.request_uri, response_mode: undefined })}`,
  );
  expect(answer!.told.state).toBe(state);
});

test("25: a session that ends by time sends no notice, and is over all the same", async () => {
  await register(worker, CLIENT2, { ...STATIC, consent: "none", backchannel_logout_uri: "https://rp.example/logout" });
  const { tokens, idToken } = await rp.flow({}, { rp: CLIENT2 });
  await worker.db.prepare("update sessions set expires_on = 1 where id = ?").bind(idToken.sid).run();
  await worker.scheduled("* * * * *");
  await worker.settled();
  expect(outside.requests).not.toContain("https://rp.example/logout");
  expect((await rp.server.userinfo(tokens.access_token!)).status).toBe(401);
  rp.checkError(await rp.refresh(tokens.refresh_token!, CLIENT2), 400, "invalid_grant");
  await register(worker, CLIENT2, { ...STATIC, consent: "none" });
});

test("26: whoever guesses user codes has to be signed in, and is held up by its network", async () => {
  const held = await startWorker({ floodLimits: { SIGN_IN_LIMIT: 6 }, settings: oauthSettings() });
  try {
    const { fresh } = relyingParty(held);
    const stranger = await fresh().open("/device?user_code=BBBB-BBBB");
    expect(stranger.path).toMatch(/^\/sign-in/);
    const ann = fresh();
    await ann.signIn(DEMO.username, DEMO.password);
    const page = await ann.open("/device");
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++) {
      const user_code = `BBBB-BBB${"BCDFGHJK"[n]}`;
      statuses.push((await ann.submit(page, { user_code }, { action: "/device" })).status);
    }
    expect(statuses.filter((status) => status === 422).length).toBeGreaterThan(0);
    expect(statuses.at(-1)).toBe(429);
  } finally {
    await held.stop();
  }
});

test("26: wrong user codes are counted for each user, also without a binding for floods", async () => {
  const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
  await register(worker, CLIENT2, { ...STATIC, consent: "none", grant_types: [deviceGrant] });
  const device = async () => (await post("/oauth/device", { scope: "openid" }, rp.server.basic(CLIENT2.id, CLIENT2.secret))).body;
  /** What a signed-in user is told who types codes. */
  async function typing(username: string, password: string) {
    const ann = rp.fresh();
    await ann.signIn(username, password);
    const page = await ann.open("/device");
    return (user_code: string) => ann.submit(page, { user_code }, { action: "/device" });
  }
  const type = await typing(DEMO.username, DEMO.password);
  const letters = "BCDFGHJKLM";
  // Good codes take no failure away, and count as none.
  const statuses: number[] = [];
  for (const letter of letters) {
    statuses.push((await type((await device()).user_code)).status);
    statuses.push((await type(`BBBB-BBB${letter}`)).status);
  }
  expect(statuses).toEqual([...letters].flatMap(() => [200, 422]));
  for (const user_code of ["BBBB-BBBN", (await device()).user_code]) expect((await type(user_code)).status).toBe(429);
  const another = await typing(ADMIN.username, ADMIN.password);
  expect((await another((await device()).user_code)).status).toBe(200);
  expect((await our.login()).status, "nobody's password is concerned").toBe(200);
  await register(worker, CLIENT2, { ...STATIC, consent: "none" });
});

test("27: a client_id may be an address, with a colon and a percent sign", async () => {
  const odd: Rp = { ...CLIENT, id: "https://app.example:8443/client?a=100%25", secret: "a secret" };
  await register(worker, odd, STATIC);
  await rp.flow({}, { rp: odd });
});

test("28: refresh tokens of public clients move on, those of the FAPI profile stay", async () => {
  const app = await ofApp();
  const move = async (refresh_token: string) =>
    rp.checkTokens(await rp.server.token({ grant_type: "refresh_token", refresh_token, client_id: APP.id })).refresh_token!;
  const seen = [app.tokens.refresh_token!];
  for (let n = 0; n < 3; n++) seen.push(await move(seen.at(-1)!));
  expect(new Set(seen).size).toBe(4);
  const { tokens } = await ofFapi();
  const refresh = () => fapi.token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  const [one, two] = [rp.checkTokens(await refresh(), { type: "DPoP" }), rp.checkTokens(await refresh(), { type: "DPoP" })];
  for (const next of [one, two]) expect([undefined, tokens.refresh_token]).toContain(next.refresh_token);
});

test("29: a session goes on from any device", async () => {
  const { tokens, idToken } = await rp.flow();
  expect(await worker.db.prepare("select device from sessions where id = ?").bind(idToken.sid).first("device")).toBeNull();
  const form = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
  for (const device_id of ["phone", "laptop"]) rp.checkTokens(await rp.token(form, CLIENT, { device_id }));
});

describe("30: no token passes for one of another kind", () => {
  test("a proof is no assertion, and an assertion no proof", async () => {
    const code = { grant_type: "authorization_code", code: "x" };
    const proof = fapi.dpop.proof("POST", "/oauth/token");
    rp.checkError(await fapi.token(code, { by: fapi.credentials(proof) }), 401, "invalid_client");
    // Signed by the client's own key, with the type of a proof, and with a key in its header.
    const dressed = fapi.key.sign({ iss: fapi.id, sub: fapi.id, aud: ISSUER, jti: randomUUID(), exp: 2e9 }, { typ: "dpop+jwt" });
    rp.checkError(await fapi.token(code, { by: fapi.credentials(dressed) }), 401, "invalid_client");
    const own = { iss: fapi.id, sub: fapi.id, aud: ISSUER, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 60 };
    rp.checkError(await fapi.token(code, { by: fapi.credentials(fapi.key.sign(own, { jwk: fapi.key.jwk })) }), 401, "invalid_client");
    const answer = await fapi.token(code, { proof: fapi.assertion() });
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_dpop_proof"]);
  });

  test("an ID Token that brings its own key, or a logout token, is no hint", async () => {
    const { ann, tokens } = await rp.flow();
    const { claims } = decode(tokens.id_token!);
    const forger = signingKey("ES256");
    const rsa = JSON.parse(SETTINGS.JWT_KEYS).keys.find(({ kty }: { kty: string }) => kty === "RSA");
    const ours = createPrivateKey({ key: rsa, format: "jwk" });
    const { kid } = decode(tokens.id_token!).header;
    const { nonce: _, ...rest } = claims;
    const logout = { ...rest, events: { "http://schemas.openid.net/event/backchannel-logout": {} } };
    for (const [name, hint] of [
      ["its own key", jwt({ alg: "ES256", jwk: forger.jwk }, claims, forger.privateKey)],
      ["the id of ours, another's key", jwt({ alg: "ES256", kid }, claims, forger.privateKey)],
      ["a logout token of ours", jwt({ alg: "RS256", kid, typ: "logout+jwt" }, logout, ours)],
      ["an access token of ours", tokens.access_token!],
      ["alg none", jwt({ alg: "none" }, claims)],
      ["our public key as a secret", jwt({ alg: "HS256", kid }, claims, JSON.stringify(rsa))],
    ] as const) {
      const { told } = await rp.authorize({ prompt: "none", id_token_hint: hint }, { ann });
      expect(told.error, name).toBe("invalid_request");
    }
  });

  test("an ID Token or a logout token of ours is no access token", async () => {
    const { tokens } = await rp.flow();
    expect((await rp.server.userinfo(tokens.id_token!)).status).toBe(401);
    expect((await post("/oauth/introspect", { token: tokens.id_token }, basic)).body).toEqual({ active: false });
    expect((await our.me(tokens.id_token!)).status).toBe(401);
  });
});

describe("the page decision", () => {
  /** Somebody who is signed in, and has consented to openid. */
  const known = async () => (await rp.flow()).ann;
  const ROWS: [string, Parameters, string, string][] = [
    ["response_type of another flow", { response_type: "token" }, "unsupported_response_type", "unsupported_response_type"],
    ["scope that cannot be one", { scope: 'openid "' }, "invalid_scope", "invalid_scope"],
    ["none with others", { prompt: "none login" }, "invalid_request", "invalid_request"],
    ["plain PKCE", { code_challenge: "x".repeat(43), code_challenge_method: "plain" }, "invalid_request", "invalid_request"],
    ["request", { request: "x" }, "request_not_supported", "request_not_supported"],
    ["request_uri", { request_uri: "https://rp.example/r" }, "request_uri_not_supported", "request_uri_not_supported"],
    ["registration", { registration: "{}" }, "registration_not_supported", "registration_not_supported"],
    ["resource with a fragment", { resource: "https://a.example/#x" }, "invalid_target", "invalid_target"],
    ["claims that are no JSON", { claims: "{" }, "invalid_request", "invalid_request"],
    ["max_age that is no number", { max_age: "-1" }, "invalid_request", "invalid_request"],
    ["a hint that is not ours", { id_token_hint: "x.y.z" }, "invalid_request", "invalid_request"],
    ["another user wanted", { claims: '{"id_token":{"sub":{"value":"somebody else"}}}' }, "login_required", "/sign-in"],
    ["max_age=0", { max_age: "0" }, "login_required", "/sign-in"],
    ["more than is consented to", { scope: "openid phone" }, "consent_required", "/consent"],
    ["offline access that is new", { scope: "openid offline_access" }, "consent_required", "/consent"],
    ["another audience", { resource: "https://other.example" }, "consent_required", "/consent"],
    [
      "an essential context nobody reaches",
      { claims: '{"id_token":{"acr":{"essential":true,"values":["nowhere"]}}}' },
      "unmet_authentication_requirements",
      "unmet_authentication_requirements",
    ],
    ["nothing else", {}, "code", "code"],
  ];
  test.each(ROWS)("%s", async (_, parameters, none, otherwise) => {
    await worker.db.prepare("delete from consents").run();
    const ann = await known();
    const outcome = async (more: Parameters) => {
      const prompt = "prompt" in parameters ? parameters.prompt : more.prompt;
      const screen = await ann.open(rp.request({ state: "s", ...parameters, prompt }));
      if (!screen.elsewhere) return screen.path.split("?")[0];
      const told = Object.fromEntries(screen.elsewhere.searchParams);
      expect(told).toMatchObject({ state: "s", iss: ISSUER });
      return "code" in told ? "code" : told.error;
    };
    expect(await outcome({ prompt: "none" })).toBe(none);
    expect(await outcome({})).toBe(otherwise);
  });

  test("a stranger, and one whose session has ended", async () => {
    const ann = await known();
    await worker.db.prepare("update browsers set ended_on = 1").run();
    expect((await rp.authorize({ prompt: "none" }, { ann })).told.error).toBe("login_required");
    expect((await rp.authorize({ prompt: "none" })).told.error).toBe("login_required");
  });

  test("a choice of account, which asks anew each time", async () => {
    const ann = await known();
    expect((await rp.authorize({ prompt: "select_account" }, { ann })).pages).toEqual(["/select-account"]);
    expect((await rp.authorize({ prompt: "login consent" }, { ann })).pages).toEqual(["/sign-in", "/consent"]);
  });

  test("what was done for one request counts for no other", async () => {
    const ann = await known();
    const page = await ann.open(rp.request({ prompt: "login", state: "one" }));
    const back = new URL(new URL(page.path, ISSUER).searchParams.get("return_to")!, ISSUER);
    await rp.later(3_000, async () => {
      await ann.submit(page, DEMO);
      // The sign-in was for that very request: with another state it is another one.
      back.searchParams.set("state", "two");
      const other = await ann.open(back.pathname + back.search);
      expect(other.path).toMatch(/^\/sign-in/);
    });
  });

  test("the answer goes by the response mode that was asked for, errors too", async () => {
    const byForm = relyingParty(worker, { by: "form_post" });
    const { told } = await byForm.authorize({ prompt: "none" });
    expect(told.error).toBe("login_required");
    const { answer } = await rp.walk(rp.request({ response_mode: "fragment", state: "s" }));
    checkAnswer(answer!, { redirectUri: CLIENT.redirectUri, state: "s" });
    expect(answer!.told.error).toBe("invalid_request");
  });
});

describe("strangers", () => {
  test("an unknown client and a wrong secret are told the same, in about the same time", async () => {
    const ask = (id: string, secret: string) => rp.server.token({ grant_type: "client_credentials" }, rp.server.basic(id, secret));
    const [unknown, wrong] = [await ask("nobody", "x"), await ask(CLIENT.id, "x")];
    expect([unknown.status, unknown.body, unknown.waits]).toEqual([wrong.status, wrong.body, wrong.waits]);
  });

  test("made-up tokens, codes and requests leave no rows", async () => {
    const count = async () => {
      const rows = await worker.rows({ but: ["hourly_counts", "activity", "attempts", "audit_log"] });
      return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.length]));
    };
    const before = await count();
    const made = () => randomBytes(32).toString("base64url");
    await many(5, async () => {
      await rp.server.token({ grant_type: "authorization_code", code: made(), client_id: APP.id });
      await rp.server.token({ grant_type: "refresh_token", refresh_token: made(), client_id: APP.id });
      await rp.server.token({ grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: made(), client_id: APP.id });
      await post("/oauth/par", { response_type: "code", client_id: "nobody", redirect_uri: "https://x.example" });
      await post("/oauth/device", { client_id: "nobody" });
      await fapi.token({ grant_type: "authorization_code", code: made() });
      await rp.server.userinfo(made());
      await worker.fetch(rp.request({ client_id: made() }));
    });
    await worker.settled();
    expect(await count()).toEqual(before);
  });

  test("a code verifier without a challenge, and a challenge without its verifier, get nothing", async () => {
    const plain = await rp.authorize();
    rp.checkError(await rp.redeem(plain.told.code!, CLIENT, { code_verifier: pkce().verifier }), 400, "invalid_grant");
    const challenged = await rp.authorize(pkce().challenge);
    rp.checkError(await rp.redeem(challenged.told.code!), 400, "invalid_grant");
    const other = await rp.authorize();
    const elsewhere = await rp.redeem(other.told.code!, CLIENT, { redirect_uri: `${CLIENT.redirectUri}/other` });
    rp.checkError(elsewhere, 400, "invalid_grant");
  });

  test("the digest of a proof's key binds a public client's refresh token", async () => {
    const key = dpopKey();
    const { verifier, challenge } = pkce();
    const { told } = await rp.authorize({ ...challenge, dpop_jkt: key.jkt }, { rp: APP });
    const form = {
      grant_type: "authorization_code",
      code: told.code,
      redirect_uri: APP.redirectUri,
      code_verifier: verifier,
      client_id: APP.id,
    };
    const proof = (k = key) => ({ dpop: k.proof("POST", "/oauth/token") });
    const tokens = rp.checkTokens(await rp.server.token(form, proof()), { type: "DPoP" });
    expect(decode(tokens.access_token!).claims.cnf).toEqual({ jkt: key.jkt });
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: APP.id };
    for (const headers of [{}, proof(dpopKey())]) rp.checkError(await rp.server.token(refresh, headers), 400, "invalid_grant");
    rp.checkTokens(await rp.server.token(refresh, proof()), { type: "DPoP" });
  });
});
