//! The start: a client asks, and a browser goes to the provider.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::federation::flow::start::Start;
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::federation::http::address;
use crate::auth::federation::provider::apple;
use crate::auth::federation::provider::config::{Credential, ProviderConfig};
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::prompt::Prompt;
use crate::auth::federation::provider::spec::IdentitySource;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::pkce::Challenge;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Seconds;
use crate::error::{Error, ErrorKind};

/// A ticket's content: a start that waits for a browser to open it. Lives [`TICKET_LIFETIME`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInTicket {
    /// Where to.
    pub provider: Provider,
    /// The client's start.
    pub start: Start,
}

/// How long a ticket may be opened.
pub const TICKET_LIFETIME: Seconds = Seconds::MINUTE;

/// The random parts of one sign-in.
#[derive(Debug)]
pub struct AuthorizationSecrets {
    /// Our `state` at the provider: what the record is found by.
    pub state: Secret,
    /// What the id_token must repeat (OIDC Core §3.1.2.1).
    pub(in crate::auth::federation) nonce: Secret,
    /// Our PKCE verifier.
    pub(in crate::auth::federation) verifier: Secret,
    /// What only this browser will know.
    pub browser: Secret,
}

/// What is remembered of a sign-in until the browser comes back, under its `state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignIn {
    pub(in crate::auth::federation) provider: Provider,
    pub(in crate::auth::federation) start: Start,
    /// Where the provider was found at the start.
    pub(in crate::auth::federation) endpoints: Endpoints,
    pub(in crate::auth::federation) nonce: Option<String>,
    /// Encrypted, bound to the `state`'s digest.
    pub(in crate::auth::federation) verifier: Option<String>,
}

/// A sign-in that has begun.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// Where the browser goes.
    pub authorize: Url,
    /// What to remember.
    pub pending: PendingSignIn,
    /// Under what.
    pub state: Secret,
    /// The cookie that goes with it.
    pub state_cookie: StateCookie,
}

impl AuthorizationSecrets {
    /// Draws them, 256 bits each.
    pub fn draw() -> Result<Self, Error> {
        Ok(Self {
            state: random_secret()?,
            nonce: random_secret()?,
            verifier: random_secret()?,
            browser: random_secret()?,
        })
    }
}

impl PendingSignIn {
    /// The client that started, and what goes back to it.
    pub const fn start(&self) -> &Start {
        &self.start
    }
}

/// Begins a sign-in at `endpoints`, which are the descriptor's own or the discovered ones.
///
/// RFC 6749 §4.1.1, RFC 7636 §4.3, OIDC Core §3.1.2.1.
pub fn authorization_request(
    config: &ProviderConfig,
    endpoints: Endpoints,
    start: Start,
    fresh: AuthorizationSecrets,
    keys: &DataKeys,
) -> Result<AuthorizationRequest, Error> {
    let spec = config.spec();
    if let Credential::AppleKey { private_key, .. } = &config.credential {
        // Better now than when the person is back.
        apple::signing_key(private_key)?;
    }
    let authorize = authorize_url(config, &endpoints, start.prompt, &fresh)?;
    let has_nonce = matches!(spec.proof, IdentitySource::IdToken(_));
    let seal = || {
        keys.seal(
            Purpose::SignIn,
            &fresh.state.digest(),
            fresh.verifier.expose(),
        )
    };
    let pending = PendingSignIn {
        provider: config.provider,
        start,
        endpoints,
        nonce: has_nonce.then(|| fresh.nonce.expose().to_owned()),
        verifier: spec.pkce.then(seal).transpose()?,
    };
    Ok(AuthorizationRequest {
        authorize,
        pending,
        state_cookie: StateCookie::new(config.provider, &fresh.state, fresh.browser),
        state: fresh.state,
    })
}

