//! Buffers come and go.

use std::sync::Arc;

use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tls_core::{ClientConfig, Error, Identity, Roots, ServerConfig};

use super::{Driver, MAX_WRITE, Progress, WINDOW};
use crate::{Acceptor, Connector};

/// Both ends, with nothing between them but the test.
fn pair() -> (Driver, Driver) {
    let provider = Arc::new(crypto_core::ring::provider());
    let mut authority = rcgen::CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = provider.keys.load(&key).unwrap();
    let identity = Identity::new(vec![leaf.der().clone()], key).unwrap();
    let server = ServerConfig::new(Arc::clone(&provider)).with_identity(identity);
    let roots = Roots::from_certificates([authority.der()]).unwrap();
    let client = ClientConfig::new(provider).with_roots(roots);
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = Connector::new(client).start(name).unwrap();
    let mut server = Acceptor::resuming(server, 60).unwrap().start().unwrap();
    let mut connected = 0;
    while connected < 2 {
        for end in [&mut client, &mut server] {
            if let Progress::Connected(_) = end.advance() {
                connected += 1;
            }
        }
        carry(&mut client, &mut server);
        carry(&mut server, &mut client);
    }
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
    // The tickets.
    assert!(matches!(client.advance(), Progress::Starved));
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
