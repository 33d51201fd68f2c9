//! One checksum for hash, HMAC and HKDF.

use crypto_core::{
    CryptoError, Digest, Expand, Hash, HashAlgorithm, HashContext, Hkdf, Hmac, HmacKey, Secret,
};

use super::Checksum;

pub(super) static HASHES: &[&dyn Hash] = &[&SHA256, &SHA384, &SHA512];
pub(super) static HMACS: &[&dyn Hmac] = &[&SHA256, &SHA384, &SHA512];
pub(super) static HKDFS: &[&dyn Hkdf] = &[&SHA256, &SHA384, &SHA512];

static SHA256: Toy = Toy(HashAlgorithm::Sha256);
static SHA384: Toy = Toy(HashAlgorithm::Sha384);
static SHA512: Toy = Toy(HashAlgorithm::Sha512);

#[derive(Clone, Copy, Debug)]
struct Toy(HashAlgorithm);

impl Toy {
    fn digest(self, sum: Checksum) -> Digest {
        let octets: [u8; Digest::MAX] = sum.array();
        let cut = octets.get(..self.0.output_len()).unwrap_or_default();
        // No hash here is longer than the longest digest.
        Digest::new(cut).unwrap_or_else(|| unreachable!())
    }
}

impl Hash for Toy {
    fn algorithm(&self) -> HashAlgorithm {
        self.0
    }

    fn digest(&self, data: &[u8]) -> Digest {
        Self::digest(*self, Checksum::new(b'h').update(data))
    }

    fn start(&self) -> Box<dyn HashContext> {
        Box::new(Running {
            toy: *self,
            sum: Checksum::new(b'h'),
        })
    }
}

struct Running {
    toy: Toy,
    sum: Checksum,
}

impl HashContext for Running {
    fn update(&mut self, data: &[u8]) {
        self.sum = self.sum.update(data);
    }

    fn peek(&self) -> Digest {
        self.toy.digest(self.sum)
    }

    fn fork(&self) -> Box<dyn HashContext> {
        Box::new(Self { ..*self })
    }
}

impl Hmac for Toy {
    fn algorithm(&self) -> HashAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Box<dyn HmacKey> {
        Box::new(Key {
            toy: *self,
            sum: Checksum::new(b'm').field(key),
        })
    }

    fn sign(&self, key: &[u8], parts: &[&[u8]]) -> Digest {
        Key {
            toy: *self,
            sum: Checksum::new(b'm').field(key),
        }
        .sign(parts)
    }
}

struct Key {
    toy: Toy,
    sum: Checksum,
}

impl HmacKey for Key {
    fn sign(&self, parts: &[&[u8]]) -> Digest {
        self.toy
            .digest(parts.iter().fold(self.sum, |sum, part| sum.update(part)))
    }
}

impl Hkdf for Toy {
    fn algorithm(&self) -> HashAlgorithm {
        self.0
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Secret {
        let mut secret = Secret::zeroed(self.0.output_len());
        Checksum::new(b'x')
            .field(salt)
            .update(ikm)
            .fill(secret.as_mut());
        secret
    }

    fn expand(&self, prk: &[u8], outputs: &mut [Expand<'_>]) -> Result<(), CryptoError> {
        let limit = self.0.output_len() * usize::from(u8::MAX);
        if outputs.iter().any(|output| output.okm.len() > limit) {
            return Err(CryptoError::BadLength);
        }
        let sum = Checksum::new(b'e').field(prk);
        for Expand { info, okm } in outputs {
            info.iter()
                .fold(sum, |sum, part| sum.update(part))
                .fill(okm);
        }
        Ok(())
    }
}
