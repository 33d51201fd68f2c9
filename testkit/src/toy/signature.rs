//! Signatures that anybody can make: a checksum over algorithm, public key and message.

use std::{fmt, sync::Arc};

use crypto_core::{
    CryptoError, KeyLoader, PrivateKeyDer, SignatureAlgorithm, SigningKey, SubjectPublicKeyInfoDer,
};
use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use super::Checksum;
use crate::der;

pub(super) static ALL: &[&dyn SignatureVerificationAlgorithm] = &[
    &Toy(SignatureAlgorithm::EcdsaP256Sha256),
    &Toy(SignatureAlgorithm::EcdsaP384Sha384),
    &Toy(SignatureAlgorithm::EcdsaP256Sha384),
    &Toy(SignatureAlgorithm::EcdsaP384Sha256),
    &Toy(SignatureAlgorithm::Ed25519),
    &Toy(SignatureAlgorithm::RsaPssSha256),
    &Toy(SignatureAlgorithm::RsaPssSha384),
    &Toy(SignatureAlgorithm::RsaPssSha512),
    &Toy(SignatureAlgorithm::RsaPkcs1Sha256),
    &Toy(SignatureAlgorithm::RsaPkcs1Sha384),
    &Toy(SignatureAlgorithm::RsaPkcs1Sha512),
];

#[derive(Debug)]
struct Toy(SignatureAlgorithm);

impl SignatureVerificationAlgorithm for Toy {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if signature == sign(self.0, public_key, message) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0.public_key_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.0.signature_id()
    }
}

fn sign(algorithm: SignatureAlgorithm, public_key: &[u8], message: &[u8]) -> [u8; 64] {
    Checksum::new(b's')
        .field(algorithm.signature_id().as_ref())
        .field(public_key)
        .update(message)
        .array()
}

/// Loads keys of [`key`], and the public half of real ones: a certificate from the real world gets
/// toy signatures.
#[derive(Debug)]
pub(super) struct Keys;

impl KeyLoader for Keys {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, CryptoError> {
        if let Some(key) = toy_key(key.secret_der()) {
            return Ok(Arc::new(key));
        }
        let real = crypto_core::ring::provider().keys.load(key)?;
        let info = real.public_key().as_ref().to_vec();
        let key = Key::new(info).ok_or(CryptoError::BadKey)?;
        Ok(Arc::new(key))
    }

    fn generate(&self, algorithm: SignatureAlgorithm) -> Result<Box<[u8]>, CryptoError> {
        Ok(key(algorithm, 0).into())
    }
}

/// Makes a toy key for `algorithm`, in the frame of PKCS#8; other seeds make other keys.
#[must_use]
pub fn key(algorithm: SignatureAlgorithm, seed: u64) -> Vec<u8> {
    let id = algorithm.public_key_id();
    let public: Vec<u8> = match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP256Sha384 => {
            point(&seeded::<64>(seed))
        }
        SignatureAlgorithm::EcdsaP384Sha256 | SignatureAlgorithm::EcdsaP384Sha384 => {
            point(&seeded::<96>(seed))
        }
        SignatureAlgorithm::Ed25519 => seeded::<32>(seed).to_vec(),
        // RSA: an RSAPublicKey of 2048 bits with the exponent 65537.
        SignatureAlgorithm::RsaPkcs1Sha256
        | SignatureAlgorithm::RsaPkcs1Sha384
        | SignatureAlgorithm::RsaPkcs1Sha512
        | SignatureAlgorithm::RsaPssSha256
        | SignatureAlgorithm::RsaPssSha384
        | SignatureAlgorithm::RsaPssSha512
        | _ => {
            let mut modulus = vec![0; 1];
            modulus.extend(seeded::<256>(seed));
            if let Some(top) = modulus.get_mut(1) {
                *top |= 0x80;
            }
            der::encode(
                0x30,
                &[
                    &der::encode(0x02, &[&modulus]),
                    &der::encode(0x02, &[&[1, 0, 1]]),
                ],
            )
        }
    };
    der::encode(
        0x30,
        &[
            &[2, 1, 0],
            &der::encode(0x30, &[id.as_ref()]),
            &der::encode(0x04, &[MARK, &public]),
        ],
    )
}

