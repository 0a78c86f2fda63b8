//! Signing in by a passkey: alone, or as the second factor of a sign-in that waits.

use super::passkey;
use super::second_factor;
use crate::auth::factor::ceremony::{self, Ceremony, CeremonyPurpose};
use crate::auth::id::ClientId;
use crate::auth::pkce::Challenge;
use crate::auth::secret::Secret;
use crate::auth::webauthn::{Descriptor, RequestOptions};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal, Stranger};
use crate::edge::flows::codes::{self, IssuedCode};
use crate::edge::flows::credentials::{self, AuthenticatedUser};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::passkeys::KnownCredential;
use crate::store::{clients, passkeys};

pub use super::passkey::PasskeyAnswer as Answer;

/// A ceremony that begins.
pub struct Begun<T> {
    /// What the browser brings back.
    pub id: String,
    /// What the browser is asked for.
    pub options: T,
}

/// A sign-in by a passkey as it is asked for.
pub struct SignIn<'a> {
    /// The client's public name.
    pub client_id: &'a ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<&'a Secret>,
    /// PKCE challenge.
    pub challenge: Option<&'a Challenge>,
    /// The passkey.
    pub answer: Answer<'a>,
}

/// Begins a ceremony: for a sign-in that waits, by its user's passkeys; otherwise by anybody's, so that
/// the options tell a stranger nothing.
pub async fn begin(
    app: &App,
    client_id: &ClientId,
    waiting: Option<&Secret>,
) -> Result<Begun<RequestOptions>, Error> {
    let relying_party = passkey::relying_party(app)?;
    if let Some(token) = waiting {
        let (id, ceremony, known) = second_factor::ceremony(app, token, client_id).await?;
        let options = request(app, &ceremony, known)?;
        return Ok(Begun { id, options });
    }
    let batch = (
        clients::by_client_id(client_id),
        passkeys::are_of(relying_party.id()),
    );
    let (client, rows_agree) = app.db.run(batch).await?;
    passkey::require_of(rows_agree)?;
    let client = client.ok_or_else(|| {
        audit::count(app, Stranger::UnknownClient);
        ErrorKind::Unauthenticated(Reason::ClientInvalid)
    })?;
    let ceremony = Ceremony {
        client: Some(client.id),
        ..Ceremony::begin(app.now)?
    };
    Ok(Begun {
        id: ceremony.seal(&app.config.data_keys, CeremonyPurpose::SignIn)?,
        options: request(app, &ceremony, Vec::new())?,
    })
}

/// The options of a ceremony.
pub(super) fn request(
    app: &App,
    ceremony: &Ceremony,
    known: Vec<KnownCredential>,
) -> Result<RequestOptions, Error> {
    let relying_party = passkey::relying_party(app)?;
    let (challenge, lifetime) = (&ceremony.challenge, ceremony::LIFETIME);
    Ok(RequestOptions::new(
        relying_party,
        challenge,
        lifetime,
        descriptors(known),
    ))
}

pub(super) fn descriptors(known: Vec<KnownCredential>) -> Vec<Descriptor> {
    let known = known.into_iter();
    known
        .map(|known| Descriptor::new(known.id, known.transports))
        .collect()
}

/// Ends a ceremony: with a code for the client.
pub async fn sign_in(app: &App, asked: &SignIn<'_>) -> Result<IssuedCode, Error> {
    let (keys, id) = (&app.config.data_keys, asked.answer.id);
    let second = Ceremony::open(keys, CeremonyPurpose::SecondStep, id, app.now)?;
    if let Some(ceremony) = second {
        let answer = &asked.answer;
        let done = second_factor::by_passkey(app, &ceremony, answer, asked.client_id).await?;
        return Ok(IssuedCode {
            code: done.code,
            waits_for: None,
        });
    }
    let ceremony = Ceremony::open(keys, CeremonyPurpose::SignIn, id, app.now)?;
    alone(app, asked, ceremony).await
}

/// A passkey that has verified its user proves two factors, without a name or a password.
async fn alone(
    app: &App,
    asked: &SignIn<'_>,
    ceremony: Option<Ceremony>,
) -> Result<IssuedCode, Error> {
    credentials::require_client(asked.client_id, asked.client_secret)?;
    let batch = (
        clients::by_client_id(asked.client_id),
        passkeys::by_credential(&asked.answer.credential_id()?),
    );
    let (client, owned) = app.db.run(batch).await?;
    let calling = credentials::prove_client(app, client, asked.client_secret)?;
    let client = calling.client();
    client.check_challenge(asked.challenge)?;
    let ceremony = ceremony.filter(|ceremony| ceremony.client == Some(client.id));
    let (Some(ceremony), Some(owned)) = (ceremony, owned) else {
        audit::count(app, Stranger::UnknownPasskey);
        return Err(ErrorKind::Unauthenticated(Reason::InvalidCredentials).into());
    };
    let account = owned.account.clone();
    let refused = |error: Error| {
        let failed = Event::SignInFailed {
            refusal: Refusal::Failed,
            user_id: Some(account.id.clone()),
            client: Some(client.id),
        };
        audit::record(app, failed);
        match error.kind() {
            ErrorKind::Rejected(Reason::PasskeyInvalid) => {
                ErrorKind::Unauthenticated(Reason::InvalidCredentials).into()
            }
            _ => error,
        }
    };
    let proof = passkey::verify(app, &ceremony, owned, false, &asked.answer).await;
    let proof = proof.map_err(&refused)?;
    let person = AuthenticatedUser::by_passkey(Some(client), account.clone(), proof);
    let person = person.map_err(|why| refused(why.into()))?;
    codes::new_code(app, &calling, &person, asked.challenge).await
}
