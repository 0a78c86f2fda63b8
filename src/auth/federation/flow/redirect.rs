//! The redirect back to the client at the end of a federated sign-in.

use crate::auth::federation::flow::callback::Denied;
use crate::auth::federation::http::address;
use crate::auth::redirect_url::RedirectUrl;
use crate::auth::secret::Secret;
use crate::error::{Error, ErrorKind, Reason};

/// The client's `redirectUrl` with our code and the client's own `state` (RFC 6749 §4.1.2).
pub fn with_code(redirect_url: &str, code: &Secret, state: Option<&str>) -> Result<String, Error> {
    with_answer(redirect_url, &[("code", code.expose())], state)
}

/// The client's `redirectUrl` with the provider's refusal (RFC 6749 §4.1.2.1).
pub fn with_denial(redirect_url: &str, denied: &Denied) -> Result<String, Error> {
    let parameters = [
        ("error", denied.error.as_str()),
        ("error_description", &denied.description),
    ];
    with_answer(redirect_url, &parameters, denied.start.state.as_deref())
}

/// The client's `redirectUrl` after Cancel on one of our pages (RFC 6749 §4.1.2.1).
pub fn with_cancel(redirect_url: &str, state: Option<&str>) -> Result<String, Error> {
    let parameters = [
        ("error", "access_denied"),
        ("error_description", "The user cancelled"),
    ];
    with_answer(redirect_url, &parameters, state)
}

fn with_answer(
    redirect_url: &str,
    parameters: &[(&str, &str)],
    state: Option<&str>,
) -> Result<String, Error> {
    // Checked when the client was stored; a stored row is no proof of that.
    let url = RedirectUrl::parse(redirect_url).ok_or(ErrorKind::Rejected(Reason::ClientInvalid))?;
    let mut parameters = parameters.to_vec();
    if let Some(state) = state {
        parameters.push(("state", state));
    }
    Ok(address::with_parameters(url.url(), &parameters).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::start;

    fn back(redirect_url: &str, state: Option<&str>) -> Result<String, Error> {
        with_code(redirect_url, &Secret::new("c0-de_"), state)
    }

    #[test]
    fn code_and_state_join_whatever_is_there() {
        for (url, expected) in [
            (
                "https://app.example/cb",
                "https://app.example/cb?code=c0-de_&state=a%26b%20%25",
            ),
            (
                "https://app.example/cb?x=1",
                "https://app.example/cb?x=1&code=c0-de_&state=a%26b%20%25",
            ),
            (
                "https://app.example/cb?state=old&x=1",
                "https://app.example/cb?x=1&code=c0-de_&state=a%26b%20%25",
            ),
            (
                "http://localhost:5173/cb",
                "http://localhost:5173/cb?code=c0-de_&state=a%26b%20%25",
            ),
            (
                "com.example.app:/cb",
                "com.example.app:/cb?code=c0-de_&state=a%26b%20%25",
            ),
            (
                "com.example.app://cb?x=1",
                "com.example.app://cb?x=1&code=c0-de_&state=a%26b%20%25",
            ),
        ] {
            assert_eq!(back(url, Some("a&b %")).as_deref(), Ok(expected));
        }
        assert_eq!(
            back("https://app.example/cb", None).as_deref(),
            Ok("https://app.example/cb?code=c0-de_")
        );
        assert_eq!(
            back("https://app.example/cb", Some("")).as_deref(),
            Ok("https://app.example/cb?code=c0-de_&state=")
        );
    }

    #[test]
    fn a_state_adds_neither_parameter_nor_header() {
        let url = back(
            "https://app.example/cb",
            Some("x&code=evil#\r\nSet-Cookie: a=b"),
        )
        .unwrap();
        assert_eq!(
            url,
            "https://app.example/cb?code=c0-de_&state=x%26code%3Devil%23%0D%0ASet-Cookie%3A%20a%3Db"
        );
    }

    #[test]
    fn nobody_is_sent_to_a_place_that_is_no_app() {
        for url in [
            "",
            "/cb",
            "//evil.example",
            "app.example/cb",
            "http://app.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp:/cb",
            "https://user@app.example/cb",
            "https://app.example/cb#x",
            "com.example.app:/cb#x",
        ] {
            assert_eq!(
                back(url, None),
                Err(ErrorKind::Rejected(Reason::ClientInvalid).into()),
                "{url}"
            );
        }
    }

    #[test]
    fn a_refusal_goes_back_with_its_words() {
        let denied = Denied {
            start: start(),
            error: "access_denied".to_owned(),
            description: "No & no".to_owned(),
        };
        assert_eq!(
            with_denial("https://app.example/cb?error=x", &denied).as_deref(),
            Ok("https://app.example/cb?error=access_denied\
                &error_description=No%20%26%20no&state=their%20state")
        );
    }
}
