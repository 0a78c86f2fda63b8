//! What no endpoint takes, in path, query and headers.

use super::Incoming;
use crate::error::{Error, ErrorKind};
use crate::wire::basic::Basic;
use crate::wire::document::{Malformed, NO_NUL};

/// Query parameters that would leave a password in logs and histories, in lower case.
const NOT_IN_URLS: [&str; 3] = ["password", "oldpassword", "newpassword"];

impl Incoming {
    /// Refuses what no endpoint takes in path, query and headers (400). Both APIs ask before
    /// anything else is done with a request that has found its endpoint.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str| Err(ErrorKind::BadRequest(what.to_owned()).into());
        match &self.malformed {
            None => {}
            Some(Malformed::Syntax(why)) => return refuse(&format!("The query: {why}")),
            Some(Malformed::Nul(_)) => return refuse(&format!("The query {NO_NUL}")),
        }
        let has_nul = |text: &String| text.contains('\0');
        if self.segments.iter().any(has_nul) {
            return refuse(&format!("The path {NO_NUL}"));
        }
        if let Some(Ok(Basic { name, secret })) = self.basic()
            && (name.contains('\0') || secret.expose().contains('\0'))
        {
            return refuse(&format!("The header Authorization {NO_NUL}"));
        }
        let is_password = |name: &str| NOT_IN_URLS.contains(&name.to_ascii_lowercase().as_str());
        let mut pairs = self.query.iter();
        if pairs.any(|(name, value)| !value.is_empty() && is_password(name)) {
            return refuse("A password must NOT be in a URL");
        }
        if self.header("content-range").is_some() {
            // The body would be a part of another one (RFC 9110 §14.5).
            return refuse("Content-Range is not supported");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;
    use crate::wire::incoming::{Body, Method};

    #[test]
    fn what_no_endpoint_takes_is_refused_wherever_it_stands() {
        let check = |path, query: &str, headers: &[(&str, &str)]| {
            let headers = headers.iter();
            let headers = headers.map(|&(name, value)| (name.to_owned(), value.to_owned()));
            let body = Body::Bytes(vec![]);
            Incoming::new(Method::Post, path, query, headers.collect(), body).check()
        };
        let basic = |text: &str| format!("Basic {}", Base64::encode_string(text.as_bytes()));
        let refused = |said: &str| Err(ErrorKind::BadRequest(said.to_owned()).into());
        let nul = |what: &str| refused(&format!("{what} must NOT contain U+0000"));
        assert_eq!(check("/otp-caches/a%00", "", &[]), nul("The path"));
        assert_eq!(check("/", "token=a%00", &[]), nul("The query"));
        assert_eq!(check("/", "to%00ken=a", &[]), nul("The query"));
        for text in ["a\0:b", "a:b\0"] {
            let header = basic(text);
            let said = nul("The header Authorization");
            assert_eq!(check("/", "", &[("authorization", &header)]), said);
        }
        let many = "a&".repeat(1_001);
        assert_eq!(
            check("/", &many, &[]),
            refused("The query: it has too many values")
        );
        for query in [
            "password=a",
            "a=b&Password=x",
            "oldPassword=x",
            "NEWPASSWORD=x",
        ] {
            assert_eq!(
                check("/", query, &[]),
                refused("A password must NOT be in a URL")
            );
        }
        let part = check("/", "", &[("content-range", "bytes 0-1/2")]);
        assert_eq!(part, refused("Content-Range is not supported"));
        let good = basic("a:b");
        assert_eq!(
            check(
                "/a",
                "username=a&x=password&password=",
                &[("authorization", &good)]
            ),
            Ok(())
        );
    }
}
