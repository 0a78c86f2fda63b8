//! What signed-in users change of their own accounts, besides the password.

use crate::auth::address::is_address;
use crate::auth::assurance::FRESH;
use crate::edge::app::App;
use crate::edge::flows::credentials::{self, Bearer};
use crate::edge::flows::email_change;
use crate::error::{Error, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, EmailRequest};
use crate::wire::reply::Reply;

/// `POST /auth/me/email`: a link goes to the new address, which counts once it is followed. Needs an
/// authentication of the last five minutes (RFC 9470).
pub async fn change_email(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: EmailRequest = incoming.json(&models::EMAIL_REQUEST)?;
    let Bearer::Session(session) = credentials::bearer(app, &incoming.bearer()?).await? else {
        return Err(Error::Unauthenticated(Reason::TokenRevoked).into());
    };
    if !is_address(&body.email) {
        let details = vec![Detail::wrong_format("/email", "email")];
        return Err(LoopbackFailure::InvalidBody(details));
    }
    if !session.assurance.is_fresh(app.now) {
        let step_up = Error::StepUp {
            acr: "aal1",
            max_age: u32::try_from(FRESH.get()).ok(),
        };
        return Err(step_up.into());
    }
    email_change::request(app, &session.account, &body.email)?;
    Ok(Reply::empty(204))
}
