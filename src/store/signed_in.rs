//! Where a user is signed in who changes something of their own.

use crate::auth::id::{BrowserId, SessionId};

/// Where a user is signed in.
#[derive(Debug, Clone, Copy)]
pub enum SignedIn<'a> {
    /// In a session of a client.
    Session(&'a SessionId),
    /// In a browser at our pages.
    Browser(&'a BrowserId),
}

impl<'a> SignedIn<'a> {
    /// The id of the session or the browser. Both are drawn at random, so that none is the other's.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Session(id) => id.as_str(),
            Self::Browser(id) => id.as_str(),
        }
    }
}

/// Whether a session or a browser of a user is open at the time: a write of its user holds only then.
macro_rules! is_signed_in {
    ($place:literal, $user:literal, $now:literal) => {
        concat!(
            "(exists (select 1 from sessions s where s.id = ",
            $place,
            " and s.user_id = ",
            $user,
            " and s.ended_on is null and s.expires_on > ",
            $now,
            ") or exists (select 1 from browsers b where b.id = ",
            $place,
            " and b.user_id = ",
            $user,
            " and b.ended_on is null and b.expires_on > ",
            $now,
            "))"
        )
    };
}
pub(super) use is_signed_in;

/// Whether a factor that a user has begun to enrol may be added in a session or browser, or in a sign-in:
/// there is none yet, or one was proven there. A password alone never adds to a factor, however long ago
/// the enrolment was begun.
macro_rules! may_add_factor {
    ($place:literal, $user:literal) => {
        concat!(
            "(not exists (select 1 from factors g where g.user_id = ",
            $user,
            " and g.confirmed_on is not null) \
              or exists (select 1 from sessions s where s.id = ",
            $place,
            " and s.aal = 2) or exists (select 1 from browsers b where b.id = ",
            $place,
            " and b.aal = 2))"
        )
    };
}
pub(super) use may_add_factor;
