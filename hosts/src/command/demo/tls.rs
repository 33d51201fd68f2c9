//! TLS 1.3: an HTTPS server and a client, over loopback.

mod measure;

use std::{
    io::{self, BufRead, Write},
    net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use crypto_core::{Group, Provider};
use owo_colors::OwoColorize;
use pki_types::{DnsName, ServerName};
use securewire::{Acceptor, Connector, blocking::TlsStream, tls_error};
use tls_core::{
    CertificateError, ClientConfig, Connected, Direction, Error, Roots, ServerConfig, Traced,
    wire::{AlertDescription, HandshakeType},
};

use super::{Checks, title};
use crate::command::{
    certificates::Demo,
    connect::summary,
    dialogue::{Role, Transcript, ending, line},
    failure::Failure,
    http,
    site::Site,
};

/// Longest wait for the other end.
const PATIENCE: Duration = Duration::from_secs(20);

const PAGE: &str = "<!doctype html>\n<title>securewire</title>\n<p>It works.\n";

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Runs the section.
pub(super) fn run(provider: &Arc<Provider>, checks: &mut Checks) -> Result<(), Failure> {
    let stage = Stage::new(provider)?;
    stage.full_then_resumed(checks)?;
    stage.retry(checks)?;
    stage.bad_certificate(checks)?;
    measure::bulk(&stage, checks)?;
    measure::held(&stage, checks)
}

/// A listener on loopback and a certificate for it, made on the spot.
struct Stage {
    provider: Arc<Provider>,
    listener: TcpListener,
    address: SocketAddr,
    server: ServerConfig,
    roots: Roots,
}

/// What came of a connection, at both ends.
struct Outcome<T> {
    client: io::Result<T>,
    server: io::Result<()>,
}

impl Stage {
    fn new(provider: &Arc<Provider>) -> Result<Self, Failure> {
        let local = |error: io::Error| Failure::peer(format!("loopback: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").map_err(local)?;
        let address = listener.local_addr().map_err(local)?;
        let demo = Demo::new("securewire demo authority")?;
        let server = ServerConfig::new(Arc::clone(provider))
            .with_identity(demo.identity(provider)?)
            .with_alpn(&[b"http/1.1"]);
        Ok(Self {
            provider: Arc::clone(provider),
            listener,
            address,
            server,
            roots: demo.roots()?,
        })
    }

    fn client(&self) -> ClientConfig {
        ClientConfig::new(Arc::clone(&self.provider))
            .with_roots(self.roots.clone())
            .with_alpn(&[b"http/1.1"])
    }

    fn acceptor(&self, config: ServerConfig) -> Result<Acceptor, Failure> {
        Acceptor::resuming(config, 3600).map_err(|error| Failure::peer(error.to_string()))
    }

    /// Brings the two ends together over TCP, the server in a thread of its own.
    fn meet<T>(
        &self,
        acceptor: &Acceptor,
        connector: &Connector,
        serve: impl FnOnce(&mut TlsStream<&TcpStream>) -> io::Result<()> + Send,
        drive: impl FnOnce(&mut TlsStream<&TcpStream>) -> io::Result<T>,
    ) -> Outcome<T> {
        thread::scope(|scope| {
            let server = scope.spawn(|| {
                let (stream, _) = self.listener.accept()?;
                prepare(&stream)?;
                let served = TlsStream::accept(acceptor, &stream).and_then(|mut tls| {
                    serve(&mut tls)?;
                    tls.close()
                });
                // So that the client does not wait for a server that has given up.
                let _ = stream.shutdown(Shutdown::Write);
                served
            });
            let client = TcpStream::connect(self.address).and_then(|stream| {
                prepare(&stream)?;
                let driven = TlsStream::connect(connector, localhost(), &stream)
                    .and_then(|mut tls| drive(&mut tls));
                let _ = stream.shutdown(Shutdown::Write);
                driven
            });
            let panicked = |_| Err(io::Error::other("the server's thread panicked"));
            Outcome {
                client,
                server: server.join().unwrap_or_else(panicked),
            }
        })
    }

    /// One HTTPS request, shown as a dialogue.
    fn request(&self, acceptor: &Acceptor, connector: &Connector) -> Result<Connected, Failure> {
        let (seen_by_client, seen_by_server) = (Transcript::default(), Transcript::default());
        let acceptor = acceptor.clone().with_hooks(seen_by_server.hooks());
        let connector = connector.clone().with_hooks(seen_by_client.hooks());
        let site = Site::Page(PAGE);
        let outcome = self.meet(
            &acceptor,
            &connector,
            |tls| {
                while http::exchange(tls, &site, &|_, _, _| {})? {}
                Ok(())
            },
            |tls| get(tls).map(|reply| (tls.connected().clone(), reply)),
        );
        for step in seen_by_client.take() {
            say!("{}", line(Role::Client, &step));
        }
        for step in seen_by_server.take().iter().filter(|step| is_ticket(step)) {
            say!("{}", line(Role::Server, step));
        }
        let (facts, reply) = outcome
            .client
            .map_err(|error| Failure::stream("the client", &error))?;
        outcome
            .server
            .map_err(|error| Failure::stream("the server", &error))?;
        say!("  {}", summary(&facts).green());
        let status = reply.lines().next().unwrap_or_default();
        say!(
            "  GET / gave `{status}`, {} octets up to close_notify",
            reply.len()
        );
        if reply.ends_with(PAGE) {
            Ok(facts)
        } else {
            Err(Failure::peer("the page did not arrive whole"))
        }
    }

    fn full_then_resumed(&self, checks: &mut Checks) -> Result<(), Failure> {
        let acceptor = self.acceptor(self.server.clone())?;
        let connector = Connector::new(self.client());
        title("TLS 1.3: a full handshake, and a page over HTTPS");
        let facts = self.request(&acceptor, &connector)?;
        checks.check(
            "the server proved that it is localhost",
            !facts.peer.is_empty(),
        );
        checks.check(
            "the ends agreed on http/1.1",
            facts.alpn.as_deref() == Some(b"http/1.1"),
        );
        checks.check("it was a full handshake", !facts.resumed && !facts.retried);

        title("The second connection resumes the session");
        let facts = self.request(&acceptor, &connector)?;
        checks.check(
            "the session was resumed, without a certificate",
            facts.resumed,
        );
        Ok(())
    }

    /// The client shares a key of its first group alone; the server speaks only the second.
    fn retry(&self, checks: &mut Checks) -> Result<(), Failure> {
        title("The server wants another group: HelloRetryRequest");
        let server = self.server.clone().with_groups(&[Group::SECP256R1]);
        let client = self
            .client()
            .with_groups(&[Group::X25519, Group::SECP256R1]);
        let facts = self.request(&self.acceptor(server)?, &Connector::new(client))?;
        let agreed = facts.retried && facts.group == Group::SECP256R1;
        checks.check("the ends agreed on secp256r1 after a retry", agreed);
        Ok(())
    }

    /// The client trusts another authority.
    fn bad_certificate(&self, checks: &mut Checks) -> Result<(), Failure> {
        title("A certificate that the client has no reason to trust");
        let (seen_by_client, seen_by_server) = (Transcript::default(), Transcript::default());
        let client = self
            .client()
            .with_roots(Demo::new("another authority")?.roots()?);
        let connector = Connector::new(client).with_hooks(seen_by_client.hooks());
        let acceptor = self
            .acceptor(self.server.clone())?
            .with_hooks(seen_by_server.hooks());
        let outcome = self.meet(&acceptor, &connector, |_| Ok(()), |_| Ok(()));
        for step in seen_by_client.take() {
            say!("{}", line(Role::Client, &step));
        }
        let error = |result: &io::Result<()>| result.as_ref().err().and_then(tls_error).cloned();
        let (client, server) = (error(&outcome.client), error(&outcome.server));
        for (role, error) in [(Role::Client, &client), (Role::Server, &server)] {
            if let Some(error) = error {
                say!("{}", ending(role, error));
            }
        }
        let refused = client == Some(Error::Certificate(CertificateError::UnknownIssuer));
        checks.check("the client refused the certificate", refused);
        let told = server == Some(Error::PeerAlert(AlertDescription::UNKNOWN_CA));
        checks.check("the server was told why: unknown_ca", told);
        Ok(())
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}

fn localhost() -> ServerName<'static> {
    let address = ServerName::IpAddress(IpAddr::from(Ipv4Addr::LOCALHOST).into());
    // A literal that is a valid name; the certificate has both.
    DnsName::try_from("localhost").map_or(address, ServerName::DnsName)
}

fn is_ticket(step: &tls_core::Trace) -> bool {
    let ticket = HandshakeType::NEW_SESSION_TICKET;
    step.direction == Direction::Sent
        && matches!(step.what, Traced::Message { kind, .. } if kind == ticket)
}

/// Asks for the page, and reads up to close_notify.
fn get(tls: &mut TlsStream<&TcpStream>) -> io::Result<String> {
    tls.write_all(REQUEST)?;
    let mut reply = Vec::new();
    loop {
        let part = tls.fill_buf()?;
        if part.is_empty() {
            break;
        }
        reply.extend_from_slice(part);
        let octets = part.len();
        tls.consume(octets);
    }
    tls.close()?;
    String::from_utf8(reply).map_err(|_| io::ErrorKind::InvalidData.into())
}
