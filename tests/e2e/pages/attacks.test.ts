// What attackers do to pages, by name.

import { describe, expect, test } from "vitest";
import { ADMIN, DEMO } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { forms, said, texts, visitor } from "../../support/visitor";

const { worker, our } = useWorker({ settings: { DEV_MAILBOX: "on" } });
const mails = mailbox(worker);
const FORM = { "content-type": "application/x-www-form-urlencoded" };

async function signedIn() {
  const user = await aUser(worker, { email: `${crypto.randomUUID()}@example.com` });
  const ann = visitor(worker);
  await ann.signIn(user.username, user.password);
  return { user, ann };
}
const link = (userId: string) =>
  worker.db
    .prepare(
      "insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'https://accounts.google.com', ?1, ?1, 1)",
    )
    .bind(userId)
    .run();
const cookies = (ann: ReturnType<typeof visitor>) => ({ cookie: [...ann.jar].map((pair) => pair.join("=")).join("; ") });
const state = async (...tables: string[]) => {
  const rows = await worker.rows();
  return JSON.stringify(tables.map((table) => rows[table]));
};

describe("CSRF", () => {
  const ACTIONS = ["/account", "/account/password", "/account/email", "/account/devices", "/account/linked", "/account/proof", "/sign-out"];

  test.each(ACTIONS)("a form for %s counts only from our page, in this browser, with its own token", async (action) => {
    const { user, ann } = await signedIn();
    // Something to end, and something to unlink.
    await visitor(worker).signIn(user.username, user.password);
    await link(user.id);
    const page = await ann.open(action);
    const own = forms(page).find((form) => form.action.startsWith(action))!;
    const eve = visitor(worker);
    await eve.signIn(user.username, user.password);
    const foreign = forms(await eve.open(action)).find((form) => form.action.startsWith(action))!;
    const other = forms(await ann.open(action === "/sign-out" ? "/account" : "/sign-out")).find((form) => !form.action.startsWith(action))!;
    const before = await state("users", "user_credentials", "browsers", "sessions", "user_identities", "one_time");
    const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      worker.fetch(own.action, {
        method: "POST",
        body: new URLSearchParams(fields).toString(),
        headers: { ...FORM, ...cookies(ann), ...headers },
      });
    const token = own.fields.form_token!;
    const tried = {
      "no token": await post({ ...own.fields, form_token: "" }),
      "another browser's token": await post({ ...own.fields, form_token: foreign.fields.form_token! }),
      "another form's token": await post({ ...own.fields, form_token: other.fields.form_token! }),
      "a changed token": await post({ ...own.fields, form_token: `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}` }),
      "from another site": await post(own.fields, { "sec-fetch-site": "cross-site", origin: "https://evil.example" }),
      "from a neighbour": await post(own.fields, { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:9999" }),
      "from nowhere": await post(own.fields, { origin: "null" }),
    };
    expect(Object.fromEntries(Object.entries(tried).map(([name, { status }]) => [name, status]))).toEqual(
      Object.fromEntries(Object.keys(tried).map((name) => [name, 403])),
    );
    expect(await state("users", "user_credentials", "browsers", "sessions", "user_identities", "one_time")).toBe(before);
  });
});

describe("login CSRF", () => {
  test("nobody signs another's browser in with a form of his own", async () => {
    const eve = visitor(worker);
    const form = forms(await eve.open("/sign-in"))[0]!;
    const victim = visitor(worker);
    await victim.open("/sign-in");
    const body = new URLSearchParams({ ...form.fields, ...DEMO }).toString();
    for (const headers of [cookies(victim), {}, { ...cookies(victim), "sec-fetch-site": "cross-site", origin: "https://evil.example" }]) {
      const answer = await worker.fetch("/sign-in", { method: "POST", body, headers: { ...FORM, ...headers } });
      expect([answer.status, answer.headers.get("set-cookie") ?? ""]).toEqual([403, expect.not.stringContaining("__Host-edgelatch=")]);
    }
  });

  test("a form that is refused comes again with what was typed, and then works", async () => {
    const ann = visitor(worker);
    const page = await ann.open("/sign-in");
    ann.jar.delete("__Host-edgelatch-form");
    const again = await ann.submit(page, { ...DEMO, keep: "on" });
    expect([again.status, said(again)?.startsWith("This page had been open for too long"), forms(again)[0]!.fields.username]).toEqual([
      403,
      true,
      "demo",
    ]);
    expect(again.html).not.toContain(DEMO.password);
    expect((await ann.submit(again, { password: DEMO.password })).path).toBe("/account");
  });
});

test("fixation: neither the browser's cookie nor the form's survives a sign-in or a proof", async () => {
  const user = await aUser(worker);
  const ann = visitor(worker);
  ann.jar.set("__Host-edgelatch", "planted-by-somebody");
  const page = await ann.open("/sign-in");
  const planted = ann.jar.get("__Host-edgelatch-form")!;
  await ann.submit(page, { username: user.username, password: user.password });
  const [browser, form] = [ann.jar.get("__Host-edgelatch")!, ann.jar.get("__Host-edgelatch-form")!];
  expect([browser === "planted-by-somebody", form === planted]).toEqual([false, false]);
  // A token that was made before the sign-in is of no use after it.
  const old = new URLSearchParams({ form_token: forms(page)[0]!.fields.form_token! }).toString();
  expect((await worker.fetch("/sign-out", { method: "POST", body: old, headers: { ...FORM, ...cookies(ann) } })).status).toBe(403);
  const proof = await ann.open("/account/proof");
  await ann.submit(proof, { password: user.password }, { action: "/account/proof" });
  expect([ann.jar.get("__Host-edgelatch") === browser, ann.jar.get("__Host-edgelatch-form") === form]).toEqual([false, false]);
  const thief = visitor(worker);
  thief.jar.set("__Host-edgelatch", browser);
  expect((await thief.open("/account")).path).toMatch(/^\/sign-in/);
});

describe("open redirect", () => {
  test.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\n/evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "http://127.0.0.1:8787@evil.example/",
    ".evil.example",
    "@evil.example",
  ])("return_to=%s leads to the account", async (path) => {
    const ann = visitor(worker);
    const page = await ann.signIn(DEMO.username, DEMO.password, `/sign-in?return_to=${encodeURIComponent(path)}`);
    expect([page.elsewhere, page.path]).toEqual([undefined, "/account"]);
  });

  test("a path of ours is kept with its query", async () => {
    const ann = visitor(worker);
    const page = await ann.signIn(
      DEMO.username,
      DEMO.password,
      `/sign-in?return_to=${encodeURIComponent("/account/activity?before=5&id=x")}`,
    );
    expect(page.path).toBe("/account/activity?before=5&id=x");
  });
});

