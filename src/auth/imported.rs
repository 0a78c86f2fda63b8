//! A person who is moved in.

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
