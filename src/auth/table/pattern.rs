//! Patterns of `like` and its variants: `%` is any text, `_` one character, `\` takes the next one
//! literally, and the whole value must match (Postgres §9.7.1).

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

impl Pattern {
    /// Reads a pattern; nothing if it ends in a lone backslash, which Postgres refuses too.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            let part = match char {
                '%' => Part::Any,
                '_' => Part::One,
                '\\' => Part::Char(chars.next()?),
                _ => Part::Char(char),
            };
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        Some(Self(parts))
    }

    /// The same for D1's GLOB, which distinguishes upper and lower case.
    pub fn glob(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match *part {
                Part::Any => text.push('*'),
                Part::One => text.push('?'),
                Part::Char(char @ ('*' | '?' | '[')) => {
                    text.extend(['[', char, ']']);
                }
                Part::Char(char) => text.push(char),
            }
        }
        text
    }

    /// The same for D1's LIKE with `\` as its escape, which folds ASCII only.
    pub fn like(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match *part {
                Part::Any => text.push('%'),
                Part::One => text.push('_'),
                Part::Char(char @ ('%' | '_' | '\\')) => text.extend(['\\', char]),
                Part::Char(char) => text.push(char),
            }
        }
        text
    }

    /// The text that every match begins with, in ASCII lower case; nothing where there is none, or it is
    /// not ASCII.
    pub fn prefix(&self) -> Option<String> {
        let literal = self.0.iter().map_while(|part| match part {
            Part::Char(char) => Some(*char),
            Part::Any | Part::One => None,
        });
        let prefix: String = literal.collect();
        (prefix.is_ascii() && !prefix.is_empty()).then(|| prefix.to_ascii_lowercase())
    }

    /// Whether a value matches, with case folded or not.
    pub fn matches(&self, value: &str, ignores_case: bool) -> bool {
        let same = |left: char, right: char| {
            left == right || ignores_case && folded(left) == folded(right)
        };
        let mut parts = self.0.as_slice();
        let mut rest = value.chars();
        // Where to go on after the last `%`, if it has to take one character more.
        let mut retry = None;
        loop {
            let at = rest.clone();
            match (parts.split_first(), rest.next()) {
                (None, None) => return true,
                (Some((Part::Any, more)), _) => {
                    retry = Some((more, at.clone()));
                    parts = more;
                    rest = at;
                }
                (Some((Part::One, more)), Some(_)) => parts = more,
                (Some((Part::Char(wanted), more)), Some(char)) if same(*wanted, char) => {
                    parts = more;
                }
                _ => {
                    let Some((more, mut from)) = retry.take() else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    parts = more;
                    rest = from.clone();
                    retry = Some((more, from));
                }
            }
        }
    }
}

/// A character without its case. One that is not ASCII never becomes ASCII (U+212A, the Kelvin sign),
/// so that an ASCII pattern matches what it matches in D1.
fn folded(char: char) -> char {
    if char.is_ascii() {
        return char.to_ascii_lowercase();
    }
    let mut lower = char.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) if !single.is_ascii() => single,
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_anchored_and_escaped() {
        for (pattern, value, matches) in [
            ("demo%", "demo-web", true),
            ("demo", "demo-web", false),
            ("%web", "demo-web", true),
            ("d_mo-%b", "demo-web", true),
            ("Demo%", "demo-web", false),
            ("%", "", true),
            ("", "", true),
            ("", "a", false),
            ("_", "", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("a\\_b", "axb", false),
            ("a\\\\b", "a\\b", true),
            ("%a%b%c", "xaxbxbxc", true),
            ("%a%b%c", "xaxbxbx", false),
            ("é_", "éü", true),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(value, false), matches, "{pattern} {value}");
        }
        assert_eq!(Pattern::parse("a\\"), None);
    }

    #[test]
    fn folding_keeps_ascii_to_itself() {
        let folds = |pattern, value| Pattern::parse(pattern).unwrap().matches(value, true);
        assert!(folds("DEMO%", "demo-web"));
        assert!(folds("ÉCOLE", "école"));
        assert!(!folds("k", "\u{212a}"));
        assert!(folds("\u{212a}", "\u{212a}"));
        assert!(!folds("i", "İ"));
    }

    #[test]
    fn both_spellings_for_sqlite() {
        let pattern = Pattern::parse("%%a*b?[c]\\%\\_\\\\_").unwrap();
        assert_eq!(pattern.glob(), "*a[*]b[?][[]c]%_\\?");
        assert_eq!(pattern.like(), "%a*b?[c]\\%\\_\\\\_");
    }
}
