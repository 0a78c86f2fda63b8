//! Sends logout tokens to clients whose sessions have ended (OpenID Connect Back-Channel Logout 1.0 §2.5).

use futures_util::future::join_all;
use url::form_urlencoded;
use worker::Method;

use super::issue::sign;
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::tokens::{LOGOUT_TOKEN, LogoutToken};
use crate::auth::retry::next_try;
use crate::auth::secret::digest;
use crate::config::Config;
use crate::edge::app::App;
use crate::edge::clock::now;
use crate::edge::d1::Db;
use crate::edge::log;
use crate::edge::outbound::http::{OutboundRequest, PATIENCE, send};
use crate::error::{Error, ErrorKind};
use crate::store::logout_notices::{self, LogoutNotice};

/// How many notices are on their way at once.
const AT_ONCE: usize = 6;

/// Sends what is due once the response has left.
pub fn send_in_background(app: &App) {
    if app.config.oauth.off.is_none() {
        app.in_background(|app| async move { send_due(&app.db, &app.config).await });
    }
}

/// Sends what is due.
pub async fn send_due(db: &Db, config: &Config) -> Result<(), Error> {
    let due = db.run(logout_notices::take(now())).await?;
    for some in due.chunks(AT_ONCE) {
        let tries = some.iter().map(|notice| deliver(db, config, notice));
        let done: Result<Vec<()>, Error> = join_all(tries).await.into_iter().collect();
        done?;
    }
    Ok(())
}

/// One try, and what becomes of the notice.
async fn deliver(db: &Db, config: &Config, notice: &LogoutNotice) -> Result<(), Error> {
    let session = &notice.session_id;
    let Some(problem) = attempt(config, notice).await? else {
        return db.run(logout_notices::done(session)).await;
    };
    match next_try(notice.ended_on, notice.tries, now()) {
        Some(due) => db.run(logout_notices::later(session, due)).await,
        None => {
            let client = notice.client;
            let what =
                format!("the logout notice of a session of client {client} is given up: {problem}");
            log::failure(&ErrorKind::Unavailable(what).into());
            db.run(logout_notices::done(session)).await
        }
    }
}

/// What went wrong with one try, if anything did. A client that wants none any more has got it.
async fn attempt(config: &Config, notice: &LogoutNotice) -> Result<Option<String>, Error> {
    let (Some(client_id), Some(address)) = (&notice.client_id, &notice.address) else {
        return Ok(None);
    };
    let claims = LogoutToken {
        issuer: config.oauth.issuer(),
        client_id,
        user_id: &notice.user_id,
        session_id: &notice.session_id,
        // The same at every try, and no session's id.
        jti: &digest(&format!("logout:{}", notice.session_id)),
        now: now(),
    };
    let algorithm = notice
        .algorithm
        .as_deref()
        .and_then(SignatureAlgorithm::from_name);
    let token = sign(config, algorithm, LOGOUT_TOKEN, &claims.claims(), now()).await?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    let body = form.append_pair("logout_token", &token).finish();
    let request = OutboundRequest {
        method: Method::Post,
        url: address,
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body: Some(body.as_bytes()),
    };
    Ok(match send(&request, PATIENCE).await {
        Ok(answer) if (200..300).contains(&answer.status_code()) => None,
        Ok(answer) => Some(format!("the client answered {}", answer.status_code())),
        Err(error) => Some(error.to_string()),
    })
}
