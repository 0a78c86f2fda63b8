//! The four formats, and the media types that name them.

use crate::wire::incoming::media_essence;

/// A format that bodies are read and written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, the default everywhere.
    Json,
    /// JSV.
    Jsv,
    /// XML.
    Xml,
    /// CSV.
    Csv,
}

/// A format in one of its spellings: callers read answers by the media type they asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// The media type, without parameters.
    pub name: &'static str,
    /// What it names.
    pub format: Format,
}

/// Every spelling we know; the first of a format is the one used when the caller named none.
const SPELLINGS: [Media; 7] = [
    Media::of("application/json", Format::Json),
    Media::of("text/json", Format::Json),
    Media::of("text/jsv", Format::Jsv),
    Media::of("application/jsv", Format::Jsv),
    Media::of("application/xml", Format::Xml),
    Media::of("text/xml", Format::Xml),
    Media::of("text/csv", Format::Csv),
];

impl Media {
    /// JSON as it is spelled by default.
    pub const JSON: Self = Self::of("application/json", Format::Json);

    const fn of(name: &'static str, format: Format) -> Self {
        Self { name, format }
    }

    /// The format a media type names, if it is one of ours.
    pub fn read(media: &str) -> Option<Self> {
        let essence = media_essence(media);
        SPELLINGS
            .into_iter()
            .find(|spelling| spelling.name == essence)
    }

    /// What an answer's `Content-Type` says.
    pub fn content_type(self) -> String {
        match self {
            Self::JSON => format!("{}; charset=utf-8", self.name),
            _ => self.name.to_owned(),
        }
    }
}

impl Format {
    /// Reads the name that suffixes, paths and `?format=` use.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsv" => Some(Self::Jsv),
            "xml" => Some(Self::Xml),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The same, with `html` among the names: pages are not written, so it means JSON.
    pub fn of_answer(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("html") {
            Some(Self::Json)
        } else {
            Self::from_name(name)
        }
    }

    /// Whether a batch can be written in it.
    pub const fn has_lists(self) -> bool {
        matches!(self, Self::Json | Self::Jsv)
    }

    /// The format's media type where the request does not choose a spelling.
    pub fn default_media(self) -> Media {
        let mut spellings = SPELLINGS.into_iter();
        spellings
            .find(|spelling| spelling.format == self)
            .unwrap_or(Media::JSON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_application_json_names_its_charset() {
        let content_type = |name| Media::read(name).map(Media::content_type);
        assert_eq!(
            content_type("application/json").as_deref(),
            Some("application/json; charset=utf-8")
        );
        assert_eq!(content_type("text/json").as_deref(), Some("text/json"));
        assert_eq!(content_type("text/jsv").as_deref(), Some("text/jsv"));
    }
}
