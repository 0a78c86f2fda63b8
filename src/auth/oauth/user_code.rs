//! User codes (RFC 8628 §6.1): short enough to type, without vowels, so that they spell nothing.

use crate::auth::secret::{digest, random_bytes};
use crate::error::Error;

/// 20 letters: each is worth 4.3 bits, all eight of a code 34.5.
const LETTERS: [char; 20] = [
    'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X',
    'Z',
];
const LENGTH: usize = 8;

/// A user code, as it is compared: eight letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// Draws one.
    pub fn draw() -> Result<Self, Error> {
        let mut code = String::new();
        while code.len() < LENGTH {
            // Of 256 bytes the last 16 would make some letters likelier than others.
            let drawn = random_bytes::<16>()?.into_iter().filter(|byte| *byte < 240);
            let letters = drawn.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
            code.extend(letters.take(LENGTH - code.len()));
        }
        Ok(Self(code))
    }

    /// Reads what somebody has typed: in any letters, with whatever stands between them.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 4 * LENGTH {
            return None;
        }
        let between = |char: char| char.is_whitespace() || matches!(char, '-' | '.' | '_');
        let code: String = typed
            .chars()
            .filter(|char| !between(*char))
            .map(|char| char.to_ascii_uppercase())
            .collect();
        let fits = code.len() == LENGTH && code.chars().all(|char| LETTERS.contains(&char));
        fits.then_some(Self(code))
    }

    /// As it is shown: `WDJB-MJHT`.
    pub fn shown(&self) -> String {
        let (left, right) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{left}-{right}")
    }

    /// What is stored of it.
    pub fn digest(&self) -> String {
        digest(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_however_it_is_typed() {
        let code = UserCode::parse("WDJB-MJHT").unwrap();
        for typed in ["wdjbmjht", " wdjb mjht ", "W.D.J.B-M.J.H.T", "WDJB_MJHT"] {
            assert_eq!(UserCode::parse(typed), Some(code.clone()), "{typed}");
        }
        assert_eq!(code.shown(), "WDJB-MJHT");
        for typed in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH0",
            &"-".repeat(1_000),
        ] {
            assert_eq!(UserCode::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_drawn_code_reads_back_and_is_another_each_time() {
        let [one, two] = [UserCode::draw().unwrap(), UserCode::draw().unwrap()];
        assert_eq!(UserCode::parse(&one.shown()), Some(one.clone()));
        assert_ne!(one, two);
        assert_eq!(one.digest(), digest(&one.0));
    }
}
