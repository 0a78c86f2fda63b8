// What people do with their own factors at our pages, and what they prove with them: by forms alone, and with what the
// script would put into them.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN } from "../../support/api";
import { BE, BS, UV, authenticator } from "../../support/authenticator";
import { useFactors } from "../../support/factors";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { aUser } from "../../support/seed";
import { totp, wrongCode } from "../../support/totp";
import { type Screen, type Visitor, forms, links, said, texts, visitor } from "../../support/visitor";

const { worker, our, withApp, enrolPasskey, signIn, forgetSteps } = useFactors();
const mails = mailbox(worker);
const fresh = () => visitor(worker);
type Authenticator = ReturnType<typeof authenticator>;

const run = (sql: string, ...values: unknown[]) =>
  worker.db
    .prepare(sql)
    .bind(...values)
    .run();
const browsersOf = async (username: string) =>
  (
    await worker.db
      .prepare("select * from browsers where ended_on is null and user_id = (select id from users where username = ?) order by created_on")
      .bind(username)
      .all<Record<string, unknown>>()
  ).results;

/** Does what the script does: begins a ceremony, and sends with the page's form what the browser would make of it. */
async function ceremony(visit: Visitor, page: Screen, name: string, make: (options: any) => object, typed: Record<string, string> = {}) {
  const begun = await visit.go("GET", `/passkey/${name}`);
  expect(begun.status, begun.text).toBe(200);
  const credential = JSON.stringify(make(begun.body.publicKey));
  return visit.submit(page, { ...typed, ceremony: begun.body.id, credential });
}
const add = async (visit: Visitor, key: Authenticator, name = "Ann's phone") =>
  ceremony(visit, await visit.open("/account/factors/passkey"), "new", key.create, { name });
const signInBy = async (visit: Visitor, key: Authenticator, spoilt?: Parameters<Authenticator["get"]>[1], path = "/sign-in") =>
  ceremony(visit, await visit.open(path), "sign-in", (options) => key.get(options, spoilt));
const codesOf = (page: Screen) => texts(page, "code");
const factorLink = (page: Screen) => /href="(\/account\/factors\/[\w-]{20,})"/.exec(page.html)![1]!;

/** Somebody who is signed in at our pages. */
async function signedIn(wishes: Parameters<typeof aUser>[1] = {}) {
  const user = await aUser(worker, wishes);
  const visit = fresh();
  await visit.signIn(user.username, user.password);
  return { ...user, visit };
}

/** Somebody with a passkey. */
async function withPasskey() {
  const ann = await signedIn();
  const key = authenticator();
  const codes = codesOf(await add(ann.visit, key));
  return { ...ann, key, codes };
}

