// The administration, by forms alone: each verb, and who may not.

import { randomBytes, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN, type Answer } from "../../support/api";
import { KINDS, oneOfEverything, walk } from "../../support/administration";
import { HOME, MANAGES, MEMBER, useManagement } from "../../support/management";
import { mailbox } from "../../support/mailbox";
import { PASSWORD, aUser } from "../../support/seed";
import { type Screen, forms, hrefs, links, said, texts, visitor } from "../../support/visitor";

const { worker, our, aTenant, aMember, withPermissions } = useManagement({ settings: { DEV_MAILBOX: "on" } });
const mails = mailbox(worker);
let admin: ReturnType<typeof visitor>;

beforeAll(async () => {
  admin = visitor(worker);
  expect((await admin.signIn(ADMIN.username, ADMIN.password)).path).toBe("/account");
});

const first = <T>(sql: string, ...values: unknown[]) =>
  worker.db
    .prepare(sql)
    .bind(...values)
    .first<T & Record<string, unknown>>();
const personPath = (id: string, tenant = HOME) => `/admin/tenants/${tenant}/users/${id}`;
/** Opens the page that asks for a step, and sends its form. */
async function does(path: string, step: string, typed: Record<string, string> = {}, by = admin): Promise<Screen> {
  const asks = await by.open(`${path}?step=${step}`);
  expect([asks.status, step]).toEqual([200, step]);
  return by.submit(asks, typed);
}
/** The names and values of a page. */
const facts = (screen: Screen) => {
  const values = texts(screen, "dd");
  return Object.fromEntries(texts(screen, "dt").map((name, n) => [name, values[n]]));
};
/** Gives somebody a second factor. */
const aPasskey = (userId: string) =>
  worker.db
    .prepare(
      `insert into factors (id, user_id, kind, name, credential_id, public_key, sign_count, backup_eligible, backed_up, rp_id, created_on, confirmed_on)
       values (?1, ?2, 'passkey', 'Blue key', ?1, 'x', 0, 0, 0, 'localhost', 1, 1)`,
    )
    .bind(randomUUID(), userId)
    .run();
const signedIn = async (username: string) => {
  const somebody = visitor(worker);
  await somebody.signIn(username, PASSWORD);
  return somebody;
};

