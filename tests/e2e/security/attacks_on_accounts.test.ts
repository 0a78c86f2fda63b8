// Attacks on accounts and on where browsers are sent, one a test: what the attacker has, and what the attack yields.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { ADMIN, DEMO_WEB, type Pair } from "../../support/api";
import { WRONG, refused, useAttacks } from "../../support/attacks";
import { browser } from "../../support/browser";
import { FORM } from "../../support/fixtures";
import { FACEBOOK, GOOGLE } from "../../support/identity_provider";
import { decode, jwt, keyOf } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { PASSWORD } from "../../support/seed";
import { freshKeys } from "../../support/worker";

const { outside, worker, our, their, victim, signIn } = await useAttacks();

const people = async () => (await worker.db.prepare("select count(*) as n from users").first<number>("n"))!;
const permissionsOf = async (pair: Pair) => (await our.me(pair.accessToken)).body.permissions;

describe("redirects", () => {
  test("open redirect: no parameter or header says where a browser with a code goes", async () => {
    const evil = "https://evil.example/";
    for (const name of ["redirectUrl", "redirect_uri", "redirect_url", "returnUrl", "continue"]) {
      expect((await browser(worker).start(GOOGLE, { [name]: evil })).status, name).toBe(422);
      expect((await our.login({ [name]: evil })).status, name).toBe(422);
      const app = browser(worker);
      const landed = await app.back(GOOGLE, { ...(await app.begin(outside, GOOGLE, { sub: randomUUID() })), [name]: evil });
      expect(landed.headers.get("location"), name).toMatch(/^http:\/\/localhost:5173\/callback\?code=[\w-]{43}$/);
    }
    for (const url of [
      evil,
      "//evil.example",
      "/\\evil.example",
      "/%5Cevil.example",
      "http:evil.example",
      "https://127.0.0.1:8787@evil.example/",
      "\thttps://evil.example",
    ]) {
      const answer = await their.post(
        `/auth/credentials?continue=${encodeURIComponent(url)}`,
        "UserName=demo&Password=correct+horse+battery",
        { ...FORM, accept: "text/html" },
      );
      const location = answer.headers.get("location");
      if (location !== null) expect(new URL(location, "http://127.0.0.1:8787/").origin, url).toBe("http://127.0.0.1:8787");
      else expect(answer.status, url).toBe(400);
    }
  });

  test("javascript: redirect: no client can have one, and one in the database gets no code", async () => {
    const admin = our.bearer((await our.signIn(ADMIN)).accessToken);
    for (const redirectUrl of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "javascript://app.example/%0aalert(1)",
      " javascript:alert(1)",
      "java\nscript:alert(1)",
      "data:text/html,<script>",
      "vbscript:x",
    ]) {
      expect((await our.send("PATCH", "/auth-clients/1", { body: { redirectUrl }, headers: admin })).status, redirectUrl).toBe(422);
      const answer = await their.post(
        `/auth/credentials?continue=${encodeURIComponent(redirectUrl)}`,
        "UserName=demo&Password=correct+horse+battery",
        { ...FORM, accept: "text/html" },
      );
      expect(answer.status, redirectUrl).toBe(400);
    }
    const app = browser(worker);
    const fields = await app.begin(outside, GOOGLE, { sub: randomUUID() });
    await worker.db.prepare("update auth_clients set redirect_url = 'javascript:alert(1)' where id = 1").run();
    const answer = await app.back(GOOGLE, fields);
    await worker.db.prepare("update auth_clients set redirect_url = 'http://localhost:5173/callback' where id = 1").run();
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.status).toBe(401);
  });

  test("CRLF in state and redirect: what is handed back stays inside its parameter", async () => {
    const state = "x\r\nSet-Cookie: ss-tok=evil\r\n\r\n<script>&code=evil#";
    const app = browser(worker);
    const landed = await app.dance(outside, GOOGLE, { sub: randomUUID() }, { state });
    const url = new URL(landed.headers.get("location")!);
    expect([...url.searchParams.keys()]).toEqual(["code", "state"]);
    expect(url.searchParams.get("state")).toBe(state);
    expect(landed.headers.get("location")).not.toMatch(/[\r\n<>]/);
    for (const line of landed.headers.getSetCookie()) expect(line).toMatch(/^__Host-signin-/);
    const answer = await their.post(
      `/auth/credentials?continue=${encodeURIComponent("/home\r\nSet-Cookie: a=b")}`,
      "UserName=demo&Password=correct+horse+battery",
      { ...FORM, accept: "text/html" },
    );
    expect(answer.headers.get("location") ?? "").not.toMatch(/[\r\n]/);
    expect(answer.headers.getSetCookie().some((line) => line.startsWith("a="))).toBe(false);
  });

  test("host header poisoning: links and providers' return URLs lead to PUBLIC_URL, against any header", async () => {
    const poison = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "http",
      "x-original-url": "/evil",
      forwarded: "host=evil.example",
    };
    const user = await victim();
    await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username }, poison);
    expect((await mailbox(worker).wait(user.email)).link).not.toContain("evil");
    const start = await our.send("POST", GOOGLE.start, { body: new URLSearchParams(DEMO_WEB).toString(), headers: { ...FORM, ...poison } });
    expect(new URL(start.headers.get("location")!).searchParams.get("redirect_uri")).toBe(`http://127.0.0.1:8787${GOOGLE.back}`);
    expect(decode((await our.signIn({}, poison)).accessToken).claims.iss).toBe("http://127.0.0.1:8787");
  });
});

