// People who were moved in sign in: one for each kind of hash of each source, at both APIs.

import { beforeAll, describe, expect, test } from "vitest";
import { DEMO_WEB, nested } from "../../support/api";
import { useWorker } from "../../support/fixtures";
import { WRONG } from "../../support/servicestack";
import {
  ARC_CLIENT,
  ARGON2ID,
  BCRYPT,
  DEMO_PLACE,
  PASSWORD,
  arcId,
  arcTables,
  byCopy,
  folder,
  identityV2,
  identityV3,
  keycloakPassword,
  runOn,
  saltedHash,
} from "../../support/moving";

const { worker, our, their } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web" } });
const { file } = folder();
const moveIn = (source: string, files: string[], args?: string[]) => runOn(worker.db, source, files, args);
const stored = (username: string) =>
  worker.db
    .prepare("select password from user_credentials where user_id = (select id from users where username = ?)")
    .bind(username)
    .first("password");

/** A person signs in with the right password alone, at both APIs, and the old hash goes. */
async function signsIn(username: string, client: { client_id: string; client_secret: string } = DEMO_WEB) {
  const before = await stored(username);
  const wrong = await our.loginToken({ ...client, username, password: `${PASSWORD}x` });
  expect(wrong.body, username).toEqual(nested("Invalid Credentials"));
  const right = await our.loginToken({ ...client, username, password: PASSWORD });
  expect(right.status, username).toBe(200);
  await worker.settled();
  expect(await stored(username), "the old hash is replaced").toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await stored(username)).not.toBe(before);
  if (client === DEMO_WEB) {
    expect((await their.signIn({ userName: username, password: `${PASSWORD}x` })).body).toEqual(WRONG);
    expect((await their.signIn({ userName: username, password: PASSWORD })).status).toBe(200);
  }
  return right.body as { accessToken: string };
}

describe("of ARC", () => {
  beforeAll(async () => {
    const people: { [column: string]: string | null }[] = [{}, { username: "ünï@example.com", email: "ünï@example.com" }, { email: null }];
    const dump = byCopy(
      arcTables(people, [{ password: BCRYPT.replace("$2b$", "$2a$") }, { password: BCRYPT.replace("$2b$", "$2y$") }, {}]),
    );
    expect((await moveIn("arc", [file("arc.sql", dump)], ["--client", "demo-web"])).status).toBe(0);
  });

  test.each(["arc0", "ünï@example.com", "arc2"])(
    "%s signs in to the client that came along, with its secret, and to the one of the option",
    async (username) => {
      await signsIn(username, ARC_CLIENT);
      await our.signIn({ username, password: PASSWORD });
      expect((await our.loginToken({ ...ARC_CLIENT, client_secret: "another", username, password: PASSWORD })).status).toBe(401);
    },
  );

  test("tenant, role and permissions are seen by GET /auth/me and in ServiceStack's answer", async () => {
    const { accessToken } = await our.signIn({ username: "arc0", password: PASSWORD });
    expect((await our.me(accessToken)).body).toMatchObject({
      id: arcId(100),
      username: "arc0",
      firstName: "Ada",
      lastName: "Muster",
      tenantId: arcId(1),
      userTenantId: arcId(2000),
      permissions: ["ViewTodo", "a,b"],
    });
    const answer = await their.signIn({ userName: "arc0", password: PASSWORD });
    expect(answer.body).toMatchObject({ roles: ["Editor"], permissions: ["ViewTodo", "a,b"] });
  });
});

describe("of ServiceStack", () => {
  const salted = saltedHash();
  beforeAll(async () => {
    const rows = [
      `1,ss-identity,ss-identity@example.com,${identityV3()},,Ada,"[Member,""Chief, Editor""]",[ViewTodo],2024-03-01 12:00:00,`,
      `2,ss-salted,ss-salted@example.com,${salted.hash},${salted.salt},Bea,,,2024-03-01 12:00:00,`,
      `3,ss-locked,ss-locked@example.com,${identityV3()},,Cara,,,2024-03-01 12:00:00,2024-04-01 12:00:00`,
    ];
    const csv = `Id,UserName,Email,PasswordHash,Salt,FirstName,Roles,Permissions,CreatedDate,LockedDate\n${rows.join("\n")}\n`;
    expect((await moveIn("servicestack", [file("UserAuth.csv", csv)], DEMO_PLACE)).status).toBe(0);
  });

  test("a hash of its own and an old SaltedHash both let in, and no fast hash was ever stored", async () => {
    expect(await stored("ss-salted")).toMatch(/^\$x-wrap\$a=ss-sha256,s=[A-Za-z0-9+/]+\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await stored("ss-salted")).not.toContain(salted.hash.replace(/=+$/, ""));
    await signsIn("ss-identity");
    await signsIn("ss-salted");
  });

  test("several roles are one composite role with what each permits, and a person's own permissions stay the person's", async () => {
    const role = await worker.db
      .prepare(
        "select r.name, r.includes from roles r join user_tenants m on m.role_id = r.id join users u on u.id = m.user_id where u.username = 'ss-identity'",
      )
      .first();
    expect(role).toEqual({ name: "Member, Chief, Editor", includes: '["Member","Chief, Editor"]' });
    const answer = await their.signIn({ userName: "ss-identity", password: PASSWORD });
    expect(answer.body).toMatchObject({ permissions: ["ViewTodo"] });
  });

  test("whoever was locked there is inactive here", async () => {
    expect((await our.loginToken({ username: "ss-locked", password: PASSWORD })).status).toBe(401);
  });
});

