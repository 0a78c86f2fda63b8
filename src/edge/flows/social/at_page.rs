//! Federated sign-ins that began at the pages of this service: what the identity is for there.

use super::failure::log_and_map;
use super::membership;
use crate::auth::browser::LiveBrowser;
use crate::auth::client::AuthClient;
use crate::auth::federation::flow::start::{PageIntent, PageStart};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::id::BrowserId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event};
use crate::edge::flows::browsers::{self, BrowserSignIn, Opened};
use crate::error::Error;
use crate::store::{browsers as rows, identities, own_identities};

/// A browser that is back at our pages.
pub struct PageReturn {
    /// What it began with.
    pub start: PageStart,
    /// The provider that it comes from.
    pub provider: Provider,
    /// What came of it.
    pub outcome: Result<PageOutcome, Error>,
}

/// What came of a sign-in at a provider.
pub enum PageOutcome {
    /// The browser is signed in, or has proven its user anew: the secret of its cookie.
    Cookie(Secret, /* kept signed in */ bool),
    /// The sign-in waits for its second factor, under this secret.
    Waits(Secret),
    /// The identity is linked.
    Linked,
    /// The user said no there.
    Denied,
}

/// Uses an identity for what the browser went to the provider for.
pub async fn arrive(
    app: &App,
    client: Option<&AuthClient>,
    start: &PageStart,
    provider: Provider,
    found: Result<(ExternalProfile, Option<Secret>), ProviderFailure>,
) -> Result<PageOutcome, Error> {
    let outcome = match found {
        Ok((profile, token)) => use_identity(app, client, start, profile, token).await,
        Err(failure) => Err(failure),
    };
    outcome.map_err(|failure| log_and_map(app, "signing in with", provider, failure))
}

async fn use_identity(
    app: &App,
    client: Option<&AuthClient>,
    start: &PageStart,
    profile: ExternalProfile,
    token: Option<Secret>,
) -> Result<PageOutcome, ProviderFailure> {
    match &start.intent {
        PageIntent::SignIn => {
            let person = membership::admit(app, client, profile, token).await?;
            let sign_in = BrowserSignIn {
                form_session: &start.form_session,
                former: None,
                is_remembered: false,
                trusted: start.trusted.as_deref(),
            };
            Ok(match browsers::open(app, &person, &sign_in).await? {
                Opened::Browser(secret) => PageOutcome::Cookie(secret, false),
                Opened::Waits(token) => PageOutcome::Waits(token),
            })
        }
        PageIntent::Link(browser) => link(app, browser, &profile).await,
        PageIntent::Prove(browser) => prove(app, browser, &profile, &start.form_session).await,
    }
}

async fn link(
    app: &App,
    browser: &BrowserId,
    profile: &ExternalProfile,
) -> Result<PageOutcome, ProviderFailure> {
    let link = own_identities::link_to_browser(profile, browser, app.now);
    let Some(user_id) = app.db.run(link).await? else {
        return Err(ProviderFailure::untrusted(
            "the identity is another account's, or the browser is signed out",
        ));
    };
    audit::record(
        app,
        Event::IdentityLinked {
            user_id,
            client: None,
        },
    );
    Ok(PageOutcome::Linked)
}

async fn prove(
    app: &App,
    browser: &BrowserId,
    profile: &ExternalProfile,
    form_session: &str,
) -> Result<PageOutcome, ProviderFailure> {
    let reads = (rows::by_id(browser, app.now), identities::find(profile));
    let (browser, lookup) = app.db.run(reads).await?;
    let own = |browser: &LiveBrowser| {
        let account = lookup.account.as_ref();
        // Beside a factor of this service a provider proves too little.
        account.is_some_and(|account| account.id == browser.account.id) && !browser.has_factor
    };
    let browser = browser.filter(own).ok_or_else(|| {
        ProviderFailure::untrusted("the identity proves nothing of the user who is signed in")
    })?;
    let mut assurance = browser.assurance.clone();
    assurance.auth_time = app.now;
    let secret = browsers::raise(app, &browser, &assurance, form_session, Vec::new()).await?;
    Ok(PageOutcome::Cookie(secret, browser.is_remembered))
}
