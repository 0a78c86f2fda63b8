//! The bearer of a token with what is read in the same trip, and what an administrator who has a factor
//! must have proven.

use crate::auth::factor::fresh_proof;
use crate::auth::factor::kind::Factors;
use crate::auth::id::SessionId;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::flows::credentials::{self, Bearer, TokenSubject};
use crate::error::{Error, Reason};
use crate::store::{Batch, factors, sessions};

/// The bearer of a token, with whatever else is read in the same trip.
pub async fn bearer_with<T>(
    app: &App,
    token: &Secret,
    queries: impl Batch<Output = T>,
) -> Result<(Bearer, T), Error> {
    bearer_by(app, token, |_| queries).await
}

/// The same for who is to write, with the factors that the user has.
pub async fn bearer_with_factors<T>(
    app: &App,
    token: &Secret,
    queries: impl Batch<Output = T>,
) -> Result<(Bearer, T, Factors), Error> {
    let with_factors = |id: Option<&SessionId>| (queries, id.map(factors::of_session));
    let (bearer, (answer, factors)) = bearer_by(app, token, with_factors).await?;
    Ok((bearer, answer, factors.flatten().unwrap_or_default()))
}

async fn bearer_by<B: Batch>(
    app: &App,
    token: &Secret,
    queries: impl FnOnce(Option<&SessionId>) -> B,
) -> Result<(Bearer, B::Output), Error> {
    match credentials::session_id(app, token)? {
        TokenSubject::Session(id) => {
            let batch = (queries(Some(&id)), sessions::live(&id, app.now));
            let (answer, session) = app.db.run(batch).await?;
            let session = session.ok_or(Error::Unauthenticated(Reason::TokenRevoked))?;
            Ok((Bearer::Session(Box::new(session)), answer))
        }
        TokenSubject::Plain(claims) => {
            Ok((Bearer::Plain(claims), app.db.run(queries(None)).await?))
        }
    }
}

/// Asks an administrator who has a factor for it: level two for every write, and a fresh proof for what
/// touches what others sign in with. A token without a session cannot prove anything more.
pub fn require_proof(
    bearer: &Bearer,
    factors: &Factors,
    is_sensitive: bool,
    now: Timestamp,
) -> Result<(), Error> {
    match bearer {
        Bearer::Session(session) => {
            fresh_proof::require_to_administer(&session.assurance, factors, is_sensitive, now)
        }
        Bearer::Plain(_) => Ok(()),
    }
}
