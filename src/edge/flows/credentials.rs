//! Who is calling: the client, the person, the bearer of a token.

use serde_json::{Map, Value};

use crate::auth::account::Account;
use crate::auth::client::AuthClient;
use crate::auth::secret::Secret;
use crate::auth::token::Expiry;
use crate::edge::app::App;
use crate::edge::store::accounts::{self, AccountWithPassword};
use crate::edge::store::clients::{self, ClientRow};
use crate::edge::store::sessions::{self, LiveSession};
use crate::error::{Error, Why};

/// A client that has proven its secret.
pub struct CallingClient {
    client: AuthClient,
}

/// A person who has proven to be the account's, and is admitted to the client.
pub struct SignedIn {
    account: Account,
    method: &'static str,
    password_changed_on: Option<i64>,
}

/// What the bearer of an access token is.
pub enum Bearer {
    /// Somebody with a session.
    Session(Box<LiveSession>),
    /// Whoever the token says, without a session (the habit `plain-bearer`).
    Plain(Map<String, Value>),
}

/// What a sign-in brings.
pub struct Credentials<'a> {
    /// The client's public name.
    pub client_id: &'a str,
    /// What proves the client.
    pub client_secret: &'a Secret,
    /// Username or e-mail address.
    pub username: &'a str,
    /// Password.
    pub password: &'a Secret,
}

impl CallingClient {
    /// The client.
    pub const fn client(&self) -> &AuthClient {
        &self.client
    }
}

impl SignedIn {
    /// The person's account.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// How the person proved it.
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// When the password that the account then had was set, if it had one: what the person
    /// proved opens nothing once it is another.
    pub const fn password_changed_on(&self) -> Option<i64> {
        self.password_changed_on
    }
}

/// Proves a client and a person, in one trip.
///
/// Whatever is wrong with the person is one answer after the same work; only somebody who knows
/// the password is told more.
pub async fn sign_in(
    app: &App,
    credentials: &Credentials<'_>,
) -> Result<(CallingClient, SignedIn), Error> {
    if credentials.client_id.is_empty() || credentials.client_secret.is_empty() {
        return Err(Error::Refused(Why::Unauthorized));
    }
    let answers = app
        .db
        .batch([
            clients::find_by_client_id(credentials.client_id),
            accounts::find_by_name(credentials.username),
        ])
        .await?;
    let calling = prove_client(answers.row(0)?, credentials.client_secret)?;
    if credentials.username.is_empty() || credentials.password.is_empty() {
        return Err(Error::Strategy(Why::MissingCredentials));
    }
    let found = accounts::with_password(&answers, 1)?;
    let person = prove_person(app, found, credentials.password)?;
    person.account.admit(&calling.client)?;
    Ok((calling, person))
}

/// Reads the token of a request to a session that may be used now, in one trip.
pub async fn bearer(app: &App, token: &Secret) -> Result<Bearer, Error> {
    match session_id(app, token)? {
        TokenSubject::Session(id) => {
            let answers = app.db.all(sessions::find_live(&id, app.now)).await?;
            let session = sessions::live(&answers, 0)?;
            session
                .map(|session| Bearer::Session(Box::new(session)))
                .ok_or(Error::Strategy(Why::TokenRevoked))
        }
        TokenSubject::Plain(claims) => Ok(Bearer::Plain(claims)),
    }
}

/// Whom a token names, before storage has been asked.
pub enum TokenSubject {
    /// A session, by its `sid`.
    Session(String),
    /// Whoever the claims say (the habit `plain-bearer`).
    Plain(Map<String, Value>),
}

/// Checks a token's signature, purpose, issuer and time.
pub fn session_id(app: &App, token: &Secret) -> Result<TokenSubject, Error> {
    let (keys, issuer) = (&app.config.token_keys, app.config.issuer.as_str());
    if let Some(claims) = keys.verify(token.expose(), issuer, app.now, Expiry::Checked) {
        return Ok(TokenSubject::Session(claims.sid));
    }
    let plain = app.config.habits.plain_bearer;
    plain
        .then(|| keys.verify_plain(token.expose(), issuer, app.now))
        .flatten()
        .map(TokenSubject::Plain)
        .ok_or(Error::Strategy(Why::BearerExpired))
}

fn prove_client(row: Option<ClientRow>, secret: &Secret) -> Result<CallingClient, Error> {
    row.map(AuthClient::from)
        .filter(|client| client.proves(secret))
        .map(|client| CallingClient { client })
        .ok_or(Error::Strategy(Why::ClientInvalid))
}

fn prove_person(
    app: &App,
    found: Option<AccountWithPassword>,
    password: &Secret,
) -> Result<SignedIn, Error> {
    let stored = found.as_ref().and_then(|found| found.password.as_deref());
    let proven = app.config.password_hash.verify(password, stored)?;
    match found {
        Some(AccountWithPassword {
            account,
            password: Some(stored),
            password_changed_on,
        }) if proven => {
            rehash(app, &account.id, &stored, password);
            Ok(SignedIn {
                account,
                method: "password",
                password_changed_on,
            })
        }
        _ => Err(Error::Strategy(Why::InvalidCredentials)),
    }
}

/// Stores a password under today's hash, after the answer has left, if it is under another.
fn rehash(app: &App, user_id: &str, stored: &str, password: &Secret) {
    let algorithm = app.config.password_hash;
    if algorithm.is_current(stored) {
        return;
    }
    let (user_id, stored, password) = (user_id.to_owned(), stored.to_owned(), password.clone());
    app.in_background(|app| async move {
        let rehashed = match algorithm.hash(&password) {
            Ok(hash) => accounts::rehash(&app.db, &user_id, &stored, &hash).await,
            Err(error) => Err(error),
        };
        if let Err(error) = rehashed {
            crate::edge::log(&error);
        }
    });
}
