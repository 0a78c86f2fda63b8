//! Everything that is stored of one person, as they may take it along: no hash, secret, token or code.

use serde_json::{Map, Value};

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::UserId;

/// The lists of an export, each with the rows that it has of a user. They are as many statements, since D1
/// takes no union of so many.
const PARTS: [(&str, &str); 14] = [
    (
        "profile",
        "select json_object('id', id, 'username', username, 'email', email, \
       'emailVerified', json(iif(email_verified, 'true', 'false')), 'firstName', first_name, \
       'middleName', middle_name, 'lastName', last_name, 'phone', phone, 'gender', gender, 'dob', dob, \
       'designation', designation, 'photoUrl', photo_url, 'lastLogin', last_login, \
       'createdOn', created_on, 'modifiedOn', modified_on, 'eraseOn', erase_on) as content \
     from users where id = ?1",
    ),
    (
        "password",
        "select json_object('changedOn', changed_on) as content from user_credentials where user_id = ?1",
    ),
    (
        "memberships",
        "select json_object('id', m.id, 'tenantId', m.tenant_id, 'tenant', t.name, \
       'role', r.name, 'status', m.status, 'locale', m.locale, 'createdOn', m.created_on, \
       'permissions', (select json_group_array(json_object('permission', p.permission, 'allowed', \
          json(iif(p.allowed, 'true', 'false')))) from user_permissions p where p.user_tenant_id = m.id and p.deleted = 0), \
       'resources', (select json_group_array(json_object('name', x.resource_name, 'value', x.resource_value, 'allowed', \
          json(iif(x.allowed, 'true', 'false')))) from user_resources x where x.user_tenant_id = m.id and x.deleted = 0)) as content \
     from user_tenants m join tenants t on t.id = m.tenant_id join roles r on r.id = m.role_id \
     where m.user_id = ?1 and m.deleted = 0",
    ),
    (
        "clients",
        "select json_object('clientId', c.client_id) as content \
     from user_clients a join auth_clients c on c.id = a.client_id where a.user_id = ?1",
    ),
    (
        "identities",
        "select json_object('provider', provider, 'issuer', issuer, 'subject', subject, \
       'createdOn', created_on, 'lastUsedOn', last_used_on) as content from user_identities where user_id = ?1",
    ),
    (
        "sessions",
        "select json_object('id', s.id, 'clientId', c.client_id, 'method', s.method, \
       'createdOn', s.created_on, 'lastUsedOn', s.last_used_on, 'expiresOn', s.expires_on, 'endedOn', s.ended_on) as content \
     from sessions s join auth_clients c on c.id = s.client_id where s.user_id = ?1",
    ),
    (
        "browsers",
        "select json_object('id', id, 'method', method, 'userAgent', user_agent, 'country', country, \
       'createdOn', created_on, 'lastUsedOn', last_used_on, 'expiresOn', expires_on, 'endedOn', ended_on) as content \
     from browsers where user_id = ?1",
    ),
    (
        "knownDevices",
        "select json_object('lastUsedOn', last_used_on) as content from known_devices where user_id = ?1",
    ),
    (
        "consents",
        "select json_object('clientId', c.client_id, 'scope', k.scope, 'audience', json(k.audience), \
       'givenOn', k.given_on) as content \
     from consents k join auth_clients c on c.id = k.client_id where k.user_id = ?1",
    ),
    (
        "secondStep",
        "select json_object('asked', json(iif(second_step, 'true', 'false'))) as content \
     from user_factors where user_id = ?1",
    ),
    (
        "factors",
        "select json_object('id', id, 'kind', kind, 'name', name, 'createdOn', created_on, \
       'confirmedOn', confirmed_on, 'lastUsedOn', last_used_on) as content from factors where user_id = ?1",
    ),
    (
        "recoveryCodes",
        "select json_object('createdOn', created_on, 'usedOn', used_on) as content \
     from recovery_codes where user_id = ?1",
    ),
    (
        "trustedDevices",
        "select json_object('id', id, 'userAgent', user_agent, 'country', country, 'createdOn', created_on, \
       'lastUsedOn', last_used_on, 'expiresOn', expires_on) as content from trusted_devices where user_id = ?1",
    ),
    (
        "activity",
        "select json_object('at', at, 'kind', kind, 'result', result, 'sessionId', session_id, \
       'address', address, 'country', country, 'userAgent', user_agent) as content from login_activity where user_id = ?1",
    ),
];

/// What there is once is no list.
const SINGLE: [&str; 3] = ["profile", "password", "secondStep"];

struct Part(Value);

impl FromRow for Part {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        row.json("content").map(Self)
    }
}

/// The export of a user; nothing where there is none.
pub fn of_user(user_id: &UserId) -> impl Batch<Output = Option<Value>> + use<> {
    let queries: Vec<Query<Vec<Part>>> = PARTS
        .iter()
        .map(|(_, sql)| sql!(*sql, user_id).all())
        .collect();
    queries.map(|answers| {
        let parts = PARTS.iter().zip(answers);
        let parts = parts.map(|((name, _), rows)| ((*name).to_owned(), content(name, rows)));
        let export: Map<String, Value> = parts.collect();
        let exists = export.get("profile").is_some_and(Value::is_object);
        exists.then_some(Value::Object(export))
    })
}

fn content(name: &str, rows: Vec<Part>) -> Value {
    let mut contents = rows.into_iter().map(|Part(content)| content);
    if SINGLE.contains(&name) {
        contents.next().unwrap_or_default()
    } else {
        Value::Array(contents.collect())
    }
}
