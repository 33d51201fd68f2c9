//! A client and a server in memory.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use tls_core::{Client, ClientConfig, Event, Identity, Roots, Server, ServerConfig};

fn main() {
    // What a host decides once: the provider, who is trusted, who we are.
    let provider = Arc::new(crypto_core::ring::provider());
    let (roots, identity) = certificates(&provider);
    let client = Arc::new(ClientConfig::new(provider.clone()).with_roots(roots));
    let server = Arc::new(ServerConfig::new(provider).with_identity(identity));

    // One connection. `now` is an argument: no machine reads a clock.
    let now = pki_types::UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000));
    let mut client = Client::new(client, "localhost".try_into().unwrap(), now).unwrap();
    let mut server = Server::new(server, now).unwrap();

    // Two buffers in place of sockets: what one end appends, the other takes.
    let (mut to_server, mut to_client) = (BytesMut::new(), BytesMut::new());
    let mut received = Vec::new();
    let mut open = 2;
    while open > 0 {
        while let Some(event) = client.poll(&mut to_client, &mut to_server) {
            match event {
                Event::Connected(facts) => {
                    println!("client: {} with {:?}", facts.cipher_suite, facts.group);
                    client.write(b"hello", &mut to_server).unwrap();
                    client.close(&mut to_server).unwrap();
                }
                Event::Closed(end) => {
                    assert_eq!(end, Ok(()));
                    open -= 1;
                }
                _ => {}
            }
        }
        while let Some(event) = server.poll(&mut to_server, &mut to_client) {
            match event {
                Event::Data(data) => received.extend_from_slice(&data),
                Event::PeerClosed => server.close(&mut to_client).unwrap(),
                Event::Closed(end) => {
                    assert_eq!(end, Ok(()));
                    open -= 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!(received, b"hello");
}

/// A certificate authority and a certificate for localhost, made on the spot.
fn certificates(provider: &crypto_core::Provider) -> (Roots, Identity) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let signing = provider
        .keys
        .load(&key.serialize_der().try_into().unwrap())
        .unwrap();
    let roots = Roots::from_certificates([root.der()]).unwrap();
    (
        roots,
        Identity::new(vec![leaf.der().clone()], signing).unwrap(),
    )
}
