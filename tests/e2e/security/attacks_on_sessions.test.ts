// Attacks on codes, sessions and tokens, one a test: what the attacker has, and what the attack yields.
// Attacks with many variants have files of their own: arc/access_tokens, federation, bad_bodies, bad_requests and headers.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DEMO_MOBILE, type Pair, flat, nested } from "../../support/api";
import { JWT_KEYS, WRONG, refused, useAttacks } from "../../support/attacks";
import { browser } from "../../support/browser";
import { BASIC, REVOKED, many } from "../../support/fixtures";
import { GOOGLE } from "../../support/identity_provider";
import { decode, jwt, keyOf } from "../../support/jwt";
import { PASSWORD } from "../../support/seed";
import { cookieHeader, cookiesOf } from "../../support/servicestack";
import { freshKeys } from "../../support/worker";

const { outside, worker, our, their, victim, signIn, codeFor, statusOf } = await useAttacks();

const EXPIRED = flat(401, "Code Expired");
const WRONG_CODE = flat(401, "Invalid Credentials");

describe("codes", () => {
  test("code redeemed twice: the thief's try gets nothing, and takes the session of the first away", async () => {
    const code = await codeFor(await victim());
    const owner: Pair = (await our.token(code)).body;
    refused(await our.token(code), EXPIRED);
    expect((await our.me(owner.accessToken)).body).toEqual(REVOKED);
  });

  test("code of another client: it opens nothing there, and stays good for its own client", async () => {
    const code = await codeFor(await victim());
    refused(await our.token(code, { clientId: "demo-mobile" }), WRONG_CODE);
    expect((await our.token(code)).status).toBe(200);
  });

  test("code caught on its way to an app: without the app's verifier it is spent, and opens nothing", async () => {
    const challenge = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from("v".repeat(43)))).toString("base64url");
    const code = await codeFor(await victim(), { code_challenge: challenge, code_challenge_method: "S256" });
    refused(await our.token(code), WRONG_CODE);
    refused(await our.token(code, { code_verifier: "v".repeat(43) }), EXPIRED);
    const downgraded = await our.login({ code_challenge: "v".repeat(43), code_challenge_method: "plain" });
    expect(downgraded.status).toBe(422);
  });
});

describe("sessions", () => {
  test("refresh by another client: a refresh token of one session is nothing with the access token of another", async () => {
    const [mine, theirs] = [await signIn(await victim()), await our.signIn({ ...DEMO_MOBILE, username: "demo" })];
    refused(await our.refresh({ ...theirs, refreshToken: mine.refreshToken }), flat(401, "Token Invalid"));
    refused(await our.send("POST", "/auth/token-refresh", { body: { refreshToken: mine.refreshToken } }), flat(401, "Token Invalid"));
    expect((await their.refresh({ refreshToken: mine.refreshToken })).status, "nor at the other API").toBe(400);
    expect((await our.refresh(mine)).status).toBe(200);
  });

  test("refresh race: fifty copies of one token yield one successor, and the copy used later ends the session", async () => {
    const pair = await signIn(await victim());
    const answers = await many(50, () => our.refresh(pair));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    const owner: Pair = (await our.refresh(answers[0]!.body)).body;
    refused(await our.refresh(pair), flat(401, "Token Expired"));
    expect((await our.me(owner.accessToken)).body).toEqual(REVOKED);
    refused(await our.refresh(owner), flat(401, "Token Expired"));
  });

  test("replay after logout: neither token of the session, nor its code, opens anything anywhere", async () => {
    const code = await codeFor(await victim());
    const pair: Pair = (await our.token(code)).body;
    expect((await our.logout(pair)).status).toBe(200);
    expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
    refused(await our.refresh(pair), flat(401, "Token Expired"));
    refused(await our.token(code), EXPIRED);
    expect((await their.bearer(pair.accessToken)).status).toBe(401);

    const signedIn = await their.signIn();
    await their.post("/auth/logout", "", cookieHeader(signedIn));
    expect((await their.who(cookieHeader(signedIn))).status).toBe(401);
    expect((await their.refresh({ refreshToken: signedIn.body.refreshToken })).status).toBe(403);
  });

  test("disabled user's session: it is over at once, and nothing that the user holds opens another", async () => {
    const user = await victim();
    const [pair, code] = [await signIn(user), await codeFor(user)];
    await our.post("/otp-caches", { username: user.username, otp: "246810" }, BASIC);
    await worker.db.prepare("update user_tenants set status = 2 where id = ?").bind(user.membershipId).run();
    expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
    refused(await our.refresh(pair), flat(401, "Token Expired"));
    refused(await our.token(code), WRONG_CODE);
    for (const password of [PASSWORD, "246810"]) refused(await our.loginToken({ username: user.username, password }), WRONG);
  });

  test("deactivated in between: a user disabled while a sign-in is under way gets no session", async () => {
    const user = await victim();
    const meanwhile = (sql: string) => ({ "x-meddle": JSON.stringify({ on: "DB", trip: 2, do: [sql] }) });
    const disable = `update user_tenants set status = 2 where id = '${user.membershipId}'`;
    refused(await our.loginToken({ username: user.username, password: PASSWORD }, meanwhile(disable)), WRONG);
    await worker.db.prepare("update user_tenants set status = 1 where id = ?").bind(user.membershipId).run();
    const answer = await their.signIn({ userName: user.username, password: PASSWORD }, meanwhile(disable));
    expect(answer.status).toBe(401);
    expect(cookiesOf(answer)).toEqual({});
    expect(await worker.db.prepare("select count(*) as n from sessions where user_id = ?").bind(user.id).first("n")).toBe(0);
  });

  test("session fixation: a session that was planted in a browser never becomes the victim's", async () => {
    const [attacker, user] = [await victim(), await victim()];
    const planted = await their.signIn({ userName: attacker.username, password: PASSWORD });
    const signedIn = await their.signIn({ userName: user.username, password: PASSWORD }, cookieHeader(planted));
    expect(signedIn.body.sessionId).not.toBe(planted.body.sessionId);
    expect((await their.bearer(planted.body.bearerToken)).status, "the planted one is over").toBe(401);
    const named = await their.signIn(
      { userName: user.username, password: PASSWORD, sessionId: "chosen by the attacker" },
      { cookie: "ss-id=chosen; ss-pid=chosen" },
    );
    expect(named.body.sessionId).not.toContain("chosen");

    // And a code that an attacker began in their own browser is not taken from the victim's.
    const [theirs, ours] = [browser(worker), browser(worker)];
    const fields = await theirs.begin(outside, GOOGLE, { sub: randomUUID() });
    refused(await ours.back(GOOGLE, fields), flat(401, "Client Invalid"));
  });
});

