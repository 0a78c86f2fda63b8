//! How often codes may be guessed: those of authenticator apps and those that are mailed.
//!
//! A code of six digits, of which three are good at a time, is guessed by three tries in a million.
//! So a hundred guesses, over all challenges of an account, are the most there ever are.
//! `store::code_guesses` counts in SQL what this says.

use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};

/// The tries of one challenge, whatever is tried.
pub const TRIES: u32 = 5;
/// Wrong codes in a row before the first pause.
pub const BEFORE_PAUSE: u32 = 10;
/// Wrong codes in a row after which codes are closed until the user is proven another way.
pub const BEFORE_CLOSING: u32 = 100;
/// The wrong code at which the owner is written to: whoever sends it has the first factor.
pub const WARNING: u32 = 5;
/// The first pause. Each further wrong code doubles it.
pub const FIRST_PAUSE: Seconds = Seconds::new(900);
/// The longest pause.
pub const LONGEST_PAUSE: Seconds = Seconds::DAY;

/// The wrong codes of an account in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CodeGuesses {
    /// How many.
    pub failures: u32,
    /// Until when no code is tried.
    pub paused_until: Timestamp,
}

impl CodeGuesses {
    /// Lets a code be tried, or says how long to wait (429).
    ///
    /// Codes that are closed for good say a day: what opens them is no waiting.
    pub fn allow(self, now: Timestamp) -> Result<(), Error> {
        if self.is_closed() {
            return Err(ErrorKind::TooMany(seconds(LONGEST_PAUSE)).into());
        }
        if now < self.paused_until {
            let wait = self.paused_until.duration_since(now).as_secs().max(1);
            return Err(ErrorKind::TooMany(u32::try_from(wait).unwrap_or(u32::MAX)).into());
        }
        Ok(())
    }

    /// Whether only a passkey, a recovery code or an administrator opens codes again.
    pub const fn is_closed(self) -> bool {
        self.failures >= BEFORE_CLOSING
    }

    /// Whether the last wrong code is the one at which the owner is written to.
    pub const fn warns(self) -> bool {
        self.failures == WARNING
    }
}

fn seconds(span: Seconds) -> u32 {
    u32::try_from(span.get()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_hundred_wrong_codes_close_codes_for_good() {
        let closed = CodeGuesses {
            failures: BEFORE_CLOSING,
            paused_until: NOW,
        };
        assert_eq!(
            closed.allow(NOW + Seconds::DAY),
            Err(ErrorKind::TooMany(86_400).into())
        );
        let open = CodeGuesses {
            failures: BEFORE_CLOSING - 1,
            ..closed
        };
        assert_eq!(open.allow(NOW), Ok(()));
    }

    #[test]
    fn a_pause_tells_how_long_it_lasts_and_ends() {
        let paused = CodeGuesses {
            failures: 10,
            paused_until: NOW + Seconds::new(900),
        };
        assert_eq!(paused.allow(NOW), Err(ErrorKind::TooMany(900).into()));
        assert_eq!(
            paused.allow(NOW + Seconds::new(899)),
            Err(ErrorKind::TooMany(1).into())
        );
        assert_eq!(paused.allow(NOW + Seconds::new(900)), Ok(()));
    }
}
