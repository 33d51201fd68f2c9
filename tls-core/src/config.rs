//! What a host decides once, for any number of connections.

mod client;
mod server;

use alloc::{sync::Arc, vec::Vec};

use crypto_core::{Group, KeyAgreement, Provider};

pub use client::ClientConfig;
pub(crate) use client::Credential;
pub use server::{ClientAuth, ServerConfig, TicketPolicy};

use crate::{
    error::Misuse,
    extension::signature_algorithms,
    limits::Limits,
    record::{MAX_FRAGMENT, Padding},
    suite::Suite,
    verify::Roots,
    wire::{CipherSuite, SignatureScheme},
};

/// What both roles configure.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    pub(crate) provider: Arc<Provider>,
    pub(crate) suites: Vec<Arc<Suite>>,
    pub(crate) groups: Vec<&'static dyn KeyAgreement>,
    /// The names of `groups`.
    pub(crate) group_ids: Vec<Group>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) protocols: Vec<Vec<u8>>,
    pub(crate) limits: Limits,
    pub(crate) padding: Padding,
    pub(crate) max_fragment: usize,
    pub(crate) key_log: bool,
}

/// Who decides whether a peer's certificate is good.
#[derive(Clone, Debug)]
pub(crate) enum Verification {
    /// The configuration, by path validation.
    Roots(Roots),
    /// The host, through [`Event::Verify`](crate::Event::Verify).
    Ask,
}

impl Parameters {
    fn new(provider: Arc<Provider>) -> Self {
        Self {
            suites: Suite::all(&provider).collect(),
            groups: provider.groups.to_vec(),
            group_ids: provider.groups.iter().map(|group| group.group()).collect(),
            schemes: signature_algorithms::supported(&provider),
            protocols: Vec::new(),
            limits: Limits::default(),
            padding: Padding::None,
            max_fragment: MAX_FRAGMENT,
            key_log: false,
            provider,
        }
    }

    fn select_suites(&mut self, wanted: &[CipherSuite]) {
        let all: Vec<_> = Suite::all(&self.provider).collect();
        self.suites = wanted
            .iter()
            .filter_map(|id| all.iter().find(|suite| suite.id == *id).cloned())
            .collect();
    }

    fn select_groups(&mut self, wanted: &[Group]) {
        self.groups = wanted
            .iter()
            .filter_map(|group| self.provider.group(*group))
            .collect();
        self.group_ids = self.groups.iter().map(|group| group.group()).collect();
    }

    pub(crate) fn suite(&self, id: CipherSuite) -> Option<&Arc<Suite>> {
        self.suites.iter().find(|suite| suite.id == id)
    }

    pub(crate) fn group(&self, id: Group) -> Option<&'static dyn KeyAgreement> {
        self.groups
            .iter()
            .copied()
            .find(|group| group.group() == id)
    }

    fn check(&self) -> Result<(), Misuse> {
        if self.suites.is_empty() {
            return Err(Misuse::NoCipherSuite);
        }
        if self.groups.is_empty() {
            return Err(Misuse::NoGroup);
        }
        let total: usize = self.protocols.iter().map(|name| name.len() + 1).sum();
        let names = self
            .protocols
            .iter()
            .all(|name| (1..=255).contains(&name.len()));
        if !names || total > 1 << 15 || !(1..=MAX_FRAGMENT).contains(&self.max_fragment) {
            return Err(Misuse::BadLength);
        }
        Ok(())
    }
}

/// The setters that both configurations share.
macro_rules! shared_setters {
    () => {
        /// Restricts and orders the cipher suites; those the provider lacks are left out.
        #[must_use]
        pub fn with_cipher_suites(mut self, suites: &[CipherSuite]) -> Self {
            self.parameters.select_suites(suites);
            self
        }

        /// Restricts and orders the groups; those the provider lacks are left out.
        #[must_use]
        pub fn with_groups(mut self, groups: &[Group]) -> Self {
            self.parameters.select_groups(groups);
            self
        }

        /// Restricts and orders the signature schemes accepted from the peer.
        #[must_use]
        pub fn with_signature_schemes(mut self, schemes: &[SignatureScheme]) -> Self {
            self.parameters.schemes = schemes.to_vec();
            self
        }

        /// Sets the application protocols (ALPN, RFC 7301), best first.
        #[must_use]
        pub fn with_alpn(mut self, protocols: &[&[u8]]) -> Self {
            self.parameters.protocols = protocols.iter().map(|name| name.to_vec()).collect();
            self
        }

        /// Sets the bounds on what a peer can cause.
        #[must_use]
        pub fn with_limits(mut self, limits: Limits) -> Self {
            self.parameters.limits = limits;
            self
        }

        /// Sets the padding of application records.
        #[must_use]
        pub fn with_padding(mut self, padding: Padding) -> Self {
            self.parameters.padding = padding;
            self
        }

        /// Sets the most octets of plaintext in a record sent, 1 to 16,384.
        #[must_use]
        pub fn with_max_fragment(mut self, octets: usize) -> Self {
            self.parameters.max_fragment = octets;
            self
        }

        /// Reports every secret as [`Event::KeyLog`](crate::Event::KeyLog) (RFC 9850). For debugging only:
        /// who has the log can read the connections.
        #[must_use]
        pub fn with_key_log(mut self, enabled: bool) -> Self {
            self.parameters.key_log = enabled;
            self
        }

        /// The provider of cryptography.
        #[must_use]
        pub fn provider(&self) -> &Arc<Provider> {
            &self.parameters.provider
        }
    };
}
pub(crate) use shared_setters;