describe("a passkey", () => {
  test("is added with a name, signs in alone, is renamed and removed, and its owner is written to", async () => {
    const email = "passkey@example.com";
    const { visit, username } = await signedIn({ email });
    const key = authenticator();
    const form = await visit.open("/account/factors/passkey");
    expect(texts(form, "h1")).toEqual(["Add a passkey"]);
    const shown = await add(visit, key);
    expect([shown.status, texts(shown, "h1")]).toEqual([200, ["Your recovery codes"]]);
    expect(codesOf(shown)).toHaveLength(10);
    expect(links(shown)["I have kept them"]).toBe("/account/security?notice=added");
    expect((await mails.wait(email)).kind).toBe("factor-added");
    const list = await visit.open("/account/security?notice=added");
    expect(said(list)).toBe("It is added, and we have written to you about it.");
    expect(texts(list, "strong")).toContain("Ann's phone");
    expect(list.html).toContain("this device only");

    const other = fresh();
    const account = await signInBy(other, key);
    expect([account.status, account.path]).toEqual([200, "/account"]);
    expect(await browsersOf(username)).toMatchObject([{ aal: 1 }, { aal: 2, amr: "hwk user mfa", method: "passkey" }]);
    const factor = await other.open(factorLink(await other.open("/account/security")));
    expect(forms(factor)[0]!.fields.name).toBe("Ann's phone");
    const named = await other.submit(factor, { name: "Her key" });
    expect([named.path, texts(named, "strong")]).toEqual(["/account/security?notice=named", expect.arrayContaining(["Her key"])]);
    // The browser rests on the passkey, and ends with it.
    const gone = await other.submit(await other.open(factorLink(named)), { remove: "on" });
    expect(gone.path).toMatch(/^\/sign-in\?/);
    expect((await mails.wait(email, 2)).kind).toBe("factor-removed");
    expect(await browsersOf(username)).toMatchObject([{ aal: 1 }]);
    expect((await signInBy(fresh(), key)).html).toContain("data-unknown");
  });

  test("that is synced is said to be, and is one in software", async () => {
    const { visit, username } = await signedIn();
    const key = authenticator(-8);
    const page = await visit.open("/account/factors/passkey");
    await ceremony(visit, page, "new", (options) => key.create(options, { with: BE | BS }));
    expect((await visit.open("/account/security")).html).toContain("synced");
    await signInBy(fresh(), key, { with: BE | BS });
    expect((await browsersOf(username)).map(({ amr }) => amr)).toContain("swk user mfa");
  });

  test("signs in for an app, whose session is of level two", async () => {
    const { key } = await withPasskey();
    const gone = await signInBy(fresh(), key, {}, "/sign-in?client_id=demo-web&state=s");
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    const { body } = await our.token(gone.elsewhere!.searchParams.get("code")!);
    expect(decode(body.accessToken).claims).toMatchObject({ acr: "aal2", amr: ["hwk", "user", "mfa"] });
  });

  test.each([
    ["of another origin", { origin: "http://localhost:8788" }],
    ["of another relying party", { rpId: "example.com" }],
    ["whose user was not verified", { without: UV }],
    ["with a bogus signature", { signature: Buffer.alloc(70, 1) }],
    ["of another user", { userHandle: Buffer.alloc(32, 7).toString("base64url") }],
    ["of another challenge", { challenge: Buffer.alloc(32, 7).toString("base64url") }],
  ])("%s opens nothing, and is not forgotten", async (_, spoilt) => {
    const { key, username } = await withPasskey();
    const before = (await browsersOf(username)).length;
    const visit = fresh();
    const refused = await signInBy(visit, key, spoilt);
    expect([refused.status, said(refused)]).toEqual([422, "This passkey could not be verified. Try again, or choose another way."]);
    expect(refused.html).not.toContain("data-unknown");
    expect(refused.html).not.toContain("data-offers");
    expect(visit.jar.get("__Host-edgelatch")).toBeUndefined();
    expect((await browsersOf(username)).length).toBe(before);
  });

  test("that nobody has is told so, that it may be forgotten", async () => {
    const key = authenticator();
    const { visit } = await signedIn();
    const begun = await visit.go("GET", "/passkey/new");
    key.create(begun.body.publicKey);
    const refused = await signInBy(fresh(), key);
    expect(refused.status).toBe(422);
    expect(said(refused)).toBe("This passkey is not known here any more. Sign in in another way.");
    const unknown = /data-unknown="([^"]*)"/.exec(refused.html)![1]!.replaceAll("&#34;", '"').replaceAll("&quot;", '"');
    expect(JSON.parse(unknown)).toEqual({ rpId: "localhost", credentialId: key.id });
  });

  test("answers a challenge once, in the browser that asked for it", async () => {
    const { key, username } = await withPasskey();
    const visit = fresh();
    const page = await visit.open("/sign-in");
    const { id, publicKey } = (await visit.go("GET", "/passkey/sign-in")).body;
    const typed = { ceremony: id, credential: JSON.stringify(key.get(publicKey)) };
    const eve = fresh();
    expect((await eve.submit(await eve.open("/sign-in"), typed)).status).toBe(422);
    expect((await visit.submit(page, typed)).path).toBe("/account");
    const open = (await browsersOf(username)).length;
    // The same once more, in the same browser: the form is of another form session now, and the challenge is spent.
    expect((await visit.submit(page, typed)).status).toBe(403);
    expect((await visit.submit(await visit.open("/sign-in?prompt=login"), typed)).status).toBe(422);
    expect((await browsersOf(username)).length).toBe(open);
  });

  test("is a second step after a password, where that is on, and the only one where there is no other", async () => {
    const user = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(user));
    await run("update user_factors set second_step = 1 where user_id = ?", user.id);
    const visit = fresh();
    const step = await visit.signIn(user.username, user.password);
    expect(step.path).toBe("/sign-in/second-step");
    expect(step.html).toContain('data-passkey="second-step"');
    expect(step.html).toContain("Passkeys need JavaScript");
    expect(step.html).not.toContain('name="code"');
    const begun = await visit.go("GET", "/passkey/second-step");
    expect(begun.body.publicKey.allowCredentials).toMatchObject([{ id: key.id }]);
    const refused = await ceremony(visit, step, "second-step", (options) => key.get(options, { without: UV }));
    expect(refused.status).toBe(422);
    expect((await ceremony(visit, refused, "second-step", key.get)).path).toBe("/account");
    expect((await browsersOf(user.username)).map(({ amr }) => amr)).toContain("pwd hwk user mfa");
  });

  test("of another is no second step, nor is one that was asked for elsewhere", async () => {
    const [ann, eve] = [await aUser(worker), await aUser(worker)];
    await enrolPasskey(await signIn(ann));
    await run("update user_factors set second_step = 1 where user_id = ?", ann.id);
    const { key } = await enrolPasskey(await signIn(eve));
    const visit = fresh();
    const step = await visit.signIn(ann.username, ann.password);
    expect((await ceremony(visit, step, "second-step", key.get)).status).toBe(422);
    const { id, publicKey } = (await visit.go("GET", "/passkey/sign-in")).body;
    const elsewhere = { ceremony: id, credential: JSON.stringify(key.get(publicKey)) };
    expect((await visit.submit(step, elsewhere)).status).toBe(422);
    expect(visit.jar.get("__Host-edgelatch")).toBeUndefined();
  });

  test("is a fresh proof, where a password alone is none", async () => {
    const { visit, key, username } = await withPasskey();
    const proof = await visit.open("/account/email");
    expect(proof.path).toBe("/account/proof?return_to=%2Faccount%2Femail");
    expect(Object.keys(forms(proof)[0]!.fields)).toEqual(["form_token", "code"]);
    const email = await ceremony(visit, proof, "proof", key.get);
    expect([email.status, email.path]).toEqual([200, "/account/email"]);
    expect(await browsersOf(username)).toMatchObject([{ aal: 2 }]);
  });

  test("is added after a fresh proof only, and to the account of the page's own browser", async () => {
    const { visit, username } = await signedIn();
    const form = await visit.open("/account/factors/passkey");
    const begun = (await visit.go("GET", "/passkey/new")).body;
    const typed = { ceremony: begun.id, credential: JSON.stringify(authenticator().create(begun.publicKey)) };
    const eve = await signedIn();
    expect((await eve.visit.submit(await eve.visit.open("/account/factors/passkey"), typed)).status).toBe(422);
    await run("update browsers set auth_time = 0");
    expect((await visit.go("GET", "/passkey/new")).status).toBe(303);
    expect((await visit.submit(form, typed)).path).toMatch(/^\/account\/proof\?/);
    expect(
      await worker.db
        .prepare("select count(*) as n from factors where user_id = (select id from users where username = ?)")
        .bind(username)
        .first(),
    ).toEqual({ n: 0 });
  });

  test("is not asked for where there is no ceremony of that name, and of nobody who is not there", async () => {
    const visit = fresh();
    expect((await visit.go("GET", "/passkey/anything")).status).toBe(404);
    for (const name of ["proof", "new"]) expect((await visit.go("GET", `/passkey/${name}`)).status, name).toBe(303);
    expect((await visit.go("GET", "/passkey/second-step")).status).toBe(401);
    const { headers, body } = await visit.go("GET", "/passkey/sign-in");
    expect([headers.get("cache-control"), headers.get("access-control-allow-origin")]).toEqual(["no-store", null]);
    expect(body.publicKey).toMatchObject({ rpId: "localhost", userVerification: "required", allowCredentials: [] });
  });
});

