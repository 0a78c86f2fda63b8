// The account pages: profile, address, password, devices, activity.

import { describe, expect, test } from "vitest";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";
import { forms, links, said, texts, visitor } from "../../support/visitor";

const { worker, our } = useWorker({ settings: { DEV_MAILBOX: "on" } });
const mails = mailbox(worker);
const row = (id: string) => worker.db.prepare("select * from users where id = ?").bind(id).first<Record<string, unknown>>();

async function signedIn(wishes: Parameters<typeof aUser>[1] = {}) {
  const user = await aUser(worker, wishes);
  const ann = visitor(worker);
  expect((await ann.signIn(user.username, user.password)).path).toBe("/account");
  return { user, ann };
}

/** The proof of a browser is too old from now on. */
const later = (userId: string) =>
  worker.db.prepare("update browsers set auth_time = auth_time - 300001 where user_id = ?").bind(userId).run();

describe("the profile", () => {
  test("is saved whole, in the language that was chosen", async () => {
    const { user, ann } = await signedIn();
    const fields = {
      first_name: "Änn",
      middle_name: "",
      last_name: "Lee",
      phone: "+49 30 1",
      dob: "1980-12-31",
      gender: "F",
      locale: "de",
    };
    const saved = await ann.submit(await ann.open("/account"), fields, { action: "/account" });
    expect([saved.status, said(saved), texts(saved, "h1")]).toEqual([200, "Ihr Profil ist gespeichert.", ["Profil"]]);
    expect(forms(saved).find(({ action }) => action === "/account")!.fields).toMatchObject(fields);
    expect(await row(user.id)).toMatchObject({ first_name: "Änn", middle_name: null, last_name: "Lee", gender: "F", dob: "1980-12-31" });
    const pair = await our.signIn({ username: user.username, password: user.password });
    expect((await our.me(pair.accessToken)).body).toMatchObject({ firstName: "Änn", userPreferences: { locale: "de" } });
  });

  test.each([
    ["first_name", "", "Type a first name."],
    ["first_name", "x".repeat(201), "First name: that is too long."],
    ["phone", "1".repeat(201), "Telephone: that is too long."],
    ["dob", "31.12.1980", "Type the date of birth as year-month-day, such as 1980-12-31."],
  ])("%s %.10s is told, and nothing is stored", async (name, value, sentence) => {
    const { user, ann } = await signedIn();
    const before = await row(user.id);
    const page = await ann.submit(await ann.open("/account"), { [name]: value, last_name: "Kept" }, { action: "/account" });
    expect([page.status, said(page)]).toEqual([422, sentence]);
    expect(forms(page).find(({ action }) => action === "/account")!.fields.last_name).toBe("Kept");
    expect(await row(user.id)).toEqual(before);
  });

  test("markup in every field is text on every page", async () => {
    const markup = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;
    const { user, ann } = await signedIn();
    await worker.db
      .prepare("update users set first_name = ?1, last_name = ?1, phone = ?1, email = ?1, username = ?1 where id = ?2")
      .bind(markup, user.id)
      .run();
    await worker.db.prepare("update browsers set user_agent = ?1, country = ?1 where user_id = ?2").bind(markup, user.id).run();
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?1, ?1, ?1, ?2, 1)")
      .bind(markup, user.id)
      .run();
    for (const path of [
      "/account",
      "/account/security",
      "/account/password",
      "/account/devices",
      "/account/linked",
      "/account/activity",
      "/sign-out",
      "/select-account",
    ]) {
      const page = await ann.open(path);
      expect([page.status, page.html.includes("<img src=x"), page.html.includes("<script>alert")], path).toEqual([200, false, false]);
    }
    expect((await ann.open("/account")).html).toContain("&#60;script&#62;");
  });
});

