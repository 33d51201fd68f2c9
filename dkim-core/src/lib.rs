//! DKIM as Sans-IO machines: a message in, signatures or verdicts out; the DNS is a question, time an argument.
//!
//! For mail servers, filters and clients that must agree with the RFC to the octet. The body streams by in any pieces
//! and is never kept; any number of signatures share one pass over it; keys are asked for as soon as the header ends,
//! and answered whenever they are there.
//!
//! ```text
//!            ┌───────────────────────────────────────────────┐
//!  rx ──────▶│ Verifier::poll                                │──────▶ Lookup(question) ──▶ the host's DNS
//!            │  header ▸ fields kept, signatures judged      │◀────── answer
//!  field() ─▶│  body   ▸ canon::Body ▸ one hash per kind     │──────▶ Verdict, Bare, Closed
//!            └───────────────────────────────────────────────┘
//!            ┌───────────────────────────────────────────────┐
//!  rx ──────▶│ Signer::poll                                  │──────▶ Sign(question) ──▶ HSM, KMS (or a local key)
//!            │  header ▸ body ▸ one field per identity       │──────▶ Header(field to put before the message)
//!            └───────────────────────────────────────────────┘
//! ```
//!
//! # The loop
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use std::{sync::Arc, time::Duration};
//!
//! use bytes::BytesMut;
//! use crypto_core::{PrivateKeyDer, SignatureAlgorithm, UnixTime};
//! use dkim_core::{
//!     Signer, SignerConfig, SignerEvent, SigningIdentity, Verifier, VerifierConfig, VerifierEvent,
//!     wire::KeyRecord,
//! };
//!
//! let provider = Arc::new(crypto_core::ring::provider());
//! let now = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
//! let mail = b"From: joe@example.org\r\nSubject: Is dinner ready?\r\n\r\nHi.\r\n";
//!
//! // Sign. The key would come from a file, and its record stand in the DNS.
//! let pkcs8 = provider.keys.generate(SignatureAlgorithm::Ed25519).unwrap();
//! let key = PrivateKeyDer::Pkcs8(pkcs8.to_vec().into());
//! let key = provider.keys.load(&key).unwrap();
//! let record = KeyRecord::text(&*key).unwrap();
//! let identity = SigningIdentity::new("example.org", "sel", key).unwrap();
//! let config = SignerConfig::new(provider.clone(), vec![identity]).unwrap();
//! let mut signer = Signer::new(Arc::new(config), now).unwrap();
//! let mut rx = BytesMut::from(&mail[..]);
//! signer.eof();
//! let mut signed = BytesMut::new();
//! while let Some(event) = signer.poll(&mut rx) {
//!     match event {
//!         SignerEvent::Header(field) => signed.extend_from_slice(&field),
//!         SignerEvent::Closed(end) => end.unwrap(),
//!         _ => {}
//!     }
//! }
//! signed.extend_from_slice(mail);
//!
//! // Verify.
//! let config = VerifierConfig::new(provider).unwrap();
//! let mut verifier = Verifier::new(Arc::new(config), now).unwrap();
//! verifier.eof();
//! let mut passed = 0;
//! while let Some(event) = verifier.poll(&mut signed) {
//!     match event {
//!         VerifierEvent::Lookup(question) => {
//!             assert_eq!(question.name(), "sel._domainkey.example.org");
//!             verifier.answer(question.records([[&record]])).unwrap();
//!         }
//!         VerifierEvent::Verdict(verdict) => passed += usize::from(verdict.is_pass()),
//!         VerifierEvent::Closed(end) => end.unwrap(),
//!         _ => {}
//!     }
//! }
//! assert_eq!(passed, 1);
//! # }
//! ```
//!
//! - `poll` takes what it understood off `rx`. On `None` feed more, answer a question, or say `eof`.
//! - Questions may be answered in any order, before or after the body. A host that waits no longer says
//!   [`give_up`](Verifier::give_up); a question that is dropped leaves its signatures undecided until then.
//! - Each signature gets one [`Verdict`]: data, not an error. Only what makes a message unreadable ends a machine
//!   early. Where verdicts come depends on when answers come; what they say does not.
//! - Hosts that get fields one by one, as milters do, hand them to [`field`](Verifier::field), and the body to `poll`.
//!
//! # Strict
//!
//! Only CRLF ends a line. A bare CR or LF is an octet that is signed as it is, and is reported: see [`canon`]. Fields
//! and records that break their syntax are refused with the reason ([`Reason`], [`wire::KeyError`]). [`decisions`]
//! lists what other programs are known to do otherwise.
//!
//! # Limits
//!
//! Of a message its header is kept, and nothing else; [`Limits`] bound it, the signatures looked at, and keys. A
//! signature that fails a rule early costs neither a lookup nor a hash.
//!
//! # Where the RFC is
//!
//! | RFC | here |
//! |---|---|
//! | 6376, 3.4, canonicalisation | [`canon`] |
//! | 6376, 3.2, 3.5, 3.6, tag lists, fields, key records | [`wire`] |
//! | 6376, 5, signing | [`Signer`] |
//! | 6376, 6, verifying | [`Verifier`] |
//! | 8301, no SHA-1, RSA from 1024 bits on | [`Reason`] |
//! | 8463, Ed25519 | [`wire::Algorithm`] |
//! | 8601, 2.7.1, results | [`Class`] |
//! | 8601, 2.2 and 5, the field, forged ones | [`auth_results`] |
//! | 8617, chains of ARC | `arc`, with the feature `arc` |
//! | 7208, SPF | `spf`, with the feature `spf` |
//! | 9989, DMARC | `dmarc`, with the feature `dmarc` |
//! | 8616, 5, names of other scripts | [`wire::Domain`] |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "arc")]
pub mod arc;
pub mod auth_results;
mod body_hash;
pub mod canon;
#[cfg(feature = "dmarc")]
pub mod dmarc;
mod error;
mod fields;
mod limits;
mod lookup;
mod reader;
mod signer;
#[cfg(feature = "spf")]
pub mod spf;
mod verdict;
mod verifier;
pub mod wire;

#[doc = include_str!("../docs/decisions.md")]
pub mod decisions {}

pub use canon::Bare;
pub use error::{Error, Misuse};
pub use limits::Limits;
pub use lookup::{Answer, LookupQuestion, RecordKind};
pub use signer::{
    OVERSIGNED_FIELDS, RECOMMENDED_FIELDS, SignAnswer, SignQuestion, Signer, SignerConfig,
    SignerEvent, SigningIdentity,
};
pub use verdict::{Class, Coverage, KeyFacts, Reason, Verdict};
pub use verifier::{BodyLength, Verifier, VerifierConfig, VerifierEvent};
