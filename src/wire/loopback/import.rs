//! `POST /users/import`: a person a line, and an answer for each.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::account::{canonical_name, is_overlong};
use crate::auth::imported::{ImportedPerson, LineOutcome, NotImported};
use crate::auth::password::foreign::stored_form;
use crate::auth::profile::Profile;
use crate::auth::time::calendar_day;
use crate::error::{Error, ErrorKind};
use crate::wire::document::json;
use crate::wire::reply::Reply;

/// The most lines of a request.
const MAX_LINES: usize = 5_000;

/// A line of the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineAnswer<'a> {
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    left_out: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LineError>,
}

#[derive(Serialize)]
struct LineError {
    code: &'static str,
    message: &'static str,
}

impl From<NotImported> for LineError {
    fn from(why: NotImported) -> Self {
        let (code, message) = match why {
            NotImported::Invalid(message) => ("VALIDATION_FAILED", message),
            NotImported::NotAllowed => ("NotAllowedAccess", "NotAllowedAccess"),
            NotImported::NoTenant => ("ENTITY_NOT_FOUND", "Entity not found: Tenant"),
            NotImported::NoRole => ("ENTITY_NOT_FOUND", "Entity not found: Role"),
            NotImported::Taken => ("CONFLICT", "the username or email is another person's"),
            NotImported::Gone => ("CONFLICT", "was here, and is deleted or erased"),
        };
        Self { code, message }
    }
}

impl<'a> LineAnswer<'a> {
    fn of((line, outcome): &'a LineOutcome) -> Self {
        let imported = outcome.as_ref().ok();
        Self {
            line: *line,
            id: imported.map(|it| it.id.as_str()),
            result: imported.map(|it| if it.is_new { "created" } else { "exists" }),
            left_out: imported.map_or(&[], |it| it.left_out.as_slice()),
            error: outcome.as_ref().err().map(|why| LineError::from(*why)),
        }
    }
}

/// The lines that are not empty, with their numbers.
pub fn lines_of(text: &str) -> Result<Vec<(usize, &str)>, Error> {
    let lines = (1..).zip(text.lines());
    let mut lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let taken = lines.by_ref().take(MAX_LINES).collect();
    match lines.next() {
        None => Ok(taken),
        Some(_) => Err(ErrorKind::BadRequest("Too many lines: at most 5000".to_owned()).into()),
    }
}

/// The answers, a line each.
pub fn reply(outcomes: &[LineOutcome]) -> Result<Reply, Error> {
    let mut body = String::new();
    for outcome in outcomes {
        let written = serde_json::to_string(&LineAnswer::of(outcome));
        body += &written.map_err(|error| ErrorKind::Internal(format!("writing JSON: {error}")))?;
        body.push('\n');
    }
    let reply = Reply {
        body: Some(body.into_bytes()),
        ..Reply::empty(200)
    };
    Ok(reply.with("content-type", "application/x-ndjson"))
}

/// Reads a line.
pub fn read(line: &str) -> Result<ImportedPerson, NotImported> {
    let document =
        json::read(line).map_err(|_| NotImported::Invalid("is no JSON that is taken"))?;
    let Value::Object(members) = document.into_value() else {
        return Err(NotImported::Invalid("must be object"));
    };
    let mut reader = Reader {
        members,
        left_out: Vec::new(),
    };
    let mut person = reader.person()?;
    reader.names(&mut person)?;
    if reader.members.contains_key("password") {
        return Err(NotImported::Invalid("clear passwords are not taken"));
    }
    if !reader.members.is_empty() {
        return Err(NotImported::Invalid("must NOT have additional properties"));
    }
    person.left_out = reader.left_out;
    Ok(person)
}

/// The members that have not been read.
struct Reader {
    members: Map<String, Value>,
    left_out: Vec<&'static str>,
}

impl Reader {
    fn person(&mut self) -> Result<ImportedPerson, NotImported> {
        let hash = self.raw("passwordHash");
        let totp = self.raw("totpSecret");
        let password = hash.as_deref().and_then(stored_form);
        if hash.is_some() && password.is_none() {
            self.left_out.push("passwordHash");
        }
        if totp.is_some() {
            self.left_out.push("totpSecret");
        }
        let status = self.members.remove("status").unwrap_or(Value::Null);
        let status = match status {
            Value::Null => 1,
            status => status.as_i64().unwrap_or(-1),
        };
        if !(0..=4).contains(&status) {
            return Err(NotImported::Invalid("status is none of 0 to 4"));
        }
        let clients = self.list("clientIds")?;
        Ok(ImportedPerson {
            id: self.raw("id"),
            email_verified: self.members.remove("emailVerified") == Some(Value::Bool(true)),
            profile: self.profile(),
            status,
            password,
            brings_secrets: hash.is_some() || totp.is_some(),
            tenant: self.raw("tenant"),
            roles: self.list("roles")?.unwrap_or_default(),
            clients,
            ..ImportedPerson::default()
        })
    }

    /// The names, of which there must be one; a username that is an address is the person's where they
    /// have no other.
    fn names(&mut self, person: &mut ImportedPerson) -> Result<(), NotImported> {
        let email = self.raw("email");
        let username = self.raw("username").or_else(|| email.clone());
        let username = username.ok_or(NotImported::Invalid("has neither username nor email"))?;
        person.email_verified &= email.is_some();
        let email = email.or_else(|| username.contains('@').then(|| username.clone()));
        if is_overlong(&username) || email.as_deref().is_some_and(is_overlong) {
            return Err(NotImported::Invalid("username or email is too long"));
        }
        person.username_key = canonical_name(&username);
        person.email_key = email.as_deref().map(canonical_name);
        person.username = username;
        person.email = email;
        Ok(())
    }

    fn profile(&mut self) -> Profile {
        let gender = self.raw("gender");
        let gender = gender.map(|text| text.to_ascii_uppercase().chars().take(1).collect());
        let gender = gender.filter(|letter: &String| ["M", "F", "O"].contains(&letter.as_str()));
        let dob = self.raw("dob");
        let day = dob.as_ref().and_then(|text| text.split(['T', ' ']).next());
        let day = day.and_then(calendar_day);
        if dob.is_some() && day.is_none() {
            self.left_out.push("dob");
        }
        Profile {
            first_name: self.text("firstName", 50),
            middle_name: self.text("middleName", 50),
            last_name: self.text("lastName", 50),
            phone: self.text("phone", 15),
            gender,
            dob: day.map(|day| day.to_string()),
            locale: self.text("locale", 35),
        }
    }

    /// A text, trimmed; a number as it is written. Empty ones are absent.
    fn raw(&mut self, name: &str) -> Option<String> {
        let text = match self.members.remove(name)? {
            Value::String(text) => Cow::from(text),
            Value::Number(number) => Cow::from(number.to_string()),
            _ => return None,
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text of at most so many characters; a longer one is left out.
    fn text(&mut self, name: &'static str, longest: usize) -> Option<String> {
        let text = self.raw(name)?;
        if text.chars().nth(longest).is_some() {
            self.left_out.push(name);
            return None;
        }
        Some(text)
    }

    fn list(&mut self, name: &str) -> Result<Option<Vec<String>>, NotImported> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(list) => serde_json::from_value(list)
                .map(Some)
                .map_err(|_| NotImported::Invalid("roles and clientIds are lists of texts")),
        }
    }
}
