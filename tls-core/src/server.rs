//! The server of a connection.

use alloc::sync::Arc;

use bytes::BytesMut;
use crypto_core::{Provider, UnixTime};

use crate::{
    config::ServerConfig,
    connection::Connection,
    error::Misuse,
    event::Event,
    limits::Limits,
    question::Answer,
    state::{self, ServerState},
    traffic::{Receiver, Sender},
    wire::KeyUpdate,
};

/// A server: `poll` until [`Event::Connected`], then `write` and take [`Event::Data`].
#[derive(Debug)]
pub struct Server {
    connection: Connection<ServerState>,
}

impl Server {
    /// Makes a server for one client, at the time `now`.
    ///
    /// # Errors
    /// [`Misuse`] for a configuration that cannot work, or when randomness fails.
    pub fn new(config: Arc<ServerConfig>, now: UnixTime) -> Result<Self, Misuse> {
        state::server(config, now).map(|connection| Self { connection })
    }

    /// Makes a server that asks for its configuration through [`Event::ClientHello`], when it is known what the
    /// client wants.
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn asking(provider: &Provider, limits: Limits, now: UnixTime) -> Result<Self, Misuse> {
        state::asking_server(provider, limits, now).map(|connection| Self { connection })
    }

    /// Reports every step of the handshake as [`Event::Trace`]. Say so before the first `poll`.
    #[must_use]
    pub fn with_trace(mut self) -> Self {
        self.connection.trace();
        self
    }
}

crate::connection::machine!(Server);
