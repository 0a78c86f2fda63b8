//! Bodies of what users do with their own factors.

use serde::Deserialize;
use serde_json::Value;

use super::super::validate::ValueKind::{Boolean, Object, String as Text};
use super::super::validate::{Field, Model};
use super::factors::credential;
use crate::auth::secret::Secret;
use crate::auth::webauthn::{AssertionCredential, RegistrationCredential};
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;

/// The most characters of a factor's name.
const LONGEST_NAME: usize = 100;

/// A factor's name.
pub const FACTOR_NAME: Model = Model {
    fields: &[Field::required("name", Text)],
    closed: true,
};

/// A new authenticator app.
pub const NEW_APP: Model = Model {
    fields: &[Field::optional("name", Text)],
    closed: true,
};

/// The first code of an app.
pub const APP_CODE: Model = Model {
    fields: &[Field::required("otp", Text)],
    closed: true,
};

/// A new passkey.
pub const NEW_PASSKEY: Model = Model {
    fields: &[
        Field::required("id", Text),
        Field::required("credential", Object),
        Field::optional("name", Text),
    ],
    closed: true,
};

/// Whether a second step is asked for.
pub const SECOND_STEP: Model = Model {
    fields: &[Field::required("required", Boolean)],
    closed: true,
};

/// A fresh proof.
pub const PROOF: Model = Model {
    fields: &[
        Field::optional("password", Text),
        Field::optional("otp", Text),
        Field::optional("id", Text),
        Field::optional("credential", Object),
    ],
    closed: true,
};

/// An operation without a body.
pub const NOTHING: Model = Model {
    fields: &[],
    closed: true,
};

/// A factor's name, if one is given.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FactorName {
    name: Option<String>,
}

impl FactorName {
    /// The name, which has at least one character and at most a hundred.
    pub fn name(&self) -> Result<Option<&str>, LoopbackFailure> {
        name(self.name.as_deref())
    }
}

/// The first code of an app.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AppCode {
    /// What was typed.
    pub otp: Secret,
}

/// Body of a new passkey.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewPasskeyRequest {
    /// The ceremony.
    pub id: String,
    credential: Value,
    name: Option<String>,
}

impl NewPasskeyRequest {
    /// The name, if one is given.
    pub fn name(&self) -> Result<Option<&str>, LoopbackFailure> {
        name(self.name.as_deref())
    }

    /// What the browser gave, taken out.
    pub fn credential(&mut self) -> Result<RegistrationCredential, LoopbackFailure> {
        credential(self.credential.take())
    }
}

/// Whether a second step is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SecondStepRequest {
    /// At every sign-in.
    pub required: bool,
}

/// Body of a fresh proof: one of the three.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ProofRequest {
    /// The password.
    pub password: Option<Secret>,
    /// A code of an app, or a recovery code.
    pub otp: Option<Secret>,
    /// The ceremony.
    pub id: Option<String>,
    credential: Option<Value>,
}

impl ProofRequest {
    /// What the browser gave, taken out.
    pub fn credential(&mut self) -> Result<AssertionCredential, LoopbackFailure> {
        let given = self.credential.take();
        given.map_or_else(|| Err(missing("credential")), credential)
    }
}

fn name(name: Option<&str>) -> Result<Option<&str>, LoopbackFailure> {
    let Some(name) = name.map(str::trim) else {
        return Ok(None);
    };
    let detail = match name.chars().count() {
        0 => Detail::too_short("/name", 1),
        1..=LONGEST_NAME => return Ok(Some(name)),
        _ => Detail::too_long("/name", LONGEST_NAME),
    };
    Err(LoopbackFailure::InvalidBody(vec![detail]))
}

/// A required property is absent.
pub fn missing(property: &str) -> LoopbackFailure {
    LoopbackFailure::InvalidBody(vec![Detail::required(property)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_to_a_hundred_characters_without_the_space_around_it() {
        let read = |text: &str| name(Some(text)).map(|name| name.map(str::to_owned));
        assert_eq!(read(" Ann's phone "), Ok(Some("Ann's phone".to_owned())));
        assert_eq!(name(None), Ok(None));
        let code = |text: &str| match read(text) {
            Err(LoopbackFailure::InvalidBody(details)) => details[0].code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code("  "), "minLength");
        assert_eq!(code(&"é".repeat(101)), "maxLength");
        assert!(read(&"é".repeat(100)).is_ok());
    }
}
