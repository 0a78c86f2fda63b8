//! This service as an OAuth 2.1 authorization server and OpenID provider: the rules of its endpoints.
//!
//! [`federation`](super::federation) is the other side: what this service is to the providers that
//! it sends people to.

pub mod authorization;
pub mod client;
pub mod device;
pub mod discovery;
pub mod dpop;
pub mod failure;
pub mod one_use;
pub mod parameters;
pub mod redirect_uri;
pub mod resource;
pub mod scope;
pub mod tokens;
pub mod user_claims;
pub mod user_code;
