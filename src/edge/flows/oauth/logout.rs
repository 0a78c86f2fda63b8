//! A client signs its user out (OpenID Connect RP-Initiated Logout 1.0).

use super::hint;
use crate::auth::id::ClientId;
use crate::auth::oauth::authorization::hint::Hint;
use crate::auth::oauth::authorization::response::after_logout;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::browsers;
use crate::store::oauth_clients::RegisteredClient;
use crate::store::{browsers as rows, grants, oauth_clients};

/// What comes of a request.
pub enum SignOut {
    /// The user is asked.
    Ask,
    /// The user is signed out; where the browser goes, if the client has said where.
    Done(Option<String>),
}

/// Signs out the user of a browser whom the client names by an ID Token; whoever names nobody, or
/// somebody else, has the user asked.
pub async fn sign_out(
    app: &App,
    parameters: &Parameters,
    cookie: Option<&Secret>,
) -> Result<SignOut, OAuthError> {
    app.config.oauth.on()?;
    parameters.check_repeats()?;
    let named = parameters.get("client_id").map(ClientId::new);
    let token = parameters.get("id_token_hint");
    let hint = match token {
        Some(token) => hint::read(app, token, named.as_ref()).await.ok(),
        None => None,
    };
    let Some(hint) = hint else {
        return Ok(SignOut::Ask);
    };
    let key = cookie.map(Secret::digest);
    let reads = (
        oauth_clients::by_client_id(&hint.client_id),
        key.as_deref().map(|key| rows::live(key, app.now)),
    );
    let (client, browser) = app.db.run(reads).await?;
    let client = client.ok_or(Failure::invalid_request("the client is unknown"))?;
    let location = location(parameters, &client)?;
    let browser = browser.flatten();
    if browser.is_some_and(|browser| browser.account.id != hint.user_id) {
        return Ok(SignOut::Ask);
    }
    end(app, &hint, cookie).await?;
    Ok(SignOut::Done(location))
}

/// Where the browser goes: nowhere but to a page that the client has registered, by the same text (§3).
fn location(parameters: &Parameters, client: &RegisteredClient) -> Result<Option<String>, Failure> {
    let Some(uri) = parameters.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let mut registered = client.oauth.post_logout_redirect_uris.iter();
    if !registered.any(|one| one == uri) {
        let why = "post_logout_redirect_uri is not registered";
        return Err(Failure::invalid_request(why));
    }
    Ok(Some(after_logout(uri, parameters.get("state"))))
}

/// Ends the browser, and the session that the hint names, unless that is to go on without the browser
/// (Back-Channel Logout §2.7).
async fn end(app: &App, hint: &Hint, cookie: Option<&Secret>) -> Result<(), OAuthError> {
    if let Some(session) = &hint.session_id {
        let end = grants::end_with_browser(session, &hint.user_id, app.now);
        app.db.run(end).await?;
        app.ends_sessions.set(true);
    }
    if let Some(cookie) = cookie {
        browsers::sign_out(app, cookie).await?;
    }
    Ok(())
}
