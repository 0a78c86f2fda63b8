//! Names and values, as queries and forms have them.

use std::fmt;

use url::form_urlencoded;

use super::bounds::Bounds;
use super::malformed::{Malformed, pointer};

/// Names and values, decoded, in the order they were sent: no more than a document has, and without
/// U+0000.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Counts and checks pairs as they come.
    pub fn new(pairs: impl Iterator<Item = (String, String)>) -> Result<Self, Malformed> {
        let mut bounds = Bounds::default();
        let checked = pairs.map(|(name, value)| {
            bounds.value()?;
            if name.contains('\0') {
                return Err(Malformed::Nul(String::new()));
            }
            if value.contains('\0') {
                return Err(Malformed::Nul(pointer("", &name)));
            }
            Ok((name, value))
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    /// Reads `application/x-www-form-urlencoded`.
    pub fn url_encoded(text: &str) -> Result<Self, Malformed> {
        Self::new(form_urlencoded::parse(text.as_bytes()).into_owned())
    }

    /// The pairs in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (String, String)> {
        self.0.iter()
    }
}

impl IntoIterator for Pairs {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Prints how many there are: they may hold secrets.
impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pairs", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounds::MAX_VALUES;
    use super::*;

    #[test]
    fn the_number_of_pairs_is_limited() {
        let read = |pairs: usize| Pairs::url_encoded(&"a&".repeat(pairs));
        assert_eq!(read(MAX_VALUES).unwrap().iter().len(), MAX_VALUES);
        let too_many = Err(Malformed::syntax("it has too many values"));
        assert_eq!(read(MAX_VALUES + 1), too_many);
    }

    #[test]
    fn a_pair_with_nul_is_named() {
        let read = |text| Pairs::url_encoded(text).err();
        assert_eq!(
            read("a=b&c%2Fd=%00"),
            Some(Malformed::Nul("/c~1d".to_owned()))
        );
        assert_eq!(read("a%00=b"), Some(Malformed::Nul(String::new())));
        assert_eq!(read("a=%01%2500"), None);
    }
}
