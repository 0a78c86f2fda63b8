//! How a device asks whether its user has decided (RFC 8628 §3.4), and is let in once.

use super::batch::Batch;
use super::grant_opening::Opening;
use super::grants::LiveGrant;
use super::oauth_clients::{self, ClientProof, RegisteredClient, is_proven};
use super::query::sql;
use super::row::{FromRow, Row, Unreadable};
use crate::auth::oauth::device::DeviceState;
use crate::auth::time::Timestamp;

/// The row `o` is of the client that presents itself.
macro_rules! of_client {
    ($client:literal, $method:literal, $digest:literal, $other_digest:literal) => {
        concat!(
            "exists (select 1 from auth_clients c join oauth_clients r on r.client_id = c.id \
               where c.id = o.client_id and ",
            is_proven!($client, $method, $digest, $other_digest),
            ")"
        )
    };
}

// As the row was before this poll: the decision is made from that.
const STATE: &str = concat!(
    "select o.user_id is not null as approved, o.voided_on is not null as denied, \
       o.taken_by is not null as taken, o.expires_on, o.polled_on, o.poll_interval \
     from one_time o where o.key = ?1 and o.kind = 'device' and ",
    of_client!("?2", "?3", "?4", "?5")
);

const CONSUME: &str = concat!(
    "update one_time as o set taken_by = ?2, taken_on = ?3 where o.key = ?1 and o.kind = 'device' \
       and o.user_id is not null and o.taken_by is null and o.voided_on is null and o.expires_on > ?3 \
       and (o.polled_on is null or ?3 >= o.polled_on + 1000 * o.poll_interval) \
       and not exists (select 1 from one_time used where used.key in (?4, ?5)) and ",
    of_client!("?6", "?7", "?8", "?9")
);

// Whoever asks too early waits five seconds longer from now on (§3.5).
const POLLED: &str = concat!(
    "update one_time as o set polled_on = ?2, poll_interval = o.poll_interval + case \
         when ?2 < o.polled_on + 1000 * o.poll_interval and o.poll_interval < 60 then 5 else 0 end \
     where o.key = ?1 and o.kind = 'device' and o.taken_by is null and ",
    of_client!("?3", "?4", "?5", "?6")
);

/// A device that asks whether its user has decided.
pub struct DevicePoll<'a> {
    /// The device code, and what it shall open.
    pub opening: Opening<'a>,
    /// The client as it presents itself.
    pub client: &'a ClientProof,
}

/// What a poll found and left behind.
pub struct PolledDevice {
    /// The client that was named.
    pub client: Option<RegisteredClient>,
    /// The code before, if it is that client's.
    pub state: Option<DeviceState>,
    /// What it has opened.
    pub grant: Option<LiveGrant>,
}

impl FromRow for DeviceState {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            approved: row.get("approved")?,
            denied: row.get("denied")?,
            taken: row.get("taken")?,
            expires_on: row.get("expires_on")?,
            polled_on: row.get("polled_on")?,
            interval: row.get("poll_interval")?,
        })
    }
}

/// Answers a device: opens its session if its user has let it in, once.
pub fn poll(poll: &DevicePoll<'_>, now: Timestamp) -> impl Batch<Output = PolledDevice> {
    let Opening { key, attempt, .. } = poll.opening;
    let (proof, [one, two]) = (poll.client, poll.opening.used());
    let reads = (
        oauth_clients::by_client_id(&proof.client_id),
        proof.bind(sql!(STATE, key)).first(),
    );
    let effects = (
        proof.bind(sql!(CONSUME, key, attempt, now, one, two)).run(),
        proof.bind(sql!(POLLED, key, now)).run(),
        poll.opening.open(now),
    );
    (reads, effects, poll.opening.opened(now)).map(|((client, state), _, grant)| PolledDevice {
        client,
        state,
        grant,
    })
}
