//! One-time passwords: their issuers, and what they authenticate.

use futures_util::future::try_join;

use super::administration;
use super::audit::{self, Event, Stranger};
use super::credentials::{self, otp};
use crate::auth::account::canonical_name;
use crate::auth::caller::Caller;
use crate::auth::data_key::Purpose;
use crate::auth::id::{ClientId, ClientNumber, UserId};
use crate::auth::json;
use crate::auth::one_time::Otp;
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::otps::{self, NewOtp};

/// How long an OTP lives, as in the original.
const LIFETIME: Seconds = Seconds::new(900);

/// The caller that posts, reads and deletes OTPs.
pub struct OtpIssuer {
    /// The client, if it is one: it sees what it posted itself. An administrator sees all.
    client: Option<ClientNumber>,
    /// The administrator, if it is one.
    user_id: Option<UserId>,
    /// Whether the OTPs can be passwords.
    trusted: bool,
}

impl OtpIssuer {
    /// The key of a username's OTP. OTPs that need no credentials stay apart from those that can be a
    /// password: no canonical name begins with a space.
    fn key(&self, username: &str) -> String {
        let name = canonical_name(username);
        if self.trusted {
            otp::key(&name)
        } else {
            otp::key(&format!(" {name}"))
        }
    }
}

/// The credentials of a request to `/otp-caches`.
pub enum RequestCredentials {
    /// HTTP Basic.
    Client(ClientId, Secret),
    /// A bearer token.
    Bearer(Secret),
    /// Nothing.
    Anonymous,
}

/// Admits administrators, the clients of `OTP_CLIENT_IDS`, and with the compatibility flag
/// `open-otp-caches` every caller, whose OTPs are then never passwords.
pub async fn issuer(app: &App, presented: RequestCredentials) -> Result<OtpIssuer, Error> {
    match presented {
        RequestCredentials::Client(client_id, secret) => {
            if !app.config.otp_client_ids.contains(&client_id) {
                return Err(ErrorKind::NoBasic.into());
            }
            let calling = credentials::client(app, &client_id, Some(&secret)).await;
            let calling = calling.map_err(|error| match error.kind() {
                ErrorKind::Unauthenticated(_) | ErrorKind::Rejected(_) => ErrorKind::NoBasic.into(),
                _ => error,
            })?;
            Ok(OtpIssuer {
                client: Some(calling.client().id),
                user_id: None,
                trusted: true,
            })
        }
        RequestCredentials::Bearer(token) => {
            administration::administrator_to_change(app, &Caller::Bearer(token))
                .await
                .map(|by| OtpIssuer {
                    client: None,
                    user_id: by.user_id(),
                    trusted: true,
                })
        }
        RequestCredentials::Anonymous if app.config.compatibility.open_otp_caches => {
            Ok(OtpIssuer {
                client: None,
                user_id: None,
                trusted: false,
            })
        }
        RequestCredentials::Anonymous => Err(ErrorKind::NoBearer.into()),
    }
}

/// Keeps an OTP for a username, in place of the one before.
pub async fn put(app: &App, issuer: &OtpIssuer, username: &str, otp: &Secret) -> Result<(), Error> {
    let key = issuer.key(username);
    let keys = &app.config.data_keys;
    let mac = keys.tag(Purpose::Otp, &[&key, otp.expose()])?;
    let row = NewOtp {
        key: &key,
        mac: &mac,
        client: issuer.client,
        usable: issuer.trusted,
        expires_on: app.now + LIFETIME,
    };
    let shown = serde_json::to_string(&(username, otp.expose()))
        .map_err(|error| ErrorKind::Internal(format!("OTP record: {error}")))?;
    let record = Otp {
        sealed: keys.seal(Purpose::OtpShown, &key, &shown)?,
    };
    try_join(
        app.db.run(otps::put(&row, app.now)),
        app.kv.put(&key, &record, LIFETIME),
    )
    .await?;
    if issuer.trusted {
        let (by, client) = (issuer.user_id.clone(), issuer.client);
        audit::record(app, Event::OtpPosted { by, client });
    } else {
        audit::count(app, Stranger::OpenOtp);
    }
    Ok(())
}

/// The OTP that is kept for a username, if this issuer may see it: as it was posted, and the OTP.
///
/// A record that this place has from before the last post does not match the row, and is not shown.
pub async fn look(
    app: &App,
    issuer: &OtpIssuer,
    username: &str,
) -> Result<Option<(String, Secret)>, Error> {
    let key = issuer.key(username);
    let (mac, record) = try_join(
        app.db.run(otps::look(&key, issuer.client, app.now)),
        app.kv.get::<Otp>(&key),
    )
    .await?;
    let (Some((mac,)), Some(record)) = (mac, record) else {
        return Ok(None);
    };
    let keys = &app.config.data_keys;
    let shown = keys.open(Purpose::OtpShown, &key, &record.sealed)?;
    let shown = shown.and_then(|text| json::read::<(String, String)>(text.as_bytes()).ok());
    let Some((username, otp)) = shown else {
        return Ok(None);
    };
    let same = keys.verify(Purpose::Otp, &[&key, &otp], &mac)?;
    Ok(same.then(|| (username, Secret::new(otp))))
}

/// Forgets the OTP of a username, if this issuer may see it.
pub async fn delete(app: &App, issuer: &OtpIssuer, username: &str) -> Result<(), Error> {
    let key = issuer.key(username);
    if app.db.run(otps::delete(&key, issuer.client)).await? > 0 {
        // Without its row the record means nothing, so the response does not wait for its deletion.
        app.in_background(|app| async move { app.kv.delete(&key).await });
    }
    Ok(())
}
