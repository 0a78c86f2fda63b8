//! What the provider asks of the user although a session may exist there (OIDC Core §3.1.2.1,
//! `prompt`): the way to sign in to another account.

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

/// What a start may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// To sign in again.
    Login,
    /// To choose an account.
    SelectAccount,
}

/// How a provider is asked: the parameter and its value, for each prompt that it has one for.
pub type PromptParameters = &'static [(Prompt, (&'static str, &'static str))];

/// In the words of OpenID Connect.
pub const OPENID: PromptParameters = &[
    (Prompt::Login, ("prompt", "login")),
    (Prompt::SelectAccount, ("prompt", "select_account")),
];

impl Prompt {
    /// Reads the parameter of a start.
    pub fn read(text: Option<&str>) -> Result<Option<Self>, InvalidInput> {
        match text {
            None => Ok(None),
            Some("login") => Ok(Some(Self::Login)),
            Some("select_account") => Ok(Some(Self::SelectAccount)),
            Some(_) => Err(InvalidInput::UnknownPrompt),
        }
    }

    /// What asks for it; nothing where the provider has nothing for it.
    pub fn parameter(self, parameters: PromptParameters) -> Option<(&'static str, &'static str)> {
        let mut parameters = parameters.iter();
        let found = parameters.find(|(prompt, _)| *prompt == self);
        found.map(|(_, parameter)| *parameter)
    }
}
