// Signing in with a provider at our pages, linking one, and proving by one that somebody is there.

import { describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { browser } from "../../support/browser";
import { someone, useFederation } from "../../support/federation";
import { APPLE, GOOGLE, type Person, type Row } from "../../support/identity_provider";
import { aUser } from "../../support/seed";
import { links, said, texts, visitor } from "../../support/visitor";

const { outside, worker, our, set, identify, aMember, count } = await useFederation();

type Visitor = ReturnType<typeof visitor>;

/** Follows a link to a provider, consents there, and is back. */
async function through(ann: Visitor, row: Row, person: Person, href: string, { cancel = false } = {}) {
  const away = await ann.open(href);
  if (away.elsewhere === undefined) throw new Error(`not sent away: ${away.status} ${away.html}`);
  const fields = cancel
    ? { state: away.elsewhere.searchParams.get("state")!, error: "access_denied" }
    : await outside.consent(row, away.elsewhere.href, person);
  return row.formPost ? postBack(ann, row, fields) : ann.open(`${row.back}?${new URLSearchParams(fields)}`);
}

/** Apple's own page posts the form: a browser sends no `SameSite=Lax` cookie along. */
async function postBack(ann: Visitor, row: Row, fields: Record<string, string>) {
  const lax = new Map([...ann.jar].filter(([name]) => !name.startsWith("__Host-signin-")));
  for (const name of lax.keys()) ann.jar.delete(name);
  const answer = await ann.go("POST", row.back, {
    body: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", origin: "https://appleid.apple.com", "sec-fetch-site": "cross-site" },
  });
  for (const [name, value] of lax) if (!ann.jar.has(name)) ann.jar.set(name, value);
  const location = answer.headers.get("location");
  if (location !== null) return ann.open(location);
  return { status: answer.status, path: row.back, html: answer.text, headers: answer.headers, waits: answer.waits };
}

describe.each([GOOGLE, APPLE])("$name", (row) => {
  test("signs a known person in, at our pages and for an app", async () => {
    const { user, person } = await aMember(row);
    const ann = visitor(worker);
    const home = await through(ann, row, person, links(await ann.open("/sign-in"))[row === GOOGLE ? "Google" : "Apple"]!);
    expect([home.path, texts(home, "dd")]).toEqual(["/account", [user.username]]);
    const bob = visitor(worker);
    const back = await through(bob, row, person, `/sign-in/${row.name}?client_id=demo-web&state=their%20state`);
    const answer = back.elsewhere!.searchParams;
    expect(answer.get("state")).toBe("their state");
    const pair = await our.token(answer.get("code")!);
    expect(pair.status, pair.text).toBe(200);
    const session = await worker.db.prepare("select method, aal, amr from sessions where user_id = ?").bind(user.id).first();
    expect(session).toEqual({ method: row.name, aal: 1, amr: "" });
  });

  test("who is nobody here is told so by a page, with the ways on", async () => {
    const ann = visitor(worker);
    const page = await through(ann, row, someone(), `/sign-in/${row.name}?client_id=demo-web&state=s`);
    expect([page.status, texts(page, "h1")]).toEqual([403, ["That account does not open anything here"]]);
    expect(links(page)).toMatchObject({
      "Use another account there": `/sign-in/${row.name}?client_id=demo-web&state=s&prompt=select_account`,
      "Sign in": "/sign-in?client_id=demo-web&state=s",
    });
    expect(ann.jar.has("__Host-edgelatch")).toBe(false);
  });

  test("who says no there is back at the sign-in page", async () => {
    const page = await through(visitor(worker), row, someone(), `/sign-in/${row.name}?client_id=demo-web`, { cancel: true });
    expect([page.path, said(page)]).toEqual([
      "/sign-in?client_id=demo-web&notice=denied",
      "You cancelled there. Choose how you want to sign in.",
    ]);
  });
});

test("signing up with a provider makes an account where that is on", async () => {
  const { SIGN_UP_TENANT, SIGN_UP_ROLE } = demoSettings;
  await set({ SOCIAL_SIGN_UP: "google", SIGN_UP_TENANT, SIGN_UP_ROLE });
  const before = await count("users");
  const ann = visitor(worker);
  const home = await through(
    ann,
    GOOGLE,
    someone({ email: "gil@example.com", email_verified: true, given_name: "Gil" }),
    "/sign-in/google",
  );
  expect(home.path).toBe("/account");
  expect(await count("users")).toBe(before + 1);
});

test("buttons are there for configured providers alone", async () => {
  await set({ GOOGLE_AUTH_CLIENT_ID: "" });
  const page = await visitor(worker).open("/sign-in");
  expect(Object.keys(links(page))).not.toContain("Google");
  expect(Object.keys(links(page))).toContain("Apple");
  expect((await visitor(worker).open("/sign-in/google")).status).toBe(404);
  expect((await visitor(worker).open("/sign-in/nobody")).status).toBe(404);
});

test("a browser that fetches ahead begins nothing", async () => {
  const before = await count("one_time");
  const answer = await worker.fetch("/sign-in/google", { headers: { "sec-purpose": "prefetch" } });
  expect([answer.status, answer.headers.get("location"), await count("one_time")]).toEqual([204, null, before]);
});

describe("linking", () => {
  async function signedIn(wishes: Parameters<typeof aUser>[1] = {}) {
    const user = await aUser(worker, wishes);
    const ann = visitor(worker);
    await ann.signIn(user.username, user.password);
    return { user, ann };
  }

  test("adds an account elsewhere, with which one signs in from then on, and takes it away", async () => {
    const { user, ann } = await signedIn();
    const person = someone();
    const linked = await through(ann, GOOGLE, person, links(await ann.open("/account/linked"))["Link Google"]!);
    expect([linked.path, said(linked), texts(linked, "strong")]).toEqual([
      "/account/linked?notice=linked",
      "The account is linked.",
      ["Google"],
    ]);
    const phone = visitor(worker);
    expect((await through(phone, GOOGLE, person, "/sign-in/google")).path).toBe("/account");
    const unlinked = await ann.submit(
      linked,
      { identity: /name="identity" value="([^"]+)"/.exec(linked.html)![1]! },
      { action: "/account/linked" },
    );
    expect(said(unlinked)).toBe("The account is not linked any more.");
    // What came by it went with it; the browser that asked stays.
    expect((await phone.open("/account")).path).toMatch(/^\/sign-in/);
    expect((await ann.open("/account")).path).toBe("/account");
    expect((await through(phone, GOOGLE, person, "/sign-in/google")).status).toBe(403);
    expect((await worker.rows()).user_identities!.filter(({ user_id }) => user_id === user.id)).toEqual([]);
  });

  test("an account that is somebody else's is linked to nobody", async () => {
    const { person, user: owner } = await aMember(GOOGLE);
    const { ann } = await signedIn();
    const page = await through(ann, GOOGLE, person, "/account/linked/google");
    expect([page.status, texts(page, "h1")]).toEqual([403, ["That account does not open anything here"]]);
    const rows = (await worker.rows()).user_identities!.filter(({ subject }) => subject === person.sub);
    expect(rows.map(({ user_id }) => user_id)).toEqual([owner.id]);
  });

  test("a browser that has been signed out meanwhile links nothing", async () => {
    const { user, ann } = await signedIn();
    const away = await ann.open("/account/linked/google");
    await worker.db.prepare("update browsers set ended_on = 1, ended_why = 'test' where user_id = ?").bind(user.id).run();
    const fields = await outside.consent(GOOGLE, away.elsewhere!.href, someone());
    expect((await ann.open(`${GOOGLE.back}?${new URLSearchParams(fields)}`)).status).toBe(403);
    expect((await worker.rows()).user_identities!.filter(({ user_id }) => user_id === user.id)).toEqual([]);
  });

  test("needs a fresh proof", async () => {
    const { user, ann } = await signedIn();
    await worker.db.prepare("update browsers set auth_time = 1 where user_id = ?").bind(user.id).run();
    expect((await ann.open("/account/linked/google")).path).toBe("/account/proof?return_to=%2Faccount%2Flinked");
  });

  test("the last way in stays, also when two forms take two at once", async () => {
    const user = await aUser(worker, { storedPassword: null });
    const [one, other] = [someone(), someone()];
    await identify(GOOGLE, one.sub, user.id);
    await identify(APPLE, other.sub, user.id);
    const ann = visitor(worker);
    const page = await (await through(ann, GOOGLE, one, "/sign-in/google"), ann.open("/account/linked"));
    const ids = [...page.html.matchAll(/name="identity" value="([^"]+)"/g)].map(([, id]) => id!);
    expect(ids).toHaveLength(2);
    const answers = await Promise.all(ids.map((identity) => ann.submit(page, { identity }, { action: "/account/linked" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const left = await ann.open("/account/linked");
    expect(left.html).not.toContain('name="identity"');
    expect(texts(left, "p")).toContain("This is your only way to sign in. Set a password first.");
  });
});

describe("a proof by a provider", () => {
  test("is of the person who is signed in, and of no other", async () => {
    const user = await aUser(worker, { storedPassword: null });
    const person = someone();
    await identify(GOOGLE, person.sub, user.id);
    const { person: other } = await aMember(GOOGLE);
    const ann = visitor(worker);
    await through(ann, GOOGLE, person, "/sign-in/google");
    await worker.db.prepare("update browsers set auth_time = 1 where user_id = ?").bind(user.id).run();
    const ask = await ann.open("/account/password");
    expect([ask.path, ask.html.includes('name="password"')]).toEqual(["/account/proof?return_to=%2Faccount%2Fpassword", false]);
    const wrong = await through(ann, GOOGLE, other, links(ask).Google!);
    expect(wrong.status).toBe(403);
    const before = ann.jar.get("__Host-edgelatch");
    const page = await through(ann, GOOGLE, person, links(ask).Google!);
    expect([page.path, texts(page, "h1"), ann.jar.get("__Host-edgelatch") === before]).toEqual([
      "/account/password",
      ["Set a password"],
      false,
    ]);
    const done = await ann.submit(page, { password: "a first password" }, { action: "/account/password" });
    expect(done.path).toBe("/account/security?notice=password");
    expect((await our.loginToken({ username: user.username, password: "a first password" })).status).toBe(200);
  });
});

test("a return that belongs to a page is of no use to another browser", async () => {
  const { person } = await aMember(GOOGLE);
  const ann = visitor(worker);
  const away = await ann.open("/sign-in/google");
  const fields = await outside.consent(GOOGLE, away.elsewhere!.href, person);
  const thief = browser(worker);
  const answer = await thief.go("GET", `${GOOGLE.back}?${new URLSearchParams(fields)}`);
  expect([answer.status, thief.jar.size]).toEqual([401, 0]);
  expect((await ann.open(`${GOOGLE.back}?${new URLSearchParams(fields)}`)).path).toBe("/account");
});
