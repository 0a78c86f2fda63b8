// Attacks on management by name: hidden columns in filters, mass assignment, what a 409 tells, forged and replayed events,
// and twenty times the same write. (Borders of tenants, permissions that are not held, the last administrator: borders.test.ts.)

import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { Request, Response } from "miniflare";
import { describe, expect, test } from "vitest";
import { type Answer, flat } from "../../support/api";
import { many } from "../../support/fixtures";
import { HOME, MANAGES, query, useManagement } from "../../support/management";
import { aUser } from "../../support/seed";

const KEY = randomBytes(32);
const received: { headers: Headers; body: string }[] = [];
let accepts = true;

const { worker, call, aTenant, aMember, person, withPermissions } = useManagement({
  settings: { EVENTS_WEBHOOK_URL: "https://hooks.example/events", EVENTS_WEBHOOK_SECRET: `whsec_${KEY.toString("base64")}` },
  outside: async (request) => {
    received.push({ headers: new Headers([...request.headers]), body: await (request as Request).text() });
    return new Response(null, { status: accepts ? 204 : 500 }) as never;
  },
});

const rows = async (path: string, where: object) => (await call("GET", `${path}?${query("filter", { where })}`)).body;

describe("a filter on a column that is not shown", () => {
  /** What the tables hold besides, and what would leave the statement. */
  const HIDDEN = [
    ...["password", "username_key", "email_key", "first_name_key", "u.password", "draw_key", "clientSecretDigest", "secret_digest"],
    ...["rowid", "m.user_id", "id) or (1=1", "id--", 'id"', "__proto__", "constructor", "seq", "attempt", "held_until"],
  ];

  test.each([
    "/tenants",
    `/tenants/${HOME}/users`,
    `/tenants/${HOME}/roles`,
    `/tenants/${HOME}/tenant-configs`,
    `/tenants/${HOME}/groups`,
    "/auth-clients",
    "/login-activity",
    "/outbox",
  ])("is refused in where, order and fields: %s", async (path) => {
    for (const column of HIDDEN)
      for (const filter of [
        { where: { [column]: "x" } },
        { where: { or: [{ id: "x" }, { and: [{ [column]: { neq: null } }] }] } },
        { order: `${column} DESC` },
        { order: [column] },
        { fields: [column] },
        { fields: { [column]: true } },
      ]) {
        const answer = await call("GET", `${path}?${query("filter", filter)}`);
        expect([path, filter, answer.status]).toEqual([path, filter, 400]);
      }
  });

  test("is refused with a secret of a client, which is shown as a fixed text", async () => {
    for (const column of ["clientSecret", "secret"])
      for (const filter of [{ where: { [column]: { like: "d%" } } }, { order: column }, { fields: [column] }])
        expect((await call("GET", `/auth-clients?${query("filter", filter)}`)).status).toBe(400);
  });
});

test("mass assignment: what only the service writes is not written, in any table", async () => {
  const tenant = await aTenant();
  const lies = { deleted: true, createdBy: "me", modifiedBy: "me", createdOn: "2001-01-01T00:00:00Z", deletedOn: "2001-01-01T00:00:00Z" };
  const group = (await call("POST", `/tenants/${tenant.id}/groups`, { name: "Crew", tenantId: HOME, ...lies })).body;
  const member = await aMember(tenant.id);
  const made: [Answer, object][] = [
    [await call("POST", `/tenants/${tenant.id}/roles`, { name: "Clerk", tenantId: HOME, ...lies }), { tenantId: tenant.id }],
    [
      await call("POST", `/tenants/${tenant.id}/tenant-configs`, { configKey: "k", configValue: {}, tenantId: HOME, ...lies }),
      { tenantId: tenant.id },
    ],
    [
      await call("POST", `/groups/${group.id}/user`, { userTenantId: member.userTenantId, groupId: "another", ...lies }),
      { groupId: group.id },
    ],
    [
      await call("POST", `/user-tenants/${member.userTenantId}/user-level-permissions`, {
        permission: "Print",
        allowed: true,
        userTenantId: "another",
        ...lies,
      }),
      { userTenantId: member.userTenantId },
    ],
  ];
  expect(group).toMatchObject({ tenantId: tenant.id, deleted: false });
  for (const [answer, own] of made) {
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ ...own, deleted: false });
    expect(answer.body.deletedOn).toBeUndefined();
    expect([answer.body.createdBy, answer.body.createdOn.slice(0, 4)]).not.toEqual(["me", "2001"]);
  }
});

