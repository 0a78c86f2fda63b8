//! People who are imported, many at once: each comes whole or not at all.
//!
//! People travel as one list of JSON (`?1`), whose places [`NewPerson::row`] names. The first statement of
//! a batch writes down what becomes of each (`?2` is the attempt), and the others are conditional on it.

use serde_json::{Value as Json, json};

use super::accounts::taken_name;
use super::batch::Batch;
use super::query::{Query, sql};
use super::records::Author;
use super::row::{FromRow, Row, Unreadable};
use super::value::Value;
use crate::auth::id::{AttemptId, ClientNumber};
use crate::auth::imported::ImportedPerson;

const TENANTS: &str = "select id, name, null as tenant_id from tenants where deleted = 0 \
     and (id in (select value from json_each(?1)) or name in (select value from json_each(?1)))";

// Composite roles are asked for by the list of their parts.
const ROLES: &str = "select id, iif(includes = '[]', name, includes) as name, tenant_id from roles where deleted = 0 \
     and iif(includes = '[]', name, includes) in (select value from json_each(?1))";

const CLIENTS: &str = "select id, client_id from auth_clients where deleted = 0 \
     and client_id in (select value from json_each(?1))";

/// What an earlier import of the same tenant remembers of a person's id there.
macro_rules! remembered {
    () => {
        "i.source = 'api:' || (p.value ->> 6) and i.kind = 'user' and i.old_id = p.value ->> 1"
    };
}

/// The people of a batch who come in.
macro_rules! created {
    () => {
        " from json_each(?1) p cross join import_outcomes o \
           on o.attempt = ?2 and o.n = p.value ->> 0 and o.outcome = 'created' "
    };
}

// Whoever is here, by whichever id, stays as they are; then names decide. A person without an id cannot be
// told from one who was erased. ?3: the permissions that the bearer may give; null: any.
const DECIDE: &str = concat!(
    "insert into import_outcomes (attempt, n, outcome) select ?2, p.value ->> 0, coalesce( \
       case when not exists (select 1 from tenants where id = p.value ->> 6 and deleted = 0) then 'no tenant' \
         when exists (select 1 from json_each(p.value ->> 7) q left join roles r on r.id = q.value and r.deleted = 0 \
             and (r.tenant_id is null or r.tenant_id = p.value ->> 6) \
           where r.id is null or (?3 is not null and exists (select 1 from json_each(r.permissions) x \
             where x.value not in (select value from json_each(?3))))) then 'no role' end, \
       (select iif(deleted = 0, 'exists', 'deleted') from users where id = p.value ->> 2), \
       (select iif(u.deleted = 0, 'exists', 'deleted') from imported_ids i cross join users u on u.id = i.id where ",
    remembered!(),
    "), (select 'erased' from erased_users where user_id = p.value ->> 2), \
       (select 'erased' from imported_ids i cross join erased_users e on e.user_id = i.id where ",
    remembered!(),
    "), case when p.value ->> 1 is null then (select 'exists' from users u cross join user_tenants m \
         on m.user_id = u.id and m.tenant_id = p.value ->> 6 and m.deleted = 0 \
         where u.username_key = p.value ->> 3 and u.deleted = 0) end, \
       case when p.value ->> 1 is null and exists (select 1 from erased_users where user_id > '') then 'no id' end, \
       case when ",
    taken_name!("p.value ->> 3", "p.value ->> 4"),
    " then 'name taken' end, 'created') from json_each(?1) p"
);

const COMPOSITES: &str = concat!(
    "insert into roles (id, name, permissions, role_type, tenant_id, includes, created_on, modified_on) \
     select q.value ->> 0, q.value ->> 1, (select json_group_array(value) from (select distinct x.value \
         from json_each(q.value ->> 2) part cross join roles r on r.id = part.value cross join json_each(r.permissions) x)), \
       1, q.value ->> 3, q.value ->> 4, ?4, ?4 from json_each(?3) q where exists (select 1",
    created!(),
    "where p.value ->> 8 = q.value ->> 0)"
);

const USERS: &str = concat!(
    "insert into users (id, username, username_key, username_address, email, email_key, email_verified, first_name, \
       middle_name, last_name, name_stands_in, phone, gender, dob, default_tenant_id, created_by, modified_by, created_on, modified_on) \
     select p.value ->> 5, p.value ->> 12, p.value ->> 3, iif(instr(p.value ->> 3, '@') > 0, p.value ->> 3, null), p.value ->> 13, \
       p.value ->> 4, p.value ->> 14, p.value ->> 15, p.value ->> 16, p.value ->> 17, p.value ->> 18, p.value ->> 19, \
       p.value ->> 20, p.value ->> 21, p.value ->> 6, ?3, ?3, ?4, ?4",
    created!()
);

