//! The ceremonies that the script of the pages begins, as JSON. No other origin reads it.

use serde::Serialize;
use serde_json::{Value, json};

use super::browser_cookies::{STEP, cookie};
use super::visit::Visit;
use crate::edge::app::App;
use crate::edge::flows::factors::passkeys::Begun;
use crate::edge::flows::factors::passkeys_at_pages as passkeys;
use crate::error::{ErrorKind, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::pages::failure::PageFailure;
use crate::wire::reply::Reply;

/// `GET /passkey/{ceremony}`: what the browser is asked for.
pub async fn begin(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let nobody = ErrorKind::Unauthenticated(Reason::InvalidCredentials);
    let token = || cookie(incoming, STEP).ok_or(nobody);
    let begun = match incoming.id() {
        "sign-in" => shown(&passkeys::begin_sign_in(app, &visit.form_session())?),
        "second-step" => shown(&passkeys::begin_second_step(app, &token()?).await?),
        "first" => shown(&passkeys::begin_first(app, &token()?).await?),
        "proof" => {
            let browser = visit.own().await?;
            shown(&passkeys::begin_proof(app, &browser).await?)
        }
        "new" => {
            let browser = visit.proven("/account/factors/passkey").await?;
            shown(&passkeys::begin_registration(app, &browser).await?)
        }
        _ => return Err(ErrorKind::NoSuchPath.into()),
    };
    Ok(visit.answer(Reply::json(&begun)?))
}

fn shown<T: Serialize>(begun: &Begun<T>) -> Value {
    json!({ "id": begun.id, "publicKey": begun.options })
}
