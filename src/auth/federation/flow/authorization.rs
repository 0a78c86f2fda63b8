//! The start: a client asks, and a browser goes to the provider.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::auth::client::AuthClient;
use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::federation::http::address;
use crate::auth::federation::provider::apple;
use crate::auth::federation::provider::config::{Credential, ProviderConfig};
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::prompt::Prompt;
use crate::auth::federation::provider::spec::IdentitySource;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::id::ClientNumber;
use crate::auth::pkce::Challenge;
use crate::auth::redirect_url::RedirectUrl;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Seconds;
use crate::error::{Error, InvalidInput, Reason};

/// The longest `state` of a client that is handed back, in characters.
pub const MAX_CLIENT_STATE: usize = 512;

/// What a start may carry besides the client's credentials, read from body or query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartParameters {
    state: Option<String>,
    challenge: Option<Challenge>,
    prompt: Option<Prompt>,
}

/// A start that a client was allowed: the client, and what goes back to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The client's number.
    pub client: ClientNumber,
    /// The client's own `state`, handed back unchanged.
    pub state: Option<String>,
    /// The client's code challenge (RFC 7636, S256), which the code is bound to.
    pub challenge: Option<String>,
    /// What the provider is to ask for.
    #[serde(default)]
    pub prompt: Option<Prompt>,
}

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

impl StartParameters {
    /// Reads `state`, `code_challenge`, `code_challenge_method` and `prompt`.
    pub fn read(
        state: Option<String>,
        challenge: Option<&str>,
        method: Option<&str>,
        prompt: Option<&str>,
    ) -> Result<Self, InvalidInput> {
        if state.as_deref().is_some_and(is_long) {
            return Err(InvalidInput::StateTooLong(MAX_CLIENT_STATE));
        }
        Ok(Self {
            state,
            challenge: Challenge::read(challenge, method)?,
            prompt: Prompt::read(prompt)?,
        })
    }

    /// The start of an authenticated client.
    ///
    /// An app with a custom scheme must send a challenge, since another app can claim the scheme; a
    /// client without a redirect URL must not, since it receives no code.
    pub fn of_client(self, client: &AuthClient) -> Result<Start, Error> {
        // A URL that was stored past the API may break the rule: no browser is sent to the provider
        // then.
        let refused = Error::Rejected(Reason::ClientInvalid);
        let redirect_url = match &client.redirect_url {
            Some(text) => Some(RedirectUrl::parse(text).ok_or(refused)?),
            None => None,
        };
        match redirect_url {
            Some(url) if self.challenge.is_none() && !url.is_web() => {
                return Err(InvalidInput::MissingChallenge.into());
            }
            None if self.challenge.is_some() => {
                return Err(InvalidInput::UnusableChallenge.into());
            }
            _ => {}
        }
        Ok(Start {
            client: client.id,
            state: self.state,
            challenge: self
                .challenge
                .map(|challenge| challenge.as_str().to_owned()),
            prompt: self.prompt,
        })
    }
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
        .ok_or_else(|| Error::Internal("a PKCE verifier out of form".to_owned()))?;
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

fn is_long(state: &str) -> bool {
    state.chars().nth(MAX_CLIENT_STATE).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        begun, config, data_keys, endpoints, fresh, settings_with, start,
    };
    use crate::auth::federation::provider::providers::APPLE_PRIVATE_KEY;
    use crate::auth::id::ClientId;

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
    fn no_other_prompt_is_taken() {
        for prompt in [
            "none",
            "consent",
            "",
            "LOGIN",
            "login select_account",
            "login&x=y",
        ] {
            let read = StartParameters::read(None, None, None, Some(prompt));
            assert_eq!(read.err(), Some(InvalidInput::UnknownPrompt), "{prompt}");
        }
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
        match begun {
            Err(Error::Misconfigured(what)) => {
                assert!(what.starts_with("APPLE_AUTH_PRIVATE_KEY"), "{what}");
                assert!(!what.contains("not a key"), "{what}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(config(Provider::Apple).client_id, "com.example.web");
    }

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn refused(
        state: Option<String>,
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Option<InvalidInput> {
        StartParameters::read(state, challenge, method, None).err()
    }

    #[test]
    fn what_a_start_may_carry() {
        assert_eq!(refused(None, None, None), None);
        assert_eq!(refused(Some(String::new()), Some(CHALLENGE), None), None);
        assert_eq!(refused(None, Some(CHALLENGE), Some("S256")), None);
        assert_eq!(refused(Some("é".repeat(512)), None, None), None);
        let long = refused(Some("x".repeat(513)), None, None);
        assert_eq!(long, Some(InvalidInput::StateTooLong(512)));
        let short = refused(None, Some(""), Some("S256"));
        assert_eq!(short, Some(InvalidInput::MalformedChallenge));
        let plain = refused(None, Some(CHALLENGE), Some("plain"));
        assert_eq!(plain, Some(InvalidInput::UnsupportedMethod));
        let stripped = refused(None, None, Some("S256"));
        assert_eq!(stripped, Some(InvalidInput::MethodWithoutChallenge));
    }

    #[test]
    fn a_challenge_is_for_clients_that_get_a_code() {
        let start = |redirect_url: Option<&str>, challenge| {
            let client = AuthClient {
                id: ClientNumber::new(7),
                client_id: ClientId::new("web"),
                client_secret_digest: String::new(),
                secret_digest: String::new(),
                redirect_url: redirect_url.map(str::to_owned),
                access_token_expiration: Seconds::new(900),
                refresh_token_expiration: Seconds::new(86_400),
                auth_code_expiration: Seconds::new(180),
            };
            let parameters = StartParameters::read(Some("x y".to_owned()), challenge, None, None);
            parameters.unwrap().of_client(&client)
        };
        let web = start(Some("https://app.example/cb"), None).unwrap();
        assert_eq!(
            (web.client, web.state.as_deref()),
            (ClientNumber::new(7), Some("x y"))
        );
        assert!(start(Some("http://localhost:5173/cb"), None).is_ok());
        assert!(start(None, None).is_ok());
        let native = start(Some("com.example.app:/cb"), Some(CHALLENGE)).unwrap();
        assert_eq!(native.challenge.as_deref(), Some(CHALLENGE));
        let refused = |start: Result<Start, Error>| start.err();
        assert_eq!(
            refused(start(Some("com.example.app:/cb"), None)),
            Some(InvalidInput::MissingChallenge.into())
        );
        assert_eq!(
            refused(start(None, Some(CHALLENGE))),
            Some(InvalidInput::UnusableChallenge.into())
        );
    }
}
