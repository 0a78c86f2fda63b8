//! Authentication by a provider: from its code or token to a proven profile.

use serde_json::{Map, Value};
use worker::console_error;

use super::revocation;
use crate::auth::federation::ProviderFailure;
use crate::auth::federation::flow::access_token::{AccessTokenProof, AppToken};
use crate::auth::federation::flow::callback::Returned;
use crate::auth::federation::flow::code_exchange::Evidence;
use crate::auth::federation::flow::introspection::Introspection;
use crate::auth::federation::identity::id_token_proof::IdTokenProof;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::identity::userinfo::{Found, ProfileRequest, UserInfo};
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::jose::provider_token::UnverifiedToken;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::outbound::identity_provider::{answer, endpoints, send, verify};

/// Spends a code; gives the person, and what ends the session there.
pub async fn by_code(
    app: &App,
    config: &ProviderConfig,
    returned: Returned,
) -> Result<(ExternalProfile, Option<Secret>), ProviderFailure> {
    let request = returned.token_request(config, &app.config.data_keys, app.now)?;
    let received = send(&request.call, &app.deadline).await?;
    let tokens = request.read(&answer(&received))?;
    let refresh_token = tokens.refresh_token().cloned();
    let revocable = match tokens.revocable() {
        Some(token) => Some(revocation::seal(app, config.provider, token)?),
        None => None,
    };
    let mut profile = match tokens.evidence(config)? {
        Evidence::IdToken(token, proof) => by_id_token(app, token, proof).await?,
        Evidence::Profile(request) => by_profile(app, request).await?,
    };
    profile.revocable = revocable;
    Ok((profile, refresh_token))
}

/// Takes a token that an app brings, if it was issued to us.
pub async fn by_token(
    app: &App,
    config: &ProviderConfig,
    token: &Secret,
) -> Result<ExternalProfile, ProviderFailure> {
    let endpoints = endpoints(&config.source, &app.deadline).await?;
    match AppToken::new(config, endpoints, token, app.now)? {
        AppToken::Id(token, proof) => by_id_token(app, token, proof).await,
        AppToken::Access(inquiry) => by_inquiry(app, inquiry).await,
        AppToken::SignedAccess(token, proof, inquiry) => {
            match (by_access_token(app, token, proof).await, inquiry) {
                (Err(failure), Some(inquiry)) => by_inquiry(app, inquiry.after(&failure)).await,
                (proven, _) => proven,
            }
        }
    }
}

async fn by_id_token(
    app: &App,
    token: UnverifiedToken,
    proof: IdTokenProof,
) -> Result<ExternalProfile, ProviderFailure> {
    let signed = verify(token, &proof.keys, &app.deadline).await?;
    complete(app, proof.identify(signed, app.now)?).await
}

async fn by_access_token(
    app: &App,
    token: UnverifiedToken,
    proof: AccessTokenProof,
) -> Result<ExternalProfile, ProviderFailure> {
    let signed = verify(token, &proof.keys, &app.deadline).await?;
    by_profile(app, proof.check(signed, app.now)?).await
}

async fn by_inquiry(app: &App, inquiry: Introspection) -> Result<ExternalProfile, ProviderFailure> {
    let received = send(&inquiry.call, &app.deadline).await?;
    complete(app, inquiry.read(&answer(&received), app.now)?).await
}

/// Asks a provider about a person where its answer is the proof, or a part of it.
async fn by_profile(
    app: &App,
    request: ProfileRequest,
) -> Result<ExternalProfile, ProviderFailure> {
    let answer = ask(app, &request).await?;
    request.read(answer)
}

/// Asks for the name where it is missing. The person is authenticated without it, and signed in without
/// it where userinfo does not answer; an answer about another subject is refused all the same.
async fn complete(app: &App, found: Found) -> Result<ExternalProfile, ProviderFailure> {
    let request = match found {
        Found::Profile(profile) => return Ok(profile),
        Found::Ask(request) => request,
    };
    match ask(app, &request).await {
        Ok(answer) => request.read(answer),
        Err(failure) => {
            let reason = &failure.reason;
            console_error!("a person's name is left out: {reason}");
            request.without_answer().ok_or(failure)
        }
    }
}

async fn ask(app: &App, request: &ProfileRequest) -> Result<Map<String, Value>, ProviderFailure> {
    let received = send(&request.call, &app.deadline).await?;
    match request.open(&answer(&received))? {
        UserInfo::Plain(answer) => Ok(answer),
        UserInfo::Signed(token, proof) => {
            let signed = verify(token, &proof.keys, &app.deadline).await?;
            proof.check(signed)
        }
    }
}
