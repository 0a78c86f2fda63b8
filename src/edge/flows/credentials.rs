//! Who is calling: the client, the person, the bearer of a token.

use serde_json::{Map, Value};

use super::audit::{self, Event};
use super::{one_time_passwords, passwords};
use crate::auth::account::{Account, fold};
use crate::auth::attempts::Place;
use crate::auth::client::AuthClient;
use crate::auth::data_key::Purpose;
use crate::auth::oauth::profile::Profile;
use crate::auth::secret::{Secret, digest, random_id};
use crate::auth::token::Expiry;
use crate::edge::app::App;
use crate::edge::store::accounts::{self, AccountWithPassword};
use crate::edge::store::attempts::{self, Guess, Subject};
use crate::edge::store::clients::{self, ClientRow};
use crate::edge::store::db::Answers;
use crate::edge::store::identities;
use crate::edge::store::otps::{self, ReservedOtp, Settlement};
use crate::edge::store::sessions::{self, LiveSession, Unchanged};
use crate::error::{Error, Why};

/// Nobody can sign in to the client of ServiceStack's callers.
const NOBODY: Error = Error::NotConfigured("SERVICESTACK_CLIENT_ID");

/// A client that has proven its secret.
pub struct CallingClient {
    client: AuthClient,
}

/// A person who has proven to be the account's, and is admitted to the client.
pub struct SignedIn {
    account: Account,
    proof: Proof,
    password_changed_on: Option<i64>,
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
            password_changed_on: None,
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

    /// The password that the account then had: what the person proved opens nothing once it is
    /// another. A provider's word does not hang on it.
    pub const fn unchanged(&self) -> Unchanged {
        match self.proof {
            Proof::Password { .. } | Proof::Otp(_) => Unchanged::Since(self.password_changed_on),
            Proof::Elsewhere { .. } => Unchanged::Whatever,
        }
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
    if fold(username).is_empty() || password.is_empty() {
        // Nothing to try, so nothing is counted; but the client must prove itself all the same.
        client(app, client_id, client_secret).await?;
        return Err(Error::Strategy(Why::MissingCredentials));
    }
    let digest = client_secret.digest();
    let person = Presented {
        username,
        password,
        place,
    };
    let answers = look_up(app, client_id, Some(&digest), &person).await?;
    let calling = prove_client(answers.row(0)?, client_secret)?;
    let person = prove_member(app, &answers, &calling, &person)?;
    Ok((calling, person))
}

/// What a person presents.
pub struct Presented<'a> {
    /// Username or e-mail address.
    pub username: &'a str,
    /// Password.
    pub password: &'a Secret,
    /// Where it comes from.
    pub place: &'a Place,
}

/// Proves a person to the client of ServiceStack's callers, in one trip. Nobody brings a secret of
/// that client: the deployment vouches for it, by `SERVICESTACK_CLIENT_ID`.
pub async fn sign_in_to_named(
    app: &App,
    person: &Presented<'_>,
) -> Result<(CallingClient, SignedIn), Error> {
    let client_id = app.config.servicestack_client_id.as_deref().ok_or(NOBODY)?;
    let answers = look_up(app, client_id, None, person).await?;
    let row: ClientRow = answers.row(0)?.ok_or(NOBODY)?;
    let calling = CallingClient { client: row.into() };
    let person = prove_member(app, &answers, &calling, person)?;
    Ok((calling, person))
}

/// The client of ServiceStack's callers, for a person whom somebody else proves.
pub async fn named_client(app: &App) -> Result<CallingClient, Error> {
    let client_id = app.config.servicestack_client_id.as_deref().ok_or(NOBODY)?;
    let row: Option<ClientRow> = app.db.first(clients::find_by_client_id(client_id)).await?;
    let client = row.ok_or(NOBODY)?.into();
    Ok(CallingClient { client })
}

/// Asks for client and account, counts the attempt, and reserves an OTP. Without a digest the
/// client has been vouched for.
async fn look_up(
    app: &App,
    client_id: &str,
    secret_digest: Option<&str>,
    person: &Presented<'_>,
) -> Result<Answers, Error> {
    let mut name = fold(person.username);
    if name.len() > accounts::LONGEST_NAME {
        // Nobody has such a name; it is counted under its digest, since D1 binds no megabytes.
        name = digest(&name);
    }
    let guess = Guess {
        subject: Subject::Name(&name),
        place: person.place,
        attempt: &random_id()?,
        tag: &tag(app, &name, person.password)?,
        client: secret_digest.map(|digest| (client_id, digest)),
        limits: app.config.attempts,
    };
    let reads = [
        clients::find_by_client_id(client_id),
        accounts::find_by_name(person.username),
    ];
    let otp = otps::reserve(&name, client_id, secret_digest, app.now);
    let counted = guess.statements(app.now);
    app.db
        .batch(reads.into_iter().chain(counted).chain([otp]))
        .await
}

/// Proves the person of a [`look_up`], and that the client may have them; writes down how it went.
fn prove_member(
    app: &App,
    answers: &Answers,
    calling: &CallingClient,
    person: &Presented<'_>,
) -> Result<SignedIn, Error> {
    let found = accounts::with_password(answers, 1)?;
    let user_id = found.as_ref().map(|found| found.account.id.clone());
    let record = |result| {
        let event = Event {
            kind: "sign-in",
            result,
            user_id: user_id.clone(),
            client: Some(calling.client.id),
            session_id: None,
        };
        audit::record(app, event);
    };
    attempts::outcome(answers, 4, app.now).inspect_err(|_| record("refused"))?;
    let password_changed_on = found.as_ref().and_then(|found| found.password_changed_on);
    let otp = answers.row(5)?;
    let (account, proof) = prove_person(app, found, person.password, otp)
        .and_then(|(account, proof)| {
            account
                .admit(&calling.client)
                .map(drop)
                .map(|()| (account, proof))
        })
        .inspect_err(|_| record("failed"))?;
    record("ok");
    let place = person.place.clone();
    Ok(SignedIn {
        account,
        proof,
        password_changed_on,
        place,
    })
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
        ..
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
