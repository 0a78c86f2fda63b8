//! Administration: who may administer, and what an administrator asks about auth clients.

use serde_json::Value;

use super::credentials::{self, Bearer, TokenSubject};
use crate::auth::account::ADMINISTER;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::store::auth_clients;
use crate::edge::store::db::{Answers, Statement};
use crate::edge::store::sessions;
use crate::error::{Error, Why};
use crate::wire::loopback::auth_clients::AuthClientChanges;
use crate::wire::loopback::filter::{Clause, Where};

/// Somebody who may administer now.
pub struct Administrator(Bearer);

impl Administrator {
    /// The user's id, for the record of who did something.
    pub fn user_id(&self) -> Option<&str> {
        match &self.0 {
            Bearer::Session(session) => Some(&session.account.id),
            Bearer::Plain(claims) => claims.get("id").and_then(Value::as_str),
        }
    }
}

/// The bearer of a token that may administer, in one trip.
pub async fn administrator(app: &App, token: &Secret) -> Result<Administrator, Error> {
    admit(credentials::bearer(app, token).await?)
}

/// What a statement reads, told only to an administrator; both are found out in the same trip.
pub async fn read(app: &App, token: &Secret, statement: Statement) -> Result<Answers, Error> {
    match credentials::session_id(app, token)? {
        TokenSubject::Session(id) => {
            let session = sessions::find_live(&id, app.now);
            let answers = app.db.batch([statement, session]).await?;
            let session = sessions::live(&answers, 1)?.ok_or(Error::Strategy(Why::TokenRevoked))?;
            admit(Bearer::Session(Box::new(session)))?;
            Ok(answers)
        }
        TokenSubject::Plain(claims) => {
            admit(Bearer::Plain(claims))?;
            app.db.all(statement).await
        }
    }
}

/// Reads something of the clients that a where means: in one trip where D1 can say the where, in
/// two where the clients have to be looked through.
pub async fn read_where(
    app: &App,
    token: &Secret,
    rows: &Where,
    statement: impl FnOnce(Clause) -> Statement,
) -> Result<Answers, Error> {
    match rows.clause() {
        Some(clause) => read(app, token, statement(clause)).await,
        None => {
            let clause = look_through(app, token, rows).await?;
            app.db.all(statement(clause)).await
        }
    }
}

/// Changes the clients that a where means, and counts them.
pub async fn update_where(
    app: &App,
    token: &Secret,
    rows: &Where,
    changes: &AuthClientChanges,
) -> Result<usize, Error> {
    let clause = match rows.clause() {
        Some(clause) => administrator(app, token).await.map(|_| clause)?,
        None => look_through(app, token, rows).await?,
    };
    auth_clients::update_where(&app.db, clause, changes, app.now).await
}

async fn look_through(app: &App, token: &Secret, rows: &Where) -> Result<Clause, Error> {
    let answers = read(app, token, auth_clients::scan(rows)).await?;
    rows.select(&answers.rows(0)?)
}

fn admit(bearer: Bearer) -> Result<Administrator, Error> {
    if bearer.may(ADMINISTER) {
        Ok(Administrator(bearer))
    } else {
        Err(Error::NotAllowed)
    }
}
