//! HTTP Basic (RFC 7617): a name and a secret in the `Authorization` header, in UTF-8.

use base64ct::{Base64, Encoding};

use crate::auth::secret::Secret;

/// What the header holds.
#[derive(Debug)]
pub struct Basic {
    /// A client's id, or a user's name; it has no colon.
    pub name: String,
    /// The rest.
    pub secret: Secret,
}

/// A header of this scheme that holds no name and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedBasic;

/// Reads an `Authorization` header; nothing if it is of another scheme.
pub fn read(authorization: &str) -> Option<Result<Basic, MalformedBasic>> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| decode(encoded.trim()).ok_or(MalformedBasic))
}

fn decode(encoded: &str) -> Option<Basic> {
    let bytes = Base64::decode_vec(encoded).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some(Basic {
        name: name.to_owned(),
        secret: Secret::new(secret),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_a_name_and_a_secret_that_may_hold_colons() {
        // The example of RFC 7617 §2, and its §2.1.
        for (header, name, secret) in [
            (
                "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
                "Aladdin",
                "open sesame",
            ),
            (
                "bAsIc  QWxhZGRpbjpvcGVuOnNlc2FtZQ== ",
                "Aladdin",
                "open:sesame",
            ),
            ("Basic dGVzdDoxMjPCow==", "test", "123\u{a3}"),
            ("Basic Og==", "", ""),
        ] {
            let read = read(header).unwrap().unwrap();
            assert_eq!((read.name.as_str(), read.secret.expose()), (name, secret));
        }
    }

    #[test]
    fn another_scheme_is_none_and_a_broken_header_is_malformed() {
        for header in ["", "Basic", "Bearer QTpC", "BasicQTpC"] {
            assert!(read(header).is_none(), "{header}");
        }
        for header in [
            "Basic ",
            "Basic !",
            "Basic QQ==",
            "Basic //8=",
            "Basic YTpi x",
        ] {
            assert!(
                matches!(read(header), Some(Err(MalformedBasic))),
                "{header}"
            );
        }
    }
}
