// What the audit log tells of an administrator's acts: for each write of the API one row, with who, what to, and the values before
// and after, without secrets.

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { HOME, useManagement } from "../../support/management";

const { worker, our, call, aTenant, aMember, person, root } = useManagement({ settings: { DEV_MAILBOX: "on" } });
const everybody = "?where={}";

test("each write leaves its one row", async () => {
  const tenant = (await aTenant()).id;
  const member = await aMember(tenant);
  const user = `/users/${member.id}`;
  const permissions = `/user-tenants/${member.userTenantId}/user-level-permissions`;
  const { id: by } = (await our.me(root().accessToken)).body;
  const secrets = { clientSecret: `first-${randomUUID()}`, secret: `second-${randomUUID()}` };
  const rows = () => worker.db.prepare("select * from login_activity").all<Record<string, unknown>>();

  /** Does it, and gives the answer's body with the row that it left. */
  async function act(method: string, path: string, body?: unknown) {
    await worker.settled();
    const before = new Set((await rows()).results.map(({ id }) => id));
    const answer = await call(method, path, body);
    expect([method, path, answer.status < 300, answer.text]).toEqual([method, path, true, answer.text]);
    await worker.settled();
    const left = (await rows()).results.filter(({ id }) => !before.has(id));
    expect([method, path, left.length]).toEqual([method, path, 1]);
    const { kind, result, user_id, target, detail } = left[0]!;
    for (const secret of Object.values(secrets)) expect(JSON.stringify(left)).not.toContain(secret);
    return { body: answer.body, row: { kind, result, user_id, target, detail: JSON.parse(String(detail)) } };
  }
  const row = (kind: string, result: string, target: unknown, detail: object) => ({ kind, result, user_id: by, target, detail });

  const clientId = `client-${randomUUID()}`;
  const times = { accessTokenExpiration: 1, refreshTokenExpiration: 1, authCodeExpiration: 1 };
  const client = await act("POST", "/auth-clients", { clientId, ...secrets, ...times });
  const number = String(client.body.id);
  expect(client.row).toMatchObject(row("client", "created", number, { after: [{ clientId, clientSecret: null }] }));
  const path = `/auth-clients/${number}`;
  expect((await act("PATCH", path, { clientSecret: `${secrets.clientSecret}x` })).row).toMatchObject(
    row("client", "changed", number, { after: { clientSecret: "changed" } }),
  );
  const redirect_uris = ["https://app.example/back"];
  expect((await act("PUT", `${path}/oauth`, { redirect_uris })).row).toMatchObject(
    row("client-oauth", "changed", number, { before: null, after: { redirect_uris } }),
  );
  expect((await act("DELETE", `${path}/oauth`)).row).toMatchObject(row("client-oauth", "changed", number, { after: null }));
  expect((await act("PUT", `${path}/branding`, { client_name: "X" })).row).toMatchObject(
    row("client-branding", "changed", number, { before: { client_name: null }, after: { client_name: "X" } }),
  );
  expect((await act("DELETE", path)).row).toMatchObject(row("client", "deleted", number, { before: [{ id: Number(number) }] }));

  expect((await act("PATCH", `/tenants/${tenant}`, { city: "Oslo" })).row).toMatchObject(
    row("tenant", "changed", tenant, { before: [{ city: null }], after: { city: "Oslo" } }),
  );
  for (const [kind, list, body, change] of [
    ["role", `/tenants/${tenant}/roles`, { name: "Clerk" }, { permissions: ["Read"] }],
    ["group", `/tenants/${tenant}/groups`, { name: "Crew" }, { name: "Hands" }],
    ["tenant-config", `/tenants/${tenant}/tenant-configs`, { configKey: "k", configValue: {} }, { configKey: "l" }],
    ["user-permission", permissions, { permission: "Print", allowed: true }, { allowed: false }],
  ] as const) {
    const made = await act("POST", list, body);
    const { id } = made.body;
    expect(made.row).toMatchObject(row(kind, "created", id, { after: [{ id }] }));
    const where = kind === "role" ? `?where=${encodeURIComponent(JSON.stringify({ id }))}` : everybody;
    expect((await act("PATCH", list + where, change)).row).toMatchObject(row(kind, "changed", id, { before: [{ id }], after: {} }));
    const remove = ["role", "group"].includes(kind) ? `${list}/${id}` : list + everybody;
    expect((await act("DELETE", remove)).row).toMatchObject(row(kind, "deleted", id, { before: [{ id }], count: 1 }));
  }
  const { id: group } = (await call("POST", `/tenants/${tenant}/groups`, { name: "Crew" })).body;
  const joined = await act("POST", `/groups/${group}/user`, { userTenantId: member.userTenantId });
  const { id } = joined.body;
  expect(joined.row).toMatchObject(row("user-group", "created", id, { after: [{ userTenantId: member.userTenantId }] }));
  expect((await act("DELETE", `/groups/${group}/user/${member.id}`)).row).toMatchObject(
    row("user-group", "deleted", id, { before: [{ id }] }),
  );

  const made = await act("POST", `/tenants/${HOME}/users`, person());
  expect(made.row).toMatchObject(row("user", "created", made.body.id, { after: { firstName: "Ann" } }));
  expect((await act("PATCH", `/tenants/${tenant}${user}`, { firstName: "Eva" })).row).toMatchObject(
    row("user", "changed", member.id, { before: { firstName: "Ann" }, after: { firstName: "Eva" } }),
  );
  expect((await act("DELETE", `${user}/sessions`)).row).toMatchObject(row("user", "changed", member.id, { sessionsEnded: 0 }));
  expect((await act("POST", `${user}/invite`)).row).toMatchObject(row("user", "link", member.id, { link: "invitation" }));
  expect((await act("POST", `${user}/reset-link`)).row).toMatchObject(row("user", "link", member.id, { link: "reset" }));
  expect((await act("DELETE", `/tenants/${tenant}${user}`)).row).toMatchObject(row("user", "deleted", member.id, {}));
  // Of whoever is erased there are ids alone, and so of whoever erased them.
  expect((await act("POST", `/users/${made.body.id}/erase`)).row).toEqual({
    ...row("erasure", "ok", null, { by }),
    user_id: made.body.id,
  });
});
