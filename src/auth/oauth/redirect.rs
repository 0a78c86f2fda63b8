//! The way back: where a browser goes when a sign-in elsewhere is over.

use url::Url;

use super::address;
use super::callback::Denied;
use crate::auth::secret::Secret;
use crate::error::{Error, Why};

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

fn with_answer(
    redirect_url: &str,
    parameters: &[(&str, &str)],
    state: Option<&str>,
) -> Result<String, Error> {
    let url = destination(redirect_url).ok_or(Error::Refused(Why::ClientInvalid))?;
    let mut parameters = parameters.to_vec();
    if let Some(state) = state {
        parameters.push(("state", state));
    }
    Ok(address::with_parameters(&url, &parameters).into())
}

/// Where a code may be sent: what [`address::endpoint`] allows, and an app's own scheme, which has a
/// dot in it (RFC 8252 §7.1). Checked when the client was stored; a stored row is no proof of that.
fn destination(text: &str) -> Option<Url> {
    address::endpoint(text).or_else(|| {
        let url = Url::parse(text).ok()?;
        (url.scheme().contains('.') && url.fragment().is_none()).then_some(url)
    })
}
