//! The whole chain, for every row of the table: what each provider documents, and what a hostile
//! one or a hostile browser may try.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::auth::federation::example::{
    NOW, NOW_SECONDS, Signer256, answered, begun, config, data_keys, endpoints, good, pairs,
    webcrypto,
};
use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::flow::access_token::AppToken;
use crate::auth::federation::flow::callback::{Callback, CallbackOutcome};
use crate::auth::federation::flow::code_exchange::Evidence;
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::federation::identity::id_token_proof::IdTokenProof;
use crate::auth::federation::identity::policy::{Decision, KnownIdentity, Linking, Policy, decide};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::identity::userinfo::Found;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::spec::IdentitySource;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::jose::key_set::JwkSet;
use crate::auth::jose::provider_token::UnverifiedToken;
use crate::auth::one_time::{self, OneTime};
use crate::auth::secret::Secret;
use crate::error::{ErrorKind, Reason};

/// A provider as it answers, honest until a test changes something.
struct Idp {
    provider: Provider,
    signer: Signer256,
    /// What the browser brings back, besides the state.
    callback: Vec<(&'static str, String)>,
    claims: Value,
    token: Value,
    jwks: String,
    profile: String,
}

impl Idp {
    fn new(provider: Provider) -> Self {
        let config = config(provider);
        let endpoints = endpoints(&config);
        let signer = Signer256::new("key-1", 3);
        let mut callback = vec![("code", "4/0AX".to_owned())];
        if endpoints.promises_issuer {
            callback.push(("iss", endpoints.issuer.clone()));
        }
        if provider == Provider::Apple {
            let user =
                r#"{"name":{"firstName":"Ann","lastName":"Lee"},"email":"boss@example.com"}"#;
            callback.push(("user", user.to_owned()));
        }
        Self {
            provider,
            callback,
            claims: json!({
                "iss": endpoints.issuer, "aud": config.client_id, "sub": "42",
                "nonce": "n".repeat(43), "iat": NOW_SECONDS, "exp": NOW_SECONDS + 300,
                "email": "ann@example.com", "email_verified": true,
            }),
            token: json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300 }),
            jwks: signer.jwks(),
            profile: json!({
                "sub": "42", "id": "42", "user_id": "42", "given_name": "Ann", "first_name": "Ann",
                "name": "Ann", "family_name": "Lee", "last_name": "Lee", "called": "Ann",
            })
            .to_string(),
            signer,
        }
    }

    /// Everything the edge does with a return, but for the sending.
    fn sign_in(mut self) -> Result<ExternalProfile, ProviderFailure> {
        let config = config(self.provider);
        let pending = begun(self.provider).pending;
        let state = "s".repeat(43);
        self.callback.push(("state", state));
        let brought: Vec<(&str, &str)> = self
            .callback
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let callback = Callback::read(pairs(&brought))?;
        let CallbackOutcome::Returned(returned) =
            CallbackOutcome::of(pending, self.provider, callback)?
        else {
            return Err(ProviderFailure::untrusted("denied"));
        };
        let request = returned.token_request(&config, &data_keys(), NOW)?;
        if matches!(config.spec().proof, IdentitySource::IdToken(_))
            && self.token["id_token"].is_null()
        {
            self.token["id_token"] = json!(self.signer.sign(&self.claims));
        }
        let tokens = request.read(&good(&self.token.to_string()))?;
        match tokens.evidence(&config)? {
            Evidence::IdToken(token, proof) => self.verify(token, proof),
            Evidence::Profile(request) => answered(request, &self.profile),
        }
    }

    /// The same for a token that an app has already.
    fn sign_in_with(
        &self,
        config: &ProviderConfig,
        token: &str,
    ) -> Result<ExternalProfile, ProviderFailure> {
        let token = Secret::new(token);
        match AppToken::new(config, endpoints(config), &token, NOW)? {
            AppToken::Id(token, proof) => self.verify(token, proof),
            AppToken::SignedAccess(..) => panic!("{token:?}"),
            AppToken::Access(inquiry) => {
                let found = inquiry.read(&good(&self.token.to_string()), NOW)?;
                self.ask(found)
            }
        }
    }

    fn verify(
        &self,
        token: UnverifiedToken,
        proof: IdTokenProof,
    ) -> Result<ExternalProfile, ProviderFailure> {
        let keys = JwkSet::read(good(&self.jwks).object("the key set")?)?;
        let check = token
            .with_key(&keys)
            .map_err(|_| ProviderFailure::untrusted("no key"))?;
        let holds = webcrypto(&check);
        self.ask(proof.identify(check.verified(holds)?, NOW)?)
    }

    fn ask(&self, found: Found) -> Result<ExternalProfile, ProviderFailure> {
        match found {
            Found::Profile(profile) => Ok(profile),
            Found::Ask(request) => answered(request, &self.profile),
        }
    }

    fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }
}

