//! The group of operations that a machine is given.

use alloc::sync::Arc;

use pki_types::{SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer};

use crate::{
    Aead, AeadAlgorithm, Ccm, Cipher, CipherAlgorithm, CryptoError, Group, Hash, HashAlgorithm,
    Hkdf, Hmac, KeyAgreement, KeyLoader, Random, SignatureAlgorithm, spki,
};

/// Everything a protocol machine may ask of cryptography.
///
/// The tables are in order of preference, and may be cut or reordered by the host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provider {
    /// Name of the source, for people.
    pub name: &'static str,
    /// AEADs.
    pub aeads: &'static [&'static dyn Aead],
    /// Ciphers without authentication.
    pub ciphers: &'static [&'static dyn Cipher],
    /// AES-CCM.
    pub ccm: Option<&'static dyn Ccm>,
    /// Hash functions.
    pub hashes: &'static [&'static dyn Hash],
    /// HMAC per hash function.
    pub hmacs: &'static [&'static dyn Hmac],
    /// HKDF per hash function.
    pub hkdfs: &'static [&'static dyn Hkdf],
    /// Groups and KEMs for key agreement.
    pub groups: &'static [&'static dyn KeyAgreement],
    /// Signature verification; the same table serves handshakes and certificate paths.
    pub verification: &'static [&'static dyn SignatureVerificationAlgorithm],
    /// Verification with RSA keys from 1024 bits on, for protocols that must still take them (RFC 8301
    /// section 3.2); apart, so that no handshake and no certificate path does. The size is the caller's policy:
    /// see [`RsaPublicKey`](crate::RsaPublicKey).
    pub short_rsa: &'static [&'static dyn SignatureVerificationAlgorithm],
    /// Loading of private keys.
    pub keys: &'static dyn KeyLoader,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Provider {
    /// Groups the parts of a source under a name.
    #[must_use]
    pub fn new(name: &'static str, keys: &'static dyn KeyLoader, random: Arc<dyn Random>) -> Self {
        Self {
            name,
            aeads: &[],
            #[cfg(feature = "ciphers")]
            ciphers: crate::aes::CIPHERS,
            #[cfg(not(feature = "ciphers"))]
            ciphers: &[],
            #[cfg(feature = "ciphers")]
            ccm: Some(crate::aes::CCM),
            #[cfg(not(feature = "ciphers"))]
            ccm: None,
            hashes: &[],
            hmacs: &[],
            hkdfs: &[],
            groups: &[],
            verification: &[],
            short_rsa: &[],
            keys,
            random,
        }
    }

    /// Finds an AEAD.
    #[must_use]
    pub fn aead(&self, algorithm: AeadAlgorithm) -> Option<&'static dyn Aead> {
        self.aeads
            .iter()
            .copied()
            .find(|aead| aead.algorithm() == algorithm)
    }

    /// Finds a cipher.
    #[must_use]
    pub fn cipher(&self, algorithm: CipherAlgorithm) -> Option<&'static dyn Cipher> {
        self.ciphers
            .iter()
            .copied()
            .find(|cipher| cipher.algorithm() == algorithm)
    }

    /// Finds a hash function.
    #[must_use]
    pub fn hash(&self, algorithm: HashAlgorithm) -> Option<&'static dyn Hash> {
        self.hashes
            .iter()
            .copied()
            .find(|hash| hash.algorithm() == algorithm)
    }

    /// Finds HMAC with a hash function.
    #[must_use]
    pub fn hmac(&self, algorithm: HashAlgorithm) -> Option<&'static dyn Hmac> {
        self.hmacs
            .iter()
            .copied()
            .find(|hmac| hmac.algorithm() == algorithm)
    }

    /// Finds HKDF with a hash function.
    #[must_use]
    pub fn hkdf(&self, algorithm: HashAlgorithm) -> Option<&'static dyn Hkdf> {
        self.hkdfs
            .iter()
            .copied()
            .find(|hkdf| hkdf.algorithm() == algorithm)
    }

    /// Finds a group.
    #[must_use]
    pub fn group(&self, group: Group) -> Option<&'static dyn KeyAgreement> {
        self.groups
            .iter()
            .copied()
            .find(|agreement| agreement.group() == group)
    }

    /// Finds the verification of `algorithm`, for a bare `subjectPublicKey` (an RSAPublicKey, a raw
    /// Ed25519 key, an uncompressed point).
    #[must_use]
    pub fn verification(
        &self,
        algorithm: SignatureAlgorithm,
    ) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        find(self.verification, algorithm)
    }

    /// Finds the verification of `algorithm` that takes RSA keys from 1024 bits on, for a bare RSAPublicKey.
    #[must_use]
    pub fn short_rsa(
        &self,
        algorithm: SignatureAlgorithm,
    ) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        find(self.short_rsa, algorithm)
    }

    /// Verifies `signature` over `message` with a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] when the source lacks the algorithm, [`CryptoError::BadKey`] when
    /// the key is malformed or of another kind, [`CryptoError::NotAuthentic`] for a wrong signature.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &SubjectPublicKeyInfoDer<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let verification = self
            .verification(algorithm)
            .ok_or(CryptoError::Unsupported)?;
        let key = spki::parse(key.as_ref())?;
        if key.algorithm != algorithm.public_key_id().as_ref() {
            return Err(CryptoError::BadKey);
        }
        verification
            .verify_signature(key.subject_public_key, message, signature)
            .map_err(|_| CryptoError::NotAuthentic)
    }
}

fn find(
    table: &[&'static dyn SignatureVerificationAlgorithm],
    algorithm: SignatureAlgorithm,
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    table.iter().copied().find(|candidate| {
        candidate.signature_alg_id() == algorithm.signature_id()
            && candidate.public_key_alg_id() == algorithm.public_key_id()
    })
}
