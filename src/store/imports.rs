//! People who are imported, many at once: each comes whole or not at all.
//!
//! People travel as one list of JSON (`?1`), whose places [`NewPerson::row`](super::import_rows::NewPerson::row) names. The first statement of
//! a batch writes down what becomes of each (`?2` is the attempt), and the others are conditional on it.

use serde_json::{Value as Json, json};

use super::accounts::taken_name;
use super::batch::Batch;
use super::query::{Query, sql};
use super::records::Author;
use super::row::{FromRow, Row, Unreadable};
use super::value::Value;
use crate::auth::id::AttemptId;
use crate::store::import_rows::Composite;

/// What an earlier import of the same tenant remembers of a person's id there.
macro_rules! remembered {
    () => {
        "i.source = 'api:' || (line.value ->> 6) and i.kind = 'user' and i.old_id = line.value ->> 1"
    };
}

/// The people of a batch who come in.
macro_rules! created {
    () => {
        " from json_each(?1) line cross join import_outcomes o \
           on o.attempt = ?2 and o.n = line.value ->> 0 and o.outcome = 'created' "
    };
}

// Whoever is here, by whichever id, stays as they are; then names decide. A person without an id cannot be
// told from one who was erased. ?3: the permissions that the bearer may give; null: any.
const DECIDE: &str = concat!(
    "insert into import_outcomes (attempt, n, outcome) select ?2, line.value ->> 0, coalesce( \
       case when not exists (select 1 from tenants where id = line.value ->> 6 and deleted = 0) then 'no tenant' \
         when exists (select 1 from json_each(line.value ->> 7) q left join roles r on r.id = q.value and r.deleted = 0 \
             and (r.tenant_id is null or r.tenant_id = line.value ->> 6) \
           where r.id is null or (?3 is not null and exists (select 1 from json_each(r.permissions) x \
             where x.value not in (select value from json_each(?3))))) then 'no role' end, \
       (select iif(deleted = 0, 'exists', 'deleted') from users where id = line.value ->> 2), \
       (select iif(u.deleted = 0, 'exists', 'deleted') from imported_ids i cross join users u on u.id = i.id where ",
    remembered!(),
    "), (select 'erased' from erased_users where user_id = line.value ->> 2), \
       (select 'erased' from imported_ids i cross join erased_users e on e.user_id = i.id where ",
    remembered!(),
    "), case when line.value ->> 1 is null then (select 'exists' from users u cross join user_tenants m \
         on m.user_id = u.id and m.tenant_id = line.value ->> 6 and m.deleted = 0 \
         where u.username_key = line.value ->> 3 and u.deleted = 0) end, \
       case when line.value ->> 1 is null and exists (select 1 from erased_users where user_id > '') then 'no id' end, \
       case when ",
    taken_name!("line.value ->> 3", "line.value ->> 4"),
    " then 'name taken' end, 'created') from json_each(?1) line"
);

const COMPOSITES: &str = concat!(
    "insert into roles (id, name, permissions, role_type, tenant_id, includes, created_on, modified_on) \
     select q.value ->> 0, q.value ->> 1, (select json_group_array(value) from (select distinct x.value \
         from json_each(q.value ->> 2) part cross join roles r on r.id = part.value cross join json_each(r.permissions) x)), \
       1, q.value ->> 3, q.value ->> 4, ?4, ?4 from json_each(?3) q where exists (select 1",
    created!(),
    "where line.value ->> 8 = q.value ->> 0)"
);

const USERS: &str = concat!(
    "insert into users (id, username, username_key, username_address, email, email_key, email_verified, first_name, \
       middle_name, last_name, name_stands_in, phone, gender, dob, default_tenant_id, created_by, modified_by, created_on, modified_on) \
     select line.value ->> 5, line.value ->> 12, line.value ->> 3, iif(instr(line.value ->> 3, '@') > 0, line.value ->> 3, null), line.value ->> 13, \
       line.value ->> 4, line.value ->> 14, line.value ->> 15, line.value ->> 16, line.value ->> 17, line.value ->> 18, line.value ->> 19, \
       line.value ->> 20, line.value ->> 21, line.value ->> 6, ?3, ?3, ?4, ?4",
    created!()
);

