//! What a cryptographic operation can answer instead of a result.

use thiserror::Error;

/// Why a cryptographic operation gave no result.
///
/// The variants carry no detail on purpose: more would be an oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// A tag, MAC or signature does not match.
    #[error("authentication failed")]
    NotAuthentic,
    /// A key has the wrong length, encoding or size.
    #[error("unusable key")]
    BadKey,
    /// The peer's key share or KEM ciphertext is not valid for the group.
    #[error("invalid key share")]
    BadShare,
    /// The algorithm is not offered by this provider, or not by this key.
    #[error("unsupported algorithm")]
    Unsupported,
    /// A length is outside what the primitive can process.
    #[error("length out of range")]
    BadLength,
    /// The random source or the primitive failed.
    #[error("cryptographic source failed")]
    Failed,
}
