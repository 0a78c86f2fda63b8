//! What signed-in users change of their own accounts, besides the password.

use crate::auth::address::is_address;
use crate::auth::factor::fresh_proof;
use crate::edge::app::App;
use crate::edge::flows::email_change;
use crate::edge::flows::factors::own::{self, Owner};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, EmailRequest};
use crate::wire::reply::Reply;

/// `POST /auth/me/email`: a link goes to the new address, which counts once it is followed. Needs a
/// proof of the last five minutes (RFC 9470).
pub async fn change_email(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: EmailRequest = incoming.json(&models::EMAIL_REQUEST)?;
    let Owner { session, factors } = own::owner(app, &incoming.bearer()?).await?;
    if !is_address(&body.email) {
        let details = vec![Detail::wrong_format("/email", "email")];
        return Err(LoopbackFailure::InvalidBody(details));
    }
    fresh_proof::require(&session.assurance, &factors, app.now)?;
    email_change::request(app, &session.account, &body.email)?;
    Ok(Reply::empty(204))
}
