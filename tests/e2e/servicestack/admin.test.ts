// ServiceStack's AdminUsers DTOs, by its own client: the same people, roles and borders as in the management API.

import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { demoSettings } from "../../../scripts/lib/demo.mjs";
import { ADMIN, DEMO } from "../../support/api";
import { REVOKED } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { HOME, MANAGES, query, useManagement } from "../../support/management";
import { freePort } from "../../support/ports";
import { cookieHeader, servicestack } from "../../support/servicestack";

const require = createRequire(import.meta.url);
const { RATE_LIMITS: _, ...demo } = demoSettings;
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const { worker, our, call, withPermissions, aTenant } = useManagement({
  port,
  settings: { ...demo, PUBLIC_URL: url, DEV_MAILBOX: "on" },
});

const their = servicestack(worker);

type Fields = Record<string, unknown>;

/** DTOs as ServiceStack's generator writes them. */
const dto = (name: string, method: string) =>
  class {
    [name: string]: unknown;
    constructor(fields: Fields = {}) {
      Object.assign(this, fields);
    }
    getTypeName() {
      return name;
    }
    getMethod() {
      return method;
    }
    createResponse(): unknown {
      return {};
    }
  };
const Authenticate = dto("Authenticate", "POST");
const AdminQueryUsers = dto("AdminQueryUsers", "GET");
const AdminGetUser = dto("AdminGetUser", "GET");
const AdminCreateUser = dto("AdminCreateUser", "POST");
const AdminUpdateUser = dto("AdminUpdateUser", "PUT");
const AdminDeleteUser = dto("AdminDeleteUser", "DELETE");
const AdminGetRoles = dto("AdminGetRoles", "GET");

const person = <More extends Fields>(more: More = {} as More) => {
  const userName = `ss-${randomUUID()}`;
  return { userName, email: `${userName}@example.com`, firstName: "Ann", lastName: "Lee", ...more };
};

