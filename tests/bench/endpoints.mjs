// The requests that are measured: for each endpoint and bound, how to make as many as are wanted.
//
// Each takes a number and gives `{ requests, restore }`. Everything a request needs (its session, its
// code) is made before the measured stretch, so that no set-up is in it; `restore` puts the database
// back afterwards, so that it keeps its size.

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { openGrants } from "./grants.mjs";
import { CLIENT, PASSWORD, STORED_PASSWORD, person } from "./people.mjs";
import { tokenMaker } from "./tokens.mjs";
import { host } from "./workerd.mjs";

const digest = (text) => createHash("sha256").update(text).digest("base64url");
const SMALLEST = 1000;
const IDS = "(select value from json_each(?1))";

/** Keys that the bound of KV finds something under. */
export const KV_KEYS = Array.from({ length: 100 }, (_, number) => `bench:${number}`);

/** The bounds that no database is needed for. */
export const bounds = {
  "no-op": async (count) => ({ requests: repeat(count, () => ({ host: host("no-op"), path: "/" })) }),
  "KV get": async (count) => ({ requests: repeat(count, (i) => ({ host: host("kv-get"), path: `/${KV_KEYS[i % KV_KEYS.length]}` })) }),
};

/** A database of some size, everybody in it, and what is measured on it. */
export async function openWorld({ name, users, db, kv, send, keys }) {
  const us = { host: host(name) };
  const post = (path, body, headers) => ({ ...us, method: "POST", path, headers, body: JSON.stringify(body) });
  const signIn = (path, { username }, password = PASSWORD) => post(path, { ...CLIENT, username, password });
  const bearer = (token) => ({ authorization: `Bearer ${token}` });

  // One honest sign-in each way: the models of the tokens and codes that are made here.
  const model = JSON.parse((await send(signIn("/auth/login-token", person(0)))).text);
  const tokens = tokenMaker(keys, model.accessToken);
  const { code } = JSON.parse((await send(signIn("/auth/login", person(0)))).text);
  const codeKey = `code:${digest(code)}`;
  const codeRow = await db.prepare("select * from one_time where key = ?").bind(codeKey).first();
  const codeRecord = await kv.get(codeKey);

  const deck = shuffled(users);
  let next = 0;
  /** So many people, each once before any is drawn twice. */
  const draw = (count) => {
    if (next + count > users) next = 0;
    next += count;
    return Array.from(deck.subarray(next - count, next), person);
  };
  /** From here on, no person is drawn again within a thousand draws. */
  const shuffleWhenLow = () => {
    if (users - next < SMALLEST) next = 0;
  };
  const rotations = new Map();
  const run = (sql, ids, ...values) =>
    db
      .prepare(sql)
      .bind(JSON.stringify(ids), ...values)
      .run();
  const revive = (people) =>
    run(
      `update sessions set ended_on = null, ended_why = null where id in ${IDS}`,
      people.map((it) => it.sessionId),
    );

  const insertCodes = (rows) => {
    const columns = Object.keys(rows[0]);
    const values = columns.map((column) => `json_extract(value, '$.${column}')`);
    return run(`insert into one_time (${columns}) select ${values} from json_each(?1)`, rows);
  };
  const forget = async (rows) => {
    await run(
      `delete from sessions where id in ${IDS}`,
      rows.map((it) => it.session_id),
    );
    await run(
      `delete from one_time where key in ${IDS}`,
      rows.map((it) => it.key),
    );
  };

  /** Codes for people to redeem: rows and records like those of the honest one. */
  async function codesFor(people) {
    const made = people.map(({ id }) => ({ code: randomBytes(32).toString("base64url"), userId: id, sessionId: randomUUID() }));
    const rows = made.map(({ code, userId, sessionId }) => ({
      ...codeRow,
      key: `code:${digest(code)}`,
      user_id: userId,
      session_id: sessionId,
      expires_on: Date.now() + 600_000,
    }));
    await insertCodes(rows);
    await Promise.all(rows.map(({ key }) => kv.put(key, codeRecord, { expirationTtl: 600 })));
    return { rows, codes: made.map(({ code }) => code) };
  }

  const grants = await openGrants({ name, db, send });
  /** Tokens of OAuth for people, and what forgets them. */
  async function grantsFor(people) {
    const { requests, rows } = grants.redemptions(people);
    await insertCodes(rows);
    const answers = [];
    for (const request of requests) answers.push(JSON.parse((await send(request)).text));
    return { answers, restore: () => forget(rows) };
  }

  const me = (count) => draw(count).map((it) => ({ ...us, path: "/auth/me", headers: bearer(tokens.accessToken(it)) }));

  return {
    name,
    db,
    draw,
    signIn,
    shuffleWhenLow,
    endpoints: {
      "D1 read": async (count) => ({ requests: draw(count).map((it) => ({ host: host(`read-${name}`), path: `/${it.sessionId}` })) }),
      "D1 write": async (count) => ({ requests: draw(count).map((it) => ({ host: host(`write-${name}`), path: `/${it.sessionId}` })) }),
      jwks: async (count) => ({ requests: repeat(count, () => ({ ...us, path: "/.well-known/jwks.json" })) }),
      health: async (count) => ({ requests: repeat(count, () => ({ ...us, path: "/health" })) }),
      me: async (count) => {
        const requests = me(count);
        for (const request of requests) await send(request);
        return { requests };
      },
      "me (new token)": async (count) => ({ requests: me(count) }),
      "token-refresh": async (count) => ({
        requests: draw(count).map((it) => {
          const n = rotations.get(it.id) ?? 0;
          rotations.set(it.id, n + 1);
          return post("/auth/token-refresh", { refreshToken: tokens.refreshToken(it, n) }, bearer(tokens.accessToken(it)));
        }),
      }),
      token: async (count) => {
        const { rows, codes } = await codesFor(draw(count));
        return {
          requests: codes.map((code) => post("/auth/token", { code, clientId: CLIENT.client_id })),
          async restore() {
            await forget(rows);
            await Promise.all(rows.map(({ key }) => kv.delete(key)));
          },
        };
      },
      "oauth/token": async (count) => {
        const { requests, rows } = grants.redemptions(draw(count));
        await insertCodes(rows);
        return { requests, restore: () => forget(rows) };
      },
      "oauth/token (refresh)": async (count) => {
        const { answers, restore } = await grantsFor(draw(count));
        return { requests: answers.map((it) => grants.refresh(it.refresh_token)), restore };
      },
      "oauth/userinfo": async (count) => {
        const { answers, restore } = await grantsFor(draw(count));
        return { requests: answers.map((it) => ({ ...us, path: "/oauth/userinfo", headers: bearer(it.access_token) })), restore };
      },
      "oauth/authorize": async (count) => ({ requests: repeat(count, () => grants.authorize) }),
      logout: async (count) => {
        const people = draw(count);
        return {
          requests: people.map((it) => post("/logout", { refreshToken: tokens.refreshToken(it) }, bearer(tokens.accessToken(it)))),
          restore: () => revive(people),
        };
      },
      login: async (count) => ({ requests: draw(count).map((it) => signIn("/auth/login", it)) }),
      "login-token": async (count) => ({ requests: draw(count).map((it) => signIn("/auth/login-token", it)) }),
      "change-password": async (count) => {
        const people = draw(count);
        return {
          requests: people.map((it) => {
            const change = {
              refreshToken: tokens.refreshToken(it),
              username: it.username,
              oldPassword: PASSWORD,
              password: "another password",
            };
            return { ...post("/auth/change-password", change, bearer(tokens.accessToken(it))), method: "PATCH" };
          }),
          async restore() {
            await run(
              `update user_credentials set password = ?2 where user_id in ${IDS}`,
              people.map((it) => it.id),
              STORED_PASSWORD,
            );
            await revive(people);
          },
        };
      },
    },
  };
}

/** Verifications of a wrong password against a hash that was stored: nothing but reading, hashing and refusing. */
export function refusals({ db, draw, signIn }, stored) {
  return async (count) => {
    const people = draw(count);
    const ids = people.map((it) => it.id);
    const store = (hash) =>
      db.prepare(`update user_credentials set password = ?2 where user_id in ${IDS}`).bind(JSON.stringify(ids), hash).run();
    await store(stored);
    return {
      requests: people.map((it) => ({ ...signIn("/auth/login", it, "a wrong password"), expect: 401 })),
      restore: () => store(STORED_PASSWORD),
    };
  };
}

const repeat = (count, make) => Array.from({ length: count }, (_, i) => make(i));

function shuffled(count) {
  const numbers = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
}
