//! Where a walk through the pages leads: what came along in the query of the first page, and goes on
//! from page to page.

use url::form_urlencoded::Serializer;

use crate::auth::id::ClientId;
use crate::auth::oauth::authorization::interaction::STEP;
use crate::auth::oauth::discovery::paths;
use crate::auth::text;
use crate::wire::incoming::Incoming;

/// What goes on from page to page. What else stands in a query, such as `prompt`, is for one page.
const CARRIED: [&str; 6] = [
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "return_to",
];

/// Where a walk leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    carried: Vec<(&'static str, String)>,
}

impl Destination {
    /// Reads the query of a page. A `return_to` that is no path of ours leads nowhere.
    pub fn of(incoming: &Incoming) -> Self {
        let carried = CARRIED.into_iter().filter_map(|name| {
            let value = incoming.query(name).filter(|value| !value.is_empty())?;
            (name != "return_to" || is_path(&value)).then_some((name, value))
        });
        Self {
            carried: carried.collect(),
        }
    }

    /// To a path of ours.
    pub fn to_path(path: &str) -> Self {
        Self {
            carried: vec![("return_to", path.to_owned())],
        }
    }

    /// For a client, which gets no code.
    pub fn for_client(client_id: &ClientId) -> Self {
        Self {
            carried: vec![("client_id", client_id.as_str().to_owned())],
        }
    }

    /// Takes up what [`Self::query`] wrote.
    pub fn of_query(query: &str) -> Self {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let carried = CARRIED.into_iter().filter_map(|name| {
            let (_, value) = pairs.iter().find(|(other, _)| other == name)?;
            Some((name, value.clone().into_owned()))
        });
        Self {
            carried: carried.collect(),
        }
    }

    /// A value that came along.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut carried = self.carried.iter();
        carried
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The client that the pages act for.
    pub fn client_id(&self) -> Option<ClientId> {
        self.get("client_id").map(ClientId::new)
    }

    /// The client that admits who signs in. Who may use a client of OAuth is decided where the walk goes on.
    pub fn admitting_client_id(&self) -> Option<ClientId> {
        self.client_id().filter(|_| !self.is_authorization())
    }

    /// Whether the walk ends with a code at the client's `redirectUrl`.
    pub fn is_client(&self) -> bool {
        self.get("client_id").is_some() && self.get("return_to").is_none()
    }

    /// Where a browser goes that is signed in now.
    pub fn next(&self) -> String {
        match self.get("return_to") {
            Some(path) => path.to_owned(),
            None if self.is_client() => self.on("/sign-in"),
            None => "/account".to_owned(),
        }
    }

    /// Whether the walk goes on at the authorization endpoint of OAuth, which decides what the client gets.
    pub fn is_authorization(&self) -> bool {
        let path = self
            .get("return_to")
            .and_then(|path| path.split('?').next());
        path == Some(paths::AUTHORIZE)
    }

    /// Where a browser goes whose user has done something that the authorization endpoint has to know;
    /// elsewhere it makes no difference.
    pub fn next_after(&self, step: &str) -> String {
        let next = self.next();
        match self.is_authorization() {
            true => format!("{next}&{STEP}={step}"),
            false => next,
        }
    }

    /// A page of the same walk.
    pub fn on(&self, path: &str) -> String {
        self.on_with(path, &[])
    }

    /// A page of the same walk, with more in its query.
    pub fn on_with(&self, path: &str, more: &[(&str, &str)]) -> String {
        let query = self.query(more);
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    /// The query of a page of the same walk.
    pub fn query(&self, more: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&self.carried).extend_pairs(more);
        query.finish()
    }
}

/// Whether a text is a path of ours, and nothing that a browser would take for another site's.
fn is_path(value: &str) -> bool {
    const HERE: &str = "https://here.example";
    let strange = |char: char| char.is_control() || char.is_whitespace() || char == '\\';
    let url = text::url(&format!("{HERE}{value}"));
    value.starts_with('/')
        && !value.starts_with("//")
        && !value.contains(strange)
        && url.is_ok_and(|url| url.origin().ascii_serialization() == HERE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn of(query: &str) -> Destination {
        Destination::of(&Incoming::new(
            Method::Get,
            "/sign-in",
            query,
            vec![],
            Body::Bytes(vec![]),
        ))
    }

    #[test]
    fn a_walk_carries_what_its_end_needs_and_nothing_else() {
        let walk = of("client_id=a%26b&state=%2B&prompt=login&username=x&code_challenge=c");
        assert_eq!(
            walk.on("/sign-up"),
            "/sign-up?client_id=a%26b&state=%2B&code_challenge=c"
        );
        assert_eq!(
            walk.next(),
            "/sign-in?client_id=a%26b&state=%2B&code_challenge=c"
        );
        assert_eq!(of("").next(), "/account");
        assert_eq!(
            of("").on_with("/sign-in", &[("notice", "sent")]),
            "/sign-in?notice=sent"
        );
        assert_eq!(
            of("return_to=/account/email&client_id=a").next(),
            "/account/email"
        );
    }

    #[test]
    fn a_walk_returns_to_paths_of_ours_only() {
        for path in ["/", "/account", "/oauth/authorize?a=b&c=%2F%2Fd#e"] {
            assert_eq!(Destination::to_path(path).next(), path);
            assert!(is_path(path), "{path}");
        }
        for elsewhere in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a b",
            "@evil.example",
            ":80/",
            ".evil.example",
        ] {
            assert!(!is_path(elsewhere), "{elsewhere}");
        }
    }
}
