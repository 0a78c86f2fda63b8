// What the tests of signing in with a provider share.

import { randomUUID } from "node:crypto";
import { afterEach, onTestFinished } from "vitest";
import { useWorker } from "./fixtures";
import { ALL_SETTINGS, type Person, type Row, startOutside } from "./identity_provider";
import { aUser } from "./seed";

export const someone = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), given_name: "Ann", family_name: "Lee", ...more });
export const codeOf = (location: string | null) => new URL(location!).searchParams.get("code")!;

/** A worker and its providers. */
export async function useFederation() {
  const outside = await startOutside();
  const { worker, our } = useWorker({ settings: ALL_SETTINGS, outside: outside.handle });
  afterEach(() => outside.reset());

  /** Changes settings until the test is over. */
  async function set(changed: Record<string, string>) {
    const before = Object.fromEntries(Object.keys(changed).map((name) => [name, ALL_SETTINGS[name]]));
    onTestFinished(() => worker.restart(before));
    await worker.restart(changed);
  }

  async function identify(row: Row, sub: string, userId: string) {
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 1)")
      .bind(row.name, row.identityIssuer, sub, userId)
      .run();
  }

  /** A user with an identity at a provider. */
  async function aMember(row: Row, wishes: Parameters<typeof aUser>[1] = {}) {
    const user = await aUser(worker, wishes);
    const person = someone();
    await identify(row, person.sub, user.id);
    return { user, person };
  }

  const count = async (table: string) => (await worker.rows())[table]!.length;
  return { outside, worker, our, set, identify, aMember, count };
}
