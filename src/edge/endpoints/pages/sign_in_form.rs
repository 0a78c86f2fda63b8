//! The form of signing in, and what it says when it comes again.

use serde_json::json;

use super::visit::Visit;
use crate::auth::redirect_url::RedirectUrl;
use crate::error::{Error, ErrorKind, Reason};
use crate::wire::pages::ask::{PasskeyButton, SignInPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;
use crate::wire::texts::SignIn;

const HERE: &str = "/sign-in";

/// Shows the form again, with what was typed but for the password.
pub(super) async fn refuse(
    mut visit: Visit<'_>,
    fields: &Form,
    error: Error,
) -> Result<Reply, PageFailure> {
    if error.kind().is_server_error() {
        return Err(error.into());
    }
    visit.read().await?;
    let texts = &visit.texts().sign_in;
    let client = visit.client_name().unwrap_or_default();
    let mut shown = Shown::again(fields, problem(texts, client, &error));
    if fields.has("credential") {
        shown.by_passkey(&visit, &error);
    }
    let status = if matches!(error.kind(), ErrorKind::TooMany(_)) {
        429
    } else {
        422
    };
    let reply = form(visit, status, shown)?;
    Ok(reply.with_headers_of(&error))
}

fn problem(texts: &SignIn, client: &str, error: &Error) -> String {
    match error.kind() {
        ErrorKind::TooMany(seconds) => (texts.too_many)(&seconds.div_ceil(60).to_string()),
        ErrorKind::Unauthenticated(Reason::MissingCredentials) => texts.missing.to_owned(),
        ErrorKind::Rejected(Reason::UserNotActive) => texts.not_active.to_owned(),
        ErrorKind::Rejected(Reason::ClientInvalid | Reason::ClientUserMissing) => {
            (texts.not_admitted)(client)
        }
        _ => texts.wrong.to_owned(),
    }
}

/// What the form shows.
#[derive(Default)]
pub(super) struct Shown<'a> {
    username: &'a str,
    is_kept: bool,
    problem: Option<String>,
    /// A browser that would offer the passkey again which has just failed would do so for ever.
    after_passkey: bool,
    unknown: Option<String>,
}

impl<'a> Shown<'a> {
    /// The name that is known already, if one is.
    pub fn first(username: &'a str) -> Self {
        Self {
            username,
            ..Self::default()
        }
    }

    /// What was typed, but for the password.
    pub fn again(fields: &'a Form, problem: String) -> Self {
        Self {
            username: fields.text("username"),
            is_kept: fields.has("keep"),
            problem: Some(problem),
            ..Self::default()
        }
    }

    /// What is wrong with a passkey; one that nobody has is named, so that it is forgotten.
    fn by_passkey(&mut self, visit: &Visit<'_>, error: &Error) {
        let texts = &visit.texts().factors;
        self.after_passkey = true;
        let problem = match error.kind() {
            ErrorKind::NoSuchRow { id, .. } => {
                self.unknown = unknown(visit, id);
                texts.passkey_unknown
            }
            ErrorKind::Rejected(Reason::PasskeyInvalid)
            | ErrorKind::Unauthenticated(Reason::InvalidCredentials) => texts.passkey_wrong,
            _ => return,
        };
        self.problem = Some(problem.to_owned());
    }
}

/// What tells an authenticator that a credential is nobody's (WebAuthn §5.1.10).
fn unknown(visit: &Visit<'_>, id: &str) -> Option<String> {
    let relying_party = visit.app.config.relying_party.as_ref()?;
    Some(json!({ "rpId": relying_party.id(), "credentialId": id }).to_string())
}

/// The form.
pub(super) fn form(visit: Visit<'_>, status: u16, shown: Shown<'_>) -> Result<Reply, PageFailure> {
    let (app, walk) = (visit.app, &visit.walk);
    let form_action = form_action(&visit);
    let page = SignInPage {
        frame: visit.frame().with_problem(shown.problem),
        texts: &visit.texts().sign_in,
        client: visit.client_name(),
        action: walk.on(HERE),
        token: visit.token(HERE)?,
        passkey: app.config.relying_party.as_ref().map(|_| PasskeyButton {
            ceremony: "sign-in",
            label: visit.texts().factors.use_passkey,
            or: Some(visit.texts().factors.or_password),
            offers: !shown.after_passkey,
        }),
        unknown: shown.unknown.as_deref(),
        username: shown.username,
        is_kept: shown.is_kept,
        forgotten: walk.on("/forgot-password"),
        by_mail: app.config.email_codes.then(|| walk.on("/sign-in/code")),
        sign_up: app.config.sign_up.as_ref().map(|_| walk.on("/sign-up")),
        providers: visit.providers(HERE),
    };
    let class = visit.class(PageClass::Walk {
        form_action: form_action.as_deref(),
    });
    let reply = page.reply(status, class)?;
    Ok(visit.answer(reply))
}

/// Where the answer to a form may lead besides to us: to the client that the walk ends at.
pub(super) fn form_action(visit: &Visit<'_>) -> Option<String> {
    let url = visit.client.as_ref()?.client.redirect_url.as_deref()?;
    Some(RedirectUrl::parse(url)?.form_action())
}
