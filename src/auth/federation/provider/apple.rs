//! Apple's client secret: a JWT that we sign for each request.

use chrono::{DateTime, TimeDelta};
use jwt_compact::alg::Es256;
use jwt_compact::prelude::*;
use p256::ecdsa::SigningKey;
use p256::pkcs8::DecodePrivateKey;
use serde::Serialize;

use crate::auth::federation::provider::providers::{APPLE_ISSUER, APPLE_PRIVATE_KEY};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::{Error, ErrorKind};

/// How long a client secret lives: it is made for one request. Apple allows six months.
const SECRET_LIFETIME: TimeDelta = TimeDelta::minutes(5);

#[derive(Serialize)]
struct SecretClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'static str,
}

/// Reads the signing key: PKCS#8 PEM of a P-256 key, `\n` allowed for line ends.
pub(in crate::auth::federation) fn signing_key(pem: &Secret) -> Result<SigningKey, Error> {
    let pem = pem.expose().replace("\\n", "\n").replace('\r', "");
    SigningKey::from_pkcs8_pem(pem.trim())
        .map_err(|_| Error::malformed_setting(APPLE_PRIVATE_KEY, "the PKCS#8 PEM of a P-256 key"))
}

/// Makes the client secret at `now`: ES256, by the team, about the client.
pub(in crate::auth::federation) fn client_secret(
    team_id: &str,
    key_id: &str,
    private_key: &Secret,
    client_id: &str,
    now: Timestamp,
) -> Result<Secret, Error> {
    let key = signing_key(private_key)?;
    let out_of_range = || ErrorKind::Internal("a time out of range".to_owned());
    let issued = DateTime::from_timestamp_millis(now.millis()).ok_or_else(out_of_range)?;
    let expires = issued.checked_add_signed(SECRET_LIFETIME);
    let mut claims = Claims::new(SecretClaims {
        iss: team_id,
        sub: client_id,
        aud: APPLE_ISSUER,
    });
    claims.issued_at = Some(issued);
    claims.expiration = Some(expires.ok_or_else(out_of_range)?);
    Es256
        .token(&Header::empty().with_key_id(key_id), &claims, &key)
        .map(Secret::new)
        .map_err(|error| ErrorKind::Internal(format!("signing: {error}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{NOW, NOW_SECONDS, apple_key, apple_pem};
    use base64ct::{Base64UrlUnpadded, Encoding};
    use p256::ecdsa::{Signature, signature::Verifier};
    use serde_json::{Value, json};

    fn secret(pem: &str) -> Result<String, Error> {
        let pem = Secret::new(pem);
        client_secret("TEAM123456", "KEY7890123", &pem, "com.example.web", NOW)
            .map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_client_secret_is_what_apple_documents() {
        let secret = secret(&apple_pem()).unwrap();
        let (input, signature) = secret.rsplit_once('.').unwrap();
        let (header, claims) = input.split_once('.').unwrap();
        let decode = |part: &str| -> Value {
            serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
        };
        assert_eq!(
            decode(header),
            json!({ "alg": "ES256", "kid": "KEY7890123" })
        );
        assert_eq!(
            decode(claims),
            json!({
                "iss": "TEAM123456", "iat": NOW_SECONDS, "exp": NOW_SECONDS + 300,
                "aud": "https://appleid.apple.com", "sub": "com.example.web",
            })
        );
        let signature = Base64UrlUnpadded::decode_vec(signature).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        let verifier = *apple_key().verifying_key();
        assert!(verifier.verify(input.as_bytes(), &signature).is_ok());
    }

    #[test]
    fn a_key_may_be_written_on_one_line() {
        let pem = apple_pem();
        for text in [
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\\r\\n").replace("\\r", "\r"),
            format!("\n {pem}\n\n"),
        ] {
            assert!(secret(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_key_that_is_none_names_the_setting() {
        let pem = apple_pem();
        for text in [
            "",
            "x",
            &pem.replace("PRIVATE", "PUBLIC"),
            &pem.replacen('M', "A", 1),
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v_VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----",
        ] {
            let expected = "APPLE_AUTH_PRIVATE_KEY must be the PKCS#8 PEM of a P-256 key";
            assert_eq!(
                secret(text),
                Err(ErrorKind::Misconfigured(expected.to_owned()).into())
            );
        }
    }
}
