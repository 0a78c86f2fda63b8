// Who is in the database: as many users as asked for, each with a password, a membership, two clients and a session.
//
// Ids are scattered as random ones are, but follow from the user's number, so that nothing has to be looked up.

import { digest, hashPassword } from "../../scripts/lib/people.mjs";

/** Everybody's password, and what is stored of it. */
export const PASSWORD = "correct horse battery";
export const STORED_PASSWORD = hashPassword(PASSWORD);
/** The client that everybody uses. */
export const CLIENT = { client_id: "bench-web", client_secret: "bench-web-secret" };

const TENANTS = 50;
const DAY = 86_400_000;
/** Odd, so that multiplying by it permutes the 32-bit numbers. */
const SCATTER = { user: 2_654_435_761, membership: 2_246_822_519, session: 3_266_489_917 };

const scattered = (kind, number) => Number((BigInt(number) * BigInt(SCATTER[kind])) % 2n ** 32n);
const hex = (value, digits) => value.toString(16).padStart(digits, "0");
const idOf = (kind, number) => `${hex(scattered(kind, number), 8)}-0000-4000-8000-${hex(number, 12)}`;
const idInSql = (kind) => `printf('%08x-0000-4000-8000-%012x', (i * ${SCATTER[kind]}) & 4294967295, i)`;

/** The user of a number: whose id, name and session are what `fill` makes them. */
export function person(number) {
  return { id: idOf("user", number), username: `user-${number}`, sessionId: idOf("session", number) };
}

/**
 * Fills a database that has its schema and nothing else; people are spread over so many tenants.
 *
 * Rows go in in the order of their keys; indices are made afterwards, and the triggers, which look things up by them and would find nothing, too. So
 * each page is written once, where a million scattered insertions would read and write one each.
 */
export async function fill(db, users, now, tenants = TENANTS) {
  await db.batch(fixedRows(now, tenants).map((sql) => db.prepare(sql)));
  const rows = rowsOfUser(now, tenants);
  const aside = await indicesAndTriggers(db, [...new Set(rows.map(({ into }) => into.split(" ")[0]))]);
  for (const { type, name } of aside) await db.prepare(`drop ${type} ${name}`).run();
  const numbers = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${users - 1})`;
  for (const { into, values } of rows) await db.prepare(`${numbers} insert into ${into} select ${values} from n order by 1`).run();
  for (const { sql } of aside) await db.prepare(sql).run();
}

async function indicesAndTriggers(db, tables) {
  const names = tables.map((table) => `'${table}'`).join();
  const found = `select type, name, sql from sqlite_master where type in ('index', 'trigger') and sql is not null and tbl_name in (${names})`;
  return (await db.prepare(found).all()).results;
}

export function fixedRows(now, count = TENANTS) {
  const tenants = Array.from({ length: count }, (_, number) => `('tenant-${number}', 'Tenant ${number}', 1, ${now}, ${now})`);
  const client = (name) =>
    `insert into auth_clients (client_id, client_secret_digest, secret_digest, redirect_url, created_on, modified_on)
     values ('${name}', '${digest(`${name}-secret`)}', '${digest(`${name}-signing`)}', 'https://${name}.example.com/back', ${now}, ${now})`;
  return [
    client(CLIENT.client_id),
    client("bench-mobile"),
    `insert into tenants (id, name, status, created_on, modified_on) values ${tenants}`,
    `insert into roles (id, name, permissions, role_type, created_on, modified_on)
     values ('member', 'Member', '["ViewOwnUser","ViewTenant"]', 1, ${now}, ${now})`,
  ];
}

/** What every user `i` has; the session comes last. */
export function rowsOfUser(now, tenants = TENANTS) {
  const user = idInSql("user");
  const tenant = `'tenant-' || (i % ${tenants})`;
  const since = now - 30 * DAY;
  const lastUsed = `${now} - i % 3600000`;
  return [
    {
      into: `users (id, first_name, last_name, username, username_key, email, email_key, email_verified,
               phone, last_login, gender, dob, default_tenant_id, created_on, modified_on)`,
      values: `${user}, 'First' || (i % 1009), 'Last' || (i % 4001), 'user-' || i, 'user-' || i, 'user-' || i || '@example.com',
               'user-' || i || '@example.com', 1, '+1555' || printf('%07d', i), ${lastUsed}, 'F', '1990-05-17', ${tenant}, ${since}, ${since}`,
    },
    { into: "user_credentials (user_id, password, changed_on)", values: `${user}, '${STORED_PASSWORD}', ${since}` },
    {
      into: "user_tenants (id, user_id, tenant_id, role_id, status, locale, created_on, modified_on)",
      values: `${idInSql("membership")}, ${user}, ${tenant}, 'member', 1, 'en-GB', ${since}, ${since}`,
    },
    { into: "user_clients (user_id, client_id)", values: `${user}, 1` },
    { into: "user_clients (user_id, client_id)", values: `${user}, 2` },
    {
      into: "sessions (id, user_id, client_id, refreshed_on, last_used_on, method, created_on, expires_on)",
      values: `${idInSql("session")}, ${user}, 1, ${lastUsed}, ${lastUsed}, 'password', ${lastUsed}, ${now + 30 * DAY}`,
    },
  ];
}
