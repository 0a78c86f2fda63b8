//! Codes that are mailed, in the place of a password.

use crate::auth::secret::{Secret, random_bytes};
use crate::auth::time::Seconds;
use crate::error::Error;

/// How long a code is good.
pub const LIFETIME: Seconds = Seconds::MINUTE.times(10);
/// The digits of a code.
const DIGITS: usize = 8;
/// How many codes there are.
const COUNT: u64 = 100_000_000;

/// Draws a code: what 64 random bits leave over makes no digit likelier than another by 10⁻¹¹.
pub fn draw() -> Result<Secret, Error> {
    let number = u64::from_be_bytes(random_bytes::<8>()?) % COUNT;
    Ok(Secret::new(format!("{number:0DIGITS$}")))
}

/// Whether what was typed can be such a code at all.
pub fn is_one(typed: &str) -> bool {
    typed.len() == DIGITS && typed.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_eight_digits_and_nothing_else_is_one() {
        let codes: Vec<Secret> = (0..50).map(|_| draw().unwrap()).collect();
        assert!(codes.iter().all(|code| is_one(code.expose())));
        assert!(codes.iter().any(|code| code.expose() != codes[0].expose()));
        for other in ["1234567", "123456789", "1234567a", "１２３４５６７８", ""] {
            assert!(!is_one(other), "{other}");
        }
    }
}
