//! Client data (WebAuthn §5.8.1): what the browser says of the ceremony.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ceremony::Expected;
use super::refused::Refused;
use crate::auth::secret::constant_time_eq;

const MALFORMED: Refused = Refused::Malformed("client data");

/// What a browser was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A new credential.
    Create,
    /// An assertion by one that exists.
    Get,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Client data. Browsers add members as they like, which are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<IgnoredAny>,
}

impl ClientData {
    /// Decodes and parses (steps 5 and 6 of registration, 8 and 9 of authentication).
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // Straight into the type, which refuses a member that comes twice.
        serde_json::from_slice(bytes).map_err(|_| MALFORMED)
    }

    /// What registration (steps 7 to 11) and authentication (10 to 14) verify alike.
    pub(super) fn verify(
        &self,
        operation: Operation,
        expected: &Expected<'_>,
    ) -> Result<(), Refused> {
        // 7 and 10
        if self.r#type != operation.name() {
            return Err(Refused::Type);
        }
        // 8 and 11
        if !constant_time_eq(self.challenge.as_bytes(), expected.challenge.as_bytes()) {
            return Err(Refused::Challenge);
        }
        // 9 and 12
        if !expected.relying_party.has_origin(&self.origin) {
            return Err(Refused::Origin);
        }
        // 10 and 13, 11 and 14: no page of another site frames ours.
        if self.cross_origin == Some(true) || self.top_origin.is_some() {
            return Err(Refused::CrossOrigin);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::relying_party::RelyingParty;
    use super::*;
    use serde_json::{Value, json};

    fn verdict(text: &str) -> Result<(), Refused> {
        let origins = ["https://login.example".to_owned()].to_vec();
        let relying_party = RelyingParty::new("login.example".to_owned(), origins);
        let expected = Expected {
            relying_party: &relying_party,
            challenge: "abc",
            user_presence: true,
            user_verification: true,
        };
        ClientData::read(text.as_bytes())?.verify(Operation::Get, &expected)
    }

    fn with(name: &str, value: Value) -> String {
        let mut data = json!({ "type": "webauthn.get", "challenge": "abc",
            "origin": "https://login.example", "crossOrigin": false });
        data[name] = value;
        data.to_string()
    }

    #[test]
    fn members_that_nobody_knows_and_a_byte_order_mark_are_passed_over() {
        let text = with("other_keys_can_be_added_here", json!(["a", { "b": null }]));
        assert_eq!(verdict(&text), Ok(()));
        assert_eq!(verdict(&format!("\u{feff}{text}")), Ok(()));
        let short = r#"{"type":"webauthn.get","challenge":"abc","origin":"https://login.example"}"#;
        assert_eq!(verdict(short), Ok(()));
    }

    #[test]
    fn each_member_is_verified() {
        for (name, value, refusal) in [
            ("type", json!("webauthn.create"), Refused::Type),
            ("type", json!("payment.get"), Refused::Type),
            ("challenge", json!("abd"), Refused::Challenge),
            ("challenge", json!("abc="), Refused::Challenge),
            ("challenge", json!(""), Refused::Challenge),
            ("crossOrigin", json!(true), Refused::CrossOrigin),
            (
                "topOrigin",
                json!("https://login.example"),
                Refused::CrossOrigin,
            ),
            ("topOrigin", json!(false), Refused::CrossOrigin),
            ("origin", json!(null), MALFORMED),
            ("crossOrigin", json!("true"), MALFORMED),
        ] {
            assert_eq!(
                verdict(&with(name, value.clone())),
                Err(refusal),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn origins_are_compared_whole() {
        for origin in [
            "http://login.example",
            "https://login.example:8443",
            "https://login.example:443",
            "https://login.example/",
            "https://LOGIN.example",
            "https://evil-login.example",
            "https://login.example.evil.example",
            "https://www.login.example",
            "https://login.example@evil.example",
            "login.example",
            "null",
            "",
        ] {
            assert_eq!(
                verdict(&with("origin", json!(origin))),
                Err(Refused::Origin),
                "{origin}"
            );
        }
    }

    #[test]
    fn what_is_not_one_json_object_with_each_member_once_is_malformed() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "{\"type\":\"webauthn.get\"",
            r#"{"type":"webauthn.get","challenge":"abc","origin":"https://login.example"}x"#,
            r#"{"type":"webauthn.get","type":"webauthn.get","challenge":"abc","origin":"https://login.example"}"#,
        ] {
            assert_eq!(verdict(text), Err(MALFORMED), "{text}");
        }
        assert!(ClientData::read(b"\xff\xfe").is_err());
    }
}
