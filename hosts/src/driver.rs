//! What the streams share: one connection with its buffers, and what becomes of its events. No I/O.

#[cfg(test)]
#[cfg(feature = "ring")]
mod tests;

use std::{fmt, io, sync::Arc};

use bytes::{Buf, Bytes, BytesMut};
use tls_core::{
    Answer, Client, Connected, Error, Event, HEADER_LEN, MAX_FRAGMENT, Misuse, Server,
    wire::KeyUpdate,
};

use crate::{
    clock,
    error::{failure, is_gone, misuse},
    hooks::Hooks,
    sessions::Sessions,
};

/// Octets asked of the transport at once: the longest record (RFC 8446 section 5.2) and most of another.
pub(crate) const WINDOW: usize = 2 * (HEADER_LEN + MAX_FRAGMENT);

/// Most octets encrypted before the transport gets some: four full records.
const MAX_WRITE: usize = 4 * MAX_FRAGMENT;

/// One role or the other.
#[derive(Debug)]
pub(crate) enum Machine {
    Client(Client),
    Server(Server),
}

/// The same call on either role.
macro_rules! either {
    ($machine:expr, $role:ident => $call:expr) => {
        match $machine {
            Machine::Client($role) => $call,
            Machine::Server($role) => $call,
        }
    };
}

/// What the next step of a stream is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// The transport must send `tx`, then give more.
    Starved,
    /// The handshake is complete.
    Connected(Box<Connected>),
    /// There is data.
    Data,
    /// No more data will come: the peer closed, or the connection failed. `tx` may hold the alert.
    Ended(Result<(), Error>),
}

/// Where receiving stands.
#[derive(Debug)]
enum Receiving {
    Open,
    Ended(Result<(), Error>),
}

/// A connection and its buffers.
pub(crate) struct Driver {
    machine: Machine,
    /// From the transport.
    pub(crate) rx: BytesMut,
    /// For the transport.
    pub(crate) tx: BytesMut,
    data: Bytes,
    receiving: Receiving,
    sending: bool,
    hooks: Hooks,
    sessions: Option<Arc<Sessions>>,
}

impl fmt::Debug for Driver {
    /// Says how much is held, not what: it may be someone's plaintext.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("machine", &self.machine)
            .field("rx", &self.rx.len())
            .field("tx", &self.tx.len())
            .field("data", &self.data.len())
            .field("receiving", &self.receiving)
            .field("sending", &self.sending)
            .finish_non_exhaustive()
    }
}

impl Driver {
    pub(crate) fn new(machine: Machine, hooks: Hooks, sessions: Option<Arc<Sessions>>) -> Self {
        Self {
            machine,
            rx: BytesMut::new(),
            tx: BytesMut::new(),
            data: Bytes::new(),
            receiving: Receiving::Open,
            sending: true,
            hooks,
            sessions,
        }
    }

