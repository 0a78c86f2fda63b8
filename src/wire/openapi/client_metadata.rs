//! What `PUT /auth-clients/{id}/oauth` takes, as the document describes it. `ClientMetadata::read` is what
//! reads it.

use crate::wire::loopback::validate::ValueKind::{
    Boolean, Number, Object, String as Text, Strings,
};
use crate::wire::loopback::validate::{Field, Model};

/// The metadata of a client (RFC 7591 §2, OIDC Registration §2), and what only an operator says of one.
pub static CLIENT_METADATA: Model = Model {
    fields: &[
        Field::optional("redirect_uris", Strings),
        Field::optional("post_logout_redirect_uris", Strings),
        Field::optional("backchannel_logout_uri", Text),
        Field::optional("token_endpoint_auth_method", Text),
        Field::optional("token_endpoint_auth_signing_alg", Text),
        Field::optional("jwks", Object),
        Field::optional("jwks_uri", Text),
        Field::optional("grant_types", Strings),
        Field::optional("response_types", Strings),
        Field::optional("scope", Text),
        Field::optional("id_token_signed_response_alg", Text),
        Field::optional("access_token_signed_response_alg", Text),
        Field::optional("require_pushed_authorization_requests", Boolean),
        Field::optional("dpop_bound_access_tokens", Boolean),
        Field::optional("default_max_age", Number),
        Field::optional("require_auth_time", Boolean),
        Field::optional("default_acr_values", Strings),
        Field::optional("application_type", Text),
        Field::optional("contacts", Strings),
        Field::optional("client_name", Text),
        Field::optional("client_uri", Text),
        Field::optional("tos_uri", Text),
        Field::optional("policy_uri", Text),
        Field::optional("consent", Text),
        Field::optional("open", Boolean),
        Field::optional("require_pkce", Boolean),
        Field::optional("fapi", Boolean),
        Field::optional("id_token_claims", Boolean),
    ],
    // Others are ignored (RFC 7591 §2).
    closed: false,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::auth::oauth::client::Source;
    use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};

    #[test]
    fn every_member_that_a_client_is_told_can_be_written() {
        let everything = json!({
            "redirect_uris": ["https://app.example/cb"],
            "post_logout_redirect_uris": ["https://app.example/"],
            "backchannel_logout_uri": "https://app.example/logout",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": { "keys": [{ "kty": "EC", "crv": "P-256", "x": "x", "y": "y" }] },
            "scope": "openid",
            "access_token_signed_response_alg": "RS256",
            "default_max_age": 60,
            "default_acr_values": ["aal2"],
            "application_type": "web",
            "contacts": ["ops@app.example"],
            "client_name": "App",
            "client_uri": "https://app.example/",
            "tos_uri": "https://app.example/tos",
            "policy_uri": "https://app.example/policy",
        });
        let policy = Policy::stored(Source::Operator);
        let read = ClientMetadata::read(everything.as_object().unwrap(), policy).unwrap();
        let told = read.to_members();
        let told: BTreeSet<&str> = told.keys().map(String::as_str).collect();
        let described = CLIENT_METADATA.fields.iter().map(|field| field.name);
        let described: BTreeSet<&str> = described.collect();
        let unwritten: Vec<_> = told.difference(&described).collect();
        assert!(unwritten.is_empty(), "{unwritten:?}");
        let untold: Vec<_> = described.difference(&told).collect();
        assert_eq!(untold, [&"jwks_uri"], "it excludes jwks");
    }
}
