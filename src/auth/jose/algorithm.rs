//! The algorithms of signatures that are verified with a public key (RFC 7518 §3.1, RFC 8037).

use serde_json::{Value, json};

/// The newer name of EdDSA on Ed25519.
pub const ED25519: &str = "Ed25519";

/// The algorithms that a token may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The algorithm of this `alg`; nothing for `none`, the symmetric ones and all others.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.is_named(name))
    }

    /// Whether an `alg` means this algorithm. EdDSA on Ed25519 has a name of its own (RFC 9864 §2.2).
    pub fn is_named(self, name: &str) -> bool {
        self.name() == name || self == Self::EdDsa && name == ED25519
    }

    /// As `alg` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// WebCrypto's `algorithm` for `importKey` and `verify` alike.
    pub fn webcrypto(self) -> Value {
        match self {
            Self::Rs256 => json!({ "name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256" }),
            Self::Ps256 => json!({ "name": "RSA-PSS", "hash": "SHA-256", "saltLength": 32 }),
            Self::Es256 => json!({ "name": "ECDSA", "namedCurve": "P-256", "hash": "SHA-256" }),
            Self::EdDsa => json!({ "name": "Ed25519" }),
        }
    }

    /// `kty`, `crv` if there is one, and the members that are the key.
    pub(super) const fn key_shape(
        self,
    ) -> (&'static str, Option<&'static str>, &'static [&'static str]) {
        match self {
            Self::Rs256 | Self::Ps256 => ("RSA", None, &["n", "e"]),
            Self::Es256 => ("EC", Some("P-256"), &["x", "y"]),
            Self::EdDsa => ("OKP", Some("Ed25519"), &["x"]),
        }
    }
}
