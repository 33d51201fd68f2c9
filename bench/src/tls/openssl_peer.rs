//! Connections of OpenSSL in memory.

use std::io::{self, Read, Write};

use ::openssl::{
    pkey::PKey,
    ssl::{
        ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode,
        SslStream, SslVerifyMode, SslVersion,
    },
    x509::{X509, store::X509StoreBuilder},
};

use super::{CLIENT, Handshake, SERVER, Setup, pki::SERVER_NAME};
use crate::measure::Laps;

/// The version of the library.
pub(crate) fn version() -> &'static str {
    ::openssl::version::version()
}

/// Both contexts.
#[derive(Debug)]
pub(crate) struct OpenSsl {
    client: SslContext,
    server: SslContext,
}

/// A host's buffers; a read takes what came and then would block.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    rx: Vec<u8>,
    taken: usize,
    tx: Vec<u8>,
}

impl Wire {
    /// Moves to `self` what `other` wants sent.
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        self.rx.clear();
        self.taken = 0;
        std::mem::swap(&mut self.rx, &mut other.tx);
    }
}

impl Read for Wire {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = &self.rx[self.taken..];
        if rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = rest.len().min(out.len());
        out[..len].copy_from_slice(&rest[..len]);
        self.taken += len;
        Ok(len)
    }
}

impl Write for Wire {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.tx.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) type Stream = SslStream<Wire>;

impl OpenSsl {
    pub(crate) fn new(setup: &Setup<'_>) -> Self {
        let chain = setup.chain;
        let root = X509::from_der(&chain.root).expect("a root");
        let mut store = X509StoreBuilder::new().expect("memory");
        store.add_cert(root).expect("a root");
        let mut client = context(setup);
        client.set_cert_store(store.build());
        client.set_verify(SslVerifyMode::PEER);
        client.set_session_cache_mode(SslSessionCacheMode::OFF);
        let mut server = context(setup);
        server
            .set_certificate(&X509::from_der(&chain.leaf).expect("a certificate"))
            .expect("fits");
        let key = PKey::private_key_from_der(chain.pkcs8()).expect("a key");
        server.set_private_key(&key).expect("fits");
        server
            .set_num_tickets(usize::from(setup.tickets))
            .expect("a number");
        Self {
            client: client.build(),
            server: server.build(),
        }
    }

    fn connect(&mut self, laps: &mut Laps<2>) -> (Stream, Stream) {
        laps.skip();
        let mut ssl = Ssl::new(&self.client).expect("memory");
        ssl.set_hostname(SERVER_NAME).expect("a name");
        ssl.param_mut().set_host(SERVER_NAME).expect("a name");
        let mut client = SslStream::new(ssl, Wire::default()).expect("memory");
        laps.lap(CLIENT);
        let ssl = Ssl::new(&self.server).expect("memory");
        let mut server = SslStream::new(ssl, Wire::default()).expect("memory");
        laps.lap(SERVER);
        let (mut connected, mut accepted) = (false, false);
        loop {
            client.get_mut().take_from(server.get_mut());
            if connected {
                // The tickets.
                would_block(client.ssl_read(&mut [0]).map(drop));
            } else {
                connected = client.connect().map_err(|error| blocked(&error)).is_ok();
            }
            laps.lap(CLIENT);
            if client.get_ref().tx.is_empty() {
                return (client, server);
            }
            server.get_mut().take_from(client.get_mut());
            if !accepted {
                accepted = server.accept().map_err(|error| blocked(&error)).is_ok();
            }
            laps.lap(SERVER);
        }
    }

    /// A connection, ready for data.
    pub(crate) fn connected(&mut self) -> (Stream, Stream) {
        self.connect(&mut Laps::start())
    }
}

impl Handshake for OpenSsl {
    fn handshake(&mut self) -> Laps<2> {
        let mut laps = Laps::start();
        let (client, server) = self.connect(&mut laps);
        drop(client);
        laps.lap(CLIENT);
        drop(server);
        laps.lap(SERVER);
        laps
    }
}

fn context(setup: &Setup<'_>) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls()).expect("memory");
    context
        .set_min_proto_version(Some(SslVersion::TLS1_3))
        .expect("a version");
    context
        .set_ciphersuites(setup.cipher.suite_name())
        .expect("a suite");
    context.set_groups_list("X25519").expect("a group");
    context.set_options(SslOptions::NO_COMPRESSION);
    context
}

fn blocked(error: &::openssl::ssl::Error) {
    assert!(error.code() == ErrorCode::WANT_READ, "{error}");
}

fn would_block(result: Result<(), ::openssl::ssl::Error>) {
    blocked(&result.expect_err("no data was sent"));
}