describe("an authenticator app", () => {
  test("is set up by its picture or its secret, which stay until its first code", async () => {
    const { visit, username, password } = await signedIn();
    const page = await visit.open("/account/factors/app");
    expect(page.html).toMatch(/<img class="qr" src="data:image\/svg\+xml;base64,[\w+/=]+"/);
    const secret = codesOf(page)[0]!;
    expect(secret).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
    expect(links(page)[secret]).toContain(`secret=${secret.replaceAll(" ", "")}`);
    expect(codesOf(await visit.open("/account/factors/app"))).toEqual([secret]);
    const bare = secret.replaceAll(" ", "");
    const wrong = await visit.submit(page, { code: wrongCode(bare) });
    expect([wrong.status, codesOf(wrong)]).toEqual([422, [secret]]);
    const shown = await visit.submit(wrong, { code: ` ${totp(bare).replace(/^.../, "$& ")}` });
    expect([texts(shown, "h1"), codesOf(shown).length]).toEqual([["Your recovery codes"], 10]);
    const list = await visit.open("/account/security");
    expect(texts(list, "strong")).toContain("Authenticator app");
    expect(texts(list, "p")).toContain("After your password we ask for a second step at every sign-in.");

    const again = fresh();
    const step = await again.signIn(username, password);
    expect((await again.submit(step, { code: totp(bare) })).status).toBe(422);
    expect((await again.submit(step, { code: codesOf(shown)[3]! })).path).toBe("/account");
    expect((await again.open("/account/security")).html).toContain("9 are left");
  });

  test("that is set up in one browser is not in another, and a new one has another secret", async () => {
    const { visit, username, password } = await signedIn();
    const [secret] = codesOf(await visit.open("/account/factors/app"));
    const other = fresh();
    await other.signIn(username, password);
    const [another] = codesOf(await other.open("/account/factors/app"));
    expect(another).not.toBe(secret);
  });

  test("a second one needs a proof of the first", async () => {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    const [secret] = codesOf(await visit.open("/account/factors/app"));
    const done = await visit.submit(await visit.open("/account/factors/app"), { code: totp(secret!.replaceAll(" ", "")) });
    expect(done.path).toBe("/account/security?notice=added");
    await run("update browsers set auth_time = 0");
    expect((await visit.open("/account/factors/app")).path).toMatch(/^\/account\/proof\?/);
  });
});

