//! HelloRetryRequest: with the server's memory, and with a cookie instead of it.

use std::sync::Arc;

use crypto_core::Group;
use testkit::pair::Pair;
use tls_core::{
    CookieKey, Error, Misbehaved,
    wire::{AlertDescription, ClientHello, ContentType, ExtensionType, HandshakeType, ServerHello},
};

use crate::common::{Ask, Bench, Source, forge};

const COOKIE_LIFE: u64 = 60;

/// A server that wants a group of which the client sends no share.
fn retrying(source: Source) -> Bench {
    Bench::new(source)
        .client(|config| config.with_groups(&[Group::X25519, Group::SECP384R1]))
        .server(|config| config.with_groups(&[Group::SECP384R1]))
}

fn with_cookies(bench: Bench) -> Bench {
    let key = Arc::new(CookieKey::generate(&bench.source.provider(7)).unwrap());
    bench.server(move |config| config.with_retry_cookies(Arc::clone(&key)))
}

#[test]
fn a_group_without_share_costs_one_round_trip() {
    for source in [Source::Ring, Source::Toy] {
        let mut ends = retrying(source).connected();
        for facts in [
            ends.client.connected().unwrap(),
            ends.server.connected().unwrap(),
        ] {
            assert!(facts.retried);
            assert_eq!(facts.group, Group::SECP384R1);
        }
        ends.client
            .machine
            .tls
            .write(b"data", &mut ends.client.tx)
            .unwrap();
        ends.run();
        assert_eq!(ends.server.data(), b"data");
        let hellos = forge::messages(ends.net.up.log());
        assert!(hellos.len() >= 2 && hellos[1].kind == HandshakeType::CLIENT_HELLO);
    }
}

#[test]
fn two_shares_spare_the_retry() {
    let ends = retrying(Source::Ring)
        .client(|config| config.with_key_shares(2))
        .connected();
    assert!(!ends.client.connected().unwrap().retried);
    assert_eq!(ends.client.connected().unwrap().group, Group::SECP384R1);
}

#[test]
fn every_group_can_be_retried_to() {
    for to in testkit::toy::provider(0).groups {
        for from in testkit::toy::provider(0).groups {
            let (from, to) = (from.group(), to.group());
            // A hybrid brings a share of its classical half.
            if from == to || (from == Group::X25519MLKEM768 && to == Group::X25519) {
                continue;
            }
            let ends = Bench::toy()
                .client(move |config| config.with_groups(&[from, to]))
                .server(move |config| config.with_groups(&[to]))
                .connected();
            assert!(
                ends.client.connected().unwrap().retried,
                "{from:?} to {to:?}"
            );
            assert_eq!(ends.server.connected().unwrap().group, to);
        }
    }
}

#[test]
fn a_hybrid_brings_a_share_of_its_classical_half() {
    let ends = Bench::toy()
        .client(|config| config.with_groups(&[Group::X25519MLKEM768, Group::X25519]))
        .server(|config| config.with_groups(&[Group::X25519]))
        .connected();
    let facts = ends.client.connected().unwrap();
    assert!(!facts.retried);
    assert_eq!(facts.group, Group::X25519);
}

/// The two hellos of a client, with the HelloRetryRequest between them.
struct Retry {
    bench: Bench,
    first: Vec<u8>,
    request: Vec<u8>,
    client: testkit::pair::Side<crate::common::Host<tls_core::Client>>,
}

impl Retry {
    fn new(bench: Bench) -> Self {
        let Pair {
            mut client,
            mut server,
            ..
        } = bench.ends();
        client.settle();
        let first = client.take();
        server.feed(&first);
        let request = server.take();
        assert_eq!(
            forge::messages(&request)[0].kind,
            HandshakeType::SERVER_HELLO
        );
        Self {
            bench,
            first,
            request,
            client,
        }
    }

    fn second(&mut self) -> Vec<u8> {
        self.client.feed(&self.request);
        self.client.take()
    }

    /// Goes on with a server that has never seen the first hello.
    fn elsewhere(mut self, bench: &Bench) -> crate::common::Ends {
        let second = self.second();
        let mut ends = bench.ends();
        ends.client = self.client;
        ends.server.feed(&second);
        ends.run();
        ends
    }
}

#[test]
fn with_a_cookie_another_server_of_the_same_key_goes_on() {
    for source in [Source::Ring, Source::Toy] {
        let retry = Retry::new(with_cookies(retrying(source)));
        let bench = retry.bench.clone();
        let mut ends = retry.elsewhere(&bench);
        assert!(ends.server.connected().unwrap().retried);
        assert!(ends.client.connected().unwrap().retried);
        ends.client
            .machine
            .tls
            .write(b"data", &mut ends.client.tx)
            .unwrap();
        ends.run();
        assert_eq!(ends.server.data(), b"data");
    }
}

#[test]
fn the_same_server_goes_on_with_its_cookie_too() {
    let ends = with_cookies(retrying(Source::Ring)).connected();
    assert!(ends.server.connected().unwrap().retried);
}

#[test]
fn a_cookie_of_another_key_is_refused() {
    let retry = Retry::new(with_cookies(retrying(Source::Ring)));
    let other = with_cookies(retrying(Source::Ring));
    let ends = retry.elsewhere(&other);
    assert_eq!(ends.server.error(), Misbehaved::Cookie.into());
    let alert = AlertDescription::ILLEGAL_PARAMETER;
    assert_eq!(ends.client.error(), Error::PeerAlert(alert));
}