describe.each(["servicestack-client-1-2", "servicestack-client-2"])("%s", (name) => {
  const { JsonServiceClient } = require(name);
  let client: any;

  beforeAll(async () => {
    client = new JsonServiceClient(url);
    const { bearerToken } = await client.post(
      new Authenticate({ provider: "credentials", userName: ADMIN.username, password: ADMIN.password }),
    );
    client.bearerToken = bearerToken;
    for (const [role, permissions] of [
      ["Reader", ["Read"]],
      ["Writer", ["Write"]],
    ])
      if (!(await client.api(new AdminGetRoles())).response.results.some((it: { name: string }) => it.name === role))
        await call("POST", `/tenants/${HOME}/roles`, { name: role, permissions });
  });

  const ask = async (request: object) => {
    const { response, error } = await client.api(request);
    expect(error).toBeUndefined();
    return response;
  };
  const failing = async (request: object) => (await client.api(request)).error;

  test("creates a person with a password, who signs in with it; finds, changes and deletes them", async () => {
    const body = person({ password: "a password of theirs", phoneNumber: "123", roles: ["Reader"] });
    const { id, result } = await ask(new AdminCreateUser(body));
    expect(result).toMatchObject({
      Id: id,
      UserName: body.userName,
      Email: body.email,
      DisplayName: "Ann Lee",
      FirstName: "Ann",
      LastName: "Lee",
      PhoneNumber: "123",
      Roles: ["Reader"],
      Permissions: ["Read"],
    });
    expect(result.CreatedDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await their.signIn({ userName: body.userName, password: body.password })).status).toBe(200);
    const found = await ask(new AdminQueryUsers({ query: body.userName }));
    expect(found).toMatchObject({ offset: 0, total: 1, results: [{ Id: id }] });
    expect((await ask(new AdminQueryUsers({ query: body.email.toUpperCase() }))).total).toBe(1);
    const changed = await ask(new AdminUpdateUser({ id, firstName: "Eva" }));
    expect(changed.result).toMatchObject({ FirstName: "Eva", LastName: "Lee", Roles: ["Reader"] });
    expect(await ask(new AdminDeleteUser({ id }))).toEqual({ id });
    expect(await failing(new AdminGetUser({ id }))).toMatchObject({ errorCode: "NotFound" });
    expect(await failing(new AdminDeleteUser({ id }))).toMatchObject({ errorCode: "NotFound" });
  });

  test("several roles are the parts of a composite one, and each is added and removed by its name", async () => {
    const { id, result } = await ask(new AdminCreateUser(person({ roles: ["Reader", "Writer"], permissions: ["Print"] })));
    expect(result.Roles).toEqual(["Reader", "Writer"]);
    expect(result.Permissions.toSorted()).toEqual(["Print", "Read", "Write"]);
    const update = async (fields: Fields) => (await ask(new AdminUpdateUser({ id, ...fields }))).result;
    expect((await update({ removeRoles: ["Reader"] })).Roles).toEqual(["Writer"]);
    expect((await update({ addRoles: ["Reader"] })).Roles.toSorted()).toEqual(["Reader", "Writer"]);
    expect((await update({ addRoles: ["Admin"] })).Roles).toContain("Admin");
    expect((await update({ removeRoles: ["Admin"] })).Roles).not.toContain("Admin");
    expect((await update({ removePermissions: ["Print", "Read"] })).Permissions).toEqual(["Write"]);
    expect((await update({ removeRoles: ["Reader", "Writer"] })).Roles).toEqual(["Member"]);
    expect(await failing(new AdminUpdateUser({ id, addRoles: ["Nobody"] }))).toMatchObject({
      errorCode: "ArgumentException",
      message: "There is no role Nobody",
    });
    const composites = (await call("GET", `/tenants/${HOME}/roles?${query("filter", { where: { name: "Reader, Writer" } })}`)).body;
    expect(composites, "made once").toHaveLength(1);
  });

  test("a lock ends the sessions and keeps out; a password that is set is told to the owner", async () => {
    const body = person({ password: "a password of theirs" });
    const { id } = await ask(new AdminCreateUser(body));
    const signIn = () => our.loginToken({ username: body.userName, password: body.password });
    const pair = (await signIn()).body;
    const locked = (await ask(new AdminUpdateUser({ id, lockUser: true }))).result;
    expect(locked.LockedDate).toBeTruthy();
    expect((await our.me(pair.accessToken)).body).toEqual(REVOKED);
    expect((await signIn()).status).toBe(401);
    const open = (await ask(new AdminUpdateUser({ id, unlockUser: true, password: "another password" }))).result;
    expect(open.LockedDate).toBeUndefined();
    expect((await our.loginToken({ username: body.userName, password: "another password" })).status).toBe(200);
    await worker.settled();
    expect((await mailbox(worker).to(body.email)).map(({ subject }) => subject)).toContain("Your password was changed");
    expect(await failing(new AdminUpdateUser({ id, lockUserUntil: "2030-01-01T00:00:00Z" }))).toMatchObject({
      errorCode: "ArgumentException",
    });
  });

  test("what is wrong with a person is told member by member", async () => {
    const bad = await failing(new AdminCreateUser(person({ firstName: "x".repeat(51), profileUrl: "javascript:alert(1)" })));
    expect(bad).toMatchObject({ errorCode: "ValidationException" });
    expect(bad.errors.map(({ fieldName }: { fieldName: string }) => fieldName).toSorted()).toEqual(["FirstName", "ProfileUrl"]);
    expect((await failing(new AdminCreateUser({ userName: "x" }))).errors).toMatchObject([{ fieldName: "Email" }]);
    expect((await failing(new AdminCreateUser(person({ password: "short" })))).errorCode).toBe("ValidationException");
    const taken = person();
    await ask(new AdminCreateUser(taken));
    expect(await failing(new AdminCreateUser(person({ email: taken.email })))).toMatchObject({ errorCode: "Conflict" });
    expect((await failing(new AdminGetUser())).errors).toMatchObject([{ fieldName: "Id" }]);
    expect((await failing(new AdminQueryUsers({ orderBy: "Password" }))).errorCode).toBe("ArgumentException");
  });

  test("a list is paged and sorted, and says how many there are", async () => {
    const all = await ask(new AdminQueryUsers());
    expect(all.total).toBe(all.results.length);
    const names = (await ask(new AdminQueryUsers({ orderBy: "UserName DESC", take: 2, skip: 1 }))).results;
    expect(names).toHaveLength(2);
    const sorted = all.results.map(({ UserName }: { UserName: string }) => UserName.toLowerCase()).toSorted();
    expect(names.map(({ UserName }: { UserName: string }) => UserName.toLowerCase())).toEqual(sorted.toReversed().slice(1, 3));
    expect((await ask(new AdminGetRoles())).results.map((role: { name: string }) => role.name)).toEqual(
      expect.arrayContaining(["Member", "Reader", "Writer", "Admin"]),
    );
  });
});

