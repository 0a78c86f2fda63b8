// A relying party as the OpenID Foundation's plans play it: what every module checks of every answer, and a user who
// signs in and consents in a browser without scripts.

import { createHash, randomUUID } from "node:crypto";
import { type JWTPayload, createLocalJWKSet, jwtVerify } from "jose";
import { expect } from "vitest";
import { client as clientRow } from "../../scripts/lib/people.mjs";
import { ADMIN, DEMO, api } from "./api";
import { decode } from "./jwt";
import { ISSUER, type Parameters, oauth } from "./oauth";
import { type Screen, type Visitor, forms, links, visitor } from "./visitor";
import type { Worker } from "./worker";

type Json = Record<string, unknown>;

export interface Rp {
  id: string;
  secret: string;
  redirectUri: string;
  /** Whether the secret goes in the body. */
  post?: boolean;
}

export const CLIENT: Rp = { id: "demo-web", secret: "demo-web-secret", redirectUri: "https://rp.example/test/a/edgelatch/callback" };
export const CLIENT2: Rp = {
  id: "demo-mobile",
  secret: "demo-mobile-secret",
  redirectUri: "https://rp.example/test/a/edgelatch/callback?dummy1=lorem&dummy2=ipsum",
};
export const CLIENT_POST: Rp = { ...CLIENT, id: "conformance-post", secret: "a secret: with + and %", post: true };

/** Makes a client that the demo data have not, which its user may use. */
async function create(worker: Worker, { id, secret }: Rp) {
  const row = { clientId: id, clientSecret: secret, secret: randomUUID(), redirectUrl: null, now: Date.now() };
  const admit =
    "insert or ignore into user_clients (user_id, client_id) select u.id, c.id from users u, auth_clients c where c.client_id = ?";
  await worker.db.batch([worker.db.prepare(clientRow(row)), worker.db.prepare(admit).bind(id)]);
}

/** Registers a client as its operator does: what is not said has its default. */
export async function register(worker: Worker, rp: Rp, metadata: Json = {}) {
  const known = () => worker.db.prepare("select id from auth_clients where client_id = ?").bind(rp.id).first<number>("id");
  if ((await known()) === null) await create(worker, rp);
  const our = api(worker);
  const { accessToken } = await our.signIn(ADMIN);
  const body = {
    redirect_uris: [rp.redirectUri],
    token_endpoint_auth_method: rp.post ? "client_secret_post" : "client_secret_basic",
    ...metadata,
  };
  const answer = await our.send("PUT", `/auth-clients/${await known()}/oauth`, { body, headers: our.bearer(accessToken) });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Json;
}

/** What comes back to a client, and how. */
export interface Answer {
  by: "query" | "form_post";
  to: string;
  pairs: [string, string][];
  told: Record<string, string>;
}

/** The answer of a screen that leads to a client, if it is one. */
export function answerOf(screen: Screen): Answer | undefined {
  const read = (by: Answer["by"], to: string, pairs: [string, string][]) => ({ by, to, pairs, told: Object.fromEntries(pairs) });
  if (screen.elsewhere) {
    expect(screen.elsewhere.hash, "nothing is in the fragment").toBe("");
    return read("query", screen.elsewhere.href, [...screen.elsewhere.searchParams]);
  }
  const form = forms(screen).find(({ action }) => /^https?:/.test(action));
  return form && read("form_post", form.action, Object.entries(form.fields));
}

/** Bits of a text, if each of its characters were drawn as often as it is there. */
function measuredEntropy(text: string) {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((bits, n) => bits - n * Math.log2(n / text.length), 0);
}

function expectSecret(text: string) {
  expect(text).toMatch(/^[\x21-\x7e]+$/);
  expect(text.length * 6, "bits there is room for").toBeGreaterThanOrEqual(128);
  expect(measuredEntropy(text)).toBeGreaterThanOrEqual(96);
}

