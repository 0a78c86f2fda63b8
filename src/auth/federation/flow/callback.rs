//! The return: what a browser brings back, matched with the record of the sign-in.

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::flow::authorization::PendingSignIn;
use crate::auth::federation::flow::start::Start;
use crate::auth::federation::http::call::token_text;
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::Quirk;
use crate::auth::jose::invalid::quoted;
use crate::auth::secret::Secret;
use crate::error::{Error, ErrorKind, Reason};

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
pub enum CallbackOutcome {
    /// With a code.
    Returned(Returned),
    /// With the provider's refusal.
    Denied(Denied),
}

/// A code that came back to the sign-in it is for.
#[derive(Debug)]
pub struct Returned {
    pub(in crate::auth::federation) pending: PendingSignIn,
    pub(in crate::auth::federation) state: Secret,
    pub(in crate::auth::federation) code: Secret,
    /// What Apple's form says, the first time.
    pub(in crate::auth::federation) names: Names,
}

/// The provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The client that started, and what goes back to it.
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
                return Err(ErrorKind::BadRequest(format!("Parameter {name} comes twice")).into());
            }
        }
        if read.code.is_none() && read.error.is_none() {
            return Err(ErrorKind::MissingParameter("code").into());
        }
        Ok(read)
    }

    /// The `state` the record is found by; 401 without one.
    pub fn state(&self) -> Result<&Secret, Error> {
        self.state
            .as_ref()
            .ok_or_else(|| ErrorKind::Rejected(Reason::ClientInvalid).into())
    }
}

impl CallbackOutcome {
    /// Matches a return at a provider's route with the record that its `state` led to.
    ///
    /// The provider must be the one that was begun with; `iss`, where it is promised or present,
    /// must be that provider (RFC 9207 §2.4); an error makes the code worthless.
    pub fn of(
        pending: PendingSignIn,
        provider: Provider,
        callback: Callback,
    ) -> Result<Self, ProviderFailure> {
        if pending.provider != provider {
            return Err(ProviderFailure::foreign(
                "the sign-in began with another provider",
            ));
        }
        let state = callback
            .state
            .ok_or_else(|| ProviderFailure::foreign("a return without state"))?;
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
            .ok_or_else(|| ProviderFailure::untrusted("the code cannot be one"))?;
        let names = callback
            .user
            .filter(|_| provider.spec().has(Quirk::FormPost))
            .map_or_else(Names::default, |user| Names::of_apples_form(&user));
        Ok(Self::Returned(Returned {
            pending,
            state,
            code,
            names,
        }))
    }
}

fn check_issuer(pending: &PendingSignIn, iss: Option<&str>) -> Result<(), ProviderFailure> {
    let endpoints = &pending.endpoints;
    let spec = pending.provider.spec();
    match iss {
        Some(iss) if spec.is_issuer(iss, &endpoints.issuer) => Ok(()),
        Some(iss) => Err(ProviderFailure::untrusted(format!(
            "the return's iss is {}, not {}",
            quoted(iss),
            endpoints.issuer
        ))),
        None if endpoints.promises_issuer => {
            let why = format!(
                "the return has no iss, and the provider's document promises that it is {}",
                endpoints.issuer
            );
            Err(ProviderFailure::untrusted(why).about(spec.client_id))
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
    use super::*;
    use crate::auth::federation::example::{begun, pairs, start};

    const CODE: (&str, &str) = ("code", "4/0AX");
    const STATE: (&str, &str) = ("state", "sssssssssssssssssssssssssssssssssssssssssss");

    fn read(parameters: &[(&str, &str)]) -> Result<Callback, Error> {
        Callback::read(pairs(parameters))
    }

    fn returned(
        provider: Provider,
        parameters: &[(&str, &str)],
    ) -> Result<CallbackOutcome, ProviderFailure> {
        let callback = read(&[parameters, &[STATE]].concat()).unwrap();
        CallbackOutcome::of(begun(provider).pending, provider, callback)
    }

    fn is_untrusted(result: Result<CallbackOutcome, ProviderFailure>) -> bool {
        result.is_err_and(|failure| {
            failure.error == ErrorKind::Unauthenticated(Reason::InvalidCredentials)
        })
    }

    fn denied(parameters: &[(&str, &str)]) -> Denied {
        match returned(Provider::Google, parameters) {
            Ok(CallbackOutcome::Denied(denied)) => denied,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_code_comes_back_to_its_sign_in() {
        let scope = ("scope", "email openid");
        match returned(Provider::Google, &[CODE, scope, ("authuser", "0")]) {
            Ok(CallbackOutcome::Returned(returned)) => {
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
                Some(ErrorKind::MissingParameter("code").into())
            );
        }
    }

    #[test]
    fn a_return_without_state_is_of_no_sign_in() {
        for parameters in [&[CODE][..], &[CODE, ("state", "")]] {
            let callback = read(parameters).unwrap();
            assert_eq!(
                callback.state().err(),
                Some(ErrorKind::Rejected(Reason::ClientInvalid).into())
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
            assert!(
                matches!(
                    twice.as_ref().map_err(Error::kind),
                    Err(ErrorKind::BadRequest(_))
                ),
                "{name}"
            );
        }
        assert!(read(&[CODE, ("scope", "a"), ("scope", "b")]).is_ok());
    }

    #[test]
    fn a_code_of_one_provider_is_foreign_at_another() {
        for provider in Provider::ALL.iter().copied() {
            let callback = read(&[CODE, STATE]).unwrap();
            let pending = begun(Provider::Sixth).pending;
            let outcome = CallbackOutcome::of(pending, provider, callback);
            match outcome {
                Ok(_) => assert_eq!(provider, Provider::Sixth),
                Err(failure) => {
                    assert_eq!(failure.error, ErrorKind::Rejected(Reason::ClientInvalid));
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
            Ok(CallbackOutcome::Returned(returned)) => returned.names,
            other => panic!("{other:?}"),
        };
        assert_eq!(names(Provider::Apple).first.as_deref(), Some("Ann"));
        assert_eq!(names(Provider::Google), Names::default());
    }
}
