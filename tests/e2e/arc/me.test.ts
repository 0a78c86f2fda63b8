// GET /auth/me and the claims of access tokens: what a token says of the user, and how the bearer is read.

import { beforeAll, describe, expect, test } from "vitest";
import { ISSUER, now, NOT_OURS } from "../../support/access_tokens";
import { ADMIN, DEMO_MOBILE, type Pair, flat } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { decode } from "../../support/jwt";

const BEARER_MISSING = flat(401, 'Bearer realm="Users"');
const BEARER_MALFORMED = { error: { statusCode: 401, name: "UnauthorizedError", message: 400 } };

describe("what a token says", () => {
  const { worker, our } = useWorker({ settings: { LOCALE: "de" } });

  beforeAll(async () => {
    await worker.db
      .prepare(
        "update users set phone = '+49 30 1234567', dob = '2000-02-29', gender = 'F', middle_name = 'Maria', last_name = 'Muster' where username = 'demo'",
      )
      .run();
  });

  const people = async () => {
    const { results } = await worker.db
      .prepare("select user_id, user_tenant_id, tenant_id, default_tenant_id, last_login from accounts order by username")
      .all<{ user_id: string; user_tenant_id: string; tenant_id: string; default_tenant_id: string; last_login: number }>();
    return { admin: results[0]!, demo: results[1]! };
  };

  test("the original's claims and the registered ones, and neither phone nor birthday nor gender", async () => {
    const before = now();
    const pair = await our.signIn({}, { device_id: "device-1", "user-agent": "Tests/1.0" });
    const { claims } = decode(pair.accessToken);
    const { demo } = await people();
    expect(claims).toEqual({
      id: demo.user_id,
      username: "demo",
      email: "demo@example.com",
      firstName: "Demo",
      lastName: "Muster",
      permissions: [],
      role: "1",
      authClientId: 1,
      defaultTenantId: demo.default_tenant_id,
      tenantId: demo.tenant_id,
      userTenantId: demo.user_tenant_id,
      status: 1,
      userPreferences: { locale: "de" },
      deviceInfo: { deviceId: "device-1", userAgent: "Tests/1.0" },
      lastLogin: new Date(demo.last_login).toISOString(),
      sub: demo.user_id,
      jti: expect.stringMatching(/^[\w-]{24}$/),
      sid: expect.stringMatching(/^[\w-]{24}$/),
      client_id: "demo-web",
      iat: expect.any(Number),
      exp: claims.iat + 900,
      iss: ISSUER,
      aud: ISSUER,
      acr: "aal1",
      amr: ["pwd"],
      auth_time: expect.any(Number),
    });
    expect(claims.iat).toBeGreaterThanOrEqual(before);
    expect(Math.floor(pair.expires / 1000)).toBe(claims.exp);
  });

  test("me shows the full user, in the original's shape", async () => {
    const { accessToken } = await our.signIn({}, { device_id: "device-1" });
    const answer = await our.me(accessToken);
    const { demo } = await people();
    expect(answer.body).toEqual({
      id: demo.user_id,
      firstName: "Demo",
      lastName: "Muster",
      middleName: "Maria",
      username: "demo",
      email: "demo@example.com",
      phone: "+49 30 1234567",
      authClientIds: [1, 2],
      lastLogin: new Date(demo.last_login).toISOString(),
      dob: "2000-02-29T00:00:00.000Z",
      gender: "F",
      defaultTenantId: demo.default_tenant_id,
      permissions: [],
      role: "1",
      age: expect.any(Number),
      authClientId: 1,
      userPreferences: { locale: "de" },
      tenantId: demo.tenant_id,
      userTenantId: demo.user_tenant_id,
      status: 1,
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("permissions are the role's with the member's changes, as they are at that moment", async () => {
    const { admin } = await people();
    const change = (permission: string, allowed: number) =>
      worker.db
        .prepare(
          "insert into user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on) values (?1 || ?3, ?1, ?2, ?3, 0, 0)",
        )
        .bind(admin.user_tenant_id, permission, allowed)
        .run();
    const pair = await our.signIn({ ...ADMIN, ...DEMO_MOBILE });
    const said = (token: string) => decode(token).claims;
    expect(said(pair.accessToken)).toMatchObject({ permissions: ["NotAllowed"], role: "0", client_id: "demo-mobile", authClientId: 2 });
    await change("NotAllowed", 0);
    await change("Reports", 1);
    expect((await our.me(pair.accessToken)).body.permissions).toEqual(["Reports"]);
    expect(said((await our.refresh(pair)).body.accessToken).permissions).toEqual(["Reports"]);
    await worker.db.prepare("delete from user_permissions").run();
  });

  test("no two tokens are alike, not even within one second", async () => {
    let pair = await our.signIn();
    const seen = new Set([pair.accessToken]);
    for (let i = 0; i < 5; i++) {
      pair = (await our.refresh(pair)).body;
      seen.add(pair.accessToken);
    }
    expect(seen.size).toBe(6);
    expect(new Set([...seen].map((token) => decode(token).claims.jti)).size).toBe(6);
    expect(new Set([...seen].map((token) => decode(token).claims.sid)).size).toBe(1);
  });

  test("the locale is the member's, else the tenant's, else the setting's", async () => {
    const { demo } = await people();
    const locale = async () => decode((await our.signIn()).accessToken).claims.userPreferences.locale;
    await worker.db
      .prepare(
        "insert into tenant_configs (id, tenant_id, config_key, config_value, created_on, modified_on) values ('x', ?, 'profile', '{\"locale\":\"fr\"}', 0, 0)",
      )
      .bind(demo.tenant_id)
      .run();
    expect(await locale()).toBe("fr");
    await worker.db.prepare("update user_tenants set locale = 'it' where id = ?").bind(demo.user_tenant_id).run();
    expect(await locale()).toBe("it");
  });
});

describe("the bearer", () => {
  let pair: Pair;

  const { our } = useWorker();

  beforeAll(async () => {
    pair = await our.signIn();
  });

  const operations = [
    ["GET", "/auth/me"],
    ["PATCH", "/auth/change-password"],
    ["POST", "/logout"],
  ] as const;

  test.each(operations)("%s %s tells what is wrong with the header as the original does", async (method, path) => {
    const body = method === "GET" ? undefined : {};
    const ask = (authorization?: string) => our.send(method, path, { body, headers: authorization === undefined ? {} : { authorization } });
    for (const authorization of [undefined, "Basic ZGVtbzpkZW1v", `Token ${pair.accessToken}`, `Bearer: ${pair.accessToken}`]) {
      const answer = await ask(authorization);
      expect(answer.status).toBe(401);
      expect(answer.body, authorization).toEqual(BEARER_MISSING);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="Users"');
    }
    for (const authorization of [
      "Bearer",
      pair.accessToken,
      `Bearer  ${pair.accessToken}`,
      `Bearer ${pair.accessToken} x`,
      `Bearer ${pair.accessToken}, Bearer x`,
    ]) {
      const answer = await ask(authorization);
      expect(answer.status).toBe(401);
      expect(answer.body, authorization).toEqual(BEARER_MALFORMED);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="Users", error="invalid_token"');
    }
    for (const token of ["x", "x.y.z", "é", "%00", `${pair.accessToken}=`, `"${pair.accessToken}"`]) {
      expect((await ask(`Bearer ${encodeURI(token)}`)).body, token).toEqual(NOT_OURS);
    }
  });

  test("is recognised in any case of the scheme", async () => {
    for (const scheme of ["bearer", "BEARER", "bEaReR"]) {
      expect((await our.send("GET", "/auth/me", { headers: { authorization: `${scheme} ${pair.accessToken}` } })).status).toBe(200);
    }
  });

  test("is read from the header and nowhere else", async () => {
    const query = `access_token=${pair.accessToken}`;
    for (const headers of [{}, { cookie: query }, { "x-access-token": pair.accessToken }, { "access-token": pair.accessToken }]) {
      expect((await our.send("GET", `/auth/me?${query}&token=${pair.accessToken}`, { headers })).body).toEqual(BEARER_MISSING);
    }
    const inBody = await our.post("/logout", { refreshToken: pair.refreshToken, access_token: pair.accessToken });
    expect(inBody.status).toBe(422);
    expect((await our.post(`/logout?${query}`, { refreshToken: pair.refreshToken })).body).toEqual(BEARER_MISSING);
    expect((await our.post(`/auth/token-refresh?${query}`, { refreshToken: pair.refreshToken })).body).toEqual(flat(401, "Token Invalid"));
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await our.send("POST", "/logout", { body: query, headers: form })).status).toBe(415);
    expect((await our.me(pair.accessToken)).status, "nothing of that ended the session").toBe(200);
  });
});
