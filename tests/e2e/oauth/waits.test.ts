// How often a request to the OAuth endpoints waits for storage.

import { beforeAll, expect, test } from "vitest";
import { useWorker } from "../../support/fixtures";
import { oauthSettings } from "../../support/oauth";
import { oauthGrants } from "../../support/oauth_grants";

const { worker } = useWorker({ settings: oauthSettings() });
const { server, web, app, service, basic, prepare, somebody, code, refreshToken, deviceCode, pushedRequest } = oauthGrants(worker);
beforeAll(prepare);

test("an authorization request: once where nobody is signed in, twice where a code comes of it", async () => {
  const { browser } = await somebody();
  const request = { client_id: web.id, redirect_uri: web.redirectUri };
  expect((await server.authorize(request)).waits).toBe(1);
  expect((await server.authorize(request, browser.headers)).waits).toBe(2);
  const { path, browser: other } = await pushedRequest();
  const answer = await worker.fetch(path, { headers: other.headers });
  expect(answer.headers.get("server-timing")).toContain('waits;desc="2"');
});

test("the token endpoint: once, and a client's keys once more", async () => {
  const waits = async ({ form, headers }: { form: Record<string, string | undefined>; headers: Record<string, string> }) => {
    const answer = await server.token(form, headers);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.waits;
  };
  expect(await waits(await code())).toBe(1);
  expect(await waits(await code(app))).toBe(1);
  expect(await waits(await refreshToken())).toBe(1);
  expect(await waits(await refreshToken(app))).toBe(1);
  expect(await waits(await deviceCode())).toBe(1);
  expect((await service.token({ grant_type: "client_credentials" }, { proof: null })).waits).toBe(2);
});

test("UserInfo, introspection and revocation: once; a pushed request twice; documents never", async () => {
  const { first, form } = await refreshToken();
  expect((await server.userinfo(first.access_token)).waits).toBe(1);
  expect((await server.post("/oauth/introspect", { token: first.access_token }, basic)).waits).toBe(1);
  expect((await server.post("/oauth/revoke", { token: form.refresh_token }, basic)).waits).toBeLessThanOrEqual(2);
  expect((await server.post("/oauth/par", { response_type: "code", redirect_uri: web.redirectUri }, basic)).waits).toBe(2);
  for (const path of ["openid-configuration", "jwks.json"]) {
    const answer = await worker.fetch(`/.well-known/${path}`);
    expect(answer.headers.get("server-timing")).not.toMatch(/waits;desc="[1-9]/);
  }
});
