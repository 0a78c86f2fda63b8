// Accounts that a provider's token creates, or is linked to.

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { APPLE, FACEBOOK, GOOGLE } from "../../support/identity_provider";
import { someone, verified, ACCESS_TOKEN_ROWS, ID_TOKEN_ROWS, useProviderTokens } from "../../support/provider_tokens";
import { aUser } from "../../support/seed";
import { failed } from "../../support/servicestack";

const { outside, worker, arc, aMember, signIn, refused, KINDS } = await useProviderTokens();

const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const PLACE = { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS };
const count = async (table: string) => (await worker.rows())[table]!.length;

/** Facebook says of no address that it is verified. */
const VOUCHING_ROWS = ID_TOKEN_ROWS.filter((row) => row !== FACEBOOK);

describe("when people may sign up", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "google,facebook,apple,keycloak" }));

  test.each(KINDS)("an unknown person with %s gets an account once", async (kind, row, tokenOf) => {
    const person = someone({ ...verified(), sub: `a/b:${randomUUID()}` });
    // Only an id_token vouches for an address.
    const known = kind.startsWith("an id_token") && row !== FACEBOOK;
    const answer = await signIn(row, await tokenOf(person));
    expect(answer.status, answer.text + worker.log()).toBe(200);
    const username = known ? person.email : `${row.name}:${person.sub.replace("/", "%2F").replace(":", "%3A")}`;
    expect(answer.body).toMatchObject({
      userName: username,
      displayName: "Ann Lee",
      authProvider: row.name,
      roles: ["Member"],
      permissions: [],
    });
    expect((await arc.me(answer.body.bearerToken)).body.email ?? null).toBe(known ? person.email : null);
    const users = await count("users");
    expect((await signIn(row, await tokenOf(person))).body.userId).toBe(answer.body.userId);
    expect(await count("users")).toBe(users);
  });

  test.each(ID_TOKEN_ROWS)("an unverified address of $name is neither stored nor matched", async (row) => {
    const unsaid = row === FACEBOOK ? ["true", true] : [row === APPLE ? "false" : "true"];
    for (const email_verified of [false, 1, null, undefined, ...unsaid]) {
      const person = someone({ email: "demo@example.com", email_verified });
      const answer = await signIn(row, await outside.idToken(row, person));
      expect(answer.body.userName).toBe(`${row.name}:${person.sub}`);
      expect((await arc.me(answer.body.bearerToken)).body.email ?? null).toBeNull();
    }
  });

  test("an address of an existing account gets no second account", async () => {
    const token = await outside.idToken(GOOGLE, someone(verified("DEMO@example.com")));
    await refused(() => signIn(GOOGLE, token));
  });

  test("ten tokens of one new person at once make one account", async () => {
    const person = someone(verified());
    const token = await outside.idToken(GOOGLE, person);
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(GOOGLE, token)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect((await worker.rows()).users!.filter(({ email }) => email === person.email)).toHaveLength(1);
  });

  test("a deleted user does not come back", async () => {
    const { user, person } = await aMember(GOOGLE);
    await worker.db.prepare("update users set deleted = 1 where id = ?").bind(user.id).run();
    const token = await outside.idToken(GOOGLE, person);
    await refused(() => signIn(GOOGLE, token));
  });

  test("another app's token, or another key's, creates no account", async () => {
    const foreign = outside.issue(GOOGLE, someone(), { clientId: "another-app" });
    await refused(() => signIn(GOOGLE, foreign));
    outside.changeClaims((claims) => ({ ...claims, aud: "another-app" }));
    const token = await outside.idToken(GOOGLE, someone(verified()));
    await refused(() => signIn(GOOGLE, token));
  });

  test("no account is created that could not sign in to its client, nor from a provider off the list", async () => {
    await worker.restart({ SIGN_UP_CLIENT_IDS: "demo-mobile" });
    const token = await outside.idToken(GOOGLE, someone(verified()));
    await refused(() => signIn(GOOGLE, token), failed("AuthenticationException", "Client Invalid"));
    await worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "apple" });
    await refused(() => signIn(GOOGLE, token));
  });
});

describe("when people may be linked", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "off", SOCIAL_LINKING: "verified-email" }));
  const local = async () => {
    const { email } = verified();
    return { email, user: await aUser(worker, { email }) };
  };

  test.each(VOUCHING_ROWS)("the same verified address of $name leads to the account that is there", async (row) => {
    const { email, user } = await local();
    const person = someone(verified(email.toUpperCase()));
    expect((await signIn(row, await outside.idToken(row, person))).body).toMatchObject({ userId: user.id, userName: user.username });
    await arc.signIn({ username: user.username, password: user.password });
    expect((await signIn(row, await outside.idToken(row, { sub: person.sub }))).body.userId, "known by its subject").toBe(user.id);
  });

  test("no account is linked by an address that either side has not verified, nor by an access token", async () => {
    const { email, user } = await local();
    const unverified = await outside.idToken(GOOGLE, someone({ email, email_verified: false }));
    await refused(() => signIn(GOOGLE, unverified));
    for (const row of ACCESS_TOKEN_ROWS) {
      const token = outside.issue(row, someone(verified(email)));
      await refused(() => signIn(row, token));
    }
    const facebooks = await outside.idToken(FACEBOOK, someone(verified(email)));
    await refused(() => signIn(FACEBOOK, facebooks));
    await worker.db.prepare("update users set email_verified = 0 where id = ?").bind(user.id).run();
    const token = await outside.idToken(GOOGLE, someone(verified(email)));
    await refused(() => signIn(GOOGLE, token));
  });
});