/// Tells toy keys from real ones.
const MARK: &[u8] = b"securewire toy key";

fn seeded<const N: usize>(seed: u64) -> [u8; N] {
    Checksum::new(b'g').update(&seed.to_be_bytes()).array()
}

fn point(coordinates: &[u8]) -> Vec<u8> {
    [&[4], coordinates].concat()
}

fn toy_key(pkcs8: &[u8]) -> Option<Key> {
    let (body, []) = der::value(0x30, pkcs8)? else {
        return None;
    };
    let (algorithm, key) = der::value(0x30, body.strip_prefix(&[2, 1, 0])?)?;
    let (key, []) = der::value(0x04, key)? else {
        return None;
    };
    let public = key.strip_prefix(MARK)?;
    Key::new(der::encode(
        0x30,
        &[
            &der::encode(0x30, &[algorithm]),
            &der::encode(0x03, &[&[0], public]),
        ],
    ))
}

struct Key {
    algorithms: Vec<SignatureAlgorithm>,
    info: Vec<u8>,
    public: Vec<u8>,
}

impl Key {
    fn new(info: Vec<u8>) -> Option<Self> {
        let (body, []) = der::value(0x30, &info)? else {
            return None;
        };
        let (id, key) = der::value(0x30, body)?;
        let (bits, []) = der::value(0x03, key)? else {
            return None;
        };
        let public = bits.strip_prefix(&[0])?.to_vec();
        let algorithms = ALGORITHMS
            .iter()
            .copied()
            .filter(|algorithm| algorithm.public_key_id().as_ref() == id)
            .collect();
        Some(Self {
            algorithms,
            info,
            public,
        })
    }
}

/// What keys sign with, as in the real sources: one hash per curve.
const ALGORITHMS: [SignatureAlgorithm; 9] = [
    SignatureAlgorithm::EcdsaP256Sha256,
    SignatureAlgorithm::EcdsaP384Sha384,
    SignatureAlgorithm::Ed25519,
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
];

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

impl SigningKey for Key {
    fn algorithms(&self) -> &[SignatureAlgorithm] {
        &self.algorithms
    }

    fn public_key(&self) -> SubjectPublicKeyInfoDer<'_> {
        SubjectPublicKeyInfoDer::from(self.info.as_slice())
    }

    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if !self.algorithms.contains(&algorithm) {
            return Err(CryptoError::Unsupported);
        }
        Ok(sign(algorithm, &self.public, message).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use crypto_core::PrivateKeyDer;
    use pki_types::PrivatePkcs8KeyDer;

    use super::{ALGORITHMS, key};

    #[test]
    fn what_a_key_signs_its_public_key_verifies_and_no_other() {
        let toy = crate::toy::provider(1);
        for algorithm in ALGORITHMS {
            let [mine, other] = [1, 2].map(|seed| {
                let der = PrivatePkcs8KeyDer::from(key(algorithm, seed));
                toy.keys.load(&PrivateKeyDer::Pkcs8(der)).unwrap()
            });
            let signature = mine.sign(algorithm, b"message").unwrap();
            toy.verify(algorithm, &mine.public_key(), b"message", &signature)
                .unwrap();
            assert!(
                toy.verify(algorithm, &mine.public_key(), b"Message", &signature)
                    .is_err()
            );
            assert!(
                toy.verify(algorithm, &other.public_key(), b"message", &signature)
                    .is_err()
            );
        }
    }

    #[test]
    fn real_keys_are_taken_for_their_public_half() {
        let toy = crate::toy::provider(1);
        let ring = crypto_core::ring::provider();
        for algorithm in &ALGORITHMS[..3] {
            let der = ring.keys.generate(*algorithm).unwrap().into_vec();
            let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der));
            let [real, fake] = [&ring, &toy].map(|provider| provider.keys.load(&der).unwrap());
            assert_eq!(real.public_key(), fake.public_key());
            let signature = fake.sign(*algorithm, b"message").unwrap();
            toy.verify(*algorithm, &real.public_key(), b"message", &signature)
                .unwrap();
        }
    }
}
