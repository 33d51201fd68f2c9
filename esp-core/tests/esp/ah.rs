//! The authentication header (RFC 4302): what it covers, what may change on the way, and what it refuses.

use crypto_core::HashAlgorithm;
use esp_core::{
    BadSa, Discard, InboundSa, Integrity, OutboundSa, SaParams, Sad, SealError, Spi, Suite,
    TfcPadding, UdpPorts,
};
use proptest::prelude::*;

use crate::common::{
    SPI, ah_suites, checksum, ends, gcm, ipv4, ipv4_with_options, ipv6, ipv6_with_extensions,
    params, seal, travel, tunnel4, tunnel6,
};

/// Octets of IPv4 and IPv6 headers that may change on the way (RFC 4302 sections 3.3.3.1.1.1 and 3.3.3.1.2.1).
const MUTABLE: [&[usize]; 2] = [&[1, 6, 8, 10, 11], &[1, 2, 3, 7]];

fn open(inbound: &InboundSa, packet: &[u8]) -> Result<Vec<u8>, Discard> {
    // Room for the suite that needs some, and octets that must stay.
    let mut frame = [packet, &[0xa5; 4]].concat();
    let opened = inbound.open_packet(&mut frame);
    let opened = opened.map(|opened| opened.inner.to_vec());
    assert_eq!(frame[packet.len()..], [0xa5; 4]);
    opened
}

fn hmac() -> Suite {
    Suite::ah(Integrity::HmacSha256)
}

/// Seals in a frame with room to spare, and tells why not; then the frame is unchanged.
fn refusal(outbound: &OutboundSa, packet: &[u8]) -> SealError {
    let mut frame = [&[0xa5; 128][..], packet, &[0xa5; 4]].concat();
    let before = frame.clone();
    let refused = outbound.seal_packet(&mut frame, 128..128 + packet.len());
    assert_eq!(frame, before);
    assert_eq!(outbound.sequence(), 0, "no number was used");
    refused.unwrap_err()
}

