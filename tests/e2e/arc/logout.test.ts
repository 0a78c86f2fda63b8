// POST /logout: ends the bearer's session.

import { describe, expect, test } from "vitest";
import { type Pair, flat, nested } from "../../support/api";
import { REVOKED } from "../../support/fixtures";
import { TOKEN_EXPIRED, TOKEN_INVALID, expired, useSessions } from "../../support/sessions";

const { our, session, expectAlive, expectOver } = useSessions();

describe("signing out", () => {
  test("ends the session everywhere at once, and no other", async () => {
    const [one, other] = [await our.signIn(), await our.signIn()];
    const { id } = (await our.me(one.accessToken)).body;
    const next: Pair = (await our.refresh(one)).body;
    const answer = await our.logout(next);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ success: true, key: id });
    expect(answer.waits).toBe(1);
    await expectOver(one);
    await expectOver(next);
    await expectAlive(other);
    const again = await our.logout(next);
    expect(again.status).toBe(401);
    expect(again.body).toEqual(REVOKED);
    expect(await session(one)).toMatchObject({ ended_why: "signed out" });
  });

  test("takes an access token that has expired, so that people can always sign out", async () => {
    const [pair, other] = [await our.signIn(), await our.signIn()];
    const accessToken = expired(pair.accessToken);
    expect((await our.me(accessToken)).body).toEqual(nested("TokenExpired"));
    for (const refreshToken of ["unknown", other.refreshToken]) {
      expect((await our.logout({ ...pair, accessToken, refreshToken })).body, "its bearer learns nothing").toEqual(nested("TokenExpired"));
    }
    await expectAlive(pair);
    expect((await our.logout({ ...pair, accessToken })).status).toBe(200);
    await expectOver(pair);
    expect((await our.logout({ ...pair, accessToken })).body).toEqual(REVOKED);
  });

  test("takes any refresh token of the bearer's session", async () => {
    const first = await our.signIn();
    await our.refresh((await our.refresh(first)).body);
    expect((await our.logout(first)).status).toBe(200);
    await expectOver(first);
  });

  test("needs a refresh token of the bearer's session, and ends nothing without", async () => {
    const [one, other] = [await our.signIn(), await our.signIn()];
    const out = (body: unknown) => our.post("/logout", body, our.bearer(one.accessToken));
    for (const body of [undefined, null, {}, { refreshToken: "" }]) {
      const answer = await out(body);
      expect(answer.status).toBe(422);
      expect(answer.body).toEqual(flat(422, "TokenMissing"));
    }
    expect((await out({ refreshToken: "unknown" })).body).toEqual(TOKEN_EXPIRED);
    const foreign = await out({ refreshToken: other.refreshToken });
    expect(foreign.body).toEqual(TOKEN_INVALID);
    expect(foreign.waits).toBe(1);
    await expectAlive(one);
    await expectAlive(other);
  });

  test("a bearer without a live session gets no other answer", async () => {
    const [one, other] = [await our.signIn(), await our.signIn()];
    await our.logout(one);
    for (const refreshToken of ["", "unknown", other.refreshToken, one.refreshToken]) {
      expect((await our.logout({ ...one, refreshToken })).body).toEqual(REVOKED);
    }
    await expectAlive(other);
  });
});
