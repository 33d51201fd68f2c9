//! What a host decides once, for any number of messages.

use alloc::sync::Arc;

use crypto_core::Provider;

use crate::limits::Limits;

/// How the organizational domain of a domain is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discovery {
    /// By the DNS tree walk (RFC 9989 section 4.10).
    #[default]
    TreeWalk,
    /// By the host, which has a list of public suffixes (RFC 7489 section 3.2): each domain is a question.
    PublicSuffixes,
}

/// The policy of a receiver. Immutable; share it by `Arc`.
#[derive(Clone, Debug)]
pub struct DmarcConfig {
    pub(super) provider: Arc<Provider>,
    pub(super) limits: Limits,
    pub(super) discovery: Discovery,
}

impl DmarcConfig {
    /// The rules of RFC 9989. The provider gives the random numbers that answers are told apart by.
    #[must_use]
    pub fn new(provider: Arc<Provider>) -> Self {
        Self {
            provider,
            limits: Limits::default(),
            discovery: Discovery::default(),
        }
    }

    /// Sets the bounds on what a message can cause.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Says how organizational domains are found.
    #[must_use]
    pub fn with_discovery(mut self, discovery: Discovery) -> Self {
        self.discovery = discovery;
        self
    }
}
