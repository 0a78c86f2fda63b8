//! The keys that access tokens are signed and verified with.
//!
//! The key id chooses the key, and nothing else in the header does.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::claims::AccessClaims;
use super::reading::{is_good, read, time, verified};
use super::verified::{Expiry, VerifiedToken, VerifiedTokens};
use crate::auth::id::SessionId;
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::jose::key_set::JwkSet;
use crate::auth::jose::provider_token::{SignatureCheck, SignedClaims, UnverifiedToken};
use crate::auth::jose::signing_key::SigningKey;
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::jose::unsigned::Jwt;
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};

/// `typ` of an access token (RFC 9068 §2.1): its purpose.
pub const ACCESS_TOKEN: &str = "at+jwt";
/// The end of the year 9999, in seconds: no token lives longer.
const END_OF_TIME: i64 = 253_402_300_799;

/// The keys of `JWT_KEYS` or `JWT_SECRET`: the first of an algorithm signs, all verify.
pub struct TokenKeys {
    keys: Vec<SigningKey>,
    /// The access tokens that these keys have verified.
    verified: VerifiedTokens,
}

/// Claims, and the times between which they hold (RFC 7519 §4.1).
#[derive(Serialize)]
struct Dated<T> {
    exp: i64,
    iat: i64,
    #[serde(flatten)]
    claims: T,
}

impl TokenKeys {
    pub(super) fn new(keys: Vec<SigningKey>) -> Self {
        let verified = VerifiedTokens::default();
        Self { keys, verified }
    }

