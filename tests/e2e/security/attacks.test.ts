// What a hostile client would try, one attack a test. Each says what the attacker has, and looks at
// what they end up with. Attacks with many variants have files of their own: arc/access_tokens,
// federation/attacks, bad_input and headers.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { ADMIN, type Answer, DEMO_MOBILE, DEMO_WEB, type Pair, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { BASIC, FORM, REVOKED, from, many, useWorker } from "../../support/fixtures";
import { ALL_SETTINGS, FACEBOOK, GOOGLE, startOutside } from "../../support/identity_provider";
import { decode, jwt, keyOf } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";
import { cookieHeader, cookiesOf } from "../../support/servicestack";
import { freshKeys } from "../../support/worker";

const JWT_KEYS = freshKeys();

const outside = await startOutside();
const { RATE_LIMITS: _, ...demo } = demoSettings;
const settings = { ...ALL_SETTINGS, ...demo, JWT_KEYS, SOCIAL_LINKING: "verified-email", SOCIAL_SIGN_UP: "google,facebook" };
const { worker, our, their } = useWorker({ outside: outside.handle, settings });
afterEach(() => outside.reset());

const EXPIRED = flat(401, "Code Expired");
const WRONG = nested("Invalid Credentials");

const victim = (wishes: Parameters<typeof aUser>[1] = {}) => {
  const email = `${randomUUID()}@example.com`;
  return aUser(worker, { email, ...wishes }).then((user) => ({ ...user, email }));
};
const signIn = (who: { username: string }, headers?: Record<string, string>) =>
  our.signIn({ username: who.username, password: PASSWORD }, headers);
const codeFor = async (who: { username: string }, body: object = {}) =>
  (await our.login({ username: who.username, password: PASSWORD, ...body })).body.code as string;
const people = async () => (await worker.db.prepare("select count(*) as n from users").first<number>("n"))!;
const permissionsOf = async (pair: Pair) => (await our.me(pair.accessToken)).body.permissions;

function refused(answer: Answer, body: object) {
  expect(answer.body).toEqual(body);
  expect(answer.text).not.toContain('Token":"');
}

// ---------------------------------------------------------------- codes

test("code redeemed twice: the thief's try gets nothing, and takes the session of the first away", async () => {
  const code = await codeFor(await victim());
  const owner: Pair = (await our.token(code)).body;
  refused(await our.token(code), EXPIRED);
  expect((await our.me(owner.accessToken)).body).toEqual(REVOKED);
});

test("code of another client: it opens nothing there, and is its owner's still", async () => {
  const code = await codeFor(await victim());
  refused(await our.token(code, { clientId: "demo-mobile" }), WRONG_CODE);
  expect((await our.token(code)).status).toBe(200);
});
const WRONG_CODE = flat(401, "Invalid Credentials");

test("code caught on its way to an app: without the app's verifier it is spent, and opens nothing", async () => {
  const challenge = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from("v".repeat(43)))).toString("base64url");
  const code = await codeFor(await victim(), { code_challenge: challenge, code_challenge_method: "S256" });
  refused(await our.token(code), WRONG_CODE);
  refused(await our.token(code, { code_verifier: "v".repeat(43) }), EXPIRED);
  const downgraded = await our.login({ code_challenge: "v".repeat(43), code_challenge_method: "plain" });
  expect(downgraded.status).toBe(422);
});

// ---------------------------------------------------------------- sessions

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

test("disabled user's session: it is over at once, and nothing the user still holds opens another", async () => {
  const user = await victim();
  const [pair, code] = [await signIn(user), await codeFor(user)];
  await our.post("/otp-caches", { username: user.username, otp: "246810" }, BASIC);
  await worker.db.prepare("update user_tenants set status = 2 where id = ?").bind(user.membershipId).run();
  expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  refused(await our.refresh(pair), flat(401, "Token Expired"));
  refused(await our.token(code), WRONG_CODE);
  for (const password of [PASSWORD, "246810"]) refused(await our.loginToken({ username: user.username, password }), WRONG);
});

