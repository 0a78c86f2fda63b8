// What a provider ends, ends here: OpenID Connect Back-Channel Logout 1.0, as Keycloak speaks it.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { Response } from "miniflare";
import { SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Answer, DEMO_MOBILE, type Pair, flat, nested } from "../../support/api";
import { browser } from "../../support/browser";
import { FORM, REVOKED, useWorker } from "../../support/fixtures";
import { ALL_SETTINGS, GOOGLE, KEYCLOAK_ROW, type Person, startOutside } from "../../support/identity_provider";
import { decode, jwt } from "../../support/jwt";
import { PASSWORD, aUser } from "../../support/seed";

const outside = await startOutside();
const settings = { ...ALL_SETTINGS, SERVICESTACK_CLIENT_ID: "demo-web", KEYCLOAK_APP_CLIENT_IDS: "phone" };
const { worker, our, their } = useWorker({ settings, outside: outside.handle });
afterEach(() => outside.reset());

const post = (token: string, body = new URLSearchParams({ logout_token: token }).toString(), headers: Record<string, string> = FORM) =>
  our.send("POST", "/keycloak/backchannel-logout", { body, headers });

/** A user with a Keycloak identity, in a Keycloak session of that name. */
async function aMember(): Promise<Person & { sid: string; username: string }> {
  const user = await aUser(worker);
  const person = { sub: randomUUID(), sid: randomUUID(), given_name: "Ann" };
  await worker.db
    .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values ('keycloak', ?, ?, ?, 1)")
    .bind(KEYCLOAK_ROW.identityIssuer, person.sub, user.id)
    .run();
  return { ...person, username: user.username };
}

const codeFor = async (person: Person) =>
  new URL((await browser(worker).dance(outside, KEYCLOAK_ROW, person)).headers.get("location")!).searchParams.get("code")!;
const byCode = async (person: Person): Promise<Pair> => (await our.token(await codeFor(person))).body;
const bring = (accessToken: string) => their.post("/api/Authenticate", { provider: "keycloak", accessToken });
const brought = async (accessToken: string) => {
  const answer = await bring(accessToken);
  expect(answer.status, answer.text + worker.log()).toBe(200);
  return { accessToken: answer.body.bearerToken as string };
};

async function signedAccessToken({ sub, sid }: Person) {
  const now = Math.floor(Date.now() / 1000);
  const token = await outside.usualSign({
    iss: KEYCLOAK_ROW.issuer,
    azp: "phone",
    sub,
    sid,
    typ: "Bearer",
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
  });
  outside.replace(KEYCLOAK_ROW.check!, () => Response.json({ active: false }) as never); // as Keycloak says of it
  return outside.issue(KEYCLOAK_ROW, { sub, sid }, { token });
}

const WAYS: [string, (person: Person) => Promise<{ accessToken: string }>][] = [
  ["by a browser, with a code", byCode],
  ["by a browser, at once", async (person) => (await browser(worker).dance(outside, KEYCLOAK_ROW, person, DEMO_MOBILE)).body],
  ["by an id_token that an app brought", async (person) => brought(await outside.idToken(KEYCLOAK_ROW, person))],
  ["by an access token that an app brought", async (person) => brought(outside.issue(KEYCLOAK_ROW, person))],
  ["by an access token that is a JWT", async (person) => brought(await signedAccessToken(person))],
];

function done(answer: Answer) {
  expect(answer.text).toBe("");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
}

function refused(answer: Answer, error = "invalid_request") {
  expect(answer.body).toEqual({ error, error_description: expect.any(String) });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-type")).toBe("application/json");
}

