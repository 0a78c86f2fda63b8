//! The account pages.

use std::borrow::Cow;

use askama::Template;

use super::Frame;
use crate::wire::texts::{self, Texts};

/// The navigation, and the form in the header.
#[derive(Debug, Clone)]
pub struct Shell {
    /// What the navigation is called.
    pub title: &'static str,
    /// Its places.
    pub places: Vec<Place>,
    /// The token of the form that signs out.
    pub sign_out_token: String,
}

/// A place in the navigation.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its path.
    pub href: Cow<'static, str>,
    /// What it is called.
    pub name: &'static str,
    /// Whether the page is there.
    pub is_here: bool,
}

impl Shell {
    /// The shell of the account page at `here`.
    /// `administration` is what that is called, for who may see any of it.
    pub fn of_account(
        texts: &'static Texts,
        here: &str,
        sign_out_token: String,
        administration: Option<&'static str>,
    ) -> Self {
        let names = &texts.account;
        let places = [
            ("/account", names.profile),
            ("/account/security", names.security),
            ("/account/devices", names.devices),
            ("/account/linked", names.linked),
            ("/account/apps", texts.consent.apps),
            ("/account/activity", names.activity),
            ("/account/data", names.data),
        ];
        let administration = administration.map(|name| ("/admin", name));
        let places = places
            .into_iter()
            .chain(administration)
            .map(|(href, name)| Place {
                href: href.into(),
                name,
                is_here: href == here,
            });
        Self {
            title: names.title,
            places: places.collect(),
            sign_out_token,
        }
    }
}

/// What the profile's form has in its fields.
#[derive(Debug, Clone, Default)]
pub struct ProfileFields {
    /// Given name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: String,
    /// Family name.
    pub last_name: String,
    /// Telephone number.
    pub phone: String,
    /// Date of birth, ISO.
    pub dob: String,
    /// `M`, `F`, `O` or nothing.
    pub gender: String,
}

/// The profile.
#[derive(Template)]
#[template(path = "account/profile.html", config = "src/wire/pages/askama.toml")]
pub struct ProfilePage<'a> {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Profile,
    /// The form's token.
    pub token: String,
    /// What does not change here.
    pub username: &'a str,
    /// What the fields hold.
    pub fields: ProfileFields,
    /// The choices of gender.
    pub genders: [(&'static str, &'static str); 4],
}

/// Password, address and factors.
#[derive(Template)]
#[template(path = "account/security.html", config = "src/wire/pages/askama.toml")]
pub struct SecurityPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Account,
    /// The day on which the password was set, if there is one.
    pub password_changed: Option<&'a str>,
    /// The address, if there is one.
    pub email: Option<&'a str>,
    /// Whether it is proven.
    pub is_verified: bool,
    /// The texts of the factors.
    pub factor_texts: &'static texts::Factors,
    /// Passkeys and authenticator apps.
    pub factors: Vec<FactorItem>,
    /// Whether there can be passkeys.
    pub has_passkeys: bool,
    /// What tells authenticators which passkeys there are, as JSON.
    pub accepted: Option<String>,
    /// Recovery codes that are left, where there is a factor.
    pub recovery_codes: Option<u32>,
    /// Whether a second step is asked for, where there is a factor.
    pub second_step: Option<bool>,
}

/// A factor in its user's list.
#[derive(Debug, Clone)]
pub struct FactorItem {
    /// Its id.
    pub id: String,
    /// As its user calls it.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// Since when there is, and its last use.
    pub detail: String,
}

/// A change of address.
#[derive(Template)]
#[template(path = "account/email.html", config = "src/wire/pages/askama.toml")]
pub struct EmailPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static texts::Profile,
    /// The form's token.
    pub token: String,
    /// What was typed.
    pub email: &'a str,
}

/// A change of password.
#[derive(Template)]
#[template(path = "account/password.html", config = "src/wire/pages/askama.toml")]
pub struct PasswordPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub passwords: &'static texts::Password,
    /// The heading.
    pub title: &'static str,
    /// Below it.
    pub lead: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The form's token.
    pub token: String,
    /// Whose password it is.
    pub username: &'a str,
    /// Whether the present one is asked for.
    pub asks_old: bool,
    /// Whether a new one is due before anything else.
    pub is_due: bool,
    /// The fewest characters.
    pub least: usize,
}
