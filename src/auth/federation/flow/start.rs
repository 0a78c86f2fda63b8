//! The start of a federated sign-in: who asks, and what goes back to them.

use serde::{Deserialize, Serialize};

use crate::auth::client::AuthClient;
use crate::auth::federation::provider::prompt::Prompt;
use crate::auth::id::{BrowserId, ClientNumber};
use crate::auth::pkce::Challenge;
use crate::auth::redirect_url::RedirectUrl;
use crate::error::{Error, ErrorKind, InvalidInput, Reason};

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
    /// The client's number; none where the pages of this service act for no client.
    pub client: Option<ClientNumber>,
    /// The client's own `state`, handed back unchanged.
    pub state: Option<String>,
    /// The client's code challenge (RFC 7636, S256), which the code is bound to.
    pub challenge: Option<String>,
    /// What the provider is to ask for.
    #[serde(default)]
    pub prompt: Option<Prompt>,
    /// What goes on at the pages of this service, where the sign-in began there.
    #[serde(default)]
    pub page: Option<PageStart>,
}

/// What goes on at the pages of this service when the browser is back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStart {
    /// What the identity is for.
    pub intent: PageIntent,
    /// The walk through the pages that the sign-in belongs to, as a query.
    pub walk: String,
    /// Digest of the cookie of the form session.
    pub form_session: String,
    /// Digest of the cookie of a trusted device, if the browser has one.
    #[serde(default)]
    pub trusted: Option<String>,
}

/// What an identity is for that a page asks a provider about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageIntent {
    /// Signing in.
    SignIn,
    /// Linking it to the account of a signed-in browser.
    Link(BrowserId),
    /// Proving that the user of a signed-in browser is there.
    Prove(BrowserId),
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
    /// An app with a custom scheme must send a challenge, since another app can claim the scheme, and so
    /// must a client that keeps no secret; one without a redirect URL must not, since it receives no code.
    pub fn of_client(self, client: &AuthClient) -> Result<Start, Error> {
        client.check_challenge(self.challenge.as_ref())?;
        // A URL that was stored past the API may break the rule: no browser is sent to the provider
        // then.
        let refused = ErrorKind::Rejected(Reason::ClientInvalid);
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
            client: Some(client.id),
            state: self.state,
            challenge: self
                .challenge
                .map(|challenge| challenge.as_str().to_owned()),
            prompt: self.prompt,
            page: None,
        })
    }
}

impl Start {
    /// A start at the pages of this service.
    pub const fn at_page(
        client: Option<ClientNumber>,
        prompt: Option<Prompt>,
        page: PageStart,
    ) -> Self {
        Self {
            client,
            state: None,
            challenge: None,
            prompt,
            page: Some(page),
        }
    }
}

fn is_long(state: &str) -> bool {
    state.chars().nth(MAX_CLIENT_STATE).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::id::ClientId;
    use crate::auth::time::Seconds;

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
        let start_of = |is_public, redirect_url: Option<&str>, challenge| {
            let client = AuthClient {
                id: ClientNumber::new(7),
                client_id: ClientId::new("web"),
                client_secret_digest: String::new(),
                secret_digest: String::new(),
                redirect_url: redirect_url.map(str::to_owned),
                access_token_expiration: Seconds::new(900),
                refresh_token_expiration: Seconds::new(86_400),
                auth_code_expiration: Seconds::new(180),
                is_public,
            };
            let parameters = StartParameters::read(Some("x y".to_owned()), challenge, None, None);
            parameters.unwrap().of_client(&client)
        };
        let start = |redirect_url, challenge| start_of(false, redirect_url, challenge);
        let web = start(Some("https://app.example/cb"), None).unwrap();
        assert_eq!(
            (web.client, web.state.as_deref()),
            (Some(ClientNumber::new(7)), Some("x y"))
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
        // One that keeps no secret gets a code that a challenge binds, or nothing.
        let page = Some("https://app.example/cb");
        assert!(start_of(true, page, Some(CHALLENGE)).is_ok());
        for redirect_url in [page, None] {
            assert_eq!(
                refused(start_of(true, redirect_url, None)),
                Some(InvalidInput::MissingChallenge.into())
            );
        }
        assert!(start_of(true, None, Some(CHALLENGE)).is_err());
    }
}
