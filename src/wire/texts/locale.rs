//! The language of a page or message.

use super::all::{DE, EN, Texts};

/// A language that the pages and messages are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The language tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// What its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// Its texts.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::De => &DE,
        }
    }

    /// The locale of a language tag, by its primary subtag (RFC 4647 §3.4).
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let mut all = Self::ALL.into_iter();
        all.find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The first that is known of a list in order of preference, as `ui_locales` has it (OpenID
    /// Connect Core §3.1.2.1).
    pub fn of_list(list: &str) -> Option<Self> {
        list.split([' ', ',']).find_map(Self::of_tag)
    }

    /// The best that `Accept-Language` asks for (RFC 9110 §12.5.4).
    pub fn of_accept_language(header: &str) -> Option<Self> {
        let mut best = None;
        for range in header.split(',').take(20) {
            let (tag, parameter) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameter.trim().strip_prefix("q=");
            let quality = quality.map_or(Some(1.0), |text| text.trim().parse::<f32>().ok());
            let (Some(locale), Some(quality)) = (Self::of_tag(tag), quality) else {
                continue;
            };
            if quality > 0.0 && best.is_none_or(|(_, other)| quality > other) {
                best = Some((locale, quality));
            }
        }
        best.map(|(locale, _)| locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_primary_subtag() {
        for (tag, locale) in [
            ("de", Some(Locale::De)),
            ("de-AT", Some(Locale::De)),
            ("DE_ch", Some(Locale::De)),
            ("en-GB", Some(Locale::En)),
            ("den", None),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Locale::of_tag(tag), locale, "{tag}");
        }
        assert_eq!(Locale::of_list("fr-CA de en"), Some(Locale::De));
    }

    #[test]
    fn the_best_language_of_a_browser_is_taken() {
        for (header, locale) in [
            ("de-DE,de;q=0.9,en;q=0.8", Some(Locale::De)),
            ("en;q=0.8, de;q=0.9", Some(Locale::De)),
            ("fr, de;q=0.1", Some(Locale::De)),
            ("de;q=0, en;q=0.1", Some(Locale::En)),
            ("de;q=x, en", Some(Locale::En)),
            ("*", None),
            ("fr", None),
        ] {
            assert_eq!(Locale::of_accept_language(header), locale, "{header}");
        }
    }
}
