// Signing in elsewhere, as it should go: five providers at their real URLs, and what people become.

import { createHash, randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { DEMO_MOBILE, DEMO_WEB, type Pair, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { useWorker } from "../../support/fixtures";
import {
  ALL_SETTINGS,
  APPLE,
  FACEBOOK,
  GOOGLE,
  INSTAGRAM,
  KEYCLOAK_ROW,
  type Person,
  ROWS,
  type Row,
  json,
  metadata,
  startOutside,
} from "../../support/identity_provider";
import { jwt } from "../../support/jwt";
import { aUser } from "../../support/seed";

const PLACE = {
  SIGN_UP_TENANT: demoSettings.SIGN_UP_TENANT,
  SIGN_UP_ROLE: demoSettings.SIGN_UP_ROLE,
  SIGN_UP_CLIENT_IDS: `${demoSettings.SIGN_UP_CLIENT_IDS},no-such-client`,
};

const outside = await startOutside();
const { worker, our } = useWorker({ settings: ALL_SETTINGS, outside: outside.handle });
afterEach(() => outside.reset());

/** Changes settings until the test is over. */
async function set(changed: Record<string, string>) {
  const before = Object.fromEntries(Object.keys(changed).map((name) => [name, ALL_SETTINGS[name]]));
  onTestFinished(() => worker.restart(before));
  await worker.restart(changed);
}

const someone = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), given_name: "Ann", family_name: "Lee", ...more });

async function identify(row: Row, sub: string, userId: string) {
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values (?, ?, ?, ?, 1)")
    .bind(row.name, row.identityIssuer, sub, userId)
    .run();
}

/** Somebody with an account here that a provider opens. */
async function aMember(row: Row, wishes: Parameters<typeof aUser>[1] = {}) {
  const user = await aUser(worker, wishes);
  const person = someone();
  await identify(row, person.sub, user.id);
  return { user, person };
}

const codeOf = (location: string | null) => new URL(location!).searchParams.get("code")!;
const count = async (table: string) => (await worker.rows())[table]!.length;

