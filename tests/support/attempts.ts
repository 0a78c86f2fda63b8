// Every kind of request that would succeed: what fails when storage does is tried with each.

import { randomUUID } from "node:crypto";
import { beforeAll, expect } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, DEMO_MOBILE, DEMO_WEB } from "./api";
import { browser } from "./browser";
import { FACTOR_SETTINGS, factorAttempts } from "./factor_attempts";
import { factorPageAttempts } from "./factor_page_attempts";
import { BASIC, FORM, useWorker } from "./fixtures";
import { ALL_SETTINGS, GOOGLE, KEYCLOAK_ROW, ROWS, type Row, json, startOutside } from "./identity_provider";
import { mailbox } from "./mailbox";
import { PASSWORD, aUser } from "./seed";
import { cookieHeader } from "./servicestack";

const { RATE_LIMITS: _, ...demo } = demoSettings;
export const NEW_PASSWORD = "a new password";

/** A request that would succeed, and what its caller may do where it cannot simply be sent again. */
export interface Attempt {
  method?: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** After an answer was lost: what was asked for has been done. */
  afterLoss?: () => Promise<Answer>;
  /** After any failure: a failed return has used its state up. */
  anew?: () => Promise<Answer>;
  /** What happens after the answer, and must happen at last. */
  atLast?: () => Promise<unknown>;
}

const client = () => ({
  clientId: randomUUID(),
  clientSecret: "a client's secret",
  secret: "a signing secret",
  accessTokenExpiration: 900,
  refreshTokenExpiration: 3600,
  authCodeExpiration: 60,
});

const start = (row: Row, method = "POST"): Attempt =>
  method === "POST"
    ? { path: row.start, headers: FORM, body: new URLSearchParams(DEMO_WEB).toString() }
    : { method, path: `${row.start}?${new URLSearchParams(DEMO_WEB)}` };

