//! How much room a packet takes, and what happens when there is less.

use esp_core::{SealError, UdpPorts};

use crate::common::{ends, gcm, ipv4, ipv6, params, seal, suites, tunnel4, tunnel6};

#[test]
fn a_packet_of_max_inner_len_fits_the_mtu_and_the_next_longer_one_does_not() {
    for suite in suites() {
        for tunnel in [tunnel4(), tunnel6()] {
            let params = params(suite)
                .with_tunnel(tunnel)
                .with_udp(UdpPorts::DEFAULT);
            let (outbound, _) = ends(&params);
            for mtu in 1480..1500 {
                let inner = outbound.max_inner_len(mtu);
                assert!(seal(&outbound, &ipv4(&vec![0; inner - 28])).len() <= mtu);
                assert!(seal(&outbound, &ipv4(&vec![0; inner - 27])).len() > mtu);
            }
        }
    }
}

#[test]
fn one_octet_less_room_is_refused_and_costs_no_number() {
    for params in [params(gcm()), params(gcm()).with_tunnel(tunnel4())] {
        for packet in [ipv4(b"abc"), ipv6(b"abcd")] {
            let (outbound, _) = ends(&params);
            let room = outbound.overhead();
            let len = seal(&outbound, &packet).len();
            for (before, total) in [(room.headroom() - 1, len), (room.headroom(), len - 1)] {
                let mut frame = vec![0; total];
                let place = before..before + packet.len();
                frame[place.clone()].copy_from_slice(&packet);
                let before = outbound.sequence();
                let refused = outbound.seal_packet(&mut frame, place.clone());
                assert_eq!(refused, Err(SealError::NoRoom));
                assert_eq!(frame[place], packet);
                assert_eq!(outbound.sequence(), before);
            }
        }
    }
}

#[test]
fn ranges_outside_the_frame_are_refused() {
    let (outbound, _) = ends(&params(gcm()));
    let mut frame = [0; 100];
    #[allow(clippy::reversed_empty_ranges, reason = "the host's mistake")]
    for place in [
        0..10,
        90..110,
        60..50,
        usize::MAX - 1..usize::MAX,
        50..usize::MAX,
    ] {
        assert!(outbound.seal(&mut frame, place.clone(), 17).is_err());
        assert!(outbound.seal_packet(&mut frame, place).is_err());
    }
}

#[test]
fn a_result_longer_than_an_ip_packet_is_refused() {
    let (outbound, _) = ends(&params(gcm()).with_tunnel(tunnel4()));
    let most = outbound.max_inner_len(65_535);
    for (len, fits) in [(most, true), (most + 1, false)] {
        let packet = ipv4(&vec![0; len - 28]);
        let mut frame = vec![0; 70_000];
        frame[100..100 + len].copy_from_slice(&packet);
        let sealed = outbound.seal_packet(&mut frame, 100..100 + len);
        assert_eq!(sealed.is_ok(), fits, "{len}");
        assert!(fits || sealed == Err(SealError::TooLong));
    }
}
