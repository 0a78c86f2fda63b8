//! A reader of the CBOR that authenticators write (CTAP 2.1 §8): definite lengths in their shortest
//! form, no tags, no floating-point numbers, no key twice, and nothing left over.

/// More nesting than any attestation object has (CTAP 2.1 §8).
const MAX_DEPTH: usize = 4;
/// More entries than any array or map of an authenticator has.
const MAX_ENTRIES: u64 = 64;

/// Bytes that are not CBOR as authenticators write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedCbor;

/// A data item. What is in an array, or which simple value one is, no caller needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// Major types 0 and 1.
    Integer(i64),
    /// Major type 2.
    Bytes(&'a [u8]),
    /// Major type 3.
    Text(&'a str),
    /// Major type 4.
    Array,
    /// Major type 5.
    Map(Map<'a>),
    /// `false`, `true` or `null`.
    Simple,
}

/// A map's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A number, as COSE has them.
    Number(i64),
    /// A name, as attestation objects and extensions have them.
    Name(&'a str),
}

/// The entries of a map, each key once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map<'a>(Vec<(Key<'a>, Item<'a>)>);

impl<'a> Map<'a> {
    /// The value of a key.
    pub fn get(&self, key: Key<'_>) -> Option<&Item<'a>> {
        let mut entries = self.0.iter();
        entries
            .find(|(other, _)| *other == key)
            .map(|(_, item)| item)
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a> Item<'a> {
    /// Reads bytes that are one item, to the last byte.
    pub fn read(bytes: &'a [u8]) -> Result<Self, MalformedCbor> {
        match Self::read_first(bytes)? {
            (item, []) => Ok(item),
            _ => Err(MalformedCbor),
        }
    }

    /// Reads the item that bytes begin with, and hands back those after it.
    pub fn read_first(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), MalformedCbor> {
        let mut reader = Reader(bytes);
        let item = reader.item(0)?;
        Ok((item, reader.0))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Result<Item<'a>, MalformedCbor> {
        let (major, argument) = self.head()?;
        match major {
            0 => number(argument).map(Item::Integer),
            // -1 - n, which is !n in two's complement.
            1 => number(argument).map(|number| Item::Integer(!number)),
            2 => self.bytes(argument).map(Item::Bytes),
            3 => std::str::from_utf8(self.bytes(argument)?)
                .map(Item::Text)
                .map_err(|_| MalformedCbor),
            4 => self.array(argument, depth),
            5 => self.map(argument, depth).map(Item::Map),
            7 if matches!(argument, 20..=22) => Ok(Item::Simple),
            _ => Err(MalformedCbor),
        }
    }

    /// The major type and its argument, which must not fit in fewer bytes (RFC 8949 §4.2.1).
    fn head(&mut self) -> Result<(u8, u64), MalformedCbor> {
        let [first] = self.chunk::<1>()?;
        let (major, short) = (first >> 5, first & 0x1f);
        let (argument, least) = match short {
            0..=23 => (u64::from(short), 0),
            24 => (u64::from(u8::from_be_bytes(self.chunk()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.chunk()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.chunk()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.chunk()?), 1 << 32),
            _ => return Err(MalformedCbor),
        };
        // Longer arguments of major type 7 are floating-point numbers.
        let is_canonical = argument >= least && (major != 7 || short < 24);
        is_canonical
            .then_some((major, argument))
            .ok_or(MalformedCbor)
    }

    fn array(&mut self, length: u64, depth: usize) -> Result<Item<'a>, MalformedCbor> {
        for _ in 0..entries(length, depth)? {
            self.item(depth + 1)?;
        }
        Ok(Item::Array)
    }

    fn map(&mut self, length: u64, depth: usize) -> Result<Map<'a>, MalformedCbor> {
        let mut map = Map::default();
        for _ in 0..entries(length, depth)? {
            let key = match self.item(depth + 1)? {
                Item::Integer(number) => Key::Number(number),
                Item::Text(name) => Key::Name(name),
                _ => return Err(MalformedCbor),
            };
            if map.get(key).is_some() {
                return Err(MalformedCbor);
            }
            map.0.push((key, self.item(depth + 1)?));
        }
        Ok(map)
    }

    fn bytes(&mut self, length: u64) -> Result<&'a [u8], MalformedCbor> {
        let length = usize::try_from(length).map_err(|_| MalformedCbor)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(MalformedCbor)?;
        self.0 = rest;
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], MalformedCbor> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(MalformedCbor)?;
        self.0 = rest;
        Ok(*taken)
    }
}

fn entries(length: u64, depth: usize) -> Result<u64, MalformedCbor> {
    let allowed = length <= MAX_ENTRIES && depth < MAX_DEPTH;
    allowed.then_some(length).ok_or(MalformedCbor)
}

fn number(argument: u64) -> Result<i64, MalformedCbor> {
    i64::try_from(argument).map_err(|_| MalformedCbor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> bool {
        Item::read(bytes) == Err(MalformedCbor)
    }

    #[test]
    fn each_kind_of_item_is_read() {
        for (bytes, item) in [
            (&[0x00][..], Item::Integer(0)),
            (&[0x18, 24], Item::Integer(24)),
            (&[0x19, 0x01, 0x00], Item::Integer(256)),
            (&[0x26], Item::Integer(-7)),
            (&[0x39, 0x01, 0x00], Item::Integer(-257)),
            (&[0x42, 1, 2], Item::Bytes(&[1, 2])),
            (&[0x63, b'f', b'm', b't'], Item::Text("fmt")),
            (&[0x82, 1, 0x81, 2], Item::Array),
            (&[0xf5], Item::Simple),
            (&[0xf6], Item::Simple),
        ] {
            assert_eq!(Item::read(bytes), Ok(item), "{bytes:02x?}");
        }
        let Ok(Item::Map(map)) = Item::read(&[0xa2, 0x03, 0x26, 0x61, b'x', 0x40]) else {
            panic!("no map");
        };
        assert_eq!(map.get(Key::Number(3)), Some(&Item::Integer(-7)));
        assert_eq!(map.get(Key::Name("x")), Some(&Item::Bytes(&[])));
        assert_eq!(map.get(Key::Number(4)), None);
        assert_eq!(map.len(), 2);
    }

    #[test]
    fn the_largest_numbers_are_read_and_larger_ones_refused() {
        let number = |first: u8, value: u64| [&[first][..], &value.to_be_bytes()].concat();
        let largest = i64::MAX.unsigned_abs();
        for (first, value, expected) in [(0x1b, largest, i64::MAX), (0x3b, largest, i64::MIN)] {
            let bytes = number(first, value);
            assert_eq!(Item::read(&bytes), Ok(Item::Integer(expected)));
            assert!(refused(&number(first, largest + 1)));
        }
    }

    #[test]
    fn what_authenticators_do_not_write_is_refused() {
        for bytes in [
            &[][..],
            &[0x18, 23],                        // not the shortest form
            &[0x19, 0x00, 0xff],                // nor this
            &[0x1a, 0x00, 0x00, 0xff, 0xff],    // nor this
            &[0x1b, 0, 0, 0, 0, 0xff, 0, 0, 0], // nor this
            &[0x58, 0x01, 0x00],                // nor for a length
            &[0x5f, 0x41, 0x00, 0xff],          // indefinite length
            &[0x9f, 0x00, 0xff],                // indefinite length
            &[0xbf, 0xff],                      // indefinite length
            &[0xc0, 0x00],                      // a tag
            &[0xf9, 0x3c, 0x00],                // a half
            &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],    // a double
            &[0xf7],                            // undefined
            &[0xf8, 20],                        // `false` in two bytes
            &[0xe0],                            // an unassigned simple value
            &[0x1c],                            // reserved
            &[0x42, 0x00],                      // shorter than it says
            &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // much shorter
            &[0x61, 0xff],                      // not UTF-8
            &[0x00, 0x00],                      // something after it
            &[0xa2, 0x01, 0x00, 0x01, 0x00],    // a key twice
            &[0xa2, 0x61, b'a', 0x00, 0x61, b'a', 0x00], // a name twice
            &[0xa1, 0x40, 0x00],                // bytes as a key
            &[0xa1, 0x00],                      // a key without a value
            &[0x98, 65],                        // too many entries, of which none is there
        ] {
            assert!(refused(bytes), "{bytes:02x?}");
        }
    }

    #[test]
    fn nesting_ends_at_four() {
        assert_eq!(Item::read(&[0x81, 0x81, 0x81, 0x81, 0x00]), Ok(Item::Array));
        assert!(refused(&[0x81, 0x81, 0x81, 0x81, 0x80]));
        assert!(refused(&[0x81; 100_000]));
        assert!(refused(&[0xa1; 100_000]));
    }

    #[test]
    fn sixty_four_entries_are_read_and_no_more() {
        let array = |length: u8| [&[0x98, length][..], &vec![0; usize::from(length)]].concat();
        assert_eq!(Item::read(&array(64)), Ok(Item::Array));
        assert!(refused(&array(65)));
    }

    #[test]
    fn what_follows_the_first_item_is_handed_back() {
        assert_eq!(
            Item::read_first(&[0x01, 0x02, 0x03]),
            Ok((Item::Integer(1), &[0x02, 0x03][..]))
        );
    }
}
