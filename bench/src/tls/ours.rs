//! Connections of `tls-core` in memory.

use std::sync::Arc;

use bytes::BytesMut;
use pki_types::{ServerName, UnixTime};
use tls_core::{
    Client, ClientConfig, Event, Identity, Roots, Server, ServerConfig, Session, TicketKeys,
    TicketPolicy,
};

use super::{CLIENT, Handshake, SERVER, Setup, library::Library, pki::SERVER_NAME};
use crate::measure::Laps;

/// Room for every flight and for a record, so that no buffer of the host grows while it is measured.
const ROOM: usize = 1 << 16;

/// Both configurations, and what a host keeps from one connection to the next.
#[derive(Debug)]
pub(crate) struct Ours {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: ServerName<'static>,
    now: UnixTime,
    resumes: bool,
    session: Option<Session>,
    wires: Wires,
}

/// The buffers of both hosts.
#[derive(Debug)]
struct Wires {
    client: Wire,
    server: Wire,
}

#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) rx: BytesMut,
    pub(crate) tx: BytesMut,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self {
            rx: BytesMut::with_capacity(ROOM),
            tx: BytesMut::with_capacity(ROOM),
        }
    }

    fn none() -> Self {
        Self {
            rx: BytesMut::new(),
            tx: BytesMut::new(),
        }
    }
}

impl Ours {
    pub(crate) fn new<L: Library>(setup: &Setup<'_>) -> Self {
        let provider = Arc::new(L::provider());
        let chain = setup.chain;
        let roots = Roots::from_certificates([&chain.root]).expect("a root");
        let key = provider.keys.load(&chain.key()).expect("a key");
        let identity = Identity::new(vec![chain.leaf.clone()], key).expect("a chain");
        let tickets = TicketKeys::generate(&provider, 3600).expect("randomness");

        let (suites, groups) = ([setup.cipher.suite()], [crypto_core::Group::X25519]);
        let client = ClientConfig::new(Arc::clone(&provider))
            .with_cipher_suites(&suites)
            .with_groups(&groups)
            .with_roots(roots);
        let server = ServerConfig::new(provider)
            .with_cipher_suites(&suites)
            .with_groups(&groups)
            .with_identity(identity)
            .with_tickets(TicketPolicy::Sealed(tickets))
            .with_ticket_count(setup.tickets);
        Self {
            client: Arc::new(client),
            server: Arc::new(server),
            name: ServerName::try_from(SERVER_NAME).expect("a name"),
            now: UnixTime::now(),
            resumes: setup.resumes,
            session: None,
            wires: Wires {
                client: Wire::new(),
                server: Wire::new(),
            },
        }
    }

    /// Connects, to the last ticket; says on `laps` what each side spent.
    fn connect(&mut self, laps: &mut Laps<2>) -> (Client, Server) {
        let Self {
            wires,
            now,
            resumes,
            session,
            ..
        } = self;
        laps.skip();
        let (config, name) = (Arc::clone(&self.client), self.name.clone());
        let client = match session.take() {
            Some(session) => Client::resume(config, name, session, *now),
            None => Client::new(config, name, *now),
        };
        let mut client = client.expect("a configuration");
        laps.lap(CLIENT);
        let server = Server::new(Arc::clone(&self.server), *now);
        let mut server = server.expect("a configuration");
        laps.lap(SERVER);
        loop {
            wires.client.rx.extend_from_slice(&wires.server.tx);
            wires.server.tx.clear();
            while let Some(event) = client.poll(&mut wires.client.rx, &mut wires.client.tx) {
                match event {
                    Event::NewTicket(ticket) if *resumes => *session = Some(ticket.received(*now)),
                    Event::Closed(end) => panic!("the client closed: {end:?}"),
                    _ => {}
                }
            }
            laps.lap(CLIENT);
            if wires.client.tx.is_empty() {
                return (client, server);
            }
            wires.server.rx.extend_from_slice(&wires.client.tx);
            wires.client.tx.clear();
            while let Some(event) = server.poll(&mut wires.server.rx, &mut wires.server.tx) {
                if let Event::Closed(end) = event {
                    panic!("the server closed: {end:?}");
                }
            }
            laps.lap(SERVER);
        }
    }

    /// A connection, ready for data.
    pub(crate) fn connected(&mut self) -> (Client, Server) {
        self.connect(&mut Laps::start())
    }

    /// What each side holds once idle: its heap, after `octets` each way, without the host's buffers.
    pub(crate) fn held(&mut self, octets: usize) -> [i64; 2] {
        self.wires = Wires {
            client: Wire::none(),
            server: Wire::none(),
        };
        let mut laps = Laps::start();
        self.wires.client = Wire::new();
        laps.lap(CLIENT);
        self.wires.server = Wire::new();
        laps.lap(SERVER);
        let (mut client, mut server) = self.connect(&mut laps);
        let data = vec![0; octets];
        laps.skip();
        let Wires {
            client: near,
            server: far,
        } = &mut self.wires;
        client.write(&data, &mut near.tx).expect("connected");
        laps.lap(CLIENT);
        far.rx.extend_from_slice(&near.tx);
        assert_eq!(received(|| server.poll(&mut far.rx, &mut far.tx)), octets);
        server.write(&data, &mut far.tx).expect("connected");
        laps.lap(SERVER);
        near.rx.extend_from_slice(&far.tx);
        assert_eq!(received(|| client.poll(&mut near.rx, &mut near.tx)), octets);
        *near = Wire::none();
        laps.lap(CLIENT);
        *far = Wire::none();
        laps.lap(SERVER);
        self.wires = Wires {
            client: Wire::new(),
            server: Wire::new(),
        };
        laps.costs.map(|cost| cost.held)
    }
}

impl Handshake for Ours {
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

/// Polls until nothing comes, and counts the octets of data, which are dropped at once.
pub(crate) fn received(mut poll: impl FnMut() -> Option<Event>) -> usize {
    let mut octets = 0;
    while let Some(event) = poll() {
        match event {
            Event::Data(data) => octets += data.len(),
            Event::Closed(end) => panic!("closed: {end:?}"),
            _ => {}
        }
    }
    octets
}
