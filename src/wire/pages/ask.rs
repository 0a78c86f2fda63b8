//! Pages with one question.

use askama::Template;

use super::Frame;
use crate::wire::texts::{self, SignIn as SignInTexts, SignUp as SignUpTexts};

/// A link that looks like a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub name: String,
}

impl Way {
    /// A link.
    pub fn new(href: String, name: &str) -> Self {
        Self {
            href,
            name: name.to_owned(),
        }
    }
}

/// A provider that can be signed in with. It is a link and no form: `form-action` holds for the whole
/// way of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLink {
    /// Where it starts.
    pub href: String,
    /// What people call it.
    pub name: &'static str,
}

/// The button with which the script asks the browser for a passkey; without a script there is none.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyButton {
    /// Which ceremony it begins: the last part of its path.
    pub ceremony: &'static str,
    /// What it says.
    pub label: &'static str,
    /// What separates it from the other way, if there is one.
    pub or: Option<&'static str>,
    /// Whether the browser may offer passkeys before the button is pressed.
    pub offers: bool,
}

/// Signing in.
#[derive(Template)]
#[template(path = "sign_in.html", config = "src/wire/pages/askama.toml")]
pub struct SignInPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static SignInTexts,
    /// What the client is called that the browser goes on to.
    pub client: Option<&'a str>,
    /// Where the form goes.
    pub action: String,
    /// The form's token.
    pub token: String,
    /// The button of a passkey, where there can be any.
    pub passkey: Option<PasskeyButton>,
    /// The credential that nobody has, if one was brought: what tells the authenticator so.
    pub unknown: Option<&'a str>,
    /// What was typed.
    pub username: &'a str,
    /// Whether the box was ticked.
    pub is_kept: bool,
    /// The way to a new password.
    pub forgotten: String,
    /// The way to a code by mail, where there are such.
    pub by_mail: Option<String>,
    /// The way to an account, where anybody can make one.
    pub sign_up: Option<String>,
    /// The other ways in.
    pub providers: Vec<ProviderLink>,
}

/// Going on as who is signed in, or as somebody else.
#[derive(Template)]
#[template(path = "choose.html", config = "src/wire/pages/askama.toml")]
pub struct ChoosePage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static SignInTexts,
    /// What the client is called that the browser goes on to.
    pub client: Option<&'a str>,
    /// Who is signed in.
    pub name: &'a str,
    /// Where it goes on.
    pub go_on: String,
    /// Where another account signs in.
    pub another: String,
}

/// Signing out.
#[derive(Template)]
#[template(path = "sign_out.html", config = "src/wire/pages/askama.toml")]
pub struct SignOutPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static SignInTexts,
    /// The form's token.
    pub token: String,
    /// Who is signed in.
    pub name: &'a str,
}

/// Asking for a link to a new password.
#[derive(Template)]
#[template(path = "forgot_password.html", config = "src/wire/pages/askama.toml")]
pub struct ForgotPasswordPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static texts::Password,
    /// Where the form goes.
    pub action: String,
    /// The form's token.
    pub token: String,
    /// What was typed.
    pub username: &'a str,
    /// The way back.
    pub sign_in: String,
}

/// A new password by a link.
#[derive(Template)]
#[template(path = "reset_password.html", config = "src/wire/pages/askama.toml")]
pub struct ResetPasswordPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub passwords: &'static texts::Password,
    /// The form's token.
    pub token: String,
    /// Whose password it is.
    pub username: &'a str,
    /// The fewest characters.
    pub least: usize,
}

/// Asking for an invitation.
#[derive(Template)]
#[template(path = "sign_up.html", config = "src/wire/pages/askama.toml")]
pub struct SignUpPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static SignUpTexts,
    /// Where the form goes.
    pub action: String,
    /// The form's token.
    pub token: String,
    /// What was typed.
    pub email: &'a str,
    /// The way to signing in.
    pub sign_in: String,
    /// Providers that make an account.
    pub providers: Vec<ProviderLink>,
}

/// Making the account.
#[derive(Template)]
#[template(path = "sign_up_finish.html", config = "src/wire/pages/askama.toml")]
pub struct FinishSignUpPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static SignUpTexts,
    /// The texts of the password.
    pub passwords: &'static texts::Password,
    /// The form's token.
    pub token: String,
    /// The invited address.
    pub email: &'a str,
    /// What was typed, or what the invitation says.
    pub first_name: &'a str,
    /// The same of the family name.
    pub last_name: &'a str,
    /// The fewest characters of the password.
    pub least: usize,
}

/// A question with one button: a change of address is confirmed, or taken back.
#[derive(Template)]
#[template(path = "confirm_email.html", config = "src/wire/pages/askama.toml")]
pub struct ConfirmPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// The heading.
    pub title: &'a str,
    /// Below it.
    pub lead: String,
    /// Where the form goes.
    pub action: &'a str,
    /// The form's token.
    pub token: String,
    /// The button.
    pub submit: &'a str,
}

/// A page that says something, with ways on.
#[derive(Template)]
#[template(path = "notice.html", config = "src/wire/pages/askama.toml")]
pub struct NoticePage<'a> {
    /// Around it.
    pub frame: Frame,
    /// The heading.
    pub title: &'a str,
    /// Below it.
    pub lead: &'a str,
    /// The ways on, the first one the usual.
    pub ways: Vec<Way>,
}
