//! TLS on the test bench: keys, configurations, and both ends with a host that answers their questions.

pub(crate) mod failing;
pub(crate) mod forge;
pub(crate) mod host;
pub(crate) mod pki;

use std::{sync::Arc, time::Duration};

use crypto_core::{Provider, UnixTime};
use pki_types::ServerName;
use testkit::{
    net::Net,
    pair::{Pair, Side},
    toy,
};
use tls_core::{
    Client, ClientConfig, Connected, Error, Event, Limits, Server, ServerConfig, Session,
    SessionId, wire::AlertDescription,
};

pub(crate) use self::{
    host::{Answers, Host, Seen},
    pki::{Pki, SERVER_NAME},
};

/// The time of every connection that does not say otherwise: in the year 2027.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) type Ends = Pair<Host<Client>, Host<Server>>;

pub(crate) fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

pub(crate) fn name(name: &'static str) -> ServerName<'static> {
    ServerName::try_from(name).unwrap()
}

pub(crate) fn ring() -> Arc<Provider> {
    Arc::new(crypto_core::ring::provider())
}

/// A world in which connections are made: a source of cryptography, certificates, configurations.
///
/// Both ends get their provider afresh for every connection, so that equal seeds replay it.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) source: Source,
    pub(crate) pki: Pki,
    pub(crate) client: Arc<dyn Fn(ClientConfig) -> ClientConfig>,
    pub(crate) server: Arc<dyn Fn(ServerConfig) -> ServerConfig>,
    pub(crate) now: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Ring,
    #[cfg(feature = "aws-lc-rs")]
    AwsLc,
    Toy,
    /// The toy whose records anybody can make and read.
    Forging,
}

impl Source {
    pub(crate) fn provider(self, seed: u64) -> Arc<Provider> {
        match self {
            Self::Ring => ring(),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => Arc::new(crypto_core::aws_lc::provider()),
            Self::Toy => Arc::new(toy::provider(seed)),
            Self::Forging => Arc::new(toy::forging(seed)),
        }
    }
}

const CLIENT_SEED: u64 = 0xc11e;
const SERVER_SEED: u64 = 0x5e7e;

impl Bench {
    pub(crate) fn new(source: Source) -> Self {
        let pki = Pki::new(&source.provider(0));
        Self {
            source,
            pki,
            client: Arc::new(|config| config),
            server: Arc::new(|config| config),
            now: NOW,
        }
    }

    pub(crate) fn toy() -> Self {
        Self::new(Source::Toy)
    }

    pub(crate) fn forging() -> Self {
        Self::new(Source::Forging)
    }

    /// Changes the configuration of clients; what was set before stays.
    pub(crate) fn client(
        mut self,
        change: impl Fn(ClientConfig) -> ClientConfig + 'static,
    ) -> Self {
        let before = self.client;
        self.client = Arc::new(move |config| change(before(config)));
        self
    }

    /// Changes the configuration of servers; what was set before stays.
    pub(crate) fn server(
        mut self,
        change: impl Fn(ServerConfig) -> ServerConfig + 'static,
    ) -> Self {
        let before = self.server;
        self.server = Arc::new(move |config| change(before(config)));
        self
    }

    pub(crate) fn client_config(&self) -> ClientConfig {
        let config = ClientConfig::new(self.source.provider(CLIENT_SEED));
        (self.client)(config.with_roots(self.pki.roots.clone()))
    }

    pub(crate) fn server_config(&self) -> ServerConfig {
        let config = ServerConfig::new(self.source.provider(SERVER_SEED));
        (self.server)(config.with_identity(self.pki.server.clone()))
    }

    pub(crate) fn connect(&self, config: ClientConfig) -> Host<Client> {
        let name = name(SERVER_NAME);
        Host::new(Client::new(Arc::new(config), name, at(self.now)).unwrap())
    }

    pub(crate) fn resume(&self, config: ClientConfig, session: Session) -> Host<Client> {
        let name = name(SERVER_NAME);
        Host::new(Client::resume(Arc::new(config), name, session, at(self.now)).unwrap())
    }

    pub(crate) fn accept(&self, config: ServerConfig) -> Host<Server> {
        Host::new(Server::new(Arc::new(config), at(self.now)).unwrap())
    }

