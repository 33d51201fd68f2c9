//! The table of legal message orders, tested cell by cell: what may come in a state goes on, everything else is
//! unexpected_message.
//!
//! The forging toy makes it possible: an honest handshake is recorded message by message, a fresh machine of the
//! same seed is brought to each state with the recording, and then it hears every type of message there is.

use testkit::pair::{Pair, Side};
use tls_core::{
    Client, ClientAuth, Error, Misbehaved, Server, TicketKeys, TicketPolicy,
    wire::{AlertDescription, ContentType, HandshakeType},
};

use crate::common::{
    Ask, Bench, Host,
    forge::{self, Message},
    host::Role,
};

/// Every type known to the registry, and some that are not.
const TYPES: [u8; 21] = [
    0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 254,
];

const CLIENT_HELLO: u8 = HandshakeType::CLIENT_HELLO.0;
const SERVER_HELLO: u8 = HandshakeType::SERVER_HELLO.0;
const NEW_SESSION_TICKET: u8 = HandshakeType::NEW_SESSION_TICKET.0;
const ENCRYPTED_EXTENSIONS: u8 = HandshakeType::ENCRYPTED_EXTENSIONS.0;
const CERTIFICATE: u8 = HandshakeType::CERTIFICATE.0;
const CERTIFICATE_REQUEST: u8 = HandshakeType::CERTIFICATE_REQUEST.0;
const CERTIFICATE_VERIFY: u8 = HandshakeType::CERTIFICATE_VERIFY.0;
const FINISHED: u8 = HandshakeType::FINISHED.0;
const KEY_UPDATE: u8 = HandshakeType::KEY_UPDATE.0;

fn plain_bench() -> Bench {
    Bench::forging()
}

/// Both ends have certificates.
fn mutual_bench() -> Bench {
    let bench = Bench::forging();
    let (roots, identity) = (bench.pki.roots.clone(), bench.pki.client.clone());
    bench
        .server(move |config| config.with_client_roots(ClientAuth::Optional, roots.clone()))
        .client(move |config| config.with_identity(identity.clone()))
}

/// The server asks for a certificate, and the client has none.
fn empty_bench() -> Bench {
    let bench = Bench::forging();
    let roots = bench.pki.roots.clone();
    bench.server(move |config| config.with_client_roots(ClientAuth::Optional, roots.clone()))
}

/// What each end heard in an honest handshake.
struct Recording {
    by_client: Vec<Message>,
    by_server: Vec<Message>,
}

fn record(mut ends: Pair<Host<Client>, Host<Server>>) -> Recording {
    ends.run();
    assert!(ends.client.is_connected() && ends.server.is_connected());
    let heard = |stream: &[u8]| {
        let mut messages = forge::messages(stream);
        let last = messages
            .iter()
            .position(|message| message.kind == HandshakeType::FINISHED);
        messages.truncate(last.unwrap() + 1);
        messages
    };
    Recording {
        by_client: heard(ends.net.down.log()),
        by_server: heard(ends.net.up.log()),
    }
}

/// Brings a machine to the state behind `before`, lets it hear every type in turn, and compares with `legal`.
fn check<R: Role>(
    what: &str,
    fresh: impl Fn() -> Side<Host<R>>,
    before: &[Message],
    samples: &[Message],
    legal: &[u8],
) {
    for kind in TYPES {
        let mut side = fresh();
        side.settle();
        before
            .iter()
            .for_each(|message| side.feed(&message.record()));
        assert!(
            !side.ended(),
            "{what}: ended too early with {:?}",
            side.end()
        );
        side.take();
        // A well-formed message of that type where there is one, so that nothing but its place is wrong.
        let body = samples.iter().find(|message| message.kind.0 == kind);
        let octets = body.map_or_else(
            || {
                forge::message(
                    HandshakeType(kind),
                    if kind == KEY_UPDATE { &[0] } else { &[] },
                )
            },
            |message| message.octets.clone(),
        );
        let sealed = before.iter().any(|message| {
            message.kind == HandshakeType::SERVER_HELLO
                || message.kind == HandshakeType::CLIENT_HELLO
        });
        let record = Message {
            kind: HandshakeType(kind),
            octets,
            sealed,
        }
        .record();
        side.feed(&record);
        let unexpected = Error::from(Misbehaved::UnexpectedMessage(HandshakeType(kind)));
        if legal.contains(&kind) {
            let end = side.end();
            assert_ne!(end, Some(&Err(unexpected)), "{what}: {kind} must be legal");
        } else {
            assert_eq!(
                side.end(),
                Some(&Err(unexpected)),
                "{what}: {kind} must be unexpected"
            );
            let alert = forge::last_alert(&side.take());
            assert_eq!(
                alert,
                Some([2, AlertDescription::UNEXPECTED_MESSAGE.0]),
                "{what}: {kind}"
            );
            assert!(!side.is_connected() || before.last().unwrap().kind.0 == FINISHED);
        }
    }
}

