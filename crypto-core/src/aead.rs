//! Authenticated encryption with associated data (RFC 5116), in place.

use alloc::boxed::Box;
use core::fmt;

use crate::CryptoError;

/// Octets of a nonce, the same for every AEAD here.
pub const NONCE_LEN: usize = 12;

/// Octets of a full tag, the same for every AEAD here.
pub const TAG_LEN: usize = 16;

/// An AEAD with a 12-octet nonce and a 16-octet tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AeadAlgorithm {
    /// AES-128 in Galois/Counter Mode.
    Aes128Gcm,
    /// AES-256 in Galois/Counter Mode.
    Aes256Gcm,
    /// ChaCha20 and Poly1305 (RFC 8439).
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// Octets of a key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }
}

/// One AEAD algorithm of a provider: makes keys.
pub trait Aead: Send + Sync + fmt::Debug {
    /// Names the algorithm.
    fn algorithm(&self) -> AeadAlgorithm;

    /// Expands `key`, which must have [`AeadAlgorithm::key_len`] octets.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`] for another length.
    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError>;
}

/// An expanded AEAD key. The caller never uses a nonce twice for sealing.
pub trait AeadKey: Send + Sync {
    /// Encrypts `data` in place and returns the tag over `aad` and the ciphertext.
    ///
    /// # Errors
    /// [`CryptoError::BadLength`] beyond the primitive's limit.
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError>;

    /// Encrypts `plain` followed by `tail` into `out`, which gets ciphertext and tag:
    /// `out.len() == plain.len() + tail.len() + TAG_LEN`.
    ///
    /// `tail` is a short trailer that the protocol adds (TLS: content type and padding; ESP: trailer).
    /// A source that can encrypt out of place saves the copy; others copy and seal in place.
    ///
    /// # Errors
    /// [`CryptoError::BadLength`] when the lengths do not add up or are beyond the primitive's limit.
    fn seal_into(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plain: &[u8],
        tail: &[u8],
        out: &mut [u8],
    ) -> Result<(), CryptoError> {
        let body = plain.len().saturating_add(tail.len());
        if out.len() != body.saturating_add(TAG_LEN) {
            return Err(CryptoError::BadLength);
        }
        let (data, tag) = out.split_at_mut(body);
        let (head, rest) = data.split_at_mut(plain.len());
        head.copy_from_slice(plain);
        rest.copy_from_slice(tail);
        tag.copy_from_slice(&self.seal_in_place(nonce, aad, data)?);
        Ok(())
    }

    /// True when [`AeadKey::seal_into`] saves a copy over [`AeadKey::seal_in_place`].
    fn seals_out_of_place(&self) -> bool {
        false
    }

    /// Loads memory of the key, and uses nothing of it: for users of very many keys, who wait for several at the same time.
    fn touch(&self) {}

    /// Checks the tag at the end of `data` and decrypts in place; returns the plaintext's length.
    ///
    /// On failure `data` holds no plaintext.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`], also for fewer than [`TAG_LEN`] octets.
    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, CryptoError>;
}

impl fmt::Debug for dyn AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AeadKey(..)")
    }
}