#[test]
fn a_cookie_grows_old() {
    for (age, fresh) in [(COOKIE_LIFE, true), (COOKIE_LIFE + 1, false)] {
        let retry = Retry::new(with_cookies(retrying(Source::Ring)));
        let mut later = retry.bench.clone();
        later.now += age;
        let ends = retry.elsewhere(&later);
        if fresh {
            assert!(ends.server.is_connected());
        } else {
            assert_eq!(ends.server.error(), Misbehaved::Cookie.into());
        }
    }
}

#[test]
fn a_server_without_cookies_takes_none() {
    let retry = Retry::new(with_cookies(retrying(Source::Ring)));
    let ends = retry.elsewhere(&retrying(Source::Ring));
    assert!(!ends.server.is_connected());
    assert!(ends.server.ended());
}

#[test]
fn a_changed_cookie_is_refused() {
    let mut retry = Retry::new(with_cookies(retrying(Source::Toy)));
    let second = retry.second();
    let hello = &forge::messages(&second)[0];
    let body = ClientHello::parse(&hello.octets[4..]).unwrap();
    let cookie = body.extensions.get(ExtensionType::COOKIE).unwrap();
    let start = hello
        .octets
        .windows(cookie.len())
        .position(|window| window == cookie)
        .unwrap();
    for at in [0, 8, 20, cookie.len() - 3] {
        let mut octets = hello.octets.clone();
        octets[start + 2 + at] ^= 1;
        let mut server = Pair::new(retry.bench.new_client(), retry.bench.new_server()).server;
        server.feed(&forge::plain(ContentType::HANDSHAKE, &octets));
        assert_eq!(server.error(), Misbehaved::Cookie.into(), "octet {at}");
    }
}

#[test]
fn the_second_hello_may_differ_only_where_it_must() {
    type Change = fn(&mut Vec<u8>);
    let changes: [(&str, Change); 4] = [
        ("random", |body| body[2] ^= 1),
        ("session id", |body| body[35] ^= 1),
        ("cipher suites", |body| body[70] ^= 0x40),
        ("group of the share", |body| {
            let at = body.windows(2).rposition(|pair| pair == [0, 51]).unwrap();
            // secp384r1 becomes x25519, which was offered too.
            assert_eq!(body[at + 6..at + 8], [0, 24]);
            body[at + 7] = 29;
        }),
    ];
    for (what, change) in changes {
        let mut retry = Retry::new(retrying(Source::Forging));
        let second = retry.second();
        let hello = forge::messages(&second).remove(0);
        let mut server = retry.bench.ends().server;
        server.feed(&retry.first);
        let octets = forge::edit(&hello.octets, change);
        server.feed(&forge::plain(ContentType::HANDSHAKE, &octets));
        assert_eq!(server.error(), Misbehaved::HelloChanged.into(), "{what}");
    }
}

#[test]
fn a_second_retry_is_unexpected() {
    let mut retry = Retry::new(retrying(Source::Toy));
    retry.second();
    let request = retry.request.clone();
    retry.client.feed(&request);
    let error = retry.client.error();
    assert_eq!(error, Misbehaved::SecondRetry.into());
    assert_eq!(error.alert(), Some(AlertDescription::UNEXPECTED_MESSAGE));
}

/// The HelloRetryRequest with its extensions replaced.
fn request_with(request: &[u8], extensions: &[&[u8]]) -> Vec<u8> {
    let message = forge::messages(request).remove(0);
    let hello = ServerHello::parse(&message.octets[4..]).unwrap();
    let keep = message.octets.len() - 4 - hello.extensions.as_bytes().len() - 2;
    let extensions = extensions.concat();
    let octets = forge::edit(&message.octets, |body| {
        body.truncate(keep);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
    });
    forge::plain(ContentType::HANDSHAKE, &octets)
}

const VERSION: &[u8] = &[0, 43, 0, 2, 3, 4];

fn wanting(group: Group) -> Vec<u8> {
    [&[0, 51, 0, 2], &group.0.to_be_bytes()[..]].concat()
}

#[test]
fn a_retry_that_asks_for_nothing_or_nonsense_is_refused() {
    let cases: [(&[&[u8]], Error); 4] = [
        (&[VERSION], Misbehaved::EmptyRetry.into()),
        (
            &[VERSION, &wanting(Group::X25519)],
            Misbehaved::GroupNotOffered.into(),
        ),
        (
            &[VERSION, &wanting(Group::SECP256R1)],
            Misbehaved::GroupNotOffered.into(),
        ),
        (
            &[VERSION, &[0, 0, 0, 0]],
            Misbehaved::MisplacedExtension(ExtensionType::SERVER_NAME).into(),
        ),
    ];
    for (extensions, error) in cases {
        let mut retry = Retry::new(retrying(Source::Toy));
        let request = request_with(&retry.request, extensions);
        retry.client.feed(&request);
        assert_eq!(retry.client.error(), error);
    }
}

#[test]
fn a_retry_with_a_cookie_alone_is_followed() {
    let mut retry = Retry::new(retrying(Source::Toy));
    let cookie = [0, 44, 0, 5, 0, 3, 1, 2, 3];
    retry.request = request_with(&retry.request, &[VERSION, &cookie]);
    let second = retry.second();
    let hello = forge::messages(&second).remove(0);
    let hello = ClientHello::parse(&hello.octets[4..]).unwrap();
    assert_eq!(
        hello.extensions.get(ExtensionType::COOKIE),
        Some(&cookie[4..])
    );
}
