//! Nonces of DPoP proofs (RFC 9449 §8), which are stored nowhere: the number of a slot of time and its
//! tag under `DATA_KEY`.

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::time::{Seconds, Timestamp};
use crate::error::Error;

/// How long a nonce is handed out; it is good for as long again.
const SLOT: Seconds = Seconds::new(120);

/// A nonce that a proof may be made with.
pub struct DpopNonce;

impl DpopNonce {
    /// The nonce of a time.
    pub fn issue(keys: &DataKeys, now: Timestamp) -> Result<String, Error> {
        let slot = slot(now).to_string();
        let tag = keys.tag(Purpose::DpopNonce, &[&slot])?;
        Ok(format!("{slot}.{tag}"))
    }

    /// Whether a nonce is one of ours, and not older than two slots.
    pub fn is_good(keys: &DataKeys, nonce: &str, now: Timestamp) -> Result<bool, Error> {
        let Some((number, tag)) = nonce.split_once('.') else {
            return Ok(false);
        };
        let present = slot(now);
        let current = [present, present.saturating_sub(1)];
        let known = current.iter().any(|slot| slot.to_string() == number);
        Ok(known && keys.verify(Purpose::DpopNonce, &[number], tag)?)
    }
}

const fn slot(now: Timestamp) -> i64 {
    now.seconds().div_euclid(SLOT.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_two_slots_and_made_by_nobody_else() {
        let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let start = Timestamp::from_seconds(1_800_000_000);
        let nonce = DpopNonce::issue(&keys, start).unwrap();
        let good = |nonce: &str, now| DpopNonce::is_good(&keys, nonce, now).unwrap();
        assert!(good(&nonce, start) && good(&nonce, start + Seconds::new(239)));
        assert!(!good(&nonce, start + Seconds::new(240)));
        assert!(!good(&nonce, start - Seconds::new(1)));
        for forged in [
            "",
            ".",
            "15000000.",
            "15000000.AAAA",
            &nonce.replace('.', ""),
            &format!("0{nonce}"),
        ] {
            assert!(!good(forged, start), "{forged}");
        }
    }
}
