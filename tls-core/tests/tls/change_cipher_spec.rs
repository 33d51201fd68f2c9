//! change_cipher_spec: sent to please middleboxes, and dropped where it may come.

use tls_core::{
    LimitExceeded, Misbehaved,
    wire::{AlertDescription, ContentType},
};

use crate::common::{Ask, Bench, forge, limits};

fn ccs() -> Vec<u8> {
    forge::plain(ContentType::CHANGE_CIPHER_SPEC, &[1])
}

fn count(stream: &[u8]) -> usize {
    let records = forge::records(stream).into_iter();
    records
        .filter(|record| record.kind == ContentType::CHANGE_CIPHER_SPEC)
        .count()
}

#[test]
fn each_end_sends_one_in_compatibility_mode_and_none_without() {
    let ends = Bench::forging().connected();
    assert_eq!(
        (count(ends.net.up.log()), count(ends.net.down.log())),
        (1, 1)
    );
    let ends = Bench::forging()
        .client(|config| config.with_middlebox_compat(false))
        .connected();
    assert_eq!(
        (count(ends.net.up.log()), count(ends.net.down.log())),
        (0, 0)
    );
}

#[test]
fn before_the_first_hello_it_is_out_of_order() {
    let mut ends = Bench::toy().ends();
    ends.server.feed(&ccs());
    assert_eq!(ends.server.error(), Misbehaved::ChangeCipherSpec.into());
    assert_eq!(forge::last_alert(&ends.server.take()), Some([2, 10]));
}

#[test]
fn during_the_handshake_it_is_dropped_up_to_its_limit() {
    for (count, fine) in [(5, true), (6, false)] {
        let limits = limits(|limits| limits.max_change_cipher_specs = 5);
        let bench = Bench::toy()
            .client(move |config| config.with_limits(limits).with_middlebox_compat(false))
            .server(move |config| config.with_limits(limits));
        let mut ends = bench.ends();
        ends.client.settle();
        let hello = ends.client.take();
        ends.server.feed(&hello);
        let flight = ends.server.take();
        (0..count).for_each(|_| ends.server.feed(&ccs()));
        (0..count).for_each(|_| ends.client.feed(&ccs()));
        ends.client.feed(&flight);
        ends.run();
        if fine {
            assert!(ends.client.is_connected() && ends.server.is_connected());
        } else {
            for error in [ends.client.error(), ends.server.error()] {
                assert_eq!(error, LimitExceeded::ChangeCipherSpecs.into());
            }
        }
    }
}

#[test]
fn after_the_handshake_it_is_out_of_order() {
    let mut ends = Bench::toy().connected();
    ends.server.feed(&ccs());
    ends.client.feed(&ccs());
    for error in [ends.client.error(), ends.server.error()] {
        assert_eq!(error, Misbehaved::ChangeCipherSpec.into());
        assert_eq!(error.alert(), Some(AlertDescription::UNEXPECTED_MESSAGE));
    }
}

#[test]
fn it_is_the_single_octet_one() {
    for body in [&[][..], &[0], &[2], &[1, 1]] {
        let mut ends = Bench::toy().ends();
        ends.client.settle();
        ends.client
            .feed(&forge::plain(ContentType::CHANGE_CIPHER_SPEC, body));
        assert_eq!(
            ends.client.error(),
            Misbehaved::ChangeCipherSpec.into(),
            "{body:?}"
        );
    }
}

#[test]
fn it_may_not_stand_within_a_message() {
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    ends.client
        .feed(&forge::plain(ContentType::HANDSHAKE, &[2, 0, 0]));
    ends.client.feed(&ccs());
    assert_eq!(ends.client.error(), Misbehaved::Interleaved.into());
}

#[test]
fn under_protection_it_is_never_right() {
    let bench = Bench::forging();
    let mut ends = bench.ends();
    ends.client.settle();
    let hello = ends.client.take();
    ends.server.feed(&hello);
    ends.server
        .feed(&forge::sealed(ContentType::CHANGE_CIPHER_SPEC, &[1]));
    assert_eq!(ends.server.error(), Misbehaved::UnexpectedRecord.into());
}

#[test]
fn before_a_hello_with_a_cookie_of_another_server_it_is_dropped() {
    let bench = Bench::toy();
    let key =
        std::sync::Arc::new(tls_core::CookieKey::generate(&bench.source.provider(7)).unwrap());
    let bench = bench.server(move |config| config.with_retry_cookies(key.clone()));
    let mut ends = bench.ends();
    ends.server.feed(&ccs());
    ends.run();
    assert!(ends.client.is_connected() && ends.server.is_connected());
}
