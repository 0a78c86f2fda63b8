//! The keys of `DATA_KEY`: what we authenticate or encrypt for ourselves.
//!
//! The setting is a list: the first key makes, all of them open, so a key is rotated by putting
//! a new one in front. Every use has its own key, derived with HKDF (RFC 5869); every tag and
//! ciphertext begins with the four-character id of the key that made it.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::secret::{constant_time_eq, random_bytes};
use crate::error::{Error, ErrorKind};

const KEY_ID_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 12;

/// What a key is used for; no two uses share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Refresh tokens of the ARC API, which rotate.
    Refresh,
    /// Refresh tokens of the ServiceStack API, which do not.
    ServiceStackRefresh,
    /// One-time passwords, as they decide.
    Otp,
    /// One-time passwords, as `GET /otp-caches/{id}` shows them.
    OtpShown,
    /// A provider's refresh token.
    ProviderToken,
    /// The PKCE verifier of a federated sign-in, until its code comes back.
    SignIn,
    /// What a wrong attempt looked like, to recognise the same one sent twice.
    Attempt,
    /// Which stored hash stands in where a name has none.
    StandIn,
    /// What attempts are counted under, and devices known by.
    Counter,
    /// The tokens of the pages' forms.
    Form,
    /// The token of a link, in the cookie that it waits in.
    Link,
    /// The secret of an authenticator app.
    Totp,
    /// Recovery codes that were moved in.
    RecoveryCode,
    /// The challenge of a passkey ceremony, until the browser brings it back.
    Ceremony,
    /// Refresh tokens of the OAuth endpoints that rotate.
    Grant,
    /// Refresh tokens of the OAuth endpoints that do not.
    StandingGrant,
    /// Nonces of DPoP proofs.
    DpopNonce,
    /// An authorization request that waits for its user.
    Interaction,
}

impl Purpose {
    const fn info(self) -> &'static str {
        match self {
            Self::Refresh => "edgelatch/refresh",
            Self::ServiceStackRefresh => "edgelatch/servicestack-refresh",
            Self::Otp => "edgelatch/otp",
            Self::OtpShown => "edgelatch/otp-shown",
            Self::ProviderToken => "edgelatch/provider-token",
            Self::SignIn => "edgelatch/sign-in",
            Self::Attempt => "edgelatch/attempt",
            Self::StandIn => "edgelatch/stand-in",
            Self::Counter => "edgelatch/counter",
            Self::Form => "edgelatch/form",
            Self::Link => "edgelatch/link",
            Self::Totp => "edgelatch/totp",
            Self::RecoveryCode => "edgelatch/recovery-code",
            Self::Ceremony => "edgelatch/ceremony",
            Self::Grant => "edgelatch/grant",
            Self::StandingGrant => "edgelatch/standing-grant",
            Self::DpopNonce => "edgelatch/dpop-nonce",
            Self::Interaction => "edgelatch/interaction",
        }
    }
}

struct DataKey {
    id: String,
    bytes: [u8; 32],
}

/// The list of keys, the making one first.
pub struct DataKeys(Vec<DataKey>);