/** A worker, and every kind of request that it would answer well, in `ARC` and `SERVICESTACK`. */
export async function useAttempts() {
  let admin: Record<string, string>;
  const outside = await startOutside();

  const { worker, our, their } = useWorker({
    outside: outside.handle,
    settings: { ...ALL_SETTINGS, ...demo, ...FACTOR_SETTINGS, SOCIAL_SIGN_UP: "google", SOCIAL_LINKING: "verified-email" },
  });

  beforeAll(async () => {
    admin = our.bearer((await our.signIn(ADMIN)).accessToken);
    outside.replace("https://oauth2.googleapis.com/tokeninfo", ({ url }) =>
      json({
        aud: GOOGLE.clientId,
        azp: GOOGLE.clientId,
        sub: url.searchParams.get("access_token"),
        exp: String(Math.floor(Date.now() / 1000) + 300),
        scope: "openid",
      }),
    );
    outside.replace(GOOGLE.profile!, ({ headers }, usual) => {
      const token = headers.get("authorization")!.replace("Bearer ", "");
      return token.includes("-") ? json({ sub: token }) : usual(); // the tokens of tokeninfo are subjects
    });
  });

  const person = async () => {
    const email = `${randomUUID()}@example.com`;
    return { email, ...(await aUser(worker, { email })) };
  };

  const signIn = (username: string, password = PASSWORD) => our.loginToken({ username, password });

  async function session() {
    const user = await person();
    const pair = (await signIn(user.username)).body;
    return { user, pair, body: { refreshToken: pair.refreshToken }, headers: our.bearer(pair.accessToken) };
  }

  async function member(row: Row) {
    const user = await person();
    const who = { sub: randomUUID() };
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 0)")
      .bind(row.name, row.identityIssuer, who.sub, user.id)
      .run();
    return { user, who };
  }

  async function linkFor(kind: "reset" | "sign-up") {
    const { email, username } = await person();
    const invited = `${randomUUID()}@example.com`;
    if (kind === "reset") await our.post("/auth/forget-password", { ...DEMO_WEB, username });
    else await our.post("/auth/sign-up/create-token", { email: invited });
    const { token } = await mailbox(worker).wait(kind === "reset" ? email : invited);
    return { email: kind === "reset" ? email : invited, username, token: token ?? "" };
  }

  async function aClient() {
    const body = client();
    return { body, id: (await our.send("POST", "/auth-clients", { body, headers: admin })).body.id };
  }

  /** A browser at a return; `who` is known, or will be. */
  async function comingBack(
    row: Row,
    who: { sub: string; email?: string; email_verified?: boolean },
    client: Record<string, string> = {},
  ): Promise<Attempt> {
    const app = browser(worker);
    const fields = new URLSearchParams(await app.begin(outside, row, who, client)).toString();
    const headers = { cookie: app.cookie() };
    const anew = () => browser(worker).dance(outside, row, who, client);
    return row.formPost
      ? { path: row.back, headers: { ...FORM, ...headers }, body: fields, anew }
      : { method: "GET", path: `${row.back}?${fields}`, headers, anew };
  }

  async function theirSession() {
    const { username } = await person();
    const answer = await their.signIn({ userName: username, password: PASSWORD });
    return { answer, bearer: our.bearer(answer.body.bearerToken), cookies: cookieHeader(answer) };
  }

  const { FACTORS, AT_SERVICESTACK, ...people } = factorAttempts(worker, our, () => admin, mailed);

  const PAGES: Record<string, () => Promise<Attempt>> = {
    "dev/mailbox": async () => ({ method: "GET", path: "/dev/mailbox" }),
    "forgot-password": async () => ({ method: "GET", path: "/forgot-password?client_id=demo-web" }),
    "sign-in": async () => ({ method: "GET", path: "/sign-in?client_id=demo-web" }),
    ...factorPageAttempts(worker, people),
  };

  const ARC: Record<string, () => Promise<Attempt>> = {
    login: async () => ({ path: "/auth/login", body: { ...DEMO_WEB, username: (await person()).username, password: PASSWORD } }),
    "login-token": async () => ({
      path: "/auth/login-token",
      body: { ...DEMO_WEB, username: (await person()).username, password: PASSWORD },
    }),
    "login-token with an OTP": async () => {
      const { username } = await person();
      await our.post("/otp-caches", { username, otp: "123456" }, BASIC);
      return { path: "/auth/login-token", body: { ...DEMO_WEB, username, password: "123456" }, afterLoss: () => signIn(username) };
    },
    "login-token that is wrong": async () => {
      const { username } = await person();
      return { path: "/auth/login-token", body: { ...DEMO_WEB, username, password: "wrong" }, anew: () => signIn(username) };
    },
    token: async () => {
      const { username } = await person();
      const { code } = (await our.login({ username, password: PASSWORD })).body;
      return { path: "/auth/token", body: { code, clientId: "demo-web" }, afterLoss: () => signIn(username) };
    },
    "token for a code from Keycloak": async () => {
      const { who } = await member(KEYCLOAK_ROW);
      const back = () => browser(worker).dance(outside, KEYCLOAK_ROW, who);
      const code = new URL((await back()).headers.get("location")!).searchParams.get("code")!;
      return { path: "/auth/token", body: { code, clientId: "demo-web" }, afterLoss: back };
    },
    "token-refresh": async () => ({ path: "/auth/token-refresh", ...(await session()) }),
    me: async () => ({ method: "GET", path: "/auth/me", headers: (await session()).headers }),
    "change-password": async () => {
      const { user, body, headers } = await session();
      return {
        method: "PATCH",
        path: "/auth/change-password",
        headers,
        body: { ...body, username: user.username, oldPassword: PASSWORD, password: NEW_PASSWORD },
        afterLoss: () => signIn(user.username, NEW_PASSWORD),
      };
    },
    logout: async () => {
      const { user, body, headers } = await session();
      return { path: "/logout", body, headers, afterLoss: () => signIn(user.username) };
    },
    "keycloak/logout": async () => {
      const { user, who } = await member(KEYCLOAK_ROW);
      const landed = await browser(worker).dance(outside, KEYCLOAK_ROW, who);
      const pair = (await our.token(new URL(landed.headers.get("location")!).searchParams.get("code")!)).body;
      return {
        path: "/keycloak/logout",
        body: { refreshToken: pair.refreshToken },
        headers: our.bearer(pair.accessToken),
        afterLoss: () => signIn(user.username),
      };
    },
    "forget-password": async () => {
      const { email, username } = await person();
      return { path: "/auth/forget-password", body: { ...DEMO_WEB, username }, atLast: () => mailed(email) };
    },
    "verify-reset-password-link": async () => ({
      method: "GET",
      path: `/auth/verify-reset-password-link?token=${(await linkFor("reset")).token}`,
    }),
    "reset-password": async () => {
      const { username, token } = await linkFor("reset");
      return {
        method: "PATCH",
        path: "/auth/reset-password",
        body: { ...DEMO_WEB, token, password: NEW_PASSWORD },
        afterLoss: () => signIn(username, NEW_PASSWORD),
      };
    },
    "sign-up/create-token": async () => {
      const email = `${randomUUID()}@example.com`;
      return { path: "/auth/sign-up/create-token", body: { email }, atLast: () => mailed(email) };
    },
    "sign-up/create-token for an existing account": async () => {
      const { email } = await person();
      return { path: "/auth/sign-up/create-token", body: { email }, atLast: () => mailed(email) };
    },
    "sign-up/verify-token": async () => ({
      method: "GET",
      path: "/auth/sign-up/verify-token",
      headers: our.bearer((await linkFor("sign-up")).token),
    }),
    "sign-up/create-user": async () => {
      const { email, token } = await linkFor("sign-up");
      return {
        path: "/auth/sign-up/create-user",
        headers: our.bearer(token),
        body: { email, password: PASSWORD },
        afterLoss: () => signIn(email),
      };
    },
    ...Object.fromEntries(ROWS.map((row) => [`start at ${row.name}`, async () => start(row)])),
    ...Object.fromEntries([GOOGLE, KEYCLOAK_ROW].map((row) => [`start at ${row.name} by GET`, async () => start(row, "GET")])),
    "start for a ticket": async () => {
      const attempt = start(GOOGLE);
      return { ...attempt, headers: { ...attempt.headers, prefer: "return=representation", accept: "application/json" } };
    },
    "sign-in/continue": async () => {
      const offer = async () => {
        const { path, body, headers } = await ARC["start for a ticket"]!();
        return (await our.send("POST", path, { body, headers })).body.authorizationUrl;
      };
      return { method: "GET", path: await offer(), anew: async () => our.send("GET", await offer()) };
    },
    ...Object.fromEntries(ROWS.map((row) => [`return from ${row.name}`, async () => comingBack(row, (await member(row)).who)])),
    "return for tokens": async () => comingBack(KEYCLOAK_ROW, (await member(KEYCLOAK_ROW)).who, DEMO_MOBILE),
    "return that creates an account": async () =>
      comingBack(GOOGLE, { sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true }),
    "return that links an account": async () =>
      comingBack(GOOGLE, { sub: randomUUID(), email: (await person()).email, email_verified: true }),
    "post auth-clients": async () => {
      const body = client();
      const taken = async () => our.send("GET", `/auth-clients?filter[where][clientId]=${body.clientId}`, { headers: admin });
      return { path: "/auth-clients", headers: admin, body, afterLoss: taken };
    },
    "get auth-clients": async () => ({ method: "GET", path: "/auth-clients", headers: admin }),
    "get auth-clients by a pattern": async () => ({
      method: "GET",
      path: `/auth-clients?filter=${encodeURIComponent('{"where":{"clientId":{"regexp":"^demo"}}}')}`,
      headers: admin,
    }),
    "patch auth-clients": async () => ({
      method: "PATCH",
      path: `/auth-clients?where[clientId]=${(await aClient()).body.clientId}`,
      headers: admin,
      body: { authCodeExpiration: 30 },
    }),
    "count auth-clients": async () => ({ method: "GET", path: "/auth-clients/count", headers: admin }),
    "get auth-client": async () => ({ method: "GET", path: "/auth-clients/1", headers: admin }),
    "put auth-client": async () => {
      const { id, body } = await aClient();
      return { method: "PUT", path: `/auth-clients/${id}`, headers: admin, body };
    },
    "patch auth-client": async () => ({
      method: "PATCH",
      path: `/auth-clients/${(await aClient()).id}`,
      headers: admin,
      body: { authCodeExpiration: 30 },
    }),
    "delete auth-client": async () => {
      const { id } = await aClient();
      return {
        method: "DELETE",
        path: `/auth-clients/${id}`,
        headers: admin,
        afterLoss: () => our.send("GET", "/auth-clients/count", { headers: admin }),
      };
    },
    "post otp-caches": async () => ({ path: "/otp-caches", headers: BASIC, body: { otp: "123456", username: randomUUID() } }),
    "get otp-caches": async () => ({ method: "GET", path: "/otp-caches/demo", headers: BASIC }),
    "delete otp-caches": async () => ({ method: "DELETE", path: `/otp-caches/${randomUUID()}`, headers: admin }),
    health: async () => ({ method: "GET", path: "/health" }),
    ...FACTORS,
  };

  const SERVICESTACK: Record<string, () => Promise<Attempt>> = {
    Authenticate: async () => ({
      path: "/api/Authenticate",
      body: { provider: "credentials", userName: (await person()).username, password: PASSWORD },
    }),
    "Authenticate in place of a session": async () => {
      const { username } = await person();
      const body = { provider: "credentials", userName: username, password: PASSWORD };
      return { path: "/auth/credentials", body, headers: cookieHeader(await their.post("/auth/credentials", body)) };
    },
    "Authenticate with Google's token": async () => ({ path: "/auth/google", body: { accessToken: (await member(GOOGLE)).who.sub } }),
    "Authenticate by Basic": async () => ({
      method: "GET",
      path: "/auth",
      headers: { authorization: `Basic ${Buffer.from(`${(await person()).username}:${PASSWORD}`).toString("base64")}` },
    }),
    "who is signed in": async () => ({ method: "GET", path: "/auth", headers: (await theirSession()).bearer }),
    "who is signed in, by the refresh token alone": async () => ({
      method: "GET",
      path: "/auth",
      headers: { cookie: `ss-reftok=${(await theirSession()).answer.body.refreshToken}` },
    }),
    "whether a token is good": async () => ({ path: "/auth/jwt", body: { password: (await theirSession()).answer.body.bearerToken } }),
    GetAccessToken: async () => ({ path: "/access-token", body: { refreshToken: (await theirSession()).answer.body.refreshToken } }),
    ...AT_SERVICESTACK,
    "auth/logout": async () => ({ path: "/auth/logout", body: "", headers: (await theirSession()).cookies }),
  };

  async function mailed(address: string) {
    await worker.settled();
    expect(await mailbox(worker).to(address)).not.toEqual([]);
  }
  return { worker, our, session, ARC, SERVICESTACK, PAGES };
}
