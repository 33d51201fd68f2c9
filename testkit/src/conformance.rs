//! Published vectors for every part of a provider.
//!
//! ```
//! let report = testkit::conformance::run(&crypto_core::ring::provider());
//! assert!(report.verification > 5_000);
//! ```
//!
//! The vectors are those of Wycheproof, FIPS 180-4, RFC 3602, RFC 3686, RFC 4231, RFC 5869 and RFC 6979. A mismatch panics
//! with the vector's number, and so does a family with fewer vectors than it had: an empty file of
//! vectors cannot pass. [`cross`] holds what needs two providers: what one makes, the other takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a conformance suite is a test, and panics are its verdict"
)]

mod aead;
mod agreement;
mod cipher;
mod cross;
mod hash;
mod kem;
mod keys;
mod signature;

use crypto_core::{Group, Provider};

pub use self::{cross::cross, kem::replay as replay_kem};

/// How many vectors each family of a provider passed.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Seal and open: Wycheproof.
    pub aead: usize,
    /// CBC and CTR: RFC 3602, RFC 3686, Wycheproof; 0 where the provider has no ciphers.
    pub cipher: usize,
    /// CCM with nonces of 11 octets: Wycheproof; 0 where the provider lacks it.
    pub ccm: usize,
    /// SHA-2: FIPS 180-4 examples, fed whole and in pieces.
    pub hash: usize,
    /// HMAC: RFC 4231 and Wycheproof.
    pub hmac: usize,
    /// HKDF: RFC 5869 and Wycheproof.
    pub hkdf: usize,
    /// Shares of X25519, P-256 and P-384, valid and not: Wycheproof.
    pub agreement: usize,
    /// Shares of X25519MLKEM768, valid and not: Wycheproof; 0 where the provider lacks the group.
    pub kem: usize,
    /// Signatures: Wycheproof and RFC 6979.
    pub verification: usize,
    /// Private keys loaded, used and refused.
    pub signing: usize,
}

/// Runs every family on `provider`.
///
/// # Panics
/// On the first mismatch, with the vector's number, and on fewer vectors than there should be.
#[must_use]
pub fn run(provider: &Provider) -> Report {
    let report = Report {
        aead: aead::run(provider),
        cipher: if provider.ciphers.is_empty() {
            0
        } else {
            cipher::ciphers(provider)
        },
        ccm: provider.ccm.map_or(0, cipher::ccm),
        hash: hash::hashes(provider),
        hmac: hash::hmacs(provider),
        hkdf: hash::hkdfs(provider),
        agreement: agreement::run(provider),
        kem: provider
            .group(Group::X25519MLKEM768)
            .map_or(0, |_| kem::run(provider)),
        verification: signature::verification(provider),
        signing: keys::run(provider),
    };
    report.check(provider);
    report
}

impl Report {
    /// Compares with what the vectors held when this was written; new versions only add.
    fn check(&self, provider: &Provider) {
        let has_kem = provider.group(Group::X25519MLKEM768).is_some();
        let has_ciphers = !provider.ciphers.is_empty();
        let has_ccm = provider.ccm.is_some();
        for (family, count, least) in [
            ("AEAD", self.aead, 400),
            ("cipher", self.cipher, if has_ciphers { 200 } else { 0 }),
            ("CCM", self.ccm, if has_ccm { 18 } else { 0 }),
            ("hash", self.hash, 12),
            ("HMAC", self.hmac, 500),
            ("HKDF", self.hkdf, 240),
            ("agreement", self.agreement, 1_600),
            ("KEM", self.kem, if has_kem { 150 } else { 0 }),
            ("verification", self.verification, 5_000),
            ("signing", self.signing, 100),
        ] {
            assert!(
                count >= least,
                "{family}: {count} vectors, {least} expected"
            );
        }
    }
}

/// Decodes hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