describe("forged tokens", () => {
  test("JWT alg confusion: our public key is no secret, and no token says how it is to be checked", async () => {
    const { header, claims } = decode(await signIn(await victim()).then((pair) => pair.accessToken));
    const { publicKey } = keyOf(JWT_KEYS);
    const admin = { ...claims, permissions: ["NotAllowed"] };
    const keys = [
      publicKey.export({ type: "spki", format: "pem" }),
      publicKey.export({ type: "spki", format: "der" }),
      Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url"),
      "",
    ];
    for (const key of keys)
      for (const alg of ["HS256", "HS512", "EdDSA"]) refused(await our.me(jwt({ ...header, alg }, admin, key)), nested("TokenExpired"));
    for (const alg of ["none", "None", "NONE", ""]) refused(await our.me(jwt({ ...header, alg }, admin)), nested("TokenExpired"));
  });

  test("kid injection: a kid is looked up among our keys, and is no path, URL or SQL", async () => {
    const { header, claims } = decode((await signIn(await victim())).accessToken);
    const own = keyOf(freshKeys());
    const kids = [
      "../../../../dev/null",
      "/dev/null",
      "https://evil.example/key",
      "' or 1=1 --",
      "' union select 'k",
      "\u0000",
      "",
      "__proto__",
      "constructor",
    ];
    for (const kid of kids)
      for (const key of [own.privateKey, "", "k"])
        refused(
          await our.me(jwt({ ...header, kid, ...(typeof key === "string" && { alg: "HS256" }) }, claims, key)),
          nested("TokenExpired"),
        );
    const carried = { jwk: own.publicKey.export({ format: "jwk" }), jku: "https://evil.example/jwks", x5u: "https://evil.example/x" };
    for (const [name, value] of Object.entries(carried))
      refused(await our.me(jwt({ ...header, [name]: value }, claims, own.privateKey)), nested("TokenExpired"));
    expect(outside.sent, "nothing was fetched").toEqual([]);
  });
});

describe("bearers", () => {
  test("two bearers: one header with two tokens, or two headers, are no bearer", async () => {
    const [mine, theirs] = [await signIn(await victim()), await signIn(await victim())];
    for (const value of [
      `Bearer ${mine.accessToken}, Bearer ${theirs.accessToken}`,
      `Bearer ${mine.accessToken} ${theirs.accessToken}`,
      `Bearer ${mine.accessToken},${theirs.accessToken}`,
    ]) {
      expect((await our.send("GET", "/auth/me", { headers: { authorization: value } })).status).toBe(401);
    }
    expect(await statusOf("GET", "/auth/me", ["authorization", `Bearer ${mine.accessToken}`])).toBe(200);
    expect(
      await statusOf("GET", "/auth/me", ["authorization", `Bearer ${mine.accessToken}`, "authorization", `Bearer ${theirs.accessToken}`]),
    ).toBe(401);
  });
});
