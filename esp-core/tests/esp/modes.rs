//! Tunnel and transport mode, over both versions of IP: what is sent, and that the same comes out.

use esp_core::{Discard, DontFragment, Dscp, Ecn, SealError, TfcPadding, UdpPorts};
use proptest::prelude::*;

use crate::common::{
    checksum, ends, gcm, ipv4, ipv6, params, seal, seal_esp, suites, tunnel4, tunnel6,
};

#[test]
fn every_suite_mode_and_version_comes_back() {
    let mut count = 0;
    for suite in suites() {
        for tunnel in [None, Some(tunnel4()), Some(tunnel6())] {
            for udp in [None, Some(UdpPorts::DEFAULT)] {
                for extended in [false, true] {
                    let mut params = params(suite);
                    if let Some(tunnel) = tunnel {
                        params = params.with_tunnel(tunnel);
                    }
                    if let Some(udp) = udp {
                        params = params.with_udp(udp);
                    }
                    if extended {
                        params = params.with_extended_sequence();
                        params = params.with_highest_sequence((7 << 32) - 3);
                    }
                    let (outbound, inbound) = ends(&params);
                    for len in (0..40).chain([1400]) {
                        for packet in [ipv4(&vec![7; len]), ipv6(&vec![7; len])] {
                            let mut wire = seal(&outbound, &packet);
                            let opened = inbound.open_packet(&mut wire).unwrap();
                            assert_eq!(opened.inner, packet, "{suite:?} {tunnel:?} {udp:?}");
                            count += 1;
                        }
                    }
                    assert_eq!(inbound.audit().total(), 0);
                }
            }
        }
    }
    assert!(count > 10_000);
}

#[test]
fn altered_packets_are_refused_by_every_suite() {
    for suite in suites() {
        let params = params(suite).with_extended_sequence();
        let (outbound, inbound) = ends(&params);
        let sealed = seal_esp(&outbound, b"some payload", 17);
        for octet in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[octet] ^= 1;
            let verdict = inbound.open(&mut altered).map(|opened| opened.sequence);
            assert!(verdict.is_err(), "{suite:?} octet {octet}");
        }
        assert_eq!(inbound.highest_sequence(), 0);
        assert!(inbound.open(&mut sealed.clone()).is_ok());
    }
}

#[test]
fn the_outer_header_of_ipv4_is_right() {
    let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let inner = ipv4(b"x");
    let wire = seal(&outbound, &inner);
    assert_eq!(wire[0], 0x45);
    assert_eq!(wire[1], inner[1], "DSCP and ECN are copied");
    assert_eq!(
        usize::from(u16::from_be_bytes([wire[2], wire[3]])),
        wire.len()
    );
    assert_eq!(wire[6], 0x40, "DF is copied");
    assert_eq!(wire[8..10], [64, 50]);
    assert_eq!(checksum(&[&wire[..20]]), 0);
    assert_eq!(wire[12..20], [192, 0, 2, 1, 192, 0, 2, 2]);
    assert_eq!(wire.len(), outbound.overhead().sealed_len(inner.len()));
}

#[test]
fn the_outer_header_of_ipv6_is_right() {
    let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel6()));
    let inner = ipv6(b"x");
    let wire = seal(&outbound, &inner);
    // Version and class of the inner packet, no flow label.
    assert_eq!(wire[..4], [0x6b, 0x80, 0, 0]);
    assert_eq!(
        usize::from(u16::from_be_bytes([wire[4], wire[5]])),
        wire.len() - 40
    );
    assert_eq!(wire[6..8], [50, 64]);
}

#[test]
fn df_dscp_and_ecn_follow_the_policy() {
    let mut tunnel = tunnel4();
    let mut inner = ipv4(b"x");
    for (policy, inner_df, outer_df) in [
        (DontFragment::Copy, 0x40, 0x40),
        (DontFragment::Copy, 0, 0),
        (DontFragment::Set, 0, 0x40),
        (DontFragment::Clear, 0x40, 0),
    ] {
        tunnel.dont_fragment = policy;
        inner[6] = inner_df;
        let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel));
        assert_eq!(seal(&outbound, &inner)[6], outer_df, "{policy:?}");
    }
    inner[1] = 0b1011_1011;
    for (dscp, ecn, class) in [
        (Dscp::Copy, Ecn::Normal, 0b1011_1011),
        (Dscp::Copy, Ecn::Compatibility, 0b1011_1000),
        (Dscp::Set(0), Ecn::Normal, 0b0000_0011),
        (Dscp::Set(46), Ecn::Compatibility, 0b1011_1000),
    ] {
        (tunnel.dscp, tunnel.ecn) = (dscp, ecn);
        let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel));
        let wire = seal(&outbound, &inner);
        assert_eq!(wire[1], class, "{dscp:?} {ecn:?}");
        assert_eq!(checksum(&[&wire[..20]]), 0);
    }
}

