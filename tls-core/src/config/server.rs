//! The configuration of servers.

use alloc::{sync::Arc, vec::Vec};

use crypto_core::{Group, Provider};

use super::{Parameters, Verification, shared_setters};
use crate::{
    error::Misuse,
    identity::Identity,
    limits::Limits,
    record::Padding,
    session::MAX_LIFETIME,
    tickets::{CookieKey, TicketKeys},
    verify::Roots,
    wire::{CipherSuite, SignatureScheme},
};

/// What a server decides once. Share it in an [`Arc`].
///
/// It needs one identity at least; the rest has defaults: no client certificates, no tickets.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub(crate) parameters: Parameters,
    pub(crate) identities: Vec<Identity>,
    pub(crate) client_auth: ClientAuth,
    pub(crate) verification: Verification,
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) tickets: TicketPolicy,
    pub(crate) ticket_count: u8,
    pub(crate) cookies: Option<Arc<CookieKey>>,
}

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuth {
    /// They are not.
    #[default]
    None,
    /// They are, and may answer without one.
    Optional,
    /// They are, and must have one.
    Required,
}

/// What becomes of sessions.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum TicketPolicy {
    /// They are not resumed.
    #[default]
    None,
    /// Sealed into the ticket: the server stores nothing.
    Sealed(TicketKeys),
    /// Kept by the host: [`Event::StoreTicket`](crate::Event::StoreTicket) hands one over,
    /// [`Event::Ticket`](crate::Event::Ticket) asks for it. The number is their life in seconds.
    Stored(u32),
}

impl TicketPolicy {
    /// Life of a ticket in seconds; none without tickets.
    pub(crate) fn lifetime(&self) -> u32 {
        match self {
            Self::None => 0,
            Self::Sealed(keys) => keys.lifetime(),
            Self::Stored(lifetime) => (*lifetime).min(MAX_LIFETIME),
        }
    }

    /// The keys, when sessions are sealed into tickets.
    pub(crate) const fn keys(&self) -> Option<&TicketKeys> {
        match self {
            Self::Sealed(keys) => Some(keys),
            Self::None | Self::Stored(_) => None,
        }
    }
}

impl ServerConfig {
    /// Starts with everything that `provider` offers, in its order of preference.
    #[must_use]
    pub fn new(provider: Arc<Provider>) -> Self {
        Self {
            parameters: Parameters::new(provider),
            identities: Vec::new(),
            client_auth: ClientAuth::None,
            verification: Verification::Ask,
            authorities: Vec::new(),
            tickets: TicketPolicy::None,
            ticket_count: 2,
            cookies: None,
        }
    }

    /// Adds an identity; the first one that fits the client's signature schemes is shown.
    #[must_use]
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// Asks clients for a certificate with a path to one of `roots`, and names these to them.
    #[must_use]
    pub fn with_client_roots(mut self, auth: ClientAuth, roots: Roots) -> Self {
        self.authorities = roots.subjects();
        self.client_auth = auth;
        self.verification = Verification::Roots(roots);
        self
    }

    /// Asks clients for a certificate that the host verifies through [`Event::Verify`](crate::Event::Verify).
    #[must_use]
    pub fn with_client_question(mut self, auth: ClientAuth) -> Self {
        self.client_auth = auth;
        self.verification = Verification::Ask;
        self
    }

    /// Sets the authorities named in CertificateRequest, each a DER Name.
    #[must_use]
    pub fn with_authorities(mut self, names: Vec<Vec<u8>>) -> Self {
        self.authorities = names;
        self
    }

    /// Sets what becomes of sessions.
    #[must_use]
    pub fn with_tickets(mut self, policy: TicketPolicy) -> Self {
        self.tickets = policy;
        self
    }

    /// Sets how many tickets follow a full handshake (2 by default); a resumed one gives one, as it used one up.
    #[must_use]
    pub fn with_ticket_count(mut self, count: u8) -> Self {
        self.ticket_count = count;
        self
    }

    /// Keeps nothing between a HelloRetryRequest and the second ClientHello but what a sealed cookie carries,
    /// so that another server with the same key can go on.
    #[must_use]
    pub fn with_retry_cookies(mut self, key: Arc<CookieKey>) -> Self {
        self.cookies = Some(key);
        self
    }

    shared_setters!();

    pub(crate) fn check(&self) -> Result<(), Misuse> {
        if self.identities.is_empty() {
            return Err(Misuse::NoIdentity);
        }
        if self
            .authorities
            .iter()
            .map(|name| name.len() + 2)
            .sum::<usize>()
            > 1 << 15
        {
            return Err(Misuse::BadLength);
        }
        self.parameters.check()
    }
}
