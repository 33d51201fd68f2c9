//! The configuration of clients.

use alloc::sync::Arc;

use crypto_core::{Group, Provider};

use super::{Parameters, Verification, shared_setters};
use crate::{
    error::Misuse,
    identity::Identity,
    limits::Limits,
    record::Padding,
    verify::Roots,
    wire::{CipherSuite, SignatureScheme},
};

/// What a client decides once. Share it in an [`Arc`].
///
/// It needs [`with_roots`](Self::with_roots) or [`with_verify_question`](Self::with_verify_question);
/// the rest has defaults.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    pub(crate) parameters: Parameters,
    pub(crate) verification: Option<Verification>,
    pub(crate) credential: Credential,
    pub(crate) key_shares: usize,
    pub(crate) middlebox_compat: bool,
}

/// What a client shows when it is asked for a certificate.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    None,
    Identity(Identity),
    Ask,
}

impl ClientConfig {
    /// Starts with everything that `provider` offers, in its order of preference.
    #[must_use]
    pub fn new(provider: Arc<Provider>) -> Self {
        Self {
            parameters: Parameters::new(provider),
            verification: None,
            credential: Credential::None,
            key_shares: 1,
            middlebox_compat: true,
        }
    }

    /// Verifies servers by path validation up to one of `roots`, and their name.
    #[must_use]
    pub fn with_roots(mut self, roots: Roots) -> Self {
        self.verification = Some(Verification::Roots(roots));
        self
    }

    /// Lets the host verify servers through [`Event::Verify`](crate::Event::Verify).
    #[must_use]
    pub fn with_verify_question(mut self) -> Self {
        self.verification = Some(Verification::Ask);
        self
    }

    /// Shows `identity` to servers that ask for a certificate it fits.
    #[must_use]
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.credential = Credential::Identity(identity);
        self
    }

    /// Lets the host choose an identity through [`Event::Credential`](crate::Event::Credential).
    #[must_use]
    pub fn with_credential_question(mut self) -> Self {
        self.credential = Credential::Ask;
        self
    }

    /// Sets how many key shares the first ClientHello carries; one by default. The classical half of a
    /// hybrid is shared beside it at no cost.
    #[must_use]
    pub fn with_key_shares(mut self, count: usize) -> Self {
        self.key_shares = count;
        self
    }

    /// Looks like TLS 1.2 to middleboxes (RFC 8446 appendix D.4); on by default.
    #[must_use]
    pub fn with_middlebox_compat(mut self, enabled: bool) -> Self {
        self.middlebox_compat = enabled;
        self
    }

    shared_setters!();

    pub(crate) fn check(&self) -> Result<(), Misuse> {
        if self.verification.is_none() {
            return Err(Misuse::NoVerification);
        }
        self.parameters.check()
    }
}
