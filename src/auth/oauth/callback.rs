//! The return: what a browser brings back, matched with the record of the sign-in.

use super::begin::{PendingSignIn, Start};
use super::call::token_text;
use super::failure::Failure;
use super::person::Names;
use super::provider::Oddity;
use super::provider::Provider;
use crate::auth::jose::invalid::quoted;
use crate::auth::secret::Secret;
use crate::error::{Error, Why};

/// The longest error code of a provider that is passed on, in characters.
const MAX_ERROR_CODE: usize = 64;

/// The parameters of a return, from query or form (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Debug, Clone, Default)]
pub struct Callback {
    code: Option<Secret>,
    state: Option<Secret>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
    user: Option<String>,
}

/// A return that matched its record.
#[derive(Debug)]
pub enum Outcome {
    /// With a code.
    Returned(Returned),
    /// With the provider's refusal.
    Denied(Denied),
}

/// A code that came back to the sign-in it is for.
#[derive(Debug)]
pub struct Returned {
    pub(super) pending: PendingSignIn,
    pub(super) state: Secret,
    pub(super) code: Secret,
    /// What Apple's form says, the first time.
    pub(super) names: Names,
}

/// The provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Who asked, and what goes back.
    pub start: Start,
    /// The provider's error code, or `access_denied` if it is not one.
    pub error: String,
    /// The provider's words, or ours where it has none.
    pub description: String,
}

impl Callback {
    /// Reads the parameters; an empty one counts as absent.
    ///
    /// 400 if one comes twice, or if there is neither code nor error.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in pairs {
            if value.is_empty() {
                continue;
            }
            let twice = match name.as_str() {
                "code" => read.code.replace(Secret::new(value)).is_some(),
                "state" => read.state.replace(Secret::new(value)).is_some(),
                "error" => read.error.replace(value).is_some(),
                "error_description" => read.error_description.replace(value).is_some(),
                "iss" => read.iss.replace(value).is_some(),
                "user" => read.user.replace(value).is_some(),
                _ => false,
            };
            if twice {
                return Err(Error::BadRequest(format!("Parameter {name} comes twice")));
            }
        }
        if read.code.is_none() && read.error.is_none() {
            return Err(Error::MissingParameter("code"));
        }
        Ok(read)
    }

    /// The `state` the record is found by; 401 without one.
    pub fn state(&self) -> Result<&Secret, Error> {
        self.state
            .as_ref()
            .ok_or(Error::Refused(Why::ClientInvalid))
    }
}

impl Outcome {
    /// Matches a return at a provider's route with the record that its `state` led to.
    ///
    /// The provider must be the one that was begun with; `iss`, where it is promised or present,
    /// must be that provider (RFC 9207 §2.4); an error makes the code worthless.
    pub fn of(
        pending: PendingSignIn,
        provider: Provider,
        callback: Callback,
    ) -> Result<Self, Failure> {
        if pending.provider != provider {
            return Err(Failure::foreign("the sign-in began with another provider"));
        }
        let state = callback
            .state
            .ok_or_else(|| Failure::foreign("a return without state"))?;
        check_issuer(&pending, callback.iss.as_deref())?;
        if let Some(error) = callback.error {
            return Ok(Self::Denied(Denied::new(
                pending.start,
                error,
                callback.error_description,
            )));
        }
        let code = callback
            .code
            .and_then(|code| token_text(code.expose()))
            .ok_or_else(|| Failure::untrusted("the code cannot be one"))?;
        let names = callback
            .user
            .filter(|_| provider.row().has(Oddity::FormPost))
            .map_or_else(Names::default, |user| Names::of_apples_form(&user));
        Ok(Self::Returned(Returned {
            pending,
            state,
            code,
            names,
        }))
    }

    /// Who asked, and what goes back.
    pub const fn start(&self) -> &Start {
        match self {
            Self::Returned(returned) => &returned.pending.start,
            Self::Denied(denied) => &denied.start,
        }
    }
}

fn check_issuer(pending: &PendingSignIn, iss: Option<&str>) -> Result<(), Failure> {
    let endpoints = &pending.endpoints;
    let row = pending.provider.row();
    match iss {
        Some(iss) if row.is_issuer(iss, &endpoints.issuer) => Ok(()),
        Some(iss) => Err(Failure::untrusted(format!(
            "the return's iss is {}, not {}",
            quoted(iss),
            endpoints.issuer
        ))),
        None if endpoints.promises_issuer => {
            let why = format!(
                "the return has no iss, and the provider's document promises that it is {}",
                endpoints.issuer
            );
            Err(Failure::untrusted(why).about(row.client_id))
        }
        None => Ok(()),
    }
}