describe("recovery codes and the second step", () => {
  test("new codes void the old, and are shown once", async () => {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    const shown = await visit.submit(await visit.open("/account/factors/recovery-codes"));
    const codes = codesOf(shown);
    expect([texts(shown, "h1"), codes.length]).toEqual([["Your recovery codes"], 10]);
    expect((await visit.open("/account/security")).html).not.toContain(codes[0]);
    for (const [code, status] of [
      [ann.recoveryCodes![0]!, 422],
      [codes[0]!, 200],
    ] as const) {
      const other = fresh();
      expect((await other.submit(await other.signIn(ann.username, ann.password), { code })).status).toBe(status);
    }
  });

  test("the second step is turned off and on", async () => {
    const { visit, username, password, codes } = await withPasskey();
    await visit.submit(await visit.open("/account/email"), { code: codes[0]! });
    const on = await visit.submit(await visit.open("/account/factors/second-step"));
    expect(on.path).toBe("/account/security?notice=second-step");
    expect((await fresh().signIn(username, password)).path).toBe("/sign-in/second-step");
    await visit.submit(await visit.open("/account/factors/no-second-step"));
    expect((await fresh().signIn(username, password)).path).toBe("/account");
  });

  test("whoever has no factor has neither, and a factor of another is not found", async () => {
    const ann = await withApp();
    const { visit } = await signedIn();
    for (const what of ["recovery-codes", "second-step", "no-second-step", ann.id]) {
      expect((await visit.open(`/account/factors/${what}`)).status, what).toBe(404);
    }
    const form = forms(await visit.open("/account/factors/app"))[0]!;
    const refused = await visit.submit(
      { ...(await visit.open("/account")), html: `<form action="/account/factors/${ann.id}"></form>` },
      form.fields,
    );
    expect(refused.status).toBe(403);
  });

  test("no form about a factor counts from elsewhere", async () => {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    const confirmed = async () =>
      (await worker.db.prepare("select * from factors where user_id = ? and confirmed_on is not null").bind(ann.person.id).all()).results;
    const before = await confirmed();
    for (const what of ["app", "passkey", "recovery-codes", "no-second-step", ann.id]) {
      const page = await visit.open(`/account/factors/${what}`);
      const [mine] = [forms(page)[0]!];
      const foreign = { ...page, html: page.html.replace(mine.fields.form_token!, "x".repeat(43)) };
      expect((await visit.submit(foreign, { remove: "on" })).status, what).toBe(403);
      const cross = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
      expect((await visit.submit(page, { remove: "on" }, { more: cross })).status, what).toBe(403);
    }
    expect(await confirmed()).toEqual(before);
  });
});

