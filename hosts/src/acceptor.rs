//! Makes server connections, and renews the keys of tickets.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crypto_core::{CryptoError, Provider};
use tls_core::{Limits, Server, ServerConfig, TicketKeys, TicketPolicy};

use crate::{
    clock,
    driver::{Driver, Machine},
    error::misuse,
    hooks::Hooks,
};

/// What the connections of a server have in common: the configuration, the keys of its tickets, the hooks.
///
/// A clone shares the keys.
#[derive(Clone, Debug)]
pub struct Acceptor {
    source: Source,
    hooks: Hooks,
}

/// Where the configuration of a connection comes from.
#[derive(Clone, Debug)]
enum Source {
    Fixed(Arc<ServerConfig>),
    Rotating(Arc<Mutex<Rotating>>),
    /// From [`Hooks::with_answers`], once the ClientHello is there.
    Asking(Arc<Provider>, Limits),
}

/// A configuration whose ticket keys are replaced as time goes by.
#[derive(Debug)]
struct Rotating {
    config: Arc<ServerConfig>,
    keys: TicketKeys,
    since: Instant,
}

impl Rotating {
    /// The configuration to use now. A key seals for as long as its tickets live, and opens for twice that.
    fn current(&mut self) -> Result<Arc<ServerConfig>, CryptoError> {
        let now = clock::instant();
        if now.duration_since(self.since) >= Duration::from_secs(self.keys.lifetime().into()) {
            let keys = self.keys.rotated(self.config.provider())?;
            let policy = TicketPolicy::Sealed(keys.clone());
            let config = ServerConfig::clone(&self.config).with_tickets(policy);
            *self = Self {
                config: Arc::new(config),
                keys,
                since: now,
            };
        }
        Ok(Arc::clone(&self.config))
    }
}

impl Acceptor {
    /// Makes an acceptor for `config` as it is.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self {
            source: Source::Fixed(config.into()),
            hooks: Hooks::new(),
        }
    }

    /// Makes an acceptor that gives out tickets good for `lifetime` seconds, sealed by keys that it renews
    /// as often. It stores no session.
    ///
    /// # Errors
    /// [`CryptoError`] when the provider gives no randomness.
    pub fn resuming(config: ServerConfig, lifetime: u32) -> Result<Self, CryptoError> {
        let keys = TicketKeys::generate(config.provider(), lifetime)?;
        let config = Arc::new(config.with_tickets(TicketPolicy::Sealed(keys.clone())));
        let rotating = Rotating {
            config,
            keys,
            since: clock::instant(),
        };
        Ok(Self {
            source: Source::Rotating(Arc::new(Mutex::new(rotating))),
            hooks: Hooks::new(),
        })
    }

    /// Makes an acceptor that asks [`Hooks::with_answers`] for the configuration of each connection, by
    /// [`Event::ClientHello`](tls_core::Event::ClientHello).
    #[must_use]
    pub fn asking(provider: Arc<Provider>, limits: Limits) -> Self {
        Self {
            source: Source::Asking(provider, limits),
            hooks: Hooks::new(),
        }
    }

    /// Sets the functions called as connections go on.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    pub(crate) fn start(&self) -> io::Result<Driver> {
        let now = clock::now();
        let server = match &self.source {
            Source::Fixed(config) => Server::new(Arc::clone(config), now),
            Source::Rotating(rotating) => {
                let mut rotating = rotating.lock().unwrap_or_else(PoisonError::into_inner);
                let config = rotating.current().map_err(io::Error::other)?;
                drop(rotating);
                Server::new(config, now)
            }
            Source::Asking(provider, limits) => Server::asking(provider, *limits, now),
        };
        let mut server = server.map_err(misuse)?;
        if self.hooks.traces() {
            server = server.with_trace();
        }
        Ok(Driver::new(
            Machine::Server(server),
            self.hooks.clone(),
            None,
        ))
    }
}

#[cfg(test)]
#[cfg(feature = "ring")]
mod tests {
    use super::*;

    #[test]
    fn keys_of_tickets_are_renewed_when_their_time_is_over() {
        let config = ServerConfig::new(Arc::new(crypto_core::ring::provider()));
        let keys = TicketKeys::generate(config.provider(), 3600).unwrap();
        let config = Arc::new(config.with_tickets(TicketPolicy::Sealed(keys.clone())));
        let before = |seconds| {
            clock::instant()
                .checked_sub(Duration::from_secs(seconds))
                .unwrap()
        };
        let mut rotating = Rotating {
            config: Arc::clone(&config),
            keys,
            since: before(3500),
        };
        assert!(Arc::ptr_eq(&rotating.current().unwrap(), &config));
        rotating.since = before(3601);
        let renewed = rotating.current().unwrap();
        assert!(!Arc::ptr_eq(&renewed, &config));
        assert!(Arc::ptr_eq(&rotating.current().unwrap(), &renewed));
    }
}
