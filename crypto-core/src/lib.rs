//! Cryptographic operations on buffers the caller owns, behind object-safe traits.
//!
//! A [`Provider`] groups what a protocol machine needs: AEADs, hashes, HMAC, HKDF, key agreement
//! (and KEMs in the same shape), signature verification, signing keys and randomness. It is passed
//! explicitly; there is no process-wide default. The sources are:
//!
//! - `ring::provider()` with the default feature `ring` (`no_std`, no allocation in AEAD, hash and KDF);
//! - `aws_lc::provider()` with the feature `aws-lc-rs` (twice the speed on AES-GCM, RSA and X25519).
//!
//! AES-CBC, AES-CTR and AES-CCM are part of every source with the feature `ciphers`.
//! HMAC-SHA1, for IPsec with old peers, is part of every source with the feature `legacy`.
//! X25519MLKEM768 is part of the `aws-lc-rs` source, and of the `ring` source with the feature `ml-kem`.
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use crypto_core::AeadAlgorithm;
//!
//! let provider = crypto_core::ring::provider();
//! let key = provider.aead(AeadAlgorithm::Aes128Gcm).unwrap().key(&[7; 16]).unwrap();
//! let mut record = *b"attack at dawn";
//! let tag = key.seal_in_place(&[0; 12], b"header", &mut record).unwrap();
//! let mut wire = [&record[..], &tag[..]].concat();
//! assert_eq!(key.open_in_place(&[0; 12], b"header", &mut wire).unwrap(), 14);
//! assert_eq!(&wire[..14], b"attack at dawn");
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod aead;
#[cfg(feature = "ciphers")]
mod aes;
mod agreement;
#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc;
mod cipher;
mod error;
mod hash;
#[cfg(any(all(feature = "ring", feature = "ml-kem"), feature = "aws-lc-rs"))]
mod hybrid;
mod provider;
mod random;
#[cfg(feature = "ring")]
pub mod ring;
mod rsa;
mod secret;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod sha;
mod signature;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod source;
mod spki;

pub use aead::{Aead, AeadAlgorithm, AeadKey, NONCE_LEN, TAG_LEN};
pub use agreement::{Group, KeyAgreement, KeyExchange};
pub use cipher::{BLOCK_LEN, CCM_NONCE_LEN, Ccm, CcmKey, Cipher, CipherAlgorithm, CipherKey};
pub use error::CryptoError;
pub use hash::{Digest, Expand, Hash, HashAlgorithm, HashContext, Hkdf, Hmac, HmacKey};
pub use pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, UnixTime};
pub use provider::Provider;
pub use random::Random;
pub use rsa::RsaPublicKey;
pub use secret::Secret;
pub use signature::{KeyLoader, SignatureAlgorithm, SigningKey};

/// Keeps the example of the README compiling.
#[cfg(all(doctest, feature = "ring"))]
#[doc = include_str!("../README.md")]
struct Readme;
