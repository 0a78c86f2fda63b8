//! The words that client metadata are written in.

macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$variant_doc:meta])+ $variant:ident $word:literal,)+ })+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])+ $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is written.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads it.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }
    )+};
}

words! {
    /// How a client authenticates at the token endpoint (`token_endpoint_auth_method`).
    AuthenticationMethod {
        /// Id and secret in the `Authorization` header (RFC 6749 §2.3.1).
        ClientSecretBasic "client_secret_basic",
        /// Id and secret in the body (RFC 6749 §2.3.1).
        ClientSecretPost "client_secret_post",
        /// A JWT signed with the client's own key (RFC 7523 §2.2).
        PrivateKeyJwt "private_key_jwt",
        /// Not at all: a public client.
        None "none",
    }

    /// What a client presents for a token (`grant_type`).
    GrantType {
        /// A code (RFC 6749 §4.1).
        AuthorizationCode "authorization_code",
        /// A refresh token (RFC 6749 §6).
        RefreshToken "refresh_token",
        /// Nothing but itself (RFC 6749 §4.4).
        ClientCredentials "client_credentials",
        /// A device code (RFC 8628 §3.4).
        DeviceCode "urn:ietf:params:oauth:grant-type:device_code",
    }

    /// Who has vouched for a client.
    Source {
        /// An administrator.
        Operator "operator",
        /// Nobody: it has registered itself (RFC 7591).
        Registered "registered",
        /// Nobody: its id is the URL of its metadata document.
        Document "document",
    }

    /// Whether users are asked before a client is granted something of theirs.
    Consent {
        /// They are.
        Ask "ask",
        /// They are not: the client is the operator's own.
        None "none",
    }
}

impl AuthenticationMethod {
    /// Whether it rests on a secret that client and service share.
    pub const fn is_by_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}
