//! How long a provider's documents are remembered: its keys, and where it is.

use crate::auth::time::{Seconds, Timestamp};
/// How long a document lives that says nothing (milliseconds).
const DEFAULT: Seconds = Seconds::HOUR;
/// The shortest life of a document.
const SHORTEST: Seconds = Seconds::MINUTE;
/// The longest life of a document.
const LONGEST: Seconds = Seconds::DAY;
/// An unknown key is looked for at most this often.
const REFETCH_PAUSE: Seconds = Seconds::MINUTE;
/// A document past its lifetime is asked for at most this often while the provider does not give it.
const REVALIDATION_PAUSE: Seconds = Seconds::new(10);

/// A document that was fetched.
#[derive(Debug, Clone)]
pub struct Cached<T> {
    /// What it says.
    pub value: T,
    fresh_until: Timestamp,
    usable_until: Timestamp,
    refetched_on: Option<Timestamp>,
    revalidated_on: Option<Timestamp>,
}

impl<T> Cached<T> {
    /// Remembers a document as long as its `Cache-Control` says, within bounds.
    pub fn new(value: T, cache_control: Option<&str>, now: Timestamp) -> Self {
        Self {
            value,
            fresh_until: now + lifetime(cache_control),
            usable_until: now + LONGEST,
            refetched_on: None,
            revalidated_on: None,
        }
    }

    /// Whether it may be used without asking.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// Whether it may be used although it is not fresh, because the provider does not answer.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        now < self.usable_until
    }

    /// Whether a key that it lacks may be looked for now. To ask is to have tried: the next try is
    /// a minute off, also if this one fails. The first load does not count.
    pub fn may_refetch(&mut self, now: Timestamp) -> bool {
        once_in(REFETCH_PAUSE, &mut self.refetched_on, now)
    }

    /// Whether it may be fetched again now because its lifetime is over. To ask is to have tried:
    /// until the next try the stale one is good enough (RFC 5861 §4).
    pub fn may_revalidate(&mut self, now: Timestamp) -> bool {
        once_in(REVALIDATION_PAUSE, &mut self.revalidated_on, now)
    }

    /// Takes over what was fetched again. A failed fetch takes over nothing: the old value stays.
    pub fn replace(&mut self, value: T, cache_control: Option<&str>, now: Timestamp) {
        *self = Self {
            refetched_on: self.refetched_on,
            ..Self::new(value, cache_control, now)
        };
    }
}

fn once_in(pause: Seconds, last: &mut Option<Timestamp>, now: Timestamp) -> bool {
    let may = last.is_none_or(|at| now >= at + pause);
    if may {
        *last = Some(now);
    }
    may
}

/// What `Cache-Control` says (RFC 9111 §5.2.2), within bounds.
pub fn lifetime(cache_control: Option<&str>) -> Seconds {
    let header = cache_control.unwrap_or_default().to_ascii_lowercase();
    let mut directives = header.split(',').map(str::trim);
    if directives
        .clone()
        .any(|name| matches!(name, "no-store" | "no-cache"))
    {
        return SHORTEST;
    }
    let max_age = directives.find_map(|directive| directive.strip_prefix("max-age="));
    let seconds = max_age.and_then(|value| value.trim_matches('"').parse::<i64>().ok());
    seconds.map_or(DEFAULT, |seconds| {
        Seconds::new(seconds).clamp(SHORTEST, LONGEST)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_lives_as_it_says_within_bounds() {
        for (header, seconds) in [
            (None, 3600),
            (Some("public"), 3600),
            (Some("public, max-age=19800, must-revalidate"), 19_800),
            (Some("Max-Age=\"120\""), 120),
            (Some("max-age=0"), 60),
            (Some("max-age=-5"), 60),
            (Some("no-store, max-age=9000"), 60),
            (Some("no-cache"), 60),
            (Some("max-age=31536000"), 86_400),
            (Some("max-age=99999999999999999999"), 3600),
            (Some("max-age=9223372036854775807"), 86_400),
            (Some("s-maxage=5"), 3600),
        ] {
            assert_eq!(lifetime(header), Seconds::new(seconds), "{header:?}");
        }
        let cached = Cached::new((), Some("max-age=100"), Timestamp::from_millis(1_000));
        assert!(cached.is_fresh(Timestamp::from_millis(100_999)));
        assert!(!cached.is_fresh(Timestamp::from_millis(101_000)));
        assert!(cached.is_usable(Timestamp::from_millis(86_400_999)));
        assert!(!cached.is_usable(Timestamp::from_millis(86_401_000)));
    }

    #[test]
    fn an_unknown_key_is_looked_for_once_a_minute() {
        let mut cached = Cached::new("first", None, Timestamp::from_millis(0));
        assert!(
            cached.may_refetch(Timestamp::from_millis(0)),
            "the first load does not count"
        );
        assert!(
            !cached.may_refetch(Timestamp::from_millis(59_999)),
            "a failed try counts"
        );
        assert_eq!(cached.value, "first", "and the old set stays");
        assert!(cached.may_refetch(Timestamp::from_millis(60_000)));
        cached.replace("second", None, Timestamp::from_millis(60_000));
        assert_eq!(cached.value, "second");
        assert!(
            !cached.may_refetch(Timestamp::from_millis(119_999)),
            "a good try counts too"
        );
        assert!(cached.may_refetch(Timestamp::from_millis(120_000)));
    }
}
