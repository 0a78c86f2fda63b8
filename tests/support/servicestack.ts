// What tests say of the ServiceStack surface.

import { ADMIN, type Answer, DEMO, api } from "./api";
import type { Worker } from "./worker";

export const CREDENTIALS = { provider: "credentials", userName: DEMO.username, password: DEMO.password };
export const ADMINISTRATOR = { provider: "credentials", userName: ADMIN.username, password: ADMIN.password };

/** The cookies that an answer sets: name → value and attributes. */
export function cookiesOf(answer: Answer): Record<string, { value: string; attributes: string[] }> {
  return Object.fromEntries(
    answer.headers.getSetCookie().map((line) => {
      const [pair, ...attributes] = line.split("; ");
      const [, name, value] = /^([^=]*)=(.*)$/s.exec(pair!)!;
      return [name!, { value: value!, attributes }];
    }),
  );
}

/** A `Cookie` header with what an answer has set. */
export const cookieHeader = (answer: Answer) => ({
  cookie: Object.entries(cookiesOf(answer))
    .map(([name, { value }]) => `${name}=${value}`)
    .join("; "),
});

/** The body of a failure. */
export const failed = (errorCode: string, message: string, errors: object[] = []) => ({
  responseStatus: { errorCode, message, errors },
});

export const WRONG = failed("Unauthorized", "Invalid Username or Password");
export const NOBODY = failed("Unauthorized", "Not Authenticated");

export function servicestack(worker: Worker) {
  const { send, post } = api(worker);
  const who = (headers: Record<string, string | undefined> = {}) => send("GET", "/auth", { headers });
  return {
    send,
    post,
    who,
    bearer: (token: string) => who({ authorization: `Bearer ${token}` }),
    signIn: (dto: object = {}, headers?: Record<string, string>) => post("/api/Authenticate", { ...CREDENTIALS, ...dto }, headers),
    refresh: (dto: object, headers?: Record<string, string>) => post("/api/GetAccessToken", dto, headers),
    /** How many sessions have not been ended. */
    sessions: () => worker.db.prepare("select count(*) as n from sessions where ended_on is null").first<number>("n"),
  };
}
