//! Authentication of a request: its client, its user, the bearer of its token.
//!
//! The proofs have private parts, so nothing outside can make one.

mod bearer;
mod client;
pub mod mailed_code;
pub mod otp;
mod person;
mod proof;
mod sign_in;

pub use bearer::{Bearer, TokenSubject, bearer, former_session, origin, session_id};
pub use client::{AuthenticatedClient, client, named_client, prove_client, require_client};
pub use mailed_code::{MailedCode, sign_in_by_mailed_code, sign_in_here_by_mailed_code};
pub use person::AuthenticatedUser;
pub use sign_in::{Credentials, PasswordCredentials, sign_in, sign_in_here, sign_in_to_named, tag};
