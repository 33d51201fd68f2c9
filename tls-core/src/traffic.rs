//! After the handshake: a sender and a receiver that share nothing.
//!
//! What the receiver learns that concerns the sender (a requested key update, a fatal end) comes out of it as a
//! [`Reply`], a value that the host carries over; there is no lock.

use alloc::{boxed::Box, sync::Arc};
use core::ops::Range;

use bytes::BytesMut;
use crypto_core::{CryptoError, Secret, UnixTime};
use pki_types::ServerName;

use crate::{
    config::Parameters,
    error::{Error, LimitExceeded, Misbehaved, Misuse},
    event::Event,
    extension::malformed,
    inbound::{Boundary, Inbound, Message, Opened, Stage, Transport, Unit},
    keys,
    limits::Limits,
    record::{Opener, Padding, RecordHeader, Sealer},
    session::{MAX_LIFETIME, NewTicket, Session, SessionId},
    suite::Suite,
    tickets::TicketKeys,
    wire::{
        AlertDescription, AlertLevel, ContentType, HandshakeType, KeyUpdate, Malformed,
        NewSessionTicket,
    },
};

/// What a receiver has to say to the sender of the same connection.
#[derive(Debug)]
#[must_use = "hand it to the sender, or the peer waits"]
pub struct Reply(ReplyKind);

#[derive(Debug)]
enum ReplyKind {
    /// The peer asked for new keys.
    UpdateKeys,
    /// The connection failed; with the alert that tells the peer, if it needs one.
    Fail(Option<AlertDescription>),
}

/// The sending half of a connection.
#[derive(Debug)]
pub struct Sender {
    suite: Arc<Suite>,
    secret: Secret,
    /// `None` once closed.
    sealer: Option<Sealer>,
    /// The peer waits for a KeyUpdate of this end.
    update_asked: bool,
    padding: Padding,
    max_fragment: usize,
    max_records: u64,
}

impl Sender {
    pub(crate) fn new(
        suite: Arc<Suite>,
        secret: Secret,
        sealer: Sealer,
        parameters: &Parameters,
    ) -> Self {
        Self {
            suite,
            secret,
            sealer: Some(sealer),
            update_asked: false,
            padding: parameters.padding,
            max_fragment: parameters.max_fragment,
            max_records: parameters.limits.max_records_per_key,
        }
    }

    /// Appends `data` to `tx` as records of at most the configured fragment; nothing for no data.
    ///
    /// # Errors
    /// [`Misuse::Closed`].
    pub fn write(&mut self, data: &[u8], tx: &mut BytesMut) -> Result<(), Misuse> {
        let (fragment, padding) = (self.max_fragment, self.padding);
        if self.sealer.is_none() {
            return Err(Misuse::Closed);
        }
        tx.reserve(data.len() + data.len().div_ceil(fragment) * Sealer::record_len(0, 0));
        for plain in data.chunks(fragment) {
            let padding = padding.of(plain.len(), fragment.max(plain.len()));
            self.sealer_with(tx)?
                .append(ContentType::APPLICATION_DATA, plain, padding, tx)?;
        }
        Ok(())
    }

    /// Seals one record out of place into `record`, whose length must be
    /// [`Sealer::record_len`]`(data.len(), 0)`: the hot path without a buffer in between.
    ///
    /// Ask [`update_due`](Self::update_due) before, and call [`update_keys`](Self::update_keys) when it says so.
    ///
    /// # Errors
    /// [`Misuse::Closed`], and those of [`Sealer::seal`].
    pub fn seal(&mut self, data: &[u8], record: &mut [u8]) -> Result<(), Misuse> {
        let sealer = self.sealer.as_mut().ok_or(Misuse::Closed)?;
        sealer.seal(ContentType::APPLICATION_DATA, data, record)
    }

    /// The record layer below, to seal in place; see [`Sealer::seal_in_place`].
    ///
    /// # Errors
    /// [`Misuse::Closed`].
    pub fn record_layer(&mut self) -> Result<&mut Sealer, Misuse> {
        self.sealer.as_mut().ok_or(Misuse::Closed)
    }

