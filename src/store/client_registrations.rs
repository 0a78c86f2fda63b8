//! Clients of OAuth as they are written: by operators, by themselves, from their metadata documents.

use serde_json::Value as Json;

use super::batch::Batch;
use super::query::{Query, Statement, sql};
use super::value::Value;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::oauth::client::metadata::ClientMetadata;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;

/// Clients of strangers, by document or by registration, that no user has ever let in: the next one takes the
/// place of the oldest, so that strangers leave no more rows than these.
pub const MOST_UNUSED: u32 = 1_000;

/// What OAuth needs of the client `c` that a condition finds. One that has never been used is as old as what
/// was last learnt of it, or as its registration.
macro_rules! put {
    ($which:expr) => {
        concat!(
            "insert into oauth_clients \
               (client_id, source, open, metadata, registration_digest, fresh_until, created_on, modified_on) \
             select c.id, ?2, ?3, ?4, ?5, ?6, ?7, ?7 from auth_clients c where c.deleted = 0 and ",
            $which,
            " on conflict (client_id) do update set open = excluded.open, metadata = excluded.metadata, \
               fresh_until = excluded.fresh_until, modified_on = excluded.modified_on, \
               created_on = iif(oauth_clients.used_on is null and (oauth_clients.source = 'document' \
                 or excluded.registration_digest is not null), excluded.created_on, oauth_clients.created_on), \
               registration_digest = coalesce(excluded.registration_digest, oauth_clients.registration_digest) \
             where source = excluded.source"
        )
    };
}

/// What users see of the client `c` that a condition finds. An operator's client that says nothing of this
/// keeps what it has.
macro_rules! put_branding {
    ($which:expr) => {
        concat!(
            "insert into client_branding \
               (client_id, client_name, client_uri, tos_uri, policy_uri, modified_on) \
             select c.id, ?2, ?3, ?4, ?5, ?6 from auth_clients c \
             join oauth_clients r on r.client_id = c.id and r.source = ?7 \
             where c.deleted = 0 and ",
            $which,
            " and (r.source <> 'operator' or coalesce(?2, ?3, ?4, ?5) is not null) \
             on conflict (client_id) do update set client_name = excluded.client_name, \
               client_uri = excluded.client_uri, tos_uri = excluded.tos_uri, \
               policy_uri = excluded.policy_uri, \
               modified_on = max(excluded.modified_on, client_branding.modified_on + 1)"
        )
    };
}

/// Whether the row of a number is still that of the client which has this registration access token, where a
/// client changes its own: the row of one that was never used may be another's by now.
macro_rules! is_own {
    ($number:literal, $digest:literal) => {
        concat!(
            "(",
            $digest,
            " is null or exists (select 1 from oauth_clients o where o.client_id = ",
            $number,
            " and o.registration_digest = ",
            $digest,
            "))"
        )
    };
}

const PUT: &str = put!(concat!("c.id = ?1 and ", is_own!("?1", "?5")));

const PUT_BRANDING: &str = put_branding!(concat!("c.id = ?1 and ", is_own!("?1", "?8")));

// The client that was created a moment ago, or one that was learnt before: a client of the other APIs that has
// the name of a document is none.
const PUT_NAMED: &str = put!(
    "c.client_id = ?1 and (c.client_secret_digest = ?8 \
       or exists (select 1 from oauth_clients r where r.client_id = c.id and r.source = 'document'))"
);

const PUT_BRANDING_NAMED: &str = put_branding!("c.client_id = ?1");

// Its events are of now.
const RENEW_SECRET: &str = concat!(
    "update auth_clients set client_secret_digest = ?2, modified_on = ?4 \
     where id = ?1 and deleted = 0 \
       and exists (select 1 from oauth_clients r where r.client_id = ?1 and r.source = ?3) and ",
    is_own!("?1", "?5")
);

// A secret that nobody has, until the client is given one.
const CREATE: &str = "insert into auth_clients \
       (client_id, client_secret_digest, secret_digest, created_on, modified_on) \
     values (?1, ?2, ?3, ?4, ?4) on conflict do nothing returning id";

const REUSE: &str = "update auth_clients set client_id = ?1, client_secret_digest = ?2, secret_digest = ?3, \
       created_on = ?4, modified_on = ?4, deleted = 0, deleted_on = null, deleted_by = null \
     where id = (select r.client_id from oauth_clients r where r.source = ?6 and r.source <> 'operator' \
         and r.used_on is null order by r.created_on desc limit 1 offset ?5) \
       and not exists (select 1 from auth_clients n where n.client_id = ?1 and n.deleted = 0) returning id";