describe.each(ROWS)("$name", (row) => {
  test("a start sends the browser to the provider's real URL, with what it needs and a cookie", async () => {
    const answer = await browser(worker).start(row);
    expect(answer.status).toBe(302);
    const url = new URL(answer.headers.get("location")!);
    expect(url.origin + url.pathname).toBe(row.authorize);
    const ask = Object.fromEntries(url.searchParams);
    expect(ask).toMatchObject({
      response_type: "code",
      client_id: row.clientId,
      redirect_uri: `http://127.0.0.1:8787${row.back}`,
      scope: row.scope,
    });
    expect(ask.state).toMatch(/^[\w-]{43}$/);
    expect("code_challenge" in ask && ask.code_challenge_method === "S256").toBe(row.pkce);
    expect("nonce" in ask).toBe(row.keys !== undefined);
    expect(ask.response_mode).toBe(row.formPost ? "form_post" : undefined);
    const [cookie, ...more] = answer.headers.getSetCookie();
    expect(more).toEqual([]);
    const name = row.formPost ? "__Host-signin-post-" : "__Host-signin-";
    expect(cookie).toMatch(
      new RegExp(`^${name}[\\w-]{16}=[\\w-]{43}; Max-Age=600; Path=/; HttpOnly; SameSite=${row.formPost ? "None" : "Lax"}; Secure$`),
    );
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("a known person comes back with a code that is good for tokens, and for nothing else", async () => {
    const { user, person } = await aMember(row);
    const app = browser(worker);
    const answer = await app.dance(outside, row, person, { state: "their own & state" });
    expect(answer.status, answer.text + worker.log()).toBe(302);
    const url = new URL(answer.headers.get("location")!);
    expect(url.origin + url.pathname).toBe("http://localhost:5173/callback");
    expect([...url.searchParams.keys()]).toEqual(["code", "state"]);
    expect(url.searchParams.get("state")).toBe("their own & state");
    expect(url.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
    expect(app.jar.size, "the cookie is taken away").toBe(0);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const token = await our.token(codeOf(url.href));
    expect(token.status).toBe(200);
    expect((await our.me(token.body.accessToken)).body).toMatchObject({ id: user.id, username: user.username });
    expect((await our.refresh(token.body)).status).toBe(200);
    const { sessions, user_identities } = await worker.rows();
    expect(sessions!.find((session) => session.user_id === user.id)).toMatchObject({ method: row.name });
    expect(user_identities!.find((identity) => identity.user_id === user.id)?.last_used_on).toBeGreaterThan(1);
    expect((await our.token(codeOf(url.href))).body).toEqual(flat(401, "Code Expired"));
  });

  test("whoever is unknown gets nothing, and nothing is left behind", async () => {
    const users = await count("users");
    const answer = await browser(worker).dance(outside, row, someone({ email: `${randomUUID()}@example.com`, email_verified: true }));
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(nested("Invalid Credentials"));
    expect(await count("users")).toBe(users);
  });

  test.each([[2], [4], [null]])("a user of status %s gets nothing through the provider either", async (status) => {
    const { person } = await aMember(row, { status });
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.body).toEqual(nested("Invalid Credentials"));
    expect(answer.headers.get("location")).toBeNull();
  });

  test("a user who is not active yet is told so, as with a password, and gets nothing", async () => {
    const { user, person } = await aMember(row, { status: 0 });
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.body).toEqual((await our.login({ username: user.username, password: user.password })).body);
  });

  test("a user who must change the password may come in this way", async () => {
    const { person } = await aMember(row, { status: 3 });
    expect((await browser(worker).dance(outside, row, person)).status).toBe(302);
  });

  test("nobody comes in to a tenant that is not active", async () => {
    const { person } = await aMember(row);
    const become = (status: number) => worker.db.prepare("update tenants set status = ?").bind(status).run();
    onTestFinished(async () => void (await become(0)));
    await become(1);
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.body).toEqual(nested("Invalid Credentials"));
  });

  test("a client without a redirect URL gets its tokens in the answer", async () => {
    const { user, person } = await aMember(row);
    const answer = await browser(worker).dance(outside, row, person, DEMO_MOBILE);
    expect(answer.status, answer.text).toBe(200);
    expect(Object.keys(answer.body)).toEqual(["accessToken", "refreshToken", "expires"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await our.me(answer.body.accessToken)).body.id).toBe(user.id);
  });

  test("a person who may not use the client is told no more than a password would have told", async () => {
    const { person } = await aMember(row, { clients: ["demo-mobile"] });
    expect((await browser(worker).dance(outside, row, person)).body).toEqual(flat(401, "Client Invalid"));
  });

  test("the provider's refusal goes back to the client, with the client's state", async () => {
    const app = browser(worker);
    const { state, iss } = await app.begin(outside, row, someone(), { state: "mine" });
    const refusal = { error: "access_denied", error_description: "The person said\r\nno", state: state!, ...(iss ? { iss } : {}) };
    const answer = await app.back(row, refusal);
    const url = new URL(answer.headers.get("location")!);
    expect(Object.fromEntries(url.searchParams)).toEqual({ error: "access_denied", error_description: "The person saidno", state: "mine" });
    const mobile = browser(worker);
    const asked = await mobile.begin(outside, row, someone(), DEMO_MOBILE);
    expect((await mobile.back(row, { ...refusal, state: asked.state! })).body).toEqual(flat(401, "Access Denied"));
  });

  test("a start needs a client, and says what is wrong in the documented order", async () => {
    const app = browser(worker);
    expect(
      (await app.go("POST", row.start, { body: JSON.stringify(DEMO_WEB), headers: { "content-type": "application/json" } })).status,
    ).toBe(415);
    expect((await app.go("POST", row.start)).status).toBe(415);
    const missing = await app.form("POST", row.start, { client_id: "demo-web" });
    expect(missing.status).toBe(422);
    expect(missing.body.error.details).toMatchObject([{ info: { missingProperty: "client_secret" } }]);
    expect((await app.form("POST", row.start, { ...DEMO_WEB, more: "x" })).status).toBe(422);
    expect((await app.form("POST", row.start, { ...DEMO_WEB, client_secret: "wrong" })).body).toEqual(nested("Client Invalid"));
    expect((await app.form("POST", row.start, { ...DEMO_WEB, client_secret: "" })).body).toEqual(flat(401, "Unauthorized"));
    for (const wrong of [
      { state: "x".repeat(513) },
      { code_challenge: "short" },
      { code_challenge: "x".repeat(43), code_challenge_method: "plain" },
    ] as Record<string, string>[]) {
      expect((await app.start(row, wrong)).status, JSON.stringify(wrong)).toBe(422);
    }
    expect((await app.start(row, { ...DEMO_MOBILE, code_challenge: "x".repeat(43) })).status).toBe(422);
    expect(app.jar.size).toBe(0);
  });

  test("the document's own sample, JSON that calls itself a form, is read", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await browser(worker).go("POST", row.start, { body: JSON.stringify(DEMO_WEB, null, 1), headers });
    expect(answer.status).toBe(302);
    const broken = await browser(worker).go("POST", row.start, { body: '{"client_id": "demo-web"}', headers });
    expect(broken.status).toBe(422);
  });

  test("an app gets a URL to open in a browser, once", async () => {
    const { person } = await aMember(row);
    const headers = { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation", accept: "application/json" };
    const body = new URLSearchParams({ ...DEMO_WEB, state: "deep" }).toString();
    const offered = await our.send("POST", row.start, { body, headers });
    expect(offered.status).toBe(200);
    const { one_time } = await worker.rows();
    const [ticket] = one_time!.filter(({ kind, taken_by }) => kind === "ticket" && taken_by === null) as Record<string, number>[];
    expect(ticket!.expires_on! - ticket!.created_on!, "it lives a minute").toBe(60_000);
    expect(Object.keys(offered.body)).toEqual(["authorizationUrl"]);
    expect(offered.headers.getSetCookie()).toEqual([]);
    const url = new URL(offered.body.authorizationUrl);
    expect(url.origin + url.pathname).toBe("http://127.0.0.1:8787/auth/sign-in/continue");
    const app = browser(worker);
    const away = await app.go("GET", url.pathname + url.search);
    expect(away.status).toBe(302);
    const back = await app.back(row, outside.consent(row, away.headers.get("location")!, person));
    expect(new URL(back.headers.get("location")!).searchParams.get("state")).toBe("deep");
    expect((await app.go("GET", url.pathname + url.search)).body).toEqual(flat(401, "Client Invalid"));
  });

  test("the code of a start with a challenge needs its verifier", async () => {
    const { person } = await aMember(row);
    const verifier = "v".repeat(43);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const fields = { code_challenge: challenge, code_challenge_method: "S256" };
    const code = async () => codeOf((await browser(worker).dance(outside, row, person, fields)).headers.get("location"));
    expect((await our.token(await code(), { code_verifier: verifier })).status).toBe(200);
    const spent = await code();
    expect((await our.token(spent)).body).toEqual(flat(401, "Invalid Credentials"));
    expect((await our.token(spent, { code_verifier: verifier })).status, "and is spent without it").toBe(401);
    const plain = codeOf((await browser(worker).dance(outside, row, person)).headers.get("location"));
    expect((await our.token(plain, { code_verifier: verifier })).body, "one begun without takes none").toEqual(
      flat(401, "Invalid Credentials"),
    );
  });

  test("an app with a scheme of its own must send a challenge, and gets its code there", async () => {
    const columns = "client_secret_digest, secret_digest, created_on, modified_on";
    const client_id = `native-${row.name}`;
    await worker.db
      .prepare(
        `insert into auth_clients (client_id, redirect_url, ${columns}) select ?, 'com.example.app:/cb', ${columns} from auth_clients where client_id = 'demo-web'`,
      )
      .bind(client_id)
      .run();
    const { person } = await aMember(row, { clients: [client_id] });
    const refusal = await browser(worker).start(row, { client_id });
    expect(refusal.status).toBe(422);
    expect(refusal.body.error.details).toMatchObject([{ info: { missingProperty: "code_challenge" } }]);
    const verifier = "v".repeat(43);
    const code_challenge = createHash("sha256").update(verifier).digest("base64url");
    const location = (await browser(worker).dance(outside, row, person, { client_id, code_challenge })).headers.get("location")!;
    expect(location).toMatch(/^com\.example\.app:\/cb\?code=[\w-]{43}$/);
    expect((await our.token(codeOf(location), { clientId: client_id, code_verifier: verifier })).status).toBe(200);
  });
});