#[test]
fn every_algorithm_mode_version_and_number_comes_back() {
    let mut count = 0;
    for suite in ah_suites() {
        for tunnel in [None, Some(tunnel4()), Some(tunnel6())] {
            for extended in [false, true] {
                let mut params = params(suite);
                if let Some(tunnel) = tunnel {
                    params = params.with_tunnel(tunnel);
                }
                if extended {
                    params = params.with_extended_sequence();
                    params = params.with_highest_sequence((7 << 32) - 3);
                }
                let (outbound, inbound) = ends(&params);
                for len in (0..20).chain([1400]) {
                    for packet in [ipv4(&vec![7; len]), ipv6(&vec![7; len])] {
                        let wire = seal(&outbound, &packet);
                        let exact = outbound.overhead().sealed_len(packet.len());
                        let narrow = tunnel.is_none() && packet[0] >> 4 == 4;
                        assert!(wire.len() == exact || narrow && wire.len() + 4 == exact);
                        assert_eq!(open(&inbound, &wire).unwrap(), packet, "{suite:?}");
                        assert_eq!(open(&inbound, &wire), Err(Discard::Replayed));
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 1_000);
}

#[test]
fn the_header_is_aligned_and_looks_as_it_should() {
    let [v4, v6] = [ipv4(b"x"), ipv6(b"x")];
    for (integrity, lengths) in [
        (Integrity::HmacSha256, [28, 32]),
        (Integrity::HmacSha384, [36, 40]),
        (Integrity::HmacSha512, [44, 48]),
        (Integrity::Aes128Gmac, [36, 40]),
    ] {
        let (outbound, _) = ends(&params(Suite::ah(integrity)));
        for (packet, at, named_at, len) in [(&v4, 20, 9, lengths[0]), (&v6, 40, 6, lengths[1])] {
            let wire = seal(&outbound, packet);
            assert_eq!(wire.len(), packet.len() + len, "{integrity:?}");
            assert_eq!((packet[named_at], wire[named_at]), (17, 51));
            let words = u8::try_from(len / 4 - 2).unwrap();
            assert_eq!(wire[at..at + 4], [17, words, 0, 0]);
            assert_eq!(wire[at + 4..at + 8], SPI.to_be_bytes());
            assert_eq!(wire[at + len..], packet[at..], "in clear");
        }
        assert_eq!(checksum(&[&seal(&outbound, &v4)[..20]]), 0);
    }
}

#[test]
fn what_may_change_on_the_way_may_and_nothing_else() {
    for suite in ah_suites() {
        for tunnel in [None, Some(tunnel4()), Some(tunnel6())] {
            let mut params = params(suite).with_extended_sequence();
            if let Some(tunnel) = tunnel {
                params = params.with_tunnel(tunnel);
            }
            for packet in [ipv4(b"payload"), ipv6(b"payload")] {
                let (outbound, inbound) = ends(&params);
                let wire = seal(&outbound, &packet);
                let mutable = MUTABLE[usize::from(wire[0] >> 4 == 6)];
                for octet in 0..wire.len() {
                    let mut altered = wire.clone();
                    altered[octet] ^= 0x40;
                    let accepted = open(&ends(&params).1, &altered).is_ok();
                    let may = mutable.contains(&octet);
                    assert_eq!(accepted, may, "{suite:?} {tunnel:?} octet {octet}");
                    if !may {
                        assert!(open(&inbound, &altered).is_err());
                    }
                }
                assert_eq!(inbound.highest_sequence(), 0);
                assert!(open(&inbound, &wire).is_ok());
            }
        }
    }
}

#[test]
fn options_of_ipv4_are_covered_as_the_appendix_says() {
    // Kind, and whether its data may change (RFC 4302 appendix A1); 200 is in no table.
    for (kind, may_change) in [
        (130, false),
        (133, false),
        (134, false),
        (148, false),
        (149, false),
        (7, true),
        (68, true),
        (82, true),
        (136, true),
        (11, true),
        (12, true),
        (145, true),
        (200, true),
    ] {
        let packet = ipv4_with_options(&[1, kind, 6, 1, 2, 3, 4, 0], b"payload");
        for suite in ah_suites() {
            let (outbound, inbound) = ends(&params(suite));
            let mut wire = seal(&outbound, &packet);
            wire[25] ^= 0xff;
            let opened = open(&inbound, &wire);
            assert_eq!(opened.is_ok(), may_change, "{suite:?} option {kind}");
            if let Ok(opened) = opened {
                assert_eq!(opened[25], packet[25] ^ 0xff, "what arrived is delivered");
                assert_eq!(opened[26..], packet[26..]);
                assert_eq!(checksum(&[&opened[..28]]), 0);
            }
            // What is around an option is not part of it.
            let mut wire = seal(&outbound, &packet);
            wire[20] ^= 1;
            assert!(open(&inbound, &wire).is_err());
        }
    }
}

#[test]
fn a_source_route_is_covered_with_its_last_stop() {
    for kind in [131, 137] {
        // Two stops to come: the header names the first of three.
        let options = [kind, 11, 4, 10, 9, 0, 1, 10, 9, 0, 2, 0];
        let packet = ipv4_with_options(&options, b"payload");
        let (outbound, inbound) = ends(&params(hmac()));
        let mut wire = seal(&outbound, &packet);
        assert_eq!(wire[16..20], packet[16..20], "it still goes to the first");
        assert_eq!(open(&inbound, &wire), Err(Discard::NotAuthentic));
        // Each stop writes its own address where the next one was.
        wire[22] = 12;
        wire[23..31].copy_from_slice(&[10, 2, 0, 1, 10, 9, 0, 1]);
        wire[16..20].copy_from_slice(&[10, 9, 0, 2]);
        assert!(open(&inbound, &wire).is_ok());

        // A route that is at its end names the destination.
        let done = [kind, 7, 8, 10, 9, 0, 1, 0];
        let (outbound, inbound) = ends(&params(hmac()));
        let wire = seal(&outbound, &ipv4_with_options(&done, b"payload"));
        assert!(open(&inbound, &wire).is_ok());
    }
}

#[test]
fn options_that_do_not_fit_are_refused() {
    for options in [
        &[7, 1, 0, 0][..],
        &[7, 5, 0, 0],
        &[1, 1, 1, 7],
        &[131, 4, 4, 0],
        &[131, 7, 3, 0, 0, 0, 0, 0],
    ] {
        let packet = ipv4_with_options(options, b"payload");
        let (outbound, inbound) = ends(&params(hmac()));
        assert_eq!(refusal(&outbound, &packet), SealError::NotIp, "{options:?}");
        let mut wire = seal(&outbound, &ipv4_with_options(&vec![1; options.len()], b"x"));
        wire[20..20 + options.len()].copy_from_slice(options);
        let verdict = open(&inbound, &wire).unwrap_err();
        assert!(matches!(
            verdict,
            Discard::Malformed | Discard::NotAuthentic
        ));
    }
    for options in [
        [1, 5, 0, 0, 0, 0],
        [0x3e, 5, 1, 2, 3, 4],
        [1, 2, 0, 0, 1, 7],
    ] {
        let packet = ipv6_with_extensions(&[(0, &options)], b"payload");
        let (outbound, _) = ends(&params(hmac()));
        assert_eq!(refusal(&outbound, &packet), SealError::NotIp, "{options:?}");
    }
}

#[test]
fn options_of_ipv6_say_themselves_whether_they_change() {
    for header in [0, 60] {
        for (kind, may_change) in [(0x3e, true), (0x1e, false), (0x23, true), (0xc9, false)] {
            // In front of a routing header, so that destination options stay before AH.
            let options = [kind, 4, 1, 2, 3, 4];
            let route = [0, 0, 0, 0, 0, 0];
            let packet = ipv6_with_extensions(&[(header, &options), (43, &route)], b"payload");
            for suite in ah_suites() {
                let (outbound, inbound) = ends(&params(suite));
                let wire = seal(&outbound, &packet);
                assert_eq!(wire[48], 51, "behind the routing header");
                for (at, may) in [(42, false), (43, false), (45, may_change), (50, false)] {
                    let mut altered = wire.clone();
                    altered[at] ^= 1;
                    let accepted = open(&ends(&params(suite)).1, &altered).is_ok();
                    assert_eq!(accepted, may, "{suite:?} option {kind:#x} octet {at}");
                }
                assert_eq!(open(&inbound, &wire).unwrap(), packet);
            }
        }
    }
    // Behind AH everything is covered as it is.
    let packet = ipv6_with_extensions(&[(60, &[0x3e, 4, 1, 2, 3, 4])], b"payload");
    let (outbound, inbound) = ends(&params(hmac()));
    let mut wire = seal(&outbound, &packet);
    assert_eq!((wire[6], wire[40]), (51, 60));
    wire[76] ^= 1;
    assert_eq!(open(&inbound, &wire), Err(Discard::NotAuthentic));
}

/// A routing header of type 0 with stops that all are still to come, or some.
fn route(kind: u8, stops: u8, left: u8) -> Vec<u8> {
    let mut header = vec![kind, left, 0, 0, 0, 0];
    for stop in 1..=stops {
        header.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, stop]);
    }
    header
}

#[test]
fn a_route_of_ipv6_is_covered_as_it_will_arrive() {
    for (kind, stops, left) in [(0, 1, 1), (0, 3, 3), (0, 3, 2), (0, 3, 0), (2, 1, 1)] {
        let packet = ipv6_with_extensions(&[(43, &route(kind, stops, left))], b"payload");
        for suite in ah_suites() {
            let (outbound, inbound) = ends(&params(suite));
            let mut wire = seal(&outbound, &packet);
            assert_eq!(wire[24..40], packet[24..40], "it goes to the first stop");
            for _ in 0..left {
                assert_eq!(open(&inbound, &wire), Err(Discard::NotAuthentic));
                travel(&mut wire);
            }
            let mut arrived = packet.clone();
            (0..left).for_each(|_| travel(&mut arrived));
            assert_eq!(open(&inbound, &wire).unwrap(), arrived, "{suite:?}");
        }
    }
}

#[test]
fn headers_that_cannot_be_covered_are_refused() {
    let (outbound, inbound) = ends(&params(hmac()));
    // A segment list of RFC 8754 on its way, and a header that is too long.
    let segments = ipv6_with_extensions(&[(43, &route(4, 1, 1))], b"x");
    assert_eq!(refusal(&outbound, &segments), SealError::Uncoverable);
    let long = ipv6_with_extensions(&[(0, &[[0; 6].as_slice(), &[0; 480]].concat())], b"x");
    assert_eq!(refusal(&outbound, &long), SealError::Uncoverable);
    let most = ipv6_with_extensions(&[(0, &[[0; 6].as_slice(), &[0; 464]].concat())], b"x");
    assert_eq!(open(&inbound, &seal(&outbound, &most)).unwrap(), most);
    // More stops than addresses.
    let broken = ipv6_with_extensions(&[(43, &route(0, 1, 2))], b"x");
    assert_eq!(refusal(&ends(&params(hmac())).0, &broken), SealError::NotIp);
}

#[test]
fn fragments_are_refused_at_both_ends() {
    let mut fragment = ipv4(b"12345678");
    fragment[6] = 0x20;
    let atomic = ipv6_with_extensions(&[(44, &[0; 6])], b"x");
    for packet in [&fragment, &atomic] {
        let (outbound, _) = ends(&params(hmac()));
        assert_eq!(refusal(&outbound, packet), SealError::Fragment);
    }
    let (outbound, inbound) = ends(&params(hmac()).with_tunnel(tunnel4()));
    for packet in [&fragment, &atomic] {
        let wire = seal(&outbound, packet);
        assert_eq!(&open(&inbound, &wire).unwrap(), packet, "a tunnel takes it");
    }
    for (octet, bit) in [(6, 0x20), (7, 1)] {
        let mut wire = seal(&outbound, &ipv4(b"x"));
        wire[octet] |= bit;
        assert_eq!(open(&inbound, &wire), Err(Discard::Fragment));
    }
    let (outbound, inbound) = ends(&params(hmac()));
    let mut wire = seal(&outbound, &ipv6(b"x"));
    wire[6] = 44;
    wire.splice(40..40, [51, 0, 0, 0, 0, 0, 0, 1]);
    wire[5] += 8;
    assert_eq!(open(&inbound, &wire), Err(Discard::Fragment));
}

#[test]
fn congestion_marks_come_in_though_nobody_signs_them() {
    let (outbound, inbound) = ends(&params(hmac()).with_tunnel(tunnel4()));
    let mut inner = ipv4(b"x");
    inner[1] = 0b10;
    inner[10..12].fill(0);
    let sum = checksum(&[&inner[..20]]).to_be_bytes();
    inner[10..12].copy_from_slice(&sum);
    let mut wire = seal(&outbound, &inner);
    wire[1] |= 0b11;
    let opened = open(&inbound, &wire).unwrap();
    assert_eq!(opened[1], 0b11);
    assert_eq!(checksum(&[&opened[..20]]), 0);
}

#[test]
fn the_high_half_is_covered_and_never_sent() {
    for suite in ah_suites() {
        let extended = params(suite).with_extended_sequence();
        let [one, other] = [5, (1 << 32) + 5].map(|highest| {
            let (outbound, _) = ends(&extended.clone().with_highest_sequence(highest));
            seal(&outbound, &ipv4(b"payload"))
        });
        assert_eq!(one[..32], other[..32]);
        let (_, inbound) = ends(&extended);
        assert_eq!(open(&inbound, &other), Err(Discard::NotAuthentic));
        assert!(open(&inbound, &one).is_ok());
        let (outbound, _) = ends(&extended);
        let (_, plain) = ends(&params(suite));
        let wire = seal(&outbound, &ipv4(b"payload"));
        assert_eq!(open(&plain, &wire), Err(Discard::NotAuthentic), "{suite:?}");
    }
}

#[test]
fn room_behind_is_asked_for_only_where_it_is_needed() {
    for suite in ah_suites() {
        for extended in [false, true] {
            let mut params = params(suite);
            if extended {
                params = params.with_extended_sequence();
            }
            let (outbound, inbound) = ends(&params);
            let gmac = matches!(
                suite.integrity(),
                Some(Integrity::Aes128Gmac | Integrity::Aes256Gmac)
            );
            let room = if gmac && extended { 4 } else { 0 };
            assert_eq!(inbound.room_behind(), room);
            assert_eq!(outbound.overhead().tailroom(), room);
            let mut wire = seal(&outbound, &ipv4(b"payload"));
            let expected = if room == 0 {
                Ok(())
            } else {
                Err(Discard::NoRoom)
            };
            assert_eq!(inbound.open_packet(&mut wire).map(drop), expected);
            if room > 0 {
                assert!(open(&inbound, &wire).is_ok(), "nothing was changed");
                let packet = ipv4(b"payload");
                let mut frame = [&[0; 60][..], &packet, &[0; 3]].concat();
                let refused = outbound.seal_packet(&mut frame, 60..60 + packet.len());
                assert_eq!(refused, Err(SealError::NoRoom));
            }
        }
    }
}

/// A packet whose ICV is right, whatever the header says.
fn forge(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(20 + header.len() + payload.len()).unwrap();
    let mut packet = vec![
        0x45, 0, 0, len, 0, 7, 0, 0, 0, 51, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
    ];
    packet.extend([header, payload].concat());
    let key: Vec<u8> = (101..).take(32).collect();
    let provider = crypto_core::ring::provider();
    let hmac = provider.hmac(HashAlgorithm::Sha256).unwrap();
    let mac = hmac.sign(&key, &[&packet]);
    packet[32..48].copy_from_slice(&mac.as_ref()[..16]);
    packet
}

fn header(next_header: u8, words: u8, sequence: u8, padding: &[u8]) -> Vec<u8> {
    let mut header = vec![next_header, words, 0, 0];
    header.extend(SPI.to_be_bytes());
    header.extend([0, 0, 0, sequence]);
    header.extend([0; 16]);
    header.extend(padding);
    header
}

#[test]
fn the_icv_is_over_what_the_rfc_says() {
    let (_, inbound) = ends(&params(hmac()));
    let packet = forge(&header(17, 5, 1, &[]), b"01234567");
    let opened = open(&inbound, &packet).unwrap();
    assert_eq!(opened[20..], *b"01234567");
    assert_eq!(opened[9], 17);
    // Reserved octets are covered, and otherwise ignored; so is padding.
    let mut reserved = header(17, 5, 2, &[]);
    reserved[3] = 9;
    assert!(open(&inbound, &forge(&reserved, b"x")).is_ok());
    let padded = forge(&header(17, 6, 3, &[1, 2, 3, 4]), b"01234567");
    let opened = open(&inbound, &padded).unwrap();
    assert_eq!(opened[20..], *b"01234567", "Linux aligns to eight octets");
    let mut altered = forge(&header(17, 6, 4, &[1, 2, 3, 4]), b"01234567");
    altered[50] ^= 1;
    assert_eq!(open(&inbound, &altered), Err(Discard::NotAuthentic));
}

#[test]
fn a_length_that_is_not_the_algorithms_is_malformed() {
    let (_, inbound) = ends(&params(hmac()));
    for words in (0..=255).filter(|words| ![5, 6].contains(words)) {
        let packet = forge(&header(17, words, 1, &[]), &[0; 100]);
        assert_eq!(open(&inbound, &packet), Err(Discard::Malformed), "{words}");
    }
    assert_eq!(
        open(&inbound, &forge(&header(17, 6, 1, &[]), &[])),
        Err(Discard::Malformed),
        "padding that is not there"
    );
    let whole = forge(&header(17, 5, 1, &[]), &[]);
    for len in 20..whole.len() {
        let mut cut = whole[..len].to_vec();
        cut[3] = u8::try_from(len).unwrap();
        assert_eq!(open(&inbound, &cut), Err(Discard::Malformed), "{len}");
    }
    assert_eq!(open(&inbound, &whole).unwrap().len(), 20);
}

#[test]
fn numbers_end_and_begin_as_those_of_esp() {
    let (_, inbound) = ends(&params(hmac()));
    let zero = forge(&header(17, 5, 0, &[]), b"x");
    assert_eq!(open(&inbound, &zero), Err(Discard::SequenceZero));
    let last = params(hmac()).with_highest_sequence(u64::from(u32::MAX) - 1);
    let (outbound, inbound) = ends(&last);
    assert!(open(&inbound, &seal(&outbound, &ipv4(b"x"))).is_ok());
    let mut frame = [&[0; 100][..], &ipv4(b"x")].concat();
    let refused = outbound.seal_packet(&mut frame, 100..129);
    assert_eq!(refused, Err(SealError::SequenceExhausted));
}

#[test]
fn a_tunnel_carries_ip_and_nothing_else() {
    let (_, inbound) = ends(&params(hmac()).with_tunnel(tunnel4()));
    let packet = ipv4(b"x");
    for (number, next_header, inner, expected) in [
        (1, 4, &packet[..], Ok(packet.clone())),
        (2, 41, &packet[..], Err(Discard::BadInner)),
        (3, 17, &packet[..], Err(Discard::BadInner)),
        (4, 4, &packet[..20], Err(Discard::BadInner)),
        (5, 4, &[][..], Err(Discard::BadInner)),
    ] {
        let wire = forge(&header(next_header, 5, number, &[]), inner);
        assert_eq!(open(&inbound, &wire), expected);
    }
}

#[test]
fn one_database_holds_sas_of_both_protocols_and_never_confuses_them() {
    let sad = Sad::new(8);
    let (ah_out, ah_in) = ends(&params(hmac()));
    let (esp_out, esp_in) = ends(&params(gcm()));
    sad.insert(ah_in.into()).unwrap();
    let mut reader = sad.reader();
    let packet = ipv4(b"payload");
    let mut wire = seal(&ah_out, &packet);
    assert_eq!(reader.open_packet(&mut wire).unwrap().inner, packet);
    let mut wire = seal(&esp_out, &packet);
    let verdict = reader.open_packet(&mut wire).map(drop);
    assert_eq!(verdict, Err(Discard::UnknownSpi), "ESP for an SA of AH");
    assert_eq!(
        open(&esp_in, &seal(&ah_out, &packet)),
        Err(Discard::UnknownSpi)
    );
    let mut wire = seal(&ah_out, &packet);
    wire[24..28].copy_from_slice(&[0, 0, 0, 255]);
    let verdict = reader.open_packet(&mut wire).map(drop);
    assert_eq!(verdict, Err(Discard::Malformed), "a reserved SPI");
}

#[test]
fn esp_goes_into_ah_and_comes_out_again() {
    let (esp_out, esp_in) = ends(&params(gcm()));
    let (ah_out, ah_in) = ends(&params(hmac()));
    let packet = ipv6(b"payload");
    let wire = seal(&ah_out, &seal(&esp_out, &packet));
    let mut inner = open(&ah_in, &wire).unwrap();
    assert_eq!(esp_in.open_packet(&mut inner).unwrap().inner, packet);
}

#[test]
fn what_does_not_go_with_ah_makes_no_sa() {
    let provider = crypto_core::ring::provider();
    let bad = |params: SaParams| OutboundSa::new(&params, &provider).unwrap_err();
    let plain = params(hmac());
    assert_eq!(
        bad(plain.clone().with_udp(UdpPorts::DEFAULT)),
        BadSa::NotWithAh
    );
    let padded = plain.with_tfc_padding(TfcPadding::UpTo(100));
    assert_eq!(bad(padded), BadSa::NotWithAh);
    for integrity in [Integrity::Aes128Gmac, Integrity::Aes256Gmac] {
        let refused = Suite::new(esp_core::Encryption::Null, Some(integrity));
        assert_eq!(refused, Err(BadSa::BadSuite));
    }
    let spi = Spi::new(SPI).unwrap();
    assert!(SaParams::new(spi, hmac(), &[1; 16], &[0; 32]).is_err());
}

#[test]
fn ah_needs_the_ip_header() {
    let (outbound, inbound) = ends(&params(hmac()));
    let mut frame = [0; 200];
    assert_eq!(outbound.seal(&mut frame, 60..80, 17), Err(SealError::NotIp));
    assert_eq!(
        outbound.seal_dummy(&mut frame, 60..80),
        Err(SealError::NotIp)
    );
    let mut wire = seal(&outbound, &ipv4(b"x"));
    assert_eq!(inbound.open(&mut wire[20..]), Err(Discard::Malformed));
    assert_eq!(inbound.audit().total(), 1);
}

proptest! {
    #[test]
    fn no_octets_make_ah_panic(
        mut octets in prop::collection::vec(any::<u8>(), 0..300),
        suite in prop::sample::select(ah_suites()),
        wide: bool,
        extended: bool,
        options in 5_u8..16,
    ) {
        let mut params = params(suite);
        if extended {
            params = params.with_extended_sequence();
        }
        let (_, inbound) = ends(&params);
        // Lead it deeper: right headers, a right length and SPI of AH.
        if octets.len() > 120 {
            let len = u16::try_from(octets.len()).unwrap();
            let at = if wide {
                octets[0] = 0x60;
                octets[4..6].copy_from_slice(&(len - 40).to_be_bytes());
                octets[6] = octets[7] % 2 * 43;
                let len = usize::from(octets[41] % 8);
                octets[41] = u8::try_from(len).unwrap();
                octets[40] = 51;
                48 + len * 8
            } else {
                octets[0] = 0x40 | options;
                octets[2..4].copy_from_slice(&len.to_be_bytes());
                octets[6..8].fill(0);
                octets[9] = 51;
                usize::from(options) * 4
            };
            if octets.len() > at + 12 {
                octets[at + 1] = u8::try_from(inbound_len(suite, wide) / 4 - 2).unwrap();
                octets[at + 4..at + 8].copy_from_slice(&SPI.to_be_bytes());
            }
        }
        prop_assert!(inbound.open_packet(&mut octets).is_err());
        prop_assert_eq!(inbound.audit().total(), 1);
    }

    #[test]
    fn any_packet_comes_back_or_is_refused_untouched(
        options in prop::collection::vec(any::<u8>(), 0..40),
        payload in prop::collection::vec(any::<u8>(), 0..100),
        suite in prop::sample::select(ah_suites()),
        wide: bool,
    ) {
        let packet = if wide {
            let mut options = options;
            options.resize(options.len().div_ceil(8) * 8 + 6, 0);
            ipv6_with_extensions(&[(0, &options)], &payload)
        } else {
            let mut options = options;
            options.resize(options.len().div_ceil(4) * 4, 0);
            ipv4_with_options(&options, &payload)
        };
        let (outbound, inbound) = ends(&params(suite).with_extended_sequence());
        let mut frame = [&[0xa5; 64][..], &packet, &[0xa5; 4]].concat();
        let before = frame.clone();
        match outbound.seal_packet(&mut frame, 64..64 + packet.len()) {
            Err(_) => prop_assert_eq!(frame, before),
            Ok(sealed) => {
                // A route makes the arrival differ from the departure; all else comes back as it was.
                if let Ok(opened) = open(&inbound, &frame[sealed.packet]) {
                    prop_assert_eq!(opened.len(), packet.len());
                    prop_assert_eq!(&opened[12..], &packet[12..]);
                } else {
                    prop_assert!(packet.iter().any(|octet| matches!(octet, 131 | 137)));
                }
            }
        }
    }
}

fn inbound_len(suite: Suite, wide: bool) -> usize {
    let (outbound, _) = ends(&params(suite));
    let packet = if wide { ipv6(&[]) } else { ipv4(&[]) };
    seal(&outbound, &packet).len() - packet.len()
}