test("enumeration through 409: it says neither which name is taken nor where, and nobody gets it without the permission", async () => {
  const [mine, theirs] = [await aTenant(), await aTenant()];
  const manager = await withPermissions(MANAGES, mine.id);
  const nobody = await withPermissions(["ViewTenantUser"], mine.id);
  const [own, elsewhere] = [await aMember(mine.id), await aMember(theirs.id)];
  const own2 = await aMember(mine.id);
  const taken = [{ username: own.username }, { email: own.email }, { username: elsewhere.username }, { email: elsewhere.email }];
  const answers = [];
  for (const name of taken) {
    answers.push(await call("POST", `/tenants/${mine.id}/users`, person(name), manager));
    answers.push(await call("PATCH", `/tenants/${mine.id}/users/${own2.id}`, name, manager));
  }
  const seen = answers.map(({ status, body, headers }) => ({ status, body, headers: [...headers.keys()].sort() }));
  expect(new Set(seen.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(seen[0]).toMatchObject({ status: 409, body: { error: { message: "User Already Exists" } } });
  for (const name of [...taken, {}])
    expect((await call("POST", `/tenants/${mine.id}/users`, person(name), nobody)).body).toEqual(flat(403, "NotAllowedAccess"));
});

describe("twenty times the same write", () => {
  test("changes a role once, and everybody who has it", async () => {
    const tenant = await aTenant();
    const path = `/tenants/${tenant.id}/roles`;
    const role = (await call("POST", path, { name: "Clerk", permissions: ["Read"] })).body;
    const where = query("where", { id: role.id });
    const answers = await many(20, () => call("PATCH", `${path}?${where}`, { permissions: ["Read", "Write"] }));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(20).fill([200, { count: 1 }]));
    expect(await rows(path, { id: role.id })).toMatchObject([{ permissions: ["Read", "Write"] }]);
  });

  test("changes a person to one of the asked states, never to a mixture", async () => {
    const member = await aMember();
    const path = `/tenants/${HOME}/users`;
    const names = ["Ada", "Bea", "Cia", "Dea"];
    const changes = names.map((firstName, n) => ({ firstName, lastName: `${firstName}son`, designation: firstName, status: n }));
    const answers = await many(20, (n) => call("PATCH", `${path}/${member.id}`, changes[n % 4]));
    expect(answers.every(({ status }) => status === 204)).toBe(true);
    const [now] = await rows(path, { id: member.id });
    const { firstName, lastName, designation, status } = now;
    expect(changes).toContainEqual({ firstName, lastName, designation, status });
  });

  test("deletes once, and says so to one", async () => {
    const member = await aMember();
    const answers = await many(20, () => call("DELETE", `/tenants/${HOME}/users/${member.id}`));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(19).fill(404)]);
    const count = "select members - (select count(*) from user_tenants where tenant_id = ?1 and deleted = 0) as n from tenant_members";
    expect(await worker.db.prepare(`${count} where tenant_id = ?1`).bind(HOME).first("n")).toBe(0);
  });
});

describe("events at a receiver that verifies as Standard Webhooks has it", () => {
  const seen = new Set<string>();

  /** Whether it takes a delivery, at a time in seconds. */
  function takes({ headers, body }: { headers: Headers; body: string }, now = Date.now() / 1000) {
    const [id, timestamp] = [headers.get("webhook-id")!, headers.get("webhook-timestamp")!];
    const wanted = createHmac("sha256", KEY).update(`${id}.${timestamp}.${body}`).digest();
    const signatures = headers.get("webhook-signature")!.split(" ");
    const given = signatures.map((signature) => Buffer.from(signature.replace(/^v1,/, ""), "base64"));
    const isSigned = given.some((mac) => mac.length === wanted.length && timingSafeEqual(mac, wanted));
    if (!isSigned || Math.abs(now - Number(timestamp)) > 300 || seen.has(id)) return false;
    seen.add(id);
    return true;
  }
  const minute = () => worker.scheduled("* * * * *");
  const due = () => worker.db.prepare("update outbox set next_on = 0, held_until = 0 where delivered_on is null").run();

  async function anEvent() {
    await worker.settled();
    await due();
    await minute();
    received.length = 0;
    const user = await aUser(worker);
    await due();
    await minute();
    const found = received.filter(({ body }) => body.includes(user.id));
    expect(found.length).toBeGreaterThan(0);
    return { user, delivery: found[0]! };
  }

  test("forged: another body, id, time or key is refused", async () => {
    const { delivery } = await anEvent();
    const changed = (name: string, value: string) => {
      const headers = new Headers(delivery.headers);
      headers.set(name, value);
      return { headers, body: delivery.body };
    };
    const forged = createHmac("sha256", randomBytes(32)).update("x").digest("base64");
    expect(takes({ ...delivery, body: delivery.body.replace("user.created", "user.erased") })).toBe(false);
    expect(takes(changed("webhook-id", randomUUID()))).toBe(false);
    expect(takes(changed("webhook-timestamp", String(Number(delivery.headers.get("webhook-timestamp")) + 1)))).toBe(false);
    expect(takes(changed("webhook-signature", `v1,${forged}`))).toBe(false);
    expect(takes(delivery)).toBe(true);
  });

  test("replayed: the same delivery is refused, now and later; a repeated one is known by its id and signed anew", async () => {
    accepts = false;
    const { user, delivery } = await anEvent();
    accepts = true;
    expect(takes(delivery, Date.now() / 1000 + 3600), "later").toBe(false);
    expect(takes(delivery)).toBe(true);
    expect(takes(delivery), "at once").toBe(false);
    received.length = 0;
    await due();
    await minute();
    const again = received.filter(({ body }) => body.includes(user.id) && body.includes("user.created"));
    expect(again.map(({ headers }) => headers.get("webhook-id"))).toEqual([delivery.headers.get("webhook-id")]);
    expect(takes(again[0]!), "done already").toBe(false);
    seen.clear();
    expect(takes(again[0]!), "but good").toBe(true);
  });
});
