//! The table: one row for each provider, and nothing else.

use crate::auth::federation::provider::prompt::{self, Prompt};
use crate::auth::federation::provider::spec::{
    CredentialSettings, EndpointSettings, IdentitySource, ProfileFields, Provider, ProviderSpec,
    Quirk, TokenSignIn, UrlSetting,
};

/// <https://developers.google.com/identity/openid-connect/openid-connect>
pub const GOOGLE: ProviderSpec = ProviderSpec {
    name: "google",
    label: "Google",
    client_id: "GOOGLE_AUTH_CLIENT_ID",
    app_client_ids: Some("GOOGLE_AUTH_APP_CLIENT_IDS"),
    credential: CredentialSettings::Secret("GOOGLE_AUTH_CLIENT_SECRET"),
    callback: url("GOOGLE_AUTH_CALLBACK_URL", "/auth/google-auth-redirect"),
    source: EndpointSettings::Known {
        authorize: url(
            "GOOGLE_AUTH_URL",
            "https://accounts.google.com/o/oauth2/v2/auth",
        ),
        token: url(
            "GOOGLE_AUTH_TOKEN_URL",
            "https://oauth2.googleapis.com/token",
        ),
        jwks: Some(url(
            "GOOGLE_AUTH_JWKS_URL",
            "https://www.googleapis.com/oauth2/v3/certs",
        )),
        profile: Some(url(
            "GOOGLE_AUTH_PROFILE_URL",
            "https://openidconnect.googleapis.com/v1/userinfo",
        )),
        revocation: None,
    },
    scope: "openid email profile",
    authorize_extra: &[],
    prompt: prompt::OPENID,
    pkce: true,
    // Google documents both spellings.
    proof: IdentitySource::IdToken(&["https://accounts.google.com", "accounts.google.com"]),
    fields: ProfileFields::OPENID,
    token_sign_in: TokenSignIn::TokenInfo(url(
        "GOOGLE_AUTH_TOKENINFO_URL",
        "https://oauth2.googleapis.com/tokeninfo",
    )),
    quirks: &[],
};

/// <https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow>, and
/// <https://developers.facebook.com/docs/facebook-login/limited-login/token> for what apps bring.
///
/// Facebook does not say whether an address is verified, so the one that the scope allows is not read.
pub const FACEBOOK: ProviderSpec = ProviderSpec {
    name: "facebook",
    label: "Facebook",
    client_id: "FACEBOOK_AUTH_CLIENT_ID",
    app_client_ids: Some("FACEBOOK_AUTH_APP_CLIENT_IDS"),
    credential: CredentialSettings::Secret("FACEBOOK_AUTH_CLIENT_SECRET"),
    callback: url("FACEBOOK_AUTH_CALLBACK_URL", "/auth/facebook-auth-redirect"),
    source: EndpointSettings::Known {
        authorize: url(
            "FACEBOOK_AUTH_URL",
            "https://www.facebook.com/v25.0/dialog/oauth",
        ),
        token: url(
            "FACEBOOK_AUTH_TOKEN_URL",
            "https://graph.facebook.com/v25.0/oauth/access_token",
        ),
        // Of Limited Login's id_tokens, which only apps bring.
        jwks: Some(url(
            "FACEBOOK_AUTH_JWKS_URL",
            "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
        )),
        profile: Some(url(
            "FACEBOOK_AUTH_PROFILE_URL",
            "https://graph.facebook.com/v25.0/me",
        )),
        revocation: None,
    },
    scope: "email public_profile",
    authorize_extra: &[],
    prompt: &[
        (Prompt::Login, ("auth_type", "reauthenticate")),
        (Prompt::SelectAccount, ("auth_type", "reauthenticate")),
    ],
    pkce: false,
    proof: IdentitySource::Profile(&[("fields", "id,name,first_name,middle_name,last_name")]),
    fields: ProfileFields {
        subject: "id",
        first_name: "first_name",
        middle_name: "middle_name",
        last_name: "last_name",
        name: "name",
    },
    token_sign_in: TokenSignIn::DebugToken(url(
        "FACEBOOK_AUTH_DEBUG_TOKEN_URL",
        "https://graph.facebook.com/v25.0/debug_token",
    )),
    quirks: &[],
};

