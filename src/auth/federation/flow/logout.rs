//! Ending at the provider what came from there: a session, or all that a person let us have.

use crate::auth::federation::http::call::ProviderRequest;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::Error;

/// The request that ends the session a refresh token belongs to, as Keycloak takes it; nothing
/// where the provider has no such endpoint.
pub fn end_session(
    config: &ProviderConfig,
    endpoints: &Endpoints,
    refresh_token: &Secret,
    now: Timestamp,
) -> Result<Option<ProviderRequest>, Error> {
    let parameters = [("refresh_token", refresh_token.expose())];
    let call = |url| config.authenticated_call(endpoints, url, &parameters, now);
    endpoints.end_session.as_ref().map(call).transpose()
}

/// The request that revokes a refresh token (RFC 7009 §2.1), and with it at Apple what the person let us
/// have; nothing where the provider has no such endpoint.
pub fn revoke(
    config: &ProviderConfig,
    endpoints: &Endpoints,
    refresh_token: &Secret,
    now: Timestamp,
) -> Result<Option<ProviderRequest>, Error> {
    let parameters = [
        ("token", refresh_token.expose()),
        ("token_type_hint", "refresh_token"),
    ];
    let call = |url| config.authenticated_call(endpoints, url, &parameters, now);
    endpoints.revocation.as_ref().map(call).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{NOW, config, endpoints, pairs, sent};
    use crate::auth::federation::provider::spec::Provider;

    fn call(provider: Provider) -> Option<ProviderRequest> {
        let config = config(provider);
        let token = Secret::new("r&t");
        end_session(&config, &endpoints(&config), &token, NOW).unwrap()
    }

    #[test]
    fn keycloak_is_told_which_session_ends() {
        let call = call(Provider::Keycloak).unwrap();
        assert_eq!(
            format!("{call:?}"),
            "POST kc.example/realms/demo/protocol/openid-connect/logout"
        );
        assert_eq!(
            sent(&call),
            pairs(&[
                ("refresh_token", "r&t"),
                ("client_id", "keycloak-client"),
                ("client_secret", "keycloak-secret"),
            ])
        );
    }

    #[test]
    fn apple_is_told_which_token_is_revoked_and_nobody_else_is() {
        for provider in Provider::ALL.iter().copied() {
            let config = config(provider);
            let token = Secret::new("r&t");
            let call = revoke(&config, &endpoints(&config), &token, NOW).unwrap();
            assert_eq!(call.is_some(), provider == Provider::Apple, "{provider:?}");
            let Some(call) = call else { continue };
            assert_eq!(format!("{call:?}"), "POST appleid.apple.com/auth/revoke");
            let sent = sent(&call);
            let of_token = pairs(&[("token", "r&t"), ("token_type_hint", "refresh_token")]);
            assert_eq!(sent.get(..2), Some(of_token.as_slice()));
        }
    }

    #[test]
    fn nobody_else_is_called() {
        assert!(call(Provider::Google).is_none());
        assert!(call(Provider::Apple).is_none());
    }
}
