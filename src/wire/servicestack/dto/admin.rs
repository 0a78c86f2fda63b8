//! What the DTOs of administrators are asked with, and what they are answered with.

use serde_json::{Map, Value, json};

use super::response::{Record, ResponseStatus, status};
use crate::auth::secret::Secret;
use crate::wire::servicestack::admin::AdminDto;
use crate::wire::servicestack::bind::{BoundMembers, Request};

impl AdminDto {
    /// An answer.
    pub fn record<const N: usize>(self, members: [(&str, Value); N]) -> Record {
        Record::new(self.response(), members)
    }

    /// A failure.
    pub fn failed(self, response_status: &ResponseStatus) -> Record {
        self.record([("responseStatus", status(Some(response_status)))])
    }
}

/// What any of them is asked with.
#[derive(Debug, Clone, Default)]
pub struct AdminRequest {
    /// The person.
    pub id: Option<String>,
    /// What is searched for.
    pub query: Option<String>,
    /// The member that a page is sorted by, after a `-` or before ` DESC` from its end.
    pub order_by: Option<String>,
    /// How many are left out first.
    pub skip: Option<i64>,
    /// How many are answered at most.
    pub take: Option<i64>,
    /// Members of the person that are texts, by their names in LoopBack's bodies; an empty text is none.
    pub person: Map<String, Value>,
    /// What to call a person who has no first name.
    pub display_name: Option<String>,
    /// A password.
    pub password: Option<Secret>,
    /// Whether the person is kept out from now on, or let in again.
    pub locked: Option<bool>,
    /// Whether a time is named at which a lock ends, which none does here.
    pub has_lock_end: bool,
    /// Roles of a new person, or that are given.
    pub add_roles: Vec<String>,
    /// Roles that are taken away.
    pub remove_roles: Vec<String>,
    /// Permissions of a new person, or that are given.
    pub add_permissions: Vec<String>,
    /// Permissions that are taken away.
    pub remove_permissions: Vec<String>,
}

/// Texts of a person: their names here, and in LoopBack's bodies.
const TEXTS: [(&str, &str); 6] = [
    ("UserName", "username"),
    ("FirstName", "firstName"),
    ("LastName", "lastName"),
    ("Email", "email"),
    ("ProfileUrl", "photoUrl"),
    ("PhoneNumber", "phone"),
];

impl Request for AdminRequest {
    const NAME: &'static str = "AdminUser";
    const MEMBERS: &'static [&'static str] = &[
        "Id",
        "Query",
        "OrderBy",
        "Skip",
        "Take",
        "UserName",
        "FirstName",
        "LastName",
        "DisplayName",
        "Email",
        "ProfileUrl",
        "PhoneNumber",
        "Password",
        "LockUser",
        "UnlockUser",
        "LockUserUntil",
        "Roles",
        "Permissions",
        "AddRoles",
        "RemoveRoles",
        "AddPermissions",
        "RemovePermissions",
    ];

    fn bind(fields: &mut BoundMembers) -> Self {
        let mut person = Map::new();
        for (member, property) in TEXTS {
            if let Some(text) = fields.text(member).filter(|text| !text.is_empty()) {
                person.insert(property.to_owned(), json!(text));
            }
        }
        let lock = fields.flag("LockUser") == Some(true);
        let unlock = fields.flag("UnlockUser") == Some(true);
        let mut lists = |one, other| {
            let mut list = fields.list(one);
            list.extend(fields.list(other));
            list
        };
        Self {
            add_roles: lists("Roles", "AddRoles"),
            add_permissions: lists("Permissions", "AddPermissions"),
            remove_roles: fields.list("RemoveRoles"),
            remove_permissions: fields.list("RemovePermissions"),
            id: fields.text("Id"),
            query: fields.text("Query").filter(|text| !text.is_empty()),
            order_by: fields.text("OrderBy").filter(|text| !text.is_empty()),
            skip: fields.number("Skip"),
            take: fields.number("Take"),
            person,
            display_name: fields.text("DisplayName").filter(|text| !text.is_empty()),
            password: fields.secret("Password").filter(|text| !text.is_empty()),
            locked: (lock || unlock).then_some(lock),
            has_lock_end: fields.text("LockUserUntil").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Incoming, Method};
    use crate::wire::servicestack::bind;
    use crate::wire::servicestack::failure::ServiceStackFailure;
    use crate::wire::servicestack::recognise::recognise;

    fn bound(
        query: &str,
        content_type: &str,
        body: &str,
    ) -> Result<AdminRequest, ServiceStackFailure> {
        // Below /api bodies are JSON.
        let format = match content_type {
            "text/jsv" => "jsv",
            "text/csv" => "csv",
            "text/xml" => "xml",
            _ => "json",
        };
        let path = format!("/{format}/reply/AdminUpdateUser");
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let body = Body::Bytes(body.into());
        let incoming = Incoming::new(Method::Post, &path, query, headers, body);
        bind::one(&incoming, &recognise(&incoming).unwrap())
    }

    #[test]
    fn lists_bind_alike_in_every_format() {
        for (query, content_type, body) in [
            (
                "",
                "application/json",
                r#"{"id":"1","addRoles":["A","b c"],"skip":7}"#,
            ),
            ("", "text/jsv", "{id:1,addRoles:[A,b c],skip:7}"),
            (
                "",
                "application/x-www-form-urlencoded",
                "id=1&addRoles=A,b+c&skip=7",
            ),
            ("id=1&addRoles=[A,b+c]&skip=7", "application/json", ""),
            ("", "text/csv", "id,addRoles,skip\n1,\"[A,b c]\",7"),
            (
                "",
                "text/xml",
                "<X><Id>1</Id><AddRoles><string>A</string><string>b c</string></AddRoles><Skip>7</Skip></X>",
            ),
        ] {
            let dto = bound(query, content_type, body).unwrap();
            assert_eq!(dto.add_roles, ["A", "b c"], "{query}{body}");
            assert_eq!(
                (dto.id.as_deref(), dto.skip),
                (Some("1"), Some(7)),
                "{query}{body}"
            );
        }
    }

    #[test]
    fn what_is_no_list_and_no_number_is_refused_by_name() {
        let failure = bound(
            "",
            "application/json",
            r#"{"addRoles":{"a":1},"take":"many"}"#,
        );
        let failure = failure.err().unwrap();
        let names: Vec<_> = failure
            .errors()
            .into_iter()
            .map(|it| it.field_name)
            .collect();
        assert_eq!(names, ["AddRoles", "Take"]);
        assert_eq!(failure.message(), "Unable to bind to request 'AdminUser'");
    }

    #[test]
    fn a_person_is_told_in_loopbacks_names_and_a_password_is_never_printed() {
        let body = r#"{"userName":"u","phoneNumber":"1","lastName":"","password":"hunter2","lockUser":true}"#;
        let dto = bound("", "application/json", body).unwrap();
        assert_eq!(
            Value::Object(dto.person.clone()),
            json!({ "username": "u", "phone": "1" })
        );
        assert_eq!(dto.locked, Some(true));
        assert!(!format!("{dto:?}").contains("hunter2"));
    }
}
