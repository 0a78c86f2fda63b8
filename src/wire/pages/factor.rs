//! The page about a factor: to prove it, to set it up, to change it.

use askama::Template;

use super::Frame;
use super::ask::{PasskeyButton, ProviderLink, Way};
use crate::wire::texts::Factors;

/// An authenticator app to be set up.
#[derive(Debug, Clone)]
pub struct AppToScan {
    /// The picture, as a `data:` URL.
    pub qr_code: String,
    /// The same for an app on this device.
    pub uri: String,
    /// The secret, in groups of four.
    pub secret: String,
}

/// What a form about a factor asks for.
#[derive(Debug, Clone, Default)]
pub struct FactorForm<'a> {
    /// The app that is set up.
    pub app: Option<AppToScan>,
    /// The factor's name.
    pub name: Option<&'a str>,
    /// A passkey.
    pub passkey: Option<PasskeyButton>,
    /// A code.
    pub asks_code: bool,
    /// The name, as it was typed.
    pub asks_name: Option<&'a str>,
    /// The name that was given before.
    pub named: Option<&'a str>,
    /// The password of this user.
    pub password_of: Option<&'a str>,
    /// Whether there is a box to trust the device.
    pub may_trust: bool,
    /// The button.
    pub submit: Option<&'a str>,
    /// Whether there is a button that removes the factor.
    pub removes: bool,
}

impl FactorForm<'_> {
    /// Whether there is anything to send.
    pub const fn is_any(&self) -> bool {
        self.submit.is_some() || self.passkey.is_some()
    }
}

/// The page about a factor.
#[derive(Template)]
#[template(path = "factor.html", config = "src/wire/pages/askama.toml")]
pub struct FactorPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static Factors,
    /// The heading.
    pub title: &'a str,
    /// Below it.
    pub lead: Vec<&'a str>,
    /// What the client is called that the browser goes on to.
    pub client: Option<&'a str>,
    /// Recovery codes, which are shown once.
    pub codes: Vec<String>,
    /// Where the form goes.
    pub action: String,
    /// The form's token.
    pub token: String,
    /// What it asks for.
    pub form: FactorForm<'a>,
    /// Providers that prove the user instead.
    pub providers: Vec<ProviderLink>,
    /// The way on, or back.
    pub way: Way,
}

/// A secret in groups of four, as people type it.
pub fn in_groups(secret: &str) -> String {
    let mut groups = String::with_capacity(secret.len() + secret.len() / 4);
    for (position, letter) in secret.trim_end_matches('=').chars().enumerate() {
        if position > 0 && position % 4 == 0 {
            groups.push(' ');
        }
        groups.push(letter);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups_of_four() {
        assert_eq!(in_groups("GEZDGNBVGY3TQOJQ"), "GEZD GNBV GY3T QOJQ");
        assert_eq!(in_groups("GEZDGN=="), "GEZD GN");
        assert_eq!(in_groups(""), "");
    }
}
