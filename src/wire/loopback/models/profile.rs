//! The profile of a sign-up's body; every other property is ignored.

use serde_json::{Map, Value};

use super::super::detail::Detail;
use crate::auth::profile::Profile;
use crate::auth::time::calendar_day;

const NAME_LENGTH: usize = 50;
const PHONE_LENGTH: usize = 15;
const LOCALE_LENGTH: usize = 35;

/// Reads the known properties of an object; `at` is the JSON pointer of the object in the body.
pub fn read_profile(object: &Map<String, Value>, at: &str) -> Result<Profile, Vec<Detail>> {
    let mut reader = ProfileReader {
        object,
        at,
        wrong: Vec::new(),
    };
    let profile = Profile {
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
        match calendar_day(day) {
            Some(date) => Some(date.to_string()),
            None => {
                self.wrong
                    .push(Detail::wrong_format(&self.path(name), "date"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Profile, Vec<Detail>> {
        match value {
            Value::Object(object) => read_profile(&object, "/data"),
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
}
