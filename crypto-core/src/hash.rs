//! Hashes, HMAC (RFC 2104) and HKDF (RFC 5869).

use alloc::boxed::Box;
use core::fmt;

use crate::{CryptoError, Secret};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-1, in HMAC alone and with the feature `legacy`: no source has the hash itself.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// Octets of a digest.
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The output of a hash or MAC: up to 64 octets, inline.
///
/// It is public data; whatever is secret lives in [`Secret`]. Compare MACs through [`HmacKey::verify`].
#[derive(Clone, Copy)]
pub struct Digest {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Digest {
    /// Longest digest, in octets.
    pub const MAX: usize = 64;

    /// Copies `bytes`, or answers `None` when there are more than [`Digest::MAX`].
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut digest = Self {
            bytes: [0; Self::MAX],
            len: u8::try_from(bytes.len()).ok()?,
        };
        digest.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(digest)
    }

    /// Copies the output of a primitive, which is never longer than [`Digest::MAX`].
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    pub(crate) fn of(output: &[u8]) -> Self {
        Self::new(output).unwrap_or(Self {
            bytes: [0; Self::MAX],
            len: 0,
        })
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One hash function of a provider.
pub trait Hash: Send + Sync + fmt::Debug {
    /// Names the function.
    fn algorithm(&self) -> HashAlgorithm;

    /// Hashes `data` in one go.
    fn digest(&self, data: &[u8]) -> Digest;

    /// Begins a hash that is fed piece by piece.
    fn start(&self) -> Box<dyn HashContext>;
}

/// A hash in progress.
pub trait HashContext: Send + Sync {
    /// Feeds `data`.
    fn update(&mut self, data: &[u8]);

    /// Tells the digest of what was fed so far; more may follow.
    fn peek(&self) -> Digest;

    /// Copies the context, so that two continuations can differ.
    fn fork(&self) -> Box<dyn HashContext>;
}

impl fmt::Debug for dyn HashContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashContext(..)")
    }
}

/// HMAC with one hash function.
pub trait Hmac: Send + Sync + fmt::Debug {
    /// Names the hash function below.
    fn algorithm(&self) -> HashAlgorithm;

    /// Prepares a key for many messages. Any length.
    fn key(&self, key: &[u8]) -> Box<dyn HmacKey>;

    /// Signs the concatenation of `parts` with a key used once; no heap.
    fn sign(&self, key: &[u8], parts: &[&[u8]]) -> Digest;

    /// Compares the MAC over `parts` with `tag` in constant time; `tag` may be truncated by the
    /// protocol, never to nothing.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when they differ.
    fn verify(&self, key: &[u8], parts: &[&[u8]], tag: &[u8]) -> Result<(), CryptoError> {
        compare(&self.sign(key, parts), tag)
    }
}

/// A prepared HMAC key.
pub trait HmacKey: Send + Sync {
    /// Signs the concatenation of `parts`.
    fn sign(&self, parts: &[&[u8]]) -> Digest;

    /// Compares the MAC over `parts` with `tag` in constant time; see [`Hmac::verify`].
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when they differ.
    fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> Result<(), CryptoError> {
        compare(&self.sign(parts), tag)
    }
}

impl fmt::Debug for dyn HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

fn compare(mac: &Digest, tag: &[u8]) -> Result<(), CryptoError> {
    use subtle::ConstantTimeEq;

    let expected = mac.as_ref().get(..tag.len()).unwrap_or_default();
    // Only the comparison of contents depends on the secret; lengths are public.
    if tag.is_empty() || !bool::from(expected.ct_eq(tag)) {
        return Err(CryptoError::NotAuthentic);
    }
    Ok(())
}

/// One output asked of [`Hkdf::expand`]: `okm` is filled from the concatenated `info`.
#[derive(Debug)]
pub struct Expand<'a> {
    /// Context, concatenated.
    pub info: &'a [&'a [u8]],
    /// Where the output keying material goes; its length is the length derived.
    pub okm: &'a mut [u8],
}

/// HKDF (RFC 5869) with one hash function.
pub trait Hkdf: Send + Sync + fmt::Debug {
    /// Names the hash function below.
    fn algorithm(&self) -> HashAlgorithm;

    /// HKDF-Extract: the pseudorandom key of `salt` and `ikm`.
    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Secret;

    /// HKDF-Expand for several outputs of one pseudorandom key: the key is set up once, and nothing
    /// is allocated.
    ///
    /// # Errors
    /// [`CryptoError::BadLength`] for more than 255 blocks, or a `prk` longer than [`Secret::MAX`].
    fn expand(&self, prk: &[u8], outputs: &mut [Expand<'_>]) -> Result<(), CryptoError>;
}