describe.each(WAYS)("a session that was opened %s", (_, open) => {
  test("ends when its session at the provider does, and the person's others go on", async () => {
    const person = await aMember();
    const [mine, other] = [await open(person), await open({ ...person, sid: randomUUID() })];
    done(await post(await outside.logoutToken(KEYCLOAK_ROW, person)));
    expect((await our.me(mine.accessToken)).body).toEqual(REVOKED);
    expect((await our.me(other.accessToken)).status).toBe(200);
  });

  test("ends with all of its subject, where the provider names no session", async () => {
    const [person, stranger] = [await aMember(), await aMember()];
    const sessions = [await open(person), await open({ ...person, sid: randomUUID() })];
    const others = [await open(stranger), await our.signIn({ username: person.username, password: PASSWORD })];
    done(await post(await outside.logoutToken(KEYCLOAK_ROW, { sub: person.sub })));
    for (const { accessToken } of sessions) expect((await our.me(accessToken)).body).toEqual(REVOKED);
    for (const { accessToken } of others) expect((await our.me(accessToken)).status).toBe(200);
  });

  test("ends with any session of its subject, where its own there is not known", async () => {
    const person = await aMember();
    const { accessToken } = await open({ ...person, sid: undefined });
    done(await post(await outside.logoutToken(KEYCLOAK_ROW, person)));
    expect((await our.me(accessToken)).body).toEqual(REVOKED);
  });

  test("ends by a token for the app's own client at the provider", async () => {
    const person = await aMember();
    const { accessToken } = await open(person);
    done(await post(await outside.logoutToken(KEYCLOAK_ROW, { sid: person.sid }, { aud: "phone" })));
    expect((await our.me(accessToken)).body).toEqual(REVOKED);
  });
});

test("an ended session is not refreshed, and who it was is written down", async () => {
  const person = await aMember();
  const pair = await byCode(person);
  done(await post(await outside.logoutToken(KEYCLOAK_ROW, person)));
  expect((await our.refresh(pair)).body).toEqual(flat(401, "Token Expired"));
  const { sub, sid } = decode(pair.accessToken).claims;
  const ended = (await worker.rows()).sessions!.find(({ id }) => id === sid)!;
  expect(ended).toMatchObject({ ended_why: "signed out at the provider", provider_session: expect.stringMatching(/^[\w-]{43}$/) });
  const row = async () => (await worker.rows()).login_activity!.filter(({ kind, user_id }) => kind === "sign-out" && user_id === sub);
  await worker.settled();
  expect(await row()).toMatchObject([{ result: "ok", session_id: sid }]);
});

test("a code that waits to be redeemed opens nothing any more", async () => {
  for (const names of [
    { sub: true, sid: true },
    { sub: true, sid: false },
    { sub: false, sid: true },
  ]) {
    const person = await aMember();
    const [code, other] = [await codeFor(person), await codeFor(await aMember())];
    done(
      await post(await outside.logoutToken(KEYCLOAK_ROW, { ...(names.sub && { sub: person.sub }), ...(names.sid && { sid: person.sid }) })),
    );
    expect((await our.token(code)).body, JSON.stringify(names)).toEqual(flat(401, "Invalid Credentials"));
    expect((await our.token(other)).status).toBe(200);
  }
});

test("a sign-in that was on its way when its session there ended opens nothing", async () => {
  const person = await aMember();
  outside.replace(KEYCLOAK_ROW.token, async (_, usual) => {
    const answer = await usual();
    done(await post(await outside.logoutToken(KEYCLOAK_ROW, person)));
    return answer;
  });
  const answer = await browser(worker).dance(outside, KEYCLOAK_ROW, person);
  expect(answer.body).toEqual(nested("Invalid Credentials"));
  expect(answer.status).toBe(401);
  const mobile = await aMember();
  outside.replace(KEYCLOAK_ROW.token, async (_, usual) => {
    const answer = await usual();
    done(await post(await outside.logoutToken(KEYCLOAK_ROW, mobile)));
    return answer;
  });
  expect((await browser(worker).dance(outside, KEYCLOAK_ROW, mobile, DEMO_MOBILE)).status).toBe(401);
});