describe("people", () => {
  test("are listed page by page, found by the beginning of a column, and counted", async () => {
    const tenant = (await aTenant()).id;
    const tag = randomUUID().slice(0, 8);
    for (let n = 10; n < 37; n++)
      await aMember(tenant, { lastName: `${tag}-${n}`, username: `${tag}-${n}`, email: `${tag}-${n}@example.com` });
    const list = `/admin/tenants/${tenant}/users`;
    const page = await admin.open(list);
    expect(page.html).toContain("1–25 of 27");
    expect(texts(page, "p").some((text) => text.startsWith("Tenant "))).toBe(true);
    const second = await admin.open(links(page).Next!);
    expect(second.html).toContain("26–27 of 27");
    expect(links(second).Next).toBe(undefined);
    expect((await admin.open(links(second).Previous!)).html).toContain("1–25 of 27");
    const found = await admin.open(`${list}?q=${tag.toUpperCase()}-36&in=lastName`);
    expect([found.html.match(/data-name="Status"/g)?.length, found.html.includes("1–1 of 1")]).toEqual([1, true]);
    for (const nothing of ["%25", "_", `${tag}-3_`, "\\"]) {
      const none = await admin.open(`${list}?q=${nothing}&in=username`);
      expect([none.status, none.html.includes("Nothing fits")]).toEqual([200, true]);
    }
    expect((await admin.open(`${list}?only=2`)).html).toContain("Nothing fits");
    expect(page.waits).toBeLessThanOrEqual(3);
  });

  test("are invited, and choose their passwords by the link", async () => {
    const email = `${randomUUID()}@example.com`;
    const typed = { firstName: "Ann", lastName: "Lee", username: email, email, roleId: MEMBER };
    const made = await does(`/admin/tenants/${HOME}/users`, "new", typed);
    expect([made.status, said(made), texts(made, "h1")]).toEqual([200, "Done: Invite somebody", ["Ann Lee"]]);
    expect(facts(made)).toMatchObject({ "E-mail": email, Role: "Member" });
    expect((await mails.wait(email)).link).toContain("/reset-password");
    const row = await first<{ id: string }>("select id from users where email = ?", email);
    expect(made.path).toBe(`${personPath(row!.id)}?done=new`);
    // Whoever is invited at a page may sign in to the apps of the administrator.
    const clients = await worker.db.prepare("select client_id from user_clients where user_id = ?").bind(row!.id).all();
    const own = await worker.db
      .prepare("select client_id from user_clients where user_id = (select id from users where username = 'admin')")
      .all();
    expect(clients.results).toEqual(own.results);
    const again = await does(`/admin/tenants/${HOME}/users`, "new", typed);
    expect([again.status, said(again)]).toEqual([409, "There is one of that name already."]);
    expect(forms(again).at(-1)!.fields.firstName).toBe("Ann");
  });

  test("are edited: what is wrong is said at its field, and only what changed is written", async () => {
    const member = await aMember();
    const path = personPath(member.id);
    const wrong = await does(path, "edit", { firstName: "", email: "nowhere", phone: "1".repeat(16) });
    expect([wrong.status, said(wrong)]).toEqual([422, "Please look at the marked fields."]);
    expect(wrong.html).toMatch(/id="phone"[^>]*aria-invalid="true" aria-describedby="phone-error/);
    expect(texts(wrong, "p").filter((text) => /^(That is|Fill)/.test(text))).toHaveLength(3);
    const saved = await does(path, "edit", { lastName: "Grün", gender: '"F"', dob: "1980-12-31" });
    expect([saved.status, said(saved)]).toEqual([200, "Done: Edit"]);
    expect(facts(saved)).toMatchObject({ Gender: "female", "Date of birth": "1980-12-31" });
    await worker.settled();
    const told = await first<{ detail: string }>("select detail from login_activity where target = ? order by at desc limit 1", member.id);
    expect(Object.keys(JSON.parse(told!.detail).after).sort()).toEqual(["dob", "gender", "lastName"]);
    expect((await does(path, "edit")).status).toBe(200);
  });

  test("keep a role that is not among those that can be chosen", async () => {
    const tenant = (await aTenant()).id;
    const member = await aMember(tenant);
    await worker.db
      .prepare(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < 501)
         insert into roles (id, name, permissions, tenant_id, created_on, modified_on) select ?1 || i, '!' || i, '[]', ?1, 1, 1 from n`,
      )
      .bind(tenant)
      .run();
    expect((await does(personPath(member.id, tenant), "edit", { lastName: "Grün" })).status).toBe(200);
    expect(await first("select role_id from user_tenants where user_id = ?", member.id)).toEqual({ role_id: MEMBER });
  });

  test("are disabled, which ends their sessions, and enabled", async () => {
    const user = await aUser(worker);
    const pair = await our.signIn({ username: user.username, password: PASSWORD });
    const asks = await admin.open(`${personPath(user.id)}?step=disable`);
    expect(texts(asks, "p")).toContain("They cannot sign in any more, and all of their sessions end.");
    expect((await our.me(pair.accessToken)).status).toBe(200);
    const page = await admin.submit(asks);
    expect(facts(page).Status).toBe("disabled");
    expect((await our.me(pair.accessToken)).status).toBe(401);
    expect(Object.keys(links(page))).not.toContain("Disable");
    expect(facts(await does(personPath(user.id), "enable")).Status).toBe("active");
  });

  test("have their sessions listed and ended, one and all, those of browsers too", async () => {
    const user = await aUser(worker);
    const sign = () => our.signIn({ username: user.username, password: PASSWORD });
    const [one, two] = [await sign(), await sign()];
    const page = await admin.open(personPath(user.id));
    const ends = [...page.html.matchAll(/href="([^"]*step=end-session&[^"]*)"/g)].map(([, href]) =>
      href!.replaceAll("&#38;", "&").replaceAll("&amp;", "&"),
    );
    expect(ends).toHaveLength(2);
    expect((await admin.submit(await admin.open(ends[0]!))).status).toBe(200);
    const alive = await Promise.all([one, two].map(({ accessToken }) => our.me(accessToken)));
    expect(alive.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await admin.submit(await admin.open(ends[0]!))).status).toBe(404);
    const browser = await signedIn(user.username);
    await does(personPath(user.id), "end-sessions");
    expect((await browser.open("/account")).path).toMatch(/^\/sign-in/);
    expect((await our.me(two.accessToken)).status).toBe(401);
  });

  test("have accounts at providers unlinked, but for the last way in", async () => {
    const user = await aUser(worker, { storedPassword: null });
    for (const subject of ["a", "b"])
      await worker.db
        .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'i', ?, ?, 1)")
        .bind(`${subject}-${user.id}`, user.id)
        .run();
    const link = async () => {
      const page = await admin.open(personPath(user.id));
      return /href="([^"]*step=unlink&[^"]*)"/.exec(page.html)![1]!.replaceAll("&#38;", "&").replaceAll("&amp;", "&");
    };
    expect((await admin.submit(await admin.open(await link()))).status).toBe(200);
    const last = await admin.submit(await admin.open(await link()));
    expect([last.status, said(last)]).toEqual([409, "The last way to sign in stays."]);
  });

  test("have their second factors listed and removed", async () => {
    const member = await aMember();
    await aPasskey(member.id);
    const page = await admin.open(personPath(member.id));
    expect(page.html).toContain("Blue key");
    const href = /href="([^"]*step=remove-factor&[^"]*)"/.exec(page.html)![1]!.replaceAll("&#38;", "&").replaceAll("&amp;", "&");
    const removed = await admin.submit(await admin.open(href));
    expect([removed.status, removed.html.includes("Blue key")]).toEqual([200, false]);
    expect(await first("select count(*) as n from factors where user_id = ?", member.id)).toEqual({ n: 0 });
    const none = await does(personPath(member.id), "re-enrol");
    expect([none.status, said(none)]).toEqual([400, "They have no second step."]);
  });

  test("get and lose permissions of their own, and join and leave groups", async () => {
    const member = await aMember();
    const path = personPath(member.id);
    const permitted = await does(path, "permit", { permission: "ViewRoles", allowed: "on" });
    expect(texts(permitted, "td")).toContain("ViewRoles");
    const href = /href="([^"]*step=unpermit&[^"]*)"/.exec(permitted.html)![1]!.replaceAll("&#38;", "&").replaceAll("&amp;", "&");
    expect(texts(await admin.submit(await admin.open(href)), "td")).not.toContain("ViewRoles");

    const made = await does(`/admin/tenants/${HOME}/groups`, "new", { name: `Crew ${randomUUID()}`, description: "All hands" });
    const group = made.path.split("?")[0]!;
    await does(path, "join", { groupId: group.split("/").at(-1)! });
    const page = await admin.open(group);
    expect(texts(page, "td")[0]).toContain(member.username);
    expect(page.html).toContain("1–1 of 1");
    const left = await admin.submit(await admin.open(`${group}?step=leave&item=${member.id}`));
    expect([left.status, left.html.includes("Nobody and nothing yet.")]).toEqual([200, true]);
    expect((await does(group, "edit", { description: "" })).status).toBe(200);
    expect(await first("select description from groups where id = ?", group.split("/").at(-1)!)).toEqual({ description: null });
    expect((await does(group, "delete")).path).toBe(`/admin/tenants/${HOME}/groups?done=delete`);
  });

  test("get links by mail, are exported, removed and erased", async () => {
    const email = `${randomUUID()}@example.com`;
    const member = await aMember(HOME, { email, username: email });
    await mails.wait(email);
    await does(personPath(member.id), "reset-link");
    expect((await mails.wait(email, 2)).subject).toBe("Choose a new password");
    const file = await admin.go("GET", `${personPath(member.id)}?step=export`, { headers: { accept: "text/html" } });
    expect(file.headers.get("content-disposition")).toContain("person.json");
    expect(file.text).toContain(email);
    expect((await does(personPath(member.id), "erase")).path).toBe(`/admin/tenants/${HOME}/users?done=erase`);
    expect(await first("select id from users where email = ?", email)).toBe(null);
    const other = await aMember();
    await does(personPath(other.id), "remove");
    expect((await admin.open(personPath(other.id))).status).toBe(404);
  });
});

describe("tenants, roles, settings", () => {
  test("are made, edited and deleted", async () => {
    const made = await does("/admin/tenants", "new", { name: "North <b>", key: randomUUID().slice(0, 8), status: "1" });
    expect(texts(made, "h1")).toEqual(["North <b>"]);
    const tenant = made.path.split("?")[0]!;
    expect(facts(await does(tenant, "edit", { city: "Oslo", website: "https://north.example" }))).toMatchObject({ City: "Oslo" });

    const role = (await does(`${tenant}/roles`, "new", { name: "Clerk", permissions: "ViewRoles\r\n\r\nOwn\r\n" })).path.split("?")[0]!;
    expect(await first("select permissions, tenant_id from roles where id = ?", role.split("/").at(-1)!)).toEqual({
      permissions: '["ViewRoles","Own"]',
      tenant_id: tenant.split("/").at(-1),
    });
    const composite = await does(`${tenant}/roles`, "new", { name: "Chief", includes: "Clerk" });
    const unknown = await does(`${tenant}/roles`, "new", { name: "Nobody's", includes: "Nobody" });
    expect([unknown.status, said(unknown)]).toEqual([400, "Please look at the marked fields."]);
    expect(texts(unknown, "p")).toContain("There is no such role.");
    expect(facts(composite)).toMatchObject({ Permissions: "ViewRoles\nOwn", "Made of the roles": "Clerk" });
    await does(role, "edit", { permissions: "Own", requireMfa: "on" });
    expect(facts(await admin.open(role))).toMatchObject({ Permissions: "Own", "Demands a second step": "yes" });
    expect((await does(role, "delete")).path).toBe(`${tenant}/roles?done=delete`);
    const used = await does(`/admin/tenants/${HOME}/roles/${MEMBER}`, "delete");
    expect([used.status, said(used)]).toEqual([409, "Somebody has this role."]);

    const wrong = await does(`${tenant}/tenant-configs`, "new", { configKey: "colours", configValue: "[1" });
    expect(wrong.status).toBe(422);
    const setting = (await does(`${tenant}/tenant-configs`, "new", { configKey: "colours", configValue: '{"a": 1}' })).path.split("?")[0]!;
    expect(facts(await does(setting, "edit", { configValue: '{"a":2}' })).Value).toBe('{"a":2}');
    await does(setting, "delete");
    expect((await does(tenant, "delete")).path).toBe("/admin/tenants?done=delete");
    expect((await admin.open(tenant)).status).toBe(404);
  });
});

describe("apps", () => {
  const knows = (client_id: string, client_secret: string): Promise<Answer> =>
    our.post("/auth/forget-password", { client_id, client_secret, username: "nobody" });

  test("are made with secrets that are shown once, get new ones, looks, and an end", async () => {
    const clientId = `app-${randomUUID()}`;
    const made = await does("/admin/auth-clients", "new", { clientId, redirectUrl: "https://app.example/back" });
    const secret = facts(made)["Client secret"]!;
    expect([made.status, secret.length >= 40]).toEqual([200, true]);
    expect((await knows(clientId, secret)).status).toBe(204);
    const { id } = (await first<{ id: number }>("select id from auth_clients where client_id = ?", clientId))!;
    const path = `/admin/auth-clients/${id}`;
    expect((await admin.open(path)).html).not.toContain(secret);
    const rotated = facts(await does(path, "rotate"))["Client secret"]!;
    expect([(await knows(clientId, secret)).status, (await knows(clientId, rotated)).status]).toEqual([401, 204]);
    expect(facts(await does(path, "edit", { accessTokenExpiration: "600" }))["Access token lives, in seconds"]).toBe("600");
    const wrong = await does(path, "edit", { accessTokenExpiration: "0" });
    expect([wrong.status, texts(wrong, "p").includes("That number is out of range.")]).toEqual([422, true]);
    const dull = await does(path, "looks", { client_name: "Fieldbook", accent_color: "#ffff00" });
    expect(dull.status).toBe(422);
    // About as large as the API takes it.
    const logo = `data:image/png;base64,${randomBytes(24_000).toString("base64")}`;
    await does(path, "looks", { client_name: "Fieldbook", accent_color: "#1f5f5b", logo });
    expect(forms(await admin.open(`${path}?step=looks`)).at(-1)!.fields).toMatchObject({ client_name: "Fieldbook" });
    await does(path, "delete");
    expect((await knows(clientId, rotated)).status).toBe(401);
  });

  test("get their OAuth side, of which nothing is lost, and lose it again", async () => {
    const clientId = `oauth-${randomUUID()}`;
    await does("/admin/auth-clients", "new", { clientId, redirectUrl: "https://app.example/back" });
    const { id } = (await first<{ id: number }>("select id from auth_clients where client_id = ?", clientId))!;
    const path = `/admin/auth-clients/${id}`;
    const { accessToken } = await our.signIn(ADMIN);
    const api = `/auth-clients/${id}/oauth`;
    const read = async () => (await our.send("GET", api, { headers: our.bearer(accessToken) })).body;
    const wrong = await does(path, "oauth", { redirect_uris: "http://app.example/back" });
    expect([wrong.status, said(wrong)]).toEqual([422, "Redirect URIs are https, http on the own device, or of a scheme with a dot."]);
    const keyless = await does(path, "oauth", {
      redirect_uris: "https://app.example/back",
      token_endpoint_auth_method: '"private_key_jwt"',
    });
    expect([keyless.status, said(keyless)]).toEqual([422, "Please look at the marked fields."]);
    expect(keyless.html).toMatch(/id="jwks"[^>]*aria-invalid="true"/);
    expect(texts(keyless, "p")).toContain("Either its keys or their address.");
    const set = await does(path, "oauth", {
      redirect_uris: "https://app.example/back\nhttps://app.example/other",
      token_endpoint_auth_method: '"client_secret_basic"',
      grant_types: "authorization_code\nrefresh_token",
      consent: '"none"',
    });
    expect([set.status, texts(set, "p")]).toEqual([200, expect.anything()]);
    expect(await read()).toMatchObject({ redirect_uris: ["https://app.example/back", "https://app.example/other"], consent: "none" });
    const put = { ...(await read()), client_name: "Fieldbook", default_max_age: 60 };
    const written = await our.send("PUT", api, { headers: our.bearer(accessToken), body: put });
    expect([written.status, written.body]).toEqual([200, expect.anything()]);
    await does(path, "oauth", { redirect_uris: "https://app.example/back" });
    expect(await read()).toMatchObject({ redirect_uris: ["https://app.example/back"], client_name: "Fieldbook", default_max_age: 60 });
    await does(path, "oauth-off");
    expect(await read()).toMatchObject({ error: { statusCode: 404 } });
    expect(await first("select count(*) as n from auth_clients where id = ? and deleted = 0", String(id))).toEqual({ n: 1 });
  });
});

describe("what happened", () => {
  test("is listed, searched and shown with the values before and after", async () => {
    const member = await aMember();
    await does(personPath(member.id), "edit", { designation: "Captain" });
    await worker.settled();
    const list = await admin.open(`/admin/login-activity?q=${member.id}&in=target`);
    expect(texts(list, "td")[0]).toContain("user");
    expect(list.html).toContain("1–2 of 2");
    const row = await admin.open(/href="(\/admin\/login-activity\/[^"]+)"/.exec(list.html)![1]!);
    expect(facts(row).Details).toContain('"designation":"Captain"');
  });

  test("events that failed are seen, and sent again", async () => {
    await worker.db
      .prepare(
        "insert into outbox (id, kind, subject, data, created_on, next_on, tries, failed_on, last_error) values ('evt', 'user.created', 's', '{}', 1, 1, 9, 2, 'status 500')",
      )
      .run();
    const list = await admin.open("/admin/outbox?only=failed");
    expect(texts(list, "td")[0]).toContain("user.created");
    expect(list.html).toContain("1–1 of 1");
    expect(facts(await admin.open("/admin/outbox/evt"))).toMatchObject({ Tries: "9", Error: "status 500" });
    await does("/admin/outbox/evt", "resend");
    expect(await first("select failed_on, tries from outbox where id = 'evt'")).toEqual({ failed_on: null, tries: 0 });
    expect((await admin.open("/admin/outbox?only=failed")).html).toContain("Nothing fits");
  });
});

describe("who may not", () => {
  test("a stranger signs in first, and comes back", async () => {
    const page = await visitor(worker).open("/admin/tenants");
    expect(page.path).toBe(`/sign-in?return_to=${encodeURIComponent("/admin/tenants")}`);
  });

  test("a person without any permission of management sees none of it, and no link to it", async () => {
    const user = await aUser(worker);
    const ann = await signedIn(user.username);
    for (const path of [
      "/admin",
      "/admin/tenants",
      `/admin/tenants/${HOME}/users`,
      personPath(user.id),
      `${personPath(user.id)}?step=erase`,
      "/admin/outbox",
    ])
      expect([path, (await ann.open(path)).status]).toEqual([path, 403]);
    expect((await ann.open("/admin/nowhere/at/all")).status).toBe(404);
    expect((await ann.open("/account")).html).not.toContain("/admin");
    expect((await admin.open("/account")).html).toContain('href="/admin"');
  });

  test("the cookie of a browser opens no operation of the API", async () => {
    for (const path of ["/tenants", `/tenants/${HOME}/users`, "/auth-clients"]) expect((await admin.go("GET", path)).status).toBe(401);
    expect((await admin.go("POST", "/tenants", { body: '{"name":"x"}', headers: { "content-type": "application/json" } })).status).toBe(
      401,
    );
  });

  test("a form from elsewhere, without its token, or with that of another, does nothing", async () => {
    const member = await aMember();
    const path = personPath(member.id);
    const disable = await admin.open(`${path}?step=disable`);
    const enable = await admin.open(`${path}?step=reset-link`);
    for (const more of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }] as Record<string, string>[])
      expect((await admin.submit(disable, {}, { more })).status).toBe(403);
    expect((await admin.submit(disable, { form_token: "" })).status).toBe(403);
    expect((await admin.submit(disable, { form_token: forms(enable).at(-1)!.fields.form_token! })).status).toBe(403);
    expect(await first("select status from user_tenants where user_id = ?", member.id)).toEqual({ status: member.status });
  });

  test("an administrator of one tenant has no page, and no form, of another", async () => {
    const tenant = (await aTenant()).id;
    const manager = await withPermissions(MANAGES, tenant);
    const bob = await signedIn(manager.username);
    const own = await aMember(tenant);
    const theirs = await aMember();
    expect((await bob.open("/admin")).path).toBe(`/admin/tenants/${tenant}/users`);
    expect(Object.keys(links(await bob.open("/admin")))).not.toContain("Apps");
    expect((await bob.open(personPath(own.id, tenant))).status).toBe(200);
    for (const path of [
      ...["users", "roles", "groups", "tenant-configs"].map((list) => `/admin/tenants/${HOME}/${list}`),
      `/admin/tenants/${HOME}`,
      personPath(theirs.id),
      "/admin/auth-clients",
      "/admin/outbox",
    ])
      expect([path, (await bob.open(path)).status]).toEqual([path, 403]);
    expect((await bob.open(personPath(theirs.id, tenant))).status).toBe(404);
    // The form of an own person, sent to another's.
    for (const step of ["disable", "edit", "end-sessions", "remove", "erase"]) {
      const asks = await bob.open(`${personPath(own.id, tenant)}?step=${step}`);
      if (asks.status === 403) continue;
      const { fields } = forms(asks).at(-1)!;
      for (const target of [personPath(theirs.id), personPath(theirs.id, tenant)]) {
        const body = new URLSearchParams({ ...fields, firstName: "Taken" }).toString();
        const headers = {
          "content-type": "application/x-www-form-urlencoded",
          origin: "http://127.0.0.1:8787",
          "sec-fetch-site": "same-origin",
        };
        const answer = await bob.go("POST", `${target}?step=${step}`, { body, headers: { ...headers, accept: "text/html" } });
        expect([step, [403, 404].includes(answer.status)]).toEqual([step, true]);
      }
    }
    const row = await first(
      "select u.first_name, u.deleted, m.status from users u join user_tenants m on m.user_id = u.id where u.id = ?",
      theirs.id,
    );
    expect(row).toEqual({ first_name: "Ann", deleted: 0, status: theirs.status });
  });

  test("nobody gives what they do not hold, by role, permission or new role", async () => {
    const manager = await withPermissions(MANAGES);
    const bob = await signedIn(manager.username);
    const member = await aMember();
    const path = personPath(member.id);
    const { id: administrators } = (await first<{ id: string }>("select id from roles where name = 'Administrator'"))!;
    for (const refused of [
      await does(path, "edit", { roleId: administrators }, bob),
      await does(path, "permit", { permission: "NotAllowed", allowed: "on" }, bob),
      await does(`/admin/tenants/${HOME}/roles`, "new", { name: "Mighty", permissions: "NotAllowed" }, bob),
    ])
      expect([refused.status, said(refused)]).toEqual([403, "You may not do that, or would give what you do not hold yourself."]);
    expect(await first("select role_id from user_tenants where user_id = ?", member.id)).toEqual({ role_id: MEMBER });
  });

  test("the last administrator stays", async () => {
    const { id } = (await first<{ id: string }>("select id from users where username = 'admin'"))!;
    for (const step of ["disable", "remove", "erase"]) {
      const refused = await does(personPath(id), step);
      expect([step, refused.status, said(refused)]).toEqual([step, 409, "The last administrator stays."]);
    }
  });

  test("a form sets what it has fields for, and nothing else", async () => {
    const member = await aMember();
    const saved = await does(personPath(member.id), "edit", {
      firstName: "New",
      ...{ status: "2", deleted: "1", createdBy: "x", defaultTenantId: "x", tenantId: "x", id: "x", password: "x", userTenantId: "x" },
    });
    expect(saved.status).toBe(200);
    const row = await first(
      "select u.first_name, u.deleted, u.id, m.status from users u join user_tenants m on m.user_id = u.id where u.id = ?",
      member.id,
    );
    expect(row).toEqual({ first_name: "New", deleted: 0, id: member.id, status: member.status });
  });

  test("an administrator who has a second factor proves it before anything is typed, and before anything is done", async () => {
    const other = await withPermissions(["NotAllowed"]);
    const carol = await signedIn(other.username);
    const member = await aMember();
    const asks = await carol.open(`${personPath(member.id)}?step=disable`);
    expect(asks.status).toBe(200);
    await aPasskey(other.id);
    const shown = await carol.open(personPath(member.id));
    expect([shown.status, links(shown)["Prove that it is you"]]).toEqual([
      200,
      `/account/proof?return_to=${encodeURIComponent(personPath(member.id))}`,
    ]);
    const back = encodeURIComponent(`${personPath(member.id)}?step=disable`);
    expect((await carol.open(`${personPath(member.id)}?step=disable`)).path).toBe(`/account/proof?return_to=${back}`);
    expect((await carol.submit(asks)).path).toBe(`/account/proof?return_to=${back}`);
    expect(await first("select status from user_tenants where user_id = ?", member.id)).toEqual({ status: member.status });
  });
});

test("links lead to every kind of page, and markup in names is text on each", async () => {
  const markup = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;
  const { name, user } = await oneOfEverything(worker, markup);
  const safe = (page: Screen) => {
    expect([page.path, page.status]).toEqual([page.path, 200]);
    expect(page.html, page.path).not.toMatch(/<img src=x|<script>alert/);
  };
  const shows = new Set<string>();
  const visited = await walk(async (path) => {
    const page = await admin.open(path);
    safe(page);
    if (page.html.includes("&lt;script&gt;alert") || page.html.includes("&#60;script&#62;alert")) shows.add(path.split("?")[0]!);
    return hrefs(page);
  });
  expect(visited).toEqual([...KINDS].sort());
  // Each list, and each row of it, had it.
  expect(shows.size).toBeGreaterThanOrEqual(16);
  safe(await admin.open(`/admin/tenants/${HOME}/users?q=${encodeURIComponent(markup)}`));
  safe(await admin.open(`${personPath(user.id)}?step=disable&item=${encodeURIComponent(name)}`));
});

test("the pages speak German", async () => {
  const page = await admin.open(`/admin/tenants/${HOME}/users?ui_locales=de`);
  expect([texts(page, "h1"), texts(page, "th")]).toEqual([["Personen"], ["Name", "Status", "Rolle", "Zuletzt da"]]);
  await admin.open("/admin?ui_locales=en");
});
