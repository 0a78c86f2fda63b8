// What the tests of providers' tokens share.

import { randomUUID } from "node:crypto";
import { afterEach, expect } from "vitest";
import { type Answer } from "./api";
import { useWorker } from "./fixtures";
import {
  ALL_SETTINGS,
  APP_CLIENT_SETTINGS,
  APPLE,
  FACEBOOK,
  GOOGLE,
  KEYCLOAK_ROW,
  type Person,
  type Row,
  startOutside,
} from "./identity_provider";
import { aUser } from "./seed";
import { cookiesOf, failed } from "./servicestack";

export const REFUSED = failed("Unauthorized", "AccessToken is Invalid");
export const someone = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), given_name: "Ann", family_name: "Lee", ...more });
export const verified = (email = `${randomUUID()}@example.com`) => ({ email, email_verified: true });
export const ACCESS_TOKEN_ROWS = [GOOGLE, FACEBOOK, KEYCLOAK_ROW];
export const ID_TOKEN_ROWS = [GOOGLE, FACEBOOK, APPLE, KEYCLOAK_ROW];
type Kind = [string, Row, (person: Person) => Promise<string>];

/** A worker and its providers; `our` is ServiceStack's API, `arc` the other. */
export async function useProviderTokens() {
  const outside = await startOutside();

  const {
    worker,
    their: our,
    our: arc,
  } = useWorker({ settings: { ...ALL_SETTINGS, ...APP_CLIENT_SETTINGS, SERVICESTACK_CLIENT_ID: "demo-web" }, outside: outside.handle });

  afterEach(() => outside.reset());

  /** Forgets what the isolate remembers of providers. */
  const forget = () => worker.restart({});

  /** A user with an identity at a provider. */
  async function aMember(row: Row, wishes: Parameters<typeof aUser>[1] = {}) {
    const user = await aUser(worker, wishes);
    const person = someone();
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 1)")
      .bind(row.name, row.identityIssuer, person.sub, user.id)
      .run();
    return { user, person };
  }

  const signIn = (row: Row, accessToken: string, more: object = {}, headers?: Record<string, string>) =>
    our.post("/api/Authenticate", { provider: row.name, accessToken, ...more }, headers);

  /** No session is opened, nothing is made, and the answer is the one that every such token gets. */
  async function refused(act: () => Promise<Answer>, body: object = REFUSED, status = 401) {
    const before = await worker.rows({ but: ["login_activity", "hourly_counts"] });
    const answer = await act();
    expect(answer.body).toEqual(body);
    expect(answer.status).toBe(status);
    expect(cookiesOf(answer)).toEqual({});
    expect(answer.headers.has("x-cookies")).toBe(false);
    expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? 'credentials realm="/auth/credentials"' : null);
    expect(await worker.rows({ but: ["login_activity", "hourly_counts"] })).toEqual(before);
    expect(outside.sent.every(({ url }) => url.hostname !== "evil.example")).toBe(true);
  }

  const KINDS: Kind[] = [
    ...ACCESS_TOKEN_ROWS.map((row): Kind => [`an access token of ${row.name}`, row, async (person) => outside.issue(row, person)]),
    ...ID_TOKEN_ROWS.map((row): Kind => [`an id_token of ${row.name}`, row, (person) => outside.idToken(row, person)]),
  ];
  return { outside, worker, our, arc, forget, aMember, signIn, refused, KINDS };
}
