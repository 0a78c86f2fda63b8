//! The challenge of a passkey ceremony, on its way through the browser.
//!
//! It is a sealed text and no row, so that strangers leave nothing. It is spent by the insert of its
//! digest, in the batch that opens the session or stores the passkey.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::json;
use crate::auth::secret::{digest, random_bytes};
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};

/// How long a ceremony may take.
pub const LIFETIME: Seconds = Seconds::new(300);

/// What a ceremony is for: one begun for one purpose is nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CeremonyPurpose {
    /// A sign-in by a passkey alone.
    SignIn,
    /// The second factor of a sign-in.
    SecondStep,
    /// A fresh proof in a session.
    Proof,
    /// A new passkey.
    Registration,
}

impl CeremonyPurpose {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SecondStep => "second-step",
            Self::Proof => "proof",
            Self::Registration => "registration",
        }
    }
}

/// A ceremony under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremony {
    /// What the authenticator signs, in base64url.
    pub challenge: String,
    /// The client that the user signs in to.
    pub client: Option<ClientNumber>,
    /// The user, where one is known.
    pub user_id: Option<UserId>,
    /// What must come along again: the key of a sign-in that waits for its second factor, a session, or
    /// a browser.
    pub bound_to: Option<String>,
    /// Its end.
    pub expires_on: Timestamp,
}

impl Ceremony {
    /// Begins a ceremony: 256 random bits.
    pub fn begin(now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            challenge: Base64UrlUnpadded::encode_string(&random_bytes::<32>()?),
            client: None,
            user_id: None,
            bound_to: None,
            expires_on: now + LIFETIME,
        })
    }

    /// The text that the browser carries.
    pub fn seal(&self, keys: &DataKeys, purpose: CeremonyPurpose) -> Result<String, Error> {
        let text = serde_json::to_string(self)
            .map_err(|error| ErrorKind::Internal(format!("ceremony: {error}")))?;
        keys.seal(Purpose::Ceremony, purpose.name(), &text)
    }

    /// Reads a text of ours; nothing for another purpose, or once its time is over.
    pub fn open(
        keys: &DataKeys,
        purpose: CeremonyPurpose,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let opened = keys.open(Purpose::Ceremony, purpose.name(), text)?;
        let ceremony = opened.and_then(|text| json::read::<Self>(text.as_bytes()).ok());
        Ok(ceremony.filter(|ceremony| now < ceremony.expires_on))
    }

    /// What is stored once it is spent.
    pub fn digest(&self) -> String {
        digest(&self.challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn keys() -> DataKeys {
        DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
            .unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn a_ceremony_comes_back_for_its_purpose_and_in_its_time() {
        let keys = keys();
        let ceremony = Ceremony {
            user_id: Some(UserId::new("u")),
            ..Ceremony::begin(NOW).unwrap()
        };
        let text = ceremony.seal(&keys, CeremonyPurpose::SecondStep).unwrap();
        let open = |purpose, after| {
            Ceremony::open(&keys, purpose, &text, NOW + Seconds::new(after)).unwrap()
        };
        assert_eq!(open(CeremonyPurpose::SecondStep, 0), Some(ceremony.clone()));
        assert_eq!(open(CeremonyPurpose::SecondStep, 299), Some(ceremony));
        assert_eq!(open(CeremonyPurpose::SecondStep, 300), None);
        for other in [
            CeremonyPurpose::SignIn,
            CeremonyPurpose::Proof,
            CeremonyPurpose::Registration,
        ] {
            assert_eq!(open(other, 0), None);
        }
        for broken in ["", "abcd", text.get(2..).unwrap(), "é"] {
            let opened = Ceremony::open(&keys, CeremonyPurpose::SecondStep, broken, NOW);
            assert_eq!(opened.unwrap(), None);
        }
    }

    #[test]
    fn two_ceremonies_have_two_challenges() {
        let (one, other) = (Ceremony::begin(NOW).unwrap(), Ceremony::begin(NOW).unwrap());
        assert_ne!(one.challenge, other.challenge);
        assert_ne!(one.digest(), other.digest());
    }
}