fn check_client(name: &str, bench: &Bench, table: &[&[u8]]) {
    let recording = record(bench.ends());
    // A retry asks for it too, and shall not be taken for a second one.
    let samples: Vec<_> = recording
        .by_client
        .iter()
        .chain(&recording.by_server)
        .cloned()
        .collect();
    assert_eq!(table.len(), recording.by_client.len() + 1);
    for (heard, legal) in table.iter().enumerate() {
        let before = &recording.by_client[..heard];
        let what = format!("client, {name}, behind {heard} messages");
        check(&what, || bench.ends().client, before, &samples, legal);
    }
}

fn check_server(name: &str, bench: &Bench, table: &[&[u8]]) {
    let recording = record(bench.ends());
    let samples: Vec<_> = recording
        .by_server
        .iter()
        .chain(&recording.by_client)
        .cloned()
        .collect();
    assert_eq!(table.len(), recording.by_server.len() + 1);
    for (heard, legal) in table.iter().enumerate() {
        let before = &recording.by_server[..heard];
        let what = format!("server, {name}, behind {heard} messages");
        check(&what, || bench.ends().server, before, &samples, legal);
    }
}

#[test]
fn a_client_takes_each_message_only_in_its_place() {
    check_client(
        "full",
        &plain_bench(),
        &[
            &[SERVER_HELLO],
            &[ENCRYPTED_EXTENSIONS],
            &[CERTIFICATE_REQUEST, CERTIFICATE],
            &[CERTIFICATE_VERIFY],
            &[FINISHED],
            &[NEW_SESSION_TICKET, KEY_UPDATE],
        ],
    );
}

#[test]
fn a_client_that_was_asked_for_a_certificate_is_not_asked_again() {
    check_client(
        "asked",
        &mutual_bench(),
        &[
            &[SERVER_HELLO],
            &[ENCRYPTED_EXTENSIONS],
            &[CERTIFICATE_REQUEST, CERTIFICATE],
            &[CERTIFICATE],
            &[CERTIFICATE_VERIFY],
            &[FINISHED],
            &[NEW_SESSION_TICKET, KEY_UPDATE],
        ],
    );
}

#[test]
fn a_server_takes_each_message_only_in_its_place() {
    check_server(
        "full",
        &plain_bench(),
        &[&[CLIENT_HELLO], &[FINISHED], &[KEY_UPDATE]],
    );
    check_server(
        "with certificate",
        &mutual_bench(),
        &[
            &[CLIENT_HELLO],
            &[CERTIFICATE],
            &[CERTIFICATE_VERIFY],
            &[FINISHED],
            &[KEY_UPDATE],
        ],
    );
    check_server(
        "with empty certificate",
        &empty_bench(),
        &[&[CLIENT_HELLO], &[CERTIFICATE], &[FINISHED], &[KEY_UPDATE]],
    );
}

