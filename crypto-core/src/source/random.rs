//! The system's randomness through the library.

use super::library::rand::{SecureRandom, SystemRandom};
use crate::{CryptoError, Random};

#[derive(Debug)]
pub(super) struct System(SystemRandom);

impl System {
    pub(super) fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Random for System {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.0.fill(out).map_err(|_| CryptoError::Failed)
    }
}
