//! Extended sequence numbers after the loss of 2^32 packets and more (RFC 4303 appendix A3).

use esp_core::{Desynchronization, Discard, InboundSa};

use crate::common::{ah_suites, ends, gcm, ipv4, params, seal, seal_esp, suites};

const GAP: u64 = 1 << 32;

#[test]
fn a_gap_of_many_packets_is_found_again_by_every_suite() {
    for suite in suites().into_iter().chain(ah_suites()) {
        for gap in [1, 3, 16] {
            let params = params(suite).with_extended_sequence();
            let (first, inbound) = ends(&params);
            let room = [0; 4];
            let mut wire = [&seal(&first, &ipv4(b"first"))[..], &room].concat();
            assert!(inbound.open_packet(&mut wire).is_ok());

            let (late, _) = ends(&params.clone().with_highest_sequence(gap * GAP + 10));
            let late = seal(&late, &ipv4(b"late"));
            let mut wire = [&late[..], &room].concat();
            let refused = inbound.open_packet(&mut wire).map(drop);
            assert_eq!(refused, Err(Discard::NotAuthentic));
            let mut scratch = vec![0; late.len() + 4];
            let tries = u32::try_from(gap).unwrap();
            let few = inbound.resynchronize(&late, &mut scratch, tries - 1);
            assert_eq!(few.map(drop), Err(Discard::NotAuthentic));
            let opened = inbound.resynchronize(&late, &mut scratch, tries).unwrap();
            assert_eq!(opened.inner, ipv4(b"late"));
            assert_eq!(opened.sequence, gap * GAP + 11);

            // From here on all is as before, and what was is over.
            assert_eq!(inbound.highest_sequence(), gap * GAP + 11);
            let again = inbound.resynchronize(&late, &mut scratch, 16);
            assert!(again.is_err(), "{suite:?}");
            let mut wire = [&late[..], &room].concat();
            let again = inbound.open_packet(&mut wire).map(drop);
            assert_eq!(again, Err(Discard::Replayed));
            let (next, _) = ends(&params.with_highest_sequence(gap * GAP + 11));
            let mut wire = [&seal(&next, &ipv4(b"next"))[..], &room].concat();
            assert!(inbound.open_packet(&mut wire).is_ok());
        }
    }
}

#[test]
fn tries_are_bounded_whatever_is_asked_for() {
    let params = params(gcm()).with_extended_sequence();
    let (_, inbound) = ends(&params);
    let tries = u64::from(InboundSa::MAX_TRIES);
    let (beyond, _) = ends(&params.with_highest_sequence((tries + 1) * GAP));
    let packet = seal_esp(&beyond, b"payload", 17);
    let mut scratch = vec![0; packet.len()];
    let refused = inbound.resynchronize_esp(&packet, &mut scratch, u32::MAX);
    assert_eq!(refused.map(drop), Err(Discard::NotAuthentic));
    assert_eq!(inbound.audit().total(), 1, "counted once");
    assert_eq!(inbound.highest_sequence(), 0);
}

#[test]
fn esp_alone_is_found_too() {
    let params = params(gcm()).with_extended_sequence().with_window(64);
    let (_, inbound) = ends(&params);
    let (late, _) = ends(&params.with_highest_sequence(16 * GAP + 7));
    let packet = seal_esp(&late, b"payload", 17);
    let mut scratch = vec![0; packet.len() + 30];
    let opened = inbound.resynchronize_esp(&packet, &mut scratch, 16);
    assert_eq!(opened.unwrap().inner, b"payload");
}

#[test]
fn there_is_nothing_to_try_without_extended_numbers_or_room() {
    let (outbound, inbound) = ends(&params(gcm()));
    let packet = seal_esp(&outbound, b"payload", 17);
    let mut scratch = vec![0; packet.len()];
    let refused = inbound.resynchronize_esp(&packet, &mut scratch, 16);
    assert_eq!(refused.map(drop), Err(Discard::NotAuthentic));
    let (_, inbound) = ends(&params(gcm()).with_extended_sequence());
    let refused = inbound.resynchronize_esp(&packet, &mut scratch[1..], 16);
    assert_eq!(refused.map(drop), Err(Discard::NoRoom));
}

#[test]
fn only_a_row_of_packets_that_are_not_authentic_is_a_reason() {
    let (outbound, inbound) = ends(&params(gcm()).with_extended_sequence());
    let mut watch = Desynchronization::after(3);
    let good = seal_esp(&outbound, b"payload", 17);
    let mut bad = seal_esp(&outbound, b"payload", 17);
    bad[20] ^= 1;
    let mut hear = |packet: &[u8]| watch.hear(&inbound.open(&mut packet.to_vec()));
    assert_eq!([hear(&bad), hear(&bad)], [false; 2]);
    assert!(!hear(&good));
    assert!(!hear(&good), "a replay says nothing");
    assert_eq!([hear(&bad), hear(&bad), hear(&bad)], [false, false, true]);
    assert_eq!([hear(&bad), hear(&bad), hear(&bad)], [false, false, true]);
}
