//! Why the API refused, in the words of a page.

use serde_json::Value;

use crate::wire::texts::{Label, Locale};

/// What the API says of a body as a whole, or of what stands in the way: the field of a form that it is
/// about, if it is one, and the words of the page.
const SAID: [(&str, &str, Label); 21] = [
    ("The last administrator stays", "", Label::LastAdministrator),
    ("The role is in use", "", Label::InUse),
    ("The last way to sign in stays", "", Label::LastWay),
    ("MFA is not enabled for this user.", "", Label::NoFactor),
    (
        "includes must name roles of the tenant",
        "includes",
        Label::NoSuchRole,
    ),
    (
        "redirect_uris is missing",
        "redirect_uris",
        Label::FieldEmpty,
    ),
    (
        "a redirect URI is not https, http on loopback, or a scheme with a dot",
        "",
        Label::UriForm,
    ),
    ("there are too many redirect URIs", "", Label::TooLong),
    (
        "a member that is a list of texts is none, or too long",
        "",
        Label::TooLong,
    ),
    (
        "a member that is a text is none, or too long",
        "",
        Label::TooLong,
    ),
    (
        "grant_types has none that is supported",
        "grant_types",
        Label::Unsupported,
    ),
    (
        "grant_types has one that is not supported",
        "grant_types",
        Label::Unsupported,
    ),
    (
        "a public client cannot use client_credentials",
        "grant_types",
        Label::SecretNeeded,
    ),
    ("scope is malformed", "scope", Label::FieldForm),
    (
        "a URI that is called from here is not https",
        "",
        Label::CalledForm,
    ),
    ("jwks is not a JWK set", "jwks", Label::FieldForm),
    (
        "jwks has a key that is not public",
        "jwks",
        Label::PublicOnly,
    ),
    (
        "private_key_jwt needs jwks or jwks_uri",
        "jwks",
        Label::KeysOnce,
    ),
    (
        "jwks and jwks_uri are both present",
        "jwks",
        Label::KeysOnce,
    ),
    (
        "fapi needs private_key_jwt",
        "token_endpoint_auth_method",
        Label::KeyNeeded,
    ),
    // Of what the form keeps and does not show, as an algorithm whose key is gone.
    (
        "a member has a value that is not supported",
        "",
        Label::Unsupported,
    ),
];

/// A refusal of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Value,
}

impl Refusal {
    /// Whether the API asks for a fresher or stronger proof.
    pub fn wants_proof(&self) -> bool {
        self.details()
            .any(|detail| code(detail) == "step-up-required")
    }

    /// What is wrong, above the form.
    pub fn problem(&self, locale: Locale) -> String {
        let message = self.of_no_field().unwrap_or_else(|| self.message());
        let label = match (self.status, said(message)) {
            (_, Some(("", label))) => label,
            (_, Some(_)) => Label::LookAgain,
            (403, _) => Label::Forbidden,
            (404, _) => Label::Gone,
            (409, _) => Label::Taken,
            (422, _) if self.of_no_field().is_none() => Label::LookAgain,
            (501, _) => Label::NoMessages,
            _ if message.contains("rows to look through") => Label::TooWide,
            _ => return format!("{} {message}", Label::NotUnderstood.of(locale)),
        };
        label.of(locale).to_owned()
    }

    /// What is wrong with all of it together, in the API's words.
    fn of_no_field(&self) -> Option<&str> {
        let is_it = |detail: &&Value| {
            detail.get("path") == Some(&Value::from("")) && code(detail).starts_with("invalid_")
        };
        self.details().find(is_it)?.get("message")?.as_str()
    }

    /// What is wrong with a field.
    pub fn of_field(&self, property: &str) -> Option<Label> {
        let message = self.of_no_field().unwrap_or_else(|| self.message());
        if let Some((_, label)) = said(message).filter(|(field, _)| *field == property) {
            return Some(label);
        }
        let is_it = |detail: &&Value| {
            let path = detail
                .get("path")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let missing = detail
                .pointer("/info/missingProperty")
                .and_then(Value::as_str);
            missing == Some(property)
                || path.trim_start_matches('/').split('/').next() == Some(property)
        };
        let detail = self.details().find(is_it)?;
        Some(match code(detail) {
            "required" | "minLength" => Label::FieldEmpty,
            "maxLength" => Label::FieldLong,
            "minimum" | "maximum" => Label::FieldRange,
            _ => Label::FieldForm,
        })
    }

    /// The API's own words.
    pub fn message(&self) -> &str {
        let message = self.body.pointer("/error/message");
        message.and_then(Value::as_str).unwrap_or_default()
    }

    fn details(&self) -> impl Iterator<Item = &Value> {
        let details = self.body.pointer("/error/details");
        details.and_then(Value::as_array).into_iter().flatten()
    }
}

/// The field, and the words of the page, for what the API says.
fn said(message: &str) -> Option<(&'static str, Label)> {
    let mut all = SAID.iter();
    all.find_map(|(text, field, label)| (*text == message).then_some((*field, *label)))
}

