// Writes people into the database, batch by batch. A batch is one transaction, whose first statement says what becomes of
// each person, and on which the others are conditional: so a person comes whole or not at all, whatever kills the import.

import { randomBytes } from "node:crypto";
import { literal } from "../sql.mjs";
import { Stop } from "../steps.mjs";

/** D1 takes statements of 100,000 bytes. */
const MOST_BYTES = 90_000;

/**
 * Rows in statements: each is a list in JSON, as many in one statement as fit; `sql(json)` makes the statement of a JSON
 * literal, in which `p.value` is a row.
 */
export function inStatements(rows, sql) {
  const statements = [];
  let begun = [];
  let length = 0;
  const finish = () => {
    if (begun.length > 0) statements.push(sql(literal(`[${begun.join(",")}]`)));
    begun = [];
    length = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(row);
    const bytes = Buffer.byteLength(text) + text.split("'").length;
    if (length + bytes > MOST_BYTES) finish();
    begun.push(text);
    length += bytes;
  }
  finish();
  return statements;
}

const columns = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `p.value ->> ${from + n}`).join(", ");

export class Writer {
  #previous = null;

  /**
   * @param {{ query: (statements: string[]) => Promise<object[][]>, write: (statements: string[]) => Promise<void> }} database
   * @param {{ source: string, includeErased: boolean, now: number, factors?: (people: object[], created: string) => string[] }} options
   */
  constructor(database, { source, includeErased, now, factors = () => [] }) {
    Object.assign(this, { database, source, includeErased, now, factors });
  }

  /** Deletes what an import that was killed has left behind. */
  async begin() {
    await this.database.write(["delete from import_outcomes"]);
  }

  /** Which of these ids of the source are here already. */
  async known(oldIds) {
    const statements = inStatements(
      oldIds,
      (json) => `select i.old_id from json_each(${json}) p join imported_ids i on i.source = ${literal(this.source)} and i.kind = 'user'
        and i.old_id = p.value join users u on u.id = i.id`,
    );
    const answers = await this.database.query(statements);
    return new Set(answers.flat().map((row) => row.old_id));
  }

  /**
   * Writes a batch of people, and answers what became of each, in their order: created, exists, deleted, erased, name taken;
   * where an identity of theirs opens another account, `identity taken` besides.
   *
   * @returns {Promise<Set<string>[]>}
   */
  async write(people) {
    const attempt = randomBytes(12).toString("base64url");
    await this.database.write(this.statements(people, attempt));
    const [rows] = await this.database.query([`select n, outcome from import_outcomes where attempt = ${literal(attempt)}`]);
    this.#previous = attempt;
    const outcomes = people.map(() => new Set());
    for (const { n, outcome } of rows) outcomes[n].add(outcome);
    if (outcomes.some((set) => set.size === 0)) throw new Stop("another import is running: wait for its end, and run this one again");
    return outcomes;
  }

