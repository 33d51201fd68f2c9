//! Machines of the toy provider, in the hands of a host that answers everything.

use std::{
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::BytesMut;
use crypto_core::{Group, Provider, SignatureAlgorithm, UnixTime};
use pki_types::{CertificateDer, ServerName};
use testkit::{
    certificate::{Certificate, Key},
    laws::Machine,
    pair::Pair,
    toy,
};
use tls_core::{
    Client, ClientAuth, ClientConfig, CookieKey, Event, Identity, Limits, Misuse, Roots, Server,
    ServerConfig, Session, TicketKeys, TicketPolicy,
    wire::{KeyUpdate, SignatureScheme},
};

const NAME: &str = "server.example";

/// The verbs of both roles.
pub trait Role {
    /// See the role.
    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event>;
    /// See the role.
    fn answer(&mut self, answer: tls_core::Answer) -> Result<(), Misuse>;
    /// See the role.
    fn write(&mut self, data: &[u8], tx: &mut BytesMut) -> Result<(), Misuse>;
    /// See the role.
    fn update_keys(&mut self, request: KeyUpdate, tx: &mut BytesMut) -> Result<(), Misuse>;
    /// See the role.
    fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse>;
    /// See the role.
    fn eof(&mut self);
}

macro_rules! role {
    ($role:ident) => {
        impl Role for $role {
            fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event> {
                Self::poll(self, rx, tx)
            }
            fn answer(&mut self, answer: tls_core::Answer) -> Result<(), Misuse> {
                Self::answer(self, answer)
            }
            fn write(&mut self, data: &[u8], tx: &mut BytesMut) -> Result<(), Misuse> {
                Self::write(self, data, tx)
            }
            fn update_keys(&mut self, request: KeyUpdate, tx: &mut BytesMut) -> Result<(), Misuse> {
                Self::update_keys(self, request, tx)
            }
            fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse> {
                Self::close(self, tx)
            }
            fn eof(&mut self) {
                Self::eof(self);
            }
        }
    };
}
role!(Client);
role!(Server);

/// What came out of a machine.
#[allow(missing_docs, reason = "two names that say it all")]
pub enum Seen {
    Asked(String),
    Event(Event),
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(text) => write!(f, "Asked({text})"),
            Self::Event(event) => write!(f, "Event({event:?})"),
        }
    }
}

/// A machine with its host.
pub struct Host<R> {
    /// The machine.
    pub tls: R,
    variant: Variant,
}

impl<R: Role> Machine for Host<R> {
    type Event = Seen;

    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Seen> {
        let event = self.tls.poll(rx, tx)?;
        if let Event::Connected(_) = event {
            self.tls.write(b"greeting", tx).unwrap();
        }
        if let Event::PeerClosed = event {
            let _ = self.tls.close(tx);
        }
        let text = format!("{event:?}");
        let answer = match event {
            Event::ClientHello(question) => {
                // Whatever the message says can be asked.
                let _ = (question.server_name(), question.hello());
                let _ = (question.alpn().count(), question.groups().count());
                let _ = (
                    question.cipher_suites().count(),
                    question.signature_schemes().count(),
                );
                question.with(Arc::new(server_config(self.variant)))
            }
            Event::Ticket(question) => question.unknown(),
            Event::Credential(question) => question.present(WORLD.client.clone()),
            Event::Sign(question) => {
                let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
                let signature = WORLD
                    .server_key
                    .key
                    .sign(algorithm, question.content())
                    .unwrap();
                question.signature(signature)
            }
            Event::Verify(question) => {
                let _ = question.chain().iter().count();
                question.accept()
            }
            event => return Some(Seen::Event(event)),
        };
        self.tls.answer(answer).unwrap();
        Some(Seen::Asked(text))
    }

    fn eof(&mut self) {
        self.tls.eof();
    }

    fn is_end(event: &Seen) -> bool {
        matches!(event, Seen::Event(Event::Closed(_)))
    }
}

/// Certificates and keys, made once.
struct World {
    roots: Roots,
    server: Identity,
    server_key: Key,
    chain: Vec<CertificateDer<'static>>,
    client: Identity,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let provider = toy::provider(0);
    let [root, server_key, client_key] =
        [1, 2, 3].map(|seed| Key::new(&provider, SignatureAlgorithm::EcdsaP256Sha256, seed));
    let authority = Certificate {
        subject: "root",
        authority: true,
        ..Certificate::default()
    };
    let root_certificate = authority.sign(&root, &root);
    let chain = vec![
        Certificate {
            names: &[NAME],
            ..Certificate::default()
        }
        .sign(&server_key, &root),
    ];
    let client = Certificate {
        subject: "client",
        ..Certificate::default()
    };
    World {
        roots: Roots::from_certificates([&root_certificate]).unwrap(),
        server: Identity::new(chain.clone(), server_key.key.clone()).unwrap(),
        client: Identity::new(
            vec![client.sign(&client_key, &root)],
            client_key.key.clone(),
        )
        .unwrap(),
        server_key,
        chain,
    }
});

/// The configurations of both ends, by the bits of an octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant(pub u8);

impl Variant {
    fn has(self, bit: u8) -> bool {
        self.0 >> bit & 1 == 1
    }

    /// Both ask the host whatever they can.
    fn asks(self) -> bool {
        self.has(0)
    }

    /// The client shows a certificate, which the server wants.
    fn mutual(self) -> bool {
        self.has(1)
    }

