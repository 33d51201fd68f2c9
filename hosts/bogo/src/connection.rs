//! One connection: the machine, the socket, and the answers to the machine's questions.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use crypto_core::{Provider, Secret, UnixTime};
use pki_types::ServerName;
use tls_core::{
    Answer, Client, Connected, Error, Event, Limits, Misuse, Server, ServerConfig, ServerSession,
    Session, TicketKeys, wire::KeyUpdate,
};

use crate::{
    answers, issuers,
    options::{Options, Test, Unimplemented},
    settings::{self, Own},
    wire::Wire,
};

/// What passes from one connection of a test to the next.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) session: Option<Session>,
    pub(crate) stored: Vec<(Vec<u8>, ServerSession)>,
    pub(crate) keys: TicketKeys,
    pub(crate) now: UnixTime,
}

/// Why a connection is not what the test wants.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It ended with this error.
    Tls(Error),
    /// Something is not as it should be, for people to read.
    Fact(String),
    /// Something happened that BoringSSL has a name for, outside of the machine.
    Named(&'static str),
    /// The test is about something that is not here.
    Unimplemented(Unimplemented),
}

impl From<Misuse> for Failure {
    fn from(misuse: Misuse) -> Self {
        Self::Fact(format!("misuse: {misuse}"))
    }
}

impl From<Unimplemented> for Failure {
    fn from(what: Unimplemented) -> Self {
        Self::Unimplemented(what)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Fact(format!("socket: {error}"))
    }
}

#[derive(Debug)]
enum Machine {
    Client(Client),
    Server(Server),
}

/// Calls the same method of either role.
macro_rules! either {
    ($machine:expr, $role:ident => $call:expr) => {
        match $machine {
            Machine::Client($role) => $call,
            Machine::Server($role) => $call,
        }
    };
}

/// What the host waits for.
#[derive(Debug)]
pub(crate) enum Happening {
    Connected(Box<Connected>),
    Data(Bytes),
    /// The peer has said that it will send no more.
    PeerClosed,
    /// The stream ended without that.
    Truncated,
    /// Both ends have closed.
    Closed,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection<'t> {
    pub(crate) options: &'t Options,
    pub(crate) kept: &'t mut Kept,
    pub(crate) own: Vec<Own>,
    provider: &'t Arc<Provider>,
    /// BoringSSL's name for why the hello was refused, if it was.
    pub(crate) refused_as: Option<&'static str>,
    pub(crate) wire: Wire,
    machine: Machine,
    /// Not given to the machine yet.
    answer: Option<Answer>,
    /// Place of the credential whose key signed.
    pub(crate) signed_with: Option<usize>,
    pub(crate) got_session: bool,
    /// Traffic secrets with their labels in the key log.
    pub(crate) secrets: Vec<(&'static str, Secret)>,
}

impl<'t> Connection<'t> {
    /// Connects to the runner.
    pub(crate) fn open(
        test: &Test,
        options: &'t Options,
        kept: &'t mut Kept,
        provider: &'t Arc<Provider>,
    ) -> Result<Self, Failure> {
        let own = settings::identities(provider, options)?;
        let machine = if options.server {
            Machine::Server(if asks_for_config(options) {
                Server::asking(provider, Limits::default(), kept.now)?
            } else {
                let config = settings::server(provider, options, &own, &kept.keys)?;
                Server::new(config, kept.now)?
            })
        } else {
            if options.refuse_hello.is_some() {
                return Err(Unimplemented("refusal by a client".into()).into());
            }
            let config = settings::client(provider, options, &own)?;
            let name = server_name(options)?;
            let client = match kept.session.take() {
                Some(session) => Client::resume(config, name, session, kept.now)?,
                None => Client::new(config, name, kept.now)?,
            };
            Machine::Client(client)
        };
        Ok(Self {
            options,
            kept,
            own,
            provider,
            refused_as: None,
            wire: Wire::connect(test, options.late)?,
            machine,
            answer: None,
            signed_with: None,
            got_session: false,
            secrets: Vec::new(),
        })
    }

    /// The configuration of a server with the credentials for a client that names `authorities`.
    pub(crate) fn server_config(
        &self,
        authorities: &[Vec<u8>],
    ) -> Result<Arc<ServerConfig>, Failure> {
        let allowed = self
            .own
            .iter()
            .filter(|own| issuers::allow(own, authorities));
        let allowed: Vec<_> = allowed.cloned().collect();
        let keys = &self.kept.keys;
        Ok(settings::server(
            self.provider,
            self.options,
            &allowed,
            keys,
        )?)
    }

