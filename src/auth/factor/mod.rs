//! Authentication factors besides the password: authenticator apps (TOTP), passkeys and recovery
//! codes; who is asked for one, how often codes may be guessed, and how fresh a proof must be.

mod base32;
pub mod ceremony;
pub mod fresh_proof;
pub mod guesses;
pub mod kind;
pub mod mailed_code;
pub mod proof;
pub mod qr_code;
pub mod recovery;
pub mod totp;
pub mod trusted_device;
pub mod typed_code;
