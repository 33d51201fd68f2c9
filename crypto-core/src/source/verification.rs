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

#[derive(Debug)]
struct Verification {
    algorithm: SignatureAlgorithm,
    library: &'static dyn VerificationAlgorithm,
}

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
