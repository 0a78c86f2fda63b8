//! People at providers, and the accounts they open.

use super::accounts::{account_columns, taken_name};
use super::batch::Batch;
use super::query::{Query, Statement, sql};
use super::row::{FromRow, Row, Unreadable};
use super::users::{self, NewUserRow, insert_user, tenant_and_role_exist};
use super::value::Value;
use crate::auth::account::{Account, canonical_name};
use crate::auth::federation::identity::policy::{EmailOwner, KnownIdentity, NewAccount};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::time::Timestamp;
use crate::config::SignUpDefaults;

const KNOWN: &str = "select u.id is not null as live \
     from user_identities i left join users u on u.id = i.user_id and u.deleted = 0 \
     where i.provider = ?1 and i.issuer = ?2 and i.subject = ?3";

const EMAIL_OWNER: &str =
    "select id as user_id, email, email_verified from users where email_key = ?1 and deleted = 0";

const ACCOUNT: &str = concat!(
    "select ",
    account_columns!(),
    " from accounts a where a.user_id = (select user_id from user_identities \
       where provider = ?1 and issuer = ?2 and subject = ?3)"
);

// What the decision rests on must be so when the row is inserted, and the client, or our own pages, must
// admit the user.
const LINK: &str = "insert into user_identities (provider, issuer, subject, user_id, created_on) \
     select ?1, ?2, ?3, u.id, ?4 from users u \
     where u.id = ?6 and u.deleted = 0 and u.email = ?7 and u.email_verified = 1 \
       and iif(?5 is null, \
         exists (select 1 from accounts a where a.user_id = ?6 and a.live), \
         exists (select 1 from live_members m where m.user_id = ?6 and m.client_id = ?5)) \
     on conflict do nothing";

const SIGN_UP: &str = concat!(
    insert_user!(),
    "not ",
    taken_name!("?6", "?8"),
    " and not exists (select 1 from user_identities \
         where provider = ?15 and issuer = ?16 and subject = ?17) and ",
    tenant_and_role_exist!("?12", "?18")
);

const IDENTITY: &str = "insert into user_identities (provider, issuer, subject, user_id, created_on) \
     select ?1, ?2, ?3, u.id, ?4 from users u where u.id = ?5";

const USED: &str = "update user_identities set last_used_on = ?4, refresh_token = coalesce(?5, refresh_token) \
     where provider = ?1 and issuer = ?2 and subject = ?3";

// A name that was chosen stays, also where the provider gives another.
const NAME: &str = "update users set first_name = ?4, middle_name = ?5, last_name = ?6, \
       name_stands_in = 0, modified_on = ?7 \
     where name_stands_in = 1 and id = (select user_id from user_identities \
       where provider = ?1 and issuer = ?2 and subject = ?3)";

/// Whose account a person at a provider may open.
pub struct IdentityLookup {
    /// What is known of the identity.
    pub known: KnownIdentity,
    /// The account it opens.
    pub account: Option<Account>,
    /// The owner of its address here.
    pub owner: Option<EmailOwner>,
}

/// How a sign-up went.
pub struct SignedUp {
    /// The new account, unless another request was faster.
    pub account: Option<Account>,
    /// Whether tenant and role are there.
    pub defaults_exist: bool,
}

impl FromRow for KnownIdentity {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(if row.get("live")? {
            Self::OfLiveUser
        } else {
            Self::OfDeletedUser
        })
    }
}

impl FromRow for EmailOwner {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: row.get("user_id")?,
            email: row.get("email")?,
            email_verified: row.get("email_verified")?,
        })
    }
}

/// Looks a person up, by identity and by address.
pub fn find(profile: &ExternalProfile) -> impl Batch<Output = IdentityLookup> {
    let email_key = profile
        .email
        .as_ref()
        .map(|email| canonical_name(email.as_str()));
    let batch = (
        of_profile(KNOWN, profile).first(),
        account(profile),
        sql!(EMAIL_OWNER, email_key).first(),
    );
    batch.map(|(known, account, owner)| IdentityLookup {
        known: known.unwrap_or(KnownIdentity::Unknown),
        account,
        owner,
    })
}

