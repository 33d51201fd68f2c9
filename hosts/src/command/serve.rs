//! `securewire tls serve`: a small HTTPS file server, or an echo.

use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use crypto_core::Provider;
use owo_colors::OwoColorize;
use securewire::{Acceptor, Hooks, blocking::TlsStream};
use tls_core::{ClientAuth, Identity, ServerConfig};

use super::{
    certificates::{self, Demo},
    deadline::Deadline,
    dialogue::{Role, line},
    failure::Failure,
    http,
    site::Site,
};

/// Most connections at a time; the next waits until one ends.
const MAX_CONNECTIONS: usize = 64;

/// Longest wait for a peer that should say something.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a client may stay silent with `--echo`.
const ECHO_PATIENCE: Duration = Duration::from_secs(600);

/// Life of a ticket, in seconds, and of the key that seals it.
const TICKET_LIFETIME: u32 = 12 * 60 * 60;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Certificate chain in PEM, that of the server first
    #[arg(
        long,
        value_name = "FILE",
        requires = "key",
        required_unless_present = "demo_cert"
    )]
    cert: Option<PathBuf>,

    /// Private key in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Make a certificate for localhost, and say where the authority to trust is
    #[arg(long, conflicts_with_all = ["cert", "key"])]
    demo_cert: bool,

    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4433")]
    listen: SocketAddr,

    /// Demand certificates of clients, issued by one of these
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,

    /// Append the secrets of every connection to FILE, for debugging
    #[arg(long, value_name = "FILE")]
    key_log: Option<PathBuf>,

    /// Tell every step of each handshake
    #[arg(long)]
    show: bool,

    /// Send back what comes
    #[arg(long, conflicts_with = "dir", required_unless_present = "dir")]
    echo: bool,

    /// Folder to serve
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What is done with a connection.
#[derive(Debug)]
enum Service {
    Files(Site),
    Echo,
}

