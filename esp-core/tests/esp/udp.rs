//! ESP in UDP (RFC 3948), and NATs.

use esp_core::{Encapsulated, OriginalAddresses, UdpPorts, classify};

use crate::common::{
    checksum, ends, gcm, ip, ipv4, ipv6, params, seal, tunnel4, tunnel6, udp_is_right,
};

#[test]
fn the_udp_header_is_right_over_both_versions() {
    let ports = UdpPorts {
        source: 4500,
        destination: 40_000,
    };
    let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel4()).with_udp(ports));
    let wire = seal(&outbound, &ipv4(b"x"));
    assert_eq!(wire[9], 17);
    assert_eq!(wire[20..24], [0x11, 0x94, 0x9c, 0x40]);
    assert_eq!(
        usize::from(u16::from_be_bytes([wire[24], wire[25]])),
        wire.len() - 20
    );
    assert_eq!(wire[26..28], [0, 0], "no checksum over IPv4");

    let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel6()).with_udp(ports));
    let wire = seal(&outbound, &ipv4(b"x"));
    assert_eq!(wire[6], 17);
    assert!(udp_is_right(&wire), "but over IPv6");

    let (outbound, _) = ends(&params(gcm()).with_udp(ports));
    let wire = seal(&outbound, &ipv6(b"x"));
    assert_eq!(wire[6], 17);
    assert!(udp_is_right(&wire));
}

#[test]
fn the_payload_of_the_datagram_is_told_apart_from_ike_and_keepalives() {
    let (outbound, _) = ends(
        &params(gcm())
            .with_tunnel(tunnel4())
            .with_udp(UdpPorts::DEFAULT),
    );
    let wire = seal(&outbound, &ipv4(b"x"));
    assert_eq!(classify(&wire[28..]), Encapsulated::Esp(outbound.spi()));
}

/// The sender computed the checksum with its private address; the packet arrives from the NAT's.
#[test]
fn transport_mode_behind_a_nat_repairs_the_checksum() {
    let original = OriginalAddresses {
        source: ip("10.1.0.1"),
        destination: ip("10.2.0.1"),
    };
    let params = params(gcm()).with_udp(UdpPorts::DEFAULT);
    for protocol in ["udp", "tcp"] {
        let (outbound, _) = ends(&params);
        let (_, inbound) = ends(&params.clone().with_original_addresses(original));
        let mut packet = ipv4(b"payload of even length");
        if protocol == "tcp" {
            packet[9] = 6;
            packet[20..40].fill(0x11);
            packet[36..38].fill(0);
            let len = u16::try_from(packet.len() - 20).unwrap().to_be_bytes();
            let sum = checksum(&[&packet[12..20], &[0, 6], &len, &packet[20..]]);
            packet[36..38].copy_from_slice(&sum.to_be_bytes());
        }
        let mut wire = seal(&outbound, &packet);
        wire[12..16].copy_from_slice(&[203, 0, 113, 77]);
        wire[16..20].copy_from_slice(&[198, 51, 100, 5]);
        let opened = inbound.open_packet(&mut wire).unwrap();
        assert_eq!(opened.inner[12..16], [203, 0, 113, 77]);
        assert_eq!(checksum(&[&opened.inner[..20]]), 0);
        let number = opened.next_header;
        let len = u16::try_from(opened.inner.len() - 20)
            .unwrap()
            .to_be_bytes();
        let sum = checksum(&[
            &opened.inner[12..20],
            &[0, number],
            &len,
            &opened.inner[20..],
        ]);
        assert_eq!(sum, 0, "{protocol}");
    }
}

#[test]
fn a_datagram_without_checksum_stays_without() {
    let original = OriginalAddresses {
        source: ip("10.1.0.9"),
        destination: ip("10.2.0.9"),
    };
    let (outbound, inbound) = ends(&params(gcm()).with_original_addresses(original));
    let mut packet = ipv4(b"payload");
    packet[26..28].fill(0);
    let mut wire = seal(&outbound, &packet);
    assert_eq!(inbound.open_packet(&mut wire).unwrap().inner, packet);
}
