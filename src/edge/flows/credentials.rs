//! Who is calling: the client, the person, the bearer of a token.

use serde_json::{Map, Value};

use super::audit::{self, Event};
use super::one_time_passwords;
use crate::auth::account::{Account, fold};
use crate::auth::attempts::Place;
use crate::auth::client::AuthClient;
use crate::auth::data_key::Purpose;
use crate::auth::oauth::profile::Profile;
use crate::auth::secret::{Secret, random_id};
use crate::auth::token::Expiry;
use crate::edge::app::App;
use crate::edge::store::accounts::{self, AccountWithPassword};
use crate::edge::store::attempts::{self, Guess, Subject};
use crate::edge::store::clients::{self, ClientRow};
use crate::edge::store::identities;
use crate::edge::store::otps::{self, ReservedOtp, Settlement};
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
    place: Place,
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
    /// A provider.
    Elsewhere {
        /// Who it says it is.
        profile: Box<Profile>,
        /// What ends the session there, if it gave that.
        refresh_token: Option<Secret>,
    },
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
    /// Where it comes from.
    pub place: &'a Place,
}

impl CallingClient {
    /// The client for which a sign-in elsewhere was begun: it proved itself then.
    pub(super) const fn returning(client: AuthClient) -> Self {
        Self { client }
    }

    /// The client.
    pub const fn client(&self) -> &AuthClient {
        &self.client
    }
}

impl SignedIn {
    /// Lets a person whom a provider has proven in to a client.
    pub(super) fn from_elsewhere(
        app: &App,
        client: &AuthClient,
        account: Account,
        profile: Profile,
        refresh_token: Option<Secret>,
    ) -> Result<Self, Error> {
        account.admit(client)?;
        Ok(Self {
            account,
            proof: Proof::Elsewhere {
                profile: Box::new(profile),
                refresh_token,
            },
            place: app.visitor.place(None),
        })
    }

    /// The person's account.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// What proved the person.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What goes first in the batch that opens something: failures are forgotten, the device is
    /// known from now on, and an OTP is taken or gets its try back.
    pub fn settle(&self, now: i64) -> Result<Settlement, Error> {
        let mut settlement = Settlement::default();
        let cleared = attempts::clear(&self.account.id, &self.place, now);
        settlement.statements.extend(cleared);
        match &self.proof {
            Proof::Password { unused: None } => {}
            Proof::Password { unused: Some(otp) } => {
                settlement.statements.push(otps::give_back(otp));
            }
            Proof::Otp(otp) => {
                let attempt = random_id()?;
                settlement.statements.push(otps::take(otp, &attempt, now));
                settlement.otp_attempt = Some(attempt);
            }
            Proof::Elsewhere { profile, .. } => {
                settlement.statements.push(identities::used(profile, now));
            }
        }
        Ok(settlement)
    }
}

impl Proof {
    /// The provider's refresh token, if there is one.
    pub const fn provider_token(&self) -> Option<&Secret> {
        match self {
            Self::Elsewhere { refresh_token, .. } => refresh_token.as_ref(),
            Self::Password { .. } | Self::Otp(_) => None,
        }
    }

    /// The name that is stored with a session.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Password { .. } => "password",
            Self::Otp(_) => "otp",
            Self::Elsewhere { profile, .. } => profile.provider.name(),
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
        place,
    } = *credentials;
    if client_id.is_empty() || client_secret.is_empty() {
        return Err(Error::Refused(Why::Unauthorized));
    }
    let name = fold(username);
    if name.is_empty() || password.is_empty() {
        // Nothing to try, so nothing is counted; but the client must prove itself all the same.
        client(app, client_id, client_secret).await?;
        return Err(Error::Strategy(Why::MissingCredentials));
    }
    let secret_digest = client_secret.digest();
    let guess = Guess {
        subject: Subject::Name(&name),
        place,
        attempt: &random_id()?,
        tag: &tag(app, &name, password)?,
        client: Some((client_id, &secret_digest)),
        limits: app.config.attempts,
    };
    let reads = [
        clients::find_by_client_id(client_id),
        accounts::find_by_name(username),
    ];
    let otp = otps::reserve(&name, client_id, &secret_digest, app.now);
    let statements = reads
        .into_iter()
        .chain(guess.statements(app.now))
        .chain([otp]);
    let answers = app.db.batch(statements).await?;
    let calling = prove_client(answers.row(0)?, client_secret)?;
    let found = accounts::with_password(&answers, 1)?;
    let event = |result, account: Option<&Account>| Event {
        kind: "sign-in",
        result,
        user_id: account.map(|account| account.id.clone()),
        client: Some(calling.client.id),
        session_id: None,
    };
    let known = found.as_ref().map(|found| found.account.id.clone());
    if let Err(refusal) = attempts::outcome(&answers, 4, app.now) {
        audit::record(
            app,
            Event {
                user_id: known,
                ..event("refused", None)
            },
        );
        return Err(refusal);
    }
    let proven =
        prove_person(app, found, password, answers.row(5)?).and_then(|(account, proof)| {
            account
                .admit(&calling.client)
                .map(|_| ())
                .map(|()| (account, proof))
        });
    match proven {
        Ok((account, proof)) => {
            audit::record(app, event("ok", Some(&account)));
            let place = place.clone();
            Ok((
                calling,
                SignedIn {
                    account,
                    proof,
                    place,
                },
            ))
        }
        Err(refusal) => {
            audit::record(
                app,
                Event {
                    user_id: known,
                    ..event("failed", None)
                },
            );
            Err(refusal)
        }
    }
}

/// Recognises the same attempt sent twice, and tells nothing of the password.
pub fn tag(app: &App, name: &str, password: &Secret) -> Result<String, Error> {
    let keys = &app.config.data_keys;
    keys.short_tag(Purpose::Attempt, &[name, password.expose()])
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
        rehash(app, &account.id, stored, password);
        return Ok((account, Proof::Password { unused: otp }));
    }
    match otp {
        Some(otp) if one_time_passwords::opens(app, &otp, password, &account)? => {
            Ok((account, Proof::Otp(otp)))
        }
        _ => Err(refusal),
    }
}

/// Stores a password under today's hash, after the answer has left, if it is under another.
fn rehash(app: &App, user_id: &str, stored: String, password: &Secret) {
    let algorithm = app.config.password_hash;
    if algorithm.is_current(&stored) {
        return;
    }
    let (user_id, password) = (user_id.to_owned(), password.clone());
    app.in_background(|app| async move {
        let hash = algorithm.hash(&password)?;
        accounts::rehash(&app.db, &user_id, &stored, &hash).await
    });
}
