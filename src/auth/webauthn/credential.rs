//! Credentials as browsers send them: what `PublicKeyCredential.toJSON()` gives (WebAuthn §5.1).

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Deserializer, de};

use super::refused::Refused;

/// Transports that are kept of a credential: more than any has.
const MAX_TRANSPORTS: usize = 8;
/// The longest name of a transport, in characters.
const LONGEST_TRANSPORT: usize = 32;

/// Bytes, which JSON has in base64url.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base64Url(pub Vec<u8>);

impl Base64Url {
    /// The text.
    pub fn encode(bytes: &[u8]) -> String {
        Base64UrlUnpadded::encode_string(bytes)
    }

    /// The bytes of a text; nothing where it is padded or of another alphabet.
    pub fn decode(text: &str) -> Option<Vec<u8>> {
        Base64UrlUnpadded::decode_vec(text).ok()
    }
}

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("not base64url"))
    }
}

/// `RegistrationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationCredential {
    id: Base64Url,
    raw_id: Base64Url,
    r#type: String,
    /// What the authenticator made.
    pub response: AttestationResponse,
    #[serde(default)]
    client_extension_results: ExtensionResults,
}

/// `AuthenticatorAttestationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AttestationResponse {
    /// The client data, as JSON text.
    #[serde(rename = "clientDataJSON")]
    pub client_data: Base64Url,
    /// The attestation object, as CBOR.
    #[serde(rename = "attestationObject")]
    pub attestation_object: Base64Url,
    #[serde(default)]
    transports: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExtensionResults {
    #[serde(default)]
    cred_props: Option<CredentialProperties>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct CredentialProperties {
    #[serde(default)]
    rk: Option<bool>,
}

/// `AuthenticationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionCredential {
    id: Base64Url,
    raw_id: Base64Url,
    r#type: String,
    /// What the authenticator signed.
    pub response: AssertionResponse,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    /// The client data, as JSON text.
    #[serde(rename = "clientDataJSON")]
    pub client_data: Base64Url,
    /// The authenticator data.
    pub authenticator_data: Base64Url,
    /// The signature.
    pub signature: Base64Url,
    /// The user that the credential was made for, where the authenticator remembers it.
    #[serde(default)]
    pub user_handle: Option<Base64Url>,
}

impl RegistrationCredential {
    /// The credential's id.
    pub fn id(&self) -> Result<&[u8], Refused> {
        id_of(&self.id, &self.raw_id, &self.r#type)
    }

    /// How the authenticator can be reached, for the options of later ceremonies.
    pub fn transports(&self) -> Vec<String> {
        let is_name = |text: &&String| {
            let named = text.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
            named && (1..=LONGEST_TRANSPORT).contains(&text.len())
        };
        let names = self.response.transports.iter().filter(is_name);
        names.take(MAX_TRANSPORTS).cloned().collect()
    }

    /// Whether the authenticator finds the credential without its id, if the browser knows
    /// (extension `credProps`, §10.1.3).
    pub fn is_discoverable(&self) -> Option<bool> {
        self.client_extension_results.cred_props.as_ref()?.rk
    }
}

impl AssertionCredential {
    /// The credential's id.
    pub fn id(&self) -> Result<&[u8], Refused> {
        id_of(&self.id, &self.raw_id, &self.r#type)
    }
}

fn id_of<'a>(id: &'a Base64Url, raw_id: &Base64Url, kind: &str) -> Result<&'a [u8], Refused> {
    (id == raw_id && kind == "public-key")
        .then_some(id.0.as_slice())
        .ok_or(Refused::CredentialId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn registration() -> Value {
        json!({
            "id": "AQID", "rawId": "AQID", "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "response": { "clientDataJSON": "e30", "attestationObject": "oA", "publicKeyAlgorithm": -7,
                "transports": ["internal", "hybrid", "", "UPPER", "a b", "x".repeat(33)] }
        })
    }

    fn read(value: Value) -> Option<RegistrationCredential> {
        serde_json::from_value(value).ok()
    }

    #[test]
    fn a_registration_is_read_with_its_transports_and_properties() {
        let read = read(registration()).unwrap();
        assert_eq!(read.id(), Ok(&[1, 2, 3][..]));
        assert_eq!(read.transports(), ["internal", "hybrid"]);
        assert_eq!(read.is_discoverable(), Some(true));
        assert_eq!(read.response.client_data.0, b"{}");
    }

    #[test]
    fn what_browsers_may_leave_out_may_be_absent() {
        let mut value = registration();
        value["clientExtensionResults"] = json!({});
        value["response"]
            .as_object_mut()
            .unwrap()
            .remove("transports");
        let read = read(value).unwrap();
        assert_eq!((read.transports(), read.is_discoverable()), (vec![], None));
    }

    #[test]
    fn another_id_or_type_and_other_base64_are_refused() {
        for (name, other) in [("rawId", json!("AQIE")), ("type", json!("password"))] {
            let mut value = registration();
            value[name] = other;
            assert_eq!(read(value).unwrap().id(), Err(Refused::CredentialId));
        }
        for text in ["AQI=", "A+ID", "A", "AQ ID"] {
            let mut value = registration();
            value["id"] = json!(text);
            assert_eq!(read(value), None, "{text}");
        }
        let many = vec!["usb"; 20];
        let mut value = registration();
        value["response"]["transports"] = json!(many);
        assert_eq!(read(value).unwrap().transports().len(), MAX_TRANSPORTS);
    }
}
