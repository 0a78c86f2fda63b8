//! What a person from elsewhere is here: known, linked, signed up, or nobody.

use super::count_unknown;
use crate::auth::account::Account;
use crate::auth::client::AuthClient;
use crate::auth::oauth::Failure;
use crate::auth::oauth::policy::{Decision, Holder, NewAccount, decide};
use crate::auth::oauth::profile::Profile;
use crate::auth::secret::{Secret, random_uuid};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event};
use crate::edge::flows::credentials::SignedIn;
use crate::error::{Error, Why};
use crate::store::identities::{self, NewUser};

/// Finds or makes the account of a person, and lets it in to the client; writes down what fails.
pub async fn admit(
    app: &App,
    client: &AuthClient,
    profile: Profile,
    refresh_token: Option<Secret>,
) -> Result<SignedIn, Failure> {
    let account = account(app, client, &profile).await;
    let account = account.inspect_err(|_| count_unknown(app))?;
    let user_id = account.id.clone();
    SignedIn::from_elsewhere(client, account, profile, refresh_token).map_err(|error| {
        note(app, "sign-in", "failed", client.id, user_id);
        let reason = "the account may not come in to this client".to_owned();
        Failure { error, reason }
    })
}

async fn account(app: &App, client: &AuthClient, profile: &Profile) -> Result<Account, Failure> {
    let standing = app.db.run(identities::find(profile)).await?;
    let policy = &app.config.social.policy;
    let holder = standing.holder.clone();
    match decide(profile, policy, standing.known, standing.holder)? {
        Decision::SignIn(_) => standing.account.ok_or_else(gone),
        Decision::Link(_) => link(app, client, profile, holder).await,
        Decision::SignUp(new) => sign_up(app, client, profile, &new).await,
    }
}

async fn link(
    app: &App,
    client: &AuthClient,
    profile: &Profile,
    holder: Option<Holder>,
) -> Result<Account, Failure> {
    let holder = holder.ok_or_else(gone)?;
    let linked = {
        let link = identities::link(profile, &holder, client.id, app.now);
        app.db.run(link).await?
    };
    let account = linked.ok_or_else(gone)?;
    note(app, "link", "ok", client.id, account.id.clone());
    Ok(account)
}

async fn sign_up(
    app: &App,
    client: &AuthClient,
    profile: &Profile,
    new: &NewAccount,
) -> Result<Account, Failure> {
    let place = app.config.sign_up.as_ref();
    let place = place.ok_or(Error::NotConfigured("SIGN_UP_TENANT"))?;
    // Nobody is made who could not come in.
    if !place.client_ids.contains(&client.client_id) {
        return Err(Failure {
            error: Error::Refused(Why::ClientInvalid),
            reason: "nobody who signs up belongs to this client".to_owned(),
        });
    }
    let new = NewUser {
        id: &random_uuid()?,
        membership_id: &random_uuid()?,
        account: new,
        place,
    };
    let signed_up = app
        .db
        .run(identities::sign_up(profile, &new, app.now))
        .await?;
    if !signed_up.place_exists {
        let what = "SIGN_UP_TENANT or SIGN_UP_ROLE names nothing that exists";
        return Err(Error::Misconfigured(what.to_owned()).into());
    }
    let account = signed_up.account.ok_or_else(gone)?;
    note(app, "sign-up", "ok", client.id, account.id.clone());
    Ok(account)
}

fn note(app: &App, kind: &'static str, result: &'static str, client: i64, user_id: String) {
    let event = Event {
        kind,
        result,
        user_id: Some(user_id),
        client: Some(client),
        session_id: None,
    };
    audit::record(app, event);
}

fn gone() -> Failure {
    Failure::untrusted("the account is not what it was a moment ago, or may not come in")
}
