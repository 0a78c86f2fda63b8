// People with second factors, and what is done with them.

import { expect } from "vitest";
import { type Answer, DEMO_WEB, type Pair } from "./api";
import { authenticator } from "./authenticator";
import { useWorker } from "./fixtures";
import { aUser } from "./seed";
import { totp } from "./totp";
import type { Options, Settings } from "./worker";

interface Person {
  username: string;
  password: string;
}

/** A worker whose pages are on localhost, since passkeys know no IP address. */
export function useFactors(settings: Settings = {}, options: Options = {}) {
  const used = useWorker({
    ...options,
    settings: { PUBLIC_URL: "http://localhost:8787", DEV_MAILBOX: "on", SERVICESTACK_CLIENT_ID: "demo-web", ...settings },
  });
  const { worker, our } = used;
  const bearer = (pair: Pick<Pair, "accessToken">) => our.bearer(pair.accessToken);
  const signIn = (person: Person) => our.signIn({ username: person.username, password: person.password });
  const login = (person: Person, body: object = {}) => our.login({ username: person.username, password: person.password, ...body });
  const verify = (key: string, otp: string, body: object = {}) => our.post("/auth/verify-otp", { key, otp, ...body });
  /** Undoes what the steps of an app's codes have spent: tests have more sign-ins than there are steps. */
  const forgetSteps = () =>
    worker.db.batch(["update factors set last_step = null", "delete from spent_proofs"].map((sql) => worker.db.prepare(sql)));

  /** Enrols an authenticator app in a session. */
  async function enrolApp(pair: Pair, name?: string) {
    const begun = await our.post("/auth/me/totp", name ? { name } : {}, bearer(pair));
    expect(begun.status, begun.text).toBe(200);
    const { id, secret } = begun.body as { id: string; secret: string };
    const confirm = () => our.post(`/auth/me/totp/${id}/confirm`, { otp: totp(secret, -1) }, bearer(pair));
    let confirmed = await confirm();
    // The step was over meanwhile.
    if (confirmed.status === 401) confirmed = await confirm();
    expect(confirmed.status, confirmed.text).toBe(200);
    return { id, secret, recoveryCodes: confirmed.body.recoveryCodes as string[] | undefined };
  }

  /** Registers a passkey in a session. */
  async function enrolPasskey(pair: Pair, key = authenticator(), name?: string) {
    const begun = await our.post("/auth/me/passkeys/options", {}, bearer(pair));
    expect(begun.status, begun.text).toBe(200);
    const { id, publicKey } = begun.body;
    const added = await our.post("/auth/me/passkeys", { id, credential: key.create(publicKey), ...(name && { name }) }, bearer(pair));
    expect(added.status, added.text).toBe(200);
    return { key, factor: added.body as { id: string; type: string; name: string } };
  }

  /** Somebody with an authenticator app. */
  async function withApp(wishes: Parameters<typeof aUser>[1] = {}) {
    const person = await aUser(worker, wishes);
    const pair = await signIn(person);
    return { ...person, person, pair, ...(await enrolApp(pair)) };
  }

  /** Signs in with a password and a code, to tokens. */
  async function signInWithCode(person: Person, otp: string): Promise<Pair> {
    const { body } = await login(person);
    const verified = await verify(body.code, otp);
    expect(verified.status, verified.text).toBe(200);
    const answer = await our.token(verified.body.code);
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  }

  /** Signs in by a passkey alone. */
  async function byPasskey(key: ReturnType<typeof authenticator>, spoilt?: Parameters<typeof key.get>[1]): Promise<Answer> {
    const { id, publicKey } = (await our.post("/auth/passkey/options", { clientId: "demo-web" })).body;
    return our.post("/auth/passkey", { id, credential: key.get(publicKey, spoilt), ...DEMO_WEB });
  }

  return { ...used, bearer, signIn, login, verify, forgetSteps, enrolApp, enrolPasskey, withApp, signInWithCode, byPasskey };
}
