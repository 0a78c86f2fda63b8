// What happens once, asked for a hundred times at once.

import { beforeAll, describe, expect, test } from "vitest";
import { many, useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";
import { oauthSettings } from "../../support/oauth";
import { oauthGrants } from "../../support/oauth_grants";

const { worker } = useWorker({ settings: oauthSettings() });
const { server, app, web, service, basic, prepare, code, refreshToken, deviceCode, pushedRequest } = oauthGrants(worker);
beforeAll(prepare);

type Answers = { status: number; body: any }[];
const won = (answers: Answers) => answers.filter(({ status }) => status < 400);
const errors = (answers: Answers) => new Set(answers.filter(({ status }) => status >= 400).map(({ body }) => body.error));
const sessions = (idToken: string) =>
  worker.db
    .prepare("select ended_why from sessions where user_id = ?")
    .bind(decode(idToken).claims.sub)
    .all<{ ended_why: string | null }>();

describe("of a hundred at once one wins", () => {
  test("a code; the others end its session", async () => {
    const { form, headers } = await code();
    const answers = await many(100, () => server.token(form, headers));
    expect(won(answers)).toHaveLength(1);
    expect(errors(answers)).toEqual(new Set(["invalid_grant"]));
    const { id_token, access_token } = won(answers)[0]!.body;
    expect((await sessions(id_token)).results).toEqual([{ ended_why: "code replayed" }]);
    expect((await server.userinfo(access_token)).status).toBe(401);
  });

  test("a code of a public client with PKCE, half of whom guess the verifier", async () => {
    const { form } = await code(app);
    const answers = await many(100, (n) => server.token(n % 2 ? form : { ...form, code_verifier: "x".repeat(43) }));
    expect(won(answers).length).toBeLessThanOrEqual(1);
    expect(errors(answers)).toEqual(new Set(["invalid_grant"]));
  });

  test("a pushed request: one code, however many tabs bring it", async () => {
    const { path, browser } = await pushedRequest();
    const answers = await many(100, async () => {
      const answer = await worker.fetch(path, { headers: browser.headers });
      await answer.text();
      return { status: answer.status, location: answer.headers.get("location") ?? "" };
    });
    const codes = answers.filter(({ location }) => location.startsWith(`${web.redirectUri}?code=`));
    expect(codes).toHaveLength(1);
    for (const { status, location } of answers) expect([303, 400], location).toContain(status);
  });

  test("a device code", async () => {
    const { form } = await deviceCode();
    const answers = await many(100, () => server.token(form));
    expect(won(answers)).toHaveLength(1);
    for (const error of errors(answers)) expect(["invalid_grant", "slow_down"]).toContain(error);
    expect((await sessions(won(answers)[0]!.body.id_token)).results).toHaveLength(1);
  });

  test("a client's assertion, at one endpoint or another", async () => {
    const by = service.credentials();
    const answers = await many(100, () => service.token({ grant_type: "client_credentials" }, { by, proof: null }));
    expect(won(answers)).toHaveLength(1);
    expect(errors(answers)).toEqual(new Set(["invalid_client"]));
  });

  test("a proof of a key", async () => {
    const proof = service.dpop.proof("POST", "/oauth/token");
    const answers = await many(100, () => service.token({ grant_type: "client_credentials" }, { proof }));
    expect(won(answers)).toHaveLength(1);
  });
});

describe("refresh tokens", () => {
  test("a hundred uses of one that moves on are one, and its retries", async () => {
    const { form, first } = await refreshToken(app);
    const answers = await many(100, () => server.token(form));
    expect(won(answers)).toHaveLength(100);
    // All have the same next one, and the session goes on.
    const next = new Set(won(answers).map(({ body }) => body.refresh_token));
    expect(next.size).toBe(1);
    const then = await server.token({ ...form, refresh_token: [...next][0] });
    expect([then.status, (await sessions(first.id_token)).results]).toEqual([200, [{ ended_why: null }]]);
  });

  test("an older one among them ends the session for all", async () => {
    const { form, first } = await refreshToken(app);
    const second = (await server.token(form)).body.refresh_token;
    const third = (await server.token({ ...form, refresh_token: second })).body.refresh_token;
    const answers = await many(20, (n) => server.token({ ...form, refresh_token: n === 7 ? form.refresh_token : third }));
    expect(answers[7]).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect((await sessions(first.id_token)).results).toEqual([{ ended_why: expect.stringContaining("refresh") }]);
    expect((await server.token({ ...form, refresh_token: third })).status).toBe(400);
  });

  test("a confidential client's is used a hundred times at once, and stays", async () => {
    const { form, headers } = await refreshToken();
    const answers = await many(100, () => server.token(form, headers));
    expect(won(answers)).toHaveLength(100);
    expect((await server.token(form, headers)).status).toBe(200);
  });

  test("whoever revokes one while it is used leaves nothing that lives", async () => {
    const { form, headers } = await refreshToken();
    const answers = await many(20, async (n) =>
      n === 5 ? server.post("/oauth/revoke", { token: form.refresh_token }, basic) : server.token(form, headers),
    );
    const tokens = won(answers).flatMap(({ body }) => (body?.access_token ? [body.access_token as string] : []));
    for (const token of tokens) expect((await server.userinfo(token)).status).toBe(401);
    expect((await server.token(form, headers)).status).toBe(400);
  });
});
