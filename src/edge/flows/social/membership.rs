//! The account of a federated identity: known, linked, created, or none.

use super::failure::count_unknown;
use crate::auth::account::Account;
use crate::auth::client::AuthClient;
use crate::auth::federation::ProviderFailure;
use crate::auth::federation::identity::policy::{Decision, EmailOwner, NewAccount, decide};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::UserId;
use crate::auth::secret::{Secret, random_uuid};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal};
use crate::edge::flows::credentials::AuthenticatedUser;
use crate::error::{ErrorKind, Reason};
use crate::store::identities::{self, NewFederatedUser};

/// Finds, links or creates the account of a federated identity, and admits it to the client, or to our
/// own pages; records a failure.
pub async fn admit(
    app: &App,
    client: Option<&AuthClient>,
    profile: ExternalProfile,
    refresh_token: Option<Secret>,
) -> Result<AuthenticatedUser, ProviderFailure> {
    let account = account(app, client, &profile).await;
    let account = account.inspect_err(|_| count_unknown(app))?;
    let user_id = account.id.clone();
    AuthenticatedUser::federated(client, account, profile, refresh_token).map_err(|error| {
        let event = Event::SignInFailed {
            refusal: Refusal::Failed,
            user_id: Some(user_id),
            client: client.map(|client| client.id),
        };
        audit::record(app, event);
        let reason = "the account may not come in to this client".to_owned();
        ProviderFailure { error, reason }
    })
}

async fn account(
    app: &App,
    client: Option<&AuthClient>,
    profile: &ExternalProfile,
) -> Result<Account, ProviderFailure> {
    let lookup = app.db.run(identities::find(profile)).await?;
    let policy = &app.config.social.policy;
    match decide(profile, policy, lookup.known, lookup.owner)? {
        Decision::SignIn => lookup.account.ok_or_else(changed_meanwhile),
        Decision::Link(owner) => link(app, client, profile, &owner).await,
        Decision::SignUp(new) => sign_up(app, client, profile, &new).await,
    }
}

async fn link(
    app: &App,
    client: Option<&AuthClient>,
    profile: &ExternalProfile,
    owner: &EmailOwner,
) -> Result<Account, ProviderFailure> {
    let linked = {
        let link = identities::link(profile, owner, client.map(|client| client.id), app.now);
        app.db.run(link).await?
    };
    let account = linked.ok_or_else(changed_meanwhile)?;
    let event = Event::IdentityLinked {
        user_id: account.id.clone(),
        client: client.map(|client| client.id),
    };
    audit::record(app, event);
    Ok(account)
}

async fn sign_up(
    app: &App,
    client: Option<&AuthClient>,
    profile: &ExternalProfile,
    new: &NewAccount,
) -> Result<Account, ProviderFailure> {
    let defaults = app.config.sign_up.as_ref();
    let defaults = defaults.ok_or(ErrorKind::NotConfigured("SIGN_UP_TENANT"))?;
    // No account is created that the client would not admit.
    if client.is_some_and(|client| !defaults.client_ids.contains(&client.client_id)) {
        return Err(ProviderFailure {
            error: ErrorKind::Rejected(Reason::ClientInvalid).into(),
            reason: "no account that signs up belongs to this client".to_owned(),
        });
    }
    let new = NewFederatedUser {
        id: &UserId::draw()?,
        membership_id: &random_uuid()?,
        account: new,
        defaults,
    };
    let signed_up = app
        .db
        .run(identities::sign_up(profile, &new, app.now))
        .await?;
    if !signed_up.defaults_exist {
        let what = "SIGN_UP_TENANT or SIGN_UP_ROLE names nothing that exists";
        return Err(ErrorKind::Misconfigured(what.to_owned()).into());
    }
    let account = signed_up.account.ok_or_else(changed_meanwhile)?;
    let event = Event::SignUp {
        user_id: account.id.clone(),
        client: client.map(|client| client.id),
    };
    audit::record(app, event);
    Ok(account)
}

fn changed_meanwhile() -> ProviderFailure {
    ProviderFailure::untrusted("the account is not what it was a moment ago, or may not come in")
}
