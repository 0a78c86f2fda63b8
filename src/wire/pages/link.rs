//! The token of a mailed link, in the browser that opened it: sealed in a cookie, so that neither
//! history nor `Referer` keeps it.

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::error::Error;
use crate::wire::cookies::{self, SameSite, SetCookie};
use crate::wire::incoming::Incoming;

/// How long an opened link waits for its form.
const LIFETIME: Seconds = Seconds::HOUR;

/// What a link is for; each has a cookie of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A new password.
    Reset,
    /// A new account.
    SignUp,
    /// A new address.
    Email,
    /// The former address.
    UndoEmail,
}

impl LinkKind {
    const fn cookie(self) -> &'static str {
        match self {
            Self::Reset => "__Host-edgelatch-reset",
            Self::SignUp => "__Host-edgelatch-sign-up",
            Self::Email => "__Host-edgelatch-email",
            Self::UndoEmail => "__Host-edgelatch-undo",
        }
    }

    /// The `Set-Cookie` line that keeps a link's token.
    ///
    /// # Errors
    ///
    /// The keys cannot be used.
    pub fn keep(self, keys: &DataKeys, token: &Secret) -> Result<String, Error> {
        let sealed = keys.seal(Purpose::Link, self.cookie(), token.expose())?;
        Ok(self.line(&sealed, LIFETIME))
    }

    /// The `Set-Cookie` line that forgets it.
    pub fn forget(self) -> String {
        self.line("", Seconds::ZERO)
    }

    /// The token that a request's cookie keeps, if there is one.
    ///
    /// # Errors
    ///
    /// The keys cannot be used.
    pub fn read(self, keys: &DataKeys, incoming: &Incoming) -> Result<Option<Secret>, Error> {
        let Some(sealed) = cookies::values(incoming, self.cookie()).next() else {
            return Ok(None);
        };
        Ok(keys
            .open(Purpose::Link, self.cookie(), sealed)?
            .map(Secret::new))
    }

    fn line(self, value: &str, max_age: Seconds) -> String {
        let cookie = SetCookie {
            name: self.cookie(),
            value,
            max_age: Some(max_age),
            same_site: SameSite::Lax,
            secure: true,
        };
        cookie.line()
    }
}
