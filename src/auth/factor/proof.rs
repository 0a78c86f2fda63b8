//! A factor that has been proven, and what then rests on it.

use super::kind::Method;
use crate::auth::assurance::{Aal, Assurance};
use crate::auth::id::{FactorId, UserId};
use crate::auth::time::{Seconds, Timestamp};
use crate::auth::webauthn::VerifiedAssertion;

/// Longer than any code or challenge is good.
const REMEMBERED: Seconds = Seconds::HOUR;

/// A proven factor. It has been verified, and is spent by what it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorProof {
    /// A code of an authenticator app.
    Totp {
        /// The app.
        factor: FactorId,
        /// The step of the code.
        step: i64,
    },
    /// A passkey, which has verified its user.
    Passkey {
        /// The passkey.
        factor: FactorId,
        /// Digest of the ceremony's challenge.
        challenge: String,
        /// What the record is to remember.
        assertion: VerifiedAssertion,
    },
    /// A recovery code.
    Recovery {
        /// What of it may be stored, as JSON.
        digests: String,
    },
}

impl FactorProof {
    /// What is spent: no two proofs share one, and none is used twice.
    pub fn key(&self, user_id: &UserId) -> String {
        match self {
            Self::Totp { factor, step } => format!("totp:{factor}:{step}"),
            Self::Passkey { challenge, .. } => format!("challenge:{challenge}"),
            Self::Recovery { digests } => format!("recovery:{user_id}:{digests}"),
        }
    }

    /// Until when it is remembered as spent; after that it proves nothing anyway.
    pub fn remembered_until(&self, now: Timestamp) -> Timestamp {
        now + REMEMBERED
    }

    /// What was proven.
    pub const fn method(&self) -> Method {
        match self {
            Self::Totp { .. } => Method::Totp,
            Self::Passkey { .. } => Method::Passkey,
            Self::Recovery { .. } => Method::Recovery,
        }
    }

    /// The factor, which what rests on the proof ends with. A recovery code is none.
    pub const fn factor(&self) -> Option<&FactorId> {
        match self {
            Self::Totp { factor, .. } | Self::Passkey { factor, .. } => Some(factor),
            Self::Recovery { .. } => None,
        }
    }

    /// What a sign-in or session rests on once this is proven besides what it rested on before. A
    /// passkey has proven two factors by itself.
    pub fn raise(&self, before: &str, now: Timestamp) -> Assurance {
        let mut amr: Vec<&str> = before.split_whitespace().collect();
        for value in self.amr() {
            if !amr.contains(value) {
                amr.push(value);
            }
        }
        Assurance {
            aal: Aal::Two,
            amr: amr.join(" "),
            auth_time: now,
        }
    }

    /// RFC 8176. A key that may be on several devices is one in software; no value fits a recovery code.
    const fn amr(&self) -> &'static [&'static str] {
        match self {
            Self::Totp { .. } => &["otp", "mfa"],
            Self::Passkey { assertion, .. } if assertion.backup_eligible => &["swk", "user", "mfa"],
            Self::Passkey { .. } => &["hwk", "user", "mfa"],
            Self::Recovery { .. } => &["mfa"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passkey(backup_eligible: bool) -> FactorProof {
        FactorProof::Passkey {
            factor: FactorId::new("f"),
            challenge: "c".to_owned(),
            assertion: VerifiedAssertion {
                sign_count: 1,
                backed_up: false,
                backup_eligible,
                counter_regressed: false,
                backup_lost: false,
            },
        }
    }

    #[test]
    fn a_proof_says_what_was_proven_besides_what_was_before() {
        let now = Timestamp::from_millis(5);
        let totp = FactorProof::Totp {
            factor: FactorId::new("f"),
            step: 7,
        };
        let recovery = FactorProof::Recovery {
            digests: "[\"d\"]".to_owned(),
        };
        let amr = |proof: &FactorProof, before| proof.raise(before, now).amr;
        assert_eq!(amr(&totp, "pwd"), "pwd otp mfa");
        assert_eq!(amr(&totp, "pwd otp mfa"), "pwd otp mfa");
        assert_eq!(amr(&passkey(false), ""), "hwk user mfa");
        assert_eq!(amr(&passkey(true), "pwd"), "pwd swk user mfa");
        assert_eq!(amr(&recovery, "pwd"), "pwd mfa");
        assert_eq!(recovery.raise("", now).aal, Aal::Two);
        assert_eq!(recovery.factor(), None);
    }

    #[test]
    fn no_two_proofs_share_what_is_spent() {
        let user = UserId::new("u");
        let step = |step| FactorProof::Totp {
            factor: FactorId::new("f"),
            step,
        };
        assert_ne!(step(1).key(&user), step(2).key(&user));
        assert_ne!(passkey(true).key(&user), step(1).key(&user));
    }
}
