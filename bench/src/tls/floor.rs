//! The cryptography that no handshake over a library can leave out.
//!
//! A full TLS 1.3 handshake is counted as: one X25519 key made and used; on the client two signatures verified (the
//! certificate's and the CertificateVerify), on the server one made; 25 HMACs with their keys set up, 2.5 KiB
//! hashed, four AEAD keys set up. A resumed one is the same without signatures.

use std::hint::black_box;

use super::{
    CLIENT, SERVER,
    library::{Cipher, Library},
    pki::{Chain, KeyKind},
};
use crate::measure::Laps;

const HMACS: usize = 25;
const TRANSCRIPT: usize = 2560;
const AEAD_KEYS: usize = 4;

/// Octets of what a CertificateVerify signs with SHA-256 (RFC 8446 section 4.4.3).
const SIGNED: usize = 64 + 33 + 1 + 32;

/// Octets of a small certificate.
const CERTIFICATE: usize = 400;

/// Ready keys and shares of one library.
pub(crate) struct Floor<L: Library> {
    kind: KeyKind,
    share: Vec<u8>,
    key: L::SigningKey,
    public_key: Vec<u8>,
    signed: [(Vec<u8>, Vec<u8>); 2],
    transcript: Vec<u8>,
}

impl<L: Library> Floor<L> {
    pub(crate) fn new(chain: &Chain) -> Self {
        let key = L::signing_key(chain.kind, chain.pkcs8());
        let signed = [SIGNED, CERTIFICATE].map(|len| {
            let message = vec![0x20; len];
            let signature = L::sign(&key, &message);
            (message, signature)
        });
        Self {
            kind: chain.kind,
            share: L::share(),
            public_key: L::public_key(&key),
            key,
            signed,
            transcript: vec![1; TRANSCRIPT],
        }
    }

    /// The floor of a full handshake on each side.
    pub(crate) fn full(&self) -> [f64; 2] {
        let mut laps = Laps::start();
        self.schedule();
        for (message, signature) in &self.signed {
            L::verify(self.kind, &self.public_key, message, signature);
        }
        laps.lap(CLIENT);
        self.schedule();
        black_box(self.sign());
        laps.lap(SERVER);
        laps.nanoseconds()
    }

    /// The floor of a resumed handshake on each side.
    pub(crate) fn resumed(&self) -> [f64; 2] {
        let mut laps = Laps::start();
        self.schedule();
        laps.lap(CLIENT);
        self.schedule();
        laps.lap(SERVER);
        laps.nanoseconds()
    }

    /// Signs a CertificateVerify.
    pub(crate) fn sign(&self) -> Vec<u8> {
        L::sign(&self.key, &self.signed[0].0)
    }

    /// Key agreement, key schedule and transcript.
    fn schedule(&self) {
        L::agree(&self.share);
        for _ in 0..HMACS {
            L::hmac(&[5; 32], &[6; 64]);
        }
        L::sha256(&self.transcript);
        for _ in 0..AEAD_KEYS {
            black_box(L::aead_key(Cipher::Aes128Gcm));
        }
    }
}
