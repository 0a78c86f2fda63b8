//! `oauth_clients`: what OAuth needs to know of a client, beside the row of `auth_clients` that it is. How it
//! is written is in [`super::client_registrations`].

use serde_json::{Map, Value as Json};

use super::query::{Query, Statement, sql};
use super::row::{FromRow, Row, Unreadable};
use super::value::Value;
use crate::auth::client::AuthClient;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::oauth::client::authentication::PresentedClient;
use crate::auth::oauth::client::{AuthenticationMethod, Display, OAuthClient, Source};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;

/// The columns of a [`RegisteredClient`], of `auth_clients` as `c` and `oauth_clients` as `r`.
macro_rules! registered_columns {
    () => {
        concat!(client_columns!(), ", r.source, r.metadata, r.fresh_until")
    };
}

/// Whether the client that presents itself is the registered one, as `PresentedClient::is` says: the row
/// `c` of `auth_clients` and `r` of `oauth_clients`. An assertion has been verified before.
macro_rules! is_proven {
    ($client:literal, $method:literal, $digest:literal, $other_digest:literal) => {
        concat!(
            "c.client_id = ",
            $client,
            " and c.deleted = 0 and json_extract(r.metadata, '$.token_endpoint_auth_method') = ",
            $method,
            " and (",
            $method,
            " in ('none', 'private_key_jwt') or c.client_secret_digest in (",
            $digest,
            ", ",
            $other_digest,
            "))"
        )
    };
}
pub(super) use is_proven;

const BY_CLIENT_ID: &str = concat!(
    "select ",
    registered_columns!(),
    " from auth_clients c join oauth_clients r on r.client_id = c.id \
     where c.client_id = ?1 and c.deleted = 0"
);

const BY_NUMBER: &str = concat!(
    "select ",
    registered_columns!(),
    ", b.client_name, b.client_uri, b.tos_uri, b.policy_uri \
     from auth_clients c join oauth_clients r on r.client_id = c.id \
     left join client_branding b on b.client_id = c.id where c.id = ?1 and c.deleted = 0"
);

const BY_REGISTRATION: &str = concat!(
    "select ",
    registered_columns!(),
    ", b.client_name, b.client_uri, b.tos_uri, b.policy_uri \
     from auth_clients c join oauth_clients r on r.client_id = c.id \
     left join client_branding b on b.client_id = c.id \
     where c.client_id = ?1 and c.deleted = 0 and r.source = 'registered' and r.registration_digest = ?2"
);

/// A client of the OAuth endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredClient {
    /// What every API knows of it.
    pub client: AuthClient,
    /// What OAuth knows of it.
    pub oauth: OAuthClient,
    /// Until when its metadata document need not be fetched again.
    pub fresh_until: Option<Timestamp>,
}

/// A client as it presents itself, in the values that statements compare.
#[derive(Debug, Clone)]
pub struct ClientProof {
    /// Who it says it is.
    pub client_id: ClientId,
    /// How it authenticates.
    pub method: AuthenticationMethod,
    /// Digests of its secret, of which one has to be the stored one.
    pub digests: [Option<String>; 2],
}

impl From<&PresentedClient> for ClientProof {
    fn from(presented: &PresentedClient) -> Self {
        let mut digests = presented.secret_digests().into_iter();
        Self {
            client_id: presented.client_id.clone(),
            method: presented.method(),
            digests: [digests.next(), digests.next()],
        }
    }
}

impl ClientProof {
    /// Binds the four values of [`is_proven`] after the others of a statement.
    pub(super) fn bind(&self, mut statement: Statement) -> Statement {
        let [digest, other] = &self.digests;
        statement.values.extend([
            Value::from(&self.client_id),
            Value::from(self.method.name()),
            Value::from(digest.as_deref()),
            Value::from(other.as_deref()),
        ]);
        statement
    }
}

impl FromRow for RegisteredClient {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let source: String = row.get("source")?;
        let source = Source::from_name(&source).ok_or(Unreadable::Column("source"))?;
        let metadata: Map<String, Json> = row.json("metadata")?;
        let oauth = OAuthClient::stored(source, &metadata)
            .map_err(|failure| Unreadable::Content("metadata", failure.description.to_owned()))?;
        Ok(Self {
            client: AuthClient::from_row(row)?,
            oauth,
            fresh_until: row.get("fresh_until")?,
        })
    }
}

impl FromRow for (RegisteredClient, Display) {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let display = Display {
            client_name: row.get("client_name")?,
            client_uri: row.get("client_uri")?,
            tos_uri: row.get("tos_uri")?,
            policy_uri: row.get("policy_uri")?,
        };
        Ok((RegisteredClient::from_row(row)?, display))
    }
}

/// The client of a public name, if it is for OAuth.
pub fn by_client_id(client_id: &ClientId) -> Query<Option<RegisteredClient>> {
    sql!(BY_CLIENT_ID, client_id).first()
}

/// The client of a number, and what users see of it.
pub fn by_number(number: ClientNumber) -> Query<Option<(RegisteredClient, Display)>> {
    sql!(BY_NUMBER, number).first()
}

/// The client that has registered itself and has its registration access token (RFC 7592 §2).
pub fn by_registration(
    client_id: &ClientId,
    token: &Secret,
) -> Query<Option<(RegisteredClient, Display)>> {
    sql!(BY_REGISTRATION, client_id, token.digest()).first()
}
