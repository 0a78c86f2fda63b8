//! The access token of a request to a resource (RFC 6750 §2, RFC 9449 §7.1).

use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::Secret;
use crate::wire::incoming::Incoming;

/// How a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenScheme {
    /// Whoever has it may use it.
    Bearer,
    /// A proof comes along.
    Dpop,
}

/// A token as it is presented.
#[derive(Debug)]
pub struct PresentedToken {
    /// The token.
    pub token: Secret,
    /// How.
    pub scheme: TokenScheme,
}

/// Reads the token of a request from its header, or of a POST from its form; never from the query.
/// Nothing if there is none.
///
/// # Errors
///
/// `invalid_request` where it comes in two ways (RFC 6750 §2), or is not a token.
pub fn presented(
    incoming: &Incoming,
    form: Option<&Parameters>,
) -> Result<Option<PresentedToken>, Failure> {
    let header = match incoming.header("authorization") {
        Some(header) => of_header(header)?,
        None => None,
    };
    let in_form = form.and_then(|form| form.secret("access_token"));
    match (header, in_form) {
        (Some(_), Some(_)) => Err(Failure::invalid_request(
            "the access token comes in two ways",
        )),
        (Some(presented), None) => Ok(Some(presented)),
        (None, Some(token)) => Ok(Some(PresentedToken {
            token,
            scheme: TokenScheme::Bearer,
        })),
        (None, None) => Ok(None),
    }
}

fn of_header(header: &str) -> Result<Option<PresentedToken>, Failure> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    let scheme = match scheme {
        scheme if scheme.eq_ignore_ascii_case("bearer") => TokenScheme::Bearer,
        scheme if scheme.eq_ignore_ascii_case("dpop") => TokenScheme::Dpop,
        _ => return Ok(None),
    };
    let token = token.trim_matches(' ');
    if token.is_empty() || token.contains([' ', ',']) {
        return Err(Failure::invalid_request(
            "the Authorization header has not one token",
        ));
    }
    Ok(Some(PresentedToken {
        token: Secret::new(token),
        scheme,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn read(
        authorization: Option<&str>,
        form: &[(&str, &str)],
    ) -> Result<Option<(String, TokenScheme)>, Failure> {
        let headers = authorization.map(|text| ("authorization".to_owned(), text.to_owned()));
        let incoming = Incoming::new(
            Method::Post,
            "/",
            "access_token=query",
            headers.into_iter().collect(),
            Body::Bytes(vec![]),
        );
        let form = Parameters::new(
            form.iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned())),
        );
        let read = presented(&incoming, Some(&form))?;
        Ok(read.map(|read| (read.token.expose().to_owned(), read.scheme)))
    }

    #[test]
    fn a_token_comes_in_one_way_and_never_in_the_query() {
        let token = |scheme| Ok(Some(("t".to_owned(), scheme)));
        assert_eq!(read(None, &[]), Ok(None));
        assert_eq!(read(Some("Basic x"), &[]), Ok(None));
        assert_eq!(read(Some("bEARER t"), &[]), token(TokenScheme::Bearer));
        assert_eq!(read(Some("DPOP t"), &[]), token(TokenScheme::Dpop));
        assert_eq!(
            read(None, &[("access_token", "t")]),
            token(TokenScheme::Bearer)
        );
        assert!(read(Some("Bearer t"), &[("access_token", "t")]).is_err());
        for header in ["Bearer", "Bearer ", "DPoP a b", "Bearer a, Bearer b"] {
            assert!(read(Some(header), &[]).is_err(), "{header}");
        }
    }
}