fn refused(result: Result<ExternalProfile, ProviderFailure>) {
    match result {
        Err(failure) => {
            assert_eq!(
                failure.error,
                ErrorKind::Unauthenticated(Reason::InvalidCredentials)
            );
            assert!(!failure.reason.is_empty());
        }
        Ok(profile) => panic!("{profile:?}"),
    }
}

fn openid() -> impl Iterator<Item = Provider> {
    let all = Provider::ALL.iter().copied();
    all.filter(|provider| matches!(provider.spec().proof, IdentitySource::IdToken(_)))
}

#[test]
fn every_provider_leads_to_a_profile() {
    for provider in Provider::ALL.iter().copied() {
        let profile = Idp::new(provider).sign_in();
        let profile = profile.unwrap_or_else(|failure| panic!("{provider:?} {failure:?}"));
        assert_eq!(profile.provider, provider);
        assert_eq!(profile.subject, "42");
        assert_eq!(profile.issuer, endpoints(&config(provider)).issuer);
        let verified = profile
            .email
            .as_ref()
            .map(crate::auth::federation::identity::names::VerifiedEmail::as_str);
        let knows_address = openid().any(|other| other == provider);
        assert_eq!(verified, knows_address.then_some("ann@example.com"));
        // The sixth gives no name: it has no userinfo, and its id_token holds none.
        let first = (provider != Provider::Sixth).then_some("Ann");
        assert_eq!(profile.names.first.as_deref(), first, "{provider:?}");
    }
}

#[test]
fn a_sixth_provider_is_one_row() {
    let named = Idp::new(Provider::Sixth)
        .claim("called", json!("Ann"))
        .claim("clan", json!("Lee"))
        .claim("email_verified", json!("true"));
    let profile = named.sign_in().unwrap();
    assert_eq!(profile.names.last.as_deref(), Some("Lee"));
    let policy = Policy {
        sign_up: vec![Provider::Sixth],
        linking: Linking::Off,
    };
    match decide(&profile, &policy, KnownIdentity::Unknown, None) {
        Ok(Decision::SignUp(account)) => assert_eq!(account.username, "ann@example.com"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_id_token_signed_by_somebody_else_is_refused() {
    for provider in openid() {
        let mut idp = Idp::new(provider);
        // The thief knows the key's name, and not the key.
        idp.token["id_token"] = json!(Signer256::new("key-1", 4).sign(&idp.claims));
        refused(idp.sign_in());
        let mut idp = Idp::new(provider);
        idp.token["id_token"] = json!(Signer256::new("key-2", 4).sign(&idp.claims));
        refused(idp.sign_in());
    }
}

#[test]
fn an_id_token_whose_claims_were_exchanged_is_refused() {
    for provider in openid() {
        let mut idp = Idp::new(provider);
        let honest = idp.signer.sign(&idp.claims);
        idp.claims["sub"] = json!("43");
        let forged = Signer256::new("key-1", 4).sign(&idp.claims);
        let claims = forged.split('.').nth(1).unwrap();
        let mut parts: Vec<&str> = honest.split('.').collect();
        parts[1] = claims;
        idp.token["id_token"] = json!(parts.join("."));
        refused(idp.sign_in());
    }
}

#[test]
fn an_id_token_without_a_real_signature_is_refused() {
    for provider in openid() {
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "none", "kid": "key-1" }),
            json!({ "alg": "HS256", "kid": "key-1" }),
            json!({ "alg": "ES256", "kid": "key-1", "crit": ["b64"], "b64": false }),
            json!({ "alg": "ES256", "kid": "key-1", "jwk": Signer256::new("key-1", 3).jwk() }),
            json!({ "alg": "RS256", "kid": "key-1" }),
        ] {
            let mut idp = Idp::new(provider);
            idp.token["id_token"] = json!(idp.signer.sign_as(&header, &idp.claims));
            refused(idp.sign_in());
        }
        let mut idp = Idp::new(provider);
        let whole = idp.signer.sign(&idp.claims);
        let (unsigned, _) = whole.rsplit_once('.').unwrap();
        idp.token["id_token"] = json!(format!("{unsigned}."));
        refused(idp.sign_in());
    }
}

