//! Sessions that end because their provider says so, once for each logout token.

use super::batch::Batch;
use super::ended_session::EndedSession;
use super::query::sql;
use crate::auth::federation::flow::logout_token::ProviderLogout;
use crate::auth::id::AttemptId;
use crate::auth::time::{Seconds, Timestamp};

const TAKE: &str = "insert into provider_logouts \
       (token, attempt, provider_session, created_on, expires_on) \
     values (?1, ?2, ?3, ?4, ?5) on conflict do nothing";

/// What every statement after TAKE is conditional on.
macro_rules! taken {
    () => {
        "exists (select 1 from provider_logouts where token = ?1 and attempt = ?2)"
    };
}

/// The rows of the subject's own (?5 to ?7) that came through the provider: all of them where the
/// token names no session (?4), else those whose session there is not known.
macro_rules! of_subject {
    () => {
        "method = ?5 and (?4 is null or provider_session is null) \
         and user_id = (select i.user_id from user_identities i \
           where i.provider = ?5 and i.issuer = ?6 and i.subject = ?7)"
    };
}

/// What ends a session, up to the condition that says which.
macro_rules! end {
    () => {
        "update sessions set ended_on = ?3, ended_why = 'signed out at the provider' \
         where ended_on is null and expires_on > ?3 and "
    };
}

/// What ends a browser at our pages, and with it what it began, up to the condition that says which.
macro_rules! end_browsers {
    () => {
        "update browsers set ended_on = ?3, ended_why = 'signed out at the provider' \
         where ended_on is null and "
    };
}

/// What voids a code, up to the condition that says which.
macro_rules! void {
    () => {
        "update one_time set voided_on = ?3 \
         where kind = 'code' and taken_by is null and voided_on is null and "
    };
}

/// The columns of the sessions that ended.
macro_rules! ended {
    () => {
        " returning id, user_id, client_id, method, provider_token"
    };
}

const END_SESSION: &str = concat!(end!(), "provider_session = ?4 and ", taken!(), ended!());
const END_SUBJECT: &str = concat!(end!(), of_subject!(), " and ", taken!(), ended!());
const VOID_SESSION: &str = concat!(void!(), "provider_session = ?4 and ", taken!());
const VOID_SUBJECT: &str = concat!(void!(), of_subject!(), " and ", taken!());

const END_BROWSER: &str = concat!(end_browsers!(), "provider_session = ?4 and ", taken!());
const END_BROWSERS_OF_SUBJECT: &str = concat!(end_browsers!(), of_subject!(), " and ", taken!());

// An identity that is no longer for this service.
const FORGET: &str = concat!(
    "delete from user_identities where provider = ?5 and issuer = ?6 and subject = ?7 and ",
    taken!()
);

const WON: &str = concat!("select ", taken!(), " as won");

/// The condition that the provider's session, a parameter, is not over there.
macro_rules! not_logged_out {
    ($parameter:literal) => {
        concat!(
            "not exists (select 1 from provider_logouts l where l.provider_session = ",
            $parameter,
            ")"
        )
    };
}
pub(super) use not_logged_out;

/// Ends the sessions that a logout token names, and voids the codes that would open more;
/// answers which lived, or nothing where the token was consumed before.
pub fn end_sessions(
    logout: &ProviderLogout,
    attempt: &AttemptId,
    now: Timestamp,
) -> impl Batch<Output = Option<Vec<EndedSession>>> {
    let (token, session) = (&logout.token, logout.session.as_deref());
    let (name, subject) = (logout.provider.name(), logout.subject.as_deref());
    let by_session = |sql: &'static str| sql!(sql, token, attempt, now, session);
    let by_subject = |sql: &'static str| {
        let issuer = &logout.issuer;
        sql!(sql, token, attempt, now, session, name, issuer, subject)
    };
    let until = logout.expires_on.max(now + Seconds::DAY);
    let batch = (
        sql!(TAKE, token, attempt, session, now, until).run(),
        by_session(END_SESSION).all(),
        by_subject(END_SUBJECT).all(),
        by_session(VOID_SESSION).run(),
        by_subject(VOID_SUBJECT).run(),
        by_session(END_BROWSER).run(),
        (
            by_subject(END_BROWSERS_OF_SUBJECT).run(),
            logout.forgets.then(|| by_subject(FORGET).run()),
        ),
        sql!(WON, token, attempt).one(),
    );
    batch.map(|((), mut ended, of_subject, (), (), (), _, (won,))| {
        ended.extend(of_subject);
        bool::then_some(won, ended)
    })
}
