//! The `ring` source: `no_std`, and no allocation in AEAD, hash, MAC and KDF.
//!
//! ML-KEM, which `ring` lacks, comes from `libcrux-ml-kem` with the feature `ml-kem`; hashes, MAC and KDF are those of
//! every source.

#![allow(
    clippy::duplicate_mod,
    reason = "one text for two libraries; see source.rs"
)]

use alloc::sync::Arc;

use crate::{KeyAgreement, Provider, sha};

#[path = "source/aead.rs"]
mod aead;
#[path = "source/agreement.rs"]
mod agreement;
#[path = "source/random.rs"]
mod random;
#[path = "source/signing.rs"]
mod signing;
#[path = "source/verification.rs"]
mod verification;

/// Makes a provider with everything that `ring` offers.
#[must_use]
pub fn provider() -> Provider {
    Provider {
        aeads: aead::ALL,
        hashes: sha::HASHES,
        hmacs: sha::HMACS,
        hkdfs: sha::HKDFS,
        groups: GROUPS,
        verification: verification::ALL,
        short_rsa: verification::SHORT_RSA,
        ..Provider::new("ring", &signing::Keys, Arc::new(random::System::new()))
    }
}

/// X25519 before the NIST curves: P-384 costs fifteen times as much here.
static GROUPS: &[&dyn KeyAgreement] = &[
    #[cfg(feature = "ml-kem")]
    &X25519_MLKEM768,
    &agreement::X25519,
    &agreement::P256,
    &agreement::P384,
];

#[cfg(feature = "ml-kem")]
static X25519_MLKEM768: crate::hybrid::X25519MlKem768<kem::MlKem768> =
    crate::hybrid::X25519MlKem768::new(&agreement::X25519);

#[cfg(feature = "ml-kem")]
mod kem;

/// The library, and where it differs from the other one.
mod library {
    use alloc::boxed::Box;

    pub(super) use ::ring::{aead, agreement, rand, rsa, signature};
    use aead::{Aad, LessSafeKey, Nonce};
    use agreement::{EphemeralPrivateKey, UnparsedPublicKey};
    use rand::SystemRandom;
    use signature::{EcdsaKeyPair, EcdsaSigningAlgorithm};

    use crate::{CryptoError, Secret};

    pub(super) const SEALS_OUT_OF_PLACE: bool = false;

    /// `ring` works in place only: copy first. `out` is as long as `plain`, `tail` and a tag.
    pub(super) fn seal_scattered(
        key: &LessSafeKey,
        nonce: Nonce,
        aad: Aad<&[u8]>,
        plain: &[u8],
        tail: &[u8],
        out: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (text, tag) = out
            .split_at_mut_checked(plain.len() + tail.len())
            .ok_or(CryptoError::BadLength)?;
        let (head, end) = text.split_at_mut(plain.len());
        head.copy_from_slice(plain);
        end.copy_from_slice(tail);
        let sealed = key
            .seal_in_place_separate_tag(nonce, aad, text)
            .map_err(|_| CryptoError::BadLength)?;
        tag.copy_from_slice(sealed.as_ref());
        Ok(())
    }

    /// Opens the text and the tag behind it, and tells the length of the text.
    #[inline]
    pub(super) fn open(
        key: &LessSafeKey,
        nonce: Nonce,
        aad: Aad<&[u8]>,
        data: &mut [u8],
    ) -> Option<usize> {
        key.open_in_place(nonce, aad, data)
            .ok()
            .map(|plain| plain.len())
    }

    pub(super) fn agree(
        private: EphemeralPrivateKey,
        algorithm: &'static agreement::Algorithm,
        share: &[u8],
        take: impl FnOnce(&[u8]) -> Result<Secret, CryptoError>,
    ) -> Result<Secret, CryptoError> {
        let share = UnparsedPublicKey::new(algorithm, share);
        agreement::agree_ephemeral(private, &share, take).unwrap_or(Err(CryptoError::BadShare))
    }

    pub(super) fn load_ecdsa(
        algorithm: &'static EcdsaSigningAlgorithm,
        pkcs8: &[u8],
    ) -> Option<EcdsaKeyPair> {
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new()).ok()
    }

    pub(super) fn rsa_len(pair: &rsa::KeyPair) -> usize {
        pair.public().modulus_len()
    }

    /// `ring` makes no RSA keys.
    pub(super) fn generate_rsa() -> Result<Box<[u8]>, CryptoError> {
        Err(CryptoError::Unsupported)
    }
}
