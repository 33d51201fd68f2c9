//! Signature verification.

use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use super::library::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use crate::{SignatureAlgorithm, source};

/// Every algorithm, the commonest in certificates and handshakes first.
pub(super) static ALL: &[&dyn SignatureVerificationAlgorithm] = &[
    &Verification {
        algorithm: SignatureAlgorithm::EcdsaP256Sha256,
        library: &signature::ECDSA_P256_SHA256_ASN1,
    },
    &Verification {
        algorithm: SignatureAlgorithm::EcdsaP384Sha384,
        library: &signature::ECDSA_P384_SHA384_ASN1,
    },
    &Verification {
        algorithm: SignatureAlgorithm::EcdsaP256Sha384,
        library: &signature::ECDSA_P256_SHA384_ASN1,
    },
    &Verification {
        algorithm: SignatureAlgorithm::EcdsaP384Sha256,
        library: &signature::ECDSA_P384_SHA256_ASN1,
    },
    &Verification {
        algorithm: SignatureAlgorithm::Ed25519,
        library: &signature::ED25519,
    },
    &Verification {
        algorithm: SignatureAlgorithm::RsaPssSha256,
        library: &signature::RSA_PSS_2048_8192_SHA256,
    },
    &Verification {
        algorithm: SignatureAlgorithm::RsaPssSha384,
        library: &signature::RSA_PSS_2048_8192_SHA384,
    },
    &Verification {
        algorithm: SignatureAlgorithm::RsaPssSha512,
        library: &signature::RSA_PSS_2048_8192_SHA512,
    },
    &Verification {
        algorithm: SignatureAlgorithm::RsaPkcs1Sha256,
        library: &signature::RSA_PKCS1_2048_8192_SHA256,
    },
    &Verification {
        algorithm: SignatureAlgorithm::RsaPkcs1Sha384,
        library: &signature::RSA_PKCS1_2048_8192_SHA384,
    },
    &Verification {
        algorithm: SignatureAlgorithm::RsaPkcs1Sha512,
        library: &signature::RSA_PKCS1_2048_8192_SHA512,
    },
];

/// RSA with keys from 1024 bits on.
pub(super) static SHORT_RSA: &[&dyn SignatureVerificationAlgorithm] = &[&ShortRsa];

#[derive(Debug)]
struct Verification {
    algorithm: SignatureAlgorithm,
    library: &'static dyn VerificationAlgorithm,
}

/// RSASSA-PKCS1-v1_5 with SHA-256, as RFC 8301 section 3.2 wants it: the one use with so short a key.
#[derive(Debug)]
struct ShortRsa;

impl SignatureVerificationAlgorithm for Verification {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if !source::is_public_key(self.algorithm, public_key) {
            return Err(InvalidSignature);
        }
        UnparsedPublicKey::new(self.library, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_id()
    }
}

impl SignatureVerificationAlgorithm for ShortRsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        octets: &[u8],
    ) -> Result<(), InvalidSignature> {
        // RSAPublicKey and nothing else, whichever the library; lengths below 256 take one octet.
        if !matches!(
            public_key,
            [0x30, 0x81, _, 0x02, 0x81, ..] | [0x30, 0x82, _, _, 0x02, 0x81 | 0x82, ..]
        ) {
            return Err(InvalidSignature);
        }
        let library = &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
        UnparsedPublicKey::new(library, public_key)
            .verify(message, octets)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        SignatureAlgorithm::RsaPkcs1Sha256.public_key_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        SignatureAlgorithm::RsaPkcs1Sha256.signature_id()
    }
}
