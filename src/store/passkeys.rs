//! Passkeys: the credential records of WebAuthn §4.

use super::accounts::account_columns;
use super::batch::Batch;
use super::factor_proofs::{ProofContext, proof_was_spent};
use super::pending_step::may_enrol_first;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::signed_in::{is_signed_in, may_add_factor};
use crate::auth::account::Account;
use crate::auth::factor::kind::MOST_FACTORS;
use crate::auth::id::{AttemptId, FactorId, UserId};
use crate::auth::time::Timestamp;
use crate::auth::webauthn::{NewPasskey, StoredPasskey};

const BY_CREDENTIAL: &str = concat!(
    "select f.id as factor_id, f.public_key, f.sign_count, f.backup_eligible, f.backed_up, f.rp_id, \
       h.user_handle, ",
    account_columns!(),
    " from factors f cross join user_factors h on h.user_id = f.user_id \
     cross join accounts a on a.user_id = f.user_id \
     where f.credential_id = ?1 and f.confirmed_on is not null"
);

const OF_USER: &str = "select credential_id, transports from factors \
     where user_id = ?1 and kind = 'passkey' and confirmed_on is not null order by created_on, id";

const RELYING_PARTIES: &str = "select (select min(rp_id) from factors where rp_id is not null) as least, \
     (select max(rp_id) from factors where rp_id is not null) as greatest";

const KNOW_HOLDER: &str = concat!(
    "insert into user_factors (user_id, user_handle) select ?1, lower(hex(randomblob(32))) where ",
    is_signed_in!("?2", "?1", "?3"),
    " or ",
    may_enrol_first!("?2", "?1", "?3"),
    " on conflict (user_id) do nothing"
);

const HOLDER: &str = "select user_handle from user_factors where user_id = ?1";

const INSERT: &str = concat!(
    "insert into factors (id, user_id, kind, name, credential_id, public_key, sign_count, \
       backup_eligible, backed_up, aaguid, transports, discoverable, rp_id, created_on, confirmed_on) \
     select ?1, ?2, 'passkey', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13 where ",
    proof_was_spent!("?14"),
    " and ",
    may_add_factor!("?16", "?2"),
    " and (select count(*) from factors where user_id = ?2 and confirmed_on is not null) < ?15 \
     on conflict (credential_id) where credential_id is not null do nothing"
);

/// A passkey with its owner.
#[derive(Debug)]
pub struct OwnedPasskey {
    /// Its factor.
    pub id: FactorId,
    /// Its record. Whether the owner was known before is for the caller to say.
    pub record: StoredPasskey,
    /// The relying party that it was made for.
    pub rp_id: String,
    /// Its owner.
    pub account: Account,
}

/// A passkey about to be stored.
#[derive(Debug)]
pub struct PasskeyRow<'a> {
    /// Its factor.
    pub id: &'a FactorId,
    /// Its owner.
    pub user_id: &'a UserId,
    /// As its owner calls it.
    pub name: &'a str,
    /// What was registered.
    pub passkey: &'a NewPasskey,
    /// The transports, as JSON.
    pub transports: &'a str,
    /// The relying party that it was made for.
    pub rp_id: &'a str,
    /// The attempt that has spent the challenge.
    pub attempt: &'a AttemptId,
    /// Where it is registered.
    pub place: ProofContext<'a>,
}

/// A credential's id and transports, for the options of a ceremony.
#[derive(Debug)]
pub struct KnownCredential {
    /// In base64url.
    pub id: String,
    /// How its authenticator can be reached.
    pub transports: Vec<String>,
}

impl FromRow for OwnedPasskey {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("factor_id")?,
            record: StoredPasskey {
                public_key: row.get("public_key")?,
                sign_count: row.get("sign_count")?,
                backup_eligible: row.get("backup_eligible")?,
                backed_up: row.get("backed_up")?,
                user_handle: row.get("user_handle")?,
                identified: false,
            },
            rp_id: row.get("rp_id")?,
            account: Account::from_row(row)?,
        })
    }
}

/// The least and the greatest RP ID of all passkeys.
struct RelyingParties([Option<String>; 2]);

impl FromRow for RelyingParties {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self([row.get("least")?, row.get("greatest")?]))
    }
}

impl FromRow for KnownCredential {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("credential_id")?,
            transports: row.json("transports")?,
        })
    }
}

/// The passkey of a credential's id.
pub fn by_credential(id: &str) -> Query<Option<OwnedPasskey>> {
    sql!(BY_CREDENTIAL, id).first()
}

/// The credentials of a user.
pub fn of_user(user_id: &UserId) -> Query<Vec<KnownCredential>> {
    sql!(OF_USER, user_id).all()
}

/// Whether all passkeys that exist are of one relying party.
pub fn are_of(rp_id: &str) -> impl Batch<Output = bool> {
    let rp_id = rp_id.to_owned();
    let ends = sql!(RELYING_PARTIES).one::<RelyingParties>();
    ends.map(move |ends| ends.0.iter().flatten().all(|end| *end == rp_id))
}

/// The handle by which authenticators know a user who registers a passkey, which is drawn the first time.
pub fn holder(
    user_id: &UserId,
    place: ProofContext<'_>,
    now: Timestamp,
) -> impl Batch<Output = Option<String>> + use<> {
    let know = sql!(KNOW_HOLDER, user_id, place.place(), now);
    (know.run(), handle(user_id)).map(|((), handle)| handle)
}

/// The handle by which authenticators know a user, if any does.
pub fn handle(user_id: &UserId) -> impl Batch<Output = Option<String>> + use<> {
    let handle = sql!(HOLDER, user_id).first::<(String,)>();
    handle.map(|handle| handle.map(|(handle,)| handle))
}

/// Stores a passkey; says whether it did. The id of a credential that anybody has is refused, and so is
/// a twenty-first factor.
pub fn insert(new: &PasskeyRow<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let passkey = new.passkey;
    let insert = sql!(
        INSERT,
        new.id,
        new.user_id,
        new.name,
        &passkey.credential_id,
        &passkey.public_key,
        passkey.sign_count,
        passkey.backup_eligible,
        passkey.backed_up,
        &passkey.aaguid,
        new.transports,
        passkey.discoverable,
        new.rp_id,
        now,
        new.attempt,
        MOST_FACTORS,
        new.place.place()
    );
    insert.changes().map(|inserted| inserted > 0)
}
