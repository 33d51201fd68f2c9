//! Buffers come and go; sessions are kept within bounds.

use std::sync::Arc;

use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tls_core::{ClientConfig, Error, Identity, Roots, ServerConfig};

use super::{Driver, MAX_WRITE, Progress, WINDOW};
use crate::{
    Acceptor, Connector,
    sessions::{MAX_SERVERS, MAX_TICKETS},
};

/// What makes the two ends.
struct Stage {
    connector: Connector,
    acceptor: Acceptor,
}

impl Stage {
    /// A server for `names` that gives `tickets`.
    fn new(names: Vec<String>, tickets: u8) -> Self {
        let provider = Arc::new(crypto_core::ring::provider());
        let mut authority = rcgen::CertificateParams::new([]).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(names).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = provider.keys.load(&key).unwrap();
        let identity = Identity::new(vec![leaf.der().clone()], key).unwrap();
        let server = ServerConfig::new(Arc::clone(&provider))
            .with_identity(identity)
            .with_ticket_count(tickets);
        let roots = Roots::from_certificates([authority.der()]).unwrap();
        let client = ClientConfig::new(provider).with_roots(roots);
        let acceptor = Acceptor::resuming(server, 60).unwrap();
        Self {
            connector: Connector::new(client),
            acceptor,
        }
    }

    /// Both ends of a connection, with nothing between them but the test; true when it was resumed.
    fn meet(&self, name: &str) -> (Driver, Driver, bool) {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = self.connector.start(name).unwrap();
        let mut server = self.acceptor.start().unwrap();
        let mut connected = Vec::new();
        while connected.len() < 2 {
            for end in [&mut client, &mut server] {
                if let Progress::Connected(facts) = end.advance() {
                    connected.push(facts.resumed);
                }
            }
            carry(&mut client, &mut server);
            carry(&mut server, &mut client);
        }
        // The tickets.
        assert!(matches!(client.advance(), Progress::Starved));
        (client, server, connected[0])
    }
}

fn pair() -> (Driver, Driver) {
    let (client, server, _) = Stage::new(vec!["localhost".to_owned()], 2).meet("localhost");
    (client, server)
}

fn carry(from: &mut Driver, to: &mut Driver) {
    to.reserve();
    to.rx.extend_from_slice(&from.tx);
    from.tx.clear();
}

#[test]
fn a_connection_at_rest_holds_no_buffer() {
    let (mut client, mut server) = pair();
    client.write(&[7; 20_000]).unwrap();
    carry(&mut client, &mut server);
    let mut received = 0;
    while let Progress::Data = server.advance() {
        received += server.data().len();
        server.consume(usize::MAX);
    }
    assert_eq!(received, 20_000);
    assert_eq!(server.rx.capacity(), 0);
    for end in [&mut client, &mut server] {
        end.release();
        assert_eq!((end.rx.capacity(), end.tx.capacity()), (0, 0));
    }
}

#[test]
fn a_stream_of_records_reuses_one_buffer() {
    let (mut client, mut server) = pair();
    let mut sent = 0;
    let mut received = 0;
    while received < 4 << 20 {
        if client.tx.len() < WINDOW {
            sent += client.write(&[7; MAX_WRITE + 1]).unwrap();
        }
        server.reserve();
        // Pieces that never end where a record ends.
        let piece = client.tx.split_to(client.tx.len().min(30_011));
        server.rx.extend_from_slice(&piece);
        while let Progress::Data = server.advance() {
            received += server.data().len();
            server.consume(usize::MAX);
        }
        assert!(
            server.rx.capacity() <= 4 * WINDOW,
            "{}",
            server.rx.capacity()
        );
    }
    assert!(sent >= received && sent % MAX_WRITE == 0);
}

#[test]
fn what_ends_a_connection_is_said_again() {
    let (mut client, mut server) = pair();
    server.rx.extend_from_slice(&[23, 3, 3, 0, 40]);
    server.rx.extend_from_slice(&[0; 40]);
    for _ in 0..2 {
        let ended = server.advance();
        assert!(
            matches!(ended, Progress::Ended(Err(Error::BadRecord))),
            "{ended:?}"
        );
    }
    let refused = server.write(b"more").unwrap_err();
    assert_eq!(crate::tls_error(&refused), Some(&Error::BadRecord));
    server.close().unwrap();
    carry(&mut server, &mut client);
    let ended = client.advance();
    assert!(
        matches!(ended, Progress::Ended(Err(Error::PeerAlert(_)))),
        "{ended:?}"
    );
}

#[test]
fn closing_twice_says_it_once() {
    let (mut client, mut server) = pair();
    client.tx.clear();
    client.close().unwrap();
    let said = client.tx.len();
    client.close().unwrap();
    assert!(said > 0 && client.tx.len() == said);
    carry(&mut client, &mut server);
    assert!(matches!(server.advance(), Progress::Ended(Ok(()))));
    server.write(b"still open this way").unwrap();
    carry(&mut server, &mut client);
    assert!(matches!(client.advance(), Progress::Data));
}

#[test]
fn sessions_are_used_once_and_kept_within_bounds() {
    let names: Vec<_> = (0..=MAX_SERVERS)
        .map(|n| format!("host-{n}.example"))
        .collect();
    let stage = Stage::new(names.clone(), 2 * u8::try_from(MAX_TICKETS).unwrap());
    let sessions = stage.connector.sessions().unwrap();
    let now = crate::clock::now();
    let count = |name: &str| {
        let name = ServerName::try_from(name).unwrap();
        std::iter::from_fn(|| sessions.take(&name, now)).count()
    };
    assert!(!stage.meet(&names[0]).2);
    assert_eq!(count(&names[0]), MAX_TICKETS);
    assert_eq!(count(&names[0]), 0);
    for name in &names {
        stage.meet(name);
    }
    assert_eq!(count(&names[0]), 0, "the one heard of longest ago");
    assert_eq!(count(&names[1]), MAX_TICKETS);
    assert!(stage.meet(&names[2]).2);
}

#[test]
fn tickets_of_a_failed_session_go() {
    let stage = Stage::new(
        vec!["one.example".to_owned(), "other.example".to_owned()],
        4,
    );
    stage.meet("other.example");
    let (mut client, _, _) = stage.meet("one.example");
    client.rx.extend_from_slice(&[23, 3, 3, 0, 40]);
    client.rx.extend_from_slice(&[0; 40]);
    assert!(matches!(
        client.advance(),
        Progress::Ended(Err(Error::BadRecord))
    ));
    assert!(!stage.meet("one.example").2);
    assert!(stage.meet("other.example").2);
}
