//! Administration: the permission, and the operations on auth clients.

use serde_json::Value;

use super::audit::{self, Event};
use super::credentials::{self, Bearer, TokenSubject};
use crate::auth::account::ADMINISTER;
use crate::auth::client::changes::{AuthClientChanges, NewAuthClient};
use crate::auth::client::condition::Where;
use crate::auth::client::row::ClientRow;
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::{Error, Reason};
use crate::store::clause::Clause;
use crate::store::{Batch, Query, clients, sessions};

/// A bearer who has the permission to administer now.
pub struct Administrator(Bearer);

impl Administrator {
    /// The user's id, for the audit.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.0 {
            Bearer::Session(session) => Some(session.account.id.clone()),
            Bearer::Plain(claims) => claims.get("id").and_then(Value::as_str).map(UserId::new),
        }
    }
}

/// The bearer of a token that may administer, in one trip.
pub async fn administrator(app: &App, token: &Secret) -> Result<Administrator, Error> {
    admit(credentials::bearer(app, token).await?)
}

/// Makes a client.
pub async fn create(app: &App, token: &Secret, new: &NewAuthClient) -> Result<ClientRow, Error> {
    let by = administrator_to_change(app, token).await?.user_id();
    let row = app.db.run(clients::create(new, app.now)).await;
    let row = row.map_err(name_taken)?;
    let client = row.id;
    audit::record(app, Event::ClientCreated { client, by });
    Ok(row)
}

/// Changes one client; whether it exists.
pub async fn update(
    app: &App,
    token: &Secret,
    id: ClientNumber,
    changes: &AuthClientChanges,
) -> Result<bool, Error> {
    let by = administrator_to_change(app, token).await?.user_id();
    changes.for_one(id)?;
    let clause = Clause::of_ids(&[id]);
    let found = change(app, clause, changes).await? > 0;
    if found {
        let client = Some(id);
        audit::record(app, Event::ClientChanged { client, by });
    }
    Ok(found)
}

/// Deletes one client, and so ends its sessions; whether it existed.
pub async fn delete(app: &App, token: &Secret, id: ClientNumber) -> Result<bool, Error> {
    let by = administrator_to_change(app, token).await?.user_id();
    let delete = clients::delete(id, by.as_ref(), app.now);
    let found = app.db.run(delete).await? > 0;
    if found {
        audit::record(app, Event::ClientDeleted { client: id, by });
    }
    Ok(found)
}

/// The answer of a batch, for an administrator only; the permission is read in the same round trip.
pub async fn read<B: Batch>(app: &App, token: &Secret, query: B) -> Result<B::Output, Error> {
    match credentials::session_id(app, token)? {
        TokenSubject::Session(id) => {
            let session = sessions::live(&id, app.now);
            let (answer, session) = app.db.run((query, session)).await?;
            let session = session.ok_or(Error::Unauthenticated(Reason::TokenRevoked))?;
            admit(Bearer::Session(Box::new(session)))?;
            Ok(answer)
        }
        TokenSubject::Plain(claims) => {
            admit(Bearer::Plain(claims))?;
            app.db.run(query).await
        }
    }
}

/// Reads something of the clients that a where means: in one trip where D1 can say the where, in
/// two where the clients have to be looked through.
pub async fn read_where<T>(
    app: &App,
    token: &Secret,
    rows: &Where,
    query: impl FnOnce(Clause) -> Query<T>,
) -> Result<T, Error> {
    match Clause::of(rows) {
        Some(clause) => read(app, token, query(clause)).await,
        None => {
            let all = read(app, token, clients::scan(rows)).await?;
            app.db.run(query(Clause::among(&all, rows)?)).await
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
    let by = administrator_to_change(app, token).await?.user_id();
    let clause = match Clause::of(rows) {
        Some(clause) => clause,
        None => Clause::among(&app.db.run(clients::scan(rows)).await?, rows)?,
    };
    let count = change(app, clause, changes).await?;
    if count > 0 {
        audit::record(app, Event::ClientChanged { client: None, by });
    }
    Ok(count)
}

/// The bearer of a token that may administer; the refusal of any other is recorded.
async fn administrator_to_change(app: &App, token: &Secret) -> Result<Administrator, Error> {
    let bearer = Administrator(credentials::bearer(app, token).await?);
    if bearer.0.may(ADMINISTER) {
        return Ok(bearer);
    }
    let by = bearer.user_id();
    audit::record(app, Event::ClientChangeRefused { by });
    Err(Error::NotAllowed)
}

/// Changes the clients that a clause selects, and counts them.
async fn change(app: &App, clause: Clause, changes: &AuthClientChanges) -> Result<usize, Error> {
    let update = clients::update(clause, changes, app.now);
    app.db.run(update).await.map_err(name_taken)
}

/// The index on live clients' names decides, whichever of two requests comes first: 409.
fn name_taken(error: Error) -> Error {
    match error {
        Error::Unavailable(text) if text.contains(clients::NAME_TAKEN) => {
            Error::Conflict("clientId")
        }
        other => other,
    }
}

fn admit(bearer: Bearer) -> Result<Administrator, Error> {
    if bearer.may(ADMINISTER) {
        Ok(Administrator(bearer))
    } else {
        Err(Error::NotAllowed)
    }
}