impl Denied {
    fn new(start: Start, error: String, description: Option<String>) -> Self {
        // RFC 6749 §4.1.2.1 says which characters an error code has.
        let is_code = error.len() <= MAX_ERROR_CODE
            && error
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
        let description = description
            .map(|text| quoted(&text))
            .filter(|text| !text.is_empty());
        Self {
            start,
            error: if is_code {
                error
            } else {
                "access_denied".to_owned()
            },
            description: description
                .unwrap_or_else(|| "The provider refused the sign-in".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{begun, pairs, start};
    use super::*;

    const CODE: (&str, &str) = ("code", "4/0AX");
    const STATE: (&str, &str) = ("state", "sssssssssssssssssssssssssssssssssssssssssss");

    fn read(parameters: &[(&str, &str)]) -> Result<Callback, Error> {
        Callback::read(pairs(parameters))
    }

    fn returned(provider: Provider, parameters: &[(&str, &str)]) -> Result<Outcome, Failure> {
        let callback = read(&[parameters, &[STATE]].concat()).unwrap();
        Outcome::of(begun(provider).pending, provider, callback)
    }

    fn is_untrusted(result: Result<Outcome, Failure>) -> bool {
        result.is_err_and(|failure| failure.error == Error::Strategy(Why::InvalidCredentials))
    }

    fn denied(parameters: &[(&str, &str)]) -> Denied {
        match returned(Provider::Google, parameters) {
            Ok(Outcome::Denied(denied)) => denied,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_code_comes_back_to_its_sign_in() {
        let scope = ("scope", "email openid");
        match returned(Provider::Google, &[CODE, scope, ("authuser", "0")]) {
            Ok(Outcome::Returned(returned)) => {
                assert_eq!(returned.code.expose(), "4/0AX");
                assert_eq!(returned.pending.start, start());
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn neither_code_nor_error_is_a_bad_request() {
        for parameters in [&[STATE][..], &[], &[("code", ""), ("error", ""), STATE]] {
            assert_eq!(
                read(parameters).err(),
                Some(Error::MissingParameter("code"))
            );
        }
    }

    #[test]
    fn a_return_without_state_is_of_no_sign_in() {
        for parameters in [&[CODE][..], &[CODE, ("state", "")]] {
            let callback = read(parameters).unwrap();
            assert_eq!(
                callback.state().err(),
                Some(Error::Refused(Why::ClientInvalid))
            );
        }
        assert_eq!(
            read(&[CODE, STATE]).unwrap().state().unwrap().expose(),
            STATE.1
        );
    }

    #[test]
    fn nothing_comes_twice() {
        let error = ("error", "x");
        for name in ["code", "state", "error", "error_description", "iss", "user"] {
            let twice = read(&[error, CODE, STATE, (name, "a"), (name, "b")]);
            assert!(matches!(twice, Err(Error::BadRequest(_))), "{name}");
        }
        assert!(read(&[CODE, ("scope", "a"), ("scope", "b")]).is_ok());
    }

    #[test]
    fn a_code_of_one_provider_is_foreign_at_another() {
        for provider in Provider::ALL.iter().copied() {
            let callback = read(&[CODE, STATE]).unwrap();
            let pending = begun(Provider::Sixth).pending;
            let outcome = Outcome::of(pending, provider, callback);
            match outcome {
                Ok(_) => assert_eq!(provider, Provider::Sixth),
                Err(failure) => {
                    assert_eq!(failure.error, Error::Refused(Why::ClientInvalid));
                }
            }
        }
    }

    #[test]
    fn an_iss_must_be_the_providers() {
        let at = |provider, iss| returned(provider, &[CODE, ("iss", iss)]);
        for (provider, iss) in [
            (Provider::Google, "https://accounts.google.com"),
            (Provider::Google, "accounts.google.com"),
            (Provider::Keycloak, "https://kc.example/realms/demo"),
            (Provider::Apple, "https://appleid.apple.com"),
            (Provider::Facebook, "https://www.facebook.com"),
        ] {
            assert!(at(provider, iss).is_ok(), "{iss}");
        }
        for (provider, iss) in [
            (Provider::Google, "https://accounts.google.com/"),
            (Provider::Google, "https://kc.example/realms/demo"),
            (Provider::Keycloak, "https://kc.example/realms/other"),
            (Provider::Keycloak, "https://kc.example/realms/demo/"),
            (Provider::Apple, "https://evil.example"),
            (Provider::Facebook, "https://evil.example"),
            (Provider::Facebook, "null"),
        ] {
            assert!(is_untrusted(at(provider, iss)), "{iss}");
        }
    }

    #[test]
    fn a_promised_iss_may_not_be_missing() {
        assert!(is_untrusted(returned(Provider::Keycloak, &[CODE])));
        let refusal = ("error", "access_denied");
        assert!(is_untrusted(returned(Provider::Keycloak, &[refusal])));
        assert!(returned(Provider::Google, &[CODE]).is_ok());
    }

    #[test]
    fn an_error_makes_the_code_worthless() {
        let denied = denied(&[
            CODE,
            ("error", "access_denied"),
            ("error_description", "The user said no"),
        ]);
        assert_eq!(denied.error, "access_denied");
        assert_eq!(denied.description, "The user said no");
        assert_eq!(denied.start, start());
    }

    #[test]
    fn a_strange_error_is_passed_on_as_a_plain_one() {
        assert_eq!(
            denied(&[("error", "user_cancelled_authorize")]).error,
            "user_cancelled_authorize"
        );
        let long = "x".repeat(65);
        for error in ["a\r\nb", "a\"b", "a\\b", "é", &long] {
            assert_eq!(denied(&[("error", error)]).error, "access_denied");
        }
        let described = |text| denied(&[("error", "x"), ("error_description", text)]).description;
        assert_eq!(described("a\r\nSet-Cookie: b"), "aSet-Cookie: b");
        assert_eq!(described("\u{0}"), "The provider refused the sign-in");
        assert!(described(&"x".repeat(9999)).len() <= 100);
    }

    #[test]
    fn a_code_that_cannot_be_one_is_not_sent_on() {
        let long = "x".repeat(40_000);
        for code in ["a b", "a\r\nb", "é", &long] {
            assert!(is_untrusted(returned(Provider::Google, &[("code", code)])));
        }
    }

    #[test]
    fn only_apples_form_carries_a_name() {
        let user = ("user", r#"{"name":{"firstName":"Ann","lastName":"Lee"}}"#);
        let names = |provider| match returned(provider, &[CODE, user]) {
            Ok(Outcome::Returned(returned)) => returned.names,
            other => panic!("{other:?}"),
        };
        assert_eq!(names(Provider::Apple).first.as_deref(), Some("Ann"));
        assert_eq!(names(Provider::Google), Names::default());
    }
}
