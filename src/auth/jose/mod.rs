//! Signed tokens (RFC 7515, RFC 7517, RFC 8725), ours and those of providers: read by one reader, held
//! to one list of header members that no token may have.
//!
//! A token of ours is verified here, by [`signing_key`]; a provider's by WebCrypto, at the edge, of
//! which [`provider_token`] is what comes before and after.

pub mod algorithm;
pub mod compact;
pub mod detached;
pub mod invalid;
pub mod key_set;
pub mod provider_token;
pub mod signing_key;
pub mod token_kind;

#[cfg(test)]
pub mod example;
