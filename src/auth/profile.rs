//! What people may say of themselves when they sign up; everything else is ignored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Detail;

const NAME_LENGTH: usize = 50;
const PHONE_LENGTH: usize = 15;
const LOCALE_LENGTH: usize = 35;

/// A new user's own words: the fields that may be given, all optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// `M`, `F` or `O`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Date of birth, ISO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<String>,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

impl Profile {
    /// Reads the known fields of an object; `at` is the JSON pointer of the object in the body.
    pub fn read(object: &Map<String, Value>, at: &str) -> Result<Self, Vec<Detail>> {
        let mut reader = ProfileReader {
            object,
            at,
            wrong: Vec::new(),
        };
        let profile = Self {
            first_name: reader.text("firstName", NAME_LENGTH),
            middle_name: reader.text("middleName", NAME_LENGTH),
            last_name: reader.text("lastName", NAME_LENGTH),
            phone: reader.text("phone", PHONE_LENGTH),
            gender: reader.one_of("gender", &["M", "F", "O"]),
            dob: reader.date("dob"),
            locale: reader.text("locale", LOCALE_LENGTH),
        };
        if reader.wrong.is_empty() {
            Ok(profile)
        } else {
            Err(reader.wrong)
        }
    }

    /// Whether it tells no name at all.
    pub const fn is_nameless(&self) -> bool {
        self.first_name.is_none() && self.middle_name.is_none() && self.last_name.is_none()
    }

    /// This profile, with the gaps filled from what an inviter said. The inviter is a stranger: a
    /// telephone number of theirs is never the account's.
    #[must_use]
    pub fn or_invited_as(self, inviter: Self) -> Self {
        Self {
            first_name: self.first_name.or(inviter.first_name),
            middle_name: self.middle_name.or(inviter.middle_name),
            last_name: self.last_name.or(inviter.last_name),
            phone: self.phone,
            gender: self.gender.or(inviter.gender),
            dob: self.dob.or(inviter.dob),
            locale: self.locale.or(inviter.locale),
        }
    }
}

struct ProfileReader<'a> {
    object: &'a Map<String, Value>,
    at: &'a str,
    wrong: Vec<Detail>,
}

impl ProfileReader<'_> {
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.at)
    }

    /// A text of at most so many characters; null and "" count as absent.
    fn text(&mut self, name: &str, longest: usize) -> Option<String> {
        let path = self.path(name);
        match self.object.get(name)? {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) if text.chars().count() > longest => {
                self.wrong.push(Detail::too_long(&path, longest));
                None
            }
            Value::String(text) => Some(text.trim().to_owned()),
            _ => {
                self.wrong.push(Detail::wrong_type(&path, "string"));
                None
            }
        }
    }

    fn one_of(&mut self, name: &str, allowed: &[&str]) -> Option<String> {
        let text = self.text(name, NAME_LENGTH)?;
        if allowed.contains(&text.as_str()) {
            return Some(text);
        }
        let message = format!("must be one of {}", allowed.join(", "));
        self.wrong.push(Detail::pattern(&self.path(name), &message));
        None
    }

    fn date(&mut self, name: &str) -> Option<String> {
        let text = self.text(name, NAME_LENGTH)?;
        // A time is the original's form; its day is what is kept.
        let day = text.split_once('T').map_or(text.as_str(), |(day, _)| day);
        match day.parse::<chrono::NaiveDate>() {
            Ok(date) => Some(date.format("%Y-%m-%d").to_string()),
            Err(_) => {
                self.wrong
                    .push(Detail::wrong_format(&self.path(name), "date"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Profile, Vec<Detail>> {
        match value {
            Value::Object(object) => Profile::read(&object, "/data"),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn only_the_known_fields_are_taken() {
        let given = json!({
            "firstName": " Ada ", "dob": "1815-12-10T00:00:00.000Z", "gender": "F", "lastName": "",
            "permissions": ["NotAllowed"], "role": "0", "tenantId": "x", "status": 1, "id": "me",
        });
        let expected = Profile {
            first_name: Some("Ada".to_owned()),
            dob: Some("1815-12-10".to_owned()),
            gender: Some("F".to_owned()),
            ..Profile::default()
        };
        assert_eq!(read(given), Ok(expected));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let given =
            json!({"firstName": 1, "lastName": "x".repeat(51), "gender": "X", "dob": "soon"});
        assert_eq!(
            read(given),
            Err(vec![
                Detail::wrong_type("/data/firstName", "string"),
                Detail::too_long("/data/lastName", 50),
                Detail::pattern("/data/gender", "must be one of M, F, O"),
                Detail::wrong_format("/data/dob", "date"),
            ])
        );
    }

    #[test]
    fn an_inviter_fills_gaps_but_never_the_phone() {
        let profile = |first: Option<&str>, last: Option<&str>, phone: Option<&str>| Profile {
            first_name: first.map(str::to_owned),
            last_name: last.map(str::to_owned),
            phone: phone.map(str::to_owned),
            ..Profile::default()
        };
        let inviter = || profile(Some("B"), Some("C"), Some("+1"));
        for (invited, made) in [
            (
                profile(Some("A"), None, Some("+2")),
                profile(Some("A"), Some("C"), Some("+2")),
            ),
            (
                profile(Some("A"), None, None),
                profile(Some("A"), Some("C"), None),
            ),
        ] {
            assert_eq!(invited.or_invited_as(inviter()), made);
        }
    }
}
