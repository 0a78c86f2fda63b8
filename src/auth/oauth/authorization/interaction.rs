//! What a user has done for one authorization request so far. It travels with the browser, sealed, so
//! that showing a page stores nothing, and no demand of the request can be met twice or never.

use serde::{Deserialize, Serialize};

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::id::UserId;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::digest;
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};

/// The parameter of ours that goes along with a request: what its user has done for it so far.
pub const INTERACTION: &str = "interaction";
/// And what the user has done at the page that the browser comes from: [`CANCELLED`] or [`SELECTED`].
pub const STEP: &str = "interaction_step";
/// The user has cancelled.
pub const CANCELLED: &str = "cancelled";
/// The user goes on with the account that is signed in.
pub const SELECTED: &str = "selected";

/// How long a user may take.
const LIFETIME: Seconds = Seconds::HOUR;

/// The progress of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// When the request was first seen: an authentication since then is one for it.
    pub asked_on: Timestamp,
    /// The account that was chosen for it.
    pub selected: Option<UserId>,
}

impl Interaction {
    /// A request that is seen for the first time.
    pub const fn begin(now: Timestamp) -> Self {
        Self {
            asked_on: now,
            selected: None,
        }
    }

    /// Seals it for the browser, bound to its request.
    pub fn seal(&self, keys: &DataKeys, request: &RequestDigest) -> Result<String, Error> {
        let text = serde_json::to_string(self)
            .map_err(|error| ErrorKind::Internal(format!("writing JSON: {error}")))?;
        keys.seal(Purpose::Interaction, &request.0, &text)
    }

    /// Opens what came back; nothing if it is not of this request, or too old.
    pub fn open(
        keys: &DataKeys,
        request: &RequestDigest,
        sealed: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let text = keys.open(Purpose::Interaction, &request.0, sealed)?;
        let read = text.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        Ok(read.filter(|read| read.asked_on <= now && now < read.asked_on + LIFETIME))
    }
}

/// What makes two requests the same: all of their parameters, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDigest(String);

impl RequestDigest {
    /// Of a request's parameters, but for the ones that are our own.
    pub fn of(parameters: &Parameters, own: &[&str]) -> Self {
        let mut pairs: Vec<&(String, String)> = parameters.pairs().iter().collect();
        pairs.retain(|(name, _)| !own.contains(&name.as_str()));
        pairs.sort();
        let text: String = pairs
            .into_iter()
            .map(|(name, value)| format!("{}:{name}{}:{value}", name.len(), value.len()))
            .collect();
        Self(digest(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn request(pairs: &[(&str, &str)]) -> RequestDigest {
        let pairs = pairs.iter();
        let parameters =
            Parameters::new(pairs.map(|&(name, value)| (name.to_owned(), value.to_owned())));
        RequestDigest::of(&parameters, &["interaction"])
    }

    #[test]
    fn progress_is_of_one_request_and_of_an_hour() {
        let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let mine = request(&[("client_id", "app"), ("state", "s")]);
        let progress = Interaction {
            asked_on: NOW,
            selected: Some(UserId::new("u")),
        };
        let sealed = progress.seal(&keys, &mine).unwrap();
        let open = |request: &RequestDigest, sealed: &str, now| {
            Interaction::open(&keys, request, sealed, now).unwrap()
        };
        assert_eq!(open(&mine, &sealed, NOW), Some(progress));
        assert!(open(&mine, &sealed, NOW + Seconds::new(3_599)).is_some());
        assert_eq!(open(&mine, &sealed, NOW + Seconds::HOUR), None);
        assert_eq!(open(&mine, &sealed, NOW - Seconds::new(1)), None);
        assert_eq!(
            open(
                &request(&[("client_id", "app"), ("state", "t")]),
                &sealed,
                NOW
            ),
            None
        );
        assert_eq!(open(&mine, "", NOW), None);
    }

    #[test]
    fn a_request_is_the_same_in_any_order_and_no_two_look_alike() {
        let one = request(&[("a", "b"), ("c", "d"), ("interaction", "x")]);
        assert_eq!(
            one,
            request(&[("c", "d"), ("interaction", "y"), ("a", "b")])
        );
        for other in [
            &[("a", "bc"), ("d", "")][..],
            &[("a", "b")],
            &[("a", "d"), ("c", "b")],
            &[("ab", "c"), ("c", "d")],
        ] {
            assert_ne!(one, request(other));
        }
    }
}
