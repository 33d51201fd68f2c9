//! What the sources `ring` and `aws_lc` share.
//!
//! The two libraries have nearly the same interface, so the files of `source/` are compiled twice:
//! `ring.rs` and `aws_lc.rs` each include them as modules beside a module `library` that names the
//! library and holds the few differences. This file is compiled once: the encodings between the
//! libraries and the outside.

use alloc::{boxed::Box, vec::Vec};

use pki_types::AlgorithmIdentifier;
use zeroize::Zeroizing;

use crate::SignatureAlgorithm;

const INTEGER_ZERO: [u8; 3] = [0x02, 0x01, 0x00];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;

/// What a key pair of RSA signs with, best first: PSS before PKCS#1, the shortest hash first.
pub(crate) const RSA: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
];

/// Encodes a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
pub(crate) fn public_key_info(algorithm: AlgorithmIdentifier, key: &[u8]) -> Vec<u8> {
    let id = algorithm.as_ref();
    let mut body = Vec::with_capacity(id.len() + key.len() + 16);
    header(&mut body, SEQUENCE, id.len());
    body.extend_from_slice(id);
    header(&mut body, BIT_STRING, key.len() + 1);
    body.push(0);
    body.extend_from_slice(key);

    let mut info = Vec::with_capacity(body.len() + 4);
    header(&mut info, SEQUENCE, body.len());
    info.extend_from_slice(&body);
    info
}

/// Wraps an `ECPrivateKey` (RFC 5915) in PKCS#8 (RFC 5958), the one form that both libraries take.
pub(crate) fn sec1_to_pkcs8(curve: AlgorithmIdentifier, key: &[u8]) -> Zeroizing<Vec<u8>> {
    let id = curve.as_ref();
    // The capacities suffice, so that no reallocation leaves a copy of the key behind.
    let mut body = Zeroizing::new(Vec::with_capacity(id.len() + key.len() + 16));
    body.extend_from_slice(&INTEGER_ZERO);
    header(&mut body, SEQUENCE, id.len());
    body.extend_from_slice(id);
    header(&mut body, OCTET_STRING, key.len());
    body.extend_from_slice(key);

    let mut pkcs8 = Zeroizing::new(Vec::with_capacity(body.len() + 4));
    header(&mut pkcs8, SEQUENCE, body.len());
    pkcs8.extend_from_slice(&body);
    pkcs8
}

/// Takes the public key out of an Ed25519 key in PKCS#8 as both libraries make it (RFC 8410 section 7): OpenSSL reads
/// none that has one.
pub(crate) fn ed25519_version_1(pkcs8: &[u8]) -> Option<Box<[u8]>> {
    const ALGORITHM: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
    // The inner octet string, with the 32 octets of the seed.
    const KEY: [u8; 4] = [OCTET_STRING, 34, OCTET_STRING, 32];
    let at = pkcs8.windows(KEY.len()).position(|octets| octets == KEY)?;
    let seed = pkcs8.get(at + KEY.len()..at + KEY.len() + 32)?;
    let mut key = Vec::with_capacity(48);
    header(&mut key, SEQUENCE, 46);
    for part in [&INTEGER_ZERO, ALGORITHM, &KEY, seed] {
        key.extend_from_slice(part);
    }
    Some(key.into_boxed_slice())
}

/// Tells whether `key` looks like the `subjectPublicKey` of the algorithm's keys.
///
/// `aws-lc-rs` would also take compressed points and whole SubjectPublicKeyInfos, `ring` does not: a
/// peer must not be able to tell the sources apart, or to hide a key of another kind in the bits.
pub(crate) fn is_public_key(algorithm: SignatureAlgorithm, key: &[u8]) -> bool {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP256Sha384 => {
            is_uncompressed_point(key, 65)
        }
        SignatureAlgorithm::EcdsaP384Sha256 | SignatureAlgorithm::EcdsaP384Sha384 => {
            is_uncompressed_point(key, 97)
        }
        SignatureAlgorithm::Ed25519 => key.len() == 32,
        // RSAPublicKey: a sequence that begins with an integer; both lengths take two octets for the
        // 2048 bits and more that are verified.
        SignatureAlgorithm::RsaPkcs1Sha256
        | SignatureAlgorithm::RsaPkcs1Sha384
        | SignatureAlgorithm::RsaPkcs1Sha512
        | SignatureAlgorithm::RsaPssSha256
        | SignatureAlgorithm::RsaPssSha384
        | SignatureAlgorithm::RsaPssSha512 => {
            matches!(key, [0x30, 0x82, _, _, 0x02, 0x82, ..])
        }
    }
}

/// Tells whether `key` has the shape of an uncompressed point.
pub(crate) fn is_uncompressed_point(key: &[u8], len: usize) -> bool {
    key.len() == len && key.first() == Some(&0x04)
}

/// Appends a tag and a length below 2^16 in DER; longer bodies are cut by no caller, and would only
/// make an encoding that every parser refuses.
fn header(out: &mut Vec<u8>, tag: u8, len: usize) {
    let [hi, lo] = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    match (hi, lo) {
        (0, 0..0x80) => out.extend_from_slice(&[tag, lo]),
        (0, _) => out.extend_from_slice(&[tag, 0x81, lo]),
        _ => out.extend_from_slice(&[tag, 0x82, hi, lo]),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use pki_types::alg_id;

    use super::public_key_info;
    use crate::spki;

    #[test]
    fn public_key_info_of_every_length_form_parses_back() {
        for len in [32, 65, 97, 100, 126, 127, 128, 255, 256, 270, 1038] {
            let key = vec![0xa5; len];
            let der = public_key_info(alg_id::RSA_ENCRYPTION, &key);
            let parts = spki::parse(&der).unwrap();
            assert_eq!(parts.subject_public_key, key);
            assert_eq!(parts.algorithm, alg_id::RSA_ENCRYPTION.as_ref());
        }
    }
}
