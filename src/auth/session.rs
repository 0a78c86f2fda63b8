//! A session: its refresh token, and when a refresh is a rotation, a retry or a theft.

use super::data_key::{DataKeys, Purpose};
use super::secret::{Secret, digest};
use crate::auth::id::SessionId;
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind, Reason};

/// A refresh token that is ours: which session, and its number there.
///
/// On the wire it is `sid.n.tag`, the tag made under `DATA_KEY`; nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session.
    pub session_id: SessionId,
    /// Counts the rotations; the session's row knows which number is good.
    pub n: u32,
}

impl RefreshToken {
    /// Writes the token for its holder.
    pub fn issue(&self, keys: &DataKeys, purpose: Purpose) -> Result<String, Error> {
        let n = self.n.to_string();
        let tag = keys.tag(purpose, &[self.session_id.as_str(), &n])?;
        Ok(format!("{}.{n}.{tag}", self.session_id))
    }

    /// Reads a token that we issued for this purpose; nothing for any other text.
    pub fn read(keys: &DataKeys, purpose: Purpose, text: &Secret) -> Result<Option<Self>, Error> {
        let mut parts = text.expose().splitn(3, '.');
        let (Some(session_id), Some(n), Some(tag)) = (parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        if !keys.verify(purpose, &[session_id, n], tag)? {
            return Ok(None);
        }
        Ok(n.parse().ok().map(|n| Self {
            session_id: SessionId::new(session_id),
            n,
        }))
    }
}

/// What is stored of a `device_id`.
pub fn device_digest(device_id: &str) -> String {
    digest(device_id)
}

/// A session as its row is, at the moment of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// The number of the refresh token that is good now.
    pub refresh_n: u32,
    /// When that number became good.
    pub refreshed_on: Timestamp,
    /// What the idle end is counted from.
    pub last_used_on: Timestamp,
    /// The absolute end.
    pub expires_on: Timestamp,
    /// Whether it has been ended.
    pub ended: bool,
    /// Digest of the device that signed in, if it named itself.
    pub device: Option<String>,
    /// Whether user, membership, tenant and client still allow it.
    pub live: bool,
    /// The client's idle lifetime.
    pub idle_lifetime: Seconds,
}

impl SessionState {
    /// Whether the session may still be used to refresh.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.ended
            && self.live
            && now < self.expires_on
            && now < self.last_used_on + self.idle_lifetime
    }
}

/// What a refresh is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// The good token: the next number takes over.
    Rotation,
    /// The token before the good one, soon after: its reply was lost. Nothing moves.
    Retry,
    /// An older token, so a copy of it exists. The session ends.
    Theft,
    /// Another device: refused, and nothing moves.
    OtherDevice,
    /// The session is over, or the token is of a future it never had.
    Over,
}

impl Refresh {
    /// Judges token `n`, presented from `device` at `now`, with the retry window.
    ///
    /// `store::refresh_tokens` does in SQL what this says, in the same batch that read `state`.
    pub fn judge(
        state: &SessionState,
        n: u32,
        device: Option<&str>,
        now: Timestamp,
        window: Seconds,
    ) -> Self {
        if !state.is_open(now) {
            Self::Over
        } else if state.device.is_some() && state.device.as_deref() != device {
            Self::OtherDevice
        } else if n == state.refresh_n {
            Self::Rotation
        } else if n > state.refresh_n {
            Self::Over
        } else if n + 1 == state.refresh_n && now < state.refreshed_on + window {
            Self::Retry
        } else {
            Self::Theft
        }
    }

