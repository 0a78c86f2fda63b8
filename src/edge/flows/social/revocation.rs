//! Telling a provider that an account or identity here has ended: its refresh token is revoked there. Once
//! a minute, with growing pauses for a day.

use worker::console_error;

use crate::auth::data_key::Purpose;
use crate::auth::federation::flow::logout;
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::secret::Secret;
use crate::config::Config;
use crate::edge::app::App;
use crate::edge::clock::now;
use crate::edge::d1::Db;
use crate::edge::deadline::Deadline;
use crate::edge::outbound::identity_provider::{endpoints, send};
use crate::error::Error;
use crate::store::revocations::{self, DueRevocation};

/// Encrypts a token for its identity's row. What is bound in is the provider alone: nothing else of the person is
/// left where it is opened.
pub fn seal(app: &App, provider: Provider, token: &Secret) -> Result<String, Error> {
    let keys = &app.config.data_keys;
    keys.seal(Purpose::ProviderToken, provider.name(), token.expose())
}

/// Revokes what is due; what the provider does not take now is tried again later.
pub async fn revoke_due(db: &Db, config: &Config) -> Result<(), Error> {
    for due in db.run(revocations::take(now())).await? {
        match revoke(config, &due).await {
            Ok(()) => db.run(revocations::done(&due.id)).await?,
            Err(failure) => console_error!("revoking at {}: {}", due.provider, failure.reason),
        }
    }
    Ok(())
}

async fn revoke(config: &Config, due: &DueRevocation) -> Result<(), ProviderFailure> {
    let Some(provider) = Provider::from_name(&due.provider) else {
        return Ok(());
    };
    let opened = config
        .data_keys
        .open(Purpose::ProviderToken, provider.name(), &due.token)?;
    // Its key is gone, and with it the token.
    let Some(token) = opened.map(Secret::new) else {
        return Ok(());
    };
    let settings = config.social.provider(provider)?;
    let deadline = Deadline::default();
    let endpoints = endpoints(&settings.source, &deadline).await?;
    let Some(call) = logout::revoke(settings, &endpoints, &token, now())? else {
        return Ok(());
    };
    let received = send(&call, &deadline).await?;
    match received.status {
        200..300 => Ok(()),
        status => Err(ProviderFailure::untrusted(format!("status {status}"))),
    }
}
