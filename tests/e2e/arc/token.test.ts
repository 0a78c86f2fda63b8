// POST /auth/token: what a code opens, once, and PKCE.

import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { flat } from "../../support/api";
import { TOKEN_INVALID, INVALID_CREDENTIALS, codeKey, useSessions } from "../../support/sessions";

const { worker, our, session, run, newCode, redeem, expectAlive, expectOver, codeRow } = useSessions();

const CODE_EXPIRED = flat(401, "Code Expired");

describe("a code", () => {
  test("is opaque, and its row does not hold it", async () => {
    const code = await newCode();
    expect(code).toMatch(/^[\w-]{43}$/);
    const row = (await codeRow(code))!;
    expect(row.kind).toBe("code");
    expect(JSON.stringify(row)).not.toContain(code);
  });

  test("opens a session once; the second time it ends that session", async () => {
    const code = await newCode();
    const pair = await redeem(code);
    await expectAlive(pair);
    const again = await our.token(code);
    expect(again.status).toBe(401);
    expect(again.body).toEqual(CODE_EXPIRED);
    expect(again.waits).toBeLessThanOrEqual(2);
    await expectOver(pair);
    expect(await session(pair)).toMatchObject({ ended_why: "code replayed" });
    expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
  });

  test("is over when its time is, and opens nothing", async () => {
    const code = await newCode();
    await run("update one_time set expires_on = ? where key = ?", Date.now() - 1, codeKey(code));
    expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
    expect((await codeRow(code))!.taken_by).toBeNull();
    const { session_id } = (await codeRow(code))!;
    expect(await worker.db.prepare("select 1 from sessions where id = ?").bind(session_id).first()).toBeNull();
  });

  test("that was redeemed ends its session when it comes back after its time", async () => {
    const code = await newCode();
    const pair = await redeem(code);
    await run("update one_time set expires_on = ? where key = ?", Date.now() - 1, codeKey(code));
    expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
    await expectOver(pair);
  });

  test("of one client is nothing to another, which neither spends it nor ends its session", async () => {
    const code = await newCode();
    expect((await our.token(code, { clientId: "demo-mobile" })).body).toEqual(INVALID_CREDENTIALS);
    const pair = await redeem(code);
    expect((await our.token(code, { clientId: "demo-mobile" })).body).toEqual(INVALID_CREDENTIALS);
    await expectAlive(pair);
  });

  test("that was never issued is refused", async () => {
    const code = await newCode();
    for (const other of ["", "x", code.toUpperCase(), ` ${code}`, codeKey(code), randomBytes(32).toString("base64url")]) {
      expect((await our.token(other)).body, other).toEqual(INVALID_CREDENTIALS);
    }
    expect((await our.token(`${code}\u0000`)).status).toBe(422);
    await redeem(code);
  });

  test("is void once its client's secret is another, and a replay ends the session even then", async () => {
    const [unused, used] = [await newCode(), await newCode()];
    const pair = await redeem(used);
    const { secret_digest } = (await worker.db
      .prepare("select secret_digest from auth_clients where id = 1")
      .first<{ secret_digest: string }>())!;
    await run("update auth_clients set secret_digest = 'another' where id = 1");
    expect((await our.token(unused)).body).toEqual(INVALID_CREDENTIALS);
    await expectAlive(pair);
    expect((await our.token(used)).body).toEqual(INVALID_CREDENTIALS);
    await expectOver(pair);
    await run("update auth_clients set secret_digest = ? where id = 1", secret_digest);
  });

  test("needs a client that exists", async () => {
    const code = await newCode();
    for (const clientId of ["", "nobody", "DEMO-WEB", "demo-web "]) {
      expect((await our.token(code, { clientId })).body, clientId).toEqual(flat(401, "Client Invalid"));
    }
    await run("update auth_clients set deleted = 1 where id = 1");
    expect((await our.token(code)).body).toEqual(flat(401, "Client Invalid"));
    await run("update auth_clients set deleted = 0 where id = 1");
    await redeem(code);
  });

  test("is not for a new client of the old one's name", async () => {
    const code = await newCode();
    await run("update auth_clients set deleted = 1 where id = 1");
    await run(
      "insert into auth_clients select 99, client_id, client_secret_digest, secret_digest, redirect_url, 900, 86400, 180, 0, 0, 0, null, null from auth_clients where id = 1",
    );
    expect((await our.token(code)).body).toEqual(INVALID_CREDENTIALS);
    await run("delete from auth_clients where id = 99");
    await run("update auth_clients set deleted = 0 where id = 1");
  });

  test.each([
    [31_536_000, 600],
    [601, 600],
    [600, 600],
    [180, 180],
    [1, 1],
  ])("of a client that says %i s lives %i s", async (wished, lives) => {
    await run("update auth_clients set auth_code_expiration = ? where id = 1", wished);
    const row = (await codeRow(await newCode()))!;
    expect(row.expires_on - row.created_on).toBe(lives * 1000);
    await run("update auth_clients set auth_code_expiration = 180 where id = 1");
  });

  test("is redeemed where the key-value store knows nothing of it yet", async () => {
    const code = await newCode();
    await worker.kv.delete(codeKey(code));
    await expectAlive(await redeem(code));
  });

  test("opens a session that is bound to the device that brings it", async () => {
    const answer = await our.token(await newCode(), {}, { device_id: "mine" });
    expect((await our.refresh(answer.body)).body).toEqual(TOKEN_INVALID);
    expect((await our.refresh(answer.body, { device_id: "mine" })).status).toBe(200);
  });
});

