// People of a tenant: created, invited, found, changed, let go; and what each of them has.

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { DEMO_WEB, flat } from "../../support/api";
import { REVOKED, many } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { HOME, MEMBER, query, useManagement } from "../../support/management";
import { PASSWORD, aUser } from "../../support/seed";

const { worker, our, call, aTenant, aMember, person, withPermissions } = useManagement({ settings: { DEV_MAILBOX: "on" } });

test("a new person is invited, chooses a password, and signs in with the clients that were said", async () => {
  const body = person({ authClientIds: "{1}", phone: "1234", dob: "1990-02-03T10:00:00Z", gender: "F", locale: "nb" });
  const made = await call("POST", `/tenants/${HOME}/users`, body);
  expect(made.status, made.text).toBe(200);
  expect(made.body).toMatchObject({
    ...body,
    dob: "1990-02-03T00:00:00.000Z",
    status: 1,
    tenantId: HOME,
    tenantName: "Demo",
    roleName: "Member",
    defaultTenantId: HOME,
  });
  const mail = await mailbox(worker).wait(body.email);
  expect(mail.subject).toBe("Choose your password");
  const password = "a first password";
  const answer = await our.send("PATCH", "/auth/reset-password", { body: { ...DEMO_WEB, token: mail.token, password } });
  expect(answer.status, answer.text).toBe(204);
  expect((await our.loginToken({ username: body.username, password })).status).toBe(200);
});

test("a name that is taken is refused, also twenty times at once", async () => {
  const body = person();
  const answers = await many(20, () => call("POST", `/tenants/${HOME}/users`, body));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
  expect(answers.find(({ status }) => status === 409)?.body).toEqual({
    error: { statusCode: 409, name: "ConflictError", message: "User Already Exists" },
  });
  const other = await call("POST", `/tenants/${HOME}/users`, person({ email: body.email.toUpperCase() }));
  expect(other.status).toBe(409);
});

test("people are found by name and address without regard to case, sorted, paged and counted", async () => {
  const tenant = await aTenant();
  for (const lastName of ["Berg", "aas", "Dahl"]) await aMember(tenant.id, { lastName, email: `${lastName}-${randomUUID()}@example.com` });
  const list = async (filter: unknown) =>
    (await call("GET", `/tenants/${tenant.id}/users?${query("filter", filter)}`)).body.map((row: { lastName: string }) => row.lastName);
  expect(await list({ order: "lastName" })).toEqual(["aas", "Berg", "Dahl"]);
  expect(await list({ order: "lastName DESC", limit: 1, skip: 1 })).toEqual(["Berg"]);
  expect(await list({ where: { lastName: { ilike: "BER%" } } })).toEqual(["Berg"]);
  expect(await list({ where: { email: { like: "Dahl-%" } } })).toEqual(["Dahl"]);
  expect(await list({ where: { lastName: { regexp: "/^A/i" } } })).toEqual(["aas"]);
  expect((await call("GET", `/tenants/${tenant.id}/users?${query("filter", { where: { password: "x" } })}`)).status).toBe(400);
});

test("a person's names, status, role and clients change together or not at all", async () => {
  const member = await aMember();
  const tenant = await aTenant();
  const foreign = (await call("POST", `/tenants/${tenant.id}/roles`, { name: "Elsewhere" })).body;
  const path = `/tenants/${HOME}/users/${member.id}`;
  const refused = await call("PATCH", path, { firstName: "Changed", roleId: foreign.id });
  expect(refused.body.error.message).toBe(`Entity not found: Role with id ${foreign.id}`);
  const role = (await call("POST", `/tenants/${HOME}/roles`, { name: `Clerk ${randomUUID()}` })).body;
  const changes = { firstName: "Eva", email: `eva-${randomUUID()}@example.com`, status: 3, roleId: role.id, authClientIds: "{2}" };
  expect((await call("PATCH", path, changes)).status).toBe(204);
  const [now] = (await call("GET", `/tenants/${HOME}/users?${query("filter", { where: { id: member.id } })}`)).body;
  expect(now).toMatchObject({ ...changes, lastName: member.lastName, roleName: role.name });
  expect((await call("PATCH", path, {})).status).toBe(400);
  expect((await call("PATCH", path, { id: "another" })).status).toBe(400);
  expect((await call("PATCH", `/tenants/${HOME}/users/nobody`, { firstName: "x" })).status).toBe(404);
});

test("twenty equal changes at once are one change", async () => {
  const member = await aMember();
  const answers = await many(20, () => call("PATCH", `/tenants/${HOME}/users/${member.id}`, { designation: "Captain" }));
  expect(answers.every(({ status }) => status === 204)).toBe(true);
});

