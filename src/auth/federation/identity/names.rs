//! What a provider says about a person: an address that it has verified, and what they are called.

use serde_json::{Map, Value};

use crate::auth::address::is_address;
use crate::auth::federation::provider::spec::{IdentitySource, ProfileFields, ProviderSpec, Quirk};

/// The longest name that is taken over, in characters.
const MAX_NAME: usize = 50;

/// An address that the provider's id_token says is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEmail(String);

/// What a person is called, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Given name, or the whole name where there is none.
    pub first: Option<String>,
    /// Middle name.
    pub middle: Option<String>,
    /// Family name.
    pub last: Option<String>,
}

impl VerifiedEmail {
    /// JSON `true` verifies, and nothing else does; Apple also writes `"true"`. Meta's providers
    /// verify no address, also where an app brings an id_token of theirs.
    pub(in crate::auth::federation) fn of_claims(
        spec: &ProviderSpec,
        claims: &Map<String, Value>,
    ) -> Option<Self> {
        if matches!(spec.proof, IdentitySource::Profile(_)) {
            return None;
        }
        let verified = match claims.get("email_verified")? {
            Value::Bool(verified) => *verified,
            Value::String(text) => spec.has(Quirk::VerifiedAsText) && text == "true",
            _ => false,
        };
        let email = claims.get("email")?.as_str()?;
        (verified && is_address(email)).then(|| Self(email.to_owned()))
    }

    /// As the provider spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the same address. One that is not ASCII is no address's equal: what folds
    /// alike need not be delivered alike.
    pub fn is_same(&self, other: &str) -> bool {
        self.0.is_ascii() && other.is_ascii() && self.0.eq_ignore_ascii_case(other)
    }
}

impl Names {
    /// Cleans names: no control characters, no surrounding space, not too long, not empty.
    pub(in crate::auth::federation) fn new(
        first: Option<&str>,
        middle: Option<&str>,
        last: Option<&str>,
    ) -> Self {
        let clean = |name: Option<&str>| {
            let name: String = name?.chars().filter(|char| !char.is_control()).collect();
            let name: String = name.trim().chars().take(MAX_NAME).collect();
            (!name.is_empty()).then_some(name)
        };
        Self {
            first: clean(first),
            middle: clean(middle),
            last: clean(last),
        }
    }

    /// Reads them from the members `fields`; the whole name stands in for a missing given name.
    pub(in crate::auth::federation) fn of(
        fields: &ProfileFields,
        profile: &Map<String, Value>,
    ) -> Self {
        let text = |name: &str| profile.get(name).and_then(Value::as_str);
        let named = Self::new(
            text(fields.first_name),
            text(fields.middle_name),
            text(fields.last_name),
        );
        if named == Self::default() {
            Self::new(text(fields.name), None, None)
        } else {
            named
        }
    }

    /// The name in the `user` field of Apple's first form. The browser sent it: it is a name and no
    /// proof of anything, and the address beside it is not read.
    pub(in crate::auth::federation) fn of_apples_form(user: &str) -> Self {
        let user: Value = serde_json::from_str(user).unwrap_or_default();
        let name = |part: &str| user.get("name")?.get(part)?.as_str();
        Self::new(name("firstName"), name("middleName"), name("lastName"))
    }

    /// Fills in what is missing.
    pub(in crate::auth::federation) fn fill(&mut self, other: Self) {
        if *self == Self::default() {
            *self = other;
        } else {
            self.first = self.first.take().or(other.first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::email;
    use crate::auth::federation::provider::spec::Provider;
    use serde_json::json;

    fn verified(provider: Provider, claims: &Value) -> bool {
        VerifiedEmail::of_claims(provider.spec(), claims.as_object().unwrap()).is_some()
    }

    #[test]
    fn an_address_counts_only_if_json_true_verifies_it() {
        let with = |provider, said: Value| {
            let claims = json!({ "email": "ann@example.com", "email_verified": said });
            verified(provider, &claims)
        };
        for provider in [Provider::Google, Provider::Keycloak, Provider::Apple] {
            assert!(with(provider, json!(true)));
            for said in [
                json!(false),
                json!("false"),
                json!("True"),
                json!(1),
                json!([true]),
                Value::Null,
            ] {
                assert!(!with(provider, said.clone()), "{provider:?} {said}");
            }
        }
        assert!(with(Provider::Apple, json!("true")));
        assert!(!with(Provider::Google, json!("true")));
        assert!(!with(Provider::Keycloak, json!("true")));
        let unsaid = json!({ "email": "ann@example.com" });
        assert!(!verified(Provider::Google, &unsaid));
    }

    #[test]
    fn what_is_no_address_is_not_verified_either() {
        for email in [json!("ann"), json!("a@b,c@d"), json!(["a@b"]), Value::Null] {
            let claims = json!({ "email": email, "email_verified": true });
            assert!(!verified(Provider::Google, &claims), "{email}");
        }
    }

    #[test]
    fn addresses_are_the_same_in_any_ascii_case_and_in_no_other_way() {
        let is_same = |one: &str, other: &str| email(one).unwrap().is_same(other);
        assert!(is_same("Ann@Example.com", "aNN@eXAMPLE.COM"));
        assert!(!is_same("ann@example.com", "ann+x@example.com"));
        assert!(!is_same("ann@example.com", " ann@example.com"));
        assert!(!is_same("ännchen@example.com", "ännchen@example.com"));
        assert!(!is_same("kim@example.com", "\u{212a}im@example.com"));
    }

    #[test]
    fn names_are_cleaned() {
        let named =
            |said: Value| Names::of(&Provider::Google.spec().fields, said.as_object().unwrap());
        let long = "x".repeat(60);
        let names = named(
            json!({ "given_name": " A\r\nnn\u{0} ", "middle_name": " ", "family_name": long }),
        );
        assert_eq!(names.first.as_deref(), Some("Ann"));
        assert_eq!(names.middle, None);
        assert_eq!(names.last.unwrap().len(), 50);
        let whole = named(json!({ "name": "Ann Lee", "given_name": 5 }));
        assert_eq!(whole, Names::new(Some("Ann Lee"), None, None));
    }

    #[test]
    fn the_name_in_apples_form_is_read_and_nothing_else() {
        let user =
            r#"{"name":{"firstName":" Ann\u0000 ","lastName":"Lee"},"email":"boss@example.com"}"#;
        assert_eq!(
            Names::of_apples_form(user),
            Names::new(Some("Ann"), None, Some("Lee"))
        );
        for user in [
            "",
            "x",
            "[]",
            "{}",
            r#"{"name":"Ann"}"#,
            r#"{"name":{"firstName":1}}"#,
        ] {
            assert_eq!(Names::of_apples_form(user), Names::default(), "{user}");
        }
    }
}
