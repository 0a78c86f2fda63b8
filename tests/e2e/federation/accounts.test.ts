// Accounts that signing in with a provider creates, or is linked to.

import { randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { someone, codeOf, useFederation } from "../../support/federation";
import { APPLE, FACEBOOK, GOOGLE, INSTAGRAM, KEYCLOAK_ROW, type Person, ROWS, type Row, json } from "../../support/identity_provider";
import { jwt } from "../../support/jwt";
import { aUser } from "../../support/seed";

const { outside, worker, our, aMember, count } = await useFederation();

const PLACE = {
  SIGN_UP_TENANT: demoSettings.SIGN_UP_TENANT,
  SIGN_UP_ROLE: demoSettings.SIGN_UP_ROLE,
  SIGN_UP_CLIENT_IDS: `${demoSettings.SIGN_UP_CLIENT_IDS},no-such-client`,
};

describe("when people may sign up", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: ROWS.map((row) => row.name).join(",") }));

  test.each(ROWS)("an unknown person from $name gets an account at once", async (row) => {
    const email = `${randomUUID()}@Example.com`;
    const person = someone({ email, email_verified: true, sub: `a/b:${randomUUID()}` });
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.status, answer.text + worker.log()).toBe(302);
    const token = await our.token(codeOf(answer.headers.get("location")));
    const me = (await our.me(token.body.accessToken)).body;
    const known = row.keys !== undefined;
    expect(me).toMatchObject({
      username: known ? email : `${row.name}:${person.sub.replace("/", "%2F").replace(":", "%3A")}`,
      firstName: "Ann",
      role: "1",
    });
    expect(me.email ?? null).toBe(known ? email : null);
    const rows = await worker.rows();
    expect(rows.users!.find((user) => user.id === me.id)).toMatchObject({ email_verified: known ? 1 : 0 });
    expect(rows.user_credentials!.some((credential) => credential.user_id === me.id)).toBe(false);
    const users = rows.users!.length;
    expect((await browser(worker).dance(outside, row, person)).status, "the second time it is known").toBe(302);
    expect(await count("users")).toBe(users);
  });

  test("an unverified address is neither stored nor matched", async () => {
    for (const email_verified of [false, "true", 1, null, undefined]) {
      const person = someone({ email: "demo@example.com", email_verified });
      const answer = await browser(worker).dance(outside, GOOGLE, person);
      const token = await our.token(codeOf(answer.headers.get("location")));
      const me = (await our.me(token.body.accessToken)).body;
      expect(me.username).toBe(`google:${person.sub}`);
      expect(me.email ?? null).toBeNull();
    }
  });

  test("Apple's \"true\" verifies, and its form's name is taken", async () => {
    const email = `${randomUUID()}@example.com`;
    const app = browser(worker);
    const fields = await app.begin(outside, APPLE, { sub: randomUUID(), email, email_verified: "true" });
    const user = JSON.stringify({ name: { firstName: "Jo", lastName: "Doe" }, email: "demo@example.com" });
    const answer = await app.back(APPLE, { ...fields, user });
    const token = await our.token(codeOf(answer.headers.get("location")));
    expect((await our.me(token.body.accessToken)).body).toMatchObject({ username: email, email, firstName: "Jo", lastName: "Doe" });
  });

  /** The person as the account here has it, after a sign-in. */
  const come = async (row: Row, person: Person) => {
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.status, answer.text + worker.log()).toBe(302);
    return (await our.me((await our.token(codeOf(answer.headers.get("location")))).body.accessToken)).body;
  };
  const nameless = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), ...more });

  test.each(ROWS)("a name that only stood in gives way to the first real one from $name, and to no later one", async (row) => {
    const known = row.keys !== undefined;
    const person = nameless(known ? { email: `${randomUUID()}@example.com`, email_verified: true } : {});
    const { sub } = person;
    if (row.profile) outside.replace(row.profile, () => json({ sub, id: sub, user_id: sub }) as never);
    const first = await come(row, person);
    const standIn = known ? person.email : `${row.name}:${person.sub}`;
    expect(first).toMatchObject({ firstName: standIn, lastName: null, username: standIn });
    expect((await come(row, person)).firstName, "still").toBe(standIn);
    outside.reset();
    const named = { ...person, given_name: "Ann", family_name: "Lee" };
    const last = row === INSTAGRAM ? null : "Lee";
    expect(await come(row, named)).toMatchObject({ id: first.id, firstName: "Ann", lastName: last, username: standIn });
    expect(await come(row, { ...named, given_name: "Bea", family_name: "Moore" })).toMatchObject({ firstName: "Ann", lastName: last });
  });

  test("a name that a user chose is never replaced, not even in the place of a substitute", async () => {
    const person = nameless();
    const { id } = await come(GOOGLE, person);
    await worker.db.prepare("update users set first_name = 'Robin' where id = ?").bind(id).run();
    expect(await come(GOOGLE, { ...person, given_name: "Ann", family_name: "Lee" })).toMatchObject({ firstName: "Robin", lastName: null });
  });

  test("an account with a name of its own keeps it, against any provider", async () => {
    const { user, person } = await aMember(GOOGLE);
    expect(await come(GOOGLE, { ...person, given_name: "Bea" })).toMatchObject({ id: user.id, firstName: "Test" });
  });

  describe.each([GOOGLE, KEYCLOAK_ROW])("userinfo of $name", (row) => {
    const sign = (claims: Record<string, unknown>) =>
      outside.usualSign({ iss: row.issuer, aud: row.clientId, given_name: "Ann", family_name: "Lee", ...claims });
    const answer = (body: Promise<string> | string) => async () =>
      new Response(await body, { headers: { "content-type": "application/jwt" } }) as never;

    test("that is signed is verified, and names who is proven", async () => {
      const person = nameless();
      outside.replace(row.profile!, answer(sign({ sub: person.sub })));
      expect(await come(row, person)).toMatchObject({ firstName: "Ann", lastName: "Lee" });
    });

    test.each<[string, (sub: string) => Promise<string> | string]>([
      ["is for another client", (sub) => sign({ sub, aud: "another-client" })],
      ["is of another issuer", (sub) => sign({ sub, iss: "https://evil.example" })],
      ["is signed by another", (sub) => sign({ sub }).then((token) => `${token.slice(0, -8)}AAAAAAAA`)],
      ["is not signed", (sub) => jwt({ alg: "none" }, { sub, iss: row.issuer, aud: row.clientId, given_name: "Ann" })],
      ["is encrypted", () => "eyJhbGciOiJSU0EtT0FFUCJ9.AAAA.AAAA.AAAA.AAAA"],
      ["is a page", () => "<html>"],
    ])("that %s is left out, and refuses no identity that is proven", async (_, make) => {
      const person = nameless();
      outside.replace(row.profile!, answer(make(person.sub)));
      expect(await come(row, person)).toMatchObject({ firstName: `${row.name}:${person.sub}` });
      expect(await worker.printed()).toContain("a person's name is left out");
    });

    test.each([[401], [403], [500]])("that answers %i is left out", async (status) => {
      outside.replace(row.profile!, () => new Response("", { status }) as never);
      const person = nameless();
      expect(await come(row, person)).toMatchObject({ firstName: `${row.name}:${person.sub}` });
    });

    test("that is signed and about another subject refuses the sign-in", async () => {
      outside.replace(row.profile!, answer(sign({ sub: "another" })));
      expect((await browser(worker).dance(outside, row, nameless())).body).toEqual(nested("Invalid Credentials"));
    });
  });

  test("an address of an existing account gets no second account", async () => {
    const person = someone({ email: "DEMO@example.com", email_verified: true });
    expect((await browser(worker).dance(outside, GOOGLE, person)).body).toEqual(nested("Invalid Credentials"));
  });

  test("two returns of one new person at once make one account", async () => {
    const person = someone({ email: `${randomUUID()}@example.com`, email_verified: true });
    const apps = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const app = browser(worker);
        return { app, fields: await app.begin(outside, GOOGLE, person) };
      }),
    );
    const answers = await Promise.all(apps.map(({ app, fields }) => app.back(GOOGLE, fields)));
    expect(answers.filter((answer) => answer.status === 302).length).toBeGreaterThan(0);
    expect((await worker.rows()).users!.filter((user) => user.email === person.email)).toHaveLength(1);
  });

  test("no account is created that could not sign in to its client", async () => {
    await worker.restart({ SIGN_UP_CLIENT_IDS: "demo-mobile" });
    const users = await count("users");
    expect((await browser(worker).dance(outside, GOOGLE, someone())).body).toEqual(flat(401, "Client Invalid"));
    expect(await count("users")).toBe(users);
    await worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "apple" });
    expect((await browser(worker).dance(outside, GOOGLE, someone())).body, "Google is not on the list").toEqual(
      nested("Invalid Credentials"),
    );
    await worker.restart({ SIGN_UP_ROLE: "no-such-role" });
    expect((await browser(worker).dance(outside, APPLE, someone())).status).toBe(500);
    expect(await worker.printed()).toContain("SIGN_UP_TENANT or SIGN_UP_ROLE");
    expect(await count("users")).toBe(users);
  });
});

