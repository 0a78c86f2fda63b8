//! The clients that a provider's token may have been issued to (OIDC Core §2, `aud` and `azp`).

use serde_json::{Map, Value};

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::jose::invalid::quoted;
use crate::auth::jose::token_kind::TokenKind;

/// Client ids of this deployment at a provider.
#[derive(Debug, Clone)]
pub struct Audience {
    clients: Vec<String>,
    /// The setting of the first, for the log.
    setting: &'static str,
}

impl Audience {
    /// What the browser flow accepts: the client that began it.
    pub fn of_server(config: &ProviderConfig) -> Self {
        Self {
            clients: vec![config.client_id.clone()],
            setting: config.spec().client_id,
        }
    }

    /// What is accepted of a token that an app brings: the server's own client and the apps'.
    pub fn of_apps(config: &ProviderConfig) -> Self {
        let mut audience = Self::of_server(config);
        let apps = config.app_client_ids.iter().cloned();
        audience.clients.extend(apps);
        audience
    }

    /// Whether a client belongs to it.
    pub fn has(&self, client_id: &str) -> bool {
        self.clients.iter().any(|own| own == client_id)
    }

    fn is_ours(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|id| self.has(id))
    }

    /// Checks that one of `aud` is ours.
    pub(in crate::auth::federation) fn check_addressee(
        &self,
        kind: TokenKind,
        claims: &Map<String, Value>,
    ) -> Result<(), ProviderFailure> {
        let ours = match claims.get("aud") {
            Some(Value::Array(list)) => list.iter().any(|value| self.is_ours(value)),
            Some(value) => self.is_ours(value),
            None => false,
        };
        if ours {
            Ok(())
        } else {
            Err(self.stranger(kind, "aud", claims))
        }
    }

    /// Checks an id_token's `aud` and `azp`: one of `aud` is ours; where `aud` names several, or
    /// `azp` is there, `azp` is ours too (OIDC Core §3.1.3.7, steps 3 to 5).
    pub(in crate::auth::federation) fn check(
        &self,
        claims: &Map<String, Value>,
    ) -> Result<(), ProviderFailure> {
        let kind = TokenKind::IdToken;
        self.check_addressee(kind, claims)?;
        let alone = match claims.get("aud") {
            Some(Value::Array(list)) => list.len() == 1,
            _ => true,
        };
        let authorized = claims.get("azp").map_or(alone, |azp| self.is_ours(azp));
        if authorized {
            Ok(())
        } else {
            Err(self.stranger(kind, "azp", claims))
        }
    }

    /// Checks that an access token was issued to one of ours (`client`, which RFC 7662 and RFC 9068
    /// call `client_id`, and Keycloak's own tokens `azp`), or is addressed to one.
    pub(in crate::auth::federation) fn check_issued(
        &self,
        kind: TokenKind,
        client: &str,
        claims: &Map<String, Value>,
    ) -> Result<(), ProviderFailure> {
        let issued = claims.get(client).is_some_and(|id| self.is_ours(id));
        if issued || self.check_addressee(kind, claims).is_ok() {
            return Ok(());
        }
        Err(self.stranger(kind, client, claims))
    }

    fn stranger(
        &self,
        kind: TokenKind,
        claim: &str,
        claims: &Map<String, Value>,
    ) -> ProviderFailure {
        let (name, setting, clients) = (kind.name(), self.setting, self.clients.join(", "));
        let seen = claims.get(claim).map(Value::to_string);
        let seen = quoted(&seen.unwrap_or_default());
        ProviderFailure::untrusted(format!(
            "{setting}: the {name}'s {claim} is another client, {seen} and not {clients}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::settings_with;
    use crate::auth::federation::provider::spec::Provider;
    use serde_json::json;

    fn google() -> ProviderConfig {
        let apps = [("GOOGLE_AUTH_APP_CLIENT_IDS", " android, ios ,, ")];
        let settings = settings_with(&apps).unwrap();
        settings.provider(Provider::Google).unwrap().clone()
    }

    fn accepts(audience: &Audience, claims: &Value) -> bool {
        audience.check(claims.as_object().unwrap()).is_ok()
    }

    #[test]
    fn the_apps_clients_are_accepted_of_brought_tokens_only() {
        let (server, apps) = (Audience::of_server(&google()), Audience::of_apps(&google()));
        for claims in [
            json!({ "aud": "google-client", "azp": "android" }),
            json!({ "aud": "android", "azp": "android" }),
            json!({ "aud": "ios" }),
            json!({ "aud": "android", "azp": "google-client" }),
            json!({ "aud": ["them", "ios"], "azp": "ios" }),
        ] {
            assert!(accepts(&apps, &claims), "{claims}");
            assert!(!accepts(&server, &claims), "{claims}");
        }
        for claims in [
            json!({ "aud": "google-client" }),
            json!({ "aud": "google-client", "azp": "google-client" }),
        ] {
            assert!(accepts(&apps, &claims), "{claims}");
            assert!(accepts(&server, &claims), "{claims}");
        }
    }

    #[test]
    fn another_client_in_aud_or_azp_is_refused_whatever_else_is_ours() {
        let apps = Audience::of_apps(&google());
        for claims in [
            json!({ "aud": "them" }),
            json!({ "aud": "them", "azp": "android" }),
            json!({ "aud": "android", "azp": "them" }),
            json!({ "aud": ["android", "ios"] }),
            json!({ "aud": "" }),
            json!({ "aud": "android,ios" }),
            json!({ "aud": "Android" }),
            json!({ "azp": "android" }),
        ] {
            assert!(!accepts(&apps, &claims), "{claims}");
        }
    }

    #[test]
    fn without_the_setting_the_server_is_the_only_client() {
        let settings = settings_with(&[]).unwrap();
        let google = settings.provider(Provider::Google).unwrap();
        assert!(Audience::of_apps(google).has("google-client"));
        assert!(!Audience::of_apps(google).has("android"));
        assert!(!Audience::of_apps(google).has(""));
    }
}
