//! What of people who are imported goes into statements, as lists of JSON.

use serde_json::{Value as Json, json};

use crate::auth::id::ClientNumber;
use crate::auth::imported::ImportedPerson;

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
    /// The role's place in a list of JSON.
    pub fn row(&self) -> Json {
        let includes = json!(self.names).to_string();
        let name = self.names.join(", ");
        json!([self.id, name, self.parts, self.tenant_id, includes])
    }
}
