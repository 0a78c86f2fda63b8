//! The DPoP proof of a request (RFC 9449 §4.3): verified without storage.

use crate::auth::oauth::dpop::{DpopNonce, DpopProof, ProofTarget, ProvenKey};
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::edge::app::App;
use crate::edge::outbound::web_crypto;

/// Verifies the proof that a header holds.
pub async fn verify(
    app: &App,
    header: &str,
    target: ProofTarget<'_>,
) -> Result<ProvenKey, OAuthError> {
    let (check, proof) = DpopProof::read(header)?;
    let signed = web_crypto::verify(check).await.map_err(|_| {
        let why = "the signature of the DPoP proof is wrong";
        Failure::new(ErrorCode::InvalidDpopProof, why)
    })?;
    let keys = &app.config.data_keys;
    // A nonce that cannot be verified is none of ours.
    let is_ours = |nonce: &str| DpopNonce::is_good(keys, nonce, app.now).unwrap_or(false);
    Ok(proof.check(&signed, target, is_ours, app.now)?)
}

/// The nonce that goes out with answers to proofs (RFC 9449 §8.2).
pub fn nonce(app: &App) -> Option<String> {
    DpopNonce::issue(&app.config.data_keys, app.now).ok()
}
