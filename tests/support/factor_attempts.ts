// Every kind of request about second factors that would succeed, for those that let storage fail.

import { randomUUID } from "node:crypto";
import { DEMO_WEB, type Pair, type api } from "./api";
import type { Attempt } from "./attempts";
import { authenticator } from "./authenticator";
import { PASSWORD, aUser } from "./seed";
import { totp } from "./totp";
import type { Worker } from "./worker";

/** The settings that they need. */
export const FACTOR_SETTINGS = { PASSKEY_RP_ID: "localhost", PASSKEY_ORIGINS: "http://localhost:8787", EMAIL_CODES: "on" };

export function factorAttempts(
  worker: Worker,
  our: ReturnType<typeof api>,
  admin: () => Record<string, string>,
  mailed: (address: string) => Promise<unknown>,
) {
  const bearer = (pair: Pair) => our.bearer(pair.accessToken);

  /** Somebody with an authenticator app, in a session that proves nothing. */
  async function withApp() {
    const email = `${randomUUID()}@example.com`;
    const person = await aUser(worker, { email });
    const pair = await our.signIn({ username: person.username, password: PASSWORD });
    const { id, secret } = (await our.post("/auth/me/totp", {}, bearer(pair))).body;
    const confirm = () => our.post(`/auth/me/totp/${id}/confirm`, { otp: totp(secret, -1) }, bearer(pair));
    const confirmed = await confirm();
    // The step may be over meanwhile.
    const { recoveryCodes } = (confirmed.status === 401 ? await confirm() : confirmed).body;
    const login = { ...DEMO_WEB, username: person.username, password: PASSWORD };
    const waiting = async (): Promise<string> => (await our.post("/auth/login", login)).body.code;
    const recover = async (n = 0) => our.post("/auth/verify-otp", { key: await waiting(), otp: recoveryCodes[n] });
    return {
      ...person,
      email,
      pair,
      factor: id as string,
      secret: secret as string,
      recoveryCodes: recoveryCodes as string[],
      login,
      waiting,
      recover,
    };
  }

  /** The same, in a session that has just proven the app. */
  async function proven() {
    const ann = await withApp();
    const { code } = (await ann.recover(9)).body;
    const headers = bearer((await our.token(code)).body);
    const list = () => our.send("GET", "/auth/me/factors", { headers });
    return { ...ann, headers, list };
  }

  async function withPasskey() {
    const person = await aUser(worker);
    const pair = await our.signIn({ username: person.username, password: PASSWORD });
    const { id, publicKey } = (await our.post("/auth/me/passkeys/options", {}, bearer(pair))).body;
    const key = authenticator();
    const body = { id, credential: key.create(publicKey) };
    return { person, headers: bearer(pair), key, body, register: () => our.post("/auth/me/passkeys", body, bearer(pair)) };
  }

  const FACTORS: Record<string, () => Promise<Attempt>> = {
    "login that waits": async () => ({ path: "/auth/login", body: (await withApp()).login }),
    "login-token that waits": async () => {
      const { login } = await withApp();
      return { path: "/auth/login-token", body: login, anew: () => our.post("/auth/login", login) };
    },
    "verify-otp": async () => {
      const { waiting, secret, recover } = await withApp();
      return { path: "/auth/verify-otp", body: { key: await waiting(), otp: totp(secret) }, afterLoss: recover };
    },
    "verify-otp with a recovery code": async () => {
      const { waiting, recoveryCodes, recover } = await withApp();
      return { path: "/auth/verify-otp", body: { key: await waiting(), otp: recoveryCodes[1] }, afterLoss: recover };
    },
    "create-qr-code": async () => {
      const { username } = await aUser(worker);
      const { code } = (await our.login({ username, password: PASSWORD })).body;
      return { path: "/auth/create-qr-code", body: { clientId: "demo-web", code } };
    },
    "passkey/options": async () => ({ path: "/auth/passkey/options", body: { clientId: "demo-web" } }),
    passkey: async () => {
      const { key, register } = await withPasskey();
      await register();
      const again = async () => {
        const { id, publicKey } = (await our.post("/auth/passkey/options", { clientId: "demo-web" })).body;
        return { ...DEMO_WEB, id, credential: key.get(publicKey) };
      };
      // A failed answer has used its ceremony up: another begins.
      return { path: "/auth/passkey", body: await again(), anew: async () => our.post("/auth/passkey", await again()) };
    },
    "me/factors": async () => ({ method: "GET", path: "/auth/me/factors", headers: bearer((await withApp()).pair) }),
    "patch me/factors": async () => {
      const { headers, factor } = await proven();
      return { method: "PATCH", path: `/auth/me/factors/${factor}`, headers, body: { name: "renamed" } };
    },
    "delete me/factors": async () => {
      const { factor, headers, list } = await proven();
      return { method: "DELETE", path: `/auth/me/factors/${factor}`, headers, afterLoss: list };
    },
    "me/totp": async () => ({ path: "/auth/me/totp", headers: (await proven()).headers, body: {} }),
    "me/totp/confirm": async () => {
      const { headers, list } = await proven();
      const { id, secret } = (await our.post("/auth/me/totp", {}, headers)).body;
      return { path: `/auth/me/totp/${id}/confirm`, headers, body: { otp: totp(secret) }, afterLoss: list };
    },
    "me/recovery-codes": async () => ({ path: "/auth/me/recovery-codes", headers: (await proven()).headers, body: {} }),
    "me/passkeys/options": async () => ({ path: "/auth/me/passkeys/options", headers: (await proven()).headers, body: {} }),
    "me/passkeys": async () => {
      const { headers, body } = await withPasskey();
      // The passkey may be there already, and then another needs a proof of it.
      const anew = () => our.send("GET", "/auth/me/factors", { headers });
      return { path: "/auth/me/passkeys", headers, body, anew };
    },
    "me/second-step": async () => ({
      method: "PUT",
      path: "/auth/me/second-step",
      headers: (await proven()).headers,
      body: { required: false },
    }),
    "me/proof/options": async () => ({ path: "/auth/me/proof/options", headers: bearer((await withApp()).pair), body: {} }),
    "me/proof": async () => {
      const { pair, secret, recoveryCodes } = await withApp();
      const prove = (otp: string) => our.post("/auth/me/proof", { otp }, bearer(pair));
      return { path: "/auth/me/proof", headers: bearer(pair), body: { otp: totp(secret) }, afterLoss: () => prove(recoveryCodes[0]!) };
    },
    "me/trusted-devices": async () => ({ method: "GET", path: "/auth/me/trusted-devices", headers: bearer((await withApp()).pair) }),
    "send-otp": async () => {
      const { username, email } = await withApp();
      return { path: "/auth/send-otp", body: { ...DEMO_WEB, key: username }, atLast: () => mailed(email) };
    },
    "users/{id}/factors": async () => ({ method: "GET", path: `/users/${(await withApp()).id}/factors`, headers: admin() }),
    "delete users/{id}/factors": async () => {
      const { id, factor } = await withApp();
      const afterLoss = () => our.send("GET", `/users/${id}/factors`, { headers: admin() });
      return { method: "DELETE", path: `/users/${id}/factors/${factor}`, headers: admin(), afterLoss };
    },
    "users/{id}/re-enrol-link": async () => {
      const { id, email } = await withApp();
      return { path: `/users/${id}/re-enrol-link`, headers: admin(), atLast: () => mailed(email) };
    },
  };

  const AT_SERVICESTACK: Record<string, () => Promise<Attempt>> = {
    "Authenticate with a second factor": async () => {
      const { username, secret, recover } = await withApp();
      const body = { provider: "credentials", userName: username, password: PASSWORD, meta: { otp: totp(secret) } };
      return { path: "/api/Authenticate", body, afterLoss: recover };
    },
  };
  return { FACTORS, AT_SERVICESTACK, withApp, withPasskey };
}