/// The provider is asked for what its row says it understands: a nonce where it signs id_tokens,
/// PKCE where it knows that.
fn authorize_url(
    config: &ProviderConfig,
    endpoints: &Endpoints,
    prompt: Option<Prompt>,
    fresh: &AuthorizationSecrets,
) -> Result<Url, Error> {
    let spec = config.spec();
    let challenge = Challenge::of_verifier(&fresh.verifier)
        .ok_or_else(|| ErrorKind::Internal("a PKCE verifier out of form".to_owned()))?;
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", &config.client_id),
        ("redirect_uri", config.callback.as_str()),
        ("scope", spec.scope),
        ("state", fresh.state.expose()),
    ];
    if matches!(spec.proof, IdentitySource::IdToken(_)) {
        parameters.push(("nonce", fresh.nonce.expose()));
    }
    if spec.pkce {
        parameters.push(("code_challenge", challenge.as_str()));
        parameters.push(("code_challenge_method", "S256"));
    }
    let prompt = match prompt {
        Some(Prompt::SelectAccount) if endpoints.lacks_account_choice => Some(Prompt::Login),
        asked => asked,
    };
    let prompt = prompt.and_then(|prompt| prompt.parameter(spec.prompt));
    let extra = spec.authorize_extra.iter().copied();
    parameters.extend(extra.filter(|(name, _)| prompt.is_none_or(|(asked, _)| asked != *name)));
    parameters.extend(prompt);
    Ok(address::with_parameters(&endpoints.authorize, &parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        begun, config, data_keys, endpoints, fresh, settings_with, start,
    };
    use crate::auth::federation::provider::providers::APPLE_PRIVATE_KEY;

    fn authorize(provider: Provider) -> String {
        begun(provider).authorize.into()
    }

    #[test]
    fn google_is_asked_with_pkce_and_nonce() {
        let expected = [
            "https://accounts.google.com/o/oauth2/v2/auth?response_type=code",
            "&client_id=google-client",
            "&redirect_uri=https%3A%2F%2Flogin.example%2Fauth%2Fgoogle-auth-redirect",
            "&scope=openid%20email%20profile",
            "&state=sssssssssssssssssssssssssssssssssssssssssss",
            "&nonce=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
            "&code_challenge=7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM",
            "&code_challenge_method=S256",
        ];
        assert_eq!(authorize(Provider::Google), expected.concat());
    }

    #[test]
    fn keycloak_is_asked_where_discovery_said() {
        let expected = [
            "https://kc.example/realms/demo/protocol/openid-connect/auth?response_type=code",
            "&client_id=keycloak-client",
            "&redirect_uri=https%3A%2F%2Flogin.example%2Fauth%2Fkeycloak-auth-redirect",
            "&scope=openid%20email%20profile",
            "&state=sssssssssssssssssssssssssssssssssssssssssss",
            "&nonce=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
            "&code_challenge=7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM",
            "&code_challenge_method=S256",
        ];
        assert_eq!(authorize(Provider::Keycloak), expected.concat());
    }

    #[test]
    fn apple_is_asked_for_a_form_post() {
        let expected = [
            "https://appleid.apple.com/auth/authorize?response_type=code",
            "&client_id=com.example.web",
            "&redirect_uri=https%3A%2F%2Flogin.example%2Fauth%2Fapple-oauth-redirect",
            "&scope=name%20email",
            "&state=sssssssssssssssssssssssssssssssssssssssssss",
            "&nonce=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
            "&response_mode=form_post",
        ];
        assert_eq!(authorize(Provider::Apple), expected.concat());
    }

    #[test]
    fn meta_is_asked_for_what_it_knows() {
        let facebook = [
            "https://www.facebook.com/v25.0/dialog/oauth?response_type=code",
            "&client_id=138483919580948",
            "&redirect_uri=https%3A%2F%2Flogin.example%2Fauth%2Ffacebook-auth-redirect",
            "&scope=email%20public_profile",
            "&state=sssssssssssssssssssssssssssssssssssssssssss",
        ];
        assert_eq!(authorize(Provider::Facebook), facebook.concat());
        let instagram = [
            "https://www.instagram.com/oauth/authorize?response_type=code",
            "&client_id=990602627938098",
            "&redirect_uri=https%3A%2F%2Flogin.example%2Fauth%2Finstagram-auth-redirect",
            "&scope=instagram_business_basic",
            "&state=sssssssssssssssssssssssssssssssssssssssssss",
        ];
        assert_eq!(authorize(Provider::Instagram), instagram.concat());
    }

    #[test]
    fn a_query_of_the_authorize_url_stays() {
        let url = authorize(Provider::Sixth);
        assert!(
            url.starts_with("https://sixth.example/authorize?tenant=all&response_type=code&"),
            "{url}"
        );
        assert!(url.ends_with("&prompt=select_account"), "{url}");
    }

    fn asked_for(provider: Provider, prompt: Prompt) -> String {
        let config = config(provider);
        let start = Start {
            prompt: Some(prompt),
            ..start()
        };
        let begun =
            authorization_request(&config, endpoints(&config), start, fresh(), &data_keys());
        begun.unwrap().authorize.into()
    }

    #[test]
    fn a_prompt_is_handed_on_in_the_providers_own_words() {
        for (provider, login, select_account) in [
            (Provider::Google, "&prompt=login", "&prompt=select_account"),
            // Its document has no account choice.
            (Provider::Keycloak, "&prompt=login", "&prompt=login"),
            (
                Provider::Facebook,
                "&auth_type=reauthenticate",
                "&auth_type=reauthenticate",
            ),
            (
                Provider::Instagram,
                "&force_reauth=true",
                "&force_reauth=true",
            ),
            (Provider::Apple, "", ""),
            (Provider::Sixth, "&prompt=login", "&prompt=select_account"),
        ] {
            for (prompt, expected) in [
                (Prompt::Login, login),
                (Prompt::SelectAccount, select_account),
            ] {
                let url = asked_for(provider, prompt);
                assert!(url.ends_with(expected), "{url}");
                let names = ["prompt=", "auth_type=", "force_reauth="];
                let asked: usize = names.iter().map(|name| url.matches(name).count()).sum();
                assert_eq!(asked, usize::from(!expected.is_empty()), "{url}");
            }
        }
        assert!(!authorize(Provider::Google).contains("prompt"));
    }

    #[test]
    fn the_record_survives_storage_and_shows_no_secret() {
        let begun = begun(Provider::Google);
        let stored = serde_json::to_string(&begun.pending).unwrap();
        let read: PendingSignIn = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, begun.pending);
        assert_eq!(read.start(), &start());
        for letter in ["s", "v", "b"] {
            assert!(!stored.contains(&letter.repeat(43)), "{letter}");
        }
        assert!(!format!("{begun:?}").contains("bbbbb"));
    }

    #[test]
    fn no_two_sign_ins_are_alike() {
        let [one, other] = [
            AuthorizationSecrets::draw().unwrap(),
            AuthorizationSecrets::draw().unwrap(),
        ];
        let all = [
            &one.state,
            &one.nonce,
            &one.verifier,
            &one.browser,
            &other.state,
            &other.nonce,
            &other.verifier,
            &other.browser,
        ];
        let mut texts: Vec<&str> = all.iter().map(|secret| secret.expose()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 8);
        assert!(texts.iter().all(|text| text.len() == 43));
    }

    #[test]
    fn a_key_that_cannot_sign_is_found_before_the_browser_leaves() {
        let settings = settings_with(&[(APPLE_PRIVATE_KEY, "not a key")]).unwrap();
        let apple = settings.provider(Provider::Apple).unwrap();
        let begun = authorization_request(apple, endpoints(apple), start(), fresh(), &data_keys());
        match begun.as_ref().map_err(Error::kind) {
            Err(ErrorKind::Misconfigured(what)) => {
                assert!(what.starts_with("APPLE_AUTH_PRIVATE_KEY"), "{what}");
                assert!(!what.contains("not a key"), "{what}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(config(Provider::Apple).client_id, "com.example.web");
    }
}
