//! `GET` and `POST /oauth/authorize` (RFC 6749 §3.1): the way of a browser between a client and the pages.

use url::form_urlencoded::Serializer;

use super::visit::Visit;
use crate::auth::oauth::authorization::decision::Decision;
use crate::auth::oauth::authorization::interaction::{INTERACTION, STEP};
use crate::auth::oauth::authorization::response::{AuthorizationResponse, ResponseMode};
use crate::auth::oauth::discovery::paths;
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::parameters::Parameters;
use crate::edge::app::App;
use crate::edge::flows::oauth::authorize::{self as flow, Outcome, Step, Waiting};
use crate::wire::incoming::Incoming;
use crate::wire::oauth::request;
use crate::wire::pages::consent::FormPostPage;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

/// The longest query that is handed on, in bytes: longer requests are to be pushed.
const LONGEST_QUERY: usize = 8_192;

/// `GET /oauth/authorize`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    app.config.oauth.on()?;
    if incoming.is_speculative() {
        return Ok(Reply::empty(204));
    }
    let visit = Visit::begin(app, incoming)?;
    let parameters = request::query(incoming);
    let cookie = visit.browser_cookie();
    let step = Step::of(&parameters);
    let outcome = flow::authorize(app, &parameters, cookie.as_ref(), step).await?;
    respond(visit, &parameters, outcome)
}

/// `POST /oauth/authorize`.
pub async fn posted(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    app.config.oauth.on()?;
    by_get(incoming, paths::AUTHORIZE)
}

/// A request in a form, which may come from another site and so without our cookies (`SameSite=Lax`): the
/// browser brings it again by itself.
pub(super) fn by_get(incoming: &Incoming, path: &str) -> Result<Reply, PageFailure> {
    request::any_form(incoming)?;
    // As it came: what is repeated has to be seen as repeated.
    let form = incoming.text()?;
    if form.len() > LONGEST_QUERY {
        let why = "the request is too long, and has to be pushed";
        return Err(PageFailure::Authorization(Failure::invalid_request(why)));
    }
    Ok(see_other(format!("{path}?{form}")))
}

/// What comes of a request, as a browser gets it.
pub(super) fn respond(
    visit: Visit<'_>,
    parameters: &Parameters,
    outcome: Outcome,
) -> Result<Reply, PageFailure> {
    let reply = match outcome {
        Outcome::Respond(response) => answer(&visit, &response)?,
        Outcome::Interact(waiting) => see_other(page(parameters, &waiting)),
    };
    Ok(visit.answer(reply))
}

/// The answer to the client.
fn answer(visit: &Visit<'_>, response: &AuthorizationResponse) -> Result<Reply, PageFailure> {
    if response.mode == ResponseMode::Query {
        return Ok(see_other(response.location()));
    }
    let page = FormPostPage {
        frame: visit.frame(),
        texts: &visit.texts().consent,
        action: &response.redirect_uri,
        fields: &response.parameters,
    };
    Ok(page.reply(200, PageClass::Onward)?)
}

/// The page where the user goes on, which leads back here.
pub(super) fn page(parameters: &Parameters, waiting: &Waiting) -> String {
    let (path, prompt) = match waiting.decision {
        Decision::SelectAccount => ("/select-account", None),
        Decision::Consent => ("/consent", None),
        Decision::StepUp => ("/account/proof", None),
        Decision::Enrol => ("/account/factors/app", None),
        Decision::ChangePassword => ("/account/password", None),
        // Who is signed in already signs in anew.
        Decision::SignIn | Decision::Refuse(_) | Decision::Grant => ("/sign-in", Some("login")),
    };
    let mut query = Serializer::new(String::new());
    query.append_pair("client_id", waiting.client.client.client_id.as_str());
    if let Some(prompt) = prompt {
        query.append_pair("prompt", prompt);
        let hint = waiting.login_hint.as_deref();
        query.extend_pairs(hint.map(|hint| ("login_hint", hint)));
    }
    query.append_pair("return_to", &back(parameters, &waiting.interaction));
    format!("{path}?{}", query.finish())
}

/// The way back to the request, with what its user has done for it.
fn back(parameters: &Parameters, interaction: &str) -> String {
    let mut query = Serializer::new(String::new());
    let own = [INTERACTION, STEP];
    let asked = parameters.pairs().iter();
    query.extend_pairs(asked.filter(|(name, _)| !own.contains(&name.as_str())));
    query.append_pair(INTERACTION, interaction);
    format!("{}?{}", paths::AUTHORIZE, query.finish())
}
