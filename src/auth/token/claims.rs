//! What an access token says.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::person::PersonClaims;
use crate::auth::account::Account;
use crate::auth::assurance::Assurance;
use crate::auth::client::AuthClient;
use crate::auth::id::{ClientId, ClientNumber, SessionId, UserId};
use crate::auth::time::Timestamp;

/// What an access token says: the original's claims, and the registered ones besides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessClaims {
    /// The user.
    pub id: UserId,
    /// As the user spells it.
    pub username: String,
    /// Where messages go, if anywhere.
    pub email: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: Option<String>,
    /// Effective permissions in the default tenant.
    pub permissions: Vec<String>,
    /// `role_type`, as a string.
    pub role: String,
    /// The client's number.
    pub auth_client_id: ClientNumber,
    /// The tenant the user belongs to unless another is named.
    pub default_tenant_id: Option<String>,
    /// The tenant this token speaks for.
    pub tenant_id: Option<String>,
    /// The membership.
    pub user_tenant_id: Option<String>,
    /// The membership's status.
    pub status: i64,
    /// Locale and the like.
    pub user_preferences: UserPreferences,
    /// What the sign-in or refresh came from; informational.
    pub device_info: DeviceInfo,
    /// When the user last signed in, ISO 8601.
    pub last_login: Option<String>,
    /// The user again (RFC 7519 §4.1.2).
    pub sub: UserId,
    /// Makes the token unique.
    pub jti: String,
    /// The session: a row in D1.
    pub sid: SessionId,
    /// The client's public name (RFC 9068 §2.2).
    #[serde(rename = "client_id")]
    pub client_id: ClientId,
    /// The issuer.
    pub iss: String,
    /// The audience: our own APIs, by the issuer's name.
    pub aud: String,
    /// The assurance level: `aal1` or `aal2` (OpenID Connect Core §2).
    pub acr: &'static str,
    /// How the user was authenticated (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// When the user was last authenticated, in seconds since the epoch.
    #[serde(rename = "auth_time")]
    pub auth_time: i64,
    /// In tokens of ServiceStack's sign-ins, for services that read them; nothing here does.
    #[serde(flatten)]
    pub person: Option<PersonClaims>,
}

/// `userPreferences` of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserPreferences {
    /// BCP 47 language tag.
    pub locale: String,
}

/// `deviceInfo` of the original.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// The `device_id` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The `User-Agent` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl AccessClaims {
    /// What a token says of an account that holds a session with a client.
    pub fn new(account: &Account, client: &AuthClient, context: ClaimContext<'_>) -> Self {
        let membership = account.membership.as_ref();
        Self {
            id: account.id.clone(),
            username: account.username.clone(),
            email: account.email.clone(),
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            permissions: account.permissions().to_vec(),
            role: membership.map_or_else(String::new, |member| member.role_type.to_string()),
            auth_client_id: client.id,
            default_tenant_id: account.default_tenant_id.clone(),
            tenant_id: membership.map(|member| member.tenant_id.clone()),
            user_tenant_id: membership.map(|member| member.id.clone()),
            status: membership.map_or(0, |member| member.status),
            user_preferences: UserPreferences::new(account, context.locale),
            device_info: context.device_info,
            last_login: account.last_login.map(iso8601),
            sub: account.id.clone(),
            jti: context.jti,
            sid: context.session_id.to_owned(),
            client_id: client.client_id.clone(),
            iss: context.issuer.to_owned(),
            aud: context.issuer.to_owned(),
            acr: context.assurance.aal.acr(),
            amr: amr(context.assurance),
            auth_time: context.assurance.auth_time.seconds(),
            person: None,
        }
    }
}

/// What a token says that is not of the account or the client.
pub struct ClaimContext<'a> {
    /// The session.
    pub session_id: &'a SessionId,
    /// What it rests on.
    pub assurance: &'a Assurance,
    /// Makes the token unique.
    pub jti: String,
    /// The issuer.
    pub issuer: &'a str,
    /// The locale of accounts that have none.
    pub locale: &'a str,
    /// Where the request came from.
    pub device_info: DeviceInfo,
}

fn amr(assurance: &Assurance) -> Vec<String> {
    let values = assurance.amr.split_whitespace();
    values.map(str::to_owned).collect()
}

impl UserPreferences {
    /// An account's preferences; `locale` is that of accounts that have none.
    pub fn new(account: &Account, locale: &str) -> Self {
        Self {
            locale: account.locale.clone().unwrap_or_else(|| locale.to_owned()),
        }
    }
}

/// A time as the APIs write it: ISO 8601 in UTC with milliseconds.
pub fn iso8601(time: Timestamp) -> String {
    DateTime::from_timestamp_millis(time.millis()).map_or_else(String::new, |instant| {
        instant.to_rfc3339_opts(SecondsFormat::Millis, true)
    })
}
