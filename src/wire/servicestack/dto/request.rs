//! The DTOs that are asked with.

use serde_json::{Map, Value};

use crate::auth::secret::Secret;
use crate::wire::servicestack::bind::{BoundMembers, Request};
use crate::wire::servicestack::failure::ServiceStackFailure;

/// `Authenticate`: a sign-in, a sign-out, or a request for the current session.
#[derive(Debug, Clone, Default)]
pub struct Authenticate {
    /// How to sign in; `logout` to sign out.
    pub provider: Option<String>,
    /// User name or e-mail address, as it was typed.
    pub user_name: Option<String>,
    /// Password; a JWT where the provider is `jwt`.
    pub password: Option<Secret>,
    /// Whether the session should outlive the browser.
    pub remember_me: Option<bool>,
    /// A token that a provider issued to our app.
    pub access_token: Option<Secret>,
    /// Where a browser wants to go; in a document only sign-out heeds it.
    pub return_url: Option<String>,
    /// What the host wants to know besides.
    pub meta: Map<String, Value>,
    /// Whether the tokens should go into cookies alone; of older clients.
    pub use_token_cookie: Option<bool>,
}

impl Request for Authenticate {
    const NAME: &'static str = "Authenticate";
    const MEMBERS: &'static [&'static str] = &[
        "provider",
        "UserName",
        "Password",
        "RememberMe",
        "AccessToken",
        "AccessTokenSecret",
        "ReturnUrl",
        "ErrorView",
        "Meta",
        "UseTokenCookie",
    ];

    fn bind(fields: &mut BoundMembers) -> Self {
        // Bound, so that a value of another type is refused; nothing depends on them.
        fields.secret("AccessTokenSecret");
        fields.text("ErrorView");
        Self {
            provider: fields.text("provider"),
            user_name: fields.text("UserName"),
            password: fields.secret("Password"),
            remember_me: fields.flag("RememberMe"),
            access_token: fields.secret("AccessToken"),
            return_url: fields.text("ReturnUrl"),
            meta: fields.dictionary("Meta"),
            use_token_cookie: fields.flag("UseTokenCookie"),
        }
    }
}

impl Authenticate {
    /// Whether the caller wants tokens: `meta: {ignore: "jwt"}` suppresses them for this sign-in.
    pub fn wants_tokens(&self) -> bool {
        self.meta
            .get("ignore")
            .is_none_or(|ignored| ignored != "jwt")
    }
}

impl Authenticate {
    /// The sign-in that waits for its second factor, and the code that was typed for it.
    pub fn second_factor(&self) -> Option<(Secret, Secret)> {
        let token = self.meta.get("mfaToken")?.as_str()?;
        Some((Secret::new(token), self.otp()?))
    }

    /// The code that was typed for a second factor.
    pub fn otp(&self) -> Option<Secret> {
        let otp = self.meta.get("otp")?.as_str()?;
        Some(Secret::new(otp))
    }
}

/// `GetAccessToken`: a fresh access token for a refresh token, which may be in a cookie instead.
#[derive(Debug, Clone, Default)]
pub struct GetAccessToken {
    /// The refresh token.
    pub refresh_token: Option<Secret>,
}

impl Request for GetAccessToken {
    const NAME: &'static str = "GetAccessToken";
    const MEMBERS: &'static [&'static str] = &["RefreshToken", "UseTokenCookie"];

    fn bind(fields: &mut BoundMembers) -> Self {
        // The answer goes where the token came from, with or without the flag.
        fields.flag("UseTokenCookie");
        Self {
            refresh_token: fields.secret("RefreshToken"),
        }
    }
}

impl GetAccessToken {
    /// The token to use, that of the body first; an empty one counts as none.
    pub fn token<'a>(
        &'a self,
        cookie: Option<&'a Secret>,
    ) -> Result<&'a Secret, ServiceStackFailure> {
        let body = self
            .refresh_token
            .as_ref()
            .filter(|token| !token.is_empty());
        body.or(cookie).ok_or(ServiceStackFailure::NoRefreshToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_never_printed() {
        let secret = || Some(Secret::new("hunter2"));
        let sign_in = Authenticate {
            password: secret(),
            access_token: secret(),
            ..Authenticate::default()
        };
        let refresh = GetAccessToken {
            refresh_token: secret(),
        };
        let printed = format!("{sign_in:?}{refresh:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn the_refresh_token_of_the_body_beats_the_cookie_unless_it_is_empty() {
        let cookie = Secret::new("cookie");
        let token = |body: Option<&str>, cookie: Option<&Secret>| {
            let request = GetAccessToken {
                refresh_token: body.map(Secret::new),
            };
            request.token(cookie).map(|token| token.expose().to_owned())
        };
        assert_eq!(token(Some("body"), Some(&cookie)), Ok("body".to_owned()));
        assert_eq!(token(Some(""), Some(&cookie)), Ok("cookie".to_owned()));
        assert_eq!(
            token(Some(""), None),
            Err(ServiceStackFailure::NoRefreshToken)
        );
        assert_eq!(token(None, None), Err(ServiceStackFailure::NoRefreshToken));
    }

    #[test]
    fn tokens_can_be_declined() {
        let mut request = Authenticate::default();
        assert!(request.wants_tokens());
        request.meta.insert("ignore".to_owned(), "jwt".into());
        assert!(!request.wants_tokens());
    }
}
