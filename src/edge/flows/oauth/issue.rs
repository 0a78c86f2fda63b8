//! Tokens for a grant.

use serde_json::Map;

use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::scope::{OPENID, PERMISSIONS, Scope};
use crate::auth::oauth::tokens::{
    AccessTokenHash, ID_TOKEN, IdToken, OAuthAccessToken, OnBehalfOf, refresh_purpose,
};
use crate::auth::oauth::user_claims::UserClaims;
use crate::auth::secret::random_id;
use crate::auth::session::RefreshToken;
use crate::auth::time::{Seconds, Timestamp};
use crate::auth::token::ACCESS_TOKEN;
use crate::config::Config;
use crate::edge::app::App;
use crate::edge::outbound::web_crypto;
use crate::error::Error;
use crate::store::grants::LiveGrant;

/// What the token endpoint answers (RFC 6749 §5.1, OIDC Core §3.1.3.3).
pub struct IssuedTokens {
    /// A JWT.
    pub access_token: String,
    /// Whether it is bound to a key (RFC 9449 §5).
    pub is_bound: bool,
    /// How long it lives.
    pub expires_in: Seconds,
    /// Opaque.
    pub refresh_token: Option<String>,
    /// A JWT.
    pub id_token: Option<String>,
    /// What was granted.
    pub scope: Scope,
}

/// What is asked of a grant.
pub(super) struct Issue<'a> {
    /// The scope of the access token.
    pub scope: Scope,
    /// Its audience.
    pub audience: Vec<String>,
    /// The thumbprint of the key that it is bound to.
    pub key: Option<&'a str>,
    /// The number of the next refresh token.
    pub refresh_n: u32,
    /// The request's nonce.
    pub nonce: Option<&'a str>,
}

/// Makes the tokens of a grant.
pub(super) async fn issue(
    app: &App,
    grant: &LiveGrant,
    ask: Issue<'_>,
) -> Result<IssuedTokens, Error> {
    let access_token = access_token(app, grant, &ask).await?;
    let id_token = match ask.scope.has(OPENID) {
        true => Some(id_token(app, grant, &ask, &access_token).await?),
        false => None,
    };
    let client = &grant.client.oauth;
    let refresh_token = RefreshToken {
        session_id: grant.session.id.clone(),
        n: ask.refresh_n,
    };
    let refresh_token = match client.gets_refresh_token(&grant.scope) {
        true => Some(refresh_token.issue(&app.config.data_keys, refresh_purpose(client))?),
        false => None,
    };
    Ok(IssuedTokens {
        access_token,
        is_bound: ask.key.is_some(),
        expires_in: grant.client.client.access_token_expiration,
        refresh_token,
        id_token,
        scope: ask.scope,
    })
}

async fn access_token(app: &App, grant: &LiveGrant, ask: &Issue<'_>) -> Result<String, Error> {
    let settings = &app.config.oauth;
    let client = &grant.client;
    let permissions = ask.scope.has(PERMISSIONS);
    let claims = OAuthAccessToken {
        issuer: settings.issuer(),
        jti: &random_id()?,
        client_id: &client.client.client_id,
        on_behalf_of: Some(OnBehalfOf {
            user_id: &grant.session.account.id,
            session_id: &grant.session.id,
            auth_time: grant.session.assurance.auth_time,
            acr: grant.session.assurance.aal.acr(),
            amr: &grant.session.assurance.amr,
        }),
        audience: &ask.audience,
        scope: &ask.scope,
        permissions: permissions.then(|| grant.session.account.permissions()),
        key: ask.key,
        now: app.now,
        lifetime: client.client.access_token_expiration,
    };
    // What our own APIs take is verified at once, which WebCrypto cannot.
    let own = ask.audience.iter().any(|one| one == settings.issuer());
    let algorithm = client.oauth.access_token_algorithm.filter(|_| !own);
    sign(
        &app.config,
        algorithm,
        ACCESS_TOKEN,
        &claims.claims(),
        app.now,
    )
    .await
}

async fn id_token(
    app: &App,
    grant: &LiveGrant,
    ask: &Issue<'_>,
    access_token: &str,
) -> Result<String, Error> {
    let client = &grant.client;
    let algorithm = client.oauth.id_token_algorithm;
    let of_scope = match client.oauth.id_token_claims {
        true => ask.scope.clone(),
        false => Scope::default(),
    };
    let claims = IdToken {
        issuer: app.config.oauth.issuer(),
        user_id: &grant.session.account.id,
        client_id: &client.client.client_id,
        session_id: &grant.session.id,
        auth_time: grant.session.assurance.auth_time,
        acr: grant.session.assurance.aal.acr(),
        amr: &grant.session.assurance.amr,
        nonce: ask.nonce,
        access_token: AccessTokenHash::of(access_token, algorithm),
        others: user_claims(grant).released(&of_scope, &grant.id_token_claims),
        now: app.now,
    };
    sign(
        &app.config,
        Some(algorithm),
        ID_TOKEN,
        &claims.claims(),
        app.now,
    )
    .await
}

/// Signs claims, by an algorithm or by that of access tokens.
pub(super) async fn sign(
    config: &Config,
    algorithm: Option<SignatureAlgorithm>,
    typ: &str,
    claims: &Map<String, serde_json::Value>,
    now: Timestamp,
) -> Result<String, Error> {
    let keys = &config.token_keys;
    web_crypto::sign(keys.jwt(algorithm, typ, claims, now)?).await
}

/// The user of a grant, as claims are made of it.
pub(super) const fn user_claims(grant: &LiveGrant) -> UserClaims<'_> {
    UserClaims {
        account: &grant.session.account,
        email_verified: grant.email_verified,
        updated_on: grant.user_modified_on,
    }
}
