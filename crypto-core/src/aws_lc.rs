//! The `aws-lc-rs` source: needs `std` and a C compiler, and gives up to four times the speed.
//!
//! AES-GCM through AVX-512, RSA, X25519, Ed25519 and P-384 gain most. AEAD keys seal from a separate
//! plaintext without a copy, and ML-KEM is its own. The library allocates in agreement, ECDSA and
//! running hashes.

#![allow(
    clippy::duplicate_mod,
    reason = "one text for two libraries; see source.rs"
)]

use alloc::sync::Arc;

use crate::{KeyAgreement, Provider, hybrid::X25519MlKem768, sha};

#[path = "source/aead.rs"]
mod aead;
#[path = "source/agreement.rs"]
mod agreement;
mod kem;
#[path = "source/random.rs"]
mod random;
#[path = "source/signing.rs"]
mod signing;
#[path = "source/verification.rs"]
mod verification;

/// Makes a provider with everything that `aws-lc-rs` offers.
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
        ..Provider::new("aws-lc-rs", &signing::Keys, Arc::new(random::System::new()))
    }
}

/// The order of the other source, so that a change of source changes no negotiation.
static GROUPS: &[&dyn KeyAgreement] = &[
    &X25519_MLKEM768,
    &agreement::X25519,
    &agreement::P256,
    &agreement::P384,
];

static X25519_MLKEM768: X25519MlKem768<kem::MlKem768> = X25519MlKem768::new(&agreement::X25519);

/// The library, and where it differs from the other one.
mod library {
    use alloc::boxed::Box;

    use ::aws_lc_rs::encoding::AsDer;
    pub(super) use ::aws_lc_rs::{aead, agreement, rand, rsa, signature};
    use aead::{Aad, LessSafeKey, Nonce};
    use agreement::{EphemeralPrivateKey, UnparsedPublicKey};
    use rsa::KeySize;
    use signature::{EcdsaKeyPair, EcdsaSigningAlgorithm};

    use crate::{CryptoError, Secret, TAG_LEN};

    pub(super) const SEALS_OUT_OF_PLACE: bool = true;

    /// Encrypts from `plain` straight into `out`, which is as long as `plain`, `tail` and a tag.
    pub(super) fn seal_scattered(
        key: &LessSafeKey,
        nonce: Nonce,
        aad: Aad<&[u8]>,
        plain: &[u8],
        tail: &[u8],
        out: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (text, rest) = out
            .split_at_mut_checked(plain.len())
            .ok_or(CryptoError::BadLength)?;
        key.seal_out_of_place_scatter(nonce, aad, plain, text, tail, rest)
            .map_err(|_| CryptoError::BadLength)
    }

    /// Opens the text and the tag behind it, and tells the length of the text.
    ///
    /// The function for a tag in place moves the nonce, octet by octet, and then waits to read it as a whole: a tenth of the
    /// time of a short packet.
    #[inline]
    pub(super) fn open(
        key: &LessSafeKey,
        nonce: Nonce,
        aad: Aad<&[u8]>,
        data: &mut [u8],
    ) -> Option<usize> {
        let (text, tag) = data.split_last_chunk_mut::<TAG_LEN>()?;
        key.open_in_place_separate_tag(nonce, aad, tag, text)
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
        agreement::agree_ephemeral(private, share, CryptoError::BadShare, take)
    }

    pub(super) fn load_ecdsa(
        algorithm: &'static EcdsaSigningAlgorithm,
        pkcs8: &[u8],
    ) -> Option<EcdsaKeyPair> {
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).ok()
    }

    pub(super) fn rsa_len(pair: &rsa::KeyPair) -> usize {
        pair.public_modulus_len()
    }

    /// Makes a key of 2048 bits, the size that certificates have.
    pub(super) fn generate_rsa() -> Result<Box<[u8]>, CryptoError> {
        rsa::KeyPair::generate(KeySize::Rsa2048)
            .and_then(|pair| pair.as_der())
            .map(|pkcs8| pkcs8.as_ref().into())
            .map_err(|_| CryptoError::Failed)
    }
}
