// Access tokens: which are verified, under which keys, and which are rejected.

import { createLocalJWKSet, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { ISSUER, now, NOT_OURS } from "../../support/access_tokens";
import { type Pair, flat, nested } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { decode, jwt, keyOf } from "../../support/jwt";
import { freshDataKey, freshKeys } from "../../support/worker";

const SECRET = "a shared secret of enough bytes: 0123456789";

describe.each([
  { alg: "EdDSA", keys: freshKeys("ed25519"), members: ["kty", "crv", "x", "kid", "alg", "use"] },
  { alg: "ES256", keys: freshKeys("P-256"), members: ["kty", "crv", "x", "y", "kid", "alg", "use"] },
])("signed with $alg", ({ alg, keys, members }) => {
  const { jwk, privateKey, publicKey } = keyOf(keys);
  let pair: Pair;
  let header: ReturnType<typeof decode>["header"];
  let claims: ReturnType<typeof decode>["claims"];

  const { our } = useWorker({ settings: { JWT_KEYS: keys } });

  beforeAll(async () => {
    pair = await our.signIn();
    ({ header, claims } = decode(pair.accessToken));
  });

  test("the published key is public, named, and all there is", async () => {
    const answer = await our.send("GET", "/.well-known/jwks.json");
    expect(answer.status).toBe(200);
    expect(answer.waits).toBe(0);
    expect(answer.headers.get("content-type")).toBe("application/jwk-set+json");
    expect(Object.keys(answer.body)).toEqual(["keys"]);
    expect(answer.body.keys).toHaveLength(1);
    const [published] = answer.body.keys;
    expect(Object.keys(published).sort()).toEqual([...members].sort());
    expect(published).toMatchObject({ kid: header.kid, alg, use: "sig", x: jwk.x });
  });

  test("jose verifies ours through the published keys", async () => {
    expect(header).toEqual({ alg, typ: "at+jwt", kid: expect.stringMatching(/^[\w-]{43}$/) });
    const jwks = createLocalJWKSet((await our.send("GET", "/.well-known/jwks.json")).body);
    const verified = await jwtVerify(pair.accessToken, jwks, { issuer: ISSUER, typ: "at+jwt", algorithms: [alg] });
    expect(verified.payload).toEqual(claims);
  });

  test("a token made by another library with our key is ours", async () => {
    const again = { ...claims, jti: "another" };
    expect((await our.me(jwt(header, again, privateKey))).status).toBe(200);
  });

  describe("refused is", () => {
    const foreign = keyOf(freshKeys(jwk.kty === "EC" ? "P-256" : "ed25519")).privateKey;
    const ours = (changes: object, extra: object = {}) => jwt({ ...header, ...extra }, { ...claims, ...changes }, privateKey);
    const without = (object: object, name: string) => Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
    const publicHalf = {
      "as raw bytes": () => Buffer.from(jwk.x, "base64url"),
      "as base64url": () => jwk.x,
      "as PEM": () => publicKey.export({ type: "spki", format: "pem" }),
      "as DER": () => publicKey.export({ type: "spki", format: "der" }),
      "as a JWK": () => JSON.stringify(publicKey.export({ format: "jwk" })),
    };

    const cases: Record<string, () => string> = {
      "one signed with another key": () => jwt(header, claims, foreign),
      "one whose claims were changed": () => {
        const [head, , tag] = pair.accessToken.split(".");
        const body = Buffer.from(JSON.stringify({ ...claims, permissions: ["NotAllowed"] })).toString("base64url");
        return `${head}.${body}.${tag}`;
      },
      "one without its signature": () => jwt(header, claims),
      "one whose signature was cut": () => pair.accessToken.slice(0, -4),
      "one whose signature is all zeros": () =>
        `${pair.accessToken.split(".").slice(0, 2).join(".")}.${Buffer.alloc(64).toString("base64url")}`,
      "alg none": () => jwt({ ...header, alg: "none" }, claims),
      "alg None": () => jwt({ ...header, alg: "None" }, claims),
      "alg none over our signature": () => jwt({ ...header, alg: "none" }, claims, privateKey),
      "no alg": () => jwt(without(header, "alg"), claims, privateKey),
      "another alg over our signature": () => jwt({ ...header, alg: alg === "EdDSA" ? "ES256" : "EdDSA" }, claims, privateKey),
      "HS256 over our signature": () => jwt({ ...header, alg: "HS256" }, claims, privateKey),
      ...Object.fromEntries(
        Object.entries(publicHalf).map(([form, key]) => [
          `HS256 with the public key ${form}`,
          () => jwt({ ...header, alg: "HS256" }, claims, key() as string | Buffer),
        ]),
      ),
      "HS256 with an empty secret": () => jwt({ ...header, alg: "HS256" }, claims, ""),
      "an unknown kid": () => ours({}, { kid: "unknown" }),
      "an empty kid": () => ours({}, { kid: "" }),
      "a kid that is a path": () => jwt({ alg: "HS256", typ: "at+jwt", kid: "../../../../dev/null" }, claims, ""),
      "a kid that is SQL": () => ours({}, { kid: "' or 1=1 --" }),
      "a kid that is a number": () => ours({}, { kid: 1 }),
      "no kid": () => jwt(without(header, "kid"), claims, privateKey),
      "another purpose": () => ours({}, { typ: "JWT" }),
      "a refresh token's purpose": () => ours({}, { typ: "rt+jwt" }),
      "no purpose": () => jwt(without(header, "typ"), claims, privateKey),
      "a jwk header": () => jwt({ ...header, jwk: publicKey.export({ format: "jwk" }) }, claims, privateKey),
      "a jwk header with the forger's key": () => jwt({ ...header, jwk: foreign.export({ format: "jwk" }) }, claims, foreign),
      "a jku header": () => ours({}, { jku: "https://evil.example/jwks.json" }),
      "an x5u header": () => ours({}, { x5u: "https://evil.example/cert" }),
      "an x5c header": () => ours({}, { x5c: ["MIIB"] }),
      "a crit header": () => ours({}, { crit: ["exp"] }),
      "an empty crit header": () => ours({}, { crit: [] }),
      "another issuer": () => ours({ iss: "https://other.example" }),
      "an issuer that begins like ours": () => ours({ iss: `${ISSUER}.evil.example` }),
      "an issuer with a slash more": () => ours({ iss: `${ISSUER}/` }),
      "a list of issuers": () => ours({ iss: [ISSUER] }),
      "no issuer": () => jwt(header, without(claims, "iss"), privateKey),
      "no session": () => jwt(header, without(claims, "sid"), privateKey),
      "claims that are no object": () => jwt(header, [claims], privateKey),
      "claims that are no JSON": () => jwt(header, "{", privateKey),
      "a header that is no object": () => jwt("at+jwt", claims, privateKey),
      "two parts": () => pair.accessToken.split(".").slice(0, 2).join("."),
      "four parts": () => `${pair.accessToken}.AAAA`,
      "five parts": () => "e30.AAAA.AAAA.AAAA.AAAA",
      "our refresh token": () => pair.refreshToken,
      null: () => "null",
      "nothing but dots": () => "..",
    };

    // What is no token of ours opens nothing, and does not vouch for a refresh either.
    test.each(Object.entries(cases))("%s", async (_, token) => {
      const answer = await our.me(token());
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(NOT_OURS);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="Users", error="invalid_token"');
      expect(answer.waits).toBe(0);
      expect((await our.refresh({ ...pair, accessToken: token() })).body).toEqual(flat(401, "Token Invalid"));
    });

    test.each(
      Object.entries<() => string>({
        "an expired token": () => ours({ iat: now() - 1000, exp: now() - 1 }),
        "a token without an end": () => jwt(header, without(claims, "exp"), privateKey),
        "a token whose end is text": () => ours({ exp: String(now() + 900) }),
        "a token that is not good yet": () => ours({ nbf: now() + 60 }),
      }),
    )("%s", async (_, token) => {
      expect((await our.me(token())).body).toEqual(NOT_OURS);
      expect((await our.changePassword(token(), { refreshToken: pair.refreshToken })).body).toEqual(NOT_OURS);
    });

    test("nor does a token that is not good yet end a session", async () => {
      const early = ours({ nbf: now() + 60 });
      expect((await our.logout({ ...pair, accessToken: early })).body).toEqual(NOT_OURS);
      expect((await our.me(pair.accessToken)).status).toBe(200);
    });

    test.each(["", "unknown", "' or '1'='1"])("a session that does not exist (%j)", async (sid) => {
      const answer = await our.me(ours({ sid }));
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(nested("TokenRevoked"));
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="Users", error="invalid_token"');
    });

    test("and the honest one is accepted", async () => {
      expect((await our.me(pair.accessToken)).status).toBe(200);
    });
  });
});

describe("signed with a shared secret", () => {
  const { our } = useWorker({ settings: { JWT_KEYS: undefined, JWT_SECRET: SECRET } });

  test("a holder of the secret verifies access tokens, and no key is published", async () => {
    const { accessToken } = await our.signIn();
    const verified = await jwtVerify(accessToken, Buffer.from(SECRET), { issuer: ISSUER, typ: "at+jwt", algorithms: ["HS256"] });
    expect(verified.protectedHeader).toEqual({ alg: "HS256", typ: "at+jwt", kid: "shared" });
    expect((await our.send("GET", "/.well-known/jwks.json")).body).toEqual({ keys: [] });
    expect((await our.me(accessToken)).status).toBe(200);
  });

  test("other secrets, algorithms and purposes are refused", async () => {
    const { header, claims } = decode((await our.signIn()).accessToken);
    const { privateKey } = keyOf(freshKeys());
    for (const token of [
      jwt(header, claims, `${SECRET}!`),
      jwt(header, claims, ""),
      jwt({ ...header, alg: "none" }, claims),
      jwt({ ...header, alg: "HS512" }, claims, SECRET),
      jwt({ ...header, alg: "EdDSA" }, claims, privateKey),
      jwt({ ...header, typ: "JWT" }, claims, SECRET),
      jwt({ alg: "HS256" }, claims, SECRET),
    ]) {
      expect((await our.me(token)).body).toEqual(NOT_OURS);
    }
    expect((await our.me(jwt(header, claims, SECRET))).status).toBe(200);
  });
});

describe("keys are rotated by putting a new one in front", () => {
  const first = freshKeys("ed25519");
  const second = freshKeys("P-256");
  const both = JSON.stringify({ keys: [...JSON.parse(second).keys, ...JSON.parse(first).keys] });
  const { worker, our } = useWorker({ settings: { JWT_KEYS: first } });

  test("old tokens live on while both keys are there, and end with their key", async () => {
    const old = await our.signIn();
    await worker.restart({ JWT_KEYS: both });
    expect((await our.me(old.accessToken)).status).toBe(200);
    const published = (await our.send("GET", "/.well-known/jwks.json")).body.keys;
    expect(published.map((key: { alg: string }) => key.alg)).toEqual(["ES256", "EdDSA"]);
    const fresh: Pair = (await our.refresh(old)).body;
    expect(decode(fresh.accessToken).header).toEqual({ alg: "ES256", typ: "at+jwt", kid: published[0].kid });
    expect(decode(old.accessToken).header.kid).toBe(published[1].kid);
    for (const { accessToken } of [old, fresh]) {
      await jwtVerify(accessToken, createLocalJWKSet({ keys: published }), { issuer: ISSUER });
    }
    await worker.restart({ JWT_KEYS: second });
    expect((await our.me(old.accessToken)).body).toEqual(NOT_OURS);
    expect((await our.me(fresh.accessToken)).status).toBe(200);
    expect((await our.refresh({ ...fresh, accessToken: old.accessToken })).body).toEqual(flat(401, "Token Invalid"));
    expect((await our.refresh(fresh)).status).toBe(200);
  });

  test("a refresh token outlives the data key that made it while the key is in the list", async () => {
    const [older, newer] = [freshDataKey(), freshDataKey()];
    await worker.restart({ DATA_KEY: older });
    const pair = await our.signIn();
    await worker.restart({ DATA_KEY: `${newer}, ${older}` });
    const next: Pair = (await our.refresh(pair)).body;
    expect(next.refreshToken).toBeTruthy();
    await worker.restart({ DATA_KEY: newer });
    expect((await our.refresh(pair)).body).toEqual(flat(401, "Token Expired"));
    expect((await our.refresh(next)).status).toBe(200);
  });
});

describe("the compatibility flag plain-bearer", () => {
  const keys = freshKeys();
  const { privateKey } = keyOf(keys);
  const plain = (claims: object = {}, header: object = {}) =>
    jwt({ alg: "EdDSA", ...header }, { iss: ISSUER, id: "somebody", username: "them", ...claims }, privateKey);
  const { worker, our } = useWorker({ settings: { JWT_KEYS: keys } });

  test("is off unless asked for", async () => {
    for (const token of [plain(), plain({ exp: now() + 60 }), plain({}, { typ: "JWT" })]) {
      expect((await our.me(token)).body).toEqual(NOT_OURS);
    }
  });

  describe("while it is on", () => {
    beforeAll(() => worker.restart({ COMPATIBILITY: "plain-bearer" }));

    test("any token with our signature and issuer says who is there", async () => {
      const { kid } = decode((await our.signIn()).accessToken).header;
      for (const token of [plain(), plain({ exp: now() + 60 }), plain({}, { typ: "JWT" }), plain({}, { kid })]) {
        const answer = await our.me(token);
        expect(answer.status).toBe(200);
        expect(answer.body).toEqual({ id: "somebody", username: "them" });
      }
      const claims = { email: "them@example.com", permissions: ["P"], sub: "x", deviceInfo: {}, secret: "x", status: 2 };
      expect((await our.me(plain(claims))).body).toEqual({
        id: "somebody",
        username: "them",
        email: "them@example.com",
        permissions: ["P"],
        status: 2,
      });
    });

    test.each(
      Object.entries<() => string>({
        "an expired one": () => plain({ exp: now() - 1 }),
        "one that is not good yet": () => plain({ nbf: now() + 60, exp: now() + 120 }),
        "one that is not good yet and has no end": () => plain({ nbf: now() + 60 }),
        "one of another issuer": () => plain({ iss: "https://other.example" }),
        "one without an issuer": () => plain({ iss: undefined }),
        "one of an unknown key": () => plain({}, { kid: "unknown" }),
        "one of another key": () => jwt({ alg: "EdDSA" }, { iss: ISSUER, id: "somebody" }, keyOf(freshKeys()).privateKey),
        "alg none": () => jwt({ alg: "none" }, { iss: ISSUER, id: "somebody" }),
        "HS256 with the public key": () => jwt({ alg: "HS256" }, { iss: ISSUER }, Buffer.from(keyOf(keys).jwk.x, "base64url")),
        "one with a crit header": () => plain({}, { crit: ["x"] }),
        "one with a jwk header": () => plain({}, { jwk: {} }),
      }),
    )("but not %s", async (_, token) => {
      expect((await our.me(token())).body).toEqual(NOT_OURS);
    });

    test("a session of ours that is over stays over", async () => {
      const pair = await our.signIn();
      expect((await our.logout(pair)).status).toBe(200);
      expect((await our.me(pair.accessToken)).body).toEqual(nested("TokenRevoked"));
    });

    test("without a session there is nothing to refresh, to end or to change", async () => {
      const pair = await our.signIn();
      const token = plain({ exp: now() + 60 });
      const { refreshToken } = pair;
      expect((await our.refresh({ ...pair, accessToken: token })).body).toEqual(flat(401, "Token Invalid"));
      expect((await our.logout({ ...pair, accessToken: token })).body).toEqual(flat(401, "Token Invalid"));
      expect((await our.changePassword(token, { refreshToken, username: "demo", password: "another password" })).body).toEqual(
        flat(401, "Token Invalid"),
      );
      expect((await our.me(pair.accessToken)).status).toBe(200);
    });
  });
});