impl DataKeys {
    /// Reads a comma-separated list of base64url keys of 32 bytes each.
    ///
    /// Fails with what is wrong, without the value.
    pub fn parse(list: &str) -> Result<Self, &'static str> {
        let keys: Vec<DataKey> = list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(DataKey::parse)
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err("has no key");
        }
        Ok(Self(keys))
    }

    /// A tag over the parts, made with the first key: its id and HMAC-SHA256 in base64url.
    pub fn tag(&self, purpose: Purpose, parts: &[&str]) -> Result<String, Error> {
        self.primary()?.tag(purpose, parts)
    }

    /// The tags over the parts by every key: what [`DataKeys::tag`] makes, and has made before rotations.
    pub fn tags(&self, purpose: Purpose, parts: &[&str]) -> Result<Vec<String>, Error> {
        self.0.iter().map(|key| key.tag(purpose, parts)).collect()
    }

    /// Four bytes of a tag, in hex: enough to recognise the same parts, too little to guess them by.
    pub fn short_tag(&self, purpose: Purpose, parts: &[&str]) -> Result<String, Error> {
        let mac = self.primary()?.mac(purpose, parts)?;
        Ok(mac
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }

    /// Whether the tag was made over these parts by one of our keys, in constant time.
    pub fn verify(&self, purpose: Purpose, parts: &[&str], tag: &str) -> Result<bool, Error> {
        let Some((id, encoded)) = tag.split_at_checked(KEY_ID_LENGTH) else {
            return Ok(false);
        };
        let Ok(given) = Base64UrlUnpadded::decode_vec(encoded) else {
            return Ok(false);
        };
        for key in self.0.iter().filter(|key| key.id == id) {
            if constant_time_eq(&key.mac(purpose, parts)?, &given) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Encrypts with the first key (AES-256-GCM, random nonce), bound to its context.
    pub fn seal(&self, purpose: Purpose, context: &str, text: &str) -> Result<String, Error> {
        let key = self.primary()?;
        let nonce = random_bytes::<NONCE_LENGTH>()?;
        let payload = Payload {
            msg: text.as_bytes(),
            aad: context.as_bytes(),
        };
        let ciphertext = key
            .cipher(purpose)?
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| ErrorKind::Internal("encryption failed".to_owned()))?;
        let sealed = [nonce.as_slice(), &ciphertext].concat();
        Ok(format!(
            "{}{}",
            key.id,
            Base64UrlUnpadded::encode_string(&sealed)
        ))
    }

    /// Decrypts what [`DataKeys::seal`] made; nothing if it was made by no key of ours, for
    /// another purpose or context, or was changed.
    pub fn open(
        &self,
        purpose: Purpose,
        context: &str,
        sealed: &str,
    ) -> Result<Option<String>, Error> {
        let Some((id, encoded)) = sealed.split_at_checked(KEY_ID_LENGTH) else {
            return Ok(None);
        };
        let Ok(bytes) = Base64UrlUnpadded::decode_vec(encoded) else {
            return Ok(None);
        };
        let Some((nonce, ciphertext)) = bytes.split_first_chunk::<NONCE_LENGTH>() else {
            return Ok(None);
        };
        for key in self.0.iter().filter(|key| key.id == id) {
            let payload = Payload {
                msg: ciphertext,
                aad: context.as_bytes(),
            };
            if let Ok(text) = key.cipher(purpose)?.decrypt(&Nonce::from(*nonce), payload) {
                return Ok(String::from_utf8(text).ok());
            }
        }
        Ok(None)
    }

    fn primary(&self) -> Result<&DataKey, Error> {
        self.0
            .first()
            .ok_or_else(|| ErrorKind::Misconfigured("DATA_KEY has no key".to_owned()).into())
    }
}

impl DataKey {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes: [u8; 32] = Base64UrlUnpadded::decode_vec(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or("must be a list of base64url keys of 32 bytes each")?;
        let mut id = [0; 3];
        expand(&bytes, "edgelatch/key-id", &mut id).map_err(|_| "cannot be used")?;
        Ok(Self {
            id: Base64UrlUnpadded::encode_string(&id),
            bytes,
        })
    }

    fn derive(&self, purpose: Purpose) -> Result<[u8; 32], Error> {
        let mut key = [0; 32];
        expand(&self.bytes, purpose.info(), &mut key)?;
        Ok(key)
    }

    fn tag(&self, purpose: Purpose, parts: &[&str]) -> Result<String, Error> {
        let mac = Base64UrlUnpadded::encode_string(&self.mac(purpose, parts)?);
        Ok(format!("{}{mac}", self.id))
    }

    /// HMAC over the parts, each preceded by its length, so that no two lists look alike.
    fn mac(&self, purpose: Purpose, parts: &[&str]) -> Result<Vec<u8>, Error> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.derive(purpose)?)
            .map_err(|error| ErrorKind::Internal(format!("HMAC: {error}")))?;
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Ok(mac.finalize().into_bytes().to_vec())
    }

    fn cipher(&self, purpose: Purpose) -> Result<Aes256Gcm, Error> {
        Aes256Gcm::new_from_slice(&self.derive(purpose)?)
            .map_err(|error| ErrorKind::Internal(format!("AES-GCM: {error}")).into())
    }
}

fn expand(bytes: &[u8], info: &str, out: &mut [u8]) -> Result<(), Error> {
    Hkdf::<Sha256>::new(None, bytes)
        .expand(info.as_bytes(), out)
        .map_err(|error| ErrorKind::Internal(format!("HKDF: {error}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

    fn keys(list: &str) -> DataKeys {
        DataKeys::parse(list).unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn a_tag_is_good_for_its_purpose_and_parts_only() {
        let keys = keys(OLD);
        let tag = keys.tag(Purpose::Refresh, &["sid", "1"]).unwrap();
        assert!(keys.verify(Purpose::Refresh, &["sid", "1"], &tag).unwrap());
        assert!(!keys.verify(Purpose::Refresh, &["sid", "2"], &tag).unwrap());
        assert!(!keys.verify(Purpose::Refresh, &["sid1", ""], &tag).unwrap());
        assert!(
            !keys
                .verify(Purpose::ServiceStackRefresh, &["sid", "1"], &tag)
                .unwrap()
        );
        for broken in ["", "abc", "äöü", tag.get(..tag.len() - 1).unwrap()] {
            assert!(
                !keys
                    .verify(Purpose::Refresh, &["sid", "1"], broken)
                    .unwrap()
            );
        }
    }

    #[test]
    fn a_rotated_key_still_opens_and_the_new_one_makes() {
        let before = keys(OLD);
        let after = keys(&format!("{NEW}, {OLD}"));
        let tag = before.tag(Purpose::Otp, &["x"]).unwrap();
        assert!(after.verify(Purpose::Otp, &["x"], &tag).unwrap());
        let new = after.tag(Purpose::Otp, &["x"]).unwrap();
        assert_ne!(new, tag);
        assert_eq!(
            after.tags(Purpose::Otp, &["x"]).unwrap(),
            [new, tag.clone()]
        );
        assert!(!keys(NEW).verify(Purpose::Otp, &["x"], &tag).unwrap());
    }

    #[test]
    fn what_is_sealed_opens_in_its_context_only() {
        let keys = keys(OLD);
        let sealed = keys
            .seal(Purpose::ProviderToken, "sid", "refresh-token")
            .unwrap();
        assert!(!sealed.contains("refresh"));
        let open = |purpose, context, text| keys.open(purpose, context, text).unwrap();
        assert_eq!(
            open(Purpose::ProviderToken, "sid", &sealed).as_deref(),
            Some("refresh-token")
        );
        assert_eq!(open(Purpose::ProviderToken, "other", &sealed), None);
        assert_eq!(open(Purpose::OtpShown, "sid", &sealed), None);
        assert_eq!(open(Purpose::ProviderToken, "sid", "garbage"), None);
    }

    #[test]
    fn a_malformed_list_says_what_is_wrong() {
        assert!(DataKeys::parse("").is_err());
        assert!(DataKeys::parse("c2hvcnQ").is_err());
    }
}
