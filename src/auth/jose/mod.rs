//! Signed tokens (RFC 7515, RFC 7517, RFC 8725), ours and those of providers: read by one reader, held
//! to one list of header members that no token may have.
//!
//! A token of ours is signed and verified here, by [`signing_key`], but for RSA, which is WebCrypto's, at
//! the edge: [`unsigned`] is what comes before and after its signing, [`provider_token`] before and
//! after its verifying; providers' and clients' tokens are verified that way, too.

pub mod algorithm;
pub mod compact;
pub mod detached;
pub mod invalid;
pub mod key_set;
pub mod provider_token;
mod rsa_key;
pub mod signing_key;
pub mod thumbprint;
pub mod token_kind;
pub mod unsigned;

#[cfg(test)]
pub mod example;
