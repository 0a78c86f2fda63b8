// What the tests of malformed input share.

import { afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Pair } from "./api";
import { useWorker } from "./fixtures";

export const invalid = (...details: object[]) => ({
  error: {
    statusCode: 422,
    name: "UnprocessableEntityError",
    message: "The request body is invalid. See error object `details` property for more info.",
    code: "VALIDATION_FAILED",
    details,
  },
});

/** A worker that must answer as before after every test, with nothing new in its log. */
export function useBadInput() {
  let signedIn: Pair;
  const { worker, our } = useWorker({ settings: { SIGN_IN_ATTEMPTS: "10000", ACCOUNT_ATTEMPTS: "100000" } });

  beforeAll(async () => {
    signedIn = await our.signIn();
  });

  // After any input the next request is served, and nothing of it reached the log.
  let logged: string;

  // What each isolate says once.
  const OFF = "the OAuth endpoints are off";
  const complaints = async () =>
    (await worker.printed())
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith('{"event":') && !line.startsWith("[mf:") && !line.startsWith(OFF))
      .join("\n");

  beforeEach(async () => void (logged = await complaints()));

  afterEach(async () => {
    const answer = await our.me(pair().accessToken);
    expect(answer.status).toBe(200);
    expect(await complaints()).toBe(logged);
  });

  const pair = () => signedIn;
  return { worker, our, pair };
}
