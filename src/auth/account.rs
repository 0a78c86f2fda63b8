//! An account: a person here, with the membership, role and permissions that hold right now.

use super::client::AuthClient;
use super::secret::digest;
use super::text::nfkc;
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::time::{Timestamp, calendar_day};
use crate::error::{Error, ErrorKind, Reason};

/// The permission of administrators, by the original's name for it.
pub const ADMINISTER: &str = "NotAllowed";

/// `user_tenants.status` of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Has registered, and waits to be let in.
    Registered,
    /// May come in.
    Active,
    /// May not come in any more.
    Inactive,
    /// May come in, and is to choose a new password.
    PasswordChangeNeeded,
    /// Was never let in.
    Rejected,
}

impl Status {
    /// Reads the number that is stored; an unknown one refuses, as inactive does.
    pub const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Registered,
            1 => Self::Active,
            3 => Self::PasswordChangeNeeded,
            4 => Self::Rejected,
            _ => Self::Inactive,
        }
    }
}

/// A person here. Dates and times as stored; see the `accounts` view.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// UUID.
    pub id: UserId,
    /// As the user spells it.
    pub username: String,
    /// Where messages go, if anywhere.
    pub email: Option<String>,
    /// Whether the user has proven that address.
    pub email_verified: bool,
    /// Given name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// `M`, `F` or `O`.
    pub gender: Option<String>,
    /// Date of birth, ISO.
    pub dob: Option<String>,
    /// Epoch milliseconds of the last sign-in.
    pub last_login: Option<Timestamp>,
    /// The tenant the user belongs to.
    pub default_tenant_id: Option<String>,
    /// The membership there, if there is one.
    pub membership: Option<Membership>,
    /// Numbers of the clients the user may sign in to.
    pub client_ids: Vec<ClientNumber>,
    /// Locale of the membership or its tenant.
    pub locale: Option<String>,
}

/// A user's membership of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// UUID.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The status of the membership, as the original numbers it.
    pub status: i64,
    /// Whether tenant and role are in effect.
    pub is_effective: bool,
    /// The role's name.
    pub role_name: String,
    /// The names of the roles that make up a composite one.
    pub role_parts: Vec<String>,
    /// `role_type`.
    pub role_type: i64,
    /// Effective permissions.
    pub permissions: Vec<String>,
}

/// Why an account is not admitted to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// The account has no membership that is effective and active.
    #[error("the account has no active membership")]
    NoMembership,
    /// The account belongs to no client.
    #[error("the account belongs to no client")]
    NoClient,
    /// The account belongs to other clients.
    #[error("the account does not belong to the client")]
    OtherClient,
    /// The account has registered and has not been activated.
    #[error("the account is not active yet")]
    Registered,
}

impl NotAdmitted {
    /// The reason that the caller learns. An account without a membership has that of a wrong password;
    /// the others may differ, since only a caller who knows the password learns them.
    pub const fn reason(self) -> Reason {
        match self {
            Self::NoMembership => Reason::InvalidCredentials,
            Self::NoClient => Reason::ClientUserMissing,
            Self::OtherClient => Reason::ClientInvalid,
            Self::Registered => Reason::UserNotActive,
        }
    }
}

/// At a sign-in.
impl From<NotAdmitted> for Error {
    fn from(refusal: NotAdmitted) -> Self {
        match refusal {
            NotAdmitted::NoMembership => ErrorKind::Unauthenticated(refusal.reason()).into(),
            _ => ErrorKind::Rejected(refusal.reason()).into(),
        }
    }
}

impl Account {
    /// Admits an account whose password, OTP or identity is proven to a client.
    pub fn admit(&self, client: &AuthClient) -> Result<(), NotAdmitted> {
        match self.status() {
            None | Some(Status::Inactive | Status::Rejected) => Err(NotAdmitted::NoMembership),
            Some(_) if self.client_ids.is_empty() => Err(NotAdmitted::NoClient),
            Some(_) if !self.client_ids.contains(&client.id) => Err(NotAdmitted::OtherClient),
            Some(Status::Registered) => Err(NotAdmitted::Registered),
            Some(Status::Active | Status::PasswordChangeNeeded) => Ok(()),
        }
    }