const DTOS = ["AdminQueryUsers", "AdminGetUser", "AdminCreateUser", "AdminUpdateUser", "AdminDeleteUser", "AdminGetRoles"];

test("only a bearer who may administer everything is answered, and nobody reaches another tenant", async () => {
  const tenant = await aTenant();
  const manager = await withPermissions(MANAGES, HOME);
  const elsewhere = await withPermissions(["NotAllowed"], tenant.id);
  const cookies = cookieHeader(await their.signIn({ userName: ADMIN.username, password: ADMIN.password }));
  const { id } = (await our.me((await our.signIn()).accessToken)).body;
  for (const name of DTOS) {
    const post = (headers: Record<string, string>) => our.post(`/json/reply/${name}`, { id, ...person() }, headers);
    expect([name, (await post({})).status]).toEqual([name, 401]);
    expect([name, (await post(cookies)).status]).toEqual([name, 401]);
    const refused = await post(our.bearer(manager.accessToken));
    expect([name, refused.status, refused.body.responseStatus.errorCode]).toEqual([name, 403, "Forbidden"]);
    expect((await our.send("PATCH", `/api/AdminQueryUsers`, { headers: cookies })).status).toBe(405);
  }
  for (const name of ["AdminGetUser", "AdminUpdateUser", "AdminDeleteUser"]) {
    const answer = await our.post(`/json/reply/${name}`, { id, firstName: "x" }, our.bearer(elsewhere.accessToken));
    expect([name, answer.status]).toEqual([name, 404]);
  }
  expect((await our.loginToken(DEMO)).status).toBe(200);
});

test("the last administrator stays, and an administrator's act is written down", async () => {
  const { accessToken } = await our.signIn(ADMIN);
  const { id } = (await our.me(accessToken)).body;
  await worker.db.prepare("update user_permissions set deleted = 1 where permission = 'NotAllowed'").run();
  const update = (body: Fields) => our.post("/json/reply/AdminUpdateUser", { id, ...body }, our.bearer(accessToken));
  for (const body of [
    { lockUser: true },
    { removeRoles: ["Admin"] },
    { removePermissions: ["NotAllowed"] },
    { removeRoles: ["Administrator"] },
  ]) {
    const answer = await update(body);
    expect([body, answer.status, answer.body.responseStatus]).toMatchObject([body, 409, { message: "The last administrator stays" }]);
  }
  const made = (
    await our.post(
      "/json/reply/AdminCreateUser",
      person({ permissions: ["Print"], password: "a password of theirs" }),
      our.bearer(accessToken),
    )
  ).body;
  await worker.settled();
  const [row] = (await call("GET", `/login-activity?${query("filter", { where: { target: made.id } })}`)).body;
  expect(row).toMatchObject({
    actor: id,
    kind: "user",
    result: "created",
    detail: { besides: { permissionsGiven: ["Print"], passwordSet: true } },
  });
  expect(JSON.stringify(row)).not.toContain("a password of theirs");
});

test("answers in JSV, XML and CSV, in which no cell begins a formula", async () => {
  const { accessToken } = await our.signIn(ADMIN);
  const headers = our.bearer(accessToken);
  const names = ['=HYPERLINK("https://evil.example","x")', "+1", "-1", "@SUM(A1)", "\t=1"];
  for (const firstName of names) await our.post("/json/reply/AdminCreateUser", person({ firstName: firstName.trim() }), headers);
  const jsv = await our.send("GET", "/jsv/reply/AdminQueryUsers?take=1000", { headers });
  expect(jsv.text).toMatch(/^\{offset:0,total:\d+,results:\[\{Id:/);
  const xml = await our.send("GET", "/xml/reply/AdminQueryUsers?take=1", { headers });
  expect(xml.text).toContain("<AdminUsersResponse ");
  const csv = await our.send("GET", "/csv/reply/AdminQueryUsers?take=1000", { headers });
  expect(csv.headers.get("content-disposition")).toBe('attachment;filename="AdminQueryUsers.csv"');
  expect(csv.text).toContain("HYPERLINK");
  const cells = csv.text.split("\r\n").flatMap((line) => line.match(/"(?:[^"]|"")*"|[^,]+/g) ?? []);
  for (const cell of cells) expect(cell.replace(/^"/, "")).not.toMatch(/^[=+\-@\t\r]/);
});
