//! The Authenticated Received Chain (RFC 8617): what each handler of a message found, sealed by it.
//!
//! A chain is judged by the same [`Verifier`](crate::Verifier) as signatures are, in the same pass over the message:
//! ask for it with [`VerifierConfig::with_arc`](crate::VerifierConfig::with_arc), and one
//! [`VerifierEvent::Chain`](crate::VerifierEvent::Chain) comes.
//!
//! | step | waits for | fails as |
//! |---|---|---|
//! | sets collected, each whole, once, in sequence, with the `cv=` of its place (RFC 8617 section 5.2, 1 to 3) | the header | [`ChainFailure`] |
//! | the newest ARC-Message-Signature and all ARC-Seals read | the header | [`ChainFailure::Invalid`] |
//! | the newest ARC-Message-Signature over the header, then the newest seal (4, 6) | their keys | the same |
//! | the older seals, from the newest to the first (6) | their keys | the same |
//! | the newest ARC-Message-Signature over the body (4) | the end of the message | the same |
//! | the older ARC-Message-Signatures, until one fails (5) | their keys | [`ChainVerdict::oldest_pass`] |
//!
//! Steps are taken in this order, whenever answers come: what a chain fails for does not depend on the DNS. What needs
//! no key costs no lookup, and keys of older sets are asked for when the newest set holds: whoever forges a chain
//! cannot make this end ask for the names of others (section 9.2).

mod chain;
mod verdict;

pub(crate) use chain::{Set, collect, sealed_last, sealed_set};
pub use verdict::{ArcSet, ChainFailure, ChainStatus, ChainVerdict, Part};

/// Sets that a chain has at most (RFC 8617 section 4.2.1).
pub(crate) const MAX_SETS: u8 = 50;
