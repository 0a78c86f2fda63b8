//! How a request's body is coded: `Content-Encoding` (RFC 9110 §8.4), and the charset of its type.

use crate::error::{Error, ErrorKind};

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, in spite of its name.
    Deflate,
}

impl Coding {
    /// Reads `Content-Encoding`: nothing for a body as it is, 415 for a coding that is not decoded,
    /// and for one upon another.
    pub fn read(header: Option<&str>) -> Result<Option<Self>, Error> {
        let header = header.unwrap_or_default().trim();
        match header.to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "deflate" => Ok(Some(Self::Deflate)),
            _ => Err(ErrorKind::UnsupportedCoding(header.to_owned()).into()),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// Whether a content type says of its text that it is UTF-8, or says nothing.
pub fn is_utf8(media: &str) -> bool {
    let mut parameters = media.split(';').filter_map(|part| part.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charset.is_none_or(|(_, value)| {
        let value = value.trim().trim_matches('"');
        ["utf-8", "utf8"]
            .iter()
            .any(|utf8| value.eq_ignore_ascii_case(utf8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_codings_are_decoded_one_at_a_time() {
        for (header, coding) in [
            (None, None),
            (Some(""), None),
            (Some("identity"), None),
            (Some("gzip"), Some(Coding::Gzip)),
            (Some(" X-GZip "), Some(Coding::Gzip)),
            (Some("Deflate"), Some(Coding::Deflate)),
        ] {
            assert_eq!(Coding::read(header), Ok(coding), "{header:?}");
        }
        for header in [
            "br",
            "zstd",
            "gzip, gzip",
            "gzip, identity",
            "compress",
            "x",
        ] {
            let refused = Err(ErrorKind::UnsupportedCoding(header.to_owned()).into());
            assert_eq!(Coding::read(Some(header)), refused);
        }
    }
}