const DELETE: &str = "delete from oauth_clients where client_id = ?1 and source = 'operator'";

const UNREGISTER: &str = "delete from oauth_clients where client_id = ?1 and source = 'registered' \
     and registration_digest = ?2";

const USED: &str = "update oauth_clients set used_on = ?2 where source <> 'operator' and client_id = \
     (select o.client_id from one_time o where o.key = ?1 and o.user_id is not null)";

/// What is written of a client, besides its metadata.
#[derive(Default)]
pub struct Registration<'a> {
    /// Digest of the registration access token, where a client registers itself, or changes its registration.
    pub token_digest: Option<&'a str>,
    /// Until when a metadata document need not be fetched again.
    pub fresh_until: Option<Timestamp>,
    /// Digest of the secret from now on, where it is another one.
    pub secret_digest: Option<&'a str>,
}

/// A client that there may not be yet.
pub struct NewClient<'a> {
    /// Its name.
    pub client_id: &'a ClientId,
    /// Its secret.
    pub secret: &'a Secret,
    /// What its codes at the other APIs would be bound to.
    pub signing: &'a Secret,
    /// Whether anybody may bring such a client.
    pub of_strangers: bool,
}

/// Writes what OAuth needs to know of a client that there is; answers whether it was written: nobody
/// takes over a client of another source, or with another registration access token.
pub fn put(
    number: ClientNumber,
    metadata: &ClientMetadata,
    registration: &Registration<'_>,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let (source, token) = (metadata.client.source.name(), registration.token_digest);
    let renew = registration
        .secret_digest
        .map(|digest| sql!(RENEW_SECRET, number, digest, source, now, token).run());
    let put = written(PUT, number, metadata, registration, now).changes();
    let mut branding = branded(PUT_BRANDING, number, metadata, now);
    branding.values.push(Value::from(token));
    (put, branding.run(), renew).map(|(written, (), _)| written > 0)
}

/// Writes what OAuth needs to know of a client that there may be or not; answers its number if it is new.
/// One of strangers may take the place of another.
pub fn register(
    new: &NewClient<'_>,
    metadata: &ClientMetadata,
    registration: &Registration<'_>,
    now: Timestamp,
) -> impl Batch<Output = Option<ClientNumber>> {
    let (secret, signing) = (new.secret.digest(), new.signing.digest());
    let (name, source) = (new.client_id, metadata.client.source.name());
    let last = MOST_UNUSED - 1;
    let reuse = new
        .of_strangers
        .then(|| sql!(REUSE, name, &*secret, &*signing, now, last, source).first());
    let create = sql!(CREATE, name, &*secret, &*signing, now).first();
    let mut put = written(PUT_NAMED, name, metadata, registration, now);
    put.values.push(Value::from(secret));
    let branding = branded(PUT_BRANDING_NAMED, name, metadata, now);
    (reuse, create, put.run(), branding.run()).map(|(reused, created, (), ())| {
        let number: Option<(ClientNumber,)> = reused.flatten().or(created);
        number.map(|(number,)| number)
    })
}

/// Takes an operator's client out of OAuth; 0 if it was not.
pub fn delete(number: ClientNumber) -> Query<usize> {
    sql!(DELETE, number).changes()
}

/// Deletes a client that has registered itself, by the digest of its token; a trigger takes the client itself
/// along.
pub fn unregister(number: ClientNumber, token_digest: &str) -> Query<()> {
    sql!(UNREGISTER, number, token_digest).run()
}

/// Notes that a user has let a client in, by the key of the row that says so.
pub fn used(key: &str, now: Timestamp) -> Query<()> {
    sql!(USED, key, now).run()
}

fn written(
    statement: &'static str,
    client: impl Into<Value>,
    metadata: &ClientMetadata,
    registration: &Registration<'_>,
    now: Timestamp,
) -> Statement {
    let members = Json::Object(metadata.client.to_members()).to_string();
    sql!(
        statement,
        client.into(),
        metadata.client.source.name(),
        metadata.client.open,
        members,
        registration.token_digest,
        registration.fresh_until,
        now
    )
}

fn branded(
    statement: &'static str,
    client: impl Into<Value>,
    metadata: &ClientMetadata,
    now: Timestamp,
) -> Statement {
    let [name, home, terms, policy] = metadata.display.members().map(|(_, text)| text);
    let source = metadata.client.source.name();
    sql!(
        statement,
        client.into(),
        name,
        home,
        terms,
        policy,
        now,
        source
    )
}