describe("the password", () => {
  test("is changed with the present one, and everything but this browser is signed out", async () => {
    const { user, ann } = await signedIn({ email: "pass@example.com" });
    const [elsewhere, pair] = [visitor(worker), await our.signIn({ username: user.username, password: user.password })];
    await elsewhere.signIn(user.username, user.password);
    const before = ann.jar.get("__Host-edgelatch");
    const page = await ann.open("/account/password");
    const done = await ann.submit(page, { old_password: user.password, password: "quite another one" }, { action: "/account/password" });
    expect([done.path, said(done)]).toEqual([
      "/account/security?notice=password",
      "Your password is changed, and every other device was signed out.",
    ]);
    expect(ann.jar.get("__Host-edgelatch")).not.toBe(before);
    expect((await our.me(pair.accessToken)).status).toBe(401);
    expect((await elsewhere.open("/account")).path).toMatch(/^\/sign-in/);
    expect((await our.loginToken({ username: user.username, password: "quite another one" })).status).toBe(200);
    await worker.settled();
    const kinds = (await mails.to("pass@example.com")).map(({ kind }) => kind).sort();
    expect(kinds, "of the other browser, and of the change").toEqual(["new-device", "password-changed"]);
  });

  test.each([
    [{ old_password: "wrong", password: "quite another one" }, "The present password is not right."],
    [{ password: "short" }, "The password needs at least 8 characters."],
    [{ password: "x".repeat(257) }, "The password can have at most 256 characters."],
  ])("%j is refused, and all stays as it was", async (typed, sentence) => {
    const { user, ann } = await signedIn();
    const page = await ann.submit(
      await ann.open("/account/password"),
      { old_password: user.password, ...typed },
      { action: "/account/password" },
    );
    expect([page.status, said(page)]).toEqual([422, sentence]);
    expect(page.html).not.toContain(typed.password);
    expect((await ann.open("/account")).status).toBe(200);
    expect((await our.loginToken({ username: user.username, password: user.password })).status).toBe(200);
  });

  test("the present one again is no change", async () => {
    const { user, ann } = await signedIn();
    const typed = { old_password: user.password, password: user.password };
    const page = await ann.submit(await ann.open("/account/password"), typed, { action: "/account/password" });
    expect(said(page)).toBe("That is the present password. Choose another.");
  });

  test("guesses at the present one are counted as failed sign-ins", async () => {
    const { user, ann } = await signedIn();
    for (let n = 0; n < 10; n++)
      await ann.submit(
        await ann.open("/account/password"),
        { old_password: `wrong ${n}`, password: "quite another one" },
        { action: "/account/password" },
      );
    const right = { old_password: user.password, password: "quite another one" };
    const page = await ann.submit(await ann.open("/account/password"), right, { action: "/account/password" });
    expect(said(page)).toMatch(/^Too many attempts/);
  });

  test("a password manager finds the page, and the names of the fields", async () => {
    const well = await worker.fetch("/.well-known/change-password");
    expect([well.status, well.headers.get("location")]).toEqual([303, "/account/password"]);
    const reliable = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    expect((await worker.fetch(reliable, { headers: { accept: "text/html" } })).status).toBe(404);
    const { user, ann } = await signedIn();
    const page = await ann.open("/account/password");
    expect(page.html).toContain(`<input type="text" autocomplete="username" value="${user.username}" hidden>`);
    expect(page.html).toMatch(/autocomplete="current-password"[\s\S]*autocomplete="new-password" passwordrules="minlength: 8;"/);
  });
});