    /// The public halves, as `/.well-known/jwks.json` shows them; a shared secret has none.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().filter_map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// The algorithms that these keys sign with; none of a shared secret.
    pub fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let signing = self.keys.iter().filter(|key| key.can_sign());
        let signing: Vec<_> = signing.filter_map(SigningKey::algorithm).collect();
        let known = SignatureAlgorithm::ALL.into_iter();
        known
            .filter(|algorithm| signing.contains(algorithm))
            .collect()
    }

    /// Signs an access token of the ARC or ServiceStack API that lives `lifetime` from `now`.
    pub fn sign(
        &self,
        claims: AccessClaims,
        now: Timestamp,
        lifetime: Seconds,
    ) -> Result<String, Error> {
        let iat = now.seconds();
        let exp = iat
            .checked_add(lifetime.get())
            .filter(|exp| (0..=END_OF_TIME).contains(exp))
            .ok_or_else(|| ErrorKind::Internal("a lifetime out of range".to_owned()))?;
        match self.jwt(None, ACCESS_TOKEN, &Dated { exp, iat, claims }, now)? {
            Jwt::Signed(token) => Ok(token),
            Jwt::Unsigned(_) => {
                Err(ErrorKind::Internal("RSA has signed an access token".to_owned()).into())
            }
        }
    }

    /// Makes a token of a type with the first key that signs by now: with one of an algorithm, or with
    /// the one that access tokens are signed with.
    pub fn jwt<T: Serialize>(
        &self,
        algorithm: Option<SignatureAlgorithm>,
        typ: &str,
        claims: &T,
        now: Timestamp,
    ) -> Result<Jwt, Error> {
        let fits = |key: &&SigningKey| match algorithm {
            Some(_) => key.algorithm() == algorithm && key.can_sign(),
            None => signs_access_tokens(key),
        };
        let mut fitting = self.keys.iter().filter(fits);
        // Where every key is still waiting, nobody can know an older one.
        let first = fitting.clone().next();
        let jwt = fitting.find(|key| key.signs_at(now)).or(first);
        jwt.ok_or_else(|| ErrorKind::Misconfigured("JWT_KEYS has no key that signs".to_owned()))?
            .jwt(typ, claims)
            .map_err(|error| ErrorKind::Internal(format!("signing: {error}")))?
            .ok_or_else(|| ErrorKind::Internal("a key that cannot sign".to_owned()).into())
    }

    /// Reads an access token for our own APIs; nothing if it is forged, foreign, of another purpose or
    /// audience, bound to a key, or expired.
    pub fn verify(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
        expiry: Expiry,
    ) -> Option<VerifiedToken> {
        let verify = || self.verify_signed(token, issuer);
        let verified = self.verified.get_or_verify(token, issuer, verify)?;
        let ours = verified.is_for(issuer) && verified.key.is_none();
        (ours && verified.is_in_time(now, expiry)).then_some(verified)
    }

    /// Reads an access token for a resource of ours, whose key is still to be proven where it is bound to
    /// one (RFC 9449 §7).
    pub fn verify_for(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Option<VerifiedToken> {
        let verify = || self.verify_signed(token, issuer);
        let verified = self.verified.get_or_verify(token, issuer, verify)?;
        let ours = verified.is_for(audience) && verified.is_in_time(now, Expiry::Checked);
        ours.then_some(verified)
    }

    /// Verifies everything but the time: purpose, key, signature, issuer.
    fn verify_signed(&self, token: &str, issuer: &str) -> Option<VerifiedToken> {
        let token = read(token)?;
        if token.header_text("typ") != Some(ACCESS_TOKEN) {
            return None;
        }
        let kid = token.header_text("kid")?;
        let key = self.keys.iter().find(|key| key.id() == kid)?;
        match key.has_signed(&token) {
            true => verified(&token.claims, issuer),
            false => None,
        }
    }

    /// What WebCrypto has to verify of an access token that one of our RSA keys may have signed.
    pub fn check(&self, token: &str) -> Option<SignatureCheck> {
        let token = read(token)?;
        let typed = token.header_text("typ") == Some(ACCESS_TOKEN);
        if !typed || token.header_text("alg") != Some(SignatureAlgorithm::Rs256.name()) {
            return None;
        }
        let Value::Object(set) = self.jwks() else {
            return None;
        };
        let token = UnverifiedToken::read(TokenKind::AccessToken, token).ok()?;
        token.with_key(&JwkSet::read(set).ok()?).ok()
    }

    /// Reads an access token for a resource of ours whose signature WebCrypto has verified.
    pub fn accept(
        &self,
        signed: &SignedClaims,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Option<VerifiedToken> {
        let verified = verified(&signed.0, issuer)?;
        let ours = verified.is_for(audience) && verified.is_in_time(now, Expiry::Checked);
        ours.then_some(verified)
    }

    /// Whether a token is an access token of ours that is good at `now`, for whomever; also one of a client
    /// for itself, which has no session.
    pub fn is_own(&self, token: &str, issuer: &str, now: Timestamp) -> bool {
        let Some(token) = read(token).filter(|it| it.header_text("typ") == Some(ACCESS_TOKEN))
        else {
            return false;
        };
        let key = self
            .keys
            .iter()
            .find(|key| token.header_text("kid") == Some(key.id()));
        key.is_some_and(|key| key.has_signed(&token)) && is_good(&token.claims, issuer, now)
    }

    /// The session that an access token of ours was made for, whomever it is for and however old.
    pub fn session_of(&self, token: &str, issuer: &str) -> Option<SessionId> {
        let verify = || self.verify_signed(token, issuer);
        let verified = self.verified.get_or_verify(token, issuer, verify)?;
        Some(verified.session_id)
    }

    /// Reads any JWT signed with a key of ours and our issuer (the compatibility flag `plain-bearer`).
    ///
    /// The token may lack `kid`, `typ` and `exp`, as those minted by ARC's own tests do. One that is made
    /// for a purpose or audience, as all of ours are, is none.
    pub fn verify_plain(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Option<Map<String, Value>> {
        let token = read(token)?;
        let kid = token.header_text("kid");
        let typ = token.header.get("typ");
        if typ.is_some_and(|typ| typ != "JWT") || token.claims.contains_key("aud") {
            return None;
        }
        let mut keys = self.keys.iter();
        keys.find(|key| kid.is_none_or(|kid| key.id() == kid) && key.has_signed(&token))?;
        let ended = time(&token.claims, "exp")?.is_some_and(|end| now > end);
        let early = time(&token.claims, "nbf")?.is_some_and(|start| now < start);
        let ours = token.claim_text("iss") == Some(issuer);
        (ours && !ended && !early).then_some(token.claims)
    }
}

/// Access tokens are signed at once, which WebCrypto cannot.
pub(super) fn signs_access_tokens(key: &SigningKey) -> bool {
    key.can_sign() && key.algorithm() != Some(SignatureAlgorithm::Rs256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::id::{ClientId, ClientNumber, UserId};
    use crate::auth::jose::compact::CompactJws;
    use crate::auth::secret::Secret;
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
            aud: ISSUER.to_owned(),
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

    /// Signed with the first key, whatever it says.
    fn signed(keys: &TokenKeys, header: &Value, claims: &Value) -> String {
        match keys.keys[0].sign(header, claims).unwrap() {
            Some(Jwt::Signed(token)) => token,
            _ => panic!("not signed"),
        }
    }

    /// The claims of [`claims`], and others.
    fn claims_and(others: Value) -> Value {
        let mut claims = serde_json::to_value(claims()).unwrap();
        let others = others.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(others);
        claims
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
        let header = json!({ "alg": "HS256", "typ": ACCESS_TOKEN, "kid": SHARED });
        let claims = claims_and(json!({ "nbf": NOW.seconds(), "exp": NOW.seconds() + 60 }));
        let token = signed(&keys, &header, &claims);
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
        let plain = json!({ "iss": ISSUER, "sid": "s", "exp": NOW.seconds() + 60 });
        let plain = signed(&keys, &json!({ "alg": "HS256" }), &plain);
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
            let mut header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "mine" });
            let extra = extra.as_object().unwrap().clone();
            header.as_object_mut().unwrap().extend(extra);
            signed(&asymmetric(&[P256]), &header, &claims_and(json!({})))
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
        let header = json!({ "alg": "HS256" });
        let token = |claims: Value| signed(&shared(), &header, &claims);
        let plain = token(json!({"iss": ISSUER, "id": "u"}));
        assert_eq!(shared().verify(&plain, ISSUER, NOW, Expiry::Checked), None);
        assert!(shared().verify_plain(&plain, ISSUER, NOW).is_some());
        assert!(
            shared()
                .verify_plain(&plain, "https://other.example", NOW)
                .is_none()
        );
        let old = token(json!({ "iss": ISSUER, "exp": NOW.seconds() - 1 }));
        assert!(shared().verify_plain(&old, ISSUER, NOW).is_none());
        let early = token(json!({ "iss": ISSUER, "nbf": NOW.seconds() + 1 }));
        assert!(shared().verify_plain(&early, ISSUER, NOW).is_none());
        assert!(
            shared()
                .verify_plain(&early, ISSUER, NOW + Seconds::new(1))
                .is_some()
        );
    }

    #[test]
    fn no_token_that_is_made_for_something_is_a_plain_one() {
        let keys = shared();
        let plain = |header: &Value, claims: &Value| {
            let token = signed(&keys, header, claims);
            keys.verify_plain(&token, ISSUER, NOW).is_some()
        };
        let claims = json!({ "iss": ISSUER, "id": "u" });
        assert!(plain(&json!({ "alg": "HS256", "typ": "JWT" }), &claims));
        for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "jwt+x"] {
            assert!(
                !plain(&json!({ "alg": "HS256", "typ": typ }), &claims),
                "{typ}"
            );
        }
        for aud in [json!(ISSUER), json!("web"), json!([]), Value::Null] {
            let claims = json!({ "iss": ISSUER, "id": "u", "aud": aud });
            assert!(!plain(&json!({ "alg": "HS256" }), &claims), "{aud}");
        }
    }

    #[test]
    fn a_token_is_for_its_audience_only() {
        let keys = asymmetric(&[P256]);
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "mine" });
        let userinfo = "https://login.example/oauth/userinfo";
        for (aud, ours, for_userinfo) in [
            (json!(ISSUER), true, false),
            (json!([userinfo, ISSUER]), true, true),
            (json!(userinfo), false, true),
            (json!("https://login.example/"), false, false),
            (json!(["https://mcp.example"]), false, false),
            (json!([ISSUER, 1]), false, false),
            (json!([]), false, false),
            (json!({}), false, false),
            (Value::Null, false, false),
        ] {
            let said = json!({ "aud": aud, "exp": NOW.seconds() + 60 });
            let token = signed(&keys, &header, &claims_and(said));
            let here = keys.verify(&token, ISSUER, NOW, Expiry::Checked);
            assert_eq!(here.is_some(), ours, "{aud}");
            let there = keys.verify_for(&token, ISSUER, userinfo, NOW);
            assert_eq!(there.is_some(), for_userinfo, "{aud}");
        }
        let bound = json!({ "cnf": { "jkt": "x" }, "exp": NOW.seconds() + 60 });
        let bound = signed(&keys, &header, &claims_and(bound));
        assert_eq!(keys.verify(&bound, ISSUER, NOW, Expiry::Checked), None);
        let bound = keys.verify_for(&bound, ISSUER, ISSUER, NOW).unwrap();
        assert_eq!(bound.key.as_deref(), Some("x"));
    }

    #[test]
    fn a_key_is_published_before_it_signs() {
        let mut next: Value = serde_json::from_str(P256).unwrap();
        next["nbf"] = json!(NOW.seconds() + 600);
        let keys = asymmetric(&[&next.to_string(), ED25519]);
        let kid = |now| {
            let token = keys.sign(claims(), now, Seconds::new(900)).unwrap();
            read(&token).unwrap().header_text("kid").unwrap().to_owned()
        };
        assert_eq!(keys.jwks()["keys"][0]["kid"], "mine");
        assert_eq!(keys.jwks()["keys"][0].get("nbf"), None);
        assert_ne!(kid(NOW), "mine");
        assert_eq!(kid(NOW + Seconds::new(600)), "mine");
        let alone = asymmetric(&[&next.to_string()]);
        assert!(alone.sign(claims(), NOW, Seconds::new(900)).is_ok());
    }

    #[test]
    fn a_key_that_only_verifies_may_be_public() {
        let private: Value = serde_json::from_str(P256).unwrap();
        let mut public = private.clone();
        public.as_object_mut().unwrap().remove("d");
        let keys = asymmetric(&[&public.to_string(), ED25519]);
        let old = asymmetric(&[P256])
            .sign(claims(), NOW, Seconds::new(900))
            .unwrap();
        assert!(keys.verify(&old, ISSUER, NOW, Expiry::Checked).is_some());
        assert_eq!(keys.algorithms(), [SignatureAlgorithm::EdDsa]);
        let only = format!(r#"{{"keys":[{public}]}}"#);
        assert!(TokenKeys::from_jwk_set(&only).is_err());
    }

    #[test]
    fn rsa_signs_what_is_asked_of_it_and_never_the_access_tokens_of_our_apis() {
        let rsa = crate::auth::jose::example::RSA.to_string();
        let keys = asymmetric(&[&rsa, ED25519]);
        assert_eq!(
            keys.algorithms(),
            [SignatureAlgorithm::Rs256, SignatureAlgorithm::EdDsa]
        );
        assert!(keys.sign(claims(), NOW, Seconds::new(900)).is_ok());
        let said = json!({ "iss": ISSUER });
        let Jwt::Unsigned(unsigned) = keys
            .jwt(Some(SignatureAlgorithm::Rs256), "JWT", &said, NOW)
            .unwrap()
        else {
            panic!("signed without WebCrypto");
        };
        let (key, kid) = (unsigned.key.expose().to_owned(), unsigned.kid.clone());
        assert!(key.contains("\"qi\""));
        let token = CompactJws::read(&unsigned.with_signature(&[1])).unwrap();
        assert_eq!(token.header_text("alg"), Some("RS256"));
        assert_eq!(token.header_text("kid"), Some(kid.as_str()));
        assert_eq!(token.claims["iss"], ISSUER);
        assert!(!keys.jwks().to_string().contains("\"d\""));
        assert!(
            keys.jwt(Some(SignatureAlgorithm::Es256), "JWT", &said, NOW)
                .is_err()
        );
        for (name, value) in [
            ("qi", Value::Null),
            ("n", json!("AQAB")),
            ("alg", json!("PS256")),
        ] {
            let mut broken: Value = serde_json::from_str(&rsa).unwrap();
            broken[name] = value;
            let set = format!(r#"{{"keys":[{broken},{ED25519}]}}"#);
            assert!(TokenKeys::from_jwk_set(&set).is_err(), "{name}");
        }
    }
}