test("deactivated in between: somebody disabled while a sign-in is under way does not get in", async () => {
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

// ---------------------------------------------------------------- redirects

test("open redirect: nobody can say where a browser with a code goes", async () => {
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

test("host header poisoning: links and providers' return URLs lead to where the deployment is, whatever the request says", async () => {
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

// ---------------------------------------------------------------- whose account

test("auto-link to an unverified address: an address that nobody proved opens nobody's account", async () => {
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

  // The account's own address must have been proven, too: somebody else may have typed it there.
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

test("homoglyph, null byte and overlong usernames: they are somebody else, or nobody, or no text at all", async () => {
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

test("mass assignment through sign-up: nobody gives themselves a role, tenant, status, client or name", async () => {
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

test("privilege by permissions in a body: whatever is written into a request, the database says who may", async () => {
  const pair = await signIn(await victim());
  const power = { permissions: ["NotAllowed"], roles: ["Admin"] };
  expect((await our.loginToken(power)).status).toBe(422);
  expect((await our.post("/auth/token-refresh", { refreshToken: pair.refreshToken, ...power }, our.bearer(pair.accessToken))).status).toBe(
    422,
  );
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

// ---------------------------------------------------------------- forgery

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
      refused(await our.me(jwt({ ...header, kid, ...(typeof key === "string" && { alg: "HS256" }) }, claims, key)), nested("TokenExpired"));
  const carried = { jwk: own.publicKey.export({ format: "jwk" }), jku: "https://evil.example/jwks", x5u: "https://evil.example/x" };
  for (const [name, value] of Object.entries(carried))
    refused(await our.me(jwt({ ...header, [name]: value }, claims, own.privateKey)), nested("TokenExpired"));
  expect(outside.sent, "nothing was fetched").toEqual([]);
});

// ---------------------------------------------------------------- guessing

test("guess bursts: of two hundred guesses sent at once ten are tried, and the right one among them waits", async () => {
  const user = await victim();
  const guesses = Array.from({ length: 200 }, (_, n) => (n === 150 ? PASSWORD : `guess ${n}`));
  const answers = await Promise.all(guesses.map((password) => our.loginToken({ username: user.username, password }, from("192.0.2.4"))));
  expect(answers.filter(({ status }) => status !== 429).length).toBe(10);
  expect(answers.some(({ status }) => status === 200)).toBe(false);
  for (const answer of answers.filter(({ status }) => status === 429)) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("guess bursts through the other door: both APIs count together", async () => {
  const user = await victim();
  for (let n = 0; n < 5; n++)
    expect((await our.loginToken({ username: user.username, password: `a ${n}` }, from("192.0.2.5"))).status).toBe(401);
  for (let n = 0; n < 5; n++)
    expect((await their.signIn({ userName: user.username, password: `b ${n}` }, from("192.0.2.5"))).status).toBe(401);
  const refused = await their.signIn({ userName: user.username, password: PASSWORD }, from("192.0.2.5"));
  expect(refused.status).toBe(429);
  expect(refused.body.responseStatus.errorCode).toBeTypeOf("string");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  const batch = await their.post(
    "/json/reply/Authenticate[]",
    Array.from({ length: 10 }, (_, n) => ({ provider: "credentials", userName: user.username, password: `c ${n}` })),
    from("192.0.2.5"),
  );
  expect(batch.status, "nor does a batch help").toBe(429);
});

test("spoofed address header: only the platform's word for the address counts", async () => {
  const user = await victim();
  const spoof = (n: number) => ({
    "x-forwarded-for": `198.51.100.${n}`,
    "x-real-ip": `198.51.100.${n}`,
    "true-client-ip": `198.51.100.${n}`,
    forwarded: `for=198.51.100.${n}`,
  });
  for (let n = 0; n < 10; n++)
    await our.loginToken({ username: user.username, password: `wrong ${n}` }, { ...from("192.0.2.6"), ...spoof(n) });
  expect((await our.loginToken({ username: user.username, password: PASSWORD }, { ...from("192.0.2.6"), ...spoof(99) })).status).toBe(429);
  await worker.settled();
  const addresses = (await worker.db.prepare("select distinct address from login_activity where user_id = ?").bind(user.id).all()).results;
  expect(addresses).toEqual([{ address: "192.0.2.6" }]);
});

test("OTP guessing: five tries end it, sent at once and through both doors", async () => {
  const user = await victim();
  await our.post("/otp-caches", { username: user.username, otp: "135791" }, BASIC);
  await Promise.all([
    ...Array.from({ length: 3 }, (_, n) => our.loginToken({ username: user.username, password: `10000${n}` })),
    ...Array.from({ length: 3 }, (_, n) => their.signIn({ userName: user.username, password: `20000${n}` })),
  ]);
  refused(await our.loginToken({ username: user.username, password: "135791" }), WRONG);
  const shown = await our.send("GET", `/otp-caches/${user.username}`, { headers: BASIC });
  expect(shown.body, "and it is shown to nobody any more").toBeNull();
});

test("reset-token guessing: what is not the whole token is nothing, and a link is as long as a key", async () => {
  const user = await victim();
  await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username });
  const token = (await mailbox(worker).wait(user.email)).token!;
  expect(Buffer.from(token, "base64url").length).toBeGreaterThanOrEqual(32);
  const reset = (token: string) => our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token, password: "the thief's own" } });
  const last = token.slice(-1) === "A" ? "B" : "A";
  for (const guess of [
    token.slice(0, -1),
    `${token}=`,
    `${token.slice(0, -1)}${last}`,
    token.toUpperCase(),
    "%",
    "_".repeat(43),
    "' or '1'='1",
  ]) {
    expect((await reset(guess)).status, guess).toBe(401);
    expect((await our.send("GET", `/auth/verify-reset-password-link?token=${encodeURIComponent(guess)}`)).status, guess).toBe(401);
  }
  expect((await reset(`${token}\u0000`)).status).toBe(422);
  expect((await our.send("GET", `/auth/verify-reset-password-link?token=${token}%00`)).status).toBe(400);
  expect((await our.loginToken({ username: user.username, password: PASSWORD })).status, "nothing has changed").toBe(200);
  expect((await reset(token)).status, "and the link is good still").toBe(204);
});

// ---------------------------------------------------------------- messages and logs

test("header injection in mail: one message goes to one mailbox", async () => {
  const tricks = [
    "a@b.example\r\nBcc: eve@evil.example",
    "a@b.example,eve@evil.example",
    "a@b.example;eve@evil.example",
    "<a@b.example> eve@evil.example",
    "a@b.example\u0000",
    '"a b"@b.example',
    "a@b.example\u2028Bcc:eve@evil.example",
  ];
  for (const email of tricks) expect((await our.post("/auth/sign-up/create-token", { email })).status, email).toBe(422);
  const email = `${randomUUID()}@example.com`;
  for (const firstName of ["Eve\r\nBcc: eve@evil.example", "<a href=https://evil.example>win</a>"])
    await our.post("/auth/sign-up/create-token", { email, data: { firstName } });
  const mail = await mailbox(worker).wait(email, 2);
  expect(JSON.stringify(mail), "nothing that a stranger wrote is in it").not.toContain("evil.example");
  expect((await mailbox(worker).all()).every(({ to }) => !to.includes("evil"))).toBe(true);
});

test("secrets in logs: nothing that opens anything is printed, whatever goes wrong", async () => {
  const user = await victim();
  const secrets = [
    PASSWORD,
    DEMO_WEB.client_secret,
    "a secret password",
    "a secret client secret",
    "s3cret-code-of-nobody",
    "s3cret-bearer",
  ];
  await our.loginToken({ username: "a secret password", password: "a secret password", client_secret: "a secret client secret" });
  await our.loginToken({ username: "a secret password", password: "a secret password" });
  await our.token("s3cret-code-of-nobody");
  await our.me("s3cret-bearer");
  await our.send("GET", `/auth/google?client_id=demo-web&client_secret=${DEMO_WEB.client_secret}`);
  await our.send("GET", "/auth/google-auth-redirect?state=s3cret-bearer&code=s3cret-code-of-nobody");
  const pair = await signIn(user);
  const code = await codeFor(user);
  const failing = { "x-meddle": JSON.stringify({ on: "DB", trip: 1, fail: true }) };
  await our.token(code, {}, failing);
  await our.loginToken({ username: user.username, password: PASSWORD }, failing);
  await our.loginToken({ username: user.username, password: PASSWORD }, { "x-meddle": JSON.stringify({ panic: true }) });
  await our.send("POST", "/auth/login", { body: `{"password":"a secret password"`, headers: { "content-type": "application/json" } });
  await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username });
  const { token } = await mailbox(worker).wait(user.email);
  const printed = await worker.printed();
  for (const secret of [...secrets, pair.accessToken, pair.refreshToken, code, token!])
    expect(printed.includes(secret), secret).toBe(false);
});

// ---------------------------------------------------------------- the request itself

test("path tricks: a path is one endpoint or none, and no trick finds another", async () => {
  const body = { ...DEMO_WEB, username: "demo", password: "wrong" };
  const raw = (path: string) => our.send("POST", `http://127.0.0.1:8787${path}`, { body });
  const login = await raw("/auth/login");
  expect(login.status).toBe(401);
  for (const path of ["/auth/login/", "/auth/%6cogin", "/auth/./login", "/x/../auth/login"])
    expect((await raw(path)).body, path).toEqual(login.body);
  for (const path of [
    "//auth/login",
    "/auth//login",
    "/auth%2flogin",
    "/auth/login//",
    "/auth\\\\login",
    "/AUTH/LOGIN",
    "/auth/login%2f",
    "/auth/..%2fauth/login",
  ]) {
    const answer = await raw(path);
    expect(answer.status, path).toBe(404);
    expect(answer.text, path).not.toContain("Credentials");
  }
  // A path that is administered is administered however it is written.
  const plain = our.bearer((await signIn(await victim())).accessToken);
  for (const path of ["/auth-clients", "/auth-clients/", "/%61uth-clients", "/./auth-clients", "/auth-clients/%31", "/otp-caches/%64emo"]) {
    expect((await our.send("GET", `http://127.0.0.1:8787${path}`, { headers: plain })).status, path).toBe(403);
  }
});

/** Sends header lines as they are given, names and values in turn: one name may come twice. */
async function statusOf(method: string, path: string, headers: string[], body = ""): Promise<number | undefined> {
  const { host } = new URL(await worker.url());
  const sent = request(`${await worker.url()}${path}`, {
    method,
    headers: ["host", host, "content-length", String(body.length), ...headers],
  });
  const [answer] = (await once(sent.end(body), "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test("double content types: two claims of what a body is are none", async () => {
  const good = JSON.stringify({ ...DEMO_WEB, username: "demo", password: "correct horse battery" });
  for (const type of [
    "application/json, text/plain",
    "text/plain, application/json",
    "application/x-www-form-urlencoded, application/json",
  ]) {
    const answer = await our.send("POST", "/auth/login", { body: good, headers: { "content-type": type } });
    expect(answer.status, type).toBe(415);
  }
  expect(await statusOf("POST", "/auth/login", ["content-type", "application/json", "content-type", "text/plain"], good)).toBe(415);
});

test("duplicate JSON keys: the last one counts everywhere, for who is asked as for who gets in", async () => {
  const [one, other] = [await victim(), await victim()];
  const body = `{"client_id":"demo-web","client_secret":"demo-web-secret","username":${JSON.stringify(one.username)},"password":"wrong","username":${JSON.stringify(other.username)},"password":${JSON.stringify(PASSWORD)}}`;
  const answer = await our.send("POST", "/auth/login-token", { body, headers: { "content-type": "application/json" } });
  expect(decode(answer.body.accessToken).claims.id).toBe(other.id);
  await worker.settled();
  expect(
    await worker.db.prepare("select count(*) as n from attempts where user_id = ?").bind(one.id).first("n"),
    "the first is not counted for",
  ).toBe(0);
  expect(await worker.db.prepare("select count(*) as n from login_activity where user_id = ?").bind(one.id).first("n")).toBe(0);
});

test("duplicate parameters: a second value is refused or ignored, and never mixed in", async () => {
  const start = (body: string) => our.send("POST", GOOGLE.start, { body, headers: FORM });
  for (const second of ["client_id=demo-mobile", "client_secret=wrong", "state=b"]) {
    const answer = await start(`client_id=demo-web&client_secret=demo-web-secret&state=a&${second}`);
    expect([302, 401, 422], second).toContain(answer.status);
    if (answer.status === 302) expect(second).toBe("state=b");
  }
  const app = browser(worker);
  const fields = await app.begin(outside, GOOGLE, { sub: randomUUID() });
  const twice = await app.go("GET", `${GOOGLE.back}?${new URLSearchParams(fields)}&code=another`);
  expect(twice.status, "a code twice is no code").toBe(400);
  const user = await victim();
  await our.post("/auth/forget-password", { ...DEMO_WEB, username: user.username });
  const { token } = await mailbox(worker).wait(user.email);
  const [first, second] = [`token=${token}&token=x`, `token=x&token=${token}`];
  const statuses = [
    await our.send("GET", `/auth/verify-reset-password-link?${first}`),
    await our.send("GET", `/auth/verify-reset-password-link?${second}`),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 401]);
});

/** The status line that is answered to a body of these chunks, none of which is its last. */
async function unending(path: string, chunks: number, chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`) {
  const { port, hostname } = new URL(await worker.url());
  return new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, async () => {
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
      for (let sent = 0; sent < chunks && !socket.destroyed; sent++) {
        if (!socket.write(chunk)) await new Promise((go) => socket.once("drain", go));
      }
    });
    socket.once("data", (data) => (resolve(String(data).split("\r\n")[0]!), socket.destroy()));
    socket.on("error", reject);
  });
}

const ENDLESS = ["/auth/login", "/auth/credentials", "/auth/google", "/nothing"];

test.each(ENDLESS)("an endless body: at %s it is answered although its end never comes", async (path) => {
  // A little more than is read of any body: what is left unread makes the connection lose the answer.
  expect(await unending(path, 32 * 16 + 2)).toMatch(/^HTTP\/1\.1 4(13|15|04) /);
});

test("a body that stops coming: it is given up after ten seconds", async () => {
  const began = Date.now();
  const answers = await many(ENDLESS.length, (n) => unending(ENDLESS[n]!, 1, "2\r\n{}\r\n"));
  expect(answers.map((line) => line.split(" ")[1])).toEqual(["408", "408", "415", "404"]);
  expect(Date.now() - began).toBeGreaterThan(9_000);
});

test("two bearers: one header with two tokens, or two headers, are nobody", async () => {
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

test("request smuggling: a request inside another's body is a body", async () => {
  const { port, hostname } = new URL(await worker.url());
  const inner = "GET /auth-clients HTTP/1.1\r\nHost: x\r\n\r\n";
  const talk = (head: string, body: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(`${head}\r\n\r\n${body}`));
      let heard = "";
      socket.on("data", (chunk) => void (heard += chunk));
      socket.on("error", () => resolve(heard));
      socket.on("close", () => resolve(heard));
      setTimeout(() => socket.destroy(), 1500);
    });
  const answers = async (headers: string, body: string) =>
    (await talk(`POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}`, body))
      .split("HTTP/1.1 ")
      .slice(1)
      .map((answer) => answer.slice(0, 3));
  for (const [headers, body] of [
    [`Content-Length: ${inner.length}`, inner],
    [`Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${inner}`],
    [`Content-Length: 4\r\nContent-Length: ${inner.length}`, inner],
  ] as const) {
    const told = await answers(headers, body);
    expect(
      told.every((status) => status !== "200"),
      `${headers}: ${told}`,
    ).toBe(true);
    // What comes after a refused request is never answered for somebody: at most as a stranger's.
    expect(told.length, headers).toBeLessThanOrEqual(2);
  }
});
