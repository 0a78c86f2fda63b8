//! A body as it came, and as text.

use super::coding;
use crate::error::{Error, ErrorKind};

/// What came after the headers.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The whole body.
    Bytes(Vec<u8>),
    /// None of it is kept; the error for handlers that read the body.
    Unread(Error),
}

impl Body {
    /// The body as text; 415 where its media type names another charset, and it would be another text.
    pub fn text(&self, media: &str) -> Result<&str, Error> {
        match self {
            Self::Unread(why) => Err(why.clone()),
            Self::Bytes(bytes) if bytes.is_ascii() || coding::is_utf8(media) => {
                std::str::from_utf8(bytes)
                    .map_err(|_| ErrorKind::Syntax("The body is not UTF-8 text".to_owned()).into())
            }
            Self::Bytes(_) => Err(ErrorKind::UnsupportedMedia {
                got: media.to_owned(),
                expected: "charset=utf-8",
            }
            .into()),
        }
    }
}
