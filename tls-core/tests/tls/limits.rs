//! Every limit at its value and one beyond. Those of records, alerts and key updates are tested where these are.

use testkit::{certificate::Certificate, pair::Pair};
use tls_core::{
    Error, Event, LimitExceeded, TicketKeys, TicketPolicy,
    wire::{AlertDescription, ContentType, ExtensionType, HandshakeType, Malformed},
};

use crate::common::{
    Ask, Bench, SERVER_NAME, Seen, Source,
    forge::{self, edit_extensions, set, vector16},
    limits,
};

#[test]
fn a_hello_is_as_long_as_the_limit_or_refused_at_its_header() {
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    let hello = forge::messages(&ends.client.take()).remove(0);
    let len = hello.octets.len() - 4;
    for (max, fine) in [(len, true), (len - 1, false)] {
        let limits = limits(|limits| limits.max_handshake_message = max);
        let bench = Bench::toy().server(move |config| config.with_limits(limits));
        let mut server = bench.ends().server;
        // The header alone decides.
        server.feed(&forge::plain(ContentType::HANDSHAKE, &hello.octets[..4]));
        assert_eq!(server.end().is_none(), fine);
        if fine {
            server.feed(&forge::plain(ContentType::HANDSHAKE, &hello.octets[4..]));
            assert!(!server.ended() && !server.tx.is_empty());
        } else {
            let error = LimitExceeded::MessageLength(HandshakeType::CLIENT_HELLO).into();
            assert_eq!(server.error(), error);
            assert_eq!(error.alert(), Some(AlertDescription::ILLEGAL_PARAMETER));
        }
    }
}

#[test]
fn a_certificate_message_is_as_long_as_its_limit() {
    let certificate = Certificate {
        names: &[SERVER_NAME],
        ballast: 3000,
        ..Certificate::default()
    };
    let mut bench = Bench::forging();
    bench.pki.server = bench.pki.server_with(&certificate);
    let messages = forge::messages(bench.connected().net.down.log());
    let message = messages
        .iter()
        .find(|message| message.kind == HandshakeType::CERTIFICATE)
        .unwrap();
    let len = message.octets.len() - 4;
    assert!(len > 3000);
    for (max, fine) in [(len, true), (len - 1, false)] {
        let limits = limits(|limits| limits.max_certificate_message = max);
        let bench = bench
            .clone()
            .client(move |config| config.with_limits(limits));
        let mut ends = bench.ends();
        ends.run();
        assert_eq!(ends.client.is_connected(), fine);
        if !fine {
            let error = LimitExceeded::MessageLength(HandshakeType::CERTIFICATE).into();
            assert_eq!(ends.client.error(), error);
        }
    }
}

#[test]
fn a_chain_has_at_most_so_many_certificates() {
    for (count, fine) in [(3, true), (4, false)] {
        let mut bench = Bench::toy();
        let chain = bench.pki.chain();
        let chain: Vec<_> = chain.iter().cycle().take(count).cloned().collect();
        let key = bench.pki.server_key.key.clone();
        bench.pki.server = tls_core::Identity::new(chain, key).unwrap();
        let limits = limits(|limits| limits.max_certificates = 3);
        let mut ends = bench
            .client(move |config| config.with_limits(limits))
            .ends();
        ends.run();
        assert_eq!(ends.client.is_connected(), fine);
        if !fine {
            let message = HandshakeType::CERTIFICATE;
            let error = Error::Malformed {
                message,
                why: Malformed::TooMany,
            };
            assert_eq!(ends.client.error(), error);
        }
    }
}

#[test]
fn a_client_takes_at_most_so_many_tickets() {
    for (count, fine) in [(5, true), (6, false)] {
        let keys = TicketKeys::generate(&Source::Ring.provider(0), 1000).unwrap();
        let limits = limits(|limits| limits.max_tickets = 5);
        let bench = Bench::new(Source::Ring)
            .server(move |config| {
                config
                    .with_tickets(TicketPolicy::Sealed(keys.clone()))
                    .with_ticket_count(count)
            })
            .client(move |config| config.with_limits(limits));
        let mut ends = bench.ends();
        ends.run();
        assert_eq!(ends.client.sessions(bench.now).len(), 5);
        if fine {
            assert!(!ends.client.ended());
        } else {
            assert_eq!(ends.client.error(), LimitExceeded::Tickets.into());
            let alert = AlertDescription::UNEXPECTED_MESSAGE;
            assert_eq!(ends.server.error(), Error::PeerAlert(alert));
        }
    }
}

