//! What a client asks of its user, to be allowed or not.

use url::form_urlencoded;

use super::authorize;
use super::visit::Visit;
use crate::auth::oauth::authorization::decision::Decision;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::text;
use crate::edge::app::App;
use crate::edge::flows::oauth::authorize::{self as flow, Outcome, Step, Waiting};
use crate::wire::incoming::Incoming;
use crate::wire::pages::consent::{ConsentPage, meanings};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;

const HERE: &str = "/consent";

/// `GET /consent`: the question, where the request still has it.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    if incoming.is_speculative() {
        return Ok(Reply::empty(204));
    }
    go_on(Visit::begin(app, incoming)?, Step::default()).await
}

/// `POST /consent`: the answer.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let visit = Visit::begin(app, incoming)?;
    let form = visit.form(HERE)?;
    let step = Step {
        consents: form.has("allow"),
        cancels: form.has("cancel"),
        selects: false,
    };
    go_on(visit, step).await
}

/// Decides upon the request that the walk returns to, from what is stored now.
async fn go_on(visit: Visit<'_>, step: Step) -> Result<Reply, PageFailure> {
    visit.app.config.oauth.on()?;
    let parameters = parameters(&visit);
    let cookie = visit.browser_cookie();
    match flow::authorize(visit.app, &parameters, cookie.as_ref(), step).await? {
        Outcome::Interact(waiting) if waiting.decision == Decision::Consent => {
            ask(visit, &parameters, *waiting)
        }
        outcome => authorize::respond(visit, &parameters, outcome),
    }
}

fn parameters(visit: &Visit<'_>) -> Parameters {
    let walk = visit.walk.get("return_to");
    let query = walk.and_then(|path| path.split_once('?'));
    let (_, query) = query
        .filter(|_| visit.walk.is_authorization())
        .unwrap_or_default();
    Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned())
}

fn ask(
    mut visit: Visit<'_>,
    parameters: &Parameters,
    waiting: Waiting,
) -> Result<Reply, PageFailure> {
    let action = authorize::page(parameters, &waiting);
    let Waiting {
        client,
        browser,
        scope,
        redirect_uri,
        ..
    } = waiting;
    visit.client = Some(client);
    if let Some(browser) = &browser {
        visit.speaks_as(browser);
    }
    let url = text::url(&redirect_uri).ok();
    let texts = &visit.texts().consent;
    let page = ConsentPage {
        frame: visit.frame(),
        texts,
        client: visit.client_name().unwrap_or_default(),
        name: browser
            .as_ref()
            .map_or("", |browser| &browser.account.username),
        scopes: meanings(texts, &scope),
        host: url.as_ref().and_then(|url| url.host_str()),
        action,
        token: visit.token(HERE)?,
        user_code: None,
        another: visit.walk.on_with("/sign-in", &[("prompt", "login")]),
    };
    let reply = page.reply(200, PageClass::Onward)?;
    Ok(visit.answer(reply))
}
