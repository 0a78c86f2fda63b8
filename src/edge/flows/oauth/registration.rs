//! Dynamic registration (RFC 7591), and what a client does with it afterwards (RFC 7592).

use serde_json::{Map, Value, json};

use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::oauth::client::Source;
use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};
use crate::auth::oauth::discovery::paths;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::secret::{Secret, random_secret, random_uuid};
use crate::config::Registration;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Act, Event, Managed, Stranger};
use crate::error::ErrorKind;
use crate::store::client_registrations::{self, NewClient};
use crate::store::oauth_clients;

const UNKNOWN: Failure = Failure::new(
    ErrorCode::InvalidToken,
    "the registration access token is invalid",
);

/// Registers a client, for whom the deployment lets register.
pub async fn register(
    app: &App,
    bearer: Option<&Secret>,
    document: &Map<String, Value>,
) -> Result<Map<String, Value>, OAuthError> {
    let settings = app.config.oauth.on()?;
    match &settings.registration {
        Registration::Off => return Err(ErrorKind::NoSuchPath.into()),
        Registration::Open => {}
        Registration::WithToken(digest) => {
            let good = bearer.is_some_and(|token| token.matches(digest));
            if !good {
                return Err(UNKNOWN.into());
            }
        }
    }
    let metadata = read(app, document)?;
    let client_id = ClientId::new(random_uuid()?);
    let (secret, token) = (random_secret()?, random_secret()?);
    let new = NewClient {
        client_id: &client_id,
        secret: &secret,
        signing: &random_secret()?,
        of_strangers: matches!(settings.registration, Registration::Open),
    };
    let digest = token.digest();
    let registration = client_registrations::Registration {
        token_digest: Some(&digest),
        ..Default::default()
    };
    let register = client_registrations::register(&new, &metadata, &registration, app.now);
    let registered = app.db.run(register).await?;
    let number = registered.ok_or(ErrorKind::Conflict("client_id"))?;
    record(app, number, Act::Created, &metadata);
    let mut told = told(app, &client_id, &metadata, &token, Some(&secret));
    told.insert("client_id_issued_at".to_owned(), json!(app.now.seconds()));
    Ok(told)
}

/// What a client is registered with (RFC 7592 §2.1).
pub async fn show(
    app: &App,
    client_id: &ClientId,
    token: &Secret,
) -> Result<Map<String, Value>, OAuthError> {
    let (_, metadata) = own(app, client_id, token).await?;
    Ok(told(app, client_id, &metadata, token, None))
}

/// Registers a client anew under its name (RFC 7592 §2.2). Its secret stays, unless it keeps none from now on,
/// or has kept none so far.
pub async fn replace(
    app: &App,
    client_id: &ClientId,
    token: &Secret,
    document: &Map<String, Value>,
) -> Result<Map<String, Value>, OAuthError> {
    let (number, before) = own(app, client_id, token).await?;
    let metadata = read(app, document)?;
    let changes = shares_secret(&before) != shares_secret(&metadata);
    let secret = changes.then(random_secret).transpose()?;
    let (digest, of_token) = (secret.as_ref().map(Secret::digest), token.digest());
    let registration = client_registrations::Registration {
        token_digest: Some(&of_token),
        secret_digest: digest.as_deref(),
        ..Default::default()
    };
    let put = client_registrations::put(number, &metadata, &registration, app.now);
    if !app.db.run(put).await? {
        return Err(UNKNOWN.into());
    }
    record(app, number, Act::Changed, &metadata);
    Ok(told(app, client_id, &metadata, token, secret.as_ref()))
}

/// Deletes a client (RFC 7592 §2.3); a trigger ends its sessions.
pub async fn delete(app: &App, client_id: &ClientId, token: &Secret) -> Result<(), OAuthError> {
    let (number, metadata) = own(app, client_id, token).await?;
    app.db
        .run(client_registrations::unregister(number, &token.digest()))
        .await?;
    record(app, number, Act::Deleted, &metadata);
    Ok(())
}

/// Records what a client does with its own registration, which is nobody's act. Where anybody may register,
/// it is only counted.
fn record(app: &App, number: ClientNumber, act: Act, metadata: &ClientMetadata) {
    let settings = app.config.oauth.on();
    if settings.is_ok_and(|settings| matches!(settings.registration, Registration::Open)) {
        return audit::count(app, Stranger::NewClient);
    }
    let managed = Managed {
        tenant: None,
        target: Some(number.to_string()),
        client: Some(number.get()),
        detail: Value::Object(metadata.to_members()),
    };
    let (kind, by) = ("client-registration", None);
    audit::record(
        app,
        Event::Managed {
            kind,
            act,
            by,
            managed,
        },
    );
}

/// Whether the client authenticates by its secret.
const fn shares_secret(metadata: &ClientMetadata) -> bool {
    metadata.client.authentication.is_by_secret()
}

fn read(app: &App, document: &Map<String, Value>) -> Result<ClientMetadata, OAuthError> {
    let policy = Policy {
        source: Source::Registered,
        local: app.config.oauth.local,
        signing: &app.config.token_keys.algorithms(),
    };
    Ok(ClientMetadata::read(document, policy)?)
}

async fn own(
    app: &App,
    client_id: &ClientId,
    token: &Secret,
) -> Result<(ClientNumber, ClientMetadata), OAuthError> {
    app.config.oauth.on()?;
    let found = oauth_clients::by_registration(client_id, token);
    let (client, display) = app.db.run(found).await?.ok_or(UNKNOWN)?;
    let metadata = ClientMetadata {
        client: client.oauth,
        display,
    };
    Ok((client.client.id, metadata))
}

/// What a client is told (RFC 7591 §3.2.1). Its secret is shown once.
fn told(
    app: &App,
    client_id: &ClientId,
    metadata: &ClientMetadata,
    token: &Secret,
    secret: Option<&Secret>,
) -> Map<String, Value> {
    let mut told = metadata.to_members();
    let address = app.config.oauth.address(paths::REGISTER);
    told.insert("client_id".to_owned(), json!(client_id));
    let uri = format!("{address}/{client_id}");
    told.insert("registration_client_uri".to_owned(), json!(uri));
    told.insert(
        "registration_access_token".to_owned(),
        json!(token.expose()),
    );
    if let Some(secret) = secret.filter(|_| shares_secret(metadata)) {
        told.insert("client_secret".to_owned(), json!(secret.expose()));
        told.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    told
}
