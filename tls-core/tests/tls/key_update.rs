//! KeyUpdate: by wish, on request, by itself, too often, and in pieces.

use std::sync::atomic::Ordering;

use tls_core::{
    Error, LimitExceeded, Misbehaved, Misuse,
    wire::{AlertDescription, ContentType, HandshakeType, KeyUpdate, Malformed},
};

use crate::common::{Ask, Bench, Ends, Source, failing::failing, forge, limits};

/// Sends `data` both ways and counts what arrives.
fn exchange(ends: &mut Ends) {
    let (to_server, to_client) = (ends.server.data().len(), ends.client.data().len());
    ends.client
        .machine
        .tls
        .write(b"up", &mut ends.client.tx)
        .unwrap();
    ends.server
        .machine
        .tls
        .write(b"down", &mut ends.server.tx)
        .unwrap();
    ends.run();
    assert_eq!(
        ends.server.data().len(),
        to_server + 2,
        "{:?}",
        ends.server.end()
    );
    assert_eq!(
        ends.client.data().len(),
        to_client + 4,
        "{:?}",
        ends.client.end()
    );
}

/// Handshake messages sent in a stream of the forging toy since `mark`.
fn updates(stream: &[u8], mark: usize) -> Vec<Vec<u8>> {
    let messages = forge::messages(&stream[mark..]).into_iter();
    let updates = messages.filter(|message| message.kind == HandshakeType::KEY_UPDATE);
    updates.map(|message| message.octets).collect()
}

#[test]
fn either_side_updates_and_data_flows_on() {
    for source in [Source::Ring, Source::Toy] {
        let mut ends = Bench::new(source).connected();
        for _ in 0..3 {
            for request in [KeyUpdate::NotRequested, KeyUpdate::Requested] {
                ends.client
                    .machine
                    .tls
                    .update_keys(request, &mut ends.client.tx)
                    .unwrap();
                exchange(&mut ends);
                ends.server
                    .machine
                    .tls
                    .update_keys(request, &mut ends.server.tx)
                    .unwrap();
                exchange(&mut ends);
            }
        }
    }
}

#[test]
fn a_requested_update_is_answered_before_the_next_data_by_one_that_requests_nothing() {
    let mut ends = Bench::forging().connected();
    let mark = ends.net.down.log().len();
    // However often it is asked for.
    for _ in 0..5 {
        let request = KeyUpdate::Requested;
        ends.client
            .machine
            .tls
            .update_keys(request, &mut ends.client.tx)
            .unwrap();
        ends.run();
    }
    assert_eq!(ends.net.down.log().len(), mark);
    ends.server
        .machine
        .tls
        .write(b"data", &mut ends.server.tx)
        .unwrap();
    ends.server
        .machine
        .tls
        .write(b"data", &mut ends.server.tx)
        .unwrap();
    ends.run();
    assert_eq!(updates(ends.net.down.log(), mark), [[24, 0, 0, 1, 0]]);
    assert_eq!(ends.client.data(), b"datadata");

    let mark = ends.net.down.log().len();
    let request = KeyUpdate::NotRequested;
    ends.client
        .machine
        .tls
        .update_keys(request, &mut ends.client.tx)
        .unwrap();
    ends.run();
    ends.server
        .machine
        .tls
        .write(b"data", &mut ends.server.tx)
        .unwrap();
    ends.run();
    assert_eq!(updates(ends.net.down.log(), mark), Vec::<Vec<u8>>::new());
}

#[test]
fn both_may_ask_at_once() {
    let mut ends = Bench::new(Source::Ring).connected();
    ends.client
        .machine
        .tls
        .update_keys(KeyUpdate::Requested, &mut ends.client.tx)
        .unwrap();
    ends.server
        .machine
        .tls
        .update_keys(KeyUpdate::Requested, &mut ends.server.tx)
        .unwrap();
    ends.run();
    exchange(&mut ends);
}

#[test]
fn keys_are_updated_by_themselves_after_so_many_records() {
    for max in [1, 2, 7] {
        let limits = limits(|limits| limits.max_records_per_key = max);
        let mut ends = Bench::forging()
            .client(move |config| config.with_limits(limits))
            .connected();
        let mark = ends.net.up.log().len();
        for _ in 0..20 {
            exchange(&mut ends);
        }
        let records = forge::records(&ends.net.up.log()[mark..]);
        let mut since = 0;
        for record in &records {
            if record.kind == ContentType::HANDSHAKE {
                assert_eq!(since, max);
                since = 0;
            } else {
                since += 1;
            }
            assert!(since <= max);
        }
        assert_eq!(records.len() as u64, 20 + 19 / max);
    }
}

