//! Every operation of `edge/routes.rs` and the document itself, each in a line; a test holds the two to
//! each other.

use super::client_metadata::CLIENT_METADATA;
use super::operation::Answers::{
    Emptiness, KeySet, LoggedOut, Many, Nothing as Empty, One, Redirect, Row, Rows,
};
use super::operation::Caller::{Anybody, Bearer, BearerOrClient};
use super::operation::Takes::{
    Changes, ChangesWhere, Filter, Form, Json, JsonList, JsonWithSecret, MaybeWhere, Names, NewRow,
    Nothing, Query, Replacement, Where,
};
use super::operation::{Answers, Caller, Operation, Takes};
use crate::auth::client::columns::AUTH_CLIENTS;
use crate::auth::management::tables::{
    GROUPS, LOGIN_ACTIVITY, OUTBOX, ROLES, TENANT_CONFIGS, TENANTS, USER_GROUPS, USER_PERMISSIONS,
    USERS,
};
use crate::wire::loopback::management::USER_GROUP;
use crate::wire::loopback::models::{
    APP_CODE, AUTH_TOKEN_REQUEST, CHANGE_PASSWORD_REQUEST, CLIENT_AUTH_QUERY, CLIENT_AUTH_REQUEST,
    CREATE_QR_CODE, CREATE_USER_REQUEST, EMAIL_REQUEST, FACTOR_NAME, FORGET_PASSWORD_REQUEST,
    LOGIN_REQUEST, LOGIN_TOKEN_REQUEST, LOGOUT_REQUEST, NEW_APP, NEW_PASSKEY, NOTHING, OTP,
    PASSKEY, PASSKEY_OPTIONS, PROOF, REFRESH_REQUEST, RESET_PASSWORD_REQUEST, SECOND_STEP,
    SEND_OTP, SIGN_UP_REQUEST, VERIFY_OTP,
};
use crate::wire::loopback::records::branding::BRANDING;

const fn op(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    caller: Caller,
    takes: Takes,
    answers: Answers,
) -> Operation {
    Operation {
        method,
        path,
        summary,
        caller,
        takes,
        answers,
    }
}

