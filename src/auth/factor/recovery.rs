//! Recovery codes: each stands in once for a lost second factor.

use std::ops::RangeInclusive;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha512};

use super::base32::{self, CROCKFORD};
use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::secret::{Secret, random_bytes};
use crate::auth::time::Seconds;
use crate::error::Error;

/// How many there are at a time.
pub const COUNT: usize = 10;
/// How long one is good that an administrator has sent.
pub const RE_ENROLMENT_LIFETIME: Seconds = Seconds::DAY;
/// The bytes of one: 80 bits, which nobody guesses, so that a digest without a key is enough.
const LENGTH: usize = 10;
/// The characters of one.
const CHARACTERS: usize = 16;
/// The characters of one that another service has made: ASP.NET Core Identity's have 10, which are 46
/// bits, Keycloak's 12.
const MOVED_CHARACTERS: RangeInclusive<usize> = 10..=15;
/// The hexadecimal digits of one that ASP.NET Core Identity made before .NET 6.
const SHORT_CHARACTERS: usize = 8;

/// A recovery code, in the one way in which it is digested.
#[derive(Debug, Clone)]
pub struct RecoveryCode(Secret);

impl RecoveryCode {
    /// Draws a set of codes.
    pub fn draw_set() -> Result<Vec<Self>, Error> {
        (0..COUNT).map(|_| Self::draw()).collect()
    }

    /// Draws a set where one is wanted.
    pub fn draw_set_if(wanted: bool) -> Result<Vec<Self>, Error> {
        let codes = wanted.then(Self::draw_set).transpose()?;
        Ok(codes.unwrap_or_default())
    }

    /// Draws a code.
    pub fn draw() -> Result<Self, Error> {
        let bytes = random_bytes::<LENGTH>()?;
        Ok(Self(Secret::new(base32::encode(CROCKFORD, &bytes))))
    }

    /// Reads a code as people type it: in any case, with spaces or hyphens anywhere, and with the
    /// letters that look like digits.
    pub fn read(typed: &str) -> Option<Self> {
        let mut code = String::with_capacity(CHARACTERS);
        for character in typed.chars() {
            let letter = match character.to_ascii_uppercase() {
                ' ' | '-' => continue,
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            };
            let known = u8::try_from(letter).is_ok_and(|letter| CROCKFORD.contains(&letter));
            if !known || code.len() == CHARACTERS {
                return None;
            }
            code.push(letter);
        }
        (code.len() == CHARACTERS).then(|| Self(Secret::new(code)))
    }

    /// What may be stored, as JSON, of a code that another service has made, as it is typed: in any case,
    /// with spaces or hyphens anywhere.
    ///
    /// It has so few bits that whoever has the database could try them all, so its digest needs a key:
    /// there is one for each. Of Keycloak's nothing but the SHA-512 is known, so that is what is digested.
    pub fn moved_digests(typed: &str, keys: &DataKeys) -> Result<Option<String>, Error> {
        let signs = typed.chars().filter(|it| !matches!(it, ' ' | '-'));
        let mut code: String = signs.take(CHARACTERS).collect();
        code.make_ascii_uppercase();
        let is_one = if code.len() == SHORT_CHARACTERS {
            code.bytes().all(|it| it.is_ascii_hexdigit())
        } else {
            MOVED_CHARACTERS.contains(&code.len())
                && code.bytes().all(|it| it.is_ascii_alphanumeric())
        };
        if !is_one {
            return Ok(None);
        }
        let hashed = Base64UrlUnpadded::encode_string(&Sha512::digest(&code));
        let digests = keys.tags(Purpose::RecoveryCode, &[&hashed])?;
        Ok(Some(serde_json::Value::from(digests).to_string()))
    }

    /// What is stored of a set, as JSON.
    pub fn digests(codes: &[Self]) -> String {
        let digests: Vec<String> = codes.iter().map(Self::digest).collect();
        serde_json::Value::from(digests).to_string()
    }

    /// The code in groups of four, to be shown once.
    pub fn show(&self) -> String {
        let mut shown = String::with_capacity(CHARACTERS + 3);
        for (position, letter) in self.0.expose().chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    /// What is stored of it.
    pub fn digest(&self) -> String {
        self.0.digest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_codes_of_eighty_bits_are_drawn() {
        let codes = RecoveryCode::draw_set().unwrap();
        assert_eq!(codes.len(), 10);
        for code in &codes {
            let shown = code.show();
            assert_eq!(shown.len(), 19);
            assert_eq!(RecoveryCode::read(&shown).unwrap().digest(), code.digest());
            let same = codes.iter().filter(|other| other.digest() == code.digest());
            assert_eq!(same.count(), 1);
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = RecoveryCode::read("0123-4567-89AB-CDEF").unwrap();
        assert_eq!(code.show(), "0123-4567-89AB-CDEF");
        for typed in [
            "0123456789abcdef",
            " o1 23 4567 89ab cdef ",
            "OI23-4567-89AB-CDEF",
            "0l23--4567-89ab-cdef",
        ] {
            assert_eq!(
                RecoveryCode::read(typed).unwrap().digest(),
                code.digest(),
                "{typed}"
            );
        }
        for other in [
            "",
            "0123-4567-89AB-CDE",
            "0123-4567-89AB-CDEF0",
            "0123-4567-89AB-CDEU",
            "é123456789abcdef",
        ] {
            assert!(RecoveryCode::read(other).is_none(), "{other}");
        }
        assert!(RecoveryCode::read(&"0".repeat(65_536)).is_none());
    }

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

    fn moved(typed: &str, keys: &str) -> Option<Vec<String>> {
        let keys = DataKeys::parse(keys).unwrap();
        let digests = RecoveryCode::moved_digests(typed, &keys).unwrap()?;
        Some(serde_json::from_str(&digests).unwrap())
    }

    #[test]
    fn a_code_of_another_service_is_known_by_a_digest_of_its_digest_under_every_key() {
        let stored = moved("R2D7KFXW9BQC", OLD).unwrap();
        assert_eq!(stored, ["ZFAZqCB1pyBWvVCjru2ceVI3mxEi2gZ_F91HgdsgT5hUrsY"]);
        for typed in ["r2d7kfxw9bqc", " R2D7-kfxw 9BQC"] {
            assert_eq!(moved(typed, OLD).unwrap(), stored);
        }
        assert_ne!(moved("R2D7KFXW9BQ0", OLD).unwrap(), stored);
        let rotated = moved("R2D7KFXW9BQC", &format!("{NEW},{OLD}")).unwrap();
        assert_eq!((rotated.len(), &rotated[1]), (2, &stored[0]));
    }

    #[test]
    fn a_code_of_another_service_has_a_form_that_one_makes() {
        for typed in ["BCDFG-HJKMN", "5f0c1a2b", "5F0C-1A2B", "12345678"] {
            assert!(moved(typed, OLD).is_some(), "{typed}");
        }
        for other in [
            "",
            "5f0c1a2",
            "5f0c1a2g",
            "5f0c1a2b3",
            "BCDFG-HJKM",
            "0123456789abcdef",
            "BCDFG+HJKMN",
            "éCDFGHJKMN",
            "éf0c1a2",
        ] {
            assert!(moved(other, OLD).is_none(), "{other}");
        }
    }
}