    /// True when the next data must come under new keys: the peer asked for them, or the present key has
    /// sealed as many records as it should. [`write`](Self::write) sees to it by itself.
    #[must_use]
    pub fn update_due(&self) -> bool {
        let used_up = |sealer: &Sealer| self.update_asked || sealer.sequence() >= self.max_records;
        self.sealer.as_ref().is_some_and(used_up)
    }

    /// Goes on under new keys, and asks the peer to do the same if `request` says so.
    ///
    /// # Errors
    /// [`Misuse::Closed`].
    pub fn update_keys(&mut self, request: KeyUpdate, tx: &mut BytesMut) -> Result<(), Misuse> {
        let present = self.sealer.as_mut().ok_or(Misuse::Closed)?;
        // The new keys come first: a message that cannot be followed by them must not be sent.
        let next = || -> Result<_, CryptoError> {
            let secret = keys::next_traffic_secret(&self.suite, &self.secret)?;
            let sealer = Sealer::new(&self.suite, &secret)?;
            Ok((secret, sealer))
        };
        let (secret, sealer) = next().map_err(|_| Misuse::Crypto)?;
        let mut message = alloc::vec::Vec::with_capacity(5);
        request.encode(&mut message);
        present.append(ContentType::HANDSHAKE, &message, 0, tx)?;
        self.secret = secret;
        self.sealer = Some(sealer);
        self.update_asked = false;
        Ok(())
    }

    /// Sends close_notify: the peer can tell that nothing is missing. Receiving goes on.
    ///
    /// # Errors
    /// [`Misuse::Closed`] when it was closed before.
    pub fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse> {
        self.alert(AlertLevel::WARNING, AlertDescription::CLOSE_NOTIFY, tx)
    }

    /// Does what the receiver asks for.
    pub fn apply(&mut self, reply: Reply, tx: &mut BytesMut) {
        // A sender that is closed has nothing left to say.
        let _ = match reply.0 {
            // Due before the next data (RFC 8446 section 4.6.3). One answers any number of requests, so that a
            // peer cannot make this end send without reading it.
            ReplyKind::UpdateKeys => {
                self.update_asked = true;
                Ok(())
            }
            ReplyKind::Fail(Some(alert)) => self.alert(AlertLevel::FATAL, alert, tx),
            ReplyKind::Fail(None) => {
                self.sealer = None;
                Ok(())
            }
        };
    }

    /// True after close_notify or a failure.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.sealer.is_none()
    }

    fn alert(
        &mut self,
        level: AlertLevel,
        description: AlertDescription,
        tx: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let mut sealer = self.sealer.take().ok_or(Misuse::Closed)?;
        sealer.append(ContentType::ALERT, &[level.0, description.0], 0, tx)
    }

    /// The sealer of the next record, after a key update when one is due.
    fn sealer_with(&mut self, tx: &mut BytesMut) -> Result<&mut Sealer, Misuse> {
        if self.update_due() {
            self.update_keys(KeyUpdate::NotRequested, tx)?;
        }
        self.sealer.as_mut().ok_or(Misuse::Closed)
    }
}

/// What a receiver does besides data.
#[derive(Debug)]
pub(crate) enum ReceiverRole {
    /// Takes tickets.
    Client {
        resumption: Secret,
        server_name: ServerName<'static>,
        tickets: u8,
    },
    /// Keeps failed sessions from being resumed.
    Server { tickets: Option<TicketKeys> },
}

/// The receiving half of a connection.
#[derive(Debug)]
pub struct Receiver {
    suite: Arc<Suite>,
    secret: Secret,
    exporter: Secret,
    session: SessionId,
    inbound: Inbound,
    limits: Limits,
    key_updates: u8,
    role: ReceiverRole,
    phase: Phase,
    transport: Transport,
}

