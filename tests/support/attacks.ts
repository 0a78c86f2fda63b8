// What the tests of attacks share.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterEach, expect } from "vitest";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { type Answer, nested } from "./api";
import { useWorker } from "./fixtures";
import { ALL_SETTINGS, startOutside } from "./identity_provider";
import { PASSWORD, aUser } from "./seed";
import { freshKeys } from "./worker";

export const JWT_KEYS = freshKeys();
const { RATE_LIMITS: _, ...demo } = demoSettings;
const settings = { ...ALL_SETTINGS, ...demo, JWT_KEYS, SOCIAL_LINKING: "verified-email", SOCIAL_SIGN_UP: "google,facebook" };
export const WRONG = nested("Invalid Credentials");

export function refused(answer: Answer, body: object) {
  expect(answer.body).toEqual(body);
  expect(answer.text).not.toContain('Token":"');
}

/** A worker with every way in, and users to attack. */
export async function useAttacks() {
  const outside = await startOutside();
  const { worker, our, their } = useWorker({ outside: outside.handle, settings });
  afterEach(() => outside.reset());

  const victim = (wishes: Parameters<typeof aUser>[1] = {}) => {
    const email = `${randomUUID()}@example.com`;
    return aUser(worker, { email, ...wishes }).then((user) => ({ ...user, email }));
  };

  const signIn = (who: { username: string }, headers?: Record<string, string>) =>
    our.signIn({ username: who.username, password: PASSWORD }, headers);

  const codeFor = async (who: { username: string }, body: object = {}) =>
    (await our.login({ username: who.username, password: PASSWORD, ...body })).body.code as string;

  /** Sends header lines as they are given, names and values in turn: one name may come twice. */
  async function statusOf(method: string, path: string, headers: string[], body = ""): Promise<number | undefined> {
    const { host } = new URL(await worker.url());
    const sent = request(`${await worker.url()}${path}`, {
      method,
      headers: ["host", host, "content-length", String(body.length), ...headers],
    });
    const [answer] = (await once(sent.end(body), "response")) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }
  return { outside, worker, our, their, victim, signIn, codeFor, statusOf };
}
