//! What turns a packet of cleartext into an ESP packet and back: one file for each kind of algorithm.
//!
//! ```text
//! 0     4          8    8 + IV              len - ICV     len
//! | SPI | sequence | IV | text: payload, padding, trailer | ICV |
//! ```

use alloc::boxed::Box;

use crypto_core::{AeadAlgorithm, CryptoError, HashAlgorithm, Provider};

use crate::{BadSa, Encryption, Integrity, SaParams};

mod aead;
mod composed;
mod gmac;

/// Octets of SPI and sequence number.
pub(crate) const HEADER_LEN: usize = 8;

/// A sequence number as the algorithms see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// All of it; the low half is in the header.
    pub(crate) value: u64,
    /// True when the high half is authenticated too (RFC 4303 section 2.2.1).
    pub(crate) extended: bool,
}

impl Number {
    /// The high half, when it is authenticated.
    fn high(self) -> Option<[u8; 4]> {
        let [a, b, c, d, ..] = self.value.to_be_bytes();
        self.extended.then_some([a, b, c, d])
    }
}

/// The keyed algorithms of an SA.
#[derive(Debug)]
pub(crate) enum Transform {
    /// GCM and ChaCha20-Poly1305.
    Aead(aead::Aead),
    /// GMAC, which authenticates what is not encrypted.
    Gmac(gmac::Gmac),
    /// A cipher, and an HMAC over its output.
    Composed(Box<composed::Composed>),
}

impl Transform {
    pub(crate) fn new(params: &SaParams, provider: &Provider) -> Result<Self, BadSa> {
        let encryption = params.suite.encryption();
        match (aead_of(encryption), params.suite.integrity()) {
            (Some(algorithm), _) => {
                let key = params.encryption_key.as_ref();
                let (key, salt) = key.split_last_chunk().ok_or(BadSa::BadKey)?;
                let key = provider
                    .aead(algorithm)
                    .ok_or(BadSa::Unsupported)?
                    .key(key)
                    .map_err(bad_key)?;
                Ok(match encryption {
                    Encryption::Aes128Gmac | Encryption::Aes256Gmac => {
                        Self::Gmac(gmac::Gmac::new(key, *salt))
                    }
                    Encryption::Aes128Gcm16
                    | Encryption::Aes256Gcm16
                    | Encryption::ChaCha20Poly1305
                    | Encryption::Aes128Gcm16ImplicitIv
                    | Encryption::Aes256Gcm16ImplicitIv
                    | Encryption::ChaCha20Poly1305ImplicitIv
                    | Encryption::Null => {
                        Self::Aead(aead::Aead::new(key, *salt, encryption.iv_len() == 0))
                    }
                })
            }
            (None, Some(integrity)) => {
                let hash = match integrity {
                    Integrity::HmacSha256 => HashAlgorithm::Sha256,
                    Integrity::HmacSha384 => HashAlgorithm::Sha384,
                    Integrity::HmacSha512 => HashAlgorithm::Sha512,
                };
                let mac = provider.hmac(hash).ok_or(BadSa::Unsupported)?;
                let mac = mac.key(params.integrity_key.as_ref());
                Ok(Self::Composed(Box::new(composed::Composed::new(
                    mac,
                    integrity.icv_len(),
                ))))
            }
            (None, None) => Err(BadSa::BadSuite),
        }
    }

    /// Encrypts the text and writes IV and ICV. The header and the text are in place.
    ///
    /// Fails only for a packet that is shorter than its parts, or longer than the primitive can take.
    #[inline]
    pub(crate) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        match self {
            Self::Aead(aead) => aead.seal(packet, number),
            Self::Gmac(gmac) => gmac.seal(packet, number),
            Self::Composed(composed) => composed.seal(packet, number),
        }
    }

    /// Checks the ICV and decrypts the text in place. On failure no cleartext is left behind.
    #[inline]
    pub(crate) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        match self {
            Self::Aead(aead) => aead.open(packet, number),
            Self::Gmac(gmac) => gmac.open(packet, number),
            Self::Composed(composed) => composed.open(packet, number),
        }
    }
}

/// The AEAD that a combined algorithm is made of.
const fn aead_of(encryption: Encryption) -> Option<AeadAlgorithm> {
    match encryption {
        Encryption::Aes128Gcm16 | Encryption::Aes128Gcm16ImplicitIv | Encryption::Aes128Gmac => {
            Some(AeadAlgorithm::Aes128Gcm)
        }
        Encryption::Aes256Gcm16 | Encryption::Aes256Gcm16ImplicitIv | Encryption::Aes256Gmac => {
            Some(AeadAlgorithm::Aes256Gcm)
        }
        Encryption::ChaCha20Poly1305 | Encryption::ChaCha20Poly1305ImplicitIv => {
            Some(AeadAlgorithm::ChaCha20Poly1305)
        }
        Encryption::Null => None,
    }
}

/// What the host did wrong when the provider refuses a key.
fn bad_key(error: CryptoError) -> BadSa {
    match error {
        CryptoError::Unsupported => BadSa::Unsupported,
        CryptoError::Failed => BadSa::NoRandomness,
        CryptoError::BadKey | _ => BadSa::BadKey,
    }
}
