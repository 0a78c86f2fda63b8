//! The authorization endpoint: what a request asks for, and what its user has to do before it is granted.

pub mod claims_request;
pub mod decision;
pub mod hint;
pub mod interaction;
pub mod prompt;
pub mod request;
pub mod response;
