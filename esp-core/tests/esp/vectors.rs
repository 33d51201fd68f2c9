//! Published packets, octet by octet.

use esp_core::{Encryption, InboundSa, OutboundSa, SaParams, Spi, Suite};

use crate::common::{ends, hex, tunnel4};

fn params(spi: u32, encryption: Encryption, key: &str) -> SaParams {
    let suite = Suite::new(encryption, None).unwrap();
    SaParams::new(Spi::new(spi).unwrap(), suite, &hex(key), &[]).unwrap()
}

/// Opens a published packet, and refuses it with any octet altered.
fn check_open(inbound: &InboundSa, packet: &[u8], inner: &[u8], next_header: u8) {
    for octet in 0..packet.len() {
        let mut altered = packet.to_vec();
        altered[octet] ^= 0x10;
        assert!(inbound.open(&mut altered).is_err(), "octet {octet}");
    }
    let mut packet = packet.to_vec();
    let opened = inbound.open(&mut packet).unwrap();
    assert_eq!(opened.inner, inner);
    assert_eq!(opened.next_header, next_header);
}

#[test]
fn rfc_7634_appendix_a() {
    let params = params(
        0x0102_0304,
        Encryption::ChaCha20Poly1305,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3",
    )
    .with_tunnel(tunnel4());
    let packet = hex("01020304000000051011121314151617
        24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6
        14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3
        cbec163fac469b502773f6fb94e664da9165b82829f641e0
        76aaa8266b7fb0f7b11b369907e1ad43");
    let (_, inbound) = ends(&params);
    let mut copy = packet.clone();
    let inner = inbound.open(&mut copy).unwrap().inner.to_vec();
    assert_eq!(inner.len(), 84);
    assert_eq!(inner[..4], hex("45000054"));
    assert_eq!(inner[12..20], hex("c6336405 c0000205"));

    let (_, inbound) = ends(&params);
    check_open(&inbound, &packet, &inner, 4);
}

/// The draft gives the text with its padding, and the associated data: the packet is put together from them.
#[test]
fn draft_mcgrew_gcm_test_01_with_extended_numbers() {
    let sequence: u64 = 0x8765_4321_0000_0000;
    // The draft writes the digits of the SPI as hexadecimal.
    let params = params(
        0x4321,
        Encryption::Aes128Gcm16,
        "4c80cdefbb5d10da906ac73c3613a634 2e443b68",
    )
    .with_extended_sequence()
    .with_highest_sequence(sequence - 1);
    let text = hex(
        "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001
        000000000000045f736970045f756470037369700963796265726369747902646b0000210001 01020201",
    );
    let packet = hex("00004321 00000000 4956ed7e3b244cfe
        fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34
        cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce
        61bc17d768fd9732 459018148f6cbe722fd04796562dfdb4");
    let (_, inbound) = ends(&params);
    check_open(&inbound, &packet, &text[..text.len() - 4], 1);
}

/// What is sent with an IV is, but for the IV, what is sent without.
#[test]
fn an_implicit_iv_gives_the_octets_of_the_explicit_one() {
    for (explicit, implicit, key_len) in [
        (
            Encryption::Aes128Gcm16,
            Encryption::Aes128Gcm16ImplicitIv,
            20,
        ),
        (
            Encryption::ChaCha20Poly1305,
            Encryption::ChaCha20Poly1305ImplicitIv,
            36,
        ),
    ] {
        let [sent, implied] = [explicit, implicit].map(|encryption| {
            let suite = Suite::new(encryption, None).unwrap();
            let params =
                SaParams::new(Spi::new(7_777).unwrap(), suite, &vec![9; key_len], &[]).unwrap();
            let outbound = OutboundSa::new(&params, &crypto_core::ring::provider()).unwrap();
            crate::common::seal_esp(&outbound, b"payload", 17)
        });
        assert_eq!(sent[8..16], 1_u64.to_be_bytes());
        assert_eq!([&sent[..8], &sent[16..]].concat(), implied);
    }
}

/// Key, SPI, sequence number, IV and ciphertext as in the packet, next header, payload.
#[cfg(feature = "ciphers")]
const RFC_3602: [(&str, &str, u8, &str); 4] = [
    (
        "90d382b410eeba7ad938c46cec1a82bf",
        "0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856
        a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6",
        1,
        "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
    ),
    (
        "90d382b410eeba7ad938c46cec1a82bf",
        "000043210000000869d08df7d203329db093fc4924e5bd80f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75",
        1,
        "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777",
    ),
    (
        "0123456789abcdef0123456789abcdef",
        "0000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8
        e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5
        a100b842f1c22f0d",
        4,
        "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f101112131415161718191a1b
        1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
    ),
    (
        "0123456789abcdef0123456789abcdef",
        "000087650000000585d47224b5f3dd5d2101d4ea8dffab2215b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb5
        0f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3d2726d9b5ef6affc6d17a0decbb13892",
        4,
        "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300ffffffffffffffffffffffffffffffff
        ffffffffffffffffffffffffffffffff",
    ),
];

/// The RFC's packets have no ICV, without which nothing is opened here: one is put behind them.
#[cfg(feature = "ciphers")]
#[test]
fn rfc_3602_section_4_cases_5_to_8() {
    use crypto_core::HashAlgorithm;
    use esp_core::Integrity;

    let hmac = crypto_core::ring::provider()
        .hmac(HashAlgorithm::Sha256)
        .unwrap();
    let suite = Suite::new(Encryption::Aes128Cbc, Some(Integrity::HmacSha256)).unwrap();
    for (key, packet, next_header, payload) in RFC_3602 {
        let mut packet = hex(packet);
        let mac = hmac.sign(&[7; 32], &[&packet]);
        packet.extend(&mac.as_ref()[..16]);
        let spi = u32::from_be_bytes(packet[..4].try_into().unwrap());
        let spi = Spi::new(spi).unwrap();
        let mut params = SaParams::new(spi, suite, &hex(key), &[7; 32]).unwrap();
        if next_header == 4 {
            params = params.with_tunnel(tunnel4());
        }
        let (_, inbound) = ends(&params);
        check_open(&inbound, &packet, &hex(payload), next_header);
    }
}

/// Cases 3 and 4; 1 and 2 are in the conformance suite of `crypto-core`.
#[cfg(feature = "ciphers")]
#[test]
fn rfc_3602_section_4_cases_3_and_4() {
    use crypto_core::CipherAlgorithm;

    let cipher = crypto_core::ring::provider()
        .cipher(CipherAlgorithm::Aes128Cbc)
        .unwrap();
    let counted: Vec<u8> = (0xa0..=0xdf).collect();
    for (key, iv, plain, expected) in [
        (
            "6c3ea0477630ce21a2ce334aa746c2cd",
            "c782dc4c098c66cbd9cd27d825682c81",
            &b"This is a 48-byte message (exactly 3 AES blocks)"[..],
            "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5021c19216bad525c8579695d83ba2684",
        ),
        (
            "56e47a38c5598974bc46903dba290349",
            "8ce82eefbea0da3c44699ed7db51b7d9",
            &counted,
            "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55",
        ),
    ] {
        let iv = hex(iv).try_into().unwrap();
        let mut data = plain.to_vec();
        cipher
            .key(&hex(key))
            .unwrap()
            .encrypt(&iv, &mut data)
            .unwrap();
        assert_eq!(data, hex(expected));
    }
}