test("a disabled person's sessions end, and a person who is let go has no account and a free name", async () => {
  const user = await aUser(worker);
  const pair = await our.signIn({ username: user.username, password: PASSWORD });
  await call("PATCH", `/tenants/${HOME}/users/${user.id}`, { status: 2 });
  expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
  expect((await call("DELETE", `/tenants/${HOME}/users/${user.id}`)).status).toBe(204);
  expect((await call("DELETE", `/tenants/${HOME}/users/${user.id}`)).status).toBe(404);
  expect((await call("POST", `/tenants/${HOME}/users`, person({ username: user.username }))).status).toBe(200);
});

test("sessions are listed and ended, one and all, by administrators and by the person", async () => {
  const user = await aUser(worker);
  const [one, two] = [
    await our.signIn({ username: user.username, password: PASSWORD }),
    (
      await our.send("POST", "/auth/login-token", {
        body: { ...DEMO_WEB, username: user.username, password: PASSWORD },
        headers: { "user-agent": "A phone" },
        cf: { country: "NO" },
      })
    ).body,
  ];
  const sessions = (await call("GET", `/users/${user.id}/sessions`, undefined, one)).body;
  expect(sessions).toHaveLength(2);
  expect(sessions[0]).toMatchObject({ clientId: "demo-web", method: "password", aal: 1, deviceInfo: "A phone", country: "NO" });
  const { sid } = JSON.parse(Buffer.from(two.accessToken.split(".")[1]!, "base64url").toString());
  expect((await call("DELETE", `/users/${user.id}/sessions/${sid}`, undefined, one)).status).toBe(204);
  expect((await our.me(two.accessToken)).body).toEqual(REVOKED);
  expect((await call("DELETE", `/users/${user.id}/sessions/${sid}`, undefined, one)).status).toBe(404);
  expect((await call("DELETE", `/users/${user.id}/sessions`)).status).toBe(204);
  expect((await our.me(one.accessToken)).body).toEqual(REVOKED);
});

test("an identity is removed unless it is the last way in, and its sessions end", async () => {
  const user = await aUser(worker, { storedPassword: null });
  for (const subject of ["first", "second"])
    await worker.db
      .prepare("insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', 'i', ?, ?, 1)")
      .bind(`${subject}-${user.id}`, user.id)
      .run();
  const list = async () => (await call("GET", `/users/${user.id}/identities`)).body;
  const [first, second] = await list();
  expect(first).toMatchObject({ provider: "google", issuer: "i" });
  expect((await call("DELETE", `/users/${user.id}/identities/nothing`)).status).toBe(404);
  const both = await Promise.all([first, second].map(({ id }) => call("DELETE", `/users/${user.id}/identities/${id}`)));
  expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  expect(await list()).toHaveLength(1);
});

test("a reset link goes to the owner and is in no answer", async () => {
  const email = `${randomUUID()}@example.com`;
  const user = await aUser(worker, { email });
  const answer = await call("POST", `/users/${user.id}/reset-link`);
  expect([answer.status, answer.text]).toEqual([204, ""]);
  const mail = await mailbox(worker).wait(email);
  expect(mail.subject).toBe("Choose a new password");
});

test("a person changes what the restricted permission allows, of themselves alone", async () => {
  const self = await withPermissions(["UpdateTenantUserRestricted"]);
  const other = await aMember();
  const change = (id: string, body: object) => call("PATCH", `/tenants/${HOME}/users/${id}`, body, self);
  expect((await change(self.id, { firstName: "Own", phone: "1", locale: "de" })).status).toBe(204);
  for (const body of [
    { email: "x@example.com" },
    { status: 1 },
    { roleId: MEMBER },
    { firstName: "a", username: "b" },
    { authClientIds: "{1}" },
  ])
    expect((await change(self.id, body)).body).toEqual(flat(403, "NotAllowedAccess"));
  expect((await change(other.id, { firstName: "Not own" })).body).toEqual(flat(403, "NotAllowedAccess"));
});

test("the tenants of a person are told to the person who may ask, and to administrators", async () => {
  const self = await withPermissions(["ViewAllTenantOfSelf"]);
  const stranger = await withPermissions([]);
  expect((await call("GET", `/user/${self.id}/tenants`, undefined, self)).body).toMatchObject([{ id: HOME, name: "Demo" }]);
  expect((await call("GET", `/user/${self.id}/tenants`)).body).toHaveLength(1);
  expect((await call("GET", `/user/${self.id}/tenants`, undefined, stranger)).status).toBe(403);
});
