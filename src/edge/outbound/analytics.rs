//! Events of the audit log in a dataset of Workers Analytics Engine.

use worker::{AnalyticsEngineDataPointBuilder, Env};

use crate::auth::id::{SessionId, UserId};
use crate::error::Error;
use crate::store::activity::Activity;

/// Writes an event down, without a wait. Of a person there are ids and the country alone: nothing is
/// deleted from there when the person is erased.
pub fn write(env: &Env, event: &Activity<'_>) -> Result<(), Error> {
    let dataset = env
        .analytics_engine("AUDIT")
        .map_err(|_| Error::NotConfigured("AUDIT (the binding of the dataset)"))?;
    let user = event.user_id.map_or("", UserId::as_str);
    let client = event.client.map(|client| client.to_string());
    let point = [
        event.kind,
        event.result,
        user,
        client.as_deref().unwrap_or_default(),
        event.session_id.map_or("", SessionId::as_str),
        event.country.unwrap_or_default(),
        event.target.unwrap_or_default(),
    ]
    .into_iter()
    .fold(
        AnalyticsEngineDataPointBuilder::new().indexes([user]),
        AnalyticsEngineDataPointBuilder::add_blob,
    );
    let written = dataset.write_data_point(&point.build());
    written.map_err(|error| Error::Unavailable(format!("analytics: {error}")))
}
