use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use securewire::{
    Acceptor, Connector,
    blocking::TlsStream,
    tls_core::{ClientConfig, Identity, Roots, ServerConfig},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = Arc::new(securewire::crypto_core::ring::provider());

    // A certificate made on the spot: an authority, and localhost.
    let mut authority = rcgen::CertificateParams::new([])?;
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate()?)?;
    let key = rcgen::KeyPair::generate()?;
    let certificate =
        rcgen::CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));

    // The server echoes, in a thread of its own.
    let identity = Identity::new(vec![certificate.der().clone()], provider.keys.load(&key)?)?;
    let config = ServerConfig::new(Arc::clone(&provider)).with_identity(identity);
    let acceptor = Acceptor::resuming(config, 3600)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> std::io::Result<()> {
        let (stream, _) = listener.accept()?;
        let mut tls = TlsStream::accept(&acceptor, stream)?;
        let mut message = String::new();
        tls.read_to_string(&mut message)?;
        tls.write_all(message.to_uppercase().as_bytes())?;
        tls.close()
    });

    let roots = Roots::from_certificates([authority.der()])?;
    let connector = Connector::new(ClientConfig::new(provider).with_roots(roots));
    let stream = TcpStream::connect(address)?;
    let mut tls = TlsStream::connect(&connector, "localhost".try_into()?, stream)?;
    tls.write_all(b"hello")?;
    tls.close()?;
    let mut answer = String::new();
    tls.read_to_string(&mut answer)?;
    assert_eq!(answer, "HELLO");
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}
