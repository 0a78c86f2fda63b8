//! The kinds of factors, and which of them a user has.

use serde::Serialize;

use super::guesses::CodeGuesses;

/// What a user may prove besides the password. In the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A passkey.
    Passkey,
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    Recovery,
}

impl Method {
    /// The name in responses, and of a sign-in that rests on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::Recovery => "recovery",
        }
    }
}

/// The most factors of a user, recovery codes apart.
pub const MOST_FACTORS: u32 = 20;

/// The confirmed factors of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Factors {
    /// Authenticator apps.
    pub totp: u32,
    /// Passkeys.
    pub passkeys: u32,
    /// Recovery codes that are left.
    pub recovery_codes: u32,
    /// Whether there is a code of an administrator's, with which the user begins anew.
    pub re_enrols: bool,
    /// Whether the user is asked for a second factor at every sign-in.
    pub second_step: bool,
    /// The wrong codes so far.
    pub guesses: CodeGuesses,
}

impl Factors {
    /// Whether there is any: recovery codes stand in for a factor and are none.
    pub const fn any(&self) -> bool {
        self.totp > 0 || self.passkeys > 0
    }

    /// Whether another may be enrolled.
    pub const fn has_room(&self) -> bool {
        self.totp.saturating_add(self.passkeys) < MOST_FACTORS
    }

    /// Whether a recovery code, or one that begins anew, may stand in.
    pub const fn may_recover(&self) -> bool {
        self.any() && (self.recovery_codes > 0 || self.re_enrols)
    }

    /// What the user may be asked for.
    pub fn methods(&self) -> Vec<Method> {
        let has = |method: &Method| match method {
            Method::Passkey => self.passkeys > 0,
            Method::Totp => self.totp > 0,
            Method::Recovery => self.may_recover(),
        };
        let all = [Method::Passkey, Method::Totp, Method::Recovery];
        all.into_iter().filter(has).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_asked_is_that_of_all_factors() {
        let factors = |totp, passkeys, recovery_codes| Factors {
            totp,
            passkeys,
            recovery_codes,
            ..Factors::default()
        };
        assert!(!factors(0, 0, 10).any());
        assert_eq!(factors(0, 0, 10).methods(), []);
        assert!(factors(1, 0, 0).any() && factors(0, 1, 0).any());
        assert_eq!(factors(1, 0, 0).methods(), [Method::Totp]);
        assert_eq!(
            factors(2, 1, 3).methods(),
            [Method::Passkey, Method::Totp, Method::Recovery]
        );
        let lost = Factors {
            re_enrols: true,
            ..factors(0, 1, 0)
        };
        assert_eq!(lost.methods(), [Method::Passkey, Method::Recovery]);
    }

    #[test]
    fn nobody_has_more_than_twenty_factors() {
        let factors = Factors {
            totp: 12,
            passkeys: 7,
            ..Factors::default()
        };
        assert!(factors.has_room());
        assert!(
            !Factors {
                passkeys: 8,
                ..factors
            }
            .has_room()
        );
    }
}
