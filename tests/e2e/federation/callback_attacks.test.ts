// Signing in with a provider, attacked by browsers: at the return, by what is written into a start, and by tickets.

import { randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { describe, expect, test } from "vitest";
import { type Answer, DEMO_MOBILE, DEMO_WEB, flat } from "../../support/api";
import { browser } from "../../support/browser";
import { UNTRUSTED, someone, refused, useOpenFederation } from "../../support/federation_attacks";
import { APPLE, FACEBOOK, GOOGLE, KEYCLOAK_ROW, ROWS, json } from "../../support/identity_provider";

const { outside, worker, our, ready } = await useOpenFederation();

const FOREIGN = flat(401, "Client Invalid");

test("without an attack, every sign-in here succeeds", async () => {
  for (const row of ROWS) expect((await browser(worker).dance(outside, row, someone())).status, row.name).toBe(302);
});

describe.each(ROWS)("a browser at the return of $name", (row) => {
  const unheard = async (answer: Answer, body = FOREIGN) => {
    refused(answer, body);
    expect(outside.calls(row.token), "no code has left").toBe(0);
  };

  test("brings no state, or an unknown one", async () => {
    const { app, fields } = await ready(row);
    const { state, ...rest } = fields;
    await unheard(await app.back(row, rest));
    await unheard(await app.back(row, { ...fields, state: "" }));
    await unheard(await app.back(row, { ...fields, state: "client_id=demo-web" }));
    await unheard(await app.back(row, { ...fields, state: `${state!.slice(0, -1)}~` }));
  });

  test("brings a state twice", async () => {
    const { app, fields } = await ready(row);
    const jar = new Map(app.jar);
    expect((await app.back(row, fields)).status).toBe(302);
    for (const [name, value] of jar) app.jar.set(name, value);
    outside.sent.length = 0;
    await unheard(await app.back(row, fields));
  });

  test("brings a state too late", async () => {
    const { app, fields } = await ready(row);
    await worker.db
      .prepare("update one_time set expires_on = ? where kind = 'signin' and taken_by is null")
      .bind(Date.now() - 1)
      .run();
    await unheard(await app.back(row, fields));
  });

  test("is another than the one that began, which can finish afterwards", async () => {
    const { app, fields } = await ready(row);
    await unheard(await browser(worker).back(row, fields));
    const attacker = await ready(row);
    await unheard(await attacker.app.back(row, fields));
    const forged = browser(worker);
    for (const name of app.jar.keys()) forged.jar.set(name, "A".repeat(43));
    await unheard(await forged.back(row, fields));
    expect((await app.back(row, fields)).status).toBe(302);
  });

  test("comes from another provider, even under the right name of the cookie", async () => {
    for (const other of ROWS.filter((other) => other !== row)) {
      const { app, fields } = await ready(other);
      for (const [name, value] of [...app.jar]) {
        app.jar.set(name.replace("-post-", "-"), value);
        app.jar.set(name.replace("__Host-signin-", "__Host-signin-post-").replace("-post-post-", "-post-"), value);
      }
      await unheard(await app.back(row, fields));
    }
  });

  test("comes twenty times at once, and one code leaves", async () => {
    const { app, fields } = await ready(row);
    const cookie = app.cookie();
    const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(fields).toString();
    const back = () =>
      row.formPost ? our.send("POST", row.back, { body, headers }) : our.send("GET", `${row.back}?${body}`, { headers: { cookie } });
    const answers = await Promise.all(Array.from({ length: 20 }, back));
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1);
    expect(outside.calls(row.token)).toBe(1);
  });

  test("brings neither code nor error, or a code twice, and has used nothing up", async () => {
    const { app, fields } = await ready(row);
    const { code, ...rest } = fields;
    expect((await app.back(row, rest)).status).toBe(400);
    const twice = `${new URLSearchParams(fields)}&code=${code}`;
    const answer = row.formPost
      ? await app.go("POST", row.back, { body: twice, headers: { "content-type": "application/x-www-form-urlencoded" } })
      : await app.go("GET", `${row.back}?${twice}`);
    expect(answer.status).toBe(400);
    expect((await app.back(row, fields)).status).toBe(302);
  });

  test("brings an error beside a code, which is ignored", async () => {
    const { app, fields } = await ready(row);
    const answer = await app.back(row, { ...fields, error: "access_denied" });
    expect(new URL(answer.headers.get("location")!).searchParams.get("error")).toBe("access_denied");
    expect(outside.calls(row.token)).toBe(0);
  });

  test("finds its client gone", async () => {
    const { app, fields } = await ready(row);
    await worker.db.prepare("update auth_clients set deleted = 1 where client_id = 'demo-web'").run();
    const answer = await app.back(row, fields);
    await worker.db.prepare("update auth_clients set deleted = 0 where client_id = 'demo-web'").run();
    await unheard(answer);
  });

  test("brings a code that cannot be one, or that is another's", async () => {
    for (const code of ["a b", "a\r\nx-evil: 1", "é", "x".repeat(40_000), "not-of-this-provider"]) {
      const { app, fields } = await ready(row);
      const answer = await app.back(row, { ...fields, code });
      if (answer.status !== 414) refused(answer, UNTRUSTED);
    }
    const [theirs, mine] = [await ready(row), await ready(row)];
    const answer = await mine.app.back(row, { ...mine.fields, code: theirs.fields.code! });
    // Only PKCE or a nonce can detect it; without either, state and cookie must.
    if (row.pkce || row.keys) refused(answer, UNTRUSTED);
  });

  test("brings an issuer that is another", async () => {
    const { app, fields } = await ready(row);
    await unheard(await app.back(row, { ...fields, iss: "https://evil.example" }), UNTRUSTED);
    expect(await worker.printed(), "the log says which").toContain(`signing in with ${row.name}: the return's iss is https://evil.example`);
  });

  test.each([
    ["an error", () => json({ error: "invalid_grant" }, 400)],
    ["an error with status 200", () => json({ error: "invalid_grant" })],
    ["a failure", () => new Response("down", { status: 500 })],
    ["a redirect", () => Response.redirect("https://evil.example/token", 307)],
    ["nothing", () => new Response("")],
    ["text", () => new Response("access_token=x&token_type=bearer")],
    ["a page", () => new Response("<html>sign in</html>", { headers: { "content-type": "text/html" } })],
    ["a list", () => json([{ access_token: "x" }])],
    ["half of JSON", () => new Response('{"access_token":"x","id_tok')],
    ["no token", () => json({ token_type: "Bearer" })],
    ["a token with a line break", () => json({ access_token: "x\r\nx-evil: 1", token_type: "Bearer" })],
    ["a token of another type", () => json({ access_token: "x", token_type: "mac" })],
    ["a number for a token", () => json({ access_token: 1, token_type: "Bearer" })],
    ["two megabytes", () => json({ access_token: "x", padding: "x".repeat(2 << 20) })],
  ])("and its token endpoint answers with %s", async (_, answer) => {
    const { app, fields } = await ready(row);
    const jar = new Map(app.jar);
    outside.replace(row.token, answer);
    refused(await app.back(row, fields), UNTRUSTED);
    expect(outside.sent.every(({ url }) => url.hostname !== "evil.example")).toBe(true);
    outside.reset();
    for (const [name, value] of jar) app.jar.set(name, value);
    refused(await app.back(row, fields), FOREIGN);
  });
});