describe("the address", () => {
  test("is proven by the new one, moves a username that was it, and can be taken back by the old one", async () => {
    const { user, ann } = await signedIn({ username: "old@example.com", email: "old@example.com" });
    const asked = await ann.submit(await ann.open("/account/email"), { email: "New@example.com" }, { action: "/account/email" });
    expect([asked.path, said(asked)]).toEqual([
      "/account/security?notice=email",
      "We have written to the new address. It counts once you follow the link there.",
    ]);
    const { link } = await mails.wait("New@example.com");
    // A scanner follows the link: nothing is used up.
    for (let n = 0; n < 3; n++) await visitor(worker).open(new URL(link!).pathname + new URL(link!).search);
    expect(await row(user.id)).toMatchObject({ email: "old@example.com" });
    // Another browser, as in a mail program.
    const phone = visitor(worker);
    const page = await phone.open(new URL(link!).pathname + new URL(link!).search);
    expect([page.path, texts(page, "h1")]).toEqual(["/confirm-email", ["Confirm your address"]]);
    const done = await phone.submit(page);
    expect(texts(done, "h1")).toEqual(["Your address is confirmed"]);
    expect(await row(user.id)).toMatchObject({
      email: "New@example.com",
      email_verified: 1,
      username: "New@example.com",
      username_key: "new@example.com",
    });
    // Once.
    expect((await phone.open(new URL(link!).pathname + new URL(link!).search)).status).toBe(410);
    // The thief goes on to change the password; the way back stays.
    const typed = { old_password: user.password, password: "of the thief now" };
    await ann.submit(await ann.open("/account/password"), typed, { action: "/account/password" });
    const told = await mails.wait("old@example.com");
    expect(told.kind).toBe("email-changed");
    const owner = visitor(worker);
    const back = await owner.open(new URL(told.link!).pathname + new URL(told.link!).search);
    expect([back.path, texts(back, "h1")]).toEqual(["/undo-email", ["Take the change back?"]]);
    const undone = await owner.submit(back);
    expect(texts(undone, "h1")).toEqual(["The change is taken back"]);
    expect(await row(user.id)).toMatchObject({ email: "old@example.com", email_verified: 1, username: "old@example.com" });
    expect((await ann.open("/account")).path).toMatch(/^\/sign-in/);
    expect(links(undone)["Choose a new password"]).toBe("/forgot-password?login_hint=old%40example.com");
  });

  test("needs a fresh proof, and the proof changes the cookie", async () => {
    const { user, ann } = await signedIn({ email: "fresh@example.com" });
    await later(user.id);
    const before = ann.jar.get("__Host-edgelatch");
    const page = await ann.open("/account/email");
    expect([page.path, texts(page, "h1")]).toEqual(["/account/proof?return_to=%2Faccount%2Femail", ["Is it you?"]]);
    const wrong = await ann.submit(page, { password: "wrong" }, { action: page.path });
    expect([wrong.status, said(wrong)]).toEqual([422, "The password is not right."]);
    const form = await ann.submit(wrong, { password: user.password }, { action: page.path });
    expect([form.path, ann.jar.get("__Host-edgelatch") === before]).toEqual(["/account/email", false]);
    // Neither does a form that was open already get through with an old proof.
    await later(user.id);
    const sent = await ann.submit(form, { email: "other@example.com" }, { action: "/account/email" });
    expect(sent.path).toBe("/account/proof?return_to=%2Faccount%2Femail");
    await worker.settled();
    expect(await mails.to("other@example.com")).toEqual([]);
  });

  test("is changed by an app's API as at the page, soon after a sign-in only", async () => {
    const user = await aUser(worker, { email: "app@example.com" });
    const { accessToken } = await our.signIn({ username: user.username, password: PASSWORD });
    const change = (email: string) => our.post("/auth/me/email", { email }, our.bearer(accessToken));
    expect((await change("no address")).status).toBe(422);
    expect((await our.post("/auth/me/email", { email: "api@example.com" })).status).toBe(401);
    expect((await change("api@example.com")).status).toBe(204);
    const { link } = await mails.wait("api@example.com");
    const phone = visitor(worker);
    await phone.submit(await phone.open(new URL(link!).pathname + new URL(link!).search));
    expect((await our.me(accessToken)).body.email).toBe("api@example.com");
    await worker.db.prepare("update sessions set auth_time = auth_time - 301000 where user_id = ?").bind(user.id).run();
    const stale = await change("later@example.com");
    expect(stale.status).toBe(401);
    expect(stale.body).toMatchObject({ error: { details: [{ code: "step-up-required", info: { max_age: 300 } }] } });
    expect(await mails.to("later@example.com")).toEqual([]);
  });

  test("of somebody else is told to its owner's browser alone, when the link is used", async () => {
    await aUser(worker, { email: "taken@example.com" });
    const { user, ann } = await signedIn({ email: "mine@example.com" });
    const asked = await ann.submit(await ann.open("/account/email"), { email: "taken@example.com" }, { action: "/account/email" });
    expect(asked.path).toBe("/account/security?notice=email");
    const { link } = await mails.wait("taken@example.com");
    const page = await ann.submit(await ann.open(new URL(link!).pathname + new URL(link!).search));
    expect([page.status, texts(page, "p")[0]]).toEqual([409, "There is an account with this address already."]);
    expect(await row(user.id)).toMatchObject({ email: "mine@example.com" });
  });

  test.each(["", "no address", "a@b@c", "a@example.com,b@example.com"])("%j is none", async (email) => {
    const { ann } = await signedIn();
    const page = await ann.submit(await ann.open("/account/email"), { email }, { action: "/account/email" });
    expect([page.status, said(page)]).toEqual([422, "That is not an e-mail address, such as ann@example.com."]);
  });
});

