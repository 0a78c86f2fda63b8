//! Authorization codes of the OAuth endpoints, as they are issued. They are of a kind of their own, so that
//! neither API redeems the other's.

use serde_json::{Value as Json, json};

use super::batch::Batch;
use super::client_registrations;
use super::factors::needs_second_step;
use super::query::{Query, sql};
use super::trusted_devices::trusted_device;
use crate::auth::id::{AttemptId, BrowserId, ClientId, ClientNumber, SessionId, UserId};
use crate::auth::oauth::authorization::decision::GivenConsent;
use crate::auth::oauth::authorization::request::AuthorizationRequest;
use crate::auth::oauth::client::Source;
use crate::auth::oauth::scope::OFFLINE_ACCESS;
use crate::auth::pkce::Challenge;
use crate::auth::time::Timestamp;

/// The browser ?1 is signed in at ?2 as the user ?3, and the client ?4 is still that of the name which the user
/// was shown: the row of one that was never used may be another's by now.
macro_rules! is_signed_in {
    ($name:literal) => {
        concat!(
            "exists (select 1 from browsers b join auth_clients c on c.id = ?4 and c.client_id = ",
            $name,
            " and c.deleted = 0 where b.id = ?1 and b.user_id = ?3 and b.ended_on is null and b.expires_on > ?2)"
        )
    };
}

// Whoever may use a client that is open is one of its users from then on.
const ADMIT: &str = concat!(
    "insert into user_clients (user_id, client_id) select ?3, r.client_id from oauth_clients r \
     where r.client_id = ?4 and r.open = 1 and ",
    is_signed_in!("?5"),
    " on conflict do nothing"
);

const CONSENT: &str = concat!(
    "insert into consents (user_id, client_id, scope, audience, given_on) select ?3, ?4, ?5, ?6, ?2 where ",
    is_signed_in!("?7"),
    " on conflict (user_id, client_id) do update set scope = excluded.scope, \
       audience = excluded.audience, given_on = excluded.given_on"
);

// A pushed request is used up by what it leads to, not by being looked at.
const CONSUME_REQUEST: &str = concat!(
    "update one_time set taken_by = ?6, taken_on = ?2 where key = ?5 and kind = 'par' and client_id = ?4 \
       and taken_by is null and expires_on > ?2 and ",
    is_signed_in!("?7")
);

const INSERT: &str = concat!(
    "insert into one_time (key, kind, user_id, client_id, session_id, challenge, payload, method, \
       browser_id, aal, amr, auth_time, user_agent, country, factor_id, created_on, expires_on) \
     select ?5, 'grant', b.user_id, ?4, ?6, ?7, ?8, b.method, b.id, b.aal, b.amr, b.auth_time, \
       b.user_agent, b.country, b.factor_id, ?2, ?9 \
     from browsers b join auth_clients c on c.id = ?4 and c.client_id = ?12 and c.deleted = 0 \
     where b.id = ?1 and b.user_id = ?3 and b.ended_on is null and b.expires_on > ?2 \
       and (?10 is null or exists (select 1 from one_time p where p.key = ?10 and p.taken_by = ?11)) \
       and not ",
    needs_second_step!(
        "b.user_id",
        "b.aal",
        "?4",
        trusted_device!("t.id = b.trusted_by", "b.user_id", "?2")
    )
);

/// A code about to be issued to a client for the user of a browser.
pub struct NewGrantCode<'a> {
    /// The key of its secret.
    pub key: &'a str,
    /// The browser's session, on which the code rests.
    pub browser: &'a BrowserId,
    /// The user who is signed in there.
    pub user_id: &'a UserId,
    /// The client.
    pub client: ClientNumber,
    /// Its name, as the user was shown it.
    pub client_id: &'a ClientId,
    /// Who vouches for the client.
    pub source: Source,
    /// The session it will open, drawn now so that a replay can end it.
    pub session_id: &'a SessionId,
    /// What was asked for and is granted.
    pub request: &'a AuthorizationRequest,
    /// What the user consents to with this step.
    pub consent: Option<&'a GivenConsent>,
    /// The pushed request that it came from, by the key of its row.
    pub pushed: Option<&'a str>,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// Its end.
    pub expires_on: Timestamp,
}

/// What a code's row keeps of its request.
fn payload(request: &AuthorizationRequest) -> String {
    let claims =
        json!({ "userinfo": request.claims.userinfo, "id_token": request.claims.id_token });
    let kept = json!({
        "redirect_uri": request.target.redirect_uri,
        "names_redirect_uri": request.names_redirect_uri,
        "nonce": request.nonce,
        "scope": request.scope.to_string(),
        "audience": request.audience,
        "claims": claims,
        "jkt": request.dpop_jkt,
        "offline": request.scope.has(OFFLINE_ACCESS),
    });
    kept.to_string()
}

/// Makes a code redeemable while its user is signed in with the browser, once for each pushed request;
/// answers whether it was made.
pub fn insert(code: &NewGrantCode<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let (browser, user, client) = (code.browser, code.user_id, code.client);
    let pushed = code.pushed.map(|key| {
        sql!(
            CONSUME_REQUEST,
            browser,
            now,
            user,
            client,
            key,
            code.attempt,
            code.client_id
        )
        .run()
    });
    let challenge = code.request.challenge.as_ref();
    let insert = sql!(
        INSERT,
        browser,
        now,
        user,
        client,
        code.key,
        code.session_id,
        challenge.map(Challenge::as_str),
        payload(code.request),
        code.expires_on,
        code.pushed,
        code.attempt,
        code.client_id
    );
    let unvouched = code.source != Source::Operator;
    let used = unvouched.then(|| client_registrations::used(code.key, now));
    let admit = sql!(ADMIT, browser, now, user, client, code.client_id).run();
    (code.consent(now), admit, pushed, insert.changes(), used)
        .map(|(_, (), _, inserted, _)| inserted > 0)
}

impl NewGrantCode<'_> {
    /// Keeps what the user consents to with this step.
    fn consent(&self, now: Timestamp) -> Option<Query<()>> {
        let given = self.consent?;
        let (browser, user, client) = (self.browser, self.user_id, self.client);
        let (scope, audience) = (given.scope.to_string(), Json::from(given.audience.clone()));
        let audience = audience.to_string();
        let name = self.client_id;
        Some(sql!(CONSENT, browser, now, user, client, scope, audience, name).run())
    }
}
