// Every kind of request of the pages about second factors that would succeed, for those that let storage fail.

import { expect } from "vitest";
import { api } from "./api";
import type { Attempt } from "./attempts";
import { authenticator } from "./authenticator";
import type { factorAttempts } from "./factor_attempts";
import { PASSWORD, aUser } from "./seed";
import { totp } from "./totp";
import { type Screen, type Visitor, texts, visitor } from "./visitor";
import type { Worker } from "./worker";

type People = Pick<ReturnType<typeof factorAttempts>, "withApp" | "withPasskey">;
type Credential = (options: any) => object;

export function factorPageAttempts(worker: Worker, { withApp, withPasskey }: People): Record<string, () => Promise<Attempt>> {
  const our = api(worker);
  const send = ({ method, path, body, headers }: Attempt) => our.send(method!, path, { body, headers });
  const secretOn = (page: Screen) => texts(page, "code")[0]!.replaceAll(" ", "");

  /** How many rows there are of a user. */
  const count = (from: string, userId: string) =>
    worker.db.prepare(`select count(*) as n from ${from} and user_id = ?`).bind(userId).first<number>("n");
  const signedIn = (userId: string) => async () =>
    expect(await count("browsers where ended_on is null and aal = 2 and auth_time > 0", userId)).toBeGreaterThan(0);
  const hasFactors = (userId: string, factors: number) => async () => {
    expect(await count("factors where confirmed_on is not null", userId)).toBe(factors);
    expect(await count("recovery_codes where created_on > 0", userId)).toBe(10);
  };

  /** A browser that has given a name and a password, and what it is shown then. */
  async function withPassword({ username }: { username: string }) {
    const visit = visitor(worker);
    return { visit, page: await visit.signIn(username, PASSWORD) };
  }

  /** What the script sends with a page's form: what the browser makes of a ceremony. */
  async function ceremony(visit: Visitor, page: Screen, name: string, make: Credential) {
    const { id, publicKey } = (await visit.go("GET", `/passkey/${name}`)).body;
    return visit.request(page, { ceremony: id, credential: JSON.stringify(make(publicKey)) });
  }

  /** Signs in in another browser, to the account. */
  async function signIn(person: { username: string }, second: (visit: Visitor, page: Screen) => Promise<Attempt>) {
    const { visit, page } = await withPassword(person);
    const answer = await send(await second(visit, page));
    expect(answer.headers.get("location"), answer.text).toBe("/account");
    return answer;
  }
  const byCode = (code: string) => async (visit: Visitor, page: Screen) => visit.request(page, { code });
  const byPasskey = (make: Credential) => (visit: Visitor, page: Screen) => ceremony(visit, page, "second-step", make);

  async function registered({ asked }: { asked: boolean }) {
    const { person, key, register } = await withPasskey();
    expect((await register()).status).toBe(200);
    if (asked) await worker.db.prepare("update user_factors set second_step = 1 where user_id = ?").bind(person.id).run();
    return { ...person, key };
  }

  /** Somebody who must have a factor, and has none. */
  async function obliged() {
    const person = await aUser(worker);
    const role =
      "insert or ignore into roles (id, name, role_type, created_on, modified_on, require_mfa) values ('both', 'Both', 1, 0, 0, 1)";
    const has = worker.db.prepare("update user_tenants set role_id = 'both' where user_id = ?").bind(person.id);
    await worker.db.batch([worker.db.prepare(role), has]);
    return person;
  }

  /** Somebody with an app whose browser is signed in by it, at a page. */
  async function at(path: string) {
    const ann = await withApp();
    const { visit, page } = await withPassword(ann);
    await visit.submit(page, { code: ann.recoveryCodes[9]! });
    return { ...ann, visit, page: await visit.open(path) };
  }

  /** The proof of a browser is long ago. */
  const longAgo = (userId: string) => worker.db.prepare("update browsers set auth_time = 0 where user_id = ?").bind(userId).run();

  return {
    "sign-in that waits": async () => {
      const visit = visitor(worker);
      const page = await visit.open("/sign-in");
      return visit.request(page, { username: (await withApp()).username, password: PASSWORD });
    },
    "sign-in by a passkey alone": async () => {
      const { id, key } = await registered({ asked: false });
      const attempt = async () => {
        const visit = visitor(worker);
        return ceremony(visit, await visit.open("/sign-in"), "sign-in", key.get);
      };
      return { ...(await attempt()), afterLoss: async () => send(await attempt()), atLast: signedIn(id) };
    },
    "the page of the second step": async () => (await withPassword(await withApp())).visit.request("/sign-in/second-step"),
    "second step by a code": async () => {
      const ann = await withApp();
      const { visit, page } = await withPassword(ann);
      const attempt = visit.request(page, { code: totp(ann.secret) });
      return { ...attempt, afterLoss: () => signIn(ann, byCode(ann.recoveryCodes[0]!)), atLast: signedIn(ann.id) };
    },
    "second step by a recovery code, in a browser to be trusted": async () => {
      const ann = await withApp();
      const { visit, page } = await withPassword(ann);
      const attempt = visit.request(page, { code: ann.recoveryCodes[1]!, trust: "on" });
      return { ...attempt, afterLoss: () => signIn(ann, byCode(ann.recoveryCodes[0]!)), atLast: signedIn(ann.id) };
    },
    "passkey/second-step": async () => (await withPassword(await registered({ asked: true }))).visit.request("/passkey/second-step"),
    "second step by a passkey": async () => {
      const ann = await registered({ asked: true });
      const { visit, page } = await withPassword(ann);
      const attempt = await byPasskey(ann.key.get)(visit, page);
      return { ...attempt, afterLoss: () => signIn(ann, byPasskey(ann.key.get)), atLast: signedIn(ann.id) };
    },
    "set-up of an app in the sign-in": async () => {
      const { id, username } = await obliged();
      const visit = visitor(worker);
      const { method, ...form } = visit.request(await visit.open("/sign-in"), { username, password: PASSWORD });
      await visit.go(method, form.path, form);
      const atLast = async () => expect(await count("factors where confirmed_on is null", id)).toBe(1);
      return { ...visit.request("/sign-in/second-step"), atLast };
    },
    "first code of an app in the sign-in": async () => {
      const ann = await obliged();
      const { visit, page } = await withPassword(ann);
      const secret = secretOn(page);
      const atLast = async () => Promise.all([hasFactors(ann.id, 1)(), signedIn(ann.id)()]);
      return { ...visit.request(page, { code: totp(secret) }), afterLoss: () => signIn(ann, byCode(totp(secret, 1))), atLast };
    },
    "passkey/first": async () => (await withPassword(await obliged())).visit.request("/passkey/first"),
    "first passkey in the sign-in": async () => {
      const ann = await obliged();
      const { visit, page } = await withPassword(ann);
      const key = authenticator();
      const attempt = await ceremony(visit, page, "first", key.create);
      return { ...attempt, afterLoss: () => signIn(ann, byPasskey(key.get)), atLast: hasFactors(ann.id, 1) };
    },
    "the page of a fresh proof": async () => (await at("/account")).visit.request("/account/proof"),
    "fresh proof by a code": async () => {
      const { visit, page, id, secret, ...ann } = await at("/account/proof");
      await longAgo(id);
      const attempt = visit.request(page, { code: totp(secret) });
      // The browser's cookie may be another's by now, which did not arrive: it signs in again.
      return { ...attempt, afterLoss: () => signIn(ann, byCode(ann.recoveryCodes[0]!)), atLast: signedIn(id) };
    },
    "passkey/proof": async () => (await withPassword(await registered({ asked: false }))).visit.request("/passkey/proof"),
    "fresh proof by a passkey": async () => {
      const ann = await registered({ asked: false });
      const attempt = async () => {
        const { visit } = await withPassword(ann);
        return ceremony(visit, await visit.open("/account/proof"), "proof", ann.key.get);
      };
      const first = await attempt();
      await longAgo(ann.id);
      return { ...first, afterLoss: async () => send(await attempt()), atLast: signedIn(ann.id) };
    },
    "passkey/new": async () => (await withPassword(await aUser(worker))).visit.request("/passkey/new"),
    "account/factors/passkey": async () => {
      const ann = await aUser(worker);
      const { visit } = await withPassword(ann);
      const key = authenticator();
      const attempt = await ceremony(visit, await visit.open("/account/factors/passkey"), "new", key.create);
      return { ...attempt, afterLoss: () => send(visit.request("/account/security")), atLast: hasFactors(ann.id, 1) };
    },
    "account/factors/app": async () => {
      const ann = await aUser(worker);
      const { visit } = await withPassword(ann);
      const page = await visit.open("/account/factors/app");
      const secret = secretOn(page);
      const attempt = visit.request(page, { code: totp(secret) });
      return { ...attempt, afterLoss: () => signIn(ann, byCode(totp(secret, 1))), atLast: hasFactors(ann.id, 1) };
    },
    "account/factors/recovery-codes": async () => {
      const { visit, page, id } = await at("/account/factors/recovery-codes");
      return { ...visit.request(page), atLast: hasFactors(id, 1) };
    },
    "account/factors/{id}": async () => {
      const { visit, id, factor } = await at("/account");
      const page = await visit.open(`/account/factors/${factor}`);
      const atLast = async () => expect(await count("factors where confirmed_on is not null", id)).toBe(0);
      return { ...visit.request(page, { remove: "on" }), afterLoss: () => send(visit.request("/account/security")), atLast };
    },
  };
}