pub(crate) fn run(arguments: &Arguments, provider: Arc<Provider>) -> Result<(), Failure> {
    let service = match &arguments.dir {
        Some(dir) => Site::folder(dir)
            .map(Service::Files)
            .map_err(|error| Failure::usage(format!("DIR {}: {error}", dir.display())))?,
        None => Service::Echo,
    };
    let acceptor = acceptor(arguments, provider, &service)?;
    let listener = TcpListener::bind(arguments.listen).map_err(|error| {
        Failure::usage(format!("--listen {}: {error}", arguments.listen))
            .remedy("choose another port, or 0 for a free one")
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::peer(error.to_string()))?;
    match &service {
        Service::Files(Site::Folder(root)) => {
            say!(
                "{} {} at https://{address}/",
                "serving".green(),
                root.display()
            );
        }
        Service::Files(Site::Page(_)) | Service::Echo => {
            say!("{} at {address}", "echoing".green());
        }
    }
    let service = Arc::new(service);
    let room = Arc::new(Room::new());
    loop {
        let place = room.enter();
        let (stream, peer) = match listener.accept() {
            Ok(accepted) => accepted,
            // The client is gone already, or this process has too many files open: others may come.
            Err(error) => {
                note!("{} {error}", "accept:".red());
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        let (acceptor, service) = (acceptor.clone(), Arc::clone(&service));
        let spawned = thread::Builder::new().spawn(move || {
            let _place = place;
            if let Err(error) = connection(&acceptor, &stream, peer, &service) {
                note!("{peer} {} {error}", "failed:".red());
            }
            linger(&stream);
        });
        if let Err(error) = spawned {
            note!("{peer} {} {error}", "no thread:".red());
        }
    }
}

fn acceptor(
    arguments: &Arguments,
    provider: Arc<Provider>,
    service: &Service,
) -> Result<Acceptor, Failure> {
    let identity = identity(arguments, &provider)?;
    let mut config = ServerConfig::new(provider)
        .with_identity(identity)
        .with_key_log(arguments.key_log.is_some());
    if let Service::Files(_) = service {
        config = config.with_alpn(&[b"http/1.1"]);
    }
    if let Some(path) = &arguments.client_ca {
        let roots = certificates::roots("--client-ca", path)?;
        config = config.with_client_roots(ClientAuth::Required, roots);
    }
    let mut hooks = Hooks::new();
    if let Some(path) = &arguments.key_log {
        hooks = hooks.with_key_log(certificates::key_log(path)?);
    }
    if arguments.show {
        hooks = hooks.with_trace(|step| note!("{}", line(Role::Server, step)));
    }
    Acceptor::resuming(config, TICKET_LIFETIME)
        .map(|acceptor| acceptor.with_hooks(hooks))
        .map_err(|error| Failure::peer(error.to_string()))
}

fn identity(arguments: &Arguments, provider: &Provider) -> Result<Identity, Failure> {
    if let (Some(cert), Some(key)) = (&arguments.cert, &arguments.key) {
        return certificates::identity(provider, cert, key);
    }
    let demo = Demo::new("securewire demo authority")?;
    let name = format!("securewire-demo-ca-{}.pem", std::process::id());
    let path = std::env::temp_dir().join(name);
    let failed = |error: io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(failed)?;
    file.write_all(demo.authority_pem().as_bytes())
        .map_err(failed)?;
    say!("{} {}", "trust".green(), path.display());
    demo.identity(provider)
}

/// One connection, up to the close_notify of this end.
fn connection(
    acceptor: &Acceptor,
    stream: &TcpStream,
    peer: SocketAddr,
    service: &Service,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut tls = TlsStream::accept(acceptor, Deadline::new(stream, PATIENCE)?)?;
    let facts = tls.connected();
    let resumed = if facts.resumed { ", resumed" } else { "" };
    let secured = format!("{}, {:?}{resumed}", facts.cipher_suite, facts.group);
    note!("{peer} {}", secured.dimmed());
    match service {
        Service::Files(site) => {
            let log = |method: &str, target: &str, status: u16| {
                // Written with escapes: what a peer sends must not steer a terminal.
                note!(
                    "{peer} {status} {} {}",
                    method.escape_debug(),
                    target.escape_debug()
                );
            };
            loop {
                tls.get_ref().renew(PATIENCE);
                match http::exchange(&mut tls, site, &log) {
                    Ok(true) => {}
                    Ok(false) => break,
                    // A connection that is kept for another request, and gets none.
                    Err(error) if is_timeout(&error) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Service::Echo => echo(&mut tls)?,
    }
    tls.close()
}

/// Sends back what comes, until the peer closes.
fn echo(tls: &mut TlsStream<Deadline<'_>>) -> io::Result<()> {
    let mut octets = [0; 16 * 1024];
    loop {
        tls.get_ref().renew(ECHO_PATIENCE);
        let count = tls.read(&mut octets)?;
        match octets.get(..count) {
            Some(part) if !part.is_empty() => tls.write_all(part)?,
            _ => return Ok(()),
        }
        tls.flush()?;
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Closes so that the peer can still read what was sent: closing a socket with unread octets resets the connection.
fn linger(stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut rest = [0; 4096];
    let mut reader = stream;
    for _ in 0..64 {
        match reader.read(&mut rest) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Bounds the number of connections.
#[derive(Debug)]
struct Room {
    taken: Mutex<usize>,
    left: Condvar,
}

/// A place, given back on drop.
#[derive(Debug)]
struct Place(Arc<Room>);

impl Room {
    const fn new() -> Self {
        Self {
            taken: Mutex::new(0),
            left: Condvar::new(),
        }
    }

    fn enter(self: &Arc<Self>) -> Place {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |taken: &mut usize| *taken >= MAX_CONNECTIONS;
        *self
            .left
            .wait_while(taken, full)
            .unwrap_or_else(PoisonError::into_inner) += 1;
        Place(Arc::clone(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.left.notify_one();
    }
}
