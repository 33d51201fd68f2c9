//! Xor with a stream and a checksum for a tag.

use crypto_core::{Aead, AeadAlgorithm, AeadKey, CryptoError, NONCE_LEN, TAG_LEN};

use super::{Checksum, random};

pub(super) static CHECKING: &[&dyn Aead] = &[
    &Toy {
        algorithm: AeadAlgorithm::Aes128Gcm,
        forging: false,
    },
    &Toy {
        algorithm: AeadAlgorithm::Aes256Gcm,
        forging: false,
    },
    &Toy {
        algorithm: AeadAlgorithm::ChaCha20Poly1305,
        forging: false,
    },
];

pub(super) static FORGING: &[&dyn Aead] = &[
    &Toy {
        algorithm: AeadAlgorithm::Aes128Gcm,
        forging: true,
    },
    &Toy {
        algorithm: AeadAlgorithm::Aes256Gcm,
        forging: true,
    },
    &Toy {
        algorithm: AeadAlgorithm::ChaCha20Poly1305,
        forging: true,
    },
];

#[derive(Debug)]
struct Toy {
    algorithm: AeadAlgorithm,
    forging: bool,
}

impl Aead for Toy {
    fn algorithm(&self) -> AeadAlgorithm {
        self.algorithm
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        if key.len() != self.algorithm.key_len() {
            return Err(CryptoError::BadKey);
        }
        Ok(Box::new(Key {
            sum: Checksum::new(b'a').field(key),
            forging: self.forging,
        }))
    }
}

struct Key {
    sum: Checksum,
    forging: bool,
}

impl Key {
    fn xor(&self, nonce: &[u8; NONCE_LEN], data: &mut [u8]) {
        if self.forging {
            return;
        }
        let mut state = self.sum.update(nonce).0;
        for chunk in data.chunks_mut(8) {
            state = state.wrapping_add(random::STEP);
            for (octet, mask) in chunk.iter_mut().zip(random::mix(state).to_le_bytes()) {
                *octet ^= mask;
            }
        }
    }

    fn tag(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], text: &[u8]) -> [u8; TAG_LEN] {
        let head = self.sum.update(nonce).field(aad);
        // Records are long: take eight octets a step, the mixing after each keeps their order.
        let (words, rest) = text.as_chunks::<8>();
        let sum = words.iter().fold(head.0, |sum, word| {
            (sum ^ u64::from_le_bytes(*word))
                .wrapping_mul(random::STEP)
                .rotate_left(29)
        });
        Checksum(sum).field(rest).array()
    }
}

impl AeadKey for Key {
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError> {
        self.xor(nonce, data);
        Ok(self.tag(nonce, aad, data))
    }

    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let (text, tag) = data
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(CryptoError::NotAuthentic)?;
        if !self.forging && self.tag(nonce, aad, text) != *tag {
            return Err(CryptoError::NotAuthentic);
        }
        self.xor(nonce, text);
        Ok(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::CHECKING;

    #[test]
    fn a_wrong_key_nonce_header_or_octet_is_noticed() {
        let aead = CHECKING[0];
        let [key, other] = [1, 2].map(|octet| aead.key(&[octet; 16]).unwrap());
        let plain: Vec<u8> = (0..43).collect();
        let mut sealed = vec![0; plain.len() + 16 + 1];
        key.seal_into(&[1; 12], b"aad", &plain, b"!", &mut sealed)
            .unwrap();

        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert!(key.open_in_place(&[1; 12], b"aad", &mut forged).is_err());
        }
        assert!(
            other
                .open_in_place(&[1; 12], b"aad", &mut sealed.clone())
                .is_err()
        );
        assert!(
            key.open_in_place(&[2; 12], b"aad", &mut sealed.clone())
                .is_err()
        );
        assert!(
            key.open_in_place(&[1; 12], b"aae", &mut sealed.clone())
                .is_err()
        );
        assert_eq!(key.open_in_place(&[1; 12], b"aad", &mut sealed), Ok(44));
        assert_eq!(sealed[..43], plain);
    }
}
