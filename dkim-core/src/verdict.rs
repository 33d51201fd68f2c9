//! What a signature is worth, and why.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;

use thiserror::Error;

use crate::wire::{KeyError, Malformed, Signature};

/// A result of RFC 8601 section 2.7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The message is not signed.
    None,
    /// The signature holds, and is acceptable.
    Pass,
    /// The signature was checked and does not hold.
    Fail,
    /// The signature breaks what the host asks of signatures.
    Policy,
    /// The signature cannot be read.
    Neutral,
    /// It could not be checked now; later it may be.
    TempError,
    /// It can never be checked.
    PermError,
}

impl Class {
    /// The word in an Authentication-Results field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Policy => "policy",
            Self::Neutral => "neutral",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a signature does not pass.
///
/// The rules are tried in one order, whenever answers come: the field, the host's policy on it, the key, the
/// signature over the header, the body, the host's policy on the body.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Reason {
    // The field: RFC 6376 sections 3.2, 3.5 and 6.1.1.
    /// The field, or a value in it, breaks its syntax; or a required tag is absent.
    #[error("malformed: {0}")]
    Malformed(#[from] Malformed),
    /// `v=` is not 1.
    #[error("unknown version of DKIM")]
    Version,
    /// `a=` is an algorithm that must no longer be used (RFC 8301 section 3.1).
    #[error("rsa-sha1 is no longer valid")]
    HistoricAlgorithm,
    /// `a=` is not known.
    #[error("unknown algorithm")]
    UnknownAlgorithm,
    /// `c=` is not known.
    #[error("unknown canonicalization")]
    UnknownCanonicalization,
    /// `q=` names no known way to the key.
    #[error("no known query method")]
    UnknownQuery,
    /// `h=` does not name From.
    #[error("From is not signed")]
    FromNotSigned,
    /// The domain of `i=` is not `d=` or below it.
    #[error("i= lies outside of d=")]
    IdentityOutsideDomain,
    /// `x=` is not after `t=`.
    #[error("expires before it was signed")]
    ExpiresBeforeSigned,
    /// `s=` and `d=` make a name that is longer than the DNS allows.
    #[error("the name of the key is too long")]
    KeyName,
    /// `h=` in an ARC-Seal, which always covers the same fields (RFC 8617 section 4.1.3).
    #[cfg(feature = "arc")]
    #[error("a seal has no h=")]
    SealHeaderList,
    /// `h=` of an ARC-Message-Signature names ARC-Seal (RFC 8617 section 4.1.2).
    #[cfg(feature = "arc")]
    #[error("ARC-Seal is signed by a message signature")]
    SealSigned,

    // The host's limits and policy.
    /// The message has more signatures than are looked at.
    #[error("too many signatures")]
    TooManySignatures,
    /// `h=` has more names than are taken.
    #[error("too many signed fields")]
    TooManySignedFields,
    /// The field is longer than is taken.
    #[error("signature field too long")]
    FieldTooLong,
    /// `x=` is past.
    #[error("expired")]
    Expired,
    /// `t=` is in the future, beyond the skew of clocks.
    #[error("signed in the future")]
    SignedInFuture,
    /// There is an `l=`, and none is taken.
    #[error("the body is signed in part")]
    BodyLength,
    /// The host asks for a field that is not signed.
    #[error("{0} is not signed")]
    FieldNotSigned(Box<str>),
    /// The message has a signed field more often than it is signed.
    #[error("another {0} is not signed")]
    UnsignedDuplicate(Box<str>),
    /// Octets of the body behind those that `l=` covers.
    #[error("{0} octets of the body are not signed")]
    UnsignedBody(u64),

    // The key: RFC 6376 section 6.1.2.
    /// The DNS gave no answer.
    #[error("no answer from the DNS")]
    KeyUnavailable,
    /// There is no key.
    #[error("no key")]
    NoKey,
    /// There are several keys, and no rule which one counts.
    #[error("several keys")]
    SeveralKeys,
    /// The record is no key, or a revoked one.
    #[error("key: {0}")]
    Key(#[from] KeyError),
    /// The record is longer than is taken.
    #[error("key record too long")]
    KeyTooLong,
    /// `h=` of the key does not allow the hash of the signature.
    #[error("the key does not allow SHA-256")]
    KeyHash,
    /// `s=` of the key does not allow mail.
    #[error("the key is not for mail")]
    KeyService,
    /// The key is of another type than the algorithm.
    #[error("the key is of another type")]
    KeyType,
    /// `t=s` of the key, and the domain of `i=` is not that of `d=`.
    #[error("the key allows no subdomain in i=")]
    StrictIdentity,
    /// The key has fewer bits than are taken.
    #[error("a key of {0} bits is too short")]
    ShortKey(usize),
    /// The key has more bits than are taken.
    #[error("a key of {0} bits is too long")]
    LongKey(usize),
    /// The source of cryptography lacks the algorithm.
    #[error("algorithm not supported here")]
    Unsupported,

    // The message: RFC 6376 section 6.1.3.
    /// The signature does not verify: the header was altered, or the key is another one.
    #[error("the signature does not verify")]
    SignatureMismatch,
    /// `l=` is more than the body has.
    #[error("the body is shorter than l=")]
    BodyTooShort,
    /// The signature verifies, and the body is not the one that was signed.
    #[error("the body was altered")]
    BodyMismatch,
}

impl Reason {
    /// The result that RFC 8601 section 2.7.1 has for it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            #[cfg(feature = "arc")]
            Self::SealHeaderList | Self::SealSigned => Class::PermError,
            Self::Malformed(Malformed::List | Malformed::Duplicate | Malformed::Value(_))
            | Self::Unsupported => Class::Neutral,
            Self::Malformed(Malformed::Missing(_))
            | Self::Version
            | Self::HistoricAlgorithm
            | Self::UnknownAlgorithm
            | Self::UnknownCanonicalization
            | Self::UnknownQuery
            | Self::FromNotSigned
            | Self::IdentityOutsideDomain
            | Self::ExpiresBeforeSigned
            | Self::KeyName
            | Self::NoKey
            | Self::SeveralKeys
            | Self::Key(_)
            | Self::KeyHash
            | Self::KeyService
            | Self::KeyType
            | Self::StrictIdentity
            | Self::ShortKey(0..MIN_RSA_BITS)
            | Self::BodyTooShort => Class::PermError,
            Self::TooManySignatures
            | Self::TooManySignedFields
            | Self::FieldTooLong
            | Self::Expired
            | Self::SignedInFuture
            | Self::BodyLength
            | Self::FieldNotSigned(_)
            | Self::UnsignedDuplicate(_)
            | Self::UnsignedBody(_)
            | Self::KeyTooLong
            | Self::ShortKey(_)
            | Self::LongKey(_) => Class::Policy,
            Self::KeyUnavailable => Class::TempError,
            Self::SignatureMismatch | Self::BodyMismatch => Class::Fail,
        }
    }
}