describe("what an attacker writes into", () => {
  const ALIEN = 'x&code=evil#"><script>\r\nSet-Cookie: a=b ü 🔑 %0d%0a';

  test("a client's state comes back as it was, and nothing else does", async () => {
    const app = browser(worker);
    const answer = await app.dance(outside, GOOGLE, someone(), { state: ALIEN });
    const location = answer.headers.get("location")!;
    expect(location).toMatch(/^http:\/\/localhost:5173\/callback\?code=[\w-]{43}&state=[\w.~%-]+$/);
    expect(new URL(location).searchParams.get("state")).toBe(ALIEN);
    expect(answer.headers.getSetCookie().every((line) => line.startsWith("__Host-signin-"))).toBe(true);
  });

  test("an error stays an error", async () => {
    for (const error of [ALIEN, "access_denied&code=x", "x".repeat(65), 'a"b']) {
      const { app, fields } = await ready(GOOGLE);
      const answer = await app.back(GOOGLE, { state: fields.state!, error, error_description: ALIEN });
      const { searchParams } = new URL(answer.headers.get("location")!);
      expect([...searchParams.keys()]).toEqual(["error", "error_description"]);
      expect(searchParams.get("error")).toMatch(/^[ -!#-[\]-~]{1,64}$/);
      expect(searchParams.get("error_description")).toMatch(/^[ -~]{1,80}$/);
    }
  });

  test("a name is a name", async () => {
    const app = browser(worker);
    const answer = await app.dance(outside, GOOGLE, {
      sub: randomUUID(),
      given_name: `\u0000${ALIEN}${"x".repeat(100)}`,
      family_name: "\r\n",
    });
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    const me = (await our.me((await our.token(code)).body.accessToken)).body;
    expect(me.firstName).toMatch(/^[^\u0000-\u001f]{1,50}$/u);
    expect(me.lastName ?? null).toBeNull();
  });

  test("a subject cannot leave its username", async () => {
    const sub = `../admin?@example.com:${randomUUID()}'; drop table users; --`;
    const answer = await browser(worker).dance(outside, FACEBOOK, { sub, given_name: "Eve" });
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    const { username } = (await our.me((await our.token(code)).body.accessToken)).body;
    expect(username).toMatch(/^facebook:[\w.%-]+$/);
    expect(decodeURIComponent(username)).toBe(`facebook:${sub}`);
  });

  test("Apple's form is a name at best, and never an address", async () => {
    for (const user of ["{", "[]", "null", '{"name":{"firstName":1}}', '{"email":"admin@example.com"}', ALIEN]) {
      const { app, fields } = await ready(APPLE);
      const answer = await app.back(APPLE, { ...fields, user });
      const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
      expect((await our.me((await our.token(code)).body.accessToken)).body.email ?? null).toBeNull();
    }
  });

  test("the Host header moves no redirect URI", async () => {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-forwarded-host": "evil.example",
      forwarded: "host=evil.example",
    };
    const answer = await our.send("POST", GOOGLE.start, { body: new URLSearchParams(DEMO_WEB).toString(), headers });
    expect(new URL(answer.headers.get("location")!).searchParams.get("redirect_uri")).toBe(`http://127.0.0.1:8787${GOOGLE.back}`);
  });

  test("a request for another destination is refused at the start and ignored at the return", async () => {
    for (const name of ["redirectUrl", "redirect_uri", "redirect_url"]) {
      expect((await browser(worker).start(GOOGLE, { [name]: "https://evil.example" })).status).toBe(422);
      const { app, fields } = await ready(GOOGLE);
      const answer = await app.back(GOOGLE, { ...fields, [name]: "https://evil.example" });
      expect(answer.headers.get("location")).toMatch(/^http:\/\/localhost:5173\/callback\?code=[\w-]{43}$/);
    }
  });

  test.each(["javascript:alert(1)", "//evil.example", "http://evil.example/", "data:text/html,x", "https://user@evil.example/", ""])(
    "a stored redirect URL %j gets no code",
    async (url) => {
      const { app, fields } = await ready(GOOGLE);
      const set = (to: string) => worker.db.prepare("update auth_clients set redirect_url = ? where client_id = 'demo-web'").bind(to).run();
      await set(url);
      const answer = await app.back(GOOGLE, fields);
      await set("http://localhost:5173/callback");
      refused(answer, FOREIGN);
    },
  );
});

describe("a ticket", () => {
  const offer = async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation", accept: "application/json" };
    const body = new URLSearchParams(DEMO_MOBILE).toString();
    const { pathname, search } = new URL((await our.send("POST", GOOGLE.start, { body, headers })).body.authorizationUrl);
    return pathname + search;
  };

  test("that is unknown, absent, changed or too old opens nothing", async () => {
    for (const path of ["/auth/sign-in/continue", "/auth/sign-in/continue?ticket=x", `${await offer()}x`]) {
      const answer = await our.send("GET", path);
      refused(answer, FOREIGN);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const path = await offer();
    await worker.db
      .prepare("update one_time set expires_on = ? where kind = 'ticket' and taken_by is null")
      .bind(Date.now() - 1)
      .run();
    refused(await our.send("GET", path), FOREIGN);
  });

  test("opens once, however many open it at once", async () => {
    const path = await offer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => our.send("GET", path)));
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1);
  });

  test("is no state, and a state is no ticket", async () => {
    const ticket = new URL(`http://x${await offer()}`).searchParams.get("ticket")!;
    refused(await browser(worker).back(GOOGLE, { code: "x", state: ticket }), FOREIGN);
    const { fields } = await ready(GOOGLE);
    refused(await our.send("GET", `/auth/sign-in/continue?ticket=${fields.state}`), FOREIGN);
  });
});

test("storage and log hold no secret of a sign-in", async () => {
  const { app, fields } = await ready(KEYCLOAK_ROW);
  const [cookie] = [...app.jar.values()];
  await app.back(KEYCLOAK_ROW, fields);
  const call = outside.sent.find(({ url }) => url.href === KEYCLOAK_ROW.token)!;
  const stored = JSON.stringify(await worker.rows()) + JSON.stringify(await worker.kv.list());
  const printed = await worker.printed();
  for (const secret of [cookie!, fields.state!, fields.code!, call.form.get("code_verifier")!, "keycloak-secret"]) {
    expect(secret.length).toBeGreaterThan(10);
    expect(stored).not.toContain(secret);
    expect(printed).not.toContain(secret);
  }
});