const CODE_NAMES = ["code", "iss", "state"];
const ERROR_NAMES = ["error", "error_description", "error_uri", "iss", "state"];

/** What holds of every answer of the authorization endpoint: it goes where it should, with what was sent, and nothing else. */
export function checkAnswer(answer: Answer, sent: { redirectUri: string; state?: string; by?: Answer["by"] }) {
  const { told, pairs, to } = answer;
  expect(answer.by).toBe(sent.by ?? "query");
  // What the registered URI has in its query stays.
  const own = [...new URL(sent.redirectUri).searchParams].map(([name]) => name);
  if (answer.by === "form_post") expect(to).toBe(sent.redirectUri);
  else expect(to.startsWith(`${sent.redirectUri}${own.length > 0 ? "&" : "?"}`), to).toBe(true);
  const names = pairs.map(([name]) => name);
  expect(new Set(names).size, `a name is repeated: ${names}`).toBe(names.length);
  const ours = names.filter((name) => answer.by === "form_post" || !own.includes(name));
  expect(ours.filter((name) => !("error" in told ? ERROR_NAMES : CODE_NAMES).includes(name))).toEqual([]);
  expect(told.state).toBe(sent.state);
  expect("state" in told).toBe(sent.state !== undefined);
  expect(told.iss).toBe(ISSUER);
  if ("error" in told) {
    expect(told.error).toMatch(/^[a-z_]+$/);
    expect(told.error_description ?? "-").toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  } else {
    expectSecret(told.code!);
  }
}

/** Types of the standard claims (OIDC Core §5.1). */
function checkClaims(claims: Json) {
  for (const [name, value] of Object.entries(claims)) {
    if (["email_verified", "phone_number_verified"].includes(name)) expect(value, name).toBeTypeOf("boolean");
    else if (name === "address") expect(value, name).toBeTypeOf("object");
    else if (name === "updated_at") {
      expect(value, name).toBeTypeOf("number");
      expect(value as number, "seconds").toBeGreaterThan(946_684_800);
      expect(value as number, "seconds").toBeLessThan(Date.now() / 1000 + 600);
    } else if (!["aud", "exp", "iat", "auth_time", "amr", "permissions"].includes(name)) expect(value, name).toBeTypeOf("string");
    expect(value, name).not.toBeNull();
    expect(value, name).not.toBe("");
  }
}

const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "k"];

interface Credentials {
  username: string;
  password: string;
}

/** Somebody whose rows a test may change. */
export type Person = Credentials & { id: string };

interface Who {
  ann?: Visitor;
  rp?: Rp;
  user?: Credentials;
}

export type Flow = Awaited<ReturnType<ReturnType<typeof relyingParty>["flow"]>>;

