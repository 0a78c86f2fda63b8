//! Changes of an address: proven by the new one, and taken back by the former one.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{AttemptId, UserId};
use crate::auth::time::{Seconds, Timestamp};

/// How long a change can be taken back.
pub const UNDO_LIFETIME: Seconds = Seconds::DAY.times(7);

// The address may have become somebody's meanwhile, as address or as username.
const TAKE: &str = "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and kind = ?4 and taken_by is null and voided_on is null and expires_on > ?3 \
       and exists (select 1 from users u where u.id = one_time.user_id and u.deleted = 0) \
       and not exists (select 1 from users o where o.email_key = one_time.recipient \
         and o.deleted = 0 and o.id <> one_time.user_id) \
       and not exists (select 1 from users o where o.username_key = one_time.recipient \
         and o.deleted = 0 and o.id <> one_time.user_id)";

/// The user of a link, if this attempt has taken it: ?1 its key, ?2 the attempt.
macro_rules! taker {
    () => {
        "(select user_id from one_time where key = ?1 and taken_by = ?2)"
    };
}

// What the former address needs to take the change back, in the payload.
const KEEP_FORMER: &str = concat!(
    "insert into one_time (key, kind, user_id, recipient, payload, created_on, expires_on) \
     select ?4, 'undo-email', u.id, u.email_key, json_object('email', u.email, \
       'username', u.username, 'username_key', u.username_key, 'verified', u.email_verified), ?3, ?5 \
     from users u where u.email is not null and u.id = ",
    taker!()
);

// A username that was the address moves with it. A trigger takes the proof away; the next statement
// gives the new address its own.
const MOVE: &str = concat!(
    "update users set email = o.payload, email_key = o.recipient, \
       username = iif(username_key = email_key, o.payload, username), \
       username_key = iif(username_key = email_key, o.recipient, username_key), \
       username_address = iif(username_key = email_key, o.recipient, username_address), \
       modified_on = ?3, modified_by = users.id \
     from (select payload, recipient from one_time where key = ?1) o where users.id = ",
    taker!()
);

const VERIFY: &str = concat!("update users set email_verified = 1 where id = ", taker!());

// Links to the former address open nothing any more.
const VOID_LINKS: &str = concat!(
    "update one_time set voided_on = ?3 where kind in ('reset', 'email') \
       and taken_by is null and voided_on is null and user_id = ",
    taker!()
);

const MOVE_BACK: &str = concat!(
    "update users set email = json_extract(o.payload, '$.email'), email_key = o.recipient, \
       username = json_extract(o.payload, '$.username'), \
       username_key = json_extract(o.payload, '$.username_key'), \
       username_address = iif(instr(json_extract(o.payload, '$.username_key'), '@') > 0, \
         json_extract(o.payload, '$.username_key'), null), \
       modified_on = ?3, modified_by = users.id \
     from (select payload, recipient from one_time where key = ?1) o where users.id = ",
    taker!()
);

const VERIFY_BACK: &str = concat!(
    "update users set email_verified = (select json_extract(payload, '$.verified') \
       from one_time where key = ?1) where id = ",
    taker!()
);

// Whatever came after the change may be of whoever made it, the links to later addresses too.
const VOID_LATER: &str = concat!(
    "update one_time set voided_on = ?3 where taken_by is null and voided_on is null \
       and (kind <> 'undo-email' or created_on >= (select created_on from one_time where key = ?1)) \
       and user_id = ",
    taker!()
);

const END_SESSIONS: &str = concat!(
    "update sessions set ended_on = ?3, ended_why = 'address taken back' \
     where ended_on is null and user_id = ",
    taker!()
);

const END_BROWSERS: &str = concat!(
    "update browsers set ended_on = ?3, ended_why = 'address taken back' \
     where ended_on is null and user_id = ",
    taker!()
);

const TAKEN: &str = concat!("select ", taker!(), " as user_id");

const LOOK: &str = "select o.kind, o.payload, o.expires_on, \
       o.taken_by is not null or o.voided_on is not null as over, u.email as present, \
       m.locale \
     from one_time o join users u on u.id = o.user_id and u.deleted = 0 \
     left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0 \
     where o.key = ?1";

/// A link of a change of address, as its row says.
#[derive(Debug)]
pub struct EmailLink {
    /// The new address, or what the former one needs.
    pub payload: String,
    /// The account's address now.
    pub present: Option<String>,
    /// The account's language.
    pub locale: Option<String>,
    kind: String,
    over: bool,
    expires_on: Timestamp,
}

/// What the former address needs to take a change back.
#[derive(Debug, Serialize, Deserialize)]
pub struct FormerEmail {
    /// The address, as it was.
    pub email: String,
}

impl FromRow for EmailLink {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            payload: row.get("payload")?,
            present: row.get("present")?,
            locale: row.get("locale")?,
            kind: row.get("kind")?,
            over: row.get("over")?,
            expires_on: row.get("expires_on")?,
        })
    }
}

impl EmailLink {
    /// Whether it may be used still, as a link of this kind.
    pub fn is_good(&self, kind: &str, now: Timestamp) -> bool {
        self.kind == kind && !self.over && now < self.expires_on
    }
}

/// A link, without using it.
pub fn look(key: &str) -> Query<Option<EmailLink>> {
    sql!(LOOK, key).first()
}

/// Uses a link up: its address becomes the account's, and the former one can take it back with
/// `undo_key`. Answers whose account it is; nothing where the link, or its address, is not to be had.
pub fn confirm(
    key: &str,
    undo_key: &str,
    attempt: &AttemptId,
    now: Timestamp,
) -> impl Batch<Output = Option<UserId>> {
    let until = now + UNDO_LIFETIME;
    let run = |sql: &'static str| sql!(sql, key, attempt, now).run();
    let batch = (
        sql!(TAKE, key, attempt, now, "email").run(),
        sql!(KEEP_FORMER, key, attempt, now, undo_key, until).run(),
        run(MOVE),
        sql!(VERIFY, key, attempt).run(),
        run(VOID_LINKS),
        sql!(TAKEN, key, attempt).one(),
    );
    batch.map(|((), (), (), (), (), (user_id,))| user_id)
}

/// Takes a change back, and ends everything that was opened since; answers whose account it is.
pub fn undo(key: &str, attempt: &AttemptId, now: Timestamp) -> impl Batch<Output = Option<UserId>> {
    let run = |sql: &'static str| sql!(sql, key, attempt, now).run();
    let batch = (
        sql!(TAKE, key, attempt, now, "undo-email").run(),
        run(MOVE_BACK),
        sql!(VERIFY_BACK, key, attempt).run(),
        run(VOID_LATER),
        run(END_SESSIONS),
        run(END_BROWSERS),
        sql!(TAKEN, key, attempt).one(),
    );
    batch.map(|((), (), (), (), (), (), (user_id,))| user_id)
}