/// Attaches the identity to the owner of its address, if the client admits that user; answers the
/// account, or nothing where the condition does not hold any more.
pub fn link(
    profile: &ExternalProfile,
    owner: &EmailOwner,
    client: Option<ClientNumber>,
    now: Timestamp,
) -> impl Batch<Output = Option<Account>> {
    let link = sql!(
        LINK,
        profile.provider.name(),
        &profile.issuer,
        &profile.subject,
        now,
        client,
        &owner.user_id,
        &owner.email
    );
    (link.run(), account(profile)).map(|((), account)| account)
}

/// A user about to be made of a person at a provider.
pub struct NewFederatedUser<'a> {
    /// The user's id, which the statements hang on: drawn for this attempt.
    pub id: &'a UserId,
    /// The membership's id.
    pub membership_id: &'a str,
    /// The account.
    pub account: &'a NewAccount,
    /// Tenant, role and clients.
    pub defaults: &'a SignUpDefaults,
}

/// Makes an account with its identity, whole or not at all.
pub fn sign_up(
    profile: &ExternalProfile,
    new: &NewFederatedUser<'_>,
    now: Timestamp,
) -> impl Batch<Output = SignedUp> {
    let identity = sql!(
        IDENTITY,
        profile.provider.name(),
        &profile.issuer,
        &profile.subject,
        now,
        new.id
    );
    let batch = (
        user(profile, new, now).changes(),
        users::memberships(new.id, new.membership_id, new.defaults, None, now),
        identity.run(),
        account(profile),
        users::defaults_exist(new.defaults),
    );
    batch.map(|(made, _, (), account, (defaults_exist,))| SignedUp {
        account: account.filter(|_| made > 0),
        defaults_exist,
    })
}

fn user(profile: &ExternalProfile, new: &NewFederatedUser<'_>, now: Timestamp) -> Statement {
    let NewAccount {
        username,
        email,
        names,
        name_stands_in,
    } = new.account;
    let email_key = email.as_deref().map(canonical_name);
    let row = NewUserRow {
        id: new.id,
        first_name: names.first.as_deref().unwrap_or(username),
        middle_name: names.middle.as_deref(),
        last_name: names.last.as_deref(),
        username,
        username_key: &canonical_name(username),
        email: email.as_deref(),
        email_key: email_key.as_deref(),
        phone: None,
        gender: None,
        dob: None,
        tenant_id: &new.defaults.tenant_id,
        name_stands_in: *name_stands_in,
    };
    let condition = [
        profile.provider.name(),
        &profile.issuer,
        &profile.subject,
        &new.defaults.role_id,
    ];
    row.insert(SIGN_UP, now, condition.map(Value::from).to_vec())
}

/// Records that an identity was authenticated with; a name that only stood in gives way to a real one.
pub fn used(profile: &ExternalProfile, now: Timestamp) -> Vec<Query<()>> {
    let (provider, issuer, subject) = (profile.provider.name(), &profile.issuer, &profile.subject);
    let names = &profile.names;
    let name = names.first.as_deref().map(|first| {
        let (middle, last) = (names.middle.as_deref(), names.last.as_deref());
        sql!(NAME, provider, issuer, subject, first, middle, last, now).run()
    });
    let revocable = profile.revocable.as_ref();
    let used = sql!(USED, provider, issuer, subject, now, revocable).run();
    [used].into_iter().chain(name).collect()
}

fn account(profile: &ExternalProfile) -> Query<Option<Account>> {
    of_profile(ACCOUNT, profile).first()
}

fn of_profile(sql: &'static str, profile: &ExternalProfile) -> Statement {
    sql!(
        sql,
        profile.provider.name(),
        &profile.issuer,
        &profile.subject
    )
}
