//! Signing keys.

use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use core::fmt;

use pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};

use super::library::{
    self,
    rand::SystemRandom,
    rsa,
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    },
};
use crate::{CryptoError, KeyLoader, SignatureAlgorithm, SigningKey, source};

/// Loads and makes keys.
#[derive(Debug)]
pub(super) struct Keys;

impl KeyLoader for Keys {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let key = match key {
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                // The encoding names the kind of key, so at most one of these takes it.
                ecdsa(der)
                    .or_else(|| {
                        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                            .ok()
                            .map(ed25519)
                    })
                    .or_else(|| rsa::KeyPair::from_pkcs8(der).ok().map(rsa))
            }
            PrivateKeyDer::Sec1(key) => {
                let der = key.secret_sec1_der();
                CURVES.iter().find_map(|curve| {
                    let id = curve.algorithm.public_key_id();
                    curve.load(&source::sec1_to_pkcs8(id, der))
                })
            }
            PrivateKeyDer::Pkcs1(key) => {
                rsa::KeyPair::from_der(key.secret_pkcs1_der()).ok().map(rsa)
            }
            _ => None,
        };
        key.map(|key| Arc::new(key) as Arc<dyn SigningKey>)
            .ok_or(CryptoError::BadKey)
    }

    fn generate(&self, algorithm: SignatureAlgorithm) -> Result<Box<[u8]>, CryptoError> {
        let random = SystemRandom::new();
        let pkcs8 = match algorithm {
            SignatureAlgorithm::Ed25519 => {
                let pkcs8 =
                    Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| CryptoError::Failed)?;
                return source::ed25519_version_1(pkcs8.as_ref()).ok_or(CryptoError::Failed);
            }
            SignatureAlgorithm::RsaPkcs1Sha256
            | SignatureAlgorithm::RsaPkcs1Sha384
            | SignatureAlgorithm::RsaPkcs1Sha512
            | SignatureAlgorithm::RsaPssSha256
            | SignatureAlgorithm::RsaPssSha384
            | SignatureAlgorithm::RsaPssSha512 => return library::generate_rsa(),
            SignatureAlgorithm::EcdsaP256Sha256
            | SignatureAlgorithm::EcdsaP256Sha384
            | SignatureAlgorithm::EcdsaP384Sha256
            | SignatureAlgorithm::EcdsaP384Sha384 => {
                // The libraries tie a signing key to the hash as long as the curve.
                let curve = CURVES
                    .iter()
                    .find(|curve| curve.algorithm == algorithm)
                    .ok_or(CryptoError::Unsupported)?;
                EcdsaKeyPair::generate_pkcs8(curve.library, &random)
            }
        };
        pkcs8
            .map(|pkcs8| pkcs8.as_ref().into())
            .map_err(|_| CryptoError::Failed)
    }
}

static CURVES: [Curve; 2] = [
    Curve {
        algorithm: SignatureAlgorithm::EcdsaP256Sha256,
        algorithms: &[SignatureAlgorithm::EcdsaP256Sha256],
        library: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
    },
    Curve {
        algorithm: SignatureAlgorithm::EcdsaP384Sha384,
        algorithms: &[SignatureAlgorithm::EcdsaP384Sha384],
        library: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
    },
];

struct Curve {
    algorithm: SignatureAlgorithm,
    algorithms: &'static [SignatureAlgorithm],
    library: &'static EcdsaSigningAlgorithm,
}

impl Curve {
    fn load(&self, pkcs8: &[u8]) -> Option<Key> {
        let pair = library::load_ecdsa(self.library, pkcs8)?;
        let public = pair.public_key().as_ref().to_vec();
        Some(Key::new(
            self.algorithms,
            self.algorithm,
            &public,
            Pair::Ecdsa(pair),
        ))
    }
}

fn ecdsa(pkcs8: &[u8]) -> Option<Key> {
    CURVES.iter().find_map(|curve| curve.load(pkcs8))
}

fn ed25519(pair: Ed25519KeyPair) -> Key {
    let algorithm = SignatureAlgorithm::Ed25519;
    let public = pair.public_key().as_ref().to_vec();
    Key::new(
        &[SignatureAlgorithm::Ed25519],
        algorithm,
        &public,
        Pair::Ed25519(pair),
    )
}

fn rsa(pair: rsa::KeyPair) -> Key {
    let public = pair.public_key().as_ref().to_vec();
    Key::new(
        source::RSA,
        SignatureAlgorithm::RsaPssSha256,
        &public,
        Pair::Rsa(Box::new(pair)),
    )
}

struct Key {
    algorithms: &'static [SignatureAlgorithm],
    public_key: SubjectPublicKeyInfoDer<'static>,
    pair: Pair,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<rsa::KeyPair>),
}

impl Key {
    fn new(
        algorithms: &'static [SignatureAlgorithm],
        kind: SignatureAlgorithm,
        public_key: &[u8],
        pair: Pair,
    ) -> Self {
        let public_key = source::public_key_info(kind.public_key_id(), public_key).into();
        Self {
            algorithms,
            public_key,
            pair,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

impl SigningKey for Key {
    fn algorithms(&self) -> &[SignatureAlgorithm] {
        self.algorithms
    }

    fn public_key(&self) -> SubjectPublicKeyInfoDer<'_> {
        SubjectPublicKeyInfoDer::from(self.public_key.as_ref())
    }

    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if !self.algorithms.contains(&algorithm) {
            return Err(CryptoError::Unsupported);
        }
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| CryptoError::Failed),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let encoding = rsa_encoding(algorithm).ok_or(CryptoError::Unsupported)?;
                let mut signature = vec![0; library::rsa_len(pair)];
                pair.sign(encoding, &random, message, &mut signature)
                    .map_err(|_| CryptoError::Failed)?;
                Ok(signature)
            }
        }
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        SignatureAlgorithm::RsaPssSha256 => Some(&signature::RSA_PSS_SHA256),
        SignatureAlgorithm::RsaPssSha384 => Some(&signature::RSA_PSS_SHA384),
        SignatureAlgorithm::RsaPssSha512 => Some(&signature::RSA_PSS_SHA512),
        SignatureAlgorithm::RsaPkcs1Sha256 => Some(&signature::RSA_PKCS1_SHA256),
        SignatureAlgorithm::RsaPkcs1Sha384 => Some(&signature::RSA_PKCS1_SHA384),
        SignatureAlgorithm::RsaPkcs1Sha512 => Some(&signature::RSA_PKCS1_SHA512),
        SignatureAlgorithm::EcdsaP256Sha256
        | SignatureAlgorithm::EcdsaP256Sha384
        | SignatureAlgorithm::EcdsaP384Sha256
        | SignatureAlgorithm::EcdsaP384Sha384
        | SignatureAlgorithm::Ed25519 => None,
    }
}
