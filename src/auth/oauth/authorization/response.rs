//! How the authorization endpoint answers a client: by a redirect, or by a form that the browser posts
//! (RFC 6749 §4.1.2, RFC 9207, OAuth 2.0 Form Post Response Mode).

use url::form_urlencoded;

use crate::auth::oauth::failure::Failure;
use crate::auth::secret::Secret;

/// The modes that are offered.
pub const SUPPORTED: [&str; 2] = ["query", "form_post"];

/// `response_mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In a form.
    FormPost,
}

impl ResponseMode {
    /// Reads the parameter. `fragment` is not for codes.
    ///
    /// # Errors
    ///
    /// `invalid_request`, which goes back in the query.
    pub fn parse(text: Option<&str>) -> Result<Self, Failure> {
        match text {
            None | Some("query") => Ok(Self::Query),
            Some("form_post") => Ok(Self::FormPost),
            Some(_) => Err(Failure::invalid_request("response_mode is not supported")),
        }
    }
}

/// Where and how a client gets its answer: the part of its request that is checked first, since without
/// it no answer goes anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseTarget {
    /// A registered redirect URI.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// The client's own `state`, given back as it came.
    pub state: Option<String>,
}

/// An answer on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// Where to.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// Its parameters, each once.
    pub parameters: Vec<(&'static str, String)>,
}

impl ResponseTarget {
    /// The code (RFC 6749 §4.1.2).
    pub fn code(self, code: &Secret, issuer: &str) -> AuthorizationResponse {
        self.with(vec![("code", code.expose().to_owned())], issuer)
    }

    /// A refusal (RFC 6749 §4.1.2.1).
    pub fn refusal(self, failure: Failure, issuer: &str) -> AuthorizationResponse {
        let error = ("error", failure.code.name().to_owned());
        let why = ("error_description", failure.description.to_owned());
        self.with(vec![error, why], issuer)
    }

    /// Every answer has the client's `state` and our `iss` (RFC 9207 §2).
    fn with(
        self,
        mut parameters: Vec<(&'static str, String)>,
        issuer: &str,
    ) -> AuthorizationResponse {
        if let Some(state) = self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", issuer.to_owned()));
        AuthorizationResponse {
            redirect_uri: self.redirect_uri,
            mode: self.mode,
            parameters,
        }
    }
}

impl AuthorizationResponse {
    /// The redirect URI with the parameters in its query, after whatever is there.
    ///
    /// The URI stays the text that is registered: what a parser would make of it is another text.
    pub fn location(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.parameters {
            query.append_pair(name, value);
        }
        let uri = &self.redirect_uri;
        let separator = match (uri.contains('?'), uri.ends_with(['?', '&'])) {
            (false, _) => "?",
            (true, false) => "&",
            (true, true) => "",
        };
        format!("{uri}{separator}{}", query.finish())
    }
}

/// The page where a browser may go after signing out, with the client's `state` (OIDC RP-Initiated
/// Logout §3).
pub fn after_logout(uri: &str, state: Option<&str>) -> String {
    let response = AuthorizationResponse {
        redirect_uri: uri.to_owned(),
        mode: ResponseMode::Query,
        parameters: state
            .map(|state| ("state", state.to_owned()))
            .into_iter()
            .collect(),
    };
    match response.parameters.is_empty() {
        true => response.redirect_uri,
        false => response.location(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::oauth::failure::ErrorCode;

    fn target(redirect_uri: &str) -> ResponseTarget {
        ResponseTarget {
            redirect_uri: redirect_uri.to_owned(),
            mode: ResponseMode::Query,
            state: Some("a&b %".to_owned()),
        }
    }

    #[test]
    fn what_a_redirect_uri_has_stays_as_it_is() {
        let answer = "code=c&state=a%26b+%25&iss=https%3A%2F%2Flogin.example";
        for (uri, before) in [
            ("https://app.example/cb", "https://app.example/cb?"),
            ("https://app.example", "https://app.example?"),
            (
                "https://app.example/cb?dummy1=lorem&dummy2=ipsum",
                "https://app.example/cb?dummy1=lorem&dummy2=ipsum&",
            ),
            ("https://app.example/cb?", "https://app.example/cb?"),
            ("com.example.app:/cb", "com.example.app:/cb?"),
            ("http://127.0.0.1:4711/cb", "http://127.0.0.1:4711/cb?"),
        ] {
            let response = target(uri).code(&Secret::new("c"), "https://login.example");
            assert_eq!(response.location(), format!("{before}{answer}"));
        }
    }

    #[test]
    fn a_refusal_has_state_and_issuer_and_no_code() {
        let failure = Failure::new(ErrorCode::LoginRequired, "sign in");
        let response = ResponseTarget {
            state: None,
            ..target("https://app.example/cb")
        };
        let response = response.refusal(failure, "i");
        let names: Vec<_> = response.parameters.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["error", "error_description", "iss"]);
        assert_eq!(
            response.location(),
            "https://app.example/cb?error=login_required&error_description=sign+in&iss=i"
        );
    }

    #[test]
    fn a_code_is_never_in_a_fragment() {
        assert_eq!(ResponseMode::parse(None), Ok(ResponseMode::Query));
        assert_eq!(
            ResponseMode::parse(Some("form_post")),
            Ok(ResponseMode::FormPost)
        );
        for mode in ["fragment", "web_message", "query.jwt", "Query"] {
            assert!(ResponseMode::parse(Some(mode)).is_err(), "{mode}");
        }
    }

    #[test]
    fn after_a_logout_only_state_is_told() {
        assert_eq!(
            after_logout("https://app.example/?x=y", None),
            "https://app.example/?x=y"
        );
        assert_eq!(
            after_logout("https://app.example/?x=y", Some("s")),
            "https://app.example/?x=y&state=s"
        );
    }
}
