//! What a sign-in brings about besides what it opens.

use super::query::Query;
use crate::auth::id::AttemptId;
use crate::auth::time::Timestamp;

/// What goes first in the batch that opens something for an authenticated user: counters are cleared,
/// the device becomes a known one, an OTP is consumed.
#[derive(Default)]
pub struct SignInEffects {
    /// In the order in which they run.
    pub queries: Vec<Query<()>>,
    /// The attempt that must have consumed an OTP or spent a passkey's challenge, if the sign-in rests on
    /// one.
    pub otp_attempt: Option<AttemptId>,
}

/// The password that must still be the user's for an authentication to open something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordPrecondition {
    /// The one that was set then; none, if there was none.
    SetAt(Option<Timestamp>),
    /// Any: the authentication does not rest on the password.
    None,
}

impl PasswordPrecondition {
    /// When the password was set.
    pub const fn set_at(self) -> Option<Timestamp> {
        match self {
            Self::SetAt(changed_on) => changed_on,
            Self::None => None,
        }
    }

    /// Whether any password will do.
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }
}

/// The condition that what the sign-in rests on was consumed by [`SignInEffects::otp_attempt`], a
/// parameter.
macro_rules! otp_was_consumed {
    ($parameter:literal) => {
        concat!(
            "(",
            $parameter,
            " is null or exists (select 1 from otps where taken_by = ",
            $parameter,
            ") or exists (select 1 from spent_proofs where attempt = ",
            $parameter,
            "))"
        )
    };
}
pub(super) use otp_was_consumed;
