//! The client of a connection.

use alloc::sync::Arc;

use bytes::BytesMut;
use crypto_core::UnixTime;
use pki_types::ServerName;

use crate::{
    config::ClientConfig,
    connection::Connection,
    error::Misuse,
    event::Event,
    question::Answer,
    session::Session,
    state::{self, ClientState},
    traffic::{Receiver, Sender},
    wire::KeyUpdate,
};

/// A client: `poll` until [`Event::Connected`], then `write` and take [`Event::Data`].
#[derive(Debug)]
pub struct Client {
    connection: Connection<ClientState>,
}

impl Client {
    /// Makes a client that wants to reach `name` at the time `now`.
    ///
    /// # Errors
    /// [`Misuse`] for a configuration that cannot work, or when randomness fails.
    pub fn new(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        now: UnixTime,
    ) -> Result<Self, Misuse> {
        state::client(config, name, None, now).map(|connection| Self { connection })
    }

    /// Makes a client that offers to resume `session`. An expired session, or one of a cipher suite no longer
    /// configured, is left out: the handshake is a full one then.
    ///
    /// # Errors
    /// As [`Client::new`]; [`Misuse::WrongSession`] when the session belongs to another name.
    pub fn resume(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        session: Session,
        now: UnixTime,
    ) -> Result<Self, Misuse> {
        if session.server_name != name {
            return Err(Misuse::WrongSession);
        }
        state::client(config, name, Some(session), now).map(|connection| Self { connection })
    }

    /// Reports every step of the handshake as [`Event::Trace`]. Say so before the first `poll`.
    #[must_use]
    pub fn with_trace(mut self) -> Self {
        self.connection.trace();
        self
    }
}

crate::connection::machine!(Client);
