//! People who are moved in by the API: what a line tells, and what becomes of it.

use super::profile::Profile;

/// A person as a line tells of them, held to the limits of this service.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ImportedPerson {
    /// The person's id there.
    pub id: Option<String>,
    /// As it is written.
    pub username: String,
    /// The same, folded.
    pub username_key: String,
    /// Where messages go.
    pub email: Option<String>,
    /// The same, folded.
    pub email_key: Option<String>,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// Names and the like.
    pub profile: Profile,
    /// `user_tenants.status`
    pub status: i64,
    /// The password's hash as it is stored.
    pub password: Option<String>,
    /// Whether the line brings a hash or a second factor's secret, of whatever kind.
    pub brings_secrets: bool,
    /// The tenant's name or id.
    pub tenant: Option<String>,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Public names of clients.
    pub clients: Option<Vec<String>>,
    /// What of the line does not come in.
    pub left_out: Vec<&'static str>,
}

/// Why a line does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotImported {
    /// It is not what it should be; the reason says nothing of the text.
    Invalid(&'static str),
    /// The bearer may not do this.
    NotAllowed,
    /// There is no such tenant.
    NoTenant,
    /// There is no such role.
    NoRole,
    /// The username or address is another person's.
    Taken,
    /// The person was here, and is deleted or erased.
    Gone,
}

/// A person who is here, after an import.
#[derive(Debug, PartialEq, Eq)]
pub struct Imported {
    /// Their id.
    pub id: String,
    /// Whether the import brought them in.
    pub is_new: bool,
    /// What of the line did not come in.
    pub left_out: Vec<&'static str>,
}

/// What became of a line, by its number.
pub type LineOutcome = (usize, Result<Imported, NotImported>);

/// How a line is read.
pub type ReadLine = fn(&str) -> Result<ImportedPerson, NotImported>;
