// Rules of docs/moving/rules.md that no other test is about; and that each has a test.

import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openLocalDb } from "../../../scripts/lib/local-db.mjs";
import { DEMO_WEB } from "../../support/api";
import { migrate, seed } from "../../support/demo_db";
import { useWorker } from "../../support/fixtures";
import { mailbox } from "../../support/mailbox";
import { BCRYPT, DEMO_PLACE, type Tables, arcId, arcTables, byCopy, folder, identityV3, runOn } from "../../support/moving";

const { file } = folder();
const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const why = (told: { why: string }[]) => told.map((line) => line.why);

describe("each rule", () => {
  const rules = read("docs/moving/rules.md")
    .split("\n")
    .filter((line) => /^\| \d+\.\d+ \|/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  test("has a number of its own, and a test", () => {
    expect(rules.length).toBeGreaterThan(40);
    expect(new Set(rules.map(([, number]) => number)).size).toBe(rules.length);
    for (const [, number, , held] of rules) expect([number, /`[^`]+`/.test(held!)]).toEqual([number, true]);
  });

  test.each(rules.flatMap(([, number, , held]) => [...held!.matchAll(/`([^`]+)`/g)].map(([, name]) => [number!, name!] as const)))(
    "%s is held by %s",
    (_, name) => {
      const [where, title] = name.split(/: (.*)/s) as [string, string];
      const path = `tests/e2e/moving/${where}.test.ts`;
      expect(existsSync(new URL(`../../../${path}`, import.meta.url)), path).toBe(true);
      expect(read(path)).toContain(title.replace(/…$/, ""));
    },
  );
});

test("a command that does nothing says so by its exit status", () => {
  const status = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/import.mjs", ...args], { cwd: new URL("../../../", import.meta.url), stdio: "ignore" }).status;
  expect(status("nowhere", "people.csv", "--local")).toBe(2);
  expect(status("csv", "people.csv", "--local", "--totp", "on")).toBe(2);
  expect(status("csv", "people.csv")).toBe(2);
  expect(status("csv", "people.csv", "--local", "--report", "/nowhere/report.ndjson")).toBe(2);
});

describe("into a database", () => {
  let db: ReturnType<typeof openLocalDb>["db"];
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = openLocalDb(`rules-${randomUUID()}`));
    await migrate(db);
    await seed(db);
  });
  afterEach(() => close());
  const rows = async (sql: string) => (await db.prepare(sql).all()).results;
  const csv = (text: string, args: string[]) => runOn(db, "csv", [file("people.csv", text)], args);
  const arc = (change: (tables: Tables) => void, args: string[] = []) => {
    const tables = arcTables([{}, {}]);
    change(tables);
    return runOn(db, "arc", [file("arc.sql", byCopy(tables))], args);
  };

  test("a place that nobody has said is asked for by the name of its option", async () => {
    for (const [left, problem] of [
      [DEMO_PLACE.slice(2), /--tenant/],
      [DEMO_PLACE.filter((_, n) => n !== 2 && n !== 3), /--role/],
      [DEMO_PLACE.slice(0, 4), /--client/],
    ] as const)
      await expect(csv("username\nx\n", left)).rejects.toThrow(problem);
    expect(await rows("select count(*) as n from users")).toEqual([{ n: 2 }]);
  });

  test("a role that is said is one of the person's tenant, or of all tenants", async () => {
    const role = (id: string, name: string, tenant: string | null) =>
      `insert into roles (id, name, permissions, role_type, tenant_id, includes, created_on, modified_on)
        values ('${id}', '${name}', '[]', 1, ${tenant === null ? "null" : `'${tenant}'`}, '[]', 0, 0)`;
    const [{ id: demo }] = (await rows("select id from tenants")) as [{ id: string }];
    const statements = [
      "insert into tenants (id, name, status, created_on, modified_on) values ('north', 'North', 1, 0, 0), ('south', 'South', 1, 0, 0)",
      role("r1", "Editor", demo),
      role("r2", "Editor", "north"),
      role("r3", "Editor", null),
      role("r4", "Northern", "north"),
    ];
    await db.batch(statements.map((sql) => db.prepare(sql)));
    const say = (name: string) => [...DEMO_PLACE.slice(0, 2), "--role", name, ...DEMO_PLACE.slice(4)];
    await csv("username,tenant\nof-demo,\nof-north,north\nof-south,South\n", say("Editor"));
    expect(
      await rows("select username, role_id from users u join user_tenants m on m.user_id = u.id where username like 'of-%' order by 1"),
    ).toEqual([
      { username: "of-demo", role_id: "r1" },
      { username: "of-north", role_id: "r2" },
      { username: "of-south", role_id: "r3" },
    ]);
    for (const other of ["Northern", "r4"]) await expect(csv("username\nx\n", say(other))).rejects.toThrow(/--role .*in the tenant/);
    await db.prepare("update roles set deleted = 1 where id = 'r3'").run();
    const { told } = await csv("username,tenant\nnowhere,South\n", say("Editor"));
    expect(why(told)).toEqual(["its tenant has no role of the name that --role says"]);
  });

  test("an id that is a text stays; a number becomes one of ours, and is remembered", async () => {
    const id = randomUUID();
    const users = file("AspNetUsers.csv", `Id,UserName,PasswordHash\n${id},text-id,${identityV3()}\n77,number-id,${identityV3()}\n`);
    expect((await runOn(db, "identity", [users], DEMO_PLACE)).status).toBe(0);
    expect(await rows("select id from users where username = 'text-id'")).toEqual([{ id }]);
    const [{ id: ours }] = (await rows("select id from users where username = 'number-id'")) as [{ id: string }];
    expect(ours).toMatch(/^[0-9a-f-]{36}$/);
    expect(await rows("select source, kind, old_id, id from imported_ids")).toEqual([
      { source: "identity", kind: "user", old_id: "77", id: ours },
    ]);
  });

  test("ARC's roles of no tenant, as early releases have them, are roles of all tenants", async () => {
    await arc((tables) => {
      for (const role of tables.roles!) delete role.tenant_id;
    });
    expect(await rows("select name, tenant_id from roles where name = 'Editor'")).toEqual([{ name: "Editor", tenant_id: null }]);
  });

  test("ARC's memberships of a status that nobody knows are refused, and the people keep the others", async () => {
    const { told } = await arc((tables) => {
      tables.user_tenants![0]!.status = "7";
    });
    expect(why(told)).toContain("a membership of an unknown status");
    expect(await rows(`select id from user_tenants where id = '${arcId(2000)}'`)).toEqual([]);
  });

  test("the name of a person who is deleted there is free", async () => {
    const { status } = await arc((tables) => {
      Object.assign(tables.users![0]!, { deleted: "t", username: "same", email: "same@example.com" });
      Object.assign(tables.users![1]!, { username: "same", email: "same@example.com" });
    });
    expect(status).toBe(0);
    expect(await rows("select id from users where username = 'same'")).toEqual([{ id: arcId(101) }]);
  });

  test("how many people a tenant's status keeps out is said", async () => {
    const said: string[] = [];
    const spies = (["log", "error"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...words) => void said.push(words.join(" "))),
    );
    await arc((tables) => {
      tables.tenants![0]!.status = "0";
    });
    for (const spy of spies) spy.mockRestore();
    expect(said.join("\n")).toContain("2 people came into tenants that are not active");
  });

  test("ARC's settings of tenants, permissions and resources of members come; its log, codes and invitations do not", async () => {
    const base = { deleted: "f", created_on: null, modified_on: null };
    const { status } = await arc((tables) => {
      const value = '{"locale":"de"}';
      tables.tenant_configs = [{ id: arcId(700), tenant_id: arcId(1), config_key: "profile", config_value: value, ...base }];
      tables.user_permissions = [
        { id: arcId(701), user_tenant_id: arcId(2000), permission: "ViewTodo", allowed: "f", ...base },
        { id: arcId(702), user_tenant_id: arcId(2000), permission: "EditTodo", allowed: "t", ...base },
      ];
      tables.user_resources = [
        { id: arcId(703), user_tenant_id: arcId(2000), resource_name: "list", resource_value: "7", allowed: "t", ...base },
      ];
      tables.login_activity = [{ id: "1", actor: "somebody", tenant_id: arcId(1), login_time: "2024-03-01", ip_address: "192.0.2.7" }];
      tables.user_invitations = [{ id: "1", token: "secret-token" }];
    });
    expect(status).toBe(0);
    expect(await rows("select config_key, config_value from tenant_configs where tenant_id like '0a%'")).toEqual([
      { config_key: "profile", config_value: '{"locale":"de"}' },
    ]);
    expect(await rows("select permission, allowed from user_permissions order by 1")).toEqual([
      { permission: "EditTodo", allowed: 1 },
      { permission: "ViewTodo", allowed: 0 },
    ]);
    expect(await rows("select resource_name, resource_value from user_resources")).toEqual([
      { resource_name: "list", resource_value: "7" },
    ]);
    expect(await rows("select count(*) as n from login_activity")).toEqual([{ n: 0 }]);
  });

  test("Auth0 and Identity say whether an address is verified, and are believed", async () => {
    const people = [true, false].map((email_verified, n) => ({ user_id: `auth0|v${n}`, email: `a0-${n}@example.com`, email_verified }));
    await runOn(db, "auth0", [file("users.json", JSON.stringify(people))], DEMO_PLACE);
    const users = file("AspNetUsers.csv", "Id,UserName,Email,EmailConfirmed\n1,i1,i1@example.com,True\n2,i2,i2@example.com,False\n");
    await runOn(db, "identity", [users], DEMO_PLACE);
    expect(
      await rows(
        "select email, email_verified from users where email like '%_@example.com' and email not like 'demo%' and email not like 'admin%' order by 1",
      ),
    ).toEqual([
      { email: "a0-0@example.com", email_verified: 1 },
      { email: "a0-1@example.com", email_verified: 0 },
      { email: "i1@example.com", email_verified: 1 },
      { email: "i2@example.com", email_verified: 0 },
    ]);
  });

  test("without Keycloak's issuer nobody has an identity there", async () => {
    const user = { id: randomUUID(), username: "kc", enabled: true, federatedIdentities: [{ identityProvider: "corp", userId: "c" }] };
    const { told } = await runOn(db, "keycloak", [file("realm.json", JSON.stringify({ users: [user] }))], DEMO_PLACE);
    expect(why(told)).toEqual(["an identity of another provider"]);
    expect(await rows("select * from user_identities")).toEqual([]);
  });

  test("whoever is the client of ARC's in name alone is not one", async () => {
    const { told } = await arc((tables) => Object.assign(tables.auth_clients![0]!, { client_type: "public", client_secret: "" }));
    expect(why(told)).toContain("a secret is empty or too long");
    expect(await rows("select count(*) as n from auth_clients where client_id = 'arc-web'")).toEqual([{ n: 0 }]);
  });
});

