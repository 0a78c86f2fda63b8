//! Codes of authenticator apps: TOTP (RFC 6238), which is HOTP (RFC 4226) of the time.

use base64ct::{Base64, Encoding};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::base32::{self, RFC4648};
use super::qr_code;
use crate::auth::secret::{Secret, constant_time_eq, random_bytes};
use crate::auth::time::{Seconds, Timestamp};
use crate::error::Error;

/// The bytes of a new secret: those of the hash (RFC 4226 §4).
const SECRET_LENGTH: usize = 20;
/// The steps before and after the present one whose codes are taken too (RFC 6238 §5.2).
const WINDOW: i64 = 1;
/// What a URI leaves as it is (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The hash that an app computes with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// What every app knows.
    #[default]
    Sha1,
    /// SHA-256, of secrets that were moved in.
    Sha256,
    /// SHA-512, likewise.
    Sha512,
}

impl HashAlgorithm {
    /// The name in `otpauth` URIs and in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The algorithm of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    fn mac(self, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Sha1 => mac::<Hmac<Sha1>>(key, message),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, message),
            Self::Sha512 => mac::<Hmac<Sha512>>(key, message),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

/// An authenticator app, as the service knows it.
#[derive(Debug, Clone)]
pub struct Totp {
    /// What app and service share, in base 32.
    pub secret: Secret,
    /// The hash.
    pub algorithm: HashAlgorithm,
    /// How many digits a code has: 6 to 8.
    pub digits: u32,
    /// How long a code is the present one.
    pub period: Seconds,
}

impl Totp {
    /// Draws the secret of a new one: SHA-1, six digits, thirty seconds, since many apps pass over any
    /// other wish.
    pub fn draw() -> Result<Self, Error> {
        let bytes = random_bytes::<SECRET_LENGTH>()?;
        Ok(Self {
            secret: Secret::new(base32::encode(RFC4648, &bytes)),
            algorithm: HashAlgorithm::default(),
            digits: 6,
            period: Seconds::new(30),
        })
    }

    /// The step that a code is of, if it is of the present one or of those beside it and later than
    /// the last that was taken: a code works once (RFC 6238 §5.2).
    ///
    /// All three are compared, each in constant time.
    pub fn step_of(&self, code: &str, last: Option<i64>, now: Timestamp) -> Option<i64> {
        let present = now.seconds().checked_div(self.period.get())?;
        let mut found = None;
        for step in (present - WINDOW)..=(present + WINDOW) {
            let expected = self.code(step)?;
            let is_new = last.is_none_or(|last| step > last);
            if constant_time_eq(expected.as_bytes(), code.as_bytes()) && is_new {
                found = found.or(Some(step));
            }
        }
        found
    }

    /// The code of a step: HOTP (RFC 4226 §5.3).
    fn code(&self, step: i64) -> Option<String> {
        let key = base32::decode(self.secret.expose()).filter(|key| !key.is_empty())?;
        let counter = u64::try_from(step).ok()?;
        let mac = self.algorithm.mac(&key, &counter.to_be_bytes())?;
        let offset = usize::from(mac.last()? & 0xf);
        let four = mac.get(offset..)?.first_chunk::<4>()?;
        let number = u32::from_be_bytes(*four) & 0x7fff_ffff;
        let code = number.checked_rem(10_u32.checked_pow(self.digits)?)?;
        let width = usize::try_from(self.digits).ok()?;
        Some(format!("{code:0width$}"))
    }

    /// What an app reads from the QR code: an `otpauth` URI.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let encode = |text| utf8_percent_encode(text, RESERVED);
        let mut uri = format!(
            "otpauth://totp/{0}:{1}?secret={2}&issuer={0}",
            encode(issuer),
            encode(account),
            self.secret.expose().trim_end_matches('=')
        );
        // Apps assume the rest, and some refuse to be told.
        if self.algorithm != HashAlgorithm::Sha1 {
            uri.push_str("&algorithm=");
            uri.push_str(self.algorithm.name());
        }
        if self.digits != 6 {
            uri.push_str(&format!("&digits={}", self.digits));
        }
        if self.period != Seconds::new(30) {
            uri.push_str(&format!("&period={}", self.period.get()));
        }
        uri
    }

