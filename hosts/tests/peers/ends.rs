//! Our ends of a connection, as the tests configure them.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use pki_types::ServerName;
use securewire::{
    Acceptor, Connector,
    blocking::TlsStream,
    crypto_core::Provider,
    tls_core::{ClientConfig, Connected, Error, ServerConfig},
    tls_error,
};

use crate::pki::{Leaf, Pki};

/// Longest wait for a peer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Every source of cryptography in this build.
pub(crate) fn providers() -> Vec<Arc<Provider>> {
    vec![
        #[cfg(feature = "ring")]
        Arc::new(crypto_core::ring::provider()),
        #[cfg(feature = "aws-lc-rs")]
        Arc::new(crypto_core::aws_lc::provider()),
    ]
}

/// The first of them.
pub(crate) fn provider() -> Arc<Provider> {
    providers().swap_remove(0)
}

pub(crate) fn client(pki: &Pki) -> ClientConfig {
    ClientConfig::new(provider()).with_roots(pki.roots())
}

pub(crate) fn server(leaf: &Leaf) -> ServerConfig {
    let provider = provider();
    let identity = leaf.identity(&provider);
    ServerConfig::new(provider).with_identity(identity)
}

pub(crate) fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

pub(crate) fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Connects to a server that may still be starting.
pub(crate) fn dial(port: u16) -> TcpStream {
    for _ in 0..400 {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            patient(&stream);
            return stream;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing listens on port {port}");
}

/// Both ends of a connection over loopback.
pub(crate) fn tcp() -> (TcpStream, TcpStream) {
    let (listener, port) = listen();
    let near = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (far, _) = listener.accept().unwrap();
    patient(&near);
    patient(&far);
    (near, far)
}

fn patient(stream: &TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
}

pub(crate) fn connect(connector: &Connector, port: u16) -> io::Result<TlsStream<TcpStream>> {
    TlsStream::connect(connector, localhost(), dial(port))
}

/// Accepts one connection, greets, echoes up to close_notify, closes, and tells what was negotiated.
pub(crate) fn echo_once(listener: &TcpListener, acceptor: &Acceptor) -> io::Result<Connected> {
    let (stream, _) = listener.accept()?;
    patient(&stream);
    let mut tls = TlsStream::accept(acceptor, &stream)?;
    let ended = echo(&mut tls);
    // What the peer still sends must not reset the connection before it has read the alert. It may be gone.
    let _ = stream.shutdown(Shutdown::Write);
    ended?;
    Ok(tls.connected().clone())
}

pub(crate) fn echo<S: Read + Write>(tls: &mut TlsStream<S>) -> io::Result<()> {
    let mut octets = vec![0; 16 * 1024];
    loop {
        let count = tls.read(&mut octets)?;
        if count == 0 {
            return tls.close();
        }
        tls.write_all(&octets[..count])?;
    }
}

/// Sends `text`, and reads until as much has come back.
pub(crate) fn say<S: Read + Write>(tls: &mut S, text: &[u8]) -> io::Result<Vec<u8>> {
    tls.write_all(text)?;
    tls.flush()?;
    let mut answer = vec![0; text.len()];
    tls.read_exact(&mut answer)?;
    Ok(answer)
}

/// The failure of the protocol in `result`.
pub(crate) fn failure<T>(result: io::Result<T>) -> Error {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => match tls_error(&error) {
            Some(failure) => failure.clone(),
            None => panic!("not a failure of the protocol: {error}"),
        },
    }
}
