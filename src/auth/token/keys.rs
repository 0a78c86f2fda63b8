//! The keys that access tokens are signed and verified with.
//!
//! The key id chooses the key, and nothing else in the header does.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use jwt_compact::prelude::*;
use serde_json::{Map, Value, json};

use super::claims::AccessClaims;
use super::verified::{Expiry, VerifiedToken, VerifiedTokens};
use crate::auth::id::SessionId;
use crate::auth::jose::compact::CompactJws;
use crate::auth::jose::signing_key::SigningKey;
use crate::auth::secret::Secret;
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};

/// `typ` of an access token (RFC 9068 §2.1): its purpose.
const ACCESS_TOKEN: &str = "at+jwt";
/// What HS256 needs to be as strong as its hash (RFC 7518 §3.2), in bytes.
const SHARED_SECRET_LENGTH: usize = 32;

/// The keys of `JWT_KEYS` or `JWT_SECRET`: the first signs, all verify.
pub struct TokenKeys {
    keys: Vec<SigningKey>,
    /// The access tokens that these keys have verified.
    verified: VerifiedTokens,
}

impl TokenKeys {
    fn new(keys: Vec<SigningKey>) -> Self {
        let verified = VerifiedTokens::default();
        Self { keys, verified }
    }

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
        let keys: Vec<SigningKey> = keys
            .iter()
            .map(SigningKey::from_jwk)
            .collect::<Result<_, _>>()?;
        let ids: HashSet<&str> = keys.iter().map(SigningKey::id).collect();
        if ids.len() < keys.len() {
            return Err("has two keys of one kid");
        }
        Ok(Self::new(keys))
    }

    /// Takes the secret that resource servers share (HS256).
    pub fn from_shared_secret(secret: &Secret, allow_short: bool) -> Result<Self, &'static str> {
        if secret.expose().len() < SHARED_SECRET_LENGTH && !allow_short {
            return Err("must have at least 32 bytes");
        }
        Ok(Self::new(vec![SigningKey::shared(secret)]))
    }

    /// The public halves, as `/.well-known/jwks.json` shows them; a shared secret has none.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().filter_map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// Signs an access token that lives `lifetime` from `now`.
    pub fn sign(
        &self,
        claims: AccessClaims,
        now: Timestamp,
        lifetime: Seconds,
    ) -> Result<String, Error> {
        let key = self
            .keys
            .first()
            .ok_or_else(|| ErrorKind::Misconfigured("JWT_KEYS has no key".to_owned()))?;
        let issued = instant(now)?;
        let mut claims = Claims::new(claims);
        claims.issued_at = Some(issued);
        claims.expiration = Duration::try_seconds(lifetime.get())
            .and_then(|lifetime| issued.checked_add_signed(lifetime));
        if claims.expiration.is_none() {
            return Err(ErrorKind::Internal("a lifetime out of range".to_owned()).into());
        }
        let header = Header::empty()
            .with_token_type(ACCESS_TOKEN)
            .with_key_id(key.id());
        key.sign(&header, &claims)
            .map_err(|error| ErrorKind::Internal(format!("signing: {error}")).into())
    }

    /// Reads an access token of ours; nothing if it is forged, foreign, of another purpose or expired.
    pub fn verify(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
        expiry: Expiry,
    ) -> Option<VerifiedToken> {
        let verify = || self.verify_signed(token, issuer);
        let verified = self.verified.get_or_verify(token, issuer, verify)?;
        verified.is_in_time(now, expiry).then_some(verified)
    }

    /// Verifies everything but the time: purpose, key, signature, issuer.
    fn verify_signed(&self, token: &str, issuer: &str) -> Option<VerifiedToken> {
        let token = read(token)?;
        if token.header_text("typ") != Some(ACCESS_TOKEN) {
            return None;
        }
        let kid = token.header_text("kid")?;
        let key = self.keys.iter().find(|key| key.id() == kid)?;
        if !key.has_signed(&token) || token.claim_text("iss") != Some(issuer) {
            return None;
        }
        Some(VerifiedToken {
            session_id: SessionId::new(token.claim_text("sid")?),
            issuer: issuer.to_owned(),
            expires: time(&token, "exp")?,
            not_before: time(&token, "nbf")?,
        })
    }

    /// Reads any JWT signed with a key of ours and our issuer (the compatibility flag `plain-bearer`).
    ///
    /// The token may lack `kid`, `typ` and `exp`, as those minted by ARC's own tests do.
    pub fn verify_plain(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Option<Map<String, Value>> {
        let token = read(token)?;
        let kid = token.header_text("kid");
        let mut keys = self.keys.iter();
        keys.find(|key| kid.is_none_or(|kid| key.id() == kid) && key.has_signed(&token))?;
        let ended = time(&token, "exp")?.is_some_and(|end| now > end);
        let early = time(&token, "nbf")?.is_some_and(|start| now < start);
        let ours = token.claim_text("iss") == Some(issuer);
        (ours && !ended && !early).then_some(token.claims)
    }
}

