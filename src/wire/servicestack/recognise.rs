//! Whose call it is: the only judge of what is ServiceStack's, and what it is then.
//!
//! The other API's own paths stay with it. A name directly under `/auth/` that both have (a
//! provider's) is ours only for a POST that can only be meant for this surface; on any doubt it is
//! the other API's. Every other single name there is ours, and so are the URLs made of a DTO's
//! name. What is not recognised belongs to the other API, its 404s and 405s included.

use super::body;
use super::call::{Call, Operation, UrlForm};
use super::content::Content;
use super::failure::ServiceStackFailure;
use super::format::{Format, Media};
use super::{method, negotiation};
use crate::auth::federation::Provider;
use crate::error::ErrorKind;
use crate::wire::incoming::{Incoming, Method};

/// Paths directly under `/auth/` that are the other API's; besides these, all `…-auth-redirect`.
const RESERVED: [&str; 15] = [
    "login",
    "login-token",
    "token",
    "token-refresh",
    "me",
    "change-password",
    "forget-password",
    "verify-reset-password-link",
    "reset-password",
    "oauth-apple",
    "send-otp",
    "verify-otp",
    "check-qr-code",
    "create-qr-code",
    "passkey",
];

/// More of them that end as no other does.
const RESERVED_ENDINGS: [&str; 2] = ["-auth-redirect", "-oauth-redirect"];

/// Keys that only a request of the other API has.
const CLIENT_KEYS: [&str; 2] = ["client_id", "client_secret"];

/// Keys that only a request of this surface has.
const OUR_KEYS: [&str; 9] = [
    "provider",
    "userName",
    "password",
    "accessToken",
    "accessTokenSecret",
    "rememberMe",
    "returnUrl",
    "errorView",
    "meta",
];

/// Recognises a call to this surface; nothing means that the request is the other API's.
pub fn recognise(incoming: &Incoming) -> Option<Call> {
    let segments: Vec<&str> = incoming.segments.iter().map(String::as_str).collect();
    let is = |segment: &str, name| segment.eq_ignore_ascii_case(name);
    match segments.as_slice() {
        [name] => at_root(incoming, name),
        [_, ""] | [_, _, ""] => None,
        [root, name] if is(root, "api") => Some(under_api(incoming, name)),
        [root, name] if is(root, "auth") => under_auth(incoming, name),
        [root, name] if is(root, "authenticate") => Some(provider(incoming, name)),
        [name, verb, dto] if is(verb, "reply") || is(verb, "oneway") => {
            let format = Format::from_name(name)?;
            Some(predefined(incoming, dto, format, is(verb, "oneway")))
        }
        _ => None,
    }
}

/// `/auth`, `/access-token` and `/session-to-token`, with their old names and suffixes.
fn at_root(incoming: &Incoming, name: &str) -> Option<Call> {
    let (stem, suffix) = split_suffix(name);
    let (operation, methods): (_, &[_]) = match stem.to_ascii_lowercase().as_str() {
        "auth" | "authenticate" => (Ok(Operation::Authenticate), &["GET", "HEAD", "POST"]),
        "access-token" => (Ok(Operation::GetAccessToken), &["POST"]),
        "session-to-token" => {
            let missing = ServiceStackFailure::NoSuchOperation("ConvertSessionToToken".to_owned());
            (Err(missing), &[])
        }
        _ => return None,
    };
    Some(route(incoming, operation, None, suffix).with_methods(methods))
}

/// `/auth/{name}`: the other API's own names, the shared ones, and all the rest, which is ours.
fn under_auth(incoming: &Incoming, name: &str) -> Option<Call> {
    let lower = name.to_ascii_lowercase();
    let reserved = RESERVED.contains(&lower.as_str())
        || RESERVED_ENDINGS
            .iter()
            .any(|ending| lower.ends_with(ending));
    let shared = is_shared(&lower);
    if reserved || (shared && incoming.method != Method::Post) {
        return None;
    }
    let call = provider(incoming, name);
    (!shared || is_ours(incoming, &call)).then_some(call)
}

/// Whether both APIs have this path directly under `/auth/`, for POST: the other one's start for each
/// provider but Apple, whose start is at `oauth-apple`.
fn is_shared(name: &str) -> bool {
    Provider::from_name(name).is_some_and(|provider| provider != Provider::Apple)
}

