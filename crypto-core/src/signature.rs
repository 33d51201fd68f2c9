//! Names of signature algorithms, and signing keys.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;

use pki_types::{AlgorithmIdentifier, PrivateKeyDer, SubjectPublicKeyInfoDer, alg_id};

use crate::CryptoError;

/// A signature algorithm, with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-256 with SHA-384.
    EcdsaP256Sha384,
    /// ECDSA on P-384 with SHA-256.
    EcdsaP384Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
    /// Ed25519.
    Ed25519,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, a salt as long as the hash, and an rsaEncryption key.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, a salt as long as the hash, and an rsaEncryption key.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, a salt as long as the hash, and an rsaEncryption key.
    RsaPssSha512,
}

impl SignatureAlgorithm {
    /// The `AlgorithmIdentifier` of a key for this algorithm, as it stands in a SubjectPublicKeyInfo.
    #[must_use]
    pub const fn public_key_id(self) -> AlgorithmIdentifier {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP256Sha384 => alg_id::ECDSA_P256,
            Self::EcdsaP384Sha256 | Self::EcdsaP384Sha384 => alg_id::ECDSA_P384,
            Self::Ed25519 => alg_id::ED25519,
            Self::RsaPkcs1Sha256
            | Self::RsaPkcs1Sha384
            | Self::RsaPkcs1Sha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => alg_id::RSA_ENCRYPTION,
        }
    }

    /// The `AlgorithmIdentifier` of a signature by this algorithm, as it stands in a certificate.
    #[must_use]
    pub const fn signature_id(self) -> AlgorithmIdentifier {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP384Sha256 => alg_id::ECDSA_SHA256,
            Self::EcdsaP256Sha384 | Self::EcdsaP384Sha384 => alg_id::ECDSA_SHA384,
            Self::Ed25519 => alg_id::ED25519,
            Self::RsaPkcs1Sha256 => alg_id::RSA_PKCS1_SHA256,
            Self::RsaPkcs1Sha384 => alg_id::RSA_PKCS1_SHA384,
            Self::RsaPkcs1Sha512 => alg_id::RSA_PKCS1_SHA512,
            Self::RsaPssSha256 => alg_id::RSA_PSS_SHA256,
            Self::RsaPssSha384 => alg_id::RSA_PSS_SHA384,
            Self::RsaPssSha512 => alg_id::RSA_PSS_SHA512,
        }
    }
}

/// A private key that signs. Parsed once, used by any number of threads.
pub trait SigningKey: Send + Sync + fmt::Debug {
    /// The algorithms the key can sign with, best first.
    fn algorithms(&self) -> &[SignatureAlgorithm];

    /// The public key.
    fn public_key(&self) -> SubjectPublicKeyInfoDer<'_>;

    /// Signs `message`, which is not hashed yet.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for an algorithm not of [`SigningKey::algorithms`].
    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, CryptoError>;
}

/// Turns encoded private keys into signing keys.
pub trait KeyLoader: Send + Sync + fmt::Debug {
    /// Loads a key from PKCS#8, SEC1 or PKCS#1.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`] for an encoding or a size the source does not take.
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, CryptoError>;

    /// Makes a new key for `algorithm` and gives its PKCS#8 encoding.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] where the source makes no such keys.
    fn generate(&self, algorithm: SignatureAlgorithm) -> Result<Box<[u8]>, CryptoError>;
}
