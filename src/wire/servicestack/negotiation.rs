//! Which format an answer is in, and in which spelling.

use super::format::{Format, Media};
use crate::wire::incoming::{Incoming, media_essence};

/// How a call to one of the predefined URLs is answered: `?format=`, else what the URL says.
pub fn fixed(incoming: &Incoming, of_url: Format) -> Media {
    spelled(incoming, from_query(incoming).unwrap_or(of_url))
}

/// How a call to `/auth…` is answered: the suffix, `?format=`, `Accept`, JSON. There is no 406.
pub fn negotiated(incoming: &Incoming, suffix: Option<Format>) -> Media {
    match suffix.or_else(|| from_query(incoming)) {
        Some(format) => spelled(incoming, format),
        None => from_accept(incoming),
    }
}

/// `?format=`, its name in any case and its value up to a dot.
fn from_query(incoming: &Incoming) -> Option<Format> {
    incoming
        .query_pairs()
        .filter(|(name, _)| name.eq_ignore_ascii_case("format"))
        .find_map(|(_, value)| Format::of_answer(value.split('.').next().unwrap_or_default()))
}

/// A format in the spelling the caller uses for it: in `Accept`, else for its own body.
fn spelled(incoming: &Incoming, format: Format) -> Media {
    let accepted = accepted(incoming).filter_map(|(name, _)| Media::read(name));
    accepted
        .chain(own(incoming))
        .find(|media| media.format == format)
        .unwrap_or_else(|| format.default_media())
}

/// The request's own format.
fn own(incoming: &Incoming) -> Option<Media> {
    incoming.header("content-type").and_then(Media::read)
}

/// The best of `Accept`. Among equals: what the request itself is, then HTML (which is answered
/// with JSON), JSON, XML, JSV, then `*/*` (again what the request is), then the rest.
fn from_accept(incoming: &Incoming) -> Media {
    let own = own(incoming);
    let mut best: Option<(u16, u8, Media)> = None;
    for (name, quality) in accepted(incoming) {
        let Some((rank, media)) = ranked(name, own) else {
            continue;
        };
        if best.is_none_or(|(q, r, _)| quality > q || (quality == q && rank < r)) {
            best = Some((quality, rank, media));
        }
    }
    best.map_or(Media::JSON, |(_, _, media)| media)
}

fn ranked(name: &str, own: Option<Media>) -> Option<(u8, Media)> {
    match media_essence(name).as_str() {
        "text/html" => return Some((1, Media::JSON)),
        "*/*" => return Some((5, own.unwrap_or(Media::JSON))),
        _ => {}
    }
    let media = Media::read(name)?;
    let rank = match media.format {
        Format::Csv => 6,
        format if own.is_some_and(|own| own.format == format) => 0,
        Format::Json => 2,
        Format::Xml => 3,
        Format::Jsv => 4,
    };
    Some((rank, media))
}

/// The media types of `Accept` with their qualities in thousandths (RFC 9110 §12.5.1), without
/// those that are refused.
fn accepted(incoming: &Incoming) -> impl Iterator<Item = (&str, u16)> {
    let header = incoming.header("accept").unwrap_or_default();
    header
        .split(',')
        .map(|entry| (entry, quality(entry)))
        .filter(|(_, quality)| *quality > 0)
}

/// The `q` of one entry in thousandths; 1000 where there is none that can be read.
fn quality(entry: &str) -> u16 {
    let mut parameters = entry
        .split(';')
        .skip(1)
        .filter_map(|part| part.split_once('='));
    let q = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    q.and_then(|(_, value)| thousandths(value.trim()))
        .unwrap_or(1000)
}

/// `0.25` as 250; nothing for text that is not a number from 0 to 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.chars().all(|char| char.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn incoming(query: &str, headers: &[(&str, &str)]) -> Incoming {
        let headers = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Incoming::new(Method::Post, "/auth", query, headers, Body::Bytes(vec![]))
    }

    fn by_accept(accept: &str, content_type: &str) -> &'static str {
        let headers = [("accept", accept), ("content-type", content_type)];
        negotiated(&incoming("", &headers), None).name
    }

    #[test]
    fn accept_is_split_and_weighed() {
        for (accept, content_type, name) in [
            ("", "", "application/json"),
            ("*/*", "", "application/json"),
            ("text/jsv", "", "text/jsv"),
            ("application/jsv", "", "application/jsv"),
            ("TEXT/XML; charset=utf-8", "", "text/xml"),
            ("image/png", "text/jsv", "application/json"),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "",
                "application/json",
            ),
            ("text/jsv, application/xml", "", "application/xml"),
            ("text/jsv, application/xml;q=0.9", "", "text/jsv"),
            (
                "text/jsv, application/xml, application/json",
                "text/xml",
                "application/xml",
            ),
            ("application/json;q=0, text/jsv;q=0.001", "", "text/jsv"),
            ("*/*", "text/jsv", "text/jsv"),
            (
                "*/*",
                "application/x-www-form-urlencoded",
                "application/json",
            ),
            ("*/*", "multipart/form-data; boundary=x", "application/json"),
            ("text/csv", "", "text/csv"),
            ("text/csv, */*", "", "application/json"),
            ("text/jsv;q=nonsense", "", "text/jsv"),
            ("text/jsv;q=0", "", "application/json"),
            ("text/jsv; Q=0.0, */*;q=0.1", "", "application/json"),
        ] {
            assert_eq!(
                by_accept(accept, content_type),
                name,
                "{accept} / {content_type}"
            );
        }
    }

    #[test]
    fn a_suffix_beats_the_query_and_the_query_beats_accept() {
        let headers = [("accept", "application/xml")];
        let name = |query, suffix| negotiated(&incoming(query, &headers), suffix).name;
        assert_eq!(name("format=csv", Some(Format::Jsv)), "text/jsv");
        assert_eq!(name("FORMAT=CSV.x", None), "text/csv");
        assert_eq!(name("format=html", None), "application/json");
        assert_eq!(name("format=pdf", None), "application/xml");
    }

    #[test]
    fn a_predefined_url_ignores_accept_but_for_the_spelling() {
        let name = |query, accept, own: &str, format| {
            fixed(
                &incoming(query, &[("accept", accept), ("content-type", own)]),
                format,
            )
            .name
        };
        assert_eq!(
            name("", "application/xml", "", Format::Json),
            "application/json"
        );
        assert_eq!(
            name("", "application/jsv", "application/jsv", Format::Jsv),
            "application/jsv"
        );
        assert_eq!(
            name("", "*/*", "application/jsv", Format::Jsv),
            "application/jsv"
        );
        assert_eq!(name("", "*/*", "", Format::Jsv), "text/jsv");
        assert_eq!(
            name("format=xml", "*/*", "", Format::Jsv),
            "application/xml"
        );
    }

    #[test]
    fn qualities_are_numbers_from_0_to_1() {
        for (text, value) in [
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.001", Some(1)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("2", None),
            ("-1", None),
            ("0.0001", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(thousandths(text), value, "{text}");
        }
    }
}