test("an id_token from before opens nothing by a session that is over", async () => {
  const person = await aMember();
  const token = await outside.idToken(KEYCLOAK_ROW, person);
  done(await post(await outside.logoutToken(KEYCLOAK_ROW, person)));
  expect((await bring(token)).status).toBe(401);
  const fresh = await outside.idToken(KEYCLOAK_ROW, { ...person, sid: randomUUID() });
  expect((await bring(fresh)).status).toBe(200);
});

test("made-up logout tokens are a number in one row, and a line a second at most", async () => {
  await worker.settled();
  const before = (await worker.printed()).length;
  const start = performance.now();
  for (let n = 0; n < 30; n++) expect((await post(`made-up-${n}`)).status).toBe(400);
  await worker.settled();
  const seconds = Math.ceil((performance.now() - start) / 1000);
  const lines = (await worker.printed()).slice(before).split("\n");
  expect(lines.filter((line) => line.includes("signing out by keycloak")).length).toBeLessThanOrEqual(seconds);
  const counted = "select count from hourly_counts where kind = 'refused logout token' order by hour desc limit 1";
  expect(await worker.db.prepare(counted).first("count")).toBeGreaterThanOrEqual(30);
});

test("a logout token works once, also when sent fifty times at once", async () => {
  const person = await aMember();
  await byCode(person);
  const token = await outside.logoutToken(KEYCLOAK_ROW, { sub: person.sub });
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(token)));
  const [good, ...more] = answers.filter(({ status }) => status === 200);
  done(good!);
  expect(more).toEqual([]);
  for (const answer of answers.filter((answer) => answer !== good)) refused(answer);
  const { accessToken } = await byCode(person);
  refused(await post(token));
  expect((await our.me(accessToken)).status, "a later sign-in stays").toBe(200);
});

test("one that names no session of ours is good all the same", async () => {
  done(await post(await outside.logoutToken(KEYCLOAK_ROW, { sub: randomUUID(), sid: randomUUID() })));
});

