//! The end of an SA: by octets, packets, age, sequence numbers, or the host.

use std::time::Duration;

use esp_core::{Bounds, Discard, Lifetime, Notice, SealError};

use crate::common::{ends, gcm, params, seal_esp};

#[test]
fn bounds_of_octets_give_a_notice_and_then_an_end() {
    let lifetime = Lifetime::new(Bounds::new().with_octets(20), Bounds::new().with_octets(40));
    let (outbound, inbound) = ends(&params(gcm()).with_lifetime(lifetime));
    let mut frame = [0; 100];
    let mut notices = Vec::new();
    for _ in 0..4 {
        let sealed = outbound.seal(&mut frame, 40..50, 17).unwrap();
        let opened = inbound.open(&mut frame[sealed.packet]).unwrap();
        assert_eq!(opened.notice, sealed.notice, "both ends count alike");
        notices.push(sealed.notice);
    }
    let expected = [
        None,
        Some(Notice::SoftLifetime),
        None,
        Some(Notice::HardLifetime),
    ];
    assert_eq!(notices, expected);
    let refused = outbound.seal(&mut frame, 40..50, 17);
    assert_eq!(refused, Err(SealError::Expired));
    assert_eq!(outbound.octets(), 40);
}

#[test]
fn bounds_of_packets_hold_at_both_ends() {
    let lifetime = Lifetime::new(Bounds::new().with_packets(2), Bounds::new().with_packets(3));
    let (outbound, inbound) = ends(&params(gcm()).with_lifetime(lifetime));
    for expected in [None, Some(Notice::SoftLifetime), Some(Notice::HardLifetime)] {
        let mut sealed = seal_esp(&outbound, b"payload", 17);
        assert_eq!(inbound.open(&mut sealed).unwrap().notice, expected);
    }
    let refused = outbound.seal(&mut [0; 100], 40..50, 17);
    assert_eq!(refused, Err(SealError::Expired));
    let (longer, _) = ends(&params(gcm()).with_highest_sequence(3));
    let mut fourth = seal_esp(&longer, b"payload", 17);
    assert_eq!(inbound.open(&mut fourth), Err(Discard::Expired));
}

#[test]
fn time_is_what_the_host_says() {
    let lifetime = Lifetime::new(
        Bounds::new(),
        Bounds::new().with_age(Duration::from_secs(60)),
    );
    let (outbound, inbound) = ends(&params(gcm()).with_lifetime(lifetime));
    let mut sealed = seal_esp(&outbound, b"payload", 17);
    assert_eq!(outbound.handle_age(Duration::from_secs(59)), None);
    let notice = Some(Notice::HardLifetime);
    assert_eq!(outbound.handle_age(Duration::from_secs(60)), notice);
    assert_eq!(inbound.handle_age(Duration::from_secs(60)), notice);
    let refused = outbound.seal(&mut [0; 100], 40..50, 17);
    assert_eq!(refused, Err(SealError::Expired));
    assert_eq!(inbound.open(&mut sealed), Err(Discard::Expired));
}

#[test]
fn a_closed_sa_does_nothing() {
    let (outbound, inbound) = ends(&params(gcm()));
    let mut sealed = seal_esp(&outbound, b"payload", 17);
    outbound.close();
    inbound.close();
    let refused = outbound.seal(&mut [0; 100], 40..50, 17);
    assert_eq!(refused, Err(SealError::Expired));
    assert_eq!(inbound.open(&mut sealed), Err(Discard::Expired));
}
