//! What a user may say of itself at sign-up.

use serde::{Deserialize, Serialize};

/// The most characters of a field.
pub const LONGEST_FIELD: usize = 200;

/// A new user's own words: the fields that may be given, all optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// `M`, `F` or `O`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Date of birth, ISO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<String>,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

impl Profile {
    /// Whether it has no name at all.
    pub const fn is_nameless(&self) -> bool {
        self.first_name.is_none() && self.middle_name.is_none() && self.last_name.is_none()
    }

    /// This profile, with the gaps filled from what an inviter said. The inviter is a stranger: a
    /// telephone number of theirs is never the account's.
    #[must_use]
    pub fn or_invited_as(self, inviter: Self) -> Self {
        Self {
            first_name: self.first_name.or(inviter.first_name),
            middle_name: self.middle_name.or(inviter.middle_name),
            last_name: self.last_name.or(inviter.last_name),
            phone: self.phone,
            gender: self.gender.or(inviter.gender),
            dob: self.dob.or(inviter.dob),
            locale: self.locale.or(inviter.locale),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inviter_fills_gaps_but_never_the_phone() {
        let profile = |first: Option<&str>, last: Option<&str>, phone: Option<&str>| Profile {
            first_name: first.map(str::to_owned),
            last_name: last.map(str::to_owned),
            phone: phone.map(str::to_owned),
            ..Profile::default()
        };
        let inviter = || profile(Some("B"), Some("C"), Some("+1"));
        for (invited, made) in [
            (
                profile(Some("A"), None, Some("+2")),
                profile(Some("A"), Some("C"), Some("+2")),
            ),
            (
                profile(Some("A"), None, None),
                profile(Some("A"), Some("C"), None),
            ),
        ] {
            assert_eq!(invited.or_invited_as(inviter()), made);
        }
    }
}
