//! Administration: who may administer, and what an administrator asks about auth clients.

use serde_json::Value;

use super::audit::{self, Event};
use super::credentials::{self, Bearer, TokenSubject};
use crate::auth::account::ADMINISTER;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::store::auth_clients;
use crate::edge::store::db::{Answers, Statement};
use crate::edge::store::sessions;
use crate::error::{Error, Why};
use crate::wire::loopback::auth_clients::{AuthClientChanges, NewAuthClient};
use crate::wire::loopback::filter::{Clause, ClientRow, Where};

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

/// Makes a client.
pub async fn create(app: &App, token: &Secret, new: &NewAuthClient) -> Result<ClientRow, Error> {
    let by = administrator_to_change(app, token).await?;
    let row = auth_clients::create(&app.db, new, app.now).await?;
    record(app, "created", Some(row.id), by.user_id());
    Ok(row)
}

/// Changes one client, and tells whether it is there.
pub async fn update(
    app: &App,
    token: &Secret,
    id: i64,
    changes: &AuthClientChanges,
) -> Result<bool, Error> {
    let by = administrator_to_change(app, token).await?;
    changes.for_one(id)?;
    let found = auth_clients::update(&app.db, id, changes, app.now).await?;
    if found {
        record(app, "changed", Some(id), by.user_id());
    }
    Ok(found)
}

/// Deletes one client, and so ends its sessions; tells whether it was there.
pub async fn delete(app: &App, token: &Secret, id: i64) -> Result<bool, Error> {
    let by = administrator_to_change(app, token).await?;
    let found = auth_clients::delete(&app.db, id, by.user_id(), app.now).await?;
    if found {
        record(app, "deleted", Some(id), by.user_id());
    }
    Ok(found)
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
    let by = administrator_to_change(app, token).await?;
    let clause = match rows.clause() {
        Some(clause) => clause,
        None => {
            let all = app.db.all(auth_clients::scan(rows)).await?;
            rows.select(&all.rows(0)?)?
        }
    };
    let count = auth_clients::update_where(&app.db, clause, changes, app.now).await?;
    if count > 0 {
        record(app, "changed", None, by.user_id());
    }
    Ok(count)
}

/// The bearer of a token that may administer; whoever may not is written down.
async fn administrator_to_change(app: &App, token: &Secret) -> Result<Administrator, Error> {
    let bearer = Administrator(credentials::bearer(app, token).await?);
    if bearer.0.may(ADMINISTER) {
        return Ok(bearer);
    }
    record(app, "refused", None, bearer.user_id());
    Err(Error::NotAllowed)
}

fn record(app: &App, result: &'static str, client: Option<i64>, by: Option<&str>) {
    let event = Event {
        kind: "client",
        result,
        user_id: by.map(str::to_owned),
        client,
        session_id: None,
    };
    audit::record(app, event);
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