/// A route with a `{provider}`, which is always POST but for the sign-out.
fn provider(incoming: &Incoming, name: &str) -> Call {
    let (stem, suffix) = split_suffix(name);
    let provider = Some(stem.to_owned());
    if stem.eq_ignore_ascii_case("logout") {
        let call = route(
            incoming,
            Ok(Operation::AuthenticateLogout),
            provider,
            suffix,
        );
        return call.with_methods(&["GET", "HEAD", "POST"]);
    }
    let call = route(incoming, Ok(Operation::Authenticate), provider, suffix);
    match call.method {
        Method::Get => Call {
            operation: Err(ServiceStackFailure::GetDisabled),
            ..call
        },
        _ => call.with_methods(&["POST"]),
    }
}

/// `/api/{dto}`, whose suffix names the format of both bodies.
fn under_api(incoming: &Incoming, name: &str) -> Call {
    let suffix = name
        .rsplit_once('.')
        .and_then(|(stem, suffix)| Format::from_name(suffix).map(|format| (stem, format)));
    let (dto, format) = suffix.unwrap_or((name, Format::Json));
    predefined(incoming, dto, format, false)
}

fn predefined(incoming: &Incoming, name: &str, format: Format, one_way: bool) -> Call {
    let (dto, batch) = name
        .strip_suffix("[]")
        .map_or((name, false), |dto| (dto, true));
    // Administrators ask for one thing at a time.
    let one_alone = |operation: &Operation| matches!(operation, Operation::Admin(_));
    let named = Operation::named(dto)
        .filter(|operation| !batch || (format.has_lists() && !one_alone(operation)));
    let reply = negotiation::fixed(incoming, format);
    let reply = if batch && !reply.format.has_lists() {
        format.default_media()
    } else {
        reply
    };
    let url_form = UrlForm::Predefined {
        format,
        batch,
        one_way,
    };
    let methods = match named {
        Some(operation) if !batch => operation.methods(),
        _ => &["POST"],
    };
    let operation = named.ok_or_else(|| ServiceStackFailure::NoSuchOperation(name.to_owned()));
    call(incoming, operation, url_form, reply).with_methods(methods)
}

fn route(
    incoming: &Incoming,
    operation: Result<Operation, ServiceStackFailure>,
    provider: Option<String>,
    suffix: Option<Format>,
) -> Call {
    let reply = negotiation::negotiated(incoming, suffix);
    call(incoming, operation, UrlForm::Route { provider }, reply)
}

/// Reads the body, once, and in it the method.
fn call(
    incoming: &Incoming,
    operation: Result<Operation, ServiceStackFailure>,
    url_form: UrlForm,
    reply: Media,
) -> Call {
    let content = match &operation {
        Ok(operation) => body::read(incoming, &url_form, operation.request()),
        Err(_) => Ok(Content::Nothing),
    };
    Call {
        method: method::effective(incoming, &content),
        operation,
        url_form,
        content,
        reply,
    }
}