    /// Lets through what gets a token pair; the original's refusal for the rest.
    pub fn allow(self) -> Result<(), Error> {
        match self {
            Self::Rotation | Self::Retry => Ok(()),
            Self::OtherDevice => Err(ErrorKind::Rejected(Reason::TokenInvalid).into()),
            Self::Theft | Self::Over => Err(ErrorKind::Rejected(Reason::TokenExpired).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const START: Timestamp = Timestamp::from_millis(0);
    const WINDOW: Seconds = Seconds::new(10);
    const IDLE: Seconds = Seconds::MINUTE;
    const ABSOLUTE: Seconds = Seconds::new(300);

    fn keys() -> DataKeys {
        DataKeys::parse(KEY).unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn a_refresh_token_reads_back_for_its_purpose_only() {
        let keys = keys();
        let token = RefreshToken {
            session_id: SessionId::new("sid"),
            n: 7,
        };
        let text = token.issue(&keys, Purpose::Refresh).unwrap();
        let read =
            |purpose, text: &str| RefreshToken::read(&keys, purpose, &Secret::new(text)).unwrap();
        assert_eq!(read(Purpose::Refresh, &text), Some(token));
        assert_eq!(read(Purpose::ServiceStackRefresh, &text), None);
        assert_eq!(read(Purpose::Refresh, &text.replace(".7.", ".8.")), None);
        for broken in ["", ".", "..", "sid.7", "sid.7.", "sid.x.tag", "é.é.é"] {
            assert_eq!(read(Purpose::Refresh, broken), None);
        }
    }

    /// One thing that can happen to a session.
    #[derive(Debug, Clone)]
    enum Event {
        /// The app refreshes with the newest token it has; the reply may be lost.
        Refresh {
            lost: bool,
        },
        /// The k-th token ever issued is sent.
        Replay {
            k: usize,
        },
        /// The app, from another device.
        OtherDevice,
        Logout,
        Wait {
            ms: u64,
        },
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            6 => any::<bool>().prop_map(|lost| Event::Refresh { lost }),
            2 => (0..6_usize).prop_map(|k| Event::Replay { k }),
            1 => Just(Event::OtherDevice),
            1 => Just(Event::Logout),
            4 => (0..15_000_u64).prop_map(|ms| Event::Wait { ms }),
            1 => (0..90_000_u64).prop_map(|ms| Event::Wait { ms }),
        ];
        prop::collection::vec(event, 0..60)
    }

    /// The row, moved as the store moves it.
    struct Row {
        state: SessionState,
        now: Timestamp,
    }

    impl Row {
        fn refresh(&mut self, n: u32, device: &str) -> Refresh {
            let verdict = Refresh::judge(&self.state, n, Some(device), self.now, WINDOW);
            match verdict {
                Refresh::Rotation => {
                    self.state.refresh_n += 1;
                    self.state.refreshed_on = self.now;
                    self.state.last_used_on = self.now;
                }
                Refresh::Theft => self.state.ended = true,
                Refresh::Retry | Refresh::OtherDevice | Refresh::Over => {}
            }
            verdict
        }
    }

    proptest! {
        #[test]
        fn the_session_rules_hold_in_any_order_of_events(events in events()) {
            let mut row = Row {
                state: SessionState {
                    refresh_n: 0, refreshed_on: START, last_used_on: START, expires_on: START + ABSOLUTE,
                    ended: false, device: Some("mine".to_owned()), live: true, idle_lifetime: IDLE,
                },
                now: START,
            };
            let mut held = 0_u32; // the app's newest token
            let mut idle_from = START;
            for event in events {
                let before = row.state.clone();
                let over = before.ended || row.now >= START + ABSOLUTE || row.now >= idle_from + IDLE;
                match event {
                    Event::Wait { ms } => row.now = row.now + Duration::from_millis(ms),
                    Event::Logout => row.state.ended = true,
                    Event::OtherDevice => {
                        let verdict = row.refresh(held, "other");
                        prop_assert!(matches!(verdict, Refresh::OtherDevice | Refresh::Over));
                        prop_assert_eq!(&row.state, &before, "a refusal moves nothing");
                    }
                    Event::Refresh { lost } => {
                        let verdict = row.refresh(held, "mine");
                        if over {
                            prop_assert_eq!(verdict, Refresh::Over, "nothing revives a session");
                        }
                        match verdict {
                            Refresh::Rotation => {
                                prop_assert_eq!(held, before.refresh_n, "only the good token rotates");
                                idle_from = row.now;
                            }
                            Refresh::Retry => {
                                prop_assert_eq!(&row.state, &before, "a retry moves nothing");
                                prop_assert!(row.now < before.refreshed_on + WINDOW);
                            }
                            Refresh::Theft => prop_assert!(row.state.ended),
                            Refresh::Over | Refresh::OtherDevice => {}
                        }
                        if verdict.allow().is_ok() && !lost {
                            // One next token, whether this was the rotation or its retry.
                            prop_assert_eq!(held + 1, row.state.refresh_n);
                            held = row.state.refresh_n;
                        }
                    }
                    Event::Replay { k } => {
                        let n = u32::try_from(k).unwrap().min(before.refresh_n);
                        let verdict = row.refresh(n, "mine");
                        if n + 1 < before.refresh_n {
                            prop_assert!(verdict.allow().is_err(), "an older token gets nothing");
                            prop_assert!(over || row.state.ended, "and ends the session");
                        }
                        if verdict == Refresh::Rotation {
                            idle_from = row.now;
                        }
                    }
                }
                prop_assert!(row.state.refresh_n >= before.refresh_n);
                prop_assert!(row.state.refresh_n <= before.refresh_n + 1);
                prop_assert_eq!(row.state.expires_on, START + ABSOLUTE, "the absolute end stays");
                prop_assert!(row.state.ended || !before.ended, "an end is final");
            }
        }
    }
}
