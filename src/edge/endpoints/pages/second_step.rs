//! The second step of a sign-in that waits for its second factor.

use super::browser_cookies::{STEP, cookie};
use super::sign_in::form_action;
use super::visit::Visit;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::factors::at_pages::{self, OpenedAs, TypedAtPage};
use crate::error::{Error, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::SecondStepPage;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

const HERE: &str = "/sign-in/second-step";

/// `GET /sign-in/second-step`: asks for a code; a browser in which nothing waits signs in first.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.read().await?;
    if waiting(incoming).is_none() {
        return Ok(visit.walk_to("/sign-in"));
    }
    form(visit, 200, None)
}

/// `POST /sign-in/second-step`: the code, and the browser is signed in.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let Some(token) = waiting(incoming) else {
        return Ok(visit.walk_to("/sign-in"));
    };
    let typed = TypedAtPage {
        code: fields.text("code"),
        form_session: &visit.form_session(),
    };
    let former = visit.browser_cookie();
    let opened_as = OpenedAs {
        former: former.as_ref(),
        is_trusted: fields.has("trust"),
    };
    match at_pages::complete(app, &token, &typed, &opened_as).await {
        Ok(opened) => {
            visit.signed_in(&opened.secret, opened.is_remembered)?;
            if let Some(device) = &opened.trusted {
                visit.is_trusted(device);
            }
            visit.waits_no_more();
            let next = visit.walk.next();
            Ok(visit.answer(see_other(next)))
        }
        Err(error) => {
            let (status, problem) = problem(visit.texts(), error.clone())?;
            visit.read().await?;
            Ok(form(visit, status, Some(problem))?.with_headers_of(&error))
        }
    }
}

/// What is wrong with a code, and the status that says it.
pub(super) fn problem(texts: &Texts, error: Error) -> Result<(u16, String), PageFailure> {
    let texts = &texts.sign_in;
    match error {
        Error::Rejected(Reason::SecondFactorWrong) => Ok((422, texts.step_wrong.to_owned())),
        Error::TooMany(seconds) => {
            let minutes = seconds.div_ceil(60).to_string();
            Ok((429, (texts.too_many)(&minutes)))
        }
        other => Err(other.into()),
    }
}

fn waiting(incoming: &Incoming) -> Option<Secret> {
    cookie(incoming, STEP)
}

fn form(visit: Visit<'_>, status: u16, problem: Option<String>) -> Result<Reply, PageFailure> {
    let form_action = form_action(&visit);
    let page = SecondStepPage {
        frame: visit.frame().with_problem(problem),
        texts: &visit.texts().sign_in,
        client: visit.client_name(),
        action: visit.walk.on(HERE),
        token: visit.token(HERE)?,
        sign_in: visit.walk.on_with("/sign-in", &[("prompt", "login")]),
    };
    let class = PageClass::Walk {
        form_action: form_action.as_deref(),
    };
    let reply = page.reply(status, class)?;
    Ok(visit.answer(reply))
}
