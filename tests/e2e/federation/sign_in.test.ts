// Signing in with a provider, as it should go: five providers at their real URLs.

import { createHash, randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { describe, expect, onTestFinished, test } from "vitest";
import { DEMO_MOBILE, DEMO_WEB, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { someone, codeOf, useFederation } from "../../support/federation";
import { APPLE, FACEBOOK, GOOGLE, INSTAGRAM, KEYCLOAK_ROW, ROWS, type Row, json, metadata } from "../../support/identity_provider";
import { aUser } from "../../support/seed";

const { outside, worker, our, set, identify, aMember, count } = await useFederation();

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

  test("an unknown identity is rejected, and nothing is stored", async () => {
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

  test("a user who is not active yet is rejected with the reason, as with a password", async () => {
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

  test("a user of an inactive tenant is rejected", async () => {
    const { person } = await aMember(row);
    const become = (status: number) => worker.db.prepare("update tenants set status = ?").bind(status).run();
    onTestFinished(async () => void (await become(1)));
    await become(2);
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

  test("a user without the client is rejected with the answer that a password gets", async () => {
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

test.each(PROMPTS)("a start at $name hands a prompt on, so that another user can sign in", async (row, login, selectAccount) => {
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

test("what a query holds is never logged, for any outcome", async () => {
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

test("Instagram's row works with another provider, and identities of the two stay apart", async () => {
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

test("a code is added to the query that the redirect URL has", async () => {
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

test("a provider that is not configured answers 501 to a client that proves itself, and the log names the setting", async () => {
  await worker.restart({ GOOGLE_AUTH_CLIENT_SECRET: "" });
  const answer = await browser(worker).start(GOOGLE);
  expect(answer.status).toBe(501);
  expect(answer.text).not.toContain("GOOGLE");
  expect(await worker.printed()).toContain("not configured: GOOGLE_AUTH_CLIENT_SECRET");
  expect((await browser(worker).start(GOOGLE, { client_secret: "wrong" })).status).toBe(401);
});
