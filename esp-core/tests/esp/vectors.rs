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