#[test]
fn an_id_token_for_somebody_or_something_else_is_refused() {
    for provider in openid() {
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("aud", json!("another-client")),
            ("aud", json!([config(provider).client_id, "another-client"])),
            ("azp", json!("another-client")),
            ("nonce", json!("m".repeat(43))),
            ("nonce", Value::Null),
            ("exp", json!(NOW_SECONDS - 1)),
            ("iat", json!(NOW_SECONDS + 3600)),
            ("sub", json!("")),
            ("typ", json!("Bearer")),
        ] {
            refused(Idp::new(provider).claim(name, value).sign_in());
        }
    }
}

#[test]
fn a_key_set_without_the_key_is_no_help() {
    for provider in openid() {
        let signer = Signer256::new("key-1", 3);
        let mut encrypts = signer.jwk();
        encrypts.insert("use".to_owned(), json!("enc"));
        let mut other = signer.jwk();
        other.insert("alg".to_owned(), json!("ES384"));
        for jwks in [
            json!({ "keys": [] }).to_string(),
            json!({ "keys": [encrypts] }).to_string(),
            json!({ "keys": [other] }).to_string(),
            "{".to_owned(),
            "<html>".to_owned(),
        ] {
            refused(
                Idp {
                    jwks,
                    ..Idp::new(provider)
                }
                .sign_in(),
            );
        }
    }
}

#[test]
fn a_profile_of_somebody_else_is_refused() {
    for provider in [Provider::Google, Provider::Keycloak] {
        let profile = json!({ "sub": "43", "given_name": "Eve" }).to_string();
        let idp = Idp {
            profile,
            ..Idp::new(provider)
        };
        refused(idp.sign_in());
    }
}

#[test]
fn a_profile_that_is_none_is_refused() {
    for provider in [Provider::Facebook, Provider::Instagram, Provider::Google] {
        let whole = Idp::new(provider).profile;
        for body in ["", "{}", "[]", "<html>", whole.split_at(whole.len() / 2).0] {
            let idp = Idp {
                profile: body.to_owned(),
                ..Idp::new(provider)
            };
            refused(idp.sign_in());
        }
    }
}

#[test]
fn an_unverified_address_is_neither_stored_nor_matched() {
    for provider in openid() {
        for verified in [json!(false), json!(1), json!("false"), Value::Null] {
            let idp = Idp::new(provider).claim("email_verified", verified);
            let profile = idp.sign_in().unwrap();
            assert_eq!(profile.email, None);
            assert!(profile.username().ends_with(":42"));
        }
    }
}

