// Clients that keep no secret, at the routes of the ARC API: without one, and with a challenge.

import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { seedOAuth } from "../../../scripts/lib/local-db.mjs";
import { client, oauthClient } from "../../../scripts/lib/people.mjs";
import { type Answer, DEMO, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { useFactors } from "../../support/factors";
import { codeOf, useFederation } from "../../support/federation";
import { GOOGLE, KEYCLOAK_ROW, ROWS } from "../../support/identity_provider";
import { decode } from "../../support/jwt";
import { mailbox } from "../../support/mailbox";
import { pkce } from "../../support/oauth";
import { aUser } from "../../support/seed";
import { totp } from "../../support/totp";
import { visitor } from "../../support/visitor";

const { worker, our, login, verify, signIn, enrolPasskey, withApp } = useFactors({ EMAIL_CODES: "on" });
const federation = await useFederation();

const SPA = { client_id: "demo-spa" };
const NONE = { ...SPA, client_secret: undefined };
const clients = ["demo-web", "demo-spa"];
const missing = (name: string) => [{ info: { missingProperty: name } }];
const redeem = (code: string, code_verifier?: string) => our.token(code, { clientId: "demo-spa", code_verifier });

beforeAll(async () => {
  for (const { db } of [worker, federation.worker]) await seedOAuth(db as never);
  const now = Date.now();
  // One that has registered itself: nobody vouches for it.
  const registered = {
    clientId: "registered",
    metadata: { token_endpoint_auth_method: "none", redirect_uris: ["https://app.example/cb"] },
    now,
  };
  await worker.db.batch(
    [
      client({ clientId: "registered", clientSecret: "nobody has it", secret: "nor this", redirectUrl: null, now }),
      oauthClient(registered),
      "update oauth_clients set source = 'registered' where client_id = (select id from auth_clients where client_id = 'registered')",
    ].map((sql) => worker.db.prepare(sql)),
  );
});

describe("a client that keeps no secret", () => {
  test("signs somebody in by a challenge, in two waits; the session is like any", async () => {
    for (const client_secret of [undefined, ""]) {
      const { verifier, challenge } = pkce();
      const begun = await our.login({ ...SPA, client_secret, ...challenge });
      expect([begun.status, begun.waits], begun.text).toEqual([200, 2]);
      const pair = (await redeem(begun.body.code, verifier)).body;
      const { aud } = decode((await our.signIn()).accessToken).claims;
      expect(decode(pair.accessToken).claims).toMatchObject({ aud, username: DEMO.username });
      const next = await our.refresh(pair);
      expect(next.status, next.text).toBe(200);
      expect((await our.me(next.body.accessToken)).status).toBe(200);
      expect((await our.logout(next.body)).status).toBe(200);
      expect((await our.me(next.body.accessToken)).status).toBe(401);
    }
  });

  test("redeems its code by the verifier alone", async () => {
    for (const verifier of [undefined, pkce().verifier]) {
      const { code } = (await our.login({ ...NONE, ...pkce().challenge })).body;
      expect((await redeem(code, verifier)).body).toEqual(flat(401, "Invalid Credentials"));
    }
  });

  test("is refused without a challenge, whatever the password, and nothing is counted", async () => {
    const user = await aUser(worker, { clients });
    for (const password of [user.password, ...Array(6).fill("wrong")]) {
      const answer = await our.login({ ...NONE, username: user.username, password });
      expect([answer.status, answer.body.error.details, answer.waits]).toMatchObject([422, missing("code_challenge"), 0]);
    }
    const counted = await worker.db.prepare("select count(*) as n from attempts where user_id = ?").bind(user.id).first("n");
    expect(counted).toBe(0);
  });

  test("guesses passwords no longer than any", async () => {
    const user = await aUser(worker, { clients });
    const statuses = [];
    for (let n = 0; n < 12; n++) {
      const answer = await our.login({ ...NONE, username: user.username, password: `wrong ${n}`, ...pkce().challenge });
      statuses.push(answer.status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.at(-1)).toBe(429);
  });

  test("gets no tokens at once", async () => {
    const answer = await our.loginToken(NONE);
    expect([answer.body, answer.waits]).toEqual([flat(401, "Client Invalid"), 0]);
    expect((await our.loginToken({ ...NONE, username: undefined })).body.error.details).toMatchObject(missing("username"));
  });

  test("proves nothing by a secret, not even by one that is on record", async () => {
    const stored = "update auth_clients set client_secret_digest = ? where client_id = 'demo-spa'";
    await worker.db.prepare(stored).bind(createHash("sha256").update("a known secret").digest("base64url")).run();
    for (const client_secret of ["a known secret", "another"]) {
      const secret = { ...SPA, client_secret };
      expect((await our.login({ ...secret, ...pkce().challenge })).body).toEqual(nested("Client Invalid"));
      expect((await our.loginToken(secret)).body).toEqual(nested("Client Invalid"));
      expect((await our.post("/auth/forget-password", { ...secret, username: "demo" })).body).toEqual(nested("Client Invalid"));
    }
  });

  test("has somebody choose a new password", async () => {
    const user = await aUser(worker, { clients, email: "spa-reset@example.com" });
    expect((await our.post("/auth/forget-password", { ...SPA, username: user.username })).status).toBe(204);
    const { token } = await mailbox(worker).wait("spa-reset@example.com");
    const password = "a new password";
    const reset = (body: object) => our.send("PATCH", "/auth/reset-password", { body: { token, password, ...body } });
    expect((await reset(SPA)).status).toBe(204);
    expect((await our.login({ ...NONE, username: user.username, password, ...pkce().challenge })).status).toBe(200);
  });

  test("signs in by a code that was mailed, with a challenge", async () => {
    const user = await aUser(worker, { clients, email: "spa-code@example.com" });
    expect((await our.post("/auth/send-otp", { ...SPA, key: user.username })).status).toBe(204);
    const { token: otp } = await mailbox(worker).wait("spa-code@example.com");
    const { verifier, challenge } = pkce();
    const typed = (more: object) => verify(user.username, otp!, { clientId: "demo-spa", ...more });
    const refused = await typed({});
    expect([refused.status, refused.body.error.details]).toMatchObject([422, missing("code_challenge")]);
    const done = await typed(challenge);
    expect(done.status, done.text).toBe(200);
    expect((await redeem(done.body.code, verifier)).status).toBe(200);
  });

  test("signs in by a passkey, with a challenge", async () => {
    const user = await aUser(worker, { clients });
    const { key } = await enrolPasskey(await signIn(user));
    const { id, publicKey } = (await our.post("/auth/passkey/options", { clientId: "demo-spa" })).body;
    const credential = key.get(publicKey);
    const { verifier, challenge } = pkce();
    const refused = await our.post("/auth/passkey", { ...SPA, id, credential });
    expect([refused.status, refused.body.error.details]).toMatchObject([422, missing("code_challenge")]);
    const done = await our.post("/auth/passkey", { ...SPA, id, credential, ...challenge });
    expect([done.status, done.waits], done.text).toEqual([200, 2]);
    expect((await redeem(done.body.code, verifier)).status).toBe(200);
  });

  test("asks for a second step, which keeps the challenge of the first", async () => {
    const person = await withApp({ clients });
    const { verifier, challenge } = pkce();
    const begun = await login(person, { ...NONE, ...challenge });
    expect(begun.body.mfa).toMatchObject({ required: true });
    const done = await verify(begun.body.code, totp(person.secret), { clientId: "demo-spa" });
    expect(done.status, done.text).toBe(200);
    expect((await redeem(done.body.code, verifier)).status).toBe(200);
  });

  test("is sent a code from our pages where it has sent a challenge", async () => {
    const { verifier, challenge } = pkce();
    const ann = visitor(worker);
    expect((await ann.open("/sign-in?client_id=demo-spa")).status).toBe(422);
    const page = await ann.open(`/sign-in?${new URLSearchParams({ ...SPA, ...challenge })}`);
    const { elsewhere } = await ann.submit(page, { username: DEMO.username, password: DEMO.password });
    expect((await redeem(elsewhere!.searchParams.get("code")!, verifier)).status).toBe(200);
  });
});

describe.each(ROWS)("a client that keeps no secret, at $name", (row) => {
  test("begins with a challenge, and redeems by its verifier", async () => {
    const { outside, aMember } = federation;
    const { person } = await aMember(row, { clients });
    const app = browser(federation.worker);
    for (const secret of [{}, { client_secret: "" }] as Record<string, string>[]) {
      const refused = await app.form("POST", row.start, { ...SPA, ...secret });
      expect([refused.status, refused.body.error.details]).toMatchObject([422, missing("code_challenge")]);
    }
    expect(app.jar.size).toBe(0);
    const { verifier, challenge } = pkce();
    const begun = await app.form("POST", row.start, { ...SPA, ...challenge, state: "mine" });
    expect(begun.status, begun.text).toBe(302);
    const back = await app.back(row, await outside.consent(row, begun.headers.get("location")!, person));
    expect(new URL(back.headers.get("location")!).searchParams.get("state")).toBe("mine");
    const answer = await federation.our.token(codeOf(back.headers.get("location")), { clientId: "demo-spa", code_verifier: verifier });
    expect(answer.status, answer.text).toBe(200);
  });
});

test.each([GOOGLE, KEYCLOAK_ROW])("a start by GET at $name wants the challenge too", async (row) => {
  const app = browser(federation.worker);
  const start = (query: Record<string, string>) => app.go("GET", `${row.start}?${new URLSearchParams(query)}`);
  expect((await start(SPA)).status).toBe(422);
  expect((await start({ ...SPA, ...pkce().challenge })).status).toBe(302);
  expect((await start({ client_id: "demo-web" })).body).toEqual(flat(401, "Unauthorized"));
});

describe("every other client without its secret", () => {
  const others = ["demo-web", "registered", "nobody"];
  const told = ({ status, text, headers }: Answer) => ({ status, text, headers: [...headers].filter(([name]) => name !== "date") });
  /** The answers, which must be one, to the others: without a secret, and with an empty one. */
  async function refusals(method: string, path: string, body: object) {
    const answers = (more: object) =>
      Promise.all(others.map((client_id) => our.send(method, path, { body: { ...body, client_id, ...more } })));
    const [absent, empty] = [await answers({}), await answers({ client_secret: "" })];
    for (const each of [absent, empty]) {
      expect(each.map(told)).toEqual(each.map(() => told(each[0]!)));
      expect(each.map(({ waits }) => waits)).toEqual([0, 0, 0]);
    }
    return { absent: absent[0]!, empty: empty[0]! };
  }
  // The list of public clients is there.
  beforeAll(() => our.login({ ...NONE, ...pkce().challenge }));

  test.each([
    ["POST", "/auth/login", { ...DEMO, ...pkce().challenge }],
    ["POST", "/auth/login-token", DEMO],
    ["POST", "/auth/forget-password", { username: "demo" }],
    ["PATCH", "/auth/reset-password", { token: "x", password: "a new password" }],
    ["POST", "/auth/send-otp", { key: "demo" }],
  ])("is refused as before, at %s %s, whether there is such a client or not", async (method, path, body) => {
    const { absent, empty } = await refusals(method, path, body);
    expect(absent.body.error.details).toMatchObject(missing("client_secret"));
    expect(empty.body).toEqual(flat(401, "Unauthorized"));
  });

  test("signs nobody in by a passkey", async () => {
    const user = await aUser(worker);
    const { key } = await enrolPasskey(await signIn(user));
    const { id, publicKey } = (await our.post("/auth/passkey/options", { clientId: "demo-web" })).body;
    const { absent, empty } = await refusals("POST", "/auth/passkey", { id, credential: key.get(publicKey) });
    expect([absent.body, empty.body]).toEqual([flat(401, "Unauthorized"), flat(401, "Unauthorized")]);
  });

  test("is told all that is missing at once", async () => {
    const answer = await our.post("/auth/login", { client_id: "demo-web", code_challenge: "x" });
    expect(answer.body.error.details).toMatchObject(["client_secret", "username", "password"].flatMap(missing));
  });
});

test("that a client kept no secret a moment ago proves nothing: its row decides", async () => {
  const method = (name: string) =>
    worker.db
      .prepare(
        "update oauth_clients set metadata = json_set(metadata, '$.token_endpoint_auth_method', ?) where metadata like '%com.example.app%'",
      )
      .bind(name)
      .run();
  expect((await our.login({ ...NONE, ...pkce().challenge })).status).toBe(200);
  await method("client_secret_basic");
  expect((await our.login({ ...NONE, ...pkce().challenge })).body).toEqual(nested("Client Invalid"));
  expect((await our.post("/auth/forget-password", { ...SPA, username: "demo" })).body).toEqual(nested("Client Invalid"));
  await method("none");
  expect((await our.login({ ...NONE, ...pkce().challenge })).status).toBe(200);
});

test("while storage does not say who keeps no secret, nobody is told that one is missing", async () => {
  await worker.restart({});
  const asked = (headers = {}) => our.login({ ...NONE, ...pkce().challenge }, headers);
  const away = await asked({ "x-meddle": JSON.stringify({ on: "DB", trip: 1, fail: true }) });
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "5"]);
  expect((await asked()).status, "a failure is not kept").toBe(200);
});