describe("PKCE", () => {
  // RFC 7636, Appendix B.
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const begun = (body: object = {}) => newCode({ code_challenge: challenge, ...body });

  test("a code begun with a challenge is redeemed by its verifier", async () => {
    await expectAlive(await redeem(await begun(), { code_verifier: verifier }));
    await expectAlive(await redeem(await begun({ code_challenge_method: "S256" }), { code_verifier: verifier }));
  });

  test.each(
    Object.entries({
      missing: {},
      empty: { code_verifier: "" },
      wrong: { code_verifier: verifier.replace("d", "e") },
      "too short": { code_verifier: verifier.slice(1) },
      "too long": { code_verifier: verifier.repeat(3) },
      "of the wrong alphabet": { code_verifier: `${verifier.slice(1)}=` },
      "the challenge itself": { code_verifier: challenge },
    }),
  )("a verifier that is %s is refused, and the code is spent", async (_, body) => {
    const code = await begun();
    expect((await our.token(code, body)).body).toEqual(INVALID_CREDENTIALS);
    const after = await our.token(code, { code_verifier: verifier });
    expect(after.status).toBe(401);
    expect(after.body).toEqual(CODE_EXPIRED);
    const { session_id } = (await codeRow(code))!;
    expect(await worker.db.prepare("select 1 from sessions where id = ?").bind(session_id).first()).toBeNull();
  });

  test.each([verifier, "", "x"])(
    "a verifier (%j) for a code begun without a challenge is refused, and the code is spent",
    async (code_verifier) => {
      const code = await newCode();
      expect((await our.token(code, { code_verifier })).body).toEqual(INVALID_CREDENTIALS);
      expect((await our.token(code)).body).toEqual(CODE_EXPIRED);
    },
  );

  test("another client's try, with the right verifier or not, spends nothing", async () => {
    const code = await begun();
    expect((await our.token(code, { clientId: "demo-mobile", code_verifier: verifier })).body).toEqual(INVALID_CREDENTIALS);
    await redeem(code, { code_verifier: verifier });
  });

  const wrong = (path: string, message: string) => ({
    error: {
      statusCode: 422,
      name: "UnprocessableEntityError",
      message: "The request body is invalid. See error object `details` property for more info.",
      code: "VALIDATION_FAILED",
      details: [{ path, code: "pattern", message, info: {} }],
    },
  });
  const MALFORMED = wrong("/code_challenge", "must be the base64url SHA-256 of the verifier, 43 characters");
  const METHOD = wrong("/code_challenge_method", "must be S256");

  test.each([
    [{ code_challenge: "" }, MALFORMED],
    [{ code_challenge: challenge.slice(1) }, MALFORMED],
    [{ code_challenge: `${challenge}A` }, MALFORMED],
    [{ code_challenge: `${challenge.slice(1)}=` }, MALFORMED],
    [{ code_challenge: `${challenge.slice(1)}+` }, MALFORMED],
    [{ code_challenge: challenge, code_challenge_method: "plain" }, METHOD],
    [{ code_challenge: challenge, code_challenge_method: "s256" }, METHOD],
    [{ code_challenge: challenge, code_challenge_method: "" }, METHOD],
    [{ code_challenge_method: "S256" }, wrong("/code_challenge_method", "must NOT be present without code_challenge")],
  ])("%j is refused for its shape, before anything is read", async (body, expected) => {
    const answer = await our.login(body);
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual(expected);
    expect(answer.waits).toBe(0);
  });
});