test("two tabs: both forms work, and the one that comes after a sign-in asks again", async () => {
  const ann = visitor(worker);
  const [one, other] = [await ann.open("/sign-in"), await ann.open("/sign-in")];
  expect((await ann.submit(one, DEMO)).path).toBe("/account");
  const late = await ann.submit(other, ADMIN);
  expect(late.status).toBe(403);
  expect(texts(await ann.open("/account"), "dd")).toContain("demo");
});

test("a double submit of a sign-in leaves one browser", async () => {
  const user = await aUser(worker);
  const ann = visitor(worker);
  const form = forms(await ann.open("/sign-in"))[0]!;
  const body = new URLSearchParams({ ...form.fields, username: user.username, password: user.password }).toString();
  const answers = await Promise.all(
    [1, 2, 3].map(() => worker.fetch("/sign-in", { method: "POST", body, headers: { ...FORM, ...cookies(ann) } })),
  );
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
  const open = (await worker.rows()).browsers!.filter(({ user_id, ended_on }) => user_id === user.id && ended_on === null);
  expect(open).toHaveLength(1);
});

test("the same wrong password costs the same, whoever is named", async () => {
  const html = async (username: string) => {
    const page = await visitor(worker).signIn(username, "wrong");
    return page.html.replaceAll(/value="[^"]*"/g, "").replaceAll(username, "");
  };
  const [known, unknown] = [await html("demo"), await html("nobody")];
  expect(known).toBe(unknown);
});

test("a link that was opened is of its own kind alone", async () => {
  const { user, ann } = await signedIn();
  await ann.submit(await ann.open("/account/email"), { email: "kind@example.com" }, { action: "/account/email" });
  const { token } = await mails.wait("kind@example.com");
  for (const path of ["/reset-password", "/sign-up", "/undo-email"])
    expect((await visitor(worker).open(`${path}?token=${token}`)).status, path).toBe(410);
  expect((await our.send("GET", `/auth/verify-reset-password-link?token=${token}`)).status).toBe(401);
  const row = await worker.db.prepare("select email from users where id = ?").bind(user.id).first<{ email: string }>();
  expect(row!.email).not.toBe("kind@example.com");
});

test("of a hundred uses of one link at once one confirms, and one way back is kept", async () => {
  const { user, ann } = await signedIn();
  await ann.submit(await ann.open("/account/email"), { email: "race@example.com" }, { action: "/account/email" });
  const { link } = await mails.wait("race@example.com");
  const phone = visitor(worker);
  const page = await phone.open(new URL(link!).pathname + new URL(link!).search);
  const body = new URLSearchParams(forms(page)[0]!.fields).toString();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => worker.fetch("/confirm-email", { method: "POST", body, headers: { ...FORM, ...cookies(phone) } })),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.every((status) => [200, 409, 410].includes(status))).toBe(true);
  const kept = (await worker.rows()).one_time!.filter(({ kind, user_id }) => kind === "undo-email" && user_id === user.id);
  expect(kept).toHaveLength(1);
});

test("no cookie, token or password of a page is in the log", async () => {
  const { user, ann } = await signedIn();
  await ann.submit(
    await ann.open("/account/password"),
    { old_password: user.password, password: "never to be seen" },
    { action: "/account/password" },
  );
  const printed = await worker.printed();
  for (const secret of [...ann.jar.values(), user.password, "never to be seen"]) expect(printed).not.toContain(secret);
});
