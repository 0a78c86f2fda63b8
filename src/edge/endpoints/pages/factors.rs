//! The user's own factors: add one, name it, remove it; recovery codes; the second step.

use super::factor_form::{self, credential};
use super::factor_view::{LIST, What, page};
use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::FactorId;
use crate::edge::app::App;
use crate::edge::flows::factors::changes;
use crate::edge::flows::factors::holder::Holder;
use crate::edge::flows::factors::registration::NewCredential;
use crate::error::{Error, ErrorKind, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::see_other;
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

/// The most characters of a name.
const LONGEST_NAME: usize = 100;

/// `GET /account/factors/{what}`, after a fresh proof.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = proven(&mut visit).await?;
    // A browser that fetches ahead, or looks, begins nothing.
    if incoming.is_speculative() {
        return Ok(Reply::empty(204));
    }
    page(app, visit, &browser, None).await
}

/// `POST /account/factors/{what}`.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(&visit.path())?;
    let browser = proven(&mut visit).await?;
    let (codes, notice) = match change(app, &visit, &fields, &browser).await {
        Ok(done) => done,
        Err(error) => {
            let problem = problem(visit.texts(), error)?;
            return page(app, visit, &browser, Some(problem)).await;
        }
    };
    let next = match visit.walk.get("return_to") {
        Some(_) => visit.walk.next(),
        None => format!("{LIST}?notice={notice}"),
    };
    if codes.is_empty() {
        return Ok(visit.answer(see_other(next)));
    }
    factor_form::codes(visit, &codes, next)
}

/// The signed-in browser with a fresh proof. A request of OAuth leads there itself, as the next of its steps.
async fn proven(visit: &mut Visit<'_>) -> Result<LiveBrowser, PageFailure> {
    let back = match visit.walk.is_authorization() {
        true => visit.walk.next(),
        false => visit.walk.on(&visit.path()),
    };
    visit.proven(&back).await
}

/// Makes the change, and says what is to be shown: codes, if there are any, and what was done.
async fn change(
    app: &App,
    visit: &Visit<'_>,
    fields: &Form,
    browser: &LiveBrowser,
) -> Result<(Vec<RecoveryCode>, &'static str), Error> {
    let holder = Holder::of_browser(app, browser).await?;
    Ok(match What::of(visit.incoming) {
        What::NewApp if !fields.has("credential") => {
            let code = fields.text("code");
            let confirmed = changes::confirm_app(app, &holder, None, code).await?;
            let wrong = ErrorKind::Rejected(Reason::SecondFactorWrong);
            (confirmed.ok_or(wrong)?, "added")
        }
        What::NewApp | What::NewPasskey => (add_passkey(app, fields, &holder).await?, "added"),
        What::RecoveryCodes => (
            changes::renew_recovery_codes(app, &holder).await?,
            "second-step",
        ),
        What::SecondStep(on) => {
            changes::set_second_step(app, &holder, on).await?;
            (Vec::new(), "second-step")
        }
        What::Factor(id) if fields.has("remove") => {
            changes::remove(app, &holder, &FactorId::new(id)).await?;
            (Vec::new(), "removed")
        }
        What::Factor(id) => {
            if let Some(name) = name(fields) {
                changes::rename(app, &holder, &FactorId::new(id), &name).await?;
            }
            (Vec::new(), "named")
        }
    })
}

async fn add_passkey(
    app: &App,
    fields: &Form,
    holder: &Holder<'_>,
) -> Result<Vec<RecoveryCode>, Error> {
    let credential = credential(fields)?;
    let name = name(fields);
    let new = NewCredential {
        ceremony: fields.text("ceremony"),
        credential: credential
            .as_ref()
            .ok_or(ErrorKind::MissingParameter("credential"))?,
        name: name.as_deref(),
    };
    let (_, codes) = changes::add_passkey(app, holder, &new, true).await?;
    Ok(codes)
}

fn name(fields: &Form) -> Option<String> {
    let name: String = fields.text("name").chars().take(LONGEST_NAME).collect();
    (!name.is_empty()).then_some(name)
}

fn problem(texts: &Texts, error: Error) -> Result<String, PageFailure> {
    let texts = &texts.factors;
    Ok(match error.kind() {
        ErrorKind::Rejected(Reason::SecondFactorWrong) => texts.code_wrong,
        ErrorKind::Rejected(Reason::PasskeyInvalid) => texts.passkey_wrong,
        ErrorKind::MissingParameter(_) => texts.needs_script,
        _ => return Err(error.into()),
    }
    .to_owned())
}
