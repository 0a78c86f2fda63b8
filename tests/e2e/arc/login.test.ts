// Signing in: the two login routes, what they refuse, and how alike the refusals are.

import { describe, expect, test } from "vitest";
import { DEMO_WEB, flat, nested } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { PASSWORD, aUser } from "../../support/seed";

const { worker, our } = useWorker({ settings: { PASSWORD_HASH: undefined } });

test("a person signs in with a code, in two waits, and the code opens a session in two", async () => {
  const login = await our.login();
  expect(login.status).toBe(200);
  expect(Object.keys(login.body)).toEqual(["code"]);
  expect(login.waits).toBeLessThanOrEqual(2);
  const token = await our.token(login.body.code);
  expect(token.status).toBe(200);
  expect(Object.keys(token.body)).toEqual(["accessToken", "refreshToken", "expires"]);
  expect(token.waits).toBeLessThanOrEqual(2);
  const me = await our.me(token.body.accessToken);
  expect(me.status).toBe(200);
  expect(me.waits).toBe(1);
  expect(me.body).toMatchObject({ username: "demo", email: "demo@example.com", status: 1, role: "1" });
});

test("a mobile app gets its tokens at once, in two waits", async () => {
  const before = Date.now();
  const answer = await our.loginToken();
  expect(answer.status).toBe(200);
  expect(answer.waits).toBeLessThanOrEqual(2);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.body.expires).toBeGreaterThanOrEqual(before + 900_000);
  expect(answer.body.expires).toBeLessThanOrEqual(Date.now() + 900_000);
});

test("an e-mail address names the same person, in any spelling", async () => {
  for (const username of ["demo@example.com", " DEMO@Example.COM ", "Demo", "ｄｅｍｏ"]) {
    expect((await our.loginToken({ username })).status).toBe(200);
  }
});

// Stored names are folded by Node (scripts/lib/people.mjs), those in requests by the worker.
test.each(["ＷＩＤＥ", "ﬁne", "U\u0308ber", "각각", "K\u212a\u2126", "ﷺ", "İSTANBUL", "①²"])(
  "%s is one name in every form that NFKC makes one",
  async (name) => {
    const { username, password } = await aUser(worker, { username: name });
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
      expect((await our.loginToken({ username: username.normalize(form), password })).status, form).toBe(200);
    }
  },
);

describe.each(["/auth/login", "/auth/login-token"])("%s", (path) => {
  const attempt = (body: object) => our.post(path, { ...DEMO_WEB, password: PASSWORD, ...body });

  test("everything that is wrong with the user's credentials is one answer", async () => {
    const people = {
      unknown: { username: "nobody" },
      wrong: { username: "demo", password: "wrong" },
      inactive: { username: (await aUser(worker, { status: 2 })).username },
      rejected: { username: (await aUser(worker, { status: 4 })).username },
      social: { username: (await aUser(worker, { storedPassword: null })).username },
      homeless: { username: (await aUser(worker, { status: null })).username },
      inactiveWithoutClients: { username: (await aUser(worker, { status: 2, clients: [] })).username },
    };
    const plain = (answer: Awaited<ReturnType<typeof attempt>>) => ({
      status: answer.status,
      text: answer.text,
      headers: [...answer.headers].filter(([name]) => name !== "date"),
    });
    const expected = plain(await attempt(people.unknown));
    expect(expected.status).toBe(401);
    expect(JSON.parse(expected.text)).toEqual(nested("Invalid Credentials"));
    for (const [who, person] of Object.entries(people)) {
      expect(plain(await attempt(person)), who).toEqual(expected);
    }
  });

  test("a person who must choose a new password may come in", async () => {
    const { username } = await aUser(worker, { status: 3 });
    expect((await attempt({ username })).status).toBe(200);
  });

  test("the reason of a rejection is shown only with the right password", async () => {
    const registered = await aUser(worker, { status: 0 });
    const elsewhere = await aUser(worker, { clients: ["demo-mobile"] });
    const nowhere = await aUser(worker, { clients: [] });
    const refusal = path === "/auth/login" ? flat(401, "Client Invalid") : nested("Client Invalid");
    expect((await attempt({ username: registered.username })).body).toEqual(flat(400, "User not active yet"));
    expect((await attempt({ username: elsewhere.username })).body).toEqual(refusal);
    expect((await attempt({ username: nowhere.username })).body).toEqual(flat(422, "Client User Missing"));
    for (const { username } of [registered, elsewhere, nowhere]) {
      expect((await attempt({ username, password: "wrong" })).body).toEqual(nested("Invalid Credentials"));
    }
  });

  test("a client must prove itself before anything is said of the person", async () => {
    for (const client of [{ client_secret: "wrong" }, { client_id: "nobody" }]) {
      expect((await attempt({ username: "demo", ...client })).body).toEqual(nested("Client Invalid"));
    }
    for (const client of [{ client_secret: "" }, { client_id: "" }]) {
      expect((await attempt({ username: "demo", ...client })).body).toEqual(flat(401, "Unauthorized"));
    }
  });

  test("empty credentials are refused as the original refuses them", async () => {
    const refusal = path === "/auth/login" ? nested("Missing credentials") : flat(401, "Unauthorized");
    expect((await attempt({ username: "" })).body).toEqual(refusal);
    expect((await attempt({ username: "demo", password: "" })).body).toEqual(refusal);
  });
});

test("hashes made by other systems verify, and are replaced", async () => {
  const bcrypt = "$2b$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O";
  const user = await aUser(worker, { storedPassword: bcrypt });
  const password = "correct horse battery";
  await our.signIn({ username: user.username, password });
  await worker.settled();
  expect(await worker.db.prepare("select password from user_credentials where user_id = ?").bind(user.id).first("password")).toMatch(
    /^\$pbkdf2-sha512\$i=220000,l=32\$/,
  );
  const pair = await our.signIn({ username: user.username, password });
  expect((await our.me(pair.accessToken)).status, "rehashing ends no session").toBe(200);
});

test("the last sign-in is shown from the next on", async () => {
  const { username, password } = await aUser(worker);
  const before = Date.now();
  const pair = await our.signIn({ username, password });
  const { lastLogin } = (await our.me(pair.accessToken)).body;
  expect(Date.parse(lastLogin)).toBeGreaterThanOrEqual(before);
});

test("a challenge where no code comes back is refused, rather than taken for protection", async () => {
  const answer = await our.loginToken({ code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" });
  expect(answer.status).toBe(422);
  expect(answer.body.error.details.map(({ info }: { info: unknown }) => info)).toEqual([
    { additionalProperty: "code_challenge" },
    { additionalProperty: "code_challenge_method" },
  ]);
});