/// The operations of signing in and out.
#[rustfmt::skip]
pub static SIGNING_IN: &[Operation] = &[
    op("post", "/auth/login", "Signs in; a code comes back", Anybody, Json(&LOGIN_REQUEST), One("CodeResponse")),
    op("post", "/auth/login-token", "Signs in; tokens come back", Anybody, JsonWithSecret(&LOGIN_TOKEN_REQUEST), One("TokenResponse")),
    op("post", "/auth/token", "Redeems a code", Anybody, Json(&AUTH_TOKEN_REQUEST), One("TokenResponse")),
    op("post", "/auth/token-refresh", "Moves a session on", Bearer, Json(&REFRESH_REQUEST), One("TokenResponse")),
    op("get", "/auth/me", "Who is signed in", Bearer, Nothing, One("AuthUser")),
    op("post", "/auth/send-otp", "Mails a code that takes the place of the password", Anybody, Json(&SEND_OTP), Empty),
    op("post", "/auth/verify-otp", "Turns a code that waits for its second factor into an ordinary one", Anybody, Json(&VERIFY_OTP), One("CodeResponse")),
    op("get", "/auth/check-qr-code", "Whether the user of a code has an authenticator app", Anybody, Nothing, One("Any")),
    op("post", "/auth/create-qr-code", "Begins a first authenticator app in a sign-in", Anybody, Json(&CREATE_QR_CODE), One("Any")),
    op("post", "/auth/passkey/options", "What a browser is asked for to sign in with a passkey", Anybody, Json(&PASSKEY_OPTIONS), One("Any")),
    op("post", "/auth/passkey", "Signs in with a passkey", Anybody, Json(&PASSKEY), One("CodeResponse")),
    op("get", "/auth/me/factors", "The bearer's factors", Bearer, Nothing, One("Any")),
    op("patch", "/auth/me/factors/{id}", "Names a factor", Bearer, Json(&FACTOR_NAME), Empty),
    op("delete", "/auth/me/factors/{id}", "Removes a factor, and ends what rests on it", Bearer, Nothing, Empty),
    op("post", "/auth/me/totp", "Begins to enrol an authenticator app", Bearer, Json(&NEW_APP), One("Any")),
    op("post", "/auth/me/totp/{id}/confirm", "Confirms the app by its first code", Bearer, Json(&APP_CODE), One("Any")),
    op("post", "/auth/me/recovery-codes", "Makes new recovery codes", Bearer, Json(&NOTHING), One("Any")),
    op("post", "/auth/me/passkeys/options", "Begins to register a passkey", Bearer, Json(&NOTHING), One("Any")),
    op("post", "/auth/me/passkeys", "Keeps a passkey", Bearer, Json(&NEW_PASSKEY), One("Any")),
    op("put", "/auth/me/second-step", "Whether every sign-in asks for a second factor", Bearer, Json(&SECOND_STEP), Empty),
    op("get", "/auth/me/trusted-devices", "The browsers in which the bearer's sign-ins need no second step", Bearer, Nothing, One("Any")),
    op("delete", "/auth/me/trusted-devices/{id}", "Trusts such a browser no more", Bearer, Nothing, Empty),
    op("post", "/auth/me/proof/options", "What the bearer may prove", Bearer, Json(&NOTHING), One("Any")),
    op("post", "/auth/me/proof", "Proves the bearer afresh, and raises the session", Bearer, Json(&PROOF), One("Any")),
    op("patch", "/auth/change-password", "Changes the password, and ends every session", Bearer, Json(&CHANGE_PASSWORD_REQUEST), One("Any")),
    op("post", "/logout", "Signs out", Bearer, Json(&LOGOUT_REQUEST), One("SuccessResponse")),
    op("post", "/keycloak/logout", "Signs out, at Keycloak too", Bearer, Json(&LOGOUT_REQUEST), One("SuccessResponse")),
    op("post", "/keycloak/backchannel-logout", "Keycloak ends a session", Anybody, Nothing, LoggedOut),
    op("post", "/apple/notifications", "Apple tells what somebody has done with an account there", Anybody, Nothing, LoggedOut),
    op("post", "/auth/google", "Begins a sign-in with Google", Anybody, Form(&CLIENT_AUTH_REQUEST), Redirect),
    op("get", "/auth/google", "Begins a sign-in with Google (deprecated)", Anybody, Query(&CLIENT_AUTH_QUERY), Redirect),
    op("get", "/auth/google-auth-redirect", "Google's answer", Anybody, Names(&["code", "state"], 0), Redirect),
    op("post", "/auth/facebook", "Begins a sign-in with Facebook", Anybody, Form(&CLIENT_AUTH_REQUEST), Redirect),
    op("get", "/auth/facebook-auth-redirect", "Facebook's answer", Anybody, Names(&["code", "state"], 0), Redirect),
    op("post", "/auth/instagram", "Begins a sign-in with Instagram", Anybody, Form(&CLIENT_AUTH_REQUEST), Redirect),
    op("get", "/auth/instagram-auth-redirect", "Instagram's answer", Anybody, Names(&["code", "state"], 0), Redirect),
    op("post", "/auth/oauth-apple", "Begins a sign-in with Apple", Anybody, Form(&CLIENT_AUTH_REQUEST), Redirect),
    op("get", "/auth/apple-oauth-redirect", "Apple's answer", Anybody, Names(&["code", "state"], 0), Redirect),
    op("post", "/auth/apple-oauth-redirect", "Apple's answer, as a form", Anybody, Nothing, Redirect),
    op("post", "/auth/keycloak", "Begins a sign-in with Keycloak", Anybody, Form(&CLIENT_AUTH_REQUEST), Redirect),
    op("get", "/auth/keycloak", "Begins a sign-in with Keycloak (deprecated)", Anybody, Query(&CLIENT_AUTH_QUERY), Redirect),
    op("get", "/auth/keycloak-auth-redirect", "Keycloak's answer", Anybody, Names(&["code", "state"], 0), Redirect),
    op("get", "/auth/sign-in/continue", "A browser starts the sign-in that an app has prepared", Anybody, Names(&["ticket"], 1), Redirect),
    op("post", "/auth/forget-password", "Asks for a link to set a new password", Anybody, Json(&FORGET_PASSWORD_REQUEST), Empty),
    op("get", "/auth/verify-reset-password-link", "Looks at such a link without using it", Anybody, Names(&["token"], 1), One("SuccessResponse")),
    op("patch", "/auth/reset-password", "Sets a new password with a link", Anybody, Json(&RESET_PASSWORD_REQUEST), Empty),
    op("post", "/auth/sign-up/create-token", "Asks for an invitation", Anybody, Json(&SIGN_UP_REQUEST), Empty),
    op("get", "/auth/sign-up/verify-token", "Looks at an invitation without using it", Bearer, Nothing, One("Any")),
    op("post", "/auth/sign-up/create-user", "Creates an account with an invitation", Bearer, Json(&CREATE_USER_REQUEST), One("Any")),
    op("post", "/otp-caches", "Keeps a one-time password", BearerOrClient, Json(&OTP), One("Otp")),
    op("get", "/otp-caches/{id}", "Shows a one-time password", BearerOrClient, Nothing, One("MaybeOtp")),
    op("delete", "/otp-caches/{id}", "Forgets a one-time password", BearerOrClient, Nothing, Empty),
    op("get", "/.well-known/jwks.json", "The keys that verify access tokens", Anybody, Nothing, KeySet),
    op("get", "/.well-known/webauthn", "Which origins share the passkeys", Anybody, Nothing, One("Any")),
    op("get", "/.well-known/passkey-endpoints", "Where users manage their passkeys", Anybody, Nothing, One("Any")),
    op("get", "/health", "Whether the service works", Anybody, Nothing, One("Any")),
    op("get", "/openapi.json", "This document", Anybody, Nothing, One("Any")),
];

