//! What a person types where a code is asked for: the field is one, the kinds tell themselves apart.

use super::recovery::RecoveryCode;

/// The digits of a code of an app or a mail.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=8;

/// A code as it was typed.
#[derive(Debug, Clone)]
pub enum TypedCode {
    /// Six to eight digits: an app's code, or one that was mailed.
    Digits(String),
    /// A recovery code, ours or one that was moved in: its digest.
    Recovery(String),
    /// Neither.
    Malformed,
}

impl TypedCode {
    /// Reads what was typed, with spaces or hyphens anywhere.
    pub fn read(typed: &str) -> Self {
        if let Some(code) = RecoveryCode::read(typed) {
            return Self::Recovery(code.digest());
        }
        if let Some(digest) = RecoveryCode::moved_digest(typed) {
            return Self::Recovery(digest);
        }
        let mut digits = String::new();
        for character in typed.chars().filter(|it| !matches!(it, ' ' | '-')) {
            if !character.is_ascii_digit() || digits.len() == *DIGITS.end() {
                return Self::Malformed;
            }
            digits.push(character);
        }
        if DIGITS.contains(&digits.len()) {
            Self::Digits(digits)
        } else {
            Self::Malformed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_recovery_codes_tell_themselves_apart() {
        for typed in ["287082", " 287 082 ", "2870-82"] {
            assert!(matches!(TypedCode::read(typed), TypedCode::Digits(code) if code == "287082"));
        }
        assert!(matches!(TypedCode::read("12345678"), TypedCode::Digits(_)));
        for typed in ["0123-4567-89AB-CDEF", "1234 5678 1234 5678", "BCDFG-HJKMN"] {
            assert!(matches!(TypedCode::read(typed), TypedCode::Recovery(_)));
        }
        for typed in [
            "",
            "12345",
            "123456789",
            "28708a",
            "２８７０８２",
            "0123-456G",
            "\u{0}",
        ] {
            assert!(
                matches!(TypedCode::read(typed), TypedCode::Malformed),
                "{typed}"
            );
        }
    }
}