/// Where the receiving half stands.
#[derive(Debug)]
enum Phase {
    Open,
    /// close_notify came; `PeerClosed` is next.
    PeerClosing,
    /// `Closed(Ok)` is next.
    Closing,
    /// The connection failed; the reply to the sender is next.
    Replying(Error),
    /// `Forget` is next.
    Forgetting(Error),
    /// `Closed(Err)` is next.
    Failing(Error),
    Ended,
}

/// What a handshake hands over.
#[derive(Debug)]
pub(crate) struct ReceiverParts {
    pub(crate) suite: Arc<Suite>,
    pub(crate) secret: Secret,
    pub(crate) exporter: Secret,
    pub(crate) session: SessionId,
    pub(crate) role: ReceiverRole,
}

impl Receiver {
    pub(crate) fn new(
        parts: ReceiverParts,
        mut inbound: Inbound,
        limits: Limits,
        transport: Transport,
    ) -> Self {
        inbound.shrink();
        let ReceiverParts {
            suite,
            secret,
            exporter,
            session,
            role,
        } = parts;
        Self {
            suite,
            secret,
            exporter,
            session,
            inbound,
            limits,
            key_updates: 0,
            role,
            phase: Phase::Open,
            transport,
        }
    }

    /// Takes at most one record off `rx` and tells what came of it; see [`Event`]. After a
    /// [`Event::Closed`], which ends this direction, `None` for ever.
    pub fn poll(&mut self, rx: &mut BytesMut) -> Option<Event> {
        if matches!(self.phase, Phase::Open) {
            match self.step(rx) {
                Ok(Some(event)) => return Some(event),
                Ok(None) => {}
                Err(error) => self.phase = Phase::Replying(error),
            }
        }
        match core::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Open if self.transport == Transport::Ended => {
                // The peer's process may have died without malice: its session stays good.
                Some(Event::Closed(Err(Error::Truncated)))
            }
            Phase::Open => {
                self.phase = Phase::Open;
                None
            }
            Phase::PeerClosing => {
                self.phase = Phase::Closing;
                Some(Event::PeerClosed)
            }
            Phase::Closing => Some(Event::Closed(Ok(()))),
            Phase::Replying(error) => Some(self.fail(error)),
            Phase::Forgetting(error) => {
                self.phase = Phase::Failing(error);
                Some(Event::Forget(self.session))
            }
            Phase::Failing(error) => Some(Event::Closed(Err(error))),
            Phase::Ended => {
                // What follows close_notify is ignored (RFC 8446 section 6.1).
                rx.clear();
                None
            }
        }
    }

    /// Opens one whole record in place, without a buffer in between: where its application data lies.
    ///
    /// `None` stands for a record without any: call [`poll`](Self::poll) with an empty `rx` then, until it has
    /// no more events.
    ///
    /// # Errors
    /// [`Misuse::BadLength`] when `record` is not exactly one record, [`Misuse::Closed`] when events wait in
    /// [`poll`](Self::poll) or the end was reached.
    pub fn open(&mut self, record: &mut [u8]) -> Result<Option<Range<usize>>, Misuse> {
        if !matches!(self.phase, Phase::Open) {
            return Err(Misuse::Closed);
        }
        if RecordHeader::peek(record).map(RecordHeader::record_len) != Some(record.len()) {
            return Err(Misuse::BadLength);
        }
        match self.inbound.whole_record(record) {
            Ok(Opened::Data(plain)) => {
                self.key_updates = 0;
                return Ok(Some(plain));
            }
            Ok(Opened::Unit(Unit::CloseNotify)) => self.phase = Phase::PeerClosing,
            Ok(Opened::Unit(_)) => {}
            Err(error) => self.phase = Phase::Replying(error),
        }
        Ok(None)
    }

    /// Tells that the transport delivers no more than what is in `rx`. Without a close_notify there, the
    /// connection was cut off.
    pub const fn eof(&mut self) {
        self.transport = Transport::Ended;
    }

    /// Derives keying material for another protocol (RFC 8446 section 7.5).
    ///
    /// # Errors
    /// [`Misuse::BadLength`] for a label above 249 octets or more than 255 hash lengths of output.
    pub fn export(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> Result<(), Misuse> {
        keys::export(&self.suite, &self.exporter, label, context, out)
            .map_err(|_| Misuse::BadLength)
    }

    fn step(&mut self, rx: &mut BytesMut) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.message()? {
                return Ok(Some(event));
            }
            match self.inbound.record(rx, Stage::Traffic)? {
                None => return Ok(None),
                Some(Unit::Data(data)) => {
                    self.key_updates = 0;
                    return Ok(Some(Event::Data(data)));
                }
                Some(Unit::CloseNotify) => {
                    self.phase = Phase::PeerClosing;
                    return Ok(None);
                }
                Some(Unit::Handshake | Unit::ChangeCipherSpec | Unit::Nothing) => {}
            }
        }
    }

    /// Handles the next whole handshake message, if there is one that leads to an event.
    fn message(&mut self) -> Result<Option<Event>, Error> {
        while let Some(message) = self.inbound.message()? {
            match (message.kind, &mut self.role) {
                (HandshakeType::KEY_UPDATE, _) => {
                    let request = KeyUpdate::parse(message.body).map_err(|why| {
                        if why == Malformed::Value {
                            Misbehaved::KeyUpdate.into()
                        } else {
                            malformed(message.kind)(why)
                        }
                    })?;
                    let boundary = message.boundary()?;
                    self.update_keys(boundary)?;
                    if request == KeyUpdate::Requested {
                        return Ok(Some(Event::Reply(Reply(ReplyKind::UpdateKeys))));
                    }
                }
                (
                    HandshakeType::NEW_SESSION_TICKET,
                    ReceiverRole::Client {
                        resumption,
                        server_name,
                        tickets,
                    },
                ) => {
                    if *tickets == self.limits.max_tickets {
                        return Err(LimitExceeded::Tickets.into());
                    }
                    *tickets += 1;
                    let ticket =
                        new_ticket(&self.suite, resumption, server_name, self.session, &message)?;
                    if let Some(ticket) = ticket {
                        return Ok(Some(Event::NewTicket(Box::new(ticket))));
                    }
                }
                _ => return Err(message.unexpected()),
            }
        }
        // Nothing of it is needed while the connection is idle.
        self.inbound.shrink();
        Ok(None)
    }

    /// The peer's next record comes under new keys (RFC 8446 section 4.6.3).
    fn update_keys(&mut self, boundary: Boundary) -> Result<(), Error> {
        if self.key_updates == self.limits.max_key_updates {
            return Err(LimitExceeded::KeyUpdates.into());
        }
        self.key_updates += 1;
        self.secret = keys::next_traffic_secret(&self.suite, &self.secret)?;
        self.inbound
            .install(Opener::new(&self.suite, &self.secret)?, boundary);
        Ok(())
    }

    fn fail(&mut self, error: Error) -> Event {
        if let ReceiverRole::Server {
            tickets: Some(keys),
        } = &self.role
        {
            keys.forget(&self.session);
        }
        let reply = Reply(ReplyKind::Fail(error.alert()));
        self.phase = Phase::Forgetting(error);
        Event::Reply(reply)
    }
}

/// Makes a session of a NewSessionTicket; none for a lifetime of zero.
fn new_ticket(
    suite: &Suite,
    resumption: &Secret,
    server_name: &ServerName<'static>,
    session: SessionId,
    message: &Message<'_>,
) -> Result<Option<NewTicket>, Error> {
    let ticket = NewSessionTicket::parse(message.body).map_err(malformed(message.kind))?;
    if ticket.lifetime > MAX_LIFETIME {
        return Err(Misbehaved::TicketLifetime.into());
    }
    if ticket.lifetime == 0 {
        return Ok(None);
    }
    Ok(Some(NewTicket(Session {
        id: session,
        server_name: server_name.clone(),
        suite: suite.id,
        psk: keys::ticket_psk(suite, resumption, ticket.nonce)?,
        ticket: ticket.ticket.to_vec(),
        lifetime: ticket.lifetime,
        age_add: ticket.age_add,
        received: UnixTime::since_unix_epoch(core::time::Duration::ZERO),
    })))
}