/// <https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login>
///
/// Professional accounts only, and no address.
pub const INSTAGRAM: ProviderSpec = ProviderSpec {
    name: "instagram",
    label: "Instagram",
    client_id: "INSTAGRAM_AUTH_CLIENT_ID",
    app_client_ids: None,
    credential: CredentialSettings::Secret("INSTAGRAM_AUTH_CLIENT_SECRET"),
    callback: url(
        "INSTAGRAM_AUTH_CALLBACK_URL",
        "/auth/instagram-auth-redirect",
    ),
    source: EndpointSettings::Known {
        authorize: url(
            "INSTAGRAM_AUTH_URL",
            "https://www.instagram.com/oauth/authorize",
        ),
        token: url(
            "INSTAGRAM_AUTH_TOKEN_URL",
            "https://api.instagram.com/oauth/access_token",
        ),
        jwks: None,
        profile: Some(url(
            "INSTAGRAM_AUTH_PROFILE_URL",
            "https://graph.instagram.com/me",
        )),
        revocation: None,
    },
    scope: "instagram_business_basic",
    authorize_extra: &[],
    prompt: &[
        (Prompt::Login, ("force_reauth", "true")),
        (Prompt::SelectAccount, ("force_reauth", "true")),
    ],
    pkce: false,
    proof: IdentitySource::Profile(&[("fields", "user_id,username,name")]),
    fields: ProfileFields {
        subject: "user_id",
        name: "name",
        ..ProfileFields::OPENID
    },
    token_sign_in: TokenSignIn::No,
    quirks: &[Quirk::WrappedInData],
};

/// Apple's issuer, which is the audience of the client secret too.
pub const APPLE_ISSUER: &str = "https://appleid.apple.com";
/// The setting that holds the key that signs the client secret.
pub const APPLE_PRIVATE_KEY: &str = "APPLE_AUTH_PRIVATE_KEY";

/// <https://developer.apple.com/documentation/signinwithapplerestapi>
#[rustfmt::skip]
pub const APPLE: ProviderSpec = ProviderSpec {
    name: "apple",
    label: "Apple",
    client_id: "APPLE_AUTH_CLIENT_ID",
    app_client_ids: Some("APPLE_AUTH_APP_CLIENT_IDS"),
    credential: CredentialSettings::AppleKey {
        team_id: "APPLE_AUTH_TEAM_ID",
        key_id: "APPLE_AUTH_KEY_ID",
        private_key: APPLE_PRIVATE_KEY,
    },
    callback: url("APPLE_AUTH_CALLBACK_URL", "/auth/apple-oauth-redirect"),
    source: EndpointSettings::Known {
        authorize: url("APPLE_AUTH_URL", "https://appleid.apple.com/auth/authorize"),
        token: url("APPLE_AUTH_TOKEN_URL", "https://appleid.apple.com/auth/token"),
        jwks: Some(url("APPLE_AUTH_JWKS_URL", "https://appleid.apple.com/auth/keys")),
        profile: None,
        revocation: Some(url("APPLE_AUTH_REVOKE_URL", "https://appleid.apple.com/auth/revoke")),
    },
    scope: "name email",
    // Apple gives name and address only to a form POST.
    authorize_extra: &[("response_mode", "form_post")],
    // Apple always asks.
    prompt: &[],
    pkce: false,
    proof: IdentitySource::IdToken(&[APPLE_ISSUER]),
    fields: ProfileFields::OPENID,
    token_sign_in: TokenSignIn::IdToken,
    quirks: &[Quirk::FormPost, Quirk::VerifiedAsText],
};

