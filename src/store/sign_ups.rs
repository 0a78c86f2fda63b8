//! A new user, made whole or not at all.

use super::accounts::taken_name;
use super::batch::Batch;
use super::query::{Statement, sql};
use super::row::{FromRow, Row, Unreadable};
use super::users::{NewUserRow, insert_user, memberships, tenant_and_role_exist};
use super::value::Value;
use crate::auth::id::{AttemptId, UserId};
use crate::auth::profile::Profile;
use crate::auth::time::Timestamp;
use crate::config::SignUpDefaults;

// Where the address belongs to a user already, or tenant or role do not exist, the invitation may be
// used again.
const TAKE: &str = concat!(
    "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and kind = 'sign-up' and taken_by is null and voided_on is null and expires_on > ?3 \
       and not ",
    taken_name!("one_time.recipient", "one_time.recipient"),
    " and ",
    tenant_and_role_exist!("?4", "?5")
);

/// What every statement after TAKE is conditional on.
macro_rules! taken {
    ($key:literal, $attempt:literal) => {
        concat!(
            "exists (select 1 from one_time where key = ",
            $key,
            " and taken_by = ",
            $attempt,
            ")"
        )
    };
}

const USER: &str = concat!(insert_user!(), taken!("?15", "?16"));

const PASSWORD: &str = concat!(
    "insert into user_credentials (user_id, password, changed_on) select ?3, ?4, ?5 where ",
    taken!("?1", "?2")
);

const VOID_OTHERS: &str = concat!(
    "update one_time set voided_on = ?3 \
     where kind = 'sign-up' and recipient = ?4 and key <> ?1 and taken_by is null and voided_on is null and ",
    taken!("?1", "?2")
);

const OUTCOME: &str = concat!(
    "select ",
    taken!("?1", "?2"),
    " as made, \
       exists (select 1 from one_time o where o.key = ?1 and o.taken_by is null and ",
    taken_name!("o.recipient", "o.recipient"),
    ") as address_taken, ",
    tenant_and_role_exist!("?3", "?4"),
    " as defaults_exist"
);

/// A user about to be made.
pub struct NewUser<'a> {
    /// The key of the invitation.
    pub invitation: &'a str,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// The user's id.
    pub id: &'a UserId,
    /// The membership's id.
    pub membership_id: &'a str,
    /// As the user spells it.
    pub email: &'a str,
    /// Folded: the invitation's recipient.
    pub email_key: &'a str,
    /// A PHC string.
    pub password: &'a str,
    /// Given name, which a user must have.
    pub first_name: &'a str,
    /// The rest of what the user says of itself.
    pub profile: &'a Profile,
    /// Tenant, role and clients.
    pub defaults: &'a SignUpDefaults,
}

/// How making a user went.
#[derive(Debug)]
pub struct SignUpOutcome {
    /// Whether this attempt made the user.
    pub made: bool,
    /// Whether the address belongs to a user already.
    pub address_taken: bool,
    /// Whether tenant and role are there.
    pub defaults_exist: bool,
}

impl FromRow for SignUpOutcome {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            made: row.get("made")?,
            address_taken: row.get("address_taken")?,
            defaults_exist: row.get("defaults_exist")?,
        })
    }
}

/// Uses an invitation up and makes its user, and voids the other invitations to the address; or
/// changes nothing.
pub fn make_user(new: &NewUser<'_>, now: Timestamp) -> impl Batch<Output = SignUpOutcome> {
    let (key, attempt, defaults) = (new.invitation, new.attempt, new.defaults);
    let (tenant, role) = (&defaults.tenant_id, &defaults.role_id);
    let locale = new.profile.locale.as_deref();
    let batch = (
        sql!(TAKE, key, attempt, now, tenant, role).run(),
        user(new, now).run(),
        sql!(PASSWORD, key, attempt, new.id, new.password, now).run(),
        memberships(new.id, new.membership_id, defaults, locale, now),
        sql!(OUTCOME, key, attempt, tenant, role).one(),
        sql!(VOID_OTHERS, key, attempt, now, new.email_key).run(),
    );
    batch.map(|((), (), (), _, outcome, ())| outcome)
}

fn user(new: &NewUser<'_>, now: Timestamp) -> Statement {
    let profile = new.profile;
    let row = NewUserRow {
        id: new.id,
        first_name: new.first_name,
        middle_name: profile.middle_name.as_deref(),
        last_name: profile.last_name.as_deref(),
        username: new.email,
        username_key: new.email_key,
        email: Some(new.email),
        email_key: Some(new.email_key),
        phone: profile.phone.as_deref(),
        gender: profile.gender.as_deref(),
        dob: profile.dob.as_deref(),
        tenant_id: &new.defaults.tenant_id,
        name_stands_in: profile.is_nameless(),
    };
    let invitation = vec![Value::from(new.invitation), Value::from(new.attempt)];
    row.insert(USER, now, invitation)
}