  /** What would become of a batch. */
  async ask(people) {
    const statements = inStatements(people.map(outcomeRow), (json) => this.#decision(json));
    const answers = people.length > 0 ? await this.database.query(statements) : [];
    const outcomes = people.map(() => new Set());
    for (const { n, outcome } of answers.flat()) outcomes[n].add(outcome);
    return outcomes;
  }

  /** Ends the import. */
  async end() {
    if (this.#previous !== null) await this.database.write([`delete from import_outcomes where attempt = ${literal(this.#previous)}`]);
  }

  statements(people, attempt) {
    const created = `cross join import_outcomes o on o.attempt = ${literal(attempt)} and o.n = p.value ->> 0 and o.outcome = 'created'`;
    const insert =
      (table, into, count, { extra = "", ignore = false } = {}) =>
      (json) =>
        `insert into ${table} (${into}) select ${columns(1, count)} from json_each(${json}) p ${created}${extra} where true${ignore ? " on conflict do nothing" : ""}`;
    const rows = (list, row) => people.flatMap((person, n) => list(person).map((item) => [n, ...row(item, person)]));
    return [
      ...(this.#previous === null ? [] : [`delete from import_outcomes where attempt = ${literal(this.#previous)}`]),
      ...inStatements(people.map(outcomeRow), (json) => this.#outcomes(json, attempt)),
      ...inStatements(people.map(userRow), insert("users", USER, 22)),
      ...inStatements(
        rows(
          (person) => (person.password ? [person] : []),
          (person) => [person.id, person.password.stored, person.passwordChangedOn],
        ),
        insert("user_credentials", "user_id, password, changed_on", 3),
      ),
      ...this.#memberships(people, rows, insert),
      ...inStatements(
        rows(
          ({ clients }) => clients,
          (client, { id }) => [id, client],
        ),
        (json) =>
          `insert into user_clients (user_id, client_id) select p.value ->> 1, c.id from json_each(${json}) p ${created}
           cross join auth_clients c on c.client_id = p.value ->> 2 and c.deleted = 0 where true on conflict do nothing`,
      ),
      ...this.#identities(rows, insert, attempt, created),
      ...this.factors(people, created),
      ...inStatements(
        rows(
          ({ oldId, keepsId }) => (oldId !== null && !keepsId ? [oldId] : []),
          (oldId, { id }) => [this.source, "user", oldId, id, this.now],
        ),
        (json) => `${insert("imported_ids", "source, kind, old_id, id, imported_on", 5)(json)}
          on conflict (source, kind, old_id) do update set id = excluded.id, imported_on = excluded.imported_on`,
      ),
      ...inStatements(
        people.map(({ id }, n) => [n, id]),
        (json) => `delete from erased_users where user_id in (select p.value ->> 1 from json_each(${json}) p ${created})`,
      ),
    ];
  }

  #outcomes(json, attempt) {
    return `insert into import_outcomes (attempt, n, outcome) select ${literal(attempt)}, n, outcome from (${this.#decision(json)}) where true`;
  }

  /** What becomes of each person. Whoever is here, by whichever id, stays as they are; then names decide. */
  #decision(json) {
    const remembered = (then) =>
      `exists (select 1 from imported_ids i ${then} where i.source = ${literal(this.source)} and i.kind = 'user' and i.old_id = p.value ->> 1)`;
    const taken = (column) => `exists (select 1 from users where ${column} in (p.value ->> 3, p.value ->> 4) and deleted = 0)`;
    const erased = `(exists (select 1 from erased_users where user_id = p.value ->> 2) or ${remembered("join erased_users e on e.user_id = i.id")})`;
    return `select p.value ->> 0 as n, case
        when exists (select 1 from users where id = p.value ->> 2 and deleted = 0) then 'exists'
        when exists (select 1 from users where id = p.value ->> 2) then 'deleted'
        when ${remembered("join users u on u.id = i.id and u.deleted = 0")} then 'exists'
        when ${remembered("join users u on u.id = i.id")} then 'deleted'
        ${this.includeErased ? "" : `when ${erased} then 'erased'`}
        when p.value ->> 1 is null and exists (select 1 from users where username_key = p.value ->> 3 and deleted = 0) then 'exists'
        when ${taken("username_key")} or ${taken("email_key")} then 'name taken'
        else 'created' end as outcome
      from json_each(${json}) p`;
  }

  #memberships(people, rows, insert) {
    const memberships = people.flatMap((person, n) => person.memberships.map((membership) => ({ n, person, membership })));
    const of = (list, row) => memberships.flatMap((each) => (each.membership[list] ?? []).map((item) => [each.n, ...row(item, each)]));
    // An id of a membership that somebody else has would give them what is not theirs.
    const member = " cross join user_tenants m on m.id = p.value ->> 2 and m.user_id = p.value ->> 8";
    return [
      ...inStatements(
        rows(
          ({ memberships }) => memberships,
          (it, { id, createdOn, modifiedOn }) => [
            it.id,
            id,
            it.tenantId,
            it.roleId,
            it.status,
            it.locale,
            it.createdOn ?? createdOn,
            it.modifiedOn ?? it.createdOn ?? modifiedOn,
          ],
        ),
        insert("user_tenants", "id, user_id, tenant_id, role_id, status, locale, created_on, modified_on", 8, { ignore: true }),
      ),
      ...inStatements(
        of("permissions", (it, { membership, person }) => [
          it.id,
          membership.id,
          it.permission,
          it.allowed,
          it.createdOn,
          it.createdOn,
          null,
          person.id,
        ]),
        insert("user_permissions", "id, user_tenant_id, permission, allowed, created_on, modified_on", 6, { extra: member, ignore: true }),
      ),
      ...inStatements(
        of("groups", (it, { membership, person }) => [it.id, membership.id, it.groupId, it.createdOn, it.createdOn, null, null, person.id]),
        insert("user_groups", "id, user_tenant_id, group_id, created_on, modified_on", 5, { extra: member, ignore: true }),
      ),
      ...inStatements(
        of("resources", (it, { membership, person }) => [
          it.id,
          membership.id,
          it.name,
          it.value,
          it.allowed,
          it.createdOn,
          it.createdOn,
          person.id,
        ]),
        insert("user_resources", "id, user_tenant_id, resource_name, resource_value, allowed, created_on, modified_on", 7, {
          extra: member,
          ignore: true,
        }),
      ),
    ];
  }

  #identities(rows, insert, attempt, created) {
    const identities = rows(
      (person) => person.identities,
      ({ provider, issuer, subject }, { id, createdOn }) => [provider, issuer, subject, id, createdOn],
    );
    return [
      ...inStatements(identities, insert("user_identities", "provider, issuer, subject, user_id, created_on", 5, { ignore: true })),
      ...inStatements(
        identities,
        (json) => `insert into import_outcomes (attempt, n, outcome)
          select ${literal(attempt)}, p.value ->> 0, 'identity taken' from json_each(${json}) p ${created}
          cross join user_identities i on i.provider = p.value ->> 1 and i.issuer = p.value ->> 2 and i.subject = p.value ->> 3
            and i.user_id <> p.value ->> 4 where true on conflict do nothing`,
      ),
    ];
  }
}

const USER = `id, username, username_key, username_address, email, email_key, email_verified, first_name, middle_name, last_name,
  name_stands_in, phone, gender, dob, designation, photo_url, last_login, default_tenant_id, created_by, modified_by, created_on, modified_on`;

const outcomeRow = ({ oldId, keepsId, id, usernameKey, emailKey }, n) => [n, oldId, keepsId ? id : null, usernameKey, emailKey];

const userRow = (person, n) => [
  n,
  person.id,
  person.username,
  person.usernameKey,
  person.usernameAddress,
  person.email,
  person.emailKey,
  person.emailVerified,
  person.firstName,
  person.middleName,
  person.lastName,
  person.nameStandsIn,
  person.phone,
  person.gender,
  person.dob,
  person.designation,
  person.photoUrl,
  person.lastLogin,
  person.defaultTenantId,
  "import",
  "import",
  person.createdOn,
  person.modifiedOn,
];