const PASSWORDS: &str = concat!(
    "insert into user_credentials (user_id, password, changed_on) select line.value ->> 5, line.value ->> 22, ?3",
    created!(),
    "where line.value ->> 22 is not null"
);

const MEMBERSHIPS: &str = concat!(
    "insert into user_tenants (id, user_id, tenant_id, role_id, status, locale, created_by, modified_by, created_on, modified_on) \
     select line.value ->> 11, line.value ->> 5, line.value ->> 6, line.value ->> 8, line.value ->> 9, line.value ->> 10, ?3, ?3, ?4, ?4",
    created!()
);

const ALLOWED_CLIENTS: &str = concat!(
    "insert into user_clients (user_id, client_id) select line.value ->> 5, c.id",
    created!(),
    "cross join json_each(line.value ->> 23) x cross join auth_clients c on c.id = x.value and c.deleted = 0 \
     where true on conflict do nothing"
);

const REMEMBER: &str = concat!(
    "insert into imported_ids (source, kind, old_id, id, imported_on) \
     select 'api:' || (line.value ->> 6), 'user', line.value ->> 1, line.value ->> 5, ?3",
    created!(),
    "where line.value ->> 1 is not null and line.value ->> 2 is null \
     on conflict (source, kind, old_id) do update set id = excluded.id, imported_on = excluded.imported_on"
);

const OUTCOMES: &str = concat!(
    "select o.n, o.outcome, iif(o.outcome = 'created', line.value ->> 5, coalesce( \
       (select id from users where id = line.value ->> 2), (select i.id from imported_ids i where ",
    remembered!(),
    "), (select id from users where username_key = line.value ->> 3 and deleted = 0))) as id \
     from json_each(?1) line cross join import_outcomes o on o.attempt = ?2 and o.n = line.value ->> 0"
);

const FORGET: &str = "delete from import_outcomes where attempt = ?1";

/// What became of a person.
pub struct Outcome {
    /// The person's place in the batch.
    pub n: usize,
    /// created, exists, deleted, erased, no id, name taken, no tenant, no role
    pub outcome: String,
    /// The person's id here, where there is one.
    pub id: Option<String>,
}

impl FromRow for Outcome {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let n: i64 = row.get("n")?;
        Ok(Self {
            n: usize::try_from(n).map_err(|_| Unreadable::Column("n"))?,
            outcome: row.get("outcome")?,
            id: row.get("id")?,
        })
    }
}

/// Brings people in; `held` are the permissions that may be given, nothing where any may.
pub fn import(
    people: &[Json],
    composites: &[Composite],
    held: Option<&[String]>,
    attempt: &AttemptId,
    Author { by, now }: Author<'_>,
) -> impl Batch<Output = Vec<Outcome>> + use<> {
    let people = Value::from(json!(people).to_string());
    let people = || people.clone();
    let composites: Vec<_> = composites.iter().map(Composite::row).collect();
    let composites = json!(composites).to_string();
    let held = held.map(|held| json!(held).to_string());
    let writes: Vec<Query<()>> = vec![
        sql!(DECIDE, people(), attempt, held).run(),
        sql!(COMPOSITES, people(), attempt, composites, now).run(),
        sql!(USERS, people(), attempt, by, now).run(),
        sql!(PASSWORDS, people(), attempt, now).run(),
        sql!(MEMBERSHIPS, people(), attempt, by, now).run(),
        sql!(ALLOWED_CLIENTS, people(), attempt).run(),
        sql!(REMEMBER, people(), attempt, now).run(),
    ];
    let batch = (
        writes,
        sql!(OUTCOMES, people(), attempt).all(),
        sql!(FORGET, attempt).run(),
    );
    batch.map(|(_, outcomes, ())| outcomes)
}
