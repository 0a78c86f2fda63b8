//! Who is calling: the client, the person, the bearer of a token.

use serde_json::{Map, Value};

use super::{one_time_passwords, passwords};
use crate::auth::account::{Account, fold};
use crate::auth::client::AuthClient;
use crate::auth::secret::Secret;
use crate::auth::token::Expiry;
use crate::edge::app::App;
use crate::edge::store::accounts::{self, AccountWithPassword};
use crate::edge::store::clients::{self, ClientRow};
use crate::edge::store::db::Answers;
use crate::edge::store::otps::{self, ReservedOtp};
use crate::edge::store::sessions::{self, LiveSession};
use crate::error::{Error, Why};

/// A client that has proven its secret.
pub struct CallingClient {
    client: AuthClient,
}

/// A person who has proven to be the account's, and is admitted to the client.
pub struct SignedIn {
    account: Account,
    proof: Proof,
}

/// What proved a person.
pub enum Proof {
    /// The password. An OTP that was held ready for it gets its try back.
    Password {
        /// The OTP that was not needed.
        unused: Option<ReservedOtp>,
    },
    /// An OTP, which whatever is opened must take first.
    Otp(ReservedOtp),
}

/// What the bearer of an access token is.
pub enum Bearer {
    /// Somebody with a session.
    Session(Box<LiveSession>),
    /// Whoever the token says, without a session (the habit `plain-bearer`).
    Plain(Map<String, Value>),
}

impl Bearer {
    /// Whether the bearer holds a permission now.
    pub fn may(&self, permission: &str) -> bool {
        match self {
            Self::Session(session) => {
                let held = session.account.permissions();
                held.iter().any(|name| name == permission)
            }
            Self::Plain(claims) => claims
                .get("permissions")
                .and_then(Value::as_array)
                .is_some_and(|held| held.iter().any(|name| name == permission)),
        }
    }
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

    /// What proved the person.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }
}

impl Proof {
    /// The name that is stored with a session.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Password { .. } => "password",
            Self::Otp(_) => "otp",
        }
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
    let Credentials {
        client_id,
        client_secret,
        username,
        password,
    } = *credentials;
    if client_id.is_empty() || client_secret.is_empty() {
        return Err(Error::Refused(Why::Unauthorized));
    }
    let digest = Some(client_secret.digest());
    let answers = look_up(app, client_id, digest.as_deref(), username).await?;
    let calling = prove_client(answers.row(0)?, client_secret)?;
    if username.is_empty() || password.is_empty() {
        return Err(Error::Strategy(Why::MissingCredentials));
    }
    let person = prove_member(app, &answers, &calling, password)?;
    Ok((calling, person))
}

/// Proves a person to the client of ServiceStack's callers, in one trip. Nobody brings a secret of
/// that client: the deployment vouches for it, by `SERVICESTACK_CLIENT_ID`.
pub async fn sign_in_to_named(
    app: &App,
    username: &str,
    password: &Secret,
) -> Result<(CallingClient, SignedIn), Error> {
    const NOBODY: Error = Error::NotConfigured("SERVICESTACK_CLIENT_ID");
    let client_id = app.config.servicestack_client_id.as_deref().ok_or(NOBODY)?;
    let answers = look_up(app, client_id, None, username).await?;
    let row: ClientRow = answers.row(0)?.ok_or(NOBODY)?;
    let calling = CallingClient { client: row.into() };
    let person = prove_member(app, &answers, &calling, password)?;
    Ok((calling, person))
}

/// Asks for client, account and OTP.
async fn look_up(
    app: &App,
    client_id: &str,
    secret_digest: Option<&str>,
    username: &str,
) -> Result<Answers, Error> {
    let client = clients::find_by_client_id(client_id);
    let otp = otps::reserve(&fold(username), client_id, secret_digest, app.now);
    let account = accounts::find_by_name(username);
    app.db.batch([client, account, otp]).await
}

/// Proves the person of a [`look_up`], and that the client may have them.
fn prove_member(
    app: &App,
    answers: &Answers,
    calling: &CallingClient,
    password: &Secret,
) -> Result<SignedIn, Error> {
    let found = accounts::with_password(answers, 1)?;
    let (account, proof) = prove_person(app, found, password, answers.row(2)?)?;
    account.admit(&calling.client)?;
    Ok(SignedIn { account, proof })
}

/// Proves a client, in one trip.
pub async fn client(app: &App, client_id: &str, secret: &Secret) -> Result<CallingClient, Error> {
    if client_id.is_empty() || secret.is_empty() {
        return Err(Error::Refused(Why::Unauthorized));
    }
    let row = app.db.first(clients::find_by_client_id(client_id)).await?;
    prove_client(row, secret)
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

/// Takes what a batch found for a client's name as that client, if the secret is its own.
pub fn prove_client(row: Option<ClientRow>, secret: &Secret) -> Result<CallingClient, Error> {
    row.map(AuthClient::from)
        .filter(|client| client.proves(secret))
        .map(|client| CallingClient { client })
        .ok_or(Error::Strategy(Why::ClientInvalid))
}

fn prove_person(
    app: &App,
    found: Option<AccountWithPassword>,
    password: &Secret,
    otp: Option<ReservedOtp>,
) -> Result<(Account, Proof), Error> {
    let stored = found.as_ref().and_then(|found| found.password.as_deref());
    let proven = app.config.password_hash.verify(password, stored)?;
    let refusal = Error::Strategy(Why::InvalidCredentials);
    let AccountWithPassword {
        account,
        password: stored,
    } = found.ok_or_else(|| refusal.clone())?;
    if let Some(stored) = stored.filter(|_| proven) {
        passwords::rehash(app, &account.id, stored, password);
        return Ok((account, Proof::Password { unused: otp }));
    }
    match otp {
        Some(otp) if one_time_passwords::opens(app, &otp, password, &account)? => {
            Ok((account, Proof::Otp(otp)))
        }
        _ => Err(refusal),
    }
}
