// The pages between a client and its code: signing in, choosing, consenting, refusing, devices, signing out. By a
// browser without scripts.

import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN, DEMO } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { CALLBACK, ISSUER, type Parameters, oauth, oauthSettings, putClient } from "../../support/oauth";
import { type Screen, forms, links, said, texts, visitor } from "../../support/visitor";

const BYE = "https://app.example/bye";
const { worker, our: arc } = useWorker({ settings: oauthSettings() });
const our = oauth(worker);
const fresh = () => visitor(worker);
const request = (parameters: Parameters = {}) => {
  const all = { response_type: "code", client_id: "demo-web", redirect_uri: CALLBACK, scope: "openid", state: "s", ...parameters };
  const defined = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `/oauth/authorize?${new URLSearchParams(defined)}`;
};
/** What a page says that an app asks for. */
const asks = (screen: Screen) => texts({ ...screen, html: screen.html.slice(screen.html.indexOf("<ul>")) }, "li");
const told = (screen: { elsewhere?: URL }) => Object.fromEntries(screen.elsewhere?.searchParams ?? []);
const password = { username: DEMO.username, password: DEMO.password };
const redeem = async (code: string) => {
  const { body } = await our.token({ grant_type: "authorization_code", code, redirect_uri: CALLBACK }, our.web);
  return body as Record<string, string>;
};
/** A person who is signed in, and the tokens of the client. */
const signedIn = async (parameters: Parameters = {}) => {
  const ann = fresh();
  const screen = await ann.submit(await ann.open(request(parameters)), password);
  return { ann, tokens: await redeem(told(screen).code!) };
};

beforeAll(() => putClient(worker, "demo-web", { post_logout_redirect_uris: [BYE] }));

describe("signing in", () => {
  test("a stranger signs in once, and comes back with a code, the state and the issuer", async () => {
    const ann = fresh();
    const page = await ann.open(request({ login_hint: "dem" }));
    expect([page.status, page.path.split("?")[0], texts(page, "h1")]).toEqual([200, "/sign-in", ["Sign in"]]);
    expect(forms(page)[0]!.fields.username).toBe("dem");
    // A redirect of the client's own after this one is nothing of ours.
    expect(page.headers.get("content-security-policy")).not.toContain("form-action");
    const back = await ann.submit(page, password);
    expect(told(back)).toEqual({ code: expect.any(String), state: "s", iss: ISSUER });
    expect(told(await ann.open(request()))).toHaveProperty("code");
  });

  test("a wrong password is said, and Cancel goes back with access_denied", async () => {
    const ann = fresh();
    const page = await ann.submit(await ann.open(request()), { ...password, password: "wrong" });
    expect([page.status, said(page)]).toEqual([422, "Name or password is not right. Check both, and try again."]);
    expect(told(await ann.submit(page, { cancel: "on" }))).toMatchObject({ error: "access_denied", state: "s", iss: ISSUER });
  });

  test("prompt=login and an old sign-in ask again, once, and auth_time is later", async () => {
    const { ann, tokens } = await signedIn();
    const before = decode(tokens.id_token!).claims.auth_time;
    await worker.db.prepare("update browsers set auth_time = auth_time - 60000 where ended_on is null").run();
    for (const parameters of [{ prompt: "login" }, { max_age: "30" }]) {
      const page = await ann.open(request(parameters));
      expect(page.path.split("?")[0], JSON.stringify(parameters)).toBe("/sign-in");
      const { code } = told(await ann.submit(page, password));
      expect(decode((await redeem(code!)).id_token!).claims.auth_time).toBeGreaterThanOrEqual(before);
      await worker.db.prepare("update browsers set auth_time = auth_time - 60000 where ended_on is null").run();
    }
  });

  test("prompt=select_account asks once: to go on, or to be somebody else", async () => {
    const { ann } = await signedIn();
    const page = await ann.open(request({ prompt: "select_account" }));
    expect([page.path.split("?")[0], texts(page, "h1")]).toEqual(["/select-account", ["Choose an account"]]);
    expect(told(await ann.open(links(page)["Go on as demo"]!))).toMatchObject({ code: expect.any(String), state: "s" });
    const other = await ann.open(links(page)["Use another account"]!);
    const admin = await ann.submit(other, { username: ADMIN.username, password: ADMIN.password });
    const { id_token } = await redeem(told(admin).code!);
    expect(decode(id_token!).claims.sub).toBe((await arc.me((await arc.signIn(ADMIN)).accessToken)).body.id);
  });

  test("a step that nobody was asked for counts for nothing", async () => {
    const { ann } = await signedIn();
    const forged = await ann.open(`${request({ prompt: "select_account" })}&interaction_step=selected`);
    expect(forged.path.split("?")[0]).toBe("/select-account");
    const cancelled = await ann.open(`${request()}&interaction=made-up&interaction_step=cancelled`);
    expect(told(cancelled)).toHaveProperty("code");
  });

  test("what is wrong with the client or its address is said on a page of 400, without a redirect", async () => {
    for (const parameters of [{ client_id: "nobody" }, { redirect_uri: "https://evil.example/" }]) {
      const page = await fresh().open(request(parameters));
      expect([page.status, texts(page, "h1")]).toEqual([400, ["This app is not known here"]]);
    }
  });
});

