//! Which proof what a user changes of themselves needs: a fresh one of the strongest factor.

use super::kind::Factors;
use crate::auth::assurance::{Aal, Assurance, FRESH};
use crate::auth::time::Timestamp;
use crate::error::{Error, ErrorKind};

/// The level that a fresh proof of the user has: two where there is any factor, since then a password
/// alone proves too little.
pub const fn level(has_factor: bool) -> Aal {
    if has_factor { Aal::Two } else { Aal::One }
}

/// Lets through what rests on a fresh proof of the strongest factor that the user has, or asks for one
/// (RFC 9470 §3).
pub fn require(assurance: &Assurance, factors: &Factors, now: Timestamp) -> Result<(), Error> {
    require_own(Some(assurance), factors.any(), now)
}

/// The same of whoever may have no session, and so has proven nothing.
pub fn require_own(
    assurance: Option<&Assurance>,
    has_factor: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let level = level(has_factor);
    if assurance.is_some_and(|it| it.aal >= level && it.is_fresh(now)) {
        Ok(())
    } else {
        Err(step_up(level, true))
    }
}

/// What asks for a fresh proof.
pub fn wanted(factors: &Factors) -> Error {
    step_up(level(factors.any()), true)
}

/// Lets an administrator write: at level two, if there is a factor to reach it with; by a fresh proof
/// where it touches what others sign in with.
pub fn require_to_administer(
    assurance: &Assurance,
    has_factor: bool,
    is_sensitive: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let reached = assurance.aal == Aal::Two && (!is_sensitive || assurance.is_fresh(now));
    if reached || !has_factor {
        Ok(())
    } else {
        Err(step_up(Aal::Two, is_sensitive))
    }
}

fn step_up(level: Aal, is_fresh: bool) -> Error {
    let max_age = u32::try_from(FRESH.get()).unwrap_or(u32::MAX);
    ErrorKind::StepUp {
        acr: level.acr(),
        max_age: is_fresh.then_some(max_age),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::time::Seconds;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn assurance(aal: Aal, seconds_ago: i64) -> Assurance {
        Assurance {
            aal,
            amr: String::new(),
            auth_time: NOW - Seconds::new(seconds_ago),
        }
    }

    const NONE: Factors = Factors {
        totp: 0,
        passkeys: 0,
        recovery_codes: 0,
        re_enrols: false,
        second_step: false,
        guesses: super::super::guesses::CodeGuesses {
            failures: 0,
            paused_until: Timestamp::from_millis(0),
        },
    };
    const KEY: Factors = Factors {
        passkeys: 1,
        ..NONE
    };

    #[test]
    fn a_fresh_proof_is_one_of_the_strongest_factor() {
        let needs = |factors, aal, ago| require(&assurance(aal, ago), factors, NOW).err();
        let step_up = |acr| {
            let max_age = Some(300);
            Some(ErrorKind::StepUp { acr, max_age }.into())
        };
        assert_eq!(needs(&NONE, Aal::One, 299), None);
        assert_eq!(needs(&NONE, Aal::One, 300), step_up("aal1"));
        assert_eq!(needs(&KEY, Aal::One, 0), step_up("aal2"));
        assert_eq!(needs(&KEY, Aal::Two, 299), None);
        assert_eq!(needs(&KEY, Aal::Two, 300), step_up("aal2"));
    }

    #[test]
    fn an_administrator_without_a_factor_sees_no_difference() {
        let needs = |factors: &Factors, sensitive, aal, ago| {
            let factors = factors.any();
            require_to_administer(&assurance(aal, ago), factors, sensitive, NOW).is_err()
        };
        assert!(!needs(&NONE, true, Aal::One, 9_999));
        assert!(needs(&KEY, false, Aal::One, 0));
        assert!(!needs(&KEY, false, Aal::Two, 9_999));
        assert!(needs(&KEY, true, Aal::Two, 300));
        assert!(!needs(&KEY, true, Aal::Two, 299));
    }
}
