//! What ends a machine, and what a host does wrong.

use thiserror::Error;

/// Why a message could not be read or signed. What is wrong with a signature is a [`Reason`](crate::Reason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of the header has no colon, no name before it, or continues nothing: programs differ in where the
    /// header of such a message ends.
    #[error("octet {at}: not a header field")]
    NotAField {
        /// Offset of the line.
        at: u64,
    },
    /// The header has more octets than [`Limits::max_header`](crate::Limits::max_header).
    #[error("the header is too long")]
    HeaderTooLong,
    /// The header has more fields than [`Limits::max_fields`](crate::Limits::max_fields).
    #[error("the header has too many fields")]
    TooManyFields,
    /// A message to be signed has no From field, or several (RFC 5322 section 3.6).
    #[error("a message to sign has one From field")]
    From,
    /// The status that was given for sealing is not one that the chain of the message can have.
    #[cfg(feature = "arc")]
    #[error("the message's chain is not what it is said to be")]
    ChainStatus,
    /// The newest seal says that the chain has failed: it is not sealed again (RFC 8617 section 5.1, 2).
    #[cfg(feature = "arc")]
    #[error("the chain was sealed as failed")]
    ChainFailed,
    /// The chain has as many sets as it can have (RFC 8617 section 4.2.1).
    #[cfg(feature = "arc")]
    #[error("the chain has 50 sets")]
    ChainFull,
    /// The host could not make a signature.
    #[error("a signature could not be made")]
    NotSigned,
}

/// A host's mistake. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The answer belongs to another machine, or its question was answered before.
    #[error("stale or foreign answer")]
    StaleAnswer,
    /// The answer holds another kind of record than the question asked for. The question stays open.
    #[error("an answer of another kind")]
    WrongKind,
    /// What was given as a field is none, or more than one.
    #[error("not one header field")]
    NotAField,
    /// Fields were given after the end of the fields, or octets of a message were read before.
    #[error("no fields are expected now")]
    Phase,
    /// The configuration has no key to sign with.
    #[error("no key to sign with")]
    NoKey,
    /// The key does not make signatures of the algorithm.
    #[error("the key does not fit the algorithm")]
    KeyMismatch,
    /// A domain, selector, identity or name of a field is malformed, or the identity lies outside of the domain.
    #[error("a configured name is malformed")]
    BadName,
    /// From is not among the fields to sign.
    #[error("From must be signed")]
    FromNotSigned,
    /// The provider has no SHA-256.
    #[error("the source of cryptography has no SHA-256")]
    NoHash,
    /// The cryptographic source failed.
    #[error("the cryptographic source failed")]
    Crypto,
}
