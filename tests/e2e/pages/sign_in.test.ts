// Signing in and out at our pages, and going on to a client of the ARC API.

import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ADMIN, DEMO } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { aUser } from "../../support/seed";
import { forms, links, said, texts, visitor } from "../../support/visitor";

const { worker, our } = useWorker();
const fresh = () => visitor(worker);
const verifier = () => randomBytes(32).toString("base64url");
const challengeOf = (text: string) => createHash("sha256").update(text).digest("base64url");
const browsers = async () => (await worker.rows()).browsers!;
const sessionsOf = async (username: string) =>
  (await worker.db.prepare("select * from sessions where user_id = (select id from users where username = ?)").bind(username).all())
    .results;

describe("signing in", () => {
  test("a password opens the account pages, and the cookie's secret is nowhere in storage", async () => {
    const ann = fresh();
    const page = await ann.open("/account");
    expect(page.path).toBe("/sign-in?return_to=%2Faccount");
    expect(texts(page, "h1")).toEqual(["Sign in"]);
    const account = await ann.submit(page, { username: DEMO.username, password: DEMO.password });
    expect([account.status, account.path]).toEqual([200, "/account"]);
    expect(texts(account, "dd")).toContain("demo");
    const cookie = ann.jar.get("__Host-edgelatch")!;
    expect(cookie).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(await worker.rows())).not.toContain(cookie);
  });

  test("an address signs in as a name does, and what is wrong is said in one way", async () => {
    const wrong = [
      ["demo", "wrong"],
      ["demo@example.com", "wrong"],
      ["nobody", "wrong"],
      [`nobody-${verifier()}@example.com`, DEMO.password],
    ];
    const said_ = [];
    for (const [username, password] of wrong) {
      const page = await fresh().signIn(username!, password!);
      said_.push([page.status, said(page), forms(page)[0]!.fields.username === username, forms(page)[0]!.fields.password]);
    }
    const sentence = "Name or password is not right. Check both, and try again.";
    expect(said_).toEqual(wrong.map(() => [422, sentence, true, ""]));
    expect((await fresh().signIn("DEMO@example.com", DEMO.password)).path).toBe("/account");
  });

  test("a page that says what is wrong says so in its title, and points at the fields", async () => {
    const page = await fresh().signIn("demo", "wrong");
    expect(texts(page, "title")[0]).toBe("Error: Sign in · Edgelatch");
    expect(page.html).toMatch(/<input id="password"[^>]*aria-invalid="true" aria-describedby="problem"/);
    expect(page.html).toMatch(/<p class="note bad" role="alert" id="problem">/);
  });

  test("too many attempts are told with the time to wait", async () => {
    const user = await aUser(worker);
    let page = await fresh().signIn(user.username, "wrong 0");
    for (let n = 1; n < 11; n++) page = await fresh().signIn(user.username, `wrong ${n}`);
    expect(page.status).toBe(429);
    expect(said(page)).toMatch(/^Too many attempts\. Try again in \d+ min\.$/);
    expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("who may not come in learns why only with the right password", async () => {
    const [inactive, registered] = [await aUser(worker, { status: 2 }), await aUser(worker, { status: 0 })];
    const tried = async (username: string, password: string) => said(await fresh().signIn(username, password));
    const wrong = "Name or password is not right. Check both, and try again.";
    expect(await tried(inactive.username, inactive.password)).toBe(wrong);
    expect(await tried(registered.username, "wrong")).toBe(wrong);
    expect(await tried(registered.username, registered.password)).toBe("This account has not been activated yet.");
  });

  test("a browser that is kept has a cookie that stays, another one that goes with the browser", async () => {
    const cookie = async (keep: Record<string, string>) => {
      const ann = fresh();
      const form = forms(await ann.open("/sign-in"))[0]!;
      const body = new URLSearchParams({ ...form.fields, ...DEMO, ...keep }).toString();
      const answer = await ann.go("POST", form.action, { body, headers: { "content-type": "application/x-www-form-urlencoded" } });
      expect(answer.status).toBe(303);
      return answer.headers
        .getSetCookie()
        .find((line) => line.startsWith("__Host-edgelatch="))!
        .replace(/=[\w-]+/, "=…");
    };
    expect(await cookie({})).toBe("__Host-edgelatch=…; Path=/; HttpOnly; SameSite=Lax; Secure");
    expect(await cookie({ keep: "on" })).toBe("__Host-edgelatch=…; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax; Secure");
  });

  test("a one-time password opens a browser, once", async () => {
    const user = await aUser(worker);
    const basic = { authorization: `Basic ${Buffer.from("demo-web:demo-web-secret").toString("base64")}` };
    const posted = await our.post("/otp-caches", { username: user.username, otp: "123456" }, basic);
    if (posted.status !== 200) return expect(posted.status, "OTP_CLIENT_IDS is empty here").toBe(401);
    expect((await fresh().signIn(user.username, "123456")).path).toBe("/account");
  });

  test("a user whose password has to be changed changes it before anything else", async () => {
    const user = await aUser(worker, { status: 3 });
    const ann = fresh();
    const page = await ann.signIn(user.username, user.password, "/sign-in?client_id=demo-web&state=s");
    expect(page.path).toMatch(/^\/account\/password\?/);
    expect(texts(page, "h1")).toEqual(["Choose a new password"]);
    const done = await ann.submit(page, { password: "another good one" }, { action: forms(page).at(-1)!.action });
    expect(done.elsewhere?.origin).toBe("http://localhost:5173");
    expect((await our.loginToken({ username: user.username, password: "another good one" })).status).toBe(200);
  });
});

describe("an app of the ARC API", () => {
  test("gets the browser back with the code of /auth/login, redeemed by its verifier", async () => {
    const secret = verifier();
    const query = new URLSearchParams({
      client_id: "demo-web",
      state: "a&b +ü",
      code_challenge: challengeOf(secret),
      code_challenge_method: "S256",
      redirect_uri: "http://localhost:5173/callback",
    });
    const ann = fresh();
    const back = (await ann.signIn(DEMO.username, DEMO.password, `/sign-in?${query}`)).elsewhere!;
    expect([back.origin, back.pathname, back.searchParams.get("state")]).toEqual(["http://localhost:5173", "/callback", "a&b +ü"]);
    const code = back.searchParams.get("code")!;
    const pair = await our.token(code, { code_verifier: secret });
    expect(pair.status, pair.text).toBe(200);
    expect((await our.me(pair.body.accessToken)).body.username).toBe("demo");
    // Single sign-on: nobody is asked again.
    const again = (await ann.open(`/sign-in?${query}`)).elsewhere!;
    expect(again.searchParams.get("code")).not.toBe(code);
    // What began in the browser ends with it.
    const end = await ann.submit(await ann.open("/sign-out"), {}, { action: "/sign-out" });
    expect(texts(end, "h1")).toEqual(["You are signed out"]);
    expect((await our.me(pair.body.accessToken)).status).toBe(401);
    expect((await our.token(again.searchParams.get("code")!, { code_verifier: secret })).status).toBe(401);
  });

  test("Cancel goes back without a code", async () => {
    const ann = fresh();
    const page = await ann.open("/sign-in?client_id=demo-web&state=xyz");
    const back = (await ann.submit(page, { cancel: "on" })).elsewhere!;
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: "access_denied",
      error_description: "The user cancelled",
      state: "xyz",
    });
    expect(ann.jar.has("__Host-edgelatch")).toBe(false);
  });

  test("prompt asks although somebody is signed in", async () => {
    const ann = fresh();
    await ann.signIn(DEMO.username, DEMO.password);
    const login = await ann.open("/sign-in?client_id=demo-web&prompt=login&login_hint=somebody");
    expect([login.status, texts(login, "h1"), forms(login)[0]!.fields.username]).toEqual([200, ["Sign in"], "somebody"]);
    const select = await ann.open("/sign-in?client_id=demo-web&state=s&prompt=select_account");
    expect(texts(select, "h1")).toEqual(["Choose an account"]);
    const ways = links(select);
    expect(ways["Use another account"]).toBe("/sign-in?client_id=demo-web&state=s&prompt=login");
    expect((await ann.open(ways["Go on as demo"]!)).elsewhere!.searchParams.get("state")).toBe("s");
    // Somebody else signs in on top: one browser stays, the other's.
    const other = await ann.submit(login, ADMIN);
    expect(other.elsewhere!.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
    expect(texts(await ann.open("/account"), "dd")).toContain("admin");
    const open = (await browsers()).filter(({ ended_why }) => ended_why === "signed in anew");
    expect(open.length).toBeGreaterThan(0);
  });

  test.each([
    ["an unknown client", "client_id=nobody"],
    ["another redirect URI", "client_id=demo-web&redirect_uri=https://evil.example/"],
    ["a redirect URI that begins alike", "client_id=demo-web&redirect_uri=http://localhost:5173/callback/../evil"],
    ["a client without a redirect URL", "client_id=demo-mobile"],
  ])("%s is a page, and nobody is sent anywhere", async (_, query) => {
    for (const ann of [fresh(), await signedIn()]) {
      const page = await ann.open(`/sign-in?${query}`);
      expect([page.status, texts(page, "h1"), page.headers.get("location")]).toEqual([400, ["This app is not known here"], null]);
    }
  });

  test.each([
    ["a challenge that is none", "code_challenge=short"],
    ["another method", `code_challenge=${"a".repeat(43)}&code_challenge_method=plain`],
    ["a state that is too long", `state=${"s".repeat(513)}`],
  ])("%s is refused by a page", async (_, query) => {
    const page = await fresh().open(`/sign-in?client_id=demo-web&${query}`);
    expect([page.status, texts(page, "h1")]).toEqual([422, ["That did not work"]]);
  });

  test("an account of other clients is told so, once it has proven itself", async () => {
    const user = await aUser(worker, { clients: ["demo-mobile"] });
    const page = await fresh().signIn(user.username, user.password, "/sign-in?client_id=demo-web");
    expect([page.status, said(page)]).toEqual([422, "This account cannot be used for demo-web."]);
    const ann = fresh();
    await ann.signIn(user.username, user.password);
    const refused = await ann.open("/sign-in?client_id=demo-web&state=s");
    expect([refused.status, texts(refused, "h1")]).toEqual([403, ["Not with this account"]]);
    expect(links(refused)["Use another account"]).toBe("/sign-in?client_id=demo-web&state=s&prompt=login");
  });

  test("neither HEAD nor a browser that fetches ahead makes a code", async () => {
    const ann = await signedIn();
    const before = (await worker.rows()).one_time!.length;
    const cookie = { cookie: `__Host-edgelatch=${ann.jar.get("__Host-edgelatch")}` };
    const path = "/sign-in?client_id=demo-web&state=s";
    const head = await worker.fetch(path, { method: "HEAD", headers: cookie });
    const ahead = await worker.fetch(path, { headers: { ...cookie, "sec-purpose": "prefetch;prerender" } });
    expect([head.status, ahead.status]).toEqual([200, 200]);
    expect((await worker.rows()).one_time!.length).toBe(before);
  });
});

