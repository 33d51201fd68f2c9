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

//!
//! # Sealing
//!
//! A [`Sealer`] adds a set: what was found when the message arrived, a signature over the message as it leaves, and a
//! seal over all sets. It is the last that happens to a message, behind its signing.
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use std::{sync::Arc, time::Duration};
//!
//! use bytes::BytesMut;
//! use crypto_core::{PrivateKeyDer, SignatureAlgorithm, UnixTime};
//! use dkim_core::{
//!     SigningIdentity, Verifier, VerifierConfig, VerifierEvent,
//!     arc::{ChainStatus, Sealer, SealerConfig, SealerEvent},
//!     auth_results::{AuthResults, MethodResult},
//!     wire::KeyRecord,
//! };
//!
//! let provider = Arc::new(crypto_core::ring::provider());
//! let now = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
//! let mail = b"From: joe@example.org\r\nSubject: [list] Is dinner ready?\r\n\r\nHi.\r\n";
//!
//! let pkcs8 = provider.keys.generate(SignatureAlgorithm::Ed25519).unwrap();
//! let key = PrivateKeyDer::Pkcs8(pkcs8.to_vec().into());
//! let key = provider.keys.load(&key).unwrap();
//! let record = KeyRecord::text(&*key).unwrap();
//! let identity = SigningIdentity::new("lists.example", "sel", key).unwrap();
//! let config = Arc::new(SealerConfig::new(provider.clone(), identity).unwrap());
//!
//! // What was found on arrival, and that there was no chain.
//! let mut results = AuthResults::new("lists.example").unwrap();
//! results.push(MethodResult::new("spf", "pass").unwrap());
//! let mut sealer = Sealer::new(config, now, results, ChainStatus::None).unwrap();
//! let mut rx = BytesMut::from(&mail[..]);
//! sealer.eof();
//! let mut sealed = BytesMut::from(&mail[..]);
//! while let Some(event) = sealer.poll(&mut rx) {
//!     match event {
//!         // Each is put before the message, and so before the one that came before it.
//!         SealerEvent::Header(field) => {
//!             let rest = core::mem::replace(&mut sealed, BytesMut::from(&field[..]));
//!             sealed.extend_from_slice(&rest);
//!         }
//!         SealerEvent::Closed(end) => end.unwrap(),
//!         _ => {}
//!     }
//! }
//!
//! let config = VerifierConfig::new(provider).unwrap().with_arc();
//! let mut verifier = Verifier::new(Arc::new(config), now).unwrap();
//! verifier.eof();
//! let mut status = None;
//! while let Some(event) = verifier.poll(&mut sealed) {
//!     match event {
//!         VerifierEvent::Lookup(question) => {
//!             verifier.answer(question.records([[&record]])).unwrap();
//!         }
//!         VerifierEvent::Chain(chain) => status = Some(chain.status()),
//!         _ => {}
//!     }
//! }
//! assert_eq!(status, Some(ChainStatus::Pass));
//! # }
//! ```

mod chain;
mod verdict;

pub use crate::signer::seal::{SEALED_FIELDS, Sealer, SealerConfig, SealerEvent};
pub(crate) use chain::{Set, collect, sealed_last, sealed_set};
pub use verdict::{ArcSet, ChainFailure, ChainStatus, ChainVerdict, Part};

/// Sets that a chain has at most (RFC 8617 section 4.2.1).
pub(crate) const MAX_SETS: u8 = 50;