/** A relying party's calls with their checks; `by` is how it wants its answers. */
export function relyingParty(worker: Worker, { by = "query" }: { by?: Answer["by"] } = {}) {
  const server = oauth(worker);
  const authenticated = ({ id, secret, post }: Rp) =>
    post ? { form: { client_id: id, client_secret: secret }, headers: {} } : { form: {}, headers: server.basic(id, secret) };

  const request = (parameters: Parameters, rp: Rp = CLIENT) => {
    const mode = by === "query" ? {} : { response_mode: by };
    const all = { response_type: "code", client_id: rp.id, redirect_uri: rp.redirectUri, scope: "openid", ...mode, ...parameters };
    const defined = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return `/oauth/authorize?${new URLSearchParams(defined)}`;
  };

  /** Goes to an address as a user who does whatever a page asks, until there is an answer, or a page that asks nothing. */
  async function walk(
    path: string,
    ann: Visitor = visitor(worker),
    { cancel = false, user = DEMO }: { cancel?: boolean; user?: Credentials } = {},
  ) {
    let screen = await ann.open(path);
    const pages: string[] = [];
    for (;;) {
      const answer = answerOf(screen);
      const page = screen.path.split("?")[0]!;
      if (answer || screen.status >= 400) return { ann, pages, screen, answer };
      pages.push(page);
      expect(pages.length, `the pages ask in circles: ${pages}`).toBeLessThan(6);
      if (cancel) screen = await ann.submit(screen, { cancel: "on" });
      else if (page === "/sign-in") screen = await ann.submit(screen, { username: user.username, password: user.password });
      else if (page === "/consent") screen = await ann.submit(screen, { allow: "on" });
      else if (page === "/select-account") screen = await ann.open(links(screen)[`Go on as ${user.username}`]!);
      else return { ann, pages, screen, answer };
    }
  }

  /** An authorization request up to its checked answer. */
  async function authorize(parameters: Parameters = {}, { ann, rp = CLIENT, cancel, user }: Who & { cancel?: boolean } = {}) {
    const sent: Parameters = { state: randomUUID(), nonce: randomUUID(), ...parameters };
    const walked = await walk(request(sent, rp), ann, { cancel, user });
    expect(walked.answer, `${walked.screen.status} ${walked.screen.path} ${walked.screen.html}`).toBeTruthy();
    checkAnswer(walked.answer!, { redirectUri: sent.redirect_uri ?? rp.redirectUri, state: sent.state, by });
    return { ...walked, sent, told: walked.answer!.told };
  }

  const token = (form: Parameters, rp: Rp = CLIENT, more: Record<string, string> = {}) => {
    const { form: credentials, headers } = authenticated(rp);
    return server.token({ ...form, ...credentials }, { ...headers, ...more });
  };
  const redeem = (code: string, rp: Rp = CLIENT, form: Parameters = {}) =>
    token({ grant_type: "authorization_code", code, redirect_uri: rp.redirectUri, ...form }, rp);
  const refresh = (refresh_token: string, rp: Rp = CLIENT, form: Parameters = {}) =>
    token({ grant_type: "refresh_token", refresh_token, ...form }, rp);

  /** The keys, which have nothing private, and names of their own. */
  async function keys() {
    const answer = await worker.fetch("/.well-known/jwks.json");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringMatching(/^application\/(jwk-set\+)?json/)]);
    const set = JSON.parse(await answer.text()) as { keys: Record<string, string>[] };
    expect(set.keys.length).toBeGreaterThan(0);
    for (const key of set.keys) {
      expect(PRIVATE.filter((name) => name in key)).toEqual([]);
      expect(key).toMatchObject({ kty: expect.stringMatching(/^(RSA|EC|OKP)$/), kid: expect.stringMatching(/./) });
      await crypto.subtle.importKey(
        "jwk",
        key,
        key.kty === "RSA"
          ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
          : key.kty === "EC"
            ? { name: "ECDSA", namedCurve: key.crv! }
            : { name: "Ed25519" },
        true,
        ["verify"],
      );
    }
    expect(new Set(set.keys.map(({ kid }) => kid)).size).toBe(set.keys.length);
    return set;
  }

  /** The discovery document, from both of its addresses. */
  async function metadata(): Promise<Json> {
    const documents = await Promise.all(
      ["openid-configuration", "oauth-authorization-server"].map(async (name) => {
        const answer = await worker.fetch(`/.well-known/${name}`);
        expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringMatching(/^application\/json/)]);
        return JSON.parse(await answer.text());
      }),
    );
    expect(documents[0]).toEqual(documents[1]);
    expect(documents[0].issuer).toBe(ISSUER);
    return documents[0];
  }

  /** Checks an ID Token, and gives its claims. */
  async function checkIdToken(
    idToken: string,
    of: { rp?: Rp; nonce?: string; accessToken: string; alg?: string; claims?: string[] },
  ): Promise<JWTPayload & { sub: string; auth_time: number; iat: number; sid: string }> {
    const { rp = CLIENT, alg = "RS256" } = of;
    const { header } = decode(idToken);
    const set = await keys();
    expect(set.keys.map(({ kid }) => kid)).toContain(header.kid);
    expect(header.alg).toBe(alg);
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(set as never), {
      issuer: ISSUER,
      audience: rp.id,
      algorithms: [alg],
      clockTolerance: 120,
    });
    expect([payload.aud].flat()).toEqual([rp.id]);
    if ("azp" in payload) expect(payload.azp).toBe(rp.id);
    expect(payload.sub).toMatch(/^[\x21-\x7e]{1,255}$/);
    for (const name of ["exp", "iat", "auth_time"]) expect(payload[name], name).toBeTypeOf("number");
    expect(payload.auth_time).toBeLessThanOrEqual(payload.iat!);
    expect(payload.nonce).toBe(of.nonce);
    expect("nonce" in payload).toBe(of.nonce !== undefined);
    expect(payload.sid).toMatch(/./);
    const hash = createHash(alg === "EdDSA" ? "sha512" : "sha256")
      .update(of.accessToken)
      .digest();
    expect(payload.at_hash).toBe(hash.subarray(0, hash.length / 2).toString("base64url"));
    const OWN = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"];
    expect(Object.keys(payload).filter((name) => ![...OWN, ...(of.claims ?? [])].includes(name))).toEqual([]);
    checkClaims(payload);
    return payload as never;
  }

  /** Checks what the token endpoint answers. */
  function checkTokens(answer: Awaited<ReturnType<typeof token>>, { type = "Bearer" } = {}) {
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.headers.get("cache-control")).toContain("no-store");
    expect(answer.body.token_type).toBe(type);
    expect(answer.body.expires_in).toBeTypeOf("number");
    expect(answer.body.expires_in).toBeGreaterThan(0);
    expectSecret(answer.body.access_token);
    if ("refresh_token" in answer.body) expectSecret(answer.body.refresh_token);
    return answer.body as Record<string, string>;
  }

  /** An error of the token endpoint. */
  function checkError(answer: Awaited<ReturnType<typeof token>>, status: number, error: string) {
    expect([answer.status, answer.body?.error], JSON.stringify(answer.body)).toEqual([status, error]);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.headers.get("cache-control")).toContain("no-store");
    expect(answer.body.error_description ?? "-").toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  }

  /** UserInfo, with what holds of every answer of it. */
  async function userinfo(accessToken: string, sub: string) {
    const answer = await server.userinfo(accessToken);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.body.sub).toBe(sub);
    checkClaims(answer.body);
    return answer.body as Json;
  }

  /** The whole flow: request, code, tokens, UserInfo, all of it checked. */
  async function flow(
    parameters: Parameters = {},
    { ann, rp = CLIENT, claims, user }: Who & { claims?: string[] } = {},
    form: Parameters = {},
  ) {
    const authorized = await authorize(parameters, { ann, rp, user });
    expect(authorized.told, JSON.stringify(authorized.told)).toHaveProperty("code");
    const tokens = checkTokens(await redeem(authorized.told.code!, rp, form));
    const of = { rp, nonce: authorized.sent.nonce, accessToken: tokens.access_token!, claims };
    const idToken = await checkIdToken(tokens.id_token!, of);
    const person = await userinfo(tokens.access_token!, idToken.sub);
    return { ...authorized, tokens, idToken, person };
  }

  /** Does something as if so much time had passed by then. */
  async function later<T>(milliseconds: number, act: () => Promise<T>): Promise<T> {
    const set = (later: number) => worker.fetch("/health", { headers: { "x-meddle": JSON.stringify({ later }) } });
    await set(milliseconds);
    try {
      return await act();
    } finally {
      await set(0);
    }
  }

  return {
    server,
    request,
    walk,
    authorize,
    token,
    redeem,
    refresh,
    keys,
    metadata,
    checkIdToken,
    checkTokens,
    checkError,
    userinfo,
    flow,
    later,
    fresh: () => visitor(worker),
  };
}
