//! Browsers that post a form and show what they get: they are sent on instead.

use super::exchange::Exchange;
use crate::edge::client_lists;
use crate::wire::reply::Reply;
use crate::wire::servicestack::dto::Authenticate;
use crate::wire::servicestack::failure::ServiceStackFailure;
use crate::wire::servicestack::intent::AuthenticateIntent;
use crate::wire::servicestack::return_url;

/// The return URL, checked. One in a document counts only for a sign-out.
pub async fn return_url(
    exchange: &Exchange<'_>,
    dto: &Authenticate,
    intent: &AuthenticateIntent,
) -> Result<Option<String>, ServiceStackFailure> {
    let of_document = || {
        let url = dto
            .return_url
            .clone()
            .filter(|_| matches!(intent, AuthenticateIntent::SignOut));
        url.filter(|url| !url.trim().is_empty())
    };
    match return_url::requested(exchange.incoming, exchange.call).or_else(of_document) {
        Some(url) => checked(exchange, &url).await.map(Some),
        None => Ok(None),
    }
}

/// Sends a page's form on to its return URL, with what went wrong in the fragment; a failure goes
/// back to the page itself where there is none. A caller that is no page gets the reply as it is,
/// and so does a page of another site.
pub async fn redirect_page(
    exchange: &Exchange<'_>,
    reply: Reply,
    failure: Option<&ServiceStackFailure>,
) -> Reply {
    let incoming = exchange.incoming;
    let is_page = return_url::is_page(incoming, exchange.call);
    if !is_page || reply.status >= 500 || failure == Some(&ServiceStackFailure::CrossSite) {
        return reply;
    }
    let page = incoming.header("referer").filter(|_| failure.is_some());
    let wanted = return_url::requested(incoming, exchange.call).or_else(|| page.map(str::to_owned));
    let Some(wanted) = wanted else {
        return reply;
    };
    let Ok(url) = checked(exchange, &wanted).await else {
        return reply;
    };
    let location = match failure {
        None => url,
        Some(failure) => return_url::with_failure(&url, &failure.message()),
    };
    let cookies = reply.headers.into_iter();
    let cookies = cookies.filter(|(name, _)| *name == "set-cookie");
    cookies.fold(
        Reply::empty(302).with("location", location),
        |reply, (name, value)| reply.with(name, value),
    )
}

async fn checked(exchange: &Exchange<'_>, url: &str) -> Result<String, ServiceStackFailure> {
    let allowed = client_lists::origins(exchange.app).await;
    return_url::check(url, &exchange.app.config.public_url, &allowed)
}
