//! UserInfo (OIDC Core §5.3): what the user of an access token has let its client know.

use serde_json::{Map, Value, json};

use super::issue::user_claims;
use super::proof;
use crate::auth::oauth::dpop::ProofTarget;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::oauth::scope::{OPENID, Scope};
use crate::auth::secret::{Secret, constant_time_eq};
use crate::auth::token::VerifiedToken;
use crate::edge::app::App;
use crate::edge::outbound::web_crypto;
use crate::store::grants;

const INVALID: Failure = Failure::new(
    ErrorCode::InvalidToken,
    "the access token is invalid, expired or revoked",
);

/// An access token as it is presented at a resource of ours.
pub struct ResourceRequest<'a> {
    /// The token.
    pub token: &'a Secret,
    /// Whether it comes in the scheme that a proof goes with.
    pub with_proof: bool,
    /// The proof.
    pub proof: Option<&'a str>,
    /// The request's method.
    pub method: &'a str,
}

/// The claims of the user, as D1 has them now: also of a token whose session has just ended.
pub async fn userinfo(
    app: &App,
    request: ResourceRequest<'_>,
) -> Result<Map<String, Value>, OAuthError> {
    let settings = app.config.oauth.on()?;
    let audience = settings.own_audiences().userinfo;
    let token = access_token(app, request.token, audience)
        .await
        .ok_or(INVALID)?;
    check_key(app, &request, &token, audience).await?;
    let grant = app.db.run(grants::live(&token.session_id, app.now)).await?;
    let grant = grant.ok_or(INVALID)?;
    let scope = Scope::parse(token.scope.as_deref().unwrap_or_default())?;
    if !scope.has(OPENID) {
        let why = "the access token is not one of OpenID Connect";
        return Err(Failure::new(ErrorCode::InsufficientScope, why).into());
    }
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(grant.session.account.id));
    claims.extend(user_claims(&grant).released(&scope, &grant.userinfo_claims));
    Ok(claims)
}

/// A token of ours for an audience.
pub(super) async fn access_token(
    app: &App,
    token: &Secret,
    audience: &str,
) -> Option<VerifiedToken> {
    let (keys, issuer) = (&app.config.token_keys, app.config.issuer.as_str());
    if let Some(verified) = keys.verify_for(token.expose(), issuer, audience, app.now) {
        return Some(verified);
    }
    let signed = web_crypto::verify(keys.check(token.expose())?).await.ok()?;
    keys.accept(&signed, issuer, audience, app.now)
}

/// A token that is bound to a key comes with its proof, in the scheme for that, and no other does (RFC
/// 9449 §7.1 and §7.2).
async fn check_key(
    app: &App,
    request: &ResourceRequest<'_>,
    token: &VerifiedToken,
    address: &str,
) -> Result<(), OAuthError> {
    let Some(key) = &token.key else {
        return match request.with_proof {
            true => Err(INVALID.into()),
            false => Ok(()),
        };
    };
    let missing = Failure::new(ErrorCode::InvalidDpopProof, "the DPoP proof is missing");
    let header = match (request.with_proof, request.proof) {
        (true, Some(header)) => header,
        (true, None) => return Err(missing.into()),
        (false, _) => return Err(INVALID.into()),
    };
    let target = ProofTarget {
        method: request.method,
        address,
        access_token: Some(request.token.expose()),
    };
    let proven = proof::verify(app, header, target).await?;
    match constant_time_eq(proven.thumbprint.as_bytes(), key.as_bytes()) {
        true => Ok(()),
        false => Err(INVALID.into()),
    }
}