test.each([
  ["/auth/google", GOOGLE],
  ["/auth/keycloak", KEYCLOAK_ROW],
] as const)("the deprecated GET %s works, and says until when", async (path, row) => {
  const answer = await our.send("GET", `${path}?${new URLSearchParams(DEMO_WEB)}`);
  expect(answer.status).toBe(302);
  expect(answer.headers.get("deprecation")).toMatch(/^@\d+$/);
  expect(Date.parse(answer.headers.get("sunset")!)).toBeGreaterThan(Number(answer.headers.get("deprecation")!.slice(1)) * 1000);
  expect((await our.send("GET", path)).body).toEqual(flat(401, "Unauthorized"));
  expect((await our.send("GET", `${path}?client_id=demo-web&client_secret=wrong`)).body).toEqual(nested("Client Invalid"));

  const { person } = await aMember(row);
  const verifier = "v".repeat(43);
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const app = browser(worker);
  const away = await app.go("GET", `${path}?${new URLSearchParams({ ...DEMO_WEB, state: "mine", code_challenge })}`);
  const back = new URL((await app.back(row, outside.consent(row, away.headers.get("location")!, person))).headers.get("location")!);
  expect(back.searchParams.get("state")).toBe("mine");
  expect((await our.token(codeOf(back.href), { code_verifier: verifier })).status).toBe(200);
  for (const wrong of [
    { state: "x".repeat(513) },
    { code_challenge: "short" },
    { code_challenge, code_challenge_method: "plain" },
  ] as Record<string, string>[]) {
    expect((await our.send("GET", `${path}?${new URLSearchParams({ ...DEMO_WEB, ...wrong })}`)).status).toBe(422);
  }
});

