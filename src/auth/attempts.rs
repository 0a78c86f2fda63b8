//! Guessing: where an attempt comes from, how often it may fail there, and how long it waits then.

use std::net::{IpAddr, Ipv6Addr};

/// The longest delay, in milliseconds.
const LONGEST_DELAY: i64 = 3_600_000;
/// The first delay, in milliseconds; each further failure doubles it.
const FIRST_DELAY: i64 = 60_000;

/// How often a sign-in may fail (settings `SIGN_IN_ATTEMPTS`, `SIGN_IN_WINDOW`, `ACCOUNT_ATTEMPTS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures for one account and source, or one known device, before delays begin.
    pub per_source: u32,
    /// Quiet time, in milliseconds, after which a source begins anew.
    pub window: i64,
    /// Consecutive failures for one account, whatever the source, before unknown devices wait.
    pub per_account: u32,
}

/// Where an attempt comes from.
///
/// The owner of an account has an allowance of their own wherever they have signed in before: on a
/// device by whose id they did, or with a token of a session that they opened and that nobody has
/// ended. The token is checked by its signature and purpose; its time may be over, since that is why
/// its holder signs in anew. It counts for its own user's account only: for any other it is no more
/// than nothing, so a stolen one buys its owner's allowance and tells nothing of anybody. Ending a
/// session takes that from its tokens too, so a change of password takes it from every thief.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The network: see [`source_of`].
    pub source: String,
    /// Digest of the device that names itself.
    pub device: Option<String>,
    /// The session of a token that came along, proven to be ours.
    pub session: Option<String>,
}

/// What an account knows of a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Acquaintance {
    /// Its owner has signed in on that device.
    pub device: bool,
    /// The session is its owner's, and nobody has ended it.
    pub session: bool,
}

impl Place {
    /// The key of the counter that an attempt on an account counts at. Strangers count at the account
    /// besides, and wait when that is locked; whoever is known does neither.
    ///
    /// `store::attempts` does the same in SQL.
    pub fn counter(&self, account: &str, known: Acquaintance) -> String {
        match (&self.device, &self.session) {
            (Some(device), _) if known.device => format!("device:{account}:{device}"),
            (_, Some(session)) if known.session => format!("session:{account}:{session}"),
            _ => format!("source:{account}:{}", self.source),
        }
    }
}

/// The network an address belongs to: an IPv4 address itself, the /64 of an IPv6 one.
///
/// Only the platform's word for the address may come in here; without one all share a place.
pub fn source_of(address: Option<&str>) -> String {
    match address.and_then(|text| text.trim().parse::<IpAddr>().ok()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                format!("{}/64", Ipv6Addr::from(network))
            }
        },
        None => "unknown".to_owned(),
    }
}

/// How long the n-th failure blocks the next attempt, in milliseconds; 0 while there is allowance left.
///
/// `store::attempts` does the same in SQL.
pub fn delay(failures: u32, allowed: u32) -> i64 {
    match failures.checked_sub(allowed) {
        None => 0,
        Some(beyond) => FIRST_DELAY
            .checked_shl(beyond.min(16))
            .unwrap_or(LONGEST_DELAY)
            .min(LONGEST_DELAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_network() {
        assert_eq!(source_of(Some("192.0.2.7")), "192.0.2.7");
        assert_eq!(source_of(Some("::ffff:192.0.2.7")), "192.0.2.7");
        assert_eq!(source_of(Some("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
        assert_eq!(
            source_of(Some("2001:db8:1:2:ffff::1")),
            source_of(Some("2001:db8:1:2::9"))
        );
        for nonsense in [None, Some(""), Some("localhost"), Some("1.2.3.4, 5.6.7.8")] {
            assert_eq!(source_of(nonsense), "unknown");
        }
    }

    #[test]
    fn the_owner_has_an_allowance_of_their_own_and_nobody_gets_it_by_saying_so() {
        let place = Place {
            source: "192.0.2.7".to_owned(),
            device: Some("d".to_owned()),
            session: Some("s".to_owned()),
        };
        let at =
            |place: &Place, device, session| place.counter("ann", Acquaintance { device, session });
        assert_eq!(at(&place, false, false), "source:ann:192.0.2.7");
        assert_eq!(at(&place, true, false), "device:ann:d");
        assert_eq!(at(&place, false, true), "session:ann:s");
        assert_eq!(at(&place, true, true), "device:ann:d");
        let bare = Place {
            device: None,
            session: None,
            ..place
        };
        assert_eq!(at(&bare, true, true), "source:ann:192.0.2.7");
    }

    #[test]
    fn delays_grow_to_an_hour() {
        assert_eq!(delay(9, 10), 0);
        assert_eq!(delay(10, 10), 60_000);
        assert_eq!(delay(11, 10), 120_000);
        assert_eq!(delay(15, 10), 1_920_000);
        assert_eq!(delay(16, 10), 3_600_000);
        assert_eq!(delay(u32::MAX, 10), 3_600_000);
    }
}
