//! What a person types where a code is asked for: the field is one, the kinds tell themselves apart.

use super::recovery::RecoveryCode;
use crate::auth::data_key::DataKeys;
use crate::error::Error;

/// The digits of a code of an app or a mail.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=8;

/// A code as it was typed.
#[derive(Debug, Clone)]
pub enum TypedCode {
    /// One so short that it could be guessed.
    Guess(Guess),
    /// A recovery code, ours or one that was moved in: what of it may be stored, as JSON.
    Recovery(String),
    /// Neither.
    Malformed,
}

/// A code that could be guessed, so that every try of one is counted.
#[derive(Debug, Clone)]
pub struct Guess {
    /// Six to eight digits of an app or a mail, unless they are hexadecimal.
    pub code: String,
    /// What may be stored of it, as JSON, where it may be a recovery code that was moved in.
    pub digests: Option<String>,
}

impl TypedCode {
    /// Reads what was typed, with spaces or hyphens anywhere.
    pub fn read(typed: &str, keys: &DataKeys) -> Result<Self, Error> {
        if let Some(code) = RecoveryCode::read(typed) {
            return Ok(Self::Recovery(RecoveryCode::digests(&[code])));
        }
        let digests = RecoveryCode::moved_digests(typed, keys)?;
        let signs = typed.chars().filter(|it| !matches!(it, ' ' | '-'));
        let code: String = signs.take(*DIGITS.end() + 1).collect();
        let is_short = DIGITS.contains(&code.len());
        Ok(match digests {
            Some(digests) if !is_short => Self::Recovery(digests),
            None if !is_short || code.bytes().any(|it| !it.is_ascii_digit()) => Self::Malformed,
            digests => Self::Guess(Guess { code, digests }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> TypedCode {
        let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        TypedCode::read(typed, &keys).unwrap()
    }

    #[test]
    fn digits_and_recovery_codes_tell_themselves_apart() {
        for typed in ["287082", " 287 082 ", "2870-82"] {
            let TypedCode::Guess(guess) = read(typed) else {
                panic!("{typed}")
            };
            assert_eq!((guess.code.as_str(), guess.digests), ("287082", None));
        }
        for typed in ["0123-4567-89AB-CDEF", "1234 5678 1234 5678", "BCDFG-HJKMN"] {
            assert!(matches!(read(typed), TypedCode::Recovery(_)));
        }
        for typed in [
            "",
            "12345",
            "123456789",
            "28708a",
            "28708abg",
            "２８７０８２",
            "0123-456G",
            "\u{0}",
        ] {
            assert!(matches!(read(typed), TypedCode::Malformed), "{typed}");
        }
    }

    #[test]
    fn a_recovery_code_of_eight_hexadecimal_digits_could_be_guessed_and_may_be_an_app_s() {
        for (typed, code) in [("12345678", "12345678"), ("5f0c-1a2b", "5f0c1a2b")] {
            let TypedCode::Guess(guess) = read(typed) else {
                panic!("{typed}")
            };
            assert_eq!((guess.code.as_str(), guess.digests.is_some()), (code, true));
        }
    }
}