test("of ASP.NET Core Identity: every version and digest of its hash lets in", async () => {
  const hashes = { v2: identityV2(), sha1: identityV3("sha1"), sha256: identityV3("sha256"), sha512: identityV3("sha512") };
  const rows = Object.entries(hashes).map(
    ([name, hash]) => `id-${name}-0123456789abcdef,id-${name},id-${name}@example.com,${name === "v2"},${hash},0`,
  );
  const users = file("AspNetUsers.csv", `Id,UserName,Email,EmailConfirmed,PasswordHash,TwoFactorEnabled\n${rows.join("\n")}\n`);
  expect(await moveIn("identity", [users], DEMO_PLACE)).toEqual({ status: 0, told: [] });
  for (const name of Object.keys(hashes)) await signsIn(`id-${name}`);
  const verified = await worker.db.prepare("select username from users where username like 'id-%' and email_verified = 1").all();
  expect(verified.results).toEqual([{ username: "id-v2" }]);
});

test("of Keycloak: every algorithm of its passwords lets in", async () => {
  const algorithms = ["argon2", "pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512"];
  const users = algorithms.map((algorithm, n) => ({
    id: `0b000000-0000-4000-8000-00000000000${n}`,
    username: `kc-${algorithm}`,
    email: `kc-${algorithm}@example.com`,
    emailVerified: true,
    enabled: true,
    createdTimestamp: 1_700_000_000_000,
    credentials: [keycloakPassword(algorithm), { ...keycloakPassword("pbkdf2", "an older one"), type: "password-history" }],
    realmRoles: ["default-roles-demo", "editor"],
  }));
  const roles = {
    realm: [{ name: "editor", composite: true, composites: { client: { shop: ["buyer"] } } }],
    client: { shop: [{ name: "buyer" }] },
  };
  const realm = file("demo-realm.json", JSON.stringify({ realm: "demo", roles, users }));
  expect((await moveIn("keycloak", [realm], DEMO_PLACE)).status).toBe(0);
  for (const algorithm of algorithms) await signsIn(`kc-${algorithm}`);
  const { results } = await worker.db
    .prepare(
      "select distinct r.includes from roles r join user_tenants m on m.role_id = r.id join users u on u.id = m.user_id where u.username like 'kc-%'",
    )
    .all();
  expect(results).toEqual([{ includes: '["editor","shop:buyer"]' }]);
});

test("of Auth0: hashes come from a second file, by id and by address, or with the person", async () => {
  const people = [
    { user_id: "auth0|a1", email: "a0-id@example.com", email_verified: true, given_name: "Ada" },
    { user_id: "auth0|a2", email: "a0-address@example.com", nickname: "bea" },
    { user_id: "a3", email: "a0-custom@example.com", custom_password_hash: { algorithm: "argon2", hash: { value: ARGON2ID } } },
    { user_id: "auth0|a4", email: "a0-blocked@example.com", password_hash: BCRYPT, blocked: true },
  ];
  const hashes = [
    { _id: { $oid: "a1" }, email: "other@example.com", passwordHash: BCRYPT },
    { _id: { $oid: "zz" }, identifiers: [{ type: "email", value: "A0-address@example.com" }], passwordHash: BCRYPT },
    { _id: { $oid: "a5" }, email: "a0-alone@example.com", passwordHash: BCRYPT },
  ];
  const lines = (list: object[]) => list.map((value) => JSON.stringify(value)).join("\n");
  const files = [file("users.ndjson", lines(people)), file("hashes.json", JSON.stringify(hashes))];
  expect(await moveIn("auth0", files, DEMO_PLACE)).toEqual({ status: 0, told: [] });
  for (const name of ["id", "address", "custom", "alone"]) await signsIn(`a0-${name}@example.com`);
  expect((await our.loginToken({ username: "a0-blocked@example.com", password: PASSWORD })).status).toBe(401);
});

test("of a CSV file: PHC, passlib, Django and Identity hashes let in, with the status that the row has", async () => {
  const rows = [
    `csv-phc,,${`"${ARGON2ID}"`},`,
    `csv-bcrypt,,${BCRYPT},3`,
    `csv-django,,pbkdf2_sha256$1000$AAECAwQFBgcICQoLDA0ODw$CjKI9XF6zRcPEFo41LRxUMRuSUzp4NobVWXKmAdY3Ag=,`,
    `csv-inactive,,${BCRYPT},2`,
  ];
  const csv = file("people.csv", `username,email,passwordHash,status\n${rows.join("\n")}\n`);
  expect(await moveIn("csv", [csv], DEMO_PLACE)).toEqual({ status: 0, told: [] });
  await signsIn("csv-phc");
  await signsIn("csv-bcrypt");
  await signsIn("csv-django");
  expect((await our.loginToken({ username: "csv-inactive", password: PASSWORD })).status).toBe(401);
});
