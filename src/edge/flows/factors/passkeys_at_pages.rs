//! Passkeys at the pages of this service: the ceremonies that begin there, and a sign-in by one alone.

use super::at_pages;
use super::changes;
use super::holder::Holder;
use super::passkey::{self, PasskeyAnswer};
use super::passkeys::{Begun, request};
use super::proof;
use super::registration;
use super::second_factor;
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::ceremony::{Ceremony, CeremonyPurpose};
use crate::auth::id::ClientId;
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::Secret;
use crate::auth::webauthn::{CreationOptions, RequestOptions};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal, Stranger};
use crate::edge::flows::credentials::AuthenticatedUser;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::{clients, passkeys};

/// Begins a sign-in by anybody's passkey, in this form session. It reads nothing: whether the passkeys
/// are of this relying party is asked when one comes back.
pub fn begin_sign_in(app: &App, form_session: &str) -> Result<Begun<RequestOptions>, Error> {
    let ceremony = Ceremony {
        bound_to: Some(form_session.to_owned()),
        ..Ceremony::begin(app.now)?
    };
    Ok(Begun {
        options: request(app, &ceremony, Vec::new())?,
        id: ceremony.seal(&app.config.data_keys, CeremonyPurpose::SignIn)?,
    })
}

/// Begins the second step of a sign-in that waits, by its user's passkeys.
pub async fn begin_second_step(app: &App, token: &Secret) -> Result<Begun<RequestOptions>, Error> {
    let step = at_pages::waiting(app, token).await?;
    let step = step.ok_or(ErrorKind::Rejected(Reason::InvalidCredentials))?;
    let key = one_time::key::<AuthCode>(token);
    let (id, ceremony, known) = second_factor::begin(app, key, step).await?;
    let options = request(app, &ceremony, known)?;
    Ok(Begun { id, options })
}

/// Begins a fresh proof, by the passkeys of a browser's user.
pub async fn begin_proof(app: &App, browser: &LiveBrowser) -> Result<Begun<RequestOptions>, Error> {
    proof::begin(app, &browser.account.id, browser.id.as_str()).await
}

/// Begins to register a passkey.
pub async fn begin_registration(
    app: &App,
    browser: &LiveBrowser,
) -> Result<Begun<CreationOptions>, Error> {
    let holder = Holder::of_browser(app, browser).await?;
    changes::begin_passkey(app, &holder).await
}

/// Begins to register the first passkey of a user who must have a factor, in a sign-in that waits.
pub async fn begin_first(app: &App, token: &Secret) -> Result<Begun<CreationOptions>, Error> {
    let enrolling = at_pages::enrolling(app, token).await?;
    registration::begin(app, &enrolling.registrant()).await
}

/// Authenticates a user by a passkey alone, for a client if one is named. A credential that nobody has
/// is told apart, since whoever holds it may forget it then.
pub async fn sign_in(
    app: &App,
    client_id: Option<&ClientId>,
    answer: &PasskeyAnswer<'_>,
    form_session: &str,
) -> Result<AuthenticatedUser, Error> {
    let keys = &app.config.data_keys;
    let ceremony = Ceremony::open(keys, CeremonyPurpose::SignIn, answer.id, app.now)?;
    let of_this = |it: &Ceremony| it.bound_to.as_deref() == Some(form_session);
    let ceremony = ceremony.filter(of_this);
    let ceremony = ceremony.ok_or(ErrorKind::Rejected(Reason::PasskeyInvalid))?;
    let id = answer.credential_id()?;
    let batch = (
        client_id.map(clients::by_client_id),
        passkeys::by_credential(&id),
    );
    let (client, owned) = app.db.run(batch).await?;
    let client = client.flatten();
    if client_id.is_some() && client.is_none() {
        audit::count(app, Stranger::UnknownClient);
        return Err(ErrorKind::Unauthenticated(Reason::ClientInvalid).into());
    }
    let owned = owned.ok_or_else(|| {
        audit::count(app, Stranger::UnknownPasskey);
        let entity = "Passkey";
        ErrorKind::NoSuchRow { entity, id }
    })?;
    let account = owned.account.clone();
    let proof = passkey::verify(app, &ceremony, owned, false, answer).await;
    let proof = proof.inspect_err(|_| {
        let failed = Event::SignInFailed {
            refusal: Refusal::Failed,
            user_id: Some(account.id.clone()),
            client: client.as_ref().map(|client| client.id),
        };
        audit::record(app, failed);
    })?;
    AuthenticatedUser::by_passkey(client.as_ref(), account.clone(), proof).map_err(Error::from)
}
