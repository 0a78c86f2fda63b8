//! What the person is asked for at the provider although somebody may be signed in there (OIDC Core
//! §3.1.2.1, `prompt`): the way to become somebody else.

use serde::{Deserialize, Serialize};

use crate::error::{Detail, Error};

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
    /// Reads the parameter of a start; 422 if it is another.
    pub fn read(text: Option<&str>) -> Result<Option<Self>, Error> {
        match text {
            None => Ok(None),
            Some("login") => Ok(Some(Self::Login)),
            Some("select_account") => Ok(Some(Self::SelectAccount)),
            Some(_) => {
                let detail = Detail::pattern("/prompt", "must be login or select_account");
                Err(Error::Invalid(vec![detail]))
            }
        }
    }

    /// What asks for it; nothing where the provider has nothing for it.
    pub fn parameter(self, parameters: PromptParameters) -> Option<(&'static str, &'static str)> {
        let mut parameters = parameters.iter();
        let found = parameters.find(|(prompt, _)| *prompt == self);
        found.map(|(_, parameter)| *parameter)
    }
}
