//! What a client shows of itself to the user (RFC 7591 §2). Nothing of it is proven.

use super::members::{Members, refused};
use crate::auth::oauth::failure::Failure;
use crate::auth::transport::is_secure;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Name and links of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Display {
    /// What the client calls itself.
    pub client_name: Option<String>,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
}

impl Display {
    /// Reads it: links are https, or http on this machine.
    pub(super) fn read(members: Members<'_>) -> Result<Self, Failure> {
        let link = |name| match members.text(name)? {
            Some(text) if is_secure(text) && text.is_ascii() => Ok(Some(text.to_owned())),
            Some(_) => Err(refused("a link is not https")),
            None => Ok(None),
        };
        let name = members.text("client_name")?.map(str::trim);
        if name
            .is_some_and(|name| name.chars().count() > LONGEST_NAME || name.chars().any(deceives))
        {
            return Err(refused(
                "client_name is too long, or has characters that are not seen",
            ));
        }
        Ok(Self {
            client_name: name.filter(|name| !name.is_empty()).map(str::to_owned),
            client_uri: link("client_uri")?,
            tos_uri: link("tos_uri")?,
            policy_uri: link("policy_uri")?,
        })
    }

    /// The members that it is written with.
    pub fn members(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("client_name", self.client_name.as_deref()),
            ("client_uri", self.client_uri.as_deref()),
            ("tos_uri", self.tos_uri.as_deref()),
            ("policy_uri", self.policy_uri.as_deref()),
        ]
    }
}

/// Control characters, and those that turn what is written around them (Unicode Standard Annex 9).
fn deceives(char: char) -> bool {
    let turns =
        matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || turns
}