fn read(token: &str) -> Option<CompactJws> {
    CompactJws::read(token).filter(|token| token.refused_member().is_none())
}

/// A time among the claims, if the token has it; nothing where it is not in whole seconds.
fn time(token: &CompactJws, name: &str) -> Option<Option<Timestamp>> {
    match token.claims.get(name) {
        None => Some(None),
        Some(seconds) => seconds.as_i64().map(Timestamp::from_seconds).map(Some),
    }
}

fn instant(time: Timestamp) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_millis(time.millis())
        .ok_or_else(|| ErrorKind::Internal("a time out of range".to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::id::{ClientId, ClientNumber, UserId};
    use crate::auth::token::{DeviceInfo, UserPreferences};
    use base64ct::{Base64UrlUnpadded, Encoding};

    const ISSUER: &str = "https://login.example";
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    // RFC 8037 Appendix A.1 and RFC 7515 Appendix A.3.
    const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const P256: &str = r#"{"kty":"EC","crv":"P-256","kid":"mine","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

    fn asymmetric(keys: &[&str]) -> TokenKeys {
        let set = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
        TokenKeys::from_jwk_set(&set).unwrap_or_else(|why| panic!("{why}"))
    }

    fn shared() -> TokenKeys {
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        TokenKeys::from_shared_secret(&secret, false).unwrap_or_else(|why| panic!("{why}"))
    }

    fn claims() -> AccessClaims {
        AccessClaims {
            id: UserId::new("u"),
            username: "demo".to_owned(),
            email: None,
            first_name: "Demo".to_owned(),
            last_name: None,
            permissions: vec!["A".to_owned()],
            role: "1".to_owned(),
            auth_client_id: ClientNumber::new(1),
            default_tenant_id: None,
            tenant_id: None,
            user_tenant_id: None,
            status: 1,
            user_preferences: UserPreferences {
                locale: "en".to_owned(),
            },
            device_info: DeviceInfo::default(),
            last_login: None,
            sub: UserId::new("u"),
            jti: "j".to_owned(),
            sid: SessionId::new("s"),
            client_id: ClientId::new("web"),
            iss: ISSUER.to_owned(),
            acr: "aal1",
            amr: vec!["pwd".to_owned()],
            auth_time: 0,
            person: None,
        }
    }

    /// As `SigningKey` calls the shared secret.
    const SHARED: &str = "shared";

    fn session(verified: Option<VerifiedToken>) -> Option<SessionId> {
        verified.map(|verified| verified.session_id)
    }

    fn forge(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        format!("{}.{}.AAAA", part(header), part(claims))
    }

    #[test]
    fn a_token_verifies_until_its_end_for_its_issuer() {
        for keys in [asymmetric(&[ED25519]), asymmetric(&[P256]), shared()] {
            let token = keys.sign(claims(), NOW, Seconds::new(900)).unwrap();
            let verify = |issuer, now, expiry| session(keys.verify(&token, issuer, now, expiry));
            let good = Some(SessionId::new("s"));
            assert_eq!(verify(ISSUER, NOW, Expiry::Checked), good);
            assert_eq!(
                verify(ISSUER, NOW + Seconds::new(900), Expiry::Checked),
                good
            );
            assert_eq!(
                verify(ISSUER, NOW + Seconds::new(901), Expiry::Checked),
                None
            );
            assert_eq!(
                verify(ISSUER, NOW + Seconds::new(901), Expiry::Ignored),
                good
            );
            assert_eq!(verify("https://other.example", NOW, Expiry::Checked), None);
        }
    }

    #[test]
    fn a_signed_token_says_what_it_was_made_of() {
        let token = shared().sign(claims(), NOW, Seconds::new(900)).unwrap();
        let mut said = Value::Object(read(&token).unwrap().claims);
        for (name, seconds) in [("iat", NOW.seconds()), ("exp", NOW.seconds() + 900)] {
            assert_eq!(
                said.as_object_mut().unwrap().remove(name),
                Some(json!(seconds))
            );
        }
        assert_eq!(said, serde_json::to_value(claims()).unwrap());
    }

    #[test]
    fn after_a_token_was_verified_no_other_token_passes_for_it() {
        for keys in [asymmetric(&[ED25519, P256]), asymmetric(&[P256]), shared()] {
            let token = keys.sign(claims(), NOW, Seconds::new(900)).unwrap();
            let verify = |token: &str| keys.verify(token, ISSUER, NOW, Expiry::Checked);
            assert!(verify(&token).is_some());
            // One character in any part, one less, one more, and the parts of another token.
            for at in 0..token.len() {
                let mut altered = token.clone().into_bytes();
                altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
                let altered = String::from_utf8(altered).unwrap();
                assert_eq!(verify(&altered), None, "{at}");
            }
            assert_eq!(verify(token.get(1..).unwrap()), None);
            assert_eq!(verify(token.get(..token.len() - 1).unwrap()), None);
            assert_eq!(verify(&format!("{token}A")), None);
            let signature = token.rsplit_once('.').unwrap().1;
            let later = keys
                .sign(claims(), NOW + Seconds::new(1), Seconds::new(900))
                .unwrap();
            let mixed = later.rsplit_once('.').unwrap().0;
            assert_eq!(verify(&format!("{mixed}.{signature}")), None);
            assert!(verify(&token).is_some());
        }
    }

    #[test]
    fn a_token_that_was_verified_is_refused_by_other_keys_and_for_another_issuer() {
        let (ours, others) = (asymmetric(&[ED25519]), asymmetric(&[P256]));
        let token = ours.sign(claims(), NOW, Seconds::new(900)).unwrap();
        assert!(ours.verify(&token, ISSUER, NOW, Expiry::Checked).is_some());
        for expiry in [Expiry::Checked, Expiry::Ignored] {
            assert_eq!(others.verify(&token, ISSUER, NOW, expiry), None);
            let elsewhere = ours.verify(&token, "https://other.example", NOW, expiry);
            assert_eq!(elsewhere, None);
        }
    }

    #[test]
    fn a_token_that_was_verified_is_judged_by_the_time_of_each_use() {
        let keys = shared();
        let mut header = Header::empty().with_key_id(SHARED);
        header.token_type = Some(ACCESS_TOKEN.to_owned());
        let mut claims = Claims::new(claims());
        claims.not_before = Some(instant(NOW).unwrap());
        claims.expiration = Some(instant(NOW + Seconds::new(60)).unwrap());
        let token = keys.keys[0].sign(&header, &claims).unwrap();
        let verify = |now, expiry| keys.verify(&token, ISSUER, now, expiry).is_some();
        for (now, checked, ignored) in [
            (NOW, true, true),
            (NOW + Seconds::new(61), false, true),
            (NOW - Seconds::new(1), false, false),
            (NOW + Seconds::new(60), true, true),
        ] {
            assert_eq!(verify(now, Expiry::Checked), checked, "{now:?}");
            assert_eq!(verify(now, Expiry::Ignored), ignored, "{now:?}");
        }
    }

    #[test]
    fn a_plain_token_is_never_remembered_as_one_of_a_session() {
        let keys = shared();
        let plain = Claims::new(json!({ "iss": ISSUER, "sid": "s", "exp": NOW.seconds() + 60 }));
        let plain = keys.keys[0].sign(&Header::empty(), &plain).unwrap();
        let verify = || keys.verify(&plain, ISSUER, NOW, Expiry::Ignored);
        assert_eq!(verify(), None);
        assert!(keys.verify_plain(&plain, ISSUER, NOW).is_some());
        assert_eq!(verify(), None);
        assert!(
            keys.verify_plain(&plain, ISSUER, NOW + Seconds::new(61))
                .is_none()
        );
    }

    #[test]
    fn a_lifetime_that_time_has_no_room_for_is_an_error_and_no_panic() {
        for lifetime in [i64::MAX, 1 << 53, i64::MIN] {
            assert!(
                shared()
                    .sign(claims(), NOW, Seconds::new(lifetime))
                    .is_err()
            );
        }
    }

    #[test]
    fn a_prepended_key_signs_and_the_older_ones_still_verify() {
        let before = asymmetric(&[P256]);
        let after = asymmetric(&[ED25519, P256]);
        let old = before.sign(claims(), NOW, Seconds::new(900)).unwrap();
        let new = after.sign(claims(), NOW, Seconds::new(900)).unwrap();
        assert!(after.verify(&old, ISSUER, NOW, Expiry::Checked).is_some());
        assert!(after.verify(&new, ISSUER, NOW, Expiry::Checked).is_some());
        assert!(before.verify(&new, ISSUER, NOW, Expiry::Checked).is_none());
    }

    #[test]
    fn the_published_keys_are_public_and_named() {
        let jwks = asymmetric(&[ED25519, P256]).jwks();
        assert!(!jwks.to_string().contains("\"d\""));
        // RFC 8037 Appendix A.3 gives this thumbprint.
        assert_eq!(
            jwks["keys"][0]["kid"],
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
        assert_eq!(jwks["keys"][0]["alg"], "EdDSA");
        assert_eq!(jwks["keys"][1]["kid"], "mine");
        assert_eq!(jwks["keys"][1]["alg"], "ES256");
        assert_eq!(shared().jwks(), json!({"keys": []}));
    }

    #[test]
    fn forged_tokens_and_tokens_of_other_purposes_are_refused() {
        let keys = asymmetric(&[P256]);
        let payload = serde_json::to_value(claims()).unwrap();
        for header in [
            json!({"alg": "none", "typ": "at+jwt", "kid": "mine"}),
            json!({"alg": "HS256", "typ": "at+jwt", "kid": "mine"}),
            json!({"alg": "ES256", "typ": "at+jwt", "kid": "mine"}),
            json!({"alg": "ES256", "typ": "at+jwt", "kid": "other"}),
            json!({"alg": "ES256", "typ": "at+jwt"}),
        ] {
            assert_eq!(
                keys.verify(&forge(&header, &payload), ISSUER, NOW, Expiry::Ignored),
                None
            );
        }
        for garbage in ["", "x", "x.y", "x.y.z", "..", "é.é.é"] {
            assert_eq!(keys.verify(garbage, ISSUER, NOW, Expiry::Ignored), None);
        }
    }

    #[test]
    fn a_header_that_brings_its_own_key_or_rules_is_refused() {
        let signed = |extra: Value| {
            let mut header = Header::new(extra).with_key_id("mine");
            header.token_type = Some("at+jwt".to_owned());
            let keys = asymmetric(&[P256]);
            keys.keys[0].sign(&header, &Claims::new(claims())).unwrap()
        };
        let verify =
            |token: String| asymmetric(&[P256]).verify(&token, ISSUER, NOW, Expiry::Ignored);
        assert!(verify(signed(json!({}))).is_some());
        for extra in [
            json!({"jwk": {"kty": "EC"}}),
            json!({"crit": ["exp"]}),
            json!({"x5c": ["x"]}),
            json!({"jku": "https://evil.example"}),
            json!({"x5u": "https://evil.example"}),
        ] {
            assert_eq!(verify(signed(extra.clone())), None, "{extra}");
        }
    }

    #[test]
    fn a_token_of_another_purpose_is_plain_at_best() {
        let sign =
            |claims: &Claims<Value>| shared().keys[0].sign(&Header::empty(), claims).unwrap();
        let token = |claims: Value| sign(&Claims::new(claims));
        let plain = token(json!({"iss": ISSUER, "id": "u"}));
        assert_eq!(shared().verify(&plain, ISSUER, NOW, Expiry::Checked), None);
        assert!(shared().verify_plain(&plain, ISSUER, NOW).is_some());
        assert!(
            shared()
                .verify_plain(&plain, "https://other.example", NOW)
                .is_none()
        );
        let mut old = Claims::new(json!({"iss": ISSUER}));
        old.expiration = Some(instant(NOW - Seconds::new(1)).unwrap());
        let old = sign(&old);
        assert!(shared().verify_plain(&old, ISSUER, NOW).is_none());
        let mut early = Claims::new(json!({"iss": ISSUER}));
        early.not_before = Some(instant(NOW + Seconds::new(1)).unwrap());
        let early = sign(&early);
        assert!(shared().verify_plain(&early, ISSUER, NOW).is_none());
        assert!(
            shared()
                .verify_plain(&early, ISSUER, NOW + Seconds::new(1))
                .is_some()
        );
    }
}
