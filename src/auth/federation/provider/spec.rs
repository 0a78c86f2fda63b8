//! Providers, and what there is to say about each: the columns of the table.
//!
//! A sixth provider is one variant, its place in [`Provider::ALL`] and `Provider::row`, and its row.

use serde::{Deserialize, Serialize};

use crate::auth::federation::provider::prompt::PromptParameters;
use crate::auth::text;

/// An external identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenID Connect.
    Google,
    /// OAuth 2.0 with Meta's Graph API.
    Facebook,
    /// OAuth 2.0 with Meta's Graph API; consumer accounts are closed since December 2024.
    Instagram,
    /// OpenID Connect with quirks.
    Apple,
    /// OpenID Connect with discovery: Keycloak, or any issuer laid out like it.
    Keycloak,
    /// Proves that one row is enough.
    #[cfg(test)]
    Sixth,
}

/// What a provider is like.
#[derive(Debug)]
pub struct ProviderSpec {
    /// As in routes, settings, `user_identities.provider` and `sessions.method`.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// The setting that holds our client id there; empty means not configured.
    pub client_id: &'static str,
    /// The setting that lists client ids of apps whose own tokens are accepted, where it takes tokens.
    pub app_client_ids: Option<&'static str>,
    /// How we prove ourselves to its token endpoint.
    pub credential: CredentialSettings,
    /// Where it sends browsers back to; the default is a path under `PUBLIC_URL`.
    pub callback: UrlSetting,
    /// Where it is.
    pub source: EndpointSettings,
    /// What we ask to know.
    pub scope: &'static str,
    /// Parameters of the authorize URL that no other provider needs.
    pub authorize_extra: &'static [(&'static str, &'static str)],
    /// How it is asked to prompt although the browser has a session there.
    pub prompt: PromptParameters,
    /// Whether it understands PKCE (RFC 7636).
    pub pkce: bool,
    /// What authenticates the person.
    pub proof: IdentitySource,
    /// Where a profile keeps what we read of it.
    pub fields: ProfileFields,
    /// How an app's own token from there is checked.
    pub token_sign_in: TokenSignIn,
    /// What else is special about it.
    pub quirks: &'static [Quirk],
}

/// A setting that holds a URL, and what it is when unset.
#[derive(Debug)]
pub struct UrlSetting {
    /// The setting's name.
    pub name: &'static str,
    /// The provider's own URL.
    pub default: &'static str,
}

/// The settings that hold what proves us to the provider.
#[derive(Debug)]
pub enum CredentialSettings {
    /// A shared secret.
    Secret(&'static str),
    /// A key that signs a short-lived secret.
    AppleKey {
        /// The team's id.
        team_id: &'static str,
        /// The key's id.
        key_id: &'static str,
        /// The key: PKCS#8 PEM.
        private_key: &'static str,
    },
}

/// Where a provider's endpoints come from.
#[derive(Debug)]
pub enum EndpointSettings {
    /// From constants that settings override.
    Known {
        /// Where browsers are sent.
        authorize: UrlSetting,
        /// Where codes become tokens.
        token: UrlSetting,
        /// The keys of its id_tokens; also where only apps bring those.
        jwks: Option<UrlSetting>,
        /// The userinfo endpoint.
        profile: Option<UrlSetting>,
        /// Where its tokens are revoked, if it wants to be told when an account here ends.
        revocation: Option<UrlSetting>,
    },
    /// From its discovery document.
    Discovered {
        /// The setting that holds the host, with any path before `/realms`.
        host: &'static str,
        /// The setting that holds the realm.
        realm: &'static str,
    },
}

/// What authenticates the person.
#[derive(Debug)]
pub enum IdentitySource {
    /// A signed id_token of one of these issuers; the first is how identities spell it. None: the
    /// discovered one.
    IdToken(&'static [&'static str]),
    /// The answer to a profile request made with this query. The issuer of such an identity is the
    /// origin of the authorize URL, so a deployment that points the row at another provider gets other
    /// identities.
    Profile(&'static [(&'static str, &'static str)]),
}

/// Names of members of a profile.
#[derive(Debug)]
pub struct ProfileFields {
    /// The person's unchanging id there.
    pub subject: &'static str,
    /// Given name.
    pub first_name: &'static str,
    /// Middle name.
    pub middle_name: &'static str,
    /// Family name.
    pub last_name: &'static str,
    /// The whole name, where there is no given name.
    pub name: &'static str,
}

/// How an app's own token is found to have been issued to us.
#[derive(Debug)]
pub enum TokenSignIn {
    /// It is not: the provider takes no part in signing in with a token.
    No,
    /// An id_token, nothing else.
    IdToken,
    /// An id_token, or an access token that Google's tokeninfo says is ours.
    TokenInfo(UrlSetting),
    /// An id_token (Limited Login), or an access token that Facebook's `debug_token` says is ours.
    DebugToken(UrlSetting),
    /// An id_token, or an access token that introspection says is ours (RFC 7662).
    Introspection,
}

/// What one provider does and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Comes back with a form POST from its own site, the name in it the first time.
    FormPost,
    /// Writes `email_verified` as a string at times.
    VerifiedAsText,
    /// Wraps its answers in `{"data":[…]}` at times.
    WrappedInData,
}

impl Provider {
    /// Every provider, in the order of the table.
    pub const ALL: &'static [Self] = &[
        Self::Google,
        Self::Facebook,
        Self::Instagram,
        Self::Apple,
        Self::Keycloak,
        #[cfg(test)]
        Self::Sixth,
    ];
}

impl ProviderSpec {
    /// Whether `iss`, in an id_token, names the provider whose identities are of `issuer`.
    pub fn is_token_issuer(&self, iss: &str, issuer: &str) -> bool {
        let spellings = match self.proof {
            IdentitySource::IdToken(spellings) => spellings,
            IdentitySource::Profile(_) => &[],
        };
        iss == issuer || spellings.contains(&iss)
    }

    /// Whether `iss`, in a return, names the provider whose identities are of `issuer`.
    ///
    /// A sign-in without id_token has no declared issuer: there the origin must be right.
    pub fn is_issuer(&self, iss: &str, issuer: &str) -> bool {
        match self.proof {
            IdentitySource::IdToken(_) => self.is_token_issuer(iss, issuer),
            IdentitySource::Profile(_) => {
                text::url(iss).is_ok_and(|url| url.origin().ascii_serialization() == issuer)
            }
        }
    }

    /// The settings that say which client we are there, and prove it.
    pub fn client_settings(&self) -> String {
        let proof = match self.credential {
            CredentialSettings::Secret(name) => name.to_owned(),
            CredentialSettings::AppleKey {
                team_id,
                key_id,
                private_key,
            } => [team_id, key_id, private_key].join(", "),
        };
        format!("{}, {proof}", self.client_id)
    }

    /// Whether the provider has this oddity.
    pub fn has(&self, oddity: Quirk) -> bool {
        self.quirks.contains(&oddity)
    }
}

impl ProfileFields {
    /// The standard claims (OIDC Core §5.1).
    pub const OPENID: Self = Self {
        subject: "sub",
        first_name: "given_name",
        middle_name: "middle_name",
        last_name: "family_name",
        name: "name",
    };
}

impl ProviderSpec {
    /// The claims of an ID token that a profile is read from: the standard ones, unless the provider's
    /// profiles are ID tokens, with names of their own.
    pub const fn claims(&self) -> &ProfileFields {
        match self.proof {
            IdentitySource::IdToken(_) => &self.fields,
            IdentitySource::Profile(_) => &ProfileFields::OPENID,
        }
    }
}
