//! What a browser is asked for: the options of `navigator.credentials`, as JSON (WebAuthn §5.1.9).

use serde::Serialize;

use super::cose::{EDDSA, ES256, RS256};
use super::relying_party::RelyingParty;
use crate::auth::time::Seconds;

const PUBLIC_KEY: &str = "public-key";

/// A user account, as an authenticator shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The user handle in base64url: random, so that it tells nothing of the user.
    pub id: String,
    /// The username.
    pub name: String,
    /// What the user is called.
    pub display_name: String,
}

/// A credential that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    r#type: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transports: Vec<String>,
}

/// `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    rp: Party,
    user: Account,
    challenge: String,
    pub_key_cred_params: [Parameters; 3],
    timeout: i64,
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: Selection,
    attestation: &'static str,
    extensions: Extensions,
}

/// `PublicKeyCredentialRequestOptionsJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    challenge: String,
    timeout: i64,
    rp_id: String,
    allow_credentials: Vec<Descriptor>,
    user_verification: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Party {
    id: String,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Parameters {
    r#type: &'static str,
    alg: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    cred_props: bool,
}

impl Descriptor {
    /// A credential by its id in base64url.
    pub const fn new(id: String, transports: Vec<String>) -> Self {
        Self {
            r#type: PUBLIC_KEY,
            id,
            transports,
        }
    }
}

impl CreationOptions {
    /// Asks for a passkey: one that is found without its id and verifies its user, on an
    /// authenticator that has none of these already. `name` is the service's.
    pub fn new(
        relying_party: &RelyingParty,
        name: &str,
        user: Account,
        challenge: &str,
        lifetime: Seconds,
        existing: Vec<Descriptor>,
    ) -> Self {
        Self {
            rp: Party {
                id: relying_party.id().to_owned(),
                name: name.to_owned(),
            },
            user,
            challenge: challenge.to_owned(),
            // In the order of preference.
            pub_key_cred_params: [EDDSA, ES256, RS256].map(|alg| Parameters {
                r#type: PUBLIC_KEY,
                alg,
            }),
            timeout: lifetime.millis(),
            exclude_credentials: existing,
            authenticator_selection: Selection {
                resident_key: "required",
                require_resident_key: true,
                user_verification: "required",
            },
            attestation: "none",
            extensions: Extensions { cred_props: true },
        }
    }
}

impl RequestOptions {
    /// Asks for an assertion by one of these credentials, or by any where none is named.
    pub fn new(
        relying_party: &RelyingParty,
        challenge: &str,
        lifetime: Seconds,
        allowed: Vec<Descriptor>,
    ) -> Self {
        Self {
            challenge: challenge.to_owned(),
            timeout: lifetime.millis(),
            rp_id: relying_party.id().to_owned(),
            allow_credentials: allowed,
            user_verification: "required",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, to_value};

    fn relying_party() -> RelyingParty {
        RelyingParty::new("login.example".to_owned(), vec![])
    }

    #[test]
    fn a_browser_can_parse_the_creation_options() {
        let user = Account {
            id: "aGFuZGxl".to_owned(),
            name: "ann".to_owned(),
            display_name: "Ann Lee".to_owned(),
        };
        let existing = vec![Descriptor::new("AQID".to_owned(), vec!["usb".to_owned()])];
        let lifetime = Seconds::new(300);
        let options = CreationOptions::new(
            &relying_party(),
            "Edgelatch",
            user,
            "Y2hhbGxlbmdl",
            lifetime,
            existing,
        );
        assert_eq!(
            to_value(&options).unwrap(),
            json!({
                "rp": { "id": "login.example", "name": "Edgelatch" },
                "user": { "id": "aGFuZGxl", "name": "ann", "displayName": "Ann Lee" },
                "challenge": "Y2hhbGxlbmdl",
                "pubKeyCredParams": [
                    { "type": "public-key", "alg": -8 },
                    { "type": "public-key", "alg": -7 },
                    { "type": "public-key", "alg": -257 },
                ],
                "timeout": 300_000,
                "excludeCredentials": [{ "type": "public-key", "id": "AQID", "transports": ["usb"] }],
                "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true,
                    "userVerification": "required" },
                "attestation": "none",
                "extensions": { "credProps": true },
            })
        );
    }

    #[test]
    fn a_browser_can_parse_the_request_options() {
        let allowed = vec![Descriptor::new("AQID".to_owned(), vec![])];
        let options = RequestOptions::new(&relying_party(), "YQ", Seconds::MINUTE, allowed);
        assert_eq!(
            to_value(&options).unwrap(),
            json!({
                "challenge": "YQ", "timeout": 60_000, "rpId": "login.example",
                "allowCredentials": [{ "type": "public-key", "id": "AQID" }],
                "userVerification": "required",
            })
        );
    }
}