describe("when people may be linked", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "off", SOCIAL_LINKING: "verified-email" }));
  const local = async (wishes: Parameters<typeof aUser>[1] = {}) => {
    const email = `${randomUUID()}@example.com`;
    return { email, user: await aUser(worker, { ...wishes, email }) };
  };

  test("the same verified address leads to the account that is there, and its password stays good", async () => {
    const { email, user } = await local();
    const person = someone({ email: email.toUpperCase(), email_verified: true });
    const answer = await browser(worker).dance(outside, GOOGLE, person);
    const token = await our.token(codeOf(answer.headers.get("location")));
    expect((await our.me(token.body.accessToken)).body.id).toBe(user.id);
    await our.signIn({ username: user.username, password: user.password });
    const moved = { ...person, email: "somebody-else@example.com" };
    expect((await browser(worker).dance(outside, GOOGLE, moved)).status, "known by its subject from now on").toBe(302);
  });

  test.each([
    ["the account's address is not verified", { email_verified: true }, "update users set email_verified = 0 where id = ?"],
    ["the provider has not verified it", { email_verified: false }, undefined],
    ["the user is inactive", { email_verified: true }, "update user_tenants set status = 2 where user_id = ?"],
    ["the user may not use the client", { email_verified: true }, "delete from user_clients where user_id = ?"],
  ])("no account is linked where %s", async (_, verified, change) => {
    const { email, user } = await local();
    if (change) await worker.db.prepare(change).bind(user.id).run();
    const identities = await count("user_identities");
    const answer = await browser(worker).dance(outside, GOOGLE, someone({ email, ...verified }));
    expect(answer.body).toEqual(nested("Invalid Credentials"));
    expect(await count("user_identities")).toBe(identities);
  });

  test("Facebook, which verifies no address, links no account", async () => {
    const { email } = await local();
    expect((await browser(worker).dance(outside, FACEBOOK, someone({ email, email_verified: true }))).body).toEqual(
      nested("Invalid Credentials"),
    );
  });

  test("the identity of a deleted user opens nothing", async () => {
    const { user, person } = await aMember(GOOGLE);
    await worker.db.prepare("update users set deleted = 1 where id = ?").bind(user.id).run();
    expect((await browser(worker).dance(outside, GOOGLE, person)).body).toEqual(nested("Invalid Credentials"));
  });
});
