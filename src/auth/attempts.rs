//! Guessing: where an attempt comes from, what it is counted under, and how often it may fail there.
//!
//! Counting and delays are decided where they are stored: `store::attempts`.

use std::net::{IpAddr, Ipv6Addr};

use super::data_key::{DataKeys, Purpose};
use crate::auth::id::SessionId;
use crate::auth::time::Seconds;
use crate::error::Error;

/// How often a sign-in may fail (settings `SIGN_IN_ATTEMPTS`, `SIGN_IN_WINDOW`, `ACCOUNT_ATTEMPTS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures for one name at one network, or on one known device, before delays begin.
    pub per_source: u32,
    /// Quiet time, after which such a counter begins anew.
    pub window: Seconds,
    /// Consecutive failures for one account, from all sources, before unknown devices wait.
    pub per_account: u32,
}

/// Where an attempt comes from.
///
/// An account has an allowance of its own for each known origin: a device by whose id its owner has
/// signed in, or a token of a session of its owner that has not ended. The token is verified by its
/// signature and purpose; it may have expired, because that is when people sign in anew. It counts for
/// its own user's account only, so a stolen one gives its owner's allowance and reveals no other
/// account. A session that ends takes the allowance from its tokens, so a change of password takes it
/// from every thief.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptOrigin {
    /// The network: see [`network_of`].
    pub network: String,
    /// The device, as it names itself.
    pub device: Option<String>,
    /// The session of a token that came along, proven to be ours.
    pub session: Option<SessionId>,
}

/// What an attempt is counted under.
///
/// Storage holds tags, all of one length, in place of the name as it was typed (it may be a password
/// in the wrong field), of networks and of devices. They are made with the first key of `DATA_KEY`:
/// after a rotation networks begin anew and devices are unknown until their owners sign in again.
///
/// Networks and devices, whose ids may be guessed, count by the name as it was typed, so that no two
/// names of one account share a counter. Sessions do not: their tokens have both names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterKeys {
    /// The counter of the name, where no account has it.
    pub name: String,
    /// The counter of the name at the network.
    pub network: String,
    /// The device: see [`device_key`].
    pub device: Option<String>,
    /// The counter of the name on the device.
    pub on_device: Option<String>,
    /// The session, by its id; its counter follows from that.
    pub session: Option<SessionId>,
}

impl CounterKeys {
    /// The keys of an attempt on a folded name.
    pub fn of(keys: &DataKeys, name: &str, origin: &AttemptOrigin) -> Result<Self, Error> {
        let counter = |kind: &str, parts: &[&str]| {
            let tag = keys.tag(Purpose::Counter, &[&[kind, name], parts].concat())?;
            Ok::<_, Error>(format!("{kind}:{tag}"))
        };
        let device = origin.device.as_deref();
        Ok(Self {
            name: counter("account", &[])?,
            network: counter("network", &[&origin.network])?,
            device: device.map(|id| device_key(keys, id)).transpose()?,
            on_device: device.map(|id| counter("device", &[id])).transpose()?,
            session: origin.session.clone(),
        })
    }
}

/// What a device is known by.
pub fn device_key(keys: &DataKeys, device_id: &str) -> Result<String, Error> {
    keys.tag(Purpose::Counter, &["known device", device_id])
}

/// The network an address belongs to: an IPv4 address itself, the /64 of an IPv6 one.
///
/// Only the platform's word for the address may come in here; without one all share a place.
pub fn network_of(address: Option<&str>) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_network() {
        assert_eq!(network_of(Some("192.0.2.7")), "192.0.2.7");
        assert_eq!(network_of(Some("::ffff:192.0.2.7")), "192.0.2.7");
        assert_eq!(
            network_of(Some("2001:db8:1:2:3:4:5:6")),
            "2001:db8:1:2::/64"
        );
        assert_eq!(
            network_of(Some("2001:db8:1:2:ffff::1")),
            network_of(Some("2001:db8:1:2::9"))
        );
        for nonsense in [None, Some(""), Some("localhost"), Some("1.2.3.4, 5.6.7.8")] {
            assert_eq!(network_of(nonsense), "unknown");
        }
    }

    #[test]
    fn keys_hold_nothing_that_was_typed_and_are_all_of_one_length() {
        let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let of = |name: &str, network: &str, device: Option<&str>| {
            let origin = AttemptOrigin {
                network: network.to_owned(),
                device: device.map(str::to_owned),
                session: None,
            };
            CounterKeys::of(&keys, name, &origin).unwrap()
        };
        let ann = of("ann", "192.0.2.7", Some("phone"));
        let long = of(&"hunter2 ".repeat(100), "192.0.2.7", Some("192.0.2.7"));
        for keys in [&ann, &long] {
            let on_the_device = [&keys.device, &keys.on_device].into_iter().flatten();
            for key in [&keys.name, &keys.network].into_iter().chain(on_the_device) {
                assert_eq!(key.rsplit(':').next().unwrap().len(), 47, "{key}");
                for typed in ["ann", "hunter2", "192.0.2.7", "phone"] {
                    assert!(!key.contains(typed), "{key}");
                }
            }
        }
        assert_ne!(ann.network, of("bob", "192.0.2.7", None).network);
        assert_ne!(ann.network, of("ann", "192.0.2.8", None).network);
        let bob = of("bob", "192.0.2.8", Some("phone"));
        assert_eq!(ann.device, bob.device);
        assert_ne!(ann.on_device, bob.on_device);
        assert_eq!(ann, of("ann", "192.0.2.7", Some("phone")));
    }
}