#[test]
fn congestion_marks_come_in_and_the_checksum_stays_right() {
    let (outbound, inbound) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let mut inner = ipv4(b"x");
    inner[1] = 0b10;
    inner[10..12].fill(0);
    let sum = checksum(&[&inner[..20]]).to_be_bytes();
    inner[10..12].copy_from_slice(&sum);
    let mut wire = seal(&outbound, &inner);
    wire[1] |= 0b11;
    let opened = inbound.open_packet(&mut wire).unwrap();
    assert_eq!(opened.inner[1], 0b11);
    assert_eq!(checksum(&[&opened.inner[..20]]), 0);

    inner[1] = 0;
    let mut wire = seal(&outbound, &inner);
    wire[1] |= 0b11;
    assert_eq!(inbound.open_packet(&mut wire), Err(Discard::Congestion));
}

#[test]
fn tunnel_mode_seals_fragments_and_transport_mode_refuses_them() {
    let mut fragment = ipv4(b"12345678");
    fragment[6] = 0x20;
    let (outbound, inbound) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let mut wire = seal(&outbound, &fragment);
    assert_eq!(inbound.open_packet(&mut wire).unwrap().inner, fragment);

    let (outbound, _) = ends(&params(gcm()));
    let room = outbound.overhead();
    let mut frame = vec![0; 200];
    let place = room.headroom()..room.headroom() + fragment.len();
    frame[place.clone()].copy_from_slice(&fragment);
    let refused = outbound.seal_packet(&mut frame, place.clone());
    assert_eq!(refused, Err(SealError::Fragment));
    assert_eq!(frame[place], fragment);
    assert_eq!(outbound.sequence(), 0, "no number was used");
}

#[test]
fn a_fragment_of_an_esp_packet_is_discarded() {
    for flags in [0x20, 0x01] {
        let (outbound, inbound) = ends(&params(gcm()).with_tunnel(tunnel4()));
        let mut wire = seal(&outbound, &ipv4(b"x"));
        wire[6 + usize::from(flags == 1)] |= flags;
        assert_eq!(inbound.open_packet(&mut wire), Err(Discard::Fragment));
        assert_eq!(inbound.audit().of(Discard::Fragment), 1);
    }
}

#[test]
fn transport_mode_keeps_options_and_extension_headers_where_they_belong() {
    // IPv4 with four octets of options.
    let mut packet = ipv4(b"payload");
    packet.splice(20..20, [1, 1, 1, 0]);
    packet[0] = 0x46;
    let len = u16::try_from(packet.len()).unwrap().to_be_bytes();
    packet[2..4].copy_from_slice(&len);
    packet[10..12].fill(0);
    let sum = checksum(&[&packet[..24]]).to_be_bytes();
    packet[10..12].copy_from_slice(&sum);
    let (outbound, inbound) = ends(&params(gcm()));
    let mut wire = seal(&outbound, &packet);
    assert_eq!(wire[9], 50);
    assert_eq!(wire[20..24], [1, 1, 1, 0]);
    assert_eq!(checksum(&[&wire[..24]]), 0);
    assert_eq!(inbound.open_packet(&mut wire).unwrap().inner, packet);

    // IPv6 with hop-by-hop options outside, and destination options inside.
    let mut packet = ipv6(b"payload");
    packet[6] = 0;
    packet.splice(40..40, [60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0]);
    packet[5] += 16;
    let mut wire = seal(&outbound, &packet);
    assert_eq!((wire[6], wire[40]), (0, 50));
    assert_eq!(wire[48..52], crate::common::SPI.to_be_bytes());
    let opened = inbound.open_packet(&mut wire).unwrap();
    assert_eq!(opened.next_header, 60);
    assert_eq!(opened.inner, packet);
}

