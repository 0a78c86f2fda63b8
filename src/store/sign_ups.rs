//! A new user, made whole or not at all.

use crate::auth::time::Timestamp;
use serde_json::json;

use super::accounts::taken_name;
use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::profile::Profile;
use crate::config::SignUpDefaults;

// Whoever has the address already keeps it, and the invitation stays good; so it does where
// tenant or role are not there to take the user in.
const TAKE: &str = concat!(
    "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and kind = 'sign-up' and taken_by is null and voided_on is null and expires_on > ?3 \
       and not ",
    taken_name!("one_time.recipient", "one_time.recipient"),
    " and exists (select 1 from tenants where id = ?4 and deleted = 0 and status = 0) \
       and exists (select 1 from roles where id = ?5 and deleted = 0)"
);

/// What every statement after TAKE is conditional on.
macro_rules! taken {
    () => {
        "exists (select 1 from one_time where key = ?1 and taken_by = ?2)"
    };
}

const USER: &str = concat!(
    "insert into users (id, first_name, middle_name, last_name, username, username_key, \
       email, email_key, email_verified, phone, gender, dob, default_tenant_id, created_on, modified_on, \
       name_stands_in) \
     select ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?8, 1, ?9, ?10, ?11, ?12, ?13, ?13, ?14 where ",
    taken!()
);

const PASSWORD: &str = concat!(
    "insert into user_credentials (user_id, password, changed_on) select ?3, ?4, ?5 where ",
    taken!()
);

// A new user's id is drawn for one attempt: that the user exists says that the attempt has won.
const MEMBERSHIP: &str = "insert into user_tenants \
       (id, user_id, tenant_id, role_id, status, locale, created_on, modified_on) \
     select ?1, u.id, ?3, ?4, 1, ?5, ?6, ?6 from users u where u.id = ?2";

const CLIENTS: &str = "insert into user_clients (user_id, client_id) \
     select u.id, c.id from users u join auth_clients c on c.deleted = 0 \
       and c.client_id in (select value from json_each(?2)) where u.id = ?1";

const DEFAULTS_EXIST: &str = "select exists (select 1 from tenants where id = ?1 and deleted = 0 and status = 0) \
       and exists (select 1 from roles where id = ?2 and deleted = 0) as defaults_exist";

const VOID_OTHERS: &str = concat!(
    "update one_time set voided_on = ?3 \
     where kind = 'sign-up' and recipient = ?4 and key <> ?1 and taken_by is null and voided_on is null and ",
    taken!()
);

const OUTCOME: &str = concat!(
    "select \
       exists (select 1 from one_time where key = ?1 and taken_by = ?2) as made, \
       exists (select 1 from one_time o where o.key = ?1 and o.taken_by is null and ",
    taken_name!("o.recipient", "o.recipient"),
    ") as address_taken, \
       exists (select 1 from tenants where id = ?3 and deleted = 0 and status = 0) \
         and exists (select 1 from roles where id = ?4 and deleted = 0) as defaults_exist"
);

/// A user about to be made.
pub struct NewUser<'a> {
    /// The key of the invitation.
    pub invitation: &'a str,
    /// Drawn for this attempt.
    pub attempt: &'a str,
    /// The user's id.
    pub id: &'a str,
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
    /// Whether somebody has the address already.
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
        user(new, now),
        sql!(PASSWORD, key, attempt, new.id, new.password, now).run(),
        memberships(new.id, new.membership_id, defaults, locale, now),
        sql!(OUTCOME, key, attempt, tenant, role).one(),
        sql!(VOID_OTHERS, key, attempt, now, new.email_key).run(),
    );
    batch.map(|((), (), (), _, outcome, ())| outcome)
}

fn user(new: &NewUser<'_>, now: Timestamp) -> Query<()> {
    let profile = new.profile;
    let statement = sql!(
        USER,
        new.invitation,
        new.attempt,
        new.id,
        new.first_name,
        profile.middle_name.as_deref(),
        profile.last_name.as_deref(),
        new.email,
        new.email_key,
        profile.phone.as_deref(),
        profile.gender.as_deref(),
        profile.dob.as_deref(),
        &new.defaults.tenant_id,
        now,
        profile.is_nameless()
    );
    statement.run()
}

/// Where a new user belongs, and which clients may have it; nothing if the user was not made.
pub fn memberships(
    user_id: &str,
    membership_id: &str,
    defaults: &SignUpDefaults,
    locale: Option<&str>,
    now: Timestamp,
) -> (Query<()>, Query<()>) {
    let (tenant, role) = (&defaults.tenant_id, &defaults.role_id);
    let membership = sql!(
        MEMBERSHIP,
        membership_id,
        user_id,
        tenant,
        role,
        locale,
        now
    );
    let clients = sql!(CLIENTS, user_id, json!(defaults.client_ids).to_string());
    (membership.run(), clients.run())
}

/// Whether tenant and role are there.
pub fn defaults_exist(defaults: &SignUpDefaults) -> Query<(bool,)> {
    sql!(DEFAULTS_EXIST, &defaults.tenant_id, &defaults.role_id).one()
}
