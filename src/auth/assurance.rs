//! How surely a user has been authenticated, and when (NIST SP 800-63B §4).

use super::time::{Seconds, Timestamp};

/// How long after an authentication it is a fresh proof, for what needs one.
pub const FRESH: Seconds = Seconds::MINUTE.times(5);

/// An authentication assurance level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aal {
    /// One factor.
    #[default]
    One,
    /// Two factors.
    Two,
}

impl Aal {
    /// The number that is stored; an unknown one is the lowest.
    pub const fn from_number(number: i64) -> Self {
        if number == 2 { Self::Two } else { Self::One }
    }

    /// The level's name, as `acr` and `acr_values` have it.
    pub const fn acr(self) -> &'static str {
        match self {
            Self::One => "aal1",
            Self::Two => "aal2",
        }
    }

    /// The level that a value of `acr_values` names; nothing where it is none of ours.
    pub fn from_acr(acr: &str) -> Option<Self> {
        [Self::One, Self::Two]
            .into_iter()
            .find(|level| level.acr() == acr)
    }

    /// The number that is stored.
    pub const fn number(self) -> i64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// What a session, a browser or a code rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assurance {
    /// The level.
    pub aal: Aal,
    /// Authentication method references (RFC 8176), with a space between them; empty where none fits.
    pub amr: String,
    /// When the user was last authenticated (`auth_time` of OpenID Connect Core §2).
    pub auth_time: Timestamp,
}

impl Assurance {
    /// Of one factor, now.
    pub fn single_factor(amr: &str, now: Timestamp) -> Self {
        Self {
            aal: Aal::One,
            amr: amr.to_owned(),
            auth_time: now,
        }
    }

    /// Whether it is a fresh proof.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.auth_time + FRESH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_fresh_for_five_minutes() {
        let start = Timestamp::from_millis(1_000);
        let proof = Assurance::single_factor("pwd", start);
        assert!(proof.is_fresh(start));
        assert!(proof.is_fresh(Timestamp::from_millis(300_999)));
        assert!(!proof.is_fresh(Timestamp::from_millis(301_000)));
    }

    #[test]
    fn levels_are_stored_as_their_numbers_and_compare() {
        for level in [Aal::One, Aal::Two] {
            assert_eq!(Aal::from_number(level.number()), level);
            assert_eq!(Aal::from_acr(level.acr()), Some(level));
        }
        assert!(Aal::One < Aal::Two);
        assert_eq!(Aal::from_number(7), Aal::One);
        assert_eq!(Aal::from_acr("gold"), None);
    }
}