    /// The URI as a QR code: an SVG image as a `data` URL.
    pub fn qr_code(&self, issuer: &str, account: &str) -> Result<String, Error> {
        let svg = qr_code::svg(&self.uri(issuer, account))?;
        let encoded = Base64::encode_string(svg.as_bytes());
        Ok(format!("data:image/svg+xml;base64,{encoded}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totp(algorithm: HashAlgorithm, key: &[u8], digits: u32) -> Totp {
        Totp {
            secret: Secret::new(base32::encode(RFC4648, key)),
            algorithm,
            digits,
            period: Seconds::new(30),
        }
    }

    fn sha1() -> Totp {
        totp(HashAlgorithm::Sha1, b"12345678901234567890", 6)
    }

    #[test]
    fn the_values_of_rfc_4226_hold() {
        // Appendix D
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in codes.into_iter().enumerate() {
            assert_eq!(sha1().code(i64::try_from(step).unwrap()).unwrap(), code);
        }
    }

    #[test]
    fn the_values_of_rfc_6238_hold() {
        // Appendix B; the keys have the length of each hash (erratum 2866).
        let key = b"1234567890".repeat(7);
        let of = |algorithm, length| totp(algorithm, &key[..length], 8);
        let sha1 = of(HashAlgorithm::Sha1, 20);
        let sha256 = of(HashAlgorithm::Sha256, 32);
        let sha512 = of(HashAlgorithm::Sha512, 64);
        for (time, codes) in [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ] {
            for (totp, code) in [&sha1, &sha256, &sha512].into_iter().zip(codes) {
                let now = Timestamp::from_seconds(time);
                assert_eq!(totp.step_of(code, None, now), Some(time / 30), "{time}");
            }
        }
    }

    #[test]
    fn a_code_is_dead_two_steps_later_and_not_born_two_steps_before() {
        let code = sha1().code(1000).unwrap();
        let at = |seconds| sha1().step_of(&code, None, Timestamp::from_seconds(seconds));
        assert_eq!(at(1000 * 30 - 31), None);
        assert_eq!(at(1000 * 30 - 30), Some(1000));
        assert_eq!(at(1000 * 30 + 59), Some(1000));
        assert_eq!(at(1000 * 30 + 60), None);
    }

    #[test]
    fn a_step_works_once_and_no_earlier_one_after_it() {
        let now = Timestamp::from_seconds(1000 * 30);
        let taken = |step, last| sha1().step_of(&sha1().code(step).unwrap(), last, now);
        assert_eq!(taken(1000, Some(999)), Some(1000));
        assert_eq!(taken(1000, Some(1000)), None);
        assert_eq!(taken(999, Some(1000)), None);
        assert_eq!(taken(1001, Some(1000)), Some(1001));
    }

    #[test]
    fn a_text_that_is_no_code_is_of_no_step() {
        let now = Timestamp::from_seconds(59);
        for text in [
            "",
            "28708",
            "2870822",
            "94287082",
            "287082 ",
            "２８７０８２",
            "\u{0}",
        ] {
            assert_eq!(sha1().step_of(text, None, now), None, "{text}");
        }
        let broken = [
            Totp {
                period: Seconds::ZERO,
                ..sha1()
            },
            Totp {
                digits: 10,
                ..sha1()
            },
            Totp {
                secret: Secret::new("1"),
                ..sha1()
            },
            Totp {
                secret: Secret::new(""),
                ..sha1()
            },
        ];
        for totp in broken {
            assert_eq!(totp.step_of("287082", None, now), None);
        }
        assert_eq!(
            sha1().step_of("755224", None, Timestamp::from_seconds(-40)),
            None
        );
    }

    #[test]
    fn the_uri_says_what_is_unusual_and_percent_encodes_the_names() {
        let usual = sha1().uri("Edgelatch & Co", "ann+1@example.com");
        assert_eq!(
            usual,
            "otpauth://totp/Edgelatch%20%26%20Co:ann%2B1%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Edgelatch%20%26%20Co"
        );
        let moved_in = Totp {
            period: Seconds::MINUTE,
            ..totp(HashAlgorithm::Sha256, b"x", 8)
        };
        assert!(
            moved_in
                .uri("a", "b")
                .ends_with("&issuer=a&algorithm=SHA256&digits=8&period=60")
        );
    }

    #[test]
    fn a_new_secret_has_160_bits_and_is_another_each_time() {
        let (one, other) = (Totp::draw().unwrap(), Totp::draw().unwrap());
        assert_eq!(one.secret.expose().len(), 32);
        assert_ne!(one.secret.expose(), other.secret.expose());
        assert!(
            one.qr_code("Edgelatch", "ann")
                .unwrap()
                .starts_with("data:image/svg+xml;base64,PHN2")
        );
    }
}