/// <https://www.keycloak.org/securing-apps/oidc-layers>
pub const KEYCLOAK: ProviderSpec = ProviderSpec {
    name: "keycloak",
    label: "Keycloak",
    client_id: "KEYCLOAK_CLIENT_ID",
    app_client_ids: Some("KEYCLOAK_APP_CLIENT_IDS"),
    credential: CredentialSettings::Secret("KEYCLOAK_CLIENT_SECRET"),
    callback: url("KEYCLOAK_CALLBACK_URL", "/auth/keycloak-auth-redirect"),
    source: EndpointSettings::Discovered {
        host: "KEYCLOAK_HOST",
        realm: "KEYCLOAK_REALM",
    },
    scope: "openid email profile",
    authorize_extra: &[],
    prompt: prompt::OPENID,
    pkce: true,
    proof: IdentitySource::IdToken(&[]),
    fields: ProfileFields::OPENID,
    token_sign_in: TokenSignIn::Introspection,
    quirks: &[],
};

impl Provider {
    /// The provider of this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|provider| provider.name().eq_ignore_ascii_case(name))
    }

    /// Its name, as everything that is stored spells it.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        self.spec().label
    }

    /// Whether an app may sign people in with a token it has from there.
    pub const fn takes_tokens(self) -> bool {
        !matches!(self.spec().token_sign_in, TokenSignIn::No)
    }

    /// Its row in the table.
    pub const fn spec(self) -> &'static ProviderSpec {
        match self {
            Self::Google => &GOOGLE,
            Self::Facebook => &FACEBOOK,
            Self::Instagram => &INSTAGRAM,
            Self::Apple => &APPLE,
            Self::Keycloak => &KEYCLOAK,
            #[cfg(test)]
            Self::Sixth => &crate::auth::federation::example::SIXTH,
        }
    }
}

const fn url(name: &'static str, default: &'static str) -> UrlSetting {
    UrlSetting { name, default }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and defaults of every setting of a row.
    fn settings(spec: &ProviderSpec) -> Vec<(&'static str, Option<&'static str>)> {
        let at = |url: &UrlSetting| (url.name, Some(url.default));
        let mut all = vec![(spec.client_id, None), at(&spec.callback)];
        all.extend(spec.app_client_ids.map(|name| (name, None)));
        match &spec.credential {
            CredentialSettings::Secret(name) => all.push((name, None)),
            CredentialSettings::AppleKey {
                team_id,
                key_id,
                private_key,
            } => all.extend([team_id, key_id, private_key].map(|name| (*name, None))),
        }
        match &spec.source {
            EndpointSettings::Known {
                authorize,
                token,
                jwks,
                profile,
                revocation,
            } => {
                all.extend([authorize, token].map(at));
                let optional = [jwks, profile, revocation];
                all.extend(optional.into_iter().flatten().map(at));
            }
            EndpointSettings::Discovered { host, realm } => {
                all.extend([host, realm].map(|name| (*name, None)));
            }
        }
        if let TokenSignIn::TokenInfo(url) | TokenSignIn::DebugToken(url) = &spec.token_sign_in {
            all.push(at(url));
        }
        all
    }

    #[test]
    fn the_document_has_every_setting_with_its_default() {
        let document = include_str!("../../../../docs/providers.md");
        let rows = Provider::ALL.iter().map(|provider| provider.spec());
        for (name, default) in rows.filter(|spec| spec.name != "sixth").flat_map(settings) {
            let line = document
                .lines()
                .find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")))
                .unwrap_or_else(|| panic!("{name} is not in the document"));
            if let Some(default) = default {
                assert!(line.ends_with(&format!("| `{default}` |")), "{line}");
            }
        }
    }

    #[test]
    fn a_provider_is_stored_under_the_name_of_its_row() {
        for provider in Provider::ALL.iter().copied() {
            let stored = serde_json::to_value(provider).unwrap();
            assert_eq!(stored, provider.name());
            assert_eq!(
                Provider::from_name(&provider.name().to_uppercase()),
                Some(provider)
            );
        }
        assert_eq!(Provider::from_name("github"), None);
    }
}
