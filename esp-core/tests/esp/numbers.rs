//! Sequence numbers: zero, replays, the halves of extended ones, the end.

use esp_core::{Discard, Encryption, SealError, Suite};

use crate::common::{ends, gcm, params, seal_esp, suites};

#[test]
fn sequence_zero_is_never_accepted() {
    for extended in [false, true] {
        let mut params = params(gcm());
        if extended {
            params = params.with_extended_sequence();
        }
        let (outbound, inbound) = ends(&params);
        let mut sealed = seal_esp(&outbound, b"payload", 17);
        assert_eq!(sealed[4..8], [0, 0, 0, 1], "the first packet has number 1");
        sealed[7] = 0;
        assert_eq!(inbound.open(&mut sealed), Err(Discard::SequenceZero));
    }
}

#[test]
fn a_low_half_of_zero_is_fine_with_extended_numbers() {
    let params = params(gcm())
        .with_extended_sequence()
        .with_highest_sequence((1 << 32) - 1);
    let (outbound, inbound) = ends(&params);
    let mut sealed = seal_esp(&outbound, b"payload", 17);
    assert_eq!(sealed[4..8], [0; 4]);
    assert_eq!(inbound.open(&mut sealed).unwrap().sequence, 1 << 32);
}

#[test]
fn the_high_half_is_authenticated_and_never_sent() {
    for suite in suites() {
        let extended = params(suite).with_extended_sequence();
        let (one, _) = ends(&extended.clone().with_highest_sequence(5));
        let (other, _) = ends(&extended.clone().with_highest_sequence((1 << 32) + 5));
        let [one, other] = [one, other].map(|sa| seal_esp(&sa, b"payload", 17));
        assert_eq!(one.len(), other.len());
        assert_eq!(one[..8], other[..8], "the low half");
        assert_ne!(one, other);
        // A receiver that is in the first subspace cannot take the second one's packet for its own.
        let (_, inbound) = ends(&extended);
        assert_eq!(inbound.open(&mut other.clone()), Err(Discard::NotAuthentic));
        assert!(inbound.open(&mut one.clone()).is_ok());
    }
}

#[test]
fn extended_and_plain_numbers_are_not_mixed_up() {
    for suite in suites() {
        let (outbound, _) = ends(&params(suite).with_extended_sequence());
        let (_, inbound) = ends(&params(suite));
        let mut sealed = seal_esp(&outbound, b"payload", 17);
        assert_eq!(
            inbound.open(&mut sealed),
            Err(Discard::NotAuthentic),
            "{suite:?}"
        );
    }
}

#[test]
fn packets_are_accepted_once_in_any_order_within_the_window() {
    let (outbound, inbound) = ends(&params(gcm()).with_window(64));
    let mut packets: Vec<_> = (0..200)
        .map(|_| seal_esp(&outbound, b"payload", 17))
        .collect();
    for at in [0, 2, 1, 63, 4, 62] {
        assert!(inbound.open(&mut packets[at].clone()).is_ok());
        assert_eq!(
            inbound.open(&mut packets[at].clone()),
            Err(Discard::Replayed)
        );
    }
    assert!(inbound.open(&mut packets[199]).is_ok());
    assert_eq!(inbound.open(&mut packets[5]), Err(Discard::TooOld));
    assert!(inbound.open(&mut packets[199 - 63]).is_ok());
    assert_eq!(inbound.audit().of(Discard::Replayed), 6);
    assert_eq!(inbound.audit().of(Discard::TooOld), 1);
    assert_eq!(inbound.highest_sequence(), 200);
}

#[test]
fn lost_packets_are_counted_when_they_leave_the_window() {
    let (outbound, inbound) = ends(&params(gcm()).with_window(64));
    for number in 0..1_030 {
        let mut sealed = seal_esp(&outbound, b"payload", 17);
        if number % 100 != 7 {
            inbound.open(&mut sealed).unwrap();
        }
    }
    assert_eq!(inbound.lost(), 10, "and one is still in the window");
}

#[test]
fn without_a_window_replays_are_accepted() {
    let (outbound, inbound) = ends(&params(gcm()).without_window());
    let sealed = seal_esp(&outbound, b"payload", 17);
    for _ in 0..3 {
        assert!(inbound.open(&mut sealed.clone()).is_ok());
    }
}

#[test]
fn the_last_number_is_used_and_none_behind_it() {
    let params = params(gcm()).with_highest_sequence(u64::from(u32::MAX) - 1);
    let (outbound, inbound) = ends(&params);
    let mut sealed = seal_esp(&outbound, b"payload", 17);
    assert_eq!(sealed[4..8], [0xff; 4]);
    assert!(inbound.open(&mut sealed).is_ok());
    let mut frame = [0; 100];
    for _ in 0..3 {
        let refused = outbound.seal(&mut frame, 30..40, 17);
        assert_eq!(refused, Err(SealError::SequenceExhausted));
    }
    assert_eq!(frame, [0; 100], "nothing was written");
}

#[test]
fn the_iv_of_a_counter_mode_is_the_sequence_number() {
    for encryption in [
        Encryption::Aes128Gcm16,
        Encryption::ChaCha20Poly1305,
        Encryption::Aes256Gmac,
    ] {
        let suite = Suite::new(encryption, None).unwrap();
        let (outbound, _) = ends(
            &params(suite)
                .with_extended_sequence()
                .with_highest_sequence(7 << 32),
        );
        let sealed = seal_esp(&outbound, b"payload", 17);
        assert_eq!(sealed[8..16], ((7_u64 << 32) + 1).to_be_bytes());
    }
}