fn code(detail: &Value) -> &str {
    detail
        .get("code")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::jose::algorithm::SignatureAlgorithm;
    use crate::auth::management::tables::USERS;
    use crate::auth::oauth::client::Source;
    use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};
    use crate::error::{Error, ErrorKind};
    use crate::wire::loopback::detail::Detail;
    use crate::wire::loopback::envelope;
    use crate::wire::loopback::failure::LoopbackFailure;
    use crate::wire::loopback::records::new_row;

    fn refusal(failure: impl Into<LoopbackFailure>) -> Refusal {
        let reply = envelope::reply(&failure.into());
        Refusal {
            status: reply.status,
            body: serde_json::from_slice(&reply.body.unwrap()).unwrap(),
        }
    }

    #[test]
    fn what_the_api_refuses_is_said_in_words_of_the_page() {
        let said = |error: Error| refusal(error).problem(Locale::En);
        for (error, label) in [
            (ErrorKind::NotAllowed, Label::Forbidden),
            (
                ErrorKind::InUse("The last administrator stays"),
                Label::LastAdministrator,
            ),
            (ErrorKind::InUse("The role is in use"), Label::InUse),
            (
                ErrorKind::InUse("The last way to sign in stays"),
                Label::LastWay,
            ),
            (ErrorKind::Exists("User"), Label::Taken),
        ] {
            assert_eq!(said(error.into()), label.of(Locale::En));
        }
        let step_up = ErrorKind::StepUp {
            acr: "aal2",
            max_age: None,
        };
        assert!(refusal(step_up).wants_proof());
        assert!(!refusal(ErrorKind::NotAllowed).wants_proof());
    }

    #[test]
    fn what_does_not_fit_together_is_said_in_words_of_the_page_at_the_field_if_it_is_one() {
        let policy = Policy {
            source: Source::Operator,
            local: false,
            signing: &[SignatureAlgorithm::Rs256],
        };
        let uris = |count| vec!["https://app.example/cb"; count];
        let private =
            json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d" }] });
        for (changed, property, label) in [
            (
                json!({ "redirect_uris": null }),
                "redirect_uris",
                Label::FieldEmpty,
            ),
            (
                json!({ "redirect_uris": ["http://app.example/"] }),
                "",
                Label::UriForm,
            ),
            (
                json!({ "post_logout_redirect_uris": ["x"] }),
                "",
                Label::UriForm,
            ),
            (json!({ "redirect_uris": uris(21) }), "", Label::TooLong),
            (json!({ "redirect_uris": uris(51) }), "", Label::TooLong),
            (
                json!({ "default_acr_values": ["x".repeat(2_001)] }),
                "",
                Label::TooLong,
            ),
            (json!({ "scope": "x".repeat(2_001) }), "", Label::TooLong),
            (json!({ "scope": "a\"b" }), "scope", Label::FieldForm),
            (
                json!({ "grant_types": ["refresh_token", "implicit"] }),
                "grant_types",
                Label::Unsupported,
            ),
            (
                json!({ "grant_types": [] }),
                "grant_types",
                Label::Unsupported,
            ),
            (
                json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" }),
                "grant_types",
                Label::SecretNeeded,
            ),
            (
                json!({ "jwks_uri": "http://app.example/keys" }),
                "",
                Label::CalledForm,
            ),
            (
                json!({ "backchannel_logout_uri": "x" }),
                "",
                Label::CalledForm,
            ),
            (json!({ "jwks": "x" }), "jwks", Label::FieldForm),
            (json!({ "jwks": { "keys": "x" } }), "jwks", Label::FieldForm),
            (json!({ "jwks": private }), "jwks", Label::PublicOnly),
            (
                json!({ "jwks": { "keys": [] }, "jwks_uri": "https://app.example/keys" }),
                "jwks",
                Label::KeysOnce,
            ),
            (
                json!({ "token_endpoint_auth_method": "private_key_jwt" }),
                "jwks",
                Label::KeysOnce,
            ),
            (
                json!({ "fapi": true }),
                "token_endpoint_auth_method",
                Label::KeyNeeded,
            ),
            (
                json!({ "id_token_signed_response_alg": "EdDSA" }),
                "",
                Label::Unsupported,
            ),
        ] {
            let mut document = json!({ "redirect_uris": uris(1) });
            for (name, value) in changed.as_object().unwrap() {
                document[name] = value.clone();
            }
            let failure = ClientMetadata::read(document.as_object().unwrap(), policy).unwrap_err();
            let refusal = refusal(LoopbackFailure::InvalidBody(vec![Detail {
                path: String::new(),
                code: failure.code.name(),
                message: failure.description.to_owned(),
                info: json!({}),
            }]));
            let above = if property.is_empty() {
                label
            } else {
                assert_eq!(refusal.of_field(property), Some(label), "{changed}");
                Label::LookAgain
            };
            assert_eq!(
                refusal.problem(Locale::De),
                above.of(Locale::De),
                "{changed}"
            );
        }
    }

    #[test]
    fn a_field_says_what_is_wrong_with_it() {
        let body = json!({ "firstName": "", "lastName": "x".repeat(51), "email": "x" });
        let refusal = refusal(new_row(&USERS, body.as_object().unwrap()).unwrap_err());
        assert_eq!(refusal.of_field("firstName"), Some(Label::FieldEmpty));
        assert_eq!(refusal.of_field("lastName"), Some(Label::FieldLong));
        assert_eq!(refusal.of_field("email"), Some(Label::FieldForm));
        assert_eq!(refusal.of_field("phone"), None);
    }
}
