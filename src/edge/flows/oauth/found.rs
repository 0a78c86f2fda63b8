//! All that an authorization request depends on, read in one trip.

use super::{document, pushed};
use crate::auth::account::{Account, Status};
use crate::auth::browser::LiveBrowser;
use crate::auth::id::ClientId;
use crate::auth::oauth::authorization::decision::{GivenConsent, SignedIn, Standing};
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::store::Query;
use crate::store::branding::{self, BrandedClient};
use crate::store::oauth_clients::RegisteredClient;
use crate::store::{browser_steps, browsers, consents, oauth_clients, pushed_requests};

/// All that a request depends on.
pub(super) struct Found {
    /// The client.
    pub client: RegisteredClient,
    /// The client, as its users see it.
    pub branded: BrandedClient,
    /// Who is signed in, if anybody.
    pub browser: Option<LiveBrowser>,
    /// Whether that user needs a second step which the browser does not rest on.
    pub needs_factor: bool,
    /// What that user has consented to before.
    pub consent: Option<GivenConsent>,
    /// The request as it was pushed, if it was.
    pub pushed: Option<String>,
}

impl Found {
    /// Reads it.
    pub async fn read(
        app: &App,
        outer: &Parameters,
        cookie: Option<&Secret>,
    ) -> Result<Self, OAuthError> {
        let missing = "client_id is missing or repeated";
        let client_id = ClientId::new(outer.required("client_id", missing)?);
        let key = cookie.map(Secret::digest);
        let of_browser = key.as_deref().map(|key| {
            (
                browsers::live(key, app.now),
                browser_steps::is_needed(key, &client_id, app.now),
                consents::given(key, &client_id),
            )
        });
        let pushed_key = outer.get("request_uri").and_then(pushed::key);
        let request = pushed_key.as_deref();
        let request = request.map(|key| pushed_requests::look(key, &client_id, app.now));
        let batch = (clients(&client_id), of_browser, request);
        let (known, of_browser, request) = app.db.run(batch).await?;
        let (Some(client), Some(branded)) = as_now(app, &client_id, known).await? else {
            return Err(Failure::invalid_request("the client is unknown").into());
        };
        let (browser, needs_factor, consent) = of_browser.unwrap_or_default();
        let pushed = request.flatten().map(|request| request.payload);
        if pushed_key.is_some() && pushed.is_none() {
            let why = "the pushed request is unknown, used up or over";
            return Err(Failure::new(ErrorCode::InvalidRequestUri, why).into());
        }
        Ok(Self {
            client,
            branded,
            browser,
            needs_factor: needs_factor.is_some_and(|(needs,)| needs),
            consent,
            pushed,
        })
    }

    /// The request itself: what was pushed, and nothing that stands beside it (RFC 9126 §4).
    pub fn request(&self, outer: &Parameters) -> Result<Parameters, Failure> {
        const UNREADABLE: Failure = Failure::invalid_request("the pushed request is unreadable");
        let Some(pushed) = &self.pushed else {
            return Ok(outer.clone());
        };
        let pairs: Vec<(String, String)> = serde_json::from_str(pushed).map_err(|_| UNREADABLE)?;
        Ok(Parameters::new(pairs))
    }

    /// Who is signed in, as the decision sees it.
    pub fn signed_in(&self) -> Option<SignedIn> {
        let browser = self.browser.as_ref()?;
        Some(SignedIn {
            user_id: browser.account.id.clone(),
            auth_time: browser.assurance.auth_time,
            aal: browser.assurance.aal,
            has_factor: browser.has_factor,
            needs_factor: self.needs_factor,
            standing: standing(&browser.account, &self.client),
        })
    }
}

/// A client, and how its users see it, as far as it is there.
type Known = (Option<RegisteredClient>, Option<BrandedClient>);

fn clients(
    client_id: &ClientId,
) -> (
    Query<Option<RegisteredClient>>,
    Query<Option<BrandedClient>>,
) {
    (
        oauth_clients::by_client_id(client_id),
        branding::by_client_id(client_id),
    )
}

/// The client as its metadata document says now, where it has one.
async fn as_now(app: &App, client_id: &ClientId, known: Known) -> Result<Known, OAuthError> {
    match document::learn(app, client_id, known.0.as_ref()).await? {
        true => Ok(app.db.run(clients(client_id)).await?),
        false => Ok(known),
    }
}

/// Whether an account may use a client: one that is open admits every live account.
fn standing(account: &Account, client: &RegisteredClient) -> Standing {
    let membership = account
        .membership
        .as_ref()
        .filter(|member| member.is_effective);
    let admitted = client.oauth.open || account.client_ids.contains(&client.client.id);
    match membership.map(|member| Status::from_number(member.status)) {
        Some(Status::Active) if admitted => Standing::Admitted,
        Some(Status::PasswordChangeNeeded) if admitted => Standing::PasswordChangeDue,
        _ => Standing::Refused,
    }
}
