//! What an app asks for, the answer that it gets, and a device that waits to be let in.

use askama::Template;

use super::Frame;
use super::account::Shell;
use crate::auth::oauth::scope::{EMAIL, OFFLINE_ACCESS, OPENID, PHONE, PROFILE, Scope};
use crate::wire::texts::Consent;

/// What an app asks for, to be allowed or not.
#[derive(Template)]
#[template(path = "consent.html", config = "src/wire/pages/askama.toml")]
pub struct ConsentPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static Consent,
    /// What the client is called.
    pub client: &'a str,
    /// Who is signed in.
    pub name: &'a str,
    /// What it asks for.
    pub scopes: Vec<String>,
    /// The host that the browser goes back to; none where it stays.
    pub host: Option<&'a str>,
    /// Where the form goes.
    pub action: String,
    /// The form's token.
    pub token: String,
    /// The code of the device that waits, if it is one.
    pub user_code: Option<String>,
    /// Where another account signs in.
    pub another: String,
}

/// The form that posts an answer to a client (OAuth 2.0 Form Post Response Mode §2).
#[derive(Template)]
#[template(path = "form_post.html", config = "src/wire/pages/askama.toml")]
pub struct FormPostPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static Consent,
    /// The client's address.
    pub action: &'a str,
    /// The parameters of the answer.
    pub fields: &'a [(&'static str, String)],
}

/// The code of a device is typed.
#[derive(Template)]
#[template(path = "device.html", config = "src/wire/pages/askama.toml")]
pub struct DevicePage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static Consent,
    /// The form's token.
    pub token: String,
    /// What was typed, or came along.
    pub user_code: &'a str,
}

/// An app that the user has let in.
#[derive(Debug, Clone)]
pub struct AllowedApp {
    /// Its number.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// Since when, and what it may.
    pub detail: String,
}

/// The apps that the user has let in.
#[derive(Template)]
#[template(path = "account/apps.html", config = "src/wire/pages/askama.toml")]
pub struct AppsPage {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Its texts.
    pub texts: &'static Consent,
    /// The form's token.
    pub token: String,
    /// The apps.
    pub apps: Vec<AllowedApp>,
}

/// What the scopes of a request mean to its user.
pub fn meanings(texts: &'static Consent, scope: &Scope) -> Vec<String> {
    let meaning = |scope: &str| match scope {
        OPENID => texts.openid.to_owned(),
        PROFILE => texts.profile.to_owned(),
        EMAIL => texts.email.to_owned(),
        PHONE => texts.phone.to_owned(),
        OFFLINE_ACCESS => texts.offline.to_owned(),
        other => (texts.other)(other),
    };
    scope.iter().map(meaning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Incoming, Method};
    use crate::wire::pages::brand::Brand;
    use crate::wire::texts::Locale;

    fn frame() -> Frame {
        let incoming = Incoming::new(Method::Get, "/", "", Vec::new(), Body::Bytes(Vec::new()));
        let brand = Brand::of_deployment(&crate::auth::branding::Branding::default());
        Frame::of(&incoming, Locale::default(), brand)
    }

    #[test]
    fn no_value_of_an_answer_leaves_its_attribute() {
        let fields = [
            ("code", "c".to_owned()),
            ("state", "\"><script>'&".to_owned()),
        ];
        let page = FormPostPage {
            frame: frame(),
            texts: &Locale::default().texts().consent,
            action: "https://app.example/cb?a=b&c=d",
            fields: &fields,
        };
        let html = page.render().unwrap();
        assert!(!html.contains("\"><script>"), "{html}");
        assert!(html.contains("name=\"code\" value=\"c\""), "{html}");
        assert!(!html.contains("a=b&c=d"), "{html}");
    }

    #[test]
    fn every_scope_is_said_in_words_or_by_its_name() {
        let texts = &Locale::default().texts().consent;
        let told = meanings(texts, &Scope::of(&[OPENID, OFFLINE_ACCESS, "api:write"]));
        assert_eq!(told.len(), 3);
        assert!(told.last().is_some_and(|text| text.contains("api:write")));
    }
}
