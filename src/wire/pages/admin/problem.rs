//! Why the API refused, in the words of a page.

use serde_json::Value;

use crate::wire::texts::{Label, Locale};

/// A refusal of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Value,
}

impl Refusal {
    /// Whether the API asks for a fresher or stronger proof.
    pub fn wants_proof(&self) -> bool {
        self.details()
            .any(|detail| code(detail) == "step-up-required")
    }

    /// What is wrong, above the form.
    pub fn problem(&self, locale: Locale) -> String {
        let message = self.message();
        let label = match self.status {
            403 => Label::Forbidden,
            404 => Label::Gone,
            409 => match message {
                "The last administrator stays" => Label::LastAdministrator,
                "The role is in use" => Label::InUse,
                "The last way to sign in stays" => Label::LastWay,
                _ => Label::Taken,
            },
            422 => match self.of_no_field() {
                Some(why) => return format!("{} {why}", Label::NotUnderstood.of(locale)),
                None => Label::LookAgain,
            },
            501 => Label::NoMessages,
            _ if message.contains("rows to look through") => Label::TooWide,
            _ => return format!("{} {message}", Label::NotUnderstood.of(locale)),
        };
        label.of(locale).to_owned()
    }

    /// What is wrong with all of it together, in the API's words.
    fn of_no_field(&self) -> Option<&str> {
        let is_it = |detail: &&Value| {
            detail.get("path") == Some(&Value::from("")) && code(detail).starts_with("invalid_")
        };
        self.details().find(is_it)?.get("message")?.as_str()
    }

    /// What is wrong with a field.
    pub fn of_field(&self, property: &str) -> Option<Label> {
        let is_it = |detail: &&Value| {
            let path = detail
                .get("path")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let missing = detail
                .pointer("/info/missingProperty")
                .and_then(Value::as_str);
            missing == Some(property)
                || path.trim_start_matches('/').split('/').next() == Some(property)
        };
        let detail = self.details().find(is_it)?;
        Some(match code(detail) {
            "required" | "minLength" => Label::FieldEmpty,
            "maxLength" => Label::FieldLong,
            "minimum" | "maximum" => Label::FieldRange,
            _ => Label::FieldForm,
        })
    }

    /// The API's own words.
    pub fn message(&self) -> &str {
        let message = self.body.pointer("/error/message");
        message.and_then(Value::as_str).unwrap_or_default()
    }

    fn details(&self) -> impl Iterator<Item = &Value> {
        let details = self.body.pointer("/error/details");
        details.and_then(Value::as_array).into_iter().flatten()
    }
}

fn code(detail: &Value) -> &str {
    detail
        .get("code")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::management::tables::USERS;
    use crate::error::{Error, ErrorKind};
    use crate::wire::loopback::envelope;
    use crate::wire::loopback::failure::LoopbackFailure;
    use crate::wire::loopback::records::new_row;

    fn refusal(failure: impl Into<LoopbackFailure>) -> Refusal {
        let reply = envelope::reply(&failure.into());
        Refusal {
            status: reply.status,
            body: serde_json::from_slice(&reply.body.unwrap()).unwrap(),
        }
    }

    #[test]
    fn what_the_api_refuses_is_said_in_words_of_the_page() {
        let said = |error: Error| refusal(error).problem(Locale::En);
        for (error, label) in [
            (ErrorKind::NotAllowed, Label::Forbidden),
            (
                ErrorKind::InUse("The last administrator stays"),
                Label::LastAdministrator,
            ),
            (ErrorKind::InUse("The role is in use"), Label::InUse),
            (
                ErrorKind::InUse("The last way to sign in stays"),
                Label::LastWay,
            ),
            (ErrorKind::Exists("User"), Label::Taken),
        ] {
            assert_eq!(said(error.into()), label.of(Locale::En));
        }
        let step_up = ErrorKind::StepUp {
            acr: "aal2",
            max_age: None,
        };
        assert!(refusal(step_up).wants_proof());
        assert!(!refusal(ErrorKind::NotAllowed).wants_proof());
    }

    #[test]
    fn a_field_says_what_is_wrong_with_it() {
        let body = serde_json::json!({ "firstName": "", "lastName": "x".repeat(51), "email": "x" });
        let refusal = refusal(new_row(&USERS, body.as_object().unwrap()).unwrap_err());
        assert_eq!(refusal.of_field("firstName"), Some(Label::FieldEmpty));
        assert_eq!(refusal.of_field("lastName"), Some(Label::FieldLong));
        assert_eq!(refusal.of_field("email"), Some(Label::FieldForm));
        assert_eq!(refusal.of_field("phone"), None);
    }
}