    /// Admits an account to a client, or to the pages of this service itself where no client has asked.
    pub fn admit_to(&self, client: Option<&AuthClient>) -> Result<(), NotAdmitted> {
        if let Some(client) = client {
            return self.admit(client);
        }
        match self.status() {
            None | Some(Status::Inactive | Status::Rejected) => Err(NotAdmitted::NoMembership),
            Some(Status::Registered) => Err(NotAdmitted::Registered),
            Some(Status::Active | Status::PasswordChangeNeeded) => Ok(()),
        }
    }

    /// The status of the membership, if that is in effect.
    pub fn status(&self) -> Option<Status> {
        let membership = self.membership.as_ref();
        membership
            .filter(|membership| membership.is_effective)
            .map(|membership| Status::from_number(membership.status))
    }

    /// Effective permissions; none without a membership.
    pub fn permissions(&self) -> &[String] {
        self.membership
            .as_ref()
            .map_or(&[], |membership| &membership.permissions)
    }

    /// Whether the person holds a permission.
    pub fn holds(&self, permission: &str) -> bool {
        self.permissions().iter().any(|held| held == permission)
    }

    /// Whole years since the date of birth, on the day of `now`.
    pub fn age(&self, now: Timestamp) -> Option<u32> {
        let born = calendar_day(self.dob.as_deref()?)?;
        let today = chrono::DateTime::from_timestamp_millis(now.millis())?.date_naive();
        today.years_since(born)
    }
}

/// The role's permissions, then what was granted or taken away for this member, in order.
pub fn effective_permissions(
    role: Vec<String>,
    changes: impl IntoIterator<Item = (String, bool)>,
) -> Vec<String> {
    let mut permissions = role;
    for (permission, allowed) in changes {
        let held = permissions.contains(&permission);
        if allowed && !held {
            permissions.push(permission);
        } else if !allowed && held {
            permissions.retain(|other| *other != permission);
        }
    }
    permissions
}

/// The most characters that a username or address has, as it is typed: those of a mailbox and of a
/// domain (RFC 5321 §4.5.3.1), and the @ between.
const LONGEST_NAME: usize = 320;

/// Whether a text has more characters than any name, so that no work is spent on its letters.
pub fn is_overlong(name: &str) -> bool {
    name.chars().nth(LONGEST_NAME).is_some()
}

/// Folds a username or address, so that one person cannot be written two ways.
///
/// A text that is too long for a name never names an account: it becomes its digest behind a tab,
/// with which no folded name begins.
pub fn canonical_name(name: &str) -> String {
    if is_overlong(name) {
        return format!("\t{}", digest(name));
    }
    // Lower case after NFKC can leave the composed form again; a second NFKC settles it.
    nfkc(&nfkc(name.trim()).to_lowercase()).trim().to_owned()
}

/// Accounts for tests.
#[cfg(test)]
pub mod example {
    use super::*;

