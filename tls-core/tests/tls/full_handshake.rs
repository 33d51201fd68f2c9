//! The full handshake: every suite, every group, every kind of key, and what it negotiates.

use crypto_core::{Group, SignatureAlgorithm};
use testkit::{
    certificate::Certificate,
    net::{Conditions, Net},
};
use tls_core::{
    CertificateError, Client, ClientConfig, Direction, Epoch, Error, Event, Incompatible, Misuse,
    ServerConfig, Trace, Traced,
    wire::{AlertDescription, CipherSuite, HandshakeType, SignatureScheme},
};

use crate::common::{Ask, Bench, Pki, SERVER_NAME, Seen, Source, assert_fails, at, name, ring};

const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];

/// Sends something both ways.
fn talk(ends: &mut crate::common::Ends) {
    ends.client
        .machine
        .tls
        .write(b"question", &mut ends.client.tx)
        .unwrap();
    ends.server
        .machine
        .tls
        .write(b"answer", &mut ends.server.tx)
        .unwrap();
    ends.run();
    assert!(ends.server.data().ends_with(b"question"));
    assert!(ends.client.data().ends_with(b"answer"));
}

#[test]
fn every_suite_works_with_every_group_of_every_source() {
    for source in [
        Source::Ring,
        Source::Toy,
        #[cfg(feature = "aws-lc-rs")]
        Source::AwsLc,
    ] {
        let bench = Bench::new(source);
        let groups: Vec<Group> = source
            .provider(0)
            .groups
            .iter()
            .map(|group| group.group())
            .collect();
        assert!(groups.len() >= 3);
        for suite in SUITES {
            for group in groups.iter().copied() {
                let mut ends = bench
                    .clone()
                    .client(move |config| config.with_cipher_suites(&[suite]).with_groups(&[group]))
                    .connected();
                for facts in [
                    ends.client.connected().unwrap(),
                    ends.server.connected().unwrap(),
                ] {
                    assert_eq!((facts.cipher_suite, facts.group), (suite, group));
                    assert!(!facts.resumed && !facts.retried);
                    assert_eq!(facts.server_name.as_deref(), Some(SERVER_NAME));
                }
                talk(&mut ends);
            }
        }
    }
}

#[test]
fn the_server_alone_may_decide_suite_and_group() {
    for suite in SUITES {
        for group in testkit::toy::provider(0).groups {
            let group = group.group();
            let mut ends = Bench::toy()
                .server(move |config| config.with_cipher_suites(&[suite]).with_groups(&[group]))
                .connected();
            assert_eq!(ends.client.connected().unwrap().group, group);
            assert_eq!(ends.server.connected().unwrap().cipher_suite, suite);
            talk(&mut ends);
        }
    }
}

#[test]
fn every_kind_of_server_key_signs() {
    let bench = Bench::new(Source::Ring);
    for algorithm in [
        SignatureAlgorithm::EcdsaP256Sha256,
        SignatureAlgorithm::EcdsaP384Sha384,
        SignatureAlgorithm::Ed25519,
    ] {
        let bench = Bench {
            pki: Pki::with(&ring(), algorithm),
            ..bench.clone()
        };
        talk(&mut bench.connected());
    }
    let toy = Source::Toy.provider(0);
    let bench = Bench {
        pki: Pki::with(&toy, SignatureAlgorithm::RsaPssSha256),
        ..Bench::toy()
    };
    talk(&mut bench.connected());
}

#[test]
fn a_rough_network_changes_nothing() {
    let smooth = Bench::toy().connected();
    for seed in 0..20 {
        let mut rough = Bench::toy().over(Net::new(Conditions::rough(), seed));
        rough.run();
        assert_eq!(rough.client.told(), smooth.client.told());
        assert_eq!(rough.server.told(), smooth.server.told());
        assert_eq!(rough.net.up.log(), smooth.net.up.log());
        assert_eq!(rough.net.down.log(), smooth.net.down.log());
    }
}

#[test]
fn the_server_chooses_among_the_clients_protocols_by_its_own_preference() {
    let ends = Bench::toy()
        .client(|config| config.with_alpn(&[b"h2", b"http/1.1"]))
        .server(|config| config.with_alpn(&[b"acme", b"http/1.1", b"h2"]))
        .connected();
    for facts in [
        ends.client.connected().unwrap(),
        ends.server.connected().unwrap(),
    ] {
        assert_eq!(facts.alpn.as_deref(), Some(&b"http/1.1"[..]));
    }
}

