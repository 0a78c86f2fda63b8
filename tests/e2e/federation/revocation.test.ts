// What a person let us have at Apple ends with the account or the identity here.

import { Response } from "miniflare";
import { expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { browser } from "../../support/browser";
import { codeOf, useFederation } from "../../support/federation";
import { APPLE, APPLE_REVOCATION, GOOGLE, type Row } from "../../support/identity_provider";

const { outside, worker, our, aMember } = await useFederation();
const MINUTE = 60_000;

/** Somebody who has signed in at a provider; with the refresh tokens that it gave. */
async function someoneFrom(row: Row) {
  const { user, person } = await aMember(row);
  const tokens: string[] = [];
  outside.replace(row.token, async (_, usual) => {
    const answer = await usual();
    tokens.push(((await answer.clone().json()) as { refresh_token: string }).refresh_token);
    return answer;
  });
  const signIn = async () => {
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.status, answer.text).toBe(302);
    return (await our.token(codeOf(answer.headers.get("location")))).body;
  };
  return { user, person, tokens, signIn };
}
const rows = async (table: string) => (await worker.db.prepare(`select * from ${table}`).all()).results;
const revoked = () => outside.sent.filter(({ url }) => url.href === APPLE_REVOCATION).map(({ form }) => form.get("token"));
const erase = async (id: string) => {
  const { accessToken } = await our.signIn(ADMIN);
  expect((await our.post(`/users/${id}/erase`, undefined, our.bearer(accessToken))).status).toBe(204);
};

test("is revoked at Apple when the account is erased, with the newest token, and nothing is left here", async () => {
  const { user, person, tokens, signIn } = await someoneFrom(APPLE);
  await signIn();
  await signIn();
  const stored = JSON.stringify(await rows("user_identities"));
  for (const token of tokens) expect(stored).not.toContain(token);
  await erase(user.id);
  const left = JSON.stringify(await rows("token_revocations"));
  for (const text of [user.id, person.sub, ...tokens]) expect(left).not.toContain(text);
  expect(await worker.scheduled("* * * * *")).toBe("ok");
  expect(revoked()).toEqual([tokens[1]]);
  expect(outside.sent.find(({ url }) => url.href === APPLE_REVOCATION)!.form.get("token_type_hint")).toBe("refresh_token");
  expect(await rows("token_revocations")).toEqual([]);
  expect(await worker.scheduled("* * * * *")).toBe("ok");
  expect(revoked()).toHaveLength(1);
});

test("is revoked when the identity is unlinked, also by SQL", async () => {
  const { user, tokens, signIn } = await someoneFrom(APPLE);
  await signIn();
  await worker.db.prepare("delete from user_identities where user_id = ?").bind(user.id).run();
  expect(await worker.scheduled("* * * * *")).toBe("ok");
  expect(revoked()).toEqual(tokens);
});

test("is tried again for a day and given up then", async () => {
  const { user, tokens, signIn } = await someoneFrom(APPLE);
  await signIn();
  let status = 500;
  outside.replace(APPLE_REVOCATION, () => new Response(null, { status }));
  await erase(user.id);
  const passes = (millis: number) =>
    worker.db.prepare("update token_revocations set next_on = next_on - ?1, created_on = created_on - ?1").bind(millis).run();
  for (let tries = 1; tries <= 3; tries++) {
    expect(await worker.scheduled("* * * * *")).toBe("ok");
    expect(revoked(), `try ${tries}`).toHaveLength(tries);
    expect(await worker.scheduled("* * * * *")).toBe("ok");
    expect(revoked(), "not before its time").toHaveLength(tries);
    await passes(MINUTE * 2 ** tries);
  }
  status = 200;
  expect(await worker.scheduled("* * * * *")).toBe("ok");
  expect(revoked()).toEqual(Array(4).fill(tokens[0]));
  expect(await rows("token_revocations")).toEqual([]);
  const another = await someoneFrom(APPLE);
  await another.signIn();
  status = 500;
  await erase(another.user.id);
  await passes(MINUTE * 1441);
  expect(await worker.scheduled("17 * * * *")).toBe("ok");
  expect(await rows("token_revocations")).toEqual([]);
});

test("is not asked for, nor kept, from a provider that does not want it", async () => {
  const { user, signIn } = await someoneFrom(GOOGLE);
  await signIn();
  expect((await rows("user_identities")).filter((row) => row.user_id === user.id)).toMatchObject([{ refresh_token: null }]);
  await erase(user.id);
  expect(await rows("token_revocations")).toEqual([]);
});
