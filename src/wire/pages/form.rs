//! What a page's form sends.

use crate::auth::secret::Secret;
use crate::error::{Error, ErrorKind};
use crate::wire::document::{Malformed, NO_NUL, Pairs};
use crate::wire::incoming::{Incoming, media_essence};

const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form, each once. A field that was not sent is empty.
#[derive(Debug)]
pub struct Form(Pairs);

impl Form {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// Another media type (415), a body that is too large (413), a field that comes twice or holds U+0000
    /// (400).
    pub fn read(incoming: &Incoming) -> Result<Self, Error> {
        let media = incoming.header("content-type").unwrap_or_default();
        if media_essence(media) != FORM {
            return Err(ErrorKind::UnsupportedMedia {
                got: media.to_owned(),
                expected: FORM,
            }
            .into());
        }
        let text = incoming.text()?;
        let pairs = Pairs::url_encoded(text).map_err(|malformed| match malformed {
            Malformed::Syntax(why) => ErrorKind::Syntax(why.into_owned()),
            Malformed::Nul(_) => ErrorKind::BadRequest(format!("The form {NO_NUL}")),
        })?;
        let mut names: Vec<_> = pairs.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(ErrorKind::BadRequest("A field comes twice".to_owned()).into());
        }
        Ok(Self(pairs))
    }

    /// A field, without the space around it.
    pub fn text(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// A field that may be left empty, without the space around it.
    pub fn optional(&self, name: &str) -> Option<String> {
        let text = self.text(name);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A field as it was typed.
    pub fn secret(&self, name: &str) -> Secret {
        Secret::new(self.exact(name))
    }

    /// Whether a box is ticked, or a button with this name was pressed.
    pub fn has(&self, name: &str) -> bool {
        !self.exact(name).is_empty()
    }

    fn exact(&self, name: &str) -> &str {
        let mut pairs = self.0.iter();
        pairs
            .find(|(other, _)| other == name)
            .map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn read(media: &str, body: &str) -> Result<Form, Error> {
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        let body = Body::Bytes(body.as_bytes().to_vec());
        Form::read(&Incoming::new(Method::Post, "/", "", headers, body))
    }

    #[test]
    fn names_are_trimmed_and_passwords_are_not() {
        let form = read(FORM, "username=+ann+&password=+x+&keep=on&none=").unwrap();
        assert_eq!(form.text("username"), "ann");
        assert_eq!(form.secret("password").expose(), " x ");
        assert!(form.has("keep"));
        assert!(!form.has("none") && !form.has("missing"));
        assert_eq!(form.optional("none"), None);
    }

    #[test]
    fn what_no_form_of_ours_sends_is_refused() {
        assert!(matches!(
            read("application/json", "{}").unwrap_err().kind(),
            ErrorKind::UnsupportedMedia { .. }
        ));
        assert!(matches!(
            read(FORM, "a=1&a=2").unwrap_err().kind(),
            ErrorKind::BadRequest(_)
        ));
        assert!(matches!(
            read(FORM, "a=%00").unwrap_err().kind(),
            ErrorKind::BadRequest(_)
        ));
    }
}
