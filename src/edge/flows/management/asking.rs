//! Who asks, with what is read in the same trip, and what an administrator who has a factor must have
//! proven.

use super::actor::Actor;
use crate::auth::caller::Caller;
use crate::auth::factor::fresh_proof;
use crate::auth::id::SessionId;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::flows::credentials::{self, Bearer, TokenSubject};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::{Batch, browsers, factors, sessions};

/// Who asks, with whatever else is read in the same trip.
pub async fn actor_with<T>(
    app: &App,
    caller: &Caller,
    queries: impl Batch<Output = T>,
) -> Result<(Actor, T), Error> {
    actor_by(app, caller, |_| queries).await
}

/// The same for who is to write, with whether the user has a factor.
pub async fn actor_with_factor<T>(
    app: &App,
    caller: &Caller,
    queries: impl Batch<Output = T>,
) -> Result<(Actor, T, bool), Error> {
    let with_factors = |id: Option<&SessionId>| (queries, id.map(factors::of_session));
    let (actor, (answer, factors)) = actor_by(app, caller, with_factors).await?;
    let has_factor = match &actor {
        Actor::Browser(browser) => browser.has_factor,
        Actor::Bearer(_) => factors.flatten().unwrap_or_default().any(),
    };
    Ok((actor, answer, has_factor))
}

async fn actor_by<B: Batch>(
    app: &App,
    caller: &Caller,
    queries: impl FnOnce(Option<&SessionId>) -> B,
) -> Result<(Actor, B::Output), Error> {
    let (session, browser, claims) = match caller {
        Caller::Browser(secret) => (None, Some(secret.digest()), None),
        Caller::Bearer(token) => match credentials::session_id(app, token)? {
            TokenSubject::Session(id) => (Some(id), None, None),
            TokenSubject::Plain(claims) => (None, None, Some(claims)),
        },
    };
    let session = session.as_ref();
    let batch = (
        queries(session),
        session.map(|id| sessions::live(id, app.now)),
        browser.map(|key| browsers::open_now(&key, app.now)),
    );
    let (answer, session, browser) = app.db.run(batch).await?;
    let session = session.flatten().map(Box::new).map(Bearer::Session);
    let bearer = session.or(claims.map(Bearer::Plain)).map(Actor::Bearer);
    let browser = || browser.flatten().map(Box::new).map(Actor::Browser);
    let actor = bearer.or_else(browser);
    let actor = actor.ok_or(ErrorKind::Unauthenticated(Reason::TokenRevoked))?;
    Ok((actor, answer))
}

/// Asks an administrator who has a factor for it: level two for every write, and a fresh proof for what
/// touches what others sign in with. A token without a session cannot prove anything more.
pub fn require_proof(
    actor: &Actor,
    has_factor: bool,
    is_sensitive: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(assurance) = actor.assurance() else {
        return Ok(());
    };
    fresh_proof::require_to_administer(assurance, has_factor, is_sensitive, now)
}