#[test]
fn without_protocols_on_either_side_none_is_chosen() {
    let ends = Bench::toy()
        .client(|config| config.with_alpn(&[b"h2"]))
        .connected();
    assert_eq!(ends.client.connected().unwrap().alpn, None);
    let ends = Bench::toy()
        .server(|config| config.with_alpn(&[b"h2"]))
        .connected();
    assert_eq!(ends.server.connected().unwrap().alpn, None);
}

#[test]
fn no_protocol_in_common_ends_the_handshake() {
    let mut ends = Bench::toy()
        .client(|config| config.with_alpn(&[b"h2"]))
        .server(|config| config.with_alpn(&[b"http/1.1"]))
        .ends();
    ends.run();
    let error = Incompatible::ApplicationProtocol.into();
    assert_fails(
        &ends.server,
        &ends.client,
        &error,
        AlertDescription::NO_APPLICATION_PROTOCOL,
    );
}

#[test]
fn nothing_in_common_is_a_handshake_failure() {
    type Change = fn(ServerConfig) -> ServerConfig;
    let only_chacha = |config: ClientConfig| {
        config.with_cipher_suites(&[CipherSuite::TLS_CHACHA20_POLY1305_SHA256])
    };
    let cases: [(Bench, Change, Incompatible); 3] = [
        (
            Bench::toy().client(only_chacha),
            |config| config.with_cipher_suites(&[CipherSuite::TLS_AES_128_GCM_SHA256]),
            Incompatible::CipherSuite,
        ),
        (
            Bench::toy().client(|config| config.with_groups(&[Group::X25519])),
            |config| config.with_groups(&[Group::SECP256R1]),
            Incompatible::Group,
        ),
        (
            Bench::toy()
                .client(|config| config.with_signature_schemes(&[SignatureScheme::ED25519])),
            |config| config,
            Incompatible::SignatureScheme,
        ),
    ];
    for (bench, change, why) in cases {
        let mut ends = bench.server(change).ends();
        ends.run();
        let alert = AlertDescription::HANDSHAKE_FAILURE;
        assert_fails(&ends.server, &ends.client, &why.into(), alert);
    }
}

#[test]
fn a_certificate_that_does_not_hold_is_refused_with_its_reason() {
    let expired = ["200101000000Z", "210101000000Z"];
    let future = ["400101000000Z", "410101000000Z"];
    let names: &[&str] = &[SERVER_NAME];
    let bench = Bench::toy();
    let with = |certificate: &Certificate<'_>| bench.pki.server_with(certificate);
    let good = Certificate {
        names,
        ..Certificate::default()
    };
    let cases = [
        (
            with(&Certificate {
                validity: expired,
                ..good.clone()
            }),
            CertificateError::Expired,
            AlertDescription::CERTIFICATE_EXPIRED,
        ),
        (
            with(&Certificate {
                validity: future,
                ..good.clone()
            }),
            CertificateError::NotYetValid,
            AlertDescription::CERTIFICATE_EXPIRED,
        ),
        (
            with(&Certificate {
                names: &["other.example"],
                ..good.clone()
            }),
            CertificateError::WrongName,
            AlertDescription::BAD_CERTIFICATE,
        ),
        (
            with(&Certificate {
                issuer: "nobody",
                ..good.clone()
            }),
            CertificateError::UnknownIssuer,
            AlertDescription::UNKNOWN_CA,
        ),
    ];
    for (identity, why, alert) in cases {
        let mut bench = bench.clone();
        bench.pki.server = identity;
        let mut ends = bench.ends();
        ends.run();
        assert_fails(&ends.client, &ends.server, &why.into(), alert);
        assert!(!ends.client.is_connected() && !ends.server.is_connected());
    }
}

#[test]
fn a_client_says_at_once_what_cannot_work() {
    let bench = Bench::toy();
    let new = |config: ClientConfig| {
        Client::new(config.into(), name(SERVER_NAME), at(bench.now))
            .map(drop)
            .unwrap_err()
    };
    let config = || bench.client_config();
    let provider = bench.source.provider(0);
    assert_eq!(new(ClientConfig::new(provider)), Misuse::NoVerification);
    assert_eq!(new(config().with_cipher_suites(&[])), Misuse::NoCipherSuite);
    assert_eq!(new(config().with_groups(&[Group(0xfafa)])), Misuse::NoGroup);
    assert_eq!(new(config().with_alpn(&[b""])), Misuse::BadLength);
    assert_eq!(new(config().with_alpn(&[&[b'x'; 256]])), Misuse::BadLength);
    assert_eq!(new(config().with_max_fragment(0)), Misuse::BadLength);
    assert_eq!(
        new(config().with_max_fragment((1 << 14) + 1)),
        Misuse::BadLength
    );
}

