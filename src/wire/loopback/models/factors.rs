//! Bodies of second factors and passkeys.

use serde::Deserialize;
use serde_json::Value;

use super::super::validate::ValueKind::{Object, String as Text};
use super::super::validate::{Field, Model};
use crate::auth::id::ClientId;
use crate::auth::pkce::Challenge;
use crate::auth::secret::Secret;
use crate::auth::webauthn::AssertionCredential;
use crate::error::InvalidInput;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;

/// The body of verify-otp.
pub const VERIFY_OTP: Model = Model {
    fields: &[
        Field::required("key", Text),
        Field::required("otp", Text),
        Field::optional("clientId", Text),
        Field::optional("code", Text),
        Field::optional("code_challenge", Text),
        Field::optional("code_challenge_method", Text),
    ],
    closed: true,
};

/// The body of send-otp.
pub const SEND_OTP: Model = Model {
    fields: &[
        Field::required("client_id", Text),
        Field::required("client_secret", Text),
        Field::required("key", Text),
    ],
    closed: true,
};

/// The body of create-qr-code.
pub const CREATE_QR_CODE: Model = Model {
    fields: &[
        Field::required("clientId", Text),
        Field::required("code", Text),
    ],
    closed: true,
};

/// The options of a passkey.
pub const PASSKEY_OPTIONS: Model = Model {
    fields: &[
        Field::required("clientId", Text),
        Field::optional("code", Text),
    ],
    closed: true,
};

/// A sign-in by a passkey.
pub const PASSKEY: Model = Model {
    fields: &[
        Field::required("id", Text),
        Field::required("credential", Object),
        Field::required("client_id", Text),
        Field::optional("client_secret", Text),
        Field::optional("code_challenge", Text),
        Field::optional("code_challenge_method", Text),
    ],
    closed: true,
};

/// Body of verify-otp.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VerifyOtpRequest {
    /// The code that waits, or a username beside one.
    pub key: Secret,
    /// What was typed.
    pub otp: Secret,
    /// The client's public name.
    pub client_id: Option<ClientId>,
    /// The code that waits, where `key` is a username.
    pub code: Option<Secret>,
    /// PKCE challenge, where a code that was mailed begins a sign-in.
    #[serde(rename = "code_challenge")]
    pub code_challenge: Option<String>,
    /// Only `S256`.
    #[serde(rename = "code_challenge_method")]
    pub code_challenge_method: Option<String>,
}

impl VerifyOtpRequest {
    /// The sign-in that waits.
    pub fn token(&self) -> &Secret {
        self.code.as_ref().unwrap_or(&self.key)
    }

    /// The client and the username, where no code came along that waits.
    pub fn username(&self) -> Option<(&ClientId, &str)> {
        let client_id = self.client_id.as_ref()?;
        let is_alone = self.code.is_none() && !self.key.looks_random();
        is_alone.then(|| (client_id, self.key.expose()))
    }

    /// The PKCE challenge, if there is one.
    pub fn challenge(&self) -> Result<Option<Challenge>, InvalidInput> {
        let method = self.code_challenge_method.as_deref();
        Challenge::read(self.code_challenge.as_deref(), method)
    }
}

/// Body of send-otp.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SendOtpRequest {
    /// The client's public name.
    pub client_id: ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<Secret>,
    /// A username or an address.
    pub key: String,
}

/// Body of create-qr-code and of a passkey's options.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CodeOfClient {
    /// The client's public name.
    pub client_id: ClientId,
    /// The code.
    pub code: Option<Secret>,
}

/// Body of a sign-in by a passkey.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PasskeyRequest {
    /// The ceremony.
    pub id: String,
    /// What the browser gave.
    pub credential: Value,
    /// The client's public name.
    pub client_id: ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<Secret>,
    /// PKCE challenge.
    pub code_challenge: Option<String>,
    /// Only `S256`.
    pub code_challenge_method: Option<String>,
}

impl PasskeyRequest {
    /// The PKCE challenge, if there is one.
    pub fn challenge(&self) -> Result<Option<Challenge>, InvalidInput> {
        let method = self.code_challenge_method.as_deref();
        Challenge::read(self.code_challenge.as_deref(), method)
    }

    /// The credential, taken out.
    pub fn credential(&mut self) -> Result<AssertionCredential, LoopbackFailure> {
        credential(self.credential.take())
    }
}

/// What a browser gave.
pub(super) fn credential<T: serde::de::DeserializeOwned>(
    value: Value,
) -> Result<T, LoopbackFailure> {
    let what = "must be what PublicKeyCredential.toJSON() gives";
    serde_json::from_value(value)
        .map_err(|_| LoopbackFailure::InvalidBody(vec![Detail::pattern("/credential", what)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_beside_a_username_is_the_one_that_waits() {
        let request = VerifyOtpRequest {
            key: Secret::new("ann"),
            code: Some(Secret::new("code")),
            ..VerifyOtpRequest::default()
        };
        assert_eq!(request.token().expose(), "code");
    }
}
