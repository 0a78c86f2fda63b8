//! Whom a provider has authenticated: claims, profile, and what the identity may do here.

pub mod claims;
pub mod id_token;
pub mod id_token_proof;
pub mod names;
pub mod policy;
pub mod profile;
pub mod userinfo;
