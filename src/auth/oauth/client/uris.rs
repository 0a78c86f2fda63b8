//! The URIs of client metadata.

use super::members::{Members, refused};
use super::words::Source;
use crate::auth::oauth::failure::{ErrorCode, Failure};
use crate::auth::oauth::redirect_uri::{is_native, is_registrable};
use crate::auth::transport::{is_loopback, is_secure};

/// The most redirect URIs of each kind.
const MOST: usize = 20;

/// Reads `redirect_uris` or `post_logout_redirect_uris`.
///
/// An app that says it is a web app, and for which nobody vouches, may not be on the user's own device
/// (OIDC Registration §2), unless this service is.
pub fn redirect_uris(
    members: Members<'_>,
    name: &str,
    source: Source,
    local: bool,
) -> Result<Vec<String>, Failure> {
    let refused = |why| Err(Failure::new(ErrorCode::InvalidRedirectUri, why));
    let uris = members.list(name)?.unwrap_or_default();
    if uris.len() > MOST {
        return refused("there are too many redirect URIs");
    }
    if !uris.iter().all(|uri| is_registrable(uri)) {
        return refused("a redirect URI is not https, http on loopback, or a scheme with a dot");
    }
    let web = members.text("application_type")? == Some("web") && source != Source::Operator;
    if web && !local && uris.iter().any(|uri| is_native(uri)) {
        return refused("a redirect URI of a web application is on the own device of its user");
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

/// Reads a URI that this service sends requests to: https, or on loopback where this service is.
pub fn called(members: Members<'_>, name: &str, local: bool) -> Result<Option<String>, Failure> {
    let Some(text) = members.text(name)? else {
        return Ok(None);
    };
    let reachable = is_secure(text) && text.is_ascii() && !text.contains('#');
    match reachable && (local || !is_loopback(text)) {
        true => Ok(Some(text.to_owned())),
        false => Err(refused("a URI that is called from here is not https")),
    }
}