#[test]
fn updates_without_data_between_them_are_limited() {
    for (count, fine) in [(3, true), (4, false)] {
        let limits = limits(|limits| limits.max_key_updates = 3);
        let mut ends = Bench::toy()
            .server(move |config| config.with_limits(limits))
            .connected();
        for _ in 0..count {
            let request = KeyUpdate::NotRequested;
            ends.client
                .machine
                .tls
                .update_keys(request, &mut ends.client.tx)
                .unwrap();
        }
        ends.run();
        if fine {
            // Data resets the count.
            exchange(&mut ends);
            let request = KeyUpdate::NotRequested;
            ends.client
                .machine
                .tls
                .update_keys(request, &mut ends.client.tx)
                .unwrap();
            exchange(&mut ends);
        } else {
            assert_eq!(ends.server.error(), LimitExceeded::KeyUpdates.into());
            let alert = AlertDescription::UNEXPECTED_MESSAGE;
            assert_eq!(ends.client.error(), Error::PeerAlert(alert));
        }
    }
}

#[test]
fn an_update_may_be_cut_into_records_but_nothing_may_stand_behind_it() {
    let update = forge::message(HandshakeType::KEY_UPDATE, &[0]);
    let mut ends = Bench::forging().connected();
    for octet in update.chunks(1) {
        ends.server
            .feed(&forge::sealed(ContentType::HANDSHAKE, octet));
    }
    ends.server
        .feed(&forge::sealed(ContentType::APPLICATION_DATA, b"data"));
    assert_eq!(ends.server.data(), b"data");

    for behind in [&update[..], &update[..1]] {
        let mut ends = Bench::forging().connected();
        let octets = [&update[..], behind].concat();
        ends.server
            .feed(&forge::sealed(ContentType::HANDSHAKE, &octets));
        assert_eq!(ends.server.error(), Misbehaved::AcrossKeyChange.into());
        assert_eq!(forge::last_alert(&ends.server.take()), Some([2, 10]));
    }
}

#[test]
fn other_records_may_not_stand_within_an_update() {
    let update = forge::message(HandshakeType::KEY_UPDATE, &[0]);
    for record in [
        forge::sealed(ContentType::APPLICATION_DATA, b"data"),
        forge::sealed(ContentType::APPLICATION_DATA, b""),
        forge::alert(1, 0),
        forge::alert(1, 90),
    ] {
        let mut ends = Bench::forging().connected();
        ends.client
            .feed(&forge::sealed(ContentType::HANDSHAKE, &update[..3]));
        ends.client.feed(&record);
        assert_eq!(ends.client.error(), Misbehaved::Interleaved.into());
    }
}

#[test]
fn an_update_with_an_unknown_request_is_refused() {
    let mut ends = Bench::forging().connected();
    let update = forge::message(HandshakeType::KEY_UPDATE, &[2]);
    ends.client
        .feed(&forge::sealed(ContentType::HANDSHAKE, &update));
    let error = ends.client.error();
    let malformed = Error::Malformed {
        message: HandshakeType::KEY_UPDATE,
        why: Malformed::Value,
    };
    assert!(
        error == malformed || error == Misbehaved::KeyUpdate.into(),
        "{error:?}"
    );
    // RFC 8446 section 4.6.3.
    assert_eq!(error.alert(), Some(AlertDescription::ILLEGAL_PARAMETER));
}

#[test]
fn an_empty_or_long_update_is_refused() {
    for body in [&[][..], &[0, 0]] {
        let mut ends = Bench::forging().connected();
        let update = forge::message(HandshakeType::KEY_UPDATE, body);
        ends.client
            .feed(&forge::sealed(ContentType::HANDSHAKE, &update));
        assert!(ends.client.error().alert().is_some());
    }
}

#[test]
fn old_keys_do_not_open_what_new_keys_should_protect() {
    let mut ends = Bench::toy().connected();
    ends.client
        .machine
        .tls
        .update_keys(KeyUpdate::NotRequested, &mut ends.client.tx)
        .unwrap();
    ends.client.take();
    // The server never hears of the update.
    ends.client
        .machine
        .tls
        .write(b"data", &mut ends.client.tx)
        .unwrap();
    ends.run();
    assert_eq!(ends.server.error(), Error::BadRecord);
}

#[test]
fn an_update_without_new_keys_sends_nothing_and_changes_nothing() {
    let (provider, fails) = failing(1);
    let bench = Bench::toy();
    let config = tls_core::ClientConfig::new(provider);
    let mut ends = bench.ends();
    ends.client.machine = bench.connect(config.with_roots(bench.pki.roots.clone()));
    ends.run();
    fails.store(true, Ordering::Relaxed);
    let request = KeyUpdate::Requested;
    let misuse = ends
        .client
        .machine
        .tls
        .update_keys(request, &mut ends.client.tx);
    assert_eq!(misuse, Err(Misuse::Crypto));
    assert!(ends.client.tx.is_empty());
    ends.client
        .machine
        .tls
        .write(b"data", &mut ends.client.tx)
        .unwrap();
    ends.run();
    assert_eq!(ends.server.data(), b"data");
}