describe("consent", () => {
  const asked = async (parameters: Parameters = {}) => {
    await putClient(worker, "demo-web", { post_logout_redirect_uris: [BYE], consent: "ask" });
    await worker.db.prepare("delete from consents").run();
    const ann = fresh();
    return { ann, page: await ann.submit(await ann.open(request({ scope: "openid email offline_access", ...parameters })), password) };
  };

  test("the user sees what is asked, and by whom; it is asked once", async () => {
    const { ann, page } = await asked();
    expect([page.status, page.path.split("?")[0], texts(page, "h1")]).toEqual([200, "/consent", ["Let demo-web in?"]]);
    expect(asks(page)).toEqual(["know that it is you", "see your e-mail address", "stay connected when you are not here"]);
    expect(page.html).toContain("You will go back to app.example.");
    expect(told(await ann.submit(page, { allow: "on" }))).toHaveProperty("code");
    expect(told(await ann.open(request({ scope: "openid email offline_access" })))).toHaveProperty("code");
    expect((await ann.open(request({ scope: "openid phone" }))).path.split("?")[0]).toBe("/consent");
    expect((await ann.open(request({ scope: "openid email", prompt: "consent" }))).path.split("?")[0]).toBe("/consent");
    expect(told(await ann.open(request({ scope: "openid phone", prompt: "none" })))).toMatchObject({ error: "consent_required" });
  });

  test("user-rejects-authentication: Cancel leaves no code and no consent", async () => {
    const { ann, page } = await asked();
    expect(told(await ann.submit(page, { cancel: "on" }))).toEqual({
      error: "access_denied",
      error_description: expect.any(String),
      state: "s",
      iss: ISSUER,
    });
    expect(await worker.db.prepare("select count(*) as n from consents").first("n")).toBe(0);
  });

  test("a form from elsewhere, or without its token, gives no consent", async () => {
    const { ann, page } = await asked();
    const more = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await ann.submit(page, { allow: "on" }, { more })).status).toBe(403);
    expect((await ann.submit(page, { allow: "on", form_token: "x" })).status).toBe(403);
    expect(await worker.db.prepare("select count(*) as n from consents").first("n")).toBe(0);
  });

  test("what was let in is in the account, and shutting it out ends its sessions", async () => {
    const { ann, page } = await asked();
    const { access_token, refresh_token } = await redeem(told(await ann.submit(page, { allow: "on" })).code!);
    const list = await ann.open("/account/apps");
    expect(texts(list, "strong")).toEqual(["demo-web"]);
    const number = forms(list).find(({ action }) => action === "/account/apps")!.buttons[0]![1]!;
    const out = await ann.submit(list, { app: number }, { action: "/account/apps" });
    expect([out.status, said(out), texts(out, "strong")]).toEqual([200, "The app is shut out.", []]);
    expect((await our.userinfo(access_token!)).status).toBe(401);
    const refresh = { grant_type: "refresh_token", refresh_token };
    expect((await our.token(refresh, our.web)).body.error).toBe("invalid_grant");
    await putClient(worker, "demo-web", { post_logout_redirect_uris: [BYE] });
  });
});

describe("a device", () => {
  const waiting = async () => {
    const device = { grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"] };
    await putClient(worker, "demo-mobile", { token_endpoint_auth_method: "none", ...device });
    return (await our.post("/oauth/device", { client_id: "demo-mobile", scope: "openid email" })).body as Record<string, string>;
  };
  const poll = async (device_code: string) => {
    await worker.db.prepare("update one_time set polled_on = null where kind = 'device'").run();
    const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    return (await our.token({ grant_type, device_code, client_id: "demo-mobile" })).body;
  };

  test("waits until its user has typed its code and let it in, also where the code comes along", async () => {
    const { device_code, user_code, verification_uri_complete } = await waiting();
    expect((await poll(device_code!)).error).toBe("authorization_pending");
    const ann = fresh();
    const { pathname, search } = new URL(verification_uri_complete!);
    const page = await ann.submit(await ann.open(pathname + search), password);
    expect([page.path, forms(page).at(-1)!.fields.user_code]).toEqual([`/device?user_code=${user_code}`, user_code]);
    const asked = await ann.submit(page, {}, { action: "/device" });
    expect([texts(asked, "h1"), asks(asked)]).toEqual([["Let demo-mobile in?"], ["know that it is you", "see your e-mail address"]]);
    expect((await poll(device_code!)).error).toBe("authorization_pending");
    expect(texts(await ann.submit(asked, { allow: "on" }), "h1")).toEqual(["The device is connected"]);
    expect(await poll(device_code!)).toMatchObject({ id_token: expect.any(String), scope: "openid email" });
  });

  test("stays out where its user refuses, and an unknown code is said to be one", async () => {
    const { device_code, user_code } = await waiting();
    const ann = fresh();
    const page = await ann.submit(await ann.open("/device"), password);
    expect((await ann.submit(page, { user_code: "BBBB-BBBB" }, { action: "/device" })).status).toBe(422);
    const asked = await ann.submit(page, { user_code: user_code!.toLowerCase() }, { action: "/device" });
    expect(texts(await ann.submit(asked, { cancel: "on" }), "h1")).toEqual(["The device stays out"]);
    expect((await poll(device_code!)).error).toBe("access_denied");
  });
});