describe("a logout token", () => {
  let person: Awaited<ReturnType<typeof aMember>>;
  let accessToken: string;
  beforeAll(async () => {
    person = await aMember();
    ({ accessToken } = await byCode(person));
  });
  /** Refused, and nothing ended. */
  async function endsNothing(answer: Answer, error?: string) {
    refused(answer, error);
    expect((await our.me(accessToken)).status).toBe(200);
  }
  const EVENT = "http://schemas.openid.net/event/backchannel-logout";
  const now = () => Math.floor(Date.now() / 1000);

  test.each<[string, Record<string, unknown>]>([
    ["of another issuer", { iss: "https://kc.example/realms/other" }],
    ["without an issuer", { iss: null }],
    ["for another client", { aud: "another-client" }],
    ["without an audience", { aud: null }],
    ["that has expired", { exp: 1 }],
    ["without an end", { exp: null }],
    ["of the future", { iat: 9_999_999_999 }],
    ["without a time", { iat: null }],
    ["without an id", { jti: null }],
    ["with a number for an id", { jti: 7 }],
    ["about nothing", { sub: null, sid: null }],
    ["about a list", { sid: ["x"] }],
    ["with a nonce", { nonce: "n" }],
    ["without events", { events: null }],
    ["of another event", { events: { "http://schemas.openid.net/event/other": {} } }],
    ["whose event is no object", { events: { [EVENT]: "yes" } }],
    ["that says it is an id_token", { typ: "ID" }],
    ["whose header says it is an access token", { header: { typ: "at+jwt" } }],
    ["that says where its key is", { header: { jku: "https://evil.example/keys" } }],
  ])("%s is refused", async (_, change) => {
    await endsNothing(await post(await outside.logoutToken(KEYCLOAK_ROW, person, change)));
  });

  const claims = () => ({
    iss: KEYCLOAK_ROW.issuer,
    aud: KEYCLOAK_ROW.clientId,
    iat: now(),
    exp: now() + 120,
    jti: randomUUID(),
    sid: person.sid,
    events: { [EVENT]: {} },
  });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  test.each<[string, () => Promise<string> | string]>([
    ["that is not signed", () => jwt({ alg: "none", typ: "logout+jwt" }, claims())],
    [
      "that is signed with our own client secret",
      () => jwt({ alg: "HS256", kid: "key-1", typ: "logout+jwt" }, claims(), "keycloak-secret"),
    ],
    [
      "that is signed by another under the key's name",
      () => new SignJWT(claims()).setProtectedHeader({ alg: "RS256", kid: "key-1", typ: "logout+jwt" }).sign(rsa.privateKey),
    ],
    [
      "whose key is unknown",
      () => new SignJWT(claims()).setProtectedHeader({ alg: "RS256", kid: "nobody's", typ: "logout+jwt" }).sign(rsa.privateKey),
    ],
    ["that is the id_token", () => outside.idToken(KEYCLOAK_ROW, person)],
    ["that is our own access token", () => accessToken],
    ["in five parts", async () => `${await outside.logoutToken(KEYCLOAK_ROW, person)}.x.y`],
    ["that is too long", async () => `${await outside.logoutToken(KEYCLOAK_ROW, person, { padding: "x".repeat(40_000) })}`],
    ["that is none", () => "logout"],
    ["that is empty", () => ""],
  ])("%s is refused", async (_, make) => {
    await endsNothing(await post(await make()));
  });

  test("of another provider is refused, under any signature", async () => {
    await endsNothing(await post(await outside.logoutToken(GOOGLE, person)));
  });

  test("comes once and in a form, or not at all", async () => {
    const token = await outside.logoutToken(KEYCLOAK_ROW, person);
    await endsNothing(await post(token, JSON.stringify({ logout_token: token }), { "content-type": "application/json" }));
    await endsNothing(await post(token, `logout_token=${token}`, {}));
    await endsNothing(await post(token, `logout_token=${token}&logout_token=${token}`));
    await endsNothing(await post(token, `token=${token}`));
    await endsNothing(await post(token, ""));
    await endsNothing(await our.send("POST", `/keycloak/backchannel-logout?logout_token=${token}`, { body: "", headers: FORM }));
    const got = await our.send("GET", `/keycloak/backchannel-logout?logout_token=${token}`);
    expect(got.status).toBe(405);
    expect(got.headers.get("allow")).toBe("POST");
  });

  test("is refused while it cannot be verified or kept, and good afterwards", async () => {
    const other = await aMember();
    const opened = await byCode(other);
    const token = await outside.logoutToken(KEYCLOAK_ROW, other);
    await worker.restart({});
    outside.replace(KEYCLOAK_ROW.keys!, () => new Response("", { status: 503 }));
    refused(await post(token));
    outside.reset();
    await worker.restart({});
    outside.replace(KEYCLOAK_ROW.discovery!, () => new Response("", { status: 503 }));
    refused(await post(token), "temporarily_unavailable");
    outside.reset();
    await worker.db.prepare("alter table provider_logouts rename to away").run();
    refused(await post(token), "temporarily_unavailable");
    await worker.db.prepare("alter table away rename to provider_logouts").run();
    expect((await our.me(opened.accessToken)).status).toBe(200);
    done(await post(token));
    expect((await our.me(opened.accessToken)).body).toEqual(REVOKED);
  });

  test("that is refused leaves no row but a number", async () => {
    const before = await worker.rows({ but: ["hourly_counts"] });
    refused(await post(await outside.logoutToken(KEYCLOAK_ROW, person, { aud: "another-client" })));
    expect(await worker.printed()).toContain("signing out by keycloak: KEYCLOAK_CLIENT_ID: the logout token's aud is another client");
    expect(await worker.rows({ but: ["hourly_counts"] })).toEqual(before);
  });
});

test("a deployment without Keycloak answers 501 to a logout token", async () => {
  await worker.restart({ KEYCLOAK_CLIENT_ID: "" });
  const answer = await post(await outside.logoutToken(KEYCLOAK_ROW, { sid: "x" }));
  expect(answer.status).toBe(501);
});
