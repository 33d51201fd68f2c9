//! A provider without security: fast, deterministic, and forgeable on purpose.
//!
//! Fuzzers get past the handshake with it, and a seed replays a connection to the octet. Lengths,
//! orders of calls and errors are those of a real provider; only the mathematics is missing:
//!
//! | part | what stands in for it |
//! |---|---|
//! | AEAD | xor with a stream; the tag is a checksum over key, nonce, associated data and ciphertext |
//! | hash, HMAC, HKDF | one 64-bit checksum, stretched to 32, 48 or 64 octets |
//! | agreement | a share is random octets, the secret a checksum over both shares |
//! | signature | a checksum over algorithm, public key and message: anybody can make one |
//! | random | SplitMix64 |
//!
//! [`forging`] goes further: its AEADs leave the text as it is and accept every tag, so that octets
//! which a fuzzer invents reach what lies behind the record layer.
//!
//! ```
//! use crypto_core::AeadAlgorithm;
//!
//! let toy = testkit::toy::provider(1);
//! let key = toy.aead(AeadAlgorithm::Aes128Gcm).unwrap().key(&[7; 16]).unwrap();
//! let mut data = *b"text............";
//! assert!(key.open_in_place(&[0; 12], b"", &mut data).is_err());
//!
//! let forging = testkit::toy::forging(1);
//! let key = forging.aead(AeadAlgorithm::Aes128Gcm).unwrap().key(&[7; 16]).unwrap();
//! let mut data = *b"text................";
//! assert_eq!(key.open_in_place(&[0; 12], b"", &mut data), Ok(4));
//! assert_eq!(&data[..4], b"text");
//! ```

mod aead;
mod agreement;
mod hash;
mod random;
mod signature;

use std::sync::Arc;

use crypto_core::Provider;

pub use self::{random::Seeded, signature::key};

/// Makes the toy provider; equal seeds draw equal randomness.
#[must_use]
pub fn provider(seed: u64) -> Provider {
    let mut provider = Provider::new("toy", &signature::Keys, Arc::new(Seeded::new(seed)));
    provider.aeads = aead::CHECKING;
    provider.hashes = hash::HASHES;
    provider.hmacs = hash::HMACS;
    provider.hkdfs = hash::HKDFS;
    provider.groups = agreement::ALL;
    provider.verification = signature::ALL;
    provider
}

/// Makes the toy provider whose AEADs neither hide the text nor check the tag.
#[must_use]
pub fn forging(seed: u64) -> Provider {
    let mut provider = provider(seed);
    provider.name = "toy, forging";
    provider.aeads = aead::FORGING;
    provider
}

/// A running 64-bit checksum: FNV-1a, whose value does not depend on how the input is cut.
#[derive(Clone, Copy, Debug)]
struct Checksum(u64);

impl Checksum {
    /// Begins with a domain, so that equal inputs of different primitives differ.
    fn new(domain: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).update(&[domain])
    }

    fn update(self, data: &[u8]) -> Self {
        data.iter().fold(self, |Self(sum), octet| {
            Self((sum ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3))
        })
    }

    /// Adds a value with its length, so that neighbours cannot lend each other octets.
    fn field(self, data: &[u8]) -> Self {
        self.update(&(data.len() as u64).to_be_bytes()).update(data)
    }

    /// Stretches the sum to the length of `out`.
    fn fill(self, out: &mut [u8]) {
        let mut state = self.0;
        for chunk in out.chunks_mut(8) {
            state = state.wrapping_add(random::STEP);
            for (octet, random) in chunk.iter_mut().zip(random::mix(state).to_be_bytes()) {
                *octet = random;
            }
        }
    }

    /// Stretches the sum to `N` octets.
    fn array<const N: usize>(self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use crypto_core::{Group, HashAlgorithm};

    use super::provider;

    #[test]
    fn equal_seeds_draw_equal_octets_and_others_do_not() {
        let draw = |seed| {
            let mut out = [0; 21];
            provider(seed).random.fill(&mut out).unwrap();
            out
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn hash_does_not_depend_on_the_cut() {
        let hash = provider(1).hash(HashAlgorithm::Sha384).unwrap();
        let mut context = hash.start();
        context.update(b"on");
        context.fork().update(b"other");
        context.update(b"e");
        assert_eq!(context.peek(), hash.digest(b"one"));
        assert_eq!(context.peek().as_ref().len(), 48);
    }

    #[test]
    fn both_ends_agree_in_every_group() {
        let toy = provider(1);
        for group in toy.groups {
            let started = group.start(&*toy.random).unwrap();
            let (share, secret) = group.respond(started.share(), &*toy.random).unwrap();
            assert_eq!(started.complete(&share).unwrap().as_ref(), secret.as_ref());
            assert!(group.respond(&share[1..], &*toy.random).is_err());
        }
    }

    #[test]
    fn the_classical_half_of_the_hybrid_is_an_x25519_share() {
        let toy = provider(1);
        let hybrid = toy
            .group(Group::X25519MLKEM768)
            .unwrap()
            .start(&*toy.random)
            .unwrap();
        let (group, half) = hybrid.classical().unwrap();
        let (share, secret) = toy
            .group(group)
            .unwrap()
            .respond(half, &*toy.random)
            .unwrap();
        assert_eq!(
            hybrid.complete_classical(&share).unwrap().as_ref(),
            secret.as_ref()
        );
    }
}