/// Shorter RSA keys are never valid (RFC 8301 section 3.2).
pub(crate) const MIN_RSA_BITS: usize = 1024;

/// What is known of the key that a signature was checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyFacts {
    /// Bits of the key.
    pub bits: usize,
    /// `t=y`: the domain tests DKIM; a failure must not count against it (RFC 6376 section 3.6.1).
    pub testing: bool,
    /// The host said that the answer was authenticated by DNSSEC.
    pub authenticated: bool,
}

/// How much of the body a signature covers, in canonical octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Octets that are signed.
    pub signed: u64,
    /// Octets that there are.
    pub total: u64,
}

/// What one signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Which DKIM-Signature field of the message, from the top, the first is 0.
    pub index: usize,
    /// `Ok` when it passes.
    pub result: Result<(), Reason>,
    /// What the field says; `None` when it could not be read.
    pub signature: Option<Arc<Signature>>,
    /// The key, once there was one.
    pub key: Option<KeyFacts>,
    /// The body, where it came to that.
    pub coverage: Option<Coverage>,
}

impl Verdict {
    /// Whether the signature holds and is acceptable.
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        self.result.is_ok()
    }

    /// The result of RFC 8601 section 2.7.1.
    #[must_use]
    pub const fn class(&self) -> Class {
        match &self.result {
            Ok(()) => Class::Pass,
            Err(reason) => reason.class(),
        }
    }
}
