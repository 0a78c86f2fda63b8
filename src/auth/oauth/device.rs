//! The device grant (RFC 8628): what a device asks for, and what it is told while it waits.

use super::failure::{ErrorCode, Failure};
use super::scope::Scope;
use crate::auth::time::{Seconds, Timestamp};

/// How long a device may wait for its user.
pub const LIFETIME: Seconds = Seconds::new(600);
/// How long it waits between two questions, at first.
pub const INTERVAL: Seconds = Seconds::new(5);

/// What a device asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// What it is granted of what it asked for.
    pub scope: Scope,
    /// The audience of its access tokens.
    pub audience: Vec<String>,
}

/// A device code as its row is, at the moment of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// Whether the user has let the device in.
    pub approved: bool,
    /// Whether the user has refused it.
    pub denied: bool,
    /// Whether it has led to tokens.
    pub taken: bool,
    /// Its end.
    pub expires_on: Timestamp,
    /// When the device last asked.
    pub polled_on: Option<Timestamp>,
    /// How long it has to wait between two questions.
    pub interval: Seconds,
}

impl DeviceState {
    /// Whether the device gets its tokens, or why not (§3.5).
    ///
    /// `store::device_codes` does in SQL what this says, in the same batch that read the state.
    ///
    /// # Errors
    ///
    /// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`.
    pub fn judge(&self, now: Timestamp) -> Result<(), Failure> {
        let early = self
            .polled_on
            .is_some_and(|last| now < last + self.interval);
        if self.taken {
            Err(Failure::invalid_grant())
        } else if self.denied {
            Err(Failure::new(
                ErrorCode::AccessDenied,
                "the user has refused",
            ))
        } else if now >= self.expires_on {
            Err(Failure::new(
                ErrorCode::ExpiredToken,
                "the device code has expired",
            ))
        } else if early {
            Err(Failure::new(
                ErrorCode::SlowDown,
                "the device asks too often",
            ))
        } else if !self.approved {
            Err(Failure::new(
                ErrorCode::AuthorizationPending,
                "the user has not decided yet",
            ))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_what_it_waits_for() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let waiting = DeviceState {
            approved: false,
            denied: false,
            taken: false,
            expires_on: now + LIFETIME,
            polled_on: None,
            interval: INTERVAL,
        };
        let told = |state: DeviceState, now| state.judge(now).err().map(|failure| failure.code);
        assert_eq!(
            told(waiting.clone(), now),
            Some(ErrorCode::AuthorizationPending)
        );
        let approved = DeviceState {
            approved: true,
            ..waiting.clone()
        };
        assert_eq!(told(approved.clone(), now), None);
        let asked = DeviceState {
            polled_on: Some(now),
            ..approved.clone()
        };
        assert_eq!(
            told(asked.clone(), now + Seconds::new(4)),
            Some(ErrorCode::SlowDown)
        );
        assert_eq!(told(asked, now + INTERVAL), None);
        assert_eq!(
            told(approved.clone(), now + LIFETIME),
            Some(ErrorCode::ExpiredToken)
        );
        let denied = DeviceState {
            denied: true,
            ..waiting
        };
        assert_eq!(told(denied, now), Some(ErrorCode::AccessDenied));
        let taken = DeviceState {
            taken: true,
            ..approved
        };
        assert_eq!(told(taken, now), Some(ErrorCode::InvalidGrant));
    }
}