describe("accounts", () => {
  test("auto-link to an unverified address: an address that is not proven opens no account", async () => {
    const user = await victim();
    const before = await people();
    for (const [row, claims] of [
      [GOOGLE, { email_verified: false }],
      [GOOGLE, { email_verified: "true" }],
      [GOOGLE, {}],
      [FACEBOOK, { email_verified: true }],
    ] as const) {
      const answer = await browser(worker).dance(outside, row, { sub: randomUUID(), email: user.email, ...claims });
      if (answer.status !== 302) continue;
      // They may sign up as themselves, but not as the owner of that address.
      const pair: Pair = (await our.token(new URL(answer.headers.get("location")!).searchParams.get("code")!)).body;
      expect((await our.me(pair.accessToken)).body).toMatchObject({ username: expect.stringMatching(`^${row.name}:`) });
      expect((await our.me(pair.accessToken)).body.email ?? null).toBeNull();
    }
    expect(await worker.db.prepare("select count(*) as n from user_identities where user_id = ?").bind(user.id).first("n")).toBe(0);
    expect(await people()).toBeGreaterThanOrEqual(before);

    // The account's own address must have been proven, too: another person may have typed it there.
    const squatter = await victim();
    await worker.db.prepare("update users set email_verified = 0 where id = ?").bind(squatter.id).run();
    const owner = await browser(worker).dance(outside, GOOGLE, { sub: randomUUID(), email: squatter.email, email_verified: true });
    refused(owner, WRONG);
  });

  test("unicode case-folding collision: no spelling of an address makes a second account, or opens another's", async () => {
    const user = await victim({ username: `kim-${randomUUID()}` });
    const spellings = [
      user.username.toUpperCase(),
      user.username.replace("k", "\u212a"),
      user.username.replace("kim", "ｋｉｍ"),
      ` ${user.username} `,
    ];
    for (const spelling of spellings)
      expect((await our.loginToken({ username: spelling, password: PASSWORD })).body.accessToken, spelling).toBeTypeOf("string");
    const [local] = user.email.split("@");
    for (const email of [user.email.toUpperCase(), `${local}@ｅｘａｍｐｌｅ.com`, `${local}@example\u3002com`]) {
      const before = await people();
      await our.post("/auth/sign-up/create-token", { email });
      const mail = await mailbox(worker).wait(email.normalize("NFKC"));
      if (mail.token) {
        const answer = await our.send("POST", "/auth/sign-up/create-user", {
          body: { email, password: PASSWORD },
          headers: our.bearer(mail.token),
        });
        const made = await worker.db.prepare("select count(*) as n from users where email_key = ?").bind(user.email).first("n");
        expect([answer.status === 200 || answer.status === 409, made], email).toEqual([true, 1]);
      } else expect(await people(), email).toBe(before);
    }
    // A reset goes to the address that the account has, never to the one that was typed.
    const typed = user.email.replace("example", "ｅｘａｍｐｌｅ");
    await our.post("/auth/forget-password", { ...DEMO_WEB, username: typed });
    expect((await mailbox(worker).wait(user.email, 2)).kind).toBe("password-reset");
    expect((await mailbox(worker).to(typed)).filter(({ kind }) => kind === "password-reset")).toEqual([]);
  });

  test("homoglyph, null byte and overlong usernames: they are another account, none, or no text at all", async () => {
    const user = await victim({ username: `pay-${randomUUID()}` });
    const odd = [
      user.username.replace("a", "а"),
      `${user.username}\u200b`,
      `\u202e${user.username}`,
      user.username.repeat(1500),
      "\ufdfa".repeat(320),
      "\ufdfa".repeat(20_000),
      "a\u0300".repeat(20_000),
    ];
    for (const username of odd) refused(await our.loginToken({ username, password: PASSWORD }), WRONG);
    for (const userName of odd) expect((await their.signIn({ userName, password: PASSWORD })).status).toBe(401);
    for (const text of [`${user.username}\u0000`, `\u0000${user.username}`, `${user.username}\u0000admin`]) {
      expect((await our.loginToken({ username: text, password: PASSWORD })).status).toBe(422);
      expect((await our.loginToken({ username: user.username, password: text })).status).toBe(422);
      expect((await their.signIn({ userName: text, password: PASSWORD })).status).toBe(400);
      expect((await their.signIn({ userName: user.username, password: text })).status).toBe(400);
    }
    refused(await our.loginToken({ username: user.username, password: PASSWORD.replace("a", "\u0430") }), WRONG);
    expect((await our.loginToken({ username: user.username, password: PASSWORD })).status).toBe(200);
  });

  test("mass assignment through sign-up: a body sets no role, tenant, status, client or username", async () => {
    const email = `${randomUUID()}@example.com`;
    const smuggled = {
      permissions: ["NotAllowed"],
      role: "0",
      roleId: "00000000-0000-4000-8000-000000000003",
      tenantId: "x",
      defaultTenantId: "x",
      status: 3,
      username: "root",
      id: "me",
      emailVerified: false,
      authClientIds: [2],
      userTenantId: "x",
      __proto__: { permissions: ["NotAllowed"] },
    };
    await our.post("/auth/sign-up/create-token", { email, data: { firstName: "Eve", ...smuggled } });
    const { token } = await mailbox(worker).wait(email);
    const made = await our.send("POST", "/auth/sign-up/create-user", {
      body: { email, password: PASSWORD, ...smuggled },
      headers: our.bearer(token!),
    });
    expect(made.status).toBe(200);
    const pair = await our.signIn({ username: email, password: PASSWORD });
    expect((await our.me(pair.accessToken)).body).toMatchObject({
      username: email,
      permissions: [],
      role: "1",
      status: 1,
      tenantId: demoSettings.SIGN_UP_TENANT,
    });
    expect((await our.send("GET", "/auth-clients", { headers: our.bearer(pair.accessToken) })).status).toBe(403);
    refused(await our.loginToken({ username: "root", password: PASSWORD }), WRONG);
  });

  test("privilege by permissions in a body: the database says who may, and no part of a request does", async () => {
    const pair = await signIn(await victim());
    const power = { permissions: ["NotAllowed"], roles: ["Admin"] };
    expect((await our.loginToken(power)).status).toBe(422);
    expect(
      (await our.post("/auth/token-refresh", { refreshToken: pair.refreshToken, ...power }, our.bearer(pair.accessToken))).status,
    ).toBe(422);
    const signedIn = await their.signIn({ ...power, meta: power });
    expect(signedIn.body.permissions ?? []).toEqual([]);
    expect(signedIn.body.roles).toEqual(["Member"]);
    expect(await permissionsOf(pair)).toEqual([]);
    const { privateKey } = keyOf(freshKeys());
    const { header, claims } = decode(pair.accessToken);
    const forged = our.bearer(jwt(header, { ...claims, ...power }, privateKey));
    for (const headers of [our.bearer(pair.accessToken), { ...our.bearer(pair.accessToken), "x-permissions": "NotAllowed" }])
      expect((await our.send("GET", "/auth-clients", { headers })).status).toBe(403);
    expect((await our.send("GET", "/auth-clients", { headers: forged })).status).toBe(401);
    expect((await our.send("GET", "/auth-clients?permissions=NotAllowed", { headers: our.bearer(pair.accessToken) })).status).not.toBe(200);
  });
});
