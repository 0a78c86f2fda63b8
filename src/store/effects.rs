//! What a sign-in brings about besides what it opens.

use super::query::Query;
use crate::auth::id::AttemptId;

/// What goes first in the batch that opens something for an authenticated user: counters are cleared,
/// the device becomes a known one, an OTP is consumed.
#[derive(Default)]
pub struct SignInEffects {
    /// In the order in which they run.
    pub queries: Vec<Query<()>>,
    /// The attempt that must have consumed an OTP, if the sign-in rests on one.
    pub otp_attempt: Option<AttemptId>,
}

/// The condition that the OTP of [`SignInEffects::otp_attempt`], a parameter, was consumed.
macro_rules! otp_was_consumed {
    ($parameter:literal) => {
        concat!(
            "(",
            $parameter,
            " is null or exists (select 1 from otps where taken_by = ",
            $parameter,
            "))"
        )
    };
}
pub(super) use otp_was_consumed;
