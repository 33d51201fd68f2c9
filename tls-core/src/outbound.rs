//! From handshake messages to records: a flight is gathered and sent in as few records as it needs.

use alloc::{collections::VecDeque, vec::Vec};

use bytes::BytesMut;

use crate::{
    error::{Error, Misuse},
    event::{Direction, Epoch, Event, KeyLogLine, Trace, Traced},
    inbound::{Boundary, EarlyData},
    record::{self, Opener, Sealer},
    session::SessionId,
    tickets::TicketKeys,
    wire::{AlertDescription, AlertLevel, ContentType, HandshakeType, ProtocolVersion},
};
use crypto_core::{CryptoError, Secret};

/// The sending half of the record layer during the handshake.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// `None` before the first key change.
    pub(crate) sealer: Option<Sealer>,
    /// Messages not sent yet, all of one epoch.
    flight: Vec<u8>,
    max_fragment: usize,
    /// The version on unprotected records: 3.1 on a first ClientHello, for old servers.
    version: ProtocolVersion,
}

const TLS10: ProtocolVersion = ProtocolVersion(0x0301);

impl Outbound {
    /// A client begins with a flight; a server with none, and room for a usual one.
    pub(crate) fn new(max_fragment: usize, flight: Option<Vec<u8>>) -> Self {
        let version = match &flight {
            Some(_) => TLS10,
            None => ProtocolVersion::TLS12,
        };
        let flight = flight.unwrap_or_else(|| Vec::with_capacity(2048));
        Self {
            sealer: None,
            flight,
            max_fragment,
            version,
        }
    }

    /// Bounds the records to come, now that the configuration is known.
    pub(crate) fn set_max_fragment(&mut self, octets: usize) {
        self.max_fragment = octets;
    }

    /// What was gathered, for the trace: at the beginning of a client one ClientHello.
    pub(crate) fn traced(&self) -> Option<Traced> {
        let kind = HandshakeType(*self.flight.first()?);
        Some(Traced::message(kind, &self.flight))
    }

    /// Sends what was gathered.
    pub(crate) fn flush(&mut self, tx: &mut BytesMut) -> Result<(), Error> {
        for fragment in self.flight.chunks(self.max_fragment) {
            match &mut self.sealer {
                Some(sealer) => {
                    sealer
                        .append(ContentType::HANDSHAKE, fragment, 0, tx)
                        .map_err(failed)?;
                }
                None => record::append_plain(ContentType::HANDSHAKE, self.version, fragment, tx),
            }
        }
        if !self.flight.is_empty() {
            self.flight.clear();
            self.version = ProtocolVersion::TLS12;
        }
        Ok(())
    }

    /// Forgets what was gathered: a failed state's messages are not sent.
    pub(crate) fn discard(&mut self) {
        self.flight.clear();
    }

    pub(crate) fn alert(&mut self, level: AlertLevel, alert: AlertDescription, tx: &mut BytesMut) {
        let body = [level.0, alert.0];
        match &mut self.sealer {
            // Without a sequence number left there is no way to say anything.
            Some(sealer) => drop(sealer.append(ContentType::ALERT, &body, 0, tx)),
            None => record::append_plain(ContentType::ALERT, ProtocolVersion::TLS12, &body, tx),
        }
    }
}

/// Only a broken source or 2^64 records can stop a handshake message.
fn failed(_: Misuse) -> Error {
    Error::Crypto(CryptoError::Failed)
}

/// Where states write what they want done: messages, keys, events, questions.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    pub(crate) outbound: &'a mut Outbound,
    pub(crate) events: &'a mut VecDeque<Event>,
    pub(crate) tx: &'a mut BytesMut,
    /// Set by a state that asks: the number of its question.
    pub(crate) question: &'a mut Question,
    /// What changes for the receiving side once the state is done.
    pub(crate) changes: &'a mut Changes,
    /// The session that a failure would end.
    pub(crate) stake: &'a mut Option<Stake>,
    pub(crate) trace: bool,
}

/// What a state changes for the receiving side.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) opener: Option<(Opener, Boundary)>,
    pub(crate) early_data: Option<EarlyData>,
}

/// A session that may be resumed, and that a failure of this connection ends.
#[derive(Debug)]
pub(crate) struct Stake {
    pub(crate) session: SessionId,
    /// The keys under which a server sealed it.
    pub(crate) tickets: Option<TicketKeys>,
    pub(crate) claim: Claim,
}

/// What is known of the peer's part in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It has shown that it holds the secret, or this end offered the session itself.
    Shown,
    /// Its hello may be the replay of another's: only a record under the new keys shows that it is not.
    Replayable,
}

/// The question that is open, if one is, and the number of the next.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) open: Option<u64>,
    pub(crate) next: u64,
}

impl Output<'_> {
    /// Adds a handshake message to the flight and returns its octets, for the transcript.
    pub(crate) fn send(&mut self, kind: HandshakeType, encode: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let start = self.outbound.flight.len();
        encode(&mut self.outbound.flight);
        if self.trace {
            let octets = self.outbound.flight.get(start..).unwrap_or_default();
            let what = Traced::message(kind, octets);
            self.trace(Direction::Sent, what);
        }
        self.outbound.flight.get(start..).unwrap_or_default()
    }

    /// Sends the flight under the present keys.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.outbound.flush(self.tx)
    }

    /// Sends the flight, then changes the sending keys.
    pub(crate) fn install_sealer(&mut self, sealer: Sealer, epoch: Epoch) -> Result<(), Error> {
        self.flush()?;
        self.outbound.sealer = Some(sealer);
        self.trace(Direction::Sent, Traced::Keys(epoch));
        Ok(())
    }

    /// Changes the receiving keys, which the boundary allows.
    pub(crate) fn install_opener(&mut self, opener: Opener, boundary: Boundary, epoch: Epoch) {
        self.changes.opener = Some((opener, boundary));
        self.trace(Direction::Received, Traced::Keys(epoch));
    }

    /// Sends the flight, then a change_cipher_spec for middleboxes.
    pub(crate) fn change_cipher_spec(&mut self) -> Result<(), Error> {
        self.flush()?;
        let version = ProtocolVersion::TLS12;
        record::append_plain(ContentType::CHANGE_CIPHER_SPEC, version, &[1], self.tx);
        self.trace(Direction::Sent, Traced::ChangeCipherSpec);
        Ok(())
    }

    /// Opens a question; nothing is read until it is answered.
    pub(crate) fn event_asking(&mut self, question: impl FnOnce(u64) -> Event) {
        let number = self.question.next;
        self.question.next = number.wrapping_add(1);
        self.question.open = Some(number);
        self.event(question(number));
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(crate) fn trace(&mut self, direction: Direction, what: Traced) {
        if self.trace {
            self.events
                .push_back(Event::Trace(Trace { direction, what }));
        }
    }

    pub(crate) fn key_log(
        &mut self,
        label: &'static str,
        client_random: &[u8; 32],
        secret: &Secret,
    ) {
        let line = KeyLogLine {
            label,
            client_random: *client_random,
            secret: secret.clone(),
        };
        self.event(Event::KeyLog(alloc::boxed::Box::new(line)));
    }
}
