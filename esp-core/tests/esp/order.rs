//! The order of the receiver's steps (RFC 4303 section 3.4), and what each of them discards.

use crypto_core::HashAlgorithm;
use esp_core::{BadSa, Discard, Encryption, Integrity, SaParams, Spi, Suite};

use crate::common::{SPI, ends, gcm, params, seal_esp};

/// An authentic packet with any text, padding and trailer included.
fn forge(sequence: u32, text: &[u8]) -> Vec<u8> {
    let provider = crypto_core::ring::provider();
    let key: Vec<u8> = (101..).take(32).collect();
    let mut packet = [&SPI.to_be_bytes()[..], &sequence.to_be_bytes(), text].concat();
    let mac = provider
        .hmac(HashAlgorithm::Sha256)
        .unwrap()
        .sign(&key, &[&packet]);
    packet.extend(&mac.as_ref()[..16]);
    packet
}

fn null() -> Suite {
    Suite::new(Encryption::Null, Some(Integrity::HmacSha256)).unwrap()
}

#[test]
fn the_pad_length_is_bounded_by_the_text() {
    let (_, inbound) = ends(&params(null()));
    for (number, text, inner) in [
        (1, &[1, 2, 2, 17][..], Ok(0)),
        (2, &[1, 2, 3, 17], Err(Discard::BadPadding)),
        (3, &[1, 2, 255, 17], Err(Discard::BadPadding)),
        (4, &[9, 9, 0, 17], Ok(2)),
        (5, &[9, 9, 9, 9, 9, 9, 7, 17], Err(Discard::BadPadding)),
    ] {
        let mut packet = forge(number, text);
        let verdict = inbound.open(&mut packet).map(|opened| opened.inner.len());
        assert_eq!(verdict, inner, "{text:?}");
    }
}

#[test]
fn padding_must_count_from_one() {
    let (_, inbound) = ends(&params(null()));
    for (number, text) in [(1, [0, 0, 2, 17]), (2, [2, 1, 2, 17]), (3, [1, 1, 2, 17])] {
        let verdict = inbound.open(&mut forge(number, &text)).map(drop);
        assert_eq!(verdict, Err(Discard::BadPadding));
    }
    assert_eq!(inbound.audit().of(Discard::BadPadding), 3);
}

#[test]
fn padding_is_judged_after_icv_and_window() {
    let (_, inbound) = ends(&params(null()));
    let bad = forge(1, &[0, 0, 255, 17]);
    let mut altered = bad.clone();
    altered[12] ^= 1;
    assert_eq!(inbound.open(&mut altered), Err(Discard::NotAuthentic));
    assert_eq!(inbound.open(&mut bad.clone()), Err(Discard::BadPadding));
    assert_eq!(inbound.open(&mut bad.clone()), Err(Discard::Replayed));
}

#[test]
fn lengths_that_no_sender_makes_are_malformed() {
    let (outbound, inbound) = ends(&params(gcm()));
    let sealed = seal_esp(&outbound, b"payload", 17);
    for len in 0..sealed.len() {
        let whole = len >= 36 && len % 4 == 0;
        let expected = if whole {
            Discard::NotAuthentic
        } else {
            Discard::Malformed
        };
        let verdict = inbound.open(&mut sealed.clone()[..len]).map(drop);
        assert_eq!(verdict, Err(expected), "{len}");
    }
}

#[test]
fn another_spi_is_told_before_anything_else() {
    let (outbound, inbound) = ends(&params(gcm()));
    let mut sealed = seal_esp(&outbound, b"payload", 17);
    sealed[3] ^= 1;
    assert_eq!(inbound.open(&mut sealed), Err(Discard::UnknownSpi));
}

#[test]
fn the_window_moves_only_behind_the_icv() {
    let (outbound, inbound) = ends(&params(gcm()));
    let first = seal_esp(&outbound, b"payload", 17);
    let mut forged = first.clone();
    forged[4..8].copy_from_slice(&1_000_000_u32.to_be_bytes());
    assert_eq!(inbound.open(&mut forged), Err(Discard::NotAuthentic));
    assert_eq!(inbound.highest_sequence(), 0);
    assert!(inbound.open(&mut first.clone()).is_ok());
}

#[test]
fn no_cleartext_is_left_of_a_packet_that_is_not_authentic() {
    for encryption in [Encryption::Aes128Gcm16, Encryption::ChaCha20Poly1305] {
        let suite = Suite::new(encryption, None).unwrap();
        let (outbound, inbound) = ends(&params(suite));
        let mut sealed = seal_esp(&outbound, b"attack at dawn, over the bridge", 17);
        *sealed.last_mut().unwrap() ^= 1;
        assert!(inbound.open(&mut sealed).is_err());
        assert!(!sealed.windows(4).any(|octets| octets == b"dawn"));
    }
}

#[test]
fn reserved_spis_and_bad_parameters_make_no_sa() {
    assert_eq!(Spi::new(255), None);
    let provider = crypto_core::ring::provider();
    let bad = |params: SaParams| esp_core::InboundSa::new(&params, &provider).unwrap_err();
    assert_eq!(bad(params(gcm()).with_window(63)), BadSa::BadWindow);
    assert_eq!(bad(params(gcm()).with_window(65_537)), BadSa::BadWindow);
    assert_eq!(
        bad(params(gcm()).without_window().with_extended_sequence()),
        BadSa::NoWindow
    );
    let end = params(gcm()).with_highest_sequence(u64::from(u32::MAX));
    assert_eq!(bad(end), BadSa::BadSequence);
    let mixed = esp_core::Tunnel::new("10.0.0.1".parse().unwrap(), "::1".parse().unwrap());
    assert_eq!(bad(params(gcm()).with_tunnel(mixed)), BadSa::MixedFamilies);
    for len in [0, 16, 19, 21, 36] {
        let refused = SaParams::new(Spi::new(SPI).unwrap(), gcm(), &vec![0; len], &[]);
        assert_eq!(refused.unwrap_err(), BadSa::BadKey);
    }
    for width in [64, 65_536] {
        ends(&params(gcm()).with_window(width));
    }
}

#[test]
fn debug_shows_no_key() {
    let params = params(gcm());
    let (outbound, inbound) = ends(&params);
    let text = format!("{params:?} {outbound:?} {inbound:?}");
    assert!(!text.contains("1, 2, 3") && text.contains("Secret(20 bytes)"));
}

#[cfg(feature = "ciphers")]
#[test]
fn the_ivs_of_cbc_are_neither_counted_nor_repeated() {
    let suite = Suite::new(Encryption::Aes128Cbc, Some(Integrity::HmacSha256)).unwrap();
    // Two ends with one key and one sequence: a host that restarted with keys set by hand.
    let mut ivs: Vec<Vec<u8>> = [(); 2]
        .into_iter()
        .flat_map(|()| {
            let (outbound, _) = ends(&params(suite));
            (0..100)
                .map(|_| seal_esp(&outbound, b"payload", 17)[8..24].to_vec())
                .collect::<Vec<_>>()
        })
        .collect();
    ivs.sort();
    ivs.dedup();
    assert_eq!(ivs.len(), 200);
}