const PROMPTS: [Row, Record<string, string>, Record<string, string>][] = [
  [GOOGLE, { prompt: "login" }, { prompt: "select_account" }],
  [KEYCLOAK_ROW, { prompt: "login" }, { prompt: "select_account" }],
  [FACEBOOK, { auth_type: "reauthenticate" }, { auth_type: "reauthenticate" }],
  [INSTAGRAM, { force_reauth: "true" }, { force_reauth: "true" }],
  [APPLE, {}, {}],
];

test.each(PROMPTS)("a start at $name hands a prompt on, so that somebody else can sign in", async (row, login, selectAccount) => {
  const asked = (location: string | null) => {
    const { searchParams } = new URL(location!);
    return Object.fromEntries(
      ["prompt", "auth_type", "force_reauth"].filter((name) => searchParams.has(name)).map((name) => [name, searchParams.get(name)]),
    );
  };
  expect(asked((await browser(worker).start(row)).headers.get("location"))).toEqual({});
  for (const [prompt, expected] of [
    ["login", login],
    ["select_account", selectAccount],
  ] as const) {
    expect(asked((await browser(worker).start(row, { prompt })).headers.get("location"))).toEqual(expected);
    const headers = { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation", accept: "application/json" };
    const offered = await our.send("POST", row.start, { body: new URLSearchParams({ ...DEMO_WEB, prompt }).toString(), headers });
    const { pathname, search } = new URL(offered.body.authorizationUrl);
    expect(asked((await our.send("GET", pathname + search)).headers.get("location")), "through a ticket too").toEqual(expected);
    if (row !== GOOGLE && row !== KEYCLOAK_ROW) continue;
    const got = await our.send("GET", `${row.start}?${new URLSearchParams({ ...DEMO_WEB, prompt })}`);
    expect(asked(got.headers.get("location")), "and by GET").toEqual(expected);
  }
  for (const prompt of ["none", "consent", "", "login select_account"]) {
    const refused = await browser(worker).start(row, { prompt });
    expect(refused.status, prompt).toBe(422);
    expect(refused.body.error.details).toMatchObject([{ path: "/prompt" }]);
  }
});

test("where Keycloak's document has no account choice, one is made by signing in again", async () => {
  const usual = metadata(KEYCLOAK_ROW);
  outside.replace(KEYCLOAK_ROW.discovery!, () => json({ ...usual, prompt_values_supported: ["none", "login", "consent"] }) as never);
  await set({});
  const location = (await browser(worker).start(KEYCLOAK_ROW, { prompt: "select_account" })).headers.get("location")!;
  expect(new URL(location).searchParams.getAll("prompt")).toEqual(["login"]);
});

test("what a query holds is never logged, whatever comes of it", async () => {
  outside.replace(KEYCLOAK_ROW.discovery!, () => new Response("", { status: 500 }));
  await set({ GOOGLE_AUTH_CLIENT_SECRET: "" });
  const query = new URLSearchParams({ ...DEMO_WEB, state: "state-of-nobody-else" });
  expect((await our.send("GET", `/auth/google?${query}`)).status).toBe(501);
  expect((await our.send("GET", `/auth/keycloak?${query}`)).status).toBe(503);
  await our.send("GET", `${GOOGLE.back}?code=code-of-nobody-else&state=${"s".repeat(43)}`);
  const printed = await worker.printed();
  expect(printed, "but the log says what was wrong").toMatch(/GOOGLE_AUTH_CLIENT_SECRET[^]*unknown state/);
  for (const secret of ["demo-web-secret", "state-of-nobody-else", "code-of-nobody-else"]) expect(printed).not.toContain(secret);
});

test.each([
  ["30", 30],
  ["86400", 600],
])("SIGN_IN_STATE_EXPIRY=%s gives a person %i seconds", async (value, seconds) => {
  await set({ SIGN_IN_STATE_EXPIRY: value });
  const since = Date.now();
  const answer = await browser(worker).start(GOOGLE);
  expect(answer.headers.getSetCookie()[0]).toContain(`; Max-Age=${seconds};`);
  const rows = (await worker.rows()).one_time as Record<string, number>[];
  const [row] = rows.filter(({ kind, created_on }) => (kind as unknown) === "signin" && created_on! >= since);
  expect(row!.expires_on! - row!.created_on!).toBe(seconds * 1000);
});

test.each([
  ["prefers nothing", { accept: "application/json" }],
  ["wants no JSON", { prefer: "return=representation", accept: "text/html" }],
  ["prefers less", { prefer: "return=minimal", accept: "application/json" }],
])("who %s is sent away at once", async (_, wishes) => {
  const headers = { "content-type": "application/x-www-form-urlencoded", ...wishes };
  expect((await our.send("POST", GOOGLE.start, { body: new URLSearchParams(DEMO_WEB).toString(), headers })).status).toBe(302);
});

test("one user comes in with every provider that knows them", async () => {
  const user = await aUser(worker);
  for (const row of ROWS) {
    const person = someone();
    await identify(row, person.sub, user.id);
    const token = await our.token(codeOf((await browser(worker).dance(outside, row, person)).headers.get("location")));
    expect((await our.me(token.body.accessToken)).body.id, row.name).toBe(user.id);
  }
});

test("Instagram's row works with another provider, whose identities are its own", async () => {
  const origin = "https://photos.example";
  const other: Row = {
    ...INSTAGRAM,
    identityIssuer: origin,
    authorize: `${origin}/authorize`,
    token: `${origin}/token`,
    profile: `${origin}/me`,
  };
  await set({ INSTAGRAM_AUTH_URL: other.authorize, INSTAGRAM_AUTH_TOKEN_URL: other.token, INSTAGRAM_AUTH_PROFILE_URL: other.profile! });
  outside.replace(other.token, ({ form }) => json({ access_token: `at-${form.get("code")}`, token_type: "Bearer" }));
  outside.replace(other.profile!, () => json({ user_id: "42", name: "Ann" }));
  const there = await aUser(worker);
  await identify(INSTAGRAM, "42", (await aUser(worker)).id);
  await identify(other, "42", there.id);
  const answer = await browser(worker).dance(outside, other, someone());
  const token = await our.token(codeOf(answer.headers.get("location")));
  expect((await our.me(token.body.accessToken)).body.id).toBe(there.id);
});

test("Apple may come back by GET too, and names a person once in the form", async () => {
  const { person } = await aMember(APPLE);
  const app = browser(worker);
  const fields = await app.begin(outside, APPLE, person);
  expect((await app.go("GET", `${APPLE.back}?${new URLSearchParams(fields)}`)).status).toBe(302);
});

test("several sign-ins are open in one browser", async () => {
  const { person } = await aMember(GOOGLE);
  const app = browser(worker);
  const first = await app.begin(outside, GOOGLE, person);
  const second = await app.begin(outside, GOOGLE, person);
  expect((await app.back(GOOGLE, first)).status).toBe(302);
  expect((await app.back(GOOGLE, second)).status).toBe(302);
});

test("a code goes into whatever query the redirect URL has", async () => {
  const columns = "client_secret_digest, secret_digest, created_on, modified_on";
  const url = "https://app.example/cb?x=1&code=old";
  await worker.db
    .prepare(
      `insert into auth_clients (client_id, redirect_url, ${columns}) select 'with-query', ?, ${columns} from auth_clients where client_id = 'demo-web'`,
    )
    .bind(url)
    .run();
  const { person } = await aMember(GOOGLE, { clients: ["with-query"] });
  const answer = await browser(worker).dance(outside, GOOGLE, person, { client_id: "with-query" });
  expect(answer.headers.get("location")).toMatch(/^https:\/\/app\.example\/cb\?x=1&code=[\w-]{43}$/);
});

describe("signing out at Keycloak", () => {
  const LOGOUT = `${KEYCLOAK_ROW.issuer}/protocol/openid-connect/logout`;
  const signOut = (pair: Pair, path = "/keycloak/logout") =>
    our.post(path, { refreshToken: pair.refreshToken }, our.bearer(pair.accessToken));
  const tokens = async () => {
    const { user, person } = await aMember(KEYCLOAK_ROW);
    const code = codeOf((await browser(worker).dance(outside, KEYCLOAK_ROW, person)).headers.get("location"));
    return { user, pair: (await our.token(code)).body };
  };

  test("ends the session here first, and then there, with the token that was kept", async () => {
    const { user, pair } = await tokens();
    const { sessions } = await worker.rows();
    const kept = sessions!.find((session) => session.user_id === user.id)!.provider_token as string;
    expect(kept).toBeTruthy();
    expect(kept).not.toContain("refresh-");
    const next = (await our.refresh(pair)).body;
    const answer = await signOut(next);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ success: true, key: user.id });
    expect(outside.calls(LOGOUT)).toBe(1);
    const call = outside.sent.at(-1)!;
    expect(call.form.get("refresh_token")).toMatch(/^refresh-/);
    expect(call.form.get("client_id")).toBe("keycloak-client");
    expect((await our.me(next.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("reaches Keycloak also from a client that got its tokens at once", async () => {
    const { person } = await aMember(KEYCLOAK_ROW);
    const pair = (await browser(worker).dance(outside, KEYCLOAK_ROW, person, DEMO_MOBILE)).body;
    expect((await signOut(pair)).status).toBe(200);
    expect(outside.calls(LOGOUT)).toBe(1);
    expect(outside.sent.at(-1)!.form.get("refresh_token")).toMatch(/^refresh-/);
  });

  test("is answered when Keycloak has answered, so that a browser that goes there next is signed out", async () => {
    const { pair } = await tokens();
    let done = false;
    outside.replace(LOGOUT, async (_, usual) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      done = true;
      return usual();
    });
    expect((await signOut(pair)).status).toBe(200);
    expect(done).toBe(true);
  });

  test("waits three seconds for a Keycloak that hangs, and is done", { timeout: 20_000 }, async () => {
    const { user, pair } = await tokens();
    outside.replace(LOGOUT, () => new Promise<Response>((resolve) => setTimeout(resolve, 15_000, json({})).unref()));
    const begun = Date.now();
    const answer = await signOut(pair);
    expect(answer.body).toEqual({ success: true, key: user.id });
    expect(Date.now() - begun).toBeGreaterThan(2_500);
    expect(Date.now() - begun, "any other call is waited for ten seconds").toBeLessThan(9_000);
    expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("is done whatever Keycloak answers", async () => {
    const { pair } = await tokens();
    outside.replace(LOGOUT, () => new Response("no", { status: 500 }));
    expect((await signOut(pair)).status).toBe(200);
    expect(outside.calls(LOGOUT)).toBe(1);
    expect((await our.me(pair.accessToken)).status).toBe(401);
  });

  test("is done though Keycloak cannot be found, or is not configured any more", async () => {
    const [gone, forgotten] = [await tokens(), await tokens()];
    outside.replace(LOGOUT, () => {
      throw new Error("no such host");
    });
    expect((await signOut(gone.pair)).status).toBe(200);
    await set({ KEYCLOAK_CLIENT_ID: "" });
    expect((await signOut(forgotten.pair)).status).toBe(200);
    for (const { pair } of [gone, forgotten]) expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
  });

  test("has ended the session here by the time Keycloak hears of it", async () => {
    const { pair } = await tokens();
    let then: unknown;
    outside.replace(LOGOUT, async (_, usual) => {
      then = (await our.me(pair.accessToken)).body;
      return usual();
    });
    await signOut(pair);
    await worker.settled();
    expect(then).toEqual(nested("TokenRevoked"));
  });

  test("is refused as signing out is, and then makes no call", async () => {
    const { pair } = await tokens();
    const bearer = our.bearer(pair.accessToken);
    for (const [body, headers] of [
      [{ refreshToken: pair.refreshToken }, {}],
      [{ refreshToken: pair.refreshToken }, our.bearer("x.y.z")],
      [{}, bearer],
      [{ refreshToken: "" }, bearer],
      [{ refreshToken: "unknown" }, bearer],
      [{ refreshToken: 1 }, bearer],
    ] as const) {
      const [there, here] = [await our.post("/keycloak/logout", body, headers), await our.post("/logout", body, headers)];
      expect(there.status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      expect([there.status, there.body]).toEqual([here.status, here.body]);
    }
    await worker.settled();
    expect(outside.calls(LOGOUT)).toBe(0);
    expect((await our.me(pair.accessToken)).status).toBe(200);
  });

  test("makes no call for a refused request, another session or another way in", async () => {
    const { pair } = await tokens();
    const other = await our.signIn();
    expect((await signOut({ ...pair, refreshToken: other.refreshToken })).body).toEqual(flat(401, "Token Invalid"));
    expect((await signOut(other)).status).toBe(200);
    expect((await signOut(pair, "/logout")).status).toBe(200);
    await worker.settled();
    expect(outside.calls(LOGOUT)).toBe(0);
  });
});

describe("when people may sign up", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: ROWS.map((row) => row.name).join(",") }));

  test.each(ROWS)("an unknown person from $name gets an account at once", async (row) => {
    const email = `${randomUUID()}@Example.com`;
    const person = someone({ email, email_verified: true, sub: `a/b:${randomUUID()}` });
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.status, answer.text + worker.log()).toBe(302);
    const token = await our.token(codeOf(answer.headers.get("location")));
    const me = (await our.me(token.body.accessToken)).body;
    const known = row.keys !== undefined;
    expect(me).toMatchObject({
      username: known ? email : `${row.name}:${person.sub.replace("/", "%2F").replace(":", "%3A")}`,
      firstName: "Ann",
      role: "1",
    });
    expect(me.email ?? null).toBe(known ? email : null);
    const rows = await worker.rows();
    expect(rows.users!.find((user) => user.id === me.id)).toMatchObject({ email_verified: known ? 1 : 0 });
    expect(rows.user_credentials!.some((credential) => credential.user_id === me.id)).toBe(false);
    const users = rows.users!.length;
    expect((await browser(worker).dance(outside, row, person)).status, "the second time it is known").toBe(302);
    expect(await count("users")).toBe(users);
  });

  test("an unverified address is neither stored nor matched", async () => {
    for (const email_verified of [false, "true", 1, null, undefined]) {
      const person = someone({ email: "demo@example.com", email_verified });
      const answer = await browser(worker).dance(outside, GOOGLE, person);
      const token = await our.token(codeOf(answer.headers.get("location")));
      const me = (await our.me(token.body.accessToken)).body;
      expect(me.username).toBe(`google:${person.sub}`);
      expect(me.email ?? null).toBeNull();
    }
  });

  test("Apple's \"true\" verifies, and its form's name is taken", async () => {
    const email = `${randomUUID()}@example.com`;
    const app = browser(worker);
    const fields = await app.begin(outside, APPLE, { sub: randomUUID(), email, email_verified: "true" });
    const user = JSON.stringify({ name: { firstName: "Jo", lastName: "Doe" }, email: "demo@example.com" });
    const answer = await app.back(APPLE, { ...fields, user });
    const token = await our.token(codeOf(answer.headers.get("location")));
    expect((await our.me(token.body.accessToken)).body).toMatchObject({ username: email, email, firstName: "Jo", lastName: "Doe" });
  });

  /** The person as the account here has it, after a sign-in. */
  const come = async (row: Row, person: Person) => {
    const answer = await browser(worker).dance(outside, row, person);
    expect(answer.status, answer.text + worker.log()).toBe(302);
    return (await our.me((await our.token(codeOf(answer.headers.get("location")))).body.accessToken)).body;
  };
  const nameless = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), ...more });

  test.each(ROWS)("a name that only stood in gives way to the first real one from $name, and to no later one", async (row) => {
    const known = row.keys !== undefined;
    const person = nameless(known ? { email: `${randomUUID()}@example.com`, email_verified: true } : {});
    const { sub } = person;
    if (row.profile) outside.replace(row.profile, () => json({ sub, id: sub, user_id: sub }) as never);
    const first = await come(row, person);
    const standIn = known ? person.email : `${row.name}:${person.sub}`;
    expect(first).toMatchObject({ firstName: standIn, lastName: null, username: standIn });
    expect((await come(row, person)).firstName, "still").toBe(standIn);
    outside.reset();
    const named = { ...person, given_name: "Ann", family_name: "Lee" };
    const last = row === INSTAGRAM ? null : "Lee";
    expect(await come(row, named)).toMatchObject({ id: first.id, firstName: "Ann", lastName: last, username: standIn });
    expect(await come(row, { ...named, given_name: "Bea", family_name: "Moore" })).toMatchObject({ firstName: "Ann", lastName: last });
  });

  test("a name that somebody chose is never replaced, though it stands where another stood in", async () => {
    const person = nameless();
    const { id } = await come(GOOGLE, person);
    await worker.db.prepare("update users set first_name = 'Robin' where id = ?").bind(id).run();
    expect(await come(GOOGLE, { ...person, given_name: "Ann", family_name: "Lee" })).toMatchObject({ firstName: "Robin", lastName: null });
  });

  test("an account with a name of its own keeps it, whatever a provider says", async () => {
    const { user, person } = await aMember(GOOGLE);
    expect(await come(GOOGLE, { ...person, given_name: "Bea" })).toMatchObject({ id: user.id, firstName: "Test" });
  });

  describe.each([GOOGLE, KEYCLOAK_ROW])("userinfo of $name", (row) => {
    const sign = (claims: Record<string, unknown>) =>
      outside.usualSign({ iss: row.issuer, aud: row.clientId, given_name: "Ann", family_name: "Lee", ...claims });
    const answer = (body: Promise<string> | string) => async () =>
      new Response(await body, { headers: { "content-type": "application/jwt" } }) as never;

    test("that is signed is verified, and names who is proven", async () => {
      const person = nameless();
      outside.replace(row.profile!, answer(sign({ sub: person.sub })));
      expect(await come(row, person)).toMatchObject({ firstName: "Ann", lastName: "Lee" });
    });

    test.each<[string, (sub: string) => Promise<string> | string]>([
      ["is for another client", (sub) => sign({ sub, aud: "another-client" })],
      ["is of another issuer", (sub) => sign({ sub, iss: "https://evil.example" })],
      ["is signed by another", (sub) => sign({ sub }).then((token) => `${token.slice(0, -8)}AAAAAAAA`)],
      ["is not signed", (sub) => jwt({ alg: "none" }, { sub, iss: row.issuer, aud: row.clientId, given_name: "Ann" })],
      ["is encrypted", () => "eyJhbGciOiJSU0EtT0FFUCJ9.AAAA.AAAA.AAAA.AAAA"],
      ["is a page", () => "<html>"],
    ])("that %s is left out, and refuses nobody who is proven", async (_, make) => {
      const person = nameless();
      outside.replace(row.profile!, answer(make(person.sub)));
      expect(await come(row, person)).toMatchObject({ firstName: `${row.name}:${person.sub}` });
      expect(await worker.printed()).toContain("a person's name is left out");
    });

    test.each([[401], [403], [500]])("that answers %i is left out", async (status) => {
      outside.replace(row.profile!, () => new Response("", { status }) as never);
      const person = nameless();
      expect(await come(row, person)).toMatchObject({ firstName: `${row.name}:${person.sub}` });
    });

    test("that is signed and about somebody else refuses the sign-in", async () => {
      outside.replace(row.profile!, answer(sign({ sub: "another" })));
      expect((await browser(worker).dance(outside, row, nameless())).body).toEqual(nested("Invalid Credentials"));
    });
  });

  test("an address that somebody has here gets no second account", async () => {
    const person = someone({ email: "DEMO@example.com", email_verified: true });
    expect((await browser(worker).dance(outside, GOOGLE, person)).body).toEqual(nested("Invalid Credentials"));
  });

  test("two returns of one new person at once make one account", async () => {
    const person = someone({ email: `${randomUUID()}@example.com`, email_verified: true });
    const apps = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const app = browser(worker);
        return { app, fields: await app.begin(outside, GOOGLE, person) };
      }),
    );
    const answers = await Promise.all(apps.map(({ app, fields }) => app.back(GOOGLE, fields)));
    expect(answers.filter((answer) => answer.status === 302).length).toBeGreaterThan(0);
    expect((await worker.rows()).users!.filter((user) => user.email === person.email)).toHaveLength(1);
  });

  test("nobody is made who could not come in", async () => {
    await worker.restart({ SIGN_UP_CLIENT_IDS: "demo-mobile" });
    const users = await count("users");
    expect((await browser(worker).dance(outside, GOOGLE, someone())).body).toEqual(flat(401, "Client Invalid"));
    expect(await count("users")).toBe(users);
    await worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "apple" });
    expect((await browser(worker).dance(outside, GOOGLE, someone())).body, "Google is not on the list").toEqual(
      nested("Invalid Credentials"),
    );
    await worker.restart({ SIGN_UP_ROLE: "no-such-role" });
    expect((await browser(worker).dance(outside, APPLE, someone())).status).toBe(500);
    expect(await worker.printed()).toContain("SIGN_UP_TENANT or SIGN_UP_ROLE");
    expect(await count("users")).toBe(users);
  });
});