describe("devices", () => {
  test("lists browsers and apps, ends one, and all others", async () => {
    const { user, ann } = await signedIn();
    const phone = visitor(worker, { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1" });
    await phone.signIn(user.username, user.password);
    const pair = await our.signIn({ username: user.username, password: user.password }, { "user-agent": "Fieldbook/3 (Android 16)" });
    const page = await ann.open("/account/devices");
    expect(texts(page, "strong").sort()).toEqual(["Safari, iPhone", "demo-web", "undici"]);
    expect(texts(page, "span")).toContain("this browser");
    const one = forms(page).findIndex(({ buttons }) => buttons.some(([name]) => name === "session"));
    const session = forms(page)[one]!.buttons[0]![1]!;
    const ended = await ann.submit(page, { session }, { action: "/account/devices" });
    expect(said(ended)).toBe("It is signed out.");
    expect((await our.me(pair.accessToken)).status).toBe(401);
    const others = await ann.submit(await ann.open("/account/devices"), { others: "on" }, { action: "/account/devices" });
    expect(said(others)).toBe("Everything but this browser is signed out.");
    expect((await phone.open("/account")).path).toMatch(/^\/sign-in/);
    expect((await ann.open("/account")).status).toBe(200);
  });

  test("a browser or session of another user is not ended", async () => {
    const { user, ann } = await signedIn();
    const eve = await signedIn();
    const rows = (await worker.rows()).browsers!.filter(({ user_id }) => user_id === user.id);
    const pair = await our.signIn({ username: user.username, password: user.password });
    const session = (await worker.rows()).sessions!.find(({ user_id }) => user_id === user.id)!.id as string;
    const page = await eve.ann.open("/account/devices");
    await eve.ann.submit(page, { browser: rows[0]!.id as string }, { action: "/account/devices" });
    await eve.ann.submit(page, { session }, { action: "/account/devices" });
    expect((await ann.open("/account")).path).toBe("/account");
    expect((await our.me(pair.accessToken)).status).toBe(200);
  });

  test("a new device is told to the owner, the first sign-in and a known device are not", async () => {
    const { user, ann } = await signedIn({ email: "device@example.com" });
    await worker.settled();
    expect(await mails.to("device@example.com")).toEqual([]);
    await ann.submit(await ann.open("/sign-in?prompt=login"), { username: user.username, password: user.password });
    await worker.settled();
    expect(await mails.to("device@example.com")).toEqual([]);
    const phone = visitor(worker, { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1" });
    await phone.signIn(user.username, user.password);
    expect(await mails.wait("device@example.com")).toMatchObject({ kind: "new-device", subject: "A new device has signed in" });
  });
});

describe("activity", () => {
  test("has what happened, the latest first, page by page", async () => {
    const { user, ann } = await signedIn();
    await visitor(worker).signIn(user.username, "wrong");
    await worker.settled();
    const first = await ann.open("/account/activity");
    expect(texts(first, "td").filter((_, n) => n % 3 === 0)).toEqual(["Sign-in refused: wrong password", "Signed in"]);
    const insert = worker.db.prepare("insert into login_activity (id, at, kind, result, user_id) values (?, ?, 'sign-in', 'ok', ?)");
    await worker.db.batch(
      Array.from({ length: 120 }, (_, n) =>
        insert.bind(`${user.id} ${String(n).padStart(3, "0")}`, 1_000_000 + Math.floor(n / 10), user.id),
      ),
    );
    const seen = new Set<string>();
    let page = first;
    let pages = 0;
    for (let path: string | undefined = "/account/activity"; path; path = links(page).Earlier) {
      page = await ann.open(path);
      pages++;
      for (const id of texts(page, "tr")) seen.add(`${pages} ${id}`);
      expect(texts(page, "tbody")).toHaveLength(1);
    }
    expect(pages).toBe(3);
    expect(links(page)["The latest"]).toBe("/account/activity");
  });

  test("of one user is shown to no other", async () => {
    const [one, other] = [await signedIn(), await signedIn()];
    await visitor(worker).signIn(one.user.username, "wrong");
    await worker.settled();
    expect((await other.ann.open("/account/activity")).html).not.toContain("wrong password");
  });
});

test("account pages wait twice for storage at most", async () => {
  const { ann } = await signedIn();
  for (const [path, waits] of [
    ["/account", 1],
    ["/account/security", 2],
    ["/account/password", 1],
    ["/account/email", 1],
    ["/account/devices", 2],
    ["/account/linked", 2],
    ["/account/activity", 2],
  ] as const)
    expect((await ann.open(path)).waits, path).toBe(waits);
});