#[test]
fn both_ends_export_the_same_keying_material() {
    let ends = Bench::new(Source::Ring).connected();
    let export = |label: &[u8], context: &[u8]| {
        let mut pair = [[0; 40], [0; 40]];
        let [client, server] = &mut pair;
        ends.client
            .machine
            .tls
            .export(label, context, client)
            .unwrap();
        ends.server
            .machine
            .tls
            .export(label, context, server)
            .unwrap();
        assert_eq!(client, server);
        *client
    };
    let one = export(b"EXPERIMENTAL one", b"");
    assert_ne!(one, export(b"EXPERIMENTAL two", b""));
    assert_ne!(one, export(b"EXPERIMENTAL one", b"context"));
    let tls = &ends.client.machine.tls;
    assert_eq!(
        tls.export(&[b'x'; 250], b"", &mut [0; 8]),
        Err(Misuse::BadLength)
    );
    assert_eq!(
        tls.export(b"x", b"", &mut vec![0; 255 * 48 + 1]),
        Err(Misuse::BadLength)
    );
}

#[test]
fn both_ends_log_the_same_secrets() {
    let ends = Bench::new(Source::Ring)
        .client(|config| config.with_key_log(true))
        .server(|config| config.with_key_log(true))
        .connected();
    let lines = |events: &[Seen]| {
        let mut lines: Vec<String> = Vec::new();
        for seen in events {
            if let Seen::Event(Event::KeyLog(line)) = seen {
                let mut text = String::new();
                line.write_to(&mut text).unwrap();
                assert!(text.starts_with(line.label()));
                lines.push(text);
            }
        }
        lines.sort();
        lines
    };
    let client = lines(&ends.client.events);
    assert_eq!(client, lines(&ends.server.events));
    let labels: Vec<_> = client
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        labels,
        [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "EXPORTER_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
        ]
    );
    let silent = Bench::toy().connected();
    assert!(lines(&silent.client.events).is_empty());
}

#[test]
fn the_trace_tells_the_handshake_in_order() {
    let bench = Bench::toy();
    let mut ends = bench.ends();
    let config = bench.client_config().into();
    ends.client.machine.tls = Client::new(config, name(SERVER_NAME), at(bench.now))
        .unwrap()
        .with_trace();
    ends.run();
    let steps = ends.client.events.iter().filter_map(|seen| match seen {
        Seen::Event(Event::Trace(Trace {
            direction, what, ..
        })) => Some((*direction, *what)),
        _ => None,
    });
    let message = |what| match what {
        Traced::Message { kind, octets } => {
            assert!(octets >= 4);
            format!("{kind}")
        }
        Traced::Keys(Epoch::Handshake) => "handshake keys".into(),
        Traced::Keys(Epoch::Application) => "application keys".into(),
        Traced::ChangeCipherSpec => "ccs".into(),
        other => format!("{other:?}"),
    };
    let told: Vec<String> = steps
        .map(|(direction, what)| {
            let arrow = if direction == Direction::Sent {
                ">"
            } else {
                "<"
            };
            format!("{arrow} {}", message(what))
        })
        .collect();
    let received: Vec<_> = told.iter().filter(|line| line.starts_with('<')).collect();
    assert_eq!(
        received,
        [
            "< ServerHello",
            "< handshake keys",
            "< ccs",
            "< EncryptedExtensions",
            "< Certificate",
            "< CertificateVerify",
            "< Finished",
            "< application keys",
        ]
    );
    let sent: Vec<_> = told.iter().filter(|line| line.starts_with('>')).collect();
    assert_eq!(
        sent,
        [
            "> ClientHello",
            "> ccs",
            "> handshake keys",
            "> Finished",
            "> application keys"
        ]
    );
    let hello = HandshakeType::CLIENT_HELLO;
    assert!(told[0].ends_with(&hello.to_string()));
}

#[test]
fn a_record_that_was_changed_on_the_way_is_noticed() {
    let mut ends = Bench::toy().connected();
    ends.client
        .machine
        .tls
        .write(b"harmless", &mut ends.client.tx)
        .unwrap();
    let mut record = ends.client.take();
    record[9] ^= 1;
    ends.server.feed(&record);
    ends.run();
    assert_fails(
        &ends.server,
        &ends.client,
        &Error::BadRecord,
        AlertDescription::BAD_RECORD_MAC,
    );
    assert!(ends.server.data().is_empty());
}