describe("a role that demands a second step", () => {
  const demand = (userId: string, on: number) =>
    run("update roles set require_mfa = ? where id in (select role_id from user_tenants where user_id = ?)", on, userId);

  test("leads a sign-in without a factor to its set-up and to nothing else, and then where it was going", async () => {
    const user = await aUser(worker);
    await demand(user.id, 1);
    const visit = fresh();
    const form = await visit.open("/sign-in?client_id=demo-web&state=s");
    const step = await visit.submit(form, { username: user.username, password: user.password });
    expect([step.status, step.path]).toEqual([200, "/sign-in/second-step?client_id=demo-web&state=s"]);
    expect(texts(step, "p")).toContain("Your account needs a second step. Set it up once, and you are signed in.");
    const [secret] = codesOf(step);
    expect(codesOf(await visit.open(step.path))).toEqual([secret]);
    expect(visit.jar.get("__Host-edgelatch")).toBeUndefined();
    for (const path of ["/account", "/account/security", "/account/factors/app"]) {
      expect((await visit.open(path)).path, path).toMatch(/^\/sign-in\?/);
    }
    const bare = secret!.replaceAll(" ", "");
    expect((await visit.submit(step, { code: wrongCode(bare) })).status).toBe(422);
    const shown = await visit.submit(step, { code: totp(bare) });
    expect([texts(shown, "h1"), codesOf(shown).length]).toEqual([["Your recovery codes"], 10]);
    expect(await browsersOf(user.username)).toMatchObject([{ aal: 2, amr: "pwd otp mfa" }]);
    const gone = await visit.open(links(shown)["I have kept them"]!);
    expect(gone.elsewhere?.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
    await demand(user.id, 0);
  });

  test("leads a browser that was signed in before through the set-up and a proof, on its way to an app", async () => {
    const { visit, id } = await signedIn();
    await demand(id, 1);
    const setUp = await visit.open("/sign-in?client_id=demo-web&state=s");
    expect(setUp.path).toBe("/account/factors/app?return_to=%2Fsign-in%3Fclient_id%3Ddemo-web%26state%3Ds");
    const secret = codesOf(setUp)[0]!.replaceAll(" ", "");
    const shown = await visit.submit(setUp, { code: totp(secret, -1) });
    const proof = await visit.open(links(shown)["I have kept them"]!);
    expect(proof.path).toMatch(/^\/account\/proof\?return_to=/);
    const gone = await visit.submit(proof, { code: totp(secret) });
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    await demand(id, 0);
  });
});

describe("a role that demands a second step, and a passkey", () => {
  const demand = (on: number) => run("update roles set require_mfa = ? where name = 'Member'", on);
  beforeAll(() => demand(1));
  afterAll(() => demand(0));

  /** Somebody whose sign-in leads to the set-up. */
  async function settingUp(path = "/sign-in", wishes: Parameters<typeof aUser>[1] = {}) {
    const user = await aUser(worker, wishes);
    const visit = fresh();
    const step = await visit.signIn(user.username, user.password, path);
    expect(step.path).toBe(path.replace("/sign-in", "/sign-in/second-step"));
    return { ...user, visit, step };
  }
  const factorsOf = async (id: string) =>
    (await worker.db.prepare("select kind from factors where user_id = ? and confirmed_on is not null").bind(id).all()).results;

  test("is set up in the place of an app, of which the owner is told, and then asked for", async () => {
    const email = "first-passkey@example.com";
    const { visit, step, username } = await settingUp("/sign-in?client_id=demo-web&state=s", { email });
    expect(step.html).toContain('data-passkey="first"');
    expect(texts(step, "p")).toContain("or with an authenticator app");
    const key = authenticator();
    const shown = await ceremony(visit, step, "first", key.create);
    expect([shown.status, texts(shown, "h1"), codesOf(shown).length]).toEqual([200, ["Your recovery codes"], 10]);
    expect((await mails.wait(email)).kind).toBe("factor-added");
    // To enrol is not to prove.
    expect([visit.jar.get("__Host-edgelatch"), await browsersOf(username)]).toEqual([undefined, []]);
    const asked = await visit.open(links(shown)["I have kept them"]!);
    expect(asked.path).toBe("/sign-in/second-step?client_id=demo-web&state=s");
    expect(texts(asked, "p")).toContain("Use your passkey.");
    const gone = await ceremony(visit, asked, "second-step", key.get);
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    const { body } = await our.token(gone.elsewhere!.searchParams.get("code")!);
    expect(decode(body.accessToken).claims).toMatchObject({ acr: "aal2", amr: ["pwd", "hwk", "user", "mfa"] });
  });

  test("is the first or none: what the password alone began before adds nothing to it", async () => {
    const { visit, step, id } = await settingUp();
    const other = (await visit.go("GET", "/passkey/first")).body;
    const key = authenticator();
    await ceremony(visit, step, "first", key.create);
    const another = { ceremony: other.id, credential: JSON.stringify(authenticator().create(other.publicKey)) };
    expect((await visit.submit(step, another)).status).toBe(422);
    expect((await visit.submit(step, { code: totp(codesOf(step)[0]!.replaceAll(" ", "")) })).status).toBe(422);
    expect((await visit.go("GET", "/passkey/first")).status).toBeGreaterThanOrEqual(400);
    expect(await factorsOf(id)).toEqual([{ kind: "passkey" }]);
    expect(visit.jar.get("__Host-edgelatch")).toBeUndefined();
  });

  test("is made for the sign-in that asked for it, and of nobody who does not wait there", async () => {
    const [ann, eve] = [await settingUp(), await settingUp()];
    const begun = (await ann.visit.go("GET", "/passkey/first")).body;
    const typed = { ceremony: begun.id, credential: JSON.stringify(authenticator().create(begun.publicKey)) };
    expect((await eve.visit.submit(eve.step, typed)).status).toBe(422);
    expect((await fresh().go("GET", "/passkey/first")).status).toBe(401);
    await run("update one_time set expires_on = 0 where user_id = ? and kind = 'mfa'", ann.id);
    expect((await ann.visit.submit(ann.step, typed)).status).toBe(422);
    expect([await factorsOf(ann.id), await factorsOf(eve.id)]).toEqual([[], []]);
  });

  test("is not good enough where its user was not verified, or for another relying party", async () => {
    const { visit, step, id } = await settingUp();
    for (const spoilt of [{ without: UV }, { rpId: "evil.example" }, { origin: "http://localhost:8788" }])
      expect((await ceremony(visit, step, "first", (options) => authenticator().create(options, spoilt))).status).toBe(422);
    expect(await factorsOf(id)).toEqual([]);
  });

  test("may be added in the place of an app by a browser that was signed in before", async () => {
    await demand(0);
    const { visit } = await signedIn();
    await demand(1);
    const setUp = await visit.open("/sign-in?client_id=demo-web&state=s");
    expect(setUp.path).toMatch(/^\/account\/factors\/app\?return_to=/);
    const key = authenticator();
    const shown = await ceremony(visit, setUp, "new", key.create);
    const proof = await visit.open(links(shown)["I have kept them"]!);
    expect(proof.path).toMatch(/^\/account\/proof\?return_to=/);
    const gone = await ceremony(visit, proof, "proof", key.get);
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    expect((await visit.open("/account/factors/app")).html).not.toContain("data-passkey");
  });
});

describe("a client that demands a second step", () => {
  const APP = "/sign-in?client_id=demo-web&state=s";
  beforeAll(() => run("insert into mfa_clients (client_id) select id from auth_clients where client_id = 'demo-web'"));
  afterAll(() => run("delete from mfa_clients"));
  const assured = async (gone: Screen) => {
    expect(gone.elsewhere?.searchParams.get("state")).toBe("s");
    const { body } = await our.token(gone.elsewhere!.searchParams.get("code")!);
    return decode(body.accessToken).claims.acr;
  };

  test("has whoever has no factor set one up and prove it", async () => {
    const user = await aUser(worker);
    const visit = fresh();
    const setUp = await visit.signIn(user.username, user.password, APP);
    expect(setUp.path).toBe(`/account/factors/app?return_to=${encodeURIComponent(APP)}`);
    expect((await visit.open("/account")).path, "which these pages do not").toBe("/account");
    expect((await visit.open(APP)).path, "and there is no other way").toBe(setUp.path);
    const secret = codesOf(setUp)[0]!.replaceAll(" ", "");
    const proof = await visit.open(links(await visit.submit(setUp, { code: totp(secret, -1) }))["I have kept them"]!);
    expect(proof.path).toBe(`/account/proof?return_to=${encodeURIComponent(APP)}`);
    expect(await assured(await visit.submit(proof, { code: totp(secret) }))).toBe("aal2");
  });

  test("has whoever has a passkey, and no second step on, prove it", async () => {
    const { key, username, password } = await withPasskey();
    const visit = fresh();
    expect((await visit.signIn(username, password)).path).toBe("/account");
    const proof = await visit.open(APP);
    expect(proof.path).toBe(`/account/proof?return_to=${encodeURIComponent(APP)}`);
    expect(proof.html).not.toContain('name="password"');
    expect(await assured(await ceremony(visit, proof, "proof", key.get))).toBe("aal2");
    expect(await assured(await visit.open(APP)), "once is enough").toBe("aal2");
  });

  test("asks nobody twice who signs in with the second step, or by a passkey alone", async () => {
    const { key, id, username, password } = await withPasskey();
    expect(await assured(await signInBy(fresh(), key, {}, APP))).toBe("aal2");
    await run("update user_factors set second_step = 1 where user_id = ?", id);
    const visit = fresh();
    const step = await visit.signIn(username, password, APP);
    expect(await assured(await ceremony(visit, step, "second-step", key.get))).toBe("aal2");
  });
});

describe("a code of an administrator's, by which factors begin anew", () => {
  const link = async (id: string) =>
    expect((await our.post(`/users/${id}/re-enrol-link`, {}, our.bearer((await signIn(ADMIN)).accessToken))).status).toBe(204);

  test("opens the way of whoever has lost the only passkey, once, and leaves nothing of what was", async () => {
    const email = "lost-key@example.com";
    const ann = await signedIn({ email });
    await add(ann.visit, authenticator());
    await run("update user_factors set second_step = 1 where user_id = ?", ann.id);
    expect((await ann.visit.open("/account/security")).html).toContain("10 are left");
    await link(ann.id);
    await worker.settled();
    const mail = (await mails.to(email)).find(({ kind }) => kind === "re-enrolment")!;
    expect((await ann.visit.open("/account/security")).html, "it is none of one's own").toContain("10 are left");
    await run("delete from recovery_codes where user_id = ? and re_enrols = 0", ann.id);

    const visit = fresh();
    const path = mail.link!.replace("http://localhost:8787", "");
    const step = await visit.signIn(ann.username, ann.password, path);
    expect(texts(step, "p")).toContain("Type one of your recovery codes.");
    const other = fresh();
    const second = await other.signIn(ann.username, ann.password);
    const list = await visit.submit(step, { code: mail.token!, trust: "on" });
    expect([list.status, list.path]).toEqual([200, "/account/security"]);
    expect(visit.jar.get("__Host-edgelatch-trusted")).toBeUndefined();
    expect(list.html).not.toContain("/account/factors/recovery-codes");
    expect(await browsersOf(ann.username)).toMatchObject([{ aal: 2, amr: "pwd mfa" }]);
    expect((await ann.visit.open("/account")).path, "whoever was signed in is not").toMatch(/^\/sign-in/);
    expect((await other.submit(second, { code: mail.token! })).status).toBe(422);
    await worker.settled();
    const [told] = await mails.to(email);
    expect([told!.kind, told!.subject]).toEqual(["factor-removed", "A way to sign in is gone"]);

    const key = authenticator();
    expect(codesOf(await add(visit, key))).toHaveLength(10);
    expect((await signInBy(fresh(), key)).path).toBe("/account");
  });

  test("falls with the password, and is no fresh proof", async () => {
    const email = "lost-app@example.com";
    const ann = await withApp({ email });
    await link(ann.person.id);
    await worker.settled();
    const { token } = (await mails.to(email)).find(({ kind }) => kind === "re-enrolment")!;
    const visit = fresh();
    await forgetSteps();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    await run("update browsers set auth_time = 0 where user_id = ?", ann.person.id);
    const proof = await visit.open("/account/email");
    expect((await visit.submit(proof, { code: token! })).status).toBe(422);
    const late = await fresh().signIn(ann.username, ann.password);
    expect(late.path).toBe("/sign-in/second-step");
    await run("update user_credentials set changed_on = changed_on + 1 where user_id = ?", ann.person.id);
    const other = fresh();
    expect((await other.submit(await other.signIn(ann.username, ann.password), { code: token! })).status).toBe(422);
  });
});

test("a password on a new device is told while the second step waits there, once and in words of its own", async () => {
  const email = "waits-on-a-new-device@example.com";
  const ann = await withApp({ email });
  const phone = visitor(worker, { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1" });
  const step = await phone.signIn(ann.username, ann.password);
  expect(step.path).toBe("/sign-in/second-step");
  expect(await mails.wait(email, 2)).toMatchObject({ kind: "new-device", subject: "Your password was used on a new device" });
  await forgetSteps();
  expect((await phone.submit(step, { code: totp(ann.secret) })).path).toBe("/account");
  await mails.wait(email, 2);
});

describe("a trusted device", () => {
  async function trusting() {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret), trust: "on" });
    await forgetSteps();
    return { ...ann, visit };
  }
  const again = async ({ visit, username, password }: Awaited<ReturnType<typeof trusting>>) =>
    visit.submit(await visit.open("/sign-in?prompt=login"), { username, password });

  test("is asked for no second step, but for a fresh proof", async () => {
    const ann = await trusting();
    expect(ann.visit.jar.get("__Host-edgelatch-trusted")).toMatch(/^[\w-]{43}$/);
    expect((await again(ann)).path).toBe("/account");
    expect(await browsersOf(ann.username)).toMatchObject([{ aal: 1 }]);
    expect((await ann.visit.open("/account/factors/app")).path).toMatch(/^\/account\/proof\?/);
    expect((await fresh().signIn(ann.username, ann.password)).path).toBe("/sign-in/second-step");
  });

  test("is listed, and trusted no more when that is taken back", async () => {
    const ann = await trusting();
    const list = await ann.visit.open("/account/devices");
    expect(texts(list, "h2")).toContain("Trusted devices");
    const { results } = await worker.db
      .prepare("select id from trusted_devices where user_id = ?")
      .bind(ann.person.id)
      .all<{ id: string }>();
    const ended = await ann.visit.submit(list, { trusted: results[0]!.id }, { action: "/account/devices" });
    expect([ended.path, texts(ended, "h2")]).toEqual(["/account/devices?notice=ended", ["Browsers at these pages", "Apps"]]);
    expect((await again(ann)).path).toBe("/sign-in/second-step");
  });

  test("is not one where the box was left empty, and ends with the password", async () => {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    expect(visit.jar.get("__Host-edgelatch-trusted")).toBeUndefined();
    const bob = await trusting();
    await run("update user_credentials set changed_on = changed_on + 1 where user_id = ?", bob.person.id);
    expect((await again(bob)).path).toBe("/sign-in/second-step");
  });
});

test.each(["/account/factors/passkey", "/account/factors/app", "/account/email", "/account/data?step=erase"])(
  "%s needs a fresh proof, of the factor of whoever has one",
  async (path) => {
    const ann = await withApp();
    const visit = fresh();
    await visit.submit(await visit.signIn(ann.username, ann.password), { code: totp(ann.secret) });
    await run("update browsers set auth_time = 0 where factor_id = ?", ann.id);
    const proof = await visit.open(path);
    expect(proof.path).toBe(`/account/proof?return_to=${encodeURIComponent(path)}`);
    expect(proof.html).not.toContain('name="password"');
  },
);
