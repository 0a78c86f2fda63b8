//! The client that is calling an OAuth endpoint.

use super::document;
use crate::auth::jose::compact::CompactJws;
use crate::auth::jose::key_set::JwkSet;
use crate::auth::jose::provider_token::SignedClaims;
use crate::auth::oauth::client::OAuthClient;
use crate::auth::oauth::client::assertion::Addressee;
use crate::auth::oauth::client::authentication::{Credential, PresentedClient};
use crate::auth::oauth::discovery::paths;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::auth::oauth::one_use::OneUse;
use crate::auth::text;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::outbound::{identity_provider, web_crypto};
use crate::store::oauth_clients::{self, ClientProof, RegisteredClient};
use crate::store::one_uses;

/// A client as far as it can be authenticated without its row: its assertion is verified, its secret is
/// compared in the batch that needs it.
pub struct Caller {
    presented: PresentedClient,
    /// The values that statements compare.
    pub proof: ClientProof,
    /// What its assertion makes good for one use.
    pub use_once: Option<OneUse>,
}

/// A client that is authenticated, or a public one that has named itself.
pub struct AuthenticatedOAuthClient(RegisteredClient);

impl AuthenticatedOAuthClient {
    /// The client.
    pub const fn registered(&self) -> &RegisteredClient {
        &self.0
    }
}

/// Where a client may call that nobody has been brought by before.
const FIRST_CALLS: [&str; 2] = [paths::PUSH, paths::DEVICE];

/// Verifies what can be verified before the batch. Only an assertion costs a trip: for the client's keys. A
/// client that is its metadata document costs another, where these decide.
pub async fn caller(
    app: &App,
    presented: PresentedClient,
    endpoint: &str,
) -> Result<Caller, OAuthError> {
    let by_key = matches!(presented.credential, Credential::Assertion(_));
    if by_key || FIRST_CALLS.contains(&endpoint) {
        document::meet(app, &presented.client_id).await?;
    }
    let proof = ClientProof::from(&presented);
    let use_once = match &presented.credential {
        Credential::Assertion(assertion) => {
            let found = oauth_clients::by_client_id(&presented.client_id);
            let client = app.db.run(found).await?.ok_or_else(|| unknown(app))?;
            let verified = assertion_use(app, &presented, &client.oauth, assertion, endpoint);
            Some(verified.await?)
        }
        Credential::Basic(_) | Credential::Post(_) | Credential::None => None,
    };
    Ok(Caller {
        presented,
        proof,
        use_once,
    })
}

impl Caller {
    /// Authenticates the client that a batch found.
    pub fn prove(
        &self,
        app: &App,
        found: Option<RegisteredClient>,
    ) -> Result<AuthenticatedOAuthClient, OAuthError> {
        let client = found.ok_or_else(|| unknown(app))?;
        let digest = &client.client.client_secret_digest;
        if !self.presented.is(&client.oauth, digest) {
            audit::count(app, Stranger::WrongClientSecret);
            return Err(Failure::invalid_client().into());
        }
        Ok(AuthenticatedOAuthClient(client))
    }

    /// Why there is no grant, where this attempt has consumed nothing: an assertion that was used before
    /// authenticates nobody (RFC 6749 §5.2, RFC 7523 §3); otherwise it is not good.
    pub async fn refusal(&self, app: &App) -> OAuthError {
        let used = self.use_once.as_ref().map(one_uses::is_used);
        match app.db.run(used).await.map(Option::flatten) {
            Ok(Some(_)) => Failure::invalid_client().into(),
            Ok(None) => Failure::invalid_grant().into(),
            Err(error) => error.into(),
        }
    }

    /// Authenticates the client in one trip, and uses its assertion up.
    pub async fn authenticate(&self, app: &App) -> Result<AuthenticatedOAuthClient, OAuthError> {
        let taken = self.use_once.as_ref();
        let taken = taken.map(|used| one_uses::take(used, &self.proof, app.now));
        let found = oauth_clients::by_client_id(&self.proof.client_id);
        let (found, taken) = app.db.run((found, taken)).await?;
        if taken == Some(0) {
            return Err(Failure::invalid_client().into());
        }
        self.prove(app, found)
    }
}

fn unknown(app: &App) -> OAuthError {
    audit::count(app, Stranger::UnknownClient);
    Failure::invalid_client().into()
}

async fn assertion_use(
    app: &App,
    presented: &PresentedClient,
    client: &OAuthClient,
    assertion: &CompactJws,
    endpoint: &str,
) -> Result<OneUse, OAuthError> {
    let settings = app.config.oauth.on()?;
    let token = client.read_assertion(assertion.clone())?;
    let refused = |_| Failure::invalid_client();
    let signed: SignedClaims = match (&client.jwks, &client.jwks_uri) {
        (Some(jwks), _) => {
            let keys = JwkSet::read(jwks.clone()).map_err(refused)?;
            let check = token.with_key(&keys);
            let check = check.map_err(|_| Failure::invalid_client())?;
            web_crypto::verify(check).await.map_err(refused)?
        }
        (None, Some(uri)) => {
            let uri = text::url(uri).map_err(|_| Failure::invalid_client())?;
            let verified = identity_provider::verify(token, &uri, &app.deadline).await;
            verified.map_err(|_| Failure::invalid_client())?
        }
        (None, None) => return Err(Failure::invalid_client().into()),
    };
    let addressee = Addressee {
        issuer: settings.issuer(),
        token_endpoint: &settings.address(paths::TOKEN),
        endpoint: &settings.address(endpoint),
    };
    let client_id = &presented.client_id;
    Ok(client.check_assertion(client_id, &signed, addressee, app.now)?)
}
