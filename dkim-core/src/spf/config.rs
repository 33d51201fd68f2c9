//! What a host decides once, for any number of checks.

use alloc::{boxed::Box, sync::Arc};

use crypto_core::Provider;

use crate::limits::Limits;

/// The policy of a receiver. Immutable; share it by `Arc`.
#[derive(Clone, Debug)]
pub struct SpfConfig {
    pub(super) provider: Arc<Provider>,
    pub(super) limits: Limits,
    pub(super) receiver: Box<str>,
    pub(super) validated_names: bool,
    pub(super) explanations: bool,
}

impl SpfConfig {
    /// The rules of RFC 7208. The provider gives the random numbers that answers are told apart by.
    #[must_use]
    pub fn new(provider: Arc<Provider>) -> Self {
        Self {
            provider,
            limits: Limits::default(),
            receiver: "unknown".into(),
            validated_names: true,
            explanations: true,
        }
    }

    /// Sets the bounds on what a record can cause.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Names the host that checks, for `%{r}` in explanations and for Received-SPF.
    #[must_use]
    pub fn with_receiver(mut self, name: &str) -> Self {
        self.receiver = name.into();
        self
    }

    /// Lets `%{p}` be "unknown" without a question: the names of an address are the client's word, and cost up to
    /// eleven questions (RFC 7208 section 7.2). `ptr` asks for them still.
    #[must_use]
    pub fn without_validated_names(mut self) -> Self {
        self.validated_names = false;
        self
    }

    /// Leaves `exp=` alone: what the domain says of a failure is not asked for (section 6.2).
    #[must_use]
    pub fn without_explanations(mut self) -> Self {
        self.explanations = false;
        self
    }
}
