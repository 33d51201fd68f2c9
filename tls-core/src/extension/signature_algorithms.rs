//! signature_algorithms and signature_algorithms_cert (RFC 8446 section 4.2.3).

use alloc::vec::Vec;

use crypto_core::{Provider, SignatureAlgorithm};

use super::{put, read};
use crate::{
    error::{Error, Misbehaved},
    wire::{ExtensionType, Prefix, SignatureScheme, U16List, nested},
};

const KIND: ExtensionType = ExtensionType::SIGNATURE_ALGORITHMS;
const KIND_CERT: ExtensionType = ExtensionType::SIGNATURE_ALGORITHMS_CERT;

/// Schemes with the algorithm behind each, best first. PKCS#1 is for certificates only.
const SCHEMES: [(SignatureScheme, SignatureAlgorithm); 9] = [
    (
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureAlgorithm::EcdsaP256Sha256,
    ),
    (SignatureScheme::ED25519, SignatureAlgorithm::Ed25519),
    (
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureAlgorithm::EcdsaP384Sha384,
    ),
    (
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureAlgorithm::RsaPssSha256,
    ),
    (
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureAlgorithm::RsaPssSha384,
    ),
    (
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureAlgorithm::RsaPssSha512,
    ),
    (
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha256,
    ),
    (
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha384,
    ),
    (
        SignatureScheme::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPkcs1Sha512,
    ),
];

/// The schemes that `provider` can verify, best first.
pub(crate) fn supported(provider: &Provider) -> Vec<SignatureScheme> {
    SCHEMES
        .iter()
        .filter(|(_, algorithm)| provider.verification(*algorithm).is_some())
        .map(|(scheme, _)| *scheme)
        .collect()
}

/// The algorithm with which a CertificateVerify of TLS 1.3 may be made.
pub(crate) fn for_handshake(scheme: SignatureScheme) -> Option<SignatureAlgorithm> {
    SCHEMES
        .iter()
        .find(|(candidate, _)| *candidate == scheme)
        .and_then(|(_, algorithm)| {
            (!matches!(
                algorithm,
                SignatureAlgorithm::RsaPkcs1Sha256
                    | SignatureAlgorithm::RsaPkcs1Sha384
                    | SignatureAlgorithm::RsaPkcs1Sha512
            ))
            .then_some(*algorithm)
        })
}

/// Whether a scheme may sign a CertificateVerify of TLS 1.3, known here or not: PKCS#1 and SHA-1 may not
/// (RFC 8446 section 4.2.3), and what they look like lies below the rest.
pub(crate) const fn may_sign_handshake(scheme: SignatureScheme) -> bool {
    matches!(scheme.0, 0x0403 | 0x0503 | 0x0603 | 0x0704..)
}

/// The scheme of an algorithm, if it may sign a CertificateVerify of TLS 1.3.
pub(crate) fn scheme_of(algorithm: SignatureAlgorithm) -> Option<SignatureScheme> {
    SCHEMES
        .iter()
        .find(|(_, candidate)| *candidate == algorithm)
        .map(|(scheme, _)| *scheme)
        .filter(|scheme| for_handshake(*scheme).is_some())
}

/// Offers `schemes`, best first.
pub(crate) fn offer(schemes: &[SignatureScheme], out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            schemes
                .iter()
                .for_each(|scheme| out.extend_from_slice(&scheme.0.to_be_bytes()));
        });
    });
}

/// The peer's schemes for CertificateVerify, which it must name to get a certificate.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<U16List<'_>, Error> {
    let body = body.ok_or(Misbehaved::MissingExtension(KIND))?;
    read(KIND, body, |reader| U16List::new(reader.vector16(2)?))
}

/// The peer's schemes for certificates, if they differ from those for CertificateVerify.
pub(crate) fn read_offer_cert(body: Option<&[u8]>) -> Result<Option<U16List<'_>>, Error> {
    body.map(|body| read(KIND_CERT, body, |reader| U16List::new(reader.vector16(2)?)))
        .transpose()
}
