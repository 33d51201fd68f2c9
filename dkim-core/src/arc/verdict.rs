//! What a chain is worth, and why.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;

use thiserror::Error;

use crate::{
    verdict::{Class, Reason},
    wire::{Seal, Signature},
};

/// The state of a chain (RFC 8617 section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChainStatus {
    /// There is no chain.
    None,
    /// There is one, and it holds.
    Pass,
    /// There is one, and it does not hold.
    Fail,
}

impl ChainStatus {
    /// The word in `cv=` and in Authentication-Results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for ChainStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the three fields of a set (RFC 8617 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// ARC-Authentication-Results.
    AuthenticationResults,
    /// ARC-Message-Signature.
    MessageSignature,
    /// ARC-Seal.
    Seal,
}

impl Part {
    /// The parts in the order in which seals cover them (section 5.1.1).
    pub(crate) const ALL: [Self; 3] = [
        Self::AuthenticationResults,
        Self::MessageSignature,
        Self::Seal,
    ];

    /// The name of the field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthenticationResults => "ARC-Authentication-Results",
            Self::MessageSignature => "ARC-Message-Signature",
            Self::Seal => "ARC-Seal",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a chain fails: the first rule that it breaks, in the order of the table in [`arc`](crate::arc).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChainFailure {
    /// More sets than are taken.
    #[error("too many ARC sets")]
    TooManySets,
    /// The newest seal says that the chain had failed before: nobody need seal it again (section 5.1).
    #[error("sealed as failed by set {0}")]
    SealedAsFailed(u8),
    /// It cannot be told to which set a field belongs.
    #[error("{part}: {reason}")]
    Unreadable {
        /// Which of the fields.
        part: Part,
        /// What is wrong with it.
        reason: Reason,
    },
    /// A set lacks a field.
    #[error("set {instance} has no {part}")]
    Missing {
        /// The set.
        instance: u8,
        /// The field.
        part: Part,
    },
    /// A set has a field twice.
    #[error("set {instance} has several {part}")]
    Repeated {
        /// The set.
        instance: u8,
        /// The field.
        part: Part,
    },
    /// `cv=` of a seal is not that of its place: `none` in the first set, `pass` in all others.
    #[error("set {instance} has the wrong cv=")]
    Status {
        /// The set.
        instance: u8,
        /// What it says, if that can be read.
        found: Option<ChainStatus>,
    },
    /// A signature does not pass.
    #[error("{part} of set {instance}: {reason}")]
    Invalid {
        /// The set.
        instance: u8,
        /// ARC-Message-Signature or ARC-Seal.
        part: Part,
        /// Why not.
        reason: Reason,
    },
}

/// What a set says. It is worth what its chain is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArcSet {
    /// Its ARC-Seal: who handled the message, and when.
    pub seal: Arc<Seal>,
    /// Its ARC-Message-Signature; `None` when it could not be read.
    pub signature: Option<Arc<Signature>>,
    /// What its ARC-Authentication-Results has behind the instance: `mime_core::field::authentication_results` reads
    /// it.
    pub results: Box<[u8]>,
}

/// What the chain of a message is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainVerdict {
    /// `Ok` when there is no chain, or one that holds.
    pub result: Result<(), ChainFailure>,
    /// The sets by instance, the first is 1; empty where the chain was not even read.
    pub sets: Vec<ArcSet>,
    /// Of a chain that passes: the lowest instance whose ARC-Message-Signature still holds, as do all above it; 0 when
    /// all hold (section 5.2, 5).
    pub oldest_pass: Option<u8>,
}

impl ChainVerdict {
    /// The chain validation status (section 4.4), for `cv=` of the next seal.
    #[must_use]
    pub fn status(&self) -> ChainStatus {
        match &self.result {
            Err(_) => ChainStatus::Fail,
            Ok(()) if self.sets.is_empty() => ChainStatus::None,
            Ok(()) => ChainStatus::Pass,
        }
    }

    /// The status as a class of results. [`Class::TempError`] when the DNS did not answer: a host that can have the
    /// message come again may do so; for the chain it is a failure like any other (section 5.2.1).
    #[must_use]
    pub fn class(&self) -> Class {
        if let Err(ChainFailure::Invalid { reason, .. }) = &self.result
            && reason.class() == Class::TempError
        {
            return Class::TempError;
        }
        match self.status() {
            ChainStatus::None => Class::None,
            ChainStatus::Pass => Class::Pass,
            ChainStatus::Fail => Class::Fail,
        }
    }

    /// Whether there is a chain, and it holds.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        self.status() == ChainStatus::Pass
    }
}
