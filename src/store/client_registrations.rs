//! Clients of OAuth as they are written: by operators, by themselves, from their metadata documents.

use serde_json::Value as Json;

use super::batch::Batch;
use super::query::{Query, Statement, sql};
use super::value::Value;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::oauth::client::metadata::ClientMetadata;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;

/// Clients that have been learnt from their documents, and that no user has ever let in: the next one takes
/// the place of the oldest, so that strangers who bring documents leave no more rows than these.
pub const MOST_UNUSED: u32 = 1_000;

/// What OAuth needs of the client `c` that a condition finds. One that has never been used is as old as what
/// was last learnt of it.
macro_rules! put {
    ($which:expr) => {
        concat!(
            "insert into oauth_clients \
               (client_id, source, open, metadata, registration_digest, fresh_until, created_on, modified_on) \
             select c.id, ?2, ?3, ?4, ?5, ?6, ?7, ?7 from auth_clients c where c.deleted = 0 and ",
            $which,
            " on conflict (client_id) do update set open = excluded.open, metadata = excluded.metadata, \
               fresh_until = excluded.fresh_until, modified_on = excluded.modified_on, \
               created_on = iif(oauth_clients.source = 'document' and oauth_clients.used_on is null, \
                 excluded.created_on, oauth_clients.created_on) \
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

const PUT: &str = put!("c.id = ?1");

const PUT_BRANDING: &str = put_branding!("c.id = ?1");

// The client that was created a moment ago, or one that is in OAuth: a client of the other APIs that has the
// name of a document is none.
const PUT_NAMED: &str = put!(
    "c.client_id = ?1 and (c.client_secret_digest = ?8 \
       or exists (select 1 from oauth_clients r where r.client_id = c.id))"
);

const PUT_BRANDING_NAMED: &str = put_branding!("c.client_id = ?1");

// Its events are of now.
const RENEW_SECRET: &str = "update auth_clients set client_secret_digest = ?2, modified_on = ?4 \
     where id = ?1 and deleted = 0 \
       and exists (select 1 from oauth_clients r where r.client_id = ?1 and r.source = ?3)";

// A secret that nobody has, until the client is given one.
const CREATE: &str = "insert into auth_clients \
       (client_id, client_secret_digest, secret_digest, created_on, modified_on) \
     values (?1, ?2, ?3, ?4, ?4) on conflict do nothing returning id";

const REUSE: &str = "update auth_clients set client_id = ?1, client_secret_digest = ?2, secret_digest = ?3, \
       created_on = ?4, modified_on = ?4, deleted = 0, deleted_on = null, deleted_by = null \
     where id = (select r.client_id from oauth_clients r where r.source = 'document' and r.used_on is null \
         and r.created_on > 0 order by r.created_on desc limit 1 offset ?5) \
       and not exists (select 1 from auth_clients n where n.client_id = ?1 and n.deleted = 0)";

const DELETE: &str = "delete from oauth_clients where client_id = ?1 and source = 'operator'";

const UNREGISTER: &str = "delete from oauth_clients where client_id = ?1 and source = 'registered'";

const USED: &str = "update oauth_clients set used_on = ?2 where source <> 'operator' and client_id = \
     (select o.client_id from one_time o where o.key = ?1 and o.user_id is not null)";

/// What is written of a client, besides its metadata.
#[derive(Default)]
pub struct Registration<'a> {
    /// Digest of the registration access token, where a client registers itself.
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
}

/// Writes what OAuth needs to know of a client that there is; answers whether it was written: nobody
/// takes over a client of another source.
pub fn put(
    number: ClientNumber,
    metadata: &ClientMetadata,
    registration: &Registration<'_>,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let source = metadata.client.source.name();
    let renew = registration
        .secret_digest
        .map(|digest| sql!(RENEW_SECRET, number, digest, source, now).run());
    let put = written(PUT, number, metadata, registration, now).changes();
    let branding = branded(PUT_BRANDING, number, metadata, now).run();
    (put, branding, renew).map(|(written, (), _)| written > 0)
}

/// Creates a client that registers itself; nothing if its name is taken.
pub fn register(
    new: &NewClient<'_>,
    metadata: &ClientMetadata,
    registration: &Registration<'_>,
    now: Timestamp,
) -> impl Batch<Output = Option<(ClientNumber,)>> {
    let (secret, signing) = (new.secret.digest(), new.signing.digest());
    let create = sql!(CREATE, new.client_id, secret, signing, now).first();
    (create, named(new, metadata, registration, now)).map(|(created, ())| created)
}

/// Writes what the document of a client says, be the client new or not; answers whether it is new.
pub fn learn(
    new: &NewClient<'_>,
    metadata: &ClientMetadata,
    fresh_until: Timestamp,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let (secret, signing) = (new.secret.digest(), new.signing.digest());
    let registration = Registration {
        fresh_until: Some(fresh_until),
        ..Registration::default()
    };
    let last = MOST_UNUSED - 1;
    let reuse = sql!(REUSE, new.client_id, &*secret, &*signing, now, last).changes();
    let create = sql!(CREATE, new.client_id, secret, signing, now).changes();
    let put = named(new, metadata, &registration, now);
    (reuse, create, put).map(|(reused, created, ())| reused + created > 0)
}

/// Takes an operator's client out of OAuth; 0 if it was not.
pub fn delete(number: ClientNumber) -> Query<usize> {
    sql!(DELETE, number).changes()
}

/// Deletes a client that has registered itself; a trigger takes the client itself along.
pub fn unregister(number: ClientNumber) -> Query<()> {
    sql!(UNREGISTER, number).run()
}

/// Notes that a user has let a client in, by the key of the row that says so.
pub fn used(key: &str, now: Timestamp) -> Query<()> {
    sql!(USED, key, now).run()
}

/// What OAuth needs to know of a client by its name, and what users see.
fn named(
    new: &NewClient<'_>,
    metadata: &ClientMetadata,
    registration: &Registration<'_>,
    now: Timestamp,
) -> impl Batch<Output = ()> + use<> {
    let mut put = written(PUT_NAMED, new.client_id, metadata, registration, now);
    put.values.push(Value::from(new.secret.digest()));
    let branding = branded(PUT_BRANDING_NAMED, new.client_id, metadata, now);
    (put.run(), branding.run()).map(|((), ())| ())
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