describe("when people may be linked", () => {
  beforeAll(() => worker.restart({ ...PLACE, SOCIAL_SIGN_UP: "off", SOCIAL_LINKING: "verified-email" }));
  const local = async (wishes: Parameters<typeof aUser>[1] = {}) => {
    const email = `${randomUUID()}@example.com`;
    return { email, user: await aUser(worker, { ...wishes, email }) };
  };

  test("the same verified address leads to the account that is there, and its password stays good", async () => {
    const { email, user } = await local();
    const person = someone({ email: email.toUpperCase(), email_verified: true });
    const answer = await browser(worker).dance(outside, GOOGLE, person);
    const token = await our.token(codeOf(answer.headers.get("location")));
    expect((await our.me(token.body.accessToken)).body.id).toBe(user.id);
    await our.signIn({ username: user.username, password: user.password });
    const moved = { ...person, email: "somebody-else@example.com" };
    expect((await browser(worker).dance(outside, GOOGLE, moved)).status, "known by its subject from now on").toBe(302);
  });

  test.each([
    ["the account's address is not verified", { email_verified: true }, "update users set email_verified = 0 where id = ?"],
    ["the provider has not verified it", { email_verified: false }, undefined],
    ["the user is inactive", { email_verified: true }, "update user_tenants set status = 2 where user_id = ?"],
    ["the user may not use the client", { email_verified: true }, "delete from user_clients where user_id = ?"],
  ])("nobody is linked where %s", async (_, verified, change) => {
    const { email, user } = await local();
    if (change) await worker.db.prepare(change).bind(user.id).run();
    const identities = await count("user_identities");
    const answer = await browser(worker).dance(outside, GOOGLE, someone({ email, ...verified }));
    expect(answer.body).toEqual(nested("Invalid Credentials"));
    expect(await count("user_identities")).toBe(identities);
  });

  test("Facebook, which verifies nothing, links nobody", async () => {
    const { email } = await local();
    expect((await browser(worker).dance(outside, FACEBOOK, someone({ email, email_verified: true }))).body).toEqual(
      nested("Invalid Credentials"),
    );
  });

  test("the identity of a deleted user opens nothing", async () => {
    const { user, person } = await aMember(GOOGLE);
    await worker.db.prepare("update users set deleted = 1 where id = ?").bind(user.id).run();
    expect((await browser(worker).dance(outside, GOOGLE, person)).body).toEqual(nested("Invalid Credentials"));
  });
});

test("a provider that is not configured answers 501 to a client that proves itself, and the log names the setting", async () => {
  await worker.restart({ GOOGLE_AUTH_CLIENT_SECRET: "" });
  const answer = await browser(worker).start(GOOGLE);
  expect(answer.status).toBe(501);
  expect(answer.text).not.toContain("GOOGLE");
  expect(await worker.printed()).toContain("not configured: GOOGLE_AUTH_CLIENT_SECRET");
  expect((await browser(worker).start(GOOGLE, { client_secret: "wrong" })).status).toBe(401);
});
