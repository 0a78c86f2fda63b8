//! What the pages and the messages say, in every language. A text that is missing in one does not compile.
//!
//! One file for each part, with all its languages side by side.

mod account;
#[allow(
    clippy::doc_markdown,
    reason = "names of OAuth stand in texts for people"
)]
mod admin;
mod all;
mod common;
mod consent;
mod factors;
mod failure;
mod locale;
mod mail;
mod notice;
mod part;
mod password;
mod profile;
mod sessions;
mod sign_in;
mod sign_up;
mod start;

pub use account::Account;
pub use admin::Label;
pub use all::Texts;
pub use consent::Consent;
pub use factors::Factors;
pub use failure::Failure;
pub use locale::Locale;
pub use mail::Mail;
pub use password::Password;
pub use profile::Profile;
pub use sessions::Sessions;
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use start::Start;
