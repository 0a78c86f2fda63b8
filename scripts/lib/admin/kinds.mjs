// What a verb of `npm run admin` is, and the pieces of SQL that verbs share.

import { fold } from "../people.mjs";
import { literal } from "../sql.mjs";

/** As many rows as a verb shows. */
export const LIMIT = 100;

/** A verb that shows rows: words after it (one in brackets may be left out), what it is for, and its query. */
export const shows = (words, about, query) => ({ words, about, query });

/**
 * A verb that changes something: words after it, what it is for, SQL for the id that the audit log names, and its statements. Those
 * that return rows tell whether it did.
 */
export const acts = (words, about, target, statements, result) =>
  makes(words, about, (...given) => ({ target: target(...given), statements: [statements(...given)].flat() }), result ?? "changed");

/**
 * The same for a verb of which one call makes everything: `target`, `statements`, what is `shown` of secrets, once, and `isDone`, SQL for
 * whether it did anything, where the last statement does not tell.
 */
export const makes = (words, about, plan, result = "created") => ({ words, about, plan, result });

export const time = (column) => `datetime(${column} / 1000, 'unixepoch')`;

/** The id of the live user of a name. */
export const user = (name) => `(select id from users where username_key = ${literal(fold(name))} and deleted = 0)`;

/** The id of the one live tenant, role or group of an id or name. */
export const tenant = (text) => named("tenants", text);
export const role = (text) => named("roles", text);
export const group = (text) => named("groups", text);

/** The membership of a user in the user's own tenant. */
export const membership = (name) =>
  `(select m.id from users u join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0
    where u.username_key = ${literal(fold(name))} and u.deleted = 0)`;

/** The id of the live client of a public name. */
export const client = (id) => `(select id from auth_clients where client_id = ${literal(id)} and deleted = 0)`;

/** The id of the one live row of a table that has it as id, or as name. */
export const named = (table, text, more = "") =>
  `(select max(id) from ${table} where deleted = 0 and (id = ${literal(text)} or name = ${literal(text)})${more} having count(*) = 1)`;

/** Marks rows as deleted. */
export const deletion = (table, condition, now) =>
  `update ${table} set deleted = 1, deleted_on = ${literal(now)}, deleted_by = 'operator', modified_on = ${literal(now)} where deleted = 0 and ${condition}`;

/** Who has changed a row, and when. */
export const changed = (now) => `modified_on = ${literal(now)}, modified_by = 'operator'`;

/** Who has made a row, and when. */
export const made = (now) => ({ created_by: "operator", modified_by: "operator", created_on: now, modified_on: now });
