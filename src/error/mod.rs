//! What can go wrong with a request, in no dialect: how a failure reads (status, text, layout) is
//! decided by the dialects in [`crate::wire`].

mod invalid_input;
mod kind;
mod reason;
mod second_factor;

pub use invalid_input::InvalidInput;
pub use kind::ErrorKind;
pub use reason::Reason;
pub use second_factor::SecondFactor;

/// Why a request failed; of the size of a pointer, since nearly every function may hand one on: as the
/// kind itself it took a tenth of the worker's code.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorKind>);

impl Error {
    /// A setting that cannot be used, and what it must be; without its value.
    pub fn malformed_setting(name: &str, expected: &str) -> Self {
        ErrorKind::Misconfigured(format!("{name} must be {expected}")).into()
    }

    /// What went wrong.
    pub const fn kind(&self) -> &ErrorKind {
        &self.0
    }
}

impl From<ErrorKind> for Error {
    // Inlined, it would be in every function that may fail.
    #[cold]
    #[inline(never)]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl From<InvalidInput> for Error {
    fn from(input: InvalidInput) -> Self {
        ErrorKind::Invalid(input).into()
    }
}

impl PartialEq<ErrorKind> for Error {
    fn eq(&self, kind: &ErrorKind) -> bool {
        *self.0 == *kind
    }
}
