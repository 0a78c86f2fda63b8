// The pages of the administration: one of everything to be shown, and every kind of page that links lead to.

import { randomUUID } from "node:crypto";
import { demoSettings } from "../../scripts/lib/demo.mjs";
import { aUser } from "./seed";
import type { Worker } from "./worker";

const LISTS: Record<string, string[]> = {
  "/admin/tenants/{}/users": [
    ...["edit", "disable", "enable", "invite", "reset-link", "re-enrol", "join", "permit", "unpermit", "end-session", "end-sessions"],
    ...["remove-factor", "unlink", "remove", "erase"],
  ],
  "/admin/tenants": ["edit", "delete"],
  "/admin/tenants/{}/roles": ["edit", "delete"],
  "/admin/tenants/{}/groups": ["edit", "leave", "delete"],
  "/admin/tenants/{}/tenant-configs": ["edit", "delete"],
  "/admin/auth-clients": ["edit", "looks", "oauth", "oauth-off", "rotate", "rotate-codes", "delete"],
  "/admin/login-activity": [],
  "/admin/outbox": ["resend"],
};
const WITHOUT_NEW = ["/admin/login-activity", "/admin/outbox"];

/** Every kind of page: lists, what makes a row of each, a row of each, and what can be done to it. */
export const KINDS = Object.entries(LISTS).flatMap(([list, steps]) => [
  list,
  ...(WITHOUT_NEW.includes(list) ? [] : [`${list}?step=new`]),
  `${list}/{}`,
  ...steps.map((step) => `${list}/{}?step=${step}`),
]);

const WORDS = new Set(Object.keys(LISTS).flatMap((list) => list.split("/")));

/** The kind of a page: its path without what names a row, and its step. */
function kindOf(path: string) {
  const { pathname, searchParams } = new URL(path, "http://localhost");
  const step = searchParams.get("step");
  const segments = pathname.split("/").map((segment) => (WORDS.has(segment) ? segment : "{}"));
  return segments.join("/") + (step === null ? "" : `?step=${step}`);
}

/** Visits one page of each kind that links lead to from `/admin`; a visit gives the links of the page. Gives the kinds. */
export async function walk(visit: (path: string) => Promise<string[]>) {
  const kinds = new Set<string>();
  const waiting = ["/admin"];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const kind = kindOf(path);
    // What is exported is a file.
    if (kinds.has(kind) || kind.endsWith("?step=export")) continue;
    kinds.add(kind);
    waiting.push(...(await visit(path)).filter((link) => /^\/admin(?=[/?])/.test(link)));
  }
  kinds.delete("/admin");
  return [...kinds].sort();
}

/** The first row of every list, with everything that can belong to it; each name and text has a text in it. */
export async function oneOfEverything(worker: Worker, text: string) {
  const id = randomUUID();
  // Before letters and digits.
  const name = `!${text} ${id}`;
  const { SIGN_UP_TENANT: home } = demoSettings;
  const user = await aUser(worker, { username: name, email: `${id}@a-rather-long-name-of-a-domain.example.com` });
  const rows: [string, ...unknown[]][] = [
    // Who is registered can be let in and shut out.
    ["update user_tenants set status = 0 where id = ?1", user.membershipId],
    ["update users set first_name = ?2, last_name = ?2, designation = ?2, phone = ?2, photo_url = ?2 where id = ?1", user.id, name],
    [
      `insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, created_on, confirmed_on)
        values (?2, ?1, 'totp', ?3, '', 'SHA1', 6, 30, 1, 1)`,
      user.id,
      id,
      name,
    ],
    [
      `insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on, device)
        values (?2, ?1, 1, 1, 1, 'password', 1, ?3, ?4)`,
      user.id,
      id,
      Date.now() + 3_600_000,
      name,
    ],
    ["insert into user_identities (provider, issuer, subject, user_id, created_on) values ('google', ?3, ?2, ?1, 1)", user.id, id, name],
    [
      "insert into user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on) values (?2, ?1, ?3, 1, 1, 1)",
      user.membershipId,
      id,
      name,
    ],
    ["insert into tenants (id, name, key, status, address, created_on, modified_on) values (?1, ?2, ?2, 1, ?2, 1, 1)", id, name],
    [
      "insert into tenant_configs (id, config_key, config_value, tenant_id, created_on, modified_on) values (?1, ?2, ?3, ?1, 1, 1)",
      id,
      name,
      JSON.stringify({ [name]: name }),
    ],
    [
      `insert into roles (id, name, description, permissions, allowed_clients, role_type, tenant_id, created_on, modified_on)
        values (?1, ?2, ?2, ?3, ?3, 1, ?4, 1, 1)`,
      id,
      name,
      JSON.stringify([name]),
      home,
    ],
    ["insert into groups (id, name, description, tenant_id, created_on, modified_on) values (?1, ?2, ?2, ?3, 1, 1)", id, name, home],
    ["insert into user_groups (id, group_id, user_tenant_id, created_on, modified_on) values (?1, ?1, ?2, 1, 1)", id, user.membershipId],
    [
      `insert into auth_clients (client_id, client_secret_digest, secret_digest, redirect_url, created_on, modified_on)
        values (?2, ?1, ?1, ?2, 1, 1)`,
      id,
      name,
    ],
    [
      `insert into outbox (id, kind, subject, data, created_on, next_on, tries, failed_on, last_error)
        values (?1, 'user.created', ?2, ?3, 1, 1, 9, 2, ?2)`,
      id,
      name,
      JSON.stringify({ [name]: name }),
    ],
    [
      `insert into login_activity (id, at, kind, result, user_id, target, detail, user_agent, address, country)
        values (?1, ?2, 'user', 'changed', ?3, ?4, ?5, ?4, ?4, 'NO')`,
      id,
      Date.now() + 1,
      user.id,
      name,
      JSON.stringify({ before: name, after: [name] }),
    ],
  ];
  await worker.db.batch(rows.map(([sql, ...values]) => worker.db.prepare(sql).bind(...values)));
  return { name, user };
}