#[test]
fn a_resumed_handshake_has_neither_certificate_nor_request() {
    // The same key for every server, and a fresh memory of what to forget: most of these connections fail.
    let bench = mutual_bench().server(|config| {
        let keys = TicketKeys::generate(&testkit::toy::provider(5), 1000).unwrap();
        config.with_tickets(TicketPolicy::Sealed(keys))
    });
    let session = bench.connected().client.sessions(bench.now).remove(0);
    let ends = || {
        let client = bench.resume(bench.client_config(), session.clone());
        Pair::new(client, bench.new_server())
    };
    let recording = record(ends());
    let full = record(bench.ends());
    let samples: Vec<_> = full
        .by_client
        .iter()
        .chain(&full.by_server)
        .cloned()
        .collect();
    let client: [&[u8]; 4] = [
        &[SERVER_HELLO],
        &[ENCRYPTED_EXTENSIONS],
        &[FINISHED],
        &[NEW_SESSION_TICKET, KEY_UPDATE],
    ];
    for (heard, legal) in client.iter().enumerate() {
        let what = format!("client, resumed, behind {heard} messages");
        check(
            &what,
            || ends().client,
            &recording.by_client[..heard],
            &samples,
            legal,
        );
    }
    let server: [&[u8]; 3] = [&[CLIENT_HELLO], &[FINISHED], &[KEY_UPDATE]];
    for (heard, legal) in server.iter().enumerate() {
        let what = format!("server, resumed, behind {heard} messages");
        check(
            &what,
            || ends().server,
            &recording.by_server[..heard],
            &samples,
            legal,
        );
    }
}

/// Brings a machine behind `count` messages, then feeds `octets`.
fn behind<R: Role>(mut side: Side<Host<R>>, before: &[Message], octets: &[u8]) -> Side<Host<R>> {
    side.settle();
    before
        .iter()
        .for_each(|message| side.feed(&message.record()));
    side.take();
    side.feed(octets);
    side
}

#[test]
fn no_application_data_is_released_before_finished() {
    for bench in [plain_bench(), mutual_bench()] {
        let recording = record(bench.ends());
        let data = |sealed| {
            if sealed {
                forge::sealed(ContentType::APPLICATION_DATA, b"too early")
            } else {
                forge::plain(ContentType::APPLICATION_DATA, b"too early")
            }
        };
        for heard in 0..recording.by_client.len() {
            let before = &recording.by_client[..heard];
            let side = behind(bench.ends().client, before, &data(heard > 0));
            assert_eq!(
                side.error(),
                Misbehaved::UnexpectedRecord.into(),
                "client, {heard}"
            );
            assert!(side.data().is_empty());
        }
        for heard in 0..recording.by_server.len() {
            let before = &recording.by_server[..heard];
            let side = behind(bench.ends().server, before, &data(heard > 0));
            assert_eq!(
                side.error(),
                Misbehaved::UnexpectedRecord.into(),
                "server, {heard}"
            );
            assert!(side.data().is_empty());
        }
    }
}

#[test]
fn no_message_in_the_clear_is_taken_behind_a_key_change() {
    let bench = mutual_bench();
    let recording = record(bench.ends());
    let clear = |message: &Message| forge::plain(ContentType::HANDSHAKE, &message.octets);
    for heard in 1..recording.by_client.len() {
        let (before, next) = (&recording.by_client[..heard], &recording.by_client[heard]);
        let side = behind(bench.ends().client, before, &clear(next));
        assert_eq!(side.error(), Misbehaved::UnexpectedRecord.into());
    }
    for heard in 1..recording.by_server.len() {
        let (before, next) = (&recording.by_server[..heard], &recording.by_server[heard]);
        let side = behind(bench.ends().server, before, &clear(next));
        assert_eq!(side.error(), Misbehaved::UnexpectedRecord.into());
    }
}

