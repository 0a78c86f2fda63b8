// How passwords are hashed, and hashes that were made elsewhere.

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { api, nested } from "../support/api";
import { aUser } from "../support/seed";
import { type Worker, startWorker } from "../support/worker";

let worker: Worker;
let our: ReturnType<typeof api>;
const password = "correct horse battery";

beforeAll(async () => {
  worker = await startWorker();
  our = api(worker);
});
afterAll(() => worker.stop());

const stored = (id: string) => worker.db.prepare("select password, changed_on from user_credentials where user_id = ?").bind(id).first<any>();
const becomes = (id: string, expected: RegExp) => vi.waitFor(async () => expect((await stored(id)).password).toMatch(expected), 30_000);
const PBKDF2 = /^\$pbkdf2-sha512\$i=220000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
const ARGON2ID = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
// "correct horse battery", made by other implementations.
const elsewhere = {
  "PBKDF2-SHA256": "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0",
  "weak PBKDF2-SHA512": "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k",
  "weak argon2id": "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w",
  "bcrypt $2a$": "$2a$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
  "bcrypt $2y$": "$2y$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
};

test("PBKDF2-SHA512 is the default; argon2id takes over at the next good sign-in, and gives back", async () => {
  const user = await aUser(worker, { storedPassword: elsewhere["bcrypt $2a$"] });
  const signIn = () => our.signIn({ username: user.username, password });
  const first = await signIn();
  await becomes(user.id, PBKDF2);
  const { changed_on } = await stored(user.id);
  await worker.restart({ PASSWORD_HASH: "argon2id" });
  expect((await our.loginToken({ username: user.username, password: "wrong" })).status).toBe(401);
  expect((await stored(user.id)).password).toMatch(PBKDF2);
  const second = await signIn();
  await becomes(user.id, ARGON2ID);
  const { password: hash } = await stored(user.id);
  await signIn();
  expect((await stored(user.id)).password, "what is current stays").toBe(hash);
  await worker.restart({ PASSWORD_HASH: "pbkdf2-sha512" });
  await signIn();
  await becomes(user.id, PBKDF2);
  await worker.restart({ PASSWORD_HASH: "argon2id" });
  expect((await stored(user.id)).changed_on, "the password has not changed").toBe(changed_on);
  for (const { accessToken } of [first, second]) expect((await our.me(accessToken)).status).toBe(200);
});

test.each(Object.entries(elsewhere))("a hash made elsewhere (%s) lets its user in and is replaced, but not by a wrong password", async (_, hash) => {
  const user = await aUser(worker, { storedPassword: hash });
  expect((await our.loginToken({ username: user.username, password: `${password} ` })).body).toEqual(nested("Invalid Credentials"));
  expect((await stored(user.id)).password).toBe(hash);
  await our.signIn({ username: user.username, password });
  await becomes(user.id, ARGON2ID);
  await our.signIn({ username: user.username, password });
});

test.each(["", "x", "plain text", password, "$", "$argon2id$", "$scrypt$ln=1$AAAA$AAAA", "$pbkdf2-sha512$i=0$AAAAAAAA$AAAAAAAAAAAAAAAA", "$pbkdf2-sha512$i=1$AAAAAAAA", "$2b$", "$2b$99$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O", "$1$x$y"])(
  "what is stored but no hash (%j) lets nobody in",
  async (hash) => {
    const user = await aUser(worker, { storedPassword: hash });
    for (const attempt of [password, hash, "x"]) {
      const answer = await our.loginToken({ username: user.username, password: attempt });
      if (attempt !== "") expect(answer.body).toEqual(nested("Invalid Credentials"));
      expect(answer.status).toBe(401);
    }
    expect((await stored(user.id)).password).toBe(hash);
  },
);
