//! The factors of a person, for administrators; and the code with which the owner begins anew.

use serde_json::json;

use super::person::{self, told};
use crate::auth::address::Mailbox;
use crate::auth::caller::Caller;
use crate::auth::factor::kind::Factors;
use crate::auth::factor::recovery::{RE_ENROLMENT_LIFETIME, RecoveryCode};
use crate::auth::id::{AttemptId, FactorId, UserId};
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::edge::flows::factors::own;
use crate::edge::flows::notifications;
use crate::edge::outbound::notifier;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factors::{self as rows, FactorRow};
use crate::store::{accounts, managed_factors, messages};
use crate::wire::message::{Message, MessageKind};
use crate::wire::pages::destination::Destination;

/// The factors of a user, and how many recovery codes are left.
pub async fn list(
    app: &App,
    caller: &Caller,
    id: &UserId,
) -> Result<(Vec<FactorRow>, Factors), Error> {
    let person = person::writer(app, caller, id).await?;
    if let (Caller::Bearer(token), true) = (caller, person.is_own()) {
        return own::list(app, token).await;
    }
    app.db.run(managed_factors::list(id)).await
}

/// Removes a factor of a user, and ends what rests on it; whether there was such a one.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: &UserId,
    factor: &FactorId,
) -> Result<bool, Error> {
    let person = person::writer(app, caller, id).await?;
    if person.is_own() {
        return match caller {
            Caller::Bearer(token) => own::remove(app, token, factor).await,
            // The account's own pages ask for what this needs.
            Caller::Browser(_) => Err(ErrorKind::NotAllowed.into()),
        };
    }
    let Some(removed) = app.db.run(managed_factors::remove(factor, id)).await? else {
        return Ok(false);
    };
    told(app, &person, json!({ "factorRemoved": factor }));
    let owner = &person.account;
    let owner = (owner.email.as_deref(), owner.locale.as_deref());
    notifications::factor_removed(app, owner, &removed.name);
    Ok(true)
}

/// Sends a person the code with which their second factors begin anew, in a sign-in by their password.
/// Nobody sends it to themselves.
pub async fn re_enrol(app: &App, caller: &Caller, id: &UserId) -> Result<(), Error> {
    let person = person::writer(app, caller, id).await?;
    if person.is_own() {
        return Err(ErrorKind::NotAllowed.into());
    }
    app.config.messages.delivery()?;
    if !app.db.run(rows::of_user(id)).await?.any() {
        return Err(ErrorKind::Rejected(Reason::NoSecondFactor).into());
    }
    told(app, &person, json!({ "link": "re-enrolment" }));
    let id = id.clone();
    app.in_background(|app| async move { send(&app, &id).await });
    Ok(())
}

async fn send(app: &App, id: &UserId) -> Result<(), Error> {
    let account = app.db.run(accounts::by_id(id)).await?;
    let address = account
        .as_ref()
        .and_then(|account| account.email.as_deref());
    let Some(address) = address else {
        return Ok(());
    };
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(address));
    let new = notifications::counted(app, &attempt, MessageKind::ReEnrolment, &mailbox)?;
    let code = RecoveryCode::draw()?;
    let keep = managed_factors::re_enrol(id, &code.digest(), app.now);
    let (counted, ((), kept)) = app.db.run((messages::count(&new, app.now), keep)).await?;
    if !counted || kept == 0 {
        return Ok(());
    }
    let to = notifications::recipient(app, address, account.as_ref());
    let way = Destination::to_path("/account/security").on("/sign-in");
    let link = format!("{}{way}", app.config.public_url);
    let hours = RE_ENROLMENT_LIFETIME.get() / Seconds::HOUR.get();
    let message = Message::re_enrolment(&to, link, &code.show(), hours, app.now);
    notifier::deliver(app, &message).await
}
