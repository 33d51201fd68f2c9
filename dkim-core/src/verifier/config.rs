//! What a host decides once, for any number of messages.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use crypto_core::{Hash, HashAlgorithm, Provider};

use crate::{error::Misuse, limits::Limits, verdict::MIN_RSA_BITS};

/// What signatures over a part of the body (`l=`) are worth (RFC 6376 section 8.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyLength {
    /// They are taken when the part is the whole.
    #[default]
    Whole,
    /// They are never taken.
    Refuse,
    /// They are taken; the verdict tells what is covered.
    Part,
}

/// The policy of a receiver. Immutable; share it by `Arc`.
#[derive(Clone, Debug)]
pub struct VerifierConfig {
    pub(crate) provider: Arc<Provider>,
    pub(crate) sha256: &'static dyn Hash,
    pub(crate) limits: Limits,
    pub(crate) body_length: BodyLength,
    pub(crate) min_rsa_bits: usize,
    pub(crate) clock_skew: u64,
    pub(crate) expiration: bool,
    pub(crate) required_fields: Vec<Box<str>>,
    pub(crate) unsigned_duplicates: bool,
    #[cfg(feature = "arc")]
    pub(crate) arc: bool,
}

impl VerifierConfig {
    /// The rules of the RFCs, and of what they leave open: 1024 bits, five minutes of skew, expired signatures do not
    /// pass, `l=` must cover the whole body, and no field that occurs once may have an unsigned duplicate.
    ///
    /// # Errors
    /// [`Misuse::NoHash`] for a provider without SHA-256.
    pub fn new(provider: Arc<Provider>) -> Result<Self, Misuse> {
        let sha256 = provider.hash(HashAlgorithm::Sha256).ok_or(Misuse::NoHash)?;
        Ok(Self {
            provider,
            sha256,
            limits: Limits::default(),
            body_length: BodyLength::default(),
            min_rsa_bits: MIN_RSA_BITS,
            clock_skew: 300,
            expiration: true,
            required_fields: Vec::new(),
            unsigned_duplicates: false,
            #[cfg(feature = "arc")]
            arc: false,
        })
    }

    /// Sets the bounds on what a message can cause.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Says what `l=` is worth.
    #[must_use]
    pub fn with_body_length(mut self, policy: BodyLength) -> Self {
        self.body_length = policy;
        self
    }

    /// Asks for longer RSA keys than the 1024 bits of RFC 8301, below which none is ever taken.
    #[must_use]
    pub fn with_min_rsa_bits(mut self, bits: usize) -> Self {
        self.min_rsa_bits = bits.max(MIN_RSA_BITS);
        self
    }

    /// Sets by how many seconds clocks may differ, for `t=` and `x=`.
    #[must_use]
    pub fn with_clock_skew(mut self, seconds: u64) -> Self {
        self.clock_skew = seconds;
        self
    }

    /// Lets expired signatures pass, for mail that is verified long after it came.
    #[must_use]
    pub fn with_expired_signatures(mut self) -> Self {
        self.expiration = false;
        self
    }

    /// Asks that these fields, where the message has them, be signed.
    #[must_use]
    pub fn with_required_fields(mut self, names: &[&str]) -> Self {
        self.required_fields = names.iter().map(|name| (*name).into()).collect();
        self
    }

    /// Lets pass what RFC 6376 section 8.15 warns of: a second From, Subject, Date and the like beside the signed
    /// one. Only for hosts that refuse such messages themselves.
    #[must_use]
    pub fn with_unsigned_duplicates(mut self) -> Self {
        self.unsigned_duplicates = true;
        self
    }

    /// Validates the Authenticated Received Chain beside the signatures. What is asked of signatures is asked of each
    /// ARC-Message-Signature.
    #[cfg(feature = "arc")]
    #[must_use]
    pub fn with_arc(mut self) -> Self {
        self.arc = true;
        self
    }

    /// The provider of cryptography.
    #[must_use]
    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }
}
