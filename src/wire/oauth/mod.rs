//! The formats of the OAuth endpoints: forms and queries in, JSON out, errors by the names of RFC 6749.

pub mod access_token;
pub mod credentials;
pub mod failure;
pub mod request;