    /// Waits for the next thing that the host does not settle by itself.
    pub(crate) fn next(&mut self) -> Result<Happening, Failure> {
        loop {
            let event = self.event()?;
            if self.options.expect.never_connected && matches!(event, Event::Connected(_)) {
                return Err(Failure::Fact("the handshake was completed".into()));
            }
            match event {
                Event::Connected(facts) => return Ok(Happening::Connected(facts)),
                Event::Data(data) => return Ok(Happening::Data(data)),
                Event::PeerClosed => return Ok(Happening::PeerClosed),
                Event::Closed(Ok(())) => return Ok(Happening::Closed),
                Event::Closed(Err(Error::Truncated)) => return Ok(Happening::Truncated),
                Event::Closed(Err(error)) => return Err(Failure::Tls(error)),
                Event::NewTicket(ticket) => {
                    self.kept.session = Some(ticket.received(self.kept.now));
                    self.got_session = true;
                }
                Event::StoreTicket { identity, session } => {
                    self.kept.stored.push((identity, *session));
                }
                Event::Forget(id) => {
                    self.kept.session.take_if(|session| session.id() == id);
                    self.kept.stored.retain(|(_, session)| session.id() != id);
                }
                Event::KeyLog(line) => self.secrets.push((line.label(), line.secret().clone())),
                question => self.answer = Some(answers::to(self, question)?),
            }
        }
    }

    /// Waits for the next event.
    fn event(&mut self) -> Result<Event, Failure> {
        loop {
            let Wire { rx, tx, .. } = &mut self.wire;
            if let Some(event) = either!(&mut self.machine, role => role.poll(rx, tx)) {
                if self.answer.is_some() {
                    return Err(Failure::Fact(format!(
                        "{event:?} while a question was open"
                    )));
                }
                return Ok(event);
            }
            self.wire.flush();
            if let Some(answer) = self.answer.take() {
                either!(&mut self.machine, role => role.answer(answer))?;
            } else if !self.wire.read() {
                either!(&mut self.machine, role => role.eof());
            }
        }
    }

    /// Encrypts `data` and sends it.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.with_tx(|machine, tx| either!(machine, role => role.write(data, tx)))
    }

    /// Encrypts `data` and sends the first octet; the rest waits until the wire is released.
    pub(crate) fn write_one_octet_of(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.wire.flush();
        either!(&mut self.machine, role => role.write(data, &mut self.wire.tx))?;
        self.wire.hold();
        Ok(())
    }

    /// Goes on under new keys.
    pub(crate) fn update_keys(&mut self) -> Result<(), Failure> {
        let request = KeyUpdate::NotRequested;
        self.with_tx(|machine, tx| either!(machine, role => role.update_keys(request, tx)))
    }

    /// Sends close_notify.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        self.with_tx(|machine, tx| either!(machine, role => role.close(tx)))
    }

    /// Derives keying material.
    pub(crate) fn export(&self, octets: usize) -> Result<Vec<u8>, Failure> {
        let Options {
            export_label: label,
            export_context: context,
            ..
        } = self.options;
        let mut material = vec![0; octets];
        either!(&self.machine, role => role.export(label, context, &mut material))?;
        Ok(material)
    }

    fn with_tx(
        &mut self,
        act: impl FnOnce(&mut Machine, &mut BytesMut) -> Result<(), Misuse>,
    ) -> Result<(), Failure> {
        act(&mut self.machine, &mut self.wire.tx)?;
        self.wire.flush();
        Ok(())
    }
}

/// True when the server is to ask which configuration serves the client.
fn asks_for_config(options: &Options) -> bool {
    let expect = &options.expect;
    options.late
        || options.ask_hello
        || options.max_fragment.is_some()
        || options.credentials.iter().any(|own| own.must_match_issuer)
        || options.refuse_hello.is_some()
        || !expect.advertised_alpn.is_empty()
        || !expect.verify_schemes.is_empty()
}

/// The name of the server. Without one, an address, which is never sent.
fn server_name(options: &Options) -> Result<ServerName<'static>, Unimplemented> {
    let name = options.host_name.as_deref().unwrap_or("127.0.0.1");
    ServerName::try_from(name.to_owned()).map_err(|_| Unimplemented(format!("host name {name}")))
}
