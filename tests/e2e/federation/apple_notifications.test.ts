// What people do with their accounts at Apple: its server-to-server notifications.

import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { browser } from "../../support/browser";
import { REVOKED, useWorker } from "../../support/fixtures";
import { ALL_SETTINGS, APPLE, startOutside } from "../../support/identity_provider";
import { PASSWORD, aUser } from "../../support/seed";

const outside = await startOutside();
const { worker, our } = useWorker({
  settings: { ...ALL_SETTINGS, APPLE_AUTH_APP_CLIENT_IDS: "com.example.app" },
  outside: outside.handle,
});
afterEach(() => outside.reset());

const post = (payload: unknown, headers: Record<string, string> = { "content-type": "application/json" }) =>
  our.send("POST", "/apple/notifications", { body: JSON.stringify({ payload }), headers });
const event = (type: string, sub: string, change: Record<string, unknown> = {}) => {
  const events = JSON.stringify({ type, sub, event_time: Date.now() });
  const claims = { iss: APPLE.issuer, aud: APPLE.clientId, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), events, ...change };
  return outside.usualSign(claims);
};
const identities = async (subject: string) => (await worker.rows()).user_identities!.filter((row) => row.subject === subject);

/** Somebody with an identity of Apple's, in a session that came by it. */
async function aMember() {
  const user = await aUser(worker);
  const person = { sub: randomUUID() };
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values ('apple', ?, ?, ?, 1)")
    .bind(APPLE.identityIssuer, person.sub, user.id)
    .run();
  const back = await browser(worker).dance(outside, APPLE, person);
  const { body } = await our.token(new URL(back.headers.get("location")!).searchParams.get("code")!);
  return { ...person, username: user.username, accessToken: body.accessToken as string };
}

describe("POST /apple/notifications", () => {
  test.each(["consent-revoked", "account-delete"])("%s: the identity goes, and what came by it ends; the rest goes on", async (type) => {
    const [ann, other] = [await aMember(), await aMember()];
    const mine = await our.signIn({ username: ann.username, password: PASSWORD });
    const done = await post(await event(type, ann.sub));
    expect([done.status, done.text], worker.log()).toEqual([200, ""]);
    expect((await our.me(ann.accessToken)).body).toEqual(REVOKED);
    expect(await identities(ann.sub)).toEqual([]);
    for (const token of [mine.accessToken, other.accessToken]) expect((await our.me(token)).status).toBe(200);
    expect(await identities(other.sub)).toHaveLength(1);
  });

  test("is taken for an app's own client as well", async () => {
    const ann = await aMember();
    expect((await post(await event("consent-revoked", ann.sub, { aud: "com.example.app" }))).status).toBe(200);
    expect(await identities(ann.sub)).toEqual([]);
  });

  test.each(["email-disabled", "email-enabled", "something-new"])("%s is noted, and ends nothing", async (type) => {
    const ann = await aMember();
    expect((await post(await event(type, ann.sub))).status).toBe(200);
    expect((await our.me(ann.accessToken)).status).toBe(200);
    expect(worker.log()).toContain("a notification of Apple: ");
  });

  test("counts once: somebody who has come back since is not ended by an old one", async () => {
    const ann = await aMember();
    const old = await event("consent-revoked", ann.sub);
    expect((await post(old)).status).toBe(200);
    const user = (await worker.rows()).users!.find(({ username }) => username === ann.username)!;
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values ('apple', ?, ?, ?, 1)")
      .bind(APPLE.identityIssuer, ann.sub, user.id)
      .run();
    expect((await post(old)).status).toBe(400);
    expect(await identities(ann.sub)).toHaveLength(1);
  });

  test("is refused where Apple has not signed it, for us, in the last day", async () => {
    const ann = await aMember();
    const good = await event("consent-revoked", ann.sub);
    const [head, claims] = good.split(".");
    const forged = [
      `${head}.${claims}.${"A".repeat(342)}`,
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`,
      await event("consent-revoked", ann.sub, { aud: "another" }),
      await event("consent-revoked", ann.sub, { iss: "https://evil.example" }),
      await event("consent-revoked", ann.sub, { iat: Math.floor(Date.now() / 1000) - 90_000 }),
      await event("consent-revoked", ann.sub, { jti: undefined }),
      await outside.idToken(APPLE, { sub: ann.sub }),
      "",
      undefined,
      1,
    ];
    for (const payload of forged) {
      const { status, body } = await post(payload);
      expect([status, body.error], String(payload)).toEqual([400, "invalid_request"]);
    }
    expect((await our.me(ann.accessToken)).status).toBe(200);
    expect(await identities(ann.sub)).toHaveLength(1);
  });
});
