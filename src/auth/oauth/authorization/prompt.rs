//! `prompt`: what a request wants its user to see (OIDC Core §3.1.2.1).

use crate::auth::oauth::failure::Failure;

/// The values that are offered.
pub const SUPPORTED: [&str; 4] = ["none", "login", "consent", "select_account"];

/// What a request wants its user to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Nothing: an error in place of a page.
    pub none: bool,
    /// The sign-in page, also where the user is signed in.
    pub login: bool,
    /// The consent page, also where consent was given.
    pub consent: bool,
    /// The choice of an account.
    pub select_account: bool,
}

impl Prompt {
    /// Reads a space-delimited list.
    ///
    /// # Errors
    ///
    /// `invalid_request` for `none` beside another value, and for an unknown one (Initiating User
    /// Registration 1.0 §4.1).
    pub fn parse(text: Option<&str>) -> Result<Self, Failure> {
        let mut prompt = Self::default();
        for value in text
            .unwrap_or_default()
            .split(' ')
            .filter(|value| !value.is_empty())
        {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => {
                    return Err(Failure::invalid_request(
                        "prompt has a value that is not supported",
                    ));
                }
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return Err(Failure::invalid_request(
                "prompt is none and something else",
            ));
        }
        Ok(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_is_a_set_in_which_none_stands_alone() {
        let both = Prompt {
            login: true,
            consent: true,
            ..Prompt::default()
        };
        for (text, prompt) in [
            (None, Some(Prompt::default())),
            (
                Some("none"),
                Some(Prompt {
                    none: true,
                    ..Prompt::default()
                }),
            ),
            (Some("consent login  consent"), Some(both)),
            (
                Some("none none"),
                Some(Prompt {
                    none: true,
                    ..Prompt::default()
                }),
            ),
            (Some("none login"), None),
            (Some("create"), None),
            (Some("Login"), None),
        ] {
            assert_eq!(Prompt::parse(text).ok(), prompt, "{text:?}");
        }
        assert!(
            SUPPORTED
                .iter()
                .all(|value| Prompt::parse(Some(value)).is_ok())
        );
    }
}
