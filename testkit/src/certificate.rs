//! X.509 certificates made on the spot, for any source of cryptography.

use std::sync::Arc;

use crypto_core::{PrivateKeyDer, Provider, SignatureAlgorithm, SigningKey};
use pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::{der::encode, toy};

/// A key with its algorithm.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key.
    pub key: Arc<dyn SigningKey>,
    /// What it signs certificates with.
    pub algorithm: SignatureAlgorithm,
}

impl Key {
    /// Makes a key: of the toy provider from `seed`, of another one from its own randomness.
    ///
    /// # Panics
    /// When the provider makes no such keys.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without its keys")]
    pub fn new(provider: &Provider, algorithm: SignatureAlgorithm, seed: u64) -> Self {
        let pkcs8 = if provider.name.starts_with("toy") {
            toy::key(algorithm, seed)
        } else {
            provider.keys.generate(algorithm).expect("a key").into_vec()
        };
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8));
        let key = provider.keys.load(&der).expect("a key that was just made");
        Self { key, algorithm }
    }
}

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Certificate<'a> {
    /// Common name of its owner.
    pub subject: &'a str,
    /// Common name of who signs it.
    pub issuer: &'a str,
    /// DNS names.
    pub names: &'a [&'a str],
    /// True for one that signs others.
    pub authority: bool,
    /// First and last moment, as UTCTime.
    pub validity: [&'a str; 2],
    /// Octets that make it longer, in an extension nobody knows.
    pub ballast: usize,
}

impl Default for Certificate<'_> {
    fn default() -> Self {
        Self {
            subject: "server",
            issuer: "root",
            names: &[],
            authority: false,
            validity: ["200101000000Z", "491231235959Z"],
            ballast: 0,
        }
    }
}

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;

impl Certificate<'_> {
    /// Certifies the public half of `owner` with `issuer`.
    ///
    /// # Panics
    /// When the issuer does not sign.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a test cannot go on without its certificates"
    )]
    pub fn sign(&self, owner: &Key, issuer: &Key) -> CertificateDer<'static> {
        let algorithm = encode(SEQUENCE, &[issuer.algorithm.signature_id().as_ref()]);
        let validity = self.validity.map(|time| encode(0x17, &[time.as_bytes()]));
        let tbs = encode(
            SEQUENCE,
            &[
                // Version 3, serial number 1.
                &[0xa0, 3, 2, 1, 2],
                &[2, 1, 1],
                &algorithm,
                &name(self.issuer),
                &encode(SEQUENCE, &[&validity[0], &validity[1]]),
                &name(self.subject),
                owner.key.public_key().as_ref(),
                &encode(0xa3, &[&encode(SEQUENCE, &[&self.extensions()])]),
            ],
        );
        let signature = issuer
            .key
            .sign(issuer.algorithm, &tbs)
            .expect("a signature");
        let bits = encode(0x03, &[&[0], &signature]);
        CertificateDer::from(encode(SEQUENCE, &[&tbs, &algorithm, &bits]))
    }

    fn extensions(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        let mut add = |id: &[u8], value: &[u8]| {
            let id = encode(OID, &[id]);
            extensions.extend(encode(SEQUENCE, &[&id, &encode(OCTET_STRING, &[value])]));
        };
        let authority: &[u8] = if self.authority { &[1, 1, 0xff] } else { &[] };
        add(&[0x55, 0x1d, 0x13], &encode(SEQUENCE, &[authority]));
        if !self.names.is_empty() {
            let names: Vec<u8> = self
                .names
                .iter()
                .flat_map(|name| encode(0x82, &[name.as_bytes()]))
                .collect();
            add(&[0x55, 0x1d, 0x11], &encode(SEQUENCE, &[&names]));
        }
        if self.ballast > 0 {
            // An arc for examples.
            add(
                &[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1],
                &vec![0; self.ballast],
            );
        }
        extensions
    }
}

/// A Name with one common name.
#[must_use]
pub fn name(common_name: &str) -> Vec<u8> {
    let id = encode(OID, &[&[0x55, 4, 3]]);
    let attribute = encode(SEQUENCE, &[&id, &encode(0x0c, &[common_name.as_bytes()])]);
    encode(SEQUENCE, &[&encode(0x31, &[&attribute])])
}