impl Call {
    /// Refuses the methods that an operation does not have at this URL.
    fn with_methods(self, methods: &[&'static str]) -> Self {
        if self.operation.is_err() || methods.contains(&self.method.name()) {
            return self;
        }
        let refusal = ServiceStackFailure::Common(ErrorKind::NoSuchMethod(methods.to_vec()).into());
        Self {
            operation: Err(refusal),
            ..self
        }
    }
}

/// Divides `credentials.jsv`; a suffix that names no format is part of the name.
fn split_suffix(segment: &str) -> (&str, Option<Format>) {
    match segment.rsplit_once('.') {
        Some((stem, suffix)) if !stem.is_empty() => match Format::of_answer(suffix) {
            Some(format) => (stem, Some(format)),
            None => (segment, None),
        },
        _ => (segment, None),
    }
}

/// Whether a request for a shared name can only be meant for this surface: it has one of our keys
/// and none of a client of the other API. A body that cannot be read is the other API's.
fn is_ours(incoming: &Incoming, call: &Call) -> bool {
    let Ok(content) = &call.content else {
        return false;
    };
    let mut keys = content.names();
    keys.extend(incoming.query.iter().map(|(name, _)| name.as_str()));
    let any = |names: &[&str]| {
        keys.iter()
            .any(|key| names.iter().any(|name| name.eq_ignore_ascii_case(key)))
    };
    any(&OUR_KEYS) && !any(&CLIENT_KEYS)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::wire::incoming::Body;
    use crate::wire::servicestack::dto::Authenticate;
    use crate::wire::servicestack::{bind, return_url};

    /// A request, and whose it is. What only the other API's answer shows is for end-to-end tests.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Row {
        method: String,
        path: String,
        #[serde(default)]
        query: String,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default)]
        body: String,
        family: char,
        /// Of ours: the DTO that is called, the path's provider, and how it is answered.
        operation: Option<String>,
        provider: Option<String>,
        reply: Option<String>,
        #[serde(default)]
        batch: bool,
        #[serde(default)]
        one_way: bool,
        /// Of a refusal, and of what the other API answers when it is its own.
        status: Option<u16>,
        allow: Option<String>,
    }

    impl Row {
        fn incoming(&self) -> Incoming {
            let method = Method::parse(&self.method);
            let body = Body::Bytes(self.body.clone().into_bytes());
            Incoming::new(method, &self.path, &self.query, self.headers.clone(), body)
        }

        fn check(&self) {
            let title = format!("{} {}?{} {}", self.method, self.path, self.query, self.body);
            let call = recognise(&self.incoming());
            assert_eq!(
                if call.is_some() { 'S' } else { 'A' },
                self.family,
                "{title}"
            );
            let Some(call) = call else { return };
            match &call.operation {
                Ok(operation) => {
                    assert_eq!(Some(operation.name()), self.operation.as_deref(), "{title}");
                }
                Err(failure) => {
                    assert_eq!(Some(failure.status()), self.status, "{title}");
                    let reply = crate::wire::servicestack::envelope::failure(failure, &call);
                    let mut headers = reply.headers.into_iter();
                    let allow = headers
                        .find(|(name, _)| *name == "allow")
                        .map(|(_, value)| value);
                    assert_eq!(allow, self.allow, "{title}");
                }
            }
            if let Some(reply) = &self.reply {
                assert_eq!(call.reply.name, reply, "{title}");
            }
            assert_eq!(call.is_batch(), self.batch, "{title}");
            match call.url_form {
                UrlForm::Route { provider } => assert_eq!(provider, self.provider, "{title}"),
                UrlForm::Predefined { one_way, .. } => assert_eq!(one_way, self.one_way, "{title}"),
            }
        }
    }

    #[test]
    fn every_row_of_the_table_goes_where_it_belongs() {
        let text = include_str!("../../../tests/vectors/routes.json");
        let rows: Vec<Row> = serde_json::from_str(text).unwrap();
        assert!(rows.len() > 100, "{}", rows.len());
        rows.iter().for_each(Row::check);
    }

    #[test]
    fn a_form_is_read_once() {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let form = "X-Http-Method-Override=POST&accessToken=t&continue=/home&meta={a:b}";
        let body = Body::Bytes(form.into());
        let mut incoming = Incoming::new(Method::Post, "/auth/google", "", headers.into(), body);
        let call = recognise(&incoming).unwrap();
        // A second reader would find nothing.
        incoming.body = Body::Unread(ErrorKind::TooLarge.into());
        let dto: Authenticate = bind::one(&incoming, &call).unwrap();
        assert_eq!(dto.access_token.unwrap().expose(), "t");
        assert_eq!(dto.meta.len(), 1);
        assert_eq!(
            return_url::requested(&incoming, &call).as_deref(),
            Some("/home")
        );
        assert!(return_url::is_page(&incoming, &call));
        assert_eq!(format!("{:?}", call.content), "Ok(Form)");
    }

    #[test]
    fn a_body_over_the_limit_at_a_shared_name_is_the_other_apis() {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let incoming = |path| {
            Incoming::new(
                Method::Post,
                path,
                "",
                headers.clone(),
                Body::Unread(ErrorKind::TooLarge.into()),
            )
        };
        assert_eq!(recognise(&incoming("/auth/google")), None);
        assert!(recognise(&incoming("/auth/credentials")).is_some());
    }
}