    /// The server wants a share of another group.
    fn retries(self) -> bool {
        self.has(2)
    }

    /// The server keeps its state in a cookie.
    fn cookies(self) -> bool {
        self.has(3)
    }

    /// The client offers a session.
    fn resumes(self) -> bool {
        self.has(4)
    }

    /// Small records, small limits.
    fn is_small(self) -> bool {
        self.has(5)
    }

    /// Records are protected by keys that check.
    fn is_checked(self) -> bool {
        self.has(6)
    }

    fn provider(self, seed: u64) -> Arc<Provider> {
        Arc::new(if self.is_checked() {
            toy::provider(seed)
        } else {
            toy::forging(seed)
        })
    }

    fn limits(self) -> Limits {
        let mut limits = Limits::default();
        if self.is_small() {
            limits.max_records_per_key = 3;
            limits.max_empty_records = 2;
            limits.max_key_updates = 2;
            limits.max_warning_alerts = 1;
            limits.max_tickets = 2;
            limits.max_change_cipher_specs = 2;
        }
        limits
    }

    /// Makes the client: every time the same one.
    #[must_use]
    pub fn client(self) -> Host<Client> {
        let config = Arc::new(client_config(self));
        let name = ServerName::try_from(NAME).unwrap();
        let tls = if self.resumes() {
            let session = Session::from_bytes(&SESSION[usize::from(self.is_checked())]).unwrap();
            Client::resume(config, name, session, now())
        } else {
            Client::new(config, name, now())
        };
        Host {
            tls: tls.unwrap(),
            variant: self,
        }
    }

    /// Makes the server: every time the same one.
    #[must_use]
    pub fn server(self) -> Host<Server> {
        let tls = if self.asks() {
            Server::asking(&self.provider(2), self.limits(), now())
        } else {
            Server::new(Arc::new(server_config(self)), now())
        };
        Host {
            tls: tls.unwrap(),
            variant: self,
        }
    }

    /// Both ends before the first octet.
    #[must_use]
    pub fn pair(self) -> Pair<Host<Client>, Host<Server>> {
        Pair::new(self.client(), self.server())
    }
}

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000))
}

/// A session for each kind of keys.
static SESSION: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [0, 1 << 6].map(|bits| {
        let mut pair = Variant(bits).pair();
        pair.run();
        let ticket = pair.client.events.into_iter().find_map(|seen| match seen {
            Seen::Event(Event::NewTicket(ticket)) => Some(ticket),
            _ => None,
        });
        ticket
            .expect("a ticket")
            .received(now())
            .to_bytes()
            .to_vec()
    })
});

fn client_config(variant: Variant) -> ClientConfig {
    let mut config = ClientConfig::new(variant.provider(1))
        .with_roots(WORLD.roots.clone())
        .with_alpn(&[b"h2", b"http/1.1"])
        .with_limits(variant.limits());
    if variant.mutual() {
        config = config.with_identity(WORLD.client.clone());
    }
    if variant.asks() {
        config = config
            .with_verify_question()
            .with_credential_question()
            .with_key_log(true);
    }
    if variant.retries() {
        config = config.with_groups(&[Group::X25519, Group::SECP256R1]);
    }
    if variant.is_small() {
        config = config.with_max_fragment(64).with_middlebox_compat(false);
    }
    config
}

fn server_config(variant: Variant) -> ServerConfig {
    let mut config = ServerConfig::new(variant.provider(2))
        .with_alpn(&[b"http/1.1"])
        .with_limits(variant.limits());
    config = if variant.asks() {
        let schemes = [SignatureScheme::ECDSA_SECP256R1_SHA256];
        let identity = Identity::external(WORLD.chain.clone(), &schemes).unwrap();
        config
            .with_identity(identity)
            .with_client_question(ClientAuth::Optional)
            .with_tickets(TicketPolicy::Stored(1000))
    } else {
        // The same keys for every server: a session of one is a session of all.
        let keys = TicketKeys::generate(&variant.provider(3), 1000).unwrap();
        config
            .with_identity(WORLD.server.clone())
            .with_tickets(TicketPolicy::Sealed(keys))
    };
    if variant.mutual() && !variant.asks() {
        config = config.with_client_roots(ClientAuth::Required, WORLD.roots.clone());
    }
    if variant.retries() {
        config = config.with_groups(&[Group::SECP256R1]);
    }
    if variant.cookies() {
        let key = CookieKey::generate(&variant.provider(4)).unwrap();
        config = config.with_retry_cookies(Arc::new(key));
    }
    if variant.is_small() {
        config = config.with_max_fragment(64);
    }
    config
}

/// An honest connection that the client closes: what each end sends.
#[must_use]
pub fn recording(variant: Variant) -> (Vec<u8>, Vec<u8>) {
    let mut pair = variant.pair();
    pair.run();
    for request in [KeyUpdate::NotRequested, KeyUpdate::Requested] {
        let _ = pair
            .client
            .machine
            .tls
            .update_keys(request, &mut pair.client.tx);
        pair.run();
        let _ = pair
            .server
            .machine
            .tls
            .write(b"data of the server", &mut pair.server.tx);
        let _ = pair
            .client
            .machine
            .tls
            .write(b"data of the client", &mut pair.client.tx);
        pair.run();
    }
    let _ = pair.client.machine.tls.close(&mut pair.client.tx);
    pair.run();
    (pair.net.up.log().to_vec(), pair.net.down.log().to_vec())
}
