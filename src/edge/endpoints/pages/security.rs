//! Password, address and factors, and a change of the password.

use serde_json::json;

use super::problem::problem;
use super::visit::Visit;
use crate::auth::account::Status;
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::kind::Factors;
use crate::edge::app::App;
use crate::edge::flows::own_account::{self, OwnPassword};
use crate::store::factors::{self, FactorRow};
use crate::store::passkeys::{self, KnownCredential};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account::{FactorItem, PasswordPage, SecurityPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, moment, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

const PASSWORD: &str = "/account/password";

/// `GET /account/security`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    let user_id = &browser.account.id;
    let reads = (
        factors::of_user(user_id),
        factors::list_of_user(user_id),
        passkeys::of_user(user_id),
        passkeys::handle(user_id),
    );
    let (have, list, known, handle) = app.db.run(reads).await?;
    let texts = visit.texts();
    let password_changed = browser.password_changed_on.map(moment::day);
    let page = SecurityPage {
        frame: visit.frame(),
        shell: visit.shell()?,
        texts: &texts.account,
        password_changed: password_changed.as_deref(),
        email: browser.account.email.as_deref(),
        is_verified: browser.account.email_verified,
        factor_texts: &texts.factors,
        factors: list.iter().map(|row| item(texts, row)).collect(),
        has_passkeys: app.config.relying_party.is_some(),
        accepted: handle.and_then(|handle| accepted(app, &browser, &handle, &known)),
        recovery_codes: of_any(&have, have.recovery_codes),
        second_step: of_any(&have, have.second_step),
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(visit.answer(reply))
}

/// Something that whoever has a factor has.
fn of_any<T>(factors: &Factors, what: T) -> Option<T> {
    factors.any().then_some(what)
}

fn item(texts: &Texts, row: &FactorRow) -> FactorItem {
    let since = (texts.sessions.since)(&moment::day(row.created_on));
    let used = row.last_used_on.map(moment::minute);
    let used = used.map(|used| (texts.sessions.used)(&used));
    let parts: Vec<_> = [Some(since), used].into_iter().flatten().collect();
    FactorItem {
        id: row.id.as_str().to_owned(),
        name: row.name.clone(),
        kind: match row.backed_up {
            Some(true) => texts.factors.synced,
            Some(false) => texts.factors.not_synced,
            None => texts.factors.app,
        },
        detail: parts.join(" · "),
    }
}

/// What tells authenticators which passkeys the user has, and by which name (WebAuthn §5.1.10).
fn accepted(
    app: &App,
    browser: &LiveBrowser,
    handle: &str,
    known: &[KnownCredential],
) -> Option<String> {
    let relying_party = app.config.relying_party.as_ref()?;
    let ids: Vec<&str> = known.iter().map(|known| known.id.as_str()).collect();
    let accepted = json!({
        "rpId": relying_party.id(),
        "userId": handle,
        "allAcceptedCredentialIds": ids,
        "name": browser.account.username,
        "displayName": browser.account.first_name,
    });
    Some(accepted.to_string())
}

/// `GET /account/password`.
pub async fn show_password(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = with_proof(&mut visit).await?;
    page(visit, &browser, 200, None)
}

/// `POST /account/password`.
pub async fn change_password(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(PASSWORD)?;
    let browser = with_proof(&mut visit).await?;
    let mut origin = visit.origin();
    origin.device = Some(visit.device()?);
    let change = OwnPassword {
        password: &fields.secret("password"),
        old_password: &fields.secret("old_password"),
        origin: &origin,
        form_session: &visit.form_session(),
    };
    match own_account::set_password(app, &browser, &change).await {
        Ok(secret) => {
            visit.signed_in(&secret, browser.is_remembered)?;
            let next = match visit.walk.get("return_to").is_some() || visit.walk.is_client() {
                true => visit.walk.next(),
                false => "/account/security?notice=password".to_owned(),
            };
            Ok(visit.answer(see_other(next)))
        }
        Err(error) => match problem(visit.texts(), &error) {
            Some(problem) => page(visit, &browser, 422, Some(problem)),
            None => Err(error.into()),
        },
    }
}

/// The signed-in browser. The present password is a proof itself; where none is asked for, there must be
/// a fresh one, or a password that has to be changed. Whoever has a factor needs a fresh proof of it.
async fn with_proof(visit: &mut Visit<'_>) -> Result<LiveBrowser, PageFailure> {
    let browser = visit.own().await?;
    let is_due = browser.account.status() == Some(Status::PasswordChangeNeeded);
    let by_password = own_account::asks_old_password(&browser) || is_due;
    if by_password && !browser.has_factor || browser.is_proven(visit.app.now) {
        return Ok(browser);
    }
    let here = visit.walk.on(PASSWORD);
    Err(PageFailure::proof_for(&here))
}

fn page(
    visit: Visit<'_>,
    browser: &LiveBrowser,
    status: u16,
    problem: Option<String>,
) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().password;
    let is_due = browser.account.status() == Some(Status::PasswordChangeNeeded);
    let (title, lead) = match browser.password_changed_on {
        _ if is_due => (texts.reset_title, texts.due_lead),
        Some(_) => (texts.change_title, texts.change_lead),
        None => (texts.set_title, texts.set_lead),
    };
    let page = PasswordPage {
        frame: visit.frame().with_problem(problem),
        shell: visit.shell()?,
        passwords: texts,
        title,
        lead,
        action: visit.walk.on(PASSWORD),
        token: visit.token(PASSWORD)?,
        username: &browser.account.username,
        asks_old: own_account::asks_old_password(browser),
        is_due,
        least: visit.app.config.password_min_length,
    };
    let reply = page.reply(status, visit.class(PageClass::Own))?;
    Ok(visit.answer(reply))
}
