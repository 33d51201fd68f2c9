//! SHA-2, HMAC and HKDF; nothing here uses the heap except what returns a `Box`.

use alloc::boxed::Box;

use super::library::{digest, hkdf, hmac};
use crate::{
    CryptoError, Digest, Expand, Hash, HashAlgorithm, HashContext, Hkdf, Hmac, HmacKey, Secret,
};

static SHA256: Sha = Sha {
    algorithm: HashAlgorithm::Sha256,
    hash: &digest::SHA256,
    hmac: &hmac::HMAC_SHA256,
    hkdf: &hkdf::HKDF_SHA256,
};
static SHA384: Sha = Sha {
    algorithm: HashAlgorithm::Sha384,
    hash: &digest::SHA384,
    hmac: &hmac::HMAC_SHA384,
    hkdf: &hkdf::HKDF_SHA384,
};
static SHA512: Sha = Sha {
    algorithm: HashAlgorithm::Sha512,
    hash: &digest::SHA512,
    hmac: &hmac::HMAC_SHA512,
    hkdf: &hkdf::HKDF_SHA512,
};

pub(super) static HASHES: &[&dyn Hash] = &[&SHA256, &SHA384, &SHA512];
pub(super) static HMACS: &[&dyn Hmac] = &[&SHA256, &SHA384, &SHA512];
pub(super) static HKDFS: &[&dyn Hkdf] = &[&SHA256, &SHA384, &SHA512];

/// One function of the SHA-2 family, and what is built on it.
#[derive(Debug)]
struct Sha {
    algorithm: HashAlgorithm,
    hash: &'static digest::Algorithm,
    hmac: &'static hmac::Algorithm,
    hkdf: &'static hkdf::Algorithm,
}

impl Hash for Sha {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn digest(&self, data: &[u8]) -> Digest {
        Digest::of(digest::digest(self.hash, data).as_ref())
    }

    fn start(&self) -> Box<dyn HashContext> {
        Box::new(Running(digest::Context::new(self.hash)))
    }
}

struct Running(digest::Context);

impl HashContext for Running {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn peek(&self) -> Digest {
        Digest::of(self.0.clone().finish().as_ref())
    }

    fn fork(&self) -> Box<dyn HashContext> {
        Box::new(Self(self.0.clone()))
    }
}

impl Hmac for Sha {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn key(&self, key: &[u8]) -> Box<dyn HmacKey> {
        Box::new(MacKey(hmac::Key::new(*self.hmac, key)))
    }

    fn sign(&self, key: &[u8], parts: &[&[u8]]) -> Digest {
        Digest::of(mac(&hmac::Key::new(*self.hmac, key), parts).as_ref())
    }
}

struct MacKey(hmac::Key);

impl HmacKey for MacKey {
    fn sign(&self, parts: &[&[u8]]) -> Digest {
        Digest::of(mac(&self.0, parts).as_ref())
    }
}

fn mac(key: &hmac::Key, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    context.sign()
}

impl Hkdf for Sha {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Secret {
        let prk = hmac::sign(&hmac::Key::new(*self.hmac, salt), ikm);
        let mut secret = Secret::zeroed(self.algorithm.output_len());
        secret.as_mut().copy_from_slice(prk.as_ref());
        secret
    }

    fn expand(&self, prk: &[u8], outputs: &mut [Expand<'_>]) -> Result<(), CryptoError> {
        // `aws-lc-rs` panics on more; no hash here makes more.
        if prk.len() > Secret::MAX {
            return Err(CryptoError::BadLength);
        }
        let prk = hkdf::Prk::new_less_safe(*self.hkdf, prk);
        for Expand { info, okm } in outputs {
            prk.expand(info, Len(okm.len()))
                .and_then(|output| output.fill(okm))
                .map_err(|_| CryptoError::BadLength)?;
        }
        Ok(())
    }
}

/// The libraries take a length through a trait.
struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}
