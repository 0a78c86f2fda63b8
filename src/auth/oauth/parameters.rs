//! The parameters of an OAuth request (RFC 6749 §3.1 and §3.2): an empty one is absent, and no name
//! comes twice.

use super::failure::Failure;
use crate::auth::secret::Secret;

/// The one parameter that may come several times (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// Parameters in the order they were sent.
#[derive(Clone, Default)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
    /// Names that came twice: nothing is read of them, so that no part of a request can mean one
    /// value and another part the other.
    repeated: Vec<String>,
}

impl Parameters {
    /// Takes decoded names and values.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut read = Self::default();
        for (name, value) in pairs {
            let known = read.pairs.iter().any(|(other, _)| *other == name);
            if value.is_empty() {
                continue;
            }
            if known && name != REPEATABLE {
                read.repeated.push(name);
            } else {
                read.pairs.push((name, value));
            }
        }
        let repeated = &read.repeated;
        read.pairs.retain(|(name, _)| !repeated.contains(name));
        read
    }

    /// Refuses a request in which any parameter came twice.
    pub const fn check_repeats(&self) -> Result<(), Failure> {
        match self.repeated.is_empty() {
            true => Ok(()),
            false => Err(Failure::invalid_request("a parameter is repeated")),
        }
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = self.pairs.iter().find(|(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    pub fn required(&self, name: &str, missing: &'static str) -> Result<&str, Failure> {
        self.get(name).ok_or(Failure::invalid_request(missing))
    }

    /// A parameter that must not be printed.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }

    /// Every value of a parameter that may be repeated.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let named = self.pairs.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The pairs, as they are kept with a pushed request (RFC 9126 §2.1).
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Parameters {
        let pairs = pairs.iter();
        Parameters::new(pairs.map(|&(name, value)| (name.to_owned(), value.to_owned())))
    }

    #[test]
    fn an_empty_parameter_is_an_absent_one() {
        let read = read(&[("state", ""), ("nonce", "n"), ("nonce", "")]);
        assert_eq!(read.get("state"), None);
        assert_eq!(read.get("nonce"), Some("n"));
        assert_eq!(read.check_repeats(), Ok(()));
    }

    #[test]
    fn a_repeated_parameter_has_no_value_and_refuses_the_request() {
        for pairs in [
            &[("client_id", "a"), ("client_id", "b")][..],
            &[("client_id", "a"), ("client_id", "a")],
            &[("client_id", "a"), ("client_id", "b"), ("client_id", "a")],
        ] {
            let read = read(pairs);
            assert_eq!(read.get("client_id"), None);
            assert!(read.check_repeats().is_err());
        }
    }

    #[test]
    fn several_resources_are_no_repetition() {
        let read = read(&[("resource", "a"), ("scope", "x"), ("resource", "b")]);
        assert_eq!(read.all("resource").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(read.check_repeats(), Ok(()));
    }
}
