//! `AuthUser`: the answer of `GET /auth/me`, in the original's order.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::account::{Account, Membership};
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::time::Timestamp;
use crate::auth::token::{UserPreferences, iso8601};

/// The original's user shape. Absent values are null, as its nullable columns are.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthUser<'a> {
    id: &'a UserId,
    first_name: &'a str,
    last_name: Option<&'a str>,
    middle_name: Option<&'a str>,
    username: &'a str,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    auth_client_ids: &'a [ClientNumber],
    last_login: Option<String>,
    dob: Option<String>,
    gender: Option<&'a str>,
    default_tenant_id: Option<&'a str>,
    permissions: &'a [String],
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<u32>,
    auth_client_id: ClientNumber,
    user_preferences: UserPreferences,
    tenant_id: Option<&'a str>,
    user_tenant_id: Option<&'a str>,
    status: Option<i64>,
}

impl<'a> AuthUser<'a> {
    /// Shows an account as the client with this number sees it at `now`.
    pub fn new(account: &'a Account, client: ClientNumber, locale: &str, now: Timestamp) -> Self {
        let membership: Option<&Membership> = account.membership.as_ref();
        Self {
            id: &account.id,
            first_name: &account.first_name,
            last_name: account.last_name.as_deref(),
            middle_name: account.middle_name.as_deref(),
            username: &account.username,
            email: account.email.as_deref(),
            phone: account.phone.as_deref(),
            auth_client_ids: &account.client_ids,
            last_login: account.last_login.map(iso8601),
            dob: account
                .dob
                .as_ref()
                .map(|day| format!("{day}T00:00:00.000Z")),
            gender: account.gender.as_deref(),
            default_tenant_id: account.default_tenant_id.as_deref(),
            permissions: account.permissions(),
            role: membership.map(|membership| membership.role_type.to_string()),
            age: account.age(now),
            auth_client_id: client,
            user_preferences: UserPreferences::new(account, locale),
            tenant_id: membership.map(|membership| membership.tenant_id.as_str()),
            user_tenant_id: membership.map(|membership| membership.id.as_str()),
            status: membership.map(|membership| membership.status),
        }
    }
}

/// What of a token's claims is `AuthUser`'s (the compatibility flag `plain-bearer`): the original's
/// strict model.
pub fn from_claims(mut claims: Map<String, Value>) -> Map<String, Value> {
    claims.retain(|name, _| MEMBERS.contains(&name.as_str()));
    claims
}

const MEMBERS: &[&str] = &[
    "id",
    "firstName",
    "lastName",
    "middleName",
    "username",
    "email",
    "phone",
    "authClientIds",
    "lastLogin",
    "dob",
    "gender",
    "defaultTenantId",
    "permissions",
    "role",
    "age",
    "authClientId",
    "userPreferences",
    "tenantId",
    "userTenantId",
    "status",
];