#[test]
fn apples_form_proves_nothing_but_a_name() {
    let idp = Idp::new(Provider::Apple).claim("email", Value::Null);
    let profile = idp.sign_in().unwrap();
    assert_eq!(profile.email, None, "the form's address is nobody's");
    assert_eq!(profile.names.first.as_deref(), Some("Ann"));
    // The second time there is no form field, and no name.
    let mut again = Idp::new(Provider::Apple);
    again.callback.retain(|(name, _)| *name != "user");
    assert_eq!(again.sign_in().unwrap().names.first, None);
}

#[test]
fn one_subject_at_two_issuers_is_two_people() {
    let identity = |provider| {
        let profile = Idp::new(provider).sign_in().unwrap();
        (profile.provider, profile.issuer, profile.subject)
    };
    let issuers: HashSet<String> = Provider::ALL.iter().map(|it| identity(*it).1).collect();
    assert_eq!(issuers.len(), Provider::ALL.len());
    let alias = Idp::new(Provider::Google).claim("iss", json!("accounts.google.com"));
    assert_eq!(
        alias.sign_in().unwrap().issuer,
        identity(Provider::Google).1,
        "two spellings of one issuer are one"
    );
}

#[test]
fn an_app_signs_in_with_an_id_token_for_us_whatever_its_nonce() {
    for provider in openid() {
        let idp = Idp::new(provider).claim("nonce", json!("the app's own"));
        let ours = config(provider);
        let token = idp.signer.sign(&idp.claims);
        assert_eq!(idp.sign_in_with(&ours, &token).unwrap().subject, "42");
        for (name, value) in [
            ("aud", json!("another-client")),
            ("azp", json!("another-client")),
            ("iss", json!("https://evil.example")),
            ("exp", json!(NOW_SECONDS)),
        ] {
            let mut claims = idp.claims.clone();
            claims[name] = value;
            refused(idp.sign_in_with(&ours, &idp.signer.sign(&claims)));
        }
        refused(idp.sign_in_with(&ours, &Signer256::new("key-1", 4).sign(&idp.claims)));
    }
}

#[test]
fn an_access_token_of_another_app_opens_nothing() {
    let answers = [
        (
            Provider::Google,
            json!({ "aud": "evil", "sub": "42", "exp": (NOW_SECONDS + 60).to_string() }),
        ),
        (
            Provider::Facebook,
            json!({ "data": { "app_id": "1", "user_id": "42", "is_valid": true, "expires_at": 0 } }),
        ),
        (
            Provider::Keycloak,
            json!({ "active": true, "client_id": "evil", "sub": "42" }),
        ),
    ];
    for (provider, token) in answers {
        let idp = Idp {
            token,
            ..Idp::new(provider)
        };
        refused(idp.sign_in_with(&config(provider), "opaque"));
    }
}

#[test]
fn the_profile_behind_an_access_token_is_its_owners() {
    let token = json!({ "data": { "app_id": "138483919580948", "user_id": "43",
        "is_valid": true, "expires_at": 0 } });
    let idp = Idp {
        token,
        ..Idp::new(Provider::Facebook)
    };
    refused(idp.sign_in_with(&config(Provider::Facebook), "opaque"));
}

#[test]
fn the_record_is_found_by_state_and_the_browser_by_cookie() {
    let begun = begun(Provider::Google);
    let key =
        one_time::key::<crate::auth::federation::flow::authorization::PendingSignIn>(&begun.state);
    assert!(key.starts_with("signin:"));
    assert!(!key.contains(begun.state.expose()));
    assert_ne!(
        crate::auth::federation::flow::authorization::PendingSignIn::KIND,
        crate::auth::federation::flow::authorization::SignInTicket::KIND
    );
    let cookie = begun.state_cookie.secret().expose();
    let read = |value: &str| {
        StateCookie::read(Some(value), Provider::Google, &begun.state)
            .map(|state_cookie| state_cookie.bound_to())
    };
    assert_eq!(read(cookie), Some(begun.state_cookie.bound_to()));
    let stranger = cookie.replace("bbb", "ccc");
    assert_ne!(read(&stranger), Some(begun.state_cookie.bound_to()));
}