/// The operations of management.
#[rustfmt::skip]
pub static MANAGEMENT: &[Operation] = &[
    op("post", "/auth-clients", "Creates a client; its secrets are shown this once", Bearer, NewRow(&AUTH_CLIENTS), Row(&AUTH_CLIENTS)),
    op("get", "/auth-clients", "Lists clients", Bearer, Filter(&AUTH_CLIENTS), Rows(&AUTH_CLIENTS)),
    op("patch", "/auth-clients", "Changes clients", Bearer, ChangesWhere(&AUTH_CLIENTS), One("Count")),
    op("get", "/auth-clients/count", "Counts clients", Bearer, MaybeWhere, One("Count")),
    op("get", "/auth-clients/{id}", "Reads a client", Bearer, Nothing, Row(&AUTH_CLIENTS)),
    op("put", "/auth-clients/{id}", "Replaces a client", Bearer, Replacement(&AUTH_CLIENTS), Empty),
    op("patch", "/auth-clients/{id}", "Changes a client", Bearer, Changes(&AUTH_CLIENTS), Empty),
    op("delete", "/auth-clients/{id}", "Deletes a client, and ends its sessions", Bearer, Nothing, Empty),
    op("get", "/auth-clients/{id}/branding", "How a client looks on the pages", Bearer, Nothing, One("Branding")),
    op("put", "/auth-clients/{id}/branding", "Sets how a client looks on the pages", Bearer, Json(&BRANDING), Empty),
    op("delete", "/auth-clients/{id}/branding", "Makes a client look on the pages as the deployment does", Bearer, Nothing, Empty),
    op("get", "/auth-clients/{id}/oauth", "What OAuth needs to know of a client", Bearer, Nothing, One("Any")),
    op("put", "/auth-clients/{id}/oauth", "Lets a client use OAuth, by the metadata of RFC 7591", Bearer, Json(&CLIENT_METADATA), One("Any")),
    op("delete", "/auth-clients/{id}/oauth", "Takes a client out of OAuth", Bearer, Nothing, Empty),
    op("post", "/tenants", "Creates a tenant", Bearer, NewRow(&TENANTS), Row(&TENANTS)),
    op("get", "/tenants", "Lists tenants", Bearer, Filter(&TENANTS), Rows(&TENANTS)),
    op("patch", "/tenants", "Changes tenants", Bearer, ChangesWhere(&TENANTS), One("Count")),
    op("get", "/tenants/count", "Counts tenants", Bearer, MaybeWhere, One("Count")),
    op("get", "/tenants/{id}", "Reads a tenant", Bearer, Nothing, Row(&TENANTS)),
    op("put", "/tenants/{id}", "Replaces a tenant", Bearer, Replacement(&TENANTS), Empty),
    op("patch", "/tenants/{id}", "Changes a tenant", Bearer, Changes(&TENANTS), Empty),
    op("delete", "/tenants/{id}", "Deletes a tenant, and ends the sessions of its people", Bearer, Nothing, Empty),
    op("post", "/tenants/{id}/users", "Creates a person, and invites them", Bearer, NewRow(&USERS), Row(&USERS)),
    op("get", "/tenants/{id}/users", "Lists people", Bearer, Filter(&USERS), Rows(&USERS)),
    op("patch", "/tenants/{id}/users/{userId}", "Changes a person", Bearer, Changes(&USERS), Empty),
    op("delete", "/tenants/{id}/users/{userId}", "Ends a membership, and the account with its last one", Bearer, Nothing, Empty),
    op("get", "/tenants/{id}/users/count", "Counts people", Bearer, MaybeWhere, One("Count")),
    op("post", "/tenants/{id}/roles", "Creates a role", Bearer, NewRow(&ROLES), Row(&ROLES)),
    op("get", "/tenants/{id}/roles", "Lists roles", Bearer, Filter(&ROLES), Rows(&ROLES)),
    op("patch", "/tenants/{id}/roles", "Changes roles", Bearer, ChangesWhere(&ROLES), One("Count")),
    op("get", "/tenants/{id}/roles/count", "Counts roles", Bearer, MaybeWhere, One("Count")),
    op("delete", "/tenants/{id}/roles/{roleId}", "Deletes a role that nobody has", Bearer, Nothing, Empty),
    op("post", "/tenants/{id}/tenant-configs", "Creates a setting of a tenant", Bearer, NewRow(&TENANT_CONFIGS), Row(&TENANT_CONFIGS)),
    op("get", "/tenants/{id}/tenant-configs", "Lists settings of a tenant", Bearer, Filter(&TENANT_CONFIGS), Rows(&TENANT_CONFIGS)),
    op("patch", "/tenants/{id}/tenant-configs", "Changes settings of a tenant", Bearer, ChangesWhere(&TENANT_CONFIGS), One("Count")),
    op("delete", "/tenants/{id}/tenant-configs", "Deletes settings of a tenant", Bearer, Where, One("Count")),
    op("get", "/tenants/{id}/tenant-configs/count", "Counts settings of a tenant", Bearer, MaybeWhere, One("Count")),
    op("post", "/tenants/{id}/groups", "Creates a group", Bearer, NewRow(&GROUPS), Row(&GROUPS)),
    op("get", "/tenants/{id}/groups", "Lists groups", Bearer, Filter(&GROUPS), Rows(&GROUPS)),
    op("patch", "/tenants/{id}/groups", "Changes groups", Bearer, ChangesWhere(&GROUPS), One("Count")),
    op("get", "/tenants/{id}/groups/count", "Counts groups", Bearer, MaybeWhere, One("Count")),
    op("delete", "/tenants/{id}/groups/{groupId}", "Deletes a group", Bearer, Nothing, Empty),
    op("post", "/groups/{id}/user", "Puts a member into a group", Bearer, NewRow(&USER_GROUPS), Row(&USER_GROUPS)),
    op("get", "/groups/{id}/user", "Lists the members of a group", Bearer, Filter(&USER_GROUPS), Rows(&USER_GROUPS)),
    op("get", "/groups/{id}/user/count", "Counts the members of a group", Bearer, MaybeWhere, One("Count")),
    op("post", "/groups/{id}/user/bulk", "Puts members into a group", Bearer, JsonList(&USER_GROUP.new), Rows(&USER_GROUPS)),
    op("delete", "/groups/{id}/user/{userId}", "Takes a user out of a group", Bearer, Nothing, Emptiness),
    op("post", "/user-tenants/{id}/user-level-permissions", "Grants or denies a member a permission", Bearer, NewRow(&USER_PERMISSIONS), Row(&USER_PERMISSIONS)),
    op("get", "/user-tenants/{id}/user-level-permissions", "Lists a member's own permissions", Bearer, Filter(&USER_PERMISSIONS), Rows(&USER_PERMISSIONS)),
    op("patch", "/user-tenants/{id}/user-level-permissions", "Changes a member's own permissions", Bearer, ChangesWhere(&USER_PERMISSIONS), One("Count")),
    op("delete", "/user-tenants/{id}/user-level-permissions", "Takes a member's own permissions back", Bearer, Where, One("Count")),
    op("get", "/user/{id}/tenants", "The tenants of a user", Bearer, Nothing, Rows(&TENANTS)),
    op("get", "/users/{id}/sessions", "The open sessions of a user", Bearer, Nothing, Many("Session")),
    op("delete", "/users/{id}/sessions", "Ends the sessions of a user", Bearer, Nothing, Empty),
    op("delete", "/users/{id}/sessions/{sid}", "Ends a session of a user", Bearer, Nothing, Empty),
    op("get", "/users/{id}/identities", "The identities of a user at providers", Bearer, Nothing, Many("Identity")),
    op("delete", "/users/{id}/identities/{identityId}", "Removes an identity, unless it is the last way in", Bearer, Nothing, Empty),
    op("post", "/auth/me/email", "Sends a link to a new address, which is the bearer's once it is followed", Bearer, Json(&EMAIL_REQUEST), Empty),
    op("get", "/auth/me/export", "Everything that is stored of the bearer", Bearer, Nothing, One("Any")),
    op("post", "/auth/me/erase", "Has the bearer erased after 14 days", Bearer, Nothing, Empty),
    op("post", "/users/import", "Imports people, one a line", Bearer, Nothing, One("Any")),
    op("get", "/users/{id}/export", "Everything that is stored of a person", Bearer, Nothing, One("Any")),
    op("post", "/users/{id}/erase", "Erases a person at once", Bearer, Nothing, Empty),
    op("get", "/users/{id}/factors", "The factors of a user", Bearer, Nothing, One("Any")),
    op("delete", "/users/{id}/factors/{factorId}", "Removes a factor of a user, and ends what rests on it", Bearer, Nothing, Empty),
    op("post", "/users/{id}/re-enrol-link", "Sends the code with which a user's second factors begin anew", Bearer, Nothing, Empty),
    op("post", "/users/{id}/invite", "Sends a link to choose a first password", Bearer, Nothing, Empty),
    op("post", "/users/{id}/reset-link", "Sends a link to choose a new password", Bearer, Nothing, Empty),
    op("get", "/login-activity", "The audit log", Bearer, Filter(&LOGIN_ACTIVITY), Rows(&LOGIN_ACTIVITY)),
    op("get", "/login-activity/count", "Counts rows of the audit log", Bearer, MaybeWhere, One("Count")),
    op("get", "/login-activity/{id}", "A row of the audit log", Bearer, Nothing, Row(&LOGIN_ACTIVITY)),
    op("get", "/active-users/{range}", "Distinct people by day or month", Bearer, Names(&["startDate", "endDate", "filter"], 2), One("CountByPeriod")),
    op("get", "/outbox", "Events and their delivery", Bearer, Filter(&OUTBOX), Rows(&OUTBOX)),
    op("get", "/outbox/count", "Counts events", Bearer, MaybeWhere, One("Count")),
    op("get", "/outbox/{id}", "An event and its delivery", Bearer, Nothing, Row(&OUTBOX)),
    op("post", "/outbox/{id}/resend", "Sends an event again", Bearer, Nothing, Empty),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_has_its_operation_and_every_operation_its_route() {
        let routes = include_str!("../../edge/routes.rs");
        let routes = routes.lines().filter_map(|line| {
            let mut words = line.strip_prefix("    Arc ")?.split_whitespace();
            let (method, path) = (words.next()?, words.next()?);
            let path = path.strip_prefix('"')?.strip_suffix('"')?;
            path.starts_with('/')
                .then(|| format!("{} {path}", method.to_lowercase()))
        });
        let assets = ["get /openapi.json".to_owned()];
        let routes: BTreeSet<_> = routes.chain(assets).collect();
        let operations = SIGNING_IN.iter().chain(MANAGEMENT);
        let operations = operations.map(|it| format!("{} {}", it.method, it.path));
        let operations: Vec<_> = operations.collect();
        let all: BTreeSet<_> = operations.iter().cloned().collect();
        assert_eq!(all.len(), operations.len(), "an operation is there twice");
        assert_eq!(all, routes);
    }
}
