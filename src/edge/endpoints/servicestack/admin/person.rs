//! A person in ServiceStack's words: a dictionary whose names begin with a capital.

use serde_json::{Value, json};

use crate::auth::account::ADMINISTER;
use crate::auth::management::tables::USERS;
use crate::auth::table::row::Scalar;
use crate::auth::time::Timestamp;
use crate::auth::token::PersonClaims;
use crate::edge::flows::management::directory::Entry;
use crate::error::ErrorKind;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::servicestack::dto::date;
use crate::wire::servicestack::failure::{FieldError, ServiceStackFailure};

/// ServiceStack's role of administrators: here the permission, whatever a role is called.
pub const ADMIN: &str = "Admin";
/// The status of people who are kept out.
pub const INACTIVE: i64 = 2;

/// The members that are columns: their names here, and as properties.
const MEMBERS: [(&str, &str); 10] = [
    ("Id", "id"),
    ("UserName", "username"),
    ("Email", "email"),
    ("FirstName", "firstName"),
    ("LastName", "lastName"),
    ("PhoneNumber", "phone"),
    ("ProfileUrl", "photoUrl"),
    ("CreatedDate", "createdOn"),
    ("ModifiedDate", "modifiedOn"),
    ("LastLoginAttempt", "lastLogin"),
];

/// The property that a member is, in any case.
pub fn property_of(member: &str) -> Option<&'static str> {
    let mut members = MEMBERS.iter();
    members
        .find(|(name, _)| name.eq_ignore_ascii_case(member))
        .map(|(_, property)| *property)
}

/// Whether a role is the one that stands for the permission of administrators.
pub fn is_admin(role: &str) -> bool {
    role.trim().eq_ignore_ascii_case(ADMIN)
}

/// The permission that `Admin` among some roles stands for.
pub fn administers(roles: &[String]) -> Option<String> {
    let any = roles.iter().any(|role| is_admin(role));
    any.then(|| ADMINISTER.to_owned())
}

fn value<'a>(entry: &'a Entry, property: &str) -> Option<&'a Scalar> {
    entry.row.value(USERS.of_property(property)?)
}

/// Whether a person is kept out.
pub fn is_locked(entry: &Entry) -> bool {
    value(entry, "status").and_then(Scalar::as_integer) == Some(INACTIVE)
}

/// The roles of the membership by their names: the parts of a composite one.
pub fn held_roles(entry: &Entry) -> Vec<String> {
    let tenant = value(entry, "tenantId").and_then(Scalar::as_text);
    let member = entry.account.as_ref().and_then(|it| it.membership.as_ref());
    match member.filter(|member| Some(member.tenant_id.as_str()) == tenant) {
        Some(member) if !member.role_parts.is_empty() => member.role_parts.clone(),
        _ => {
            let name = value(entry, "roleName").and_then(Scalar::as_text);
            name.map(str::to_owned).into_iter().collect()
        }
    }
}

/// A person, as the answers show one.
pub fn shown(entry: &Entry) -> Value {
    let claims = entry.account.as_ref().map(PersonClaims::of);
    let mut members = serde_json::Map::new();
    for (name, property) in MEMBERS {
        let shown = match value(entry, property) {
            Some(Scalar::Integer(time)) => json!(date(Timestamp::from_millis(*time))),
            Some(Scalar::Text(text)) => json!(text),
            None => Value::Null,
        };
        members.insert(name.to_owned(), shown);
    }
    if is_locked(entry) {
        let since = members.get("ModifiedDate").cloned();
        members.insert("LockedDate".to_owned(), since.unwrap_or_default());
    }
    if let Some(claims) = claims {
        members.insert("DisplayName".to_owned(), json!(claims.name));
        members.insert("Roles".to_owned(), json!(claims.roles));
        members.insert("Permissions".to_owned(), json!(claims.perms));
    }
    Value::Object(members)
}

/// A refusal of LoopBack's bodies and filters, in the names of this surface.
pub fn refused(failure: LoopbackFailure) -> ServiceStackFailure {
    match failure {
        LoopbackFailure::Common(error) => error.into(),
        LoopbackFailure::InvalidBody(details) => {
            let errors = details.into_iter().map(|detail| {
                let property = detail.path.trim_start_matches('/');
                let named = MEMBERS.iter().find(|(_, other)| *other == property);
                FieldError {
                    error_code: detail.code,
                    field_name: named.map_or(property, |(name, _)| name).to_owned(),
                    message: detail.message,
                }
            });
            ServiceStackFailure::Invalid(errors.collect())
        }
        LoopbackFailure::InvalidParameter(_) | LoopbackFailure::NoEntity => {
            ErrorKind::BadRequest("Query, Skip, Take or OrderBy cannot be read".to_owned()).into()
        }
    }
}
