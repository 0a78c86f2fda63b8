//! Base 32: five bits a character, in two alphabets.

/// RFC 4648 §6, in which apps take secrets.
pub(super) const RFC4648: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Crockford's, without letters that look like digits; U is left out too.
pub(super) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes bytes, without padding.
pub(super) fn encode(alphabet: &[u8; 32], bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut count) = (0_u16, 0);
    for byte in bytes {
        bits = (bits << 8) | u16::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(letter(alphabet, bits >> count));
        }
    }
    if count > 0 {
        text.push(letter(alphabet, bits << (5 - count)));
    }
    text
}

fn letter(alphabet: &[u8; 32], bits: u16) -> char {
    alphabet
        .get(usize::from(bits & 0x1f))
        .map_or('0', |letter| char::from(*letter))
}

/// Reads RFC 4648's alphabet, in either case, with or without padding; nothing for any other text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut count) = (0_u16, 0);
    for character in text.trim_end_matches('=').bytes() {
        let letter = character.to_ascii_uppercase();
        let value = RFC4648.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u16::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_rfc_4648_hold() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(RFC4648, bytes.as_bytes()), text);
            let padded = format!("{}======", text.to_lowercase());
            assert_eq!(decode(&padded).as_deref(), Some(bytes.as_bytes()));
        }
        for other in ["MZXW6-YTB", "0189", "é", "M Z"] {
            assert_eq!(decode(other), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(decode(&encode(RFC4648, &bytes)), Some(bytes));
        }
    }
}
