//! The authorization endpoint (RFC 6749 §3.1): a code, a refusal, or a page.

use super::code::grant;
use super::found::Found;
use super::hint;
use crate::auth::browser::LiveBrowser;
use crate::auth::oauth::authorization::decision::{Decision, Facts, Progress, SignedIn};
use crate::auth::oauth::authorization::interaction::{
    CANCELLED, INTERACTION, Interaction, RequestDigest, SELECTED, STEP,
};
use crate::auth::oauth::authorization::request::{AuthorizationRequest, RequestContext};
use crate::auth::oauth::authorization::response::{AuthorizationResponse, ResponseTarget};
use crate::auth::oauth::failure::OAuthError;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::oauth::scope::Scope;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::store::branding::BrandedClient;

/// What comes of a request.
pub enum Outcome {
    /// The client gets its answer.
    Respond(AuthorizationResponse),
    /// The user has to do something first.
    Interact(Box<Waiting>),
}

/// A request that waits for its user.
pub struct Waiting {
    /// What the user has to do.
    pub decision: Decision,
    /// The client, as its users see it.
    pub client: BrandedClient,
    /// Who is signed in, if anybody.
    pub browser: Option<LiveBrowser>,
    /// The user's name, as the client believes it to be.
    pub login_hint: Option<String>,
    /// What the user is asked for.
    pub scope: Scope,
    /// Where the browser goes then.
    pub redirect_uri: String,
    /// What the user has done so far, sealed.
    pub interaction: String,
}

/// What a user has done at a page, for a request that was seen before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Step {
    /// The user consents.
    pub consents: bool,
    /// The user cancels.
    pub cancels: bool,
    /// The user goes on with the account that is signed in.
    pub selects: bool,
}

impl Step {
    /// What a browser says on its way back from a page.
    pub fn of(parameters: &Parameters) -> Self {
        let said = |step| parameters.get(STEP) == Some(step);
        Self {
            consents: false,
            cancels: said(CANCELLED),
            selects: said(SELECTED),
        }
    }

    const fn with(self, before: &Interaction) -> Progress<'_> {
        Progress {
            asked_on: before.asked_on,
            selected: before.selected.as_ref(),
            consents: self.consents,
            cancels: self.cancels,
        }
    }
}

/// Decides upon a request, from what is stored now. A failure is for a page: there is no place to redirect
/// to.
pub async fn authorize(
    app: &App,
    outer: &Parameters,
    cookie: Option<&Secret>,
    step: Step,
) -> Result<Outcome, OAuthError> {
    let found = Found::read(app, outer, cookie).await?;
    let inner = found.request(outer)?;
    let target = ResponseTarget::read(&inner, &found.client.oauth)?;
    let issuer = app.config.oauth.issuer();
    match decide(app, outer, &inner, found, target.clone(), step).await {
        Ok(outcome) => Ok(outcome),
        Err(OAuthError::Refused(failure)) => Ok(Outcome::Respond(target.refusal(failure, issuer))),
        Err(common) => Err(common),
    }
}

async fn decide(
    app: &App,
    outer: &Parameters,
    inner: &Parameters,
    found: Found,
    target: ResponseTarget,
    step: Step,
) -> Result<Outcome, OAuthError> {
    let settings = app.config.oauth.on()?;
    let client = &found.client;
    let context = RequestContext {
        of_resources: &settings.scopes,
        own: settings.own_audiences(),
        pushed: found.pushed.is_some(),
    };
    let request = AuthorizationRequest::read(target, inner, &client.oauth, context)?;
    let hint = hint::of_request(app, &request, &client.client.client_id).await?;
    let seal = RequestDigest::of(outer, &[INTERACTION, STEP]);
    let signed_in = found.signed_in();
    let (progress, step) = progress(app, outer, &seal, signed_in.as_ref(), step)?;
    let facts = Facts {
        request: &request,
        client: &client.oauth,
        signed_in: signed_in.as_ref(),
        hint: hint.as_ref(),
        consent: found.consent.as_ref(),
        progress: step.with(&progress),
        now: app.now,
    };
    match (facts.decide(), &found.browser) {
        (Decision::Refuse(failure), _) => Err(failure.into()),
        (Decision::Grant, Some(browser)) => {
            let before = found.consent.as_ref();
            let granted = grant(app, outer, client, before, browser, request, step.consents);
            Ok(Outcome::Respond(granted.await?))
        }
        (decision, _) => {
            let interaction = progress.seal(&app.config.data_keys, &seal)?;
            Ok(found.waits(decision, request, interaction))
        }
    }
}

/// What the user has done for the request so far, this step included. A step counts only for a request
/// that was seen before.
fn progress(
    app: &App,
    outer: &Parameters,
    seal: &RequestDigest,
    user: Option<&SignedIn>,
    step: Step,
) -> Result<(Interaction, Step), OAuthError> {
    let keys = &app.config.data_keys;
    let sealed = outer.get(INTERACTION);
    let opened = sealed.map(|sealed| Interaction::open(keys, seal, sealed, app.now));
    let Some(mut progress) = opened.transpose()?.flatten() else {
        return Ok((Interaction::begin(app.now), Step::default()));
    };
    if step.selects {
        progress.selected = user.map(|user| user.user_id.clone());
    }
    Ok((progress, step))
}

impl Found {
    fn waits(
        self,
        decision: Decision,
        request: AuthorizationRequest,
        interaction: String,
    ) -> Outcome {
        Outcome::Interact(Box::new(Waiting {
            decision,
            client: self.branded,
            browser: self.browser,
            scope: request.consent_scope(),
            login_hint: request.login_hint,
            redirect_uri: request.target.redirect_uri,
            interaction,
        }))
    }
}