    /// An account with a membership of a status and an allowance for clients.
    pub fn account(status: i64, client_ids: &[i64]) -> Account {
        Account {
            id: UserId::new("u"),
            username: "demo".to_owned(),
            email: None,
            email_verified: false,
            first_name: "Demo".to_owned(),
            middle_name: None,
            last_name: None,
            phone: None,
            gender: None,
            dob: Some("2000-02-29".to_owned()),
            last_login: None,
            default_tenant_id: None,
            membership: Some(Membership {
                id: "m".to_owned(),
                tenant_id: "t".to_owned(),
                status,
                is_effective: true,
                role_name: "Member".to_owned(),
                role_parts: Vec::new(),
                role_type: 1,
                permissions: vec![],
            }),
            client_ids: client_ids.iter().copied().map(ClientNumber::new).collect(),
            locale: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::example::account;
    use super::*;
    use crate::auth::id::ClientId;
    use crate::auth::time::Seconds;

    fn client() -> AuthClient {
        AuthClient {
            id: ClientNumber::new(1),
            client_id: ClientId::new("web"),
            is_public: false,
            client_secret_digest: String::new(),
            secret_digest: String::new(),
            redirect_url: None,
            access_token_expiration: Seconds::MINUTE,
            refresh_token_expiration: Seconds::DAY,
            auth_code_expiration: Seconds::MINUTE,
        }
    }

    #[test]
    fn an_account_is_admitted_to_its_clients_while_its_membership_is_active() {
        let refusal = |status, clients: &[i64]| account(status, clients).admit(&client()).err();
        assert_eq!(refusal(1, &[1]), None);
        assert_eq!(refusal(3, &[2, 1]), None);
        for (status, clients) in [(2, [].as_slice()), (4, &[1]), (9, &[1])] {
            assert_eq!(refusal(status, clients), Some(NotAdmitted::NoMembership));
        }
        assert_eq!(refusal(0, &[1]), Some(NotAdmitted::Registered));
        assert_eq!(refusal(1, &[]), Some(NotAdmitted::NoClient));
        assert_eq!(refusal(0, &[2]), Some(NotAdmitted::OtherClient));
        let mut homeless = account(1, &[1]);
        homeless.membership = None;
        assert_eq!(homeless.admit(&client()), Err(NotAdmitted::NoMembership));
        let mut suspended = account(1, &[1]);
        let membership = suspended.membership.as_mut();
        membership.unwrap().is_effective = false;
        assert_eq!(suspended.admit(&client()), Err(NotAdmitted::NoMembership));
    }

    #[test]
    fn an_account_without_membership_is_refused_as_a_wrong_password_is() {
        let wrong_password = ErrorKind::Unauthenticated(Reason::InvalidCredentials);
        assert_eq!(Error::from(NotAdmitted::NoMembership), wrong_password);
        for (refusal, reason) in [
            (NotAdmitted::NoClient, Reason::ClientUserMissing),
            (NotAdmitted::OtherClient, Reason::ClientInvalid),
            (NotAdmitted::Registered, Reason::UserNotActive),
        ] {
            assert_eq!(Error::from(refusal), ErrorKind::Rejected(reason));
        }
    }

    #[test]
    fn permissions_are_the_roles_with_the_members_changes() {
        let strings = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let changes = [("C", true), ("A", false), ("B", true), ("X", false)];
        let changes = changes.map(|(name, allowed)| (name.to_owned(), allowed));
        assert_eq!(
            effective_permissions(strings(&["A", "B"]), changes),
            strings(&["B", "C"])
        );
    }

    #[test]
    fn names_fold_beyond_ascii() {
        assert_eq!(
            canonical_name(" Ünïcode@EXAMPLE.com "),
            "ünïcode@example.com"
        );
        assert_eq!(canonical_name("ＤＥＭＯ"), "demo");
        assert_eq!(canonical_name("U\u{308}x"), canonical_name("Üx"));
        for name in ["İstanbul", "ﬁn", "ΑΣ", "ẞ", "\u{2126}"] {
            assert_eq!(
                canonical_name(&canonical_name(name)),
                canonical_name(name),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_too_long_for_anybody_stays_somebody_elses() {
        let long = "\u{fdfa}".repeat(LONGEST_NAME);
        assert!(!is_overlong(&long) && canonical_name(&long).len() > LONGEST_NAME);
        let longer = [format!("{long}a"), format!("{long}b"), "x".repeat(65_536)];
        for name in &longer {
            let folded = canonical_name(name);
            assert_eq!(folded.len(), "\t".len() + 43);
            assert!(folded.starts_with('\t') && canonical_name(&folded) != folded);
            assert_eq!(
                longer
                    .iter()
                    .filter(|other| canonical_name(other) == folded)
                    .count(),
                1
            );
        }
    }

    #[test]
    fn age_counts_whole_years() {
        let day = |text: &str| {
            chrono::DateTime::parse_from_rfc3339(text)
                .unwrap()
                .timestamp_millis()
        };
        assert_eq!(
            account(1, &[]).age(Timestamp::from_millis(day("2026-02-28T12:00:00Z"))),
            Some(25)
        );
        assert_eq!(
            account(1, &[]).age(Timestamp::from_millis(day("2026-03-01T00:00:00Z"))),
            Some(26)
        );
    }
}