#[test]
fn only_ip_packets_are_sealed_as_packets() {
    let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let mut frame = [0; 200];
    for packet in [
        &[][..],
        &[0x55; 40],
        &ipv4(b"x")[..20],
        &[&ipv4(b"x")[..], &[0]].concat(),
    ] {
        frame[100..100 + packet.len()].copy_from_slice(packet);
        let refused = outbound.seal_packet(&mut frame, 100..100 + packet.len());
        assert_eq!(refused, Err(SealError::NotIp), "{packet:?}");
    }
}

#[test]
fn inner_packets_that_are_none_are_discarded() {
    let (outbound, inbound) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let packet = ipv4(b"x");
    for (inner, next_header) in [
        (&packet[..], 41),
        (&packet[..], 17),
        (&packet[..27], 4),
        (&[0x45][..], 4),
        (&[][..], 4),
        (&ipv6(b"x")[..], 4),
    ] {
        let mut wire = seal_esp(&outbound, inner, next_header);
        assert_eq!(inbound.open(&mut wire), Err(Discard::BadInner));
    }
}

#[test]
fn tfc_padding_hides_the_length_and_is_cut_off() {
    for (padding, lengths) in [
        (TfcPadding::ToMultipleOf(256), [256, 256, 512]),
        (TfcPadding::UpTo(300), [300, 300, 429]),
    ] {
        let (outbound, inbound) = ends(
            &params(gcm())
                .with_tunnel(tunnel4())
                .with_tfc_padding(padding),
        );
        for (len, expected) in [1, 200, 401].into_iter().zip(lengths) {
            let packet = ipv4(&vec![1; len]);
            let mut frame = vec![0; 1000];
            let place = 100..100 + packet.len();
            frame[place.clone()].copy_from_slice(&packet);
            let sealed = outbound.seal_packet(&mut frame, place).unwrap();
            let wire = &mut frame[sealed.packet];
            assert_eq!(wire.len(), outbound.overhead().sealed_len(expected));
            assert_eq!(inbound.open_packet(wire).unwrap().inner, packet);
        }
    }
}

#[test]
fn a_dummy_is_dropped_silently_and_counted() {
    let (outbound, inbound) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let mut frame = vec![9; 200];
    let sealed = outbound.seal_dummy(&mut frame, 60..140).unwrap();
    let wire = &mut frame[sealed.packet];
    assert_eq!(inbound.open_packet(wire), Err(Discard::Dummy));
    assert_eq!(inbound.audit().of(Discard::Dummy), 1);
    assert_eq!(inbound.highest_sequence(), 1, "its number is used up");
}

proptest! {
    #[test]
    fn no_octets_make_opening_panic(
        mut octets in prop::collection::vec(any::<u8>(), 0..200),
        suite in prop::sample::select(suites()),
        tunnel: bool,
        shape in 0..4,
    ) {
        let mut params = params(suite).with_extended_sequence();
        if tunnel {
            params = params.with_tunnel(tunnel4());
        }
        let (_, inbound) = ends(&params);
        let _ = esp_core::classify(&octets);
        // Lead it deeper: a right header, a right SPI.
        if shape > 0 && octets.len() > 60 {
            let len = u16::try_from(octets.len()).unwrap();
            octets[0] = 0x45;
            octets[2..4].copy_from_slice(&len.to_be_bytes());
            octets[6..8].fill(0);
            octets[9] = 50;
            octets[20..24].copy_from_slice(&crate::common::SPI.to_be_bytes());
        }
        if shape > 1 && octets.len() > 60 {
            octets[9] = 17;
            octets[24..26].copy_from_slice(&[0, 40]);
            octets[28..32].copy_from_slice(&crate::common::SPI.to_be_bytes());
        }
        prop_assert!(inbound.open_packet(&mut octets.clone()).is_err());
        prop_assert!(inbound.open(&mut octets).is_err());
        prop_assert_eq!(inbound.audit().total(), 2);
    }

    #[test]
    fn an_authentic_packet_with_any_text_never_panics(
        text in prop::collection::vec(any::<u8>(), 0..100),
        next_header: u8,
        tunnel: bool,
    ) {
        // NULL: what follows the header can be anything, and still be authentic.
        let suite = suites().into_iter().find(|suite| suite.integrity().is_some()).unwrap();
        let mut params = params(suite);
        if tunnel {
            params = params.with_tunnel(tunnel4());
        }
        let (outbound, inbound) = ends(&params);
        let mut sealed = seal_esp(&outbound, &text, next_header);
        let opened = inbound.open(&mut sealed);
        if !tunnel && next_header != 59 {
            prop_assert_eq!(&*opened.unwrap().inner, &text[..]);
        }
    }
}
