//! What is wrong with what was typed, as a form says it.

use crate::error::{Error, ErrorKind, InvalidInput, Reason};
use crate::wire::texts::Texts;

/// What is wrong with a new password, or with the address; nothing for what no form can mend.
pub(super) fn problem(texts: &Texts, error: &Error) -> Option<String> {
    let passwords = &texts.password;
    Some(match error.kind() {
        ErrorKind::Invalid(InvalidInput::PasswordTooShort(0)) => passwords.none.to_owned(),
        ErrorKind::Invalid(InvalidInput::PasswordTooShort(least)) => {
            (passwords.too_short)(&least.to_string())
        }
        ErrorKind::Invalid(InvalidInput::PasswordTooLong(most)) => {
            (passwords.too_long)(&most.to_string())
        }
        ErrorKind::Rejected(Reason::SamePassword) => passwords.same.to_owned(),
        ErrorKind::Rejected(Reason::IncorrectPassword) => passwords.old_wrong.to_owned(),
        ErrorKind::Conflict(_) => texts.sign_up.taken.to_owned(),
        ErrorKind::TooMany(seconds) => (texts.sign_in.too_many)(&seconds.div_ceil(60).to_string()),
        _ => return None,
    })
}