/// A ClientHello that offers `count` sessions nobody knows.
fn hello_with_identities(hello: &[u8], count: u8) -> Vec<u8> {
    let identities: Vec<u8> = (0..count)
        .flat_map(|number| [&vector16(&[number])[..], &[0; 4]].concat())
        .collect();
    let binders: Vec<u8> = (0..count)
        .flat_map(|_| [&[32][..], &[7; 32]].concat())
        .collect();
    let body = [vector16(&identities), vector16(&binders)].concat();
    edit_extensions(hello, |list| {
        set(ExtensionType::PSK_KEY_EXCHANGE_MODES, &[1, 1])(list);
        set(ExtensionType::PRE_SHARED_KEY, &body)(list);
    })
}

#[test]
fn a_server_looks_at_the_first_identities_only() {
    for count in [1, 3, 4, 100] {
        let limits = limits(|limits| limits.max_psk_identities = 3);
        let bench = Bench::toy().server(move |config| {
            config
                .with_limits(limits)
                .with_tickets(TicketPolicy::Stored(1000))
        });
        let Pair {
            mut client,
            mut server,
            ..
        } = bench.ends();
        client.settle();
        let hello = forge::messages(&client.take()).remove(0);
        server.machine.answers.hold = true;
        let hello = hello_with_identities(&hello.octets, count);
        server.feed(&forge::plain(ContentType::HANDSHAKE, &hello));
        let Some(Seen::Event(Event::Ticket(question))) = server.events.pop() else {
            panic!("no question, but {:?}", server.end());
        };
        assert_eq!(question.identities().len(), usize::from(count.min(3)));
        assert_eq!(question.identities()[0][..], [0]);
        // Unknown is no error: a full handshake.
        server.machine.tls.answer(question.unknown()).unwrap();
        server.settle();
        assert!(!server.ended() && !server.tx.is_empty());
    }
}

#[test]
fn early_data_that_is_not_taken_is_skipped_up_to_its_limit() {
    // The limit counts what stands behind the headers of the skipped records.
    let record = forge::plain(ContentType::APPLICATION_DATA, &[7; 50]);
    for (records, fine) in [(10, true), (11, false)] {
        let limits = limits(|limits| limits.max_early_data_skipped = 500);
        let bench = Bench::toy().server(move |config| config.with_limits(limits));
        let Pair {
            mut client,
            mut server,
            ..
        } = bench.ends();
        client.settle();
        let hello = forge::messages(&client.take()).remove(0);
        let hello = edit_extensions(&hello.octets, |list| list.push((42, Vec::new())));
        server.feed(&forge::plain(ContentType::HANDSHAKE, &hello));
        (0..records).for_each(|_| server.feed(&record));
        if fine {
            assert!(!server.ended(), "{:?}", server.end());
        } else {
            assert_eq!(server.error(), LimitExceeded::EarlyData.into());
        }
    }
}

#[test]
fn early_data_is_skipped_before_a_second_hello_too() {
    use crypto_core::Group;
    for (records, fine) in [(10, true), (11, false)] {
        let limits = limits(|limits| limits.max_early_data_skipped = 500);
        let bench = Bench::toy()
            .client(|config| config.with_groups(&[Group::X25519, Group::SECP384R1]))
            .server(move |config| config.with_limits(limits).with_groups(&[Group::SECP384R1]));
        let Pair {
            mut client,
            mut server,
            ..
        } = bench.ends();
        client.settle();
        let hello = forge::messages(&client.take()).remove(0);
        let hello = edit_extensions(&hello.octets, |list| list.push((42, Vec::new())));
        server.feed(&forge::plain(ContentType::HANDSHAKE, &hello));
        let record = forge::plain(ContentType::APPLICATION_DATA, &[7; 50]);
        (0..records).for_each(|_| server.feed(&record));
        if fine {
            assert!(!server.ended(), "{:?}", server.end());
            client.feed(&server.take());
            server.feed(&client.take());
            assert!(!server.ended(), "{:?}", server.end());
        } else {
            assert_eq!(server.error(), LimitExceeded::EarlyData.into());
        }
    }
}

#[test]
fn without_an_offer_of_early_data_nothing_is_skipped() {
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    let hello = ends.client.take();
    ends.server.feed(&hello);
    ends.server
        .feed(&forge::plain(ContentType::APPLICATION_DATA, &[7; 50]));
    assert_eq!(ends.server.error(), Error::BadRecord);
}
