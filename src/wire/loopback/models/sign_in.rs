//! Bodies of signing in and out, with a password or a provider.

use serde::{Deserialize, Serialize};

use super::super::validate::ValueKind::String as Text;
use super::super::validate::{Field, Model};
use crate::auth::id::ClientId;
use crate::auth::pkce::Challenge;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::InvalidInput;

/// `LoginRequest`.
pub const LOGIN_TOKEN_REQUEST: Model = Model {
    fields: &[
        Field::required("client_id", Text),
        Field::required("client_secret", Text),
        Field::required("username", Text),
        Field::required("password", Text),
    ],
    closed: true,
};

/// `LoginRequest`, with the PKCE properties that are ours: what comes back is a code.
pub const LOGIN_REQUEST: Model = Model {
    fields: &[
        Field::required("client_id", Text),
        Field::required("client_secret", Text),
        Field::required("username", Text),
        Field::required("password", Text),
        Field::optional("code_challenge", Text),
        Field::optional("code_challenge_method", Text),
    ],
    closed: true,
};

/// `AuthTokenRequest`, with the PKCE property that is ours.
pub const AUTH_TOKEN_REQUEST: Model = Model {
    fields: &[
        Field::required("code", Text),
        Field::required("clientId", Text),
        Field::optional("code_verifier", Text),
    ],
    closed: true,
};

/// `AuthRefreshTokenRequest`.
pub const REFRESH_REQUEST: Model = Model {
    fields: &[Field::required("refreshToken", Text)],
    closed: true,
};

/// `RefreshTokenRequestPartial`, the body of the two sign-outs.
pub const LOGOUT_REQUEST: Model = Model {
    fields: &[Field::optional("refreshToken", Text)],
    closed: true,
};

/// `ClientAuthRequest`, with the properties of a start that are ours.
pub const CLIENT_AUTH_REQUEST: Model = Model {
    fields: &[
        Field::required("client_id", Text),
        Field::required("client_secret", Text),
        Field::optional("state", Text),
        Field::optional("code_challenge", Text),
        Field::optional("code_challenge_method", Text),
        Field::optional("prompt", Text),
    ],
    closed: true,
};

/// The same as a query, where nothing is required and anything else passes.
pub const CLIENT_AUTH_QUERY: Model = Model {
    fields: &[
        Field::optional("client_id", Text),
        Field::optional("client_secret", Text),
        Field::optional("state", Text),
        Field::optional("code_challenge", Text),
        Field::optional("code_challenge_method", Text),
        Field::optional("prompt", Text),
    ],
    closed: false,
};

/// What a start brings, as form or query.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ClientAuthRequest {
    /// The client's public name.
    pub client_id: ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<Secret>,
    /// The client's own, handed back.
    pub state: Option<String>,
    /// PKCE challenge.
    pub code_challenge: Option<String>,
    /// Only `S256`.
    pub code_challenge_method: Option<String>,
    /// What the provider is to ask the person for.
    pub prompt: Option<String>,
}

/// Body of the two login routes.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LoginRequest {
    /// The client's public name.
    pub client_id: ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<Secret>,
    /// Username, or the user's e-mail address.
    pub username: String,
    /// Password, or an OTP.
    pub password: Secret,
    /// PKCE challenge.
    pub code_challenge: Option<String>,
    /// Only `S256`.
    pub code_challenge_method: Option<String>,
}

impl LoginRequest {
    /// The PKCE challenge; a client that keeps no secret must send one.
    pub fn challenge(&self) -> Result<Option<Challenge>, InvalidInput> {
        let method = self.code_challenge_method.as_deref();
        let challenge = Challenge::read(self.code_challenge.as_deref(), method)?;
        if self.client_secret.is_none() && challenge.is_none() {
            return Err(InvalidInput::MissingChallenge);
        }
        Ok(challenge)
    }
}

/// Body of `POST /auth/token`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AuthTokenRequest {
    /// The code.
    pub code: Secret,
    /// The client's public name.
    #[serde(rename = "clientId")]
    pub client_id: ClientId,
    /// PKCE verifier.
    pub code_verifier: Option<Secret>,
}

/// Body of `POST /auth/token-refresh` and of the sign-outs.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RefreshRequest {
    /// The refresh token.
    pub refresh_token: Secret,
}

/// `TokenResponse`; `pubnubToken` is never made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenResponse {
    /// A JWT.
    pub access_token: String,
    /// Opaque.
    pub refresh_token: String,
    /// Epoch milliseconds at which the access token ends.
    pub expires: Timestamp,
}