describe("without a password", () => {
  const { worker, our } = useWorker({ settings: { DEV_MAILBOX: "on" } });
  const mails = mailbox(worker);

  test("forget-password works as for anybody; who comes through a provider is told which, and no message comes by itself", async () => {
    const people = [
      { user_id: "auth0|n1", email: "a0-none@example.com" },
      { user_id: "auth0|n2", email: "a0-odd@example.com", password_hash: "$1$Xy7salt9$Zt8tC7N.I2AiC8coltSOj." },
      { user_id: "google-oauth2|g1", email: "a0-google@example.com", identities: [{ provider: "google-oauth2", user_id: "g1" }] },
      { user_id: "auth0|n3", email: "a0-known@example.com", password_hash: BCRYPT },
    ];
    const { told } = await runOn(worker.db, "auth0", [file("none.json", JSON.stringify(people))], DEMO_PLACE);
    expect(why(told)).toEqual(["password: MD5-crypt"]);
    await worker.settled();
    expect((await mails.all()).filter(({ to }) => to.startsWith("a0-"))).toEqual([]);
    for (const { email } of people) {
      const answer = await our.post("/auth/forget-password", {
        client_id: DEMO_WEB.client_id,
        client_secret: DEMO_WEB.client_secret,
        username: email,
      });
      expect(answer.status).toBe(204);
    }
    for (const name of ["none", "odd", "known"]) expect((await mails.wait(`a0-${name}@example.com`)).link).toContain("/reset-password");
    expect((await mails.wait("a0-google@example.com")).link).toBeNull();
  });
});