#[test]
fn nothing_stands_behind_a_message_that_changes_keys_in_its_record() {
    for bench in [plain_bench(), mutual_bench()] {
        let recording = record(bench.ends());
        let with_tail = |message: &Message, tail: &[u8]| {
            let octets = [&message.octets[..], tail].concat();
            Message {
                octets,
                ..message.clone()
            }
            .record()
        };
        let update = forge::message(HandshakeType::KEY_UPDATE, &[0]);
        // ServerHello and Finished change what a client receives under.
        let last = recording.by_client.len() - 1;
        for changing in [0, last] {
            let before = &recording.by_client[..changing];
            let message = &recording.by_client[changing];
            let next = recording
                .by_client
                .get(changing + 1)
                .map_or(&update, |next| &next.octets);
            for tail in [&next[..], &next[..1]] {
                let side = behind(bench.ends().client, before, &with_tail(message, tail));
                assert_eq!(side.error(), Misbehaved::AcrossKeyChange.into());
                assert!(!side.is_connected());
            }
        }
        // ClientHello and Finished change what a server receives under.
        let last = recording.by_server.len() - 1;
        for changing in [0, last] {
            let before = &recording.by_server[..changing];
            let message = &recording.by_server[changing];
            let next = recording
                .by_server
                .get(changing + 1)
                .map_or(&update, |next| &next.octets);
            for tail in [&next[..], &next[..1]] {
                let side = behind(bench.ends().server, before, &with_tail(message, tail));
                assert_eq!(side.error(), Misbehaved::AcrossKeyChange.into());
                assert!(!side.is_connected());
            }
        }
    }
}

#[test]
fn a_finished_that_is_wrong_or_cut_is_refused() {
    let bench = plain_bench();
    let recording = record(bench.ends());
    let (last, before) = recording.by_client.split_last().unwrap();
    for at in 0..last.octets.len() - 4 {
        let octets = forge::edit(&last.octets, |body| body[at] ^= 1);
        let side = behind(
            bench.ends().client,
            before,
            &Message {
                octets,
                ..last.clone()
            }
            .record(),
        );
        assert_eq!(side.error(), Error::BadProof(tls_core::Proof::Finished));
        assert!(!side.is_connected());
    }
    let (last, before) = recording.by_server.split_last().unwrap();
    for len in 0..last.octets.len() - 4 {
        let octets = forge::edit(&last.octets, |body| body.truncate(len));
        let side = behind(
            bench.ends().server,
            before,
            &Message {
                octets,
                ..last.clone()
            }
            .record(),
        );
        assert!(side.ended() && !side.is_connected(), "{len} octets");
        let alert = side.error().alert().unwrap();
        let proper = [
            AlertDescription::DECRYPT_ERROR,
            AlertDescription::DECODE_ERROR,
        ];
        assert!(proper.contains(&alert));
    }
}

#[test]
fn messages_may_be_cut_into_records_of_any_length() {
    let bench = mutual_bench();
    let recording = record(bench.ends());
    for len in [1, 2, 3, 4, 5, 33, 100] {
        let cut = |message: &Message| -> Vec<u8> {
            let parts = message.octets.chunks(len);
            let part = |octets: &[u8]| Message {
                octets: octets.to_vec(),
                ..message.clone()
            };
            parts.flat_map(|octets| part(octets).record()).collect()
        };
        let mut ends = bench.ends();
        ends.client.settle();
        recording
            .by_server
            .iter()
            .for_each(|message| ends.server.feed(&cut(message)));
        recording
            .by_client
            .iter()
            .for_each(|message| ends.client.feed(&cut(message)));
        assert!(
            ends.client.is_connected() && ends.server.is_connected(),
            "records of {len}"
        );
    }
}

#[test]
fn messages_of_one_epoch_may_share_a_record() {
    let bench = mutual_bench();
    let recording = record(bench.ends());
    for heard in [&recording.by_client, &recording.by_server] {
        let (first, rest) = heard.split_first().unwrap();
        let together: Vec<u8> = rest
            .iter()
            .flat_map(|message| message.octets.clone())
            .collect();
        let stream = [
            first.record(),
            forge::sealed(ContentType::HANDSHAKE, &together),
        ]
        .concat();
        let mut ends = bench.ends();
        ends.client.settle();
        if first.kind == HandshakeType::SERVER_HELLO {
            ends.client.feed(&stream);
            assert!(ends.client.is_connected());
        } else {
            ends.server.feed(&stream);
            assert!(ends.server.is_connected());
        }
    }
}
