//! Links to providers, and what a browser finds here when it is back from one.

use super::visit::Visit;
use crate::auth::federation::Provider;
use crate::auth::federation::flow::start::{PageIntent, PageStart, Start};
use crate::auth::federation::provider::prompt::Prompt;
use crate::edge::app::App;
use crate::edge::endpoints::provider_redirect::to_provider;
use crate::edge::flows::social::{self, PageOutcome, PageReturn};
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::Incoming;
use crate::wire::pages::destination::Destination;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::notice;
use crate::wire::pages::see_other;
use crate::wire::reply::Reply;

const LINKED: &str = "/account/linked";

/// `GET /sign-in/{provider}`: to the provider, to sign in.
pub async fn sign_in(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.read().await?;
    leave(visit, PageIntent::SignIn, None).await
}

/// `GET /account/linked/{provider}`: to the provider, to link the account there.
pub async fn link(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.proven(LINKED).await?;
    leave(
        visit,
        PageIntent::Link(browser.id),
        Some(Prompt::SelectAccount),
    )
    .await
}

/// `GET /account/proof/{provider}`: to the provider, to prove that the user is there.
pub async fn prove(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    if browser.has_factor {
        return Ok(visit.walk_to("/account/proof"));
    }
    leave(visit, PageIntent::Prove(browser.id), Some(Prompt::Login)).await
}

async fn leave(
    visit: Visit<'_>,
    intent: PageIntent,
    prompt: Option<Prompt>,
) -> Result<Reply, PageFailure> {
    let (app, incoming) = (visit.app, visit.incoming);
    // A browser that fetches ahead, or looks, begins nothing.
    if incoming.is_speculative() {
        return Ok(Reply::empty(204));
    }
    let provider = Provider::from_name(incoming.id()).ok_or(ErrorKind::NoSuchPath)?;
    if app.config.social.provider(provider).is_err() {
        return Err(ErrorKind::NoSuchPath.into());
    }
    let asked = Prompt::read(incoming.query("prompt").as_deref()).map_err(Error::from)?;
    let client = visit.client.as_ref();
    let client = client.filter(|_| visit.walk.admitting_client_id().is_some());
    let client = client.map(|client| client.client.id);
    let page = PageStart {
        intent,
        walk: visit.walk.query(&[]),
        form_session: visit.form_session(),
        trusted: visit.trusted_device(),
    };
    let start = Start::at_page(client, asked.or(prompt), page);
    let departure = social::start_authorization(app, provider, start).await?;
    Ok(visit.answer(to_provider(departure)))
}

/// The answer to a browser that is back from a provider.
pub fn arrive(app: &App, incoming: &Incoming, back: PageReturn) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let PageReturn {
        start,
        provider,
        outcome,
    } = back;
    visit.walk = Destination::of_query(&start.walk);
    let location = match (outcome, &start.intent) {
        (Ok(PageOutcome::Cookie(secret, is_remembered)), _) => {
            visit.signed_in(&secret, is_remembered)?;
            visit.walk.next()
        }
        (Ok(PageOutcome::Waits(token)), _) => visit.waits(&token),
        (Ok(PageOutcome::Linked), _) => format!("{LINKED}?{}=linked", notice::PARAMETER),
        (Ok(PageOutcome::Denied), PageIntent::SignIn) => visit
            .walk
            .on_with("/sign-in", &[(notice::PARAMETER, "denied")]),
        (Ok(PageOutcome::Denied), PageIntent::Link(_)) => LINKED.to_owned(),
        (Ok(PageOutcome::Denied), PageIntent::Prove(_)) => visit.walk.on("/account/proof"),
        (Err(error), _) if error.kind().is_server_error() => return Err(error.into()),
        (Err(_), intent) => return Err(no_identity(visit.walk, provider, intent)),
    };
    Ok(visit.answer(see_other(location)))
}

fn no_identity(walk: Destination, provider: Provider, intent: &PageIntent) -> PageFailure {
    let start = match intent {
        PageIntent::SignIn => "/sign-in",
        PageIntent::Link(_) => LINKED,
        PageIntent::Prove(_) => "/account/proof",
    };
    let path = format!("{start}/{}", provider.name());
    PageFailure::NoIdentity {
        other_account: walk.on_with(&path, &[("prompt", "select_account")]),
        walk,
    }
}
