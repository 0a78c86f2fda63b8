//! This service as an OAuth authorization server and OpenID provider: its endpoints' operations.

pub mod authorize;
pub mod client;
mod client_credentials;
mod code;
pub mod device;
pub mod device_approval;
mod document;
mod found;
mod hint;
pub mod introspection;
mod issue;
pub mod logout;
pub mod notices;
pub mod proof;
pub mod pushed;
mod refresh;
pub mod registration;
pub mod revocation;
pub mod token;
pub mod token_request;
pub mod userinfo;

pub use issue::IssuedTokens;
