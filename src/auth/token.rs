//! Our JSON Web Tokens: access tokens, and the keys they are signed and verified with.
//!
//! Every other secret of ours is opaque. The header's `alg` never chooses a key: the key id does,
//! and the key's own type says which algorithm is right (RFC 8725 §3.1).

use base64ct::{Base64UrlUnpadded, Encoding};
use chrono::{DateTime, Duration, Utc};
use jwt_compact::alg::{Ed25519, Es256, Hs256, Hs256Key};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::secret::Secret;
use crate::error::Error;

/// `typ` of an access token (RFC 9068 §2.1): its purpose.
const ACCESS_TOKEN: &str = "at+jwt";
/// Key id of the shared secret; it must not tell anything about the secret.
const SHARED_KEY_ID: &str = "shared";
/// What HS256 needs to be as strong as its hash (RFC 7518 §3.2), in bytes.
const SHARED_SECRET_LENGTH: usize = 32;

/// What an access token says: the original's claims, and the registered ones besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessClaims {
    /// The user.
    pub id: String,
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
    pub auth_client_id: i64,
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
    pub sub: String,
    /// Makes the token unique.
    pub jti: String,
    /// The session: a row in D1.
    pub sid: String,
    /// The client's public name (RFC 9068 §2.2).
    #[serde(rename = "client_id")]
    pub client_id: String,
    /// Who signed.
    pub iss: String,
}

/// `userPreferences` of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPreferences {
    /// BCP 47 language tag.
    pub locale: String,
}

/// `deviceInfo` of the original.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// The `device_id` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The `User-Agent` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// Whether a token's `exp` is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// A token past its time is refused.
    Checked,
    /// A token past its time still names its session (refreshing needs that).
    Ignored,
}

/// The keys of `JWT_KEYS` or `JWT_SECRET`: the first signs, all verify.
pub struct TokenKeys(Vec<Key>);

struct Key {
    id: String,
    pair: KeyPair,
}

enum KeyPair {
    Ed25519(ed25519::SecretKey, ed25519::PublicKey),
    P256(p256::SigningKey, p256::VerifyingKey),
    Shared(Hs256Key),
}

// The key types behind jwt-compact's algorithms, under names that say what they are.
mod ed25519 {
    use jwt_compact::Algorithm;
    use jwt_compact::alg::Ed25519;
    pub type SecretKey = <Ed25519 as Algorithm>::SigningKey;
    pub type PublicKey = <Ed25519 as Algorithm>::VerifyingKey;
}
mod p256 {
    use jwt_compact::Algorithm;
    use jwt_compact::alg::Es256;
    pub type SigningKey = <Es256 as Algorithm>::SigningKey;
    pub type VerifyingKey = <Es256 as Algorithm>::VerifyingKey;
}

/// Header members that would bring their own key or rules: their presence refuses the token.
#[derive(Debug, Clone, Default, Deserialize)]
struct Extensions {
    jwk: Option<Value>,
    x5c: Option<Value>,
    crit: Option<Value>,
}

impl TokenKeys {
    /// Reads a private JWK set of Ed25519 and P-256 keys (RFC 7517 §5).
    ///
    /// Fails with what is wrong, without any value.
    pub fn from_jwk_set(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "must be a JWK set: {\"keys\":[…]}";
        let set: Value = serde_json::from_str(text).map_err(|_| SHAPE)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(SHAPE)?;
        if keys.is_empty() {
            return Err("has no key");
        }
        keys.iter()
            .map(Key::from_jwk)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Takes the secret that resource servers share (HS256).
    pub fn from_shared_secret(secret: &Secret, allow_short: bool) -> Result<Self, &'static str> {
        if secret.expose().len() < SHARED_SECRET_LENGTH && !allow_short {
            return Err("must have at least 32 bytes");
        }
        Ok(Self(vec![Key {
            id: SHARED_KEY_ID.to_owned(),
            pair: KeyPair::Shared(Hs256Key::new(secret.expose())),
        }]))
    }

    /// The public halves, as `/.well-known/jwks.json` shows them; a shared secret has none.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.0.iter().filter_map(Key::public_jwk).collect::<Vec<_>>() })
    }

    /// Signs an access token that lives `lifetime` seconds from `now` (epoch milliseconds).
    pub fn sign(&self, claims: AccessClaims, now: i64, lifetime: i64) -> Result<String, Error> {
        let key = self
            .0
            .first()
            .ok_or_else(|| Error::Misconfigured("JWT_KEYS has no key".to_owned()))?;
        let issued = instant(now)?;
        let mut claims = Claims::new(claims);
        claims.issued_at = Some(issued);
        claims.expiration = Some(issued + Duration::seconds(lifetime));
        let header = Header::empty()
            .with_token_type(ACCESS_TOKEN)
            .with_key_id(key.id.as_str());
        let token = match &key.pair {
            KeyPair::Ed25519(secret, _) => Ed25519.token(&header, &claims, secret),
            KeyPair::P256(secret, _) => Es256.token(&header, &claims, secret),
            KeyPair::Shared(secret) => Hs256.token(&header, &claims, secret),
        };
        token.map_err(|error| Error::Internal(format!("signing: {error}")))
    }

    /// Reads an access token of ours; nothing if it is forged, foreign, of another purpose or expired.
    pub fn verify(
        &self,
        token: &str,
        issuer: &str,
        now: i64,
        expiry: Expiry,
    ) -> Option<AccessClaims> {
        let token = read(token)?;
        if token.header().token_type.as_deref() != Some(ACCESS_TOKEN) {
            return None;
        }
        let kid = token.header().key_id.as_deref()?;
        let key = self.0.iter().find(|key| key.id == kid)?;
        let claims: Claims<AccessClaims> = key.validate(&token)?;
        if expiry == Expiry::Checked {
            check_times(&claims, now)?;
        }
        (claims.custom.iss == issuer).then_some(claims.custom)
    }

    /// Reads any JWT signed with a key of ours and our issuer (the habit `plain-bearer`).
    ///
    /// The token may lack `kid`, `typ` and `exp`, as those minted by ARC's own tests do.
    pub fn verify_plain(&self, token: &str, issuer: &str, now: i64) -> Option<Map<String, Value>> {
        let token = read(token)?;
        let kid = token.header().key_id.as_deref();
        let claims: Claims<Map<String, Value>> = self
            .0
            .iter()
            .filter(|key| kid.is_none_or(|kid| key.id == kid))
            .find_map(|key| key.validate(&token))?;
        if claims.expiration.is_some() {
            check_times(&claims, now)?;
        }
        let ours = claims.custom.get("iss").and_then(Value::as_str) == Some(issuer);
        ours.then_some(claims.custom)
    }
}

