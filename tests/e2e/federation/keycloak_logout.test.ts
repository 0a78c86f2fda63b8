// POST /keycloak/logout: ends the session here, and the one at Keycloak.

import { Response } from "miniflare";
import { describe, expect, test } from "vitest";
import { DEMO_MOBILE, type Pair, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { codeOf, useFederation } from "../../support/federation";
import { KEYCLOAK_ROW, json } from "../../support/identity_provider";

const { outside, worker, our, set, aMember } = await useFederation();

describe("signing out at Keycloak", () => {
  const LOGOUT = `${KEYCLOAK_ROW.issuer}/protocol/openid-connect/logout`;
  const signOut = (pair: Pair, path = "/keycloak/logout") =>
    our.post(path, { refreshToken: pair.refreshToken }, our.bearer(pair.accessToken));
  const tokens = async () => {
    const { user, person } = await aMember(KEYCLOAK_ROW);
    const code = codeOf((await browser(worker).dance(outside, KEYCLOAK_ROW, person)).headers.get("location"));
    return { user, pair: (await our.token(code)).body };
  };

  test("ends the session here first, and then there, with the token that was kept", async () => {
    const { user, pair } = await tokens();
    const { sessions } = await worker.rows();
    const kept = sessions!.find((session) => session.user_id === user.id)!.provider_token as string;
    expect(kept).toBeTruthy();
    expect(kept).not.toContain("refresh-");
    const next = (await our.refresh(pair)).body;
    const answer = await signOut(next);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ success: true, key: user.id });
    expect(outside.calls(LOGOUT)).toBe(1);
    const call = outside.sent.at(-1)!;
    expect(call.form.get("refresh_token")).toMatch(/^refresh-/);
    expect(call.form.get("client_id")).toBe("keycloak-client");
    expect((await our.me(next.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("reaches Keycloak also from a client that got its tokens at once", async () => {
    const { person } = await aMember(KEYCLOAK_ROW);
    const pair = (await browser(worker).dance(outside, KEYCLOAK_ROW, person, DEMO_MOBILE)).body;
    expect((await signOut(pair)).status).toBe(200);
    expect(outside.calls(LOGOUT)).toBe(1);
    expect(outside.sent.at(-1)!.form.get("refresh_token")).toMatch(/^refresh-/);
  });

  test("is answered when Keycloak has answered, so that a browser that goes there next is signed out", async () => {
    const { pair } = await tokens();
    let done = false;
    outside.replace(LOGOUT, async (_, usual) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      done = true;
      return usual();
    });
    expect((await signOut(pair)).status).toBe(200);
    expect(done).toBe(true);
  });

  test("waits three seconds for a Keycloak that hangs, and is done", { timeout: 20_000 }, async () => {
    const { user, pair } = await tokens();
    outside.replace(LOGOUT, () => new Promise<Response>((resolve) => setTimeout(resolve, 15_000, json({})).unref()));
    const begun = Date.now();
    const answer = await signOut(pair);
    expect(answer.body).toEqual({ success: true, key: user.id });
    expect(Date.now() - begun).toBeGreaterThan(2_500);
    expect(Date.now() - begun, "any other call is waited for ten seconds").toBeLessThan(9_000);
    expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("succeeds with any answer of Keycloak", async () => {
    const { pair } = await tokens();
    outside.replace(LOGOUT, () => new Response("no", { status: 500 }));
    expect((await signOut(pair)).status).toBe(200);
    expect(outside.calls(LOGOUT)).toBe(1);
    expect((await our.me(pair.accessToken)).status).toBe(401);
  });

  test("is done though Keycloak cannot be found, or is not configured any more", async () => {
    const [gone, forgotten] = [await tokens(), await tokens()];
    outside.replace(LOGOUT, () => {
      throw new Error("no such host");
    });
    expect((await signOut(gone.pair)).status).toBe(200);
    await set({ KEYCLOAK_CLIENT_ID: "" });
    expect((await signOut(forgotten.pair)).status).toBe(200);
    for (const { pair } of [gone, forgotten]) expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("has ended the session here by the time Keycloak hears of it", async () => {
    const { pair } = await tokens();
    let then: unknown;
    outside.replace(LOGOUT, async (_, usual) => {
      then = (await our.me(pair.accessToken)).body;
      return usual();
    });
    await signOut(pair);
    await worker.settled();
    expect(then).toEqual(nested("TokenRevoked"));
  });

  test("is refused as signing out is, and then makes no call", async () => {
    const { pair } = await tokens();
    const bearer = our.bearer(pair.accessToken);
    for (const [body, headers] of [
      [{ refreshToken: pair.refreshToken }, {}],
      [{ refreshToken: pair.refreshToken }, our.bearer("x.y.z")],
      [{}, bearer],
      [{ refreshToken: "" }, bearer],
      [{ refreshToken: "unknown" }, bearer],
      [{ refreshToken: 1 }, bearer],
    ] as const) {
      const [there, here] = [await our.post("/keycloak/logout", body, headers), await our.post("/logout", body, headers)];
      expect(there.status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      expect([there.status, there.body]).toEqual([here.status, here.body]);
    }
    await worker.settled();
    expect(outside.calls(LOGOUT)).toBe(0);
    expect((await our.me(pair.accessToken)).status).toBe(200);
  });

  test("makes no call for a refused request, another session or another way in", async () => {
    const { pair } = await tokens();
    const other = await our.signIn();
    expect((await signOut({ ...pair, refreshToken: other.refreshToken })).body).toEqual(flat(401, "Token Invalid"));
    expect((await signOut(other)).status).toBe(200);
    expect((await signOut(pair, "/logout")).status).toBe(200);
    await worker.settled();
    expect(outside.calls(LOGOUT)).toBe(0);
  });
});
