//! D1: `auth_clients` as they are administered. Deleted rows are never read and never written.

use super::db::{Answers, Bind, Db, Statement, Value, sql};
use crate::auth::secret::Secret;
use crate::error::Error;
use crate::wire::loopback::auth_clients::{AuthClientChanges, NewAuthClient};
use crate::wire::loopback::filter::{Clause, ClientRow, Filter, SELECTED, Scalar, Where};

const CREATE: &str = "insert into auth_clients (client_id, client_secret_digest, secret_digest, \
       redirect_url, access_token_expiration, refresh_token_expiration, auth_code_expiration, \
       created_on, modified_on) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) returning ";

// That deletion ends the client's sessions is a trigger's work.
const DELETE: &str = "update auth_clients \
     set deleted = 1, deleted_on = ?2, deleted_by = ?3, modified_on = ?2 \
     where id = ?1 and deleted = 0";

/// How D1 says that two live clients would have one name; the index decides, whoever comes first.
const NAME_TAKEN: &str = "UNIQUE constraint failed: auth_clients.client_id";

impl Bind for Scalar {
    fn bind(self) -> Value {
        match self {
            Self::Integer(number) => number.bind(),
            Self::Text(text) => text.as_str().bind(),
        }
    }
}

/// Makes a client; 409 if its name is taken.
pub async fn create(db: &Db, new: &NewAuthClient, now: i64) -> Result<ClientRow, Error> {
    let statement = sql!(
        format!("{CREATE}{SELECTED}"),
        &new.client_id,
        &new.client_secret.digest(),
        &new.secret.digest(),
        new.redirect_url.as_deref(),
        new.access_token_expiration,
        new.refresh_token_expiration,
        new.auth_code_expiration,
        now
    );
    write(db, statement)
        .await?
        .row(0)?
        .ok_or_else(|| Error::Internal("no row of a new client".to_owned()))
}

/// Asks for one client: a [`ClientRow`].
pub fn find(id: i64) -> Statement {
    let sql = format!("select {SELECTED} from auth_clients where id = ?1 and deleted = 0");
    sql!(sql, id)
}

/// Asks for a page of the clients that a clause means: [`ClientRow`]s.
pub fn page(filter: &Filter, clause: Clause) -> Statement {
    let select = format!("select {SELECTED} from auth_clients");
    ending(&select, Vec::new(), filter.page(clause))
}

/// Asks how many clients a clause means: a [`Count`](crate::wire::loopback::auth_clients::Count).
pub fn count(clause: Clause) -> Statement {
    ending(
        "select count(*) as count from auth_clients",
        Vec::new(),
        clause,
    )
}

/// Asks for what a where needs to know of every client: [`ClientRow`]s, for [`Where::select`].
pub fn scan(rows: &Where) -> Statement {
    sql!(rows.scan())
}

/// Changes one client and tells whether it is there; 409 if its new name is taken.
pub async fn update(
    db: &Db,
    id: i64,
    changes: &AuthClientChanges,
    now: i64,
) -> Result<bool, Error> {
    let clause = Clause::of_ids(&[id]);
    Ok(update_where(db, clause, changes, now).await? > 0)
}

/// Changes the clients that a clause means, and counts them; 409, and none is changed, if a name is
/// taken.
pub async fn update_where(
    db: &Db,
    clause: Clause,
    changes: &AuthClientChanges,
    now: i64,
) -> Result<usize, Error> {
    let (columns, values): (Vec<_>, Vec<_>) = assignments(changes, now).unzip();
    let update = format!("update auth_clients set {} = ?", columns.join(" = ?, "));
    write(db, ending(&update, values, clause)).await?.changes(0)
}

/// Deletes one client, on somebody's behalf, and tells whether it was there.
pub async fn delete(db: &Db, id: i64, by: Option<&str>, now: i64) -> Result<bool, Error> {
    let answers = db.all(sql!(DELETE, id, now, by)).await?;
    Ok(answers.changes(0)? > 0)
}

/// The columns to be set, and to what.
fn assignments(
    changes: &AuthClientChanges,
    now: i64,
) -> impl Iterator<Item = (&'static str, Value)> {
    let digest = |secret: &Secret| secret.digest().as_str().bind();
    let url = changes.redirect_url.as_ref();
    [
        ("modified_on", Some(now.bind())),
        ("client_id", changes.client_id.as_ref().map(Bind::bind)),
        (
            "client_secret_digest",
            changes.client_secret.as_ref().map(digest),
        ),
        ("secret_digest", changes.secret.as_ref().map(digest)),
        ("redirect_url", url.map(|url| url.as_deref().bind())),
        (
            "access_token_expiration",
            changes.access_token_expiration.map(Bind::bind),
        ),
        (
            "refresh_token_expiration",
            changes.refresh_token_expiration.map(Bind::bind),
        ),
        (
            "auth_code_expiration",
            changes.auth_code_expiration.map(Bind::bind),
        ),
    ]
    .into_iter()
    .filter_map(|(column, value)| Some((column, value?)))
}

/// A statement that ends in a clause. Its own `?` come first, and so do its values.
fn ending(start: &str, mut values: Vec<Value>, clause: Clause) -> Statement {
    values.extend(clause.values.into_iter().map(Bind::bind));
    Statement::new(format!("{start} {}", clause.sql), values)
}

async fn write(db: &Db, statement: Statement) -> Result<Answers, Error> {
    db.all(statement).await.map_err(|error| match error {
        Error::Unavailable(text) if text.contains(NAME_TAKEN) => Error::Conflict("clientId"),
        other => other,
    })
}
