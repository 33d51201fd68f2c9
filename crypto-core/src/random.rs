//! Randomness as a part of the provider.

use core::fmt;

use crate::CryptoError;

/// A cryptographically secure random source.
///
/// Tests replace it by a seeded one; whatever draws randomness takes it as an argument.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// [`CryptoError::Failed`] when the system gives none; nothing may be sent then.
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError>;
}
