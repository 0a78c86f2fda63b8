// POST /auth/token-refresh: rotation, a lost reply, theft, and the two ends of a session.

import { afterAll, describe, expect, test } from "vitest";
import { type Pair, nested } from "../../support/api";
import { REVOKED, sid } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { TOKEN_EXPIRED, TOKEN_INVALID, expired, useSessions } from "../../support/sessions";
import { freshDataKey } from "../../support/worker";

const { worker, our, session, run, newCode, expectAlive, expectOver } = useSessions();

describe("refreshing", () => {
  test("gives the next pair, in two waits; the earlier access token stays good", async () => {
    const first = await our.signIn();
    const answer = await our.refresh(first);
    expect(answer.status).toBe(200);
    expect(answer.waits).toBeLessThanOrEqual(2);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const second: Pair = answer.body;
    expect(Object.keys(second)).toEqual(["accessToken", "refreshToken", "expires"]);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(sid(second)).toBe(sid(first));
    await expectAlive(first);
    await expectAlive(second);
    expect((await our.refresh({ ...second, accessToken: first.accessToken })).status, "any access token of the session vouches").toBe(200);
  });

  test("again within the window is a lost reply: the same refresh token and a fresh access token", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first)).body;
    const before = await session(first);
    for (let i = 0; i < 3; i++) {
      const again = await our.refresh(first);
      expect(again.status).toBe(200);
      expect(again.waits).toBeLessThanOrEqual(2);
      expect(again.body.refreshToken).toBe(second.refreshToken);
      expect(again.body.accessToken).not.toBe(second.accessToken);
      await expectAlive(again.body);
    }
    expect(await session(first), "a retry moves nothing").toEqual(before);
    expect((await our.refresh(second)).status).toBe(200);
  });

  test("again after the window is theft: the session is over for thief and owner", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first)).body;
    await run("update sessions set refreshed_on = refreshed_on - 10000 where id = ?", sid(first));
    const stolen = await our.refresh(first);
    expect(stolen.status).toBe(401);
    expect(stolen.body).toEqual(TOKEN_EXPIRED);
    await expectOver(first);
    await expectOver(second);
    expect(await session(first)).toMatchObject({ ended_why: "refresh theft", refresh_n: 1 });
  });

  test("with a token two steps back is theft at once", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first)).body;
    const third: Pair = (await our.refresh(second)).body;
    expect((await our.refresh(first)).body).toEqual(TOKEN_EXPIRED);
    for (const pair of [first, second, third]) await expectOver(pair);
  });

  test("theft ends that session and no other", async () => {
    const other = await our.signIn();
    const first = await our.signIn();
    await our.refresh((await our.refresh(first)).body);
    await our.refresh(first);
    await expectOver(first);
    await expectAlive(other);
  });

  test("needs a pair of one session, and moves nothing without", async () => {
    const [one, two] = [await our.signIn(), await our.signIn()];
    const before = [await session(one), await session(two)];
    const bare = (authorization?: string) =>
      our.post("/auth/token-refresh", { refreshToken: one.refreshToken }, authorization === undefined ? {} : { authorization });
    for (const answer of [
      await our.refresh({ ...one, accessToken: two.accessToken }),
      await our.refresh({ ...one, accessToken: one.refreshToken }),
      await bare(),
      await bare("Bearer"),
      await bare(`Basic ${one.accessToken}`),
      await bare(`Bearer ${one.accessToken} x`),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(TOKEN_INVALID);
      expect(answer.waits).toBe(0);
    }
    expect([await session(one), await session(two)]).toEqual(before);
    expect((await our.refresh(one)).status).toBe(200);
  });

  test("with what is no refresh token of ours asks no storage", async () => {
    const [pair, other] = [await our.signIn(), await our.signIn()];
    const [id, n, tag] = pair.refreshToken.split(".") as [string, string, string];
    const otherTag = other.refreshToken.split(".")[2];
    for (const refreshToken of [
      "",
      "x",
      ".",
      "..",
      "...",
      `${id}.${n}`,
      `${id}.${n}.`,
      `${id}.${n}.${otherTag}`,
      `${id}.1.${tag}`,
      `${id}.00.${tag}`,
      `${id}.+0.${tag}`,
      `${sid(other)}.${n}.${tag}`,
      `${id}.${n}.${tag.slice(0, -1)}`,
      `${id}.${n}.${tag}A`,
      `${id}.${n}.${tag}=`,
      `${id}.${n}.${tag}.${tag}`,
      `${id}.-1.${tag}`,
      `${id}.4294967296.${tag}`,
      ` ${pair.refreshToken}`,
      `${pair.refreshToken} `,
      `${id}..${n}${tag}`,
      "é.é.é",
      pair.accessToken,
      await newCode(),
    ]) {
      const answer = await our.refresh({ ...pair, refreshToken });
      expect(answer.status).toBe(401);
      expect(answer.body, refreshToken).toEqual(TOKEN_EXPIRED);
      expect(answer.waits).toBe(0);
    }
    expect((await our.refresh(pair)).status).toBe(200);
  });

  test("takes an access token that has expired", async () => {
    const pair = await our.signIn();
    const accessToken = expired(pair.accessToken);
    expect((await our.me(accessToken)).body).toEqual(nested("TokenExpired"));
    const answer = await our.refresh({ ...pair, accessToken });
    expect(answer.status).toBe(200);
    await expectAlive(answer.body);
  });

  test("of a session with a device is refused to another and to none, and changes nothing", async () => {
    const first = await our.signIn({}, { device_id: "mine" });
    const second: Pair = (await our.refresh(first, { device_id: "mine" })).body;
    const third: Pair = (await our.refresh(second, { device_id: "mine" })).body;
    const before = await session(first);
    expect(JSON.stringify(before)).not.toContain("mine");
    const devices: Record<string, string>[] = [
      {},
      { device_id: "" },
      { device_id: "theirs" },
      { device_id: "MINE" },
      { device_id: before.device! },
    ];
    for (const headers of devices) {
      for (const pair of [third, second, first]) {
        const answer = await our.refresh(pair, headers);
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual(TOKEN_INVALID);
      }
    }
    expect(await session(first)).toEqual(before);
    expect((await our.refresh(third, { device_id: "mine" })).status).toBe(200);
  });

  test("of a session without a device asks for none", async () => {
    const first = await our.signIn();
    const second: Pair = (await our.refresh(first, { device_id: "any" })).body;
    expect(decode(second.accessToken).claims.deviceInfo.deviceId).toBe("any");
    expect((await our.refresh(second)).status).toBe(200);
  });

  test("ends after the client's lifetime without a refresh, counted from the last one", async () => {
    const pair = await our.signIn();
    const age = (by: number) =>
      run("update sessions set last_used_on = last_used_on - ?, refreshed_on = refreshed_on - ? where id = ?", by, by, sid(pair));
    await age(86_390_000);
    const next = await our.refresh(pair);
    expect(next.status).toBe(200);
    await age(86_390_000);
    const after = await our.refresh(next.body);
    expect(after.status, "the last refresh counts, not the sign-in").toBe(200);
    await age(86_400_000);
    expect((await our.refresh(after.body)).body).toEqual(TOKEN_EXPIRED);
    await run("update auth_clients set refresh_token_expiration = 172800 where id = 1");
    expect((await our.refresh(after.body)).status, "the client's lifetime as it is now decides").toBe(200);
    await run("update auth_clients set refresh_token_expiration = 86400 where id = 1");
  });

  test("does not move the absolute end, after which all is over", async () => {
    const pair = await our.signIn();
    const before = await session(pair);
    expect(before.expires_on - before.created_on).toBe(2_592_000_000);
    const next: Pair = (await our.refresh(pair)).body;
    expect((await session(pair)).expires_on).toBe(before.expires_on);
    await run("update sessions set expires_on = ? where id = ?", Date.now() - 1, sid(pair));
    await expectOver(next);
    expect((await our.logout(next)).body).toEqual(REVOKED);
  });
});

describe("settings", () => {
  afterAll(() => worker.restart({ REFRESH_RETRY_WINDOW: undefined, SESSION_MAX_AGE: undefined }));

  test("without a retry window every repetition is theft; the longest session is as set", async () => {
    await worker.restart({ REFRESH_RETRY_WINDOW: "0", SESSION_MAX_AGE: "60" });
    const pair = await our.signIn();
    const row = await session(pair);
    expect(row.expires_on - row.created_on).toBe(60_000);
    const next: Pair = (await our.refresh(pair)).body;
    expect((await our.refresh(pair)).body).toEqual(TOKEN_EXPIRED);
    await expectOver(next);
  });

  test("refresh tokens of another deployment are none", async () => {
    const pair = await our.signIn();
    await worker.restart({ DATA_KEY: freshDataKey() });
    expect((await our.refresh(pair)).body).toEqual(TOKEN_EXPIRED);
    await expectAlive(pair);
  });
});