async function signedIn() {
  const ann = fresh();
  await ann.signIn(DEMO.username, DEMO.password);
  return ann;
}

describe("signing out", () => {
  test("asks once, forgets everything, and back leads nowhere", async () => {
    const user = await aUser(worker);
    const ann = fresh();
    await ann.signIn(user.username, user.password);
    const page = await ann.open("/sign-out");
    expect([texts(page, "h1"), page.headers.get("clear-site-data")]).toEqual([["Sign out?"], null]);
    const form = forms(page)[0]!;
    const answer = await ann.go("POST", "/sign-out", {
      body: new URLSearchParams(form.fields).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect([answer.status, answer.headers.get("location"), answer.headers.get("clear-site-data")]).toEqual([
      303,
      "/sign-out",
      '"cache", "storage"',
    ]);
    expect(ann.jar.has("__Host-edgelatch")).toBe(false);
    expect((await ann.open("/account")).path).toBe("/sign-in?return_to=%2Faccount");
    expect(await sessionsOf(user.username)).toEqual([]);
  });
});

test("everything that ends sessions ends browsers", async () => {
  const user = await aUser(worker);
  const ann = fresh();
  await ann.signIn(user.username, user.password);
  const pair = await our.signIn({ username: user.username, password: user.password });
  const changed = await our.changePassword(pair.accessToken, {
    refreshToken: pair.refreshToken,
    username: user.username,
    password: "another good one",
    oldPassword: user.password,
  });
  expect(changed.status, changed.text).toBe(200);
  expect((await ann.open("/account")).path).toMatch(/^\/sign-in/);
});

test("a sign-in page waits once for storage at most, and a sign-in twice", async () => {
  const ann = fresh();
  const bare = await ann.open("/sign-in");
  const page = await ann.open("/sign-in?client_id=demo-web");
  expect([bare.waits, page.waits]).toEqual([0, 1]);
  const form = forms(page)[0]!;
  const answer = await ann.go("POST", form.action, {
    body: new URLSearchParams({ ...form.fields, ...DEMO }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect([answer.status, answer.waits]).toEqual([303, 2]);
  const code = await ann.go("GET", answer.headers.get("location")!);
  expect([code.status, code.waits]).toEqual([303, 2]);
});
