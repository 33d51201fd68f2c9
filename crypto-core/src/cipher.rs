//! Ciphers without authentication, and CCM: for protocols that are older than AEADs with one length of nonce.

use alloc::boxed::Box;
use core::fmt;

use crate::CryptoError;

/// Octets of a cipher block, and of an IV or initial counter block.
pub const BLOCK_LEN: usize = 16;

/// Octets of a nonce of CCM as ESP (RFC 4309) and IKE (RFC 5282) use it.
pub const CCM_NONCE_LEN: usize = 11;

/// A mode of AES that hides and does not authenticate: a MAC over its output must be checked before it is decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CipherAlgorithm {
    /// AES-128 in cipher block chaining mode.
    Aes128Cbc,
    /// AES-192 in cipher block chaining mode.
    Aes192Cbc,
    /// AES-256 in cipher block chaining mode.
    Aes256Cbc,
    /// AES-128 in counter mode, with a counter of 32 bits.
    Aes128Ctr,
    /// AES-192 in counter mode, with a counter of 32 bits.
    Aes192Ctr,
    /// AES-256 in counter mode, with a counter of 32 bits.
    Aes256Ctr,
}

impl CipherAlgorithm {
    /// Octets of a key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Ctr => 16,
            Self::Aes192Cbc | Self::Aes192Ctr => 24,
            Self::Aes256Cbc | Self::Aes256Ctr => 32,
        }
    }
}

/// One mode of a provider: makes keys.
pub trait Cipher: Send + Sync + fmt::Debug {
    /// Names the algorithm.
    fn algorithm(&self) -> CipherAlgorithm;

    /// Expands `key`, which must have [`CipherAlgorithm::key_len`] octets.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`] for another length.
    fn key(&self, key: &[u8]) -> Result<Box<dyn CipherKey>, CryptoError>;
}

/// An expanded key.
pub trait CipherKey: Send + Sync {
    /// Encrypts `data` in place: whole blocks in CBC, any length in CTR. `iv` is the IV of CBC, and never predictable; the
    /// first counter block of CTR, and no counter block is ever used twice.
    ///
    /// # Errors
    /// [`CryptoError::BadLength`] for a broken block in CBC, or more blocks than the counter has left.
    fn encrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Result<(), CryptoError>;

    /// Decrypts `data` in place.
    ///
    /// # Errors
    /// As [`CipherKey::encrypt`].
    fn decrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Result<(), CryptoError>;
}

impl fmt::Debug for dyn CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CipherKey(..)")
    }
}

/// AES-CCM (RFC 3610) with a nonce of [`CCM_NONCE_LEN`] octets: makes keys.
pub trait Ccm: Send + Sync + fmt::Debug {
    /// Expands a key of 16, 24 or 32 octets for tags of 8, 12 or 16.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`] for another length of the key, [`CryptoError::Unsupported`] of the tag.
    fn key(&self, key: &[u8], tag_len: usize) -> Result<Box<dyn CcmKey>, CryptoError>;
}

/// An expanded key of CCM. The caller never uses a nonce twice for sealing.
pub trait CcmKey: Send + Sync {
    /// Encrypts `data` in place and writes the tag, which has the key's length.
    ///
    /// # Errors
    /// [`CryptoError::BadLength`] for another length of the tag, or too much data.
    fn seal_in_place(
        &self,
        nonce: &[u8; CCM_NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), CryptoError>;

    /// Checks the tag and decrypts `data` in place. On failure `data` holds no plaintext.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`], also for another length of the tag.
    fn open_in_place(
        &self,
        nonce: &[u8; CCM_NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError>;
}

impl fmt::Debug for dyn CcmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CcmKey(..)")
    }
}
