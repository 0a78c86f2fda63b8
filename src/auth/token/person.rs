//! The claims by which ServiceStack's services know the user, and what they are allowed.

use serde::Serialize;

use crate::auth::account::{ADMINISTER, Account};

/// ServiceStack's superuser: `[RequiredRole]` passes for it with any role.
const SUPERUSER: &str = "Admin";

/// What ServiceStack's JWT reader takes from a token, besides `sub` and `email`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonClaims {
    /// Given and family name, or the username where there is neither.
    pub name: String,
    /// As the user spells it.
    pub preferred_username: String,
    /// Given name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub given_name: String,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The membership's role, and `Admin` for administrators.
    pub roles: Vec<String>,
    /// Effective permissions.
    pub perms: Vec<String>,
}

impl PersonClaims {
    /// What they are for an account now.
    pub fn of(account: &Account) -> Self {
        Self {
            name: display_name(account),
            preferred_username: account.username.clone(),
            given_name: account.first_name.clone(),
            family_name: account.last_name.clone().filter(|name| !name.is_empty()),
            roles: roles(account),
            perms: account.permissions().to_vec(),
        }
    }
}

fn display_name(account: &Account) -> String {
    let names = [Some(&account.first_name), account.last_name.as_ref()];
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        account.username.clone()
    } else {
        names.join(" ")
    }
}

/// The name of the membership's role, or of its parts where it is composite, and `Admin` besides for
/// accounts that hold [`ADMINISTER`].
///
/// `Admin` is the permission's, not the name's: ServiceStack's services let it do everything, so a
/// role that is merely called so is left out.
fn roles(account: &Account) -> Vec<String> {
    let names = match &account.membership {
        None => &[],
        Some(member) if member.role_parts.is_empty() => std::slice::from_ref(&member.role_name),
        Some(member) => member.role_parts.as_slice(),
    };
    let is_named =
        |name: &&String| !name.trim().is_empty() && !name.trim().eq_ignore_ascii_case(SUPERUSER);
    let superuser = account.holds(ADMINISTER).then(|| SUPERUSER.to_owned());
    names
        .iter()
        .filter(is_named)
        .cloned()
        .chain(superuser)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::account::example::account;

    fn member(role_name: &str, permissions: &[&str]) -> Account {
        let mut account = account(1, &[1]);
        if let Some(membership) = &mut account.membership {
            membership.role_name = role_name.to_owned();
            membership.permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        }
        account
    }

    #[test]
    fn roles_are_the_memberships_role_and_admin_for_administrators() {
        let roles = |name, permissions: &[&str]| PersonClaims::of(&member(name, permissions)).roles;
        assert_eq!(roles("Member", &["ViewOwnUser"]), ["Member"]);
        assert_eq!(
            roles("Administrator", &["NotAllowed"]),
            ["Administrator", "Admin"]
        );
        assert_eq!(roles("Member", &["NotAllowed"]), ["Member", "Admin"]);
        assert_eq!(roles(" ", &[]), [""; 0]);
        let mut nobody = member("Member", &["NotAllowed"]);
        nobody.membership = None;
        assert_eq!(PersonClaims::of(&nobody).roles, [""; 0]);
    }

    #[test]
    fn a_composite_role_is_told_by_its_parts() {
        let mut composite = member("Editor, Admin, Viewer", &[]);
        if let Some(membership) = &mut composite.membership {
            membership.role_parts = ["Editor", "Admin", "Viewer"].map(str::to_owned).into();
        }
        assert_eq!(PersonClaims::of(&composite).roles, ["Editor", "Viewer"]);
    }

    #[test]
    fn a_role_that_is_called_admin_is_no_superuser() {
        for name in ["Admin", "admin", "ADMIN", " Admin ", "Admin\t"] {
            assert_eq!(
                PersonClaims::of(&member(name, &["Other"])).roles,
                [""; 0],
                "{name}"
            );
            let administrator = member(name, &["NotAllowed"]);
            assert_eq!(PersonClaims::of(&administrator).roles, ["Admin"], "{name}");
        }
    }

    #[test]
    fn a_person_is_called_by_both_names_by_one_or_by_the_username() {
        let name = |first: &str, last: Option<&str>| {
            let mut account = account(1, &[1]);
            account.first_name = first.to_owned();
            account.last_name = last.map(str::to_owned);
            PersonClaims::of(&account).name
        };
        assert_eq!(name("Ann", Some("Lee")), "Ann Lee");
        assert_eq!(name("Ann", Some("")), "Ann");
        assert_eq!(name("", Some("Lee")), "Lee");
        assert_eq!(name("", None), "demo");
    }
}
