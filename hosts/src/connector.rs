//! Makes client connections, and remembers what lets the next one resume.

use std::{io, sync::Arc};

use pki_types::ServerName;
use tls_core::{Client, ClientConfig};

use crate::{
    clock,
    driver::{Driver, Machine},
    error::misuse,
    hooks::Hooks,
    sessions::Sessions,
};

/// What the connections of a client have in common: the configuration, the sessions to resume, the hooks.
///
/// A clone shares the sessions. Each ticket is used once, and dropped when a connection of its session fails.
#[derive(Clone, Debug)]
pub struct Connector {
    config: Arc<ClientConfig>,
    sessions: Option<Arc<Sessions>>,
    hooks: Hooks,
}

impl Connector {
    /// Makes a connector that resumes sessions where it can.
    #[must_use]
    pub fn new(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self {
            config: config.into(),
            sessions: Some(Arc::default()),
            hooks: Hooks::new(),
        }
    }

    /// Makes every handshake a full one.
    #[must_use]
    pub fn without_resumption(mut self) -> Self {
        self.sessions = None;
        self
    }

    /// Sets the functions called as connections go on.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    #[cfg(test)]
    #[cfg(feature = "ring")]
    pub(crate) fn sessions(&self) -> Option<&Sessions> {
        self.sessions.as_deref()
    }

    pub(crate) fn start(&self, name: ServerName<'static>) -> io::Result<Driver> {
        let now = clock::now();
        let config = Arc::clone(&self.config);
        let session = self
            .sessions
            .as_ref()
            .and_then(|sessions| sessions.take(&name, now));
        let client = match session {
            Some(session) => Client::resume(config, name, session, now),
            None => Client::new(config, name, now),
        };
        let mut client = client.map_err(misuse)?;
        if self.hooks.traces() {
            client = client.with_trace();
        }
        Ok(Driver::new(
            Machine::Client(client),
            self.hooks.clone(),
            self.sessions.clone(),
        ))
    }
}
