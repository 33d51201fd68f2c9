//! Alerts: which one tells the peer what, and what is done with those that come.

use std::sync::atomic::Ordering;

use tls_core::{
    Error, LimitExceeded, Misbehaved,
    wire::{AlertDescription, ContentType},
};

use crate::common::{Ask, Bench, assert_fails, failing::failing, forge, limits};

#[test]
fn every_alert_but_two_ends_the_connection() {
    for code in 1..=255 {
        if code == AlertDescription::USER_CANCELED.0 {
            continue;
        }
        let mut ends = Bench::forging().connected();
        ends.server.feed(&forge::alert(2, code));
        assert_eq!(
            ends.server.error(),
            Error::PeerAlert(AlertDescription(code))
        );
        assert!(
            ends.server.take().is_empty(),
            "an alert was answered by an alert"
        );
        assert!(ends.server.forgot().is_some());
    }
}

#[test]
fn an_error_alert_as_a_warning_is_not_survived() {
    let mut ends = Bench::forging().connected();
    ends.server
        .feed(&forge::alert(1, AlertDescription::HANDSHAKE_FAILURE.0));
    let expected = Misbehaved::WarningAlert(AlertDescription::HANDSHAKE_FAILURE);
    assert_eq!(ends.server.error(), expected.into());
}

#[test]
fn close_notify_counts_whatever_its_level() {
    for level in [0, 1, 2, 77] {
        let mut ends = Bench::forging().connected();
        ends.server.feed(&forge::alert(level, 0));
        assert!(ends.server.peer_closed() && !ends.server.ended());
    }
}

#[test]
fn user_canceled_is_ignored_up_to_its_limit() {
    let limits = limits(|limits| limits.max_warning_alerts = 3);
    let mut ends = Bench::forging()
        .server(move |config| config.with_limits(limits))
        .connected();
    for _ in 0..3 {
        ends.server.feed(&forge::alert(1, 90));
        ends.server
            .feed(&forge::sealed(ContentType::APPLICATION_DATA, b"x"));
    }
    assert_eq!(ends.server.data(), b"xxx");
    ends.server.feed(&forge::alert(1, 90));
    assert_eq!(ends.server.error(), LimitExceeded::WarningAlerts.into());
}

#[test]
fn an_alert_record_holds_one_alert() {
    for (body, error) in [
        (&[][..], Misbehaved::EmptyRecord),
        (&[2], Misbehaved::MalformedAlert),
        (&[1, 0, 1], Misbehaved::MalformedAlert),
        (&[1, 0, 1, 0], Misbehaved::MalformedAlert),
    ] {
        let mut ends = Bench::forging().connected();
        ends.client.feed(&forge::sealed(ContentType::ALERT, body));
        assert_eq!(ends.client.error(), error.into());

        let mut ends = Bench::forging().ends();
        ends.server.feed(&forge::plain(ContentType::ALERT, body));
        assert_eq!(ends.server.error(), error.into());
    }
}

#[test]
fn an_alert_instead_of_a_hello_ends_the_handshake() {
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    ends.client
        .feed(&forge::plain(ContentType::ALERT, &[2, 40]));
    assert_eq!(
        ends.client.error(),
        Error::PeerAlert(AlertDescription::HANDSHAKE_FAILURE)
    );
}

#[test]
fn an_alert_in_the_clear_is_believed_only_before_the_peer_has_shown_its_handshake_keys() {
    // A client that cannot use the ServerHello has no other way to say so.
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    let hello = ends.client.take();
    ends.server.feed(&hello);
    ends.server
        .feed(&forge::plain(ContentType::ALERT, &[2, 40]));
    assert_eq!(
        ends.server.error(),
        Error::PeerAlert(AlertDescription::HANDSHAKE_FAILURE)
    );

    // Once connected, not even a close_notify: whoever can write to the stream could end it unnoticed.
    for level in [1, 2] {
        for description in [0, 40, 90] {
            let mut ends = Bench::toy().connected();
            ends.client
                .feed(&forge::plain(ContentType::ALERT, &[level, description]));
            assert_eq!(ends.client.error(), Misbehaved::UnexpectedRecord.into());
            ends.server
                .feed(&forge::plain(ContentType::ALERT, &[level, description]));
            assert_eq!(ends.server.error(), Misbehaved::UnexpectedRecord.into());
        }
    }
}

