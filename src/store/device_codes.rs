//! Device codes (RFC 8628): a device waits while its user decides in a browser.

use serde_json::{Value as Json, json};

use super::batch::Batch;
use super::client_registrations;
use super::factors::needs_second_step;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::trusted_devices::trusted_device;
use crate::auth::id::{BrowserId, ClientNumber, SessionId, UserId};
use crate::auth::oauth::device::DeviceRequest;
use crate::auth::oauth::scope::{OFFLINE_ACCESS, Scope};
use crate::auth::time::{Seconds, Timestamp};

/// Whether the user of a browser `b` needs a second step for a client that the browser does not rest on.
macro_rules! needs_factor {
    ($client:literal, $now:literal) => {
        needs_second_step!(
            "b.user_id",
            "b.aal",
            $client,
            trusted_device!("t.id = b.trusted_by", "b.user_id", $now)
        )
    };
}

const INSERT: &str = "insert into one_time (key, kind, client_id, recipient, session_id, payload, poll_interval, \
       created_on, expires_on) \
     values (?1, 'device', ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

// By the digest of the user code; of two that are alike, which hardly happens, neither is found.
const LOOK: &str = concat!(
    "select o.key, o.payload, o.client_id, exists (select 1 from browsers b where b.id = ?3 and ",
    needs_factor!("o.client_id", "?2"),
    ") as needs_factor \
     from one_time o join auth_clients c on c.id = o.client_id and c.deleted = 0 \
     where o.kind = 'device' and o.recipient = ?1 and o.user_id is null and o.voided_on is null \
       and o.expires_on > ?2 and 1 = (select count(*) from one_time d \
         where d.kind = 'device' and d.recipient = ?1 and d.expires_on > ?2)"
);

/// The browser ?2 is signed in at ?3 as the user ?4.
macro_rules! is_signed_in {
    () => {
        "exists (select 1 from browsers b where b.id = ?2 and b.user_id = ?4 \
           and b.ended_on is null and b.expires_on > ?3)"
    };
}

// The device's session goes on when the browser's ends: it is on another machine.
const APPROVE: &str = concat!(
    "update one_time set (user_id, method, aal, amr, auth_time, factor_id) = ( \
       select b.user_id, b.method, b.aal, b.amr, b.auth_time, b.factor_id from browsers b where b.id = ?2) \
     where key = ?1 and kind = 'device' and user_id is null and voided_on is null and expires_on > ?3 and ",
    is_signed_in!(),
    " and not exists (select 1 from browsers b where b.id = ?2 and ",
    needs_factor!("one_time.client_id", "?3"),
    ")"
);

const ADMIT: &str = concat!(
    "insert into user_clients (user_id, client_id) select ?4, r.client_id from oauth_clients r \
     where r.open = 1 and r.client_id = (select client_id from one_time where key = ?1 and user_id = ?4) and ",
    is_signed_in!(),
    " on conflict do nothing"
);

const DENY: &str = concat!(
    "update one_time set voided_on = ?3 where key = ?1 and kind = 'device' and user_id is null \
       and voided_on is null and expires_on > ?3 and ",
    is_signed_in!()
);

/// A device that begins to wait.
pub struct NewDeviceCode<'a> {
    /// The key of the device code.
    pub key: &'a str,
    /// The digest of the user code.
    pub user_code: &'a str,
    /// The client.
    pub client: ClientNumber,
    /// The session it will open.
    pub session_id: &'a SessionId,
    /// What is asked for.
    pub request: &'a DeviceRequest,
    /// How long the device waits between two questions.
    pub interval: Seconds,
    /// Its end.
    pub expires_on: Timestamp,
}

/// A device that waits, as its user sees it.
#[derive(Debug)]
pub struct WaitingDevice {
    /// The key of the device code.
    pub key: String,
    /// The client.
    pub client: ClientNumber,
    /// What is asked for.
    pub request: DeviceRequest,
    /// Whether its user has to show a second factor first.
    pub needs_factor: bool,
}

/// A user's decision.
pub struct DeviceDecision<'a> {
    /// The key of the device code.
    pub key: &'a str,
    /// The browser's session.
    pub browser: &'a BrowserId,
    /// The user who is signed in there.
    pub user_id: &'a UserId,
}

impl FromRow for WaitingDevice {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let request: Json = row.json("payload")?;
        let text = |name: &str| request.get(name).and_then(Json::as_str).unwrap_or_default();
        let audience = request.get("audience").and_then(Json::as_array);
        let audience = audience.into_iter().flatten().filter_map(Json::as_str);
        Ok(Self {
            key: row.get("key")?,
            client: row.get("client_id")?,
            needs_factor: row.get("needs_factor")?,
            request: DeviceRequest {
                scope: Scope::parse(text("scope")).map_err(|_| Unreadable::Column("payload"))?,
                audience: audience.map(str::to_owned).collect(),
            },
        })
    }
}

/// Lets a device wait.
pub fn insert(new: &NewDeviceCode<'_>, now: Timestamp) -> Query<()> {
    let payload = json!({
        "scope": new.request.scope.to_string(),
        "audience": new.request.audience,
        "offline": new.request.scope.has(OFFLINE_ACCESS),
    });
    let insert = sql!(
        INSERT,
        new.key,
        new.client,
        new.user_code,
        new.session_id,
        payload.to_string(),
        new.interval.get(),
        now,
        new.expires_on
    );
    insert.run()
}

/// The device that waits for a user code to be typed in a browser.
pub fn look(user_code: &str, browser: &BrowserId, now: Timestamp) -> Query<Option<WaitingDevice>> {
    sql!(LOOK, user_code, now, browser).first()
}

/// The user lets the device in; answers whether it was still waiting.
pub fn approve(decision: &DeviceDecision<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let DeviceDecision {
        key,
        browser,
        user_id,
    } = *decision;
    let approve = sql!(APPROVE, key, browser, now, user_id).changes();
    let admit = sql!(ADMIT, key, browser, now, user_id).run();
    let used = client_registrations::used(key, now);
    (approve, admit, used).map(|(approved, (), ())| approved > 0)
}

/// The user does not; answers whether it was still waiting.
pub fn deny(decision: &DeviceDecision<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let DeviceDecision {
        key,
        browser,
        user_id,
    } = *decision;
    let deny = sql!(DENY, key, browser, now, user_id).changes();
    deny.map(|denied| denied > 0)
}
