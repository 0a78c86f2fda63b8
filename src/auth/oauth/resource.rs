//! Resource indicators (RFC 8707): which resource server an access token is for.

use super::failure::{ErrorCode, Failure};
use crate::auth::text;

/// More than a request needs.
const MOST: usize = 8;
/// The longest that is read, in bytes.
const LONGEST: usize = 512;

/// The audiences that are ours.
#[derive(Debug, Clone, Copy)]
pub struct OwnAudiences<'a> {
    /// The issuer: the APIs of this service.
    pub issuer: &'a str,
    /// The UserInfo endpoint, where a token is good that names no resource.
    pub userinfo: &'a str,
}

/// What the resources of a request make the audience of its tokens.
///
/// Our own APIs are for first-party clients alone: another's token would hold its user's permissions
/// there.
///
/// # Errors
///
/// `invalid_target` (§2) where a resource is no absolute URI without a fragment, or not for the client.
pub fn audience<'a>(
    asked: impl Iterator<Item = &'a str>,
    own: OwnAudiences<'_>,
    first_party: bool,
) -> Result<Vec<String>, Failure> {
    let refused = |why| Err(Failure::new(ErrorCode::InvalidTarget, why));
    let mut audience = Vec::new();
    for resource in asked {
        let read = text::url(resource);
        let absolute = read.is_ok_and(|url| url.fragment().is_none());
        if resource.len() > LONGEST || !absolute || !resource.is_ascii() {
            return refused("the resource is not an absolute URI without a fragment");
        }
        // Clients that write URIs by a URL parser end a bare origin with a slash.
        let is_issuer = resource.strip_suffix('/').unwrap_or(resource) == own.issuer;
        if is_issuer && !first_party {
            return refused("the resource is not for this client");
        }
        let resource = if is_issuer { own.issuer } else { resource };
        if audience.iter().all(|known| known != resource) {
            audience.push(resource.to_owned());
        }
    }
    if audience.len() > MOST {
        return refused("there are too many resources");
    }
    if audience.is_empty() {
        audience.push(own.userinfo.to_owned());
    }
    Ok(audience)
}

/// The audience of a token at a later request for the same grant (§2.2): the same or less.
///
/// # Errors
///
/// `invalid_target` where a resource was not granted.
pub fn narrowed<'a>(
    granted: &[String],
    asked: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, Failure> {
    let mut audience = Vec::new();
    for resource in asked {
        let same = |known: &&String| {
            let bare = |uri: &str| uri.strip_suffix('/').unwrap_or(uri).to_owned();
            bare(known) == bare(resource)
        };
        let Some(known) = granted.iter().find(same) else {
            let why = "the resource is not one that was granted";
            return Err(Failure::new(ErrorCode::InvalidTarget, why));
        };
        if !audience.contains(known) {
            audience.push(known.clone());
        }
    }
    match audience.is_empty() {
        true => Ok(granted.to_vec()),
        false => Ok(audience),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: OwnAudiences<'_> = OwnAudiences {
        issuer: "https://login.example",
        userinfo: "https://login.example/oauth/userinfo",
    };

    fn of(asked: &[&str], first_party: bool) -> Result<Vec<String>, Failure> {
        audience(asked.iter().copied(), OWN, first_party)
    }

    #[test]
    fn without_a_resource_a_token_is_for_userinfo() {
        assert_eq!(of(&[], false).unwrap(), [OWN.userinfo]);
    }

    #[test]
    fn only_first_party_clients_reach_our_own_apis() {
        for issuer in ["https://login.example", "https://login.example/"] {
            assert_eq!(of(&[issuer], true).unwrap(), [OWN.issuer]);
            let refused = of(&[issuer], false).unwrap_err();
            assert_eq!(refused.code, ErrorCode::InvalidTarget);
        }
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        let good = [
            "https://mcp.example/x?y",
            "http://127.0.0.1:9/",
            "urn:example:api",
        ];
        assert_eq!(of(&good, false).unwrap(), good);
        for bad in [
            "x",
            "/x",
            "//x.example",
            "https://x.example/#",
            "https://x.example/#y",
            "https://é.example/",
        ] {
            assert!(of(&[bad], true).is_err(), "{bad}");
        }
        let many: Vec<String> = (0..9).map(|n| format!("https://{n}.example/")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(of(&many, false).is_err());
    }

    #[test]
    fn a_later_request_takes_of_what_was_granted() {
        let granted = [
            "https://a.example/".to_owned(),
            "https://b.example/x".to_owned(),
        ];
        let narrow = |asked: &[&str]| narrowed(&granted, asked.iter().copied());
        assert_eq!(narrow(&[]).unwrap(), granted);
        assert_eq!(
            narrow(&["https://a.example"]).unwrap(),
            ["https://a.example/"]
        );
        assert!(narrow(&["https://c.example/"]).is_err());
        assert!(narrow(&["https://a.example/", "https://b.example/"]).is_err());
    }
}
