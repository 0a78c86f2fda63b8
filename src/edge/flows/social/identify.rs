//! Who came: from a provider's code or token to a profile that is proven.

use crate::auth::oauth::Failure;
use crate::auth::oauth::access_token::Presented;
use crate::auth::oauth::call::Call;
use crate::auth::oauth::callback::Returned;
use crate::auth::oauth::descriptor::Descriptor;
use crate::auth::oauth::exchange::Evidence;
use crate::auth::oauth::jws::UnverifiedToken;
use crate::auth::oauth::profile::{Found, IdTokenProof, Profile};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::outbound::identity_provider::{answer, endpoints, send, signature_check};
use crate::edge::outbound::web_crypto;

/// Spends a code; gives the person, and what ends the session there.
pub async fn by_code(
    app: &App,
    descriptor: &Descriptor,
    returned: Returned,
) -> Result<(Profile, Option<Secret>), Failure> {
    let request = returned.token_request(descriptor, &app.config.data_keys, app.now)?;
    let received = send(&request.call, &app.deadline).await?;
    let tokens = request.read(&answer(&received))?;
    let refresh_token = tokens.refresh_token().cloned();
    let profile = match tokens.evidence(descriptor)? {
        Evidence::IdToken(token, proof) => by_id_token(app, token, proof).await?,
        Evidence::Profile(request) => {
            let received = send(&request.call, &app.deadline).await?;
            request.read(&answer(&received))?
        }
    };
    Ok((profile, refresh_token))
}

/// Takes a token that an app brings, if it was issued to us.
pub async fn by_token(
    app: &App,
    descriptor: &Descriptor,
    token: &Secret,
) -> Result<Profile, Failure> {
    let endpoints = endpoints(&descriptor.source, &app.deadline).await?;
    match Presented::new(descriptor, endpoints, token, app.now)? {
        Presented::IdToken(token, proof) => by_id_token(app, token, proof).await,
        Presented::AccessToken(inquiry) => {
            let received = send(&inquiry.call, &app.deadline).await?;
            complete(app, inquiry.read(&answer(&received), app.now)?).await
        }
    }
}

async fn by_id_token(
    app: &App,
    token: UnverifiedToken,
    proof: IdTokenProof,
) -> Result<Profile, Failure> {
    let keys = Call::get(proof.keys.clone());
    let check = signature_check(token, &keys, &app.deadline).await?;
    let signed = web_crypto::verify(check).await?;
    complete(app, proof.identify(signed, app.now)?).await
}

/// Asks for the name where it is wanting.
async fn complete(app: &App, found: Found) -> Result<Profile, Failure> {
    match found {
        Found::Profile(profile) => Ok(profile),
        Found::Ask(request) => {
            let received = send(&request.call, &app.deadline).await?;
            request.read(&answer(&received))
        }
    }
}
