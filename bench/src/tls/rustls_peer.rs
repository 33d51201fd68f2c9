//! Connections of rustls in memory, through its buffered API.

use std::{
    collections::VecDeque,
    fmt,
    io::{Read, Write},
    ops::DerefMut,
    sync::{Arc, Mutex},
};

use ::rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, NamedGroup, RootCertStore, ServerConfig,
    ServerConnection, SideData,
    client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue},
    version::TLS13,
};
use pki_types::ServerName;

use super::{CLIENT, Handshake, SERVER, Setup, library::Library, pki::SERVER_NAME};
use crate::measure::Laps;

/// Both configurations, and the buffers of both hosts.
#[derive(Debug)]
pub(crate) struct Rustls {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: ServerName<'static>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

impl Rustls {
    pub(crate) fn new<L: Library>(setup: &Setup<'_>) -> Self {
        let provider = Arc::new(L::rustls(setup.cipher));
        let chain = setup.chain;
        let mut roots = RootCertStore::empty();
        roots.add(chain.root.clone()).expect("a root");
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![chain.leaf.clone()], chain.key())
            .expect("a chain");
        server.ticketer = L::rustls_tickets();
        server.send_tls13_tickets = usize::from(setup.tickets);
        client.resumption = Resumption::store(Arc::new(Tickets::new(setup.resumes)));
        Self {
            client: Arc::new(client),
            server: Arc::new(server),
            name: ServerName::try_from(SERVER_NAME).expect("a name"),
            to_server: Vec::with_capacity(1 << 16),
            to_client: Vec::with_capacity(1 << 16),
        }
    }

    fn connect(&mut self, laps: &mut Laps<2>) -> (ClientConnection, ServerConnection) {
        laps.skip();
        let client = ClientConnection::new(Arc::clone(&self.client), self.name.clone());
        let mut client = client.expect("a configuration");
        laps.lap(CLIENT);
        let server = ServerConnection::new(Arc::clone(&self.server));
        let mut server = server.expect("a configuration");
        laps.lap(SERVER);
        loop {
            turn(&mut client, &mut self.to_client, &mut self.to_server);
            laps.lap(CLIENT);
            if self.to_server.is_empty() {
                return (client, server);
            }
            turn(&mut server, &mut self.to_server, &mut self.to_client);
            laps.lap(SERVER);
        }
    }

    /// A connection, ready for data.
    pub(crate) fn connected(&mut self) -> (ClientConnection, ServerConnection) {
        self.connect(&mut Laps::start())
    }

    /// What each side holds once idle: its heap, after `octets` each way, without the host's buffers.
    pub(crate) fn held(&mut self, octets: usize) -> [i64; 2] {
        let mut laps = Laps::start();
        let (mut client, mut server) = self.connect(&mut laps);
        let data = vec![0; octets];
        let mut plain = vec![0; octets];
        laps.skip();
        send(&mut client, &data, &mut self.to_server);
        laps.lap(CLIENT);
        assert_eq!(receive(&mut server, &self.to_server, &mut plain), octets);
        send(&mut server, &data, &mut self.to_client);
        laps.lap(SERVER);
        assert_eq!(receive(&mut client, &self.to_client, &mut plain), octets);
        laps.lap(CLIENT);
        self.to_server.clear();
        self.to_client.clear();
        laps.costs.map(|cost| cost.held)
    }
}

impl Handshake for Rustls {
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

/// Takes all of `input` in, and puts what must be sent into `output`.
fn turn<S: SideData>(
    connection: &mut impl DerefMut<Target = ConnectionCommon<S>>,
    input: &mut Vec<u8>,
    output: &mut Vec<u8>,
) {
    // It fits the buffer of rustls, so it is processed at once.
    let mut rest = &input[..];
    while !rest.is_empty() {
        connection.read_tls(&mut rest).expect("memory");
    }
    connection.process_new_packets().expect("a good peer");
    input.clear();
    while connection.wants_write() {
        connection.write_tls(output).expect("memory");
    }
}

/// Encrypts `data` and appends the records to `tx`.
pub(crate) fn send<S: SideData>(
    connection: &mut impl DerefMut<Target = ConnectionCommon<S>>,
    data: &[u8],
    tx: &mut Vec<u8>,
) {
    connection.writer().write_all(data).expect("memory");
    while connection.wants_write() {
        connection.write_tls(tx).expect("memory");
    }
}

/// Takes the stream `wire` in, and reads what it holds, piece by piece, into `plain`.
pub(crate) fn receive<S: SideData>(
    connection: &mut impl DerefMut<Target = ConnectionCommon<S>>,
    mut wire: &[u8],
    plain: &mut [u8],
) -> usize {
    let mut octets = 0;
    while !wire.is_empty() {
        connection.read_tls(&mut wire).expect("memory");
        let state = connection.process_new_packets().expect("a good peer");
        let mut ready = state.plaintext_bytes_to_read();
        while ready > 0 {
            let read = connection.reader().read(plain).expect("it is ready");
            octets += read;
            ready -= read;
        }
    }
    octets
}

/// The tickets of one server: kept when the next connection is to resume, dropped otherwise.
struct Tickets {
    keep: bool,
    tickets: Mutex<VecDeque<Tls13ClientSessionValue>>,
}

impl Tickets {
    fn new(keep: bool) -> Self {
        Self {
            keep,
            tickets: Mutex::new(VecDeque::with_capacity(4)),
        }
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets")
    }
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        if self.keep {
            let mut tickets = self.tickets.lock().expect("one thread");
            tickets.clear();
            tickets.push_back(ticket);
        }
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.tickets.lock().expect("one thread").pop_front()
    }
}
