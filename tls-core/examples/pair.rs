//! A client and a server in memory.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::wildcard_enum_match_arm,
    reason = "a host has std, and takes the events it cares for"
)]

use std::{error::Error, sync::Arc, time::Duration};

use bytes::BytesMut;
use crypto_core::Provider;
use tls_core::{Client, ClientConfig, Event, Identity, Roots, Server, ServerConfig};

fn main() -> Result<(), Box<dyn Error>> {
    // What a host decides once: the provider, who is trusted, who we are.
    let provider = Arc::new(crypto_core::ring::provider());
    let (roots, identity) = certificates(&provider)?;
    let client = Arc::new(ClientConfig::new(provider.clone()).with_roots(roots));
    let server = Arc::new(ServerConfig::new(provider).with_identity(identity));

    // One connection. `now` is an argument: no machine reads a clock.
    let now = pki_types::UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000));
    let name = "localhost".try_into().map_err(|_| "not a name")?;
    let mut client = Client::new(client, name, now)?;
    let mut server = Server::new(server, now)?;

    // Two buffers in place of sockets: what one end appends, the other takes.
    let (mut to_server, mut to_client) = (BytesMut::new(), BytesMut::new());
    let mut received = Vec::new();
    let mut open = 2;
    while open > 0 {
        while let Some(event) = client.poll(&mut to_client, &mut to_server) {
            match event {
                Event::Connected(facts) => {
                    println!("client: {} with {:?}", facts.cipher_suite, facts.group);
                    client.write(b"hello", &mut to_server)?;
                    client.close(&mut to_server)?;
                }
                Event::Closed(end) => {
                    end?;
                    open -= 1;
                }
                _ => {}
            }
        }
        while let Some(event) = server.poll(&mut to_server, &mut to_client) {
            match event {
                Event::Data(data) => received.extend_from_slice(&data),
                Event::PeerClosed => server.close(&mut to_client)?,
                Event::Closed(end) => {
                    end?;
                    open -= 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!(received, b"hello");
    Ok(())
}

/// A certificate authority and a certificate for localhost, made on the spot.
fn certificates(provider: &Provider) -> Result<(Roots, Identity), Box<dyn Error>> {
    let authority_key = rcgen::KeyPair::generate()?;
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key)?;
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate()?;
    let leaf = rcgen::CertificateParams::new(["localhost".to_owned()])?;
    let leaf = leaf.signed_by(&key, &issuer)?;
    let signing = provider.keys.load(&key.serialize_der().try_into()?)?;
    let roots = Roots::from_certificates([root.der()])?;
    let identity = Identity::new(vec![leaf.der().clone()], signing)?;
    Ok((roots, identity))
}
