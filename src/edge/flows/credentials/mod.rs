//! Who is calling: the client, the person, the bearer of a token.
//!
//! The proofs have private parts, so nothing outside can make one.

mod bearer;
mod client;
mod person;
mod sign_in;

pub use bearer::{Bearer, TokenSubject, bearer, former_session, session_id};
pub use client::{CallingClient, client, named_client, prove_client};
pub use person::SignedIn;
pub use sign_in::{Credentials, Presented, sign_in, sign_in_to_named, tag};
