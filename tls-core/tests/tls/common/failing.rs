//! A source of cryptography that fails when it is told to.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crypto_core::{Aead, AeadAlgorithm, AeadKey, CryptoError, Provider};

/// Makes keys until it is told to fail.
#[derive(Debug)]
struct Failing {
    aead: &'static dyn Aead,
    fails: Arc<AtomicBool>,
}

impl Aead for Failing {
    fn algorithm(&self) -> AeadAlgorithm {
        self.aead.algorithm()
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(CryptoError::Failed);
        }
        self.aead.key(key)
    }
}

/// The toy of a seed, and the switch by which it makes no more keys.
pub(crate) fn failing(seed: u64) -> (Arc<Provider>, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(false));
    let mut provider = testkit::toy::provider(seed);
    let failing = |aead: &&'static dyn Aead| -> &'static dyn Aead {
        Box::leak(Box::new(Failing {
            aead: *aead,
            fails: Arc::clone(&fails),
        }))
    };
    provider.aeads = provider
        .aeads
        .iter()
        .map(failing)
        .collect::<Vec<_>>()
        .leak();
    (Arc::new(provider), fails)
}
