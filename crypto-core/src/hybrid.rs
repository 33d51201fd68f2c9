//! X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem) from any ML-KEM-768 and any X25519.
//!
//! ```text
//! initiator's share   ML-KEM encapsulation key (1184) | X25519 (32)
//! responder's share   ML-KEM ciphertext        (1088) | X25519 (32)
//! secret              ML-KEM                     (32) | X25519 (32)
//! ```

use alloc::{boxed::Box, vec::Vec};
use core::{fmt, marker::PhantomData};

use crate::{CryptoError, Group, KeyAgreement, KeyExchange, Random, Secret};

/// Octets of an encapsulation key (FIPS 203 table 3).
pub(crate) const ENCAPSULATION_KEY_LEN: usize = 1184;
/// Octets of a ciphertext (FIPS 203 table 3).
pub(crate) const CIPHERTEXT_LEN: usize = 1088;
/// Octets of the KEM's secret, and of everything in X25519.
pub(crate) const PART_LEN: usize = 32;

/// ML-KEM-768 of a library.
pub(crate) trait Kem: 'static {
    /// The initiator's decapsulation key.
    type Key: Send + Sync;

    /// Makes a key, and appends its encapsulation key to `share`.
    fn generate(random: &dyn Random, share: &mut Vec<u8>) -> Result<Self::Key, CryptoError>;

    /// Checks the encapsulation key, appends the ciphertext to `share`, and writes the secret.
    fn encapsulate(
        key: &[u8; ENCAPSULATION_KEY_LEN],
        random: &dyn Random,
        share: &mut Vec<u8>,
        secret: &mut [u8],
    ) -> Result<(), CryptoError>;

    /// Writes the secret; a forged ciphertext gives another one, not an error.
    fn decapsulate(
        key: &Self::Key,
        ciphertext: &[u8; CIPHERTEXT_LEN],
        secret: &mut [u8],
    ) -> Result<(), CryptoError>;
}

/// The hybrid group.
pub(crate) struct X25519MlKem768<K> {
    x25519: &'static dyn KeyAgreement,
    kem: PhantomData<fn() -> K>,
}

impl<K> X25519MlKem768<K> {
    pub(crate) const fn new(x25519: &'static dyn KeyAgreement) -> Self {
        Self {
            x25519,
            kem: PhantomData,
        }
    }
}

impl<K> fmt::Debug for X25519MlKem768<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X25519MlKem768")
    }
}

impl<K: Kem> KeyAgreement for X25519MlKem768<K> {
    fn group(&self) -> Group {
        Group::X25519MLKEM768
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn KeyExchange>, CryptoError> {
        let mut share = Vec::with_capacity(ENCAPSULATION_KEY_LEN + PART_LEN);
        let kem = K::generate(random, &mut share)?;
        let x25519 = self.x25519.start(random)?;
        share.extend_from_slice(x25519.share());
        Ok(Box::new(Started::<K> { kem, x25519, share }))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<(Vec<u8>, Secret), CryptoError> {
        let (key, x25519) = split::<ENCAPSULATION_KEY_LEN>(share)?;
        let mut answer = Vec::with_capacity(CIPHERTEXT_LEN + PART_LEN);
        let mut secret = Secret::zeroed(2 * PART_LEN);
        let (ours, theirs) = secret.as_mut().split_at_mut(PART_LEN);

        K::encapsulate(key, random, &mut answer, ours)?;
        let (half, classical) = self.x25519.respond(x25519, random)?;
        answer.extend_from_slice(&half);
        fill(theirs, classical.as_ref())?;
        Ok((answer, secret))
    }
}

struct Started<K: Kem> {
    kem: K::Key,
    x25519: Box<dyn KeyExchange>,
    share: Vec<u8>,
}

impl<K: Kem> KeyExchange for Started<K> {
    fn group(&self) -> Group {
        Group::X25519MLKEM768
    }

    fn share(&self) -> &[u8] {
        &self.share
    }

    fn complete(self: Box<Self>, share: &[u8]) -> Result<Secret, CryptoError> {
        let (ciphertext, x25519) = split::<CIPHERTEXT_LEN>(share)?;
        let mut secret = Secret::zeroed(2 * PART_LEN);
        let (ours, theirs) = secret.as_mut().split_at_mut(PART_LEN);

        K::decapsulate(&self.kem, ciphertext, ours)?;
        fill(theirs, self.x25519.complete(x25519)?.as_ref())?;
        Ok(secret)
    }

    fn classical(&self) -> Option<(Group, &[u8])> {
        Some((self.x25519.group(), self.x25519.share()))
    }

    fn complete_classical(self: Box<Self>, share: &[u8]) -> Result<Secret, CryptoError> {
        self.x25519.complete(share)
    }
}

/// Splits a share; any other length is refused before any cryptography.
fn split<const N: usize>(share: &[u8]) -> Result<(&[u8; N], &[u8]), CryptoError> {
    share
        .split_first_chunk::<N>()
        .filter(|(_, x25519)| x25519.len() == PART_LEN)
        .ok_or(CryptoError::BadShare)
}

/// Writes one half of the secret, which a primitive of another length must never leave zero.
pub(crate) fn fill(half: &mut [u8], secret: &[u8]) -> Result<(), CryptoError> {
    if half.len() != secret.len() {
        return Err(CryptoError::Failed);
    }
    half.copy_from_slice(secret);
    Ok(())
}
