//! DPoP: a token is bound to a key, and whoever uses it proves to have that key (RFC 9449).

mod nonce;
mod proof;

pub use nonce::DpopNonce;
pub use proof::{DpopProof, ProofTarget, ProvenKey};