impl Key {
    fn from_jwk(jwk: &Value) -> Result<Self, &'static str> {
        let key: JsonWebKey<'_> = Deserialize::deserialize(jwk)
            .map_err(|_| "holds a key that is not a JWK of kty OKP or EC")?;
        let pair = match jwk.get("crv").and_then(Value::as_str) {
            Some("Ed25519") => ed25519::SecretKey::try_from(&key).map(|secret| {
                let public = secret.public_key();
                KeyPair::Ed25519(secret, public)
            }),
            Some("P-256") => p256::SigningKey::try_from(&key).map(|secret| {
                let public = *secret.verifying_key();
                KeyPair::P256(secret, public)
            }),
            _ => return Err("holds a key that is neither Ed25519 nor P-256"),
        }
        .map_err(|_| "holds a key without a matching private part")?;
        // RFC 7638: the thumbprint names a key that was given no name.
        let thumbprint = || Base64UrlUnpadded::encode_string(&thumbprint(&key));
        let id = jwk.get("kid").and_then(Value::as_str);
        Ok(Self {
            id: id.map_or_else(thumbprint, str::to_owned),
            pair,
        })
    }

    fn public_jwk(&self) -> Option<Value> {
        let (jwk, alg) = match &self.pair {
            KeyPair::Ed25519(_, public) => (JsonWebKey::from(public), "EdDSA"),
            KeyPair::P256(_, public) => (JsonWebKey::from(public), "ES256"),
            KeyPair::Shared(_) => return None,
        };
        let mut jwk = serde_json::to_value(jwk).ok()?;
        let members = jwk.as_object_mut()?;
        members.insert("kid".to_owned(), json!(self.id));
        members.insert("alg".to_owned(), json!(alg));
        members.insert("use".to_owned(), json!("sig"));
        Some(jwk)
    }

    fn validate<T: Clone + for<'de> Deserialize<'de>>(
        &self,
        token: &UntrustedToken<'_, Extensions>,
    ) -> Option<Claims<T>> {
        let token = match &self.pair {
            KeyPair::Ed25519(_, public) => Ed25519.validator(public).validate(token).ok()?,
            KeyPair::P256(_, public) => Es256.validator(public).validate(token).ok()?,
            KeyPair::Shared(secret) => Hs256.validator(secret).validate(token).ok()?,
        };
        Some(token.claims().clone())
    }
}

fn thumbprint(key: &JsonWebKey<'_>) -> Vec<u8> {
    // The members RFC 7638 §3.2 asks for, in lexicographic order, and nothing else.
    let public = serde_json::to_value(key.to_verifying_key()).unwrap_or_default();
    let members: std::collections::BTreeMap<&str, &Value> = ["crv", "kty", "x", "y"]
        .into_iter()
        .filter_map(|name| Some((name, public.get(name)?)))
        .collect();
    Sha256::digest(serde_json::to_vec(&members).unwrap_or_default()).to_vec()
}

fn read(token: &str) -> Option<UntrustedToken<'_, Extensions>> {
    let token: UntrustedToken<'_, Extensions> = UntrustedToken::try_from(token).ok()?;
    let header = token.header();
    let brings_its_own = header.key_set_url.is_some()
        || header.certificate_url.is_some()
        || header.other_fields.jwk.is_some()
        || header.other_fields.x5c.is_some()
        || header.other_fields.crit.is_some();
    (!brings_its_own).then_some(token)
}

fn check_times<T>(claims: &Claims<T>, now: i64) -> Option<()> {
    let now = instant(now).ok()?;
    let time = TimeOptions::new(Duration::zero(), move || now);
    claims.validate_expiration(&time).ok()?;
    if claims.not_before.is_some() {
        claims.validate_maturity(&time).ok()?;
    }
    Some(())
}

fn instant(milliseconds: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or_else(|| Error::Internal("a time out of range".to_owned()))
}

/// A time as the APIs write it: ISO 8601 in UTC with milliseconds.
pub fn iso8601(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds).map_or_else(String::new, |instant| {
        instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    })
}
