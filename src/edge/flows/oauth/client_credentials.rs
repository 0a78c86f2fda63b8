//! A client acts for itself (RFC 6749 §4.4).

use super::client::AuthenticatedOAuthClient;
use super::issue::{IssuedTokens, sign};
use super::token_request::TokenRequest;
use crate::auth::oauth::client::GrantType;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::oauth::resource;
use crate::auth::oauth::scope::Scope;
use crate::auth::oauth::tokens::OAuthAccessToken;
use crate::auth::secret::random_id;
use crate::auth::token::ACCESS_TOKEN;
use crate::edge::app::App;
use crate::store::{oauth_clients, one_uses};

/// An access token in one trip: no refresh token, no ID Token.
pub(super) async fn for_client(
    app: &App,
    request: &TokenRequest<'_>,
) -> Result<IssuedTokens, OAuthError> {
    let settings = app.config.oauth.on()?;
    let client = authenticated(app, request).await?;
    let client = client.registered();
    let scope = Scope::for_client(client.oauth.scope.as_ref(), request.form.get("scope"))?;
    let asked = request.form.all("resource");
    let audience = resource::audience(asked, settings.own_audiences(), false)?;
    let claims = OAuthAccessToken {
        issuer: settings.issuer(),
        jti: &random_id()?,
        client_id: &client.client.client_id,
        on_behalf_of: None,
        audience: &audience,
        scope: &scope,
        permissions: None,
        key: request.jkt(),
        now: app.now,
        lifetime: client.client.access_token_expiration,
    };
    let algorithm = client.oauth.access_token_algorithm;
    Ok(IssuedTokens {
        access_token: sign(
            &app.config,
            algorithm,
            ACCESS_TOKEN,
            &claims.claims(),
            app.now,
        )
        .await?,
        is_bound: request.key.is_some(),
        expires_in: client.client.access_token_expiration,
        refresh_token: None,
        id_token: None,
        scope,
    })
}

/// The client, once what it brings is used up.
async fn authenticated(
    app: &App,
    request: &TokenRequest<'_>,
) -> Result<AuthenticatedOAuthClient, OAuthError> {
    let caller = request.caller;
    let uses = request.uses().into_iter().flatten();
    let uses: Vec<_> = uses
        .map(|used| one_uses::take(used, &caller.proof, app.now))
        .collect();
    let found = oauth_clients::by_client_id(&caller.proof.client_id);
    let (found, taken) = app.db.run((found, uses)).await?;
    let client = caller.prove(app, found)?;
    let registered = &client.registered().oauth;
    request.check_key(registered)?;
    if taken.contains(&0) {
        return Err(Failure::invalid_client().into());
    }
    if !registered.may_use(GrantType::ClientCredentials) {
        let why = "the client may not use client_credentials";
        return Err(Failure::new(ErrorCode::UnauthorizedClient, why).into());
    }
    Ok(client)
}
