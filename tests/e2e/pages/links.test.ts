// Signing up and forgotten passwords at our pages: what is asked for, mailed, opened and used.

import { describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { forms, links, said, texts, visitor } from "../../support/visitor";

const { SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } = demoSettings;
const { worker, our } = useWorker({ settings: { DEV_MAILBOX: "on", SIGN_UP_TENANT, SIGN_UP_ROLE, SIGN_UP_CLIENT_IDS } });
const mails = mailbox(worker);
const fresh = () => visitor(worker);
const local = (link: string | null) => new URL(link!).pathname + new URL(link!).search;
const PASSWORD = "a very good one";

describe("signing up", () => {
  async function invited(email: string, path = "/sign-up") {
    const ann = fresh();
    const sent = await ann.submit(await ann.open(path), { email });
    return { ann, sent, mail: await mails.wait(email) };
  }

  test("goes by a link, makes the account, and signs its browser in", async () => {
    const { ann, sent, mail } = await invited("cid@example.com");
    expect(texts(sent, "h1")).toEqual(["Look into your mailbox"]);
    const page = await ann.open(local(mail.link));
    expect([page.path, texts(page, "h1"), page.html.includes("cid@example.com")]).toEqual(["/sign-up", ["Almost done"], true]);
    const done = await ann.submit(page, { first_name: "Cid", last_name: "Lee", password: PASSWORD });
    expect([done.path, texts(done, "h1")]).toEqual(["/sign-up?step=done", ["Welcome"]]);
    const account = await ann.open("/account");
    expect(forms(account).at(-1)!.fields).toMatchObject({ first_name: "Cid", last_name: "Lee", locale: "en" });
    expect((await our.loginToken({ username: "cid@example.com", password: PASSWORD })).status).toBe(200);
    // The link worked once; another browser with the same link learns so, and is led to a new one.
    const late = fresh();
    const dead = await late.open(local(mail.link));
    expect([dead.status, texts(dead, "h1")]).toEqual([410, ["This link does not work any more"]]);
    expect(texts(await late.open(links(dead)["Ask for a new link"]!), "h1")).toEqual(["Make an account"]);
  });

  test("for an app ends with a way back to it, whatever browser opens the link", async () => {
    const { mail } = await invited("dee@example.com", "/sign-up?client_id=demo-web&state=s");
    const phone = fresh();
    const done = await phone.submit(await phone.open(local(mail.link)), { password: PASSWORD });
    expect([done.path, links(done)["Go to demo-web"]]).toEqual(["/sign-up?client_id=demo-web&step=done", "http://localhost:5173"]);
    expect((await phone.open("/sign-in?client_id=demo-web&state=s")).elsewhere!.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
  });

  test("with a password that will not do keeps what was typed, and the link", async () => {
    const { ann, mail } = await invited("eve@example.com");
    const page = await ann.submit(await ann.open(local(mail.link)), { first_name: "Eve", password: "short" });
    expect([page.status, said(page), forms(page)[0]!.fields.first_name]).toEqual([422, "The password needs at least 8 characters.", "Eve"]);
    expect((await ann.submit(page, { first_name: "Eve", password: PASSWORD })).path).toBe("/sign-up?step=done");
  });

  test("says the same for an address that has an account, whose owner is told", async () => {
    await aUser(worker, { email: "known@example.com" });
    const { sent, mail } = await invited("known@example.com");
    const other = (await invited("unknown@example.com")).sent;
    expect([sent.status, sent.path, sent.html]).toEqual([other.status, other.path, other.html]);
    expect(mail).toMatchObject({ subject: "You have an account already", link: null });
  });

  test.each(["", "no address", "a@b@c"])("%j is no address", async (email) => {
    const ann = fresh();
    const page = await ann.submit(await ann.open("/sign-up"), { email });
    expect([page.status, said(page)]).toEqual([422, "That is not an e-mail address, such as ann@example.com."]);
  });

  test("an address that has got an account meanwhile is told at the form", async () => {
    const { ann, mail } = await invited("late@example.com");
    const page = await ann.open(local(mail.link));
    await aUser(worker, { email: "late@example.com" });
    const refused = await ann.submit(page, { password: PASSWORD });
    expect([refused.status, said(refused)?.startsWith("There is an account for this address already.")]).toEqual([422, true]);
  });

  test("a scanner that follows the link uses nothing up", async () => {
    const { ann, mail } = await invited("scan@example.com");
    for (let n = 0; n < 5; n++) await fresh().open(local(mail.link));
    expect((await ann.submit(await ann.open(local(mail.link)), { password: PASSWORD })).path).toBe("/sign-up?step=done");
  });

  test("a form that is sent twice makes one account and one browser", async () => {
    const { ann, mail } = await invited("twice@example.com");
    const page = await ann.open(local(mail.link));
    const body = new URLSearchParams({ ...forms(page)[0]!.fields, password: PASSWORD }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded", cookie: [...ann.jar].map((pair) => pair.join("=")).join("; ") };
    const answers = await Promise.all([1, 2].map(() => worker.fetch("/sign-up", { method: "POST", body, headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, expect.any(Number)]);
    const { users, browsers } = await worker.rows();
    const made = users!.filter(({ email }) => email === "twice@example.com");
    expect(made).toHaveLength(1);
    expect(browsers!.filter(({ user_id, ended_on }) => user_id === made[0]!.id && ended_on === null)).toHaveLength(1);
  });
});

describe("a forgotten password", () => {
  async function forgotten(name: string, path = "/forgot-password") {
    const ann = fresh();
    return { ann, sent: await ann.submit(await ann.open(path), { username: name }) };
  }

  test("is replaced by a link, which signs everybody out", async () => {
    const user = await aUser(worker, { email: "lost@example.com" });
    const pair = await our.signIn({ username: user.username, password: user.password });
    const { sent } = await forgotten("lost@example.com");
    expect([sent.path, texts(sent, "h1")]).toEqual(["/forgot-password?step=sent", ["Look into your mailbox"]]);
    const { link } = await mails.wait("lost@example.com");
    const phone = fresh();
    const page = await phone.open(local(link));
    expect([page.path, texts(page, "h1")]).toEqual(["/reset-password", ["Choose a new password"]]);
    expect(page.html).toContain(`<input type="text" autocomplete="username" value="${user.username}" hidden>`);
    for (const [typed, sentence] of [
      ["short", "The password needs at least 8 characters."],
      [user.password, "That is the present password. Choose another."],
    ] as const)
      expect(said(await phone.submit(page, { password: typed }))).toBe(sentence);
    const done = await phone.submit(page, { password: PASSWORD });
    expect([done.path, texts(done, "h1")]).toEqual(["/reset-password?step=done", ["Your password is changed"]]);
    expect((await our.me(pair.accessToken)).status).toBe(401);
    expect((await our.loginToken({ username: user.username, password: PASSWORD })).status).toBe(200);
    // It opens no browser by itself: a second factor may be due.
    expect((await phone.open("/account")).path).toMatch(/^\/sign-in/);
    expect((await phone.open(local(link))).status).toBe(410);
  });

  test("says the same for whoever is named", async () => {
    const user = await aUser(worker, { email: "same@example.com" });
    const inactive = await aUser(worker, { status: 2, email: "inactive@example.com" });
    const answers = [];
    for (const name of [user.username, "same@example.com", inactive.username, "nobody", "x".repeat(320)]) {
      const { sent } = await forgotten(name);
      answers.push([sent.status, sent.path, sent.html]);
    }
    expect(new Set(answers.map(String)).size).toBe(1);
    await worker.settled();
    expect(await mails.to("inactive@example.com")).toEqual([]);
  });

  test("of an app's API leads to our page, and from there back to the app", async () => {
    const user = await aUser(worker, { email: "app@example.com" });
    await our.post("/auth/forget-password", { client_id: "demo-web", client_secret: "demo-web-secret", username: user.username });
    const { link } = await mails.wait("app@example.com");
    const ann = fresh();
    const done = await ann.submit(await ann.open(local(link)), { password: PASSWORD });
    expect(links(done)["Go to demo-web"]).toBe("http://localhost:5173");
  });

  test("of our page is none of the API's", async () => {
    const user = await aUser(worker, { email: "page@example.com" });
    await forgotten(user.username);
    const { token } = await mails.wait("page@example.com");
    const body = { client_id: "demo-web", client_secret: "demo-web-secret", token, password: PASSWORD };
    expect((await our.send("PATCH", "/auth/reset-password", { body })).status).toBe(401);
  });

  test("a link's token is in no address that stays, and in no cookie in the clear", async () => {
    const user = await aUser(worker, { email: "trace@example.com" });
    await forgotten(user.username);
    const { link, token } = await mails.wait("trace@example.com");
    const answer = await worker.fetch(local(link), { headers: { accept: "text/html" } });
    expect([answer.status, answer.headers.get("location"), answer.headers.get("referrer-policy")]).toEqual([
      303,
      "/reset-password",
      "same-origin",
    ]);
    const cookie = answer.headers.get("set-cookie")!;
    expect(cookie).toMatch(/__Host-edgelatch-reset=[\w-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax; Secure/);
    expect(cookie).not.toContain(token!);
    expect(await worker.printed()).not.toContain(token!);
  });

  test("without a cookie of a link there is nothing to set", async () => {
    expect((await fresh().open("/reset-password")).status).toBe(410);
    const forged = await worker.fetch("/reset-password", { headers: { cookie: "__Host-edgelatch-reset=forged", accept: "text/html" } });
    expect(forged.status).toBe(410);
  });
});

test("where nobody can sign up, the page says so, and sign-in offers nothing", async () => {
  await worker.restart({ SIGN_UP_TENANT: undefined, SIGN_UP_ROLE: undefined, SIGN_UP_CLIENT_IDS: undefined });
  const page = await fresh().open("/sign-up");
  expect([page.status, texts(page, "h1")]).toEqual([403, ["No new accounts"]]);
  expect((await fresh().open("/sign-in")).html).not.toContain("/sign-up");
});
