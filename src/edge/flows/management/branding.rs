//! How a client looks on the pages, as an administrator changes it.

use serde_json::{Value, json};

use super::access::{self, Access};
use super::trail::act_of;
use crate::auth::branding::{Accent, Branding};
use crate::auth::caller::Caller;
use crate::auth::id::ClientNumber;
use crate::auth::management::resource::AUTH_CLIENTS;
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::error::Error;
use crate::store::{Batch, branding};

/// Sets how a client looks on the pages; says whether there is such a client.
pub async fn set(
    app: &App,
    caller: &Caller,
    client: ClientNumber,
    new: &Branding,
) -> Result<bool, Error> {
    let put = branding::put(client, new, app.now);
    change(app, caller, client, told(new), put).await
}

/// Makes a client look on the pages as the deployment does.
pub async fn remove(app: &App, caller: &Caller, client: ClientNumber) -> Result<(), Error> {
    let delete = branding::delete(client);
    change(app, caller, client, Value::Null, delete).await
}

async fn change<T>(
    app: &App,
    caller: &Caller,
    client: ClientNumber,
    after: Value,
    change: impl Batch<Output = T>,
) -> Result<T, Error> {
    let access = Access::to(&AUTH_CLIENTS, AUTH_CLIENTS.update, "");
    let manager = access::writer(app, caller, access).await?;
    let (before, changed) = app.db.run((branding::by_number(client), change)).await?;
    if let Some(before) = before {
        let managed = Managed {
            tenant: None,
            target: Some(client.to_string()),
            client: Some(client.get()),
            detail: json!({ "before": told(&before.branding), "after": after }),
        };
        act_of(app, &manager, "client-branding", Act::Changed, managed);
    }
    Ok(changed)
}

/// What the audit log tells of a client's looks; of a logo, which may be large, only that there is one.
fn told(branding: &Branding) -> Value {
    json!({
        "client_name": branding.client_name,
        "client_uri": branding.client_uri,
        "logo": branding.logo.is_some(),
        "tos_uri": branding.tos_uri,
        "policy_uri": branding.policy_uri,
        "accent_color": branding.accent.map(Accent::text),
    })
}