    /// Goes on until there is something to do for a stream.
    pub(crate) fn advance(&mut self) -> Progress {
        if self.data.has_remaining() {
            return Progress::Data;
        }
        loop {
            if let Receiving::Ended(end) = &self.receiving {
                return Progress::Ended(end.clone());
            }
            let Some(event) = either!(&mut self.machine, m => m.poll(&mut self.rx, &mut self.tx))
            else {
                return Progress::Starved;
            };
            if let Some(progress) = self.handle(event) {
                return progress;
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all are named, six in bindings"
    )]
    fn handle(&mut self, event: Event) -> Option<Progress> {
        match event {
            Event::Connected(facts) => return Some(Progress::Connected(facts)),
            Event::Data(data) if data.is_empty() => {}
            Event::Data(data) => {
                self.data = data;
                return Some(Progress::Data);
            }
            Event::PeerClosed => {
                // What follows is ignored (RFC 8446 section 6.1).
                self.rx.clear();
                self.receiving = Receiving::Ended(Ok(()));
            }
            Event::Closed(end) => {
                self.rx.clear();
                self.sending = false;
                self.receiving = Receiving::Ended(end);
            }
            Event::NewTicket(ticket) => {
                if let Some(sessions) = &self.sessions {
                    sessions.keep(ticket.received(clock::now()));
                }
            }
            Event::Forget(id) => {
                if let Some(sessions) = &self.sessions {
                    sessions.forget(id);
                }
                self.hooks.tell(Event::Forget(id));
            }
            Event::KeyLog(line) => self.hooks.key_log(&line),
            Event::Trace(step) => self.hooks.trace(&step),
            question @ (Event::ClientHello(_)
            | Event::Ticket(_)
            | Event::Credential(_)
            | Event::Sign(_)
            | Event::Verify(_)) => self.answer(question),
            store @ Event::StoreTicket { .. } => self.hooks.tell(store),
            // Comes only out of a connection taken apart.
            Event::Reply(_) => {}
            _ => {}
        }
        None
    }

    /// Answers a question, or gives the connection up so that nothing waits for ever.
    fn answer(&mut self, question: Event) {
        let answer: Option<Answer> = self.hooks.ask(question);
        let answered =
            answer.is_some_and(|answer| either!(&mut self.machine, m => m.answer(answer)).is_ok());
        if !answered {
            // It fails only when the connection is over, and then says so by itself.
            let _ = self.close();
        }
    }

    /// The data that came last and was not consumed.
    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(crate) fn consume(&mut self, octets: usize) {
        self.data.advance(octets.min(self.data.len()));
        if self.data.is_empty() {
            // Given up at once, so that `rx` can take the memory back, or nothing is held.
            self.data = Bytes::new();
            if self.rx.is_empty() {
                self.rx = BytesMut::new();
            }
        }
    }

    /// Makes room in `rx` for what the transport gives next.
    pub(crate) fn reserve(&mut self) {
        self.rx.reserve(WINDOW);
    }

    /// Frees buffers that hold nothing.
    pub(crate) fn release(&mut self) {
        if self.rx.is_empty() {
            self.rx = BytesMut::new();
        }
        if self.tx.is_empty() {
            self.tx = BytesMut::new();
        }
    }

    /// Says that the transport delivers no more.
    pub(crate) fn eof(&mut self) {
        either!(&mut self.machine, m => m.eof());
    }

    /// Encrypts as much of `data` as should be under way at once.
    pub(crate) fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let part = data.get(..MAX_WRITE).unwrap_or(data);
        match either!(&mut self.machine, m => m.write(part, &mut self.tx)) {
            Ok(()) => Ok(part.len()),
            Err(misused) => Err(self.write_error(misused)),
        }
    }

    /// Why writing failed: what ended the connection, or a mistake of the program.
    fn write_error(&self, misused: Misuse) -> io::Error {
        match &self.receiving {
            Receiving::Ended(Err(error)) => failure(error.clone()),
            Receiving::Open | Receiving::Ended(Ok(())) => misuse(misused),
        }
    }

    /// Queues close_notify, once.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        if !self.sending {
            return Ok(());
        }
        self.sending = false;
        match either!(&mut self.machine, m => m.close(&mut self.tx)) {
            // Closed by a failure before.
            Ok(()) | Err(Misuse::Closed) => Ok(()),
            Err(misused) => Err(misuse(misused)),
        }
    }

    /// Judges how closing went. A peer that has closed need not wait for this end to do so (RFC 8446 section 6.1).
    pub(crate) fn closed(&self, sent: io::Result<()>) -> io::Result<()> {
        let peer_closed = matches!(self.receiving, Receiving::Ended(Ok(())));
        if peer_closed && sent.as_ref().is_err_and(is_gone) {
            Ok(())
        } else {
            sent
        }
    }

    pub(crate) fn update_keys(&mut self, request: KeyUpdate) -> io::Result<()> {
        either!(&mut self.machine, m => m.update_keys(request, &mut self.tx)).map_err(misuse)
    }

    pub(crate) fn export(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> io::Result<()> {
        either!(&self.machine, m => m.export(label, context, out)).map_err(misuse)
    }
}