/// Whatever breaks the record layer, the peer hears the alert that RFC 8446 asks for.
#[test]
fn each_fault_of_a_record_has_its_alert() {
    let header = |kind: u8, version: [u8; 2], len: u16| {
        let [high, low] = len.to_be_bytes();
        vec![kind, version[0], version[1], high, low]
    };
    let cases = [
        (
            forge::sealed(ContentType(99), b"?"),
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        (
            forge::sealed(ContentType::HANDSHAKE, b""),
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        (
            forge::sealed(ContentType(0), b""),
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        (
            forge::sealed(ContentType::CHANGE_CIPHER_SPEC, &[1]),
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        (
            forge::plain(ContentType::HANDSHAKE, &[0; 4]),
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        (
            forge::plain(ContentType::APPLICATION_DATA, &[0; 15]),
            AlertDescription::BAD_RECORD_MAC,
        ),
        (
            header(23, [3, 3], (1 << 14) + 257),
            AlertDescription::RECORD_OVERFLOW,
        ),
        (header(99, [3, 3], 1), AlertDescription::UNEXPECTED_MESSAGE),
        (header(23, [2, 3], 40), AlertDescription::PROTOCOL_VERSION),
    ];
    for (octets, alert) in cases {
        let mut ends = Bench::forging().connected();
        ends.server.feed(&octets);
        assert_eq!(ends.server.error().alert(), Some(alert), "{octets:?}");
        ends.run();
        assert_eq!(ends.client.error(), Error::PeerAlert(alert));
    }
}

#[test]
fn what_is_not_tls_is_told_from_what_is() {
    let cases: [(&[u8], Misbehaved); 5] = [
        (b"GET / HTTP/1.1\r\n", Misbehaved::PlainHttp),
        (b"HTTP/1.1 400 Bad Request\r\n", Misbehaved::PlainHttp),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Misbehaved::NotTls),
        (b"\x80\x2e\x01\x00\x02", Misbehaved::NotTls),
        (b"\x00", Misbehaved::NotTls),
    ];
    for (octets, why) in cases {
        let mut ends = Bench::toy().ends();
        ends.server.feed(octets);
        assert_eq!(ends.server.error(), why.into());
        let mut ends = Bench::toy().ends();
        ends.client.settle();
        ends.client.feed(octets);
        assert_eq!(ends.client.error(), why.into());
    }
}

#[test]
fn what_is_not_tls_is_told_alike_however_it_arrives() {
    for octets in [
        &b"CONNEC\x8c"[..],
        b"CONNECT x:443",
        b"OPTIOn",
        b"GETX",
        b"GET /",
        b"PUT",
    ] {
        let bench = Bench::toy();
        testkit::laws::split_invariance(|| bench.new_server(), octets);
        testkit::laws::split_invariance(|| bench.new_client(), octets);
    }
}

#[test]
fn a_hello_of_an_older_version_is_answered_with_protocol_version() {
    // A ClientHello of TLS 1.2: no supported_versions.
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 0x01, 1, 0]].concat();
    let hello = forge::message(tls_core::wire::HandshakeType::CLIENT_HELLO, &body);
    let mut ends = Bench::toy().ends();
    ends.server
        .feed(&forge::plain(ContentType::HANDSHAKE, &hello));
    let error = ends.server.error();
    assert_eq!(error, tls_core::Incompatible::Version.into());
    assert_eq!(forge::last_alert(&ends.server.take()), Some([2, 70]));
}

#[test]
fn what_fails_here_is_an_internal_error_there() {
    let bench = Bench::toy();
    let error = Error::Crypto(crypto_core::CryptoError::Failed);
    let alert = AlertDescription::INTERNAL_ERROR;

    let (provider, fails) = failing(1);
    let config = tls_core::ClientConfig::new(provider).with_roots(bench.pki.roots.clone());
    let mut ends = bench.ends();
    ends.client.machine = bench.connect(config);
    fails.store(true, Ordering::Relaxed);
    ends.run();
    assert_fails(&ends.client, &ends.server, &error, alert);

    let (provider, fails) = failing(2);
    let config = tls_core::ServerConfig::new(provider).with_identity(bench.pki.server.clone());
    let mut ends = bench.ends();
    ends.server.machine = bench.accept(config);
    fails.store(true, Ordering::Relaxed);
    ends.run();
    assert_fails(&ends.server, &ends.client, &error, alert);
    assert!(!ends.client.is_connected() && !ends.server.is_connected());
}
