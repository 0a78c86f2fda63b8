//! The method that counts, where a form or a proxy can only post.

use super::content::Content;
use super::failure::ServiceStackFailure;
use crate::wire::incoming::{Incoming, Method};

/// The method after `X-Http-Method-Override`, a header or a form's field. Only a POST is heeded: a
/// GET that becomes a POST would get past what guards the one and not the other.
pub fn effective(incoming: &Incoming, content: &Result<Content, ServiceStackFailure>) -> Method {
    const OVERRIDE: &str = "x-http-method-override";
    if incoming.method != Method::Post {
        return incoming.method;
    }
    let of_form = || {
        let Ok(Content::Form(pairs)) = content else {
            return None;
        };
        let mut pairs = pairs.iter();
        pairs
            .find(|(name, _)| name.eq_ignore_ascii_case(OVERRIDE))
            .map(|(_, value)| value.as_str())
    };
    let name = incoming.header(OVERRIDE).or_else(of_form);
    name.map(|name| name.trim().to_ascii_uppercase())
        .filter(|name| !name.is_empty())
        .map_or(Method::Post, |name| Method::parse(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::Body;
    use crate::wire::servicestack::body;
    use crate::wire::servicestack::call::UrlForm;

    #[test]
    fn only_a_post_can_be_overridden() {
        let method = |method, name: &str, body: &str| {
            let headers = vec![
                ("x-http-method-override".to_owned(), name.to_owned()),
                (
                    "content-type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ),
            ];
            let headers = headers
                .into_iter()
                .skip(usize::from(name.is_empty()))
                .collect();
            let body = Body::Bytes(body.into());
            let incoming = Incoming::new(method, "/api/Authenticate", "", headers, body);
            let url_form = UrlForm::Route { provider: None };
            let content = body::read(&incoming, &url_form, "Authenticate");
            effective(&incoming, &content)
        };
        assert_eq!(method(Method::Post, "get", ""), Method::Get);
        assert_eq!(
            method(Method::Post, "", "X-HTTP-Method-Override=DELETE"),
            Method::Delete
        );
        assert_eq!(method(Method::Post, "", "a=b"), Method::Post);
        assert_eq!(method(Method::Post, "BREW", ""), Method::Other);
        assert_eq!(method(Method::Get, "POST", ""), Method::Get);
    }
}