    pub(crate) fn new_client(&self) -> Host<Client> {
        self.connect(self.client_config())
    }

    pub(crate) fn new_server(&self) -> Host<Server> {
        self.accept(self.server_config())
    }

    /// Both ends before their first octet.
    pub(crate) fn ends(&self) -> Ends {
        Pair::new(self.new_client(), self.new_server())
    }

    /// Both ends with a network between them.
    pub(crate) fn over(&self, net: Net) -> Ends {
        Pair::over(self.new_client(), self.new_server(), net)
    }

    /// Both ends after the handshake.
    pub(crate) fn connected(&self) -> Ends {
        let mut ends = self.ends();
        ends.run();
        assert!(
            ends.client.is_connected(),
            "client: {:?}",
            ends.client.events
        );
        assert!(
            ends.server.is_connected(),
            "server: {:?}",
            ends.server.events
        );
        ends
    }
}

/// What tests ask of one end.
pub(crate) trait Ask {
    fn connected(&self) -> Option<&Connected>;
    fn is_connected(&self) -> bool {
        self.connected().is_some()
    }
    /// All data so far.
    fn data(&self) -> Vec<u8>;
    /// How the connection ended.
    fn end(&self) -> Option<&Result<(), Error>>;
    /// The error it ended with.
    fn error(&self) -> Error {
        match self.end() {
            Some(Err(error)) => error.clone(),
            other => panic!("ended with {other:?}"),
        }
    }
    fn forgot(&self) -> Option<SessionId>;
    fn peer_closed(&self) -> bool;
    /// What was asked, by kind.
    fn asked(&self) -> Vec<&'static str>;
    /// Takes the tickets that came.
    fn sessions(&mut self, now: u64) -> Vec<Session>;
}

impl<R: host::Role> Ask for Side<Host<R>> {
    fn connected(&self) -> Option<&Connected> {
        self.events.iter().find_map(|seen| match seen {
            Seen::Event(Event::Connected(facts)) => Some(&**facts),
            _ => None,
        })
    }

    fn data(&self) -> Vec<u8> {
        let data = self.events.iter().filter_map(|seen| match seen {
            Seen::Event(Event::Data(data)) => Some(&data[..]),
            _ => None,
        });
        data.collect::<Vec<_>>().concat()
    }

    fn end(&self) -> Option<&Result<(), Error>> {
        self.events.iter().find_map(|seen| match seen {
            Seen::Event(Event::Closed(end)) => Some(end),
            _ => None,
        })
    }

    fn forgot(&self) -> Option<SessionId> {
        self.events.iter().find_map(|seen| match seen {
            Seen::Event(Event::Forget(session)) => Some(*session),
            _ => None,
        })
    }

    fn peer_closed(&self) -> bool {
        self.events
            .iter()
            .any(|seen| matches!(seen, Seen::Event(Event::PeerClosed)))
    }

    fn asked(&self) -> Vec<&'static str> {
        let kinds = self.events.iter().filter_map(|seen| match seen {
            Seen::Asked { kind, .. } => Some(*kind),
            Seen::Event(_) => None,
        });
        kinds.collect()
    }

    fn sessions(&mut self, now: u64) -> Vec<Session> {
        let (tickets, rest) = self
            .events
            .drain(..)
            .partition::<Vec<_>, _>(|seen| matches!(seen, Seen::Event(Event::NewTicket(_))));
        self.events = rest;
        let date = |seen| match seen {
            Seen::Event(Event::NewTicket(ticket)) => Some(ticket.received(at(now))),
            _ => None,
        };
        tickets.into_iter().filter_map(date).collect()
    }
}

/// Asserts that one end failed with `error`, and told the other by `alert`.
pub(crate) fn assert_fails<A: Ask, B: Ask>(
    here: &A,
    there: &B,
    error: &Error,
    alert: AlertDescription,
) {
    assert_eq!(here.end(), Some(&Err(error.clone())));
    assert_eq!(error.alert(), Some(alert));
    assert_eq!(there.end(), Some(&Err(Error::PeerAlert(alert))));
}

/// The defaults with one change.
pub(crate) fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}
