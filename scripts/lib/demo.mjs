// The demo data: a small world to try things in, on your own machine only. Its secrets are in the README.

import { randomBytes } from "node:crypto";
import { seal } from "./data-key.mjs";
import { client, digest, hashPassword, oauthClient, role, tenant, user } from "./people.mjs";
import { insert } from "./sql.mjs";

const id = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const TENANT = id(1);
const MEMBER = id(2);
const ADMINISTRATOR = id(3);
const CLIENTS = ["demo-web", "demo-mobile"];
const CALLBACK = "http://localhost:5173/callback";
const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

/** The settings that go with the data. */
export const demoSettings = {
  DEV_MAILBOX: "on",
  RATE_LIMITS: "off",
  SERVICESTACK_CLIENT_ID: "demo-web",
  OTP_CLIENT_IDS: "demo-web",
  SIGN_UP_TENANT: TENANT,
  SIGN_UP_ROLE: MEMBER,
  SIGN_UP_CLIENT_IDS: CLIENTS.join(","),
};

/** The settings for clients of OAuth: MCP clients register themselves. */
export const oauthSettings = { REGISTRATION: "open", OAUTH_SCOPES: "reports:read, mcp:tools" };

/** Who signs in with the curl that `npm run dev` prints. */
export const demoSignIn = {
  client_id: "demo-web",
  client_secret: "demo-web-secret",
  username: "demo",
  password: "correct horse battery",
};

/** The statements that make the data; `hash` says what is stored of a password. */
export function demoData(now, hash = hashPassword) {
  const common = { tenantId: TENANT, clientIds: CLIENTS, now };
  return [
    tenant({ id: TENANT, name: "Demo", now }),
    role({ id: MEMBER, name: "Member", permissions: [], type: 1, now }),
    role({ id: ADMINISTRATOR, name: "Administrator", permissions: ["NotAllowed"], type: 0, now }),
    client({
      clientId: "demo-web",
      clientSecret: "demo-web-secret",
      secret: "demo-web-signing-secret",
      redirectUrl: CALLBACK,
      now,
    }),
    oauthClient({
      clientId: "demo-web",
      metadata: { redirect_uris: [CALLBACK], post_logout_redirect_uris: ["http://localhost:5173/"] },
      now,
    }),
    client({ clientId: "demo-mobile", clientSecret: "demo-mobile-secret", secret: "demo-mobile-signing-secret", redirectUrl: null, now }),
    ...user({
      id: id(4),
      membershipId: id(5),
      username: "demo",
      email: "demo@example.com",
      verified: true,
      firstName: "Demo",
      stored: hash("correct horse battery"),
      roleId: MEMBER,
      ...common,
    }),
    ...user({
      id: id(6),
      membershipId: id(7),
      username: "admin",
      email: "admin@example.com",
      verified: false,
      firstName: "Admin",
      stored: hash("correct horse staple"),
      roleId: ADMINISTRATOR,
      ...common,
    }),
  ];
}

/** The statements that make clients of OAuth, besides `demo-web`: one that keeps no secret, and one without users. */
export function oauthData(now) {
  const secret = () => randomBytes(32).toString("base64url");
  const spa = {
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token", DEVICE_CODE],
    redirect_uris: [CALLBACK, "http://127.0.0.1/callback", "com.example.app:/callback"],
    post_logout_redirect_uris: ["http://localhost:5173/"],
  };
  const service = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [], scope: "reports:read" };
  return [
    client({ clientId: "demo-spa", clientSecret: secret(), secret: secret(), redirectUrl: CALLBACK, now }),
    oauthClient({ clientId: "demo-spa", metadata: spa, now }),
    client({ clientId: "demo-service", clientSecret: "demo-service-secret", secret: secret(), redirectUrl: null, now }),
    oauthClient({ clientId: "demo-service", metadata: service, now }),
    "insert into user_clients (user_id, client_id) select u.id, c.id from users u, auth_clients c where c.client_id = 'demo-spa'",
  ];
}

/** Who signs in with a second step: the password, and the key of the authenticator app (base 32). */
export const demoSecondStep = {
  username: "ada",
  password: "correct horse saddle",
  secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  recoveryCodes: Array.from({ length: 10 }, (_, n) => `DEM0-DEM0-DEM0-000${n}`),
};

/** The statements that make somebody with an authenticator app, and a role and a client that demand one of people who have none yet. */
export function secondStepData(now, dataKey) {
  const AUDITOR = id(8);
  const [ada, app] = [id(9), id(10)];
  const VAULT = "demo-vault";
  const common = { verified: true, tenantId: TENANT, clientIds: [...CLIENTS, VAULT], now };
  const { username, password, secret, recoveryCodes } = demoSecondStep;
  return [
    client({ clientId: VAULT, clientSecret: "demo-vault-secret", secret: "demo-vault-signing-secret", redirectUrl: null, now }),
    `insert into mfa_clients (client_id) select id from auth_clients where client_id = '${VAULT}'`,
    `insert into user_clients (user_id, client_id) select '${id(4)}', id from auth_clients where client_id = '${VAULT}'`,
    role({ id: AUDITOR, name: "Auditor", permissions: ["ViewLoginActivity"], type: 1, now }),
    `update roles set require_mfa = 1 where id = '${AUDITOR}'`,
    ...user({ id: ada, membershipId: id(11), username, email: "ada@example.com", firstName: "Ada", password, roleId: MEMBER, ...common }),
    ...user({
      id: id(12),
      membershipId: id(13),
      username: "auditor",
      email: "auditor@example.com",
      firstName: "Augusta",
      password: "correct horse bridle",
      roleId: AUDITOR,
      ...common,
    }),
    insert("factors", {
      id: app,
      user_id: ada,
      kind: "totp",
      name: "Authenticator app",
      secret: seal(dataKey, "totp", `${ada}/${app}`, secret),
      algorithm: "SHA1",
      digits: 6,
      period: 30,
      created_on: now,
      confirmed_on: now,
    }),
    ...recoveryCodes.map((code) => insert("recovery_codes", { user_id: ada, digest: digest(code.replaceAll("-", "")), created_on: now })),
  ];
}
