//! Why a ceremony is refused.

/// Why a ceremony is refused: for the operator's log. A caller learns only that it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A part is not of its format; which.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// `id` and `rawId`, or the credential in the authenticator data, differ.
    #[error("the credential's ids differ")]
    CredentialId,
    /// The client data are of the other ceremony.
    #[error("client data of another type")]
    Type,
    /// The client data are of another ceremony of the kind.
    #[error("another challenge")]
    Challenge,
    /// The page is not one of the relying party's.
    #[error("another origin")]
    Origin,
    /// The page was framed by another site.
    #[error("a frame in another site")]
    CrossOrigin,
    /// The authenticator signed for another relying party.
    #[error("another relying party")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("no user presence")]
    UserPresence,
    /// The authenticator did not verify its user.
    #[error("no user verification")]
    UserVerification,
    /// The authenticator says that a credential is backed up which cannot be.
    #[error("backed up and not eligible for it")]
    BackupState,
    /// A credential may be backed up now and might not at its registration, or the other way round.
    #[error("another backup eligibility than at registration")]
    BackupEligibility,
    /// The key is of an algorithm that was not offered.
    #[error("an algorithm that was not offered")]
    Algorithm,
    /// The key is on no curve, weak or too short.
    #[error("a key that must not be used")]
    Key,
    /// The credential's id has more than 1023 bytes.
    #[error("the credential's id is too long")]
    CredentialIdTooLong,
    /// The assertion is by another user's credential, or names no user.
    #[error("another user handle")]
    UserHandle,
    /// The signature is not by the credential's key.
    #[error("wrong signature")]
    Signature,
}
