//! What one provider makes, the other takes.

use crypto_core::{PrivateKeyDer, Provider};
use pki_types::PrivatePkcs8KeyDer;

use super::signature::ALL;

/// Runs everything that needs two ends between `one` and `other`, in one direction: call it twice.
/// Returns how many checks were made.
///
/// # Panics
/// When the two do not understand each other.
#[must_use]
pub fn cross(one: &Provider, other: &Provider) -> usize {
    aead(one, other) + agreement(one, other) + derivation(one, other) + signatures(one, other)
}

fn aead(one: &Provider, other: &Provider) -> usize {
    let mut count = 0;
    for aead in one.aeads {
        let Some(theirs) = other.aead(aead.algorithm()) else {
            continue;
        };
        let key: Vec<u8> = (1..).take(aead.algorithm().key_len()).collect();
        let [ours, theirs] = [aead.key(&key).unwrap(), theirs.key(&key).unwrap()];
        for len in (0..200).chain([1400, 16384]) {
            let plain: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
            for (nonce, tail) in [([3; 12], &b"\x17"[..]), ([4; 12], &[0; 40])] {
                let mut sealed = vec![0; len + tail.len() + 16];
                ours.seal_into(&nonce, b"aad", &plain, tail, &mut sealed)
                    .unwrap();
                let opened = theirs.open_in_place(&nonce, b"aad", &mut sealed);
                assert_eq!(opened, Ok(len + tail.len()), "{:?} {len}", aead.algorithm());
                assert_eq!(sealed[..len], plain);
                count += 1;
            }
        }
    }
    count
}

fn agreement(one: &Provider, other: &Provider) -> usize {
    let mut count = 0;
    for group in one.groups {
        let Some(theirs) = other.group(group.group()) else {
            continue;
        };
        // Enough rounds for secrets and coordinates with leading zeros.
        for _ in 0..40 {
            let started = group.start(&*one.random).unwrap();
            let (answer, secret) = theirs.respond(started.share(), &*other.random).unwrap();
            let completed = started.complete(&answer).unwrap();
            assert_eq!(completed.as_ref(), secret.as_ref(), "{:?}", group.group());
            count += 1;
        }
    }
    count
}

fn derivation(one: &Provider, other: &Provider) -> usize {
    let mut count = 0;
    for hash in one.hashes {
        let algorithm = hash.algorithm();
        let [ours, theirs] = [one, other].map(|provider| {
            (
                provider.hash(algorithm).unwrap(),
                provider.hkdf(algorithm).unwrap(),
            )
        });
        for len in 0..300 {
            let data = vec![0x5a; len];
            assert_eq!(
                ours.0.digest(&data),
                theirs.0.digest(&data),
                "{algorithm:?} {len}"
            );
            let [a, b] = [ours, theirs].map(|(_, hkdf)| hkdf.extract(&data, b"ikm"));
            assert_eq!(a.as_ref(), b.as_ref(), "{algorithm:?} {len}");
            count += 1;
        }
    }
    count
}

fn signatures(one: &Provider, other: &Provider) -> usize {
    let mut count = 0;
    for made in ALL {
        let Ok(pkcs8) = one.keys.generate(made) else {
            continue;
        };
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.into_vec()));
        // The other loads the key that this one made, and both tell the same public key.
        let [ours, theirs] = [one, other].map(|provider| provider.keys.load(&der).unwrap());
        assert_eq!(ours.public_key(), theirs.public_key(), "{made:?}");
        for algorithm in ours.algorithms() {
            for key in [&ours, &theirs] {
                let signature = key.sign(*algorithm, b"message").unwrap();
                for provider in [one, other] {
                    let verdict =
                        provider.verify(*algorithm, &ours.public_key(), b"message", &signature);
                    assert_eq!(verdict, Ok(()), "{algorithm:?}");
                    count += 1;
                }
            }
        }
    }
    count
}
