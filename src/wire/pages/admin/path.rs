//! Paths with names in braces.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What need not be encoded in a path or query besides letters and digits.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The segments of a path, each name in braces replaced by what it stands for.
pub fn segments(pattern: &str, meaning: &dyn Fn(&str) -> String) -> Vec<String> {
    let parts = pattern.trim_start_matches('/').split('/');
    let segment = |part: &str| {
        let name = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        name.map_or_else(|| part.to_owned(), meaning)
    };
    parts.map(segment).collect()
}

/// The path of a page of the administration.
pub fn page(segments: &[String]) -> String {
    let mut path = "/admin".to_owned();
    for segment in segments {
        path.push('/');
        path.push_str(&encoded(segment));
    }
    path
}

/// A text as part of a path or query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_become_one_segment_each() {
        let meaning = |name: &str| format!("<{name}/..>");
        let found = segments("/users/{3}/sessions/{item}", &meaning);
        assert_eq!(found, ["users", "<3/..>", "sessions", "<item/..>"]);
        assert_eq!(
            page(&found),
            "/admin/users/%3C3%2F..%3E/sessions/%3Citem%2F..%3E"
        );
    }
}
