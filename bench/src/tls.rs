//! `tls-core` beside rustls, OpenSSL, and the libraries of cryptography alone.

mod bulk;
mod floor;
mod handshakes;
mod library;
mod memory;
#[cfg(feature = "openssl")]
mod openssl_peer;
mod ours;
mod pki;
mod records;
mod rustls_peer;

use library::{AwsLc, Cipher, Ring};
use pki::{Chain, KeyKind};

use crate::{measure::Laps, row::Bench};

/// The dials of [`Laps`].
const CLIENT: usize = 0;
const SERVER: usize = 1;

/// What both sides of a comparison are configured for.
#[derive(Clone, Copy, Debug)]
struct Setup<'c> {
    chain: &'c Chain,
    cipher: Cipher,
    /// Tickets that a server gives after a full handshake.
    tickets: u8,
    /// Whether each connection resumes the one before.
    resumes: bool,
}

impl<'c> Setup<'c> {
    /// Full handshakes, AES-128-GCM.
    const fn full(chain: &'c Chain) -> Self {
        Self {
            chain,
            cipher: Cipher::Aes128Gcm,
            tickets: 2,
            resumes: false,
        }
    }
}

/// Makes connections.
trait Handshake {
    /// Makes one, with all that belongs to it: from the constructors to the tickets taken and both sides
    /// dropped. Tells what each side spent.
    fn handshake(&mut self) -> Laps<2>;
}

/// Everything measured about TLS.
pub(crate) fn benches() -> Vec<Bench> {
    let mut benches = Vec::new();
    benches.extend(records::benches::<Ring>());
    benches.extend(records::benches::<AwsLc>());
    benches.extend(bulk::benches::<Ring>(Cipher::Aes128Gcm));
    benches.extend(bulk::benches::<AwsLc>(Cipher::Aes128Gcm));
    for cipher in [Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305] {
        benches.extend(bulk::benches::<Ring>(cipher));
        benches.extend(bulk::benches::<AwsLc>(cipher));
    }
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        benches.push(handshakes::full::<Ring>(kind));
        benches.push(handshakes::full::<AwsLc>(kind));
    }
    benches.push(handshakes::resumed::<Ring>());
    benches.push(handshakes::resumed::<AwsLc>());
    benches.extend(memory::benches::<Ring>());
    benches.extend(memory::benches::<AwsLc>());
    #[cfg(feature = "openssl")]
    benches.extend([bulk::openssl(), handshakes::openssl()]);
    benches
}