const PASSWORDS: &str = concat!(
    "insert into user_credentials (user_id, password, changed_on) select p.value ->> 5, p.value ->> 22, ?3",
    created!(),
    "where p.value ->> 22 is not null"
);

const MEMBERSHIPS: &str = concat!(
    "insert into user_tenants (id, user_id, tenant_id, role_id, status, locale, created_by, modified_by, created_on, modified_on) \
     select p.value ->> 11, p.value ->> 5, p.value ->> 6, p.value ->> 8, p.value ->> 9, p.value ->> 10, ?3, ?3, ?4, ?4",
    created!()
);

const ALLOWED_CLIENTS: &str = concat!(
    "insert into user_clients (user_id, client_id) select p.value ->> 5, c.id",
    created!(),
    "cross join json_each(p.value ->> 23) x cross join auth_clients c on c.id = x.value and c.deleted = 0 \
     where true on conflict do nothing"
);

const REMEMBER: &str = concat!(
    "insert into imported_ids (source, kind, old_id, id, imported_on) \
     select 'api:' || (p.value ->> 6), 'user', p.value ->> 1, p.value ->> 5, ?3",
    created!(),
    "where p.value ->> 1 is not null and p.value ->> 2 is null \
     on conflict (source, kind, old_id) do update set id = excluded.id, imported_on = excluded.imported_on"
);

const OUTCOMES: &str = concat!(
    "select o.n, o.outcome, iif(o.outcome = 'created', p.value ->> 5, coalesce( \
       (select id from users where id = p.value ->> 2), (select i.id from imported_ids i where ",
    remembered!(),
    "), (select id from users where username_key = p.value ->> 3 and deleted = 0))) as id \
     from json_each(?1) p cross join import_outcomes o on o.attempt = ?2 and o.n = p.value ->> 0"
);

const FORGET: &str = "delete from import_outcomes where attempt = ?1";

/// A tenant or role that a line may mean.
#[derive(Clone)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name; of a composite role the list of its parts, as JSON.
    pub name: String,
    /// The tenant that a role is of; nothing for all.
    pub tenant_id: Option<String>,
}

impl FromRow for Named {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            tenant_id: row.get("tenant_id")?,
        })
    }
}

/// A client that a line may mean.
pub struct NamedClient {
    /// Its number.
    pub number: ClientNumber,
    /// Its public name.
    pub name: String,
}

impl FromRow for NamedClient {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            number: row.get("id")?,
            name: row.get("client_id")?,
        })
    }
}

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

/// A person with what their names came to.
pub struct NewPerson<'a> {
    /// As the line tells of them.
    pub person: &'a ImportedPerson,
    /// The id that they keep, where they do.
    pub kept_id: Option<&'a str>,
    /// Their id here.
    pub id: &'a str,
    /// That of the membership.
    pub membership_id: &'a str,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The ids of the roles that the bearer must be able to give.
    pub parts: &'a [String],
    /// The role's id.
    pub role: &'a str,
    /// Clients that they may sign in to.
    pub clients: &'a [ClientNumber],
}

impl NewPerson<'_> {
    /// The person's place in a list of JSON.
    pub fn row(&self, n: usize) -> Json {
        let person = self.person;
        let profile = &person.profile;
        json!([
            n,
            person.id,
            self.kept_id,
            person.username_key,
            person.email_key,
            self.id,
            self.tenant,
            self.parts,
            self.role,
            person.status,
            profile.locale,
            self.membership_id,
            person.username,
            person.email,
            i64::from(person.email_verified),
            profile.first_name.as_ref().unwrap_or(&person.username),
            profile.middle_name,
            profile.last_name,
            i64::from(profile.is_nameless()),
            profile.phone,
            profile.gender,
            profile.dob,
            person.password,
            self.clients,
        ])
    }
}

/// A role that stands for several, which is not here yet.
pub struct Composite {
    /// Its id.
    pub id: String,
    /// The names of its parts.
    pub names: Vec<String>,
    /// Their ids.
    pub parts: Vec<String>,
    /// The tenant that it is of; nothing for all.
    pub tenant_id: Option<String>,
}

impl Composite {
    fn row(&self) -> Json {
        let includes = json!(self.names).to_string();
        let name = self.names.join(", ");
        json!([self.id, name, self.parts, self.tenant_id, includes])
    }
}

/// The tenants, roles and clients of these names; a composite role's is the list of its parts.
pub fn named(
    tenants: &[&str],
    roles: &[String],
    clients: &[&str],
) -> impl Batch<Output = (Vec<Named>, Vec<Named>, Vec<NamedClient>)> {
    (
        sql!(TENANTS, json!(tenants).to_string()).all(),
        sql!(ROLES, json!(roles).to_string()).all(),
        sql!(CLIENTS, json!(clients).to_string()).all(),
    )
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
